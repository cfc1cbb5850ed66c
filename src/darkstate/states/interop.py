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
from darkstate.extras import install_line
from darkstate.states.density import DensityState
from darkstate.states.matrices import operator_matrix
from darkstate.states.pure import PureState
from darkstate.systems.decomposition import matrix_operator
from darkstate.systems.local_matrices import Dimensions, space_dimensions
from darkstate.systems.open_system import Drive, Jump, OpenSystem
from darkstate.systems.operators import OperatorSum
from darkstate.systems.pulses import Pulse
from darkstate.systems.spaces import Levels, Qubit, Space


class QutipSystem(NamedTuple):
    """An open system as QuTiP's solvers take it: ``qutip.mesolve(H, rho, times, c_ops)``."""

    hamiltonian: Any
    """H as a Qobj; with drives a list ``[H, [O, f], ...]``."""
    jumps: list[Any]
    """``sqrt(rate) c`` of every jump as a Qobj; a QobjEvo where it is modulated."""


def to_qutip(
    value: DensityState | PureState | OperatorSum | OpenSystem,
    dimensions: Dimensions = None,
    spaces: Sequence[Space] | None = None,
) -> Any:
    """A state, operator or open system as QuTiP objects.

    Args:
        value: a DensityState, PureState, OperatorSum or OpenSystem.
        dimensions: Fock cutoffs of the modes: one for all (``4``), by label (``{"SA": 12}``) or one
            number per space; only for operators and systems, since states have their own.
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
        return _there(qutip, value, dimensions)
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
            ``(H, c_ops)``. H may be a list ``[H_0, [H_1, f], ...]``, an entry of c_ops ``[c, f]``,
            with functions of time f; ``[A, f]`` and ``[A†, g]`` belong together, g being f*.
        labels: one name per tensor factor of the state.
        spaces: one local space per tensor factor of the operator; cutoffs are read from it. For
            ``(H, c_ops)`` they may be left out: two levels are a Qubit, others `Levels`, called
            "s1", "s2", ... Oscillators should be named, ``[Mode("a"), ...]``: they may then have
            more levels than QuTiP gave them.

    Returns:
        PureState for a ket, DensityState for a density matrix; OperatorSum for an operator and
        OpenSystem (all rates one) for ``(H, c_ops)``. Of a truncated mode, the polynomial of
        lowest degree with these matrix entries is returned.

    Raises:
        MissingError: QuTiP is not installed.
        ArgumentError: not exactly one of `labels` and `spaces`, another kind of object, not one
            name per tensor factor, or coefficients that are no functions of time.
        UnphysicalError: not normalised, or not Hermitian.
    """
    qutip = _qutip()
    pair = isinstance(value, tuple) and len(value) == 2
    if pair and labels is None:
        return _here(qutip, value[0], value[1], spaces)
    if (labels is None) == (spaces is None):
        remedy = "Give labels=['A1', ...] for a state, spaces=[Qubit('A1'), ...] for an operator."
        raise ArgumentError("labels", "be given unless `spaces` are", labels, remedy)
    if labels is not None:
        return _state(qutip, value, as_labels(labels))
    assert spaces is not None
    return _operator_sum(qutip, value, spaces)


def _there(qutip: Any, system: OpenSystem, dimensions: Dimensions) -> QutipSystem:
    """A system as QuTiP's solvers take it."""

    def matrix(operator: OperatorSum) -> Any:
        return _operator(qutip, operator, system.spaces, dimensions)

    hamiltonian: Any = matrix(system.hamiltonian)
    if system.drives:
        hamiltonian = [hamiltonian]
        for drive in system.drives:
            term = matrix(drive.operator)
            hamiltonian.append([term, _function(drive.coefficient)])
            if not drive.hermitian:
                hamiltonian.append([term.dag(), _function(drive.coefficient.conj())])
    jumps = []
    for jump in system.jumps:
        parts = [(f, matrix(sqrt(jump.rate) * c)) for f, c in jump.parts]
        if all(f is None for f, _ in parts):
            jumps.append(sum(c for _, c in parts) if parts else matrix(jump.operator))
        else:
            jumps.append(qutip.QobjEvo([c if f is None else [c, _function(f)] for f, c in parts]))
    return QutipSystem(hamiltonian, jumps)


def _function(pulse: Pulse):  # type: ignore[no-untyped-def]  # QuTiP reads the hints of what it calls
    return lambda t: pulse(t)  # noqa: PLW0108


def _here(qutip: Any, hamiltonian: Any, jumps: Any, spaces: Sequence[Space] | None) -> OpenSystem:
    """An open system from a Hamiltonian, maybe with functions of time, and jump operators."""
    terms = list(hamiltonian) if isinstance(hamiltonian, list) else [hamiltonian]
    constant = [term for term in terms if not isinstance(term, list | tuple)]
    varying = [_with_function(term, "H") for term in terms if isinstance(term, list | tuple)]
    if spaces is None:
        spaces = _guess_spaces(qutip, constant[0] if constant else varying[0][0])
    H = OperatorSum()
    for term in constant:
        part = _operator_sum(qutip, term, spaces)
        if term.isherm:  # drop the rounding of the conversion
            part = 0.5 * (part + part.adjoint())
        H = H + part
    drives = _drives([(_operator_sum(qutip, o, spaces), f) for o, f in varying])
    found = []
    for jump in jumps:
        operator, f = (
            _with_function(jump, "c_ops") if isinstance(jump, list | tuple) else (jump, None)
        )
        found.append(Jump(_operator_sum(qutip, operator, spaces), modulation=f))
    return OpenSystem(tuple(spaces), H, tuple(found), (), tuple(drives))


def _with_function(term: Any, name: str) -> tuple[Any, Any]:
    """An operator and its function of time out of a list of the two.

    Raises:
        ArgumentError: it is none.
    """
    remedy = "Give [operator, f] with a function f(t), or a pulse of darkstate.systems.pulses."
    if len(term) != 2 or not callable(term[1]):
        raise ArgumentError(name, "hold operators and [operator, function of time]", term, remedy)
    return term[0], term[1]


def _drives(terms: list[tuple[OperatorSum, Any]]) -> list[Drive]:
    """Drives from terms of which those that are adjoint to each other belong together.

    Raises:
        ArgumentError: a term that is not Hermitian is alone.
    """
    drives, waiting = [], list(terms)
    while waiting:
        operator, f = waiting.pop(0)
        if operator.is_hermitian(1e-10):
            drives.append(Drive(0.5 * (operator + operator.adjoint()), f))
            continue
        adjoint = operator.adjoint()
        partner = next((k for k, (o, _) in enumerate(waiting) if o.isclose(adjoint, 1e-10)), None)
        if partner is None:
            rule = "be Hermitian: with every [A, f] also [A.dag(), conj(f)]"
            remedy = "Add the conjugate term, or make it Drive(A, f), which adds it."
            raise ArgumentError("H", rule, operator, remedy)
        waiting.pop(partner)
        drives.append(Drive(operator, f))
    return drives


def _guess_spaces(qutip: Any, operator: Any) -> tuple[Space, ...]:
    """Spaces of the dimensions of an operator."""
    if not isinstance(operator, qutip.Qobj) or operator.type != "oper":
        _factor_dimensions(qutip, operator, ("oper",), 1, "spaces")
    sizes = np.atleast_1d(np.array(operator.dims[0], dtype=int)).tolist()
    return tuple(
        Qubit(f"s{k}") if size == 2 else Levels(f"s{k}", size)
        for k, size in enumerate(sizes, start=1)
    )


def _qutip() -> Any:
    try:
        import qutip
    except ImportError:
        raise MissingError(
            "Converting to or from QuTiP needs the package qutip, which is not installed. "
            f"Install it with: {install_line('interop')}"
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
