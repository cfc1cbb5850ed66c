"""What the figures of this paper share: programmed networks, and labels of their parts.

All rates are in units of gamma. The paper's programme is a ladder of detunings, ``(i-1) Delta`` on
rail A, and minus a permutation of it on rail B.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from darkstate.engines import Lindblad
from darkstate.frontdoor import steady_state
from darkstate.measures import concurrence
from darkstate.models import DualRail

SQUEEZING = 1.0
"""r where the paper fixes it."""

TOLERANCE = 1e-3
"""Impurity per pair, ``(1 - Tr rho^2)/N``, at which preparation ends."""


NEARLY = 0.05
"""How far a preparation time that is nearly another may be from it; the text has no number."""


def limit(growth: Sequence[float]) -> str:
    """What a claim says of `NEARLY`, for times that grow by these fractions."""
    said = "a limit of ours, chosen after the numbers were seen"
    if not min(growth) < NEARLY <= max(growth):
        return said
    return f"{said}; any between {min(growth):.1%} and {max(growth):.1%} gives the same"


def ladder(pairs: int, step: float) -> list[float]:
    """Detunings ``0, Delta, 2 Delta, ..``, N values."""
    return [i * step for i in range(pairs)]


def programmed(
    detunings: Sequence[float], permutation: Sequence[int], squeezing: float = SQUEEZING
) -> DualRail:
    """The network with ``delta_B[k] = -delta_A[permutation[k]]``."""
    other = [-detunings[k] for k in permutation]
    return DualRail(len(detunings), squeezing, list(detunings), other)


def reversed_ladder(pairs: int, step: float, squeezing: float = SQUEEZING) -> DualRail:
    """The ladder on rail A, met in reversed order along rail B."""
    return programmed(ladder(pairs, step), range(pairs)[::-1], squeezing)


def rail(side: str, pairs: int) -> list[str]:
    """Labels of a rail, ``A1 .. AN``."""
    return [f"{side}{j}" for j in range(1, pairs + 1)]


def block(pairs: int) -> list[str]:
    """Labels of the first pairs, ``A1 .. An, B1 .. Bn``."""
    return rail("A", pairs) + rail("B", pairs)


def pair_concurrences(
    pairs: int,
    bandwidth: float = math.inf,
    dephasing: float = 0.0,
    step: float = 0.0,
    edge: float = 1e-5,
) -> tuple[list[float], float]:
    """C_11 .. C_NN of neighbours with opposite detunings, ``(i-1) step``, and how uncertain.

    Light runs one way, so C_ii is that of every longer network too.

    Args:
        pairs: N.
        bandwidth: beta, kappa in units of gamma.
        dephasing: gamma_phi in units of gamma.
        step: Delta in units of gamma.
        edge: change of the state (trace norm) by the last deepening of the source's hierarchy.

    Returns:
        The concurrences, and the change that was reached (0 for a white field).
    """
    one = ladder(pairs, step)
    model = DualRail(
        pairs, SQUEEZING, one, [-x for x in one], bandwidth=bandwidth, dephasing=dephasing
    )
    broad = math.isinf(bandwidth)
    result = steady_state(model, None if broad else Lindblad(method="hierarchy", edge=edge))
    state, change = result.state, 0.0 if broad else result.report.error_estimate
    assert change is not None
    return [float(concurrence(state, f"A{i}", f"B{i}")) for i in range(1, pairs + 1)], change


def extrapolated(concurrences: Sequence[float], pairs: int) -> list[float]:
    """The straight line through C_11 and C_22, continued to C_NN."""
    first, second = concurrences[:2]
    return [first - i * (first - second) for i in range(pairs)]


def entangled_pairs(concurrences: Sequence[float]) -> float:
    """``N_ent = C_11/(C_11 - C_22)``: where that line meets zero, counted from the first pair."""
    first, second = concurrences[:2]
    return first / (first - second)
