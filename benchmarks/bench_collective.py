"""Ensembles of atoms: darkstate against QuTiP's PIQS, and alone where PIQS has no answer.

Run it as ``python benchmarks/bench_collective.py`` (about a quarter of an hour; ``--fast`` a few
minutes). One table a question:

* the steady state of one ensemble, driven (no charge is conserved, so that both programs need all
  of the |J,M><J,M'|): collective and single-atom emission, dephasing, pumping;
* the same without the drive, where darkstate uses the conserved charge;
* two ensembles that are entangled by collective jumps, with and without single-atom noise, which
  PIQS does not treat: time, memory and what was predicted of them.

Every job is a fresh process with one BLAS thread, so that its peak memory above the imports is its
own; seconds are those of its processor, building the generator included, importing not. A job that
passes the limit is stopped, and the limit is a lower bound of its time. States are compared by the
means of Jz and of J+ J-; PIQS has its matrix elements in single precision. The solvers of QuTiP are
tried first, an evolution, and a direct solution by hand without the entries between different J,
which make the matrix of PIQS singular; what works on the smallest case is tried on the others.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys

HEAD = """
import json, resource, time
import numpy as np
def status(key):
    with open("/proc/self/status") as lines:
        return next(int(x.split()[1]) / 1024 for x in lines if x.startswith(key))
"""

PIQS = """
import qutip
import scipy.sparse as sp
from scipy.sparse.linalg import spsolve
from qutip.piqs.piqs import Dicke, ground, jspin
start, base = time.process_time(), status("VmRSS")
N = {atoms}
jx, jy, jz = jspin(N)
jp, jm = jspin(N, "+"), jspin(N, "-")
system = Dicke(N, hamiltonian={drive} * jx, emission=0.4, dephasing=0.4, pumping=0.2,
               collective_emission=2.0 / N)
L = system.liouvillian()
if "{options}" == "evolve":
    start_state = ground(N)
    rho = qutip.mesolve(L, start_state, [0, 40 / 0.6], options=dict(
        method="bdf", atol=1e-10, rtol=1e-9, nsteps=10**6, progress_bar="")).states[-1]
elif "{options}" == "reduced":  # without the entries between different J
    matrix = sp.csr_array(L.data.as_scipy())
    spin = np.concatenate([np.full(t + 1, t) for t in range(N, -1, -2)])
    kept, d = np.flatnonzero(np.equal.outer(spin, spin).ravel()), len(spin)
    trace = sp.csr_array(np.eye(d).ravel()[None, kept])
    rows = sp.vstack([trace, matrix[kept][1:, kept]], format="csc")
    flat = np.zeros(d * d, dtype=complex)
    flat[kept] = spsolve(rows, np.eye(1, len(kept)).ravel())
    rho = qutip.Qobj(flat.reshape(d, d).T, dims=jz.dims)
else:
    rho = qutip.steadystate(L, {keywords})
values = [float(np.real(qutip.expect(op, rho))) for op in (jz, jp * jm)]
told = dict(seconds=time.process_time() - start, mib=status("VmHWM") - base, values=values)
print(json.dumps(told))
"""

OURS = """
import darkstate as ds
from darkstate.systems import *
from darkstate.engines import Collective
from darkstate.engines.contract import ask, run
start, base = time.process_time(), status("VmRSS")
N = {atoms}
e = Ensemble("e", N)
jumps = (Jump(spin_minus(e), 0.4, each_atom=True), Jump(spin_plus(e), 0.2, each_atom=True),
         Jump(spin_z(e), 0.4, each_atom=True), Jump(spin_minus(e), 2.0 / N))
system = OpenSystem((e,), {drive} * spin_x(e), jumps)
engine = Collective()
cost = ask(engine, system).cost
found = run(engine, system)
state = found.state
values = [state.expectation(spin_z(e)).real,
          state.expectation(spin_plus(e) * spin_minus(e)).real]
told = dict(seconds=time.process_time() - start, mib=status("VmHWM") - base, values=values,
            method=found.report.method, predicted=str(cost))
print(json.dumps(told))
"""

PAIR = """
import darkstate as ds
from darkstate.engines import Collective
from darkstate.engines.contract import ask, run
from darkstate.systems import Jump, OpenSystem, spin_z
start, base = time.process_time(), status("VmRSS")
model = ds.models.AtomicEnsembles({atoms}, squeezing=0.5, optical_depth=10, {noise})
system = model.system()
if {collective}:
    more = tuple(Jump(spin_z(space), {collective}) for space in system.spaces)
    system = OpenSystem(system.spaces, system.hamiltonian, system.jumps + more)
engine = Collective()
cost = ask(engine, system).cost
found = run(engine, system)
told = dict(seconds=time.process_time() - start, mib=status("VmHWM") - base,
            values=[ds.epr_spin_variance(found.state, "I", "II")],
            method=found.report.method, predicted=str(cost), error=found.report.error_estimate,
            status=str(found.report.status), numbers=found.report.structure[0].split(" (")[0])
print(json.dumps(told))
"""

SOLVERS = (
    "method='direct'",
    "method='direct', use_rcm=True",
    "method='direct', solver='gmres', use_precond=True, rtol=1e-9, fill_factor=20, restart=100",
    "method='direct', solver='lstsq', sparse=False",
    "method='power'",
    "evolve",
    "reduced",
)
LOCAL = "cooling=0.1, heating=0.02, dephasing=0.1"


def run(code: str, limit: float) -> dict | str:
    """What a job told, or why it told nothing."""
    environment = os.environ | {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    try:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", HEAD + code],
            env=environment,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"more than {limit:g} s"
    if done.returncode:
        last = done.stderr.strip().splitlines()
        return f"failed: {last[-1][:90] if last else done.returncode}"
    return json.loads(done.stdout.strip().splitlines()[-1])


def line(name: str, told: dict | str, other: dict | str | None = None) -> None:
    """One line of a table."""
    if isinstance(told, str):
        print(f"  {name:34}{told}", flush=True)
        return
    text = f"  {name:34}{told['seconds']:9.3f} s {told['mib']:9.1f} MiB"
    if isinstance(other, dict):
        gap = max(abs(a - b) for a, b in zip(told["values"], other["values"], strict=True))
        text += (
            f"   deviation {gap:.1e}, time {told['seconds'] / other['seconds']:.3g} of darkstate"
        )
    for key in ("method", "numbers", "status", "error", "predicted"):
        if told.get(key) is not None:
            value = told[key]
            text += f"   {key} {value:.1e}" if isinstance(value, float) else f"   {value}"
    print(text, flush=True)


def piqs(atoms: int, drive: float, options: str) -> str:
    """The job of PIQS with these options of its solver."""
    keywords = options if "=" in options else ""
    return PIQS.format(atoms=atoms, drive=drive, options=options, keywords=keywords)


def one_ensemble(sizes: tuple[int, ...], beyond: tuple[int, ...], drive: float, limit: float):
    """Against PIQS, then alone."""
    print(f"One ensemble, drive {drive:g} Jx: all single-atom processes and collective emission")
    trials = {options: run(piqs(sizes[0], drive, options), limit) for options in SOLVERS}
    worked = {key: told for key, told in trials.items() if isinstance(told, dict)}
    for options, told in trials.items():
        line(f"N = {sizes[0]}, PIQS {options[:60]}", told)
    for atoms in sizes:
        mine = run(OURS.format(atoms=atoms, drive=drive), limit)
        for options in worked:
            peer = run(piqs(atoms, drive, options), limit)
            line(f"N = {atoms}, PIQS {options[-20:]}", peer, mine)
        line(f"N = {atoms}, darkstate", mine)
    for atoms in beyond:
        line(f"N = {atoms}, darkstate", run(OURS.format(atoms=atoms, drive=drive), limit))


def two_ensembles(cases: list[tuple[int, str, float]], limit: float) -> None:
    """Alone."""
    print("Two ensembles, entangled by collective jumps (xi)")
    for atoms, noise, collective in cases:
        told = run(PAIR.format(atoms=atoms, noise=noise, collective=collective), limit)
        kind = "local noise" if noise else "collective noise" if collective else "no noise"
        line(f"{atoms} + {atoms} atoms, {kind}", told)


def main() -> None:
    """Run the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fast", action="store_true", help="small sizes only")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds a job may take")
    args = parser.parse_args()
    fast = args.fast
    one_ensemble((6, 10) if fast else (6, 10, 20, 30, 40), (), 1.0, args.limit)
    one_ensemble((6, 10) if fast else (6, 10, 20, 30), (50, 100), 0.0, args.limit)
    cases = [(2, LOCAL, 0.0), (8, LOCAL, 0.0), (12, LOCAL, 0.0), (100, "", 0.0)]
    more = [(16, LOCAL, 0.0), (20, LOCAL, 0.0), (24, LOCAL, 0.0), (40, "", 0.05), (60, "", 0.05)]
    two_ensembles(cases if fast else cases + more, args.limit)


if __name__ == "__main__":
    main()
