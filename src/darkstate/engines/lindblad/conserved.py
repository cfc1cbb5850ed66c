"""Conserved quantities: why a steady state is not unique.

The generator has as many stationary states as ``L†`` has null vectors: operators X whose mean never
changes. One of them is the identity, the trace. Where L can be factorised they are all found, by
inverse iteration on ``L† - s`` with a small s; else only the local ones and their combinations,
which costs one application of L† each. They are named in the language of the spaces they live in.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla
from numpy.typing import NDArray

from darkstate.engines.lindblad.generator import Generator
from darkstate.engines.lindblad.sectors import Sectors
from darkstate.engines.stationary import DIRECT_NUMBERS
from darkstate.linalg.gmres import Flat

_NULL = 1e-13
"""Of the norm of L: what changes more slowly cannot be told from what is conserved."""
_SHIFT = 1e-9
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


def conserved_quantities(generator: Generator, slow: float = 0.0) -> list[Flat]:
    """Orthonormal Hermitian null vectors of L†: all of them (`_MOST` at most) in sectors that can
    be factorised, else the local ones. Changes at rates up to `slow` count as none.
    """
    if generator.sectors.numbers > DIRECT_NUMBERS:
        return local_conserved(generator, slow)
    rng, scale, count = np.random.default_rng(1), generator.scale() or 1.0, 4
    matrix = sp.csc_array(generator.superoperator().conj().T, dtype=complex)
    factors = spla.splu(
        sp.csc_array(matrix - _SHIFT * scale * sp.eye_array(generator.sectors.numbers))
    )
    while True:
        block = [random_hermitian(generator, rng) for _ in range(count)]
        for _ in range(4):
            block = [factors.solve(x.astype(complex)) for x in block]
            block = _orthonormal([_hermitian(generator, x) for x in block])
        found = _null_combinations(generator, block, slow)
        if len(found) < len(block) or count >= _MOST:
            return found
        count *= 2


def local_conserved(generator: Generator, slow: float = 0.0) -> list[Flat]:
    """Orthonormal null vectors of L† in the span of the identity and local operators."""
    sectors = generator.sectors
    one = sectors.mixed() * sectors.dimension**0.5
    operators = [operator for _, operator in _local_operators(generator)]
    return _null_combinations(generator, _orthonormal([one, *operators], 1e-6), slow)


def _null_combinations(generator: Generator, block: list[Flat], slow: float) -> list[Flat]:
    """Real combinations of Hermitian operators that L† leaves alone."""
    moved = np.array([generator.apply_adjoint(x).view(np.float64) for x in block])
    left, rates, _ = np.linalg.svd(moved, full_matrices=False)
    null = left[:, rates <= max(slow, _NULL * generator.scale())]
    return list(null.T @ np.array(block))


def _hermitian(generator: Generator, x: Flat) -> Flat:
    """Hermitian part; of an operator that is mostly anti-Hermitian, i times it."""
    x = np.ascontiguousarray(x, dtype=complex)
    turned = np.ascontiguousarray(1j * x)
    for part in (x, turned):
        for view in generator.sectors.views(part):
            view[:] = view + view.conj().T
    return max(x, turned, key=lambda part: float(np.linalg.norm(part)))


def non_unique(generator: Generator, slow: float = 0.0) -> str:
    """The sentence for a steady state that is not unique; `slow` is a rate that counts as none."""
    found = conserved_quantities(generator, slow)
    undecided = max(slow, _NULL * generator.scale())
    if len(found) < 2:
        return (
            "The steady state is not unique, or relaxes more slowly than "
            f"{undecided:.1g}, which double precision cannot tell apart beside a generator of norm "
            f"{generator.scale():.1g}. Pass `initial=` to get the state that it relaxes to, or "
            "raise the slowest rates."
        )
    least = len(found) >= _MOST or generator.sectors.numbers > DIRECT_NUMBERS
    many = f"{'at least ' if least else ''}{len(found)} linearly independent"
    names = names_of(generator, found) or ["an operator of three or more sites"]
    return (
        f"The generator has {many} stationary states in the sector of zero charge difference: the "
        f"steady state is not unique. Conserved besides the trace: {'; '.join(names)}. (What "
        f"changes slower than {undecided:.1g} cannot be told from that "
        "in double precision.) Pass `initial=` to get the state that it relaxes to, or break the "
        "symmetry (couple the decoupled part, add decay)."
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

    For a qubit or a spin these are its components, for a mode its photon number, parity and
    quadratures; of two sites ``sz sz`` (or the product of photon numbers), the exchange
    ``s+ s- + h.c.`` and the current that goes with it.
    """
    sectors = generator.sectors
    levels = np.array(np.unravel_index(np.arange(sectors.dimension), sectors.dimensions))
    centred = levels - (np.array(sectors.dimensions)[:, None] - 1) / 2
    modes = [kind == "mode" for kind in sectors.kinds]
    found: list[tuple[str, NDArray[np.complex128]]] = []
    for k, (label, z) in enumerate(zip(sectors.labels, centred, strict=True)):
        up = _raising(levels, sectors, k)
        names = ("photon number of ", "x quadrature of ", "p quadrature of ") if modes[k] else (
            "sz", "sx", "sy"
        )  # fmt: skip
        place = label if modes[k] else f"({label})"
        found.append((f"{names[0]}{place}", np.diag(z).astype(complex)))
        found.append((f"{names[1]}{place}", up + up.conj().T))
        found.append((f"{names[2]}{place}", -1j * (up - up.conj().T)))
        if modes[k]:
            found.append((f"parity of {label}", np.diag((-1.0) ** levels[k]).astype(complex)))
    total = "total excitation number" if any(modes) else "total sz"
    found.append((total, np.diag(np.sum(centred, axis=0)).astype(complex)))
    pairs = list(combinations(range(len(sectors.labels)), 2))
    for i, j in pairs if sectors.dimension <= 512 else ():
        name = f"({sectors.labels[i]}, {sectors.labels[j]})"
        product = "product of excitation numbers" if modes[i] or modes[j] else "sz sz"
        found.append((f"{product}{name}", np.diag(centred[i] * centred[j]).astype(complex)))
        hop = _raising(levels, sectors, i) @ _raising(levels, sectors, j).conj().T
        found.append((f"exchange{name}", hop + hop.conj().T))
        found.append((f"current{name}", 1j * (hop - hop.conj().T)))
    flat = []
    for name, matrix in found:
        x = sectors.gather(matrix - np.trace(matrix) / sectors.dimension * np.eye(len(matrix)))
        size = float(np.linalg.norm(x))
        if size > 1e-12 * float(np.linalg.norm(matrix)):
            flat.append((name, x / size))
    return flat


def _raising(levels: NDArray[np.intp], sectors: Sectors, site: int) -> NDArray[np.complex128]:
    """The operator that raises one site by a level, as ``a†`` or ``S+`` does."""
    moved = levels.copy()
    moved[site] += 1
    allowed = moved[site] < sectors.dimensions[site]
    weight = moved[site][allowed].astype(float)
    if sectors.kinds[site] != "mode":  # of a spin with 2j = dimension - 1
        weight = weight * (sectors.dimensions[site] - weight)
    matrix = np.zeros((levels.shape[1],) * 2, dtype=complex)
    target = np.ravel_multi_index(tuple(moved[:, allowed]), sectors.dimensions)
    matrix[target, np.flatnonzero(allowed)] = np.sqrt(weight)
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
