"""Sweeps: overhead a point, size of stores, gain by workers and by vectorising.

Run it as ``python benchmarks/bench_sweeps.py`` (about two minutes, two free cores). Expected: less
than 2 ms overhead a point, ``status`` of 1e5 points in less than 2 s, at least 1.8 times faster
with two workers, the same bits.
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import darkstate as ds
from darkstate.sweeps import Sweep, grid, linspace


@dataclass(frozen=True)
class Toy:
    x: float = 0.0
    y: float = 1.0


def total(model, engine):
    return {"sum": model.x + model.y}


def timed(function):
    start = time.perf_counter()
    value = function()
    return time.perf_counter() - start, value


def overhead(folder):
    """A model that costs nothing, in this process: what is left is the sweep itself."""
    for side in (100, 317):
        axes = (linspace("x", 0, 1, side), linspace("y", 0, 1, side))
        swept = Sweep(Toy(), axes, "sum", solve=total)
        seconds, store = timed(lambda s=swept, n=side: ds.sweep(s, folder / f"toy{n}.zarr"))
        status, _ = timed(store.status)
        table, _ = timed(store.table)
        again, _ = timed(lambda s=swept, p=store.path: ds.sweep(s, p))
        points = len(swept)
        size = sum(file.stat().st_size for file in store.path.rglob("*") if file.is_file())
        print(
            f"{points:7d} points: {1e3 * seconds / points:.3f} ms a point, status {status:.2f} s, "
            f"table {table:.2f} s, rerun {again:.2f} s, {size / points:.0f} bytes a point"
        )


def real_sweep(points):
    """Two pairs of qubits with dephasing: a density matrix a point."""
    model = ds.models.DualRail(pairs=2, squeezing=1.0, dephasing=0.05)
    axes = (linspace("dephasing", 0.01, 0.3, points), grid("squeezing", [0.5, 1.0, 1.5]))
    return Sweep(model, axes, ("concurrence(A1:B1)", "concurrence(A2:B2)", "purity"))


def scaling(folder, points=500):
    """One and two workers, and none; workers take their start into the bargain."""
    swept, found = real_sweep(points), {}
    for workers in (None, 1, 2):
        place = folder / f"real{workers}.zarr"
        seconds, store = timed(lambda w=workers, p=place: ds.sweep(swept, p, workers=w))
        found[workers] = seconds, store.table()
        label = "in process" if workers is None else f"{workers} worker(s)"
        gain = found[None][0] / seconds
        print(f"{len(swept):7d} points of two pairs, {label:10}: {seconds:6.1f} s, gain {gain:.2f}")
    same = all(table.identical(found[None][1]) for _, table in found.values())
    print(f"        identical to the last bit: {same}; processors: {os.cpu_count()}, ", end="")
    print(f"load {os.getloadavg()[0]:.1f}; 2 against 1 worker: {found[1][0] / found[2][0]:.2f}")


def vectorised(folder, points=1000):
    """Small Gaussian networks one by one, and in blocks of 256."""
    model = ds.models.CavityChains(3, loss=0.1)
    axes, outputs = (linspace("loss", 0.01, 0.5, points),), ("log_negativity(A3:B3)", "purity")
    single, one = timed(lambda: ds.sweep(Sweep(model, axes, outputs), folder / "one.zarr"))
    blocks, many = timed(
        lambda: ds.sweep(Sweep(model, axes, outputs, vectorise=True), folder / "many.zarr")
    )
    gap = np.abs(one.table()["purity"] - many.table()["purity"]).max()
    print(f"{points:7d} points of chains of 3: {single:.2f} s one by one, {blocks:.2f} s ", end="")
    print(f"vectorised, ratio {single / blocks:.1f}, largest difference {float(gap):.1e}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        overhead(Path(name))
        vectorised(Path(name))
        scaling(Path(name))
