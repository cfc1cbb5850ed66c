"""Outcomes of all inner nodes drawn one after the other, exactly, for any number of nodes.

Let L (rows k_1, columns k_j) be the amplitudes left of the inner node j after the outcomes before
it, its own ``psi e^(i phi kappa)`` not yet included. Whatever follows on its right is traced out
and only dephases the node, by ``cos^N(t (k-k')/2)``. So with

    T(k, k') = psi psi' e^(i phi (k-k')) cos^N(t (k-k')/2) sum_(k_1) L(k_1, k) L*(k_1, k')

the outcome has the conditional probability ``p(q) = <q|T|q>_x / p(before)``; then ``L <- L D_q P``
leads to the next node. That is O(W^2 (W + N)) a node, never (N+1)^M.

Sample k draws from ``SeedSequence(entropy, spawn_key=(k,))`` and from nothing else, so it comes out
the same in any batch; samples that agree so far share the work.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_integer, check_seed
from darkstate.linalg.threads import on_one_blas_thread
from darkstate.memory import memory_limit, refuse_if_too_large
from darkstate.repeaters.dicke import binomial_amplitudes, phase_products, sx_amplitudes, window
from darkstate.repeaters.outcomes import ENDS, WIDE, check_chain, shared
from darkstate.repeaters.window import phases

Reals = NDArray[np.float64]
Complexes = NDArray[np.complex128]

_SAMPLE_BYTES = 80.0
"""Per sample and node: a random number, an outcome, and the array of its own they are drawn in."""


@dataclass(frozen=True)
class OutcomeSamples:
    """Outcomes that were drawn, and the entanglement that each leaves at the ends.

    Args:
        outcomes: (S, M-2) numbers q_j of atoms up, row k from the random stream k.
        probabilities: (S,) joint probability of each row.
        entropies: (S,) entanglement entropy of the ends, ebits.
        log_negativities: (S,) in ebits.
        provenance: entropy and spawn keys of the random numbers.
    """

    outcomes: NDArray[np.int64]
    probabilities: Reals
    entropies: Reals
    log_negativities: Reals
    provenance: dict[str, object] = field(default_factory=dict)

    @property
    def mean_entropy(self) -> tuple[float, float]:
        """Outcome-averaged entropy in ebits and its standard error (NaN for one sample)."""
        return _mean(self.entropies)

    @property
    def mean_log_negativity(self) -> tuple[float, float]:
        """Outcome-averaged log-negativity in ebits and its standard error."""
        return _mean(self.log_negativities)


def _mean(values: Reals) -> tuple[float, float]:
    count = len(values)
    error = float(np.std(values, ddof=1)) / math.sqrt(count) if count > 1 else math.nan
    return float(np.mean(values)), error


@on_one_blas_thread
def sample_outcomes(
    nodes: int,
    atoms: int,
    time: float,
    samples: int,
    *,
    offset: float = 0.0,
    seed: int | None = None,
) -> OutcomeSamples:
    """Measure all inner nodes `samples` times.

    Args:
        nodes: M >= 3.
        atoms: N per node, up to 4000.
        time: t in radians.
        samples: how many runs.
        offset: phi of the inner nodes, radians.
        seed: entropy of the random numbers; fresh if None.

    Returns:
        The outcomes, their probabilities and what they leave.

    Raises:
        ArgumentError: fewer than three nodes, no atom, no sample; time or offset not finite.
        CapacityError: too many atoms.
    """
    check_chain(nodes, atoms, time, offset)
    check_integer("samples", samples, minimum=1, remedy="Give the number of runs.")
    needed = _SAMPLE_BYTES * float(samples) * nodes
    refuse_if_too_large("samples", needed, memory_limit(None), "Take fewer, with several seeds.")
    if seed is not None:
        seed = check_seed("seed", seed)
    entropy = np.random.SeedSequence(seed).entropy
    uniform = np.array([_uniforms(entropy, k, nodes - 2) for k in range(samples)])
    walk = _Walk(nodes, atoms, time, offset, uniform)
    walk.run()
    provenance = {"entropy": entropy, "spawn_key": f"(k,), k = 0 .. {samples - 1}"}
    return OutcomeSamples(
        walk.outcomes, walk.probabilities, walk.numbers[:, 0], walk.numbers[:, 1], provenance
    )


def _uniforms(entropy, k: int, count: int) -> Reals:
    sequence = np.random.SeedSequence(entropy, spawn_key=(k,))
    return np.random.Generator(np.random.PCG64(sequence)).random(count)


class _Walk:
    """The tree of outcomes, walked depth first; a branch carries the samples that took it."""

    def __init__(self, nodes: int, atoms: int, time: float, offset: float, uniform: Reals):
        ends, inner = window(atoms, ENDS), window(atoms, WIDE)
        self.atoms, self.last, self.uniform = atoms, nodes - 3, uniform
        kappa = ends.astype(np.float64) - atoms / 2
        self.kappa = inner.astype(np.float64) - atoms / 2
        self.psi, self.end = binomial_amplitudes(atoms, inner), binomial_amplitudes(atoms, ends)
        self.states = np.array([sx_amplitudes(atoms, q, inner) for q in range(atoms + 1)])
        turn = np.exp(1j * phase_products(offset, self.kappa))
        self.turned = self.psi * turn
        apart = np.subtract.outer(self.kappa, self.kappa)
        cosine = np.cos(phase_products(0.5 * time, apart))
        with np.errstate(divide="ignore"):
            size = np.exp(atoms * np.log(np.abs(cosine)))
        self.traced = np.outer(self.turned, self.turned.conj()) * size
        self.traced *= np.where(cosine < 0, -1.0, 1.0) ** (atoms % 2)
        self.first = self.end[:, None] * phases(time, kappa, self.kappa)
        self.link = phases(time, self.kappa, self.kappa)
        self.out = phases(time, self.kappa, kappa)
        count = len(uniform)
        self.outcomes = np.zeros((count, nodes - 2), dtype=np.int64)
        self.probabilities, self.numbers = np.ones(count), np.zeros((count, 2))

    def run(self) -> None:
        """Draw all samples."""
        branches = [(0, self.first, np.arange(len(self.uniform)))]
        while branches:
            depth, left, taking = branches.pop()
            joint = self.distribution(left)
            total = np.cumsum(joint)
            drawn = np.searchsorted(total, self.uniform[taking, depth] * total[-1], side="right")
            drawn = np.minimum(drawn, self.atoms)
            self.outcomes[taking, depth] = drawn
            for q in np.unique(drawn):
                chosen = taking[drawn == q]
                grown = left * (self.turned * self.states[q])
                if depth < self.last:
                    link = self.link if depth % 2 else self.link.conj()
                    branches.append((depth + 1, grown @ link, chosen))
                    continue
                out = self.out if depth % 2 else self.out.conj()
                self.probabilities[chosen] = joint[q]
                self.numbers[chosen] = shared((grown @ out) * self.end)

    def distribution(self, left: Complexes) -> Reals:
        """(N+1,) joint probabilities of the outcomes so far and each next one."""
        reduced = self.traced * (left.T @ left.conj())
        image = self.states @ reduced
        return np.maximum(np.einsum("qk,qk->q", image, self.states).real, 0.0)
