"""Programmable entanglement in a dual-rail network (Agustí et al., 2023).

Qubits along two one-way waveguides, driven by the two beams of a parametric amplifier, relax into a
pure state whose pairing the local detunings choose. Figures 2b to 3c have a source of infinite
bandwidth, 4a to 4d one of finite bandwidth, and "dark" the claim of one pure steady state for every
permutation. "gates" checks Eqs. (1) to (10), "four" and "certified" the four-partite entanglement,
"asymmetric" a source with two decay rates; "prep" carries 3c to twenty pairs, "direct" and "long"
count entangled pairs one by one, "patterns" follows blocks of two, four and six qubits. Rates are
in units of gamma, an energy decay rate.
"""

from darkstate.papers.agusti2023.asymmetric import ASYMMETRIC
from darkstate.papers.agusti2023.bandwidth import FIGURE_4A
from darkstate.papers.agusti2023.blocks import FIGURE_2E
from darkstate.papers.agusti2023.certified import CERTIFIED
from darkstate.papers.agusti2023.counted import COUNTED
from darkstate.papers.agusti2023.dark_states import DARK
from darkstate.papers.agusti2023.detuned_pair import FIGURE_4C
from darkstate.papers.agusti2023.detuned_pairs import FIGURE_4D
from darkstate.papers.agusti2023.direct import DIRECT
from darkstate.papers.agusti2023.entangled_pairs import FIGURE_4B
from darkstate.papers.agusti2023.four_partite import FOUR
from darkstate.papers.agusti2023.gates import GATES
from darkstate.papers.agusti2023.long_chains import LONG
from darkstate.papers.agusti2023.long_preparation import PREPARATION
from darkstate.papers.agusti2023.patterns import PATTERNS
from darkstate.papers.agusti2023.preparation import FIGURE_3C
from darkstate.papers.agusti2023.programmed import FIGURE_2B, FIGURE_2C
from darkstate.papers.agusti2023.relaxation import FIGURE_3A, FIGURE_3B
from darkstate.papers.base import Paper

AGUSTI2023 = Paper(
    id="agusti2023",
    title="Autonomous distribution of programmable multiqubit entanglement in a dual-rail quantum "
    "network",
    reference="J. Agustí, X. H. H. Zhang, Y. Minoguchi, P. Rabl, Phys. Rev. Lett. 131, 250801 "
    "(2023)",
    figures=(
        GATES,
        FIGURE_2B,
        FIGURE_2C,
        FOUR,
        CERTIFIED,
        FIGURE_2E,
        FIGURE_3A,
        FIGURE_3B,
        FIGURE_3C,
        PREPARATION,
        FIGURE_4A,
        FIGURE_4B,
        FIGURE_4C,
        FIGURE_4D,
        ASYMMETRIC,
        DIRECT,
        COUNTED,
        LONG,
        PATTERNS,
        DARK,
    ),
    notes=(
        "Dissipators are c rho c† - {c† c, rho}/2; |0> is the ground state.",
        "Exchange gates: tan theta = -(delta_Bi - delta_Bi+1)/gamma, detunings before the exchange "
        "(pinned by U H U† = H' to machine precision). A slip in print: the text below Eq. (7) has "
        "the opposite sign; Eq. (10) has this one.",
        "Chosen by us where the text gives no parameter: N = 2 with Delta = 0, gamma, 4 gamma in "
        "2b; S_n of the first n pairs, N = 8 in 2e; Delta up to 2 gamma in 3c, with the ladder "
        "reversed on rail B (the caption has delta_B = -delta_A; times are the same, 3c-4).",
        "Relaxations (3a, 3b) have N = 5 as in the paper, and preparation times (3c) N = 1 to 5.",
        'Preparation times beyond N = 5 (figure "prep") are sums over linked clusters of up to '
        "five pairs, with an estimate of what larger and wider clusters would add.",
        'Chosen by us in "patterns": blocks at steps of gamma, r = 1, gamma_phi = 0.003 gamma, 1 % '
        "of the power lost between neighbours, detunings off by normal numbers of 0.05 gamma (one "
        "draw), beta = 50 for the first blocks; every block has the estimated error of a "
        "compression.",
        "A source of finite bandwidth is solved without a photon cut-off: its moments are a "
        "hierarchy, deepened until the state of the qubits stands still.",
        "Chosen by us in 4a-4d: r = 1 throughout; beta = 5 to 50 in 4a; gamma_phi/gamma = 0, "
        "0.001, 0.01 in 4b; Delta in units of kappa in 4c; beta = 20 and infinity, gamma_phi = "
        "0.01 gamma and the permutation 1..N in 4d.",
        "N_ent is an extrapolation: four pairs are solved exactly behind a source of finite "
        'bandwidth, five behind a white field; figure "long" goes to twenty by compression, with '
        "an estimated error of each pair.",
    ),
)

__all__ = ["AGUSTI2023"]
