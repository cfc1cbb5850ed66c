"""Means of operators in any state: `expect`.

Each type of state knows how to find ``Tr(rho O)`` (its method `expectation`): dense and symmetric
states by their entries, Gaussian ones by Wick's theorem, states known in parts from the part that
holds the labels on which O acts.
"""

from __future__ import annotations

from typing import Any

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
from darkstate.systems.operators import OperatorSum

KINDS = (
    DensityState,
    PureState,
    GaussianState,
    PairwiseGaussianState,
    GaussianBatch,
    EnsembleState,
    SpinMoments,
)


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
    if not hasattr(state, "expectation") or isinstance(state, type):
        raise refusal("expect", state, KINDS)
    dense = isinstance(state, DensityState | PureState)
    if not isinstance(operator, OperatorSum) and not dense:
        remedy = "Build it with destroy(mode), sigma_z(qubit) and the like."
        raise ArgumentError("operator", "be an OperatorSum", operator, remedy)
    return state.expectation(operator)
