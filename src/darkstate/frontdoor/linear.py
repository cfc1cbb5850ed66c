"""What only linear systems offer: batches, conditional states, and the fields that leave."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from darkstate.checks import check_choice, check_reals
from darkstate.engines import Solution
from darkstate.engines.capabilities import BatchTask, ObservationTask, OutputTask
from darkstate.engines.contract import Task, run
from darkstate.errors import ArgumentError, border
from darkstate.frontdoor.inputs import Model, as_open_system, described, monitored
from darkstate.frontdoor.selection import choose
from darkstate.results import Result
from darkstate.states import GaussianState
from darkstate.systems.open_system import OpenSystem


@border("steady_states")
def steady_states(model: Model, **varied: Any) -> Result:
    """Steady states of one Gaussian model for a batch of parameter values, solved together.

    Args:
        model: a ready model (a dataclass) whose fields are to vary.
        varied: for each varied field an array whose first axis runs over the batch:
            ``hopping=eta`` with eta of shape (B, N-1). The fields must enter the generator
            linearly (frequencies, couplings and rates do).

    Returns:
        Result whose state is a `GaussianBatch`; ``log_negativity.many(state, pairs)`` has shape
        (B, P).

    Raises:
        ArgumentError: no dataclass model, unknown field, no numbers or unequal batch lengths.
        EngineMismatchError: not quadratic, or a field does not enter linearly.
    """
    if not dataclasses.is_dataclass(model) or isinstance(model, type):
        remedy = "Use one of darkstate.models, or make your own model a dataclass."
        raise ArgumentError("model", "be a model with fields to vary", model, remedy)
    fields = [field.name for field in dataclasses.fields(model)]
    arrays = {}
    for name, values in varied.items():
        check_choice("varied", name, fields)
        _check_may_vary(model, name)
        rule, remedy = "be an array of real numbers", "Give an array of shape (batch, ...)."
        arrays[name] = check_reals(name, values, rule=rule, remedy=remedy)
    sizes = {name: array.shape[0] if array.ndim else 0 for name, array in arrays.items()}
    if len(set(sizes.values())) != 1 or 0 in sizes.values():
        raise ArgumentError(
            "varied", "have one common batch length", sizes, "Give arrays of shape (batch, ...)."
        )

    def changed(sample: np.ndarray) -> Model:
        pieces, start = {}, 0
        for name, array in arrays.items():
            size = int(np.prod(array.shape[1:]))
            piece = sample[start : start + size].reshape(array.shape[1:])
            pieces[name] = float(piece) if piece.ndim == 0 else piece
            start += size
        return dataclasses.replace(model, **pieces)  # type: ignore[type-var]

    def build(sample: np.ndarray) -> OpenSystem:
        return as_open_system(changed(sample))

    samples = np.concatenate([array.reshape(len(array), -1) for array in arrays.values()], axis=1)
    for sample in samples:  # the batch is solved from a few of them; the model refuses the others
        changed(sample)
    solution = _solution(build(samples[0]), BatchTask(build=build, samples=samples))
    return Result(solution.state, solution.report, model=described(model))


def _check_may_vary(model: Any, name: str) -> None:
    """That a field holds real numbers, not a whole number, a drive or the like.

    Raises:
        ArgumentError: it does not.
    """
    (annotation,) = (str(each.type) for each in dataclasses.fields(model) if each.name == name)
    value = getattr(model, name)
    remedy = "Solve the values one by one, or use darkstate.sweep."
    if annotation in ("int", "<class 'int'>"):
        rule = "vary real numbers only: a batch is solved between its samples"
        raise ArgumentError("varied", rule, f"{name}, a whole number", remedy)
    try:
        numbers = value is None or np.asarray(value).dtype.kind in "iuf"
    except ValueError:
        numbers = False
    if not numbers:
        rule = "vary real numbers only, which enter the generator linearly"
        raise ArgumentError("varied", rule, f"{name}, a {type(value).__name__}", remedy)


@border("conditional_state")
def conditional_state(model: Model | OpenSystem, *monitors: Any) -> Result:
    """Gaussian steady state conditioned on continuous homodyne or heterodyne records.

    Args:
        model: a quadratic model or system.
        monitors: `Monitor` objects naming channels; may be left out if the system has its own.

    Raises:
        ArgumentError: nothing is monitored, a channel does not exist, or what is given is no
            `Monitor`.
        NumericalError: no stabilising solution of the Riccati equation.
    """
    solution = _solution(monitored(model, monitors), ObservationTask())
    return Result(solution.state, solution.report, model=described(model))


@border("output_states")
def output_states(
    model: Model | OpenSystem, channels: Sequence[str], frequencies: Sequence[float]
) -> list[GaussianState]:
    """Stationary output fields of named loss channels, one Gaussian state per frequency.

    ``b_out(w) = b_in(w) + sqrt(rate) c(w)``. Modes are called ``"<channel>@+"`` (at +w from the
    frame's frequency) and ``"<channel>@-"``; two-mode squeezed light pairs one channel's ``@+``
    with the other's ``@-``. Moments are per unit bandwidth. At ``w = 0`` ``"x@+"`` and ``"x@-"``
    are the same field mode: pair one channel's ``@+`` with another's ``@-`` there, but do not put
    both names of one channel into one part.

    ``b_in`` is vacuum. The jumps of a `SqueezedDrive` have no names: they describe the effect of
    its noise on the system, and are no fields that leave it.

    Args:
        model: a quadratic model or system.
        channels: names of jumps, for example ``["A5 loss", "B5 loss"]``.
        frequencies: list of angular frequencies in the rate unit.

    Raises:
        ArgumentError: unknown channel (the nearest name is offered), or frequencies that are no
            list of finite numbers.
        NumericalError: the system is not stable.
    """
    task = OutputTask(channels=channels, frequencies=frequencies)
    return _solution(as_open_system(model), task).state


def _solution(system: OpenSystem, task: Task) -> Solution:
    taken = choose(system, task)
    return run(taken.engine, system, offer=taken.offer)
