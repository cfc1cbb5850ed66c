"""Folders that commands leave: whole or not at all, nothing overwritten unasked, nothing lost."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import xarray as xr
from matplotlib.figure import Figure as Drawing
from typer.testing import CliRunner

from darkstate import plots
from darkstate.cli.app import app
from darkstate.errors import ArgumentError
from darkstate.papers import Claim, Figure, Paper, Verdict, run_paper, to_compute
from darkstate.results.digests import damage
from darkstate.scenarios import parse_scenario, run_scenario
from killed import deaths

CHAINS = "model: {kind: CavityChains, sites: %d, loss: 0.1}\npictures: []\n"


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def run(out: Path, sites: int = 2, overwrite: bool = False):
    return run_scenario(parse_scenario(CHAINS % sites), out, overwrite=overwrite)


# Runs of scenarios ------------------------------------------------------------------------------


def whole(out: Path) -> int:
    """How many sites the run in a folder has, after all its files were found to be of one run."""
    assert damage(out) is None
    report = json.loads((out / "report.json").read_text())
    assert len((out / "modes.csv").read_text().splitlines()) == 2 * report["model"]["sites"] + 1
    return report["model"]["sites"]


def test_a_run_is_old_or_new_at_every_death(tmp_path):
    out, found = tmp_path / "out", set()
    run(out, 2)
    (out / "notes.txt").write_text("mine")
    for _ in deaths(tmp_path, lambda: run(out, 3, True), step=29):
        for entry in tmp_path.iterdir():
            assert entry.name == "out" or entry.name.startswith(".out.darkstate-")
        run(tmp_path / "out", 2, True) if not out.exists() else found.add(whole(out))
        assert (out / "notes.txt").read_text() == "mine"
        if 3 in found:
            break
    run(out, 2, True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]
    assert (out / "notes.txt").read_text() == "mine"


def test_a_run_is_replaced_only_if_it_is_given_up(tmp_path):
    out = tmp_path / "out"
    done = run(out)
    assert all(file.exists() for file in done.files)
    before = tree(out)
    with pytest.raises(ArgumentError, match=r"`out` must be new, .*--overwrite"):
        run(out, 3)
    assert tree(out) == before
    (out / "notes.txt").write_text("mine")
    run(out, 3, overwrite=True)
    assert whole(out) == 3
    assert (out / "notes.txt").read_text() == "mine"


def test_a_folder_of_somebody_else_is_left_alone(tmp_path, monkeypatch):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ArgumentError, match="hold an earlier 'darkstate run'"):
        run(tmp_path, overwrite=True)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").unlink()
    with pytest.raises(ArgumentError, match="not the current one"):
        run(Path("."))
    for wrong in ("", "a\0b"):
        with pytest.raises(ArgumentError, match="`out` must be a name"):
            run(wrong)
    assert tree(tmp_path) == {}


def test_a_run_without_a_name_takes_a_free_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("chains.yaml").write_text(CHAINS % 2)
    for words, name in (([], "chains"), ([], "chains-2"), (["--overwrite"], "chains")):
        done = CliRunner().invoke(app, ["run", "chains.yaml", "--quiet", *words])
        assert done.exit_code == 0
        assert done.stdout.splitlines()[0] == f"results/{name}/result.zarr"
    assert {entry.name for entry in Path("results").iterdir()} == {"chains", "chains-2"}


# Papers -----------------------------------------------------------------------------------------


def paper(value: float, name: str = "toy") -> Paper:
    def figure(id: str) -> Figure:
        return Figure(
            id,
            f"figure {id}",
            lambda fast, tell: xr.Dataset({"E": ("time", [value])}, {"time": [0.0]}),
            lambda axes, data: axes.plot(data["E"]),
            lambda data: (Claim(f"{id}-1", "E", Verdict.REPRODUCED, "1", f"{value:g}"),),
        )

    return Paper(name, "toy", "nobody", (figure("1"), figure("2a")))


@pytest.fixture
def undrawn(monkeypatch):
    """Pictures that cost no time."""

    def quick(path, draw, data):
        files = tuple(path.with_name(path.name + suffix) for suffix in (".png", ".svg"))
        for file in files:
            file.write_text(str(data))
        return files

    monkeypatch.setattr(plots, "save_panel", quick)


def claimed(out: Path) -> dict[str, str]:
    assert damage(out) is None
    rows = json.loads((out / "claims.json").read_text())
    for row in rows:
        data = xr.open_zarr(out / f"figure_{row['figure']}.zarr", consolidated=False)
        assert f"{float(data['E'][0]):g}" == row["computed"]
        assert (out / f"figure_{row['figure']}.svg").exists()
    return {row["id"]: row["computed"] for row in rows}


def test_claims_are_merged_by_figure(tmp_path, undrawn):
    out = tmp_path / "out"
    run_paper(paper(1.0), out, ("2a",))
    (out / "notes.txt").write_text("mine")
    run_paper(paper(2.0), out, ("1",))
    assert claimed(out) == {"1-1": "2", "2a-1": "1"}
    before = tree(out)
    taken = run_paper(paper(3.0), out, ("2a",))
    assert (taken.taken, taken.claims[0].computed, taken.files) == (("2a",), "1", {})
    with pytest.raises(ArgumentError, match=r"have figure 2a from the same grids.*--overwrite"):
        run_paper(paper(3.0), out, ("2a",), fast=True)
    with pytest.raises(ArgumentError, match="hold figures of other"):
        run_paper(paper(3.0, "other"), out, overwrite=True)
    assert tree(out) == before
    run_paper(paper(3.0), out, ("2a",), overwrite=True)
    assert claimed(out) == {"1-1": "2", "2a-1": "3"}
    (out / "claims.json").write_text(before["claims.json"].decode().replace("1", "7"))
    with pytest.raises(ArgumentError, match=r"be undamaged and of format 2 \(claims.json\)"):
        run_paper(paper(4.0), out, ("1",), overwrite=True)
    run_paper(paper(4.0), out, overwrite=True)
    assert claimed(out) == {"1-1": "4", "2a-1": "4"}
    assert (out / "notes.txt").read_text() == "mine"


def test_an_interrupted_paper_goes_on(tmp_path, undrawn):
    """Each figure is stored when it is done; the same call computes what is missing."""
    out, computed = tmp_path / "out", []
    whole = paper(1.0)

    def stopping(fast, tell):
        raise KeyboardInterrupt

    def counting(figure):
        def compute(fast, tell):
            computed.append(figure.id)
            return figure.compute(fast, tell)

        return replace(figure, compute=compute)

    first, second = whole.figures
    stopped = replace(whole, figures=(first, replace(second, compute=stopping)))
    with pytest.raises(KeyboardInterrupt):
        run_paper(stopped, out)
    assert claimed(out) == {"1-1": "1"}
    assert to_compute(whole, out) == ("2a",)
    told = []
    resumed = run_paper(
        replace(whole, figures=tuple(counting(f) for f in whole.figures)),
        out,
        progress=lambda what, fraction: told.append(fraction),
    )
    assert (computed, resumed.taken) == (["2a"], ("1",))
    assert [claim.id for claim in resumed.claims] == ["1-1", "2a-1"]
    assert told == sorted(told) and told[-1] == 1.0
    assert claimed(out) == {"1-1": "1", "2a-1": "1"}


def test_damaged_figures_are_not_carried_over(tmp_path, undrawn):
    out = tmp_path / "out"
    run_paper(paper(1.0), out)
    (out / "figure_2a.svg").write_text("bent")
    with pytest.raises(ArgumentError, match=r"figure_2a.svg.*replace all its figures"):
        run_paper(paper(2.0), out, ("1",), overwrite=True)

    def stopping(fast, tell):
        raise KeyboardInterrupt

    whole = paper(2.0)
    stopped = replace(whole.figures[1], compute=stopping)
    with pytest.raises(KeyboardInterrupt):
        run_paper(replace(whole, figures=(whole.figures[0], stopped)), out, overwrite=True)
    assert claimed(out) == {"1-1": "2"}


def test_a_paper_is_old_or_new_at_every_death(tmp_path, undrawn):
    out, found = tmp_path / "out", set()
    run_paper(paper(1.0), out)
    old, new = {"1-1": "1", "2a-1": "1"}, {"1-1": "1", "2a-1": "2"}
    for _ in deaths(tmp_path, lambda: run_paper(paper(2.0), out, ("2a",), overwrite=True), step=23):
        assert claimed(out) in (old, new)
        found.add(claimed(out) == new)
        if True in found:
            break
    run_paper(paper(1.0), out, overwrite=True)
    assert claimed(out) == old
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


# Pictures ---------------------------------------------------------------------------------------


def test_only_pictures_of_darkstate_are_replaced_and_only_if_given_up(tmp_path):
    plots.save(Drawing(), tmp_path / "x")
    before = tree(tmp_path)
    with pytest.raises(ArgumentError, match="overwrite=True"):
        plots.save(Drawing((2, 2)), tmp_path / "x")
    assert tree(tmp_path) == before
    plots.save(Drawing((2, 2)), tmp_path / "x", overwrite=True)
    assert tree(tmp_path) != before
    for suffix in ("png", "svg"):
        Drawing().savefig(tmp_path / f"y.{suffix}")
        theirs = tree(tmp_path)
        with pytest.raises(ArgumentError, match="be new, or hold an earlier"):
            plots.save(Drawing(), tmp_path / "y", overwrite=True)
        assert tree(tmp_path) == theirs
        (tmp_path / f"y.{suffix}").unlink()
    with pytest.raises(ArgumentError, match="place that can be written"):
        plots.save(Drawing(), tmp_path / "x.png" / "y")
