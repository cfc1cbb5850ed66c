"""Many steady states of one network with varying parameters, solved together.

Drift and source of a quadratic system are affine in frequencies, couplings and rates. The matrices
of a whole batch are therefore a base plus parameter-weighted increments, found by building one
system per parameter, and the Sylvester equations of all samples are solved by one batched
iteration. That the dependence is affine is checked on a sample, never assumed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.engines.gaussian.response import MomentWeights, coupled_blocks
from darkstate.engines.gaussian.rounding import (
    EPS,
    SAFETY,
    TRIALS,
    UNIT,
    RoundingError,
    nambu_moments,
    random_signs,
    rounding_error,
    write_images,
)
from darkstate.engines.gaussian.structure import Structure
from darkstate.errors import EngineMismatchError
from darkstate.linalg.residual import adjoint, backward_error
from darkstate.linalg.sylvester import require_hurwitz_stack, solve_sylvester_batched
from darkstate.states import GaussianBatch
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.quadratic import QuadraticForm, quadratic_form

Build = Callable[[NDArray[np.float64]], OpenSystem]


@dataclass(frozen=True)
class _Matrices:
    """Nambu drift, source and inhomogeneous term of one system, and moduli added to make them."""

    drift: NDArray[Any]
    source: NDArray[Any]
    drive: NDArray[Any]
    added: tuple[NDArray[Any], NDArray[Any]]

    @classmethod
    def of(cls, form: QuadraticForm) -> _Matrices:
        structure = Structure.of(form)
        drive = np.concatenate([form.drive, form.drive.conj()])
        drift, source = (each.toarray() for each in form.added)
        return cls(structure.drift.toarray(), structure.source.toarray(), drive, (drift, source))

    def parts(self) -> tuple[NDArray[Any], ...]:
        return self.drift, self.source, self.drive


@dataclass(frozen=True, eq=False)
class BatchEquations:
    """The moment equations of all samples, ``W X + X W† + S = 0`` and ``W mu + d = 0``.

    Args:
        structure: of the joint pattern.
        drift, source, drive: (B, 2N, 2N) twice, and (B, 2N).
        sizes: moduli that were added to make an entry of drift and source, (2N, 2N).
    """

    structure: Structure
    drift: NDArray[Any]
    source: NDArray[Any]
    drive: NDArray[Any]
    sizes: tuple[NDArray[Any], NDArray[Any]]

    @classmethod
    def of(cls, build: Build, samples: NDArray[np.float64]) -> BatchEquations:
        """Those of ``build(sample)`` for every row of `samples` (B, n).

        Raises:
            EngineMismatchError: the generator does not depend affinely on the parameters.
        """
        base = samples.mean(axis=0)
        form = quadratic_form(build(base))
        first = _Matrices.of(form)
        stack = [np.repeat(part[None], len(samples), axis=0) for part in first.parts()]
        pattern = [np.abs(part) for part in first.parts()]
        added = list(first.added)
        for j in range(samples.shape[1]):
            reach = samples[:, j].max() - base[j]
            if reach == 0:
                continue  # the same in all samples
            probe = base.copy()
            probe[j] += reach
            moved = _Matrices.of(quadratic_form(build(probe)))
            weight = (samples[:, j] - base[j]) / reach
            for k, (near, far) in enumerate(zip(first.parts(), moved.parts(), strict=True)):
                stack[k] += weight.reshape(-1, *[1] * near.ndim) * (far - near)
                pattern[k] += np.abs(far - near)
            added = [np.maximum(x, y) for x, y in zip(added, moved.added, strict=True)]
        _check_affine(build, samples, stack)
        joint = Structure.from_matrices(form, sp.csr_array(pattern[0]), sp.csr_array(pattern[1]))
        drift, source, drive = stack
        return cls(joint, drift, source, drive, (added[0] + pattern[0], added[1] + pattern[1]))

    def adjoint(self, state: GaussianBatch, G: NDArray[Any], g: NDArray[Any]) -> MomentWeights:
        """Weights of a function of each sample with derivatives G (B, 2N, 2N) and g (B, 2N).

        As `darkstate.engines.gaussian.response.MomentResponse.adjoint`, with the samples in front.

        Args:
            state: the steady states.
            G: Hermitian, by the moments.
            g: by the amplitudes.
        """
        moments = nambu_moments(state.number, state.anomalous)
        alpha = np.asarray(state.mean)
        means = np.concatenate([alpha, alpha.conj()], axis=-1)
        back = adjoint(self.drift)
        pairs = coupled_blocks(self.structure, np.any(G != 0, axis=0))
        Y, error = _solve_moments(self.structure, back, G, pairs)
        multiplier = -np.linalg.solve(back, g[..., None])[..., 0]
        drift = 2.0 * (moments @ Y).swapaxes(-1, -2)
        drift += multiplier.conj()[..., :, None] * means[..., None, :]
        sizes = 2.0 * (np.abs(moments) @ np.abs(Y)).swapaxes(-1, -2)
        sizes += np.abs(multiplier)[..., :, None] * np.abs(means)[..., None, :]
        return MomentWeights(drift, Y.swapaxes(-1, -2), multiplier.conj(), error, sizes)


def batched_steady_states(
    build: Build, samples: NDArray[np.float64]
) -> tuple[GaussianBatch, float, RoundingError]:
    """States of ``build(sample)`` for every row of `samples` (B, n).

    Returns:
        The states, the largest backward error of the whole moment equations, and the largest
        errors of the moments.

    Raises:
        EngineMismatchError: the generator does not depend affinely on the parameters.
        NumericalError: a sample has no unique steady state.
    """
    return _solve(BatchEquations.of(build, samples))


def _check_affine(build: Build, samples: NDArray, stack: list[NDArray]) -> None:
    """Compare with systems built at random mixtures of the samples, none of them a node."""
    rng = np.random.default_rng(0)
    for _ in range(3):
        mixture = rng.dirichlet(np.ones(min(4, len(samples))))
        chosen = rng.integers(0, len(samples), size=len(mixture))
        exact = _Matrices.of(quadratic_form(build(mixture @ samples[chosen])))
        added = (*exact.added, np.zeros(1))  # cancelled gain and loss leave their rounding
        for many, true, size in zip(stack, exact.parts(), added, strict=True):
            guess = np.tensordot(mixture, many[chosen], axes=1)
            gap = float(np.abs(guess - true).max(initial=0.0))
            rounding = 2 * SAFETY * UNIT * float(size.max(initial=0.0))
            if gap > 1e-11 * float(np.abs(true).max(initial=0.0)) + rounding:
                raise EngineMismatchError(
                    "The varied parameters do not enter the generator linearly (mismatch "
                    f"{gap:.3g}), so the samples cannot be stacked. Solve them one by one."
                )


def _solve(equations: BatchEquations) -> tuple[GaussianBatch, float, RoundingError]:
    """The states, their backward error and errors."""
    structure, drift, source = equations.structure, equations.drift, equations.source
    drive, sizes = equations.drive, equations.sizes
    n = len(structure.form.labels)
    sigma, error = _solve_moments(structure, drift, source, structure.correlated)
    _require_all_damped(structure, drift)
    residual = float(np.max(backward_error(drift, drift, source, sigma), initial=0.0))
    mean = -np.linalg.solve(drift, drive[..., None])
    changes, moved = [], 0.0
    for seed in range(TRIALS):
        rng = np.random.default_rng(seed)
        dw, ds = (random_signs(n, rng) * UNIT * size for size in sizes)
        dw, ds = dw * _direction(drift), ds * _direction(source)
        right = dw @ sigma + sigma @ adjoint(dw) + 0.5 * (ds + adjoint(ds))
        changes.append(_solve_moments(structure, drift, right, structure.correlated)[0])
        moved = max(moved, SAFETY * float(np.abs(np.linalg.solve(drift, dw @ mean)).max()))
    beyond = max(0.0, error - EPS) * float(np.linalg.norm(sigma, axis=(-2, -1)).max())
    found = rounding_error(sigma, changes, beyond)
    of_means = 2 * max(1.0, float(np.abs(mean).max())) * moved
    found = RoundingError(found.moments + of_means, found.relative)
    labels, number, pairs = structure.form.labels, sigma[:, n:, n:], sigma[:, :n, n:]
    return GaussianBatch(labels, number, pairs, mean[:, :n, 0]), residual, found


def _solve_moments(
    structure: Structure,
    drift: NDArray[Any],
    source: NDArray[Any],
    pairs: Iterable[tuple[int, int]],
) -> tuple[NDArray[np.complex128], float]:
    """Moments of all samples, and the largest relative error by the solver."""
    sigma, error = np.zeros(source.shape, dtype=complex), 0.0
    for p, q in pairs:
        rows, columns = structure.blocks[p], structure.blocks[q]
        W_p = drift[:, rows[:, None], rows]
        W_q = W_p if p == q else drift[:, columns[:, None], columns]
        solution = solve_sylvester_batched(W_p, W_q, source[:, rows[:, None], columns])
        error = max(error, solution.error)
        write_images(sigma, rows, columns, solution.x)
    return sigma, error


def _direction(matrix: NDArray[Any]) -> NDArray[Any]:
    """Entries over their moduli, zero where they are zero."""
    return np.divide(matrix, np.abs(matrix), out=np.zeros_like(matrix), where=matrix != 0)


def _require_all_damped(structure: Structure, drift: NDArray) -> None:
    """Blocks without noise have met no solver yet; they must decay, too."""
    seen = {block for pair in structure.correlated for block in pair}
    seen |= {structure.mirror[block] for block in seen}
    for number, block in enumerate(structure.blocks):
        if number not in seen:
            require_hurwitz_stack("drift", drift[:, block[:, None], block])
