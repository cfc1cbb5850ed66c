"""Two driven, dissipative bosonic modes (Drude-Lorentz baths): entanglement fed by a bath's vacuum.

Figures 1a-1d of a short paper whose title and authors are not at hand, and the same questions put
to the exact model (`ParametricPair(treatment="exact")`), which makes no Born-Markov, secular or
rotating-wave step. Frequencies are in units of w_a, bath strengths zeta in units of w_a².

The paper's "negativity" turns out to be the logarithmic negativity with the *natural* logarithm. So
the figures show nats and the claims say "nat"; data and library keep ebits, ``nat = ln 2 ebit``.
"""

from darkstate.papers.base import Paper
from darkstate.papers.drivenmodes.contours import FIGURE_1A, FIGURE_1B
from darkstate.papers.drivenmodes.cuts import FIGURE_1C, FIGURE_1D
from darkstate.papers.drivenmodes.exact_contours import EXACT_1A, EXACT_1B
from darkstate.papers.drivenmodes.pump import PUMP
from darkstate.papers.drivenmodes.weak_coupling import WEAK_COUPLING

DRIVENMODES = Paper(
    id="drivenmodes",
    title="Two driven, dissipative bosonic modes (Drude-Lorentz baths)",
    reference="Title and authors are not at hand; recomputed from its equations and parameters.",
    figures=(
        FIGURE_1A,
        FIGURE_1B,
        FIGURE_1C,
        FIGURE_1D,
        EXACT_1A,
        EXACT_1B,
        WEAK_COUPLING,
        PUMP,
    ),
    notes=(
        "Parameters of Fig. 1: w_a = 1, w_p = 10, nu_1 = nu_2 = 1, k = |D1 + D2|/10.",
        "The paper prints a11, a22 with +sqrt. With D1 + D2 < 0, as in its figure, these belong to "
        "no eigenmode of H; the sign of D1 + D2 does. Both are computed ('as printed', 'right').",
        "Entanglement is the log-negativity, drawn in nats as in the paper and stored in ebits.",
        "The ranges of the axes are ours.",
    ),
)

__all__ = ["DRIVENMODES"]
