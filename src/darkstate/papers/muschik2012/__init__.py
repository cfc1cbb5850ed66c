"""Two atomic ensembles entangled by dissipation, helped by measurement (Muschik et al., 2012).

Figures 3a, 3b and 4b, the reconstruction of Sec. V, the lifetimes of the text, the decorrelated
equations (B1)-(B3), and beyond the paper finite N. Rates are per millisecond and energy-type.
The paper polarises along x, the library along z: its (Jy, Jz, Jx) are our (Jx, Jy, Jz).
"""

from darkstate.papers.base import Paper
from darkstate.papers.muschik2012.conditional import FIGURE_4B
from darkstate.papers.muschik2012.detuning import FIGURE_3A
from darkstate.papers.muschik2012.finite_size import FINITE
from darkstate.papers.muschik2012.formulas import FORMULAS
from darkstate.papers.muschik2012.lifetimes import LIFETIME
from darkstate.papers.muschik2012.reconstruction import RECONSTRUCTION
from darkstate.papers.muschik2012.three_level import FIGURE_3B

MUSCHIK2012 = Paper(
    id="muschik2012",
    title="Robust entanglement generation by reservoir engineering",
    reference="C. A. Muschik, H. Krauter, K. Jensen, J. M. Petersen, J. I. Cirac, E. S. Polzik, "
    "arXiv:1203.4785 (2012)",
    figures=(FIGURE_3A, FIGURE_3B, FIGURE_4B, RECONSTRUCTION, LIFETIME, FORMULAS, FINITE),
    notes=(
        "Jumps A, B at rate d Gamma/N each in D[c] = c rho c† - {c† c, rho}/2; single-atom noise "
        "Gt = Gcool + Gheat + Gdeph with dephasing D[sigma_z/2]. This is the reading in which (B1) "
        "follows.",
        "Chosen by us where our notes give no parameter: the drive scatters single atoms at mu^2 "
        "Gamma into and nu^2 Gamma out of the polarised level, collisions at Gcol between any two "
        "levels, the pump moves atoms at Gpump, half of the repumped atoms return polarised.",
        "Gout_L, the loss from the two levels by the drive, is not given: a parameter; the claims "
        "of 3b hold in a window of it.",
        "3a and the lifetimes have d = 55, no pump and start with fully polarised, uncorrelated "
        "atoms. Detunings are cycles per second.",
        "4b has Z = 2.5, as 3b; detector efficiencies 1, 0.8 and 0.5 are ours.",
        "The virtual experiment of the reconstruction is ours: variance rates 0.30/ms of the light,"
        " 0.10/ms of other decay and 0.02/ms in the dark, towards the vacuum; Z = 2.5, efficiency "
        "0.85 known to 0.01; write and read pulses of 4 ms, waits of 10 and 40 ms, light of "
        "6 sqrt(photons/ms), coverage with a drive of 12 ms, 200 shots per series and 12 bins.",
    ),
)

__all__ = ["MUSCHIK2012"]
