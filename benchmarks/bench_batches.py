"""Many steady states of one form: together, one by one, and by QuTiP in a loop.

Run it as ``python benchmarks/bench_batches.py`` (some minutes). Processor milliseconds of one
thread a point, with all verdicts (together and one by one), building of the systems included; of
QuTiP ``steadystate`` alone, the best of its direct options. Memory is what a fork adds that solves
all points together.
"""

from __future__ import annotations

import time

from bench_floor import MAKE, OPTIONS, measured  # isort: skip  (it sets the number of threads first)

import numpy as np
import qutip

import darkstate as ds
from darkstate.frontdoor import solve_models
from darkstate.states import to_qutip
from darkstate.systems import Jump, OpenSystem

POINTS, ALONE = 500, 20


def scaled(make, size):
    """A system of the manual with a factor on H and on every rate."""

    def point(rng):
        system, factors = MAKE[make](size), rng.uniform(0.5, 1.5, size=30)
        jumps = zip(system.jumps, factors[1:], strict=False)
        rates = tuple(Jump(jump.operator, jump.rate * float(x), jump.name) for jump, x in jumps)
        return OpenSystem(system.spaces, float(factors[0]) * system.hamiltonian, rates)

    return point


def rail(pairs):
    """A dual rail with dephasing, squeezing and dephasing drawn."""

    def point(rng):
        squeezing, dephasing = float(rng.uniform(0.3, 1.5)), float(rng.uniform(0.01, 0.3))
        return ds.models.DualRail(pairs, squeezing, dephasing=dephasing)

    return point


CASES = (
    ("two unstructured qubits", scaled("unstructured", 2), POINTS),
    ("three unstructured qubits", scaled("unstructured", 3), POINTS),
    ("chiral chain of three", scaled("chiral", 3), POINTS),
    ("dual rail of one pair", rail(1), POINTS),
    ("dual rail of two pairs", rail(2), POINTS),
    ("four unstructured qubits", scaled("unstructured", 4), 50),
)


def drawn(point, count):
    rng = np.random.default_rng(0)
    return [point(rng) for _ in range(count)]


def together(point, count):
    """Seconds, the number that were certified, and the first purities."""
    start = time.process_time()
    results = solve_models(drawn(point, count))
    spent = time.process_time() - start
    certified = sum(str(one.report.status) == "certified" for one in results)
    return spent, certified, [ds.purity(one.state) for one in results[:ALONE]]


def alone(point, count):
    start = time.process_time()
    results = [ds.steady_state(model) for model in drawn(point, count)]
    return time.process_time() - start, [ds.purity(one.state) for one in results]


def theirs(point, count, options):
    systems = [getattr(one, "system", lambda one=one: one)() for one in drawn(point, count)]
    given = [to_qutip(system) for system in systems]
    start = time.process_time()
    for H, jumps in given:
        qutip.steadystate(H, jumps, **options)
    return (time.process_time() - start,)


def main():
    together(rail(1), 8)
    print(f"{'':28}{'together':>9}{'alone':>8}{'QuTiP':>8}{'ratios':>14}{'memory':>8}  certified")
    for name, point, count in CASES:
        many, single = measured(600, together, point, count), alone(point, ALONE)
        others = [measured(600, theirs, point, ALONE, options) for options in OPTIONS]
        best = min(each[0] for each in others if isinstance(each, tuple))
        times = many[0] / count, single[0] / ALONE, best / ALONE
        off = np.abs(np.array(many[2][:ALONE]) - single[1]).max()
        ratios = f"{times[1] / times[0]:.1f}, {times[2] / times[0]:.1f}"
        told = "".join(f"{1e3 * seconds:8.2f}" for seconds in times)
        print(
            f"{name:28} {told}{ratios:>14}{many[-1] / 2**20:7.0f}M  {many[1]} of {count}, "
            f"purities differ by {off:.0e}",
            flush=True,
        )


if __name__ == "__main__":
    main()
