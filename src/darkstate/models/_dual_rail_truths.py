"""Exact measures of the pure steady state of the dual-rail network.

The gates of the circuit act on rail B alone, so what is entangled *between the rails* is that of N
pairs ``(cosh r|00> + sinh r|11>)/sqrt(cosh 2r)`` for every permutation and all detunings. A pair
that no gate touches keeps everything.
"""

from __future__ import annotations

import math

from darkstate.models._dual_rail_circuit import Circuit
from darkstate.models.base import Truth

_PAPER = "Agustí, Zhang, Minoguchi, Rabl, Phys. Rev. Lett. 131, 250801 (2023)"
_CONDITION = "broadband source, no imperfections, detunings_b a permutation of -detunings_a"


def pair_entropy(squeezing: float) -> float:
    """Entropy (bits) of one qubit of a pair, ``x = cosh^2 r/cosh 2r``."""
    x = 1 / (1 + math.tanh(squeezing) ** 2)
    return -sum(p * math.log2(p) for p in (x, 1 - x) if p > 0)


def pure_truths(squeezing: float, circuit: Circuit) -> tuple[Truth, ...]:
    """The truths that `circuit` implies."""
    a = tuple(labels[0] for _, labels in circuit.pairs)
    b = tuple(labels[1] for _, labels in circuit.pairs)
    n = len(a)
    C = math.tanh(2 * squeezing)
    ebits = math.log2(1 + C)
    S = "S(A) = -N [x log2 x + (1-x) log2(1-x)], x = cosh^2 r/cosh 2r"
    E = "E_N(A, B) = N log2(1 + tanh 2r)"
    truths = [
        Truth("entropy", (a,), n * pair_entropy(squeezing), f"{S}: {_CONDITION}", _PAPER),
        Truth("log_negativity", (a, b), n * ebits, f"{E}: {_CONDITION}", _PAPER),
        Truth("purity", ((*a, *b),), 1.0, f"the steady state is pure: {_CONDITION}", _PAPER),
    ]
    touched = {label for _, labels in circuit.gates for label in labels}
    condition = f"no exchange at this node; {_CONDITION}"
    for _, pair in circuit.pairs:
        if pair[1] not in touched and n > 1:
            truths += [
                Truth("concurrence", pair, C, f"C = tanh 2r: {condition}", _PAPER),
                Truth("log_negativity", pair, ebits, f"E_N = log2(1 + C): {condition}", _PAPER),
                Truth("purity", (pair,), 1.0, f"a pure pair: {condition}", _PAPER),
            ]
    if n == 1:
        pair = circuit.pairs[0][1]
        truths.append(Truth("concurrence", pair, C, f"C = tanh 2r: {_CONDITION}", _PAPER))
    return tuple(truths)
