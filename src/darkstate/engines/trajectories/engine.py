"""The Trajectories engine as an object: its options and what can be asked of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, Literal

from darkstate.checks import check_choice, check_integer, check_real, check_seed, check_times
from darkstate.engines.capabilities import ObservationTask, RunsTask, perform
from darkstate.engines.contract import (
    Cost,
    Offer,
    References,
    Solution,
    Task,
    check_memory_limit,
    refused,
)
from darkstate.engines.trajectories.averages import SAMPLES, window_times
from darkstate.engines.trajectories.compile import dimensions
from darkstate.engines.trajectories.ensemble import PureStateEnsemble
from darkstate.engines.trajectories.no_jump import REACH
from darkstate.engines.trajectories.records import Records
from darkstate.engines.trajectories.refusals import (
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
from darkstate.engines.trajectories.sampling import Sampling
from darkstate.engines.trajectories.seeds import chosen_numbers
from darkstate.engines.trajectories.unravelling import TERMS
from darkstate.engines.truncation import Cutoff, check_cutoff
from darkstate.errors import ArgumentError, DarkstateError, EngineMismatchError
from darkstate.progress import Wanted, heard
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
    follows_drives: ClassVar[bool] = True
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
        numbers, missing = range(self.trajectories), missing_window(self.burn_in, self.duration)
        begin, length = float(self.burn_in or 0.0), float(self.duration or 0.0)
        if task.times is not None:
            sampling = Sampling(self, system, task.times, numbers)
            memory = memory_of(prod(dims), len(task.times))
            why = f"average over {self.trajectories} runs"
            return self._sampling_offer(
                sampling, memory, why, lambda: sampling.evolution(task.initial)
            )
        if missing is not None:
            steps = (size_of(dims), "How long to wait and to average? not said")
            return refused(self.name, missing, steps)
        sampling = Sampling(self, system, window_times(begin, length), numbers)
        share = begin / (begin + length) if begin else 1.0
        why = f"average over {self.trajectories} runs of {length:g} after {begin:g}"
        memory = memory_of(prod(dims), SAMPLES)
        return self._sampling_offer(
            sampling, memory, why, lambda: sampling.steady_state(task.initial, share)
        )

    def offer_runs(self, system: OpenSystem, task: RunsTask) -> Offer:
        """A `PureStateEnsemble`; see `ensemble`.

        Raises:
            DarkstateError: no matrices of this system; no numbers of trajectories.
        """
        numbers = chosen_numbers(task.only, self.trajectories)
        sampling = Sampling(self, system, task.times or (0.0,), numbers)
        amplitudes = len(sampling.times) * len(numbers) * sampling.matrices.size
        why = f"{len(numbers)} runs one by one"
        memory = 16.0 * amplitudes + BATCHES
        return self._sampling_offer(sampling, memory, why, lambda: sampling.ensemble(task.initial))

    def offer_observation(self, system: OpenSystem, task: ObservationTask) -> Offer:
        """`Records`; see `records`.

        Raises:
            DarkstateError: nothing is monitored; no matrices of this system; no numbers of records.
        """
        if not system.monitors:
            remedy = 'Use system.with_monitors(Monitor("name of a jump")).'
            raise ArgumentError("monitors", "name at least one detector", (), remedy)
        if task.times is None:
            remedy = "Use Gaussian() for stationary conditional states of linear systems."
            raise EngineMismatchError("Trajectories give records over times.", remedy)
        numbers = chosen_numbers(task.only, self.trajectories)
        sampling = Sampling(self, system, task.times, numbers, observed=True)
        entries = len(task.times) * len(numbers) * sampling.matrices.size**2
        why = f"{len(numbers)} records, each with the state of its observer"
        memory = 16.0 * entries + BATCHES
        return self._sampling_offer(sampling, memory, why, lambda: sampling.records(task.initial))

    def _sampling_offer(
        self, sampling: Sampling, memory: float, why: str, solve: Callable[[], Solution]
    ) -> Offer:
        """An offer with its cost; a refusal if it would not end."""
        propagator, times = sampling.dynamics.propagator, sampling.times
        span, size = times[-1] - times[0], size_of(sampling.matrices.dimensions)
        if sampling.dynamics.is_endless(span):
            return refused(self.name, too_long(span, propagator.norm), (size,))
        passes = 3 * (span * propagator.norm / REACH + len(times))  # some for jumps, second looks
        shape: Any = propagator.generator.shape
        entries = propagator.generator.nnz + shape[0]
        work = TERMS * (2.2e-4 + 8e-10 * len(sampling.numbers) * entries)
        steps = (size, f"Sampled by {self.unravelling}, {len(sampling.numbers)} times")
        cost = Cost(memory, 0.01 + passes * work)
        return Offer(self.name, why, self.unravelling, steps, cost, solve=solve, smaller=FEWER)

    def ensemble(
        self,
        system: OpenSystem,
        times: Sequence[float],
        initial: Any = None,
        only: Sequence[int] | None = None,
        *,
        progress: Wanted = False,
    ) -> PureStateEnsemble:
        """The pure states themselves; their average obeys the master equation.

        Monitors play no part: every channel is unravelled in full.

        Args:
            system: qubits, spins, modes.
            times: increasing times; `initial` holds at the first.
            initial: `PureState`, or `DensityState`, which is sampled; ground state by default.
            only: numbers of the trajectories to run; all by default.
            progress: True for a bar, or a function of (what, fraction).

        Raises:
            ArgumentError: see `evolve`.
            CapacityError: (times, trajectories, D) amplitudes would not fit.
        """
        with heard(progress):
            return perform(self, system, RunsTask(tuple(check_times(times)), initial, only))

    def records(
        self,
        system: OpenSystem,
        times: Sequence[float],
        initial: Any = None,
        only: Sequence[int] | None = None,
        *,
        progress: Wanted = False,
    ) -> Records:
        """What the monitors of the system show, and the states inferred from it.

        Lost light and unmonitored channels are averaged over. Counting without other detectors has
        no step error; diffusive detectors have strong order one in `step` (see `diffusion.py`).

        Args:
            system: qubits, spins, modes, with `OpenSystem.monitors`.
            times: increasing times; photocurrents are averaged over the intervals between them.
            initial: `PureState` or `DensityState`; ground state by default.
            only: numbers of the records to run; all by default.
            progress: True for a bar, or a function of (what, fraction).

        Raises:
            ArgumentError: nothing is monitored; see `evolve`.
            CapacityError: (times, records, D, D) numbers would not fit.
        """
        task = ObservationTask(tuple(check_times(times)), initial, only)
        with heard(progress):
            return perform(self, system, task)
