"""Growth: how the time of what is done to every network and file grows with its size.

Run it as ``python benchmarks/bench_growth.py`` (half a minute). Each line has the times of the best
of three runs and the exponent fitted to them, ``time ~ size^p``. Expected: p from 1.0 to 1.3
(caches), and a start of the command line in less than half a second. The tests count steps of the
interpreter instead (``tests/counted.py``), which no load of the machine changes.
"""

from __future__ import annotations

import subprocess
import sys
import time
from itertools import pairwise

import numpy as np

import darkstate as ds
from darkstate.scenarios import parse_scenario
from darkstate.systems import (
    Jump,
    Mode,
    OpenSystem,
    OperatorSum,
    Qubit,
    all_traits,
    create,
    destroy,
    permutation_symmetry,
    sigma_minus,
    sigma_z,
    total,
)

RUNS = 3


def chains(count):
    return ds.models.CavityChains(count, loss=0.1).system()


def sums(count):
    modes = [Mode(f"A{k}") for k in range(count)]
    return total(create(x) * destroy(y) for x, y in pairwise(modes))


def collective(count):
    qubits = tuple(Qubit(f"q{k}") for k in range(count))
    jumps = [Jump(total(map(sigma_minus, qubits))), *(Jump(sigma_z(q), 0.1) for q in qubits)]
    return permutation_symmetry(OpenSystem(qubits, OperatorSum(), tuple(jumps)))


def scenario(count):
    loss = ", ".join(["0.1"] * count)
    text = f"model: {{kind: CavityChains, sites: {count}, loss: [{loss}]}}"
    return parse_scenario(text, "yaml")


def best(work):
    """Shortest of some runs, in seconds."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


CASES = (
    ("chains are built", chains, (1000, 3000, 10_000)),
    ("long sums", sums, (2000, 6000, 20_000)),
    ("all traits of chains", lambda n: all_traits(chains(n)), (500, 1500, 5000)),
    ("permutations of spins", collective, (100, 300, 1000)),
    ("scenarios with lists", scenario, (2000, 6000, 20_000)),
)


def main():
    print(f"{'case':24}{'sizes':>22}{'seconds':>26}{'exponent':>10}")
    for name, work, sizes in CASES:
        seconds = [best(lambda w=work, n=n: w(n)) for n in sizes]
        exponent = np.polyfit(np.log(sizes), np.log(seconds), 1)[0]
        shown = "  ".join(f"{s:.3f}" for s in seconds)
        print(f"{name:24}{'  '.join(map(str, sizes)):>22}{shown:>26}{exponent:>10.2f}", flush=True)
    command = [sys.executable, "-c", "from darkstate.cli import main; main()", "--help"]
    start = best(lambda: subprocess.run(command, check=True, capture_output=True))
    print(f"{'start of the command line':24}{start:>46.3f}")


if __name__ == "__main__":
    main()
