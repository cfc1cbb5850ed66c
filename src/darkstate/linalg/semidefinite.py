r"""Semidefinite programmes by an interior-point method.

    minimise c.x   subject to   A_j x + b_j >= 0   (positive semidefinite matrices)

With slacks ``S_j = A_j x + b_j`` and multipliers ``Z_j >= 0``, ``sum_j A_j^* Z_j = c``, the gap

    c.x + sum_j Tr(b_j Z_j) = sum_j Tr(S_j Z_j) >= 0

vanishes at the optimum. Newton's method follows ``Z_j = mu S_j^{-1}`` as mu goes to zero, from
``S = Z = 1``, by predictor and corrector (Mehrotra), in the HKM direction

    dZ = sigma mu S^{-1} - Z - herm(Z dS S^{-1} + dZ_p dS_p S^{-1}),   dS = A dx + (A x + b - S).

Three things make it quick where general solvers are slow. Hermitian matrices stay what they are: a
real one of twice the size has four times the coordinates. Unknowns of which each occurs in the
inequalities of one group only (`own`) are eliminated group by group; what is left is a system for
those that all have in common. And all is dense within blocks: no sparse factorisation is tried.

Sources: Helmberg, Rendl, Vanderbei, Wolkowicz, SIAM J. Optim. 6, 342 (1996); Toh, Todd, Tütüncü,
Optim. Methods Softw. 11, 545 (1999).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from darkstate.errors import NumericalError
from darkstate.linalg.arrow import ArrowSystem
from darkstate.linalg.cone import Cone, Inequality, Matrix, Real
from darkstate.progress import report

__all__ = ["ConicSolution", "Inequality", "UnboundedError", "memory_of", "minimise", "work_of"]

TOLERANCE = 1e-9
"""Gap and residuals, relative to the larger of one and the objective, at which it stops."""
MOST_STEPS = 80
_USELESS = 1e-2
"""A larger gap or residual, relative likewise, is no answer."""
_UNBOUNDED = 1e7
"""An objective below minus this, in units of the largest cost, has no end."""
_SHORTEST = 1e-5
"""Steps that are shorter are made of rounding."""
_BACK = 0.95
"""How far to go of the way to the border of the cone."""


class UnboundedError(NumericalError):
    """The minimum is minus infinity: the dual programme has no solution."""


@dataclass(frozen=True)
class ConicSolution:
    """What the solver says.

    Args:
        x: (n,).
        multipliers: a positive matrix (m, m) for each inequality, their dual variables.
        steps: taken.
        gap: between the objectives of x and of the multipliers, or the largest residual.
    """

    x: Real
    multipliers: tuple[Matrix, ...]
    steps: int
    gap: float


def memory_of(common: int, own: Sequence[int], sides: Sequence[int]) -> float:
    """Bytes that a programme takes.

    Args:
        common: unknowns that all groups of inequalities share.
        own: numbers of unknowns of the groups.
        sides: of the matrices.
    """
    kept = sum(n * (n + common) for n in own) + 3 * common**2
    return 8.0 * (kept + 3 * max(own, default=0) ** 2 + 12 * max(sides) ** 4)


def work_of(common: int, own: Sequence[int], sides: Sequence[int]) -> float:
    """Operations of one step, by the same numbers."""
    factors = sum(n**3 / 3 + n**2 * common + n * common**2 for n in own) + common**3 / 3
    return factors + 60.0 * sum(float(m) ** 4 for m in sides)


class _Path:
    """One run of the method: where it stands, and Newton's step from there."""

    def __init__(
        self, cost: Real, cone: Cone, own: Sequence[slice], equation: tuple[Real, float] | None
    ) -> None:
        self.cost, self.cone, self.arrow = cost, cone, ArrowSystem(cone.linear, cone.spans, own)
        self.equation = equation
        self.x, self.turn = np.zeros(len(cost)), 0.0
        self.slack, self.dual = cone.one(), cone.one()
        self._look()

    def _look(self) -> None:
        """Residuals, gap and their size."""
        self.mu = float(self.slack @ self.dual) / self.cone.order
        self.off_slack = self.cone.linear @ self.x + self.cone.constant - self.slack
        self.off_dual = self.cost - self.cone.linear.T @ self.dual
        self.off_equation = 0.0
        other = -float(self.cone.constant @ self.dual)
        if self.equation is not None:
            row, value = self.equation
            self.off_dual = self.off_dual - self.turn * row
            self.off_equation = value - float(row @ self.x)
            other += self.turn * value
        self.objective = float(self.cost @ self.x)
        size = max(1.0, abs(self.objective))
        self.gap = max(
            abs(self.objective - other) / size,
            self.cone.order * self.mu / size,
            float(np.linalg.norm(self.off_slack)),
            float(np.linalg.norm(self.off_dual)),
            abs(self.off_equation),
        )

    def advance(self) -> float:
        """Predictor, corrector, step; returns the shorter of the two step lengths.

        Raises:
            LinAlgError: rounding has made a matrix indefinite.
        """
        cone = self.cone
        slacks, self.duals = cone.matrices(self.slack), cone.matrices(self.dual)
        self.roots = [
            [np.linalg.inv(np.linalg.cholesky(each)) for each in side]
            for side in (slacks, self.duals)
        ]
        self.inverses = [_adjoint(root) @ root for root in self.roots[0]]
        self.arrow.factor(self._scaling)
        _, change, other, _ = self._direction(-self.dual)
        one, two = self._lengths(change, other, 1.0)
        aim = float((self.slack + one * change) @ (self.dual + two * other)) / cone.order
        sigma = min(1.0, max(1e-6, (max(aim, 0.0) / self.mu) ** 2))
        inverse, bent = cone.vector(self.inverses), self._scaled(change, cone.matrices(other))
        goal = sigma * self.mu * inverse - self.dual - bent
        move, change, other, turn = self._direction(goal)
        one, two = self._lengths(change, other, _BACK)
        self.x, self.slack = self.x + one * move, self.slack + one * change
        self.dual, self.turn = self.dual + two * other, self.turn + two * turn
        self._look()
        return min(one, two)

    def _scaling(self, k: int) -> Real:
        """K of an inequality."""
        kind, at = self.cone.where[k]
        return self.cone.frames[k].sandwich(self.duals[kind][at], self.inverses[kind][at])

    def _scaled(self, vector: Real, by: Sequence[Matrix] | None = None) -> Real:
        """``herm(Z X S^-1)``, or with other matrices for Z."""
        left = self.duals if by is None else by
        parts = zip(left, self.cone.matrices(vector), self.inverses, strict=True)
        return self.cone.vector([first @ each @ inner for first, each, inner in parts])

    def _direction(self, goal: Real) -> tuple[Real, Real, Real, float]:
        """``(dx, dS, dZ, turn of the equation)`` with ``dZ = goal - herm(Z dS S^-1)``."""
        linear = self.cone.linear
        move = self._solve(linear.T @ (goal - self._scaled(self.off_slack)) - self.off_dual)
        turn = 0.0
        if self.equation is not None:
            row = self.equation[0]
            along = self._solve(row)
            turn = (self.off_equation - float(row @ move)) / float(row @ along)
            move = move + turn * along
        change = linear @ move + self.off_slack
        return move, change, goal - self._scaled(change), turn

    def _solve(self, right: Real) -> Real:
        """Newton's equations, refined once."""
        found = self.arrow.solve(right)
        left = right - self.cone.linear.T @ self._scaled(self.cone.linear @ found)
        return found + self.arrow.solve(left)

    def _lengths(self, change: Real, other: Real, back: float) -> list[float]:
        """How far slacks and multipliers may go and stay positive, one at most."""
        return [
            min(1.0, *(back * _reach(root, each) for root, each in zip(roots, steps, strict=True)))
            for roots, steps in zip(
                self.roots, (self.cone.matrices(change), self.cone.matrices(other)), strict=True
            )
        ]


def _adjoint(matrices: Matrix) -> Matrix:
    return matrices.conj().swapaxes(1, 2)


def _reach(root: Matrix, change: Matrix) -> float:
    """The largest a with ``X + a dX >= 0``, where ``root X root^* = 1``."""
    moved = root @ change @ _adjoint(root)
    lowest = float(np.linalg.eigvalsh(0.5 * (moved + _adjoint(moved)))[:, 0].min())
    return np.inf if lowest >= 0.0 else -1.0 / lowest


def minimise(
    cost: Real,
    inequalities: Sequence[Inequality],
    own: Sequence[slice] = (),
    equation: tuple[Real, float] | None = None,
) -> ConicSolution:
    """Minimise ``c.x`` with all ``A_j x + b_j >= 0`` and ``equation[0].x = equation[1]``.

    Args:
        cost: (n,) c.
        inequalities: see `Inequality`.
        own: groups of unknowns; no inequality has unknowns of two of them.
        equation: one linear equation, if any.

    Raises:
        UnboundedError: there is no end.
        NumericalError: no answer to two digits.
    """
    scale = float(np.abs(cost).max()) or 1.0
    path = _Path(cost / scale, Cone(inequalities), own, equation)
    best, steps = (path.gap, path.x, path.dual), 0
    while best[0] > TOLERANCE and steps < MOST_STEPS:
        try:
            length = path.advance()
        except np.linalg.LinAlgError:
            break
        steps += 1
        if path.gap < best[0]:
            best = path.gap, path.x, path.dual
        if path.objective < -_UNBOUNDED:
            raise UnboundedError("The semidefinite programme has no solution: it is unbounded.")
        if length < _SHORTEST:
            break
        done = np.log(best[0]) / np.log(TOLERANCE)
        report("semidefinite programme", float(np.clip(done, 0.0, 1.0)))
    gap, x, dual = best
    if gap > _USELESS:
        raise NumericalError(f"The semidefinite programme has no solution to {gap:.1g}.")
    matrices = path.cone.matrices(scale * dual)
    places = [path.cone.where[k] for k in range(len(inequalities))]
    return ConicSolution(x, tuple(matrices[kind][at] for kind, at in places), steps, gap)
