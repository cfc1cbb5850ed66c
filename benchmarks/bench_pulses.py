"""Evolutions under pulses against QuTiP: one process, one thread, the same accuracy.

Each problem is solved by `darkstate.evolve` with its defaults (the whole front door: choice of the
engine, charges, compilation) and by QuTiP's `mesolve` with each of its integrators, at the largest
tolerance at which the error of all means over all times is below 1e-6. The exact means are those of
QuTiP at rtol = 1e-12. Times are of the processor, the best of several; memory is the peak of what
Python and NumPy allocate.

    python benchmarks/bench_pulses.py [--repeat 20]
"""

from __future__ import annotations

import argparse
import os
import time
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from typing import Any

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import qutip

import darkstate as ds
from darkstate.states import to_qutip
from darkstate.systems import (
    Drive,
    Jump,
    OpenSystem,
    Qubit,
    pulses,
    sigma_minus,
    sigma_plus,
    sigma_x,
    sigma_z,
)

ACCURACY = 1e-6
TOLERANCES = (1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10)
OURS = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9)
METHODS = ("adams", "bdf", "vern7", "vern9", "dop853", "lsoda")
TIMES = np.linspace(0.0, 8.0, 101)


def qubits(count: int) -> tuple[OpenSystem, Any]:
    """Coupled qubits that decay and dephase, the first under a pulse; and what is looked at."""
    q = [Qubit(f"q{k}") for k in range(count)]
    H = sum((0.3 * k * sigma_z(one) for k, one in enumerate(q)), 0 * sigma_z(q[0]))
    for a, b in pairwise(q):
        H = H + 0.8 * (sigma_plus(a) * sigma_minus(b) + sigma_plus(b) * sigma_minus(a))
    jumps = [Jump(sigma_minus(one), 1.0) for one in q]
    jumps += [Jump(sigma_z(one), 0.05) for one in q[1:]]
    drive = Drive(sigma_x(q[0]), pulses.gaussian(3.0, 1.0, 1.5))
    return OpenSystem(tuple(q), H, tuple(jumps), drives=(drive,)), sigma_plus(q[-1]) * sigma_minus(
        q[-1]
    )


def best(run: Callable[[], Any], repeat: int) -> float:
    """Least processor time, in seconds."""
    run()
    found = []
    for _ in range(repeat):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return min(found)


def peak(run: Callable[[], Any]) -> float:
    """Peak of the memory allocated meanwhile, in MiB."""
    tracemalloc.start()
    run()
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found / 2**20


def by_qutip(system: OpenSystem, observable: Any, count: int) -> Callable[..., Any]:
    """``run(method, tolerance)``: the mean over time by QuTiP."""
    plain = to_qutip(OpenSystem(system.spaces, system.hamiltonian, system.jumps))
    (drive,) = system.drives
    pulse = to_qutip(drive.operator, spaces=system.spaces)
    terms = [plain.hamiltonian, [pulse, lambda t: 1.5 * np.exp(-0.5 * (t - 3.0) ** 2)]]
    mean = to_qutip(observable, spaces=system.spaces)
    start = qutip.tensor([qutip.basis(2, 1)] * count)
    if abs(qutip.expect(mean, start)) > 0.5:
        start = qutip.tensor([qutip.basis(2, 0)] * count)

    def run(method: str, tolerance: float) -> Any:
        options = {
            "method": method,
            "rtol": tolerance,
            "atol": tolerance,
            "nsteps": 10**6,
            "progress_bar": "",
        }
        return qutip.mesolve(terms, start, TIMES, plain.jumps, e_ops=[mean], options=options)

    return run


def compared(count: int, repeat: int) -> None:
    """One line for darkstate and one for each integrator."""
    system, observable = qubits(count)
    theirs = by_qutip(system, observable, count)
    exact = np.real(theirs("vern9", 1e-12).expect[0])

    def ours(rtol: float | None = None) -> Any:
        engine = None if rtol is None else ds.engines.Lindblad(rtol=rtol)
        return ds.evolve(system, TIMES, observables=observable, engine=engine)

    print(f"\n{count} qubits, {len(TIMES)} times: {system}")
    for rtol in (None, *OURS):
        error = float(np.abs(ours(rtol).table["observable"].values - exact).max())
        if rtol is not None and error > ACCURACY:
            continue
        own = best(lambda r=rtol: ours(r), repeat)
        memory = peak(lambda r=rtol: ours(r))
        title = "default" if rtol is None else f"rtol {rtol:g}"
        bound = ours(rtol).report.error_estimate
        print(
            f"  darkstate        {1e3 * own:7.2f} ms  error {error:.1e}  {memory:6.2f} MiB"
            f"  ({title}, bound {bound:.0e})"
        )
        if rtol is not None:
            break
    fastest = np.inf
    for method in METHODS:
        for tolerance in TOLERANCES:
            found = np.real(theirs(method, tolerance).expect[0])
            error = float(np.abs(found - exact).max())
            if error < ACCURACY:
                break
        seconds = best(lambda m=method, t=tolerance: theirs(m, t), repeat)
        memory = peak(lambda m=method, t=tolerance: theirs(m, t))
        print(
            f"  QuTiP {method:8s}   {1e3 * seconds:7.2f} ms  error {error:.1e}  {memory:6.2f} MiB"
            f"  (rtol {tolerance:g})"
        )
        fastest = min(fastest, seconds)
    print(f"  darkstate / QuTiP's fastest: {own / fastest:.2f}")


def main() -> None:
    """All sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=20)
    args = parser.parse_args()
    print(f"QuTiP {qutip.__version__}, NumPy {np.__version__}, one thread")
    for count in (1, 2, 3, 4, 5):
        compared(count, args.repeat if count < 5 else 3)


if __name__ == "__main__":
    main()
