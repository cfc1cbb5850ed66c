"""How a steady state answers to what is small: ``L x = y`` and the adjoint equation.

Differentiating ``L rho = 0`` gives ``L drho = -(dL) rho``, and the mean of O changes by

    d<O>/dp = Tr(O drho) = Tr(L† X drho) = -Tr(X (dL/dp) rho),    L† X = O - <O>,

so that one adjoint solve serves all parameters. ``Tr(O drho)`` does not see multiples of the
identity. That makes the equation solvable (its right-hand side must have zero mean in the steady
state), and X unique once ``Tr(rho X) = 0`` is asked. The factors of L, or the preconditioner, are
made once for all right-hand sides; every solution is corrected, and the size of the correction
tells the error that is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from darkstate.engines.density.attempts import threads_for
from darkstate.engines.density.basis import Flat
from darkstate.engines.density.cost import direct_cost, is_direct
from darkstate.engines.density.generator import Generator
from darkstate.engines.density.iterate import regularised
from darkstate.engines.density.nojump import SHIFT, NoJumpInverse
from darkstate.engines.density.steady import MAX_ITERATIONS, PATIENCE
from darkstate.engines.stationary import TraceSolver, trusted_factors
from darkstate.errors import NumericalError
from darkstate.linalg.gmres import gmres
from darkstate.states.subsystems import Matrix

_CORRECTIONS = 4
_FIRST, _LOOSE = 1e-8, 1e-3
"""Relative residuals of the first solution and of a correction. (The preconditioner is nearly
singular: smaller residuals are reached by corrections only.)"""
_GOOD = 1e-2
"""Of the solution: a correction beyond which there is none."""


@dataclass(frozen=True, eq=False)
class LinearResponse:
    """Solutions at the steady state of one generator.

    Args:
        generator: with a unique steady state.
        rho: that state, flattened.
        rtol: relative error asked of solutions.
        limit: bytes that may be used.
    """

    generator: Generator
    rho: Flat
    rtol: float
    limit: float = np.inf

    def adjoint(self, right: Matrix) -> tuple[Matrix, float]:
        """``X`` in ``L† X = right - Tr(rho right)`` with ``Tr(rho X) = 0``, and its relative error.

        Args:
            right: Hermitian (D, D).

        Raises:
            NumericalError: not converged.
        """
        blocks = self.generator.blocks
        with threads_for(self.generator):
            found, error = self._solved(self._centred(self._flat(right)), True)
            return blocks.scatter(self._centred(found)), error

    def tangent(self, right: Matrix) -> tuple[Matrix, float]:
        """Traceless ``x`` in ``L x = right``, and its relative error.

        Args:
            right: Hermitian and traceless, (D, D).

        Raises:
            NumericalError: not converged.
        """
        with threads_for(self.generator):
            found, error = self._solved(self._flat(right), False)
            return self.generator.blocks.scatter(found), error

    def _flat(self, matrix: Matrix) -> Flat:
        return self.generator.narrowed(self.generator.blocks.gather(matrix.astype(complex)))

    def _centred(self, x: Flat) -> Flat:
        blocks = self.generator.blocks
        one = blocks.mixed(self.generator.dtype) * blocks.dimension
        return x - float(np.vdot(self.rho, x).real) * one

    def _solved(self, right: Flat, adjoint: bool) -> tuple[Flat, float]:
        if not np.linalg.norm(right):
            return right, 0.0
        if is_direct(self.generator, self.limit):
            x, error = self._refined(right, adjoint, True)
            if error <= self.rtol:
                return x, error
        x, error = self._refined(right, adjoint, False)
        if error > self.rtol and self._fits:
            other, less = self._refined(right, adjoint, True)
            x, error = (other, less) if less < error else (x, error)
        if not error <= _GOOD:
            raise NumericalError(
                "The response of the steady state did not converge. Check with steady_state() "
                "whether it is unique, or lower the largest rate."
            )
        return x, error

    def _refined(self, right: Flat, adjoint: bool, direct: bool) -> tuple[Flat, float]:
        """A solution with its last correction, relative; infinite if there is none."""
        if direct and self._factors is None:
            return right, np.inf
        apply = self.generator.apply_adjoint if adjoint else self.generator.apply
        x, error, before = self._once(right, adjoint, direct, _FIRST), np.inf, np.inf
        for _ in range(_CORRECTIONS):
            step = self._once(right - apply(x), adjoint, direct, _LOOSE)
            size = float(np.linalg.norm(step) / np.linalg.norm(x))
            if not size < 0.5 * before:
                return x, min(size, before)
            x, error, before = x + step, 10 * _LOOSE * size, size
            if error <= self.rtol:
                break
        return x, error

    def _once(self, right: Flat, adjoint: bool, direct: bool, tolerance: float) -> Flat:
        generator = self.generator
        if not np.linalg.norm(right):
            return right
        if direct:
            form = generator.real_form
            assert self._factors is not None
            y = form.coordinates(right)
            x = self._factors.adjoint_answer(y) if adjoint else self._factors.answer(y)
            return generator.narrowed(form.hermitian(x))
        inverse, regular = self._inverse, regularised(generator, adjoint)
        solved = gmres(
            regular, lambda x: inverse.apply(x, adjoint=adjoint), right, tolerance, MAX_ITERATIONS
        )
        return solved.x

    @property
    def _fits(self) -> bool:
        cost = direct_cost(self.generator)
        return cost.seconds <= PATIENCE and cost.memory <= self.limit

    @cached_property
    def _factors(self) -> TraceSolver | None:
        form = self.generator.real_form
        found = trusted_factors(form.matrix, form.magnitude, form.diagonal, form.scale)
        return None if found is None else found[0]

    @cached_property
    def _inverse(self) -> NoJumpInverse:
        return NoJumpInverse(self.generator, SHIFT * self.generator.scale)
