"""To QuTiP and back: states, operators and open systems.

The basis is handed over as it is: index k of a subsystem is index k in QuTiP, and the order of the
tensor product is the same. Two habits differ, and matter when operators of both are mixed:

* index 0 of a qubit is its ground state here, so QuTiP's ``sigmaz()`` is ``-sz`` and its
  ``sigmam()`` (which takes index 0 to 1) is ``s+``; use operators converted by `to_qutip`;
* index k of a spin has Sz = k - N/2 here, while ``jmat`` starts from +j.

QuTiP is imported when a function is called (extra ``interop``); nothing else here needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from darkstate.conventions import as_labels
from darkstate.errors import ArgumentError, EngineMismatchError, MissingError
from darkstate.states.density import DensityState
from darkstate.states.matrices import operator_matrix
from darkstate.states.pure import PureState
from darkstate.systems.decomposition import matrix_operator
from darkstate.systems.local_matrices import Dimensions, space_dimensions
from darkstate.systems.open_system import Jump, OpenSystem
from darkstate.systems.operators import OperatorSum
from darkstate.systems.spaces import Space


class QutipSystem(NamedTuple):
    """An open system as QuTiP's solvers take it: ``qutip.mesolve(H, rho, times, c_ops)``."""

    hamiltonian: Any
    """H as a Qobj."""
    jumps: list[Any]
    """``sqrt(rate) c`` of every jump as a Qobj."""


def to_qutip(
    value: DensityState | PureState | OperatorSum | OpenSystem,
    dimensions: Dimensions = None,
    spaces: Sequence[Space] | None = None,
) -> Any:
    """A state, operator or open system as QuTiP objects.

    Args:
        value: a DensityState, PureState, OperatorSum or OpenSystem.
        dimensions: Fock cutoffs of the modes, by label (``{"SA": 12}``) or one number per space;
            only for operators and systems, since states have their own.
        spaces: for an operator, the spaces of the tensor product in order; those on which it
            acts, sorted by label, if left out.

    Returns:
        Qobj (ket, or operator) with ``dims`` of the subsystems; for an OpenSystem a
        `QutipSystem` ``(H, c_ops)`` with the rates inside of the jump operators.

    Raises:
        MissingError: QuTiP is not installed.
        ArgumentError: a cutoff is missing, or the value is none of these.
        EngineMismatchError: a jump acts on the single atoms of an ensemble.
    """
    qutip = _qutip()
    if isinstance(value, PureState):
        shape = [list(value.dimensions), [1] * len(value.dimensions)]
        return qutip.Qobj(value.vector.reshape(-1, 1), dims=shape)
    if isinstance(value, DensityState):
        return qutip.Qobj(value.matrix, dims=[list(value.dimensions)] * 2)
    if isinstance(value, OperatorSum):
        return _operator(qutip, value, value.spaces if spaces is None else spaces, dimensions)
    if isinstance(value, OpenSystem):
        _refuse_single_atoms(value)
        hamiltonian = _operator(qutip, value.hamiltonian, value.spaces, dimensions)
        jumps = [
            _operator(qutip, sqrt(jump.rate) * jump.operator, value.spaces, dimensions)
            for jump in value.jumps
        ]
        return QutipSystem(hamiltonian, jumps)
    raise ArgumentError(
        "value", "be a dense state, operator or open system", value, "Pass `result.state`."
    )


def from_qutip(
    value: Any,
    labels: str | Sequence[str] | None = None,
    *,
    spaces: Sequence[Space] | None = None,
) -> DensityState | PureState | OperatorSum | OpenSystem:
    """A state, operator or open system from QuTiP objects; say which by `labels` or `spaces`.

    Args:
        value: with `labels`, a ket or a density matrix; with `spaces`, an operator, or a pair
            ``(H, c_ops)``.
        labels: one name per tensor factor of the state.
        spaces: one local space per tensor factor of the operator; cutoffs are read from it.

    Returns:
        PureState for a ket, DensityState for a density matrix; OperatorSum for an operator and
        OpenSystem (all rates one) for ``(H, c_ops)``. Of a truncated mode, the polynomial of
        lowest degree with these matrix entries is returned.

    Raises:
        MissingError: QuTiP is not installed.
        ArgumentError: not exactly one of `labels` and `spaces`, another kind of object, or not
            one name per tensor factor.
        UnphysicalError: not normalised, or not Hermitian.
    """
    qutip = _qutip()
    if (labels is None) == (spaces is None):
        remedy = "Give labels=['A1', ...] for a state, spaces=[Qubit('A1'), ...] for an operator."
        raise ArgumentError("labels", "be given unless `spaces` are", labels, remedy)
    if labels is not None:
        return _state(qutip, value, as_labels(labels))
    assert spaces is not None
    if isinstance(value, tuple) and len(value) == 2:
        hamiltonian = _operator_sum(qutip, value[0], spaces)
        jumps = tuple(Jump(_operator_sum(qutip, c, spaces)) for c in value[1])
        if value[0].isherm:  # drop the rounding of the conversion
            hamiltonian = 0.5 * (hamiltonian + hamiltonian.adjoint())
        return OpenSystem(tuple(spaces), hamiltonian, jumps)
    return _operator_sum(qutip, value, spaces)


def _qutip() -> Any:
    try:
        import qutip
    except ImportError:
        raise MissingError(
            "Converting to or from QuTiP needs the package qutip, which is not installed. "
            "Install it with: pip install 'darkstate[interop]'."
        ) from None
    return qutip


def _operator(
    qutip: Any, operator: OperatorSum, spaces: Sequence[Space], dimensions: Dimensions
) -> Any:
    if not spaces:
        remedy = "Name the spaces: spaces=[Qubit('A1'), ...]."
        raise ArgumentError("spaces", "hold at least one space", list(spaces), remedy)
    sizes = list(space_dimensions(spaces, dimensions))
    matrix = operator_matrix(operator, spaces, sizes)
    return qutip.Qobj(sp.csr_matrix(matrix), dims=[sizes, sizes])


def _refuse_single_atoms(system: OpenSystem) -> None:
    for jump in system.jumps:
        ensemble = jump.operator.spaces[0] if jump.each_atom else None
        if ensemble is not None and ensemble.dimension != 2:
            raise EngineMismatchError(
                f"The jump '{jump.name}' acts on the single atoms of {ensemble!r}, but QuTiP's "
                "operators here are those of its symmetric subspace. Model the atoms as Qubits, "
                "or drop the jump."
            )


def _factor_dimensions(
    qutip: Any, value: Any, kinds: tuple[str, ...], factors: int, name: str
) -> tuple[int, ...]:
    """The dimensions of the tensor factors of a Qobj of one of these kinds."""
    kind = value.type if isinstance(value, qutip.Qobj) else type(value).__name__
    if kind not in kinds:
        remedy = "Pass kets and density matrices with labels, operators with spaces."
        raise ArgumentError("value", f"be a Qobj of type {' or '.join(kinds)}", kind, remedy)
    rows = np.atleast_1d(np.array(value.dims[0], dtype=int))
    if kind == "oper" and value.dims[0] != value.dims[1]:
        raise ArgumentError("value", "be a square operator", value.dims, "Check its dims.")
    if len(rows) != factors:
        rule = f"have one entry per tensor factor ({len(rows)})"
        raise ArgumentError(name, rule, factors, f"The Qobj has dims {value.dims}.")
    return tuple(int(d) for d in rows)


def _state(qutip: Any, value: Any, labels: tuple[str, ...]) -> DensityState | PureState:
    dimensions = _factor_dimensions(qutip, value, ("ket", "oper"), len(labels), "labels")
    if value.type == "ket":
        return PureState(labels, dimensions, value.full().ravel())
    return DensityState(labels, dimensions, value.full())


def _operator_sum(qutip: Any, value: Any, spaces: Sequence[Space]) -> OperatorSum:
    dimensions = _factor_dimensions(qutip, value, ("oper",), len(spaces), "spaces")
    return matrix_operator(spaces, value.full(), dimensions)
