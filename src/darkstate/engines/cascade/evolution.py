"""Down the cascade in time: every stage, and what is upstream of it, from a given state on.

What lies upstream of a stage moves by itself, so the joint state Y(t) of upstream and the lookahead
(`darkstate.engines.cascade.lookahead`) obeys

    dY/dt = A Y + Y L^T + sum_c ( U_c Y D_c^T + conj ),

one block for every charge q upstream, -q ahead. If the columns of V span those of Y(t) at *all*
times, the projected upstream drives the stages ahead exactly as the whole does, at all times: with
``Y = V Y_r``, ``W^T V = 1``, Y_r obeys the projected equation. So the first three stages are read
from what was never reduced, and behind them V holds the heaviest directions of snapshots of Y
(proper orthogonal decomposition), weighted like the directions of steady states. Snapshots are
taken at times that are close together first and far apart later: the measure is ``dt/(t + tau)``,
so that long times do not drown what happens early. The initial state is kept exactly, and so is
the trace.

No stationary state is needed. A projection that grows is no error by itself over a finite time; one
that grows by more than `GROWN` over the time asked for is not used.

Tried, and no better: spells of time with directions of their own (64 numbers, fifth pair: errors
of 0.020 and 0.0025 at r = 1 and 0.5, against 0.017 and 0.0044 without). What limits is not the
lookahead's own directions but what pairs behind it would have seen.

Source of the decomposition: Benner, Gugercin and Willcox, SIAM Review 57, 483 (2015).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import expm1, log, log1p
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.cascade.bilinear import (
    BilinearSystem,
    Charge,
    block_of,
    is_real,
    negative,
    trivial_system,
)
from darkstate.engines.cascade.lookahead import Lookahead, build_lookahead
from darkstate.engines.cascade.metric import gram_blocks
from darkstate.engines.cascade.reduction import (
    ETAS,
    SHARES,
    count_kept,
    growth,
    project_petrov_galerkin,
)
from darkstate.engines.cascade.series import SeriesConnection
from darkstate.engines.cascade.sweep import ReductionSweep, StageResult
from darkstate.engines.propagation import Motion, iterate_states
from darkstate.progress import share

Array = NDArray[Any]
Blocks = dict[Charge, Array]
SNAPSHOTS = 48
"""Times at which the joint state is looked at, to find what must be kept."""
FEWER_SNAPSHOTS = 32
"""The same for a second opinion."""
EARLY = 10.0
"""Time, in inverse norms of the generator, from which on snapshots are taken ever more rarely."""
NOISE = 1e-7
"""Relative weight of a direction that is noise: squares of it are summed in double precision."""
GROWN = 3.0
"""Factor by which a mode of a reduced model may grow over the time asked for."""
KRYLOV_SIZE = 30


class JointMotion:
    """The equation of motion of what is upstream and the stages ahead; see the module.

    Args:
        upstream: with the state that it begins in.
        ahead: the lookahead.
        start: the state (charge 0) that the lookahead begins in.
    """

    def __init__(self, upstream: BilinearSystem, ahead: BilinearSystem, start: Array):
        self.upstream, self.ahead, self.start = upstream, ahead, start
        self.charges = [q for q in upstream.generator if negative(q) in ahead.sizes]
        self._shapes = {q: (upstream.sizes[q], ahead.sizes[negative(q)]) for q in self.charges}
        self._right = {q: block_of(ahead.generator, negative(q)).T for q in self.charges}
        self._terms: list[tuple[Charge, Charge, Array, Array]] = []
        for output, drive in zip(upstream.outputs, ahead.inputs, strict=True):
            kicks = {(at, conj): block.T for at, _, block, conj in drive.transitions()}
            for q, to, block, conj in output.transitions():
                if to in self._shapes and (negative(q), conj) in kicks:
                    self._terms.append((q, to, block, kicks[negative(q), conj]))

    def motion(self) -> Motion:
        """As the propagators see it."""
        blocks = [*self.upstream.generator.values(), *self.ahead.generator.values()]
        scale = 2.0 * max(_norm_bound(block) for block in blocks)
        return Motion(self._apply, self._trace, max(scale, 1e-300))

    def initial(self) -> Blocks:
        """Both in the states that they begin in."""
        zero = self.upstream.zero
        blocks = {
            q: np.zeros(n, dtype=float if is_real(q) else complex) for q, n in self._shapes.items()
        }
        blocks[zero] = np.outer(self.upstream.steady, self.start)
        return blocks

    def pack(self, Y: Blocks) -> Array:
        """Blocks as one vector of real numbers."""
        rows = [np.ascontiguousarray(Y[q]).ravel().view(np.float64) for q in self.charges]
        return np.concatenate(rows)

    def unpack(self, flat: Array) -> Blocks:
        """The blocks of such a vector."""
        blocks, start = {}, 0
        for q, (a, b) in self._shapes.items():
            kind = np.float64 if is_real(q) else np.complex128
            stop = start + a * b * (1 if is_real(q) else 2)
            blocks[q] = np.ascontiguousarray(flat[start:stop]).view(kind).reshape(a, b)
            start = stop
        return blocks

    def _apply(self, flat: Array) -> Array:
        Y = self.unpack(flat)
        moved = {q: self.upstream.generator[q] @ Y[q] + Y[q] @ self._right[q] for q in Y}
        for q, to, block, kick in self._terms:
            term = block @ (block_of(Y, q) @ kick)
            moved[to] += np.real(term) if is_real(to) else term
        return self.pack(moved)

    def _trace(self, flat: Array) -> float:
        zero = self.upstream.zero
        return float(self.upstream.trace @ self.unpack(flat)[zero] @ self.ahead.trace)


@dataclass(frozen=True)
class _Passage:
    """What the evolution of one stage with those ahead of it gave.

    Args:
        states: by time the states (charge 0) of the stage and of those ahead.
        seen: sums of ``Y G G^+ Y^+`` over the snapshots, by charge.
        last: the state (charge 0) of what is upstream and the stage at the last time.
    """

    states: list[tuple[Array, ...]]
    seen: Blocks
    last: Array


def evolve_stages(
    line: ReductionSweep, times: Sequence[float], dimension: int, rtol: float, second: bool = False
) -> list[list[StageResult]]:
    """The states of all stages at all times, from the ground state at the first.

    Args:
        line: the cascade, without a source in front.
        times: increasing.
        dimension: numbers kept of what is upstream.
        rtol: of the propagation, relative to the norm of the initial state.
        second: for a second opinion: other snapshots, more noise, the next best norm.

    Returns:
        For every stage its results at all times.
    """
    count, zero = len(line.systems), line.systems[0].zero
    results: list[list[StageResult]] = []
    upstream, read = trivial_system(zero), StageResult(np.zeros((0, 0)), rtol, exact=True)
    for s in range(count):
        pair = SeriesConnection(upstream, line.systems[s])
        joined = pair.system().with_state(pair.product_state(upstream.steady, line.ground_state(s)))
        last = s + 1 == count
        look = _nothing_ahead(zero) if last else build_lookahead(line.systems[s + 1 :])
        begin = [np.ones(1)] if last else [line.ground_state(k) for k in range(s + 1, count)]
        motion = JointMotion(joined, look.system, look.product_state(begin))
        with share(s / count, (s + 1) / count):
            passage = _follow(pair, motion, look, times, rtol, second)
        for k in range(len(results) - s, len(passage.states[0]) - last):
            matrices = [line.matrix(s + k, at[k]) for at in passage.states]
            results.append([replace(read, matrix=matrix) for matrix in matrices])
        if len(results) == count:
            break
        upstream = joined
        if joined.dimension > dimension:
            grams = [None, *map(gram_blocks(pair, passage.last).gram, ETAS)]
            most = log(GROWN) / (times[-1] - times[0] or 1.0)
            upstream, discarded, narrowed = _reduce(
                joined, passage.seen, dimension, grams, most, second
            )
            read = replace(read, exact=False, discarded=discarded, narrowed=narrowed)
    return results


def _nothing_ahead(zero: Charge) -> Lookahead:
    """Behind the last stage."""
    return Lookahead(trivial_system(zero), {zero: np.eye(1)}, ())


def _follow(
    pair: SeriesConnection,
    joint: JointMotion,
    look: Lookahead,
    times: Sequence[float],
    rtol: float,
    second: bool,
) -> _Passage:
    """Evolve a stage, what is upstream of it, and what is ahead; look at it on the way."""
    motion, zero = joint.motion(), joint.upstream.zero
    wanted = _snapshot_times(times, motion.scale, FEWER_SNAPSHOTS if second else SNAPSHOTS)
    grid = sorted({*times, *wanted})
    asked, looked = set(times), set(wanted)
    states: list[tuple[Array, ...]] = []
    last = joint.upstream.steady
    seen: Blocks = {}
    trajectory = iterate_states(motion, joint.pack(joint.initial()), grid, rtol, KRYLOV_SIZE)
    for time, flat in zip(grid, trajectory, strict=True):
        Y = joint.unpack(flat)
        if time in asked:
            last = Y[zero] @ joint.ahead.trace
            ahead = look.alone(joint.upstream.trace @ Y[zero])
            states.append((pair.second_alone(last), *ahead))
        if time in looked:
            Y[zero] = Y[zero] - np.outer(joint.upstream.steady, joint.upstream.trace @ Y[zero])
            for q, block in Y.items():
                part = block @ look.weight[negative(q)].T
                part = np.real(part) if is_real(q) else part
                seen[q] = seen.get(q, 0.0) + part @ part.conj().T
    return _Passage(states, seen, last)


def _snapshot_times(times: Sequence[float], scale: float, count: int) -> list[float]:
    """``t`` with equal weights ``dt/(t + tau)`` from the first time to the last, both included."""
    start, span, early = times[0], times[-1] - times[0], EARLY / scale
    grown = log1p(span / early)
    inner = [start + early * expm1(grown * k / count) for k in range(1, count)]
    return [start, *(t for t in inner if start < t < times[-1]), times[-1]]


def _reduce(
    joined: BilinearSystem,
    seen: Blocks,
    dimension: int,
    grams: Sequence[Mapping[Charge, Array] | None],
    most: float,
    second: bool,
) -> tuple[BilinearSystem, float, bool]:
    """The reduced model that grows the least, what it drops, and whether it had to be smaller.

    Args:
        joined: what is reduced, with the state that it begins in.
        seen: `_Passage.seen`.
        dimension: numbers kept at most.
        grams: norms that are tried.
        most: growth rate that is accepted.
        second: for a second opinion.
    """
    values, vectors = {}, {}
    for q, squares in seen.items():
        found, columns = np.linalg.eigh(squares)
        values[q] = np.sqrt(np.maximum(found[::-1], 0.0))
        vectors[q] = columns[:, ::-1]
    noise = (10.0 if second else 1.0) * NOISE * max(float(row.max()) for row in values.values())
    tried: list[tuple[float, BilinearSystem, float, bool]] = []
    for part in SHARES:
        counts, discarded = count_kept(values, int(part * dimension) - 1, noise)
        kept = {q: v[:, : counts[q]] for q, v in vectors.items()}
        for gram in grams:
            small = project_petrov_galerkin(joined, kept, gram, stationary=False)
            tried.append((growth(small), small, discarded, part < 1.0))
        usable = sorted((x for x in tried if x[0] <= most), key=lambda x: x[0])
        if usable:
            return usable[min(int(second), len(usable) - 1)][1:]
    _, small, discarded, _ = min(tried, key=lambda x: x[0])
    return small, discarded, True


def _norm_bound(block: Array) -> float:
    """No less than the spectral norm: the root of the largest sums of rows and columns."""
    sizes = np.abs(block)
    return float(np.sqrt(sizes.sum(axis=0).max(initial=0.0) * sizes.sum(axis=1).max(initial=0.0)))
