"""What to cite for a scenario: darkstate, the model's source, the methods and measures used.

The entries are those of ``references.bib`` beside this module. A model names its own as
``references: ClassVar[tuple[str, ...]]``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from darkstate.scenarios.scenario import Scenario

_ENTRY = re.compile(r"^@\w+\{(\w+),.*?^\}", re.DOTALL | re.MULTILINE)

_ENGINES = {
    "gaussian": (("bartels1972", "the method of the gaussian engine"),),
    "collective": (
        ("chase2008", "permutation symmetry in the collective engine"),
        ("kraus2008", "dark states, the first rung of the collective engine"),
    ),
    "cascade": (("gardiner1993", "one-way networks, which the cascade engine follows"),),
    "matrix product": (
        ("verstraete2004", "matrix products of density matrices in the matrix product engine"),
    ),
    "tensor trajectories": (
        ("molmer1993", "quantum jumps in the tensor trajectories engine"),
        ("schollwock2011", "the matrix-product states that they keep"),
    ),
    "moments": (("kubo1962", "the closure of the moments engine"),),
    "lindblad": (("kraus2008", "dark states, the first rung of the lindblad engine"),),
    "trajectories": (
        ("molmer1993", "quantum jumps in the trajectories engine"),
        ("rouchon2015", "the step of its diffusive records"),
    ),
}
_HIERARCHY = ("tanimura2006", "hierarchies of equations for light with a memory")
_MEASURES = {
    "log_negativity": ("vidal2002", "plenio2005"),
    "entropy": ("weedbrook2012",),
    "purity": ("weedbrook2012",),
    "mutual_information": ("weedbrook2012",),
    "epr_variance": ("duan2000",),
    "epr_spin_variance": ("raymer2003",),
    "steering": ("kogias2015",),
    "negativity": ("vidal2002",),
    "concurrence": ("wootters1998",),
    "entanglement_of_formation": ("wootters1998",),
    "chsh": ("horodecki1995",),
    "teleportation_fidelity": ("horodecki1999",),
}


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

    model = scenario.model
    for key in getattr(model, "references", ()):
        yield key, f"the model {type(model).__name__}"
    steady = scenario.solve == "steady_state"
    chosen = explain(model, scenario.engine, scenario.sought_times()).chosen
    engine = scenario.engine.name if scenario.engine else chosen.engine if chosen else ""
    if not (engine == "gaussian" and not steady):  # the evolution is an exponential
        yield from _ENGINES.get(engine, ())
    if chosen and chosen.method == "hierarchy":
        yield _HIERARCHY
    for measure in scenario.measures:
        for key in _MEASURES.get(measure, ()):
            yield key, f"the measure {measure}"
