"""Many steady states of one network with varying parameters, solved together.

Drift and source of a quadratic system are affine in frequencies, couplings and rates. The matrices
of a whole batch are therefore a base plus parameter-weighted increments, found by building one
system per parameter, and the Sylvester equations of all samples are solved by one batched
iteration. That the dependence is affine is checked on a sample, never assumed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.gaussian.structure import Structure
from darkstate.errors import EngineMismatchError
from darkstate.linalg.sylvester import solve_sylvester_batched
from darkstate.states import GaussianBatch
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.quadratic import quadratic_form

Build = Callable[[NDArray[np.float64]], OpenSystem]


def batched_steady_states(
    build: Build, samples: NDArray[np.float64]
) -> tuple[GaussianBatch, float]:
    """States of ``build(sample)`` for every row of `samples` (B, n), and the largest residual.

    Raises:
        EngineMismatchError: the generator does not depend affinely on the parameters.
        NumericalError: a sample has no unique steady state.
    """
    base = samples.mean(axis=0)
    structure = Structure.of(quadratic_form(build(samples[0])))
    drift, source = _matrices(build, base)
    stack_drift = np.broadcast_to(drift, (len(samples), *drift.shape)).copy()
    stack_source = np.broadcast_to(source, (len(samples), *source.shape)).copy()
    for j in range(samples.shape[1]):
        step = np.zeros_like(base)
        step[j] = max(1.0, abs(base[j]))
        more_drift, more_source = _matrices(build, base + step)
        weight = ((samples[:, j] - base[j]) / step[j])[:, None, None]
        stack_drift += weight * (more_drift - drift)
        stack_source += weight * (more_source - source)
    _check_affine(build, samples[-1], stack_drift[-1], stack_source[-1])
    return _solve(structure, stack_drift, stack_source)


def _matrices(build: Build, sample: NDArray) -> tuple[NDArray, NDArray]:
    structure = Structure.of(quadratic_form(build(sample)))
    return structure.drift.toarray(), structure.source.toarray()


def _check_affine(build: Build, sample: NDArray, drift: NDArray, source: NDArray) -> None:
    exact = _matrices(build, sample)
    for guess, true in zip((drift, source), exact, strict=True):
        gap = float(np.abs(guess - true).max())
        if gap > 1e-11 * max(1.0, float(np.abs(true).max())):
            raise EngineMismatchError(
                "The varied parameters do not enter the generator linearly (mismatch "
                f"{gap:.3g}), so the samples cannot be stacked. Solve them one by one."
            )


def _solve(structure: Structure, drift: NDArray, source: NDArray) -> tuple[GaussianBatch, float]:
    n = len(structure.form.labels)
    sigma = np.zeros_like(source)
    residual = 0.0
    for p, q in structure.correlated:
        rows, columns = structure.blocks[p], structure.blocks[q]
        W_p = drift[:, rows[:, None], rows]
        W_q = W_p if p == q else drift[:, columns[:, None], columns]
        solution = solve_sylvester_batched(W_p, W_q, source[:, rows[:, None], columns])
        residual = max(residual, solution.residual)
        _fill(sigma, rows, columns, solution.x, n)
    number = sigma[:, n:, n:]
    return GaussianBatch(structure.form.labels, number, sigma[:, :n, n:]), residual


def _fill(sigma: NDArray, rows: NDArray, columns: NDArray, x: NDArray, n: int) -> None:
    """Write a block and its three images (adjoint, conjugate of both) to the Nambu matrix."""
    conjugate_rows, conjugate_columns = (rows + n) % (2 * n), (columns + n) % (2 * n)
    adjoint = x.conj().swapaxes(-1, -2)
    sigma[:, rows[:, None], columns] = x
    sigma[:, columns[:, None], rows] = adjoint
    sigma[:, conjugate_rows[:, None], conjugate_columns] = x.conj()
    sigma[:, conjugate_columns[:, None], conjugate_rows] = adjoint.conj()
