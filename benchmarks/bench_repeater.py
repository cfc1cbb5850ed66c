"""Ensemble repeaters: how time and memory grow with the number of atoms.

Run it as ``python benchmarks/bench_repeater.py`` (some minutes). It prints one line a case and
writes ``benchmarks/repeater_growth.png``: the exact window method for pure chains of three nodes
against the singular values of the same window without its structure, and chains with dephasing.
Time is processor time of the solve; peak memory is that of a fresh process, less that of the
imports (below 1 MB it is drawn at 1 MB).
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PURE = (10**2, 10**3, 10**4, 10**5, 10**6, 3 * 10**6)
PLAIN = (10**2, 10**3, 10**4, 3 * 10**4, 10**5)
DEPHASED = (30, 60, 100, 200, 300)
LATTICE = (10**4, 10**6, 10**8, 10**10, 10**12)
TIME = 1.0

SETUP = """
import sys, time
import numpy as np
import darkstate as ds
from darkstate.repeaters import Dephased, Exact, Lattice, amplitude_matrix, dicke_window
def memory():
    lines = open('/proc/self/status').read().split('\\n')
    return [float(x.split()[1]) / 1024 for x in lines if x[:5] == 'VmHWM'][0]
def model(atoms, dephasing=0.0):
    return ds.models.EnsembleRepeater(3, atoms, TIME, dephasing=dephasing)
def plain(atoms):
    k = dicke_window(atoms, Exact().half_width(model(atoms).system()))
    s = np.linalg.svd(amplitude_matrix(atoms, TIME, k, (atoms,)), compute_uv=False)
    p = s[s > 0] ** 2 / np.sum(s ** 2)
    return -np.sum(p * np.log2(p))
ds.solve(model(20), Exact()); ds.solve(model(20, 0.1)); plain(20)
start, before = time.process_time(), memory()
"""
FINISH = """
print(float(value), time.process_time() - start, memory() - before)
"""
CASES = {
    "exact window": (PURE, "ds.solve(model({n}), Exact()).table['entropy'][0]"),
    "plain SVD": (PLAIN, "plain({n})"),
    "lattice": (LATTICE, "ds.solve(model({n}), Lattice()).table['entropy'][0]"),
    "dephased": (DEPHASED, "ds.solve(model({n}, 0.01)).table['log_negativity'][0]"),
}


def measure(code: str) -> tuple[float, float, float]:
    """Value, processor seconds and MB of one case in a fresh process."""
    text = f"TIME = {TIME}\n{SETUP}value = {code}\n{FINISH}"
    command = [sys.executable, "-c", text]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise RuntimeError(run.stderr)
    value, seconds, size = map(float, run.stdout.split())
    return value, seconds, size


def main() -> None:
    """All cases; prints them, and draws time and memory over N."""
    rows: dict[str, list[tuple[int, float, float]]] = {}
    print(f"{'method':14} {'atoms':>14} {'ebits':>10} {'seconds':>9} {'MB':>9}")
    for name, (sizes, code) in CASES.items():
        for atoms in sizes:
            value, seconds, size = measure(code.format(n=atoms))
            rows.setdefault(name, []).append((atoms, seconds, size))
            print(f"{name:14} {atoms:14d} {value:10.6f} {seconds:9.3f} {size:9.1f}", flush=True)
    draw(rows, HERE / "repeater_growth.png")


def draw(rows: dict[str, list[tuple[int, float, float]]], path: Path) -> None:
    """Time and memory over the number of atoms, doubly logarithmic."""
    import matplotlib.pyplot as plt

    from darkstate.plots.style import line_style

    figure, axes = plt.subplots(1, 2, figsize=(6.8, 2.9), layout="constrained")
    for k, (name, points) in enumerate(rows.items()):
        atoms, seconds, sizes = zip(*points, strict=True)
        style = line_style(k) | {"marker": "osD^"[k], "markersize": 4, "label": name}
        axes[0].loglog(atoms, [max(s, 1e-3) for s in seconds], **style)
        axes[1].loglog(atoms, [max(m, 1.0) for m in sizes], **style)
    for axis, label in zip(axes, ("processor time (s)", "peak memory (MB)"), strict=True):
        axis.set_xlabel("atoms per ensemble $N$")
        axis.set_ylabel(label)
        axis.grid(alpha=0.25)
    axes[0].legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=200)
    print(f"written: {path}")


if __name__ == "__main__":
    main()
