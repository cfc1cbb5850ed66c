"""Imperfections: sampled errors of parameters, the same at every point of an optimisation.

Samples are drawn once (common random numbers), so that the mean or the least merit over them is a
smooth function of the knobs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from darkstate.checks import check_flag, check_instance, check_integer, check_real, check_seed
from darkstate.design.knobs import entry_at, target_of
from darkstate.errors import ArgumentError
from darkstate.sweeps.targets import check_apart, find, replace_at

_REMEDY = "Give for example {'detunings_a': 0.05}."


@dataclass(frozen=True)
class Imperfections:
    """Normal errors of parameters, each entry of a list on its own.

    Args:
        absolute: standard deviations by parameter, in its unit: p becomes ``p + sigma z``.
        relative: relative ones: p becomes ``p exp(sigma z)``, which keeps signs.
        samples: how many networks are drawn.
        seed: of the samples.
        worst: optimise the worst sample; else the mean.
        deviations: of the mean so many standard deviations over the samples are taken off.

    Raises:
        ArgumentError: nothing varies, or numbers out of range.
    """

    absolute: Mapping[str, float] = field(default_factory=dict)
    relative: Mapping[str, float] = field(default_factory=dict)
    samples: int = 8
    seed: int = 0
    worst: bool = False
    deviations: float = 0.0

    def __post_init__(self) -> None:
        for name in ("absolute", "relative"):
            given = check_instance(name, getattr(self, name), Mapping, _REMEDY)
            kept = {
                str(k): check_real(f"{name}['{k}']", v, minimum=0.0, remedy=_REMEDY)
                for k, v in given.items()
            }
            object.__setattr__(self, name, kept)
        if not self.absolute and not self.relative:
            raise ArgumentError("absolute", "name what varies, or `relative`", {}, _REMEDY)
        check_integer("samples", self.samples, minimum=2, remedy="Give at least two samples.")
        check_seed("seed", self.seed)
        check_flag("worst", self.worst)
        remedy = "Give how many standard deviations, such as 1."
        check_real("deviations", self.deviations, minimum=0.0, remedy=remedy)
        if self.worst and self.deviations:
            raise ArgumentError("deviations", "be 0 for the worst sample", self.deviations, remedy)

    @cached_property
    def _names(self) -> list[tuple[str, float, bool]]:
        rows = [(name, size, False) for name, size in self.absolute.items()]
        return rows + [(name, size, True) for name, size in self.relative.items()]

    def check(self, model: Any) -> None:
        """Refuse parameters that the model has not.

        Raises:
            ArgumentError: there are some, or they are no numbers.
        """
        targets = [target_of("imperfections", name, model) for name, _, _ in self._names]
        check_apart(targets)
        for target in targets:
            value = entry_at(model, target.steps)
            if np.asarray(value).dtype.kind not in "fi" or np.asarray(value).dtype.kind == "b":
                raise ArgumentError(
                    "imperfections", "name real numbers", f"{target.name} = {value!r}", _REMEDY
                )

    def sampled(self, model: Any, sample: int) -> tuple[Any, dict[str, Any]]:
        """A model with the errors of one sample, and by field what slopes are multiplied by.

        Raises:
            ArgumentError: the model refuses the numbers.
        """
        changes, factors = [], {}
        for k, (name, size, relative) in enumerate(self._names):
            target = find(name, {"model": model})
            value = entry_at(model, target.steps)
            array = np.asarray(value, dtype=float)
            draw = np.random.default_rng([self.seed, sample, k]).normal(0.0, size, array.shape)
            factor = np.exp(draw) if relative else np.ones(array.shape)
            moved = array * factor if relative else array + draw
            plain = tuple(moved.tolist()) if array.ndim else float(moved)
            changes.append((target.steps, plain))
            factors[name] = factor
        return replace_at(model, changes), factors
