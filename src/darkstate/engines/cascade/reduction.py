"""Model order reduction: what to keep of all that lies upstream.

The steady state X of upstream and the stages ahead determines what these stages do. If the columns
of an orthonormal V span X (as a matrix, upstream x ahead), then the projected upstream

    A -> V^T A V,   U_c -> V^T U_c V,   t -> t V,   x_ss -> V^T x_ss

drives them to *exactly* the same steady state, for ``X = V X_r`` makes ``V^T (L X) = 0`` the
equation of X_r. One stage of dimension n ahead thus needs no more than n vectors, two n^2, whatever
the size of what lies upstream. Beyond the `dimension` asked for, the smallest singular values of
X G are dropped, where G weighs what is seen of a near stage alone more than correlations with a
farther one (`NEARNESS`): the former error is there at once, the latter only if the far stage feels
it. Trace and steady state are kept exactly: x_ss is one of the vectors of V, t one of those of W,

    V = (x_ss, V'),  W = (t, W'),  t V' = 0,  W' x_ss = 0,  W^T V = 1,

with V' and W' spanning the kept vectors in the norm of `darkstate.engines.cascade.metric`.

What stages beyond the lookahead see is not part of this criterion. They are slow, and respond to
what the nearer ones do not at rates s of their own. So where `dimension` exceeds what X needs, the
rest is filled with what is new in X(s), the solution of ``(L - s) X(s) = L X`` (a joint equation
like that of X, with all rates raised by s). At 512 this is as accurate behind the lookahead as one
that is a pair longer, which costs twenty times as much.

The error falls slowly with the dimension, because the Hankel singular values of a long cascade do
(those of X against the exact adjoint solutions of all means of the next two pairs: 2e-3 of the
largest at 32, 2e-4 at 128 of 256, whatever the number of pairs upstream): many directions matter,
each a little.

Tried, and worse: balanced truncation of the bilinear system with Gramians summed over words of U_c
and exp(A t) (near a dark state all orders of the exchange of light matter and nearly cancel);
balancing X against the exact adjoint solutions (more accurate behind the lookahead, less within it,
and unstable); norms in which the exact system contracts (stable, inaccurate); norms in which A
alone does, Lyapunov solutions (stable alone, not with two stages behind); W from resolvents of A;
sweeps from both sides, what is downstream compressed as seen from its inputs, each side chosen for
the other: with the exact X and Y of a cut even, 64 to 192 of 256 numbers leave about the same
errors as here, and corrections of first order with such a Y are off by a factor of 1.2 to 3; more
than one shift s (nothing gained beyond 512).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.cascade.bilinear import (
    BilinearSystem,
    ChannelBlocks,
    Charge,
    add_charges,
    block_of,
    is_real,
    negative,
)
from darkstate.engines.cascade.lookahead import GROWS, UNSTABLE, Blocks, JointState
from darkstate.engines.cascade.metric import GramBlocks
from darkstate.errors import NumericalError
from darkstate.linalg.unique import TIE

Array = NDArray[Any]
SHARES = (1.0, 0.75, 0.5, 0.375, 0.25, 0.1875)
"""Parts of the dimension that are tried, one after the other, until a compression is stable."""
ETAS = (1.0, 0.7)
"""Weights of correlations with the last stage in the norms that are tried besides the plain one."""
NOISE = 100.0
"""Weight of directions that are noise, in residuals of X: its error is residual over a rate."""


@dataclass(frozen=True)
class ReducedModel:
    """A system of reduced order and what the reduction cost.

    Args:
        system: with its steady state.
        discarded: relative weight of the singular values that were dropped.
        growth: largest real part of an eigenvalue of A beside that of x_ss; negative if stable.
        narrowed: whether fewer numbers are kept than asked for, because more were not stable.
        ahead: states (charge 0) of the stages of the lookahead, behind the system before it was
            compressed.
    """

    system: BilinearSystem
    discarded: float
    growth: float
    ahead: tuple[Array, ...]
    narrowed: bool = False


def reduce_model(
    seen: JointState, dimension: int, last: GramBlocks | None = None, second: bool = False
) -> list[ReducedModel]:
    """A system reduced for the stages that follow it: usable results, the best one first.

    A projection may push a slow mode of a long chain (the true gap of six pairs is 7e-4 of their
    rate already) over to growth. So several norms are tried, and that one is best in which the
    slowest mode decays fastest; those that keep fewer vectors follow. Light couples what is
    upstream to a stage by products, so what is stable by itself may still grow with the next stage
    behind it: whoever goes on from a result finds out, and takes the next one.

    Args:
        seen: the system, and what is seen of it.
        dimension: numbers that are kept at most.
        last: the norm that knows the last stage of the system; the plain one if it has no stages.
        second: a second opinion, for error estimates: ten times the noise is cut, and of the norms
            the next best comes first. Where the dimension exceeds what there is to keep, halving it
            changes nothing; but what stages beyond the lookahead see depends on these.

    Raises:
        NumericalError: nothing stable was found.
    """
    grams = [None, *([] if last is None else [last.gram(eta) for eta in ETAS])]
    choice = _Directions(seen, (10.0 if second else 1.0) * NOISE * seen.rtol * seen.size)
    usable: list[ReducedModel] = []
    for share in SHARES:
        tries = [choice.project(int(share * dimension), gram) for gram in grams]
        stable = sorted((x for x in tries if x.growth <= UNSTABLE), key=lambda x: x.growth)
        usable += [replace(found, narrowed=share < 1.0) for found in stable]
    if usable:
        return usable[1:2] + usable[:1] + usable[2:] if second else usable
    raise NumericalError(f"Compressed to {dimension} numbers or fewer, {GROWS}")


@dataclass(frozen=True)
class _Directions:
    """Which directions to keep, above some noise."""

    seen: JointState
    noise: float

    def project(self, dimension: int, gram: Mapping[Charge, Array] | None) -> ReducedModel:
        """The system projected on the heaviest directions."""
        vectors, values = self._first
        counts, discarded = count_kept(values, dimension - 1, self.noise)  # one is the steady state
        vectors = {q: v[:, : counts[q]] for q, v in vectors.items()}
        room = dimension - 1 - sum((1 if is_real(q) else 2) * n for q, n in counts.items())
        if discarded == 0.0 and room > 0:
            others, values = self._others
            counts, _ = count_kept(values, room, self.noise)
            vectors = {q: np.hstack([v, others[q][:, : counts[q]]]) for q, v in vectors.items()}
        small = project_petrov_galerkin(self.seen.system, vectors, gram)
        return ReducedModel(small, discarded, growth(small), self.seen.ahead)

    @cached_property
    def _first(self) -> tuple[Blocks, Blocks]:
        """Directions of X, and their weights; what is noise is left out."""
        vectors, values = self.seen.directions(self.seen.X)
        counts = {q: int(np.sum(row > self.noise)) for q, row in values.items()}
        vectors = {q: v[:, : counts[q]] for q, v in vectors.items()}
        return vectors, {q: row[: counts[q]] for q, row in values.items()}

    @cached_property
    def _others(self) -> tuple[Blocks, Blocks]:
        """What X(s) has besides them."""
        return self.seen.directions(self.seen.slower, self._first[0])


def count_kept(
    values: Mapping[Charge, Array], room: int, noise: float
) -> tuple[dict[Charge, int], float]:
    """How many singular values of each charge to keep, and the weight of the others.

    Equal ones are kept or dropped together: which of them comes first is up to the processor.

    What is below the accuracy of X is noise, and noise in V destabilises: in the dark nothing but
    x_ss is left.
    """
    ranked = sorted(((float(s), q) for q, row in values.items() for s in row), reverse=True)
    counts, total = dict.fromkeys(values, 0), 0
    dropped = everything = 0.0
    for equal in _group_ties(ranked):
        copies = sum(1 if is_real(q) else 2 for _, q in equal)
        weight = sum((1 if is_real(q) else 2) * s * s for s, q in equal)
        everything += weight
        if total + copies <= room and equal[0][0] > noise:
            for _, q in equal:
                counts[q] += 1
            total += copies
        else:
            dropped += weight
    return counts, float(np.sqrt(dropped / everything)) if everything > noise**2 else 0.0


def _group_ties(ranked: Sequence[tuple[float, Charge]]) -> list[list[tuple[float, Charge]]]:
    """Singular values in falling order, those together that are equal."""
    found: list[list[tuple[float, Charge]]] = []
    for s, q in ranked:
        if found and found[-1][-1][0] - s <= TIE * found[-1][-1][0]:
            found[-1].append((s, q))
        else:
            found.append([(s, q)])
    return found


def project_petrov_galerkin(
    system: BilinearSystem,
    vectors: Mapping[Charge, Array],
    gram: Mapping[Charge, Array] | None = None,
    stationary: bool = True,
) -> BilinearSystem:
    """The Petrov-Galerkin projection of a system on its state and `vectors`; see the module.

    `vectors` are orthonormal, on the stored charges; `gram` is the norm, None for the plain one;
    `stationary` says that the state is the steady one.
    """
    zero, x, t = system.zero, system.steady, system.trace
    V = {q: v for q, v in vectors.items() if v.shape[1] or q == zero}
    W = {q: v if gram is None else gram[q] @ v for q, v in V.items()}
    V[zero] = np.column_stack([x, V[zero] - np.outer(x, t @ V[zero])])
    W[zero] = np.column_stack([t, np.real(W[zero] - np.outer(t, x @ W[zero]))])
    W = {q: w @ np.linalg.inv(V[q].conj().T @ w) for q, w in W.items()}
    known = set(V) | {negative(q) for q in V}

    def small(channel: ChannelBlocks) -> ChannelBlocks:
        blocks = {}
        for q, block in channel.blocks.items():
            to = add_charges(q, channel.step)
            if q in known and to in known:
                blocks[q] = block_of(W, to).conj().T @ block @ block_of(V, q)
        return ChannelBlocks(channel.step, blocks)

    generator = {q: W[q].conj().T @ system.generator[q] @ V[q] for q in V}
    # exact by construction: x_ss is stationary and the trace conserved, here without rounding
    generator[zero][0, :] = 0.0
    if stationary:
        generator[zero][:, 0] = 0.0
    first = np.eye(V[zero].shape[1])[0]
    outputs = tuple(small(channel) for channel in system.outputs)
    return replace(system, generator=generator, outputs=outputs, trace=first, state=first)


def growth(system: BilinearSystem) -> float:
    """Largest real part of an eigenvalue of A beside that of x_ss, which is the first coordinate.

    Above rounding, the compression has destabilised.
    """
    moving = [
        block[1:, 1:] if q == system.zero else block
        for q, block in system.generator.items()
        if len(block)
    ]
    rates = [float(np.linalg.eigvals(block).real.max()) for block in moving if len(block)]
    return max(rates, default=-np.inf)
