"""Macroscopic entanglement over a chain of atomic ensembles (Li et al., 2026).

M ensembles of N atoms in a line, neighbours entangled for a time t by ``n_j n_(j+1)``, inner ones
measured in the x basis: the end nodes share about half of the largest possible entropy, and
``log2 b`` ebits at the magic times ``2 pi a/b``. Figures 1 to 4 are the paper's; others check
its equations and what it says of small and large ensembles, and ask how entanglement arises, grows
up to 1e12 atoms, lasts over many nodes, and what other outcomes give.
"""

from darkstate.papers.base import Paper
from darkstate.papers.li2026.averaged_nodes import AVERAGED_NODES
from darkstate.papers.li2026.dephasing_over_rate import FIGURE_4A, FIGURE_4B, FIGURE_4C, FIGURE_4D
from darkstate.papers.li2026.dephasing_over_time import FIGURE_3
from darkstate.papers.li2026.equations import EQUATIONS
from darkstate.papers.li2026.growth import GROWTH
from darkstate.papers.li2026.large_ensembles import FIGURE_1_LARGE
from darkstate.papers.li2026.many_nodes import MANY_NODES
from darkstate.papers.li2026.offset import OFFSET
from darkstate.papers.li2026.onset import ONSET
from darkstate.papers.li2026.outcomes import OUTCOMES
from darkstate.papers.li2026.sensitivity import SENSITIVITY
from darkstate.papers.li2026.small_ensembles import FIGURE_1
from darkstate.papers.li2026.truncation import FIGURE_2A, FIGURE_2B
from darkstate.papers.li2026.widths import WIDTHS

LI2026 = Paper(
    id="li2026",
    title="Macroscopic entanglement distribution with atomic ensembles",
    reference="S. Li, J. Hu, I. D. Lazarev, J. Raghoonanan, V. Ivannikov, A. N. Pyrkov, T. Byrnes, "
    "arXiv:2603.06085 (2026)",
    figures=(
        FIGURE_1,
        FIGURE_1_LARGE,
        ONSET,
        FIGURE_2A,
        FIGURE_2B,
        FIGURE_3,
        FIGURE_4A,
        FIGURE_4B,
        FIGURE_4C,
        FIGURE_4D,
        SENSITIVITY,
        WIDTHS,
        MANY_NODES,
        GROWTH,
        OUTCOMES,
        AVERAGED_NODES,
        OFFSET,
        EQUATIONS,
    ),
    notes=(
        "Time is in units of the inverse coupling, entropies are in ebits, E_max = log2(N+1). "
        "Unless said otherwise M = 3 and all inner nodes are found in q = N without offset.",
        "Dephasing is (gamma/2)(Sz^2 rho - 2 Sz rho Sz + rho Sz^2) with Sz = 2k - N, on every node "
        "during the interaction: exp(-2 gamma t (k-k')^2).",
        "Slips in print: the sign of the exponent in Eq. (7); k_M in the last factor of Eq. (16), "
        "where there is no further neighbour; Var(S_z)/<S_z>, where <S_z> = 0; two statements on "
        "the sensitivity of small and large ensembles that contradict each other.",
        "Chosen by us: all times; c = 2 in figures 2a and 2b; gamma = 0, 1e-3, 1e-2, 1e-1 in 3; "
        "gamma = 1e-4 to 1 in 4. The text does not give them.",
        "The text does not define the log-negativity; here it is log2 of the trace norm, in ebits.",
        "For M = 3 the log-negativity is minus log2 of the probability of q = N: the more ebits, "
        "the rarer the outcome.",
    ),
)

__all__ = ["LI2026"]
