"""What only linear systems offer: conditional states, and the fields that leave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from darkstate.engines import Solution
from darkstate.engines.capabilities import ObservationTask, OutputTask
from darkstate.engines.contract import Task, run
from darkstate.errors import border
from darkstate.frontdoor.inputs import Model, as_open_system, described, monitored
from darkstate.frontdoor.selection import choose
from darkstate.results import Result
from darkstate.states import GaussianState
from darkstate.systems.open_system import OpenSystem


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
