r"""Entanglement depth of an ensemble of two-level atoms, from spin squeezing.

If N atoms are in a mixture of products of groups of at most k atoms, the variance of one component
of the collective spin and the mean of another one obey

    Var(J_z) >= (N/2) F_k(<J_x>/(N/2)),

F_k the convex function ``sup_mu [mu x + min_n,c lambda_min(((J_z - c)^2 - mu J_x)/(n/2))]`` of
groups of n = k - 1 and k atoms with their full spin n/2. A smaller variance proves that at least
k + 1 atoms are entangled with each other. ``F_1(x) = x^2/2``: depth two is squeezing below the
standard quantum limit, ``N Var(J_z)/<J_x>^2 < 1``.

That larger groups can be squeezed more at the same mean (so that k - 1 and k are enough; both,
for even and odd numbers differ) is part of the source.

Source: Soerensen and Moelmer, Phys. Rev. Lett. 86, 4431 (2001).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.optimize import minimize_scalar

from darkstate.checks import check_integer, check_real
from darkstate.errors import ArgumentError

LARGEST = 300
"""Deepest entanglement that is looked for."""
_CENTRES: Any = np.arange(9) / 4


@lru_cache(maxsize=4096)
def _ground(n: int, mu: float) -> float:
    """``min_c lambda_min(((J_z - c)^2 - mu J_x)/(n/2))`` of n atoms."""
    j = 0.5 * n
    m = np.arange(-j, j + 1)
    off = -mu * 0.5 * np.sqrt(j * (j + 1) - m[:-1] * (m[:-1] + 1)) / j

    def lowest(c: float) -> float:
        values = eigh_tridiagonal(
            (m - c) ** 2 / j, off, eigvals_only=True, select="i", select_range=(0, 0)
        )
        return float(values[0])

    # The best centre is 0 for even n and 0 or 1/2 for odd n; others are looked at all the same.
    grid = np.unique(np.concatenate([_CENTRES[j >= _CENTRES], np.linspace(0.0, j, 5)]))
    values = [lowest(c) for c in grid]
    k = int(np.argmin(values))
    near = (grid[max(0, k - 1)], grid[min(len(grid) - 1, k + 1)])
    found: Any = minimize_scalar(lowest, bounds=near, method="bounded")
    return min(values[k], float(found.fun))


def least_variance(k: int, x: float) -> float:
    """``F_k(x)``: no group of at most k atoms with ``<J_x> = x n/2`` has less ``Var(J_z)/(n/2)``.

    Args:
        k: atoms in a group, >= 1.
        x: 0 .. 1.
    """
    sizes = {max(1, k - 1), k}

    def minus(mu: float) -> float:
        return -(mu * x + min(_ground(n, float(mu)) for n in sizes))

    high = 1.0
    while minus(2 * high) < minus(high) and high < 1e9:
        high *= 2
    found: Any = minimize_scalar(minus, bounds=(0.0, 2 * high), method="bounded")
    return max(0.0, -float(found.fun))


def entanglement_depth(
    atoms: int,
    variance: float,
    polarisation: float,
    *,
    variance_error: float = 0.0,
    polarisation_error: float = 0.0,
    sigmas: float = 5.0,
) -> int:
    """How many atoms are proven to be entangled with each other.

    Args:
        atoms: N, two-level atoms.
        variance: of the squeezed component of the collective spin; N/4 for independent atoms.
        polarisation: mean of a component at right angles to it, at most N/2 in size.
        variance_error: standard error of the variance.
        polarisation_error: standard error of the polarisation.
        sigmas: how many standard errors both are off at once, in the worse direction.

    Returns:
        The depth: 1 where nothing is proven, k + 1 where no state of groups of k fits; at most
        `LARGEST`.

    Raises:
        ArgumentError: out of range.

    Source: Soerensen and Moelmer, Phys. Rev. Lett. 86, 4431 (2001).
    """
    count = check_integer("atoms", atoms, minimum=1, remedy="Give the number of atoms.")
    remedy = "Give the variance of a component of the collective spin (1/4 per atom alone)."
    known = check_real("variance", variance, minimum=0.0, remedy=remedy)
    remedy = "Give the mean of a component of the collective spin."
    mean = abs(check_real("polarisation", polarisation, remedy=remedy))
    remedy = "Give a standard error."
    spread = check_real("variance_error", variance_error, minimum=0.0, remedy=remedy)
    blur = check_real("polarisation_error", polarisation_error, minimum=0.0, remedy=remedy)
    times = check_real("sigmas", sigmas, minimum=0.0, remedy="Give for example 5.")
    if mean > 0.5 * count * (1 + 1e-12):
        rule = f"be at most atoms/2 = {0.5 * count:g} in size"
        raise ArgumentError("polarisation", rule, polarisation, "Each atom has spin 1/2.")
    x = max(0.0, min(1.0, (mean - times * blur) / (0.5 * count)))
    relative = (known + times * spread) / (0.5 * count)

    def excluded(k: int) -> bool:
        return relative < least_variance(k, x) * (1 - 1e-9) - 1e-12

    top = min(count - 1, LARGEST - 1)
    if top < 1 or not excluded(1):
        return 1
    low, high = 1, 2  # groups of `low` are excluded
    while high <= top and excluded(high):
        low, high = high, 2 * high
    high = min(high, top + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if excluded(middle) else (low, middle)
    return low + 1
