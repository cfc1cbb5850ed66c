"""The states of the stages of a cascade, and of windows of neighbouring stages.

The density matrix of twenty pairs has 16^20 entries and is never made. What is kept is the exact
type of answer that most questions need: the reduced state of every stage and, if asked for, of
every few neighbouring stages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from darkstate.checks import check_labels
from darkstate.errors import MissingError
from darkstate.measures.dispatch import measure_by_parts
from darkstate.results.storage import storable
from darkstate.states import DensityState

LARGEST_WINDOW = 3
"""Neighbouring stages whose joint state an engine can keep."""


@storable
@dataclass(frozen=True)
class StageStates:
    """Reduced states of the stages of a cascade, and of windows of neighbouring stages.

    Labels of one stage are answered from the stage; labels of several from the earliest window
    that holds them, behind which the least is compressed. Correlations between stages farther apart
    than a window are not kept.

    Args:
        stages: one density matrix a stage, in order; their labels do not overlap.
        windows: density matrices of neighbouring stages, in order of their first stage; labels
            stage after stage.
    """

    stages: tuple[DensityState, ...]
    windows: tuple[DensityState, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels, stage after stage."""
        return tuple(label for stage in self.stages for label in stage.labels)

    @property
    def dimensions(self) -> tuple[int, ...]:
        """Dimension of each label."""
        return tuple(size for stage in self.stages for size in stage.dimensions)

    def holding(self, labels: str | Sequence[str]) -> DensityState:
        """The stage, or else the earliest window, that holds all `labels`.

        Raises:
            ArgumentError: unknown labels.
            MissingError: they are farther apart than a window.
        """
        wanted = (labels,) if isinstance(labels, str) else tuple(labels)
        check_labels("labels", wanted, self.labels)
        for state in (*self.stages, *self.windows):
            if set(wanted) <= set(state.labels):
                return state
        raise MissingError(self._missing(wanted))

    def _missing(self, wanted: Sequence[str]) -> str:
        """What was asked, what is kept, and how to get the rest."""
        places = [k for k, s in enumerate(self.stages) if set(wanted) & set(s.labels)]
        span = places[-1] - places[0] + 1
        known = [sum(set(s.labels) <= set(w.labels) for s in self.stages) for w in self.windows]
        kept = max(known, default=1)
        stages = "one stage" if kept == 1 else f"{kept} neighbouring stages"
        exactly = "steady_state(upstream(system, labels), engine=Lindblad())"
        if span <= kept:
            remedy = "That window was not solved, see the report's warnings: change `dimension`."
        elif span <= LARGEST_WINDOW:
            remedy = f"Solve with Cascade(window={span})."
        else:
            remedy = (
                f"Farther correlations are not kept; solve what is upstream exactly: {exactly}."
            )
        return (
            f"`labels` must lie within {stages} of the cascade, but {', '.join(wanted)} span "
            f"{span}. {remedy}"
        )

    def reduced(self, labels: str | Sequence[str]) -> DensityState:
        """The state of some labels of one stage or window, in the order given.

        Raises:
            ArgumentError: unknown labels.
            MissingError: they are farther apart than a window.
        """
        return self.holding(labels).reduced(labels)

    def expectation(self, operator: Any, labels: str | Sequence[str] | None = None) -> complex:
        """``Tr(rho O)`` for an operator on one stage or window.

        Raises:
            ArgumentError: unknown labels.
            MissingError: it acts on stages farther apart than a window.
        """
        acts_on = [space.label for space in operator.spaces] if labels is None else labels
        return self.holding(acts_on).expectation(operator, labels)


measure_by_parts(StageStates, StageStates.holding)
