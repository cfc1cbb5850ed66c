"""Measures on a cascade: each goes to the density matrix of the stage or window it asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from darkstate.engines.cascade.states import StageStates
from darkstate.measures import MEASURES
from darkstate.measures.dispatch import Measure, as_group


def _forwarded(measure: Measure) -> Callable[..., float]:
    def value(state: StageStates, *groups: str | Sequence[str] | None) -> float:
        labels = tuple(label for group in groups for label in as_group(group))
        return measure(state.holding(labels or state.labels), *groups)

    return value


def register_measures() -> None:
    """Teach every measure of density matrices the states of stages and windows."""
    for measure in MEASURES:
        measure.register(StageStates)(_forwarded(measure))
