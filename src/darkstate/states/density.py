"""Density matrices of labelled subsystems.

A `DensityState` keeps ``rho`` as one D x D matrix in the basis of `darkstate.states.subsystems`:
the order of the labels is that of the tensor product, first label most significant, and the local
index counts excitations (a qubit's ``|0>`` is its ground state). With row index ``(k_1 ... k_n)``
and column index ``(l_1 ... l_n)`` the partial trace over subsystem j sums the entries with
``k_j = l_j``, and the partial transpose exchanges ``k_j`` and ``l_j``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate.checks import check_real
from darkstate.display import state_text
from darkstate.errors import ArgumentError, UnphysicalError
from darkstate.states.matrices import Observable, mean_value, observable_matrix
from darkstate.states.subsystems import (
    TOLERANCE,
    Matrix,
    check_matrix_fits,
    check_subsystems,
    complex_array,
    positions,
)

if TYPE_CHECKING:
    from darkstate.states.pure import PureState


@dataclass(frozen=True, eq=False, repr=False)
class DensityState:
    """A density matrix of labelled subsystems.

    Args:
        labels: names of the n subsystems, in the order of the tensor product.
        dimensions: their dimensions ``(d_1, ..., d_n)``; 2 for a qubit, the cutoff for a mode.
        matrix: (D, D) with ``D = d_1 ... d_n``; Hermitian with trace one within 1e-8. What is
            left of an anti-Hermitian part is dropped; positivity is not enforced, see `margin`.

    Raises:
        ArgumentError: labels, dimensions and shape do not fit, or an entry is not finite.
        UnphysicalError: not Hermitian, or the trace is not one.
    """

    labels: tuple[str, ...]
    dimensions: tuple[int, ...]
    matrix: Matrix

    def __post_init__(self) -> None:
        labels, dimensions = check_subsystems(self.labels, self.dimensions)
        size = prod(dimensions)
        remedy = "Its side is the product of the dimensions."
        matrix = complex_array("matrix", self.matrix, (size, size), remedy)
        adjoint = matrix.conj().T
        if not np.array_equal(matrix, adjoint):
            skew = float(np.abs(matrix - adjoint).max())
            if skew > TOLERANCE:
                rule = "be Hermitian (largest entry of rho - rho† is zero)"
                raise UnphysicalError("matrix", rule, skew, "Give (rho + rho†)/2 if it is noise.")
            matrix = 0.5 * (matrix + adjoint)
        trace = float(np.trace(matrix).real)
        if abs(trace - 1.0) > TOLERANCE:
            remedy = "Divide it by its trace, or read it with DensityState.rounded."
            raise UnphysicalError("matrix", "have trace 1", trace, remedy)
        for name, value in (("labels", labels), ("dimensions", dimensions), ("matrix", matrix)):
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return state_text(self, self.labels, " x ".join(map(str, self.dimensions)))

    @classmethod
    def product(cls, *states: DensityState | PureState) -> DensityState:
        """The tensor product ``rho_1 x rho_2 x ...``, labels in the order of the arguments.

        Raises:
            ArgumentError: no state, or a label occurs twice.
            CapacityError: the product is too large for a density matrix.
        """
        if not states:
            raise ArgumentError("states", "name at least one state", states, "Give the factors.")
        for state in states:
            _check_dense("states", state)
        labels = tuple(label for state in states for label in state.labels)
        dimensions = tuple(d for state in states for d in state.dimensions)
        check_subsystems(labels, dimensions)
        check_matrix_fits(dimensions)
        matrix: Matrix = np.ones((1, 1), dtype=complex)
        for state in states:
            factor = state if isinstance(state, DensityState) else state.density()
            matrix = np.kron(matrix, factor.matrix)
        return cls(labels, dimensions, matrix)

    @classmethod
    def from_pure(cls, state: PureState) -> DensityState:
        """``|psi><psi|``.

        Raises:
            CapacityError: too large for a density matrix.
        """
        _check_dense("state", state)
        return state.density() if not isinstance(state, DensityState) else state

    @classmethod
    def rounded(
        cls,
        labels: Sequence[str],
        dimensions: Sequence[int],
        matrix: Any,
        tolerance: float = 1e-6,
    ) -> DensityState:
        """A state from a matrix of few digits: the nearest one with trace 1 and no negative part.

        Args:
            labels: names of the subsystems.
            dimensions: their dimensions.
            matrix: (D, D), from a file or a table.
            tolerance: by how much, in trace norm, the state may differ from the matrix.

        Raises:
            ArgumentError: labels, dimensions and shape do not fit.
            UnphysicalError: no state is that near.
        """
        labels, dimensions = check_subsystems(labels, dimensions)
        check_real("tolerance", tolerance, above=0.0, below=1.0, remedy="Give for example 1e-6.")
        size = prod(dimensions)
        remedy = "Its side is the product of the dimensions."
        given = complex_array("matrix", matrix, (size, size), remedy)
        values, vectors = np.linalg.eigh(0.5 * (given + given.conj().T))
        kept = np.maximum(values, 0.0)
        total = float(kept.sum())
        state = (vectors * (kept / total if total else kept)) @ vectors.conj().T
        away = float(np.linalg.svd(state - given, compute_uv=False).sum())
        if not total or away > tolerance:
            rule = f"be within {tolerance:g} of a state, in trace norm"
            remedy = f"It is {away:.2g} away: check trace and signs, or give a larger tolerance."
            raise UnphysicalError("matrix", rule, away, remedy)
        return cls(labels, dimensions, state)

    @classmethod
    def maximally_mixed(cls, labels: Sequence[str], dimensions: Sequence[int]) -> DensityState:
        """``1/D``, the state of which nothing is known.

        Raises:
            ArgumentError: labels and dimensions do not fit.
            CapacityError: too large for a density matrix.
        """
        labels, dimensions = check_subsystems(labels, dimensions)
        check_matrix_fits(dimensions)
        size = prod(dimensions)
        return cls(labels, dimensions, np.eye(size, dtype=complex) / size)

    def margin(self) -> float:
        """Smallest eigenvalue of rho; a state has none below zero (beyond rounding)."""
        return float(np.linalg.eigvalsh(self.matrix)[0])

    def reduced(self, labels: str | Sequence[str]) -> DensityState:
        """The state of these subsystems alone (partial trace), in the order given.

        Only the ``d D`` entries that the trace needs are read, with d the dimension kept.

        Raises:
            ArgumentError: a label is unknown or given twice, or there is none.
        """
        kept = positions(labels, self.labels)
        n = len(self.labels)
        if kept == list(range(n)):
            return self
        columns = [n + k if k in kept else k for k in range(n)]
        tensor: Any = self.matrix.reshape(self.dimensions * 2)
        part = np.einsum(tensor, [*range(n), *columns], [*kept, *(n + k for k in kept)])
        dimensions = tuple(self.dimensions[k] for k in kept)
        size = prod(dimensions)
        return DensityState(
            tuple(self.labels[k] for k in kept), dimensions, part.reshape(size, size)
        )

    def partial_transpose(self, labels: str | Sequence[str]) -> Matrix:
        """``rho^{T_B}`` with B these subsystems: a Hermitian (D, D) array, in general no state.

        ``<k_A k_B| rho^{T_B} |l_A l_B> = <k_A l_B| rho |l_A k_B>``. A negative eigenvalue proves
        entanglement between B and the rest.

        Raises:
            ArgumentError: a label is unknown or given twice, or there is none.

        Source: Peres, Phys. Rev. Lett. 77, 1413 (1996).
        """
        n = len(self.labels)
        axes = list(range(2 * n))
        for k in positions(labels, self.labels):
            axes[k], axes[n + k] = n + k, k
        tensor = self.matrix.reshape(self.dimensions * 2)
        return tensor.transpose(axes).reshape(self.matrix.shape)

    def expectation(
        self, operator: Observable, labels: str | Sequence[str] | None = None
    ) -> complex:
        """``Tr(rho O)``; a float if O is Hermitian, else complex.

        Args:
            operator: an OperatorSum, which names its own subsystems, or a matrix (dense or sparse)
                on `labels`.
            labels: where a matrix acts, in its tensor order; all subsystems if left out.

        Raises:
            ArgumentError: unknown labels, a matrix of another shape, or an operator of a space
                that has not the dimension it has in the state.
        """
        where, matrix = observable_matrix(operator, labels, self.labels, self.dimensions)
        part = self.reduced(where).matrix
        return mean_value(complex(np.sum(matrix.multiply(part.T))), matrix)


def _check_dense(name: str, state: Any) -> None:
    """That it is a `PureState` or a `DensityState`.

    Raises:
        ArgumentError: it is not.
    """
    dense = isinstance(state, DensityState) or (
        hasattr(state, "vector") and hasattr(state, "labels")
    )
    if not dense or isinstance(state, type):
        rule, remedy = "be a PureState or DensityState", "Make one, or take it from a result."
        raise ArgumentError(name, rule, state, remedy)
