"""A scenario: a model, what to compute of it, and what to draw.

``load_scenario("lossy_chains.yaml")`` gives a `Scenario` whose `model` and `engine` are the objects
that Python code would have made; from there on nothing is special about it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Union

import numpy as np

from darkstate.checks import check_integer, check_real
from darkstate.errors import ArgumentError
from darkstate.scenarios.certify_section import CertifySection
from darkstate.scenarios.optimise_section import OptimiseSection
from darkstate.scenarios.sweep_section import SweepSection
from darkstate.sweeps.axes import geomspace, linspace

TIME = {"unit": "time"}
HIDDEN = {"scenario": False}


@dataclass(frozen=True)
class TimeGrid:
    """The times of an evolution, in the inverse of the rate unit.

    Args:
        stop: last time.
        start: first time, at which the initial state is given.
        points: how many times, both ends included, 2 to 100000.
        spacing: "linear", or "log" for equal ratios (then start > 0).

    Raises:
        ArgumentError: stop not after start, too few or too many points.
    """

    stop: float = field(metadata=TIME)
    start: float = field(default=0.0, metadata=TIME)
    points: int = 101
    spacing: Literal["linear", "log"] = "linear"

    def __post_init__(self) -> None:
        remedy = "Use 'spacing: linear', or start at a positive time."
        least = math.ulp(0.0) if self.spacing == "log" else 0.0
        start = check_real("start", self.start, minimum=least, remedy=remedy)
        check_real("stop", self.stop, above=start, remedy="Let it end after it starts.")
        check_integer("points", self.points, minimum=2, remedy="Give at least both ends.")
        if self.points > 100_000:
            raise ArgumentError("points", "be <= 100000", self.points, "Give fewer times.")

    def values(self) -> list[float]:
        """The times."""
        spaced = linspace if self.spacing == "linear" else geomspace
        return spaced("times", self.start, self.stop, self.points).column("times")


@dataclass(frozen=True)
class Scenario:
    """What a scenario file says.

    Args:
        model: the network, by `kind` and parameters.
        name: a title for reports and pictures; by default the name of the file.
        description: any text.
        rate_unit: the rate that the number 1 stands for: MHz, '2*pi*MHz', '1/us' ...; needed only
            where quantities such as '50 kHz' are used.
        engine: the engine and its options, by `kind`; by default chosen for the model.
        solve: what to compute: the steady state (of a repeater the state of its end nodes), or the
            evolution from the vacuum (ground state).
        times: the times of the evolution; only with 'solve: evolve'.
        measures: names of measures to tabulate.
        pairs: pairs of labels for measures of two parties; by default the partners A1 with B1,
            A2 with B2 ...
        pictures: which pictures to draw; by default those that suit.
        sweep: what varies, for `darkstate sweep`.
        certify: what to prove, for `darkstate certify`.
        optimise: which knobs to turn, for `darkstate optimise`.

    Raises:
        ArgumentError: an evolution without times, or times without it; repeated entries.
    """

    model: Any
    name: str = ""
    description: str = ""
    rate_unit: str | None = None
    engine: Any = None
    solve: Literal["steady_state", "evolve"] = "steady_state"
    times: TimeGrid | None = None
    measures: tuple[str, ...] = ("log_negativity",)
    pairs: tuple[tuple[str, str], ...] | None = None
    pictures: tuple[Literal["map", "curve", "network", "time", "pulses"], ...] | None = None
    sweep: SweepSection | None = None
    certify: CertifySection | None = None
    optimise: OptimiseSection | None = None
    file: str = field(default="", metadata=HIDDEN)
    source: str = field(default="", repr=False, metadata=HIDDEN)

    def __post_init__(self) -> None:
        self._check_pulses()
        if self.solve == "evolve" and self.times is None:
            remedy = "Add for example 'times: {start: 0, stop: 10, points: 101}'."
            raise ArgumentError("times", "be given for 'solve: evolve'", None, remedy)
        if self.solve != "evolve" and self.times is not None:
            remedy = "Add 'solve: evolve', or drop the times."
            raise ArgumentError("times", "be left out for a steady state", self.times, remedy)
        several = len(getattr(self.model, "times", ())) > 1  # a repeater at several times
        if self.solve != "evolve" and "time" in (self.pictures or ()) and not several:
            remedy = "Draw map, curve or network, or add 'solve: evolve' and times."
            raise ArgumentError("pictures", "suit a steady state", "time", remedy)
        for name in ("measures", "pairs", "pictures"):
            self._check_list(name, getattr(self, name))

    def _check_pulses(self) -> None:
        pulses = getattr(self.model, "pulses", ())
        if pulses and self.solve != "evolve":
            remedy = "Write 'solve: evolve' and times, or give the network alone."
            raise ArgumentError("solve", "be evolve for a network with pulses", self.solve, remedy)
        if not pulses and "pulses" in (self.pictures or ()):
            remedy = "Draw time, or another picture."
            raise ArgumentError("pictures", "suit a model without pulses", "pulses", remedy)
        ends = [] if self.times is None else [self.times.start, self.times.stop]
        for k, entry in enumerate(pulses):
            try:
                entry.coefficient()(np.array(ends, dtype=float)) if ends else None
            except ArgumentError as error:  # samples that end too early
                at = f"model.pulses[{k}].shape"
                raise ArgumentError(at, error.rule, error.value, error.remedy) from None

    @staticmethod
    def _check_list(name: str, entries: Sequence[Any] | None) -> None:
        if entries is not None and len(set(entries)) < len(entries):
            raise ArgumentError(
                name, "name each entry once", list(entries), "Drop the repeated one."
            )
        if entries is not None and not entries and name != "pictures":
            raise ArgumentError(name, "name at least one entry", [], f"Leave `{name}` out instead.")

    @staticmethod
    def _schema_types() -> dict[str, Any]:
        """Types of the fields that depend on what the library has."""
        from darkstate.engines import ENGINES, ON_REQUEST
        from darkstate.measures import MEASURES
        from darkstate.models import MODELS, Pulsed
        from darkstate.repeaters import SOLVERS

        names = tuple(measure.name for measure in MEASURES)
        return {
            "model": Union[(*MODELS, Pulsed)],
            "engine": Union[(*ENGINES, *ON_REQUEST, *SOLVERS, type(None))],
            "measures": tuple[Literal[names], ...],
        }

    def sought_times(self) -> list[float] | None:
        """The times of the evolution; None for a steady state."""
        return None if self.times is None else self.times.values()

    @property
    def time_unit(self) -> str:
        """Unit in which times are given, such as 1/MHz; 1/rate without a unit of rates."""
        unit = self.rate_unit or "rate"
        return f"1/{unit}" if unit.isalpha() else f"1/({unit})"

    @property
    def title(self) -> str:
        """The name, or that of the file, or that of the model."""
        return self.name or Path(self.file).stem or type(self.model).__name__


def json_schema() -> dict[str, Any]:
    """JSON schema of scenario files, for editors that complete and check while one types."""
    from darkstate.scenarios.schema import schema_class

    schema = schema_class(Scenario).model_json_schema()
    return (
        {"$schema": "https://json-schema.org/draft/2020-12/schema"}
        | schema
        | {"title": "darkstate scenario"}
    )
