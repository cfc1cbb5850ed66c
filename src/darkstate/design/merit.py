r"""Merits: figures of merit of a state, with their derivative by the density matrix.

A merit f has a Hermitian G with ``df = Tr(G d rho)`` on the subsystems that it looks at:

==================  ==================================================================
purity              ``G = 2 rho``
entropy             ``G = -log2 rho - 1/ln 2``
negativity          ``G = -(P_-)^{T_B}``, the projector on negative ``mu`` of ``rho^{T_B}``
log_negativity      the same times ``2 / ((1 + 2 N) ln 2)``
fidelity            ``G = |psi><psi|`` (pure targets)
expect              the operator
==================  ==================================================================

At a kink there is no derivative: an eigenvalue of the partial transpose that is zero, or for the
entropy one of rho. It is said, and no average of the two sides is returned.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from darkstate.checks import check_instance
from darkstate.errors import ArgumentError, NumericalError
from darkstate.measures import entropy, expect, fidelity, log_negativity, negativity, purity
from darkstate.states import DensityState, PureState
from darkstate.states.matrices import operator_matrix
from darkstate.states.subsystems import Matrix, positions
from darkstate.systems.operators import OperatorSum

_KINK = 1e-9
"""Eigenvalues below this are taken for zero."""
Dense = DensityState | PureState


class Merit:
    """A figure of merit: called with a state it is a number, and it knows its derivative.

    Args:
        measure: one of the table above.
        arguments: what the measure takes besides the state: labels, a target or an operator.
    """

    def __init__(self, measure: Any, *arguments: Any):
        if measure not in _DERIVATIVES:
            known = ", ".join(each.__name__ for each in _DERIVATIVES)
            raise ArgumentError("measure", "be one that has a derivative", measure, f"Use {known}.")
        self.measure, self.arguments = measure, arguments

    def __call__(self, state: Dense) -> float:
        """Its value for a state."""
        if self.measure is expect:
            return float(expect(self.arguments[0], state))
        return float(self.measure(state, *self.arguments))

    def __repr__(self) -> str:
        return f"merit({', '.join([self.measure.__name__, *map(repr, self.arguments)])})"

    def derivative(self, state: Dense) -> Matrix:
        """Hermitian G on all subsystems of a state, ``df = Tr(G d rho)``.

        Raises:
            NumericalError: the merit has a kink at this state.
        """
        labels, part = _DERIVATIVES[self.measure](state, *self.arguments)
        where = positions(labels, state.labels)
        rest = [k for k in range(len(state.labels)) if k not in where]
        dims = [state.dimensions[k] for k in [*where, *rest]]
        whole = np.kron(part, np.eye(int(np.prod([state.dimensions[k] for k in rest]))))
        back = np.argsort([*where, *rest])
        axes = [*back, *(back + len(dims))]
        return whole.reshape(dims * 2).transpose(axes).reshape(whole.shape)


def merit(measure: Any, *arguments: Any) -> Merit:
    """A figure of merit for `gradient`: ``merit(ds.log_negativity, "A1", "B1")``.

    Args:
        measure: purity, entropy, negativity, log_negativity, fidelity (to a pure target) or expect.
        arguments: labels, the target, or a Hermitian operator.

    Raises:
        ArgumentError: a measure without a derivative, an operator that is not Hermitian.
    """
    if measure is fidelity:
        remedy = "Give merit(fidelity, target) with a PureState."
        check_instance("target", arguments[0] if arguments else None, PureState, remedy)
    if measure is expect:
        operator = arguments[0] if arguments else None
        remedy = "Give merit(expect, operator) with a Hermitian operator."
        if not check_instance("operator", operator, OperatorSum, remedy).is_hermitian():
            raise ArgumentError("operator", "be Hermitian", operator, remedy)
    return Merit(measure, *arguments)


Part = tuple[tuple[str, ...], Matrix]


def _group(labels: Any) -> tuple[str, ...]:
    return (labels,) if isinstance(labels, str) else tuple(labels)


def _purity(state: Dense, labels: Any = None) -> Part:
    part = state.reduced(state.labels if labels is None else labels)
    return part.labels, 2.0 * part.matrix


def _entropy(state: Dense, labels: Any = None) -> Part:
    part = state.reduced(state.labels if labels is None else labels)
    values, vectors = np.linalg.eigh(part.matrix)
    if values[0] < _KINK:
        raise NumericalError(
            "`entropy` has an infinite slope where the density matrix has an eigenvalue zero, "
            f"and here it has {values[0]:.2g}. Use the purity as merit."
        )
    logs = np.log2(values) + 1.0 / np.log(2.0)
    return part.labels, -(vectors * logs) @ vectors.conj().T


def _negativity(state: Dense, first: Any, second: Any) -> Part:
    part = state.reduced([*_group(first), *_group(second)])
    values, vectors = np.linalg.eigh(part.partial_transpose(second))
    nearest = float(np.abs(values).min())
    if nearest < _KINK:
        raise NumericalError(
            "`negativity` has a kink where the partial transpose has an eigenvalue zero, and here "
            f"it has {nearest:.2g}: its derivative differs between both sides. Move the parameters "
            "a little to the side that is meant, or use a fidelity as merit."
        )
    below = vectors[:, values < 0]
    n, axes = len(part.labels), list(range(2 * len(part.labels)))
    for k in positions(_group(second), part.labels):
        axes[k], axes[n + k] = n + k, k
    projector = (below @ below.conj().T).reshape(part.dimensions * 2)
    return part.labels, -projector.transpose(axes).reshape(part.matrix.shape)


def _log_negativity(state: Dense, first: Any, second: Any) -> Part:
    labels, slope = _negativity(state, first, second)
    size = 1.0 + 2.0 * float(negativity(state, first, second))
    return labels, slope * 2.0 / (size * np.log(2.0))


def _fidelity(_: Dense, target: PureState) -> Part:
    return target.labels, np.outer(target.vector, target.vector.conj())


def _expect(state: Dense, operator: OperatorSum) -> Part:
    labels = tuple(space.label for space in operator.spaces) or state.labels[:1]
    size_of = dict(zip(state.labels, state.dimensions, strict=True))
    dims = [size_of[space.label] for space in operator.spaces]
    if not operator.spaces:
        return labels, np.eye(size_of[labels[0]]) * float(np.real(sum(c for _, c in operator)))
    return labels, operator_matrix(operator, operator.spaces, dims).toarray()


_DERIVATIVES: dict[Any, Callable[..., Part]] = {
    purity: _purity,
    entropy: _entropy,
    negativity: _negativity,
    log_negativity: _log_negativity,
    fidelity: _fidelity,
    expect: _expect,
}
