"""The floor: steady states through the front door against QuTiP's best direct option, row by row.

Run it as ``python benchmarks/bench_floor.py``; ``--rows ising`` takes the rows with that in their
name, ``--limit`` ends a measurement after so many seconds. One process, one thread: every
measurement is a fork of it, warmed up by one small problem of its own kind, and timed in processor
seconds, the best of up to three runs. Ours is ``ds.steady_state(system, ...)`` with all verdicts
(uniqueness, gap, margin, error, cut-offs compared with smaller ones); theirs is
``qutip.steadystate`` alone, with operators and Liouvillian built outside of the clock for neither.
Memory is what the fork adds to its resident set. The status and the distance of the two states
stand beside; a row without a number ran into the limit, or out of memory.
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
from darkstate.engines import Lindblad  # noqa: E402
from darkstate.states import to_qutip  # noqa: E402
from darkstate.systems import (  # noqa: E402
    Ensemble,
    Jump,
    Levels,
    Mode,
    OpenSystem,
    Qubit,
    create,
    destroy,
    number,
    sigma_minus,
    sigma_plus,
    sigma_x,
    sigma_y,
    sigma_z,
    spin_minus,
    spin_x,
    total,
    transition,
)  # fmt: skip

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


def hermitian(operator):
    """O + h.c."""
    return operator + operator.adjoint()


def spins(atoms, w):
    """Cooperative resonance fluorescence, critical at w = 1."""
    e = Ensemble("e", atoms)
    return OpenSystem((e,), w * spin_x(e), (Jump(spin_minus(e), 2.0 / atoms),)), {}


def unstructured(count):
    """Random fields, random couplings of all pairs, random local jumps."""
    rng = np.random.default_rng(count)
    qubits = tuple(Qubit(f"q{k}") for k in range(count))
    pauli = [[s(q) for s in (sigma_x, sigma_y, sigma_z)] for q in qubits]
    H = total([rng.normal() * s for row in pauli for s in row])
    for i in range(count):
        for j in range(i):
            H = H + total([rng.normal() * a * b for a in pauli[i] for b in pauli[j]])
    jumps = []
    for row in pauli:
        z = rng.normal(size=3) + 1j * rng.normal(size=3)
        jumps.append(Jump(total([complex(c) * s for c, s in zip(z, row, strict=True)]), 0.3))
    return OpenSystem(qubits, H, tuple(jumps)), {}


def jaynes_cummings():
    """A driven cavity with a qubit, 16 levels."""
    a, q = Mode("a"), Qubit("q")
    H = hermitian(destroy(a) * sigma_plus(q)) + 0.4 * hermitian(destroy(a)) + 0.3 * number(a)
    jumps = (Jump(destroy(a), 1.0), Jump(sigma_minus(q), 0.2))
    return OpenSystem((a, q), H, jumps), {"a": 16}


def optomechanics():
    """Nonlinear, sideband-resolved, 6 x 16 levels."""
    a, b = Mode("a"), Mode("b")
    H = 0.5 * number(a) + number(b) - 0.3 * number(a) * hermitian(destroy(b))
    jumps = (Jump(destroy(a), 0.3), Jump(destroy(b), 0.02), Jump(create(b), 0.004))
    return OpenSystem((a, b), H + 0.01 * hermitian(destroy(a)), jumps), {"a": 6, "b": 16}


def lambda_atoms():
    """Two Lambda atoms and a cavity, driven and repumped."""
    a, atoms = Mode("a"), [Levels(f"atom{k}", ("g", "s", "e")) for k in (1, 2)]
    H, jumps = 0.1 * number(a), [Jump(destroy(a), 0.5)]
    for k, atom in enumerate(atoms):
        H = (
            H
            + hermitian(0.3 * transition(atom, "e", "g"))
            + 0.2 * (k + 1) * (transition(atom, "e", "s") * transition(atom, "s", "e"))
        )
        H = H + hermitian(0.5 * destroy(a) * transition(atom, "e", "s"))
        jumps += [Jump(transition(atom, "g", "e"), 0.3), Jump(transition(atom, "s", "e"), 0.3)]
        jumps.append(Jump(transition(atom, "g", "s"), 0.05 * (k + 1)))
    return OpenSystem((*atoms, a), H, tuple(jumps)), {"a": 7}


def kerr_cat():
    """Two-photon drive, Kerr term, and loss of one and two photons."""
    a = Mode("a")
    two = destroy(a) ** 2
    H = 1.0 * create(a) ** 2 * two - 3.0 * hermitian(two)
    return OpenSystem((a,), H, (Jump(destroy(a), 0.1), Jump(two, 0.05))), {"a": 30}


def ising(count):
    """A transverse field, decay, and bonds that differ."""
    q = [Qubit(f"q{k}") for k in range(count)]
    H = total([0.7 * sigma_x(each) for each in q])
    for k in range(count - 1):
        H = H + (0.5 + 0.03 * k) * sigma_z(q[k]) * sigma_z(q[k + 1])
    return OpenSystem(tuple(q), H, tuple(Jump(sigma_minus(each), 0.5) for each in q)), {}


def chiral(count):
    """Driven qubits along a waveguide that carries light one way, detuned, with some loss."""
    q = [Qubit(f"q{k}") for k in range(count)]
    H = total([0.4 * sigma_x(each) + 0.1 * k * sigma_z(each) for k, each in enumerate(q)])
    for j in range(count):
        for i in range(j):
            H = H + hermitian(-0.5j * sigma_plus(q[j]) * sigma_minus(q[i]))
    jumps = [Jump(total([sigma_minus(each) for each in q]), 1.0)]
    return OpenSystem(tuple(q), H, (*jumps, *(Jump(sigma_minus(each), 0.1) for each in q))), {}


def rail(pairs):
    """A dual rail with dephasing."""
    return ds.models.DualRail(pairs, 1.0, dephasing=0.1).system(), {}


def behind_source():
    """Two modes of a parametric source, each into a cavity with a qubit."""
    H, jumps = 0.0, []
    source = [Mode("SA"), Mode("SB")]
    cavities, qubits = [Mode("CA"), Mode("CB")], [Qubit("QA"), Qubit("QB")]
    for s, c, q in zip(source, cavities, qubits, strict=True):
        H = H + hermitian(-1j * destroy(s) * create(c))
        H = H + hermitian(0.4 * destroy(c) * sigma_plus(q))
        jumps += [Jump(2**0.5 * destroy(s) + 2**0.5 * destroy(c), 1.0)]
        jumps += [Jump(sigma_minus(q), 0.2)]
    H = H + hermitian(0.04j * create(source[0]) * create(source[1]))
    system = OpenSystem((*source, *cavities, *qubits), H, tuple(jumps))
    return system, {"SA": 4, "SB": 4, "CA": 5, "CB": 5}


def star():
    """A driven qubit that feeds three branches of two qubits each, one way."""
    hub, tips = Qubit("hub"), [[Qubit(f"{b}{k}") for k in (1, 2)] for b in "abc"]
    H, jumps = 0.6 * sigma_x(hub), [Jump(sigma_minus(hub), 0.1)]
    for k, branch in enumerate(tips):
        line = [hub, *branch]
        for j in range(3):
            for i in range(j):
                H = H + hermitian(-0.15j * sigma_plus(line[j]) * sigma_minus(line[i]))
        H = H + 0.1 * k * sigma_z(branch[0])
        jumps.append(Jump(total([sigma_minus(each) for each in line]), 0.3))
        jumps += [Jump(sigma_minus(each), 0.05) for each in branch]
    return OpenSystem((hub, *(q for branch in tips for q in branch)), H, tuple(jumps)), {}


ROWS = (
    *((f"collective spin {n}, w = {w}", spins, (n, w)) for n in (60, 120, 200) for w in (0.6, 1.5)),
    *((f"unstructured, {n} qubits", unstructured, (n,)) for n in (3, 4, 5)),
    ("driven Jaynes-Cummings 16", jaynes_cummings, ()),
    ("optomechanics 6 x 16", optomechanics, ()),
    ("two Lambda atoms, cavity 7", lambda_atoms, ()),
    ("Kerr cat 30", kerr_cat, ()),
    *((f"ising {n}", ising, (n,)) for n in (6, 7)),
    ("chiral chain 6", chiral, (6,)),
    *((f"dual rail {n}, dephasing", rail, (n,)) for n in (3, 4)),
    ("qubits behind a source", behind_source, ()),
    ("star of three branches", star, ()),
)


def ours(make, arguments):
    """Seconds, state and status."""
    system, cutoff = make(*arguments)
    known = ds.explain(system).chosen if cutoff else None
    hierarchy = known is not None and known.method == "hierarchy"
    inside = {k: n for k, n in cutoff.items() if not (hierarchy and k.startswith("S"))}
    engine = Lindblad(cutoff=inside) if cutoff else None
    start = time.process_time()
    result = ds.steady_state(system, engine=engine)
    spent = time.process_time() - start
    state = result.state.density() if hasattr(result.state, "density") else result.state
    report = result.report
    return spent, np.asarray(state.matrix), f"{report.status} ({report.engine}, {report.method})"


def theirs(make, arguments, options):
    """Seconds, state and residual."""
    system, cutoff = make(*arguments)
    H, jumps = to_qutip(system, dimensions=cutoff or None)
    start = time.process_time()
    state = qutip.steadystate(H, jumps, **options)
    spent = time.process_time() - start
    moved = qutip.liouvillian(H, jumps) @ qutip.operator_to_vector(state)
    return spent, state.full(), float(np.abs(moved.full()).max())


def measured(limit, function, *arguments):
    """The best of three runs in a fork: result and bytes added; None beyond the limit."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        signal.setitimer(signal.ITIMER_PROF, limit)
        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
        base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            found, spent = None, 0.0
            for _ in range(3):
                new = function(*arguments)
                found = new if found is None or new[0] < found[0] else found
                spent += new[0]
                if spent > 0.1 * limit:
                    break
            added = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base
            answer = (*found, 1024 * added)
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
    size = make(*arguments)
    states = int(np.prod([space.dimension or size[1][space.label] for space in size[0].spaces]))
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
        told += f" {mine[0]:8.3f} {mine[3] / 2**20:6.0f}M |"
    if best is None:
        status = mine[2][:60] if isinstance(mine, tuple) else ""
        return f"{told} {'-':>8} {'-':>7} |       > | {status} | {other or 'beyond the limit'}"
    told += f" {best[1][0]:8.3f} {best[1][3] / 2**20:6.0f}M |"
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
    ds.steady_state(rail(2)[0])  # imports and caches are nobody's time
    qutip.steadystate(qutip.sigmax(), [qutip.sigmam()])
    print(f"{'':28} {'D':>5} | {'ours, s':>8} {'memory':>7} | {'QuTiP':>8} {'memory':>7} |  ratio")
    for name, make, arguments in ROWS:
        if args.rows in name:
            print(row(name, make, arguments, args.limit), flush=True)


if __name__ == "__main__":
    sys.exit(main())
