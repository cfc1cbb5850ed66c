"""Draws the pictures of the README and the manual: ``python docs/figures/draw.py`` (seconds)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

import darkstate as ds
from darkstate import plots
from darkstate.certificates import certified_limit

HERE = Path(__file__).parent
DPI = 200


def chains():
    """Entanglement of the pairs of two chains for several losses."""
    curves = {}
    for loss in (0.0, 0.01, 0.05, 0.1):
        state = ds.steady_state(ds.models.CavityChains(sites=20, loss=loss)).state
        curves[rf"$\kappa = {loss:g}\,\eta$"] = ds.pair_curve(state, ds.log_negativity)
    return plots.pair_curve_plot(curves)


def relaxation():
    """Pairs getting entangled one after the other, from the vacuum."""
    measures = {
        f"pair {j}": lambda state, j=j: ds.log_negativity(state, f"A{j}", f"B{j}")
        for j in (1, 3, 5)
    }
    model = ds.models.CavityChains(sites=5, loss=0.02)
    result = ds.evolve(model, np.linspace(0.0, 60.0, 241), measures=measures)
    for column in result.table.data_vars.values():
        column.attrs["units"] = "ebit"
    return plots.time_evolution(result.table)


def network():
    """Two one-way rails: who drives whom, and who is entangled with whom."""
    model = ds.models.DualRail(3, 1.0, [1.0, 0.0, -1.0], [0.0, -1.0, 1.0], dephasing=0.01)
    return plots.network(ds.steady_state(model).state, ds.concurrence, system=model)


def certified_range():
    """Up to which dephasing two detuned pairs are proven four-partite entangled."""
    model = ds.models.DualRail(2, 1.0, detunings_a=[0.5, -0.5], detunings_b=[0.5, -0.5])
    limit = certified_limit(
        lambda rate: ds.steady_state(replace(model, dephasing=rate)),
        start=0.0,
        stop=0.2,
        tolerance=0.02,
        name="dephasing",
    )
    return plots.certified_range(limit.table())


PICTURES = (chains, relaxation, network, certified_range)
"""Each writes the file of its name; `audit.png` is drawn by `benchmarks/bench_audit.py`."""

if __name__ == "__main__":
    for draw in PICTURES:
        path = HERE / f"{draw.__name__}.png"
        draw().savefig(path, dpi=DPI)
        print(path.name)
