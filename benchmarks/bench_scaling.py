"""Time and memory of steady states against size, ours and QuTiP's, with fitted exponents.

Run it as ``python benchmarks/bench_scaling.py`` (some minutes); the picture is
``docs/figures/scaling.png``. As in ``bench_floor.py``: processor seconds of one thread, ours with
all verdicts, theirs ``steadystate`` alone with the best direct option, memory as what a fork adds.
Times are fitted as ``D^p`` over the states D, from twice the least one on. A curve ends where a
measurement would not end within the limit.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bench_floor import DENSE, MAKE, OPTIONS, measured, ours, theirs  # isort: skip  (sets the threads)

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import NullFormatter

import darkstate as ds
from darkstate.plots import style

FAMILIES = (
    ("driven collective spin", "spins", [(n, 1.5) for n in (15, 30, 60, 120, 240, 480)]),
    ("unstructured qubits", "unstructured", [(n,) for n in (2, 3, 4, 5, 6)]),
    ("chiral chain", "chiral", [(n,) for n in (2, 3, 4, 5, 6, 7)]),
    ("dual rail with dephasing", "rail", [(n,) for n in (1, 2, 3, 4, 5)]),
)
WORK = 2.0
"""Multiples of the least time of a curve below which calls are counted, not work."""


def states_of(make, arguments):
    return int(np.prod([space.dimension for space in MAKE[make](*arguments).spaces]))


def best_of_theirs(make, arguments, limit):
    """The fastest of QuTiP's options that gives a steady state; None if there is none."""
    found = None
    for options in OPTIONS if states_of(make, arguments) <= DENSE else OPTIONS[:-1]:
        told = measured(limit, theirs, make, arguments, options)
        good = isinstance(told, tuple) and told[2] < 1e-6
        if good and (found is None or told[0] < found[0]):
            found = told
    return found


def curve(make, sizes, limit, one):
    """States, seconds and bytes of all sizes that end within the limit."""
    points = []
    for arguments in sizes:
        told = one(make, arguments, limit)
        if not isinstance(told, tuple):
            break
        points.append((states_of(make, arguments), told[0], told[-1]))
        if told[0] > 0.3 * limit:
            break
    return np.array(points, float).reshape(-1, 3)


def exponent(points):
    """Of the times from twice the least one on; NaN with fewer than two of them."""
    kept = points[points[:, 1] >= WORK * points[:, 1].min(initial=np.inf)]
    return np.polyfit(*np.log(kept[:, :2].T), 1)[0] if len(kept) > 1 else np.nan


def drawn(curves):
    """Both tools, time above and memory below, a column a family."""
    with style.house_style():
        figure = panels(curves)
        figure.savefig(Path(__file__).parents[1] / "docs/figures/scaling.png", dpi=110)


def panels(curves):
    figure, axes = plt.subplots(2, len(curves), figsize=(11, 5.4), sharex="col", sharey="row")
    for column, (name, pair) in zip(axes.T, curves.items(), strict=True):
        for (tool, points), colour in zip(pair.items(), style.COLOURS, strict=False):
            p = exponent(points)
            label = tool if np.isnan(p) else f"{tool}, $D^{{{p:.1f}}}$"
            column[0].loglog(points[:, 0], points[:, 1], "o-", color=colour, label=label)
            mib = np.maximum(points[:, 2] / 2**20, 1.0)
            column[1].loglog(points[:, 0], mib, "o-", color=colour)
        column[0].set_title(name)
        column[0].legend(loc="upper left")
        column[1].set_xlabel("states D")
        column[1].xaxis.set_minor_formatter(NullFormatter())
    axes[0, 0].set_ylabel("seconds")
    axes[1, 0].set_ylabel("memory (MiB)")
    return figure


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--limit", type=float, default=40.0, help="processor seconds of one solution"
    )
    limit = parser.parse_args().limit
    ds.steady_state(MAKE["rail"](2))  # imports and caches are nobody's time
    curves = {}
    for name, make, sizes in FAMILIES:
        mine = curve(make, sizes, limit, lambda m, a, s: measured(s, ours, m, a))
        other = curve(make, sizes, limit, best_of_theirs)
        curves[name] = {"darkstate": mine, "QuTiP": other}
        for tool, points in curves[name].items():
            told = "  ".join(f"{d:.0f}: {s:.3f} s {b / 2**20:.0f} MiB" for d, s, b in points)
            print(f"{name:26} {tool:10} p = {exponent(points):.2f}  {told}", flush=True)
    drawn(curves)


if __name__ == "__main__":
    main()
