"""What is sampled: averages over a window or at times, single runs, and records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate.engines.contract import Solution
from darkstate.engines.trajectories.averages import Average, stationary_average
from darkstate.engines.trajectories.compile import (
    SystemMatrices,
    all_seen,
    check_initial,
    compile_matrices,
    quadrature_phases,
)
from darkstate.engines.trajectories.ensemble import (
    PureStateEnsemble,
    named_jumps,
    sampling_error_of,
)
from darkstate.engines.trajectories.modulated import (
    ModulatedDiffusion,
    ModulatedPropagator,
    bounding_system,
    modulated_channels,
)
from darkstate.engines.trajectories.records import Records, counter_names, quadrature_names
from darkstate.engines.trajectories.refusals import BATCH_BYTES
from darkstate.engines.trajectories.second_look import (
    SecondLook,
    TrajectoryRun,
    fewer_levels,
    pace_of,
    run_batches,
    second_look,
)
from darkstate.engines.trajectories.seeds import entropy_of
from darkstate.engines.trajectories.settling import assess_settling
from darkstate.engines.trajectories.unravelling import (
    Unravelling,
    observed_unravelling,
    pure_unravelling,
)
from darkstate.engines.trajectories.verdict import (
    OF_AVERAGE,
    TrajectorySample,
    levels_of,
    meaning_of_average,
    report_of,
    sample_of_records,
    unmet_event_error,
)
from darkstate.linalg.threads import one_blas_thread
from darkstate.systems.open_system import OpenSystem

if TYPE_CHECKING:
    from darkstate.engines.trajectories.engine import Trajectories


@dataclass(frozen=True)
class Sampling:
    """A system that an engine samples.

    Args:
        engine: with its options.
        system: what is sampled.
        times: T increasing times.
        numbers: which trajectories.
        observed: whether an observer of the monitors is followed, not pure states.
    """

    engine: Trajectories
    system: OpenSystem
    times: Sequence[float]
    numbers: Sequence[int]
    observed: bool = False

    @cached_property
    def matrices(self) -> SystemMatrices:
        """Of the system, with the engine's cut-offs."""
        return compile_matrices(self.constant, self.engine.cutoff)

    @cached_property
    def constant(self) -> OpenSystem:
        """The system; where anything depends on time, a constant one that bounds it."""
        if not self.system.time_dependent:
            return self.system
        return bounding_system(self.system, self.times)

    @cached_property
    def dynamics(self) -> Unravelling:
        """How trajectories move."""
        return self._unravel(self.matrices, self.engine.step)

    def _unravel(
        self, matrices: SystemMatrices, step: float | None, pace: float = 1.0
    ) -> Unravelling:
        if self.system.time_dependent:
            return self._modulate(self._steady(matrices, step, pace), matrices, pace)
        return self._steady(matrices, step, pace)

    def _steady(self, matrices: SystemMatrices, step: float | None, pace: float) -> Unravelling:
        """How states move where nothing depends on time."""
        if self.observed:
            return observed_unravelling(matrices, step, pace)
        return pure_unravelling(matrices, self.engine.unravelling, step, pace)

    def _modulate(self, bound: Unravelling, matrices: SystemMatrices, pace: float) -> Unravelling:
        """States under what depends on time; `bound` is how those of its bounds move."""
        given = self.system, matrices, bound.propagator, self.times
        if bound.diffusion is None:
            return replace(bound, propagator=ModulatedPropagator.of(*given, pace))
        moved = ModulatedPropagator.of(*given, 1.0, measured=True)
        channels = modulated_channels(self.system, matrices.dimensions)
        kind, monitors = self.engine.unravelling, matrices.monitors
        phases = quadrature_phases(monitors if self.observed else all_seen(len(channels), kind))
        seen = bound.diffusion.quadratures
        diffusion = ModulatedDiffusion(moved, seen, pace, phases, channels, moved.stops)
        return replace(bound, propagator=moved, diffusion=diffusion)

    def _begin(self, initial: Any) -> tuple[TrajectoryRun, SecondLook | None]:
        """The trajectories, and the same with fewer Fock states and another step, if they differ.

        Raises:
            ArgumentError: an initial state of other spaces.
            UnphysicalError: it has a negative eigenvalue.
        """
        start, entropy = check_initial(self.matrices, initial), entropy_of(self.engine.seed)
        run = TrajectoryRun(self.matrices, self.dynamics, start, self.times, entropy)
        cutoffs = self.matrices.cutoffs | fewer_levels(self.matrices)
        fewer = compile_matrices(self.constant, cutoffs)
        again = self._unravel(fewer, self.dynamics.step, pace_of(run))
        return run, second_look(run, fewer, again)

    def steady_state(self, initial: Any, share: float) -> Solution:
        """Average over the window at the end of the times, and over all trajectories.

        Every trajectory's time average is one independent batch, and `Report.error_estimate` the
        standard error of their mean in the Frobenius norm, with what truncation and step add
        (`verdict.py`). What it remembers of its start is known from the master equation, or from
        half as many trajectories from elsewhere (`settling.py`).

        Args:
            initial: where they start.
            share: of the time, after which an event is forgotten.
        """
        (run, look), numbers = self._begin(initial), self.numbers
        missed = unmet_event_error(run, len(numbers), share)
        given = initial is not None
        with one_blas_thread():
            window = stationary_average(run, look, numbers, BATCH_BYTES)
            settling = assess_settling(run, window, numbers, given, missed, BATCH_BYTES)
        average, levels = window.whole, levels_of(self.matrices, window.whole.diagonals())
        error, margin = average.error(0), average.margin()
        sample = TrajectorySample(run, numbers, levels, error, margin, look, share, settling)
        report = report_of(self.engine, sample, meaning_of_average(len(numbers)))
        return Solution(average.state(self.matrices, 0), report)

    def evolution(self, initial: Any) -> Solution:
        """Average states at the times.

        `Report.error_estimate` is the largest standard error of an average state over the times, in
        the Frobenius norm, ``sqrt((1 - Tr rho^2)/(trajectories - 1))``, with what truncation and
        step add (`verdict.py`).
        """
        (run, look), numbers = self._begin(initial), self.numbers
        average = Average.empty(len(self.times), self.matrices.size)
        with one_blas_thread():
            for _, _, moments in run_batches(run, look, numbers, BATCH_BYTES):
                for moment, (x, _) in enumerate(moments):
                    average.add(moment, x)
        levels = levels_of(self.matrices, average.diagonals())
        error, margin = average.largest_error(), average.margin()
        sample = TrajectorySample(run, numbers, levels, error, margin, look)
        report = report_of(self.engine, sample, meaning_of_average(len(numbers)))
        states = tuple(average.state(self.matrices, k) for k in range(len(self.times)))
        return Solution(states[-1], report, states)

    def ensemble(self, initial: Any) -> Solution:
        """The pure states one by one."""
        (run, look), numbers, matrices = self._begin(initial), self.numbers, self.matrices
        vectors = np.empty((len(self.times), len(numbers), matrices.size), dtype=complex)
        jumps, done = [], 0
        with one_blas_thread():
            for part, batch, moments in run_batches(run, look, numbers, BATCH_BYTES):
                for moment, (x, _) in enumerate(moments):
                    vectors[moment, done : done + len(part)] = x.T
                jumps += [named_jumps(clicks, matrices.names) for clicks in batch.clicks]
                done += len(part)
        levels = levels_of(matrices, np.mean(np.abs(vectors) ** 2, axis=1))
        error = max(sampling_error_of(each) for each in vectors)
        sample = TrajectorySample(run, numbers, levels, error, 0.0, look)
        report = report_of(self.engine, sample, OF_AVERAGE)
        ensemble = PureStateEnsemble(
            matrices.labels,
            matrices.dimensions,
            tuple(self.system.spaces),
            np.asarray(self.times, dtype=float),
            tuple(numbers),
            vectors,
            tuple(jumps),
            run.entropy,
            report,
        )
        return Solution(ensemble, report)

    def records(self, initial: Any) -> Solution:
        """What the monitors show, with the states that an observer assigns."""
        (run, look), numbers, times = self._begin(initial), self.numbers, self.times
        matrices, size = self.matrices, self.matrices.size
        quadratures = quadrature_names(matrices)
        found = np.empty((len(times), len(numbers), size, size), dtype=complex)
        currents = np.empty((len(times) - 1, len(quadratures), len(numbers)))
        clicks, done = [], 0
        with one_blas_thread():
            for part, batch, moments in run_batches(run, look, numbers, BATCH_BYTES):
                here = slice(done, done + len(part))
                for moment, (x, flowed) in enumerate(moments):
                    found[moment, here] = x.T.reshape(-1, size, size)
                    if moment:
                        currents[moment - 1, :, here] = flowed / (times[moment] - times[moment - 1])
                clicks += [named_jumps(each, counter_names(matrices)) for each in batch.clicks]
                done += len(part)
        sample = sample_of_records(run, numbers, found, look)
        report = report_of(self.engine, sample, OF_AVERAGE).with_(method="records")
        records = Records(
            matrices.labels,
            matrices.dimensions,
            np.asarray(times, dtype=float),
            tuple(numbers),
            quadratures,
            currents,
            tuple(clicks),
            found,
            run.entropy,
            report,
        )
        return Solution(records, report)
