"""Positive systems in which groups of unknowns meet only by those that all have in common.

    H_g x_g + B_g x = r_g  (each group g),     sum_g B_g^T x_g + C x = r

Each group is eliminated by itself, ``H = L L^T``, ``Y = L^-1 B``; what is left for the common
unknowns is ``C - sum_g Y_g^T Y_g``. Drawn as a matrix it is an arrow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.sparse import csr_array

from darkstate.errors import ArgumentError

Real = NDArray[np.floating]

_EPS = float(np.finfo(float).eps)
_LIFTS = (0.0, 1e-14, 1e-12, 1e-10)
"""What is added to the unit diagonal of a matrix that rounding made indefinite."""


class _Member(NamedTuple):
    """One inequality of a group: its common and own unknowns, and the transposed rows of them."""

    number: int
    common: Any
    own: Any
    of_common: Any
    of_own: Any


class ArrowSystem:
    """``M = A^T K A`` with its own unknowns for each group of inequalities, and common ones."""

    def __init__(self, linear: Any, spans: Sequence[slice], own: Sequence[slice]) -> None:
        count = linear.shape[1]
        self.count, self.own = count, own
        group_of = np.full(count, -1)
        for k, each in enumerate(own):
            group_of[each] = k
        self.common = np.flatnonzero(group_of < 0)
        local = np.zeros(count, dtype=np.int64)
        for at in (self.common, *(np.arange(each.start, each.stop) for each in own)):
            local[at] = np.arange(len(at))
        self.members: list[list[_Member]] = [[] for _ in range(len(own) + 1)]
        for k, span in enumerate(spans):
            rows = linear[span]
            columns = np.unique(rows.indices)
            groups = set(group_of[columns].tolist()) - {-1}
            if len(groups) > 1:
                rule = "name groups of unknowns that no inequality mixes"
                raise ArgumentError("own", rule, sorted(groups), "Leave some to the common ones.")
            mine = group_of[columns] >= 0
            common, own_ones = columns[~mine], columns[mine]
            member = _Member(
                k, local[common], local[own_ones],
                csr_array(rows[:, common].T), csr_array(rows[:, own_ones].T),
            )  # fmt: skip
            self.members[groups.pop() if groups else -1].append(member)

    def factor(self, scaling: Callable[[int], Real]) -> None:
        """Eliminate: ``H = L L^T``, ``Y = L^-1 B`` of each group, then what is left.

        Args:
            scaling: K of an inequality, by its number.
        """
        centre, whole = np.zeros((len(self.common),) * 2), np.zeros(len(self.common))
        self.factors, self.borders = [], []
        for each, members in zip((*self.own, slice(0, 0)), self.members, strict=True):
            size = each.stop - each.start
            inner, border = np.zeros((size, size)), np.zeros((size, len(self.common)))
            for one in members:
                scaled = scaling(one.number)
                if len(one.common):
                    half = one.of_common @ scaled
                    added = one.of_common @ half.T
                    centre[np.ix_(one.common, one.common)] += added
                    whole[one.common] += np.diagonal(added)
                    border[np.ix_(one.own, one.common)] += one.of_own @ half.T
                if len(one.own):
                    inner[np.ix_(one.own, one.own)] += one.of_own @ (one.of_own @ scaled).T
            if size:
                self.factors.append(cholesky(inner))
                self.borders.append(_lower(self.factors[-1], border))
                centre -= self.borders[-1].T @ self.borders[-1]
        self.centre = cholesky(centre, _EPS * whole)

    def solve(self, right: Real) -> Real:
        """``M^-1 r``."""
        groups = list(zip(self.own, self.factors, self.borders, strict=True))
        inner = [_lower(factor, right[each]) for each, factor, _ in groups]
        found, centre = np.empty(self.count), right[self.common].copy()
        for (_, _, border), part in zip(groups, inner, strict=True):
            centre -= border.T @ part
        centre = _upper(self.centre, _lower(self.centre, centre))
        found[self.common] = centre
        for (each, factor, border), part in zip(groups, inner, strict=True):
            found[each] = _upper(factor, part - border @ centre)
        return found


def _lower(factor: Real, right: Real) -> Real:
    return solve_triangular(factor, right, lower=True, check_finite=False)


def _upper(factor: Real, right: Real) -> Real:
    return solve_triangular(factor, right, lower=True, trans=1, check_finite=False)


def cholesky(matrix: Real, rounding: Real | float = 0.0) -> Real:
    """L with ``L L^T = M``, of a positive matrix that rounding may have made indefinite.

    Args:
        matrix: M.
        rounding: what the diagonal is known to; no entry of it is taken for less.

    Raises:
        LinAlgError: it is far from positive.
    """
    least = np.maximum(rounding, np.finfo(float).tiny)
    scale = np.sqrt(np.maximum(np.diagonal(matrix), least))
    matrix = matrix / scale[:, None] / scale
    for lift in _LIFTS:
        np.fill_diagonal(matrix, 1.0 + lift)
        try:
            return np.linalg.cholesky(matrix) * scale[:, None]
        except np.linalg.LinAlgError:
            continue
    raise np.linalg.LinAlgError("not positive definite")
