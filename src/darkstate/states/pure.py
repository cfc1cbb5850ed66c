"""Pure states of labelled subsystems, and circuits that make them.

A `PureState` keeps the amplitudes ``<k_1 ... k_n|psi>`` as one vector in the basis of
`darkstate.states.subsystems` (first label most significant; the local index counts excitations). A
gate on some labels multiplies the vector, seen as a tensor, on their axes. Across a cut A|B

    |psi> = sum_k s_k |a_k>|b_k>,   s_1 >= s_2 >= ... >= 0,   sum_k s_k^2 = 1,

the Schmidt coefficients ``s_k`` say all about the entanglement of A with B, and unlike eigenvalues
of a reduced density matrix they are accurate however small they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc, gammaln, xlogy

from darkstate.checks import check_complex, check_integer
from darkstate.display import state_text
from darkstate.errors import ArgumentError, UnphysicalError, nearest
from darkstate.states.density import DensityState
from darkstate.states.matrices import Observable, mean_value, observable_matrix
from darkstate.states.subsystems import (
    TOLERANCE,
    Matrix,
    check_matrix_fits,
    check_subsystems,
    check_unitary,
    check_vector_fits,
    complex_array,
    positions,
)

LOST = 1e-10
"""Weight of a coherent state that may lie beyond its Fock states."""


@dataclass(frozen=True, eq=False, repr=False)
class PureState:
    """A state vector of labelled subsystems.

    Args:
        labels: names of the n subsystems, in the order of the tensor product.
        dimensions: their dimensions ``(d_1, ..., d_n)``; 2 for a qubit, the cutoff for a mode.
        vector: (D,) amplitudes with ``D = d_1 ... d_n`` and norm one within 1e-8.

    Raises:
        ArgumentError: labels, dimensions and shape do not fit, or an entry is not finite.
        UnphysicalError: the norm is not one.
    """

    labels: tuple[str, ...]
    dimensions: tuple[int, ...]
    vector: Matrix

    def __post_init__(self) -> None:
        labels, dimensions = check_subsystems(self.labels, self.dimensions)
        remedy = "Its length is the product of the dimensions."
        vector = complex_array("vector", self.vector, (prod(dimensions),), remedy)
        norm = float(np.linalg.norm(vector))
        if abs(norm - 1.0) > TOLERANCE:
            raise UnphysicalError("vector", "have norm 1", norm, "Divide it by its norm.")
        for name, value in (("labels", labels), ("dimensions", dimensions), ("vector", vector)):
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return state_text(self, self.labels, " x ".join(map(str, self.dimensions)))

    @classmethod
    def product(cls, *states: PureState) -> PureState:
        """The tensor product ``|psi_1>|psi_2> ...``, labels in the order of the arguments.

        Raises:
            ArgumentError: no state, or a label occurs twice.
            CapacityError: the product is too long.
        """
        if not states:
            raise ArgumentError("states", "name at least one state", states, "Give the factors.")
        labels = tuple(label for state in states for label in state.labels)
        dimensions = tuple(d for state in states for d in state.dimensions)
        check_subsystems(labels, dimensions)
        check_vector_fits(dimensions)
        vector: Matrix = np.ones(1, dtype=complex)
        for state in states:
            vector = np.kron(vector, state.vector)
        return cls(labels, dimensions, vector)

    @classmethod
    def basis(
        cls,
        labels: str | Sequence[str],
        dimensions: int | Sequence[int],
        excitations: Mapping[str, int] | None = None,
    ) -> PureState:
        """A basis state: so many excitations in each subsystem, none in those not named.

        Raises:
            ArgumentError: labels and dimensions do not fit, or an excitation number is unknown,
                negative or beyond its dimension.
            CapacityError: the vector is too long.
        """
        labels, dimensions = check_subsystems(labels, dimensions)
        check_vector_fits(dimensions)
        where = [0] * len(labels)
        if excitations is not None and not isinstance(excitations, Mapping):
            remedy = "Write {'a': 2}; what is not named is in its ground state."
            raise ArgumentError("excitations", "be {label: number}", excitations, remedy)
        for label, count in dict(excitations or {}).items():
            if label not in labels:
                raise ArgumentError(
                    "excitations", "name a known subsystem", label, nearest(label, labels)
                )
            k = labels.index(label)
            name, remedy = f"excitations['{label}']", f"Give 0 to {dimensions[k] - 1}."
            where[k] = check_integer(name, count, minimum=0, remedy=remedy)
            if count >= dimensions[k]:
                raise ArgumentError(name, f"be below its dimension {dimensions[k]}", count, remedy)
        vector = np.zeros(dimensions, dtype=complex)
        vector[tuple(where)] = 1.0
        return cls(labels, dimensions, vector.ravel())

    @classmethod
    def coherent(cls, label: str, amplitude: complex, dimension: int) -> PureState:
        """``|alpha>`` of a mode in its lowest Fock states, ``exp(-|alpha|^2/2) alpha^n/sqrt(n!)``.

        Args:
            label: the mode.
            amplitude: alpha, the mean of the mode's operator.
            dimension: Fock states; their weight is normalised to one.

        Raises:
            ArgumentError: more than `LOST` of the weight lies beyond them.
        """
        alpha = check_complex("amplitude", amplitude, remedy="Give a number such as 1 + 0.5j.")
        remedy = "Give the number of Fock states, such as 20."
        size = check_integer("dimension", dimension, minimum=1, remedy=remedy)
        check_vector_fits((size,))
        mean = abs(alpha) ** 2
        if mean and float(gammainc(size, mean)) > LOST:
            rule = f"hold all but {LOST:g} of the weight of this amplitude"
            remedy = f"Give {int(mean + 7 * abs(alpha)) + 20}."
            raise ArgumentError("dimension", rule, dimension, remedy)
        n = np.arange(size)
        logs = xlogy(n, abs(alpha)) - 0.5 * gammaln(n + 1) - 0.5 * mean
        vector = np.exp(logs + 1j * n * np.angle(alpha))
        return cls((label,), (size,), vector / np.linalg.norm(vector))

    def margin(self) -> float:
        """Smallest eigenvalue of ``|psi><psi|``: none is below zero."""
        return 0.0

    def density(self) -> DensityState:
        """``|psi><psi|``.

        Raises:
            CapacityError: too large for a density matrix.
        """
        check_matrix_fits(self.dimensions)
        return DensityState(self.labels, self.dimensions, np.outer(self.vector, self.vector.conj()))

    def reduced(self, labels: str | Sequence[str]) -> DensityState:
        """The state of these subsystems alone (partial trace), in the order given.

        Raises:
            ArgumentError: a label is unknown or given twice, or there is none.
            CapacityError: too large for a density matrix.
        """
        kept = positions(labels, self.labels)
        dimensions = tuple(self.dimensions[k] for k in kept)
        check_matrix_fits(dimensions)
        amplitudes = self._matrix(kept)
        chosen = tuple(self.labels[k] for k in kept)
        return DensityState(chosen, dimensions, amplitudes @ amplitudes.conj().T)

    def reordered(self, labels: Sequence[str]) -> PureState:
        """The same state with its labels in another order.

        Raises:
            ArgumentError: not exactly the labels of the state.
        """
        order = positions(labels, self.labels)
        if len(order) < len(self.labels):
            rule = f"name all of {self.labels}"
            raise ArgumentError("labels", rule, labels, "Use reduced(labels) to trace out others.")
        dimensions = tuple(self.dimensions[k] for k in order)
        return PureState(tuple(labels), dimensions, self._matrix(order).ravel())

    def apply(self, gate: Any, labels: str | Sequence[str]) -> PureState:
        """``U |psi>`` with a gate on some subsystems.

        Args:
            gate: unitary matrix (d, d), d the product of the dimensions of `labels`; dense or
                sparse, in the tensor order of `labels`.
            labels: where it acts, usually one or two labels.

        Raises:
            ArgumentError: unknown labels or a gate of another shape.
            UnphysicalError: the gate is not unitary.
        """
        where = positions(labels, self.labels)
        size = prod(self.dimensions[k] for k in where)
        remedy = f"A gate on {tuple(self.labels[k] for k in where)} is {size} x {size}."
        matrix = complex_array("gate", gate, (size, size), remedy)
        check_unitary("gate", matrix)
        rest = [k for k in range(len(self.labels)) if k not in where]
        moved = matrix @ self._matrix(where)
        tensor = moved.reshape([self.dimensions[k] for k in [*where, *rest]])
        vector = tensor.transpose(np.argsort([*where, *rest])).ravel()
        return PureState(self.labels, self.dimensions, vector)

    def overlap(self, other: PureState) -> complex:
        """``<self|other>``; the labels of `other` may be in another order.

        Raises:
            ArgumentError: other labels or dimensions.
        """
        if set(other.labels) != set(self.labels):
            remedy = "Compare states of the same subsystems."
            raise ArgumentError("other", f"have the labels {self.labels}", other.labels, remedy)
        same = other if other.labels == self.labels else other.reordered(self.labels)
        if same.dimensions != self.dimensions:
            rule = f"have the dimensions {self.dimensions}"
            raise ArgumentError("other", rule, same.dimensions, "Use the same Fock cutoffs.")
        return complex(np.vdot(self.vector, same.vector))

    def schmidt(self, labels: str | Sequence[str]) -> NDArray[Any]:
        """Schmidt coefficients ``s_k`` between these subsystems and all others, largest first.

        Returns:
            (min(d, D/d),) numbers >= 0 whose squares sum to one, accurate to rounding relative to
            the largest; the eigenvalues of either reduced state are their squares.

        Raises:
            ArgumentError: a label is unknown or given twice, or there is none.
        """
        return np.linalg.svd(self._matrix(positions(labels, self.labels)), compute_uv=False)

    def expectation(
        self, operator: Observable, labels: str | Sequence[str] | None = None
    ) -> complex:
        """``<psi|O|psi>``; a float if O is Hermitian, else complex.

        Args:
            operator: an OperatorSum, which names its own subsystems, or a matrix (dense or sparse)
                on `labels`.
            labels: where a matrix acts, in its tensor order; all subsystems if left out.

        Raises:
            ArgumentError: unknown labels, a matrix of another shape, or an operator of a space
                that has not the dimension it has in the state.
        """
        where, matrix = observable_matrix(operator, labels, self.labels, self.dimensions)
        amplitudes = self._matrix(positions(where, self.labels))
        return mean_value(complex(np.vdot(amplitudes, matrix @ amplitudes)), matrix)

    def _matrix(self, rows: Sequence[int]) -> Matrix:
        """Amplitudes with these axes as row index and the others, in order, as column index."""
        rest = [k for k in range(len(self.labels)) if k not in rows]
        tensor = self.vector.reshape(self.dimensions).transpose([*rows, *rest])
        return tensor.reshape(prod(self.dimensions[k] for k in rows), -1)
