"""What a task will cost, from the sizes of the blocks and of the jumps on the members.

Nothing on the scale of the state is allocated for a prediction: the entries of L are counted from
the jumps, ``sum over blocks of (entries of C_k in its columns)^2``. The rates below were measured
on one core of a server at 2.5 GHz.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from darkstate.engines.collective.basis import Blocks
from darkstate.engines.collective.dark import LARGEST_BLOCK
from darkstate.engines.collective.generator import Generator
from darkstate.engines.collective.steady import DENSE_NUMBERS
from darkstate.engines.contract import Cost
from darkstate.linalg.gmres import restart_length

_START = 0.03
_ASSEMBLE, _ENTRY, _FAR, _CACHE = 4e-7, 4e-10, 2e-9, 4e6
"""Seconds per entry of L to make it, and to use it: in cache, and beyond so many entries."""
_STACK, _CUBE = 2e-5, 1.5e-9
"""Seconds per stack of blocks and per cube of a block size, of the preconditioner."""
_VECTOR = 5e-10
"""Seconds per number and vector of a Krylov basis to make a new vector orthogonal."""
_FIRST, _PER_ATOM, _SOLVES = 15.0, 3.0, 2.6
"""Iterations of a solve for N atoms in all, and what test of uniqueness and refinement add."""
_SETTLES = 1e6
"""Most systems stand still by then, in units of 1/rate; then time costs nothing."""
_ENTRY_BYTES, _MEMBER_BYTES, _BUFFERS = 30.0, 400.0, 2e6
_IMAGES = 5.5
"""Spaces in blocks, images of them that wait, and their singular vectors."""
_DAMPING, _TURNING = 0.05, 1.0
"""Applications per unit time with 30 vectors, per unit of the rates of E and of H."""


def entries_of(generator: Generator) -> float:
    """Entries of L (an upper bound: some may fall together)."""
    blocks = generator.blocks
    count = len(blocks.sizes)

    def per_block(matrix: sp.csr_array) -> np.ndarray:
        columns = sp.csc_array(matrix)
        return np.bincount(blocks.owner, np.diff(columns.indptr).astype(float), count)

    total = 2.0 * float(np.sum(per_block(generator.effective) * blocks.sizes))
    return total + sum(float(np.sum(per_block(c) ** 2)) for c in generator.jumps)


def preparation_cost(blocks: Blocks) -> Cost:
    """What every task needs at least, known from the sizes alone."""
    members, numbers = float(blocks.dimension), float(blocks.numbers)
    return Cost(_BUFFERS + _MEMBER_BYTES * members + 100 * numbers, _START + 1e-6 * members)


def steady_cost(generator: Generator, method: str, dark: bool) -> Cost:
    """Of a steady state; `dark` says that a dark state is expected."""
    blocks, least = generator.blocks, preparation_cost(generator.blocks)
    sizes = blocks.sizes.astype(float)
    if dark and method in ("auto", "dark"):
        largest = min(float(sizes.max()), LARGEST_BLOCK)
        spaces = 16 * float(np.sum(sizes**2))  # what a dark state reaches: in the end, everything
        memory = _BUFFERS + _MEMBER_BYTES * blocks.dimension + _IMAGES * spaces
        work = 2e-9 * float(np.sum(sizes**3)) + 2e-3 * len(sizes) + 1e-8 * largest**3
        return Cost(memory, _START + work)
    numbers, width = float(blocks.numbers), _width(generator)
    if method == "dense" or (method == "auto" and numbers <= DENSE_NUMBERS):
        return Cost(least.memory + 80 * width * numbers**2, least.seconds + 4e-8 * numbers**3)
    if method == "evolve":  # how long it takes is not known: thousands of the fastest time
        return evolution_cost(generator, 4e4 / generator.rate, 1, 30)
    iterations = _FIRST + _PER_ATOM * sum(part.atoms for part in blocks.parts)
    vectors = min(iterations, restart_length(blocks.numbers, int(8 * width)))
    waste = max(1.0, iterations / vectors)
    cubes = _CUBE * width * float(np.sum(sizes**3)) + _STACK * len(np.unique(sizes))
    basis = _VECTOR * width * numbers * 0.5 * vectors
    once = apply_seconds(generator) + cubes + basis
    memory = least.memory + _ENTRY_BYTES * width * entries_of(generator)
    memory += 8 * width * numbers * (vectors + 8)
    seconds = _assembly(generator) + _SOLVES * waste * iterations * once
    return Cost(memory, least.seconds + seconds)


def evolution_cost(generator: Generator, horizon: float, times: int, size: int) -> Cost:
    """Of an evolution over `horizon`, keeping `times` states, with `size` Krylov vectors."""
    least, width = preparation_cost(generator.blocks), _width(generator)
    numbers = float(generator.blocks.numbers)
    horizon = min(horizon, _SETTLES / generator.rate)
    turning = float(np.max(abs(generator.hamiltonian).sum(axis=1), initial=0.0))
    rate = (_DAMPING * generator.rate + _TURNING * turning) * 30.0 / size
    applications = max(float(size), horizon * rate)
    once = apply_seconds(generator) + _VECTOR * width * numbers * 0.5 * size + 2e-5
    memory = least.memory + _ENTRY_BYTES * width * entries_of(generator)
    memory += 8 * width * numbers * (size + times + 5)
    return Cost(memory, least.seconds + _assembly(generator) + applications * once)


def apply_seconds(generator: Generator) -> float:
    """Time of one application of L."""
    entries = entries_of(generator) * _width(generator)
    return _ENTRY * min(entries, _CACHE) + _FAR * max(0.0, entries - _CACHE) + 1e-5


def _assembly(generator: Generator) -> float:
    return 0.02 + _ASSEMBLE * _width(generator) * entries_of(generator)


def _width(generator: Generator) -> float:
    """1 for real numbers, 2 for complex ones; known from the operators."""
    kinds = {generator.effective.dtype.kind, *(c.dtype.kind for c in generator.jumps)}
    return 2.0 if "c" in kinds else 1.0
