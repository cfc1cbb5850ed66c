"""Means of operators in any state: `expect`.

Each type of state knows how to find ``Tr(rho O)`` (its method `expectation`): dense and symmetric
states by their entries, Gaussian ones by Wick's theorem, states known in parts from the part that
holds the labels on which O acts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_instance, keeps
from darkstate.errors import ArgumentError, border
from darkstate.measures.dispatch import refusal
from darkstate.states import (
    DensityState,
    EnsembleState,
    GaussianBatch,
    GaussianState,
    PairwiseGaussianState,
    PureState,
    SpinMoments,
)
from darkstate.states.matrices import operator_matrix
from darkstate.states.subsystems import positions
from darkstate.systems.operators import OperatorSum
from darkstate.systems.spaces import Mode

KINDS = (
    DensityState,
    PureState,
    GaussianState,
    PairwiseGaussianState,
    GaussianBatch,
    EnsembleState,
    SpinMoments,
)


@runtime_checkable
class KnowsMeans(Protocol):
    """States over time that know the means of an operator in all of them."""

    def means(self, operator: OperatorSum) -> NDArray[Any]:
        """``Tr(rho O)`` of each."""
        ...


class Observable:
    """The mean of an operator as a function of the state; matrices are made once.

    Args:
        operator: the operator.
        title: for labels of axes; by default the operator in words.

    Raises:
        ArgumentError: it is none.
    """

    unit = ""

    def __init__(self, operator: OperatorSum, title: str = ""):
        remedy = "Give an operator such as number(a); functions of the state are `measures`."
        self.operator = check_instance("observables", operator, OperatorSum, remedy)
        self.title = title or str(operator)
        self.hermitian = operator.is_hermitian()
        self._entries: dict[Any, tuple[Any, Any, Any]] = {}

    def column(self, states: Sequence[Any]) -> NDArray[Any]:
        """``Tr(rho O)`` of all states, at once where they know how."""
        if not keeps(states, KnowsMeans):
            return np.array([self(state) for state in states])
        values = states.means(self.operator)
        return np.real(values) if self.hermitian else values

    def __call__(self, state: Any) -> Any:
        """``Tr(rho O)``."""
        if not isinstance(state, DensityState):
            return expect(self.operator, state)
        key = (state.labels, state.dimensions)
        if key not in self._entries:
            known = {space.label: space for space in self.operator.spaces}
            positions(tuple(known) or state.labels, state.labels)
            # spaces on which it does not act count by their dimension alone
            spaces = [known.get(k) or Mode(k) for k in state.labels]
            matrix = operator_matrix(self.operator, spaces, state.dimensions).tocoo()
            self._entries[key] = matrix.row, matrix.col, matrix.data
        rows, columns, values = self._entries[key]
        mean = complex(np.sum(values * state.matrix[columns, rows]))
        return mean.real if self.hermitian else mean


@border("expect")
def expect(operator: Any, state: Any) -> Any:
    """The mean ``Tr(rho O)`` of an operator in a state.

    Args:
        operator: an operator such as ``number(a)``; for dense states also a matrix on all
            subsystems, in their order.
        state: of any kind, such as ``result.state``.

    Returns:
        A float if O is Hermitian, else a complex number; an array (B,) for a `GaussianBatch`.

    Raises:
        ArgumentError: no operator, or one of subsystems that the state has not.
        EngineMismatchError: a kind of state that knows no operators, or no such ones.
        MissingError: a state known in parts has none that the operator acts on.
    """
    if hasattr(operator, "labels") and isinstance(state, OperatorSum):
        rule = "be an operator, with the state after it"
        raise ArgumentError("operator", rule, operator, "Write expect(operator, state).")
    if isinstance(operator, list | tuple) and any(isinstance(o, OperatorSum) for o in operator):
        remedy = "Write [expect(operator, state) for operator in operators]."
        raise ArgumentError("operator", "be one operator", operator, remedy)
    if hasattr(getattr(state, "state", None), "labels"):
        remedy = "Write expect(operator, result.state)."
        raise ArgumentError("state", "be a state", type(state).__name__, remedy)
    if not hasattr(state, "expectation") or isinstance(state, type):
        raise refusal("expect", state, KINDS)
    dense = isinstance(state, DensityState | PureState)
    if not isinstance(operator, OperatorSum) and not dense:
        remedy = "Build it with destroy(mode), sigma_z(qubit) and the like."
        raise ArgumentError("operator", "be an OperatorSum", operator, remedy)
    return state.expectation(operator)
