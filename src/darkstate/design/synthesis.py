"""Synthesis: the answer to "which networks prepare this state?", with its evidence."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from darkstate.design.certificate import NoNetwork
from darkstate.design.family import Family
from darkstate.design.hardware import Library, combined
from darkstate.display import ToldInLines
from darkstate.results import Result
from darkstate.states.subsystems import Matrix
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.operators import OperatorSum

_SHOWN = 8
YES, NO, UNDECIDED = "yes", "no", "undecided"


@dataclass(frozen=True, eq=False)
class Networks:
    """All networks of a hardware that keep the target.

    Jumps are any combinations within one set of `jumps`, the Hamiltonian is any real combination of
    `hamiltonians`; where the target is an eigenvector of a jump with an eigenvalue that is not
    zero, see `terms`.

    Args:
        jumps: for each set a basis of the jumps that have the target as an eigenvector.
        eigenvalues: for each set (n,) their eigenvalues, zero but for the first.
        coefficients: for each set (n, K) coefficients in the operators given.
        hamiltonians: the Hamiltonians that belong to the rows of `terms`.
        terms: (n, M + extra) coefficients of the terms given, then, for each set whose first jump
            has an eigenvalue, Gamma_11 (which must be positive), Re Gamma_12, Im Gamma_12, ...: the
            first row of the Gram matrix of the jumps, which the Hamiltonian must go with
            (`darkstate.design.family`).
        margin: proven: all else moves the target at least by this, per strength.
    """

    jumps: tuple[tuple[OperatorSum, ...], ...]
    eigenvalues: tuple[Matrix, ...]
    coefficients: tuple[Matrix, ...]
    hamiltonians: tuple[OperatorSum, ...]
    terms: NDArray[np.float64]
    margin: float

    @classmethod
    def of(cls, family: Family, library: Library) -> Networks:
        """Described in the operators of the library."""
        rows = [
            jumps.coefficients / sizes
            for jumps, sizes in zip(family.jumps, library.jump_sizes, strict=True)
        ]
        pivots = [_pivots(each) for each in rows]
        scaled = [_tidied(each / p[:, None]) for each, p in zip(rows, pivots, strict=True)]
        count = len(library.terms)
        terms = family.terms.copy()
        terms[:, :count] /= library.term_sizes
        position = count
        for jumps, p in zip(family.jumps, pivots, strict=True):
            if jumps.shifted:  # Gamma_1j of the jumps as they are told
                part = terms[:, position : position + 2 * len(p) - 1]
                part[:, 0] *= abs(p[0]) ** 2
                others = (part[:, 1::2] + 1j * part[:, 2::2]) * np.conj(p[0]) * p[1:]
                part[:, 1::2], part[:, 2::2] = others.real, others.imag
                position += part.shape[1]
        terms = _tidied(terms / _pivots(terms)[:, None])
        return cls(
            tuple(
                tuple(combined(row, operators) for row in rows)
                for rows, operators in zip(scaled, library.jumps, strict=True)
            ),
            tuple(each.eigenvalues / p for each, p in zip(family.jumps, pivots, strict=True)),
            tuple(scaled),
            tuple(combined(row[:count], library.terms) for row in terms),
            terms,
            family.margin,
        )

    def __str__(self) -> str:
        lines = []
        for k, group in enumerate(self.jumps):
            name = f"jumps of set {k + 1}" if len(self.jumps) > 1 else "jumps"
            lines += [f"{name + ':':22}{operator}" for operator in group] or [f"{name}: none"]
        lines += [f"{'hamiltonian:':22}{h}" for h in self.hamiltonians if len(h)]
        return "\n".join(lines)


@dataclass(frozen=True, eq=False, repr=False)
class Synthesis(ToldInLines):
    """Which networks prepare a state.

    Args:
        possible: "yes", "no" (proven by `certificate`) or "undecided".
        networks: all networks that keep the target, whether as the only state or not.
        system: the network of the largest gap that was found.
        sparsest: the network of the fewest operators that was found; see the notes on how far it
            was looked for.
        gap: spectral gap of `system`; None where it is too large.
        result: the engine's steady state of `system`, whose report says that it is unique.
        certificate: the proof that no network has the target as its only steady state.
        notes: remarks.
    """

    possible: str
    networks: Networks
    system: OpenSystem | None = None
    sparsest: OpenSystem | None = None
    gap: float | None = None
    result: Result | None = None
    certificate: NoNetwork | None = None
    notes: tuple[str, ...] = field(default=())

    def lines(self) -> list[tuple[str, str]]:
        """``(what, value)`` rows in the order in which people read them."""
        rows = [("possible", self.possible)]
        for name, system in (("largest gap", self.system), ("sparsest", self.sparsest)):
            if system is not None:
                rows.append((name, f"H = {system.hamiltonian}"))
                shown = system.jumps[:_SHOWN]
                rows += [("", f"{jump.rate:.4g} D[{jump.operator}]") for jump in shown]
                if len(system.jumps) > _SHOWN:
                    rows.append(("", f"... {len(system.jumps)} jumps"))
        if self.gap is not None:
            rows.append(("gap", f"{self.gap:.4g}"))
        if self.certificate is not None:
            rows += self.certificate.lines()[2:]
        return rows + [("note", note) for note in self.notes]


def _pivots(rows: Matrix) -> Matrix:
    """The largest coefficient of each row; 1 where there is none."""
    if not rows.size:
        return np.ones(len(rows))
    largest = rows[np.arange(len(rows)), np.argmax(np.abs(rows), axis=1)]
    return np.where(largest == 0, 1.0, largest)


def _tidied(rows: Matrix) -> Matrix:
    """Without what rounding left."""
    return np.where(np.abs(rows) < 1e-12, 0.0, rows)
