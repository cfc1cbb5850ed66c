"""Families with modes: one, one with a qubit, several."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from audit.dice import HALF, ONE_MODE, TWO_MODES, WITH_QUBIT, over, phase, sign
from audit.sketch import Sketch, hermitian

# One mode -----------------------------------------------------------------------------------


def kerr(rng):
    """A driven Kerr mode, with heat and dephasing now and then; often bistable."""
    K, kappa, alpha = over(rng, -3, 1), over(rng, -3, 0), rng.uniform(0.1, 1.5)
    delta = sign(rng) * over(rng, -4, 1)
    drive = alpha * float(np.hypot(delta + K * alpha**2, HALF * kappa))
    drive = min(drive, 3 * K)
    H = [(delta, {"a": "+-"}), (HALF * K, {"a": "++--"})]
    H += hermitian([(drive * phase(rng), {"a": "-"})])
    jumps = [(kappa, [(1.0, {"a": "-"})])]
    jumps += [(kappa * over(rng, -3, -0.5), [(1.0, {"a": "+"})])] if rng.random() < 0.3 else []
    jumps += [(over(rng, -6, 0), [(1.0, {"a": "+-"})])] if rng.random() < 0.3 else []
    times = (0.0, over(rng, -1, 0.5), over(rng, 0.5, 1.5)) if rng.random() < 0.3 else ()
    return Sketch("Kerr mode", [("mode", "a", 0)], H, jumps, cutoffs=ONE_MODE, times=times)


def several_photons(rng):
    """Photons come and go k at a time: nothing below level k is coupled to the vacuum."""
    k = int(rng.integers(2, 5))
    loss, photons = over(rng, -2, 0), rng.uniform(0.3, 2.5)
    drive = HALF * loss * photons ** (HALF * k)
    H = hermitian([(drive * phase(rng), {"a": "-" * k})])
    H += [(sign(rng) * over(rng, -4, 0), {"a": "+-"})] if rng.random() < 0.5 else []
    jumps = [(loss, [(1.0, {"a": "-" * k})]), (over(rng, -5, 0), [(1.0, {"a": "-"})])]
    return Sketch("photons by k", [("mode", "a", 0)], H, jumps, cutoffs=ONE_MODE, note=f"k = {k}")


def multiphoton_resonance(rng):
    """A weak drive that k of its quanta bring to resonance with level k of a Kerr mode."""
    k = int(rng.integers(2, 6))
    drive = over(rng, -1.5, -0.3)
    H = [(-HALF * (k - 1), {"a": "+-"}), (HALF, {"a": "++--"})]
    H += hermitian([(drive, {"a": "-"})])
    jumps = [(over(rng, -7, -1), [(1.0, {"a": "-"})])]
    note = f"level {k}, drive {drive:.1e}"
    return Sketch(
        "multi-photon resonance", [("mode", "a", 0)], H, jumps, cutoffs=ONE_MODE, note=note
    )


def cat(rng):
    """Two coherent states, left and right, between which weak single-photon loss mixes."""
    photons, loss = rng.uniform(0.8, 4.0), over(rng, -8, 0)
    H = hermitian([(0.5j * photons, {"a": "++"})])
    H += [(over(rng, -4, -1), {"a": "+-"})] if rng.random() < 0.4 else []
    jumps = [(1.0, [(1.0, {"a": "--"})]), (loss, [(1.0, {"a": "-"})])]
    note = f"{photons:.1f} photons, loss {loss:.1e}"
    times = (0.0, 0.5, 5.0, 50.0) if photons < 2.5 and rng.random() < 0.5 else ()
    return Sketch("cat, metastable", [("mode", "a", 0)], H, jumps, cutoffs=ONE_MODE,
                  times=times, note=note)  # fmt: skip


def bistable(rng):
    """A Kerr mode driven between its two classical states, with hardly any loss."""
    kappa, photons = over(rng, -3, -0.5), rng.uniform(1.0, 3.0)
    K = 1.0 / photons
    drive = rng.uniform(0.2, 0.6) * (4.0 / (27.0 * K)) ** 0.5
    H = [(-1.0, {"a": "+-"}), (HALF * K, {"a": "++--"}), *hermitian([(drive, {"a": "-"})])]
    jumps = [(kappa, [(1.0, {"a": "-"})])]
    return Sketch("bistable Kerr", [("mode", "a", 0)], H, jumps, cutoffs=ONE_MODE)


# More modes ---------------------------------------------------------------------------------


def jaynes_cummings(rng):
    """One mode and one qubit: exchange, dispersive, two-photon, counter-rotating, longitudinal."""
    kappa, gamma, g = over(rng, -4, 0), over(rng, -4, 0), over(rng, -3, 0)
    kind = int(rng.integers(5))
    words = [
        ({"a": "-", "q": "+"},),
        ({"a": "+-", "q": "z"},),
        ({"a": "--", "q": "+"},),
        ({"a": "-", "q": "+"}, {"a": "-", "q": "-"}),
        ({"a": "-", "q": "z"},),
    ][kind]
    H = [(HALF * g, words[0])] if kind == 1 else [t for w in words for t in hermitian([(g, w)])]
    H += [
        (sign(rng) * over(rng, -3, 0.5), {"a": "+-"}),
        (sign(rng) * over(rng, -3, 0.5), {"q": "z"}),
    ]
    if kind == 4:  # a longitudinal coupling must not displace far
        H[-2] = (5.0 * g, {"a": "+-"})
    drive = HALF * kappa * rng.uniform(0.05, 1.0)
    H += hermitian([(drive, {"a": "-"})]) if rng.random() < 0.6 else []
    H += hermitian([(over(rng, -3, 0), {"q": "-"})]) if rng.random() < 0.6 else []
    jumps = [(kappa, [(1.0, {"a": "-"})]), (gamma, [(1.0, {"q": "-"})])]
    jumps += [(over(rng, -5, 0), [(1.0, {"q": "z"})])] if rng.random() < 0.3 else []
    times = (0.0, over(rng, -1, 0.5), over(rng, 0.5, 1.2)) if rng.random() < 0.25 else ()
    return Sketch("mode and qubit", [("mode", "a", 0), ("qubit", "q", 0)], H, jumps,
                  cutoffs=WITH_QUBIT, times=times)  # fmt: skip


def two_modes(rng):
    """Optomechanics, cross-Kerr, one photon for two: nonlinear couplings of two modes."""
    kind = int(rng.integers(3))
    ka, kb = over(rng, -3, 0), over(rng, -3, 0)
    cutoffs = TWO_MODES
    if kind == 0:  # radiation pressure
        w, g = 1.0, over(rng, -2, -0.5)
        H = [(w, {"b": "+-"}), (g, {"a": "+-", "b": "-"}), (g, {"a": "+-", "b": "+"})]
        H += [(sign(rng) * over(rng, -2, 0.3), {"a": "+-"})]
        cutoffs = ((3, 6), (4, 8), (5, 9))
    elif kind == 1:  # cross-Kerr beside an exchange
        H = [(over(rng, -2, 0.5), {"a": "+-", "b": "+-"})]
        H += hermitian([(over(rng, -2, 0), {"a": "+", "b": "-"})])
    else:  # one photon of b for two of a
        H = hermitian([(over(rng, -2, 0), {"a": "++", "b": "-"})])
    driven = "b" if kind == 2 else "a"
    H += hermitian([((kb if kind == 2 else ka) * rng.uniform(0.01, 0.15), {driven: "-"})])
    jumps = [(ka, [(1.0, {"a": "-"})]), (kb, [(1.0, {"b": "-"})])]
    return Sketch("two modes", [("mode", "a", 0), ("mode", "b", 0)], H, jumps, cutoffs=cutoffs)


def network(rng):
    """Quadratic networks: exchange, squeezing (now and then too much), heat, displacements."""
    n = int(rng.integers(1, 5))
    labels = [f"m{k}" for k in range(n)]
    H, jumps = [], []
    for x in labels:
        rate = over(rng, -6, 1)
        H += [(sign(rng) * over(rng, -6, 2), {x: "+-"})]
        H += hermitian([(over(rng, -6, 0) * phase(rng), {x: "-"})]) if rng.random() < 0.4 else []
        H += (
            hermitian([(0.2 * rate * rng.uniform(0, 1.4), {x: "--"})]) if rng.random() < 0.3 else []
        )
        jumps.append((rate, [(1.0, {x: "-"})]))
        jumps += [(rate * rng.uniform(0, 0.8), [(1.0, {x: "+"})])] if rng.random() < 0.4 else []
    for a, b in pairwise(labels):
        H += hermitian([(over(rng, -4, 1) * phase(rng), {a: "+", b: "-"})])
    if n > 1 and rng.random() < 0.5:
        r = rng.uniform(0.1, 1.5)
        c, s, rate = float(np.cosh(r)), float(np.sinh(r)), over(rng, -4, 1)
        a, b = labels[:2]
        jumps += [(rate, [(c, {a: "-"}), (s, {b: "+"})]), (rate, [(c, {b: "-"}), (s, {a: "+"})])]
    if rng.random() < 0.15 and n > 1:  # a mode that nothing damps
        jumps = [j for j in jumps if all(labels[-1] not in words for _, words in j[1])]
    return Sketch("quadratic network", [("mode", x, 0) for x in labels], H, jumps, unique=None)


def source(rng):
    """A squeezed or thermal cavity whose light drives a qubit, one way."""
    kappa, gamma = over(rng, -1, 2), 1.0
    both = (kappa * gamma) ** HALF
    H = hermitian([(-0.5j * both, {"q": "+", "a": "-"})])
    jumps = [(1.0, [(kappa**HALF, {"a": "-"}), (1.0, {"q": "-"})])]
    if rng.random() < 0.5:
        H += hermitian([(0.25j * kappa * rng.uniform(0.05, 0.5), {"a": "--"})])
    else:
        jumps.append((kappa * rng.uniform(0.01, 0.25), [(1.0, {"a": "+"})]))
    H += [(HALF * over(rng, -2, 0.5), {"q": "z"})] if rng.random() < 0.5 else []
    jumps += [(over(rng, -5, 0), [(1.0, {"q": "z"})])] if rng.random() < 0.5 else []
    return Sketch("source and qubit", [("mode", "a", 0), ("qubit", "q", 0)], H, jumps,
                  cutoffs=((8,), (12,), (16,), (21,)))  # fmt: skip
