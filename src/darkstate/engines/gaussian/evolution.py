"""Time evolution of Gaussian states: exact for any step, stable or not.

Over a step h the Nambu moments go to ``E Sigma E† + Q`` with ``E = exp(W h)`` and
``Q = int_0^h exp(W s) S exp(W s)† ds``. Q is built by doubling from a short step,
``Q(2h) = Q(h) + E(h) Q(h) E(h)†``: no inverse of E appears, so stiff systems are safe. Each block
of amplitudes has its own exponential and its own short step, so that a fast block does not cost
the digits of a slow one that it is not coupled to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from darkstate.engines.base import Cost
from darkstate.engines.gaussian.structure import Structure
from darkstate.errors import NumericalError
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


def evolution_cost(structure: Structure, times: Sequence[float]) -> Cost:
    """Moments at all times; an exponential a step of a new length, products a step."""
    n = len(structure.form.labels)
    memory = 16.0 * (12 * (2 * n) ** 2 + 2 * n**2 * len(times))
    lengths = len({_rounded(h) for h in np.diff(np.asarray(times, dtype=float))})
    exponentials = sum(len(block) ** 3 for block in structure.blocks)
    seconds = lengths * (2e-3 + 4e-8 * exponentials) + len(times) * (3e-4 + 5e-9 * (2 * n) ** 3)
    return Cost(memory, seconds)


def _rounded(h: float) -> float:
    """Steps that differ by rounding only are one."""
    return float(np.format_float_scientific(h, precision=12))


def propagator(structure: Structure, h: float) -> Step:
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
        _write(Q, rows, columns, _noise(drifts[p], drifts[q], source, h))
    return Step(E, Q, d)


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


def _write(Q: NDArray[Any], rows: NDArray[Any], columns: NDArray[Any], x: NDArray[Any]) -> None:
    """A block and its three images: adjoint, and the conjugates of both."""
    n = len(Q) // 2
    mirror_rows, mirror_columns = (rows + n) % (2 * n), (columns + n) % (2 * n)
    Q[np.ix_(rows, columns)] = x
    Q[np.ix_(columns, rows)] = x.conj().T
    Q[np.ix_(mirror_rows, mirror_columns)] = x.conj()
    Q[np.ix_(mirror_columns, mirror_rows)] = x.T


def rounding_error(structure: Structure, duration: float) -> float:
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
    return 8 * float(np.finfo(float).eps) * (1.0 + worst)


def evolve_states(
    structure: Structure, times: Sequence[float], initial: GaussianState
) -> list[GaussianState]:
    """The states at `times` (increasing), `initial` being the state at the first of them.

    Raises:
        NumericalError: the moments outgrow floating point: the system is unstable.
    """
    n = len(structure.form.labels)
    sigma = np.block(
        [[initial.number.T, initial.anomalous], [initial.anomalous.conj(), initial.number]]
    )
    mean = np.concatenate([np.asarray(initial.mean), np.asarray(initial.mean).conj()])
    states = [initial]
    steps: dict[float, Step] = {}
    for t, h in zip(times[1:], np.diff(np.asarray(times, dtype=float)), strict=True):
        key = _rounded(h)
        with np.errstate(all="ignore"):  # overflow is checked for and named below
            if key not in steps:
                steps[key] = propagator(structure, float(h))
            step = steps[key]
            sigma = step.homogeneous @ sigma @ step.homogeneous.conj().T + step.noise
            mean = step.homogeneous @ mean + step.displacement
        if not (np.all(np.isfinite(sigma)) and np.all(np.isfinite(mean))):
            raise NumericalError(
                f"The moments outgrow floating point before t = {t:.4g}: the system amplifies "
                "without bound. End the evolution earlier, or lower the gain."
            )
        number = 0.5 * (sigma[n:, n:] + sigma[:n, :n].T)
        anomalous = 0.5 * (sigma[:n, n:] + sigma[:n, n:].T)
        number = 0.5 * (number + number.conj().T)
        states.append(GaussianState(structure.form.labels, number, anomalous, mean[:n]))
    return states
