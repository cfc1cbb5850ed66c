r"""Two modes pumped in pairs, each with a bath of its own that has a memory.

::

    H = ω_a a†a + ω_b b†b + k (a†b† exp(-2i ω_p t) + h.c.) + (a + a†) B_1 + (b + b†) B_2
    J_i(Ω) = Σ_q g_q² δ(Ω - Ω_q) = ζ_i Ω / (ν_i² + Ω²)        (zero temperature, Drude-Lorentz)

In the frame that rotates at the pump the Bogoliubov modes l, m of the pumped pair have negative
energies where the pump lies above the modes: the bath can feed the pair from its own vacuum, at
frequencies around ``ω_p``, and what it leaves behind is entangled. Two treatments:

* ``"secular"``: Born-Markov and secular steps, after which ``J`` is read at four frequencies. A
  Hamiltonian and four jumps, which every engine reads, and a closed form. Only ``ζ_1/ζ_2`` matters.
* ``"exact"``: none of these steps. With one more variable per bath the equations close; their
  steady cycle is found by harmonic balance, to the accuracy asked for.

The secular theory is the limit of weak baths. At the parameters of the defaults and equal baths its
entanglement is 10 % too large where ``ζ`` = 0.036, and the exact pair needs a minimal coupling
to be entangled at all, because a bath also dresses the mode that it damps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from darkstate.checks import check_choice, check_real
from darkstate.errors import ArgumentError, NumericalError
from darkstate.models._parametric_pair_exact import exact_langevin
from darkstate.models._parametric_pair_parameters import PairParameters, drude_density
from darkstate.models._parametric_pair_physics import (
    Branch,
    bath_rates,
    bogoliubov,
    failed_conditions,
    occupancies,
    secular_hamiltonian,
    secular_jumps,
    secular_moments,
    secular_rates,
)
from darkstate.models.base import RATE, Example, Parameters, Truth, freeze, usual
from darkstate.systems.langevin import LangevinSystem, System
from darkstate.systems.open_system import Jump, OpenSystem
from darkstate.systems.operators import create, destroy, number, total
from darkstate.systems.spaces import Mode

_SOURCE = "closed form of the secular master equation (two driven, dissipative bosonic modes)"
_PAIR = ("A1", "B1")


@dataclass(frozen=True)
class DrudeBath:
    """A zero-temperature bath with the spectral density ``J(Ω) = ζ Ω / (ν² + Ω²)``.

    Args:
        strength: ζ >= 0, a frequency squared.
        cutoff: ν > 0, the corner frequency; the bath remembers for ``1/ν``.

    Raises:
        ArgumentError: an argument out of range.
    """

    strength: float = field(default=0.01, metadata={"unit": "rate^2"} | usual(0, 0.1))
    cutoff: float = field(default=1.0, metadata=RATE | usual(0.1, 5))

    def __post_init__(self) -> None:
        remedy = "Give zeta of J = zeta w/(cutoff² + w²), in units of frequency²."
        freeze(self, "strength", check_real("strength", self.strength, minimum=0.0, remedy=remedy))
        remedy = "Give the corner frequency of the bath."
        freeze(self, "cutoff", check_real("cutoff", self.cutoff, above=0.0, remedy=remedy))

    def density(self, frequency: ArrayLike) -> NDArray[np.float64]:
        """``J`` at these frequencies, zero at negative ones; same shape."""
        return drude_density(frequency, self.strength, self.cutoff)


@dataclass(frozen=True)
class ParametricPair(Parameters):
    """Two modes A1 (a) and B1 (b), pumped in pairs, each in a bath of its own that has a memory.

    Args:
        omega_a: frequency of a, > 0; all frequencies in one unit of your choice.
        omega_b: frequency of b, > 0.
        pump: ω_p >= 0; pairs are created at ``2 ω_p``. With 0 the coupling is static: no energy is
            fed in, and the pair goes to a ground state.
        coupling: k >= 0; by default ``|ω_a + ω_b - 2 ω_p|/10``.
        baths: `DrudeBath` of a and of b.
        treatment: ``"secular"`` or ``"exact"``.
        branch: for the secular treatment ``"diagonal"``, or ``"as_printed"`` for the source's
            transformation and frequencies literally; where the pump lies above the modes (as in
            its figures) these do not diagonalise H.
        counter_term: for the exact treatment, add ``(π ζ_i/2ν_i) X_i²`` to H: the bath then leaves
            the static potential as it was.
        phase: for the exact treatment, the phase ``2 ω_p t`` of the pump at which the periodic
            state is read. The secular state, in the rotating frame, has no such dependence.

    Raises:
        ArgumentError: an argument out of range, or one that the treatment chosen does not have.
    """

    omega_a: float = field(default=1.0, metadata=RATE | usual(0.1, 3))
    omega_b: float = field(default=1.0, metadata=RATE | usual(0.1, 3))
    pump: float = field(default=10.0, metadata=RATE | usual(0, 20))
    coupling: float | None = field(default=None, metadata=RATE | usual(0, 5))
    baths: tuple[DrudeBath, DrudeBath] = (DrudeBath(), DrudeBath())
    treatment: Literal["secular", "exact"] = "secular"
    branch: Branch = "diagonal"
    counter_term: bool = False
    phase: float = field(default=0.0, metadata=usual(0, 6.28))
    example: ClassVar[Example] = {"coupling": 1.8}

    def __post_init__(self) -> None:
        remedy = "Give a frequency; detunings follow from it."
        for name in ("omega_a", "omega_b"):
            freeze(self, name, check_real(name, getattr(self, name), above=0.0, remedy=remedy))
        remedy = "Give a frequency, or 0 for a static coupling."
        freeze(self, "pump", check_real("pump", self.pump, minimum=0.0, remedy=remedy))
        if self.coupling is not None:
            remedy = "Give its modulus; a phase of k is a phase of b."
            value = check_real("coupling", self.coupling, minimum=0.0, remedy=remedy)
            freeze(self, "coupling", value)
        self._check_baths()
        check_choice("treatment", self.treatment, ("secular", "exact"))
        check_choice("branch", self.branch, ("diagonal", "as_printed"))
        remedy = "Give the phase of the pump in radians."
        freeze(self, "phase", check_real("phase", self.phase, remedy=remedy))
        if not isinstance(self.counter_term, bool):
            raise ArgumentError(
                "counter_term", "be True or False", self.counter_term, "Switch it on or off."
            )
        self._check_treatment()

    def _check_baths(self) -> None:
        baths = self.baths
        pair = isinstance(baths, tuple | list) and len(baths) == 2
        if not (pair and all(isinstance(bath, DrudeBath) for bath in baths)):
            remedy = "Use baths=(DrudeBath(0.01, 1.0), DrudeBath(0.02, 1.0))."
            raise ArgumentError("baths", "be two DrudeBath, of a and of b", baths, remedy)
        freeze(self, "baths", tuple(baths))

    def _check_treatment(self) -> None:
        exact_only = {"counter_term": False, "phase": 0.0}
        foreign = {"branch": "diagonal"} if self.treatment == "exact" else exact_only
        other = "secular" if self.treatment == "exact" else "exact"
        for name, default in foreign.items():
            value = getattr(self, name)
            if value != default:
                rule = f"be {default!r} for treatment='{self.treatment}'"
                remedy = f"Leave it out, or use treatment='{other}'."
                raise ArgumentError(name, rule, value, remedy)

    @property
    def detunings(self) -> tuple[float, float]:
        """``(D1, D2) = (ω_a - ω_p, ω_b - ω_p)``."""
        return self.omega_a - self.pump, self.omega_b - self.pump

    @property
    def numbers(self) -> PairParameters:
        """All parameters as the formulas take them, with the default of `coupling` resolved."""
        first, second = self.baths
        k = abs(sum(self.detunings)) / 10 if self.coupling is None else self.coupling
        return PairParameters(
            self.omega_a, self.omega_b, self.pump, k,
            first.strength, second.strength, first.cutoff, second.cutoff,
        )  # fmt: skip

    def system(self) -> System:
        """Hamiltonian and jumps in the frame of the pump, or the exact Langevin equations.

        Raises:
            NumericalError: no steady state: the pump drives an instability, or (secular) heating
                wins over cooling, or (exact) a bath takes the ground state of its mode away.
        """
        if self.treatment == "secular":
            return self._secular()
        equations = exact_langevin(self.numbers, counter_term=self.counter_term)
        return LangevinSystem(_PAIR, equations, frame=self.pump, phase=self.phase)

    def _secular(self) -> OpenSystem:
        self._check_secular()
        a, b = Mode(_PAIR[0]), Mode(_PAIR[1])
        pair = self.numbers
        modes = bogoliubov(pair, self.branch)
        on_a, on_b, k = secular_hamiltonian(modes)
        pairing = k * (create(a) * create(b) + destroy(a) * destroy(b))
        hamiltonian = total([on_a * number(a), on_b * number(b), pairing])
        letters = (destroy(a), destroy(b), create(a), create(b))
        jumps = []
        for bath, rates in zip("AB", bath_rates(pair, modes), strict=True):
            rows = secular_jumps(modes, rates).tolist()
            for effect, row in zip(_EFFECTS, rows, strict=True):
                operator = total(c * letter for c, letter in zip(row, letters, strict=True))
                if len(operator):
                    jumps.append(Jump(operator, 1.0, f"bath {bath} {effect}"))
        return OpenSystem((a, b), hamiltonian, tuple(jumps))

    def _check_secular(self) -> None:
        failed = failed_conditions(self.numbers, self.branch)
        if failed:
            listed = "; ".join(map(str, failed))
            raise NumericalError(
                f"The secular theory has no steady state here. {listed}. Detune the pump, lower "
                "`coupling`, or make the strengths of the baths more alike."
            )

    def truths(self) -> tuple[Truth, ...]:
        """Entanglement, purity of the secular steady state; no entanglement without coupling."""
        if self.numbers.coupling == 0:
            statement = "modes that are not coupled are not entangled"
            return (Truth("log_negativity", _PAIR, 0.0, statement, "no interaction"),)
        if self.treatment == "exact" or failed_conditions(self.numbers, self.branch):
            return ()
        modes = bogoliubov(self.numbers, self.branch)
        n_l, n_m = occupancies(secular_rates(self.numbers, modes))
        n_a, n_b, ab = (float(value) for value in secular_moments(modes, n_l, n_m))
        least = 1 + n_a + n_b - math.hypot(n_a - n_b, 2 * ab)
        entanglement = max(0.0, -math.log2(least))
        purity = float(1 / ((2 * n_l + 1) * (2 * n_m + 1)))
        formula = "E_N = -log2(1 + n_a + n_b - sqrt((n_a - n_b)² + 4 <ab>²)), weak baths"
        thermal = "Tr rho² = 1/((2 n_l + 1)(2 n_m + 1)): thermal in l and m, weak baths"
        return (
            Truth("log_negativity", _PAIR, entanglement, formula, _SOURCE),
            Truth("purity", (_PAIR,), purity, thermal, _SOURCE),
        )


_EFFECTS = ("cools l", "heats l", "cools m", "heats m")
