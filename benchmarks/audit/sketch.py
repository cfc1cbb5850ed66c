"""A system in plain data, and its two readings.

A space is ``(kind, label, size)``: ``("qubit", "q", 0)``, ``("mode", "a", 0)``,
``("spin", "J", 2 j)`` or ``("ensemble", "E", atoms)``. A term is ``(coefficient, {label: word})``
with words over ``+-z``, the operators of a word multiplied from left to right. An operator is a
list of terms. A jump is ``(rate, operator)``, or ``(rate, operator, True)`` for a process of every
single atom.

`open_system` reads it in darkstate's language. `matrices` reads it as matrices (ensembles atom by
atom, as qubits), built from tables of matrix elements and Kronecker products.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from math import prod

import numpy as np

from audit.wide import Wide, WideComplex
from darkstate.systems import (
    Ensemble,
    Jump,
    Mode,
    OpenSystem,
    Qubit,
    Spin,
    create,
    destroy,
    identity,
    sigma_minus,
    sigma_plus,
    sigma_z,
    spin_minus,
    spin_plus,
    spin_z,
)  # fmt: skip

LETTERS = {
    "mode": {"-": destroy, "+": create},
    "qubit": {"-": sigma_minus, "+": sigma_plus, "z": sigma_z},
    "spin": {"-": spin_minus, "+": spin_plus, "z": spin_z},
    "ensemble": {"-": spin_minus, "+": spin_plus, "z": spin_z},
}
KINDS = {"mode": Mode, "qubit": Qubit, "spin": Spin, "ensemble": Ensemble}


@dataclass
class Sketch:
    """One system of the audit.

    Args:
        family: name of the family it is drawn from.
        spaces: ``(kind, label, size)`` of each.
        hamiltonian: an operator; must be Hermitian as it stands.
        jumps: ``(rate, operator)`` or ``(rate, operator, True)``.
        unique: whether it has one steady state (None: not known by construction).
        cutoffs: sizes of the modes to try in turn, for the reference.
        times: where not empty, the system is evolved over them from its ground state.
        note: what is special about it.
    """

    family: str
    spaces: list
    hamiltonian: list
    jumps: list
    unique: bool | None = True
    cutoffs: tuple = ()
    times: tuple = ()
    note: str = ""
    number: int = -1
    observables: list = field(default_factory=list)

    def __post_init__(self):
        self.hamiltonian = merged(self.hamiltonian)
        if not self.observables:
            self.observables = standard_observables(self.spaces)


def merged(operator):
    """Equal products added in double precision: what a system is, before anybody solves it."""
    found = {}
    for coefficient, words in operator:
        key = tuple(sorted(words.items()))
        found[key] = found.get(key, 0.0) + coefficient
    return [(coefficient, dict(key)) for key, coefficient in found.items()]


def standard_observables(spaces):
    """Populations and amplitudes of every space, and one correlation of the first two."""
    found = []
    for kind, label, _ in spaces:
        found.append([(1.0, {label: "+-" if kind == "mode" else "z"})])
        found.append([(1.0, {label: "-"})])
    if len(spaces) > 1:
        (_, first, _), (_, second, _) = spaces[:2]
        found.append([(1.0, {first: "+", second: "-"})])
    return found


def adjoint(operator):
    """Hermitian conjugate of an operator."""
    turned = {"+": "-", "-": "+", "z": "z"}
    return [
        (np.conj(c).item() if isinstance(c, complex) else c,
         {label: "".join(turned[x] for x in reversed(word)) for label, word in words.items()})
        for c, words in operator
    ]  # fmt: skip


def hermitian(operator):
    """The operator plus its conjugate."""
    return operator + adjoint(operator)


def operator_sum(operator, spaces):
    """An operator in darkstate's language."""
    known = {
        label: (kind, KINDS[kind](label, *([size] if size else []))) for kind, label, size in spaces
    }
    total = 0.0 * identity()
    for coefficient, words in operator:
        factor = identity()
        for label, word in words.items():
            kind, space = known[label]
            for letter in word:
                factor = factor * LETTERS[kind][letter](space)
        total = total + coefficient * factor
    return total


def open_system(sketch):
    """The sketch in darkstate's language."""
    spaces = tuple(
        KINDS[kind](label, *([size] if size else [])) for kind, label, size in sketch.spaces
    )
    jumps = tuple(
        Jump(operator_sum(jump[1], sketch.spaces), jump[0], each_atom=len(jump) > 2)
        for jump in sketch.jumps
    )
    return OpenSystem(spaces, operator_sum(sketch.hamiltonian, sketch.spaces), jumps)


# Matrices -------------------------------------------------------------------------------------


def letter_matrix(kind, letter, dimension):
    """Matrix elements of one letter, to 32 digits; index = excitations."""
    k = np.arange(1, dimension, dtype=float)
    matrix = Wide(np.zeros((dimension, dimension)))
    if letter == "z":
        diagonal = np.arange(dimension) - 0.5 * (dimension - 1)
        matrix.hi[np.arange(dimension), np.arange(dimension)] = diagonal * (
            2.0 if kind == "qubit" else 1.0
        )
        return matrix
    root = Wide(k if kind == "mode" else k * (dimension - k)).sqrt()
    rows, columns = np.arange(dimension - 1), np.arange(1, dimension)
    if letter == "+":
        rows, columns = columns, rows
    matrix[rows, columns] = root
    return matrix


def word_matrix(kind, word, dimension):
    """Product of letters; of a mode in a larger space that is cut afterwards."""
    larger = dimension + (len(word) if kind == "mode" else 0)
    total = Wide(np.eye(larger))
    for letter in word:
        total = total @ letter_matrix(kind, letter, larger)
    return total[:dimension, :dimension]


def kron(first, second):
    """Kronecker product of two `Wide` matrices."""
    big = first[:, None, :, None] * second[None, :, None, :]
    shape = (first.shape[0] * second.shape[0], first.shape[1] * second.shape[1])
    return Wide(big.hi.reshape(shape), big.lo.reshape(shape))


@dataclass
class Layout:
    """The tensor product that matrices act on: one slot a qubit, mode, spin or atom."""

    spaces: list
    slots: list  # (kind, label, dimension)

    @property
    def dimensions(self):
        """Of the slots."""
        return tuple(slot[2] for slot in self.slots)

    @classmethod
    def of(cls, spaces, cutoffs):
        """Slots of `spaces`, the modes cut at `cutoffs`."""
        cut, slots = iter(cutoffs), []
        for kind, label, size in spaces:
            if kind == "ensemble":
                slots += [("qubit", label, 2)] * size
            else:
                slots.append((kind, label, {"qubit": 2, "spin": size + 1}.get(kind) or next(cut)))
        return cls(spaces, slots)

    def product(self, factors):
        """Tensor product of ``{slot: matrix}``, identity elsewhere."""
        parts = [factors.get(k, Wide(np.eye(slot[2]))) for k, slot in enumerate(self.slots)]
        return reduce(kron, parts)

    def matrix(self, operator):
        """An operator as a `WideComplex` matrix; ensembles act as sums over their atoms."""
        size = prod(self.dimensions)
        total = WideComplex(np.zeros((size, size)))
        for coefficient, words in operator:
            part = Wide(np.eye(size))
            for label, word in words.items():
                part = part @ self._word(label, word)
            total = total + WideComplex(part).scaled(coefficient)
        return total

    def _word(self, label, word):
        kind = next(kind for kind, name, _ in self.spaces if name == label)
        places = [k for k, slot in enumerate(self.slots) if slot[1] == label]
        if kind != "ensemble":
            (place,) = places
            return self.product({place: word_matrix(kind, word, self.slots[place][2])})
        total = Wide(np.eye(prod(self.dimensions)))
        for letter in word:
            parts = [self.single(place, letter) for place in places]
            total = total @ reduce(lambda x, y: x + y, parts)
        return total

    def single(self, place, letter):
        """One letter of one atom; ``z`` is its spin, sz/2."""
        matrix = letter_matrix("spin", letter, 2)
        return self.product({place: matrix})

    def jump_matrices(self, jump):
        """``[(rate, matrix)]`` of one jump: one for every atom where it is one of single atoms."""
        rate, operator = jump[:2]
        if len(jump) == 2:
            return [(rate, self.matrix(operator))]
        (label,) = {label for _, words in operator for label in words}
        found = []
        for place in (k for k, slot in enumerate(self.slots) if slot[1] == label):
            size = prod(self.dimensions)
            total = WideComplex(np.zeros((size, size)))
            for coefficient, words in operator:
                total = total + WideComplex(self.single(place, words[label])).scaled(coefficient)
            found.append((rate, total))
        return found


# As a script ------------------------------------------------------------------------------------

NAMES = {"mode": {"-": "destroy", "+": "create"},
         "qubit": {"-": "sigma_minus", "+": "sigma_plus", "z": "sigma_z"},
         "spin": {"-": "spin_minus", "+": "spin_plus", "z": "spin_z"}}  # fmt: skip


def script_of(sketch):
    """The system as a script in darkstate's language, every number in full."""
    kinds = {label: kind for kind, label, _ in sketch.spaces}

    def written(operator):
        terms = []
        for c, words in operator:
            factors = [
                f"{NAMES.get(kinds[label], NAMES['spin'])[x]}({label})"
                for label, word in words.items() for x in word
            ]  # fmt: skip
            terms.append(" * ".join([repr(c), *factors]))
        return " + ".join(terms) or "0 * identity()"

    lines = ["import darkstate as ds", "from darkstate.systems import *", ""]
    for kind, label, size in sketch.spaces:
        lines.append(f"{label} = {kind.capitalize()}({label!r}{f', {size}' if size else ''})")
    lines.append(f"H = {written(sketch.hamiltonian)}")
    jumps = [
        f"Jump({written(j[1])}, {j[0]!r}{', each_atom=True' if len(j) > 2 else ''})"
        for j in sketch.jumps
    ]
    lines.append(f"jumps = ({', '.join(jumps)},)")
    spaces = ", ".join(label for _, label, _ in sketch.spaces)
    lines.append(f"system = OpenSystem(({spaces},), H, jumps)")
    if sketch.times:
        lines.append(f"times = {list(sketch.times)}")
    lines.append("print(ds.steady_state(system).report)")
    return "\n".join(lines)
