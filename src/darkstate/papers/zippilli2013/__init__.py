"""Entanglement replication in driven dissipative many-body systems (Zippilli et al., 2013).

Figures 2a-2e and 3a-3c of the paper and every quantitative statement of its text; beyond it loss of
cavities with atoms, noise of spins, and the open question on a drive of finite bandwidth. Rates are
in units of the hopping eta; the paper plots ``E/(1+E)``, which we read with the natural-log
negativity E, and so do the figures here (the library itself speaks ebits).
"""

from darkstate.papers.base import Paper
from darkstate.papers.zippilli2013.atoms import FIGURE_3B
from darkstate.papers.zippilli2013.bandwidth import BANDWIDTH
from darkstate.papers.zippilli2013.disorder import FIGURE_3A, MIRRORED
from darkstate.papers.zippilli2013.drive_statistics import FIGURE_2C, FIGURE_2D
from darkstate.papers.zippilli2013.end_loss import FIGURE_2E
from darkstate.papers.zippilli2013.exact import EXACT
from darkstate.papers.zippilli2013.experiment import EXPERIMENT
from darkstate.papers.zippilli2013.lossy_atoms import ATOMS
from darkstate.papers.zippilli2013.lossy_chains import FIGURE_2A, FIGURE_2B
from darkstate.papers.zippilli2013.noisy_spins import SPINS
from darkstate.papers.zippilli2013.output_field import OUTPUT
from darkstate.papers.zippilli2013.spin_chains import FIGURE_3C
from darkstate.papers.zippilli2013.unequal import UNEQUAL

ZIPPILLI2013 = Paper(
    id="zippilli2013",
    title="Entanglement Replication in Driven Dissipative Many-Body Systems",
    reference="S. Zippilli, M. Paternostro, G. Adesso, F. Illuminati, Phys. Rev. Lett. 110, 040503 "
    "(2013)",
    figures=(
        EXACT,
        FIGURE_2A,
        FIGURE_2B,
        FIGURE_2C,
        FIGURE_2D,
        FIGURE_2E,
        OUTPUT,
        UNEQUAL,
        FIGURE_3A,
        MIRRORED,
        FIGURE_3B,
        ATOMS,
        FIGURE_3C,
        SPINS,
        EXPERIMENT,
        BANDWIDTH,
    ),
    notes=(
        "Dissipators of the paper are 2 c rho c† - {c† c, rho}: its rates are amplitude rates.",
        "The figures have zeta = eta and nbar = 1, 2c and 2d kappa = 0.1 eta and N = 10, 3a kappa ="
        " 0.02 eta_0 and N = 10, 3b and 3c kappa = 0 and N = 3: from the captions. Losses of 2a, "
        "the pairs that panels show, and the ranges of axes are in the pictures alone: ours.",
        "The logarithm of E_N of cavities is printed without a base; we plot E/(1+E) with nats. No "
        "verdict depends on it. E_N of atoms and spins is printed with log2.",
        "Random couplings of 3a: u uniform in a range, read as half-width and as full width.",
        "Slips in print: sums over j = 1, ..., N+1 and k = 0, ..., N mean the two ends alone; the "
        "steady state of spin chains has the signs opposite to Eq. (1), and |1> is the lower state "
        "(3c-1).",
        "The supplement is not at hand: conditions on g_j, the output field's rates.",
    ),
)

__all__ = ["ZIPPILLI2013"]
