"""What a task will cost: memory and time from the sizes of the stored operators.

Applying the generator is priced by its multiplications, the preconditioner by the cubes of the
block sizes, a Krylov space by its numbers. The rates below were measured on one core of a server
at 2.5 GHz, and hold within a factor of two there; faster memory or cores shift all of them alike.

How many applications an evolution takes follows from two sizes: a Krylov space of m vectors
follows damping at rate R for about ``m^2/R``, but oscillation at frequency w only for ``m/w``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from darkstate.engines.contract import Cost
from darkstate.engines.lindblad.generator import Generator
from darkstate.engines.lindblad.sectors import Sectors
from darkstate.engines.propagation import is_exponentiated
from darkstate.linalg.gmres import restart_length

_CALL = 2.5e-6
"""Seconds of one product of small matrices."""
_DENSE, _SPARSE, _NUMBER = 1e-10, 1.5e-10, 2.5e-9
"""Seconds per multiplication of stored dense and sparse operators, and per number of the state."""
_COMPLEX = 4.0
"""Complex numbers against real ones."""
_CUBE, _FORM, _EIGEN = 7e-10, 1.2e-9, 1.6e-9
"""Seconds per cube of a block size: one inversion of S, its Schur form, and the eigenvectors."""
_REACH, _BLOCK, _STATE = 2.5e-9, 2e-3, 500.0
"""To show that a dark state is the only steady state: seconds per cube of a block size and per
block, bytes per basis state."""
_VECTOR = 4.5e-10
"""Seconds per real number and vector of a basis that a new vector is made orthogonal to."""
_SPACE = 4e-5
"""Seconds to set up one vector of a Krylov space."""
_DAMPING, _TURNING = 0.09, 1.3
"""Applications per unit time with 30 vectors, per unit of the norms of L and of H."""
_EARLY, _SETTLED = 2.0, 0.65
"""Krylov spaces for the first, short steps beyond that; then the state settles, steps grow."""
_NEAR, _NEAR_BYTES, _FARTHER, _FAR = 0.75, 3e6, 0.15, 1.8
"""A Krylov basis below so many bytes stays near the core; a larger one costs by this power."""
_START = 0.01
_BUFFERS = 0.8e6
"""Bytes that any task takes: small matrices, buffers of the libraries."""
_SQUARING = 4e-10
"""Seconds per cube of the numbers to square a propagator."""
_SETTLES = 1e6
"""Most systems stand still by then, in units of the inverse norm of L; then time costs nothing."""
ITERATIONS = 60
"""GMRES iterations of one solve; they count jumps, and hardly depend on the size."""


def least_cost(sectors: Sectors) -> Cost:
    """What every task needs at least: known from the sizes alone, before anything is compiled."""
    numbers, full = float(sectors.numbers), 16.0 * sectors.dimension**2
    return Cost(8.0 * numbers * 20 + full, _START + 100 * _NUMBER * numbers)


def apply_seconds(generator: Generator) -> float:
    """Time of one application of the generator to one state."""
    sizes = generator.sectors.sizes
    dense = sparse = 0.0
    priced: list[tuple[Any, int]] = list(zip(generator.effective, sizes, strict=True))
    priced += [(c, sizes[p] + sizes[q]) for p, q, c, _ in generator.moves]
    for operator, columns in priced:
        if isinstance(operator, np.ndarray):
            dense += operator.size * columns
        else:
            sparse += operator.nnz * columns
    calls = len(sizes) + 2 * len(generator.moves)
    work = _DENSE * dense + _SPARSE * sparse + _NUMBER * generator.sectors.numbers
    return _CALL * calls + _slower(generator) * work


def steady_cost(generator: Generator, method: str, dense_numbers: int) -> Cost:
    """Of the methods for a steady state; `method` as given to the engine.

    Whether there is a dark state is not known beforehand: it is expected unless a jump is diagonal
    without zeros (dephasing), which no state survives.
    """
    sectors = generator.sectors
    sizes, d = np.array(sectors.sizes, dtype=float), float(sectors.dimension)
    cubes, full = float(np.sum(sizes**3)), 16.0 * d * d
    seconds, memory = _START, _BUFFERS + 2 * full
    if method in ("auto", "dark"):
        seconds += _EIGEN * cubes
        if method == "dark" or not any(
            mask is not None and np.all(mask) for mask in generator.masks
        ):
            kept = 16.0 * float(np.sum(sizes**2))
            reach = _REACH * cubes + _BLOCK * len(sizes)
            return Cost(_BUFFERS + 8 * kept + _STATE * d, seconds + reach)
    numbers = sectors.numbers
    if method == "dense" or (method == "auto" and numbers <= dense_numbers):
        return Cost(memory + 80.0 * numbers**2, seconds + 1.2e-8 * numbers**3)
    if method == "evolve":  # how long it takes to settle is not known: a few hundred of 1/|L|
        ended = evolution_cost(generator, 1e4 / generator.scale(), 1, 30)
        return Cost(memory + ended.memory, seconds + ended.seconds)
    vectors = min(ITERATIONS, restart_length(numbers, 16)) + 8
    # the test of uniqueness runs on complex vectors: twice the work of a real solve
    solves = 3.0 if generator.real else 2.0
    once = apply_seconds(generator) + _slower(generator) ** 0.7 * (
        _CUBE * cubes + 4e-8 * numbers + 1e-5 * len(sizes)
    )
    once += _SPACE + _VECTOR * ITERATIONS * numbers * (1 if generator.real else 2)
    seconds += ITERATIONS * solves * once + _FORM * cubes * _slower(generator)
    return Cost(memory + 16.0 * numbers * vectors + 4.0 * _bytes(generator) * numbers, seconds)


def evolution_cost(generator: Generator, horizon: float, times: int, size: int) -> Cost:
    """Of an evolution over `horizon`, keeping `times` states, with `size` Krylov vectors."""
    sectors = generator.sectors
    if is_exponentiated(sectors.numbers, horizon * generator.scale()):
        squarings = np.log2(horizon * generator.scale())
        seconds = _START + min(times, 20) * squarings * _SQUARING * sectors.numbers**3
        memory = 8.0 * _bytes(generator) * sectors.numbers**2 + 16.0 * sectors.numbers * times
        return Cost(_BUFFERS + memory, seconds)
    horizon = min(horizon, _SETTLES / generator.scale())
    turning = float(np.max(abs(generator.hamiltonian).sum(axis=1)))
    rate = (_DAMPING * generator.scale() + _TURNING * turning) * 30.0 / size
    applications = size * _EARLY * min(1.0, horizon * rate / size) + _SETTLED * horizon * rate
    width = _bytes(generator) / 8.0
    orthogonal = _SPACE + _VECTOR * width * size * sectors.numbers
    # two states beside the basis, a few in the application, and one expanded to a full matrix
    memory = (
        _BUFFERS + 8.0 * width * sectors.numbers * (size + times + 5) + 32.0 * sectors.dimension**2
    )
    basis = 8.0 * width * sectors.numbers * size
    reach = float(np.clip(_NEAR * (basis / _NEAR_BYTES) ** _FARTHER, _NEAR, _FAR))
    once = (apply_seconds(generator) + orthogonal) * reach
    return Cost(memory, _START + max(float(size), applications) * once)


def _bytes(generator: Generator) -> float:
    return 8.0 if generator.real else 16.0


def _slower(generator: Generator) -> float:
    return 1.0 if generator.real else _COMPLEX
