"""Time evolution of Gaussian states: exact for any step, stable or not.

Over a step h the Nambu moments go to ``E Sigma E† + Q`` with ``E = exp(W h)`` and
``Q = int_0^h exp(W s) S exp(W s)† ds``. Q is built by doubling from a short step,
``Q(2h) = Q(h) + E(h) Q(h) E(h)†``: no inverse of E appears, so stiff systems are safe.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from darkstate.engines.gaussian.structure import Structure
from darkstate.states import GaussianState


@dataclass(frozen=True)
class Step:
    """Propagator of one time step.

    Args:
        homogeneous: ``E = exp(W h)``, (2N, 2N).
        noise: Q, (2N, 2N).
        displacement: ``int_0^h exp(W s) ds drive``, (2N,).
    """

    homogeneous: NDArray[Any]
    noise: NDArray[Any]
    displacement: NDArray[Any]


def propagator(drift: NDArray, source: NDArray, drive: NDArray, h: float) -> Step:
    """The exact step of length `h` for drift W, source S and inhomogeneous term `drive`."""
    n = len(drift)
    halvings = max(0, int(np.ceil(np.log2(max(np.linalg.norm(drift, 1) * h, 1e-300)))) + 1)
    short = h / 2**halvings
    # Van Loan: one exponential of a triangular block matrix gives E and Q of a short step
    joint = np.zeros((2 * n + 1, 2 * n + 1), dtype=complex)
    joint[:n, :n] = -drift
    joint[:n, n : 2 * n] = source
    joint[n : 2 * n, n : 2 * n] = drift.conj().T
    exponential = scipy.linalg.expm(joint[: 2 * n, : 2 * n] * short)
    E = exponential[n:, n:].conj().T
    Q = E @ exponential[:n, n:]
    affine = np.zeros((n + 1, n + 1), dtype=complex)
    affine[:n, :n], affine[:n, n] = drift, drive
    d = scipy.linalg.expm(affine * short)[:n, n]
    for _ in range(halvings):
        Q = Q + E @ Q @ E.conj().T
        d = d + E @ d
        E = E @ E
    return Step(E, 0.5 * (Q + Q.conj().T), d)


def evolve_states(
    structure: Structure, times: Sequence[float], initial: GaussianState
) -> list[GaussianState]:
    """The states at `times` (increasing), `initial` being the state at the first of them."""
    n = len(structure.form.labels)
    drift, source = structure.drift.toarray(), structure.source.toarray()
    drive = np.concatenate([structure.form.drive, structure.form.drive.conj()])
    sigma = np.block(
        [[initial.number.T, initial.anomalous], [initial.anomalous.conj(), initial.number]]
    )
    mean = np.concatenate([np.asarray(initial.mean), np.asarray(initial.mean).conj()])
    states = [initial]
    steps: dict[float, Step] = {}
    for h in np.diff(np.asarray(times, dtype=float)):
        key = float(np.format_float_scientific(h, precision=12))
        if key not in steps:
            steps[key] = propagator(drift, source, drive, float(h))
        step = steps[key]
        sigma = step.homogeneous @ sigma @ step.homogeneous.conj().T + step.noise
        mean = step.homogeneous @ mean + step.displacement
        number = 0.5 * (sigma[n:, n:] + sigma[:n, :n].T)
        anomalous = 0.5 * (sigma[:n, n:] + sigma[:n, n:].T)
        states.append(
            GaussianState(
                structure.form.labels, 0.5 * (number + number.conj().T), anomalous, mean[:n]
            )
        )
    return states
