"""Entanglement replication in driven dissipative many-body systems (Zippilli et al., 2013).

Figures 2a-2e and 3a-3c of the paper, its statement on the output field, and its open question on a
drive of finite bandwidth. Rates are in units of the hopping eta; the paper plots ``E/(1+E)`` with
the natural-log negativity E, and so do the figures here (the library itself speaks ebits).
"""

from darkstate.papers.base import Paper
from darkstate.papers.zippilli2013.atoms import FIGURE_3B
from darkstate.papers.zippilli2013.bandwidth import BANDWIDTH
from darkstate.papers.zippilli2013.disorder import FIGURE_3A
from darkstate.papers.zippilli2013.drive_statistics import FIGURE_2C, FIGURE_2D
from darkstate.papers.zippilli2013.end_loss import FIGURE_2E
from darkstate.papers.zippilli2013.lossy_chains import FIGURE_2A, FIGURE_2B
from darkstate.papers.zippilli2013.output_field import OUTPUT
from darkstate.papers.zippilli2013.spin_chains import FIGURE_3C

ZIPPILLI2013 = Paper(
    id="zippilli2013",
    title="Entanglement Replication in Driven Dissipative Many-Body Systems",
    reference="S. Zippilli, M. Paternostro, G. Adesso, F. Illuminati, Phys. Rev. Lett. 110, 040503",
    figures=(
        FIGURE_2A,
        FIGURE_2B,
        FIGURE_2C,
        FIGURE_2D,
        FIGURE_2E,
        FIGURE_3A,
        FIGURE_3B,
        FIGURE_3C,
        OUTPUT,
        BANDWIDTH,
    ),
    notes=(
        "Dissipators of the paper are 2 c rho c† - {c† c, rho}: its rates are amplitude rates.",
        "Parameters not given in our notes are zeta = eta = 1 and nbar = 1 (squeezed vacuum).",
    ),
)
