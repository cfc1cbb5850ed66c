"""Preconditioners side by side: steady states for which factors of the generator are dear.

Run it as ``python benchmarks/bench_preconditioners.py`` (half an hour); ``--rows Kerr`` takes the
rows with that in their name, ``--ways chosen`` one column, ``--limit`` ends a measurement after so
many processor seconds. One thread, every measurement in a fork. All solve
``L x + |L| Tr(x)/d = |L|/d`` to a relative residual of 1e-9, from the compiled generator on; what
comes with a verdict (the test of uniqueness, refinement) does not count. A cell holds processor
seconds, applications of L, and the memory added; a star says that 1e-8 was not reached in 1500
iterations.

* ``no jump``: the inverse of the evolution without jumps alone;
* ``swept``: the same, sector after sector (Gauss-Seidel);
* ``rates``: classical rates of the populations first, then the one before;
* ``chosen``: what the engine does;
* ``gcrot``, ``bicgstab``: other Krylov methods of SciPy on ``no jump``;
* ``ilu``: incomplete factors of SciPy (drop tolerance 0.01, fill 5; smaller ones cost more than
  they gain).
"""

from __future__ import annotations

import argparse
import time
from itertools import pairwise

from bench_floor import MAKE, measured  # isort: skip  (it sets the number of threads first)

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla

import darkstate as ds
from darkstate.engines.density.compile import compiled, dimensions, product_blocks
from darkstate.engines.density.iterate import iterated, regularised
from darkstate.engines.density.nojump import SHIFT, NoJumpInverse, SweptInverse
from darkstate.engines.density.rates import RatesInverse
from darkstate.linalg.gmres import gmres
from darkstate.systems import (
    Jump,
    Mode,
    OpenSystem,
    Qubit,
    create,
    destroy,
    number,
    plus_hc,
    sigma_minus,
    sigma_plus,
    sigma_x,
    sigma_y,
    sigma_z,
    total,
)

RTOL, MOST, KEPT = 1e-9, 1500, 1e-8


def rail(pairs, dephasing, squeezing=1.0):
    return ds.models.DualRail(pairs, squeezing, dephasing=dephasing).system(), None


def exchange(sites, dephasing):
    drive = ds.SqueezedDrive(1.0, 1.0)
    return ds.models.SpinChains(sites, dephasing=dephasing, drive=drive).system(), None


def ising(count, field, decay, dephasing=0.0):
    q = [Qubit(f"q{k}") for k in range(count)]
    H = total([field * sigma_x(each) for each in q])
    for k in range(count - 1):
        H = H + (0.5 + 0.03 * k) * sigma_z(q[k]) * sigma_z(q[k + 1])
    jumps = [Jump(sigma_minus(each), decay) for each in q]
    jumps += [Jump(sigma_z(each), dephasing) for each in q if dephasing]
    return OpenSystem(tuple(q), H, tuple(jumps)), None


def heisenberg(count, rate, dephasing):
    q = [Qubit(f"q{k}") for k in range(count)]
    H = 0.3 * sigma_z(q[0]) + total([0.1 * (k % 3) * sigma_z(each) for k, each in enumerate(q)])
    for a, b in pairwise(q):
        H = H + sigma_x(a) * sigma_x(b) + sigma_y(a) * sigma_y(b) + 0.7 * sigma_z(a) * sigma_z(b)
    jumps = [Jump(sigma_plus(q[0]), rate), Jump(sigma_minus(q[0]), 0.2 * rate)]
    jumps += [Jump(sigma_minus(q[-1]), rate)]
    jumps += [Jump(sigma_z(each), dephasing) for each in q if dephasing]
    return OpenSystem(tuple(q), H, tuple(jumps)), None


def kerr(levels, drive, nonlinear, detuning, coupled=True):
    modes = (Mode("a"), Mode("b")) if coupled else (Mode("a"),)
    H = plus_hc(drive * destroy(modes[0]))
    for m in modes:
        H = H + 0.5 * nonlinear * create(m) ** 2 * destroy(m) ** 2 - detuning * number(m)
    if coupled:
        H = H - plus_hc(create(modes[0]) * destroy(modes[1]))
    cutoff = {m.label: levels for m in modes}
    return OpenSystem(modes, H, tuple(Jump(destroy(m), 1.0) for m in modes)), cutoff


def optomechanics(light, sound, drive, nbar):
    a, b = Mode("a"), Mode("b")
    H = 0.5 * number(a) + number(b) - 0.3 * number(a) * plus_hc(destroy(b))
    jumps = (Jump(destroy(b), 0.02 * (nbar + 1)), Jump(create(b), 0.02 * nbar))
    system = OpenSystem((a, b), H + drive * plus_hc(destroy(a)), (Jump(destroy(a), 0.3), *jumps))
    return system, {"a": light, "b": sound}


def thermal(levels, nbar):
    a, b, q = Mode("a"), Mode("b"), Qubit("q")
    H = plus_hc(destroy(a) * create(b)) + 0.05 * create(a) ** 2 * destroy(a) ** 2
    H = H + 0.3 * sigma_x(q) + plus_hc(0.7 * destroy(b) * sigma_plus(q))
    jumps = (Jump(destroy(a), 0.5 * (nbar + 1)), Jump(create(a), 0.5 * nbar))
    jumps = (*jumps, Jump(destroy(b), 0.3), Jump(sigma_minus(q), 0.2))
    return OpenSystem((a, b, q), H, jumps), {"a": levels, "b": levels}


def chiral(count, loss):
    q = [Qubit(f"q{k}") for k in range(count)]
    H = total([0.4 * sigma_x(each) + 0.1 * k * sigma_z(each) for k, each in enumerate(q)])
    for j in range(count):
        for i in range(j):
            H = H + plus_hc(-0.5j * sigma_plus(q[j]) * sigma_minus(q[i]))
    jumps = (Jump(total([sigma_minus(each) for each in q]), 1.0),)
    return OpenSystem(tuple(q), H, (*jumps, *(Jump(sigma_minus(each), loss) for each in q))), None


def cavity(levels, atoms, drive):
    a, q = Mode("a"), [Qubit(f"q{k}") for k in range(atoms)]
    H = drive * plus_hc(destroy(a)) + 0.2 * number(a)
    jumps = [Jump(destroy(a), 1.0)]
    for k, each in enumerate(q):
        H = H + plus_hc(0.6 * destroy(a) * sigma_plus(each)) + 0.1 * k * sigma_z(each)
        jumps += [Jump(sigma_minus(each), 0.05), Jump(sigma_z(each), 0.1)]
    return OpenSystem((a, *q), H, tuple(jumps)), {"a": levels}


def of_the_manual(name, *arguments):
    return MAKE[name](*arguments), None


ROWS = (
    ("rail 4, dephasing 0.001", rail, (4, 0.001)),
    ("rail 4, dephasing 0.1", rail, (4, 0.1)),
    ("rail 4, dephasing 10", rail, (4, 10.0)),
    ("rail 4, r = 2", rail, (4, 0.01, 2.0)),
    ("rail 5, dephasing 0.1", rail, (5, 0.1)),
    ("XX chains 4, dephasing 0.1", exchange, (4, 0.1)),
    ("XX chains 5, dephasing 0.1", exchange, (5, 0.1)),
    ("Heisenberg 8, rates 0.001", heisenberg, (8, 1e-3, 0.0)),
    ("Heisenberg 8, dephasing 1", heisenberg, (8, 1.0, 1.0)),
    ("Heisenberg 8, dephasing 100", heisenberg, (8, 1.0, 100.0)),
    ("Heisenberg 10, dephasing 10", heisenberg, (10, 1.0, 10.0)),
    ("Ising 7", ising, (7, 0.7, 0.5)),
    ("Ising 7, rates 0.001", ising, (7, 0.7, 0.001)),
    ("Ising 7, slow under dephasing", ising, (7, 0.1, 0.01, 5.0)),
    ("Kerr mode 60, bistable", kerr, (60, 3.0, 0.2, 2.5, False)),
    ("Kerr pair 14", kerr, (14, 2.0, 0.5, 0.5)),
    ("Kerr pair 18", kerr, (18, 3.0, 0.3, 1.0)),
    ("optomechanics 6 x 24, driven", optomechanics, (6, 24, 0.3, 1.0)),
    ("optomechanics 5 x 40, hot", optomechanics, (5, 40, 0.2, 6.0)),
    ("thermal modes 10, nbar 2", thermal, (10, 2.0)),
    ("chiral 7, loss 0.001", chiral, (7, 0.001)),
    ("star of three branches", of_the_manual, ("star",)),
    ("cavity 12, four atoms", cavity, (12, 4, 1.0)),
    ("unstructured, 6 qubits", of_the_manual, ("unstructured", 6)),
)
"""A name, a system with its cut-offs, and its arguments."""


def preconditioner(way, generator):
    """An approximate inverse."""
    shift = SHIFT * generator.scale
    if way == "ilu":
        form = generator.real_form
        matrix = sp.csc_array(form.matrix - shift * sp.eye_array(generator.blocks.numbers))
        options = {"permc_spec": "MMD_AT_PLUS_A", "diag_pivot_thresh": 0.0}
        factors = spla.spilu(matrix, drop_tol=0.01, fill_factor=5, **options)

        def by_factors(flat):
            return generator.narrowed(form.hermitian(factors.solve(form.coordinates(flat))))

        return by_factors
    plain = NoJumpInverse(generator, shift)
    inverse = plain.apply
    if way in ("swept", "rates") and len(generator.blocks.sizes) > 1:
        inverse = SweptInverse(generator, plain).apply
    if way != "rates":
        return inverse
    return RatesInverse(generator, inverse, regularised(generator), shift).apply


def solved(way, make, arguments):
    """Seconds, applications, whether it converged, and what was chosen."""
    system, cutoff = make(*arguments)
    generator = compiled(system, product_blocks(system, dimensions(system, cutoff)))
    right = generator.scale * generator.blocks.mixed(generator.dtype)
    start, name = time.process_time(), way
    if way == "chosen":
        found = iterated(generator, right, RTOL, MOST)
        x, name = found.solved.x, found.way
    elif way in ("gcrot", "bicgstab"):
        inverse, regular = preconditioner("", generator), regularised(generator)
        real = right.view(np.float64)

        def product(y):
            return regular(inverse(y.view(right.dtype))).view(np.float64)

        operator = spla.LinearOperator((len(real), len(real)), matvec=product, dtype=float)
        if way == "gcrot":
            y = spla.gcrotmk(operator, real, rtol=RTOL, m=15, k=10, maxiter=MOST // 15)[0]
        else:
            y = spla.bicgstab(operator, real, rtol=RTOL, maxiter=MOST // 2)[0]
        x = inverse(y.view(right.dtype))
    else:
        inverse = preconditioner(way, generator)
        x = gmres(regularised(generator), inverse, right, RTOL, MOST).x
    spent = time.process_time() - start
    count = generator.applications
    left = np.linalg.norm(regularised(generator)(x) - right) / np.linalg.norm(right)
    return spent, count, bool(left <= KEPT), name


WAYS = ("no jump", "swept", "rates", "chosen", "gcrot", "bicgstab", "ilu")


def cell(told):
    if not isinstance(told, tuple):
        return f"{str(told or 'beyond the limit')[:20]:>21}"
    spent, count, good, _, added = told
    return f"{spent:8.2f}{' ' if good else '*'}{count:5d} {added / 2**20:5.0f}M"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", default="", help="only rows with this in their name")
    parser.add_argument("--ways", default=",".join(WAYS), help="columns")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for one measurement")
    asked = parser.parse_args()
    ways = asked.ways.split(",")
    print(f"{'':30} {'numbers':>8} " + " ".join(f"{way:>21}" for way in ways))
    for name, make, arguments in ROWS:
        if asked.rows not in name:
            continue
        system, cutoff = make(*arguments)
        numbers = product_blocks(system, dimensions(system, cutoff)).numbers
        found = {way: measured(asked.limit, solved, way, make, arguments) for way in ways}
        chosen = found.get("chosen")
        end = chosen[3] if isinstance(chosen, tuple) else ""
        print(f"{name:30} {numbers:8d} " + " ".join(map(cell, found.values())), end, flush=True)


if __name__ == "__main__":
    main()
