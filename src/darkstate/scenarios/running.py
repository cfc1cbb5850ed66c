"""Running a scenario: solve, tabulate, draw, write; each step reported.

A run leaves in its folder

    report.json     model, report, measures of the whole, names of the files: one JSON document
    result.zarr     state and report, read back by ``darkstate.load_result``
    pairs.csv       measures of two parties          modes.csv      measures of single subsystems
    evolution.csv   columns over time                map.png, map.svg, ...   the pictures
    darkstate.json  says whose the folder is, and holds the digests of all files

It is built beside its place and moved there at once; files of others in it are kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkstate.progress import Wanted, heard, report, share
from darkstate.results.digests import sign
from darkstate.results.files import as_path, prepare, replace_folder
from darkstate.results.report import versions
from darkstate.scenarios.scenario import Scenario
from darkstate.scenarios.sweeping import sweep_of

if TYPE_CHECKING:
    import xarray as xr

    from darkstate.results import Result

MARK, FORMAT = "darkstate run", 1
"""The mark of a run's folder, and the version of its layout."""


@dataclass(frozen=True)
class ScenarioRun:
    """What a run gives.

    Args:
        scenario: what was asked.
        result: state and report.
        tables: ``"pairs"`` and ``"modes"``, or ``"evolution"``, as `xarray.Dataset`.
        whole: measures of the whole network.
        files: what was written, in the order of writing; empty if nothing was.
    """

    scenario: Scenario
    result: Result
    tables: Mapping[str, xr.Dataset]
    whole: Mapping[str, float] = field(default_factory=dict)
    files: tuple[Path, ...] = ()

    def document(self) -> dict[str, Any]:
        """Everything but the state as plain values, strict JSON (no NaN: null)."""
        scenario = self.scenario
        return _strict_json(
            {
                "darkstate": versions()["darkstate"],
                "scenario": {
                    "name": scenario.title,
                    "file": scenario.file,
                    "description": scenario.description,
                    "rate_unit": scenario.rate_unit,
                    "solve": scenario.solve,
                },
                "model": dict(self.result.model),
                "report": self.result.report.as_dict(),
                "whole": dict(self.whole),
                "tables": {name: _columns(table) for name, table in self.tables.items()},
                "units": {
                    str(name): str(column.attrs.get("units", ""))
                    for table in self.tables.values()
                    for name, column in table.data_vars.items()
                },
                "notices": notices_of(scenario),
                "files": [str(file) for file in self.files],
            }
        )


def run_scenario(
    scenario: Scenario,
    out: str | Path | None = None,
    progress: Wanted = False,
    overwrite: bool = False,
) -> ScenarioRun:
    """Solve a scenario, tabulate its measures, and write everything to a folder.

    Args:
        scenario: what to do.
        out: the folder, made if needed, whole or not at all. Without it nothing is written or
            drawn.
        progress: True for a bar, or a function of (what, fraction) that is told before each step.
        overwrite: whether an earlier run in `out` may be replaced; whatever else lies there stays.

    Raises:
        ArgumentError: unknown labels in `pairs`; or something is in `out`, or it cannot be written.
        EngineMismatchError, NumericalError, CapacityError: as of the front door.
    """
    folder = None if out is None else as_path(out, "out")
    if folder is not None:
        prepare(folder, MARK, overwrite, version=FORMAT, name="out")
    with heard(progress):
        return _run(scenario, folder, overwrite)


def _run(scenario: Scenario, folder: Path | None, overwrite: bool) -> ScenarioRun:
    from darkstate.frontdoor import as_system
    from darkstate.scenarios.tabulation import chosen_pairs

    report("building the network", 0.0)
    network = as_system(scenario.model)
    pairs = chosen_pairs(network.labels, scenario.pairs)
    report("solving", 0.1)
    run = (_evolve if scenario.solve == "evolve" else _solve)(scenario, pairs)
    known = _pairs_known(scenario, pairs, run.result.state.labels)
    if folder is None:
        return run
    with replace_folder(folder, MARK, overwrite, version=FORMAT, name="out") as new:
        done = _write(run, known, new, folder)
    return done


def _pairs_known(
    scenario: Scenario, pairs: list[tuple[str, str]], labels: Sequence[str]
) -> list[tuple[str, str]]:
    """The pairs that a solution knows: a source may be eliminated, unless it is asked for."""
    chosen = scenario.pairs is not None
    return [pair for pair in pairs if chosen or set(pair) <= set(labels)]


def _solve(scenario: Scenario, pairs: list[tuple[str, str]]) -> ScenarioRun:
    from darkstate.frontdoor import solve
    from darkstate.scenarios.tabulation import chosen_measures, mode_data, pair_data, whole_data

    with share(0.1, 0.5):
        result = solve(scenario.model, scenario.engine)
    report("measuring", 0.5)
    if result.table is not None and result.table.sizes["time"] > 1:  # a repeater over time
        return ScenarioRun(scenario, result, {"evolution": result.table})
    single, double = (chosen_measures(scenario.measures, parties) for parties in (1, 2))
    pairs, tables = _pairs_known(scenario, pairs, result.state.labels), {}
    if double and pairs:
        tables["pairs"] = pair_data(result.state, double, pairs)
    modes = mode_data(result.state, single)
    if modes.data_vars:
        tables["modes"] = modes
    return ScenarioRun(scenario, result, tables, whole_data(result.state, single))


def _evolve(scenario: Scenario, pairs: list[tuple[str, str]]) -> ScenarioRun:
    from darkstate.frontdoor import evolve, explain
    from darkstate.scenarios.tabulation import time_columns

    assert scenario.times is not None
    times = scenario.times.values()
    chosen = explain(scenario.model, scenario.engine, times).chosen
    if chosen is not None and chosen.labels:
        pairs = _pairs_known(scenario, pairs, chosen.labels)
    columns = time_columns(scenario.measures, pairs)
    measures = {name: function for name, (_, function) in columns.items()}
    with share(0.1, 0.6):
        result = evolve(scenario.model, times, measures=measures, engine=scenario.engine)
    table = result.table
    assert table is not None
    for name, (measure, _) in columns.items():
        of = name.removeprefix(measure.name).strip()
        title = f"{measure.symbol} of {of}" if of else measure.title
        table[name].attrs |= {"long_name": title, "units": measure.unit, "quantity": measure.title}
    table["time"].attrs |= {"long_name": "time", "units": scenario.time_unit}
    return ScenarioRun(scenario, result, {"evolution": table})


def _write(run: ScenarioRun, pairs: list[tuple[str, str]], new: Path, folder: Path) -> ScenarioRun:
    """The run with its files, written to `new`, which will be moved to `folder`."""
    from darkstate.scenarios.pictures import chosen_pictures, draw
    from darkstate.scenarios.tabulation import write_csv

    report("writing", 0.6)
    files = [run.result.save(new / "result.zarr")]
    files += [write_csv(table, new / f"{name}.csv") for name, table in run.tables.items()]
    names = chosen_pictures(run.scenario, run.result.state, pairs)
    for k, name in enumerate(names):
        report(f"drawing {name}", 0.7 + 0.3 * k / len(names))
        files += draw(name, run.scenario, run.result, pairs, new)
    paths = tuple(folder / file.relative_to(new) for file in (*files, new / "report.json"))
    done = ScenarioRun(run.scenario, run.result, run.tables, run.whole, paths)
    text = json.dumps(done.document(), indent=1, ensure_ascii=False, allow_nan=False)
    (new / "report.json").write_text(text + "\n", encoding="utf-8")
    sign(new, {MARK: FORMAT, "versions": versions()})
    return done


def _columns(table: xr.Dataset) -> dict[str, list[Any]]:
    return {str(name): table[name].values.tolist() for name in (*table.coords, *table.data_vars)}


def _strict_json(value: Any) -> Any:
    """Plain values that strict JSON can hold; what is no number is None."""
    text = json.dumps(value, default=lambda other: getattr(other, "tolist", other.__str__)())
    return json.loads(text, parse_constant=lambda word: None)


def notices_of(scenario: Scenario) -> list[str]:
    """What a single run of a scenario leaves out, in sentences for the user."""
    if scenario.sweep is None:
        return []
    where = scenario.file or "SCENARIO"
    return [
        f"`sweep` is not run: the answer is that of the one model as written, none of the "
        f"{len(sweep_of(scenario))} points. Use `darkstate sweep {where}` for them."
    ]
