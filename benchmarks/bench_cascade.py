"""Long cascades by compression: how time and error grow with the pairs and with the dimension.

Run it as ``python benchmarks/bench_cascade.py`` (ten minutes; ``--pairs`` and ``--dimensions``
choose less). Pairs of qubits on two rails, r = 1, dephasing 0.001 gamma, a white field. One line a
dimension and pair: concurrence, estimated error, true error against the exact engine as far as that
reaches, processor time of the whole network so far (both sweeps of the estimate share it), and the
peak memory of the process above the imports. The peer is the exact engine: nothing else does this.
Writes ``benchmarks/cascade_growth.png``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
EXACT = 5
"""Pairs that the exact engine solves in about ten seconds."""
SETUP = """
import json, sys, time
import darkstate as ds
def memory():
    lines = open('/proc/self/status').read().split('\\n')
    return [float(x.split()[1]) / 1024 for x in lines if x[:5] == 'VmHWM'][0]
def model(pairs):
    return ds.models.DualRail(pairs, 1.0, dephasing=1e-3)
start, before = time.process_time(), memory()
"""
CASCADE = """
result = ds.steady_state(model({pairs}), ds.engines.Cascade(dimension={dimension}))
stages = result.state.stages
found = [float(ds.concurrence(s, *s.labels)) for s in stages]
errors = [result.report.errors[s.labels] for s in stages]
print(json.dumps([found, errors, time.process_time() - start, memory() - before]))
"""
REFERENCE = """
state = ds.steady_state(model({pairs}), ds.engines.Lindblad()).state
found = [float(ds.concurrence(state, f"A{{i}}", f"B{{i}}")) for i in range(1, {pairs} + 1)]
print(json.dumps([found, [], time.process_time() - start, memory() - before]))
"""


def measure(code: str) -> tuple[list[float], list[float], float, float]:
    """Concurrences, estimates, processor seconds and MiB of one case in a fresh process."""
    command = [sys.executable, "-c", SETUP + code]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise RuntimeError(run.stderr)
    return json.loads(run.stdout.splitlines()[-1])


def draw(rows: dict[int, tuple[list[float], list[float], float]], path: Path) -> None:
    """Estimated error over the pairs, and time over the dimension."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(6.8, 2.9), layout="constrained")
    for dimension, (found, errors, _) in rows.items():
        left.semilogy(range(1, len(found) + 1), errors, marker="o", ms=3, label=str(dimension))
    left.set(xlabel="pair", ylabel="estimated error (trace norm)")
    left.legend(title="dimension", fontsize=7, title_fontsize=7)
    times = [seconds / len(found) for found, _, seconds in rows.values()]
    right.loglog(list(rows), times, marker="o", ms=3)
    right.set(xlabel="dimension", ylabel="processor seconds a pair")
    right.set_xticks(list(rows), [str(dimension) for dimension in rows])
    ticks = [t for t in (0.2, 0.5, 1, 2, 5, 10, 20) if min(times) / 2 < t < 2 * max(times)]
    right.set_yticks(ticks, [f"{t:g}" for t in ticks])
    right.minorticks_off()
    figure.savefig(path, dpi=200)


def main() -> None:
    """All lines, and the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--dimensions", type=int, nargs="+", default=[32, 64, 128, 256])
    parser.add_argument("--picture", type=Path, default=HERE / "cascade_growth.png")
    args = parser.parse_args()
    exact, _, seconds, size = measure(REFERENCE.format(pairs=EXACT))
    print(f"exact engine, {EXACT} pairs: {seconds:.1f} s, {size:.0f} MiB")
    rows = {}
    for dimension in args.dimensions:
        code = CASCADE.format(pairs=args.pairs, dimension=dimension)
        found, errors, seconds, size = measure(code)
        rows[dimension] = (found, errors, seconds)
        print(
            f"dimension {dimension}: {len(found)} of {args.pairs} pairs, {seconds:.1f} s, "
            f"{size:.0f} MiB"
        )
        for i, (value, error) in enumerate(zip(found, errors, strict=True)):
            true = f"true error {abs(value - exact[i]):.1e}" if i < EXACT else ""
            print(f"  pair {i + 1:3}: C = {value:.5f}, estimated error {error:.1e}  {true}")
    draw(rows, args.picture)


if __name__ == "__main__":
    main()
