"""Optimising a scenario: search, look again, draw, write.

A design leaves in its folder

    design.json        optimum, tolerances, other ends, names of the files: one JSON document
    optimum.zarr       the steady state there, read back by ``darkstate.load_result``
    sensitivities.csv, .png, .svg  the knobs with their tolerances
    convergence.png, .svg          how the searches went
    network.png, .svg              the network with the best knobs
    front.csv, .png, .svg          the compromises, if a second merit was given
    darkstate.json     says whose the folder is, and holds the digests of all files

The searches are stored beside it as they end, in ``<folder>-searches.zarr``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkstate.errors import ArgumentError, DarkstateError
from darkstate.progress import Wanted, listening
from darkstate.results.digests import sign
from darkstate.results.files import as_path, prepare, replace_folder
from darkstate.results.report import versions
from darkstate.scenarios.optimise_section import KnobEntry, OptimiseSection
from darkstate.scenarios.scenario import Scenario
from darkstate.scenarios.sweep_section import AxisEntry, SweepSection
from darkstate.scenarios.sweeping import sweep_of
from darkstate.sweeps.outputs import output

if TYPE_CHECKING:
    from darkstate.design import Design, ParetoFront

MARK, FORMAT = "darkstate design", 1


@dataclass(frozen=True)
class ScenarioDesign:
    """What was found for a scenario.

    Args:
        scenario: what was asked.
        design: the optimum; None if compromises were asked for.
        front: the compromises; else None.
        files: what was written.
    """

    scenario: Scenario
    design: Design | None
    front: ParetoFront | None = None
    files: tuple[Path, ...] = ()

    @property
    def confirmed(self) -> bool:
        """Whether everything that is told was confirmed by a second look."""
        if self.front is not None:
            return all(str(point.status) == "converged" for point in self.front.points)
        return self.design is not None and str(self.design.status) == "converged"

    def document(self) -> dict[str, Any]:
        """Numbers and files as plain values, strict JSON."""
        front = None
        if self.front is not None:
            front = {
                "merits": list(self.front.merits),
                "points": [
                    {"values": list(p.values), "knobs": dict(p.knobs), "options": dict(p.options),
                     "status": str(p.status), "dominated": p.dominated}
                    for p in self.front.points
                ],
                "notes": list(self.front.notes),
            }  # fmt: skip
        return {
            "darkstate": versions()["darkstate"],
            "scenario": self.scenario.title,
            "design": None if self.design is None else self.design.document(),
            "front": front,
            "files": [str(file) for file in self.files],
        }


def optimise_scenario(
    scenario: Scenario,
    out: str | Path | None = None,
    progress: Wanted = False,
    overwrite: bool = False,
    workers: int | None = None,
    scheduler: str | None = None,
) -> ScenarioDesign:
    """Find the knobs that the section ``optimise`` asks for, and write everything to a folder.

    Args:
        scenario: with a section ``optimise``.
        out: the folder, made if needed, whole or not at all. Without it nothing is written.
        progress: True for a bar, or a function of (what, fraction).
        overwrite: whether an earlier design in `out` may be replaced.
        workers: processes that search.
        scheduler: address of a Dask scheduler whose workers search.

    Raises:
        ArgumentError: no section, unknown names, bounds that exclude the model; or `out` cannot be
            written. The name is the place in the file where there is one.
        NumericalError: nothing could be solved.
    """
    from darkstate.design import optimise, pareto

    section = scenario.optimise
    if section is None:
        remedy = "Add 'optimise: {merits: [purity], knobs: [{name: loss, low: 0, high: 1}]}'."
        raise ArgumentError("optimise", "be a section of the scenario", None, remedy)
    if scenario.solve == "evolve":
        remedy = "Leave 'solve' out: the steady state is optimised."
        raise ArgumentError("solve", "be steady_state to be optimised", "evolve", remedy)
    folder = (
        None
        if out is None
        else prepare(as_path(out, "out"), MARK, overwrite, version=FORMAT, name="out")
    )
    store = None if folder is None else folder.with_name(f"{folder.name}-searches.zarr")
    asked = _asked(scenario, section) | {
        "store": store, "workers": workers, "scheduler": scheduler, "engine": scenario.engine
    }  # fmt: skip
    merits = [_quantity(text, "merits", k) for k, text in enumerate(section.merits)]
    knobs = [_knob(scenario, entry, k) for k, entry in enumerate(section.knobs)]
    with listening(progress) as listener, _places(section):
        if section.against is not None:
            both = [*merits, _quantity(section.against, "against")]
            found = pareto(
                scenario.model, both, knobs, points=section.points, progress=listener, **asked
            )
            done = ScenarioDesign(scenario, None, found)
        else:
            design = optimise(
                scenario.model, merits, knobs, minimise=section.minimise, loss=section.loss,
                progress=listener, **asked,
            )  # fmt: skip
            done = ScenarioDesign(scenario, design)
    return done if folder is None else _written(done, folder, overwrite)


def _asked(scenario: Scenario, section: OptimiseSection) -> dict[str, Any]:
    """What `optimise` and `pareto` share, as objects."""
    from darkstate.design import Constraint, Imperfections

    held = []
    for k, entry in enumerate(section.constraints):
        quantity = _quantity(entry.quantity, "constraints", k, "quantity")
        try:
            held.append(Constraint(quantity, entry.minimum, entry.maximum))
        except ArgumentError as error:
            place = f"optimise.constraints[{k}].{error.name}"
            raise ArgumentError(place, error.rule, error.value, error.remedy) from None
    spread = None
    if section.imperfections is not None:
        fields = vars(section.imperfections)
        try:
            spread = Imperfections(**fields)
        except ArgumentError as error:
            place = f"optimise.imperfections.{error.name}"
            raise ArgumentError(place, error.rule, error.value, error.remedy) from None
    choices = {entry.name: list(entry.options) for entry in section.choices}
    same = {name: getattr(section, name) for name in ("starts", "seed", "method", "most")}
    return same | {"constraints": held, "choices": choices or None, "imperfections": spread}


def _quantity(text: str, *place: str | int) -> Any:
    from darkstate.design.quantities import GAP, StateQuantity

    if text == GAP:
        return StateQuantity(GAP)
    try:
        found = output(text)
    except ArgumentError as error:
        where = "optimise." + _path(place)
        raise ArgumentError(where, error.rule, error.value, error.remedy) from None
    if found.kind != "measure":
        remedy = "Write for example 'log_negativity(A1:B1)', 'purity' or 'gap'."
        raise ArgumentError("optimise." + _path(place), "be a measure or gap", text, remedy)
    return StateQuantity(found.head, tuple(found.groups))


def _path(place: tuple[str | int, ...]) -> str:
    parts = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in place]
    return "".join(parts).lstrip(".")


def _knob(scenario: Scenario, entry: KnobEntry, k: int) -> Any:
    """A knob with its bounds read in the unit of its parameter."""
    from darkstate.design import Knob

    place = f"optimise.knobs[{k}]"
    ends = ("low", "high") if entry.start is None else ("low", "high", "start")
    name = entry.name if not entry.sets else next(iter(entry.sets))
    axis = AxisEntry(name, values=tuple(getattr(entry, end) for end in ends))
    try:
        swept = sweep_of(replace(scenario, sweep=SweepSection(axes=(axis,), outputs=("purity",))))
        low, high, *start = (float(row[0]) for row in swept.axes[0].rows)
        return Knob(entry.name, low, high, entry.spacing, entry.sets, *start)
    except ArgumentError as error:
        where = error.name.replace("sweep.axes[0]", place)
        for number, end in enumerate(ends):
            where = where.replace(f"values[{number}]", end)
        where = where if where.startswith(place) else f"{place}: {where}"
        raise ArgumentError(where, error.rule, error.value, error.remedy) from None


@contextmanager
def _places(section: OptimiseSection) -> Iterator[None]:
    """What is refused inside is told with its place in the file, where it has one."""
    try:
        yield
    except ArgumentError as error:
        head = error.name.partition("[")[0].partition(":")[0].partition(".")[0]
        known = {"bounds": "knobs", "merit": "merits"}
        key = known.get(head, head)
        if not hasattr(section, key):
            raise
        name = f"optimise.{key}{error.name[len(head) :]}"
        raise ArgumentError(name, error.rule, error.value, error.remedy) from None


def _written(found: ScenarioDesign, folder: Path, overwrite: bool) -> ScenarioDesign:
    from darkstate import plots
    from darkstate.scenarios.tabulation import write_csv

    with replace_folder(folder, MARK, overwrite, version=FORMAT, name="out") as new:
        files: list[Path] = []
        if found.design is not None:
            design = found.design
            files.append(design.result.save(new / "optimum.zarr"))
            if design.knobs:
                table = design.sensitivities()
                files.append(write_csv(table, new / "sensitivities.csv"))
                files += plots.save(plots.sensitivity_bars(table), new / "sensitivities")
            if design.curves:
                curves = plots.convergence_curves(design.convergence())
                files += plots.save(curves, new / "convergence")
            try:
                drawn = plots.network(design.result.state, system=design.model)
            except DarkstateError:  # a state without pairs, for instance
                drawn = None
            files += [] if drawn is None else plots.save(drawn, new / "network")
        if found.front is not None:
            table = found.front.table()
            files.append(write_csv(table, new / "front.csv"))
            files += plots.save(plots.pareto_front(table), new / "front")
        paths = [folder / file.relative_to(new) for file in files]
        done = replace(found, files=(*paths, folder / "design.json"))
        text = json.dumps(done.document(), indent=1, ensure_ascii=False, allow_nan=False)
        (new / "design.json").write_text(text + "\n", encoding="utf-8")
        sign(new, {MARK: FORMAT, "versions": versions()})
    return done
