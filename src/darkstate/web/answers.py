"""What is computed for a view, part by part: nothing here knows a browser.

``answer(view)`` explains first and refuses what is predicted to be too large or too long; then it
solves, measures and draws. Each part is yielded as soon as it is there.
"""

from __future__ import annotations

from collections.abc import Iterator

from darkstate.engines.contract import Task
from darkstate.errors import CapacityError
from darkstate.frontdoor import Explanation, as_system, explain
from darkstate.frontdoor.selection import PREFERRED_SECONDS, choose
from darkstate.scenarios.pictures import SOURCES, chosen_pictures, figure_of
from darkstate.scenarios.running import ScenarioRun, run_scenario
from darkstate.scenarios.scenario import Scenario
from darkstate.web.files import TITLES, csv_of, drawn, solved
from darkstate.web.parts import Data, Explained, Part
from darkstate.web.studies import certificate_page, evolution, gradient_page, sweep_page
from darkstate.web.view import SWEPT, View


def answer(view: View) -> Iterator[Part]:
    """The parts of the answer to a view.

    Raises:
        DarkstateError: there is none; the message says why, and what to do.
    """
    scenario = view.scenario()
    offers = explain(scenario.model, None, scenario.sought_times())
    solutions = SWEPT if view.page == "sweep" else 1
    yield _plan(offers, solutions)
    _refuse(scenario, offers, solutions)
    labels = tuple(as_system(scenario.model).labels)
    pinned = view.pinned(labels)
    yield from _PAGES[view.page](pinned, pinned.scenario())


def _plan(offers: Explanation, solutions: int) -> Explained:
    rows = []
    for offer in offers.offers:
        rows.append((offer.engine, offer.answer if len(offers.offers) == 1 else offer.reason))
        rows += [("", step) for step in offer.steps]
        rows += [("", f"predicted: {offer.cost}")] if offer.cost else []
    taken = offers.chosen
    seconds = taken.cost.here if taken is not None and taken.cost is not None else 0.0
    chosen = f"{taken.engine} ({taken.method})" if taken else ""
    return Explained(tuple(rows), chosen, solutions * seconds)


def _refuse(scenario: Scenario, offers: Explanation, solutions: int) -> None:
    """Refuse what nobody can do, and what takes longer than one waits at a page.

    Raises:
        EngineMismatchError, CapacityError, NumericalError: why not, and what can be done.
    """
    taken = offers.chosen
    if taken is None:
        times = scenario.sought_times()
        choose(as_system(scenario.model), Task(None if times is None else tuple(times)))
        return
    if taken.cost is not None and solutions * taken.cost.here > PREFERRED_SECONDS:
        many = f"{solutions} times " if solutions > 1 else ""
        raise CapacityError(
            f"This is predicted to take {many}{taken.cost}, and a page is not kept waiting "
            f"for more than {PREFERRED_SECONDS / 60:.0f} minutes.",
            "Take fewer nodes, or download the scenario and use `darkstate run`.",
        )


# Pages --------------------------------------------------------------------------------------------


def _steady(view: View, scenario: Scenario) -> Iterator[Part]:
    run = run_scenario(scenario)
    yield solved(view, run.result)
    pairs = _pairs(run)
    names = chosen_pictures(scenario, run.result.state, pairs)
    for name in sorted(names, key=list(TITLES).index):
        yield drawn(name, view, figure_of(name, scenario, run.result, pairs))
    for name, table in run.tables.items():
        yield Data(name, csv_of(table))


_PAGES = {
    "steady": _steady,
    "evolution": evolution,
    "sweep": sweep_page,
    "gradient": gradient_page,
    "certificate": certificate_page,
}
"""Page -> what computes it."""


def _pairs(run: ScenarioRun) -> list[tuple[str, str]]:
    """The pairs that were tabulated, without that of a source, which is no place in a network."""
    table = run.tables.get("pairs")
    if table is None:
        return []
    found = zip(table["first"].values.tolist(), table["second"].values.tolist(), strict=True)
    return [pair for pair in found if pair != SOURCES]
