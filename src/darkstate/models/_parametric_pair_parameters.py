"""What the two treatments of the parametric pair share: its numbers, its bath, its threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from darkstate.checks import check_array, check_real

Real = NDArray[np.float64]


@dataclass(frozen=True)
class PairParameters:
    """The numbers of the model, in units of one common frequency.

    Attributes:
        omega_a, omega_b: frequencies of the modes, > 0.
        pump: ``ω_p`` >= 0; the coupling oscillates at ``2 ω_p``, and is static for 0.
        coupling: ``k`` >= 0.
        zeta1, zeta2: strength of the bath of a and of b, a frequency² in ``J = ζ Ω/(ν² + Ω²)``;
            >= 0, scalars or arrays that broadcast.
        nu1, nu2: corner frequencies of the baths, > 0.
    """

    omega_a: float
    omega_b: float
    pump: float
    coupling: float
    zeta1: ArrayLike
    zeta2: ArrayLike
    nu1: float = 1.0
    nu2: float = 1.0

    def __post_init__(self) -> None:
        for name in ("omega_a", "omega_b", "nu1", "nu2"):
            check_real(name, getattr(self, name), above=0, remedy="Give a frequency.")
        check_real("pump", self.pump, minimum=0, remedy="Give a frequency, or 0 for no pump.")
        check_real("coupling", self.coupling, minimum=0, remedy="Absorb its phase into b.")
        for name in ("zeta1", "zeta2"):
            value = np.asarray(getattr(self, name))
            check_array(name, value, value.shape, minimum=0, remedy="Give a strength of a bath.")

    @property
    def detunings(self) -> tuple[float, float]:
        """``(D1, D2)``."""
        return self.omega_a - self.pump, self.omega_b - self.pump


class Condition(NamedTuple):
    """A rule ``left > right`` of the theory, with its numbers; arrays where these are arrays."""

    name: str
    rule: str
    left: Real
    right: Real

    @property
    def holds(self) -> NDArray[np.bool_]:
        """Whether the rule is obeyed; same shape as the numbers."""
        return np.asarray(self.left > self.right)

    def __str__(self) -> str:
        numbers = f"{np.min(self.left):.6g} against {np.max(self.right):.6g}"
        return f"{self.name}: {self.rule} is not met ({numbers})"


def drude_density(frequency: ArrayLike, zeta: ArrayLike, nu: float) -> Real:
    """``J(f) = ζ f/(ν² + f²)`` for ``f > 0``, else 0; shapes broadcast."""
    frequency = np.asarray(frequency, float)
    density = np.asarray(zeta) * frequency / (nu**2 + frequency**2)
    return np.where(frequency > 0, density, 0.0)


def gap_condition(pair: PairParameters) -> Condition:
    """``(D1 + D2)² > 4k²``: the pump does not create pairs resonantly."""
    squares = (sum(pair.detunings) ** 2, 4 * pair.coupling**2)
    return Condition("parametric threshold", "(D1 + D2)² > 4k²", *map(np.asarray, squares))
