"""Continuous measurement in time: what the records of a Gaussian system tell."""

from __future__ import annotations

from collections.abc import Sequence

from darkstate.checks import check_times
from darkstate.engines.capabilities import ObservationTask, perform
from darkstate.engines.gaussian import Observation
from darkstate.errors import ArgumentError, border
from darkstate.frontdoor.inputs import Model, monitored
from darkstate.frontdoor.selection import choose
from darkstate.states import GaussianState
from darkstate.systems.open_system import Monitor, OpenSystem


@border("observe")
def observe(
    model: Model | OpenSystem,
    times: Sequence[float],
    *monitors: Monitor,
    initial: GaussianState | None = None,
) -> Observation:
    """Conditional Gaussian dynamics under continuous homodyne or heterodyne detection.

    The covariance obeys ``dV/dt = A V + V A^T + D - (V C^T + Gamma^T)(...)^T``, solved exactly;
    the means follow the record. The answer simulates records, tracks the means along given ones,
    and finds the mode function of the record that estimates a quadrature best.

    Args:
        model: a quadratic model or system; channels without a monitor are averaged over.
        times: increasing times, in the inverse of the rate unit, at least two; photocurrents are
            averages over the intervals between them.
        monitors: `Monitor` objects naming channels; may be left out if the system has its own.
        initial: the state at ``times[0]``; the vacuum by default.

    Raises:
        ArgumentError: nothing is monitored, times that do not increase, another kind of monitor.
        EngineMismatchError: not quadratic, or a monitor counts photons.
        NumericalError: moments outgrow floating point.

    Source: Wiseman and Milburn, Quantum Measurement and Control (Cambridge, 2010), chapter 6.
    """
    system = monitored(model, monitors)
    grid = check_times(times)
    if len(grid) < 2:
        raise ArgumentError("times", "be at least two", times, "Give the ends of the intervals.")
    task = ObservationTask(tuple(grid), initial)
    taken = choose(system, task)
    return perform(taken.engine, system, task, taken.offer)
