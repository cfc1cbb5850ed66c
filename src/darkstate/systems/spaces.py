"""Named local spaces: what a network is made of.

Each space has a label, unique in its system, and an *algebra*: the rule by which words of local
operators multiply. A word is a string of letters ``+`` (raising), ``-`` (lowering) and ``z``, kept
in a canonical order so that equal operators have equal words:

===========  =========================  ==========================================
space        canonical words            rule
===========  =========================  ==========================================
Mode         ``+...+-...-``             ``a a† = a† a + 1``
Qubit        ``+``, ``-``, ``z``        Pauli table; ``s- s+ = (1 - sz)/2``
Spin         ``+..+ z..z -..-``         ``[S-, S+] = -2 Sz, [Sz, S+] = S+, [S-, Sz] = S-``
Ensemble     as Spin                    collective operators ``S = sum over atoms``
Levels       ``|to><from|``             ``|i><j| |k><l| = delta_jk |i><l|``
===========  =========================  ==========================================

A word of `Levels` has two letters, one for each level. The projector on the first level is no word:
it is one minus those on the others.

``sz`` of a qubit is the Pauli matrix (eigenvalues -1, +1); ``Sz`` of a spin has -j .. j.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_integer, check_sequence
from darkstate.conventions import is_label
from darkstate.display import upright
from darkstate.errors import ArgumentError, nearest

Word = str
Polynomial = dict[Word, complex]


class Space:
    """A named local Hilbert space; compares and hashes by kind, label and size."""

    __slots__ = ("_key", "label")
    __array_ufunc__ = None  # numpy leaves `*` to this class, which refuses it
    kind = "space"
    sized = False
    """Whether its size is part of it."""

    def __init__(self, label: str, *size: int):
        if size and not self.sized:
            remedy = "A cut-off is the engine's: engines.Lindblad(cutoff=10). A Spin has `atoms`."
            raise ArgumentError("size", f"be left out of a {type(self).__name__}", size, remedy)
        if not isinstance(label, str) or not is_label(label):
            raise ArgumentError(
                "label", "be letters, digits and _", label, "Use a name such as 'A1'."
            )
        self.label = label
        self._key = (self.kind, label, *size)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Space) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self.label)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self._key[1:]))})"

    @property
    def dimension(self) -> int | None:
        """Hilbert-space dimension; None where it is infinite."""
        return None

    @property
    def arguments(self) -> tuple[Any, ...]:
        """With which its kind makes an equal one."""
        return self._key[1:]

    def _refuse(self, other: object) -> NoReturn:
        """Say that a space is no operator.

        Raises:
            ArgumentError: always.
        """
        remedy = "Use operators of it: destroy(mode), sigma_x(qubit), spin_z(ensemble) ..."
        raise ArgumentError("space", "not stand in for an operator", self, remedy)

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __pow__ = _refuse

    def relabeled(self, label: str) -> Space:
        """The same kind of space under another label."""
        return type(self)(label, *self._key[2:])

    def product(self, left: Word, right: Word) -> Polynomial:
        """The product of two canonical words as a sum of canonical words."""
        raise NotImplementedError

    @property
    def charge_names(self) -> tuple[str, ...]:
        """What a charge may weigh: here the number of excitations, under the label."""
        return (self.label,)

    def change(self, word: Word) -> dict[str, int]:
        """What a word adds to each of `charge_names`; those that it leaves alone are left out."""
        step = word.count("+") - word.count("-")
        return {self.label: step} if step else {}

    def charge_values(self, charge: Mapping[str, int], dimension: int) -> NDArray[np.int64]:
        """A charge, ``{name: weight}``, in each of the basis states, shape (dimension,)."""
        return charge.get(self.label, 0) * np.arange(dimension, dtype=np.int64)

    def word_text(self, word: Word) -> str:
        """A word as operators print it."""
        return f"{self.label}[{word}]"

    def word_latex(self, word: Word) -> str:
        """A word as notebooks typeset it."""
        return " ".join(f"S^{{{letter}}}_{{{upright(self.label)}}}" for letter in word)


class Mode(Space):
    """A bosonic mode with ``[a, a†] = 1``; letters ``-`` (a) and ``+`` (a†)."""

    __slots__ = ()
    kind = "mode"

    def product(self, left: Word, right: Word) -> Polynomial:
        """Normal ordering of two words, e.g. ``- * + -> {"+-": 1, "": 1}``."""
        return _order_mode(left, right)

    def word_latex(self, word: Word) -> str:
        """Powers of a† and a."""
        powers = ((r"\dagger", word.count("+")), ("", word.count("-")))
        found = []
        for dagger, n in powers:
            exponent = f"{dagger} {n}" if n > 1 else dagger
            above = f"^{{{exponent.strip()}}}" if exponent else ""
            found += [f"a_{{{upright(self.label)}}}{above}"] if n else []
        return " ".join(found)


class Qubit(Space):
    """A two-level system, ground state ``|0>`` (sz = -1); letters ``-``, ``+``, ``z``."""

    __slots__ = ()
    kind = "qubit"

    @property
    def dimension(self) -> int:
        """Two."""
        return 2

    def product(self, left: Word, right: Word) -> Polynomial:
        """The Pauli multiplication table in the basis 1, s+, s-, sz."""
        return _QUBIT_TABLE[left, right]

    def word_latex(self, word: Word) -> str:
        """A Pauli matrix."""
        return rf"\sigma^{{{word}}}_{{{upright(self.label)}}}"


class Spin(Space):
    """A spin of `atoms` two-level atoms in their symmetric subspace, dimension ``atoms + 1``."""

    __slots__ = ("atoms",)
    kind = "spin"
    sized = True

    def __init__(self, label: str, atoms: int):
        self.atoms = check_integer("atoms", atoms, minimum=1)
        super().__init__(label, self.atoms)

    @property
    def dimension(self) -> int:
        """``atoms + 1`` Dicke states."""
        return self.atoms + 1

    def product(self, left: Word, right: Word) -> Polynomial:
        """Ordering of su(2) words as ``+..+ z..z -..-``."""
        return _order_spin(left + right)


class Ensemble(Spin):
    """Many two-level atoms with collective operators; per-atom processes are allowed as jumps.

    Unlike `Spin`, an ensemble is not confined to its symmetric subspace: a jump with
    ``each_atom=True`` acts on its atoms one by one.
    """

    __slots__ = ()
    kind = "ensemble"


_FIRST_LETTER = 256
"""Levels are written with letters from here on, which no other word has."""
MAX_LEVELS = 1000


class Levels(Space):
    """An atom or circuit with named levels; operators are made by `transition` and `projector`.

    Args:
        label: name of the space.
        levels: names of the levels, the first of which is the ground state; or how many there are
            ("0", "1", ...).

    Raises:
        ArgumentError: fewer than two levels or more than 1000, or names that are not distinct.
    """

    __slots__ = ("levels",)
    kind = "levels"
    sized = True

    def __init__(self, label: str, levels: int | Sequence[str]):
        remedy = "Give names such as ('g', 'e', 'r'), or a number of levels."
        if isinstance(levels, int | np.integer):
            count = check_integer("levels", levels, minimum=2, maximum=MAX_LEVELS, remedy=remedy)
            names: tuple[str, ...] = tuple(map(str, range(count)))
        else:
            names = check_sequence("levels", levels, remedy)
        for k, name in enumerate(names):
            if not isinstance(name, str) or not is_label(name):
                raise ArgumentError(f"levels[{k}]", "be letters, digits and _", name, remedy)
        if not 2 <= len(set(names)) == len(names) <= MAX_LEVELS:
            raise ArgumentError("levels", "be at least two distinct names", names, remedy)
        self.levels = names
        super().__init__(label, names)  # type: ignore[arg-type]

    @property
    def dimension(self) -> int:
        """How many levels there are."""
        return len(self.levels)

    def place(self, level: str | int) -> int:
        """Position of a level, given by its name or its position.

        Raises:
            ArgumentError: there is no such level; the nearest one is offered.
        """
        if isinstance(level, int | np.integer) and not isinstance(level, bool):
            last = self.dimension - 1
            return check_integer(
                "level", level, minimum=0, maximum=last, remedy=f"Known: 0 to {last}."
            )
        if level not in self.levels:
            raise ArgumentError(
                "level", f"be a level of '{self.label}'", level, nearest(level, self.levels)
            )
        return self.levels.index(level)

    def word(self, to: int, origin: int) -> Polynomial:
        """``|to><origin|`` as a sum of canonical words."""
        if to or origin:
            return {chr(_FIRST_LETTER + to) + chr(_FIRST_LETTER + origin): 1.0}
        others = (next(iter(self.word(k, k))) for k in range(1, self.dimension))
        return {"": 1.0, **dict.fromkeys(others, -1.0)}

    def product(self, left: Word, right: Word) -> Polynomial:
        """``|i><j| |k><l| = delta_jk |i><l|``."""
        to, middle = level_places(left)
        other, origin = level_places(right)
        return self.word(to, origin) if middle == other else {}

    @property
    def charge_names(self) -> tuple[str, ...]:
        """Every level but the first has a weight of its own, ``"atom.e"``."""
        return tuple(f"{self.label}.{level}" for level in self.levels[1:])

    def change(self, word: Word) -> dict[str, int]:
        """A transition takes the weight of one level and brings that of another."""
        to, origin = level_places(word)
        steps = {to: 1, origin: -1} if to != origin else {}
        return {f"{self.label}.{self.levels[k]}": step for k, step in steps.items() if k}

    def charge_values(self, charge: Mapping[str, int], dimension: int) -> NDArray[np.int64]:
        """The weight of every level."""
        weights = [charge.get(name, 0) for name in self.charge_names]
        return np.array([0, *weights], dtype=np.int64)

    def word_text(self, word: Word) -> str:
        """``|to><from|`` with the label and the names of the levels."""
        to, origin = (self.levels[k] for k in level_places(word))
        return f"{self.label}[{to}<{origin}]"

    def word_latex(self, word: Word) -> str:
        """``|to><from|``."""
        to, origin = (upright(self.levels[k]) for k in level_places(word))
        return rf"|{to}\rangle\langle {origin}|_{{{upright(self.label)}}}"


def level_places(word: Word) -> tuple[int, int]:
    """Positions of the two levels of a word of `Levels`."""
    return ord(word[0]) - _FIRST_LETTER, ord(word[1]) - _FIRST_LETTER


_QUBIT_TABLE: dict[tuple[Word, Word], Polynomial] = {
    ("+", "+"): {},
    ("-", "-"): {},
    ("+", "-"): {"": 0.5, "z": 0.5},
    ("-", "+"): {"": 0.5, "z": -0.5},
    ("z", "z"): {"": 1.0},
    ("z", "+"): {"+": 1.0},
    ("+", "z"): {"+": -1.0},
    ("z", "-"): {"-": -1.0},
    ("-", "z"): {"-": 1.0},
}


@lru_cache(maxsize=4096)
def _order_mode(left: Word, right: Word) -> Polynomial:
    """``a+^p a^q * a+^r a^s = sum_k k! C(q,k) C(r,k) a+^(p+r-k) a^(q+s-k)``."""
    p, q = left.count("+"), left.count("-")
    r, s = right.count("+"), right.count("-")
    result: Polynomial = {}
    weight = 1.0
    for k in range(min(q, r) + 1):
        result["+" * (p + r - k) + "-" * (q + s - k)] = weight
        weight *= (q - k) * (r - k) / (k + 1)
    return result


_SPIN_RANK = {"+": 0, "z": 1, "-": 2}
# x y -> y x + extra, for every pair of letters in the wrong order
_SPIN_SWAP: dict[str, tuple[complex, Word]] = {
    "z+": (1.0, "+"),
    "-z": (1.0, "-"),
    "-+": (-2.0, "z"),
}


@lru_cache(maxsize=4096)
def _order_spin(word: Word) -> Polynomial:
    for i in range(len(word) - 1):
        pair = word[i : i + 2]
        if _SPIN_RANK[pair[0]] > _SPIN_RANK[pair[1]]:
            factor, letter = _SPIN_SWAP[pair]
            head, tail = word[:i], word[i + 2 :]
            result = dict(_order_spin(head + pair[::-1] + tail))
            for other, weight in _order_spin(head + letter + tail).items():
                result[other] = result.get(other, 0.0) + factor * weight
            return {w: c for w, c in result.items() if c}
    return {word: 1.0}
