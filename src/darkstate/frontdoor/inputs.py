"""From a model to a system: what every function of the front door does first.

A model is anything with a ``system()`` method; a system may be given in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from darkstate.errors import ArgumentError, EngineMismatchError
from darkstate.systems.chain import MeasuredChain
from darkstate.systems.langevin import LangevinSystem, System
from darkstate.systems.open_system import Monitor, OpenSystem, check_constant
from darkstate.systems.operators import OperatorSum
from darkstate.systems.upstream import upstream


@runtime_checkable
class Model(Protocol):
    """What the front door asks of a model."""

    def system(self) -> System:
        """The Hamiltonian and jumps; for baths that remember, Langevin equations; or a chain of
        ensembles whose inner nodes are measured."""
        ...


def as_system(model: Model | System) -> System:
    """The system of a model, or the system itself.

    Raises:
        ArgumentError: it is neither, or has no spaces.
    """
    if isinstance(model, System):
        if not model.labels:
            raise ArgumentError("spaces", "not be empty", (), "Give the system at least one space.")
        return model
    ready = isinstance(model, Model) and not isinstance(model, type)
    system = model.system() if ready else None
    if not isinstance(system, System):
        remedy = "Use one of darkstate.models."
        if isinstance(model, OperatorSum | list | tuple):  # H, or the lists of QuTiP
            remedy = "Write OpenSystem(spaces, H, jumps), and what depends on time beside H: "
            remedy += "OpenSystem(spaces, H, jumps, drives=(Drive(operator, f),))."
        raise ArgumentError("model", "be a model or an OpenSystem", model, remedy)
    return as_system(system)


def as_open_system(model: Model | System, varying: bool = False) -> OpenSystem:
    """The same for what needs a Hamiltonian and jumps.

    Args:
        model: a model or a system.
        varying: whether anything in it may depend on time.

    Raises:
        ArgumentError: it is no system at all.
        EngineMismatchError: the model gives Langevin equations or a measured chain instead, or
            something in it depends on time that may not.
    """
    system = as_system(model)
    if isinstance(system, LangevinSystem):
        raise EngineMismatchError(
            "This needs a Hamiltonian and jumps, but the model gives Langevin equations with "
            "coloured noise. Use a Markovian version of the model, or steady_state()."
        )
    if isinstance(system, MeasuredChain):
        raise EngineMismatchError(
            f"This needs a Hamiltonian and jumps, but {type(model).__name__} is a protocol that "
            "ends with measurements. Use solve(model), which gives the state of its end nodes."
        )
    if not varying:
        check_constant(system, "This")
    return system


def monitored(model: Model | System, monitors: Sequence[Any]) -> OpenSystem:
    """The system under these monitors; under its own if there are none.

    Raises:
        ArgumentError: no `Monitor`, or a channel that does not exist.
    """
    system = as_open_system(model)
    for monitor in monitors:
        if not isinstance(monitor, Monitor):
            remedy = 'Pass for example Monitor("A1 loss").'
            raise ArgumentError("monitors", "be Monitor objects", monitor, remedy)
    return system.with_monitors(*monitors) if monitors else system


def causal_part(model: Model | System, labels: str | Sequence[str] | None) -> System:
    """The system of a model, or only what is upstream of `labels`.

    Raises:
        ArgumentError: unknown label; no system at all.
        EngineMismatchError: labels for a model of Langevin equations, which has no cascade.
    """
    return as_system(model) if labels is None else upstream(as_open_system(model, True), labels)


def own_system(model: Any, system: System) -> OpenSystem | None:
    """The system that was solved, to be kept where it was no ready model or depends on time."""
    if not isinstance(system, OpenSystem):
        return None
    return system if system.time_dependent or not described(model) else None


def described(model: Any) -> dict[str, Any]:
    """Name and parameters of a model as plain values; empty for a bare system."""
    describe: Any = getattr(model, "parameters", None)
    return {} if describe is None else dict(describe())
