"""How far long computations are: told to a function, shown on a screen or in a notebook."""

from __future__ import annotations

import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import darkstate as ds
from darkstate import progress, repeaters
from darkstate.engines import Cascade, Trajectories
from darkstate.errors import ArgumentError
from darkstate.papers import paper, run_paper
from darkstate.scenarios import run_scenario
from darkstate.scenarios.loading import parse_scenario
from darkstate.states import DensityState
from darkstate.systems import (
    Drive,
    Jump,
    Monitor,
    OpenSystem,
    Qubit,
    pulses,
    sigma_minus,
    sigma_x,
)

Q = Qubit("q")
DECAY = OpenSystem((Q,), sigma_x(Q), (Jump(sigma_minus(Q), 1.0, "out"),))
DRIVEN = OpenSystem(
    (Q,), jumps=DECAY.jumps, drives=(Drive(sigma_x(Q), pulses.gaussian(2.0, 0.5, 1.0)),)
)
RUNS = Trajectories(trajectories=60, seed=1)
TIMES = np.linspace(0.0, 4.0, 9)
PAIRS = ds.models.DualRail(2, 0.5, dephasing=0.1)
RAIL = ds.models.DualRail(4, 0.5, dephasing=0.1)
SCENARIO = parse_scenario("model: {kind: DualRail, pairs: 1, squeezing: 0.5}\n")


def noisy_pair(noise: float) -> DensityState:
    """A Bell state, mixed with noise."""
    bell = np.zeros((4, 4))
    bell[np.ix_([0, 3], [0, 3])] = 0.5
    return DensityState(("a", "b"), (2, 2), (1 - noise) * bell + 0.25 * noise * np.eye(4))


LONG: dict[str, Callable[[Any, Any], Any]] = {
    "evolve": lambda told, _: ds.evolve(PAIRS, 10 * TIMES, progress=told),
    "evolve, driven": lambda told, _: ds.evolve(DRIVEN, TIMES, progress=told),
    "evolve, cascade": lambda told, _: ds.evolve(RAIL, TIMES, engine=Cascade(16), progress=told),
    "evolve, trajectories": lambda told, _: ds.evolve(DECAY, TIMES, engine=RUNS, progress=told),
    "steady_state": lambda told, _: ds.steady_state(RAIL, Cascade(16), progress=told),
    "solve": lambda told, _: ds.solve(DECAY, progress=told),
    "ensemble": lambda told, _: RUNS.ensemble(DECAY, TIMES, progress=told),
    "records": lambda told, _: RUNS.records(
        DECAY.with_monitors(Monitor("out")), TIMES, only=range(4), progress=told
    ),
    "lattice_curve": lambda told, _: repeaters.lattice_curve(200, [0.3, 0.4], progress=told),
    "certified_limit": lambda told, _: ds.certificates.certified_limit(
        noisy_pair, 0.0, 1.0, 0.5, progress=told
    ),
    "run_scenario": lambda told, _: run_scenario(SCENARIO, progress=told),
    "run_paper": lambda told, out: run_paper(
        paper("li2026"), out / "p", ("growth",), True, progress=told
    ),
    "sweep": lambda told, out: ds.sweep(
        ds.Sweep(ds.models.CavityChains(2), (ds.sweeps.linspace("loss", 0.1, 0.3, 3),)),
        out / "s.zarr",
        progress=told,
    ),
}


@pytest.mark.parametrize("name", LONG)
def test_a_function_is_told_how_far_it_is(name, tmp_path, monkeypatch):
    monkeypatch.setattr("darkstate.sweeps.progress.EVERY_SECONDS", 0.0)
    told: list[tuple[str, float]] = []
    LONG[name](lambda what, fraction: told.append((str(what), fraction)), tmp_path)
    fractions = [fraction for _, fraction in told]
    assert all(what for what, _ in told)
    assert fractions == sorted(fractions) and fractions[0] >= 0.0 and fractions[-1] == 1.0
    if name != "solve":  # it is done at once
        assert any(0.0 < fraction < 1.0 for fraction in fractions)
    with pytest.raises(ArgumentError, match="`progress` must be True, False or a function"):
        LONG[name](5, tmp_path / "other")


def test_nobody_is_told_unasked_and_a_function_that_raises_ends_it(capsys):
    ds.evolve(DECAY, TIMES)
    assert capsys.readouterr() == ("", "")

    def stop(what: Any, fraction: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ds.evolve(DECAY, TIMES, progress=stop)
    told: list[float] = []
    progress.report("nobody listens any more", 0.5)
    listener = progress.heard(lambda what, fraction: told.append(fraction))
    with listener, progress.share(0.5, 1.0), progress.heard(False):
        ds.evolve(DECAY, TIMES)
    assert min(told) > 0.5 and told[-1] == 1.0


def test_where_there_is_no_terminal_a_line_is_printed_now_and_then(capsys, monkeypatch):
    ds.evolve(DECAY, TIMES, progress=True)
    assert capsys.readouterr() == ("", "")  # it was done sooner
    monkeypatch.setattr(progress, "LINES_SECONDS", 0.0)
    ds.evolve(DECAY, TIMES, progress=True)
    said = capsys.readouterr()
    assert said.out == "" and said.err.splitlines()[-1].startswith("done · 100% · ")


def test_a_terminal_shows_a_bar_and_obeys_no_names():
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=90)
    with progress.listening(True, console) as listener:
        listener("pair\x1b[2J\n [red]1[/]", 0.5)
    shown = screen.getvalue()
    assert "pair?[2J? [red]1[/]" in shown and "━" in shown and "\x1b[2J" not in shown


def test_a_notebook_shows_a_bar_that_ends_in_words(monkeypatch):
    bars: list[str] = []
    monkeypatch.setattr(progress, "_in_notebook", lambda: True)
    monkeypatch.setattr(progress, "_NOTEBOOK_SECONDS", 0.0)

    def display(bar: Any, display_id: bool) -> Any:
        return SimpleNamespace(update=lambda it: bars.append(it._repr_html_()))

    monkeypatch.setattr("IPython.display.display", display)
    ds.evolve(DRIVEN, TIMES, progress=True)
    assert '<progress value="0.' in bars[0] and "evolution" in bars[0]
    assert bars[-1].startswith("<div>done, ") and "<progress" not in bars[-1]
