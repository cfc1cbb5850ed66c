"""The test of the positive partial transpose over all bipartitions.

A state that is separable across a cut A|B has ``rho^{T_B} >= 0``. So each cut whose partial
transpose has a negative eigenvalue is entangled; where there is none, the state is separable if the
two sides have dimensions 2 x 2 or 2 x 3, and undecided otherwise (bound entanglement). Entanglement
across every cut does not by itself make a mixed state genuinely multipartite entangled: mixtures of
states that are each separable across *some* cut have it too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod

import numpy as np

from darkstate.checks import check_labels
from darkstate.errors import ArgumentError, CapacityError
from darkstate.measures.dispatch import refusal
from darkstate.measures.spectra import DENSE, Dense
from darkstate.states import DensityState, PureState

Cut = tuple[tuple[str, ...], tuple[str, ...]]

MAX_WORK = 1e12
"""Largest number of cuts times D^3 (D^1.5 if pure), the cost of their spectra: minutes."""


@dataclass(frozen=True)
class PPTTest:
    """Smallest eigenvalue of the partial transpose for every bipartition.

    Args:
        smallest: ``{(A, B): smallest eigenvalue of rho^{T_B}}``, A and B tuples of labels.
        dimensions: dimension of each label.
        tolerance: eigenvalues above ``-tolerance`` count as not negative.
    """

    smallest: dict[Cut, float]
    dimensions: dict[str, int]
    tolerance: float

    @property
    def entangled(self) -> tuple[Cut, ...]:
        """The bipartitions that are proven entangled."""
        return tuple(cut for cut, value in self.smallest.items() if value < -self.tolerance)

    @property
    def separable(self) -> tuple[Cut, ...]:
        """The bipartitions that are proven separable: positive, and 2 x 2 or 2 x 3."""
        sizes = {cut: [prod(self.dimensions[k] for k in side) for side in cut] for cut in self}
        small = {cut for cut, (a, b) in sizes.items() if min(a, b) == 1 or a * b <= 6}
        return tuple(cut for cut in self if cut in small and cut not in self.entangled)

    def __iter__(self) -> Iterator[Cut]:
        return iter(self.smallest)

    @property
    def verdict(self) -> str:
        """What the test proves, as a sentence."""
        cuts, entangled, separable = len(self.smallest), len(self.entangled), len(self.separable)
        which = "the only bipartition" if cuts == 1 else f"all {cuts} bipartitions"
        if entangled == cuts:
            return f"entangled across {which}"
        if entangled:
            return f"entangled across {entangled} of {cuts} bipartitions"
        if separable == cuts:
            return f"separable across {which}"
        return f"positive partial transpose across {which}: no entanglement found"


def ppt_test(
    state: Dense,
    labels: Sequence[str] | None = None,
    tolerance: float = 1e-12,
) -> PPTTest:
    """Smallest eigenvalue of ``rho^{T_B}`` for every bipartition A|B of n subsystems.

    There are ``2^(n-1) - 1``. For a pure state it is ``-s_1 s_2``, of the Schmidt coefficients s.

    Args:
        state: a density matrix or a pure state.
        labels: the subsystems to divide, the rest traced out; all if left out.
        tolerance: how negative an eigenvalue must be to count; well above rounding.

    Returns:
        A `PPTTest` with the table, the entangled bipartitions and a verdict.

    Raises:
        EngineMismatchError: not a dense state.
        ArgumentError: no state, unknown labels, or fewer than two.
        CapacityError: so many cuts of so large a matrix would take hours.

    Source: Peres, Phys. Rev. Lett. 77, 1413 (1996); M., P. and R. Horodecki, Phys. Lett. A 223, 1
    (1996).
    """
    if not isinstance(state, DENSE):
        raise refusal("ppt_test", state, DENSE)
    chosen = check_labels("labels", state.labels if labels is None else labels, state.labels)
    if len(chosen) < 2:
        raise ArgumentError("labels", "name at least two subsystems", chosen, "Add another one.")
    size_of = dict(zip(state.labels, state.dimensions, strict=True))
    size, cuts = prod(size_of[label] for label in chosen), 2 ** (len(chosen) - 1) - 1
    pure = isinstance(state, PureState) and len(chosen) == len(state.labels)
    if cuts * float(size) ** (1.5 if pure else 3.0) > MAX_WORK:
        raise CapacityError(
            f"The spectra of {cuts} bipartitions of dimension {size} would take hours. "
            "Name fewer subsystems with `labels`, or ask log_negativity for single cuts."
        )
    part = state if pure else state.reduced(chosen)
    smallest = {cut: _smallest(part, cut[1]) for cut in bipartitions(chosen)}
    return PPTTest(smallest, {label: size_of[label] for label in chosen}, tolerance)


def _smallest(state: Dense, side: Sequence[str]) -> float:
    if isinstance(state, DensityState):
        return float(np.linalg.eigvalsh(state.partial_transpose(side))[0])
    s = state.schmidt(side)
    return -float(s[0] * s[1]) if len(s) > 1 else 0.0


def bipartitions(labels: Sequence[str]) -> list[Cut]:
    """All ways to divide labels in two, each once; the first label is on the left side."""
    first, *others = labels
    cuts = []
    for count in range(len(others)):
        for side in combinations(others, count):
            left = (first, *side)
            cuts.append((left, tuple(label for label in labels if label not in left)))
    return cuts
