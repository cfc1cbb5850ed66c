"""Evolutions piece by piece, with other coefficients in each: against QuTiP, one thread.

Twenty pieces, each from where the one before has ended: every call of `darkstate.evolve` writes the
system down, looks at it, chooses an engine, compiles, and judges what it finds. QuTiP's `mesolve`
has its operators ready for each piece; its best integrator is taken, each at the largest tolerance
at which the last state is as accurate as wanted. The exact states are those of QuTiP at 1e-12.

Gradients of a steady state are timed too, with all that they solve. Times are of the processor, the
best of several.

    python benchmarks/bench_pieces.py [--repeat 10]
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import qutip

import darkstate as ds
from darkstate.design import Merit, gradient
from darkstate.measures import log_negativity
from darkstate.models import DualRail
from darkstate.states import to_qutip
from darkstate.systems import (
    Jump,
    OpenSystem,
    Qubit,
    sigma_minus,
    sigma_plus,
    sigma_x,
    sigma_z,
    total,
)

PIECES, LENGTH = 20, 0.5
ACCURACY = 1e-7
TOLERANCES = (1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10)
METHODS = ("adams", "bdf", "vern7", "vern9", "dop853", "lsoda")


@dataclass(frozen=True)
class Chain:
    """Qubits that exchange excitations, decay and dephase; the first is driven.

    Args:
        count: how many.
        exchange: between neighbours.
        drive: of the first.
        dephasing: of all.
        detuning: of all but the first.
    """

    count: int
    exchange: float = 0.5
    drive: float = 0.4
    dephasing: float = 0.05
    detuning: float = 0.2

    def system(self) -> OpenSystem:
        """Hamiltonian and jumps."""
        q = [Qubit(f"q{k}") for k in range(self.count)]
        hops = [sigma_plus(a) * sigma_minus(b) * self.exchange for a, b in pairwise(q)]
        H = total([*hops, *(hop.adjoint() for hop in hops), self.drive * sigma_x(q[0])])
        H = H + total(self.detuning * sigma_z(one) for one in q[1:])
        jumps = [Jump(sigma_minus(one), 1.0) for one in q]
        return OpenSystem(tuple(q), H, (*jumps, *(Jump(sigma_z(one), self.dephasing) for one in q)))


def rails(pairs: int, number: int) -> DualRail:
    """A piece of two rails: the detunings move."""
    d = [0.3 * np.sin(1.0 + number + k) for k in range(pairs)]
    return DualRail(pairs, 0.8, detunings_a=d, detunings_b=[-1.1 * x for x in d], dephasing=0.02)


def chain(count: int, number: int) -> Chain:
    """A piece of a chain: exchange, dephasing and detunings move."""
    x = float(np.sin(number))
    return Chain(count, 0.5 + 0.1 * x, 0.4, 0.05 * (1 + x * x), 0.2 * x)


CASES: dict[str, Callable[[int], Any]] = {
    "two rails of one qubit": lambda number: rails(1, number),
    "two rails of two qubits": lambda number: rails(2, number),
    "two dephased qubits": lambda number: chain(2, number),
    "three dephased qubits": lambda number: chain(3, number),
    "four dephased qubits": lambda number: chain(4, number),
}
GRADIENTS: dict[str, tuple[Any, Merit, list[str]]] = {
    "two rails of two qubits": (
        rails(2, 1),
        Merit(log_negativity, "A1", "B1"),
        ["squeezing", "detunings_a", "dephasing"],
    ),
    "three dephased qubits": (
        chain(3, 1),
        Merit(log_negativity, "q0", "q1"),
        ["exchange", "drive", "dephasing", "detuning"],
    ),
}


def best(run: Callable[[], Any], repeat: int) -> float:
    """Least processor time, in seconds."""
    run()
    found = []
    for _ in range(repeat):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return min(found)


def ours(case: Callable[[int], Any], engine: Any = None) -> Any:
    """The last state of all pieces."""
    state = None
    for number in range(PIECES):
        state = ds.evolve(case(number), [0.0, LENGTH], initial=state, engine=engine).state
    return state


def by_qutip(case: Callable[[int], Any]) -> Callable[..., Any]:
    """``run(method, tolerance)``: the last state by QuTiP, from operators made before."""
    ready = [to_qutip(case(number).system()) for number in range(PIECES)]
    count = len(case(0).system().spaces)
    ground = to_qutip(ds.evolve(case(0), [0.0, 1e-9]).state)
    start = qutip.tensor([qutip.basis(2, 0 if abs(ground[0, 0]) > 0.5 else 1)] * count)

    def run(method: str, tolerance: float) -> Any:
        options = {"method": method, "rtol": tolerance, "atol": tolerance, "nsteps": 10**6}
        state = qutip.ket2dm(start)
        for each in ready:
            found = qutip.mesolve(
                each.hamiltonian, state, [0.0, LENGTH], each.jumps, options=options
            )
            state = found.states[-1]
        return state

    return run


def compared(name: str, repeat: int) -> None:
    """One line for darkstate and one for QuTiP."""
    case, run = CASES[name], by_qutip(CASES[name])
    exact = run("vern9", 1e-12)

    def error(state: Any) -> float:
        return float((state - exact).norm("tr"))

    own = best(lambda: ours(case), repeat)
    print(f"\n{name}, {PIECES} pieces")
    print(f"  darkstate        {1e3 * own / PIECES:6.2f} ms a piece, "
          f"error {error(to_qutip(ours(case))):.0e}")  # fmt: skip
    fastest = np.inf
    for method in METHODS:
        tolerance = next((t for t in TOLERANCES if error(run(method, t)) <= ACCURACY), None)
        if tolerance is None:
            continue
        seconds = best(lambda m=method, t=tolerance: run(m, t), repeat)
        print(f"  QuTiP {method:8s}   {1e3 * seconds / PIECES:6.2f} ms a piece, "
              f"error {error(run(method, tolerance)):.0e} (rtol {tolerance:g})")  # fmt: skip
        fastest = min(fastest, seconds)
    print(f"  darkstate / QuTiP's fastest: {own / fastest:.2f}")


def main() -> None:
    """All cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=10)
    repeat = parser.parse_args().repeat
    print(f"QuTiP {qutip.__version__}, NumPy {np.__version__}, one thread")
    for name in CASES:
        compared(name, repeat)
    print()
    for name, (model, merit, names) in GRADIENTS.items():
        seconds = best(lambda m=model, f=merit, n=names: gradient(m, f, n), repeat)
        print(f"gradient by {', '.join(names)}, {name}: {1e3 * seconds:.1f} ms")


if __name__ == "__main__":
    main()
