"""Sources of finite bandwidth: the moment hierarchy against Fock states of the source.

Run it as ``python benchmarks/bench_hierarchy.py`` (``--fast`` ends at three pairs). Every
job is a fresh process with one BLAS thread. Peers: QuTiP with the source in Fock space, its best
solvers, at the smallest cutoff that reaches the accuracy asked; and our own Fock space. The error
of a state is the largest difference of its entries from a hierarchy that is converged to 1e-9.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys

MODEL = "ds.models.DualRail({pairs}, 1.0, bandwidth=10.0{more})"
HEAD = """
import json, time
import numpy as np
import darkstate as ds
def status(key):
    lines = open('/proc/self/status').read().splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith(key))
model = {model}
def told(seconds, base, matrix, **more):
    peak = status('VmHWM')
    error = None
    if {judge}:
        tight = ds.engines.Lindblad(method='hierarchy', edge=1e-9, rtol=1e-11)
        error = float(abs(matrix - ds.steady_state(model, tight).state.matrix).max())
    print(json.dumps(dict(seconds=seconds, above=peak - base, error=error, **more)))
ds.steady_state(ds.models.DualRail(1, 0.5, bandwidth=5.0))  # lazy imports
"""
OURS = """
base, start = status('VmRSS'), time.perf_counter()
result = ds.steady_state(model, ds.engines.Lindblad({options}))
seconds = time.perf_counter() - start
names = [name for name in result.state.labels if name[0] in 'AB']
told(seconds, base, np.asarray(result.state.reduced(names).matrix), method=result.report.method)
"""
QUTIP = """
import qutip
from darkstate.states.matrices import operator_matrix
system, cutoff = model.system(), {cutoff}
dims = [cutoff if name[0] == 'S' else 2 for name in system.labels]
def operator(x):
    return qutip.Qobj(operator_matrix(x, system.spaces, dims).tocsr(), dims=[dims, dims])
H = operator(system.hamiltonian)
jumps = [np.sqrt(jump.rate) * operator(jump.operator) for jump in system.jumps]
base, start = status('VmRSS'), time.perf_counter()
rho = qutip.steadystate(H, jumps, {options})
seconds = time.perf_counter() - start
kept = [k for k, name in enumerate(system.labels) if name[0] != 'S']
told(seconds, base, rho.ptrace(kept).full())
"""
SOLVERS = (
    "method='direct', solver='spsolve', permc_spec='COLAMD'",
    "method='direct', solver='gmres', use_precond=True, rtol=1e-9, fill_factor=20, restart=100",
    "method='power', solver='spsolve', permc_spec='COLAMD'",
)


def run(code, pairs, limit, judge=True, more=""):
    """What a job printed, or why it did not."""
    head = HEAD.format(model=MODEL.format(pairs=pairs, more=more), judge=judge)
    try:
        done = subprocess.run(
            [sys.executable, "-c", head + code],
            capture_output=True, text=True, check=False, timeout=limit,
            env=os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"outcome": f"stopped at the limit of {limit:g} s"}
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"killed, code {done.returncode}"])[-1]
        return {"outcome": last[:90]}
    return json.loads(done.stdout.strip().splitlines()[-1])


def line(name, told, ours=None):
    """One row; the ratio is to our time."""
    if "outcome" in told:
        print(f"  {name:88} {told['outcome']}", flush=True)
        return
    error = f"{told['error']:9.1e}" if told["error"] is not None else " " * 9
    ratio = "" if ours is None else f"   x{told['seconds'] / ours['seconds']:.0f}"
    name = f"{name} {told.get('method', '')}"
    print(
        f"  {name:88} {told['seconds']:9.3f} s {told['above']:7.0f} MiB {error}{ratio}", flush=True
    )


def main():
    """All tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fast", action="store_true", help="up to three pairs")
    parser.add_argument("--limit", type=float, default=600.0, help="seconds for a job")
    args = parser.parse_args()
    cutoffs = {1: 10, 2: 10}
    for pairs in (1, 2):
        print(f"\n{pairs} pair(s), beta = 10, r = 1, errors below 1e-6")
        mine = run(OURS.format(options="method='hierarchy', edge=1e-6"), pairs, args.limit)
        line("darkstate,", mine)
        options = f"method='krylov', cutoff={cutoffs[pairs]}"
        line(
            f"darkstate Lindblad({options}),",
            run(OURS.format(options=options), pairs, args.limit),
            mine,
        )
        for options in SOLVERS:
            code = QUTIP.format(options=options, cutoff=cutoffs[pairs])
            line(
                f"qutip steadystate({options}), cutoff {cutoffs[pairs]}",
                run(code, pairs, args.limit),
                mine,
            )
    print("\nlarger networks, hierarchy alone")
    cases = [(3, 1e-5, ""), (3, 1e-5, ", dephasing=0.01, detunings_a=[0, 0.5, 1.0]")]
    if not args.fast:
        cases += [(4, 1e-3, ""), (4, 1e-4, ""), (5, 1e-2, "")]
    for pairs, edge, more in cases:
        code = OURS.format(options=f"method='hierarchy', edge={edge}, memory_limit=18e9")
        line(f"{pairs} pairs{more}, edge {edge:g}:", run(code, pairs, 3000, pairs == 3, more))


if __name__ == "__main__":
    main()
