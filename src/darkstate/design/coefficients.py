r"""Coefficients of a generator: all that depends on the parameters of a model.

    L rho = sum_P h_P (-i [P, rho]) + sum_PQ d_PQ (P rho Q† - {Q† P, rho}/2),

P and Q being products of local words, ``h_P`` their weights in the Hamiltonian, and
``d_PQ = sum_k rate_k c_kP c_kQ*`` of jumps ``c_k = sum_P c_kP P``. A derivative by a parameter is
linear in those of the coefficients, which are plain numbers: the solver is never differentiated.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkstate.design.differences import Difference, difference
from darkstate.errors import DarkstateError
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.operators import Product

Key = tuple[Product] | tuple[Product, Product]
"""``(P,)`` of the Hamiltonian, ``(P, Q)`` of the jumps."""
Vector = NDArray[np.complex128]
_LINEAR = 1e-13
"""Of a coefficient: what is left of second differences by rounding."""


@dataclass(frozen=True, eq=False)
class CoefficientSlope:
    """How the coefficients answer to one parameter.

    Args:
        keys: those that move.
        fine: (K,) their derivatives.
        coarse: the same of a lower order.
        one_sided: whether they are those for raising the parameter only.
    """

    keys: tuple[Key, ...]
    fine: Vector
    coarse: Vector
    one_sided: bool


def coefficients(system: OpenSystem) -> dict[Key, complex]:
    """The coefficients of a system; a constant in H moves nothing."""
    found: dict[Key, complex] = {(product,): c for product, c in system.hamiltonian if product}
    for jump in system.jumps:
        terms = list(jump.operator)
        for first, c in terms:
            for second, d in terms:
                if first or second:
                    key = (first, second)
                    found[key] = found.get(key, 0.0) + jump.rate * c * complex(d).conjugate()
    return found


def largest_rate(system: OpenSystem) -> float:
    """The largest coefficient of H or rate of a jump."""
    return max([abs(c) for _, c in system.hamiltonian] + [j.rate for j in system.jumps] + [0.0])


def _linear(vector: Callable[[float], Vector], p: float, step: float) -> Difference | None:
    """The slope of what is linear near p, which most coefficients are; else None."""
    try:
        middle, right, left = (vector(p + k * step) for k in (0, 1, -1))
        far = vector(p + 2 * step)
    except DarkstateError:
        return None
    size = _LINEAR * (np.abs(middle) + np.abs(right))
    bent = np.abs(right - 2 * middle + left) > size
    if np.any(bent) or np.any(np.abs(far - 2 * right + middle) > size):
        return None
    slope = (right - left) / (2 * step)
    return Difference(slope, slope, False)


def coefficient_slope(
    system_at: Callable[[float], OpenSystem],
    p: float,
    step: float,
    here: dict[Key, complex] | None = None,
) -> CoefficientSlope:
    """Derivatives of the coefficients by a parameter of which the system is a function.

    Args:
        system_at: the system for values of the parameter.
        p: the value.
        step: the first step.
        here: coefficients at p, if they are known.

    Raises:
        NumericalError: a coefficient has a kink there.
    """
    looked: dict[float, dict[Key, complex]] = {} if here is None else {p: here}

    def at(x: float) -> dict[Key, complex]:
        if x not in looked:
            looked[x] = coefficients(system_at(x))
        return looked[x]

    keys = dict.fromkeys([*at(p), *at(p + step)])
    with suppress(DarkstateError):  # what refuses the left has a slope to the right
        keys |= dict.fromkeys(at(p - step))
    places = {key: k for k, key in enumerate(keys)}

    def vector(x: float) -> Vector:
        values = np.zeros(len(places), dtype=complex)
        for key, c in at(x).items():
            values[places[key]] = c
        return values

    found = _linear(vector, p, step) or difference(vector, p, step)
    moved = np.flatnonzero((found.fine != 0) | (found.coarse != 0)).tolist()
    order = list(places)
    return CoefficientSlope(
        tuple(order[k] for k in moved), found.fine[moved], found.coarse[moved], found.one_sided
    )
