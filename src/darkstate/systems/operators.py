"""OperatorSum: immutable sums of products of named local operators.

An operator is written as one would on paper::

    a, b = Mode("A1"), Mode("B1")
    H = 0.5 * (create(a) * create(b) + destroy(a) * destroy(b))

Internally it is a table ``{product: coefficient}``; a product is a tuple of ``(space, word)``
sorted by label, each word in the canonical order of its space (see `darkstate.systems.spaces`).
Sums and products therefore simplify at once, and equal operators compare equal. (Identities that
hold for one size of spin only, such as ``S+ S+ = 0`` for a single atom, are not known to it.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from numbers import Complex
from types import MappingProxyType
from typing import NoReturn

import numpy as np

from darkstate.checks import check_integer
from darkstate.errors import ArgumentError
from darkstate.systems.spaces import Levels, Mode, Qubit, Space, Spin, Word

Product = tuple[tuple[Space, Word], ...]
_TYPESET = 12
"""Terms of an operator that are typeset."""
_ADJOINT = str.maketrans("+-", "-+")


class OperatorSum:
    """A sum of coefficients times products of local operators; never changes once made.

    Args:
        terms: ``{product: coefficient}`` in canonical form. Users build operators with `create`,
            `destroy`, `sigma_minus`, ... and ``+ - *`` instead.
    """

    __slots__ = ("_terms",)
    __array_ufunc__ = None  # numpy scalars and arrays leave `*` and `+` to this class

    def __init__(self, terms: Mapping[Product, complex] | None = None):
        if terms is not None and type(terms) is not dict and not isinstance(terms, Mapping):
            remedy = "Build operators with create, destroy, sigma_minus, ... and + - *."
            raise ArgumentError("terms", "be {product: coefficient}", terms, remedy)
        self._terms: dict[Product, complex] = dict(terms or {})

    @property
    def terms(self) -> Mapping[Product, complex]:
        """The table ``{product: coefficient}``, read-only."""
        return MappingProxyType(self._terms)

    @property
    def spaces(self) -> tuple[Space, ...]:
        """The spaces on which some term acts, sorted by label."""
        found = {space for product in self._terms for space, _ in product}
        return tuple(sorted(found, key=lambda space: space.label))

    def __iter__(self) -> Iterator[tuple[Product, complex]]:
        return iter(self._terms.items())

    def __len__(self) -> int:
        return len(self._terms)

    def __add__(self, other: OperatorSum | complex) -> OperatorSum:
        return total((self, as_operator(other)))

    __radd__ = __add__

    def __neg__(self) -> OperatorSum:
        return self * -1.0

    def __sub__(self, other: OperatorSum | complex) -> OperatorSum:
        return self + -as_operator(other)

    def __rsub__(self, other: OperatorSum | complex) -> OperatorSum:
        return as_operator(other) + -self

    def __mul__(self, other: OperatorSum | complex) -> OperatorSum:
        if isinstance(other, OperatorSum):
            return _multiply(self, other)
        factor = _as_number(other)
        return OperatorSum({product: factor * c for product, c in self._terms.items() if factor})

    def __rmul__(self, other: complex) -> OperatorSum:
        return self * other

    def __truediv__(self, other: complex) -> OperatorSum:
        divisor = _as_number(other)
        if divisor == 0:
            raise ArgumentError("divisor", "not be zero", other, "Divide by a nonzero number.")
        return OperatorSum({product: c / divisor for product, c in self._terms.items()})

    def __rtruediv__(self, other: object) -> NoReturn:
        raise ArgumentError("divisor", "be a number", self, "An operator cannot be divided by.")

    def __pow__(self, exponent: int) -> OperatorSum:
        """The product of `exponent` equal factors; the identity for 0."""
        remedy = "Powers of operators are repeated products: destroy(a)**2."
        power = check_integer("exponent", exponent, minimum=0, remedy=remedy)
        result = identity()
        for _ in range(power):
            result = _multiply(result, self)
        return result

    def __matmul__(self, other: object) -> NoReturn:
        raise ArgumentError("factor", "be joined by *", other, "Write a * b for the product.")

    __rmatmul__ = __matmul__

    def adjoint(self) -> OperatorSum:
        """The Hermitian conjugate."""
        return OperatorSum(
            {
                tuple((space, word[::-1].translate(_ADJOINT)) for space, word in product): (
                    c.conjugate()
                )
                for product, c in self._terms.items()
            }
        )

    def commutator(self, other: OperatorSum) -> OperatorSum:
        """``[self, other]``."""
        return self * other - other * self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OperatorSum):
            return NotImplemented
        return self._terms == other._terms

    def __hash__(self) -> int:
        return hash(frozenset(self._terms.items()))

    def isclose(self, other: OperatorSum | complex, rtol: float = 1e-12) -> bool:
        """Whether all coefficients agree within `rtol` of the largest one of either operator."""
        other = as_operator(other)
        scale = max((abs(c) for op in (self, other) for _, c in op), default=0.0)
        keys = self._terms.keys() | other._terms.keys()
        gap = max(
            (abs(self._terms.get(k, 0.0) - other._terms.get(k, 0.0)) for k in keys), default=0.0
        )
        return gap <= rtol * scale

    def is_hermitian(self, rtol: float = 1e-12) -> bool:
        """Whether every coefficient equals that of the adjoint term within `rtol` of the two.

        Term by term: a weak term must not pass because a strong one stands beside it. Only what is
        left of a cancellation, below 16 roundings of the largest coefficient, is forgiven.
        """
        floor = 16 * np.finfo(float).eps * max((abs(c) for _, c in self), default=0.0)
        other = self.adjoint()._terms
        for product, c in self._terms.items():
            partner = other.get(product, 0.0)
            if abs(c - partner) > max(rtol * max(abs(c), abs(partner)), floor):
                return False
        return True

    def __repr__(self) -> str:
        return f"OperatorSum({self})"

    def __str__(self) -> str:
        shown = [f"{_number_text(c)}{_product_text(p)}" for p, c in list(self._terms.items())[:8]]
        more = f" + ... ({len(self)} terms)" if len(self) > 8 else ""
        return (" + ".join(shown) or "0") + more

    def _repr_latex_(self) -> str:
        """What notebooks show."""
        return f"$\\displaystyle {latex(self)}$"


def latex(operator: OperatorSum) -> str:
    """An operator as a formula, without the dollars; long ones are cut."""
    terms = []
    for product, c in list(operator)[:_TYPESET]:
        words = " ".join(space.word_latex(word) for space, word in product)
        number = _number_latex(c)
        terms.append(f"{'' if number == '1' and words else number} {words}".strip())
    more = r" + \ldots" if len(operator) > _TYPESET else ""
    return (" + ".join(terms).replace("+ -", "- ") or "0") + more


def _number_latex(c: complex) -> str:
    if isinstance(c, complex) and c.real == 0:
        return rf"{c.imag:.4g}\,\mathrm{{i}}"
    if isinstance(c, complex):
        return rf"({c.real:.4g} {'-' if c.imag < 0 else '+'} {abs(c.imag):.4g}\,\mathrm{{i}})"
    return f"{c:.4g}"


def plus_hc(operator: OperatorSum) -> OperatorSum:
    """``O + O†``: the operator plus its Hermitian conjugate."""
    return operator + operator.adjoint()


def total(operators: Iterable[OperatorSum | complex]) -> OperatorSum:
    """The sum of many operators in one pass (repeated ``+`` would copy the table each time).

    Raises:
        ArgumentError: no list, or an entry that is neither operator nor number.
    """
    if not isinstance(operators, Iterable) or isinstance(operators, str | bytes):
        raise ArgumentError("operators", "be a list of operators", operators, "Put them into [ ].")
    terms: dict[Product, complex] = {}
    cancelled = False
    for operator in operators:
        for product, c in as_operator(operator)._terms.items():
            before = terms.get(product)
            value = c if before is None else before + c
            terms[product] = value
            cancelled = cancelled or value == 0
    if cancelled:
        terms = {product: c for product, c in terms.items() if c != 0}
    return OperatorSum(terms)


def as_operator(value: OperatorSum | complex) -> OperatorSum:
    """A number as that multiple of the identity; an operator as itself."""
    if isinstance(value, OperatorSum):
        return value
    number = _as_number(value)
    return OperatorSum({(): number} if number else {})


def identity() -> OperatorSum:
    """The identity on everything."""
    return OperatorSum({(): 1.0})


def destroy(mode: Mode) -> OperatorSum:
    """``a`` of a mode."""
    return _letter(mode, "-", Mode, "destroy")


def create(mode: Mode) -> OperatorSum:
    """``a†`` of a mode."""
    return _letter(mode, "+", Mode, "create")


def number(mode: Mode) -> OperatorSum:
    """``a† a`` of a mode."""
    return _letter(mode, "+-", Mode, "number")


def sigma_minus(qubit: Qubit) -> OperatorSum:
    """``s-`` of a qubit: takes ``|1>`` to ``|0>``."""
    return _letter(qubit, "-", Qubit, "sigma_minus")


def sigma_plus(qubit: Qubit) -> OperatorSum:
    """``s+`` of a qubit: takes ``|0>`` to ``|1>``."""
    return _letter(qubit, "+", Qubit, "sigma_plus")


def sigma_z(qubit: Qubit) -> OperatorSum:
    """``sz = |1><1| - |0><0|`` of a qubit."""
    return _letter(qubit, "z", Qubit, "sigma_z")


def sigma_x(qubit: Qubit) -> OperatorSum:
    """``sx = s+ + s-`` of a qubit."""
    return sigma_plus(qubit) + sigma_minus(qubit)


def sigma_y(qubit: Qubit) -> OperatorSum:
    """``sy = -i (s+ - s-)`` of a qubit, so that ``[sx, sy] = 2i sz``."""
    return -1j * (sigma_plus(qubit) - sigma_minus(qubit))


def spin_minus(spin: Spin) -> OperatorSum:
    """``S- = sum_i s-_i`` of a spin or ensemble."""
    return _letter(spin, "-", Spin, "spin_minus")


def spin_plus(spin: Spin) -> OperatorSum:
    """``S+ = sum_i s+_i`` of a spin or ensemble."""
    return _letter(spin, "+", Spin, "spin_plus")


def spin_z(spin: Spin) -> OperatorSum:
    """``Sz = sum_i sz_i / 2`` of a spin or ensemble, eigenvalues -j .. j."""
    return _letter(spin, "z", Spin, "spin_z")


def spin_x(spin: Spin) -> OperatorSum:
    """``Sx = (S+ + S-)/2`` of a spin or ensemble."""
    return 0.5 * (spin_plus(spin) + spin_minus(spin))


def spin_y(spin: Spin) -> OperatorSum:
    """``Sy = (S+ - S-)/(2i)`` of a spin or ensemble."""
    return -0.5j * (spin_plus(spin) - spin_minus(spin))


def transition(atom: Levels, to: str | int, from_: str | int) -> OperatorSum:
    """``|to><from_|`` of an atom with named levels; levels by name or by position.

    Raises:
        ArgumentError: no `Levels`, or no such level; the nearest one is offered.
    """
    if not isinstance(atom, Levels):
        remedy = "Make it first: Levels('atom', ('g', 'e', 'r'))."
        if isinstance(atom, Space):
            remedy = "Use an operator of its own kind, or matrix_operator(space, matrix)."
        raise ArgumentError("atom", "be a Levels", atom, remedy)
    words = atom.word(atom.place(to), atom.place(from_))
    return OperatorSum({((atom, word),) if word else (): c for word, c in words.items()})


def projector(atom: Levels, level: str | int) -> OperatorSum:
    """``|level><level|`` of an atom with named levels.

    Raises:
        ArgumentError: no `Levels`, or no such level; the nearest one is offered.
    """
    return transition(atom, level, level)


def _letter(space: Space, word: Word, kind: type[Space], name: str) -> OperatorSum:
    if not isinstance(space, kind):
        remedy = f"Make it first, {name}({kind.__name__}(...))."
        if isinstance(space, Space):
            remedy = "Use an operator of its own kind."
        raise ArgumentError("space", f"be a {kind.__name__} for {name}()", space, remedy)
    return OperatorSum({((space, word),): 1.0})


def _as_number(value: object) -> complex:
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if type(value) is float and isfinite(value):
        return value
    if isinstance(value, bool) or not isinstance(value, Complex | np.number):
        remedy = "Matrices become operators by matrix_operator(space, matrix)."
        if callable(value):
            remedy = "What depends on time stands beside H: Drive(operator, f)."
        if isinstance(value, Space):
            remedy = "Use operators of it: destroy(mode), sigma_x(qubit), spin_z(ensemble) ..."
        raise ArgumentError("factor", "be a number or an OperatorSum", value, remedy)
    try:
        result = complex(value)  # type: ignore[arg-type]
    except OverflowError:
        result = complex(np.inf)
    if not np.isfinite(result):
        raise ArgumentError("factor", "be finite", value, "Check the parameter it comes from.")
    return result.real if result.imag == 0 else result


def _multiply(left: OperatorSum, right: OperatorSum) -> OperatorSum:
    terms: dict[Product, complex] = {}
    for product1, c1 in left:
        for product2, c2 in right:
            for product, weight in _merge(product1, product2):
                terms[product] = terms.get(product, 0.0) + c1 * c2 * weight
    return OperatorSum({product: c for product, c in terms.items() if c != 0})


def _merge(left: Product, right: Product) -> list[tuple[Product, complex]]:
    """The product of two products as canonical ``(product, weight)`` pairs."""
    if len(left) == len(right) == 1 and left[0][0].label != right[0][0].label:
        pair = left + right if left[0][0].label < right[0][0].label else right + left
        return [(pair, 1.0)]
    shared = {space for space, _ in left} & {space for space, _ in right}
    words = dict(left) | dict(right)
    partial: list[tuple[dict[Space, Word], complex]] = [(words, 1.0)]
    for space in shared:
        options = space.product(dict(left)[space], dict(right)[space])
        partial = [
            ({**factors, space: word}, weight * c)
            for factors, weight in partial
            for word, c in options.items()
        ]
    return [(_canonical(factors), weight) for factors, weight in partial]


def _canonical(factors: dict[Space, Word]) -> Product:
    kept = [(space, word) for space, word in factors.items() if word]
    return tuple(sorted(kept, key=lambda factor: factor[0].label))


def _number_text(c: complex) -> str:
    return f"({c:.6g})" if isinstance(c, complex) else f"{c:.6g}"


def _product_text(product: Product) -> str:
    return "".join(f" {space.word_text(word)}" for space, word in product)
