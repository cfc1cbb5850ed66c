"""Trajectories run one by one or over processes, and what is kept of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np

from darkstate.engines.tensor.blocks import (
    Array,
    Blocks,
    charge_of,
    dense,
    product_blocks,
    vector_blocks,
)
from darkstate.engines.tensor.groups import Groups
from darkstate.engines.tensor.mps import Cut, canonical
from darkstate.engines.tensor.sites import Chain
from darkstate.engines.tensor.walker import Network, Walker, dark_vectors
from darkstate.errors import ArgumentError
from darkstate.linalg.threads import one_blas_thread
from darkstate.states import PureState


@dataclass(frozen=True)
class Job:
    """What every trajectory of a run has in common.

    Args:
        network: the network.
        groups: groups whose states are sampled.
        start: tensors of the initial state.
        times: times of the samples, the first of which may be the initial time.
        begin: the initial time.
        bins: for every time the number of the block that it is averaged into; -1 for none.
        keep: whether to return the state at every time.
        entropy: seed; trajectory k draws from ``SeedSequence(entropy, spawn_key=(k,))``.
    """

    network: Network
    groups: Groups
    start: list[Blocks]
    times: tuple[float, ...]
    begin: float
    bins: tuple[int, ...]
    keep: bool
    entropy: int


@dataclass(frozen=True)
class Run:
    """What is left of a trajectory.

    Args:
        blocks: for every group (blocks, d, d) averages.
        states: the states at all times, if they are kept.
        lost: Schmidt weight discarded in all, relative.
        widest: largest bond dimension met.
        clicks: jumps as ``(time, channel)``.
        rests: whether all sites were dark at the end.
    """

    blocks: list[Array]
    states: list[list[Array]]
    lost: float
    widest: int
    clicks: list[tuple[float, str]]
    rests: bool


def run_one(task: Job, number: int) -> Run:
    """Trajectory `number`."""
    seed = np.random.SeedSequence(task.entropy, spawn_key=(number,))
    stream = np.random.Generator(np.random.PCG64(seed))
    sums: list[Any] = [0.0] * len(task.groups.names)
    seen, found = None, []
    blocks, states, counts = [], [], np.bincount([b for b in task.bins if b >= 0])
    with one_blas_thread():
        walker = Walker(task.network, list(task.start), stream, task.begin)
        for place, (time, block) in enumerate(zip(task.times, task.bins, strict=True)):
            walker.advance(time)
            if task.keep:
                states.append(dense(walker.normalised(), task.network.chain.grades))
            if block < 0:
                continue
            if walker.state is not seen:  # a dark state stays the same for a long time
                seen, found = walker.state, task.groups.states(walker.normalised())
            sums = [total + rho for total, rho in zip(sums, found, strict=True)]
            if place + 1 == len(task.times) or task.bins[place + 1] != block:
                blocks.append([total / counts[block] for total in sums])
                sums = [0.0] * len(sums)
    averages = [np.array(each) for each in zip(*blocks, strict=True)]
    return Run(averages, states, walker.lost, walker.widest, walker.clicks, walker.rests)


def run_all(task: Job, numbers: Sequence[int], workers: int) -> Iterator[Run]:
    """All trajectories, over `workers` processes."""
    if workers == 1:
        for number in numbers:
            yield run_one(task, number)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(run_one, [task] * len(numbers), numbers)


def start_of(chain: Chain, initial: Any, cut: Cut, dark: bool) -> list[Blocks]:
    """Tensors of the initial state: the ground state, or the dark one if that is wanted.

    Raises:
        ArgumentError: `initial` is no pure state of this network.
    """
    if initial is None:
        vectors = dark_vectors(chain) if dark else None
        ground = [np.eye(d, dtype=complex)[0] for d in chain.sizes]
        return product_blocks(vectors or ground, chain.grades)
    vector = _vector_of(initial, chain)
    return canonical(vector_blocks(vector, chain.grades), cut)[0]


def is_graded(initial: Any, chain: Chain) -> bool:
    """Whether an initial state has a definite charge of the chain."""
    if initial is None:
        return True
    totals = np.zeros(1, dtype=int)
    for g in chain.grades:
        totals = np.add.outer(totals, g).ravel()
    return charge_of(_vector_of(initial, chain), tuple(totals.tolist())) is not None


def _vector_of(initial: Any, chain: Chain) -> Array:
    labels = [label for site in chain.labels for label in site]
    if not isinstance(initial, PureState) or sorted(initial.labels) != sorted(labels):
        remedy = f"Give a PureState with the labels {', '.join(labels[:6])}, ..., or leave it out."
        raise ArgumentError("initial", "be a pure state of the network", initial, remedy)
    return initial.reordered(labels).vector
