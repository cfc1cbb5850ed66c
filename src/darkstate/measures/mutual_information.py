"""Quantum mutual information in bits, ``I = S(A) + S(B) - S(AB)``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from darkstate.measures.dispatch import Measure
from darkstate.measures.entropy import entropy
from darkstate.measures.spectra import GAUSSIAN, SPECTRAL
from darkstate.states import EnsembleState

mutual_information = Measure(
    "mutual_information",
    r"$I$",
    "bit",
    2,
    """Quantum mutual information ``S(A) + S(B) - S(AB)`` between two parties, in bits.

    Args:
        state: the state.
        first: label or labels of A.
        second: label or labels of B.

    Returns:
        A number >= 0; zero iff the parties are uncorrelated.
    """,
    references=("weedbrook2012",),
)


@mutual_information.register(*SPECTRAL, EnsembleState, *GAUSSIAN)
def _of_entropies(state: Any, first: Sequence[str], second: Sequence[str]) -> float:
    sides = entropy(state, first) + entropy(state, second)
    return max(0.0, sides - entropy(state, [*first, *second]))
