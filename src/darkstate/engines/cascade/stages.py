"""A cascade as a chain of stages, each driven by the output of all before it.

Take the stages of `darkstate.systems.traits.cascade`: sets of labels, each of which ignores those
after it. With every jump a sum of local parts, ``c_k = sum_s c_k^(s)``, and the Hamiltonian that
makes the network a cascade, the generator is

    L = sum_s L^(s) + sum_{s < s'} sum_k rate_k ( [c_k^(s) rho, c_k^(s')†] + h.c. ),

``L^(s)`` being all that touches stage s only. Let w run over the local words of the jumps (s-_A1,
s+_B1, ...), ``c_k = sum_w C_kw w`` and ``M = C^T rate C*``. Across the cut behind a stage,

    cross = sum_ww' M_ww' (w rho) [., w'†] - M*_ww' (rho w†) [., w'],

w before, w' behind the cut. With one row for every (side, w), side left or right, and one column
for every operator in a commutator, these are the entries of a matrix F. Rows that add opposite
charges are Hermitian conjugates, so half of them are enough (without a charge: the left ones). The
rank r of F, ``F = Q Y``, is the number of *channels* of the cut:

    cross = sum_{c=1..r} U_c D_c + conj,   U_c = sum Q_c (w . or . w†),   D_c = [., P_c].

Two rails have r = 2 at every cut: lossy or not, squeezed, thermal or not. F of the next cut is part
of F of this one, with one stage more above, so the channels follow each other linearly,

    U_c(next) = sum_b T_bc U_b + (own words of the stage in between).

A linear source in front is one more stage: its letters ``a_m`` come with drives ``P_m`` (see
`darkstate.systems.traits.source`), which are rows of F.

It is the matrix-product form of a generator, with local dimension d^2 and bond 2 r + 2: Crosswhite
and Bacon, Phys. Rev. A 78, 012356 (2008).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.linalg.unique import unique_columns
from darkstate.states.matrices import operator_matrix
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.operators import OperatorSum, Product
from darkstate.systems.spaces import Space
from darkstate.systems.traits import LinearSource, charge_steps, charge_values

Array = NDArray[Any]
Step = tuple[int, ...]
Charges = dict[str, int]
LEFT, RIGHT = "left", "right"
_RTOL = 1e-12


@dataclass(frozen=True)
class SourceLetter:
    """``a`` of a source mode, or the derivative ``d/da``."""

    mode: int
    derivative: bool


Row = tuple[str, Product | SourceLetter]


@dataclass(frozen=True)
class Stage:
    """One stage, as matrices on its own Hilbert space.

    Args:
        labels: its spaces, in the order of the matrices.
        dimensions: their dimensions.
        values: (d, c) charges of its basis states.
        effective: ``-i H - (1/2) sum c†c``.
        jumps: ``sqrt(rate) c``.
        drives: ``P_c`` for each channel c that enters.
        transfer: (entering, leaving) T.
        radiated: own part of ``U_c`` for each channel that leaves, (d^2, d^2).
        steps: charge that each leaving channel adds.
    """

    labels: tuple[str, ...]
    dimensions: tuple[int, ...]
    values: Array
    effective: Array
    jumps: tuple[Array, ...]
    drives: tuple[Array, ...]
    transfer: Array
    radiated: tuple[Array, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class StageChain:
    """A whole cascade.

    Args:
        stages: in order.
        letters: rows of the source: (side, letter).
        entrance: (letters, channels into the first stage), empty without a source.
        steps: charge that each of these channels adds.
    """

    stages: tuple[Stage, ...]
    letters: tuple[Row, ...]
    entrance: Array
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class _Couplings:
    """F of the module: one row for every (side, letter), one column for every local operator.

    `row_place`, `column_place` are numbers of stages, -1 for letters of the source; `row_steps`
    the charges that the rows add.
    """

    matrix: Array
    rows: tuple[Row, ...]
    columns: tuple[Product, ...]
    row_place: Array
    column_place: Array
    row_steps: Array


_Own = tuple[dict[Product, complex], list[tuple[float, dict[Product, complex]]]]
"""Terms of H, and rates and terms of jumps, that act on one stage."""


def stage_chain(
    network: OpenSystem,
    members: Sequence[Sequence[str]],
    charges: Sequence[dict[str, int]],
    source: LinearSource | None,
    dims: dict[str, int],
) -> StageChain:
    """The stages of a network as matrices.

    Args:
        network: without its linear source.
        members: labels of each stage, first the most upstream one.
        charges: weak U(1) charges of the whole system.
        source: the linear source in front, if there is one.
        dims: dimension by label.
    """
    couplings = _couplings(network, members, charges, source)
    cuts = [_cut_channels(couplings, s) for s in range(-1, len(members))]
    own, stages = _own_terms(network, members), []
    for s, labels in enumerate(members):
        spaces = tuple(space for space in network.spaces if space.label in set(labels))
        sizes = tuple(dims[space.label] for space in spaces)
        before, after = cuts[s], cuts[s + 1]
        ahead = couplings.row_place < s
        effective, jumps = _alone(own[s], spaces, sizes)
        stages.append(
            Stage(
                tuple(space.label for space in spaces),
                sizes,
                charge_values(charges, spaces, sizes),
                effective,
                jumps,
                _drives(couplings, before, s, spaces, sizes),
                np.linalg.pinv(before.basis[ahead]) @ after.basis[ahead],
                _output_operators(couplings, after, s, spaces, sizes),
                after.steps,
            )
        )
    first = np.flatnonzero(couplings.row_place < 0)
    letters = tuple(couplings.rows[n] for n in first)
    return StageChain(tuple(stages), letters, cuts[0].basis[first], cuts[0].steps)


def _drives(
    couplings: _Couplings, cut: _CutChannels, s: int, spaces: Sequence[Space], sizes: Sequence[int]
) -> tuple[Array, ...]:
    """P_c on stage s."""
    mine = np.flatnonzero(couplings.column_place == s)
    operators = []
    for row in cut.coefficients[:, mine]:
        terms = {couplings.columns[n]: c for n, c in zip(mine, row, strict=True)}
        operators.append(_matrix(OperatorSum(terms), spaces, sizes))
    return tuple(operators)


def _output_operators(
    couplings: _Couplings, cut: _CutChannels, s: int, spaces: Sequence[Space], sizes: Sequence[int]
) -> tuple[Array, ...]:
    """The part of U_c that stage s itself contributes."""
    mine = np.flatnonzero(couplings.row_place == s)
    sides = [_side(couplings.rows[n], spaces, sizes) for n in mine]
    total = prod(sizes) ** 2
    stack = np.array(sides).reshape(len(mine), total, total)
    return tuple(np.tensordot(column, stack, 1) for column in cut.basis[mine].T)


def _side(row: Row, spaces: Sequence[Space], sizes: Sequence[int]) -> Array:
    """``X -> w X`` or ``X -> X w†`` on row-major vectors."""
    side, word = row
    assert not isinstance(word, SourceLetter)
    w = _matrix(OperatorSum({word: 1.0}), spaces, sizes)
    one = np.eye(len(w))
    return np.kron(w, one) if side == LEFT else np.kron(one, w.conj())


def _alone(
    own: _Own, spaces: tuple[Space, ...], sizes: tuple[int, ...]
) -> tuple[Array, tuple[Array, ...]]:
    """Effective Hamiltonian and jumps of a stage on its own."""
    words: dict[Product, Array] = {}

    def matrix(terms: Mapping[Product, complex]) -> Array:
        total = np.zeros((prod(sizes), prod(sizes)), dtype=complex)
        for product, c in terms.items():
            if product not in words:  # many jumps are made of a few words
                words[product] = _matrix(OperatorSum({product: 1.0}), spaces, sizes)
            total = total + c * words[product]
        return total

    hamiltonian, parts = own
    jumps = tuple(np.sqrt(rate) * matrix(terms) for rate, terms in parts)
    effective = -1j * matrix(hamiltonian)
    for c in jumps:
        effective = effective - 0.5 * c.conj().T @ c
    return effective, jumps


def _own_terms(network: OpenSystem, members: Sequence[Sequence[str]]) -> list[_Own]:
    """For each stage the terms of H that act on it alone, and its parts of the jumps."""
    place = {label: s for s, labels in enumerate(members) for label in labels}

    def sorted_terms(operator: OperatorSum) -> dict[int, dict[Product, complex]]:
        found: dict[int, dict[Product, complex]] = {}
        for product, c in operator:
            stages = {place[space.label] for space, _ in product}
            for s in stages if len(stages) == 1 else ():
                found.setdefault(s, {})[product] = c
        return found

    hamiltonians = sorted_terms(network.hamiltonian)
    own: list[_Own] = [(hamiltonians.get(s, {}), []) for s in range(len(members))]
    for jump in network.jumps:
        constant = {p: c for p, c in jump.operator if not p}
        for s, terms in sorted_terms(jump.operator).items() if jump.rate else ():
            own[s][1].append((jump.rate, constant | terms))
    return own


def _matrix(operator: OperatorSum, spaces: Sequence[Space], sizes: Sequence[int]) -> Array:
    return operator_matrix(operator, spaces, sizes).toarray()


def _couplings(
    network: OpenSystem,
    members: Sequence[Sequence[str]],
    charges: Sequence[dict[str, int]],
    source: LinearSource | None,
) -> _Couplings:
    place = {label: s for s, labels in enumerate(members) for label in labels}
    table, words = _jump_table(network)
    letters = source_letters(source) if source is not None else []
    adjoints = [OperatorSum({word: 1.0}).adjoint() for word in words]
    columns: dict[Product, int] = {word: n for n, word in enumerate(words)}
    for operator in [*adjoints, *(x for _, p in letters for x in (p, p.adjoint()))]:
        for product, _ in operator:
            columns.setdefault(product, len(columns))
    among = (table.T @ table.conj()).toarray()
    identity = _coefficients([OperatorSum({word: 1.0}) for word in words], columns)
    matrix = [
        _coefficients([p for _, p in letters], columns),
        -_coefficients([p.adjoint() for _, p in letters], columns),
        among @ _coefficients(adjoints, columns),
        -among.conj() @ identity,
    ]
    names = [letter for letter, _ in letters]
    rows = [(side, n) for n_list in (names, words) for side in (LEFT, RIGHT) for n in n_list]
    known = [place_of(word, place) for word in words]
    return _Couplings(
        np.vstack(matrix),
        tuple(rows),
        tuple(columns),
        np.array([-1] * (2 * len(names)) + known + known, dtype=int),
        np.array([place_of(product, place) for product in columns], dtype=int),
        np.array([_row_step(row, charges, source) for row in rows], dtype=int).reshape(
            len(rows), len(charges)
        ),
    )


def _jump_table(network: OpenSystem) -> tuple[sp.csr_array, list[Product]]:
    """``sqrt(rate_k) C_kw`` and the words w."""
    words: dict[Product, int] = {}
    entries: list[tuple[int, int, complex]] = []
    for k, jump in enumerate(network.jumps):
        for product, c in jump.operator:
            if product and jump.rate:
                entries.append((k, words.setdefault(product, len(words)), np.sqrt(jump.rate) * c))
    where = ([k for k, _, _ in entries], [w for _, w, _ in entries])
    values = np.array([c for _, _, c in entries], dtype=complex)
    shape = (max(len(network.jumps), 1), len(words))
    return sp.csr_array(sp.coo_array((values, where), shape=shape)), list(words)


def source_letters(source: LinearSource) -> list[tuple[SourceLetter, OperatorSum]]:
    """``a_m`` with its drive P_m, and ``d/da_m`` with Q_m, as far as they drive anything."""
    drives = [(SourceLetter(m, False), p) for m, p in enumerate(source.drives)]
    noises = [(SourceLetter(m, True), q) for m, q in enumerate(source.noises)]
    return [(letter, p) for letter, p in drives + noises if len(p)]


def place_of(product: Product, place: dict[str, int]) -> int:
    """Number of the stage that a local word belongs to."""
    return place[product[0][0].label]


def _coefficients(operators: Sequence[OperatorSum], columns: dict[Product, int]) -> Array:
    result = np.zeros((len(operators), len(columns)), dtype=complex)
    for n, operator in enumerate(operators):
        for product, c in operator:
            result[n, columns[product]] = c
    return result


def _row_step(row: Row, charges: Sequence[Charges], source: LinearSource | None) -> Step:
    """What ``w .`` (or ``. w†``) adds to the charge; a takes a photon away, d/da gives it back."""
    side, letter = row
    if isinstance(letter, SourceLetter):
        assert source is not None
        change = 1 if letter.derivative else -1
        steps = tuple(change * q.get(source.modes[letter.mode].label, 0) for q in charges)
    else:
        steps = charge_steps(letter, charges)
    return steps if side == LEFT else tuple(-step for step in steps)


@dataclass(frozen=True)
class _CutChannels:
    """``F = basis @ coefficients`` at one cut, channels grouped by the charge they add."""

    basis: Array
    coefficients: Array
    steps: tuple[Step, ...]


def _cut_channels(couplings: _Couplings, s: int) -> _CutChannels:
    """The channels of the cut behind stage s."""
    up, down = couplings.row_place <= s, np.flatnonzero(couplings.column_place > s)
    near = np.flatnonzero(couplings.column_place[down] == s + 1)
    bases, coefficients, steps = [], [], []
    sides = np.array([side == LEFT for side, _ in couplings.rows], dtype=bool)
    for step in np.unique(couplings.row_steps, axis=0):
        first = next((x for x in step if x), 0)
        if first < 0:
            continue  # these are the conjugates of those of -step
        mine = np.all(couplings.row_steps == step, axis=1) & (sides | (first > 0))
        rows = np.flatnonzero(up & mine)
        block = couplings.matrix[np.ix_(rows, down)]
        left, values, _ = np.linalg.svd(block, full_matrices=False)
        rank = int(np.sum(values > _RTOL * values.max(initial=0.0)))
        if not rank:
            continue
        left = unique_columns(left[:, :rank])  # real where the couplings are
        right = left.conj().T @ block
        # in units in which the next stage is driven with strength one: channels then mean the same
        # at every cut, however long the chain before it
        size = float(np.linalg.norm(right[:, near]) or np.linalg.norm(right)) / np.sqrt(rank)
        basis = np.zeros((len(couplings.rows), rank), dtype=complex)
        basis[rows] = left * size
        bases.append(basis)
        coefficients.append(np.zeros((rank, len(couplings.columns)), dtype=complex))
        coefficients[-1][:, down] = right / size
        steps += [tuple(int(x) for x in step)] * rank
    width, height = len(couplings.rows), len(couplings.columns)
    return _CutChannels(
        np.hstack([np.zeros((width, 0)), *bases]),
        np.vstack([np.zeros((0, height)), *coefficients]),
        tuple(steps),
    )
