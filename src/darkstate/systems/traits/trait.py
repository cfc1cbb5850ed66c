"""Trait: a property of a system that was computed from its terms, with the reason.

Traits are found, never declared: a user who claims that a network is Gaussian or symmetric cannot
be wrong about it, because nobody asks. An engine reads `holds` and `evidence`; a person reads
``str(trait)``. The tests behind them are *sound but may be incomplete*: what is claimed holds
exactly (to rounding), but a symmetry in disguise may be missed, and the reason says what was tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Evidence = TypeVar("Evidence")
_SHOWN = 8


@dataclass(frozen=True)
class Trait(Generic[Evidence]):
    """One computed property of a system.

    Args:
        name: what was asked, e.g. ``"quadratic"``.
        holds: the answer.
        reason: a sentence that a user reads.
        evidence: the object that proves it: a charge, a grouping, an order, an offending term.
    """

    name: str
    holds: bool
    reason: str
    evidence: Evidence

    def __bool__(self) -> bool:
        return self.holds

    def __str__(self) -> str:
        return f"{self.name}: {'yes' if self.holds else 'no'}; {self.reason}"


def abbreviated(parts: list[str], separator: str = ", ") -> str:
    """The first parts in full, and how many more there are."""
    more = f"{separator}... ({len(parts)} in all)" if len(parts) > _SHOWN else ""
    return separator.join(parts[:_SHOWN]) + more
