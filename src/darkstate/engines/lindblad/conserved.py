"""Conserved quantities: why a steady state is not unique.

The generator has as many stationary states as ``L†`` has null vectors: operators X whose mean never
changes. One of them is the identity, the trace. The others are found by inverse iteration on
``L† - s`` with a small s, and are named: by the local operators that are conserved as they stand,
and by the largest coefficients of the rest.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.lindblad.generator import Generator
from darkstate.engines.lindblad.nojump import NoJumpInverse
from darkstate.linalg.gmres import Flat, gmres

_NULL = 1e-8
"""Of the norm of L: rates below count as zero."""
_MOST = 16
"""Null vectors that are counted; beyond, the answer is "at least"."""


def random_hermitian(generator: Generator, rng: np.random.Generator) -> Flat:
    """Random Hermitian blocks of norm one.

    Complex for a real generator too: it may conserve an imaginary operator.
    """
    count = generator.sectors.numbers
    x = rng.normal(size=count) + 1j * rng.normal(size=count)
    for view in generator.sectors.views(x):
        view[:] = view + view.conj().T
    return x / np.linalg.norm(x)


def conserved_quantities(generator: Generator, inverse: NoJumpInverse) -> list[Flat]:
    """Orthonormal null vectors of L† among Hermitian operators, at most `_MOST` of them."""
    rng, scale = np.random.default_rng(1), generator.scale()
    shift, count = 1e-6 * scale, 4

    def product(x: Flat) -> Flat:
        return generator.apply_adjoint(x) - shift * x

    def precondition(x: Flat) -> Flat:
        return inverse.apply(x, adjoint=True)

    while True:
        block = [random_hermitian(generator, rng) for _ in range(count)]
        for _ in range(3):
            block = [gmres(product, precondition, x, 1e-9, 400).x for x in block]
            block = _orthonormal(block)
        moved = np.array([generator.apply_adjoint(x).view(np.float64) for x in block])
        left, rates, _ = np.linalg.svd(moved, full_matrices=False)
        null = left[:, rates <= _NULL * scale]
        if null.shape[1] < len(block) or count >= _MOST:
            return list(null.T @ np.array(block))
        count *= 2


def null_vectors(generator: Generator, vectors: NDArray[np.complex128]) -> list[Flat]:
    """Orthonormal Hermitian operators that span the given null vectors of L†."""
    found: list[Flat] = []
    for vector in vectors.T:
        for turned in (vector, 1j * vector):
            x = np.ascontiguousarray(turned, dtype=complex)
            for view in generator.sectors.views(x):
                view[:] = view + view.conj().T
            found.append(x)
    left, sizes, _ = np.linalg.svd(np.array([x.view(np.float64) for x in found]).T, False)
    kept = left[:, sizes > 1e-8 * sizes[0]].T
    return [np.ascontiguousarray(x).view(complex) for x in kept]


def non_unique(generator: Generator, found: list[Flat]) -> str:
    """The sentence for a steady state that is not unique."""
    many = f"{'at least ' if len(found) >= _MOST else ''}{len(found)} linearly independent"
    names = names_of(generator, found)
    return (
        f"The generator has {many} stationary states in the sector of zero charge difference: the "
        f"steady state is not unique. Conserved besides the trace: {'; '.join(names)}. (What "
        f"changes slower than {_NULL * generator.scale():.1g} counts as conserved.) Pass "
        "`initial=` to get the state that it relaxes to, or break the symmetry (couple the "
        "decoupled part, add decay)."
    )


def names_of(generator: Generator, found: list[Flat], most: int = 6) -> list[str]:
    """Names of the conserved quantities: local operators first, then sums of such."""
    sectors = generator.sectors
    labelled = _local_operators(generator)
    one = sectors.mixed() * sectors.dimension**0.5
    names, rest = [], np.array(_orthonormal([one, *found], 1e-6)[1:])
    for label, operator in labelled:
        overlap = np.real(rest.conj() @ operator)
        if np.linalg.norm(overlap) > 1 - 1e-6:
            names.append(label)
            rest = rest - np.outer(overlap, operator)
            rest = np.array(_orthonormal(list(rest), 1e-4)).reshape(-1, sectors.numbers)
    for x in rest:
        sizes = [(float(np.vdot(operator, x).real), label) for label, operator in labelled]
        sizes.sort(key=lambda pair: -abs(pair[0]))
        terms = [f"{size:+.2g} {label}" for size, label in sizes[:3] if abs(size) > 1e-3]
        names.append(" ".join([*terms, "+ ..."]) if terms else "an operator of three or more sites")
    return names[:most] + (["..."] if len(names) > most else [])


def _local_operators(generator: Generator) -> list[tuple[str, Flat]]:
    """Normalised traceless operators of one and two sites within the blocks, by name.

    ``sz`` stands for the centred level number of a site of any kind; exchange is
    ``s+ s- + h.c.`` with ``s-`` the step down of one level.
    """
    sectors = generator.sectors
    levels = np.array(np.unravel_index(np.arange(sectors.dimension), sectors.dimensions))
    centred = levels - (np.array(sectors.dimensions)[:, None] - 1) / 2
    found = []
    for k, (label, z) in enumerate(zip(sectors.labels, centred, strict=True)):
        up = _steps(levels, sectors.dimensions, k)
        found.append((f"sz({label})", np.diag(z).astype(complex)))
        found.append((f"sx({label})", up + up.T))
        found.append((f"sy({label})", -1j * (up - up.T)))
    found.append(("total sz", np.diag(np.sum(centred, axis=0)).astype(complex)))
    pairs = list(combinations(range(len(sectors.labels)), 2))
    for i, j in pairs if sectors.dimension <= 512 else ():
        name = f"({sectors.labels[i]}, {sectors.labels[j]})"
        found.append((f"sz sz{name}", np.diag(centred[i] * centred[j]).astype(complex)))
        hop = _steps(levels, sectors.dimensions, i, j)
        found.append((f"exchange{name}", hop + hop.T))
        found.append((f"current{name}", 1j * (hop - hop.T)))
    flat = [(name, sectors.gather(matrix)) for name, matrix in found]
    return [(name, x / np.linalg.norm(x)) for name, x in flat if np.any(x)]


def _steps(
    levels: NDArray[np.intp], dimensions: tuple[int, ...], up: int, down: int | None = None
) -> NDArray[np.complex128]:
    """The operator that raises one site by a level, and lowers another."""
    count = levels.shape[1]
    moved = levels.copy()
    moved[up] += 1
    allowed = moved[up] < dimensions[up]
    if down is not None:
        moved[down] -= 1
        allowed &= moved[down] >= 0
    matrix = np.zeros((count, count), dtype=complex)
    target = np.ravel_multi_index(tuple(moved[:, allowed]), dimensions)
    matrix[target, np.flatnonzero(allowed)] = 1.0
    return matrix


def _orthonormal(vectors: list[Flat], least: float = 1e-10) -> list[Flat]:
    """Real-linear Gram-Schmidt in the given order, dropping vectors that lose all but `least`."""
    kept: list[Flat] = []
    for vector in vectors:
        x, scale = vector, 1.0 if least > 1e-8 else max(float(np.linalg.norm(vector)), 1e-300)
        for _ in range(2):
            for y in kept:
                x = x - float(np.vdot(y, x).real) * y
        after = float(np.linalg.norm(x))
        if after > least * scale:
            kept.append(x / after)
    return kept
