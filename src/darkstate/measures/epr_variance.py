"""EPR variance of two modes: ``1 + n_a + n_b - 2 |<a b>|``, below one if they are entangled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from darkstate.errors import ArgumentError
from darkstate.measures.dispatch import Measure, Pair
from darkstate.measures.spectra import GAUSSIAN, Gaussian

epr_variance = Measure(
    "epr_variance",
    r"$\Delta_{\mathrm{EPR}}$",
    "",
    2,
    """EPR variance of two modes, minimised over local phases.

    ``[Var(x_a - x_b) + Var(p_a + p_b)]/2 = 1 + n_a + n_b - 2|<a b>|`` for the best local phases;
    below 1 the modes are entangled, 0 is the ideal EPR state.

    Args:
        state: a Gaussian state.
        first: one mode.
        second: another mode.

    Source: Duan, Giedke, Cirac, Zoller, Phys. Rev. Lett. 84, 2722 (2000).
    """,
    references=("duan2000",),
    words="EPR variance",
)


@epr_variance.register_many(*GAUSSIAN)
def _of_pairs(state: Gaussian, pairs: Sequence[Pair]) -> NDArray[np.float64]:
    pair = state.pair_moments(pairs)
    return 1.0 + pair.n_i + pair.n_j - 2.0 * np.abs(pair.m)


@epr_variance.register(*GAUSSIAN)
def _of_two_modes(state: Gaussian, first: Sequence[str], second: Sequence[str]) -> float:
    for name, party in (("first", first), ("second", second)):
        if len(party) != 1:
            raise ArgumentError(name, "be one mode", party, "Give two single labels.")
    return float(_of_pairs(state, [(first[0], second[0])])[0])
