"""Programmable entanglement in a dual-rail network (Agustí et al., 2023): the broadband figures.

Qubits along two one-way waveguides, driven by the two beams of a parametric amplifier, relax into a
pure state whose pairing the local detunings choose. Figures 2b, 2c, 2e, 3a, 3b and 3c, and the
claim of one pure steady state for every permutation. Rates are in units of gamma, an energy decay
rate.
"""

from darkstate.papers.agusti2023.blocks import FIGURE_2E
from darkstate.papers.agusti2023.dark_states import DARK
from darkstate.papers.agusti2023.preparation import FIGURE_3C
from darkstate.papers.agusti2023.programmed import FIGURE_2B, FIGURE_2C
from darkstate.papers.agusti2023.relaxation import FIGURE_3A, FIGURE_3B
from darkstate.papers.base import Paper

AGUSTI2023 = Paper(
    id="agusti2023",
    title="Programmable multiqubit entanglement in a dual-rail network",
    reference="J. Agustí, X. H. H. Zhang, Y. Minoguchi, P. Rabl, Phys. Rev. Lett. 131, 250801",
    figures=(FIGURE_2B, FIGURE_2C, FIGURE_2E, FIGURE_3A, FIGURE_3B, FIGURE_3C, DARK),
    notes=(
        "Dissipators are c rho c† - {c† c, rho}/2; |0> is the ground state; sources are broadband.",
        "Exchange gates: tan theta = -(delta_Bi - delta_Bi+1)/gamma, detunings before the exchange "
        "(pinned by U H U† = H' to machine precision).",
        "Chosen by us where our notes give no parameter: N = 2 with Delta = 0, gamma, 4 gamma in "
        "2b; S_n of the first n pairs, r = 1, N = 8 in 2e; Delta up to 2 gamma in 3c, with the "
        "ladder reversed on rail B.",
        "Relaxations (3a, 3b) have N = 4 instead of 5; 3c has N = 5 for Delta = gamma only.",
        "Not recomputed yet: figures 4a-4d (source of finite bandwidth) and the claims on N_ent.",
    ),
)

__all__ = ["AGUSTI2023"]
