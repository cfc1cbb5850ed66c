"""Two driven, dissipative bosonic modes (Drude-Lorentz baths): entanglement fed by a bath's vacuum.

Figures 1a-1d and every quantitative statement of a short paper whose text at hand names neither
title nor authors, and the same questions put to the exact model (`ParametricPair(
treatment="exact")`), which makes no Born-Markov, secular or rotating-wave step. Frequencies are in
units of w_a, bath strengths zeta in units of w_a².

The figures were computed with the expressions as printed, slip included (`equations`): literally
evaluated, these give the paper's 0.2 and 0.003. The paper's "negativity" is the logarithmic
negativity with the *natural* logarithm. So the figures show nats and the claims say "nat"; data and
library keep ebits, ``nat = ln 2 ebit``.
"""

from darkstate.papers.base import Paper
from darkstate.papers.drivenmodes.contours import FIGURE_1A, FIGURE_1B
from darkstate.papers.drivenmodes.cuts import FIGURE_1C, FIGURE_1D
from darkstate.papers.drivenmodes.equations import EQUATIONS
from darkstate.papers.drivenmodes.exact_contours import EXACT_1A, EXACT_1B
from darkstate.papers.drivenmodes.passive import PASSIVE
from darkstate.papers.drivenmodes.pump import PUMP
from darkstate.papers.drivenmodes.undriven import UNDRIVEN
from darkstate.papers.drivenmodes.weak_coupling import WEAK_COUPLING

DRIVENMODES = Paper(
    id="drivenmodes",
    title="Two driven, dissipative bosonic modes (Drude-Lorentz baths)",
    reference="The text at hand names neither title nor authors; recomputed from its equations.",
    figures=(
        FIGURE_1A,
        FIGURE_1B,
        FIGURE_1C,
        FIGURE_1D,
        EQUATIONS,
        PASSIVE,
        UNDRIVEN,
        EXACT_1A,
        EXACT_1B,
        WEAK_COUPLING,
        PUMP,
    ),
    notes=(
        "Parameters of Fig. 1: w_a = 1, w_p = 10, nu_1 = nu_2 = 1, k = |D1 + D2|/10.",
        "Eqs. (7), (8) and a11, a22 diagonalise H for D1 + D2 > 0 only. The figures have "
        "D1 + D2 < 0 and were computed as printed; 'right' has beta of the other sign.",
        "Verdicts judge the paper's own secular theory as printed; notes give the right branch and "
        "the exact pair.",
        "Entanglement is the log-negativity, drawn in nats as in the paper and stored in ebits.",
        "The ranges of the axes are ours.",
    ),
)

__all__ = ["DRIVENMODES"]
