"""Predicted times against measured ones: the systems of the floor, and others over four decades.

Run it as ``python benchmarks/bench_prices.py``. One process, one thread: each row asks
``ds.explain`` for the price, then solves in a fork and counts processor seconds (the best of up to
three runs). Times below `LEAST` count as `LEAST`: prices say "under 10 ms" there. A ratio beyond
three either way is marked.
"""

from __future__ import annotations

import argparse
import time

from bench_floor import ROWS, measured, posed  # isort: skip  (it sets the number of threads first)

import darkstate as ds
from darkstate.models import (
    AtomicEnsembles,
    CavityAtomChains,
    CavityChains,
    DualRail,
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
)


def solved(make, arguments, times):
    """Seconds and what solved it."""
    model, engine = make(*arguments)
    start = time.process_time()
    if times is None:
        report = ds.steady_state(model, engine=engine).report
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
    print(f"{'system':30} {'predicted':>9} {'measured':>9} {'ratio':>7}")
    good = []
    rows = [(name, posed, (make, arguments), None) for name, make, arguments in ROWS]
    rows += [(name, lambda make=make: (make(), None), (), times) for name, make, times in OWN]
    for name, make, arguments, times in rows:
        if asked_for.rows in name:
            line, fine = row(name, make, arguments, times, asked_for.limit)
            good.append(fine)
            print(line, flush=True)
    print(f"{sum(good)} of {len(good)} within a factor of {GOOD:g}")


if __name__ == "__main__":
    main()
