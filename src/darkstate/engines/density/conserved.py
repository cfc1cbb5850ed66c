"""Conserved quantities: why a steady state is not unique.

The generator has as many stationary states as ``L†`` has null vectors: operators X whose mean never
changes. One of them is the identity, the trace. Where L can be factorised they are all found, by
inverse iteration on ``L† - s`` with a small s; else only the local ones and their combinations,
which costs one application of L† each. They are named in the language of the spaces they live in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla
from numpy.typing import NDArray

from darkstate.engines.density.basis import Flat
from darkstate.engines.density.compile import embedded
from darkstate.engines.density.factors import Factor, spread
from darkstate.engines.density.generator import Generator
from darkstate.engines.stationary import DIRECT_NUMBERS
from darkstate.systems.spaces import Levels

_NULL = 1e-13
"""Of the norm of L: what changes more slowly cannot be told from what is conserved."""
_SHIFT = 1e-9
_MOST = 16
"""Null vectors that are counted; beyond, the answer is "at least"."""


_NAMELESS = "an operator of several sites or levels"


def random_hermitian(generator: Generator, rng: np.random.Generator) -> Flat:
    """Random Hermitian blocks of norm one.

    Complex for a real generator too: it may conserve an imaginary operator.
    """
    count = generator.blocks.numbers
    x = generator.blocks.hermitian(rng.normal(size=count) + 1j * rng.normal(size=count))
    return x / np.linalg.norm(x)


def conserved_quantities(generator: Generator, slow: float = 0.0) -> list[Flat]:
    """Orthonormal Hermitian null vectors of L†: all of them (`_MOST` at most) in sectors that can
    be factorised, else the local ones. Changes at rates up to `slow` count as none.
    """
    if generator.blocks.numbers > DIRECT_NUMBERS:
        return local_conserved(generator, slow)
    rng, form, count = np.random.default_rng(1), generator.real_form, 4
    shift = _SHIFT * (generator.scale or 1.0)
    size = generator.blocks.numbers
    factors = spla.splu(sp.csc_array(form.matrix.T - shift * sp.eye_array(size)))
    while True:
        block = rng.normal(size=(size, count))
        for _ in range(4):
            block = np.linalg.qr(factors.solve(block))[0]
        operators = [form.hermitian(x) for x in block.T]
        found = _null_combinations(generator, operators, slow)
        if len(found) < count or count >= min(_MOST, size):
            return found
        count = min(2 * count, size)


def local_conserved(generator: Generator, slow: float = 0.0) -> list[Flat]:
    """Orthonormal null vectors of L† in the span of the identity and local operators."""
    blocks = generator.blocks
    one = blocks.mixed() * blocks.dimension**0.5
    operators = [operator for _, operator in _local_operators(generator)]
    return _null_combinations(generator, _orthonormal([one, *operators], 1e-6), slow)


def _null_combinations(generator: Generator, block: list[Flat], slow: float) -> list[Flat]:
    """Real combinations of Hermitian operators that L† leaves alone."""
    moved = np.array([generator.apply_adjoint(x).view(np.float64) for x in block])
    left, rates, _ = np.linalg.svd(moved, full_matrices=False)
    null = left[:, rates <= max(slow, _NULL * generator.scale)]
    return list(null.T @ np.array(block))


def non_unique(generator: Generator, slow: float = 0.0) -> str:
    """The sentence for a steady state that is not unique; `slow` is a rate that counts as none."""
    found = conserved_quantities(generator, slow)
    undecided = max(slow, _NULL * generator.scale)
    if len(found) < 2:
        return (
            "The steady state is not unique, or relaxes more slowly than "
            f"{undecided:.1g}, which double precision cannot tell apart beside a generator of norm "
            f"{generator.scale:.1g}. Pass `initial=` to get the state that it relaxes to, or "
            "raise the slowest rates."
        )
    least = len(found) >= _MOST or generator.blocks.numbers > DIRECT_NUMBERS
    many = f"{'at least ' if least else ''}{len(found)} linearly independent"
    names = names_of(generator, found) or [_NAMELESS]
    return (
        f"The generator has {many} stationary states in the sector of zero charge difference: the "
        f"steady state is not unique. Conserved besides the trace: {'; '.join(names)}. (What "
        f"changes slower than {undecided:.1g} cannot be told from that "
        "in double precision.) Pass `initial=` to get the state that it relaxes to, or break the "
        "symmetry (couple the decoupled part, add decay)."
    )


def names_of(generator: Generator, found: list[Flat], most: int = 6) -> list[str]:
    """Names of the conserved quantities: local operators first, then sums of such."""
    blocks = generator.blocks
    labelled = _local_operators(generator)
    one = blocks.mixed() * blocks.dimension**0.5
    names, rest = [], np.array(_orthonormal([one, *found], 1e-6)[1:])
    for label, operator in labelled:
        overlap = np.real(rest.conj() @ operator)
        if np.linalg.norm(overlap) > 1 - 1e-6:
            names.append(label)
            rest = rest - np.outer(overlap, operator)
            rest = np.array(_orthonormal(list(rest), 1e-4)).reshape(-1, blocks.numbers)
    for x in rest:
        sizes = [(float(np.vdot(operator, x).real), label) for label, operator in labelled]
        sizes.sort(key=lambda pair: -abs(pair[0]))
        terms = [f"{size:+.2g} {label}" for size, label in sizes[:3] if abs(size) > 1e-3]
        names.append(" ".join([*terms, "+ ..."]) if terms else _NAMELESS)
    return names[:most] + (["..."] if len(names) > most else [])


def _local_operators(generator: Generator) -> list[tuple[str, Flat]]:
    """Normalised traceless operators of one and two sites within the blocks, by name."""
    blocks, flat = generator.blocks, []
    one = blocks.mixed()
    for name, matrix in _named_operators(blocks.factors):
        whole, x = float(np.linalg.norm(matrix.data)), blocks.gather(matrix)
        x = x - x[blocks.diagonal].sum() * one
        size = float(np.linalg.norm(x))
        if size > 1e-12 * whole:
            flat.append((name, x / size))
    return flat


def _named_operators(factors: Sequence[Factor]) -> Iterator[tuple[str, sp.csr_array]]:
    """What is often conserved.

    For a qubit or a spin these are its components, for atoms with levels their populations, for a
    mode its photon number, parity and quadratures, for atoms with several J their total spin; of
    two sites ``sz sz`` (or the product
    of photon numbers), the exchange ``s+ s- + h.c.`` and the current that goes with it.
    """
    labels = [factor.space.label for factor in factors]
    modes = [factor.space.kind == "mode" for factor in factors]
    levels = [f.excitations - 0.5 * f.excitations.max() for f in factors]
    centred = [spread(factors, k, values) for k, values in enumerate(levels)]
    raising = [embedded(factors, k, _raising(factor)) for k, factor in enumerate(factors)]
    for k, (label, z, up) in enumerate(zip(labels, centred, raising, strict=True)):
        space = factors[k].space
        if isinstance(space, Levels):
            for j, level in enumerate(space.levels):
                population = np.arange(space.dimension) == j
                yield f"population of {label}.{level}", _diagonal(spread(factors, k, population))
            continue
        names = ("photon number of ", "x quadrature of ", "p quadrature of ") if modes[k] else (
            "sz", "sx", "sy"
        )  # fmt: skip
        place = label if modes[k] else f"({label})"
        down = sp.csr_array(up.conj().T)
        yield f"{names[0]}{place}", _diagonal(z)
        yield f"{names[1]}{place}", sp.csr_array(up + down)
        yield f"{names[2]}{place}", sp.csr_array(-1j * (up - down))
        if modes[k]:
            yield f"parity of {label}", _diagonal((-1.0) ** (z - z.min()))
        dicke = factors[k].dicke
        if dicke is not None and dicke.spins > 1:
            yield f"total spin of {label}", _diagonal(spread(factors, k, dicke.twice_spin))
    total = "total excitation number" if any(modes) else "total sz"
    yield total, _diagonal(np.sum(centred, axis=0))
    if sum(factor.dicke is not None for factor in factors) > 1:
        yield "total spin of all ensembles together", _total_spin(factors, centred, raising)
    for i, j in combinations(range(len(labels)), 2) if len(centred[0]) <= 512 else ():
        name = f"({labels[i]}, {labels[j]})"
        product = "product of excitation numbers" if modes[i] or modes[j] else "sz sz"
        yield f"{product}{name}", _diagonal(centred[i] * centred[j])
        hop = sp.csr_array(raising[i] @ raising[j].conj().T)
        yield f"exchange{name}", sp.csr_array(hop + hop.conj().T)
        yield f"current{name}", sp.csr_array(1j * (hop - hop.conj().T))


def _diagonal(values: NDArray[Any]) -> sp.csr_array:
    return sp.csr_array(sp.diags_array(values.astype(float)))


def _raising(factor: Factor) -> sp.csr_array:
    """The operator that raises a space by a level, as ``a†`` or ``S+`` does."""
    if factor.dicke is not None:
        return factor.dicke.letter("+")
    weight = np.arange(1.0, factor.dimension)
    if factor.space.kind != "mode":  # of a spin with 2j = dimension - 1
        weight = weight * (factor.dimension - weight)
    return sp.csr_array(sp.diags_array(np.sqrt(weight), offsets=-1))


def _total_spin(
    factors: Sequence[Factor], centred: Sequence[NDArray[Any]], raising: Sequence[sp.csr_array]
) -> sp.csr_array:
    """``(S_1 + S_2 + ...)^2`` of all ensembles."""
    chosen = [k for k, factor in enumerate(factors) if factor.dicke is not None]
    up = sp.csr_array(sum(raising[k] for k in chosen))
    z = np.sum([centred[k] for k in chosen], axis=0)
    return sp.csr_array(up @ up.conj().T + sp.diags_array(z * z - z))


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
