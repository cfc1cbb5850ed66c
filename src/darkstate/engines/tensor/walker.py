"""One quantum-jump trajectory of a matrix-product state.

Between jumps the state obeys ``d psi/dt = K psi`` and its squared norm is the probability that
nothing has clicked; it jumps where the norm falls to a number drawn uniformly from 0 .. 1. A step
is two second-order steps of complex length (`steps.py`), ``S(a dt) S(a* dt)`` with
``a = 1/2 + i/(2 sqrt 3)``, which together are of third order. Jumps at fixed rates (dephasing) are
drawn beforehand, and steps end where they fall.

**Dark sites are skipped.** A site has a dark vector if every jump operator annihilates it and
``K_i`` has it as an eigenvector. Where a site is in it, nothing happens to it as long as nothing
arrives from upstream. So a step begins at the first site that is not dark; and when all are, the
next event is the next dephasing jump, at once. With weak dephasing that is most of the time.

Source: Dalibard, Castin and Molmer, Phys. Rev. Lett. 68, 580 (1992).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log, sqrt

import numpy as np

from darkstate.engines.tensor.blocks import (
    Array,
    Blocks,
    Grades,
    acted,
    bond_of,
    charge_of,
    left_sizes,
    levels,
    norm_of,
    scaled,
)
from darkstate.engines.tensor.mps import Cut, applied, weight_of
from darkstate.engines.tensor.operators import Gate, gate_of
from darkstate.engines.tensor.sites import Chain, Channel
from darkstate.engines.tensor.steps import Steps, steps_of
from darkstate.errors import ArgumentError
from darkstate.linalg.unique import with_phase

_HALF = 0.5 + 0.5j / sqrt(3.0)
_GAP = 1e-3
"""Relative error of the norm at a jump: the jump comes by so much over the rate early or late."""
_SEARCHES = 5
_ROUNDING = 1e-13


LONGEST_STEP = 100.0
"""In units of the inverse norm of a local generator: beyond it a step follows nothing."""


@dataclass(frozen=True)
class Network:
    """All that trajectories of one network share.

    Args:
        chain: the network.
        steps: its time steps.
        step: longest step.
        cut: how bonds are cut.
        dark: amplitude beside its dark vector below which a site counts as dark.
    """

    chain: Chain
    steps: Steps
    step: float
    cut: Cut
    dark: float
    clicks: tuple[list[Gate], ...] = field(init=False)
    rest: tuple[tuple[int, Array] | None, ...] = field(init=False)
    full: list[list[Gate]] = field(init=False)

    def __post_init__(self) -> None:
        grades, set_ = self.chain.grades, object.__setattr__
        set_(self, "clicks", tuple(_sum_operator(each, grades) for each in self.chain.channels))
        set_(self, "rest", tuple(_rest(self.chain, n) for n in range(len(self.chain))))
        set_(self, "full", self.operators(self.step))

    def operators(self, dt: float) -> list[list[Gate]]:
        """The two operators of a step."""
        return [self.steps.operator(a * dt) for a in (_HALF, _HALF.conjugate())]

    def at_rest(self, n: int, A: Blocks) -> Blocks | None:
        """The dark tensor of site n if A is one, up to `dark` and a phase; else None."""
        found = self.rest[n]
        if found is None or bond_of(A) != 1:
            return None
        (q, *more), (s, d) = left_sizes(A), found
        if more or (q, s) not in A or A[q, s].shape[0] != 1:
            return None
        v, norm = A[q, s][0, :, 0], norm_of(A)
        amplitude = np.vdot(d, v) / norm
        if (
            norm_of(A | {(q, s): A[q, s] - norm * amplitude * d.reshape(1, -1, 1)})
            > self.dark * norm
        ):
            return None
        return {(q, s): (d * amplitude / abs(amplitude)).reshape(1, -1, 1)}


def network_of(chain: Chain, step: float | None, cut: Cut, dark: float) -> Network:
    """A network with its steps; by default a step changes three sites by at most 0.4 each.

    Light of all sites adds up, and the error of a step with it: so more sites take shorter steps.

    Raises:
        ArgumentError: a step that follows nothing.
    """
    steps = steps_of(chain)
    usual = 1.2 / (max(3, len(chain)) * max(steps.norm, 1e-300))
    if step is not None and step * steps.norm > LONGEST_STEP:
        rule = f"be at most {LONGEST_STEP:g} over the norm {steps.norm:.3g} of a local generator"
        raise ArgumentError("step", rule, step, f"Leave it out, or give {usual:.2g} or less.")
    return Network(chain, steps, step or usual, cut, dark)


def _rest(chain: Chain, n: int) -> tuple[int, Array] | None:
    """The charge of the dark vector of a site, and its entries of that charge."""
    v = dark_vector(chain, n)
    if v is None:
        return None
    s = charge_of(v, chain.grades[n])
    return None if s is None else (s, v[levels(chain.grades[n])[s]])


def _sum_operator(channel: Channel, grades: Sequence[Grades]) -> list[Gate]:
    """A sum of local parts as a matrix-product operator of bond dimension two."""
    change = next(_change(c, grades[n]) for n, c in channel.parts.items())
    found, last = [], len(grades) - 1
    for n, g in enumerate(grades):
        d = len(g)
        W = np.zeros((2, d, d, 2), dtype=complex)
        W[0, :, :, 0] = W[1, :, :, 1] = np.eye(d)
        if n in channel.parts:
            W[0, :, :, 1] = channel.parts[n]
        W = W[..., 1:] if n == last else W
        found.append(gate_of(W, (0, change), (change,) if n == last else (0, change), g))
    return found


def _change(c: Array, grades: Grades) -> int:
    """What an operator of definite charge adds to it."""
    rows, columns = np.nonzero(c)
    return grades[rows[0]] - grades[columns[0]]


@dataclass
class Walker:
    """A trajectory on its way.

    Args:
        network: the network.
        state: right-canonical tensors; the norm is at site `first`.
        stream: its random numbers.
        time: where it stands.
    """

    network: Network
    state: list[Blocks]
    stream: np.random.Generator
    time: float = 0.0
    first: int = field(init=False, default=0)
    threshold: float = field(init=False)
    alarm: float = field(init=False)
    lost: float = field(init=False, default=0.0)
    widest: int = field(init=False, default=1)
    clicks: list[tuple[float, str]] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.threshold = self.stream.random()
        self.alarm = self._next_alarm()
        self._settle()

    def advance(self, end: float) -> None:
        """Carry the state to time `end`."""
        while self.time < end:
            until = min(end, self.alarm)
            if self.rests:
                self.time = until
            else:
                self._step(until)
            if self.time >= self.alarm:
                self._ring()

    @property
    def rests(self) -> bool:
        """Whether all sites are dark."""
        return self.first == len(self.state)

    def normalised(self) -> list[Blocks]:
        """The state with norm one."""
        if self.rests:
            return self.state
        state = list(self.state)
        state[self.first] = scaled(state[self.first], 1 / norm_of(state[self.first]))
        return state

    def _step(self, until: float) -> None:
        """One step, or the part of it until a jump."""
        step = self.network.step
        dt = min(step, until - self.time)
        before = weight_of(self.state, self.first)
        moved, lost = self._moved(dt)
        after = weight_of(moved, self.first)
        if after >= self.threshold:
            self._accept(moved, lost)
            self.time = until if dt < step else self.time + dt
            return
        moved, lost, share = self._until_click(dt, before, after)
        self._accept(moved, lost)
        self.time += share
        self._click()

    def _until_click(
        self, dt: float, before: float, after: float
    ) -> tuple[list[Blocks], float, float]:
        """The state where its norm meets the threshold: the logarithm is nearly a straight line."""
        low, high, share = 0.0, dt, dt
        moved, lost = self.state, 0.0
        top, bottom = log(before / self.threshold), log(after / self.threshold)
        for _ in range(_SEARCHES):
            share = low + (high - low) * top / (top - bottom)
            moved, lost = self._moved(share)
            gap = log(weight_of(moved, self.first) / self.threshold)
            if abs(gap) < _GAP:
                break
            low, top = (share, gap) if gap > 0 else (low, top)
            high, bottom = (share, gap) if gap <= 0 else (high, bottom)
        return moved, lost, share

    def _moved(self, dt: float) -> tuple[list[Blocks], float]:
        network = self.network
        operators = network.full if dt == network.step else network.operators(dt)
        state, total = self.state, 0.0
        for operator in operators:
            state, lost = applied(state, operator, network.cut, self.first)
            total += lost
        return state, total

    def _accept(self, state: list[Blocks], lost: float) -> None:
        self.state = state
        self.lost += lost
        self.widest = max(self.widest, *(bond_of(A) for A in state))
        self._settle()

    def _settle(self) -> None:
        """Move on over sites that have become dark; their norm goes to the next one."""
        while self.first < len(self.state):
            A = self.state[self.first]
            rest = self.network.at_rest(self.first, A)
            if rest is None:
                break
            norm = norm_of(A)
            self.state[self.first] = rest
            self.first += 1
            if self.first < len(self.state):
                self.state[self.first] = scaled(self.state[self.first], norm)
            else:
                self.threshold /= norm**2  # given that nothing has clicked so far

    def _click(self) -> None:
        """A jump whose channel is drawn by its rate."""
        moved = []
        for operator in self.network.clicks:
            moved.append(applied(self.state, operator, self.network.cut, self.first))
        weights = np.cumsum([weight_of(state, self.first) for state, _ in moved])
        kind = int(np.searchsorted(weights, self.stream.random() * weights[-1], side="right"))
        state, lost = moved[kind]
        state[self.first] = scaled(state[self.first], 1 / norm_of(state[self.first]))
        self.clicks.append((self.time, self.network.chain.channels[kind].name))
        self.threshold = self.stream.random()
        self._accept(state, lost)

    def _ring(self) -> None:
        """A jump of fixed rate; it changes neither the norm nor any bond nor a charge.

        ``c†c`` is a number, so c moves no charge: of finitely many values, the largest could not go
        up nor the smallest down.
        """
        chain = self.network.chain
        rates = np.cumsum(chain.rates)
        kind = int(np.searchsorted(rates, self.stream.random() * rates[-1], side="right"))
        ((site, c),) = chain.clocks[kind].parts.items()
        state, norm = list(self.state), 1.0
        if self.first < len(state):
            norm = norm_of(state[self.first])
            state[self.first] = scaled(state[self.first], 1 / norm)
        state = acted(state, chain.grades, site, c / sqrt(chain.rates[kind]))
        self.first = min(self.first, site)
        state[self.first] = scaled(state[self.first], norm)
        self.state = state
        self.clicks.append((self.time, chain.clocks[kind].name))
        self.alarm = self._next_alarm()

    def _next_alarm(self) -> float:
        total = float(self.network.chain.rates.sum())
        return self.time + self.stream.exponential(1.0 / total) if total else float("inf")


def dark_vector(chain: Chain, n: int) -> Array | None:
    """The vector of site n that no jump and no coupling changes, if there is exactly one.

    It is found to rounding: a weak rate that disturbs it is not overlooked.
    """
    K = chain.local[n]
    rows = [c.parts[n] for c in chain.channels if n in c.parts]
    stacked = np.concatenate([*rows, np.zeros((1, len(K)), dtype=complex)])
    _, weights, right = np.linalg.svd(stacked)
    weights = np.concatenate([weights, np.zeros(len(K))])[: len(K)]
    null = right.conj().T[:, weights <= _ROUNDING * max(float(weights[0]), 1e-300)]
    if null.shape[1] != 1:
        return None
    v = with_phase(null[:, 0])
    moved = K @ v
    left = np.linalg.norm(moved - v * np.vdot(v, moved))
    return v if left <= _ROUNDING * np.linalg.norm(K) else None


def dark_vectors(chain: Chain) -> list[Array] | None:
    """The dark vectors of all sites, if all have one."""
    found = [dark_vector(chain, n) for n in range(len(chain))]
    every = [v for v in found if v is not None]
    return every if len(every) == len(chain) else None
