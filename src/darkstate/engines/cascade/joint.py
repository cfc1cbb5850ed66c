"""The joint steady state of what lies upstream and a short piece of what follows.

With x_ss the steady state upstream and the *lookahead* (the next stages, as one system) written in
coordinates of which the first is its trace, the joint steady state is ``X = x_ss x e_0 + X'``, X'
without trace, and

    A X' + X' L^T + sum_c ( U_c X' D_c^T + conj ) = -( x_ss b^T + sum_c (U_c x_ss) d_c^T + conj ),

L and D_c the lookahead without its trace, b and d_c what flows out of the trace coordinate. One
block for every charge q upstream, -q ahead; blocks of -q are conjugates. Because t D_c = 0, X'
needs no condition on the trace, and the equation is regular if the steady state is unique.

GMRES, with a sweep over the charges as preconditioner: for each the uncoupled part, a Sylvester
equation (one Schur form for every charge and side), is solved behind the light from the charges
before it. What is left is the light that goes back; iterations count its orders, half as many as
without a sweep. Where both sides allow it (`darkstate.engines.cascade.real_form`) all is real.

Source: Saad, Iterative Methods for Sparse Linear Systems (SIAM, 2003), chapter 10 (Gauss-Seidel).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.engines.cascade.bilinear import (
    BilinearSystem,
    ChannelBlocks,
    Charge,
    add_charges,
    block_of,
    is_real,
    is_stored,
    negative,
)
from darkstate.engines.cascade.real_form import real_form_factors, to_real_form
from darkstate.errors import NumericalError
from darkstate.linalg.gmres import gmres
from darkstate.linalg.sylvester import triangular_sylvester

Array = NDArray[Any]
Blocks = dict[Charge, Array]
_Term = tuple[Charge, Any, Array]
LARGEST_ITERATIONS = 900
_THIN = 0.25
"""Share of nonzero entries below which a channel is stored sparse: ``U x 1`` mostly is."""


def trace_first(system: BilinearSystem) -> tuple[BilinearSystem, Array]:
    """A system without outputs whose first coordinate is the trace; the change of basis."""
    n, zero = len(system.trace), system.zero
    rest = np.linalg.qr(np.column_stack([system.trace, np.eye(n)]))[0][:, 1:n]
    change = np.vstack([system.trace, rest.T])
    back = np.linalg.inv(change)

    def change_basis(channel: ChannelBlocks) -> ChannelBlocks:
        blocks = {}
        for q, block in channel.blocks.items():
            right = block @ back if q == zero else block
            blocks[q] = change @ right if add_charges(q, channel.step) == zero else right
        return ChannelBlocks(channel.step, blocks)

    generator = dict(system.generator)
    generator[zero] = change @ generator[zero] @ back
    inputs = tuple(change_basis(channel) for channel in system.inputs)
    trace = np.eye(n)[0]
    return replace(system, generator=generator, inputs=inputs, outputs=(), trace=trace), back


def _maybe_sparse(block: Array) -> Any:
    """The block, sparse if that is cheaper to apply."""
    return sp.csr_array(block) if np.count_nonzero(block) < _THIN * block.size else block


class JointEquation:
    """The equation of the module.

    Args:
        upstream: with its steady state.
        ahead: the lookahead, from `trace_first`.

    Attributes:
        charges: stored charges upstream that have partners ahead.
        iterations: of the last solution.
        factors: those of both sides that make all real; None where there are none.
    """

    def __init__(self, upstream: BilinearSystem, ahead: BilinearSystem):
        self.upstream, self.zero = upstream, upstream.zero
        self.charges = [q for q in upstream.generator if q in ahead.sizes]
        left, right = real_form_factors(upstream), real_form_factors(ahead)
        self.factors = None if left is None or right is None else (left, right)
        self._dtype = complex if self.factors is None else float
        self._cut = {q: slice(1 if q == self.zero else 0, None) for q in ahead.sizes}
        sizes = {q: n - (1 if q == self.zero else 0) for q, n in ahead.sizes.items()}
        self._shapes = {q: (upstream.sizes[q], sizes[negative(q)]) for q in self.charges}
        self._collect_terms(ahead)
        self._schur = {q: self._schur_forms(ahead, q) for q in self.charges}
        self.iterations = 0

    def _block(self, block: Array, start: Charge, to: Charge, side: int) -> Array:
        """A block of one side in the coordinates of this equation."""
        return block if self.factors is None else to_real_form(block, start, to, self.factors[side])

    def _collect_terms(self, ahead: BilinearSystem) -> None:
        """Right-hand side, and the terms of the exchange of light."""
        zero, x = self.zero, self.upstream.steady
        self._right = {q: np.zeros(n, dtype=self._dtype) for q, n in self._shapes.items()}
        self._right[zero] -= np.outer(x, self._block(ahead.generator[zero], zero, zero, 1)[1:, 0])
        terms: list[tuple[Charge, Charge, Any, Array]] = []
        for output, drive in zip(self.upstream.outputs, ahead.inputs, strict=True):
            second = {(start, conj): block for start, _, block, conj in drive.transitions()}
            for q, to, block, conj in output.transitions():
                if to not in self._shapes or (negative(q), conj) not in second:
                    continue
                seen = self._block(block, q, to, 0)
                kick = self._block(second[negative(q), conj], negative(q), negative(to), 1)
                kick = kick[self._cut[negative(to)]]
                inner = np.array(kick[:, self._cut[negative(q)]].T)
                terms.append((q, to, _maybe_sparse(seen), inner))
                if q == zero:
                    self._right[to] -= np.outer(seen @ x, kick[:, 0])
        order = {q: k for k, q in enumerate(self.charges)}
        self._onward: dict[Charge, list[_Term]] = {q: [] for q in self.charges}
        self._back: dict[Charge, list[_Term]] = {q: [] for q in self.charges}
        for q, to, block, inner in terms:
            first = order[q if is_stored(q) else negative(q)] < order[to]
            (self._onward if first else self._back)[to].append((q, block, inner))
        self._back_from = {q for kept in self._back.values() for q, _, _ in kept}

    def _schur_forms(self, ahead: BilinearSystem, q: Charge) -> tuple[Array, Array, Array, Array]:
        cut, partner = self._cut[negative(q)], negative(q)
        left = self._block(self.upstream.generator[q], q, q, 0)
        right = self._block(block_of(ahead.generator, partner), partner, partner, 1)[
            cut, cut
        ].conj()
        kind = "complex" if self.factors is None else "real"
        left, right = left.astype(self._dtype), right.astype(self._dtype)
        (T, V), (S, W) = scipy.linalg.schur(left, kind)[:2], scipy.linalg.schur(right, kind)[:2]
        return T, V, S, W

    @property
    def growth(self) -> float:
        """Largest real part of an eigenvalue of A beside that of x_ss, on the charges of X'."""
        found = -np.inf
        for q, (T, *_) in self._schur.items():
            own = np.diagonal(T)  # of real forms the real parts
            rest = np.delete(own, np.argmin(np.abs(own))) if q == self.zero else own
            found = max(found, float(np.real(rest).max(initial=-np.inf)))
        return found

    @property
    def slowest_ahead(self) -> float:
        """The slowest rate of the lookahead by itself."""
        return min(-float(np.real(np.diagonal(S)).max()) for *_, S, _ in self._schur.values())

    def solve(self, rtol: float, shift: float = 0.0) -> Blocks:
        """X' on the stored charges.

        Args:
            rtol: relative residual.
            shift: what all rates of the left-hand side are raised by.

        Raises:
            NumericalError: GMRES did not converge.
        """
        b = self._pack(self._right)
        size = float(np.linalg.norm(b))
        if size == 0:  # as in the dark: nothing ahead moves
            return self._from_real_form(self._unpack(b))
        self.iterations = 0

        def product(v: Array) -> Array:
            self.iterations += 1
            return v + self._pack(self._exchange_back(self._solve_onward(self._unpack(v), shift)))

        y = gmres(product, lambda v: v, b, rtol, LARGEST_ITERATIONS)
        if not y.residual <= rtol:
            raise NumericalError(
                f"The joint steady state with the stages ahead did not reach {rtol:.1g} in "
                f"{self.iterations} iterations: it may not be unique, or relax too slowly. Change "
                "`dimension`, or solve the first stages with Lindblad()."
            )
        return self._from_real_form(self._solve_onward(self._unpack(y.x), shift))

    def _from_real_form(self, X: Blocks) -> Blocks:
        """Back from real coordinates."""
        if self.factors is not None:
            left, right = self.factors
            for q, block in X.items():
                partner = negative(q)
                X[q] = left[q][:, None] * block * right[partner][self._cut[partner]]
        return {q: np.real(block) if is_real(q) else block for q, block in X.items()}

    def _exchange_back(self, X: Blocks) -> Blocks:
        """The exchange of light that `_solve_onward` leaves out."""
        every = {q: block_of(X, q) for q in self._back_from}
        result = {}
        for to, shape in self._shapes.items():
            result[to] = np.zeros(shape, dtype=self._dtype)
            for q, block, kick in self._back[to]:
                result[to] += block @ (every[q] @ kick)
        return result

    def _solve_onward(self, right: Blocks, shift: float) -> Blocks:
        """The inverse of ``(A - shift) X + X L^T`` and the exchange from charges solved before."""
        found: Blocks = {}
        for q, (left, V, ahead, W) in self._schur.items():
            rest = right[q]
            for start, block, kick in self._onward[q]:
                rest = rest - block @ (block_of(found, start) @ kick)
            raised = left - shift * np.eye(len(left)) if shift else left
            inner = V @ triangular_sylvester(raised, ahead, V.conj().T @ rest @ W) @ W.conj().T
            found[q] = np.real(inner) if is_real(q) else inner
        return found

    def _pack(self, X: Blocks) -> Array:
        """Real numbers whose norm is that of X on all charges."""
        systems = []
        for q in self.charges:
            block = np.ascontiguousarray(X[q]).ravel()
            systems.append(np.real(block) if is_real(q) else block.view(np.float64) * np.sqrt(2))
        return np.concatenate(systems)

    def _unpack(self, flat: Array) -> Blocks:
        result, start = {}, 0
        for q, (a, b) in self._shapes.items():
            single = is_real(q) or self.factors is not None
            stop = start + a * b * (1 if single else 2)
            block = np.ascontiguousarray(flat[start:stop])
            block = block if is_real(q) else block.view(self._dtype) / np.sqrt(2)
            result[q], start = block.reshape(a, b), stop
        return result
