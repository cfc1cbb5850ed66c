"""The lookahead: the next stages, and what they see of all that lies upstream.

The joint steady state X of upstream and the *lookahead*, the next stages as far as they fit, is
solved for (`darkstate.engines.cascade.joint`) and taken apart: directions of X upstream, by the
weight with which the stages ahead see them, the states of these stages, and the directions of X(s),
to which slower stages behind them respond.

A system that grows with the next stages behind it is refused: light couples the two by products, so
that what is stable by itself may grow with company.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.cascade.bilinear import (
    BilinearSystem,
    ChannelBlocks,
    Charge,
    is_real,
    negative,
)
from darkstate.engines.cascade.joint import JointEquation, trace_first
from darkstate.engines.cascade.series import SeriesConnection
from darkstate.errors import NumericalError

Array = NDArray[Any]
Blocks = dict[Charge, Array]
NEARNESS = 8.0
"""Weight of a near stage's own state against its correlations with the next one."""
LARGEST_LOOKAHEAD = 256
"""Numbers in the lookahead: two pairs of qubits."""
PROBE = 0.5
"""Rate of the slower farther stage that is allowed for, in slowest rates of the lookahead."""
UNSTABLE = 1e-8
"""Growth rate above which a compression is not used."""
GROWS = (
    "what is upstream would grow: the compression has lost the stability of the exact system. "
    "Choose another `dimension`."
)


@dataclass(frozen=True)
class Lookahead:
    """The next stages as one system, as many as fit, and the weight G on it by charge.

    `pairs` are each stage but the last and what follows it, from the first one on.
    """

    system: BilinearSystem
    weight: Mapping[Charge, Array]
    pairs: tuple[SeriesConnection, ...]

    def product_state(self, states: Sequence[Array]) -> Array:
        """The state (charge 0) of all, its stages in these states; more states are ignored."""
        flat = states[len(self.pairs)]
        for pair, state in zip(self.pairs[::-1], states[: len(self.pairs)][::-1], strict=True):
            flat = pair.product_state(state, flat)
        return flat

    def alone(self, state: Array) -> tuple[Array, ...]:
        """The states (charge 0) of its stages in a state of all."""
        found = []
        for pair in self.pairs:
            found.append(pair.first_alone(state))
            state = pair.second_alone(state)
        return (*found, state)


def build_lookahead(stages: Sequence[BilinearSystem]) -> Lookahead:
    """As many of the next stages as fit."""
    count, size = 1, stages[0].dimension
    while count < len(stages) and size * stages[count].dimension <= LARGEST_LOOKAHEAD:
        size *= stages[count].dimension
        count += 1
    ahead = stages[count - 1]
    weight: Mapping[Charge, Array] = {q: np.eye(n) for q, n in ahead.sizes.items()}
    pairs: list[SeriesConnection] = []
    for stage in reversed(stages[: count - 1]):
        pair, zero = SeriesConnection(stage, ahead), ahead.zero
        pairs.append(pair)
        t = ahead.trace / np.linalg.norm(ahead.trace)
        alone = np.eye(len(t)) + (NEARNESS - 1) * np.outer(t, t)
        weight = pair.on_second(ChannelBlocks(zero, {**weight, zero: alone @ weight[zero]})).blocks
        ahead = pair.system()
    return Lookahead(ahead, weight, tuple(reversed(pairs)))


@dataclass(frozen=True)
class JointState:
    """The joint steady state of a system and the lookahead.

    Args:
        system: with its steady state.
        lookahead: the next stages.
        back: from the coordinates of `equation` to those of `lookahead`.
        equation: the equation of X.
        X: its solution.
        rtol: relative residual.
    """

    system: BilinearSystem
    lookahead: Lookahead
    back: Array
    equation: JointEquation
    X: Blocks
    rtol: float

    @classmethod
    def solve(
        cls, system: BilinearSystem, stages: Sequence[BilinearSystem], rtol: float
    ) -> JointState:
        """Solve for X.

        Args:
            system: with its steady state.
            stages: all stages that follow, at least one.
            rtol: relative residual.

        Raises:
            NumericalError: the system grows, or the solution did not converge.
        """
        look = build_lookahead(stages)
        adapted, back = trace_first(look.system)
        joint = JointEquation(system, adapted)
        if joint.growth > UNSTABLE:
            raise NumericalError(f"With the next stage behind it, {GROWS}")
        return cls(system, look, back, joint, joint.solve(rtol), rtol)

    @cached_property
    def size(self) -> float:
        """The norm of X."""
        return float(np.sqrt(sum(np.linalg.norm(block) ** 2 for block in self.X.values())))

    @cached_property
    def ahead(self) -> tuple[Array, ...]:
        """States of the stages that are looked at."""
        alone = np.append(1.0, self.system.trace @ self.X[self.system.zero])
        return self.lookahead.alone(np.real(self.back @ alone))

    @cached_property
    def slower(self) -> Blocks:
        """X(s)."""
        return self.equation.solve(self.rtol, PROBE * self.equation.slowest_ahead)

    def directions(self, X: Blocks, known: Blocks | None = None) -> tuple[Blocks, Blocks]:
        """Orthonormal directions of X besides x_ss and those that are known, and their weights."""
        zero, x, t = self.system.zero, self.system.steady, self.system.trace
        X = dict(X)
        X[zero] = np.real(X[zero] @ self.back[:, 1:].T)
        X[zero] -= np.outer(x, t @ X[zero])
        if known is not None:
            X = {q: block - known[q] @ (known[q].conj().T @ block) for q, block in X.items()}
        vectors, values = {}, {}
        for q, block in X.items():
            turns = None if self.equation.factors is None else self.equation.factors[0][q]
            seen = block @ self.lookahead.weight[negative(q)].T
            seen = np.real(seen) if is_real(q) else seen  # directions of charge 0 are real
            vectors[q], values[q] = _directions(seen, turns, not is_real(q))
        return vectors, values


def _directions(seen: Array, factors: Array | None, charged: bool) -> tuple[Array, Array]:
    """Left singular vectors and values; `factors` make the rows real.

    On the charge 0 coordinates of the two kinds are not mixed, so that vectors stay Hermitian.
    """
    if factors is None:
        left, values, _ = np.linalg.svd(seen, full_matrices=False)
        return left, values
    rows_real = factors.conj()[:, None] * seen
    # a column is real or imaginary: coordinates ahead have kinds too
    real = np.real(rows_real) + np.imag(rows_real)
    if charged:
        left, values, _ = np.linalg.svd(real, full_matrices=False)
        return factors[:, None] * left, values
    columns, found = np.zeros((len(seen), 0)), np.zeros(0)
    for kind in (1.0, 1j):
        rows = np.flatnonzero(factors == kind)
        left, values, _ = np.linalg.svd(real[rows], full_matrices=False)
        column = np.zeros((len(seen), len(values)))
        column[rows] = left
        columns, found = np.hstack([columns, column]), np.concatenate([found, values])
    order = np.argsort(-found, kind="stable")
    return columns[:, order], found[order]
