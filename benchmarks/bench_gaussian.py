"""Gaussian steady states: against SciPy's Lyapunov solver, and how time grows with size.

Run it as ``python benchmarks/bench_gaussian.py`` (about two minutes). It prints three tables and
writes ``benchmarks/growth.png``. Peak memory is the process's, from a fresh process per case.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
DISORDERED = """
import numpy as np
import darkstate as ds
rng = np.random.default_rng(0)
def model(n):
    return ds.models.CavityChains(
        n, hopping=rng.uniform(.7, 1.3, n - 1), hopping_b=rng.uniform(.7, 1.3, n - 1),
        loss=rng.uniform(.01, .05, n), loss_b=rng.uniform(.01, .05, n),
        detuning=.1 * rng.normal(size=n), detuning_b=.1 * rng.normal(size=n))
"""


def median_seconds(function, runs=3):
    """Median wall time of a few runs after one warm-up, and the last value."""
    value, times = function(), []
    for _ in range(runs):
        start = time.perf_counter()
        value = function()
        times.append(time.perf_counter() - start)
    return float(np.median(times)), value


def against_scipy(sites=500):
    """Two disordered chains of `sites`: ours against the quadrature Lyapunov equation."""
    import scipy.linalg

    import darkstate as ds
    from darkstate.engines.gaussian.quadratures import quadrature_matrices
    from darkstate.engines.gaussian.structure import Structure
    from darkstate.systems import quadratic_form

    names: dict = {}
    exec(DISORDERED, names)
    system = names["model"](sites).system()
    A, D = quadrature_matrices(Structure.of(quadratic_form(system)))
    ours, result = median_seconds(lambda: ds.steady_state(system))
    schur, _ = median_seconds(
        lambda: ds.steady_state(system, ds.engines.Gaussian(method="dense")), 1
    )
    start = time.perf_counter()
    sigma = scipy.linalg.solve_continuous_lyapunov(A, -D)
    peer = time.perf_counter() - start
    gap = np.abs(result.state.covariance - sigma).max()
    print(f"{2 * sites} modes, two disordered chains (system given, state and report returned)")
    print(f"  darkstate, {result.report.method:24} {ours:8.3f} s")
    print(f"  darkstate, Schur forms              {schur:8.3f} s")
    print(f"  scipy.linalg.solve_continuous_lyapunov {peer:6.3f} s   ratio {peer / ours:.1f}")
    print(f"  largest difference of covariances {gap:.1e}\n")


def peak(code):
    """Peak memory in MB and printed output of `code` in a fresh process."""
    # VmHWM, not ru_maxrss: the latter starts from the parent's memory at the fork
    tail = (
        "\nlines = open('/proc/self/status').read().split('\\n')"
        "\nprint([float(x.split()[1]) / 1024 for x in lines if x[:5] == 'VmHWM'][0], end='')"
    )
    command = [sys.executable, "-c", code + tail]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    *lines, memory = run.stdout.split("\n")
    if run.returncode:
        raise RuntimeError(run.stderr)
    return float(memory), lines


def memory(sites=500):
    """Memory of the solve above the bare imports, in units of the moments (N and M, 2N x 2N)."""
    base, _ = peak(DISORDERED + "ds.steady_state(model(5))")
    used, _ = peak(DISORDERED + f"ds.steady_state(model({sites}))")
    moments = 2 * 16 * (2 * sites) ** 2 / 2**20
    print(f"memory at {2 * sites} modes: {used - base:.0f} MiB above the imports, moments")
    print(f"  {moments:.0f} MiB, ratio {(used - base) / moments:.2f}\n")


def error_estimate(sites=1000):
    """The estimate of the quadrature method held against Schur forms."""
    import darkstate as ds

    model = ds.models.CavityChains(sites, loss=0.01)
    kept = ds.steady_state(model, ds.engines.Gaussian(method="quadrature"))
    full = ds.steady_state(model, ds.engines.Gaussian(method="dense"))
    pairs = kept.state.pairs
    gap = np.abs(kept.state.moments.n_i - full.state.pair_moments(pairs).n_i).max()
    E = [ds.log_negativity.many(result.state, pairs) for result in (kept, full)]
    print(f"two chains of {sites}: quadrature against Schur forms, kappa = 0.01 eta")
    print(f"  moments differ by {gap:.1e}, estimated {kept.report.error_estimate:.1e}; ", end="")
    print(f"log-negativities by {np.abs(E[0] - E[1]).max():.1e} ebit\n")


GROWTH = """
import time, darkstate as ds
start = time.perf_counter()
result = ds.steady_state(ds.models.CavityChains({n}, loss=0.01))
E = ds.pair_curve(result.state, ds.log_negativity).values
print(time.perf_counter() - start)
print(result.report.error_estimate)
print(result.report.method)
"""


def growth(sizes=(10**2, 300, 10**3, 3000, 10**4, 30000, 10**5)):
    """All pair log-negativities of two chains at kappa = 0.01 eta, model construction included."""
    rows = []
    print("all pairs of two chains, kappa = 0.01 eta, from the model's parameters to the ebits")
    print("     sites    seconds  peak MiB  error estimate  method")
    for n in sizes:
        used, (seconds, error, method) = peak(GROWTH.format(n=n))
        rows.append((n, float(seconds), used))
        print(f"{n:10d} {float(seconds):10.2f} {used:9.0f}  {float(error):14.1e}  {method}")
    draw(rows)


def draw(rows):
    """Growth figure: time and memory over the number of sites."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    n, seconds, used = np.array(rows).T
    figure = Figure(figsize=(3.4, 2.6), layout="constrained", dpi=200)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.loglog(n, seconds, "o-", label="time (s)")
    axes.loglog(n, used / 1024, "s--", label="peak memory (GiB)")
    axes.set(xlabel="sites per chain", title=r"two chains, $\kappa=0.01\,\eta$, all pairs")
    axes.set_ylim(top=30 * max(seconds))  # room for the legend
    axes.legend(loc="upper left")
    figure.savefig(HERE / "growth.png")


if __name__ == "__main__":
    against_scipy()
    memory()
    error_estimate()
    growth()
