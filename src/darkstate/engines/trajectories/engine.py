"""The Trajectories engine as an object: its options and what can be asked of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, Literal

import numpy as np

from darkstate.engines.base import (
    Cost,
    Offer,
    Solution,
    affordable,
    available_memory,
    check_memory_limit,
    refuse_if_too_large,
    refused,
)
from darkstate.engines.trajectories.averages import Average, judged, report_of, window_average
from darkstate.engines.trajectories.compile import Compiled, checked_initial, compiled, dimensions
from darkstate.engines.trajectories.ensemble import Ensemble
from darkstate.engines.trajectories.flow import REACH, Array, Walkers
from darkstate.engines.trajectories.records import Records, counter_names, quadrature_names
from darkstate.engines.trajectories.runs import (
    TERMS,
    batches,
    checked_times,
    observed_move,
    observed_start,
    pure_move,
    pure_start,
    through,
)
from darkstate.engines.trajectories.seeds import chosen_numbers, entropy_of, streams
from darkstate.engines.truncation import check_cutoff
from darkstate.errors import (
    ArgumentError,
    CapacityError,
    DarkstateError,
    check_choice,
    check_integer,
    check_real,
)
from darkstate.linalg.threads import one_blas_thread
from darkstate.states import DensityState, PureState
from darkstate.systems.open_system import OpenSystem

UNRAVELLINGS = ("jumps", "homodyne", "heterodyne")
LARGEST_AVERAGE = 1024
"""Largest Hilbert space whose average density matrix is kept over time."""
BATCH_BYTES = 2.0**27
"""Memory of the Taylor series of one batch of trajectories."""
SAMPLES = 200
"""Times at which a stationary run is looked at."""


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
        cutoff: Fock states per mode; needed where there are modes.
        edge: largest population allowed in the highest Fock state of a mode.
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
    cutoff: int | None = None
    edge: float = 1e-4
    burn_in: float | None = None
    duration: float | None = None
    memory_limit: float | None = None
    name: ClassVar[str] = "trajectories"
    accepts: ClassVar[tuple[type, ...]] = (OpenSystem,)
    initials: ClassVar[tuple[type, ...]] = (PureState, DensityState)

    def __post_init__(self) -> None:
        remedy = "Give the number of runs, 2 or more for an error estimate."
        check_integer("trajectories", self.trajectories, minimum=2, remedy=remedy)
        check_choice("unravelling", self.unravelling, UNRAVELLINGS)
        check_real("edge", self.edge, above=0.0, maximum=1.0, remedy="Give a population.")
        if self.seed is not None:
            remedy = "Give a whole number, or leave it out."
            check_integer("seed", self.seed, minimum=0, remedy=remedy)
        check_cutoff(self.cutoff)
        remedy = "Give a time in the inverse of the rate unit."
        for name in ("step", "duration"):
            if getattr(self, name) is not None:
                check_real(name, getattr(self, name), above=0.0, remedy=remedy)
        if self.burn_in is not None:
            check_real("burn_in", self.burn_in, minimum=0.0, remedy=remedy)
        check_memory_limit(self.memory_limit)

    def offer(self, system: OpenSystem) -> Offer:
        """Whether the steady state can be sampled, and at what cost."""
        try:
            dims = dimensions(system, self.cutoff)
        except DarkstateError as refusal:
            return refused(self.name, refusal, ("Matrices of this system? no",))
        if prod(dims) > LARGEST_AVERAGE:
            return refused(self.name, _too_large(prod(dims)), (_size_of(dims),))
        if self.burn_in is None or self.duration is None:
            steps = (_size_of(dims), "How long to wait and to average? not said")
            reason = "nothing says how long to wait and to average."
            return Offer(self.name, False, reason, steps=steps, remedy=NO_WINDOW)
        why = f"average over {self.trajectories} runs of {self.duration:g} after {self.burn_in:g}"
        return self._sampling(system, dims, self.burn_in + self.duration, SAMPLES, why)

    def evolution_offer(self, system: OpenSystem, times: Sequence[float]) -> Offer:
        """Whether average states over `times` can be kept, and at what cost."""
        try:
            dims = dimensions(system, self.cutoff)
        except DarkstateError as refusal:
            return refused(self.name, refusal, ("Matrices of this system? no",))
        if prod(dims) > LARGEST_AVERAGE:
            return refused(self.name, _too_large(prod(dims)), (_size_of(dims),))
        why = f"average over {self.trajectories} runs"
        return self._sampling(system, dims, times[-1] - times[0], len(times), why)

    def _sampling(
        self, system: OpenSystem, dims: tuple[int, ...], span: float, count: int, why: str
    ) -> Offer:
        """The offer of runs over `span`, looked at `count` times."""
        size, matrices = prod(dims), compiled(system, self.cutoff)
        flow, _ = pure_move(matrices, self.unravelling, self.step)
        passes = 2 * (span * flow.norm / REACH + count)  # jumps add some
        work = TERMS * (2e-5 + 3e-9 * self.trajectories * (flow.generator.nnz + size))
        cost = Cost(self._memory(size, count), 0.01 + passes * work)
        steps = (_size_of(dims), f"Sampled by {self.unravelling}, {self.trajectories} times")
        offer = Offer(self.name, True, why, self.unravelling, steps, cost)
        return affordable(offer, self._limit, FEWER)

    def steady_state(
        self, system: OpenSystem, offer: Offer | None = None, initial: Any = None
    ) -> Solution:
        """Average over ``burn_in .. burn_in + duration`` and over all trajectories.

        Every trajectory's time average is one independent batch, and `Report.error_estimate` the
        standard error of their mean in the Frobenius norm. The two halves of the window are
        compared, so that too short a `burn_in` is noticed.

        Raises:
            ArgumentError: `burn_in` or `duration` is missing; modes without `cutoff`.
            CapacityError: it would not fit.
        """
        for name in ("burn_in", "duration"):
            if getattr(self, name) is None:
                raise ArgumentError(name, "be given for a steady state", None, NO_WINDOW)
        start, matrices = time.perf_counter(), compiled(system, self.cutoff)
        self._refuse_average(matrices, SAMPLES)
        begin, length = float(self.burn_in or 0.0), float(self.duration or 0.0)
        window = np.linspace(begin, begin + length, SAMPLES)
        times = [0.0, *window.tolist()] if begin > 0 else window.tolist()
        numbers, entropy = chosen_numbers(None, self.trajectories), entropy_of(self.seed)
        batch_runs = self._runs(matrices, times, initial, numbers, entropy)
        result = window_average(batch_runs, matrices, len(times) - SAMPLES, SAMPLES)
        report = report_of(self, matrices, result.average, entropy, numbers)
        if result.moved > 5 * result.noise:
            text = "the two halves of the window differ beyond their errors: raise burn_in"
            report = report.with_(warnings=(text,))
        report = judged(report, self.edge).with_(seconds=time.perf_counter() - start)
        return Solution(result.average.state(matrices, 0), report)

    def evolve(self, system: OpenSystem, times: Sequence[float], initial: Any = None) -> Solution:
        """Average states at `times`, with `initial` (all in the ground state) at the first.

        `Report.error_estimate` is the largest standard error of an average state over the times, in
        the Frobenius norm: ``sqrt((1 - Tr rho^2)/(trajectories - 1))``.

        Raises:
            ArgumentError: modes without `cutoff`; an initial state of other spaces.
            CapacityError: it would not fit, or the space is too large for density matrices.
        """
        start, matrices = time.perf_counter(), compiled(system, self.cutoff)
        times = checked_times(times)
        self._refuse_average(matrices, len(times))
        numbers, entropy = chosen_numbers(None, self.trajectories), entropy_of(self.seed)
        average = Average.empty(len(times), matrices.size)
        for _, moments in self._runs(matrices, times, initial, numbers, entropy):
            for moment, x in enumerate(moments):
                average.add(moment, x)
        report = judged(report_of(self, matrices, average, entropy, numbers), self.edge)
        states = tuple(average.state(matrices, k) for k in range(len(times)))
        return Solution(states[-1], report.with_(seconds=time.perf_counter() - start), states)

    def ensemble(
        self,
        system: OpenSystem,
        times: Sequence[float],
        initial: Any = None,
        only: Sequence[int] | None = None,
    ) -> Ensemble:
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
        matrices, times = compiled(system, self.cutoff), checked_times(times)
        numbers, entropy = chosen_numbers(only, self.trajectories), entropy_of(self.seed)
        needed = 16.0 * len(times) * len(numbers) * matrices.size + 2 * BATCH_BYTES
        self._refuse("ensemble", needed)
        vectors = np.empty((len(times), len(numbers), matrices.size), dtype=complex)
        jumps, done = [], 0
        for walkers, moments in self._runs(matrices, times, initial, numbers, entropy):
            for moment, x in enumerate(moments):
                vectors[moment, done : done + x.shape[1]] = x.T
            jumps += [_named(clicks, matrices.names) for clicks in walkers.clicks]
            done += len(walkers.streams)
        return Ensemble(
            matrices.labels,
            matrices.dimensions,
            tuple(system.spaces),
            np.asarray(times, dtype=float),
            tuple(numbers),
            vectors,
            tuple(jumps),
            entropy,
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
        matrices, times = compiled(system, self.cutoff), checked_times(times)
        numbers, entropy = chosen_numbers(only, self.trajectories), entropy_of(self.seed)
        size = matrices.size
        self._refuse("records", 16.0 * len(times) * len(numbers) * size**2 + 2 * BATCH_BYTES)
        flow, move = observed_move(matrices, self.step)
        state, quadratures = checked_initial(matrices, initial), quadrature_names(matrices)
        found = np.empty((len(times), len(numbers), size, size), dtype=complex)
        currents = np.empty((len(times) - 1, len(quadratures), len(numbers)))
        clicks, done = [], 0
        for part in batches(numbers, size**2, BATCH_BYTES):
            walkers = observed_start(state, streams(entropy, part), float(times[0]))
            here = slice(done, done + len(part))
            with one_blas_thread():
                for moment, (x, flowed) in enumerate(through(flow, move, walkers, times)):
                    found[moment, here] = x.T.reshape(-1, size, size)
                    if moment:
                        currents[moment - 1, :, here] = flowed / (times[moment] - times[moment - 1])
            clicks += [_named(each, counter_names(matrices)) for each in walkers.clicks]
            done += len(part)
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
        )

    def _runs(
        self,
        matrices: Compiled,
        times: Sequence[float],
        initial: Any,
        numbers: Sequence[int],
        entropy: int,
    ) -> Iterator[tuple[Walkers, Iterator[Array]]]:
        """For each batch the walkers, and their normalised vectors (D, n) at all times."""
        flow, move = pure_move(matrices, self.unravelling, self.step)
        state = checked_initial(matrices, initial)
        for part in batches(numbers, matrices.size, BATCH_BYTES):
            walkers = pure_start(state, streams(entropy, part), float(times[0]))
            with one_blas_thread():
                yield walkers, (x for x, _ in through(flow, move, walkers, times))

    def _memory(self, size: int, times: int) -> float:
        return 16.0 * size**2 * (times + 3) + 2 * BATCH_BYTES

    def _refuse(self, what: str, needed: float) -> None:
        refuse_if_too_large(what, needed, self._limit, FEWER)

    @property
    def _limit(self) -> float:
        return self.memory_limit or 0.5 * available_memory()

    def _refuse_average(self, matrices: Compiled, times: int) -> None:
        if matrices.size > LARGEST_AVERAGE:
            raise _too_large(matrices.size)
        self._refuse("average state", self._memory(matrices.size, times))


FEWER = "Use fewer times, trajectories or Fock states."
NO_WINDOW = (
    "Give Trajectories(burn_in=..., duration=...), several relaxation times each, to average over "
    "time; use engines.Lindblad for a steady state without sampling error."
)


def _size_of(dims: Sequence[int]) -> str:
    return f"How large is the Hilbert space? {prod(dims)} states in {len(dims)} spaces"


def _too_large(size: int) -> CapacityError:
    return CapacityError(
        f"Average density matrices of {size} states are more than {LARGEST_AVERAGE}, the most that "
        "are kept over time.",
        "Use Trajectories.ensemble(system, times), which keeps vectors.",
    )


def _named(clicks: list[tuple[float, int]], names: Sequence[str]) -> tuple[tuple[float, str], ...]:
    return tuple((moment, names[kind]) for moment, kind in clicks)
