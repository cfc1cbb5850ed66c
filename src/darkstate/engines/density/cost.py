"""What a task will cost: memory and time from the sizes of the stored operators.

Applying the generator is priced by its multiplications, the preconditioner by the cubes of the
block sizes, a Krylov space by its numbers; how many iterations a steady state takes is expected
from its matrices (`expected.py`). The rates below were measured on the core that prices are stated
for (`darkstate.engines.slowness`), and hold within a factor of two there.

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

_CUBE, _SCHUR_CUBE, _FORM, _EIGEN = 1.35e-9, 3e-9, 1.2e-9, 1.6e-9
"""Seconds per cube of a block size: one inversion of S in the eigenvectors of complex blocks, in
the Schur forms of real ones, to make that form, and the eigenvectors."""
_INVERT, _INVERTED = 1.3e-4, 1.3e-7
"""Seconds of one inversion, and per number of the state."""
_RATES, _RATES_BYTES = 3e-11, 24.0
"""Seconds per cube of the basis states, and bytes per square, for factors of classical rates."""
_REACH, _BLOCK, _STATE = 9e-9, 4e-3, 500.0
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
_NEAR, _NEAR_BYTES, _FARTHER, _FAR = 1.4, 3e6, 0.15, 2.8
"""A Krylov basis below so many bytes stays near the core; a larger one costs by this power."""
START = 0.01
"""Seconds of any attempt: what small matrices take."""
_BUFFERS = 0.8e6
"""Bytes that any task takes: small matrices, buffers of the libraries."""
_SQUARING = 4e-10
"""Seconds per cube of the numbers to square a propagator."""
_SETTLES = 1e6
"""Most systems stand still by then, in units of the inverse norm of L; then time costs nothing."""
_ELIMINATE, _SOLVE, _FORM_ENTRY, _DIRECT = 1e-9, 2.5e-8, 6e-7, 5e-3
"""Seconds per step of the elimination, per entry of the factors to solve with them some twenty
times, per entry of L to bring it into real form, and at least."""
_SMALL, _QUICK = 400, 0.03
"""Numbers that are factorised in milliseconds: faster than a prediction; seconds that no GMRES with
its tests is faster than."""
_NARROW = 0.04
"""Part of the numbers below which cuts are small."""
_FILLED, _FILLED_BYTES, _FORM_BYTES = 1.7, 24.0, 150.0
"""Entries of factors over those expected; bytes for each, and for an entry of L."""
RELAXED = 1e4
"""Time in which most systems relax, in units of the inverse norm of L."""
_NUMBER = 2.5e-9
"""Seconds per number of a state."""
_ASSEMBLE, _ENTRY, _ENTRY_FAR, _CACHE = 4e-7, 7e-10, 2e-9, 4e6
"""Seconds per entry of L to make it, and to use it: in cache, and beyond so many entries."""
_ENTRY_BYTES, _MEMBER_BYTES = 30.0, 400.0
_FIRST, _PER_ATOM = 30.0, 6.0
"""Iterations of all solves for N atoms in the largest ensemble."""
_LONGEST = 0.45
"""Part of all iterations that belong to one solve, at most."""


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
        seconds += _EIGEN * _cubes(blocks)
    if method == "evolve":  # how long it takes to settle is not known: a few hundred of 1/|L|
        found = evolution_cost(generator, RELAXED / generator.scale, 1, 30)
    elif method == "krylov" or (method == "auto" and not is_direct(generator, limit)):
        found = krylov_cost(generator)
    else:
        found = direct_cost(generator)
    return Cost(memory + found.memory, seconds + found.seconds)


def dark_cost(blocks: Blocks) -> Cost:
    """Of a dark state, and of showing that it is the only steady state."""
    cubes = _cubes(blocks)
    spaces = 16.0 * float(np.sum(blocks.sizes**2))
    seconds = START + (_EIGEN + _REACH) * cubes + _BLOCK * len(blocks.sizes)
    return Cost(_BUFFERS + 8 * spaces + _STATE * blocks.dimension, seconds)


def is_direct(generator: Generator, limit: float) -> bool:
    """Whether factors of L are predicted to be cheaper than GMRES, and to fit; small ones are."""
    if generator.blocks.numbers <= _SMALL:
        return True
    direct = direct_cost(generator)
    quick = direct.seconds <= _QUICK or direct.seconds <= krylov_cost(generator).seconds
    return quick and direct.memory <= limit


def direct_cost(generator: Generator) -> Cost:
    """Of the factors of L in real form, and what is asked of them.

    Where numbers are linked to few others of all, orderings find cuts that are smaller still.
    """
    numbers, halves = float(generator.blocks.numbers), 0.5 if generator.real else 1.0
    if numbers <= _SMALL:  # as if all were filled
        entries, steps = halves * numbers**2 / 2, halves**2 * numbers**3 / 3
    else:
        entries, steps = generator.elimination
    cuts = min(1.0, entries / (_NARROW * halves * numbers**2))
    filled = min(numbers**2, _FILLED * cuts * entries)
    seconds = _ELIMINATE * cuts * steps + _SOLVE * filled + _FORM_ENTRY * generator.entries
    return Cost(_FILLED_BYTES * filled + _FORM_BYTES * generator.entries, _DIRECT + seconds)


def iterations_worth(generator: Generator) -> int:
    """GMRES iterations that take as long as the factors would."""
    once = _iteration_seconds(generator, _vectors(generator))
    return int(np.clip(direct_cost(generator).seconds / once, 200, 1e6))


def krylov_cost(generator: Generator) -> Cost:
    """Of GMRES, the test of uniqueness, and refinement."""
    blocks, width = generator.blocks, _width(generator)
    numbers = float(blocks.numbers)
    iterations, vectors = _iterations(generator), _vectors(generator)
    solves = max(1.0, _LONGEST * iterations / vectors)  # restarts forget
    seconds = iterations * solves * _iteration_seconds(generator, vectors)
    seconds += _FORM * _cubes(blocks) * (1.0 if generator.real else COMPLEX)
    memory = _item(generator) * numbers * (vectors + 2 * TRIAL + 8) + 32.0 * width * numbers
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


def _iteration_seconds(generator: Generator, vectors: float) -> float:
    """One iteration of GMRES: L, the preconditioner, and a new vector beside the others."""
    blocks = generator.blocks
    cubes = (_SCHUR_CUBE if generator.real else _CUBE) * _cubes(blocks)
    inverse = _INVERT + _INVERTED * blocks.numbers + cubes
    vector = _SPACE + _VECTOR * vectors * blocks.numbers * _width(generator)
    return 2 * apply_seconds(generator) + inverse + vector


def _iterations(generator: Generator) -> float:
    """Of all GMRES solves; in Dicke bases they count jumps, which all ensembles make at once."""
    atoms = max((factor.atoms for factor in generator.blocks.factors), default=0)
    return _FIRST + _PER_ATOM * atoms if atoms else generator.expected_iterations


def _vectors(generator: Generator) -> float:
    """Of the largest Krylov space."""
    longest = max(2.0 * TRIAL, _LONGEST * _iterations(generator))
    return min(longest, restart_length(generator.blocks.numbers, _item(generator)))


def _item(generator: Generator) -> int:
    """Bytes of a number: without a matrix the test of uniqueness runs on complex vectors."""
    return 8 if generator.real and generator.assembled else 16


def _cubes(blocks: Blocks) -> float:
    return float(np.sum(blocks.sizes.astype(float) ** 3))


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
