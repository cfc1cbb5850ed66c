r"""Derivatives of measures of density matrices: G with ``df = Tr(G d rho)`` on what they look at.

========================  ========================================================================
purity                    ``G = 2 rho``
entropy                   ``G = -log2 rho - 1/ln 2``
mutual_information        the sum of those of both sides, less that of the whole
negativity                ``G = -(P_-)^{T_B}``, the projector on negative ``mu`` of ``rho^{T_B}``
log_negativity            the same times ``2 / ((1 + 2 N) ln 2)``
concurrence               of ``l_1 - l_2 - l_3 - l_4``, the singular values of
                          ``S = T^T (sy sy) T = U l V†``, T the positive root of rho: the Hermitian
                          part of ``T^-1 (W + W^T) T^T (sy sy) / 2``, ``W = V (1,-1,-1,-1) U†``
entanglement_of_formation the same times ``dE_F/dC``
fidelity                  ``G = |psi><psi|`` (pure targets)
expect                    the operator
========================  ========================================================================

At a kink there is no derivative: an eigenvalue of the partial transpose that is zero, equal
``l_1`` and ``l_2 + l_3 + l_4``, for the entropy an eigenvalue of rho that is zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from darkstate.design.differences import KinkError
from darkstate.errors import NumericalError
from darkstate.linalg.unique import positive_root
from darkstate.measures import (
    concurrence,
    entanglement_of_formation,
    entropy,
    expect,
    fidelity,
    log_negativity,
    mutual_information,
    negativity,
    purity,
)
from darkstate.measures.two_qubits import SPIN_FLIP, two_qubit_matrix
from darkstate.states import DensityState, PureState
from darkstate.states.matrices import operator_matrix
from darkstate.states.subsystems import Matrix, positions
from darkstate.systems.operators import OperatorSum

Dense = DensityState | PureState
_KINK = 1e-9
"""Eigenvalues below this are taken for zero."""


def density_derivative(measure: Any, state: Dense, arguments: tuple[Any, ...]) -> Matrix:
    """Hermitian G on all subsystems of a state, ``df = Tr(G d rho)``.

    Raises:
        KinkError: the measure has a kink at this state.
        NumericalError: it has an infinite slope.
    """
    total: Matrix = np.zeros((0, 0))
    for labels, part in DENSITY_DERIVATIVES[measure](state, *arguments):
        whole = _on_all(state, labels, part)
        total = total + whole if total.size else whole
    return total


def _on_all(state: Dense, labels: tuple[str, ...], part: Matrix) -> Matrix:
    where = positions(labels, state.labels)
    rest = [k for k in range(len(state.labels)) if k not in where]
    dims = [state.dimensions[k] for k in [*where, *rest]]
    whole = np.kron(part, np.eye(int(np.prod([state.dimensions[k] for k in rest]))))
    back = np.argsort([*where, *rest])
    axes = [*back, *(back + len(dims))]
    return whole.reshape(dims * 2).transpose(axes).reshape(whole.shape)


Part = tuple[tuple[str, ...], Matrix]
Parts = list[Part]


def _group(labels: Any) -> tuple[str, ...]:
    return (labels,) if isinstance(labels, str) else tuple(labels)


def _purity(state: Dense, labels: Any = None) -> Parts:
    part = state.reduced(state.labels if labels is None else labels)
    return [(part.labels, 2.0 * part.matrix)]


def _entropy(state: Dense, labels: Any = None) -> Parts:
    part = state.reduced(state.labels if labels is None else labels)
    values, vectors = np.linalg.eigh(part.matrix)
    if values[0] < _KINK:
        raise NumericalError(
            "`entropy` has an infinite slope where the density matrix has an eigenvalue zero, "
            f"and here it has {values[0]:.2g}. Use the purity as merit."
        )
    logs = np.log2(values) + 1.0 / np.log(2.0)
    return [(part.labels, -(vectors * logs) @ vectors.conj().T)]


def _mutual_information(state: Dense, first: Any, second: Any) -> Parts:
    (labels, whole), *_ = _entropy(state, [*_group(first), *_group(second)])
    return [*_entropy(state, first), *_entropy(state, second), (labels, -whole)]


def _negativity(state: Dense, first: Any, second: Any) -> Parts:
    part = state.reduced([*_group(first), *_group(second)])
    values, vectors = np.linalg.eigh(part.partial_transpose(second))
    nearest = float(np.abs(values).min())
    if nearest < _KINK:
        raise KinkError(
            "`negativity` has a kink where the partial transpose has an eigenvalue zero, and here "
            f"it has {nearest:.2g}: its derivative differs between both sides. Move the parameters "
            "a little to the side that is meant, or use a fidelity as merit."
        )
    below = vectors[:, values < 0]
    n, axes = len(part.labels), list(range(2 * len(part.labels)))
    for k in positions(_group(second), part.labels):
        axes[k], axes[n + k] = n + k, k
    projector = (below @ below.conj().T).reshape(part.dimensions * 2)
    return [(part.labels, -projector.transpose(axes).reshape(part.matrix.shape))]


def _log_negativity(state: Dense, first: Any, second: Any) -> Parts:
    size = 1.0 + 2.0 * float(negativity(state, first, second))
    return _scaled(_negativity(state, first, second), 2.0 / (size * np.log(2.0)))


def _concurrence(state: Dense, first: Any, second: Any) -> Parts:
    one, two = _group(first), _group(second)
    matrix = two_qubit_matrix(state, one, two, "concurrence")
    root = positive_root(matrix)
    values, vectors = np.linalg.eigh(matrix)
    left, sizes, right = np.linalg.svd(root.T @ SPIN_FLIP @ root)
    excess = float(sizes[0] - sizes[1:].sum())
    if abs(excess) < _KINK or values[0] < _KINK:
        raise KinkError(
            f"`concurrence` has a kink where l_1 - l_2 - l_3 - l_4 is zero, and here it is "
            f"{excess:.2g}, or where rho has an eigenvalue zero, and here it has {values[0]:.2g}."
        )
    labels = (*one, *two)
    if excess < 0:
        return [(labels, np.zeros_like(matrix))]
    # dC = Re Tr(W dS) for S = T^T (sy sy) T, and dT = d rho T^-1 / 2
    W = (right.conj().T * [1.0, -1.0, -1.0, -1.0]) @ left.conj().T
    inverse = (vectors / np.sqrt(values)) @ vectors.conj().T
    G = 0.5 * inverse @ (W + W.T) @ root.T @ SPIN_FLIP
    return [(labels, 0.5 * (G + G.conj().T))]


def _formation(state: Dense, first: Any, second: Any) -> Parts:
    C = float(concurrence(state, first, second))
    if not C:
        return _scaled(_concurrence(state, first, second), 0.0)
    root = np.sqrt(max(0.0, (1.0 - C) * (1.0 + C)))
    # (C/root) log2((1 + root)/C), which tends to 1/ln 2 at C = 1
    slope = 1.0 / np.log(2.0) if root < 1e-6 else C / root * np.log2((1.0 + root) / C)
    return _scaled(_concurrence(state, first, second), float(slope))


def _scaled(parts: Parts, factor: float) -> Parts:
    return [(labels, factor * part) for labels, part in parts]


def _fidelity(_: Dense, target: PureState) -> Parts:
    return [(target.labels, np.outer(target.vector, target.vector.conj()))]


def _expect(state: Dense, operator: OperatorSum) -> Parts:
    labels = tuple(space.label for space in operator.spaces) or state.labels[:1]
    size_of = dict(zip(state.labels, state.dimensions, strict=True))
    dims = [size_of[space.label] for space in operator.spaces]
    if not operator.spaces:
        return [(labels, np.zeros((size_of[labels[0]],) * 2))]
    return [(labels, operator_matrix(operator, operator.spaces, dims).toarray())]


DENSITY_DERIVATIVES: dict[Any, Callable[..., Parts]] = {
    purity: _purity,
    entropy: _entropy,
    mutual_information: _mutual_information,
    negativity: _negativity,
    log_negativity: _log_negativity,
    concurrence: _concurrence,
    entanglement_of_formation: _formation,
    fidelity: _fidelity,
    expect: _expect,
}
