"""Weak U(1) charges: excitation differences that the generator conserves.

Give every space the charge operator "number of excitations" (photons; excited atoms) and let
``Q = sum_i q_i n_i`` with integers q. A product changes Q by ``sum_i q_i (raising - lowering
letters of i)``. If every term of H leaves Q unchanged, and all terms of one jump operator change it
by the same amount (which may differ from jump to jump), then
``L(e^{i x Q} rho e^{-i x Q}) = e^{i x Q} L(rho) e^{-i x Q}``: the ket-minus-bra difference of Q is
conserved, and a unique steady state lives in the sector where it is zero.

The conditions are linear equations ``C q = 0`` over the integers. Those between two labels are
solved by merging them (a union-find whose links carry the ratio of the two charges), the rest by
exact elimination with fractions, so chains of 1e5 sites and small odd systems take the same road.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import gcd, lcm, prod

import numpy as np
from numpy.typing import NDArray

from darkstate.systems.open_system import OpenSystem, check_system
from darkstate.systems.operators import OperatorSum, Product
from darkstate.systems.spaces import Space
from darkstate.systems.traits.trait import Trait, abbreviated

Charge = dict[str, int]
"""``{label: q}`` for the labels with q != 0."""
_Row = dict[str, int | Fraction]  # whole numbers as int, which is much faster


def charges(system: OpenSystem) -> Trait[tuple[Charge, ...]]:
    """A basis of the weak U(1) charges of the system, as small integers.

    Complete for the jumps as they are written; a symmetry that holds only after mixing jump
    operators of one generator is not seen.
    """
    check_system(system)
    names = tuple(name for space in system.spaces for name in space.charge_names)
    basis = tuple(_null_space(names, _constraints(system)))
    if not basis:
        reason = "no combination of excitation numbers is conserved by H and definite in each jump"
    else:
        texts = abbreviated([_charge_text(charge) for charge in basis])
        reason = f"conserved (ket minus bra): {texts}"
    return Trait("weak U(1) charges", bool(basis), reason, basis)


def charge_values(
    found: Sequence[Charge], spaces: Sequence[Space], dimensions: Sequence[int]
) -> NDArray[np.int64]:
    """Charges of the basis states of a product of spaces, shape (states, charges)."""
    values = np.zeros((prod(dimensions), len(found)), dtype=np.int64)
    for k, charge in enumerate(found):
        total = np.zeros(1, dtype=np.int64)
        for space, size in zip(spaces, dimensions, strict=True):
            total = np.add.outer(total, space.charge_values(charge, size)).ravel()
        values[:, k] = total
    return values


def charge_steps(product: Product, found: Sequence[Charge]) -> tuple[int, ...]:
    """What a product of local words adds to each charge."""
    change = _change(product)
    return tuple(sum(charge.get(k, 0) * step for k, step in change.items()) for charge in found)


def _change(product: Product) -> Charge:
    """What a product adds to the excitation numbers."""
    return {name: step for space, word in product for name, step in space.change(word).items()}


def _constraints(system: OpenSystem) -> Iterator[Charge]:
    """Vectors v with the condition ``q . v = 0``."""
    for product, _ in system.whole_hamiltonian:
        yield _change(product)
    for jump in system.jumps:
        if jump.rate:
            yield from _differences(jump.operator)


def _differences(operator: OperatorSum) -> Iterator[Charge]:
    first: Charge | None = None
    for product, _ in operator:
        change = _change(product)
        if first is None:
            first = change
            continue
        yield {k: change.get(k, 0) - first.get(k, 0) for k in change | first}


class _Merged:
    """Labels whose charges are fixed multiples of each other: ``q[label] = ratio * q[root]``."""

    def __init__(self, labels: tuple[str, ...]):
        self._link: dict[str, tuple[str, int | Fraction]] = {k: (k, 1) for k in labels}

    def root(self, label: str) -> tuple[str, int | Fraction]:
        """``(root, ratio)``, shortening the path behind it."""
        path = []
        while self._link[label][0] != label:
            path.append(label)
            label = self._link[label][0]
        ratio: int | Fraction = 1
        for k in reversed(path):
            ratio = self._link[k][1] * ratio
            self._link[k] = (label, ratio)
        return label, ratio

    def over_roots(self, change: Charge) -> _Row:
        """The same condition written in the charges of the roots."""
        row: _Row = {}
        for label, step in change.items():
            root, ratio = self.root(label)
            row[root] = row.get(root, 0) + ratio * step
        return {k: c for k, c in row.items() if c}

    def merge(self, row: _Row) -> None:
        """Use up a condition between exactly two roots."""
        (a, p), (b, s) = row.items()
        self._link[b] = (a, _quotient(-p, s))


def _null_space(labels: tuple[str, ...], constraints: Iterator[Charge]) -> Iterator[Charge]:
    merged = _Merged(labels)
    waiting: list[Charge] = []
    for change in constraints:
        row = merged.over_roots(change)
        if len(row) == 2:
            merged.merge(row)
        elif row:
            waiting.append(change)
    pivots = _eliminate(merged, waiting)
    members: dict[str, _Row] = {}
    for label in labels:  # q[label] = sum over free roots of factor * q[root]
        root, ratio = merged.root(label)
        for free, factor in pivots.get(root, {root: 1}).items():
            members.setdefault(free, {})[label] = ratio * factor
    for row in members.values():
        yield _integers(row)


def _eliminate(merged: _Merged, changes: list[Charge]) -> dict[str, _Row]:
    """Reduced row echelon form: ``{pivot: its charge in terms of the free roots}``."""
    solved: dict[str, _Row] = {}
    for change in changes:
        row = _substituted(merged.over_roots(change), solved)
        if not row:
            continue
        pivot = next(reversed(row))
        factor = row.pop(pivot)
        value = {k: _quotient(-c, factor) for k, c in row.items()}
        for other, expression in solved.items():
            if pivot in expression:
                solved[other] = _substituted(expression, {pivot: value})
        solved[pivot] = value
    return solved


def _substituted(row: _Row, solved: dict[str, _Row]) -> _Row:
    result: _Row = {}
    for k, c in row.items():
        for free, factor in solved.get(k, {k: 1}).items():
            result[free] = result.get(free, 0) + c * factor
    return {k: c for k, c in result.items() if c}


def _quotient(p: int | Fraction, s: int | Fraction) -> int | Fraction:
    exact = Fraction(p) / s
    return exact.numerator if exact.denominator == 1 else exact


def _integers(row: _Row) -> Charge:
    """The shortest integer multiple whose first entry is positive."""
    scale = lcm(*(c.denominator for c in row.values()))
    whole = {k: int(c * scale) for k, c in row.items()}
    divisor = gcd(*whole.values())
    if next(iter(whole.values())) < 0:
        divisor = -divisor
    return {k: c // divisor for k, c in whole.items()}


def _charge_text(charge: Charge) -> str:
    signed = [
        f"{'-' if q < 0 else '+'} {'' if abs(q) == 1 else abs(q)}{k}" for k, q in charge.items()
    ]
    return abbreviated(signed, " ").removeprefix("+ ")
