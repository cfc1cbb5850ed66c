"""The Trajectories engine as an object: its options and what can be asked of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, Literal

import numpy as np

from darkstate.checks import check_choice, check_integer, check_real, check_seed, check_times
from darkstate.engines.contract import (
    Cost,
    Offer,
    References,
    Solution,
    Task,
    check_memory_limit,
    refused,
    stamped,
)
from darkstate.engines.trajectories.averages import (
    SAMPLES,
    Average,
    stationary_average,
    window_times,
)
from darkstate.engines.trajectories.compile import (
    SystemMatrices,
    check_initial,
    compile_matrices,
    dimensions,
)
from darkstate.engines.trajectories.ensemble import (
    PureStateEnsemble,
    named_jumps,
    sampling_error_of,
)
from darkstate.engines.trajectories.no_jump import REACH
from darkstate.engines.trajectories.records import Records, counter_names, quadrature_names
from darkstate.engines.trajectories.refusals import (
    BATCH_BYTES,
    BATCHES,
    FEWER,
    LARGEST_AVERAGE,
    MOST,
    memory_of,
    missing_window,
    size_of,
    too_large,
    too_long,
)
from darkstate.engines.trajectories.second_look import (
    SecondLook,
    TrajectoryRun,
    fewer_levels,
    pace_of,
    run_batches,
    second_look,
)
from darkstate.engines.trajectories.seeds import chosen_numbers, entropy_of
from darkstate.engines.trajectories.settling import assess_settling
from darkstate.engines.trajectories.unravelling import (
    TERMS,
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
from darkstate.engines.truncation import Cutoff, check_cutoff
from darkstate.errors import ArgumentError, DarkstateError
from darkstate.linalg.threads import one_blas_thread
from darkstate.memory import memory_limit, refuse_if_too_large
from darkstate.states import DensityState, PureState
from darkstate.systems.open_system import OpenSystem

UNRAVELLINGS = ("jumps", "homodyne", "heterodyne")


@dataclass(frozen=True)
class Trajectories:
    """Sampling engine: quantum jumps, diffusion, and measured records.

    It is never chosen by itself; `darkstate.evolve` with ``engine=Trajectories(...)`` averages
    over pure states and states the sampling error, `ensemble` gives the pure states one by one, and
    `records` what an observer of the system's monitors sees and infers.

    Args:
        trajectories: how many.
        seed: entropy of the random numbers, >= 0; fresh and reported if left out. Trajectory k
            draws from ``SeedSequence(seed, spawn_key=(k,))``.
        unravelling: how pure states are drawn: ``"jumps"`` (exact waiting times), or diffusion
            under ``"homodyne"`` or ``"heterodyne"`` detection of every channel.
        step: longest step of a diffusive measurement, in the inverse of the rate unit; by default
            0.05 over the largest measured rate. Jumps and counting have no step.
        cutoff: Fock states per mode, or of each mode by its label; needed where there are modes.
        edge: largest population allowed in the highest Fock states of a mode.
        burn_in: for `steady_state`: time until the initial state is forgotten.
        duration: for `steady_state`: time over which is then averaged.
        memory_limit: bytes; by default half of the machine's memory.

    Raises:
        ArgumentError: an option out of range.
    """

    trajectories: int = 500
    seed: int | None = None
    unravelling: Literal["jumps", "homodyne", "heterodyne"] = "jumps"
    step: float | None = None
    cutoff: Cutoff = None
    edge: float = 1e-4
    burn_in: float | None = None
    duration: float | None = None
    memory_limit: float | None = None
    name: ClassVar[str] = "trajectories"
    accepts: ClassVar[tuple[type, ...]] = (OpenSystem,)
    initials: ClassVar[tuple[type, ...]] = (PureState, DensityState)
    references: ClassVar[References] = (
        ("molmer1993", "quantum jumps in the trajectories engine"),
        ("rouchon2015", "the step of its diffusive records"),
    )

    def __post_init__(self) -> None:
        remedy = "Give the number of runs, 2 or more for an error estimate; average several seeds."
        check_integer("trajectories", self.trajectories, minimum=2, maximum=MOST, remedy=remedy)
        check_choice("unravelling", self.unravelling, UNRAVELLINGS)
        check_real("edge", self.edge, above=0.0, maximum=1.0, remedy="Give a population.")
        if self.seed is not None:
            check_seed("seed", self.seed)
        object.__setattr__(self, "cutoff", check_cutoff(self.cutoff))
        remedy = "Give a time in the inverse of the rate unit."
        for name in ("step", "duration"):
            if getattr(self, name) is not None:
                check_real(name, getattr(self, name), above=0.0, remedy=remedy)
        if self.burn_in is not None:
            check_real("burn_in", self.burn_in, minimum=0.0, remedy=remedy)
        check_memory_limit(self.memory_limit)

    def offer(self, system: OpenSystem, task: Task) -> Offer:
        """Whether averages can be sampled, and at what cost."""
        try:
            dims = dimensions(system, self.cutoff)
        except DarkstateError as refusal:
            return refused(self.name, refusal, ("Matrices of this system? no",))
        if prod(dims) > LARGEST_AVERAGE:
            return refused(self.name, too_large(prod(dims)), (size_of(dims),))
        if task.times is not None:
            why, span = f"average over {self.trajectories} runs", task.times[-1] - task.times[0]
            return self._sampling(system, dims, task, span, len(task.times), why)
        missing = missing_window(self.burn_in, self.duration)
        if missing is not None:
            steps = (size_of(dims), "How long to wait and to average? not said")
            return refused(self.name, missing, steps)
        begin, length = float(self.burn_in or 0.0), float(self.duration or 0.0)
        why = f"average over {self.trajectories} runs of {length:g} after {begin:g}"
        return self._sampling(system, dims, task, begin + length, SAMPLES, why)

    def _sampling(
        self,
        system: OpenSystem,
        dims: tuple[int, ...],
        task: Task,
        span: float,
        count: int,
        why: str,
    ) -> Offer:
        """The offer of runs over `span`, looked at `count` times."""
        size, matrices = prod(dims), compile_matrices(system, self.cutoff)
        dynamics = self._unravel(matrices, False, self.step)
        if dynamics.is_endless(span):
            return refused(self.name, too_long(span, dynamics.propagator.norm), (size_of(dims),))
        propagator = dynamics.propagator
        passes = 3 * (span * propagator.norm / REACH + count)  # jumps and second looks add some
        work = TERMS * (2e-5 + 3e-9 * self.trajectories * (propagator.generator.nnz + size))
        cost = Cost(memory_of(size, count), 0.01 + passes * work)
        steps = (size_of(dims), f"Sampled by {self.unravelling}, {self.trajectories} times")

        def solve() -> Solution:
            if task.times is None:
                return self._sample_steady_state(system, matrices, task.initial)
            return self._sample_evolution(system, matrices, task.times, task.initial)

        return Offer(self.name, why, self.unravelling, steps, cost, solve=solve, smaller=FEWER)

    def _sample_steady_state(
        self, system: OpenSystem, matrices: SystemMatrices, initial: Any
    ) -> Solution:
        """Average over ``burn_in .. burn_in + duration`` and over all trajectories.

        Every trajectory's time average is one independent batch, and `Report.error_estimate` the
        standard error of their mean in the Frobenius norm, with what truncation and step add
        (`verdict.py`). What it remembers of its start is known from the master equation, or from
        half as many trajectories from elsewhere (`settling.py`).

        Raises:
            UnphysicalError: the initial state has a negative eigenvalue.
        """
        begin, length = float(self.burn_in or 0.0), float(self.duration or 0.0)
        entropy = entropy_of(self.seed)
        runs = self._trajectory_run(matrices, window_times(begin, length), initial, entropy)
        look, numbers = self._second_look(system, runs), chosen_numbers(None, self.trajectories)
        share = begin / (begin + length) if begin else 1.0
        missed = unmet_event_error(runs, len(numbers), share)
        with one_blas_thread():
            window = stationary_average(runs, look, numbers, BATCH_BYTES)
            settling = assess_settling(
                runs, window, numbers, initial is not None, missed, BATCH_BYTES
            )
        average, levels = window.whole, levels_of(matrices, window.whole.diagonals())
        error, margin = average.error(0), average.margin()
        sample = TrajectorySample(runs, numbers, levels, error, margin, look, share, settling)
        return Solution(
            average.state(matrices, 0), report_of(self, sample, meaning_of_average(len(numbers)))
        )

    def _sample_evolution(
        self, system: OpenSystem, matrices: SystemMatrices, times: Sequence[float], initial: Any
    ) -> Solution:
        """Average states at `times`, with `initial` (all in the ground state) at the first.

        `Report.error_estimate` is the largest standard error of an average state over the times, in
        the Frobenius norm, ``sqrt((1 - Tr rho^2)/(trajectories - 1))``, with what truncation and
        step add (`verdict.py`).

        Raises:
            ArgumentError: an initial state of other spaces.
            UnphysicalError: the initial state has a negative eigenvalue.
        """
        runs = self._trajectory_run(matrices, check_times(times), initial, entropy_of(self.seed))
        look, numbers = self._second_look(system, runs), chosen_numbers(None, self.trajectories)
        average = Average.empty(len(times), matrices.size)
        with one_blas_thread():
            for _, _, moments in run_batches(runs, look, numbers, BATCH_BYTES):
                for moment, (x, _) in enumerate(moments):
                    average.add(moment, x)
        levels = levels_of(matrices, average.diagonals())
        error, margin = average.largest_error(), average.margin()
        sample = TrajectorySample(runs, numbers, levels, error, margin, look)
        report = report_of(self, sample, meaning_of_average(len(numbers)))
        states = tuple(average.state(matrices, k) for k in range(len(times)))
        return Solution(states[-1], report, states)

    def ensemble(
        self,
        system: OpenSystem,
        times: Sequence[float],
        initial: Any = None,
        only: Sequence[int] | None = None,
    ) -> PureStateEnsemble:
        """The pure states themselves; their average obeys the master equation.

        Monitors play no part: every channel is unravelled in full.

        Args:
            system: qubits, spins, modes.
            times: increasing times; `initial` holds at the first.
            initial: `PureState`, or `DensityState`, which is sampled; ground state by default.
            only: numbers of the trajectories to run; all by default.

        Raises:
            ArgumentError: see `evolve`.
            CapacityError: (times, trajectories, D) amplitudes would not fit.
        """
        start, times = time.perf_counter(), check_times(times)
        matrices = compile_matrices(system, self.cutoff)
        numbers, entropy = chosen_numbers(only, self.trajectories), entropy_of(self.seed)
        needed = 16.0 * len(times) * len(numbers) * matrices.size + BATCHES
        refuse_if_too_large("ensemble", needed, self._limit, FEWER)
        runs = self._trajectory_run(matrices, times, initial, entropy)
        look = self._second_look(system, runs)
        vectors = np.empty((len(times), len(numbers), matrices.size), dtype=complex)
        jumps, done = [], 0
        with one_blas_thread():
            for part, batch, moments in run_batches(runs, look, numbers, BATCH_BYTES):
                for moment, (x, _) in enumerate(moments):
                    vectors[moment, done : done + len(part)] = x.T
                jumps += [named_jumps(clicks, matrices.names) for clicks in batch.clicks]
                done += len(part)
        levels = levels_of(matrices, np.mean(np.abs(vectors) ** 2, axis=1))
        error = max(sampling_error_of(each) for each in vectors)
        report = report_of(
            self, TrajectorySample(runs, numbers, levels, error, 0.0, look), OF_AVERAGE
        )
        return PureStateEnsemble(
            matrices.labels,
            matrices.dimensions,
            tuple(system.spaces),
            np.asarray(times, dtype=float),
            tuple(numbers),
            vectors,
            tuple(jumps),
            entropy,
            stamped(self, report, start),
        )

    def records(
        self,
        system: OpenSystem,
        times: Sequence[float],
        initial: Any = None,
        only: Sequence[int] | None = None,
    ) -> Records:
        """What the monitors of the system show, and the states inferred from it.

        Lost light and unmonitored channels are averaged over. Counting without other detectors has
        no step error; diffusive detectors have strong order one in `step` (see `diffusion.py`).

        Args:
            system: qubits, spins, modes, with `OpenSystem.monitors`.
            times: increasing times; photocurrents are averaged over the intervals between them.
            initial: `PureState` or `DensityState`; ground state by default.
            only: numbers of the records to run; all by default.

        Raises:
            ArgumentError: nothing is monitored; see `evolve`.
            CapacityError: (times, records, D, D) numbers would not fit.
        """
        if not system.monitors:
            remedy = 'Use system.with_monitors(Monitor("name of a jump")).'
            raise ArgumentError("monitors", "name at least one detector", (), remedy)
        start, times = time.perf_counter(), check_times(times)
        matrices = compile_matrices(system, self.cutoff)
        numbers, entropy = chosen_numbers(only, self.trajectories), entropy_of(self.seed)
        size = matrices.size
        needed = 16.0 * len(times) * len(numbers) * size**2 + BATCHES
        refuse_if_too_large("records", needed, self._limit, FEWER)
        runs = self._trajectory_run(matrices, times, initial, entropy, observed=True)
        look, quadratures = self._second_look(system, runs), quadrature_names(matrices)
        found = np.empty((len(times), len(numbers), size, size), dtype=complex)
        currents = np.empty((len(times) - 1, len(quadratures), len(numbers)))
        clicks, done = [], 0
        with one_blas_thread():
            for part, batch, moments in run_batches(runs, look, numbers, BATCH_BYTES):
                here = slice(done, done + len(part))
                for moment, (x, flowed) in enumerate(moments):
                    found[moment, here] = x.T.reshape(-1, size, size)
                    if moment:
                        currents[moment - 1, :, here] = flowed / (times[moment] - times[moment - 1])
                clicks += [named_jumps(each, counter_names(matrices)) for each in batch.clicks]
                done += len(part)
        report = report_of(self, sample_of_records(runs, numbers, found, look), OF_AVERAGE)
        return Records(
            matrices.labels,
            matrices.dimensions,
            np.asarray(times, dtype=float),
            tuple(numbers),
            quadratures,
            currents,
            tuple(clicks),
            found,
            entropy,
            stamped(self, report.with_(method="records"), start),
        )

    def _trajectory_run(
        self,
        matrices: SystemMatrices,
        times: Sequence[float],
        initial: Any,
        entropy: int,
        observed: bool = False,
    ) -> TrajectoryRun:
        """How trajectories will run, if they can end at all."""
        dynamics = self._unravel(matrices, observed, self.step)
        runs = TrajectoryRun(matrices, dynamics, check_initial(matrices, initial), times, entropy)
        if dynamics.is_endless(runs.span):
            raise too_long(runs.span, dynamics.propagator.norm)
        return runs

    def _second_look(self, system: OpenSystem, runs: TrajectoryRun) -> SecondLook | None:
        """The same with fewer Fock states and another step, if there is any of them."""
        cutoffs = runs.matrices.cutoffs | fewer_levels(runs.matrices)
        fewer = compile_matrices(system, cutoffs)
        pace, dynamics = pace_of(runs), runs.unravelling
        again = self._unravel(fewer, dynamics.propagator.matrices, dynamics.step, pace)
        return second_look(runs, fewer, again)

    def _unravel(
        self, matrices: SystemMatrices, observed: bool, step: float | None, pace: float = 1.0
    ) -> Unravelling:
        if observed:
            return observed_unravelling(matrices, step, pace)
        return pure_unravelling(matrices, self.unravelling, step, pace)

    @property
    def _limit(self) -> float:
        return memory_limit(self.memory_limit)
