r"""The semidefinite programme of PPT mixtures, reduced by the structure of the state.

    minimise Tr(W rho) + (delta/2) (w_max - w_min)   with, for every bipartition M,
    W = P_M + Q_M^{T_M},   P_M >= 0,   0 <= Q_M <= 1,   w_min <= W <= w_max.

delta is the error of rho in trace norm: what is minimised is the value that a witness proves in
spite of it (without an error the range of W is left out).

The multipliers of ``P_M >= 0`` are the parts of its dual, a state ``sum_M rho_M`` no farther from
rho than delta: of all such states and decompositions that with the least total negativity, a PPT
mixture if the minimum is zero. One solve gives the witness or the mixture.

What `darkstate.certificates.structure` finds makes it small: matrices that share the symmetries of
rho have few free entries; they fall into blocks (charges, and the two parities of commuting
exchanges); bipartitions that a permutation maps to each other, and blocks likewise, are one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from darkstate.certificates.blocks import Block, Span, blocks, identity, span
from darkstate.certificates.structure import FramedState
from darkstate.errors import CapacityError
from darkstate.linalg.semidefinite import Inequality, memory_of, minimise, work_of
from darkstate.memory import memory_limit, refuse_if_too_large
from darkstate.states.subsystems import Matrix

Cut = frozenset[int]

LEAST_ERROR = 1e-7
"""A smaller error of the state is lost among the solver's digits, and left out."""
_STEPS = 25
"""Of the solver, as a rule."""
_SPEED = 2e10
"""Operations a second."""
_PATIENCE = 3600.0
_QUICK = 5.0
"""Seconds."""


@dataclass(frozen=True)
class Suggestion:
    """What the solver proposes, for every bipartition, by the set of transposed subsystems.

    Args:
        witness: (D, D) W.
        parts: Q_M.
        mixture: rho_M.
        solver: its steps, and what it thinks of its accuracy.
    """

    witness: Matrix
    parts: dict[Cut, Matrix]
    mixture: dict[Cut, Matrix]
    solver: str


@dataclass(frozen=True, eq=False)
class Programme:
    """The reduced programme of one state.

    Args:
        structure: of the state.
        leaders: one bipartition of each set that the permutations exchange.
        witness: the matrices among which W is sought.
        parts: those among which each Q_M is sought.
        inequalities: for each leader those of P_M, Q_M and ``1 - Q_M``, then those of the range of
            W (the last two kinds not, where only the sign of the minimum matters).
        cuts: for each inequality the bipartition and block whose multiplier is part of rho_M.
        own: for each leader the unknowns of its Q_M.
        quick: whether it is solved within seconds.
        error: delta; if it is not zero, the last two unknowns are w_max and w_min.
    """

    structure: FramedState
    leaders: tuple[Cut, ...]
    witness: Span
    parts: tuple[Span, ...]
    inequalities: tuple[Inequality, ...]
    cuts: tuple[tuple[Cut, Block] | None, ...]
    own: tuple[slice, ...]
    quick: bool
    error: float

    def solve(self, matrix: Matrix, noise: Matrix | None = None) -> Suggestion:
        """The solver's proposal; with `noise` the witness that tolerates most of it.

        Args:
            matrix: rho (D, D), in the frame of the structure.
            noise: sigma (D, D), likewise: ``Tr(W (sigma - rho)) = 1`` is then asked for, and minus
                the minimum is the largest share of sigma.
        """
        size = self.witness.count
        cost = np.zeros(self.inequalities[0].linear.shape[1])
        cost[:size] = self.witness.dual(matrix)
        if self.error:
            cost[-2:] = 0.5 * self.error, -0.5 * self.error
        equation = None
        if noise is not None:
            direction = np.zeros(len(cost))
            direction[:size] = self.witness.dual(noise - matrix)
            equation = (direction, 1.0)
        found = minimise(cost, self.inequalities, self.own, equation)
        witness = self.witness.matrix(found.x[:size])
        parts, mixture = {}, {}
        for leader, each, own in zip(self.leaders, self.parts, self.own, strict=True):
            parts[leader] = each.matrix(found.x[own])
            mixture[leader] = np.zeros(matrix.shape, dtype=matrix.dtype)
        for cut, multiplier in zip(self.cuts, found.multipliers, strict=True):
            if cut is not None:
                mixture[cut[0]] = mixture[cut[0]] + cut[1].lift(multiplier, len(matrix))
        told = f"{found.steps} steps of an interior-point method, to {found.gap:.1g}"
        return self._spread(witness, parts, mixture, told)

    def _spread(self, witness: Matrix, parts: dict, mixture: dict, solver: str) -> Suggestion:
        """From the leaders to all bipartitions, and from the frame of phases to the real world."""
        structure, everyone = self.structure, frozenset(range(len(self.structure.dimensions)))
        frame = structure.frame
        turn = frame[:, None] * frame.conj()
        all_parts: dict[Cut, Matrix] = {}
        all_mixed: dict[Cut, Matrix] = {}
        for leader in self.leaders:
            flip = transposition(structure.dimensions, leader)
            decomposed = _permuted(parts[leader], flip)
            for order, index, conjugate in structure.moves:
                image = frozenset(order[j] for j in leader)
                image = everyone - image if 0 in image else image
                where = np.ix_(index, index)
                moved = np.zeros((2, *turn.shape), dtype=complex)
                moved[0][where], moved[1][where] = decomposed, mixture[leader]
                moved = (moved.conj() if conjugate else moved) * turn
                if image not in all_parts:
                    back = transposition(structure.dimensions, image)
                    all_parts[image] = _permuted(moved[0], back)
                    all_mixed[image] = np.zeros(turn.shape, dtype=complex)
                all_mixed[image] += moved[1] / len(structure.moves)
        return Suggestion(turn * witness, all_parts, all_mixed, solver)


def transposition(dimensions: Sequence[int], side: Cut) -> NDArray[np.int64]:
    """(D D,) for each entry of ``X^{T_side}`` which entry of X it is."""
    n, size = len(dimensions), int(np.prod(dimensions))
    axes = [j + n if j in side else j for j in range(n)]
    axes += [j if j in side else j + n for j in range(n)]
    return np.arange(size * size).reshape((*dimensions, *dimensions)).transpose(axes).ravel()


def _permuted(matrix: Matrix, entries: NDArray[np.int64]) -> Matrix:
    return matrix.ravel()[entries].reshape(matrix.shape)


def cut_sets(count: int) -> list[Cut]:
    """All bipartitions of so many subsystems, as the side without the first of them."""
    return [
        frozenset(j for j in range(1, count) if bits >> (j - 1) & 1)
        for bits in range(1, 2 ** (count - 1))
    ]


def programme(
    structure: FramedState,
    bounded: bool = True,
    within: Callable[[Matrix], Matrix] | None = None,
    error: float = 0.0,
) -> Programme:
    """The programme of a state, built after its size was found possible.

    Args:
        structure: the state and its symmetries.
        bounded: with ``Q_M <= 1``, for the negativity.
        within: orthogonal projection on the operators among which W is sought, if not all; it
            commutes with all local unitaries and with the moves of the structure.
        error: delta, by which the state may be off in trace norm.

    Raises:
        CapacityError: it would take too much memory, or more than an hour.
    """
    everyone = frozenset(range(len(structure.dimensions)))
    leaders, seen = [], set()
    for cut in cut_sets(len(everyone)):
        if cut not in seen:
            leaders.append(cut)
            images = {frozenset(order[j] for j in cut) for order, _, _ in structure.moves}
            seen |= images | {everyone - image for image in images}
    plain = structure.classes(())
    found = []  # of each leader: classes, actions, blocks of P, blocks of Q
    for cut in leaders:
        actions, classes = structure.stabiliser(cut), structure.classes(cut)
        # An exchange of the two sides acts on P without the transposition that it means for Q.
        moves = _moves_of(structure, cut)
        found.append((classes, actions, [*blocks(plain, moves)], [*blocks(classes, actions)]))
    everything = [(index, conjugate) for _, index, conjugate in structure.moves]
    error = error if error > LEAST_ERROR else 0.0
    whole = [*blocks(plain, everything)] if error else []
    quick = _check_size(structure.real, [*blocks(plain, everything)], found)
    witness = span(plain, everything, structure.real)
    witness = witness if within is None else witness.projected(within)
    parts = [span(classes, actions, structure.real) for classes, actions, _, _ in found]
    return _assembled(
        structure, tuple(leaders), witness, parts, found, bounded, whole, error, quick
    )


def _check_size(real: bool, common: list[Block], found: list) -> bool:
    """That memory and time suffice; whether seconds do."""

    def unknowns(of: list[Block]) -> int:
        sides = [each.columns.shape[1] for each in of]
        return sum(m * (m + 1) // 2 if real else m * m for m in sides)

    shared, own = unknowns(common), [unknowns(of_q) for *_, of_q in found]
    sides = [each.columns.shape[1] for *_, p, q in found for each in (*p, *q, *q)]
    remedy = (
        "Certify fewer subsystems (labels=), keep fewer levels, or give a state with symmetries."
    )
    needed = memory_of(shared, own, sides)
    refuse_if_too_large("certify", needed, memory_limit(None), remedy)
    seconds = _STEPS * work_of(shared, own, sides) / _SPEED
    if seconds > _PATIENCE:
        raise CapacityError(
            f"The semidefinite programme has {len(own)} inequivalent bipartitions with up to "
            f"{max(own)} unknowns each; it would take about {seconds / 3600:.2g} hours.",
            remedy,
        )
    return seconds < _QUICK


def _moves_of(structure: FramedState, cut: Cut) -> list[tuple[NDArray[np.int64], bool]]:
    """Moves that leave a cut alone, as they act on W."""
    everyone = frozenset(range(len(structure.dimensions)))
    return [
        (index, conjugate)
        for order, index, conjugate in structure.moves
        if frozenset(order[j] for j in cut) in (cut, everyone - cut)
    ]


def _assembled(
    structure: FramedState, leaders: tuple[Cut, ...], witness: Span, parts: list[Span],
    found: list, bounded: bool, whole: list[Block], error: float, quick: bool,
) -> Programme:  # fmt: skip
    first = witness.count
    ends = np.cumsum([first, *(part.count for part in parts)]).tolist()
    owns = tuple(slice(a, b) for a, b in pairwise(ends))
    unknowns = ends[-1] + (2 if error else 0)
    inequalities: list[Inequality] = []
    cuts: list[tuple[Cut, Block] | None] = []
    for leader, part, own, (_, _, of_p, of_q) in zip(leaders, parts, owns, found, strict=True):
        flipped = part.rows(transposition(structure.dimensions, leader))
        for block in of_p:
            terms = [(slice(0, first), 1.0, witness), (own, -1.0, flipped)]
            inequalities.append(block.inequality(terms, unknowns, 0.0))
            cuts.append((leader, block))
        for block in of_q:
            inequalities.append(block.inequality([(own, 1.0, part)], unknowns, 0.0))
            if bounded:
                inequalities.append(block.inequality([(own, -1.0, part)], unknowns, 1.0))
            cuts.extend([None] * (2 if bounded else 1))
    own, one = slice(0, first), identity(int(np.prod(structure.dimensions)), structure.real)
    for block in whole:
        for at, sign in ((unknowns - 2, -1.0), (unknowns - 1, 1.0)):
            terms = [(own, sign, witness), (slice(at, at + 1), -sign, one)]
            inequalities.append(block.inequality(terms, unknowns, 0.0))
            cuts.append(None)
    return Programme(
        structure,
        leaders,
        witness,
        tuple(parts),
        tuple(inequalities),
        tuple(cuts),
        owns,
        quick,
        error,
    )
