"""Families of qubits, spins and atoms (and one mode that conserves parity)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from audit.dice import HALF, ONE_MODE, over, phase, sign
from audit.sketch import Sketch, hermitian


def qubits_of(n):
    """n qubits, and their labels."""
    labels = [f"q{k}" for k in range(n)]
    return [("qubit", label, 0) for label in labels], labels


def coupling(rng, a, b, size):
    """One random coupling of two qubits, Hermitian."""
    kind = rng.integers(4)
    if kind == 0:
        return hermitian([(size * phase(rng), {a: "+", b: "-"})])
    if kind == 1:
        return hermitian([(size * phase(rng), {a: "-", b: "-"})])
    if kind == 2:
        return [(size, {a: "z", b: "z"})]
    return hermitian([(size * phase(rng), {a: "z", b: "-"})])


# Qubits and spins ---------------------------------------------------------------------------


def random_qubits(rng):
    """Every qubit decays, so that the steady state is unique; all else is random."""
    n = int(rng.choice([1, 2, 3, 4], p=[0.15, 0.35, 0.35, 0.15]))
    spaces, q = qubits_of(n)
    H, jumps = [], []
    for x in q:
        H += [(HALF * sign(rng) * over(rng, -6, 2), {x: "z"})] if rng.random() < 0.7 else []
        H += hermitian([(over(rng, -6, 2) * phase(rng), {x: "-"})]) if rng.random() < 0.7 else []
        jumps.append((over(rng, -6, 2), [(1.0, {x: "-"})]))
        if rng.random() < 0.3:
            jumps.append((over(rng, -6, 2), [(1.0, {x: str(rng.choice(["+", "z"]))})]))
    for k in range(n - 1):
        if rng.random() < 0.8:
            H += coupling(rng, q[k], q[k + 1], over(rng, -6, 2))
    if n > 1 and rng.random() < 0.4:
        jumps.append((over(rng, -6, 2), [(1.0, {q[0]: "-"}), (phase(rng), {q[-1]: "-"})]))
    times = (0.0, over(rng, -2, 0), over(rng, 0.5, 2)) if n <= 3 and rng.random() < 0.5 else ()
    return Sketch("random qubits", spaces, H, jumps, times=times)


def equal_qubits(rng):
    """All rates and couplings equal: degenerate generators, exchange symmetry."""
    n = int(rng.integers(2, 5))
    spaces, q = qubits_of(n)
    drive, bond = float(rng.choice([0.5, 1.0, 2.0])), float(rng.choice([0.0, 0.5, 1.0]))
    H = [t for x in q for t in hermitian([(HALF * drive, {x: "-"})])]
    for k in range(n if n > 2 else n - 1):
        H += hermitian([(bond, {q[k]: "+", q[(k + 1) % n]: "-"})]) if bond else []
    weak = over(rng, -8, 0)
    jumps = [(weak, [(1.0, {x: "-"})]) for x in q]
    if rng.random() < 0.6:
        jumps.append((1.0, [(1.0, {x: "-"}) for x in q]))
    times = (0.0, 1.0, 30.0) if n <= 3 and rng.random() < 0.4 else ()
    return Sketch("equal qubits", spaces, H, jumps, times=times, note=f"single decay {weak:.1e}")


def spins(rng):
    """One or two spins up to 5/2, driven, with collective decay, squeezing and dephasing."""
    count = int(rng.integers(1, 3))
    spaces = [("spin", f"J{k}", int(rng.integers(1, 6 if count == 1 else 4))) for k in range(count)]
    labels = [label for _, label, _ in spaces]
    H, jumps = [], []
    for x in labels:
        H += hermitian([(over(rng, -4, 1) * phase(rng), {x: "-"})])
        H += [(sign(rng) * over(rng, -6, 2), {x: "z"})] if rng.random() < 0.5 else []
        H += [(over(rng, -6, 2), {x: "zz"})] if rng.random() < 0.5 else []
        jumps.append((over(rng, -6, 2), [(1.0, {x: "-"})]))
        jumps += [(over(rng, -6, 2), [(1.0, {x: "z"})])] if rng.random() < 0.4 else []
        jumps += [(over(rng, -6, 0), [(1.0, {x: "+"})])] if rng.random() < 0.3 else []
    if count == 2:
        H += hermitian([(over(rng, -4, 1), {labels[0]: "+", labels[1]: "-"})])
    times = (0.0, over(rng, -2, 0), over(rng, 0.5, 2)) if rng.random() < 0.3 else ()
    return Sketch("spins", spaces, H, jumps, times=times)


def ensembles(rng):
    """Atoms one by one: single-atom decay, dephasing, pumping beside collective drives."""
    n = int(rng.integers(2, 5))
    spaces = [("ensemble", "E", n)]
    H = hermitian([(over(rng, -4, 1) * phase(rng), {"E": "-"})])
    H += [(sign(rng) * over(rng, -4, 1), {"E": str(rng.choice(["z", "zz"]))})]
    jumps = [(over(rng, -6, 1), [(1.0, {"E": "-"})], True)]
    if rng.random() < 0.6:
        jumps.append((over(rng, -6, 1), [(1.0, {"E": "-"})]))
    if rng.random() < 0.6:
        jumps.append((over(rng, -6, 1), [(1.0, {"E": str(rng.choice(["z", "+"]))})], True))
    if n <= 3 and rng.random() < 0.3:
        spaces.append(("qubit", "q", 0))
        H += hermitian([(over(rng, -3, 1), {"E": "+", "q": "-"})])
        jumps.append((over(rng, -4, 1), [(1.0, {"q": "-"})]))
    times = (0.0, over(rng, -2, 0), over(rng, 0.5, 2)) if n <= 3 and rng.random() < 0.5 else ()
    return Sketch("ensembles", spaces, H, jumps, times=times)


def optical(rng):
    """A frequency of 1e7 to 1e10 rates beside a resonantly driven system."""
    n = int(rng.integers(2, 4))
    spaces, q = qubits_of(n)
    rate = over(rng, -4, 0)
    H = [(HALF * over(rng, 7, 10), {q[0]: "z"})]
    H += hermitian([(HALF * rate * over(rng, -1, 1), {q[1]: "-"})])
    jumps = [(over(rng, -4, 4), [(1.0, {q[0]: "-"})]), (rate, [(1.0, {q[1]: "-"})])]
    if n == 3:
        H += hermitian([(HALF * rate * over(rng, -2, 1), {q[1]: "+", q[2]: "-"})])
        jumps.append((rate * over(rng, -2, 1), [(1.0, {q[2]: "-"})]))
    if rng.random() < 0.4:
        H += [(rate * over(rng, -1, 1), {q[0]: "z", q[1]: "z"})]
    return Sketch("optical frequency", spaces, H, jumps)


def thermal(rng):
    """Thermal and squeezed baths on qubits, weak couplings between them."""
    n = int(rng.integers(1, 4))
    spaces, q = qubits_of(n)
    H, jumps = [], []
    for x in q:
        rate, nbar = over(rng, -6, 1), over(rng, -4, 0.5)
        if rng.random() < 0.5:
            jumps += [(rate * (nbar + 1), [(1.0, {x: "-"})]), (rate * nbar, [(1.0, {x: "+"})])]
        else:
            r = rng.uniform(0.1, 1.5)
            jumps.append(
                (rate, [(float(np.cosh(r)), {x: "-"}), (float(np.sinh(r)) * phase(rng), {x: "+"})])
            )
        H += [(HALF * sign(rng) * over(rng, -6, 2), {x: "z"})]
    for k in range(n - 1):
        H += hermitian([(over(rng, -6, 1), {q[k]: "+", q[k + 1]: "-"})])
    if rng.random() < 0.5:
        return shifted_by_others(rng)
    return Sketch("thermal and squeezed", spaces, H, jumps, unique=None)


def shifted_by_others(rng):
    """Heat, and energies that are not linear in the charges: zz, Sz^2, Kerr, without a drive."""
    kind, nbar, cutoffs = int(rng.integers(3)), over(rng, -1, 0.3), ()
    size, rate = over(rng, -1, 1), over(rng, -0.5, 0.5)
    if kind == 0:
        spaces, labels = qubits_of(int(rng.integers(2, 4)))
        H = [(size, {a: "z", b: "z"}) for a, b in pairwise(labels)]
    elif kind == 1:
        spaces, labels = [("spin", "J", int(rng.integers(2, 6)))], ["J"]
        H = [(size, {"J": "zz"})]
    else:
        spaces, labels, cutoffs, nbar = [("mode", "a", 0)], ["a"], ONE_MODE, min(nbar, 0.3)
        H = [(size, {"a": "++--"})]
    jumps = [
        jump
        for x in labels
        for jump in (
            (rate * (nbar + 1), [(1.0, {x: "-"})]),
            (rate * nbar, [(1.0, {x: "+"})]),
        )
    ]
    return Sketch("thermal and squeezed", spaces, H, jumps, cutoffs=cutoffs)


# Dark states --------------------------------------------------------------------------------


def dimers(rng):
    """Driven qubits on a one-way guide: dimers are dark where detunings cancel pairwise."""
    pairs = int(rng.integers(1, 3))
    spaces, q = qubits_of(2 * pairs)
    drive = over(rng, -0.5, 1)
    H, detunings = [], []
    for _ in range(pairs):
        d = over(rng, -1.5, 0.5)
        detunings += [d, -d]
    for x, d in zip(q, detunings, strict=True):
        H += [*hermitian([(HALF * drive, {x: "-"})]), (HALF * d, {x: "z"})]
    for j in range(len(q)):
        for k in range(j):  # k is upstream of j
            H += hermitian([(-0.5j, {q[j]: "+", q[k]: "-"})])
    jumps = [(1.0, [(1.0, {x: "-"}) for x in q])]
    return spaces, q, H, jumps


def squeezed_pair(rng):
    """Two qubits in a common squeezed bath: a pure entangled state is dark."""
    pairs = int(rng.integers(1, 3))
    spaces, q = qubits_of(2 * pairs)
    H, jumps = [], []
    for a, b in zip(q[::2], q[1::2], strict=True):
        r, rate = rng.uniform(0.2, 1.5), over(rng, -4, 1)
        c, s = float(np.cosh(r)), float(np.sinh(r))
        jumps += [(rate, [(c, {a: "-"}), (s, {b: "+"})]), (rate, [(c, {b: "-"}), (s, {a: "+"})])]
        d = over(rng, -3, 1)
        H += [(HALF * d, {a: "z"}), (-HALF * d, {b: "z"})]
    return spaces, q, H, jumps


def dark(rng, broken=False):
    """An exact dark state, or one that a perturbation of 1e-3 .. 1e-12 of the norm breaks."""
    maker = dimers if rng.random() < 0.6 else squeezed_pair
    spaces, q, H, jumps = maker(rng)
    if not broken:
        return Sketch("dark", spaces, H, jumps, unique=None)
    size = over(rng, -12, -3)
    kind, x = rng.integers(4), q[int(rng.integers(len(q)))]
    if kind == 0:
        H += [(HALF * size, {x: "z"})]
    elif kind == 1:
        jumps.append((size, [(1.0, {x: "-"})]))
    elif kind == 2:
        jumps.append((size, [(1.0, {x: "z"})]))
    else:
        H += hermitian([(size, {x: "-"})])
    return Sketch("dark, perturbed", spaces, H, jumps, unique=None, note=f"perturbed by {size:.1e}")


def dark_perturbed(rng):
    """See `dark`."""
    return dark(rng, broken=True)


def slow_beside_fast(rng):
    """Independent driven qubits, rates a factor ten to a thousand apart: all of them matter."""
    n = int(rng.integers(2, 5))
    spaces, q = qubits_of(n)
    H, jumps, rate = [], [], 1.0
    for x in q:
        H += hermitian([(HALF * rate * over(rng, -1, 0.5), {x: "-"})])
        jumps.append((rate, [(1.0, {x: "-"})]))
        rate *= over(rng, -8.0 / (n - 1), -1)
    return Sketch("slow beside fast", spaces, H, jumps)


# Uniqueness ---------------------------------------------------------------------------------


def conserved(rng, breaking=0.0):
    """Something is conserved, or broken so weakly that it hardly decays."""
    kind = int(rng.integers(5))
    spaces, q = qubits_of(2 if kind else int(rng.integers(2, 4)))
    H, jumps, cutoffs = [], [], ()
    if kind == 0:  # an idle qubit with a frequency
        H = [*hermitian([(over(rng, -2, 1), {q[0]: "-"})]), (over(rng, -3, 1), {q[-1]: "z"})]
        jumps = [(over(rng, -3, 1), [(1.0, {x: "-"})]) for x in q[:-1]]
        weak = [(breaking, [(1.0, {q[-1]: "-"})])]
    elif kind == 1:  # collective decay only: total spin
        H = [t for x in q for t in hermitian([(HALF, {x: "-"})])]
        jumps = [(over(rng, -2, 1), [(1.0, {x: "-"}) for x in q])]
        weak = [(breaking, [(1.0, {q[0]: "-"})])]
    elif kind == 2:  # dephasing and exchange: number of excitations
        H = hermitian([(over(rng, -2, 1), {q[0]: "+", q[1]: "-"})])
        jumps = [(over(rng, -2, 1), [(1.0, {x: "z"})]) for x in q]
        weak = [(breaking, [(1.0, {q[0]: "-"})])]
    elif kind == 3:  # photons in pairs: parity
        spaces, cutoffs = [("mode", "a", 0)], ONE_MODE
        H = hermitian([(over(rng, -1, 0.3), {"a": "--"})])
        jumps = [(1.0, [(1.0, {"a": "--"})])]
        weak = [(breaking, [(1.0, {"a": "-"})])]
    else:  # a spin with two wells
        spaces = [("spin", "J", int(rng.integers(2, 6)))]
        H = [(over(rng, -1, 1), {"J": "zz"})]
        jumps = [(over(rng, -1, 1), [(1.0, {"J": "z"})])]
        weak = [(breaking, [(1.0, {"J": "-"})])]
    name = "nearly conserved" if breaking else "conserved"
    note = f"broken by {breaking:.1e}" if breaking else ""
    return Sketch(name, spaces, H, jumps + (weak if breaking else []),
                  unique=bool(breaking), cutoffs=cutoffs, note=note)  # fmt: skip


def nearly_conserved(rng):
    """See `conserved`."""
    return conserved(rng, breaking=over(rng, -12, -3))
