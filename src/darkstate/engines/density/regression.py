"""Means at two times of density matrices: ``K rho B`` follows the same equation as rho.

What K and B take between charges leaves the blocks; then all basis states are one block. It is not
Hermitian in general: in time it is followed as its two Hermitian parts, for spectra as it is, with
the stationary part taken out and the eigenvalue zero of L moved away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.engines.density.basis import Blocks, Flat
from darkstate.engines.density.compile import basis_matrix, compiled
from darkstate.engines.density.generator import Generator
from darkstate.engines.density.initial import flattened
from darkstate.engines.regression import Regression
from darkstate.errors import CapacityError
from darkstate.linalg.krylov import krylov_steps
from darkstate.linalg.resolvent import resolvent_values
from darkstate.systems.open_system import OpenSystem

LARGEST = 1024
"""Basis states up to which ``K rho B`` is made."""
LARGEST_SPECTRUM = 20_000
"""Numbers of a state up to which L is factorised."""
_LEAVES = 1e-24
"""Squared weight between blocks, relative, that is rounding."""
_SMALLER = "Use fewer nodes or atoms, or lower cut-offs."


@dataclass(frozen=True)
class Started:
    """``K rho B`` on the blocks of a generator.

    Args:
        generator: L.
        start: ``K rho B``, flattened.
        stationary: rho, flattened.
        observed: O, such that ``Tr(O X) = vdot(observed, X)``.
    """

    generator: Generator
    start: Flat
    stationary: Flat
    observed: Flat

    @property
    def late(self) -> complex:
        """C at infinite delay: ``Tr(K rho B) <O>``."""
        weight = complex(self.start[self.generator.blocks.diagonal].sum())
        return weight * complex(np.vdot(self.observed, self.stationary))


def started(system: OpenSystem, state: Any, asked: Regression, make_blocks: Any) -> Started:
    """Where a two-time mean starts.

    Args:
        system: the system.
        state: its stationary state.
        asked: the mean.
        make_blocks: ``make_blocks(charged)``.

    Raises:
        CapacityError: too large.
    """
    blocks: Blocks = make_blocks(True)
    if blocks.dimension > LARGEST:
        raise CapacityError(
            f"Means at two times are made of up to {LARGEST} basis states, but these are "
            f"{blocks.dimension}.",
            _SMALLER,
        )
    flat, complete = flattened(state, blocks)
    rho = blocks.scatter(flat)
    K, B = (basis_matrix(o, blocks).toarray() for o in (asked.ket, asked.bra))
    moved = K @ rho @ B
    size = float(np.linalg.norm(moved) ** 2)
    if not complete or blocks.off_block_weight(moved) > _LEAVES * max(size, 1e-300):
        blocks = make_blocks(False)
    generator = compiled(system, blocks)
    blocks = generator.blocks
    observed = basis_matrix(asked.observed, blocks).toarray().conj().T
    flats = (blocks.gather(x.astype(complex)) for x in (moved, rho, observed))
    return Started(generator, *flats)


def correlation_values(
    found: Started, delays: NDArray[np.float64], rtol: float, size: int
) -> NDArray[np.complex128]:
    """C at increasing delays >= 0."""
    adjoint = found.start[found.generator.blocks.swap].conj()
    parts = (0.5 * (found.start + adjoint), -0.5j * (found.start - adjoint))
    total = np.zeros(len(delays), dtype=complex)
    for factor, part in zip((1.0, 1j), parts, strict=True):
        if float(np.linalg.norm(part)) > 0.0:
            total += factor * _followed(found, part, delays, rtol, size)
    return total


def _followed(
    found: Started, state: Flat, delays: NDArray[np.float64], rtol: float, size: int
) -> NDArray[np.complex128]:
    """``Tr[O e^(L tau) X]`` of a Hermitian X."""
    values = np.empty(len(delays), dtype=complex)
    state = found.generator.narrowed(state)
    waiting, done = list(enumerate(delays.tolist())), 0.0
    while waiting and waiting[0][1] <= 0.0:
        values[waiting.pop(0)[0]] = np.vdot(found.observed, state)
    if not waiting:
        return values
    for step in krylov_steps(found.generator.apply, state, waiting[-1][1], rtol, size):
        seen = step.basis @ found.observed.conj()
        while waiting and waiting[0][1] <= (done + step.length) * (1 + 1e-12):
            k, delay = waiting.pop(0)
            values[k] = step.coefficients(max(0.0, delay - done)) @ seen
        done += step.length
    return values


def spectrum_values(
    found: Started, frequencies: NDArray[np.float64], rtol: float
) -> NDArray[np.complex128]:
    """``int_0^inf dtau e^(-i w tau) (C(tau) - C(inf))``.

    Raises:
        CapacityError: too large to be factorised.
        NumericalError: a line of no width.
    """
    generator = found.generator
    blocks = generator.blocks
    if blocks.numbers > LARGEST_SPECTRUM:
        raise CapacityError(
            f"Spectra are made of states of up to {LARGEST_SPECTRUM} numbers, but these have "
            f"{blocks.numbers}.",
            f"{_SMALLER} Or take correlation(), and its Fourier transform.",
        )
    weight = complex(found.start[blocks.diagonal].sum())
    start = found.start - weight * found.stationary
    # the trace of `start` is zero: L may have the eigenvalue -scale in place of 0 as well
    count = blocks.numbers
    rows = np.full(blocks.dimension, blocks.diagonal[0])
    ones = np.full(blocks.dimension, generator.scale or 1.0)
    moved = sp.csr_array((ones, (rows, blocks.diagonal)), shape=(count, count))
    matrix = sp.csr_array(generator.matrix - moved)
    values, _ = resolvent_values(matrix, start, found.observed, frequencies, rtol)
    return values
