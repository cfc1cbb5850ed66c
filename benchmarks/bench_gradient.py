"""What gradients cost, in units of the solution, and how well they obey the scale law.

Run it as ``python benchmarks/bench_gradient.py`` (some minutes). CPU times. Expected: ten
derivatives of a noisy dual rail of four pairs in at most three solutions, all losses of two chains
of 100,000 sites in at most five. The scale law: a common factor of all rates changes no state, so
that ``sum rate df/drate = 0``; told relative to the largest term.
"""

from __future__ import annotations

import time

import numpy as np

import darkstate as ds

RATES = ("detunings_a", "detunings_b", "dephasing", "coupling")


def seconds(work):
    """CPU seconds and the result."""
    start = time.process_time()
    found = work()
    return time.process_time() - start, found


def row(name, model, merit, fields, rates=()):
    """One line: size, time of the solution and of the gradient, the worst error told, scale law."""
    alone, _ = seconds(lambda: ds.steady_state(model))
    whole, found = seconds(lambda: ds.gradient(model, merit, fields))
    count = sum(found[field].size for field in fields)
    worst = max(float(found[f"{field} error"].max()) for field in fields)
    law = ""
    if rates:
        terms = [found[rate].values * np.array(getattr(model, rate)) for rate in rates]
        largest = max(float(np.abs(term).max()) for term in terms)
        law = f"scale law {abs(sum(float(np.sum(term)) for term in terms)) / largest:.0e}"
    print(
        f"{name:34} {count:7d} derivatives  solution {alone:6.2f} s  gradient {whole:6.2f} s"
        f"  ratio {whole / alone:5.2f}  error {worst:.0e}  {law}"
    )


def main():
    pair = ds.merit(ds.log_negativity, "A1", "B1")
    detuned = {"detunings_a": (0.3, -0.2, 0.1, 0.5), "detunings_b": (-0.3, 0.2, -0.1, -0.4)}
    for name, values in (("dual rail, N = 4, dephasing", {}), ("the same, detuned", detuned)):
        rails = ds.models.DualRail(4, 0.8, dephasing=0.02, **values)
        row(name, rails, pair, ("squeezing", *RATES), RATES)
    for sites in (20, 200):
        loss = tuple(np.linspace(0.05, 0.2, sites))
        chains = ds.models.CavityChains(sites, loss=loss)
        row(f"two chains of {sites}", chains, ds.merit(ds.log_negativity, "A9", "B9"), ("loss",))
    rng, sites = np.random.default_rng(0), 100_000
    losses = {name: rng.uniform(0.05, 0.1, sites) for name in ("loss", "loss_b")}
    chains = ds.models.CavityChains(sites, **losses)
    merit = ds.merit(ds.log_negativity, "A9", "B9")
    row(f"two chains of {sites}", chains, merit, tuple(losses))


if __name__ == "__main__":
    main()
