"""What the explorer shows: a model with its parameters, a measure, and one of five pages.

A `View` is made from the address of the page or from what was typed, and nowhere is any of it
evaluated: texts are read by the knobs of the model, and the whole becomes a scenario, which the
schema of scenario files checks. The same view gives the address and the scenario back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from darkstate.checks import check_real
from darkstate.conventions import partner_pairs
from darkstate.errors import ArgumentError, ScenarioError, nearest
from darkstate.measures import MEASURES, Measure
from darkstate.models import MODELS
from darkstate.scenarios.documents import Document
from darkstate.scenarios.pictures import SOURCES
from darkstate.scenarios.scenario import Scenario
from darkstate.scenarios.validation import scenario_of
from darkstate.web.knobs import Control, Plain, Values, flat, knobs_of, nested

PAGES = {
    "steady": "steady state",
    "evolution": "evolution",
    "sweep": "sweep",
    "gradient": "gradient",
    "certificate": "certificate",
}
"""Pages with their titles."""

SWEPT = 13
"""Points of a sweep."""
LONGEST_ADDRESS = 8000
MOST_FIELDS = 100

KINDS: dict[str, type] = {model.__name__: model for model in MODELS}
_MEASURES = {measure.name: measure for measure in MEASURES}
_PAIR = re.compile(r"([A-Za-z0-9]{1,12})\s*:\s*([A-Za-z0-9]{1,12})")
_PARTS = ("model", "measure", "between", "page", "knob", "until")
"""Keys of an address that are no parameters."""

Pair = tuple[str, str]
UNTIL = Control("until", "number", 20.0, usual=(1.0, 200.0), unit="time", text="last time")


@dataclass(frozen=True)
class View:
    """What is shown.

    Args:
        model: name of its class.
        values: parameters by the names of their knobs; what is missing has its default.
        measure: name of the measure.
        between: the two subsystems it is taken of; None for the last partners of the network.
        page: a key of `PAGES`.
        knob: what a sweep varies; empty for the first knob that the example of the model turns.
        until: last time of an evolution, in the inverse of the unit of rates.

    Raises:
        ArgumentError: an unknown model, measure, page or knob.
    """

    model: str = "CavityChains"
    values: Values = field(default_factory=dict)
    measure: str = ""
    between: Pair | None = None
    page: str = "steady"
    knob: str = ""
    until: float = 20.0

    def __post_init__(self) -> None:
        _one_of("model", self.model, KINDS)
        if not self.measure:
            object.__setattr__(self, "measure", _example(self.model, "example_measures")[0])
        if not self.knob:
            object.__setattr__(self, "knob", list(_example(self.model, "example"))[-1])
        _one_of("measure", self.measure, _MEASURES)
        _one_of("page", self.page, PAGES)
        knobs = self.knobs
        _one_of("knob", self.knob, [name for name in knobs if knobs[name].turns])
        for name in self.values:
            _one_of("parameter", name, knobs)
        remedy = "Give a time that is finite and after the start."
        check_real("until", self.until, above=0.0, remedy=remedy)

    @classmethod
    def of_model(cls, model: str) -> View:
        """The example that a model brings along."""
        _one_of("model", model, KINDS)
        return cls(model, flat(_example(model, "example")))

    @classmethod
    def of_address(cls, query: str) -> View:
        """The view of an address; without parameters the example of the model.

        Args:
            query: the part of the address behind ``?``.

        Raises:
            ArgumentError: it is none; name, rule, value and remedy are told.
        """
        given = _fields(query)
        view = cls.of_model(given.pop("model", cls.model))
        own = {key: given.pop(key) for key in _PARTS if key in given}
        if given:  # what is not given has the default of the model, else that of the example
            needed = [name for name, knob in view.knobs.items() if knob.needed]
            kept = {name: view.values[name] for name in needed}
            kinds = {name: text for name, text in given.items() if name.endswith(".kind")}
            knobs = knobs_of(KINDS[view.model], kinds)
            for name, text in given.items():
                kept[name] = knobs[_one_of("parameter", name, knobs)].read(text)
            view = replace(view, values=kept)
        return view.with_texts(own)

    def with_texts(self, texts: Mapping[str, str]) -> View:
        """The same view with another measure, pair, page, knob or last time, given as texts.

        Raises:
            ArgumentError: a text is none of these.
        """
        changes: dict[str, Any] = {k: v for k, v in texts.items() if k in ("measure", "page")}
        if texts.get("knob"):
            changes["knob"] = texts["knob"]
        if "until" in texts:
            changes["until"] = UNTIL.read(texts["until"])
        if "between" in texts:
            changes["between"] = _pair(texts["between"])
        return replace(self, **changes)

    def with_value(self, name: str, text: str) -> View:
        """The same view with one parameter changed; another class of a part has its own defaults.

        Raises:
            ArgumentError: the text is no value of it.
        """
        values = dict(self.values) | {name: self.knobs[name].read(text)}
        known = knobs_of(KINDS[self.model], values)
        knob = self.knob if self.knob in known and known[self.knob].turns else ""
        return replace(self, values={k: v for k, v in values.items() if k in known}, knob=knob)

    @property
    def knobs(self) -> dict[str, Control]:
        """The knobs of the model."""
        return knobs_of(KINDS[self.model], self.values)

    def value(self, knob: Control) -> Plain:
        """The value of a knob."""
        return self.values.get(knob.name, knob.default)

    def address(self) -> str:
        """The query of the address: all that is not a default, and what has none."""
        fields = {"model": self.model}
        for knob in self.knobs.values():
            value = self.value(knob)
            if knob.needed or value != knob.default:
                fields[knob.name] = knob.write(value).replace(", ", ",")
        plain = View(self.model)
        if self.between is not None:
            fields["between"] = ":".join(self.between)
        for key in ("measure", "page", "knob"):
            if getattr(self, key) != getattr(plain, key):
                fields[key] = getattr(self, key)
        if self.until != plain.until:
            fields["until"] = UNTIL.write(self.until)
        return urlencode(fields, safe=":,[]")

    def pinned(self, labels: tuple[str, ...]) -> View:
        """The same view with its pair by name: the last partners, else the first and the last."""
        if self.between is not None or len(labels) < 2:
            return self
        partners = [pair for pair in partner_pairs(labels) if pair != SOURCES]
        varied = self.page == "sweep" and self.knobs[self.knob].form == "whole"
        last = partners[0 if varied else -1] if partners else (labels[0], labels[-1])
        return replace(self, between=last)

    @property
    def meter(self) -> Measure:
        """The measure."""
        return _MEASURES[self.measure]

    @property
    def groups(self) -> tuple[Any, ...]:
        """What the measure takes: two parties, or one of both subsystems, or nothing (all)."""
        if self.between is None:
            return ()
        return self.between if self.meter.groups == 2 else (list(self.between),)

    def measured(self, state: Any) -> float:
        """The measure of these parties in a state."""
        return self.meter(state, *self.groups)

    # As a scenario --------------------------------------------------------------------------------

    def document(self) -> dict[str, Any]:
        """The tree of a scenario file that computes this view."""
        values = {name: self.value(knob) for name, knob in self.knobs.items()}
        default = {name: knob.default for name, knob in self.knobs.items() if "[" not in name}
        given = {k: v for k, v in values.items() if k not in default or v != default[k]}
        tree: dict[str, Any] = {"name": f"{self.model} {PAGES[self.page]}"}
        tree["model"] = {"kind": self.model} | _completed(nested(given), self.knobs)
        tree["measures"] = [self.measure]
        if self.page == "evolution":
            tree |= {"solve": "evolve", "times": {"stop": self.until, "points": 101}}
            if self.between is not None and self.meter.groups == 2:
                tree["pairs"] = [list(self.between)]
        if self.page == "sweep" and (self.between or self.meter.groups == 1):
            parties = ":" if self.meter.groups == 2 else "+"
            inside = f"({parties.join(self.between)})" if self.between else ""
            tree["sweep"] = {"axes": [self._axis()], "outputs": [f"{self.measure}{inside}"]}
        return tree

    def _axis(self) -> dict[str, Any]:
        knob = self.knobs[self.knob]
        assert knob.usual is not None
        low, high = knob.usual
        if knob.form == "number":
            return {"name": knob.name, "start": float(low), "stop": float(high), "points": SWEPT}
        steps = {round(low + k * (high - low) / (SWEPT - 1)) for k in range(SWEPT)}
        return {"name": knob.name, "values": sorted(steps)}

    def scenario(self) -> Scenario:
        """The scenario of this view, with the model made.

        Raises:
            ScenarioError: the model does not take these parameters; all problems are told.
        """
        try:
            return scenario_of(Document("", "", self.document()))
        except ScenarioError as error:
            lines = [line.removeprefix(": ") for line in str(error).splitlines()]
            raise ScenarioError("\n".join(lines)) from None


def _example(model: str, what: str) -> Any:
    return getattr(KINDS[model], what)


def _one_of(what: str, given: str, known: Any) -> str:
    """A name among those that are known.

    Raises:
        ArgumentError: it is not.
    """
    if given not in known:
        remedy = nearest(given, known)
        raise ArgumentError(what, "be one that the explorer knows", given, remedy)
    return given


def _fields(query: str) -> dict[str, str]:
    """Keys and values of a query, each key once.

    Raises:
        ArgumentError: too long, not UTF-8, or a key is there twice.
    """
    remedy = "Start again from the page without parameters, and copy its address."
    if len(query) > LONGEST_ADDRESS:
        rule = f"have at most {LONGEST_ADDRESS} characters"
        raise ArgumentError("address", rule, query, remedy)
    try:
        pairs = parse_qsl(query, True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        rule = f"be UTF-8 and have at most {MOST_FIELDS} parameters"
        raise ArgumentError("address", rule, query, remedy) from None
    fields: dict[str, str] = {}
    for key, value in pairs:
        if key in fields:
            raise ArgumentError("address", "name each parameter once", key, "Drop one of them.")
        fields[key] = value
    return fields


def _pair(text: str) -> Pair | None:
    """``"A4:B4"`` as two labels; nothing for no text.

    Raises:
        ArgumentError: it is something else.
    """
    if not text.strip():
        return None
    found = _PAIR.fullmatch(text.strip())
    if not found or found[1] == found[2]:
        raise ArgumentError("between", "be two subsystems", text, "Write them as A1:B1.")
    return found[1], found[2]


def _completed(tree: dict[str, Any], knobs: Mapping[str, Control]) -> dict[str, Any]:
    """The tree with the class of each part that is not the default one's, or has values."""
    for name, knob in knobs.items():
        part = name.removesuffix(".kind")
        if part != name and isinstance(tree.get(part), dict):
            tree[part].setdefault("kind", knob.default)
    return tree


def words(measure: Measure) -> str:
    """The title of a measure without its symbol, which is a formula."""
    return measure.title.removesuffix(measure.symbol).strip()
