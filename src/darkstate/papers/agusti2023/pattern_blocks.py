"""Blocks of neighbouring pairs in a network of agusti2023, and what is found of each.

See `darkstate.papers.agusti2023.patterns`, whose figure is made of these numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from darkstate.certificates import certify
from darkstate.certificates.certificate import CERTIFIED, NOT_DETECTED
from darkstate.engines import Cascade
from darkstate.errors import (
    ArgumentError,
    CapacityError,
    MissingError,
    NumericalError,
)
from darkstate.frontdoor import steady_state
from darkstate.measures import fidelity
from darkstate.measures.ppt import bipartitions
from darkstate.models import DualRail
from darkstate.papers.agusti2023.common import SQUEEZING
from darkstate.states import DensityState, PureState

SEED = 2023
SPREAD, LOSS, DEPHASING = 0.05, 0.01, 3e-3
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Pattern:
    """Blocks of `width` neighbouring pairs.

    Args:
        name: as in the picture.
        width: pairs in a block.
        centres: mean detuning of each block on rail A, in units of gamma.
    """

    name: str
    width: int
    centres: tuple[float, ...]

    @property
    def detunings(self) -> tuple[list[float], list[float]]:
        """Detunings of both rails; inside a block those of B are minus those of A, reversed."""
        w = self.width
        offsets = [0.5 * (w - 1) - k for k in range(w)]
        one = [[centre + x for x in offsets] for centre in self.centres]
        other = [-x for block in one for x in block[::-1]]
        return [x for block in one for x in block], other

    def labels(self, block: int) -> list[str]:
        """Labels of a block, from 0, those of rail A first."""
        first = block * self.width + 1
        return [f"{rail}{first + k}" for rail in "AB" for k in range(self.width)]

    def programmed(self, block: int) -> PureState:
        """The state that the detunings of a block programme."""
        part = slice(block * self.width, (block + 1) * self.width)
        one, other = self.detunings
        labels = tuple(self.labels(block))
        state = DualRail(self.width, SQUEEZING, one[part], other[part]).dark_state()
        return PureState(labels, (2,) * len(labels), state)


def patterns(short: bool = False) -> tuple[Pattern, ...]:
    """The four patterns; a short network has the first blocks of the long one."""
    pairs = tuple(float((7 * k) % 10) - 4.5 for k in range(10))
    found = (
        Pattern("pairs", 1, pairs),
        Pattern("tetramers (alike)", 2, (0.0,) * 5),
        Pattern("tetramers", 2, (-4.0, 0.0, 4.0, -2.0, 2.0)),
        Pattern("hexamers", 3, (-3.5, 2.5, -0.5)),
    )
    if not short:
        return found
    return tuple(Pattern(p.name, p.width, p.centres[: max(1, 4 // p.width)]) for p in found)


def imperfect(pattern: Pattern, kind: str) -> DualRail:
    """The network of a pattern with one imperfection."""
    one, other = pattern.detunings
    n = len(one)
    if kind == "dephasing":
        return DualRail(n, SQUEEZING, one, other, dephasing=DEPHASING)
    if kind == "loss":
        return DualRail(n, SQUEEZING, one, other, loss=LOSS if n > 1 else 0.0)
    off = np.random.default_rng(SEED).normal(0.0, SPREAD, (10, 2))[:n]
    one, other = (np.array([one, other]) + off.T).tolist()
    return DualRail(n, SQUEEZING, one, other)


KINDS = {
    "dephasing": rf"dephasing ${DEPHASING:g}\,\gamma$",
    "loss": f"{100 * LOSS:g}% loss a segment",
    "detunings": rf"$\delta$ off by ${SPREAD:g}\,\gamma$",
}
"""Imperfections, as in the picture."""


def negativity_at_least(state: DensityState, side: Sequence[str], error: float) -> float:
    """Smallest logarithmic negativity between `side` and the rest of any state within `error`.

    Args:
        state: a density matrix.
        side: labels.
        error: trace norm.
    """
    values, vectors = np.linalg.eigh(state.partial_transpose(side))
    negative = values < -_ROUNDING  # which zeros come out negative is up to the processor
    below = vectors[:, negative]
    projector = below @ below.conj().T
    rank = below.shape[1]
    if not rank:
        return 0.0
    # a projector over its rank is a density matrix, and so knows its partial transpose
    mixed = DensityState(state.labels, state.dimensions, projector / rank)
    witness = rank * np.linalg.eigvalsh(mixed.partial_transpose(side))
    negativity = -float(values[negative].sum())
    left = negativity - 0.5 * error * float(witness[-1] - witness[0])
    return float(np.log2(1 + 2 * max(0.0, left)))


def overlap(state: PureState) -> float:
    """Largest squared overlap of a pure state with biseparable ones: ``max lambda^2``."""
    return max(float(state.schmidt(side)[0]) ** 2 for _, side in bipartitions(state.labels))


NAMES = ("fidelity", "alpha", "weakest", "least", "error", "verdict")
"""What is found of a block, as in the module: F, alpha, the negativity, what is left, epsilon, and
the verdict of `judged`."""


def judged(block: DensityState, error: float) -> float:
    """By the best witness: 1 certified, -1 a PPT mixture within the error, 0 neither was proven.

    NaN where it cannot be asked: too large.
    """
    try:
        verdict = certify(block, error).verdict
    except (CapacityError, NumericalError):
        return math.nan
    return {CERTIFIED: 1.0, NOT_DETECTED: -1.0}.get(verdict, 0.0)


def measured(
    pattern: Pattern, model: DualRail, dimension: int, asked: bool = True
) -> list[list[float]]:
    """The numbers `NAMES` for each block; NaN for a block that could not be solved.

    Args:
        pattern: of the blocks.
        model: the network.
        dimension: of the compression.
        asked: whether blocks whose fidelity is not enough are certified; else their verdict is NaN.
    """
    result = steady_state(model, Cascade(dimension=dimension, window=pattern.width))
    rows = []
    for k in range(model.pairs // pattern.width):
        labels, ideal = pattern.labels(k), pattern.programmed(k)
        try:
            held = result.state.holding(labels)
        except (ArgumentError, MissingError):
            rows.append([math.nan] * len(NAMES))
            continue
        block = held.reduced(labels)
        error = result.report.errors[held.labels]
        cuts = [side for _, side in bipartitions(labels)]
        weakest = min(negativity_at_least(block, side, 0.0) for side in cuts)
        least = min(negativity_at_least(block, side, error) for side in cuts)
        F, alpha = float(fidelity(block, ideal)), overlap(ideal)
        enough = F - 0.5 * error > alpha
        verdict = 1.0 if enough else judged(block, error) if asked else math.nan
        rows.append([F, alpha, weakest, least, error, verdict])
    return rows
