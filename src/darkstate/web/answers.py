"""What is computed for a view, part by part: nothing here knows a browser.

``answer(view)`` explains first and refuses what is predicted to be too large or too long; then it
solves, measures and draws. Each part is yielded as soon as it is there.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from darkstate.engines.contract import Task
from darkstate.errors import CapacityError
from darkstate.frontdoor import Explanation, as_system, explain
from darkstate.frontdoor.selection import PREFERRED_SECONDS, choose
from darkstate.plots.saving import rendered
from darkstate.results import Result
from darkstate.results.estimate import Estimate
from darkstate.scenarios.pictures import SOURCES, chosen_pictures, figure_of
from darkstate.scenarios.running import ScenarioRun, run_scenario
from darkstate.scenarios.scenario import Scenario
from darkstate.scenarios.tabulation import write_csv
from darkstate.web.parts import Answer, Data, Drawn, Explained, Lines, Part, Rows
from darkstate.web.view import View, words

_TITLES = {"network": "network", "map": "all pairs", "curve": "along the pairs"}
_TITLES |= {"time": "over time"}


def answer(view: View) -> Iterator[Part]:
    """The parts of the answer to a view.

    Raises:
        DarkstateError: there is none; the message says why, and what to do.
    """
    scenario = view.scenario()
    offers = explain(scenario.model, None, scenario.sought_times())
    yield _plan(offers)
    _refuse(scenario, offers)
    labels = tuple(as_system(scenario.model).labels)
    pinned = view.pinned(labels)
    yield from _PAGES[view.page](pinned, pinned.scenario())


def _plan(offers: Explanation) -> Explained:
    rows = []
    for offer in offers.offers:
        rows.append((offer.engine, offer.answer if len(offers.offers) == 1 else offer.reason))
        rows += [("", step) for step in offer.steps]
        rows += [("", f"predicted: {offer.cost}")] if offer.cost else []
    taken = offers.chosen
    seconds = taken.cost.here if taken is not None and taken.cost is not None else 0.0
    chosen = f"{taken.engine} ({taken.method})" if taken else ""
    return Explained(tuple(rows), chosen, seconds)


def _refuse(scenario: Scenario, offers: Explanation) -> None:
    """Refuse what nobody can do, and what takes longer than one waits at a page.

    Raises:
        EngineMismatchError, CapacityError, NumericalError: why not, and what can be done.
    """
    taken = offers.chosen
    if taken is None:
        times = scenario.sought_times()
        choose(as_system(scenario.model), Task(None if times is None else tuple(times)))
        return
    if taken.cost is not None and taken.cost.here > PREFERRED_SECONDS:
        raise CapacityError(
            f"This is predicted to take {taken.cost}, and a page is not kept waiting for more than "
            f"{PREFERRED_SECONDS / 60:.0f} minutes.",
            "Take fewer nodes, or download the scenario and use `darkstate run`.",
        )


# Pages --------------------------------------------------------------------------------------------


def _steady(view: View, scenario: Scenario) -> Iterator[Part]:
    run = run_scenario(scenario)
    yield _number(view, run.result)
    pairs = _pairs(run)
    names = chosen_pictures(scenario, run.result.state, pairs)
    for name in sorted(names, key=list(_TITLES).index):
        yield _picture(name, view, figure_of(name, scenario, run.result, pairs))
    yield from _tables(run)


_PAGES = {"steady": _steady}
"""Page -> what computes it."""


def _pairs(run: ScenarioRun) -> list[tuple[str, str]]:
    """The pairs that were tabulated, without that of a source, which is no place in a network."""
    table = run.tables.get("pairs")
    if table is None:
        return []
    found = zip(table["first"].values.tolist(), table["second"].values.tolist(), strict=True)
    return [pair for pair in found if pair != SOURCES]


def _number(view: View, result: Result) -> Answer:
    """The measure of the pair in a result.

    Raises:
        DarkstateError: it is not defined for this state, or the pair is not in it.
    """
    measure = view.meter
    value = measure(result.state, *view.groups)
    if measure.groups == 1 and view.between is None:
        of = "the whole network"
    else:
        of = ", ".join(view.between or ())
    report = result.report
    name = f"{words(measure)} of {of}"
    rows = tuple(report.lines())
    return Answer(view, name, number(value), measure.unit, str(report.status), rows)


def number(value: float) -> str:
    """A number as people read it: six digits; an estimate with its error."""
    return str(value) if isinstance(value, Estimate) else f"{value:.6g}"


def _picture(name: str, view: View, figure: Any) -> Drawn:
    title = _TITLES.get(name, name)
    shown = f"{words(view.meter)} of {view.model}: {title}"
    return Drawn(f"{view.model}-{name}", title, rendered(figure, ".svg"), shown)


def _tables(run: ScenarioRun) -> Iterator[Data]:
    """The tables of a run as CSV."""
    for name, table in run.tables.items():
        yield Data(name, _csv(table))


def _csv(table: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return write_csv(table, Path(folder) / "table.csv").read_bytes()


def lines_of(title: str, told: Any) -> Lines:
    """What an object with `lines()` says."""
    rows: Rows = tuple((str(a), str(b)) for a, b in told.lines())
    return Lines(title, rows)
