"""The TensorTrajectories engine as an object: its options and what can be asked of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from darkstate.checks import (
    as_labels,
    check_flag,
    check_integer,
    check_real,
    check_seed,
    check_sequence,
)
from darkstate.engines.contract import (
    Cost,
    Offer,
    References,
    Solution,
    Task,
    check_memory_limit,
    refused,
)
from darkstate.engines.tensor.blocks import Blocks
from darkstate.engines.tensor.groups import groups_of
from darkstate.engines.tensor.local import slowest_site
from darkstate.engines.tensor.mps import Cut
from darkstate.engines.tensor.sampled import SampledState
from darkstate.engines.tensor.sampling import Job, Run, is_graded, run_all, start_of
from darkstate.engines.tensor.sites import Chain, chain_of
from darkstate.engines.tensor.verdict import Sample, coarser, verdict_of
from darkstate.engines.tensor.walker import Network, network_of
from darkstate.errors import ArgumentError, CapacityError, DarkstateError
from darkstate.results import Report
from darkstate.states import PureState
from darkstate.systems.open_system import OpenSystem

METHOD = "quantum jumps"
SPACING = 5
"""Steps between samples of a stationary run."""
PLAIN = 16
"""Bonds up to this width are not worth the blocks of a charge."""
MOST_SAMPLES = 5e4
"""Samples of one trajectory at most; of long runs in dark states most are the same."""
BLOCKS = 16
"""Blocks into which the window of one trajectory is divided."""


@dataclass(frozen=True)
class TensorTrajectories:
    """Sampling engine for long cascades: quantum jumps of matrix-product states.

    It is never chosen by itself. Where the network has a dark state and noise disturbs it rarely,
    trajectories are products of stages most of the time; while a disturbance lasts, the state is
    entangled over the stages that it has reached, and that is what costs. Two rails have been
    sampled to twelve pairs at squeezing r = 0.5, and at r = 1 to eight with few disturbances.
    Results are `SampledState`, whose `estimate` gives numbers with their errors.

    Args:
        trajectories: how many.
        burn_in: for `steady_state`: time until the initial state is forgotten.
        duration: for `steady_state`: time over which each trajectory is then averaged.
        seed: entropy of the random numbers, >= 0; fresh and reported if left out. Trajectory k
            draws from ``SeedSequence(seed, spawn_key=(k,))``.
        bond: largest bond dimension.
        cut: Schmidt weight that may be discarded at each bond in each half step.
        step: longest time step (third order); by default ``1.2/(max(3, N) K)`` for N stages,
            K the largest norm of the local generator of one, detunings included.
        dark: amplitude below which what is left of a disturbance on a stage is ignored.
        groups: groups of labels whose joint states are wanted besides those of the stages, up to
            four qubits each.
        keep: whether `evolve` keeps the sampled states, for the purity of the whole.
        workers: processes over which trajectories are spread.
        memory_limit: bytes; by default half of the machine's memory.

    Raises:
        ArgumentError: an option out of range.
    """

    trajectories: int = 100
    burn_in: float | None = None
    duration: float | None = None
    seed: int | None = None
    bond: int = 64
    cut: float = 1e-6
    step: float | None = None
    dark: float = 1e-3
    groups: tuple[tuple[str, ...], ...] = ()
    keep: bool = False
    workers: int = 1
    memory_limit: float | None = None
    name: ClassVar[str] = "tensor trajectories"
    accepts: ClassVar[tuple[type, ...]] = (OpenSystem,)
    initials: ClassVar[tuple[type, ...]] = (PureState,)
    references: ClassVar[References] = (
        ("molmer1993", "quantum jumps in the tensor trajectories engine"),
        ("schollwock2011", "the matrix-product states that they keep"),
    )

    def __post_init__(self) -> None:
        remedy = "Give how many; a mean of more needs several seeds."
        check_integer("trajectories", self.trajectories, minimum=1, maximum=10**6, remedy=remedy)
        check_integer("bond", self.bond, minimum=1, remedy="Give 16 to 256.")
        check_integer("workers", self.workers, minimum=1, remedy="Give the number of processes.")
        check_real("cut", self.cut, minimum=0.0, below=1.0, remedy="Give 1e-8 to 1e-4.")
        check_real("dark", self.dark, minimum=0.0, below=1.0, remedy="Give 1e-4 to 1e-2.")
        if self.seed is not None:
            check_seed("seed", self.seed)
        remedy = "Give a time in the inverse of the rate unit."
        for name in ("step", "duration"):
            if getattr(self, name) is not None:
                check_real(name, getattr(self, name), above=0.0, remedy=remedy)
        check_flag("keep", self.keep)
        check_memory_limit(self.memory_limit)
        example = "Give a tuple such as (('A1', 'B1'),)."
        groups = check_sequence("groups", self.groups, example)
        object.__setattr__(self, "groups", tuple(as_labels("groups", group) for group in groups))
        if self.burn_in is not None:
            check_real("burn_in", self.burn_in, minimum=0.0, remedy=remedy)

    def offer(self, system: OpenSystem, task: Task) -> Offer:
        """Whether averages can be sampled, and at what cost at most."""
        try:
            network = self._network(system)
        except DarkstateError as refusal:
            return refused(self.name, refusal, ("Is it a cascade of small stages? no",))
        chain = network.chain
        steps = (f"Is it a cascade of small stages? {len(chain)}, of {max(chain.sizes)} states",)
        lines = max(sum(each.arriving.values()) for each in network.steps.layouts)
        steps = (*steps, f"Bond dimension of one time step: {lines}")
        times = task.times
        if times is not None:
            span, why = times[-1] - times[0], f"average over {self.trajectories} runs"
        elif self.burn_in is None or self.duration is None:
            missing = "burn_in" if self.burn_in is None else "duration"
            refusal = ArgumentError(missing, "be given for a steady state", None, NO_WINDOW)
            return refused(
                self.name, refusal, (*steps, "How long to wait and to average? not said")
            )
        else:
            span = self.burn_in + self.duration
            why = f"average over {self.trajectories} runs of {self.duration:g} after "
            why += f"{self.burn_in:g}"
        why += "; the cost is that of trajectories which always fill the largest bond"

        def solve() -> Solution:
            graded = self._graded(network, task.initial)
            if times is None:
                return self._averaged(system, graded, task.initial)
            return self._evolved(system, graded, times, task.initial)

        cost = self._cost(network, span, lines)
        return Offer(self.name, why, METHOD, steps, cost, solve=solve)

    def _averaged(self, system: OpenSystem, network: Network, initial: Any) -> Solution:
        """Average over ``burn_in .. burn_in + duration`` and over all trajectories.

        They start from `initial`, by default the product of dark states of the stages if there is
        one, else the ground state. `Report.error_estimate` is the largest standard error of a
        stage's state in the Frobenius norm, and what bonds and steps add (`verdict.py`): half of
        the trajectories run once more with half the bond, which takes a fraction of the time.

        Raises:
            ArgumentError: not a pure initial state.
        """
        wait, length = float(self.burn_in or 0.0), float(self.duration or 0.0)
        each = max(1, round(min(length / (BLOCKS * SPACING * network.step), MOST_SAMPLES / BLOCKS)))
        window = length * (np.arange(BLOCKS * each) + 1) / (BLOCKS * each)
        bins = tuple(np.repeat(np.arange(BLOCKS), each).tolist())
        times = tuple((wait + window).tolist())
        job = self._job(network, initial, times, 0.0, bins, dark=True)
        runs = list(run_all(job, range(self.trajectories), self.workers))
        blocks = tuple(
            np.concatenate(parts) for parts in zip(*(r.blocks for r in runs), strict=True)
        )
        return Solution(_sampled(system, job, blocks), self._report(job, runs, wait))

    def _evolved(
        self, system: OpenSystem, network: Network, times: tuple[float, ...], initial: Any
    ) -> Solution:
        """Average states at `times`, `initial` (all in the ground state) at the first.

        `Report.error_estimate` is the largest over all times.

        Raises:
            CapacityError: times that would not end.
            ArgumentError: not a pure initial state.
        """
        bins = tuple(range(len(times)))
        job = self._job(network, initial, times, times[0], bins, dark=False)
        runs = list(run_all(job, range(self.trajectories), self.workers))
        states = []
        for k in bins:
            blocks = tuple(
                np.array(part)
                for part in zip(*([b[k] for b in r.blocks] for r in runs), strict=True)
            )
            vectors = tuple(r.states[k] for r in runs) if self.keep else ()
            states.append(_sampled(system, job, blocks, vectors))
        return Solution(states[-1], self._report(job, runs, None), tuple(states))

    def _network(self, system: OpenSystem) -> Network:
        chain = chain_of(system)
        chain = chain if min(self.bond, chain.widest) > PLAIN else chain.plain()
        return network_of(chain, self.step, Cut(self.cut, self.bond), self.dark)

    def _graded(self, network: Network, initial: Any) -> Network:
        """The network, without its charge if the initial state has parts of several."""
        chain = network.chain
        if is_graded(initial, chain):
            return network
        return network_of(chain.plain(), self.step, network.cut, self.dark)

    def _job(
        self,
        network: Network,
        initial: Any,
        times: tuple[float, ...],
        begin: float,
        bins: tuple[int, ...],
        dark: bool,
    ) -> Job:
        entropy = np.random.SeedSequence().entropy if self.seed is None else self.seed
        assert isinstance(entropy, int)
        start = start_of(network.chain, initial, network.cut, dark)
        _refuse_endless(network, start, times[-1] - begin)
        groups = groups_of(network.chain, self.groups)
        return Job(network, groups, start, times, begin, bins, self.keep, entropy)

    def _cost(self, network: Network, length: float, lines: int) -> Cost:
        """Every bond full all the time: two operators a step, 10^9 multiplications a second."""
        chain: Chain = network.chain
        work = sum(self.bond**2 * lines * d * (lines + self.bond) * 4.0 for d in chain.sizes)
        passes = 2 * self.trajectories * length / network.step / self.workers
        memory = 16.0 * len(chain) * max(chain.sizes) * self.bond**2 * (2 + lines)
        return Cost(2.0**26 + memory * self.workers, passes * (4e-4 * len(chain) + 1e-9 * work))

    def _report(self, job: Job, runs: Sequence[Run], burn_in: float | None) -> Report:
        """What is known, from the runs and from a second, coarser look at the first of them."""
        again = replace(job, network=coarser(job.network), keep=False)
        numbers = range(max(min(2, len(runs)), len(runs) // 2))
        sample = Sample(job, runs, list(run_all(again, numbers, self.workers)), burn_in)
        spawned = f"(k,), k = 0 .. {self.trajectories - 1}"
        return verdict_of(sample).with_(
            engine=self.name,
            method=METHOD,
            provenance={"entropy": job.entropy, "spawn_key": spawned},
        )


MOST_STEPS = 1e9
"""Steps of one trajectory beyond which nobody waits for its end."""
NO_WINDOW = (
    "Give TensorTrajectories(burn_in=..., duration=...), several relaxation times each, to average "
    "over time; use engines.Lindblad for a small network without sampling error."
)


def _sampled(
    system: OpenSystem, job: Job, blocks: tuple[Any, ...], vectors: tuple[Any, ...] = ()
) -> SampledState:
    sizes = tuple(int(space.dimension or 0) for space in system.spaces)
    return SampledState(tuple(system.labels), sizes, job.groups.names, blocks, vectors)


def _refuse_endless(network: Network, start: list[Blocks], span: float) -> None:
    """Refuse more steps than anybody waits for; dark states without noise take none.

    Raises:
        CapacityError: too long a time.
    """
    chain = network.chain
    dark = all(network.at_rest(n, A) is not None for n, A in enumerate(start))
    busy = min(1.0, float(chain.rates.sum()) / max(1e-300, slowest_site(chain)[1])) if dark else 1.0
    if span / network.step * busy > MOST_STEPS or (busy and span / network.step > 1e13):
        raise CapacityError(
            f"A time of {span:.3g} takes {span / network.step:.2g} steps of {network.step:.3g}: "
            "that would not end.",
            "Use shorter times, or steady_state with a burn_in of several relaxation times.",
        )
