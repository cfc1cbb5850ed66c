"""Predicted times against measured ones: the systems of the floor, and others over four decades.

Run it as ``python benchmarks/bench_prices.py``. One process, one thread: the machine is calibrated
(in a folder of its own: what you have calibrated stays), then each row asks
``ds.explain`` for the price, then solves in a fork and counts processor seconds (the best of up to
three runs). Times below `LEAST` count as `LEAST`: prices say "under 10 ms" there. A ratio beyond
three either way is marked.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time

from bench_floor import ROWS, measured, posed  # isort: skip  (it sets the number of threads first)

import numpy as np

import darkstate as ds
from darkstate.engines import Trajectories, slowness
from darkstate.models import (
    AtomicEnsembles,
    CavityAtomChains,
    CavityChains,
    DualRail,
    EnsembleRepeater,
    ParametricPair,
    SpinChains,
)
from darkstate.systems import Jump, Mode, OpenSystem, create, destroy, number

LEAST, GOOD = 0.02, 3.0


def kerr(drive: float) -> OpenSystem:
    """A driven Kerr mode whose cut-off grows by itself."""
    a = Mode("a")
    squared = create(a) * create(a) * destroy(a) * destroy(a)
    H = drive * (destroy(a) + create(a)) + 0.2 * squared - 0.5 * number(a)
    return OpenSystem((a,), H, (Jump(destroy(a), 1.0),))


def many_atoms() -> AtomicEnsembles:
    """Two ensembles that only moment equations can do."""
    return AtomicEnsembles(atoms=100_000, squeezing=0.5, cooling=0.1)


FEW, MANY = tuple(np.linspace(0.0, 10.0, 6)), tuple(np.linspace(0.0, 50.0, 200))
OWN = (
    ("kerr, cut-off grows to few", lambda: kerr(0.5), None),
    ("kerr, cut-off grows to many", lambda: kerr(4.0), None),
    ("dual rail 2, dark", lambda: DualRail(pairs=2, squeezing=1.0), None),
    ("dual rail 4, detuned, dark", lambda: DualRail(pairs=4, squeezing=0.8), None),
    (
        "dual rail 6, unlike, cascade",
        lambda: DualRail(
            6,
            0.7,
            dephasing=0.01,
            detunings_a=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
            detunings_b=[0.1, 0.3, 0.2, 0.4, 0.5, 0.6],
        ),
        None,
    ),
    ("dual rail 10, cascade", lambda: DualRail(pairs=10, squeezing=0.5, loss=0.02), None),
    (
        "dual rail 2, evolution",
        lambda: DualRail(pairs=2, squeezing=0.5, dephasing=0.1),
        (0.0, 20.0),
    ),
    (
        "dual rail 4, evolution",
        lambda: DualRail(pairs=4, squeezing=0.5, dephasing=0.1),
        (0.0, 20.0),
    ),
    ("dual rail 5, dephasing", lambda: DualRail(5, 1.0, dephasing=0.1), None),
    ("dual rail 5, long evolution", lambda: DualRail(5, 1.0), (0.0, 40.0)),
    ("spin chains 5, evolution", lambda: SpinChains(5, dephasing=0.1), (0.0, 40.0)),
    ("cavity chains 30", lambda: CavityChains(sites=30), None),
    ("cavity chains 300", lambda: CavityChains(sites=300), None),
    ("spin chains 3", lambda: SpinChains(sites=3), None),
    (
        "atomic ensembles, 30 each",
        lambda: AtomicEnsembles(atoms=30, squeezing=0.5, cooling=0.1),
        None,
    ),
    ("cavity and atom chains 1", lambda: CavityAtomChains(sites=1), None),
    ("parametric pair", ParametricPair, None),
    ("cavity chains 100, loss", lambda: CavityChains(100, loss=0.01), None),
    ("cavity chains 1000, loss", lambda: CavityChains(1000, loss=0.01), None),
    ("cavity chains 3000, loss", lambda: CavityChains(3000, loss=0.01), None),
    ("cavity chains 30000, loss", lambda: CavityChains(30000, loss=0.01), None),
    ("cavity chains 10, evolution", lambda: CavityChains(10), (0.0, 1.0, 50.0)),
    ("cavity chains 50, 200 times", lambda: CavityChains(50), MANY),
    ("dual rail 1, source, evolution", lambda: DualRail(1, 0.5, bandwidth=10.0), FEW),
    ("atomic ensembles, 100 000", many_atoms, None),
    ("repeater, 5 of 1000", lambda: EnsembleRepeater(5, 1000, time=2.0), None),
    ("repeater, 40 times", lambda: EnsembleRepeater(3, 1000, np.linspace(0.0, 3.0, 40)), None),
    ("repeater, 1e9 atoms", lambda: EnsembleRepeater(3, 10**9, time=2.0), None),
    ("repeater, dephased", lambda: EnsembleRepeater(3, 300, time=1.5, dephasing=0.01), None),
    (
        "repeater of five, dephased",
        lambda: EnsembleRepeater(5, 100, time=1.5, dephasing=0.01),
        None,
    ),
)
SAMPLED = (
    ("trajectories, 4 qubits", lambda: DualRail(2, 0.5, dephasing=0.1), 200),
    ("trajectories, 4 qubits, many", lambda: DualRail(2, 0.5, dephasing=0.1), 2000),
    ("trajectories, 8 qubits", lambda: DualRail(4, 0.5, dephasing=0.1), 200),
)
"""Averages over so many trajectories."""


def solved(make, arguments, times):
    """Seconds and what solved it."""
    model, engine = make(*arguments)
    start = time.process_time()
    if times is None:
        report = ds.solve(model, engine=engine).report
    else:
        report = ds.evolve(model, times, engine=engine).report
    return time.process_time() - start, f"{report.engine}, {report.method}"


def row(name, make, arguments, times, limit):
    """One line, and whether it is good."""
    model, engine = make(*arguments)
    offer = ds.explain(model, engine=engine, times=times).chosen
    price = offer.cost.here if offer is not None and offer.cost else None
    found = measured(limit, solved, make, arguments, times)
    if price is None or not isinstance(found, tuple):
        return f"{name:30} {price!s:>9} {found!s:.60}", price is None and found is None
    ratio = max(price, LEAST) / max(found[0], LEAST)
    good = 1 / GOOD <= ratio <= GOOD
    return (
        f"{name:30} {price:9.3f} {found[0]:9.3f} {ratio:7.2f} {'' if good else '<':1} {found[1]}",
        good,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", default="", help="only rows with this in their name")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds for one measurement")
    asked_for = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        compare(slowness.calibrate()["all"], asked_for.rows, asked_for.limit)


def compare(factor, wanted, limit):
    """The table."""
    print(f"This machine takes {factor:.2f} of the time that prices are stated for.")
    print(f"{'system':30} {'predicted':>9} {'measured':>9} {'ratio':>7}")
    good = []
    rows = [(name, posed, (make, arguments), None) for name, make, arguments in ROWS]
    rows += [(name, lambda make=make: (make(), None), (), times) for name, make, times in OWN]
    rows += [
        (name, lambda make=make, k=k: (make(), Trajectories(trajectories=k, seed=1)), (), FEW)
        for name, make, k in SAMPLED
    ]
    for name, make, arguments, times in rows:
        if wanted in name:
            line, fine = row(name, make, arguments, times, limit)
            good.append(fine)
            print(line, flush=True)
    print(f"{sum(good)} of {len(good)} within a factor of {GOOD:g}")


if __name__ == "__main__":
    main()
