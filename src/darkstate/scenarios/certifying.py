"""Certifying a scenario: solve, certify, look for the limit, draw, write.

A certificate leaves in its folder

    certificate.json  verdict, numbers, names of the files: one JSON document
    certificate.zarr  evidence, read back by ``darkstate.load_result``
    witness.png, .svg the witness by its local terms (of modes by second moments)
    limit.csv, limit.png, .svg    margins over the parameter of ``limit``
    darkstate.json    says whose the folder is, and holds the digests of all files

The points of the limit are stored beside it as they are found, in ``<folder>-limit.zarr``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkstate.errors import ArgumentError
from darkstate.progress import Wanted, heard, report, share
from darkstate.results.digests import sign
from darkstate.results.files import as_path, prepare, replace_folder
from darkstate.results.report import versions
from darkstate.scenarios.certify_section import CertifySection, LimitEntry
from darkstate.scenarios.scenario import Scenario
from darkstate.scenarios.sweep_section import AxisEntry, SweepSection
from darkstate.scenarios.sweeping import sweep_of
from darkstate.sweeps.targets import find, replace_at

if TYPE_CHECKING:
    from darkstate.certificates import (
        Certificate,
        CertifiedLimit,
        CovarianceCertificate,
        MeasurementPlan,
    )

MARK, FORMAT = "darkstate certificate", 1


@dataclass(frozen=True)
class ScenarioCertificate:
    """What was proven about a scenario.

    Args:
        scenario: what was asked.
        certificate: verdict and evidence.
        plan: how to measure the witness of certified qubits; else None.
        limit: up to where it is certified, if that was asked.
        files: what was written.
    """

    scenario: Scenario
    certificate: Certificate | CovarianceCertificate
    plan: MeasurementPlan | None = None
    limit: CertifiedLimit | None = None
    files: tuple[Path, ...] = ()

    def document(self) -> dict[str, Any]:
        """Verdict, numbers and files as plain values, strict JSON (no NaN: null)."""
        found, limit = self.certificate, self.limit
        return {
            "darkstate": versions()["darkstate"],
            "scenario": self.scenario.title,
            "verdict": found.verdict,
            "sentence": found.sentence,
            "labels": list(found.labels),
            "margin": _number(found.margin),
            "negativity": _number(found.negativity),
            "entangled_cuts": [list(side) for side in found.crossed],
            "notes": list(found.notes),
            "limit": None if limit is None else {
                "name": limit.name,
                "certified": _number(limit.certified),
                "uncertified": _number(limit.uncertified),
                "sentence": limit.sentence,
            },
            "shots": None if self.plan is None else self.plan.shots,
            "settings": None if self.plan is None else len(self.plan.settings),
            "files": [str(file) for file in self.files],
        }  # fmt: skip


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def certify_scenario(
    scenario: Scenario,
    out: str | Path | None = None,
    progress: Wanted = False,
    overwrite: bool = False,
) -> ScenarioCertificate:
    """Solve a scenario's model, certify its steady state, and write everything to a folder.

    Args:
        scenario: with or without a section ``certify``.
        out: the folder, made if needed, whole or not at all. Without it nothing is written.
        progress: True for a bar, or a function of (what, fraction) that is told before each step.
        overwrite: whether an earlier certificate in `out` may be replaced.

    Raises:
        ArgumentError: an evolution, unknown labels or parameters; or `out` cannot be written.
        EngineMismatchError, NumericalError, CapacityError, RefusedError: as of the front door and
            of `certify`.
    """
    from darkstate.certificates import certify
    from darkstate.frontdoor import solve

    if scenario.solve == "evolve":
        remedy = "Leave 'solve' out: the steady state is certified."
        raise ArgumentError("solve", "be steady_state to be certified", "evolve", remedy)
    section = scenario.certify or CertifySection()
    folder = (
        None
        if out is None
        else prepare(as_path(out, "out"), MARK, overwrite, version=FORMAT, name="out")
    )
    options = {name: getattr(section, name) for name in ("labels", "across", "error", "quick",
                                                         "sparse")}  # fmt: skip
    search = None if section.limit is None else _search(scenario, section.limit)
    with heard(progress):
        report("solving", 0.0)
        with share(0.0, 0.2):
            result = solve(scenario.model, scenario.engine)
        report("certifying", 0.2)
        certificate = certify(result, **options)
        found = ScenarioCertificate(scenario, certificate, _plan(certificate))
        if search is not None:
            store = None if folder is None else folder.with_name(f"{folder.name}-limit.zarr")
            with share(0.3, 0.9):
                found = replace(found, limit=search(store, options))
        return found if folder is None else _written(found, folder, overwrite)


def _plan(certificate: Any) -> MeasurementPlan | None:
    from darkstate.certificates import Certificate, measurement_plan

    fits = isinstance(certificate, Certificate) and set(certificate.state.dimensions) == {2}
    return measurement_plan(certificate) if fits and certificate.verdict == "certified" else None


def _search(scenario: Scenario, entry: LimitEntry) -> Callable[..., CertifiedLimit]:
    """What looks for the limit, after names and values were read."""
    axis = AxisEntry(entry.name, values=(entry.start, entry.stop))
    try:
        swept = sweep_of(replace(scenario, sweep=SweepSection(axes=(axis,))))
        target = find(entry.name, {"model": scenario.model})
    except ArgumentError as error:
        place = error.name.replace("sweep.axes[0]", "certify.limit")
        for k, end in enumerate(("start", "stop")):
            place = place.replace(f"values[{k}]", end)
        raise ArgumentError(place, error.rule, error.value, error.remedy) from None
    start, stop = (float(row[0]) for row in swept.axes[0].rows)
    unit = {"rate": scenario.rate_unit or "", "time": scenario.time_unit}.get(target.unit, "")

    def search(store: Path | None, options: dict[str, Any]) -> CertifiedLimit:
        from darkstate.certificates import certified_limit
        from darkstate.frontdoor import solve

        def states(value: float) -> Any:
            model = replace_at(scenario.model, [(target.steps, target.value(value))])
            return solve(model, scenario.engine)

        chosen = {name: list(v) if isinstance(v, tuple) else v for name, v in options.items()}
        identity = {"model": repr(scenario.model), "engine": repr(scenario.engine), **chosen}
        return certified_limit(
            states, start, stop, entry.tolerance, spacing=entry.spacing, name=entry.name,
            unit=unit, store=store, identity=identity, **options,
        )  # fmt: skip

    return search


def _written(found: ScenarioCertificate, folder: Path, overwrite: bool) -> ScenarioCertificate:
    from darkstate import plots
    from darkstate.certificates import CovarianceCertificate
    from darkstate.scenarios.tabulation import write_csv

    report("writing", 0.9)
    with replace_folder(folder, MARK, overwrite, version=FORMAT, name="out") as new:
        files = [found.certificate.save(new / "certificate.zarr")]
        terms = {} if found.plan is None else found.plan.terms
        if isinstance(found.certificate, CovarianceCertificate):
            moments = found.certificate.witness.correlations()
            terms = {f"{one} {other}": weight for one, other, weight in moments}
        if terms:
            files += plots.save(plots.witness_chart(terms), new / "witness")
        if found.limit is not None:
            table = found.limit.table()
            files.append(write_csv(table, new / "limit.csv"))
            files += plots.save(plots.certified_range(table), new / "limit")
        paths = [folder / file.relative_to(new) for file in files]
        done = replace(found, files=(*paths, folder / "certificate.json"))
        text = json.dumps(done.document(), indent=1, ensure_ascii=False, allow_nan=False)
        (new / "certificate.json").write_text(text + "\n", encoding="utf-8")
        sign(new, {MARK: FORMAT, "versions": versions()})
    return done
