r"""Slopes of merits of density matrices: one adjoint solution for all parameters.

With ``G = df/drho`` and ``L† X = G - Tr(rho G)`` a coefficient k of the generator moves the merit
by ``-Tr(X L_k rho)``: one number a coefficient, and a derivative by a parameter is a sum of few of
them. A function without G, and a merit at a kink, are followed along ``rho + h drho`` instead, with
``L drho = -(dL) rho`` solved for every parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from darkstate.design.coefficients import CoefficientSlope, Key, Vector
from darkstate.design.differences import KinkError
from darkstate.design.merit import Merit
from darkstate.design.slopes import Slope, along_answer
from darkstate.engines.density import LinearResponse
from darkstate.errors import NumericalError
from darkstate.states import DensityState, PureState
from darkstate.states.matrices import operator_matrix, stacked_entries
from darkstate.states.subsystems import Matrix
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.operators import OperatorSum, Product

_SKETCHES = 2
"""Random matrices by which the norm of ``dL rho`` is told."""
_MARGIN = 3.0
_FEW_STATES = 32
"""Basis states up to which matrices of all products are multiplied at once, as dense ones."""


@dataclass(eq=False)
class TermMatrices:
    """Matrices of the products of a system, made once each."""

    system: OpenSystem
    dims: tuple[int, ...]
    _known: dict[Product, Any] = field(default_factory=dict)
    _both: dict[Key, Any] = field(default_factory=dict)
    _stacked: dict[Product, Matrix] = field(default_factory=dict)

    def of(self, product: Product) -> Any:
        """Sparse (D, D)."""
        if product not in self._known:
            one = OperatorSum({product: 1.0})
            self._known[product] = operator_matrix(one, self.system.spaces, self.dims).tocoo()
        return self._known[product]

    def _lost(self, key: Key) -> Any:
        """``Q† P``."""
        if key not in self._both:
            P, Q = (self.of(product).tocsr() for product in key)
            self._both[key] = (Q.conj().T @ P).tocoo()
        return self._both[key]

    def weights(self, keys: Sequence[Key], X: Matrix, R: Matrix) -> Vector:
        """``Tr(X† L_k R)`` for every coefficient, (K,)."""
        if len(X) <= _FEW_STATES:
            return self._weights_of_all(keys, X, R)
        Xd = X.conj().T
        turned, lost = R @ Xd - Xd @ R, R @ Xd + Xd @ R
        found = np.empty(len(keys), dtype=complex)
        for k, key in enumerate(keys):
            P = self.of(key[0])
            if len(key) == 1:
                found[k] = -1j * np.sum(P.data * turned[P.col, P.row])
                continue
            Q = self.of(key[1])
            left, right = Xd[np.ix_(Q.row, P.row)], R[np.ix_(P.col, Q.col)]
            jumped = np.einsum("qp,p,pq,q->", left, P.data, right, Q.data.conj())
            both = self._lost(key)
            found[k] = jumped - 0.5 * np.sum(both.data * lost[both.col, both.row])
        return found

    def _weights_of_all(self, keys: Sequence[Key], X: Matrix, R: Matrix) -> Vector:
        """The same of all pairs of products, of which those of the coefficients are picked."""
        products = list(dict.fromkeys(product for key in keys for product in key))
        place = {product: k for k, product in enumerate(products)}
        P, Xd = self._dense(products), X.conj().T
        flat = P.reshape(len(P), X.size)
        alone = -1j * (flat @ (R @ Xd - Xd @ R).T.ravel())
        moved = Xd @ P @ R - 0.5 * (P @ (R @ Xd + Xd @ R))
        pairs = moved.reshape(flat.shape) @ flat.conj().T
        first, last = (np.array([place[key[k]] for key in keys], dtype=int) for k in (0, -1))
        single = np.array([len(key) == 1 for key in keys], dtype=bool)
        return np.where(single, alone[first], pairs[first, last])

    def _dense(self, products: Sequence[Product]) -> Matrix:
        """Matrices of products, (n, D, D)."""
        missing = [product for product in products if product not in self._stacked]
        size, one = int(np.prod(self.dims)), [OperatorSum({product: 1.0}) for product in missing]
        rows, columns, values = stacked_entries(one, self.system.spaces, self.dims)
        made = np.zeros((len(missing) * size, size), dtype=complex)
        made[rows, columns] = values  # a product has no entry twice
        self._stacked |= zip(missing, made.reshape(len(missing), size, size), strict=True)
        found = [self._stacked[product] for product in products]
        return np.array(found, dtype=complex).reshape(len(found), size, size)

    def applied(self, keys: Sequence[Key], values: Vector, rho: Matrix) -> Matrix:
        """``sum_k value_k L_k rho`` for a Hermitian rho, (D, D)."""
        half, total = np.zeros_like(rho), np.zeros_like(rho)
        jumps: dict[Product, Any] = {}
        for key, value in zip(keys, values, strict=True):
            P = self.of(key[0]).tocsr()
            if len(key) == 1:
                half = half - 1j * value * (P @ rho)
            else:
                jumps[key[1]] = jumps.get(key[1], 0) + value * P
        for product, c in jumps.items():
            Q = self.of(product).tocsr()
            total = total + (Q @ (c @ rho).conj().T).conj().T
            half = half - 0.5 * (Q.conj().T @ (c @ rho))
        return total + half + half.conj().T


@dataclass(eq=False)
class DensitySlopes:
    """Slopes of one merit of a steady state.

    Args:
        system: the system at the point.
        state: its steady state.
        merit: a merit, or any function of a state.
        response_for: what solves for matrices on the right-hand side.
        tolerance: error of the state, trace norm.
        smaller: the same with fewer Fock states: what slopes change by is added to their errors.
    """

    system: OpenSystem
    state: DensityState
    merit: Callable[[Any], float]
    response_for: Callable[[Matrix], LinearResponse]
    tolerance: float
    smaller: DensitySlopes | None = None

    @property
    def value(self) -> float:
        """The merit."""
        return float(self.merit(self.state))

    @cached_property
    def terms(self) -> TermMatrices:
        """Matrices of the terms."""
        return TermMatrices(self.system, self.state.dimensions)

    @cached_property
    def adjoint(self) -> tuple[Matrix, float] | None:
        """X and its error; None if there is no G."""
        if not isinstance(self.merit, Merit):
            return None
        try:
            G = self.merit.derivative(self.state)
        except KinkError:
            return None
        return self.response_for(G).adjoint(G)

    def slopes(self, moves: Sequence[CoefficientSlope]) -> list[Slope]:
        """The derivatives by parameters that move coefficients."""
        found = self._slopes(moves)
        if self.smaller is None:
            return found
        return [_compared(*pair) for pair in zip(found, self.smaller._slopes(moves), strict=True)]

    def _slopes(self, moves: Sequence[CoefficientSlope]) -> list[Slope]:
        if self.adjoint is None:
            return [self._along(moved) for moved in moves]
        keys = list(dict.fromkeys(key for moved in moves for key in moved.keys))
        weights = dict(zip(keys, self._weights(keys, self.adjoint[0]), strict=True))
        return [self._by_adjoint(moved, weights, *self.adjoint) for moved in moves]

    def _by_adjoint(
        self, moved: CoefficientSlope, known: dict[Key, Vector], X: Matrix, error: float
    ) -> Slope:
        if not moved.keys:
            return Slope(0.0, 0.0, moved.one_sided)
        weights = np.array([known[key] for key in moved.keys])
        slope, other = (-float((c @ weights)[0].real) for c in (moved.fine, moved.coarse))
        sketched = np.abs(moved.fine @ weights[:, 1:])
        size = _MARGIN * float(np.sqrt(np.mean(sketched**2)) * np.linalg.norm(X))
        return Slope(slope, abs(slope - other) + (self.tolerance + error) * size, moved.one_sided)

    def _weights(self, keys: Sequence[Key], X: Matrix) -> Vector:
        """Weights of coefficients, and of the sketches that tell the norm of ``L_k rho``."""
        rng, rho = np.random.default_rng(0), self.state.matrix
        found = [self.terms.weights(keys, X, rho)]
        for _ in range(_SKETCHES):
            Z = rng.normal(size=(2, *X.shape)) / np.sqrt(2.0)
            found.append(self.terms.weights(keys, Z[0] + 1j * Z[1], rho))
        return np.array(found).T

    def _along(self, moved: CoefficientSlope) -> Slope:
        """Along the answer of the state, which is solved for."""
        if not moved.keys:
            return Slope(0.0, 0.0, moved.one_sided)
        right = -self.terms.applied(moved.keys, moved.fine, self.state.matrix)
        size = float(np.linalg.norm(right))
        if not size:
            return Slope(0.0, 0.0, moved.one_sided)
        change, error = self.response_for(right).tangent(right)

        def moved_state(h: float) -> DensityState:
            matrix = self.state.matrix + h * change
            return DensityState(self.state.labels, self.state.dimensions, matrix)

        norm = float(np.linalg.norm(change))
        relative = error + self.tolerance
        return along_answer(lambda h: float(self.merit(moved_state(h))), norm, moved, relative)


def _compared(found: Slope, fewer: Slope) -> Slope:
    """A slope with its change from fewer Fock states as a part of its error."""
    off = abs(found.slope - fewer.slope)
    if found.lowering is not None and fewer.lowering is not None:
        off = max(off, abs(found.lowering - fewer.lowering))
    return replace(found, error=found.error + off)


def as_density(state: Any, unique: bool | None) -> DensityState:
    """A steady state as a density matrix.

    Raises:
        NumericalError: it is not unique.
    """
    if not isinstance(state, DensityState | PureState) or unique is False:
        raise NumericalError(
            "`gradient` needs a unique steady state as a density matrix. Add what makes it unique."
        )
    return state if isinstance(state, DensityState) else state.density()
