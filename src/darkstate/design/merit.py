"""Merits: figures of merit of a state, with their derivatives by the state.

Of a density matrix a merit f knows the Hermitian G with ``df = Tr(G d rho)`` (`density_merit.py`),
of a Gaussian state what multiplies changes of its moments (`gaussian_merit.py`). At a kink there is
no derivative; it is said, and no average of the two sides is returned.
"""

from __future__ import annotations

from typing import Any

from darkstate.checks import check_instance
from darkstate.design.density_merit import DENSITY_DERIVATIVES, Dense, density_derivative
from darkstate.design.gaussian_merit import (
    GAUSSIAN_DERIVATIVES,
    Gaussian,
    MomentDerivative,
    gaussian_derivative,
)
from darkstate.errors import ArgumentError, EngineMismatchError
from darkstate.measures import expect, fidelity
from darkstate.states import GaussianState, PureState
from darkstate.states.subsystems import Matrix
from darkstate.systems.operators import OperatorSum

_KNOWN = tuple(dict.fromkeys([*DENSITY_DERIVATIVES, *GAUSSIAN_DERIVATIVES]))


class Merit:
    """A figure of merit: called with a state it is a number, and it knows its derivative.

    Args:
        measure: one with a derivative, see `merit`.
        arguments: what the measure takes besides the state: labels, a target or an operator.
    """

    def __init__(self, measure: Any, *arguments: Any):
        if measure not in _KNOWN:
            known = ", ".join(each.__name__ for each in _KNOWN)
            remedy = f"Use {known}; `gradient` takes a function of the state, too."
            raise ArgumentError("measure", "be one that has a derivative", measure, remedy)
        self.measure, self.arguments = measure, arguments

    def __call__(self, state: Any) -> float:
        """Its value for a state."""
        if self.measure is expect:
            return float(expect(self.arguments[0], state))
        return float(self.measure(state, *self.arguments))

    def __repr__(self) -> str:
        return f"merit({', '.join([self.measure.__name__, *map(repr, self.arguments)])})"

    def derivative(self, state: Dense) -> Matrix:
        """Hermitian G on all subsystems of a state, ``df = Tr(G d rho)``.

        Raises:
            KinkError: the merit has a kink at this state.
            NumericalError: its slope is infinite.
            EngineMismatchError: it is defined for Gaussian states only.
        """
        self._require(DENSITY_DERIVATIVES, "density matrices")
        return density_derivative(self.measure, state, self.arguments)

    def moment_derivative(self, state: Gaussian) -> MomentDerivative:
        """What multiplies changes of the moments of a Gaussian state.

        Raises:
            KinkError: the merit has a kink at this state.
            NumericalError: its slope is infinite.
            EngineMismatchError: it is defined for density matrices only.
        """
        self._require(GAUSSIAN_DERIVATIVES, "Gaussian states")
        return gaussian_derivative(self.measure, state, self.arguments)

    def _require(self, known: Any, kind: str) -> None:
        if self.measure not in known:
            names = ", ".join(each.__name__ for each in known)
            raise EngineMismatchError(
                f"{self.measure.__name__} has no derivative for {kind}; there are: {names}."
            )


def merit(measure: Any, *arguments: Any) -> Merit:
    """A figure of merit for `gradient`: ``merit(ds.log_negativity, "A1", "B1")``.

    Args:
        measure: purity, entropy, mutual_information, log_negativity, fidelity (to a pure target) or
            expect; of density matrices also negativity, concurrence and entanglement_of_formation,
            of Gaussian states also epr_variance and steering.
        arguments: labels, the target, or a Hermitian operator.

    Raises:
        ArgumentError: a measure without a derivative, an operator that is not Hermitian.
    """
    if measure is fidelity:
        remedy = "Give merit(fidelity, target) with a PureState, or with a pure GaussianState."
        target = arguments[0] if arguments else None
        check_instance("target", target, (PureState, GaussianState), remedy)
    if measure is expect:
        operator = arguments[0] if arguments else None
        remedy = "Give merit(expect, operator) with a Hermitian operator."
        if not check_instance("operator", operator, OperatorSum, remedy).is_hermitian():
            raise ArgumentError("operator", "be Hermitian", operator, remedy)
    return Merit(measure, *arguments)
