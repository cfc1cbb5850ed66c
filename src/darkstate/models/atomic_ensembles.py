r"""Two atomic ensembles that emit into common light and are pulled into an entangled state by it.

::

    laser --> [ ensemble I, atoms down ] --> [ ensemble II, atoms up ] --> light, not detected

The light leaves in two sidebands. What the ensembles emit into one, ``A = mu J_I- - nu J_II-``,
and what they emit into the other, ``B = mu J_II+ - nu J_I+``, are superpositions: nobody can tell
which ensemble emitted. The state that emits nothing at all is entangled,

    |EPR> ~ sum_k (nu/mu)^k |N/2, -N/2 + k>_I |N/2, N/2 - k>_II,

and the atoms end in it. The quantisation axis z is here the direction of polarisation. The paper
has the atoms polarised along x, its (Jy, Jz, Jx) are our (Jx, Jy, Jz).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_array, check_integer, check_real
from darkstate.errors import ArgumentError
from darkstate.models.base import RATE, Example, Parameters, Truth, freeze, usual
from darkstate.states import SpinMoments
from darkstate.systems.open_system import Jump, OpenSystem
from darkstate.systems.operators import OperatorSum, spin_minus, spin_plus, spin_z
from darkstate.systems.spaces import Ensemble

LABELS = ("I", "II")

MAX_SQUEEZING = 15.0
"""Not far beyond it ``mu`` and ``nu`` are equal in floating point."""

_PAPER = "Muschik, Krauter, Jensen, Petersen, Cirac, Polzik, arXiv:1203.4785 (2012)"


@dataclass(frozen=True)
class AtomicEnsembles(Parameters):
    """Energy rates (form ``c rho c† - {c†c, rho}/2``): two ensembles, entangled by light.

    With N atoms in each,
    ``d rho/dt = -i[H, rho] + (d G/N)(D[A] + D[B]) rho + single-atom processes``,
    ``A = mu J_I- - nu J_II-``, ``B = mu J_II+ - nu J_I+``, ``mu = cosh r``, ``nu = sinh r``, and
    ``H = (delta/2)(Jz_I - Jz_II)``. Per atom: cooling towards the polarisation (down in I, up in
    II), heating against it, dephasing ``D[sz/2]``.

    Labels I and II; z is the direction of polarisation.

    Args:
        atoms: N of each ensemble, 1 to 1e15.
        squeezing: r of mu and nu, 0 .. 15; without noise ``xi = exp(-2 r)``.
        optical_depth: d > 0, resonant optical depth of an ensemble.
        emission: G > 0, single-atom rate of emission into the common light; collectively it is d G.
        cooling: rate >= 0 at which an atom returns to the polarised level.
        heating: rate >= 0 at which an atom leaves the polarised level for the other one.
        dephasing: rate >= 0 in ``D[sz/2]``: spin coherence decays at half of it.
        detuning: delta, difference of the Larmor frequencies (angular) of I and II.

    All rates in one unit of your choice.

    Raises:
        ArgumentError: out of range.

    Source: Muschik, Krauter, Jensen, Petersen, Cirac, Polzik, arXiv:1203.4785 (2012), Eq. (A3);
    derived in Muschik et al., Phys. Rev. A 83, 052312 (2011); experiment: Krauter et al., Phys.
    Rev. Lett. 107, 080503 (2011).
    """

    atoms: int = field(metadata=usual(1, 2_000_000))
    squeezing: float = field(metadata=usual(0, 2.5))
    optical_depth: float = field(default=1.0, metadata=usual(1, 100))
    emission: float = field(default=1.0, metadata=RATE | usual(0.1, 5))
    cooling: float = field(default=0.0, metadata=RATE | usual(0, 10))
    heating: float = field(default=0.0, metadata=RATE | usual(0, 2))
    dephasing: float = field(default=0.0, metadata=RATE | usual(0, 2))
    detuning: float = field(default=0.0, metadata=RATE | usual(-3, 3))
    references: ClassVar[tuple[str, ...]] = ("muschik2012", "muschik2011", "krauter2011")
    example: ClassVar[Example] = {
        "atoms": 1_000_000,
        "squeezing": 0.9,
        "optical_depth": 50.0,
        "heating": 0.1,
        "cooling": 2.0,
    }
    example_measures: ClassVar[tuple[str, ...]] = ("epr_spin_variance",)

    def __post_init__(self) -> None:
        remedy = "Give the number of atoms of one ensemble."
        count = check_integer("atoms", self.atoms, minimum=1, remedy=remedy)
        check_real("atoms", count, maximum=1e15, remedy=remedy)
        freeze(self, "atoms", count)
        remedy = "Give r with mu = cosh r; Z = mu + nu = exp(r)."
        r = check_real(
            "squeezing", self.squeezing, minimum=0.0, maximum=MAX_SQUEEZING, remedy=remedy
        )
        freeze(self, "squeezing", r)
        for name in ("optical_depth", "emission"):
            remedy = "Without coupling to common light there are only independent atoms."
            freeze(self, name, check_real(name, getattr(self, name), above=0.0, remedy=remedy))
        for name in ("cooling", "heating", "dephasing"):
            remedy = "Give an energy-type rate per atom."
            freeze(self, name, check_real(name, getattr(self, name), minimum=0.0, remedy=remedy))
        remedy = "Give an angular frequency, 2 pi times that in Hz."
        freeze(self, "detuning", check_real("detuning", self.detuning, remedy=remedy))

    @property
    def collective_rate(self) -> float:
        """``d G``: how fast the transverse spins of polarised ensembles decay (in variance)."""
        return self.optical_depth * self.emission

    @property
    def noise_rate(self) -> float:
        """``Gt = cooling + heating + dephasing``: how fast single atoms forget (in variance)."""
        return self.cooling + self.heating + self.dephasing

    @property
    def polarisation(self) -> float:
        """P2 of large ensembles, ``(cooling - heating)/(cooling + heating)``; 1 without either."""
        total = self.cooling + self.heating
        return (self.cooling - self.heating) / total if total else 1.0

    def system(self) -> OpenSystem:
        """Hamiltonian and jumps; spaces I and II.

        Channels ``"A"``, ``"B"`` (the two sidebands), and ``"I cooling"``, ``"II dephasing"``, ...
        where the rates are not zero.
        """
        first, second = (Ensemble(label, self.atoms) for label in LABELS)
        mu, nu = math.cosh(self.squeezing), math.sinh(self.squeezing)
        rate = self.collective_rate / self.atoms
        jumps = [
            Jump(mu * spin_minus(first) - nu * spin_minus(second), rate, "A"),
            Jump(mu * spin_plus(second) - nu * spin_plus(first), rate, "B"),
        ]
        for space, cooled, heated in (
            (first, spin_minus, spin_plus),
            (second, spin_plus, spin_minus),
        ):
            letters = {"cooling": cooled, "heating": heated, "dephasing": spin_z}
            jumps += [
                Jump(letter(space), getattr(self, name), f"{space.label} {name}", each_atom=True)
                for name, letter in letters.items()
                if getattr(self, name) > 0
            ]
        H = (spin_z(first) - spin_z(second)) * (0.5 * self.detuning)
        return OpenSystem((first, second), H if self.detuning else OperatorSum(), tuple(jumps))

    def polarised(self, polarisation: float = 1.0) -> SpinMoments:
        """Uncorrelated atoms after optical pumping: I down and II up, by a fraction P2."""
        p = check_real(
            "polarisation", polarisation, minimum=-1.0, maximum=1.0, remedy="1 is fully polarised."
        )
        return SpinMoments.polarised(LABELS, (self.atoms, self.atoms), (-p, p))

    def large_atoms_xi(self, detuning: float | None = None) -> float:
        """xi of the steady state for N to infinity, by decorrelated equations.

        ``xi = (Gt + d G P2^2 (mu - nu)^2)/(P2 (Gt + d G P2))`` without detuning (Eq. B1 of the
        paper). With it the correlation of the ensembles, and only that, turns at the rate delta:
        ``xi = [Gt/P2 + d G P2 (mu^2 + nu^2 - 2 mu nu g^2/(g^2 + delta^2))]/g`` with
        ``g = Gt + d G P2``.

        Args:
            detuning: delta in place of the model's.

        Raises:
            ArgumentError: no polarisation is left, P2 <= 0.
        """
        P, noise, light = self._mean_field()
        g = noise + light * P
        delta = self.detuning if detuning is None else detuning
        turned = g * g / (g * g + delta * delta)
        # mu^2 + nu^2 = (mu - nu)^2 + 2 mu nu
        dark, pairs = math.exp(-2 * self.squeezing), math.sinh(2 * self.squeezing)
        return (noise / P + light * P * (dark + pairs * (1 - turned))) / g

    def large_atoms_evolution(
        self, times: Sequence[float] | NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """xi over time for N to infinity, from pumped atoms of the stationary polarisation.

        ``xi(t) = xi(0) e^(-g t) + xi_steady (1 - e^(-g t))``, ``g = Gt + d G P2``, ``xi(0) = 1/P2``
        (Eq. B3 of the paper at constant N2 and P2), without detuning.

        Raises:
            ArgumentError: times not finite; a detuning; P2 <= 0.
        """
        if self.detuning:
            remedy = "Evolve the moment equations instead."
            raise ArgumentError("detuning", "be 0 for the closed form", self.detuning, remedy)
        P, noise, light = self._mean_field()
        t = check_array("times", times, np.shape(times), remedy="Give finite numbers.")
        fading = np.exp(-(noise + light * P) * t)
        return fading / P + self.large_atoms_xi() * (1 - fading)

    def _mean_field(self) -> tuple[float, float, float]:
        P = self.polarisation
        if P <= 0:
            remedy = "Cooling must exceed heating for ensembles to stay polarised."
            raise ArgumentError("heating", "be below cooling", self.heating, remedy)
        return P, self.noise_rate, self.collective_rate

    def truths(self) -> tuple[Truth, ...]:
        """Without noise and detuning xi is exact at every N; else nothing is known exactly."""
        if self.noise_rate or self.detuning:
            return ()
        statement = (
            "xi = (mu - nu)^2 = exp(-2 r) at every N, from fully polarised atoms: no single-atom "
            "processes, no detuning"
        )
        return (
            Truth("epr_spin_variance", LABELS, math.exp(-2.0 * self.squeezing), statement, _PAPER),
        )
