"""Drives: correlated light that enters the first nodes of two arrays.

`SqueezedDrive` is white two-mode squeezed noise, `ParametricDrive` the output of a non-degenerate
parametric amplifier of finite bandwidth. Their rates are **amplitude** rates, in the form
``2 c rho c† - {c† c, rho}``, as in Zippilli et al., Phys. Rev. Lett. 110, 040503 (2013): a cavity
that the drive enters at rate zeta loses amplitude at zeta and energy at 2 zeta.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from darkstate.checks import LARGEST_SQUEEZING, check_real
from darkstate.errors import UnphysicalError
from darkstate.models.base import RATE, freeze, usual
from darkstate.systems import squeezed_jumps
from darkstate.systems.open_system import Jump
from darkstate.systems.operators import OperatorSum, create, destroy
from darkstate.systems.spaces import Mode


@dataclass(frozen=True)
class SqueezedDrive:
    """Amplitude rate `rate` (form ``2 c rho c† - ..``): white two-mode squeezed noise.

    Each of the two fields has `nbar` photons (per unit bandwidth), their correlation is `mbar`:
    ``<b_A† b_A> = nbar``, ``|<b_A b_B>| = mbar``; without losses the first cavities reach
    ``<a1 b1> = -mbar``. Its jumps have no names, so they can be neither monitored nor asked for as
    output fields: they describe what the noise does to the cavities, in a split that is not unique,
    and are no light that a detector could see. Those of a `ParametricDrive` are.

    Args:
        rate: amplitude rate zeta at which it enters the first sites, > 0.
        nbar: photons, >= 0.
        mbar: correlation, ``0 <= mbar^2 <= nbar(nbar+1)``; by default the largest one, a squeezed
            vacuum with ``nbar = sinh^2 r``.

    Raises:
        ArgumentError: rate or nbar out of range.
        UnphysicalError: ``mbar^2 > nbar(nbar+1)``: no field has such correlations.
    """

    rate: float = field(default=1.0, metadata=RATE | usual(0.05, 5))
    nbar: float = field(default=1.0, metadata=usual(0, 5))
    mbar: float | None = field(default=None, metadata=usual(0, 5))

    def __post_init__(self) -> None:
        remedy = "Give the amplitude rate at which the field enters."
        freeze(self, "rate", check_real("rate", self.rate, above=0.0, remedy=remedy))
        remedy = "Give a mean photon number; nbar = sinh(r)^2 for squeezing r."
        freeze(self, "nbar", check_real("nbar", self.nbar, minimum=0.0, remedy=remedy))
        if self.mbar is None:
            return
        remedy = (
            "Give the modulus of the correlation <b_A b_B>, or leave it out for pure squeezing."
        )
        mbar = check_real("mbar", self.mbar, minimum=0.0, remedy=remedy)
        freeze(self, "mbar", mbar)
        largest = math.sqrt(self.nbar * (self.nbar + 1))
        if mbar > largest * (1 + 1e-14):
            raise UnphysicalError(
                "mbar",
                f"satisfy mbar^2 <= nbar(nbar+1), that is mbar <= {largest:.10g}",
                mbar,
                "Lower mbar, raise nbar, or leave mbar out for a squeezed vacuum.",
            )

    @classmethod
    def from_squeezing(
        cls, rate: float = 1.0, squeezing: float = 1.0, thermal: float = 0.0
    ) -> SqueezedDrive:
        """Squeezed (thermal) field: ``nbar = nT + (2nT+1) sinh^2 r``, ``mbar = (nT+1/2) sinh 2r``.

        Args:
            rate: amplitude rate, > 0.
            squeezing: r >= 0; the squeezing in decibel is ``20 r / ln 10``.
            thermal: photons nT before squeezing, >= 0.
        """
        remedy = "Give the squeezing r; 1 to 2 is much."
        r = check_real(
            "squeezing", squeezing, minimum=0.0, maximum=LARGEST_SQUEEZING, remedy=remedy
        )
        n = check_real("thermal", thermal, minimum=0.0, remedy="Give thermal photons.")
        if n == 0:
            return cls(rate, math.sinh(r) ** 2)
        nbar = n + (2 * n + 1) * math.sinh(r) ** 2
        return cls(rate, nbar, (n + 0.5) * math.sinh(2 * r))

    @property
    def correlation(self) -> float:
        """mbar, with the default resolved."""
        if self.mbar is None:
            return math.sqrt(self.nbar * (self.nbar + 1))
        return self.mbar

    @property
    def log_negativity(self) -> float:
        """Entanglement of the field itself, ``-log2(1 + 2 nbar - 2 mbar)`` ebits or 0."""
        if self.mbar is None:
            return 2 * math.log2(math.sqrt(self.nbar + 1) + math.sqrt(self.nbar))
        return max(0.0, -math.log2(1 + 2 * self.nbar - 2 * self.mbar))

    def modes(self) -> tuple[Mode, ...]:
        """Source modes of its own: none."""
        return ()

    def attach(self, first: OperatorSum, second: OperatorSum) -> tuple[OperatorSum, list[Jump]]:
        """Hamiltonian and jumps of the drive acting on two lowering operators."""
        jumps = squeezed_jumps(first, second, 2 * self.rate, self.nbar, self.mbar)
        return OperatorSum(), list(jumps)


@dataclass(frozen=True)
class ParametricDrive:
    """Amplitude rates (form ``2 c rho c† - ..``): light of a non-degenerate parametric amplifier.

    Two source modes SA, SB with ``H = -i g (SA† SB† - h.c.)`` and amplitude decay `bandwidth`
    each into the fields that enter the first sites (one-way). On resonance the output is a squeezed
    vacuum with ``squeezing = 2 artanh(g / bandwidth)``; its correlations last for about
    ``1/(bandwidth - g)``. ``bandwidth -> infinity`` at fixed squeezing is the `SqueezedDrive` with
    ``nbar = sinh^2 r`` and the same sign, ``<a1 b1> < 0``.

    Args:
        rate: amplitude rate zeta at which the light enters the first sites, > 0.
        squeezing: r > 0 of the output on resonance; every finite r is below threshold.
        bandwidth: amplitude decay rate of the source modes, > 0.

    Raises:
        ArgumentError: an argument out of range.
    """

    rate: float = field(default=1.0, metadata=RATE | usual(0.05, 5))
    squeezing: float = field(default=1.0, metadata=usual(0.05, 3))
    bandwidth: float = field(default=10.0, metadata=RATE | usual(0.5, 50))

    def __post_init__(self) -> None:
        for name, remedy in (
            ("rate", "Give the amplitude rate at which the field enters."),
            ("squeezing", "Give r > 0; the gain g = bandwidth tanh(r/2) follows from it."),
            ("bandwidth", "Give the amplitude decay rate of the source modes."),
        ):
            freeze(self, name, check_real(name, getattr(self, name), above=0.0, remedy=remedy))
        if self.gain >= self.bandwidth:
            raise UnphysicalError(
                "squeezing",
                "keep the amplifier below threshold (tanh(r/2) < 1 in floating point)",
                self.squeezing,
                "Use r below about 36.",
            )

    @property
    def gain(self) -> float:
        """``g = bandwidth tanh(squeezing/2)``."""
        return self.bandwidth * math.tanh(self.squeezing / 2)

    @property
    def white(self) -> SqueezedDrive:
        """The white-noise drive that this one approaches for large bandwidth."""
        return SqueezedDrive.from_squeezing(self.rate, self.squeezing)

    def modes(self) -> tuple[Mode, ...]:
        """The two source modes."""
        return (Mode("SA"), Mode("SB"))

    def attach(self, first: OperatorSum, second: OperatorSum) -> tuple[OperatorSum, list[Jump]]:
        """Hamiltonian and jumps: source and one-way coupling to two lowering operators.

        The cascade of ``L1 = sqrt(2k) s`` into ``L2 = sqrt(2 zeta) a`` has the jump ``L1 + L2`` and
        ``H = (L2† L1 - L1† L2)/2i`` (Gough and James, IEEE Trans. Autom. Control 54, 2530, 2009).
        """
        source_a, source_b = self.modes()
        pump = -1j * self.gain * (create(source_a) * create(source_b))
        hamiltonian = pump + pump.adjoint()
        jumps = []
        for name, source, node in (("drive A", source_a, first), ("drive B", source_b, second)):
            upstream = math.sqrt(2 * self.bandwidth) * destroy(source)
            downstream = math.sqrt(2 * self.rate) * node
            exchange = -0.5j * (downstream.adjoint() * upstream)
            hamiltonian = hamiltonian + exchange + exchange.adjoint()
            jumps.append(Jump(upstream + downstream, 1.0, name))
        return hamiltonian, jumps


Drive = SqueezedDrive | ParametricDrive
