"""The floor: steady states through the front door against QuTiP's best direct option, row by row.

Run it as ``python benchmarks/bench_floor.py``; ``--rows ising`` takes the rows with that in their
name, ``--limit`` ends a measurement after so many seconds. One process, one thread: every
measurement is a fork of it, warmed up by one small problem of its own kind, and timed in processor
seconds, the best of three means of up to twenty calls. Ours is ``ds.steady_state(system, ...)``
with all verdicts (uniqueness, margin, error, cut-offs compared with smaller ones; the gap of more
than a hundred numbers is no part of it, but found when it is read); theirs is
``qutip.steadystate`` alone, with operators and Liouvillian built outside of the clock for neither.
Memory is what the calls add to the peak of the fork after two qubits were solved in it, without
pages of libraries (on Linux). The status and the distance of the two states stand beside; a row
without a number ran into the limit, or out of memory.
"""

from __future__ import annotations

import argparse
import os
import pickle
import resource
import signal
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402
import qutip  # noqa: E402

import darkstate as ds  # noqa: E402
import literature  # noqa: E402
from darkstate.engines import Lindblad  # noqa: E402
from darkstate.states import to_qutip  # noqa: E402

OPTIONS = (
    {"method": "direct"},
    {"method": "direct", "use_rcm": True},
    {"method": "power"},
    {"method": "direct", "sparse": False},
)
"""Of QuTiP; the fastest one that gives the right state counts. Dense only below `DENSE` states."""
DENSE = 40
MOST_BYTES = 6 * 2**30
FORGIVEN = 0.03
"""Seconds below which half as fast is good enough."""
SMALL = ("unstructured", (2,))
TICKS = 0.2
"""Seconds of calls that are averaged: under a limit the clock of a process advances in ticks."""


MAKE = literature.systems()
CUTOFFS = {
    "jaynes_cummings": {"a": 16},
    "optomechanics": {"a": 6, "b": 16},
    "lambda_atoms": {"a": 7},
    "kerr_cat": {"a": 30},
    "behind_source": {"SA": 4, "SB": 4, "CA": 5, "CB": 5},
}
ROWS = (
    *(
        (f"collective spin {n}, w = {w}", "spins", (n, w))
        for n in (60, 120, 200)
        for w in (0.6, 1.5)
    ),
    *((f"unstructured, {n} qubits", "unstructured", (n,)) for n in (3, 4, 5)),
    ("driven Jaynes-Cummings 16", "jaynes_cummings", ()),
    ("optomechanics 6 x 16", "optomechanics", ()),
    ("two Lambda atoms, cavity 7", "lambda_atoms", ()),
    ("Kerr cat 30", "kerr_cat", ()),
    *((f"ising {n}", "ising", (n,)) for n in (6, 7)),
    ("chiral chain 6", "chiral", (6,)),
    *((f"dual rail {n}, dephasing", "rail", (n,)) for n in (3, 4)),
    ("qubits behind a source", "behind_source", ()),
    ("star of three branches", "star", ()),
)
"""Rows of the table: a name, a system of docs/literature.md, and its arguments."""


def posed(make, arguments):
    """A system of the manual, and the engine where cut-offs are given: a source S has none."""
    system, cutoff = MAKE[make](*arguments), CUTOFFS.get(make, {})
    inside = {label: n for label, n in cutoff.items() if not label.startswith("S")}
    return system, Lindblad(cutoff=inside) if cutoff else None


def ours(make, arguments):
    """Seconds, state and status."""
    system, engine = posed(make, arguments)
    start = time.process_time()
    result = ds.steady_state(system, engine=engine)
    spent = time.process_time() - start
    state = result.state.density() if hasattr(result.state, "density") else result.state
    report = result.report
    return spent, np.asarray(state.matrix), f"{report.status} ({report.engine}, {report.method})"


def theirs(make, arguments, options):
    """Seconds, state and residual."""
    system, cutoff = MAKE[make](*arguments), CUTOFFS.get(make, {})
    H, jumps = to_qutip(system, dimensions=cutoff or None)
    start = time.process_time()
    state = qutip.steadystate(H, jumps, **options)
    spent = time.process_time() - start
    moved = qutip.liouvillian(H, jumps) @ qutip.operator_to_vector(state)
    return spent, state.full(), float(np.abs(moved.full()).max())


def peak():
    """The largest memory so far in bytes, without pages of libraries."""
    most = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if not os.path.exists("/proc/self/status"):
        return most
    with open("/proc/self/status") as status:
        files = [line.split()[1] for line in status if line.startswith("RssFile")]
    return most - 1024 * int(files[0])


def measured(limit, function, *arguments):
    """The best of three means in a fork: result and bytes added; None beyond the limit."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        signal.setitimer(signal.ITIMER_PROF, limit)
        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
        try:
            if function in (ours, theirs):
                function(*SMALL, *arguments[2:])
            base = peak()
            found = function(*arguments)
            if found[0] < 0.1 * limit:
                calls = int(np.clip(TICKS / max(found[0], 1e-3), 1, 20))
                means = [
                    sum(function(*arguments)[0] for _ in range(calls)) / calls for _ in range(3)
                ]
                found = (min(means), *found[1:])
            answer = (*found, peak() - base)
        except Exception as error:
            answer = f"{type(error).__name__}: {error}"
        with os.fdopen(write, "wb") as pipe:
            pickle.dump(answer, pipe)
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return pickle.loads(told) if told else None


def row(name, make, arguments, limit):
    """One line of the table, and the ratio."""
    mine = measured(limit, ours, make, arguments)
    spaces, cutoff = MAKE[make](*arguments).spaces, CUTOFFS.get(make, {})
    states = int(np.prod([space.dimension or cutoff[space.label] for space in spaces]))
    best, other = None, None
    for options in OPTIONS if states <= DENSE else OPTIONS[:-1]:
        told = measured(limit, theirs, make, arguments, options)
        other = other if isinstance(told, tuple) else told
        if isinstance(told, tuple) and told[2] < 1e-6 and (best is None or told[0] < best[1][0]):
            best = options, told
    told = f"{name:28} {states:5} |"
    if not isinstance(mine, tuple):
        told += f" {'-':>8} {'-':>7} | {mine or 'beyond the limit'}"[:70]
    else:
        told += f" {mine[0]:8.3f} {mine[3] / 2**20:6.1f}M |"
    if best is None:
        status = mine[2][:60] if isinstance(mine, tuple) else ""
        return f"{told} {'-':>8} {'-':>7} |       > | {status} | {other or 'beyond the limit'}"
    told += f" {best[1][0]:8.3f} {best[1][3] / 2**20:6.1f}M |"
    if isinstance(mine, tuple):
        ratio = best[1][0] / mine[0]
        same = mine[1].shape == best[1][1].shape
        off = f"{np.abs(mine[1] - best[1][1]).sum():.0e}" if same else "other"
        good = ratio >= (0.5 if min(mine[0], best[1][0]) < FORGIVEN else 1.0)
        told += f" {ratio:7.2f} {'' if good else '<'} | {off} {mine[2][:60]}"
    return f"{told} | {' '.join(f'{k}={v}' for k, v in best[0].items())}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", default="", help="part of a name")
    parser.add_argument("--limit", type=int, default=60, help="processor seconds")
    args = parser.parse_args()
    ds.steady_state(MAKE["rail"](2))  # imports and caches are nobody's time
    qutip.steadystate(qutip.sigmax(), [qutip.sigmam()])
    print(f"{'':28} {'D':>5} | {'ours, s':>8} {'memory':>7} | {'QuTiP':>8} {'memory':>7} |  ratio")
    for name, make, arguments in ROWS:
        if args.rows in name:
            print(row(name, make, arguments, args.limit), flush=True)


if __name__ == "__main__":
    sys.exit(main())
