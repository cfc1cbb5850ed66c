"""The states of the stages of a cascade, each by itself.

The density matrix of twenty pairs has 16^20 entries and is never made. What is kept is the exact
type of answer that most questions need: the reduced state of every stage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from darkstate.errors import MissingError, check_labels
from darkstate.states import DensityState


@dataclass(frozen=True)
class StageStates:
    """Reduced states of the stages of a cascade; correlations between stages are not kept.

    Args:
        stages: one density matrix a stage, in order; their labels do not overlap.
    """

    stages: tuple[DensityState, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels, stage after stage."""
        return tuple(label for stage in self.stages for label in stage.labels)

    @property
    def dimensions(self) -> tuple[int, ...]:
        """Dimension of each label."""
        return tuple(size for stage in self.stages for size in stage.dimensions)

    def stage_of(self, labels: str | Sequence[str]) -> DensityState:
        """The stage that holds all `labels`.

        Raises:
            ArgumentError: unknown labels.
            MissingError: they belong to different stages.
        """
        wanted = (labels,) if isinstance(labels, str) else tuple(labels)
        check_labels("labels", wanted, self.labels)
        for stage in self.stages:
            if set(wanted) <= set(stage.labels):
                return stage
        raise MissingError(
            f"`labels` must lie within one stage of the cascade, but are {', '.join(wanted)}. "
            "Correlations between stages are not kept; solve the part upstream of them exactly: "
            "steady_state(upstream(system, labels), engine=Lindblad())."
        )

    def reduced(self, labels: str | Sequence[str]) -> DensityState:
        """The state of some labels of one stage, in the order given.

        Raises:
            ArgumentError: unknown labels.
            MissingError: they belong to different stages.
        """
        return self.stage_of(labels).reduced(labels)

    def expectation(self, operator: Any, labels: str | Sequence[str] | None = None) -> complex:
        """``Tr(rho O)`` for an operator on one stage.

        Raises:
            ArgumentError: unknown labels.
            MissingError: it acts on several stages.
        """
        acts_on = [space.label for space in operator.spaces] if labels is None else labels
        return self.stage_of(acts_on).expectation(operator, labels)
