"""What a task will cost: memory and time from the sizes of the stored operators.

Applying the generator is priced by its multiplications, the preconditioner by the cubes of the
block sizes, a Krylov space by its numbers. The rates below were measured on one core of a server
at 2.5 GHz, and hold within a factor of two there; faster memory or cores shift all of them alike.

How many applications an evolution takes follows from two sizes: a Krylov space of m vectors
follows damping at rate R for about ``m^2/R``, but oscillation at frequency w only for ``m/w``.
"""

from __future__ import annotations

import numpy as np

from darkstate.engines.contract import Cost
from darkstate.engines.density.basis import Blocks
from darkstate.engines.density.generator import Generator
from darkstate.engines.density.iterate import TRIAL
from darkstate.engines.density.products import COMPLEX
from darkstate.engines.density.rates import MOST_STATES
from darkstate.engines.propagation import is_exponentiated
from darkstate.linalg.gmres import restart_length
from darkstate.linalg.joins import largest_row

_CUBE, _FORM, _EIGEN = 7e-10, 1.2e-9, 1.6e-9
"""Seconds per cube of a block size: one inversion of S, its Schur form, and the eigenvectors."""
_BY_EIGENVECTORS = 0.2
"""Complex blocks are inverted in eigenvectors: a real Schur form costs nearly as much."""
_RATES, _RATES_BYTES = 3e-11, 24.0
"""Seconds per cube of the basis states, and bytes per square, for factors of classical rates."""
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
START = 0.01
"""Seconds of any attempt: what small matrices take."""
_BUFFERS = 0.8e6
"""Bytes that any task takes: small matrices, buffers of the libraries."""
_SQUARING = 4e-10
"""Seconds per cube of the numbers to square a propagator."""
_SETTLES = 1e6
"""Most systems stand still by then, in units of the inverse norm of L; then time costs nothing."""
_ELIMINATE, _SOLVE, _FORM_ENTRY, _DIRECT = 2.5e-10, 2.5e-8, 6e-7, 5e-3
"""Seconds per step of the elimination, per entry of the factors to solve with them some twenty
times, per entry of L to bring it into real form, and at least."""
_SMALL = 400
"""Numbers that are factorised in milliseconds: faster than a prediction."""
_NARROW = 0.04
"""Part of the numbers below which cuts are small."""
_FILLED, _FILLED_BYTES, _FORM_BYTES = 1.7, 24.0, 150.0
"""Entries of factors over n w; bytes for each, and for an entry of L."""
RELAXED = 1e4
"""Time in which most systems relax, in units of the inverse norm of L."""
_NUMBER = 2.5e-9
"""Seconds per number of a state."""
_ASSEMBLE, _ENTRY, _ENTRY_FAR, _CACHE = 4e-7, 4e-10, 2e-9, 4e6
"""Seconds per entry of L to make it, and to use it: in cache, and beyond so many entries."""
_ENTRY_BYTES, _MEMBER_BYTES = 30.0, 400.0
_FIRST, _PER_ATOM = 15.0, 3.0
"""Iterations of a solve for N atoms in the largest ensemble."""
ITERATIONS = 60
"""GMRES iterations of one solve; they count jumps, and hardly depend on the size."""


def least_cost(blocks: Blocks) -> Cost:
    """What every task needs at least: known from the sizes alone, before anything is compiled."""
    numbers = float(blocks.numbers)
    memory = 8.0 * numbers * 20 + _state_bytes(blocks)
    return Cost(memory, START + 100 * _NUMBER * numbers + 1e-6 * blocks.dimension)


def apply_seconds(generator: Generator) -> float:
    """Time of one application of the generator to one state."""
    if not generator.assembled:
        return generator.product_seconds
    entries = generator.entries * _width(generator)
    return _ENTRY * min(entries, _CACHE) + _ENTRY_FAR * max(0.0, entries - _CACHE) + 1e-5


def steady_cost(generator: Generator, method: str, dark: bool, limit: float = np.inf) -> Cost:
    """Of the methods for a steady state.

    Args:
        generator: of the system.
        method: as given to the engine.
        dark: whether a dark state is expected.
        limit: bytes that may be used.
    """
    blocks = generator.blocks
    seconds, memory = START, _BUFFERS + 2 * _state_bytes(blocks)
    if method == "dark" or (method == "auto" and dark):
        return dark_cost(blocks)
    if method == "auto":
        seconds += _EIGEN * float(np.sum(blocks.sizes.astype(float) ** 3))
    if method == "evolve":  # how long it takes to settle is not known: a few hundred of 1/|L|
        found = evolution_cost(generator, RELAXED / generator.scale, 1, 30)
    elif method == "krylov" or (method == "auto" and not is_direct(generator, limit)):
        found = krylov_cost(generator)
    else:
        found = direct_cost(generator)
    return Cost(memory + found.memory, seconds + found.seconds)


def dark_cost(blocks: Blocks) -> Cost:
    """Of a dark state, and of showing that it is the only steady state."""
    cubes = float(np.sum(blocks.sizes.astype(float) ** 3))
    spaces = 16.0 * float(np.sum(blocks.sizes**2))
    seconds = START + (_EIGEN + _REACH) * cubes + _BLOCK * len(blocks.sizes)
    return Cost(_BUFFERS + 8 * spaces + _STATE * blocks.dimension, seconds)


def is_direct(generator: Generator, limit: float) -> bool:
    """Whether factors of L are predicted to be cheaper than GMRES, and to fit; small ones are."""
    if generator.blocks.numbers <= _SMALL:
        return True
    direct, krylov = direct_cost(generator), krylov_cost(generator)
    return direct.seconds <= krylov.seconds and direct.memory <= limit


def direct_cost(generator: Generator) -> Cost:
    """Of the factors of L in real form, and what is asked of them.

    Eliminating n numbers, each of which is linked to those up to w behind it, takes ``n w^2``; less
    where w is a small part of n, as orderings then find small cuts.
    """
    numbers, halves = float(generator.blocks.numbers), 0.5 if generator.real else 1.0
    reach = generator.reach if numbers > _SMALL else 1.0
    width = halves * numbers * reach
    cuts = min(1.0, reach / _NARROW)
    filled = min(numbers**2, _FILLED * cuts * numbers * width)
    seconds = (
        _ELIMINATE * cuts * numbers * width**2 + _SOLVE * filled + _FORM_ENTRY * generator.entries
    )
    return Cost(_FILLED_BYTES * filled + _FORM_BYTES * generator.entries, _DIRECT + seconds)


def iterations_worth(generator: Generator) -> int:
    """GMRES iterations that take as long as the factors would."""
    patience = direct_cost(generator).seconds / krylov_cost(generator).seconds
    return int(np.clip(3 * patience * _iterations(generator.blocks), 200, 1e6))


def krylov_cost(generator: Generator) -> Cost:
    """Of GMRES, the test of uniqueness, and refinement."""
    blocks, width = generator.blocks, _width(generator)
    numbers = float(blocks.numbers)
    cubes = float(np.sum(blocks.sizes.astype(float) ** 3))
    iterations = _iterations(blocks)
    # without a matrix the test of uniqueness runs on complex vectors: twice the work
    split = generator.real and generator.assembled
    item = 8 if split else 16
    vectors = min(iterations, restart_length(blocks.numbers, item))
    solves = max(1.0, iterations / vectors)  # restarts forget
    solves *= 3.0 if generator.real and not split else 2.0
    once = 2 * apply_seconds(generator) + _slower(generator) ** _BY_EIGENVECTORS * (
        _CUBE * cubes + 4e-8 * numbers + 1e-5 * len(blocks.stacks)
    )
    once += _SPACE + _VECTOR * vectors * numbers * width
    seconds = iterations * solves * once + _FORM * cubes * _slower(generator)
    memory = item * numbers * (vectors + TRIAL + 8) + 32.0 * width * numbers
    if blocks.dimension <= MOST_STATES:
        memory += _RATES_BYTES * width * float(blocks.dimension) ** 2
        seconds += _RATES * float(blocks.dimension) ** 3
    return Cost(memory + _matrix_bytes(generator), seconds + _assembly(generator))


def evolution_cost(generator: Generator, horizon: float, times: int, size: int) -> Cost:
    """Of an evolution over `horizon`, keeping `times` states, with `size` Krylov vectors."""
    blocks, width = generator.blocks, _width(generator)
    numbers = float(blocks.numbers)
    if is_exponentiated(blocks.numbers, horizon * generator.scale):
        squarings = np.log2(horizon * generator.scale)
        seconds = START + min(times, 20) * squarings * _SQUARING * numbers**3
        memory = 64.0 * width * numbers**2 + 16.0 * numbers * times
        return Cost(_BUFFERS + memory, seconds)
    horizon = min(horizon * generator.scale, _SETTLES) / (generator.scale or 1.0)  # may stand still
    turning = largest_row(generator.hamiltonian)
    rate = (_DAMPING * generator.scale + _TURNING * turning) * 30.0 / size
    applications = size * _EARLY * min(1.0, horizon * rate / size) + _SETTLED * horizon * rate
    orthogonal = _SPACE + _VECTOR * width * size * numbers
    basis = 8.0 * width * numbers * size
    # two states beside the basis, a few in the application, and one expanded
    memory = _BUFFERS + basis + 8.0 * width * numbers * (times + 5) + 2.0 * _state_bytes(blocks)
    reach = float(np.clip(_NEAR * (basis / _NEAR_BYTES) ** _FARTHER, _NEAR, _FAR))
    once = (apply_seconds(generator) + orthogonal) * reach
    seconds = START + _assembly(generator) + max(float(size), applications) * once
    return Cost(memory + _matrix_bytes(generator), seconds)


def _iterations(blocks: Blocks) -> float:
    """Of one GMRES solve; they count jumps, which happen in all ensembles at once."""
    atoms = max((factor.atoms for factor in blocks.factors), default=0)
    return _FIRST + _PER_ATOM * atoms if atoms else ITERATIONS


def _state_bytes(blocks: Blocks) -> float:
    """Of a state as users get it."""
    if any(factor.dicke for factor in blocks.factors):
        return 50.0 * blocks.numbers + _MEMBER_BYTES * blocks.dimension
    return 16.0 * float(blocks.dimension) ** 2


def _matrix_bytes(generator: Generator) -> float:
    entries = generator.entries if generator.assembled else 0.0
    return _ENTRY_BYTES * _width(generator) * entries


def _assembly(generator: Generator) -> float:
    entries = generator.entries if generator.assembled else 0.0
    return _ASSEMBLE * _width(generator) * entries


def _width(generator: Generator) -> float:
    """1 for real numbers, 2 for complex ones."""
    return 1.0 if generator.real else 2.0


def _slower(generator: Generator) -> float:
    return 1.0 if generator.real else COMPLEX
