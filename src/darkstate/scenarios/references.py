"""What to cite for a scenario: darkstate, the model's source, the methods and measures used.

The entries are those of ``references.bib`` beside this module. Models, engines and measures name
theirs as ``references``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from darkstate.scenarios.scenario import Scenario

_CERTIFICATE = ("jungnitsch2011", "hofmann2014", "hyllus2006")
_ENTRY = re.compile(r"^@\w+\{(\w+),.*?^\}", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Reference:
    """One entry of the list.

    Args:
        key: its BibTeX key.
        why: what of the scenario it is for.
        bibtex: the entry.
    """

    key: str
    why: str
    bibtex: str


@cache
def bibliography() -> dict[str, str]:
    """All BibTeX entries by key."""
    text = files("darkstate.scenarios").joinpath("references.bib").read_text(encoding="utf-8")
    return {match.group(1): match.group(0) for match in _ENTRY.finditer(text)}


def references(scenario: Scenario) -> tuple[Reference, ...]:
    """What to cite for a scenario, each once, darkstate first."""
    from importlib.metadata import version

    own = (
        "@software{darkstate,\n"
        "  title   = {darkstate: entanglement over networks by engineered dissipation},\n"
        "  author  = {{The darkstate developers}},\n"
        f"  version = {{{version('darkstate')}}},\n"
        "}"
    )
    found = {"darkstate": Reference("darkstate", "this software", own)}
    for key, why in _keys(scenario):
        if key in bibliography() and key not in found:
            found[key] = Reference(key, why, bibliography()[key])
    return tuple(found.values())


def _keys(scenario: Scenario) -> Iterator[tuple[str, str]]:
    from darkstate.frontdoor import explain
    from darkstate.measures import MEASURES

    model = scenario.model
    for key in getattr(model, "references", ()):
        yield key, f"the model {type(model).__name__}"
    chosen = explain(model, scenario.engine, scenario.sought_times()).chosen
    yield from chosen.references if chosen else ()
    for measure in MEASURES:
        if measure.name in scenario.measures:
            yield from ((key, f"the measure {measure.name}") for key in measure.references)
    if scenario.certify is not None:
        yield from ((key, "the certificate") for key in _CERTIFICATE)
