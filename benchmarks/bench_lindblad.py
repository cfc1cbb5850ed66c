"""Exact density matrices: darkstate against QuTiP and dynamiqs.

Run it as ``python benchmarks/bench_lindblad.py`` (an hour or more: the peers are given their time;
``--fast`` takes a few minutes). One table a question:

* steady states of 6 and of 8 qubits; evolution to 40/gamma of 8 and of 10 qubits; the cost of 12.

Predicted times stand against measured ones in ``bench_prices.py``, predicted memory in
``bench_memory.py``.

All programs get the same matrices, from a file. Every job is a fresh process, so that its peak
memory (above the imports) is its own, with one BLAS thread (``--threads``: on matrices of this size
more of them only wait; XLA takes what it finds). A job that passes the limit is stopped, and the
limit is a lower bound of its time. Building a program's own generator counts as its time, importing
and compiling do not.
dynamiqs may live in another environment: ``--dynamiqs-python /path/to/python``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from darkstate.engines import contract

XX = "ds.models.SpinChains({}, dephasing=0.1, drive=ds.SqueezedDrive(1.0, 1.0))"
RAIL = "ds.models.DualRail({}, 1.0, dephasing=0.1)"
BROADBAND = "ds.models.DualRail({}, 1.0)"
THREADS = ["1"]
AGREE = 1e-6
"""Largest difference of entries at which two programs count as equally accurate."""
QUTIP_STEADY = (
    "method='direct', solver='spsolve', permc_spec='COLAMD'",
    "method='direct', solver='spsolve', permc_spec='MMD_AT_PLUS_A'",
    "method='direct', solver='spsolve', permc_spec='NATURAL', use_rcm=True",
    "method='direct', solver='gmres', use_precond=True, rtol=1e-9, fill_factor=20, restart=100",
    "method='direct', solver='bicgstab', use_precond=True, rtol=1e-9, fill_factor=20",
    "method='power', solver='spsolve', permc_spec='COLAMD'",
    "method='eigen'",
)
QUTIP_LARGE = tuple(QUTIP_STEADY[k] for k in (0, 2, 3, 4))
"""At 8 qubits only what led at 6: the other orderings and solvers factorise the same matrix."""
QUTIP_EVOLVE = (
    "'method': 'adams'",
    "'method': 'bdf'",
    "'method': 'vern9'",
    "'method': 'dop853'",
    "'method': 'tsit5', 'matrix_form': True",
    "'method': 'adams', 'matrix_form': True",
)
DYNAMIQS_EVOLVE = ("Tsit5", "Dopri8")

HEAD = """
import json, time
import numpy as np
import scipy.sparse as sp
def status(key):
    # VmHWM, not ru_maxrss: the latter starts from the parent's memory at the fork
    lines = open('/proc/self/status').read().splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith(key))
def told(start, base, states=(), **more):
    seconds = time.perf_counter() - start
    peak = status('VmHWM')
    error = None
    if len(states) and REFERENCE:
        exact = np.load(REFERENCE)
        error = max(float(abs(np.asarray(x) - y).max()) for x, y in zip(states, exact))
    print(json.dumps(dict(seconds=seconds, peak=peak, above=peak - base, error=error, **more)))
def loaded():
    stored = np.load(PROBLEM)
    count, d = int(stored['count']), int(stored['d'])
    part = lambda k: [stored[f'{name}{k}'] for name in ('v', 'i', 'p')]
    return [sp.csr_array(tuple(part(k)), shape=(d, d)) for k in range(count)]
"""
OURS = """
import darkstate as ds
from darkstate.engines import contract
system = ({model}).system()
engine = ds.engines.Lindblad({options})
ds.steady_state(ds.models.DualRail(1, 0.5, dephasing=0.1))  # lazy imports
base, start = status('VmRSS'), time.perf_counter()
{body}
"""
OURS_STEADY = """
result = ds.steady_state(system, engine)
told(start, base, [result.state.matrix if hasattr(result.state, 'matrix')
                   else result.state.density().matrix], method=result.report.method)
"""
OURS_EVOLVE = """
solution = contract.run(engine, system, {times})
seconds = time.perf_counter() - start
told(time.perf_counter() - seconds, base, [state.matrix for state in solution.states][1:])
"""
QUTIP = """
import qutip
operators = loaded()
sides = [[2] * int(np.log2(operators[0].shape[0]))] * 2
H, *jumps = [qutip.Qobj(sp.csr_matrix(x), dims=sides) for x in operators]
base, start = status('VmRSS'), time.perf_counter()
{body}
"""
QUTIP_STEADY_BODY = """
rho = qutip.steadystate(H, jumps, {options}).full()
told(start, base, [rho])
"""
QUTIP_EVOLVE_BODY = """
ground = qutip.fock_dm(sides[0], [0] * len(sides[0]))
options = dict(rtol=1e-7, atol=1e-10, nsteps=10**7)
options.update({{{options}}})
found = qutip.mesolve(H, ground, {times}, c_ops=jumps, options=options)
told(start, base, [state.full() for state in found.states[1:]])
"""
DYNAMIQS = """
import dynamiqs as dq, jax
dq.set_precision('double')
operators = loaded()
sides = (2,) * int(np.log2(operators[0].shape[0]))
H, *jumps = [dq.asqarray(x.toarray(), dims=sides, layout=dq.dia) for x in operators]
ground = dq.fock_dm(sides, (0,) * len(sides))
method = dq.method.{options}(rtol=1e-7, atol=1e-10, max_steps=10**7)
def solve(times):
    found = dq.mesolve(H, jumps, ground, np.array(times), method=method, progress_meter=False)
    return jax.block_until_ready(found.states.to_jax())
solve([1e-4 * t for t in {times}])  # compiles for these shapes
base, start = status('VmRSS'), time.perf_counter()
states = solve({times})
told(start, base, list(states)[1:])
"""


def run(code, python, limit, problem="", reference=""):
    """What a job printed, in a fresh process; its time is a bound where it was stopped."""
    names = f"PROBLEM, REFERENCE = {problem!r}, {reference!r}\n"
    try:
        done = subprocess.run(
            [python, "-c", names + HEAD + code],
            capture_output=True, text=True, check=False, timeout=limit,
            env=os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), THREADS[0]),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"outcome": f"stopped at the limit of {limit:g} s"}
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"killed, code {done.returncode}"])[-1]
        return {"outcome": last[:90]}
    return json.loads(done.stdout.strip().splitlines()[-1])


def line(name, told, ours=None, scale=1.0):
    """One row; the ratio is to our time, and a bound where the job was stopped."""
    if "outcome" in told:
        print(f"  {name:82} {told['outcome']}", flush=True)
        return
    error = "" if told["error"] is None else f"{told['error']:9.1e}"
    text = f"  {name:82} {scale * told['seconds']:9.3f} s {told['above']:8.0f} MiB {error}"
    if ours is not None:
        text += f"   time x{scale * told['seconds'] / ours['seconds']:.1f}"
        text += f"  memory x{told['above'] / max(ours['above'], 1.0):.1f}"
        text += "" if told["error"] is None or told["error"] < AGREE else "  NOT AS ACCURATE"
    print(text, flush=True)


def store(model, folder):
    """The matrices of a system in a file that every program can read."""
    import darkstate as ds
    from darkstate.states.matrices import operator_matrix

    system = eval(model, {"ds": ds}).system()
    dims = (2,) * len(system.spaces)
    matrices = [operator_matrix(system.hamiltonian, system.spaces, dims)]
    matrices += [
        np.sqrt(jump.rate) * operator_matrix(jump.operator, system.spaces, dims)
        for jump in system.jumps
    ]
    parts = {"count": len(matrices), "d": matrices[0].shape[0]}
    for k, matrix in enumerate(matrices):
        parts |= {f"v{k}": matrix.data, f"i{k}": matrix.indices, f"p{k}": matrix.indptr}
    path = folder / "problem.npz"
    np.savez(path, **parts)
    return str(path)


def reference(model, times, folder):
    """Our result at far tighter tolerance; the peers' agreement with it tests both."""
    import darkstate as ds

    system = eval(model, {"ds": ds}).system()
    if times is None:
        exact = [ds.steady_state(system, ds.engines.Lindblad(rtol=1e-12)).state]
    else:
        exact = list(contract.run(ds.engines.Lindblad(rtol=1e-13), system, times).states)[1:]
    path = folder / "reference.npy"
    np.save(path, [getattr(state, "matrix", None) for state in exact])
    return str(path)


def ours(model, body, options="", times=()):
    """A job for our engine."""
    return OURS.format(model=model, options=options, body=body.format(times=times))


def steady(model, title, args, peers=QUTIP_STEADY):
    """Steady states; dynamiqs has no solver for them."""
    print(f"\nsteady state, {title}: {model}")
    with tempfile.TemporaryDirectory() as place:
        problem, exact = store(model, Path(place)), reference(model, None, Path(place))
        mine = run(ours(model, OURS_STEADY), sys.executable, args.limit, problem, exact)
        line(f"darkstate ({mine.get('method', '')})", mine)
        for options in peers:
            body = QUTIP_STEADY_BODY.format(options=options)
            told = run(QUTIP.format(body=body), sys.executable, args.limit, problem, exact)
            line(f"qutip steadystate({options})", told, mine)


def evolution(model, title, args, last, short=None):
    """Evolution from the ground state; peers only to `short`, scaled, where that is given."""
    times = [0.0, 1.0, 5.0, last]
    reach = times if short is None else [0.0, short]
    scale = 1.0 if short is None else last / short
    print(f"\nevolution to {last:g}/gamma, {title}: {model}")
    if short is not None:
        print(f"  peers run to {short:g}/gamma and are scaled by {scale:g}: an estimate")
    with tempfile.TemporaryDirectory() as place:
        problem = store(model, Path(place))
        exact = reference(model, times, Path(place))
        mine = run(
            ours(model, OURS_EVOLVE, "rtol=1e-10", times), sys.executable, 3600, problem, exact
        )
        line("darkstate Lindblad(rtol=1e-10)", mine)
        exact = exact if short is None else reference(model, reach, Path(place))
        for options in QUTIP_EVOLVE:
            body = QUTIP_EVOLVE_BODY.format(options=options, times=reach)
            told = run(QUTIP.format(body=body), sys.executable, args.limit, problem, exact)
            line(f"qutip mesolve({options})", told, mine, scale)
        for options in DYNAMIQS_EVOLVE if args.dynamiqs_python else ():
            code = DYNAMIQS.format(options=options, times=reach)
            told = run(code, args.dynamiqs_python, args.limit, problem, exact)
            line(f"dynamiqs mesolve({options}, dia)", told, mine, scale)


OURS_STRETCH = """
base, start, cpu = status('VmRSS'), time.perf_counter(), time.process_time()
contract.run(engine, system, [0.0, {horizon}])
told(start, base, cpu=time.process_time() - cpu)
"""


def twelve_qubits(args, stretch=0.5, last=40.0):
    """The cost of six pairs: a stretch is run, the whole is stated."""
    model = BROADBAND.format(6)
    told = run(
        ours(model, OURS_STRETCH.replace("{horizon}", str(stretch))), sys.executable, args.limit
    )
    print(f"\nevolution of 12 qubits over {stretch:g}/gamma: {model}")
    if "outcome" in told:
        print(f"  {told['outcome']}")
        return
    full = told["seconds"] * last / stretch
    print(
        f"  {told['seconds']:.1f} s ({told['cpu']:.1f} s of one core), {told['above']:.0f} MiB; ",
        end="",
    )
    print(f"at this rate {last:g}/gamma take {full / 60:.1f} min at most (early steps are short)")


def main():
    """All tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fast", action="store_true", help="small sizes, a limit of 30 s")
    parser.add_argument("--limit", type=float, default=600.0, help="seconds for a job")
    parser.add_argument("--dynamiqs-python", default="", help="Python that can import dynamiqs")
    parser.add_argument("--threads", type=int, default=1, help="BLAS threads of every job")
    args = parser.parse_args()
    THREADS[0] = str(args.threads)
    args.limit = min(args.limit, 30.0) if args.fast else args.limit
    args.dynamiqs_python = args.dynamiqs_python or sys.executable
    if "outcome" in run("import dynamiqs; print('{}')", args.dynamiqs_python, 120):
        print("dynamiqs cannot be imported: its rows are missing (see --dynamiqs-python)")
        args.dynamiqs_python = ""
    print("dynamiqs has no steady-state solver: it appears in the evolutions only")
    for pairs in (3,) if args.fast else (3, 4):
        for model in (XX, RAIL):
            peers = QUTIP_STEADY if pairs == 3 else QUTIP_LARGE
            steady(model.format(pairs), f"{2 * pairs} qubits", args, peers)
    for pairs in (3,) if args.fast else (4,):
        evolution(BROADBAND.format(pairs), f"{2 * pairs} qubits", args, 40.0)
    if not args.fast:
        evolution(BROADBAND.format(5), "10 qubits", args, 40.0, short=1.0)
        twelve_qubits(args)


if __name__ == "__main__":
    main()
