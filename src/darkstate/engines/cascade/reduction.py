"""Compression: what to keep of all that lies upstream.

The steady state X of upstream and the stages ahead determines what these stages do. If the columns
of an orthonormal V span X (as a matrix, upstream x ahead), then the projected upstream

    A -> V^T A V,   U_c -> V^T U_c V,   t -> t V,   x_ss -> V^T x_ss

drives them to *exactly* the same steady state, for ``X = V X_r`` makes ``V^T (L X) = 0`` the
equation of X_r. One stage of dimension n ahead thus needs no more than n vectors, two n^2, whatever
the size of what lies upstream. Beyond the `dimension` asked for, the smallest singular values of
X G are dropped, where G weighs what is seen of a near stage alone more than correlations with a
farther one (`NEARNESS`): the former error is there at once, the latter only if the far stage feels
it. Trace and steady state are kept exactly: x_ss is one of the vectors of V, t one of those of W,

    V = (x_ss, V'),  W = (t, W'),  t V' = 0,  W' x_ss = 0,  W^T V = 1.

What stages beyond the lookahead see is *not* part of the criterion; that is the error that remains
at any dimension above n^k, and it is small because light that a stage absorbs does not go on.

Tried before this, and worse: balanced truncation of the bilinear system with Gramians summed over
words of U_c and exp(A t) (errors that do not fall up to a quarter of the full dimension: near a
dark state all orders of the exchange of light matter and nearly cancel), and balancing X against
the exact adjoint solutions (no better at equal dimension, ten times the cost).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.cascade.joint import Joint, trace_first
from darkstate.engines.cascade.parts import (
    Channel,
    Charge,
    Part,
    Product,
    added,
    block_of,
    negative,
)
from darkstate.errors import NumericalError

Array = NDArray[Any]
NEARNESS = 8.0
"""Weight of a near stage's own state against its correlations with the next one."""
LARGEST_LOOKAHEAD = 256
"""Numbers in the lookahead: two pairs of qubits."""
UNSTABLE = 1e-8
"""Growth rate above which a compression is not used."""


@dataclass(frozen=True)
class Reduced:
    """A compressed part and what it cost.

    Args:
        part: with its steady state.
        discarded: relative weight of the singular values that were dropped.
        numbers: real numbers in the joint steady state.
        iterations: of its solution.
        growth: largest real part of an eigenvalue of A; rounding if stable.
        shortened: whether only one stage ahead was looked at, because more gave no usable result.
    """

    part: Part
    discarded: float
    numbers: int
    iterations: int
    growth: float
    shortened: bool = False


def lookahead(stages: Sequence[Part]) -> tuple[Part, Mapping[Charge, Array]]:
    """The next stages as one part, as many as fit, and the weight G on it by charge."""
    count, size = 1, stages[0].dimension
    while count < len(stages) and size * stages[count].dimension <= LARGEST_LOOKAHEAD:
        size *= stages[count].dimension
        count += 1
    ahead = stages[count - 1]
    weight: Mapping[Charge, Array] = {q: np.eye(n) for q, n in ahead.sizes.items()}
    for stage in reversed(stages[: count - 1]):
        pair, zero = Product(stage, ahead), ahead.zero
        t = ahead.trace / np.linalg.norm(ahead.trace)
        alone = np.eye(len(t)) + (NEARNESS - 1) * np.outer(t, t)
        weight = pair.on_second(Channel(zero, {**weight, zero: alone @ weight[zero]})).blocks
        ahead = pair.part()
    return ahead, weight


def reduced(part: Part, stages: Sequence[Part], dimension: int, rtol: float) -> Reduced:
    """A part compressed for the stages that follow it.

    Args:
        part: with its steady state.
        stages: all stages that follow, at least one.
        dimension: numbers that are kept.
        rtol: relative residual of the joint steady state.

    Raises:
        NumericalError: no joint steady state was found, not even with one stage.
    """
    try:
        found = _reduced(part, stages, dimension, rtol)
        if found.growth <= UNSTABLE:
            return found
    except NumericalError:
        # a coarse stand-in may be stable by itself but not with two stages behind it
        if len(stages) == 1:
            raise
    return replace(_reduced(part, stages[:1], dimension, rtol), shortened=True)


def _reduced(part: Part, stages: Sequence[Part], dimension: int, rtol: float) -> Reduced:
    ahead, weight = lookahead(stages)
    adapted, back = trace_first(ahead)
    joint = Joint(part, adapted)
    X = joint.solution(rtol)
    zero, x, t = part.zero, part.steady, part.trace
    vectors, values = {}, {}
    size = float(np.sqrt(sum(np.linalg.norm(block) ** 2 for block in X.values())))
    X[zero] = np.real(X[zero] @ back[:, 1:].T)
    X[zero] -= np.outer(x, t @ X[zero])  # x_ss is kept in any case
    for q, block in X.items():
        seen = block @ weight[negative(q)].T
        vectors[q], values[q], _ = np.linalg.svd(seen, full_matrices=False)
    counts, discarded = _kept(values, dimension, rtol * size)
    small = projected(part, {q: vectors[q][:, : counts[q]] for q in vectors})
    return Reduced(small, discarded, joint.numbers, joint.iterations, growth(small))


def _kept(
    values: Mapping[Charge, Array], dimension: int, noise: float
) -> tuple[dict[Charge, int], float]:
    """How many singular values of each charge to keep, and the weight of the others.

    What is below the accuracy of X is noise, and noise in V destabilises: in the dark nothing but
    x_ss is left.
    """
    ranked = sorted(((float(s), q) for q, row in values.items() for s in row), reverse=True)
    counts, total = dict.fromkeys(values, 0), 1  # one is the steady state
    dropped = everything = 0.0
    for s, q in ranked:
        copies = 2 if any(q) else 1
        everything += copies * s * s
        if total + copies <= dimension and s > noise:
            counts[q] += 1
            total += copies
        else:
            dropped += copies * s * s
    return counts, float(np.sqrt(dropped / everything)) if everything > noise**2 else 0.0


def projected(part: Part, vectors: Mapping[Charge, Array]) -> Part:
    """A part projected on x_ss and `vectors` (orthonormal, stored charges); see the module."""
    zero, x, t = part.zero, part.steady, part.trace
    inner = vectors[zero]
    V = {q: v for q, v in vectors.items() if v.shape[1]}
    W = dict(V)
    V[zero] = np.column_stack([x, inner - np.outer(x, t @ inner)])
    W[zero] = np.column_stack([t, inner - np.outer(t, x @ inner)])
    W[zero] = W[zero] @ np.linalg.inv(V[zero].T @ W[zero])
    known = set(V) | {negative(q) for q in V}

    def small(channel: Channel) -> Channel:
        blocks = {}
        for q, block in channel.blocks.items():
            to = added(q, channel.step)
            if q in known and to in known:
                blocks[q] = block_of(W, to).conj().T @ block @ block_of(V, q)
        return Channel(channel.step, blocks)

    generator = {q: W[q].conj().T @ part.generator[q] @ V[q] for q in V}
    # exact by construction: x_ss is stationary and the trace conserved, here without rounding
    generator[zero][0, :] = generator[zero][:, 0] = 0.0
    first = np.eye(V[zero].shape[1])[0]
    outputs = tuple(small(channel) for channel in part.outputs)
    return replace(part, generator=generator, outputs=outputs, trace=first, state=first)


def growth(part: Part) -> float:
    """Largest real part of an eigenvalue of A; above rounding, the compression has destabilised."""
    return max(float(np.linalg.eigvals(block).real.max()) for block in part.generator.values())
