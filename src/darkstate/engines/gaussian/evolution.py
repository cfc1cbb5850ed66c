"""Time evolution of Gaussian states: exact for any step, stable or not.

Over a step h the Nambu moments go to ``E Sigma E† + Q`` with ``E = exp(W h)`` and
``Q = int_0^h exp(W s) S exp(W s)† ds``. Q is built by doubling from a short step,
``Q(2h) = Q(h) + E(h) Q(h) E(h)†``: no inverse of E appears, so stiff systems are safe. Each block
of amplitudes has its own exponential and its own short step, so that a fast block does not cost
the digits of a slow one that it is not coupled to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.engines.contract import Cost
from darkstate.engines.gaussian.rounding import (
    EPS,
    SAFETY,
    TRIALS,
    Disturbance,
    RoundingError,
    judging_memory,
    nambu_moments,
    restricted,
    rounding_error,
    separate,
    write_images,
)
from darkstate.engines.gaussian.structure import Structure
from darkstate.errors import NumericalError
from darkstate.states import GaussianState


@dataclass(frozen=True)
class MomentPropagator:
    """Propagator of one time step.

    Args:
        homogeneous: ``E = exp(W h)``, (2N, 2N).
        noise: Q, (2N, 2N).
        displacement: ``int_0^h exp(W s) ds drive``, (2N,).
    """

    homogeneous: NDArray[Any]
    noise: NDArray[Any]
    displacement: NDArray[Any]


def evolution_cost(structure: Structure, times: Sequence[float]) -> Cost:
    """Moments at all times and of all trials; exponentials a step of a new length, products."""
    n = len(structure.form.labels)
    memory = 16.0 * (12 * (2 * n) ** 2 + (2 + 4 * (TRIALS + 1)) * n**2 * len(times))
    memory += judging_memory(n, len(times))
    lengths = len(set(step_lengths(times)))
    exponentials = sum(len(block) ** 3 for block in structure.blocks)
    parts = separate(abs(structure.drift) + abs(structure.source))
    cubes = sum(len(part) ** 3 for part in parts) + 0.25 * (2 * n) ** 3
    seconds = lengths * (5e-3 + 1e-7 * exponentials) + len(times) * (1e-3 + 2.5e-9 * cubes)
    return Cost(memory, (TRIALS + 1) * seconds)


def moment_propagator(structure: Structure, h: float) -> MomentPropagator:
    """The exact step of length `h`."""
    n = len(structure.form.labels)
    drive = np.concatenate([structure.form.drive, structure.form.drive.conj()])
    E = np.zeros((2 * n, 2 * n), dtype=complex)
    Q = np.zeros_like(E)
    d = np.zeros(2 * n, dtype=complex)
    drifts = [structure.drift[block][:, block].toarray() for block in structure.blocks]
    for block, W in zip(structure.blocks, drifts, strict=True):
        affine = np.zeros((len(block) + 1, len(block) + 1), dtype=complex)
        affine[:-1, :-1], affine[:-1, -1] = W, drive[block]
        exponential = scipy.linalg.expm(affine * h)
        E[np.ix_(block, block)] = exponential[:-1, :-1]
        d[block] = exponential[:-1, -1]
    for p, q in structure.correlated:
        rows, columns = structure.blocks[p], structure.blocks[q]
        source = structure.source[rows][:, columns].toarray()
        write_images(Q, rows, columns, _noise(drifts[p], drifts[q], source, h))
    return MomentPropagator(E, Q, d)


def _noise(W: NDArray[Any], V: NDArray[Any], source: NDArray[Any], h: float) -> NDArray[Any]:
    """``int_0^h exp(W s) S exp(V s)† ds`` by doubling from Van Loan's short step."""
    size = max(float(np.linalg.norm(W, 1)), float(np.linalg.norm(V, 1)))
    halvings = max(0, int(np.ceil(np.log2(max(size * h, 1e-300)))) + 1)
    m = len(W)
    joint = np.zeros((m + len(V), m + len(V)), dtype=complex)
    joint[:m, :m], joint[:m, m:], joint[m:, m:] = -W, source, V.conj().T
    exponential = scipy.linalg.expm(joint * (h / 2**halvings))
    left, right = scipy.linalg.expm(W * (h / 2**halvings)), exponential[m:, m:]
    Q = left @ exponential[:m, m:]
    for _ in range(halvings):
        Q = Q + left @ Q @ right
        left, right = left @ left, right @ right
    return Q


def evolve_states(
    structure: Structure, times: Sequence[float], initial: GaussianState
) -> tuple[list[GaussianState], RoundingError]:
    """The states at `times` (increasing, `initial` at the first), and errors of their moments.

    The same evolution with drift, source and initial moments disturbed by what rounding may have
    done to them shows how far it is to be trusted.

    Raises:
        NumericalError: the moments outgrow floating point: the system is unstable.
    """
    moments, means = _propagate(structure, times, initial)
    changes, moved = [], 0.0
    for seed in range(TRIALS):
        trial = Disturbance(structure, seed)
        other = replace(
            structure,
            drift=sp.csr_array(structure.drift + trial.drift),
            source=sp.csr_array(structure.source + trial.source),
        )
        around, near = _propagate(other, times, initial)
        around -= moments  # in place: these are the largest arrays
        changes.append(around)
        moved = max(moved, SAFETY * float(np.abs(near - means).max()))
    lost = lost_by_exponentials(structure, times[-1] - times[0])
    late, of_mean = _lag_errors(structure, times, moments, means)
    error = rounding_error(moments, changes, lost * max(1.0, _largest(moments)) + late)
    largest = max(1.0, float(np.abs(means).max()))
    of_means = 2 * largest * (moved + of_mean + lost * largest)
    n = len(structure.form.labels)
    states = [
        GaussianState(structure.form.labels, sigma[n:, n:], sigma[:n, n:], mean[:n])
        for sigma, mean in zip(moments[1:], means[1:], strict=True)
    ]
    return [initial, *states], RoundingError(error.moments + of_means, error.relative)


def _propagate(
    structure: Structure, times: Sequence[float], initial: GaussianState
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Nambu moments (T, 2N, 2N) and amplitudes (T, 2N)."""
    alpha = np.asarray(initial.mean)
    first = nambu_moments(np.asarray(initial.number), np.asarray(initial.anomalous))
    moments = np.empty((len(times), *first.shape), dtype=complex)
    moments[0] = first
    means = [np.concatenate([alpha, alpha.conj()])]
    parts = separate(abs(structure.drift) + abs(structure.source) + sp.csr_array(np.abs(first)))
    steps: dict[float, MomentPropagator] = {}
    pieces: dict[float, list[tuple[NDArray[Any], ...]]] = {}
    for k, (t, h) in enumerate(zip(times[1:], step_lengths(times), strict=True)):
        with np.errstate(all="ignore"):  # overflow is checked for and named below
            if h not in steps:
                step = steps[h] = moment_propagator(structure, h)
                matrices = (step.homogeneous, step.noise)
                pieces[h] = [tuple(restricted(m, part) for m in matrices) for part in parts]
            step, sigma = steps[h], np.zeros_like(first)
            for part, (E, Q) in zip(parts, pieces[h], strict=True):
                moved = E @ restricted(moments[k], part) @ E.conj().T + Q
                write_images(sigma, part, part, moved)
            mean = step.homogeneous @ means[-1] + step.displacement
        if not (np.all(np.isfinite(sigma)) and np.all(np.isfinite(mean))):
            raise NumericalError(
                f"The moments outgrow floating point before t = {t:.4g}: the system amplifies "
                "without bound. End the evolution earlier, or lower the gain."
            )
        moments[k + 1] = _symmetric(sigma)
        means.append(mean)
    return moments, np.array(means)


def _symmetric(sigma: NDArray[Any]) -> NDArray[np.complex128]:
    """Moments whose halves agree to the last bit."""
    n = len(sigma) // 2
    number = 0.5 * (sigma[n:, n:] + sigma[:n, :n].T)
    anomalous = 0.5 * (sigma[:n, n:] + sigma[:n, n:].T)
    return nambu_moments(0.5 * (number + number.conj().T), anomalous)


def step_lengths(times: Sequence[float]) -> list[float]:
    """Steps between times, to twelve digits: equal ones are one, and none lags behind the clock."""
    now, steps = times[0], []
    for t in times[1:]:
        steps.append(float(np.format_float_scientific(t - now, precision=11)))
        now += steps[-1]
    return steps


def lost_by_exponentials(structure: Structure, duration: float) -> float:
    """Relative error of the moments after `duration` by rounding of the exponentials.

    An exponential loses ``eps |W| t``; for a block that relaxes, t is at most its relaxation time.
    """
    worst = 0.0
    for number, block in enumerate(structure.blocks):
        if structure.mirror[number] < number:
            continue
        W = structure.drift[block][:, block].toarray()
        gap = -float(np.max(np.linalg.eigvals(W).real))
        time = min(duration, 1.0 / gap) if gap > 0 else duration
        worst = max(worst, float(np.linalg.norm(W, 1)) * time)
    return 8 * EPS * (1.0 + worst)


def _largest(moments: NDArray[Any]) -> float:
    return float(np.linalg.norm(moments, axis=(-2, -1)).max())


def _lag_errors(
    structure: Structure, times: Sequence[float], moments: NDArray[Any], means: NDArray[Any]
) -> tuple[float, float]:
    """Largest changes of moments (Frobenius norm) and means while steps lag behind the times."""
    lag = np.abs(np.asarray(times) - (times[0] + np.cumsum([0.0, *step_lengths(times)])))
    drift, source = structure.drift, structure.source
    of_moments = 0.0
    for late, sigma in zip(lag, moments, strict=True):
        if late:
            flow = drift @ sigma
            flow += flow.conj().T + source
            of_moments = max(of_moments, float(late * np.linalg.norm(flow)))
    drive = np.concatenate([structure.form.drive, structure.form.drive.conj()])
    pace = np.abs((drift @ means.T).T + drive).max(axis=-1)
    return of_moments, float((lag * pace).max())
