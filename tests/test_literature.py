"""The systems of docs/literature.md: short, in public names, and the same as in QuTiP."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import qutip

import darkstate as ds
from darkstate.engines import Lindblad
from darkstate.states import to_qutip

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
MOST_LINES = 15


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[name] = found
    spec.loader.exec_module(found)
    return found


LITERATURE = module("literature")
SYSTEMS = LITERATURE.systems()
SMALL: dict[str, tuple[tuple[Any, ...], dict[str, int]]] = {
    "spins": ((8,), {}),
    "unstructured": ((3,), {}),
    "jaynes_cummings": ((), {"a": 10}),
    "optomechanics": ((), {"a": 3, "b": 5}),
    "lambda_atoms": ((), {"a": 3}),
    "kerr_cat": ((), {"a": 16}),
    "ising": ((3,), {}),
    "chiral": ((3,), {}),
    "rail": ((1,), {}),
    "behind_source": ((), {"SA": 2, "SB": 2, "CA": 2, "CB": 2}),
    "star": ((), {}),
    "xx_chain": ((3,), {}),
    "transparency": ((), {}),
    "superradiant_laser": ((2,), {"a": 5}),
    "readout": ((), {"a": 6}),
}
"""Arguments and cut-offs that are solved in a moment."""
LARGE = {
    "spins": ((60, 1.5), {}),
    "unstructured": ((4,), {}),
    "jaynes_cummings": ((), {"a": 16}),
    "optomechanics": ((), {"a": 4, "b": 12}),
    "lambda_atoms": ((), {"a": 4}),
    "kerr_cat": ((), {"a": 30}),
    "ising": ((5,), {}),
    "chiral": ((5,), {}),
    "rail": ((2,), {}),
    "xx_chain": ((5,), {}),
    "superradiant_laser": ((3,), {"a": 8}),
    "readout": ((), {"a": 12}),
}


def distance(name: str, arguments: tuple[Any, ...], cutoff: dict[str, int]) -> float:
    """Trace norm at most, between the two steady states of one truncated system."""
    system = SYSTEMS[name](*arguments)
    engine = Lindblad(cutoff=cutoff, edge=1.0) if cutoff else None
    state = ds.steady_state(system, engine).state
    ours = np.asarray((state.density() if hasattr(state, "density") else state).matrix)
    theirs = qutip.steadystate(*to_qutip(system, cutoff or None)).full()
    assert ours.shape == theirs.shape
    return float(np.sqrt(len(ours)) * np.linalg.norm(ours - theirs))


def test_there_are_fifteen_of_at_most_fifteen_lines():
    assert sorted(SYSTEMS) == sorted(SMALL) and len(SYSTEMS) == 15
    for block in LITERATURE.blocks()[1:]:
        lines = [line for line in block.splitlines() if line.strip()]
        assert len(lines) <= MOST_LINES, block
    imported = LITERATURE.blocks()[0]
    assert "darkstate." not in imported.replace("darkstate.systems", "")


@pytest.mark.parametrize("name", [name for name in SMALL if name != "star"])
def test_steady_states_are_those_of_qutip(name):
    assert distance(name, *SMALL[name]) < 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("name", [*LARGE, "star"])
def test_larger_ones_are_those_of_qutip(name):
    assert distance(name, *LARGE.get(name, SMALL[name])) < 1e-6


def test_the_benchmark_of_prices_runs():
    """Its rows come from the floor and the manual; seconds are not judged here."""
    command = [sys.executable, str(BENCHMARKS / "bench_prices.py"), "--rows", "spin 60, w = 1.5"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "collective, dense" in told
    assert "of 1 within" in told
