"""What the figures of this paper share: programmed networks, and labels of their parts.

All rates are in units of gamma. The paper's programme is a ladder of detunings, ``(i-1) Delta`` on
rail A, and minus a permutation of it on rail B.
"""

from __future__ import annotations

from collections.abc import Sequence

from darkstate.models import DualRail

SQUEEZING = 1.0
"""r where the paper fixes it."""

TOLERANCE = 1e-3
"""Impurity per pair, ``(1 - Tr rho^2)/N``, at which preparation ends."""


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
