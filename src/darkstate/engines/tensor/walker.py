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

from darkstate.engines.tensor.mps import Cut, applied, weight_of
from darkstate.engines.tensor.sites import Array, Chain, Channel
from darkstate.engines.tensor.steps import Steps, steps_of

_HALF = 0.5 + 0.5j / sqrt(3.0)
_GAP = 1e-3
"""Relative error of the norm at a jump: the jump comes by so much over the rate early or late."""
_SEARCHES = 5
_ROUNDING = 1e-13


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
    clicks: tuple[list[Array], ...] = field(init=False)
    rest: tuple[Array | None, ...] = field(init=False)
    full: list[list[Array]] = field(init=False)

    def __post_init__(self) -> None:
        sizes = self.chain.sizes
        set_ = object.__setattr__
        set_(self, "clicks", tuple(_sum_operator(each, sizes) for each in self.chain.channels))
        set_(self, "rest", tuple(dark_vector(self.chain, n) for n in range(len(sizes))))
        set_(self, "full", self.operators(self.step))

    def operators(self, dt: float) -> list[list[Array]]:
        """The two operators of a step."""
        return [self.steps.operator(a * dt) for a in (_HALF, _HALF.conjugate())]

    def at_rest(self, n: int, A: Array) -> Array | None:
        """The dark tensor of site n if A is one, up to `dark` and a phase; else None."""
        d = self.rest[n]
        if d is None or A.shape[0] != 1 or A.shape[2] != 1:
            return None
        v = A[0, :, 0] / np.linalg.norm(A)
        amplitude = np.vdot(d, v)
        if np.linalg.norm(v - amplitude * d) > self.dark:
            return None
        return (d * amplitude / abs(amplitude)).reshape(1, -1, 1)


def network_of(chain: Chain, step: float | None, cut: Cut, dark: float) -> Network:
    """A network with its steps; by default a step changes a site by at most 0.4."""
    steps = steps_of(chain)
    return Network(chain, steps, step or 0.4 / max(steps.norm, 1e-300), cut, dark)


def _sum_operator(channel: Channel, sizes: Sequence[int]) -> list[Array]:
    """A sum of local parts as a matrix-product operator of bond dimension two."""
    found = []
    for n, d in enumerate(sizes):
        W = np.zeros((2, d, d, 2), dtype=complex)
        W[0, :, :, 0] = W[1, :, :, 1] = np.eye(d)
        if n in channel.parts:
            W[0, :, :, 1] = channel.parts[n]
        found.append(W[..., 1:] if n == len(sizes) - 1 else W)
    return found


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
    state: list[Array]
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
            if self.first == len(self.state):
                self.time = until
            else:
                self._step(until)
            if self.time >= self.alarm:
                self._ring()

    def normalised(self) -> list[Array]:
        """The state with norm one."""
        if self.first == len(self.state):
            return self.state
        state = list(self.state)
        state[self.first] = state[self.first] / sqrt(weight_of(state, self.first))
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
    ) -> tuple[list[Array], float, float]:
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

    def _moved(self, dt: float) -> tuple[list[Array], float]:
        network = self.network
        operators = network.full if dt == network.step else network.operators(dt)
        state, total = self.state, 0.0
        for operator in operators:
            state, lost = applied(state, operator, network.cut, self.first)
            total += lost
        return state, total

    def _accept(self, state: list[Array], lost: float) -> None:
        self.state = state
        self.lost += lost
        self.widest = max(self.widest, *(A.shape[2] for A in state))
        self._settle()

    def _settle(self) -> None:
        """Move on over sites that have become dark; their norm goes to the next one."""
        while self.first < len(self.state):
            A = self.state[self.first]
            rest = self.network.at_rest(self.first, A)
            if rest is None:
                break
            norm = float(np.linalg.norm(A))
            self.state[self.first] = rest
            self.first += 1
            if self.first < len(self.state):
                self.state[self.first] = self.state[self.first] * norm
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
        state[self.first] = state[self.first] / sqrt(weight_of(state, self.first))
        self.clicks.append((self.time, self.network.chain.channels[kind].name))
        self.threshold = self.stream.random()
        self._accept(state, lost)

    def _ring(self) -> None:
        """A jump of fixed rate; it changes neither the norm nor any bond."""
        chain = self.network.chain
        rates = np.cumsum(chain.rates)
        kind = int(np.searchsorted(rates, self.stream.random() * rates[-1], side="right"))
        ((site, c),) = chain.clocks[kind].parts.items()
        state = list(self.state)
        norm = 1.0
        if self.first < len(state):
            norm = sqrt(weight_of(state, self.first))
            state[self.first] = state[self.first] / norm
        matrix = c / sqrt(chain.rates[kind])
        state[site] = np.einsum("xy,ayb->axb", matrix, state[site])
        self.first = min(self.first, site)
        state[self.first] = state[self.first] * norm
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
    v = null[:, 0]
    moved = K @ v
    left = np.linalg.norm(moved - v * np.vdot(v, moved))
    return v if left <= _ROUNDING * np.linalg.norm(K) else None


def dark_vectors(chain: Chain) -> list[Array] | None:
    """The dark vectors of all sites, if all have one."""
    found = [dark_vector(chain, n) for n in range(len(chain))]
    every = [v for v in found if v is not None]
    return every if len(every) == len(chain) else None
