"""What the inner nodes are found in: probabilities, averages, entanglement per attempt.

Three nodes have a closed form. The ends differ by d Dicke states with the probability
``C(2N, N+d)/4^N``, and given d the inner ensemble is N atoms turned by ``t d + phi``: each is found
up with the probability ``cos^2((t d + phi)/2)``. So

    p_q = sum_d C(2N, N+d)/4^N  Binomial(q; N, cos^2((t d + phi)/2)),

and longer chains follow from amplitude matrices (`window`) or outcome by outcome (`sampling`).

One attempt that keeps only q = N yields ``p E`` ebits on average; keeping every outcome, which the
stations only have to announce, yields ``sum_q p_q E_q``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkstate.errors import CapacityError
from darkstate.linalg.threads import on_one_blas_thread
from darkstate.repeaters.checks import check_atoms, check_outcomes, check_time
from darkstate.repeaters.dicke import binomial_amplitudes, log_rotation_amplitudes, window
from darkstate.repeaters.phases import cosine_and_sine
from darkstate.repeaters.window import amplitude_matrix, rotation
from darkstate.systems.chain import check_nodes

Reals = NDArray[np.float64]

WIDE = 10.0
"""Half width c of windows in this module and in `sampling`: amplitudes beyond are below 1e-11."""

_MOST = 4000
ENDS = 7.2
"""Half width c of windows of the end nodes: the weight beyond is below 1e-12."""


@dataclass(frozen=True)
class OutcomeTable:
    """Every outcome of the inner node of three, and what it leaves at the ends.

    Args:
        outcomes: (Q,) numbers q of atoms up; those with a negligible probability are left out.
        probabilities: (Q,) p_q.
        entropies: (Q,) entanglement entropy E_q in ebits.
        log_negativities: (Q,) in ebits.
    """

    outcomes: NDArray[np.int64]
    probabilities: Reals
    entropies: Reals
    log_negativities: Reals

    @property
    def mean_entropy(self) -> float:
        """``sum_q p_q E_q``: ebits of an attempt that keeps every outcome."""
        return float(self.probabilities @ self.entropies)

    @property
    def mean_log_negativity(self) -> float:
        """``sum_q p_q E_N,q`` in ebits."""
        return float(self.probabilities @ self.log_negativities)


def check_chain(nodes: int, atoms: int, time: float, offset: float) -> None:
    """The checks common to this module and to `sampling`.

    Raises:
        ArgumentError: fewer than three nodes, no atom, time or offset not finite.
    """
    check_nodes(nodes, minimum=3)  # two have nothing to measure
    check_atoms(atoms)
    check_time(time, offset)
    if atoms > _MOST:
        size = 8 * (atoms + 1) * len(window(atoms, WIDE)) / 2**30
        raise CapacityError(
            f"`atoms` = {atoms}: all outcomes need {size:.2g} GiB and hours. Up to {_MOST} are "
            "done here; the outcome q = N alone has no such limit (`lattice_probability`)."
        )


def outcome_probabilities(atoms: int, time: float, offset: float = 0.0) -> Reals:
    """``p_q``, q = 0 .. N, of the inner node of three, the ends traced out.

    Args:
        atoms: N per node, up to 4000.
        time: t in radians.
        offset: phi in radians.

    Returns:
        (N+1,) probabilities.

    Raises:
        ArgumentError: no atom, time or offset not finite.
        CapacityError: too many atoms.
    """
    check_chain(3, atoms, time, offset)
    last = min(atoms, math.ceil(ENDS * math.sqrt(atoms / 2) * 1.2))
    d = np.arange(-last, last + 1)
    weight = binomial_amplitudes(2 * atoms, atoms + d) ** 2
    turned = cosine_and_sine(0.5 * time, d, 0.5 * offset)
    return np.array(
        [weight @ np.exp(2 * log_rotation_amplitudes(atoms, q, *turned)) for q in range(atoms + 1)]
    )


def outcome_probability(
    atoms: int, time: float, outcomes: Sequence[int], offset: float = 0.0
) -> float:
    """Joint probability of the outcomes ``q_2 .. q_(M-1)`` of all inner nodes.

    Args:
        atoms: N per node, up to 4000.
        time: t in radians.
        outcomes: one number 0 .. N for each inner node.
        offset: phi in radians.

    Raises:
        ArgumentError: an outcome out of range, or none; time or offset not finite.
        CapacityError: too many atoms.
    """
    outcomes = check_outcomes(outcomes, check_atoms(atoms))
    check_chain(len(outcomes) + 2, atoms, time, offset)
    k, inner = window(atoms, ENDS), window(atoms, WIDE)
    amplitudes = amplitude_matrix(atoms, time, k, outcomes, offset, inner)
    return float(np.sum(np.abs(amplitudes) ** 2))


@on_one_blas_thread
def outcome_table(atoms: int, time: float, offset: float = 0.0) -> OutcomeTable:
    """All outcomes of the inner node of three with their probabilities and entanglement.

    Costs N+1 spectra of symmetric matrices in a window of some ``7 sqrt(N)`` states.

    Args:
        atoms, time, offset: as of `outcome_probabilities`.
    """
    probabilities = outcome_probabilities(atoms, time, offset)
    kept = np.flatnonzero(probabilities > 1e-13)
    k = window(atoms, ENDS)
    psi, kappa = binomial_amplitudes(atoms, k), k - atoms / 2
    # columns in the order of -kappa: a function of sums, so A is symmetric
    turned = cosine_and_sine(0.5 * time, np.add.outer(kappa, kappa), 0.5 * offset)
    numbers = []
    for q in kept:
        schmidt = np.abs(np.linalg.eigvalsh(psi[:, None] * rotation(atoms, int(q), *turned) * psi))
        numbers.append(_of_schmidt(np.sort(schmidt)[::-1]))
    entropies, negativities = np.array(numbers).T
    return OutcomeTable(kept, probabilities[kept], entropies, negativities)


def shared(amplitudes: NDArray) -> tuple[float, float]:
    """Entropy and log-negativity in ebits of the pure state ``A/||A||``, A of shape (W, W)."""
    return _of_schmidt(np.linalg.svd(amplitudes, compute_uv=False))


def _of_schmidt(schmidt: Reals) -> tuple[float, float]:
    schmidt = schmidt[schmidt > 1e-14 * schmidt[0]]
    total = np.sqrt(np.sum(schmidt**2))
    schmidt = schmidt / total
    p = schmidt**2
    return float(-np.sum(p * np.log2(p))), float(2 * np.log2(np.sum(schmidt)))


def success_probability(nodes: int, atoms: int, time: float, offset: float = 0.0) -> float:
    """Probability that every inner node is found with all atoms up, q = N.

    Args:
        nodes: M >= 3.
        atoms, time, offset: as of `outcome_probabilities`.
    """
    check_chain(nodes, atoms, time, offset)
    return outcome_probability(atoms, time, (atoms,) * (nodes - 2), offset)


def entanglement_per_attempt(nodes: int, atoms: int, time: float, offset: float = 0.0) -> float:
    """``p E``: ebits that an attempt yields on average if only q = N everywhere is kept.

    Args:
        nodes, atoms, time, offset: as of `success_probability`.
    """
    check_chain(nodes, atoms, time, offset)
    k, inner = window(atoms, ENDS), window(atoms, WIDE)
    amplitudes = amplitude_matrix(atoms, time, k, (atoms,) * (nodes - 2), offset, inner)
    return float(np.sum(np.abs(amplitudes) ** 2)) * shared(amplitudes)[0]
