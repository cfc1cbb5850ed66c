"""What was measured: pulses, series of equal shots, and the detector's settings.

A *series* repeats one sequence of light pulses. In a shot the homodyne currents of both channels
(``cos`` and ``sin``) are averaged over equal bins of each pulse; nothing is recorded between
pulses. There are five kinds of series:

========== ============================================================== =====================
kind       sequence                                                       gives
========== ============================================================== =====================
vacuum     a pulse without atoms                                          shot noise, the unit
input      the displaced write pulse without atoms, detected in its       how much light is
           displaced quadrature                                           written
transfer   write pulse displaced in the conjugate quadrature, rotation    kappa^2, decay rates
           of both ensembles by 90 degrees, a wait in the dark, read
direct     write pulse displaced in the measured quadrature, read         share of the light
entangled  drive pulse without displacement, directly followed by read    variances
========== ============================================================== =====================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_choice, check_instance, check_integer, check_real, check_sequence
from darkstate.errors import ArgumentError, nearest

T = TypeVar("T")

MOST_BINS = 100_000
"""Bins of a pulse; correlations between so many would not fit into any memory."""

PULSES = {
    "vacuum": ("read",),
    "input": ("write",),
    "transfer": ("write", "read"),
    "direct": ("write", "read"),
    "entangled": ("drive", "read"),
}
"""Kinds of series and the pulses that each consists of."""

CONTIGUOUS = 1e-9
"""Gap between pulses, relative to the first one's length, that counts as none."""


@dataclass(frozen=True)
class LightPulse:
    """A light pulse and its bins.

    Args:
        name: ``"write"``, ``"drive"`` or ``"read"``.
        start: time at which it begins.
        stop: time at which it ends.
        bins: equal intervals over which the currents are averaged, 2 to 100 000.

    Raises:
        ArgumentError: no such pulse, ``stop <= start``, too few or too many bins.
    """

    name: str
    start: float
    stop: float
    bins: int

    def __post_init__(self) -> None:
        check_choice("pulse", self.name, ("write", "drive", "read"))
        check_real("start", self.start, remedy="Give a time.")
        check_real("stop", self.stop, above=self.start, remedy="Give a time after `start`.")
        check_integer("bins", self.bins, minimum=2, remedy="Give the number of bins.")
        if self.bins > MOST_BINS:
            raise ArgumentError("bins", f"be <= {MOST_BINS}", self.bins, "Use wider bins.")

    @property
    def width(self) -> float:
        """Length of a bin."""
        return (self.stop - self.start) / self.bins

    @property
    def times(self) -> NDArray[np.float64]:
        """Ends of the bins, (bins,): the time stamps of the record."""
        return np.linspace(self.start, self.stop, self.bins + 1)[1:]


@dataclass(frozen=True)
class Series:
    """Shots of one sequence.

    Args:
        name: as in the file, unique.
        kind: see the module's table.
        pulses: in time order.
        shots: how many.

    Raises:
        ArgumentError: pulses that do not belong to the kind, overlap, or are not contiguous where
            they must be.
    """

    name: str
    kind: str
    pulses: tuple[LightPulse, ...]
    shots: int

    def __post_init__(self) -> None:
        remedy = "Give a tuple of LightPulse objects."
        object.__setattr__(self, "pulses", _tuple_of("pulses", self.pulses, LightPulse, remedy))
        plain = isinstance(self.name, str) and self.name.replace("_", "").isalnum()
        if not plain:
            remedy = "Use letters, digits and underscores."
            raise ArgumentError("series", "have a plain name", self.name, remedy)
        check_choice("kind", self.kind, PULSES)
        names = tuple(pulse.name for pulse in self.pulses)
        if names != PULSES[self.kind]:
            rule = f"be {' and '.join(PULSES[self.kind])} for kind '{self.kind}'"
            raise ArgumentError(f"pulses of '{self.name}'", rule, names, "See the kinds of series.")
        check_integer("shots", self.shots, minimum=2, remedy="Give the number of shots.")
        gap = self.wait
        if gap < 0 or (gap > 0 and self.kind != "transfer"):
            rule = "not overlap" if gap < 0 else "follow each other directly"
            remedy = "Only series of kind 'transfer' wait in the dark."
            raise ArgumentError(f"pulses of '{self.name}'", rule, gap, remedy)

    @property
    def wait(self) -> float:
        """Time in the dark between the two pulses; 0 for a single pulse or contiguous ones."""
        if len(self.pulses) < 2:
            return 0.0
        gap = self.pulses[1].start - self.pulses[0].stop
        length = self.pulses[0].stop - self.pulses[0].start
        return 0.0 if abs(gap) <= CONTIGUOUS * length else gap

    @property
    def bins(self) -> int:
        """Bins of all pulses together."""
        return sum(pulse.bins for pulse in self.pulses)

    @property
    def times(self) -> NDArray[np.float64]:
        """Time stamps (bins,) of a shot: the ends of the bins."""
        return np.concatenate([pulse.times for pulse in self.pulses])


@dataclass(frozen=True)
class Setup:
    """Everything besides the currents that an evaluation needs.

    Args:
        series: what was measured; one of each kind, besides further 'transfer' with a wait. All
            write pulses have one length and number of bins, and all read pulses of 'transfer'.
        efficiency: of the detection, 0 < efficiency <= 1.
        efficiency_error: its standard error.
        saturation: magnitude of the current at which the detector saturates.
        noise: variance to which the extra decay leads, in units of the vacuum's.
        time_unit: unit of all times.
        origin: where the records come from, as plain values; for simulated ones entropy, spawn
            keys and parameters. Never used by the evaluation.

    Raises:
        ArgumentError: a number out of range, a kind of series missing, names used twice.
    """

    series: tuple[Series, ...]
    efficiency: float
    efficiency_error: float = 0.0
    saturation: float = np.inf
    noise: float = 1.0
    time_unit: str = "ms"
    origin: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        remedy = "Give a tuple of Series objects."
        object.__setattr__(self, "series", _tuple_of("series", self.series, Series, remedy))
        remedy = "Give the detected fraction of the light."
        check_real("efficiency", self.efficiency, above=0.0, maximum=1.0, remedy=remedy)
        remedy = "Give the standard error of `efficiency`."
        check_real("efficiency_error", self.efficiency_error, minimum=0.0, remedy=remedy)
        remedy = "Give the largest current that the detector shows."
        check_real("saturation", self.saturation, above=0.0, infinite=True, remedy=remedy)
        check_real("noise", self.noise, minimum=1.0, remedy="Give it in units of the vacuum's.")
        names = [series.name for series in self.series]
        if len(set(names)) < len(names):
            raise ArgumentError("series", "have unique names", names, "Rename one of them.")
        for kind in PULSES:
            found = [series for series in self.series if series.kind == kind]
            if kind == "transfer":
                found = [series for series in found if series.wait == 0]
            if len(found) != 1:
                rule = "have exactly one of each kind (of 'transfer', one that does not wait)"
                raise ArgumentError("series", rule, names, f"Kind '{kind}' has {len(found)}.")
        if not isinstance(self.time_unit, str):
            raise ArgumentError("time_unit", "be a word", self.time_unit, "Give for example 'ms'.")
        if not isinstance(self.origin, Mapping):
            remedy = "Give a JSON object, or leave it out."
            raise ArgumentError("origin", "be a table of plain values", self.origin, remedy)
        self._check_equal("write", ("input", "transfer", "direct"))
        self._check_equal("read", ("transfer",))

    def _check_equal(self, name: str, kinds: tuple[str, ...]) -> None:
        """Mean values are compared between these series: their pulses must be the same."""
        found = [(each, p) for each in self.series for p in each.pulses if p.name == name]
        found = [(series, pulse) for series, pulse in found if series.kind in kinds]
        first = found[0][1]
        for series, pulse in found[1:]:
            apart = abs(pulse.width - first.width) > CONTIGUOUS * first.width
            if apart or pulse.bins != first.bins:
                rule = f"have the {name} pulse of '{found[0][0].name}': the same length and bins"
                remedy = "Their mean values are compared; measure them alike."
                raise ArgumentError(f"series '{series.name}'", rule, vars(pulse), remedy)

    def of_kind(self, kind: str) -> tuple[Series, ...]:
        """The series of a kind; 'transfer' by increasing wait."""
        found = [series for series in self.series if series.kind == kind]
        return tuple(sorted(found, key=lambda series: series.wait))

    def document(self) -> dict[str, Any]:
        """As plain values, for the head of a file."""
        plain = {each.name: getattr(self, each.name) for each in fields(self)}
        plain["saturation"] = self.saturation if np.isfinite(self.saturation) else None
        plain["origin"] = dict(self.origin)
        plain["series"] = [
            {
                "name": series.name,
                "kind": series.kind,
                "shots": series.shots,
                "pulses": [vars(pulse).copy() for pulse in series.pulses],
            }
            for series in self.series
        ]
        return plain

    @classmethod
    def from_document(cls, document: Any, where: str) -> Setup:
        """The inverse of `document`; `where` is the file, for messages.

        Raises:
            ArgumentError: a key is unknown or missing, or a value breaks a rule.
        """
        head = _keys(document, f"head of {where}", cls, {"saturation", "origin"})
        series = []
        for number, entry in enumerate(_listed(head["series"], f"series of {where}")):
            place = f"series {number} of {where}"
            each = _keys(entry, place, Series, set())
            pulses = [
                LightPulse(**_keys(pulse, f"a pulse of {place}", LightPulse, set()))
                for pulse in _listed(each["pulses"], f"pulses of {place}")
            ]
            series.append(Series(**{**each, "pulses": tuple(pulses)}))
        if head.get("saturation") is None:
            head["saturation"] = np.inf
        return cls(**{**head, "series": tuple(series)})


def _tuple_of(name: str, values: Any, kind: type[T], remedy: str) -> tuple[T, ...]:
    """`values` as a tuple whose entries are all of one kind.

    Raises:
        ArgumentError: no list, or something else among them.
    """
    entries = check_sequence(name, values, remedy)
    return tuple(
        check_instance(f"{name}[{k}]", entry, kind, remedy) for k, entry in enumerate(entries)
    )


def _listed(value: Any, place: str) -> list[Any]:
    if not isinstance(value, list):
        raise ArgumentError(place, "be a list", value, "See docs/experiment.md for the layout.")
    return value


def _keys(value: Any, place: str, kind: Any, optional: set[str]) -> dict[str, Any]:
    """`value` as a dictionary with the fields of a dataclass as keys, none more, none less."""
    if not isinstance(value, dict):
        raise ArgumentError(place, "be a JSON object", value, "See docs/experiment.md.")
    known = [each.name for each in fields(kind)]
    for key in value:
        if key not in known:
            raise ArgumentError(place, "have known keys only", key, nearest(key, known))
    missing = [key for key in known if key not in value and key not in optional]
    if missing:
        raise ArgumentError(place, f"have the key '{missing[0]}'", list(value), "Add it.")
    return dict(value)
