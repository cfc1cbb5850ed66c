"""The section ``optimise`` of a scenario file: its keys, as dataclasses.

optimise:
  merits: [log_negativity(a1:b1), log_negativity(a2:b2)]
  knobs:
    - {name: drive.nbar, low: 0.02, high: 3, spacing: log}
  constraints:
    - {quantity: purity, minimum: 0.5}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from darkstate.checks import check_integer, check_real
from darkstate.errors import ArgumentError

Option = bool | int | str | float


@dataclass(frozen=True)
class KnobEntry:
    """A parameter that is turned, or several that are tied.

    Args:
        name: the parameter: loss, drive.nbar, detunings_a[2] ...; any name beside `sets`.
        low: lower bound, with or without a unit.
        high: upper bound.
        spacing: linear, or log to search by ratios.
        sets: weights by parameter: each becomes the knob times its weight.
        start: where the first search begins; by default the value of the model.
    """

    name: str
    low: int | str | float
    high: int | str | float
    spacing: Literal["linear", "log"] = "linear"
    sets: Mapping[str, float] | None = None
    start: int | str | float | None = None


@dataclass(frozen=True)
class LimitedQuantity:
    """What must hold.

    Args:
        quantity: a measure, such as purity or log_negativity(A1:B1), or gap, the slowest rate.
        minimum: it must be at least this.
        maximum: it must be at most this.
    """

    quantity: str
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class OptionsEntry:
    """A parameter of which one of several values is taken.

    Args:
        name: the parameter.
        options: its values.
    """

    name: str
    options: Sequence[Option | Sequence[Option]]


@dataclass(frozen=True)
class ImperfectionEntry:
    """Sampled errors of parameters.

    Args:
        absolute: standard deviations by parameter.
        relative: relative ones.
        samples: how many networks are drawn.
        seed: of the samples.
        worst: optimise the worst sample, not the mean.
        deviations: so many standard deviations are taken off the mean.
    """

    absolute: Mapping[str, float] = field(default_factory=dict)
    relative: Mapping[str, float] = field(default_factory=dict)
    samples: int = 8
    seed: int = 0
    worst: bool = False
    deviations: float = 0.0


@dataclass(frozen=True)
class OptimiseSection:
    """What `darkstate optimise` looks for.

    Args:
        merits: measures such as log_negativity(A1:B1); of several the least is made large.
        knobs: what is turned.
        constraints: what must hold.
        choices: parameters of which one of several values is taken.
        imperfections: sampled errors of parameters.
        minimise: make it small instead.
        against: a second merit; then compromises between the two are looked for.
        points: how many compromises.
        starts: how many searches.
        seed: of their starts.
        method: SLSQP, L-BFGS-B, trust-constr, COBYQA, bounded (one knob, a dozen solutions) or
            differential_evolution; by default what suits.
        most: evaluations after which a search ends.
        loss: relative loss for the tolerances of the knobs.
    """

    merits: tuple[str, ...]
    knobs: tuple[KnobEntry, ...] = ()
    constraints: tuple[LimitedQuantity, ...] = ()
    choices: tuple[OptionsEntry, ...] = ()
    imperfections: ImperfectionEntry | None = None
    minimise: bool = False
    against: str | None = None
    points: int = 7
    starts: int = 8
    seed: int = 0
    method: str | None = None
    most: int = 500
    loss: float = 0.01

    def __post_init__(self) -> None:
        if not self.merits:
            remedy = "Write for example 'merits: [log_negativity(A1:B1)]'."
            raise ArgumentError("merits", "name at least one", [], remedy)
        if not self.knobs and not self.choices:
            remedy = "Write for example 'knobs: [{name: drive.nbar, low: 0.1, high: 3}]'."
            raise ArgumentError("knobs", "name what is turned", [], remedy)
        if self.against is not None and (len(self.merits) > 1 or self.minimise):
            remedy = "Give one merit, to be large, beside `against`."
            raise ArgumentError("against", "come with one merit", self.against, remedy)
        check_integer("starts", self.starts, minimum=1, remedy="Give how many searches.")
        check_integer("points", self.points, minimum=2, remedy="Give at least both ends.")
        remedy = "Give a share such as 0.01."
        check_real("loss", self.loss, minimum=0.0, below=1.0, remedy=remedy)
