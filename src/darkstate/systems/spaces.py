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
===========  =========================  ==========================================

``sz`` of a qubit is the Pauli matrix (eigenvalues -1, +1); ``Sz`` of a spin has -j .. j.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_integer
from darkstate.conventions import is_label
from darkstate.errors import ArgumentError

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


class Mode(Space):
    """A bosonic mode with ``[a, a†] = 1``; letters ``-`` (a) and ``+`` (a†)."""

    __slots__ = ()
    kind = "mode"

    def product(self, left: Word, right: Word) -> Polynomial:
        """Normal ordering of two words, e.g. ``- * + -> {"+-": 1, "": 1}``."""
        return _order_mode(left, right)


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
