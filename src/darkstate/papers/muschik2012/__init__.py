"""Two atomic ensembles entangled by dissipation, helped by measurement (Muschik et al., 2012).

Figures 3a, 3b and 4b, how long records matter, the relations and the reconstruction of Sec. V, the
lifetimes of the text, steady states, App. B, and beyond the paper finite N. Rates are per
millisecond and energy-type.
The paper polarises along x, the library along z: its (Jy, Jz, Jx) are our (Jx, Jy, Jz).
"""

from darkstate.papers.base import Paper
from darkstate.papers.muschik2012.conditional import FIGURE_4B
from darkstate.papers.muschik2012.detuning import FIGURE_3A
from darkstate.papers.muschik2012.finite_size import FINITE
from darkstate.papers.muschik2012.formulas import FORMULAS
from darkstate.papers.muschik2012.lifetimes import LIFETIME
from darkstate.papers.muschik2012.memory import MEMORY
from darkstate.papers.muschik2012.reconstruction import RECONSTRUCTION
from darkstate.papers.muschik2012.relations import RELATIONS
from darkstate.papers.muschik2012.steady import STEADY
from darkstate.papers.muschik2012.three_level import FIGURE_3B

MUSCHIK2012 = Paper(
    id="muschik2012",
    title="Robust entanglement generation by reservoir engineering",
    reference="C. A. Muschik, H. Krauter, K. Jensen, J. M. Petersen, J. I. Cirac, E. S. Polzik, "
    "arXiv:1203.4785 (2012)",
    figures=(
        FIGURE_3A,
        FIGURE_3B,
        FIGURE_4B,
        MEMORY,
        RELATIONS,
        RECONSTRUCTION,
        LIFETIME,
        STEADY,
        FORMULAS,
        FINITE,
    ),
    notes=(
        "Jumps A, B at rate d Gamma/N each in D[c] = c rho c† - {c† c, rho}/2; single-atom noise "
        "Gt = Gcool + Gheat + Gdeph. The text's D[sigma_down,down] is our D[sigma_z/2].",
        "Rates of App. C as printed: each of the two transitions back from the third level counts "
        "Gin = Grepump + Gcol. Beside it, where it matters: one Grepump shared by both.",
        "App. B as printed lacks dN2/dt in the equation of the variance. Figures 3a and 3b have "
        "the term (3a loses no atoms); lifetimes are given with and without it.",
        "Gout_L, the loss from the two levels by the drive, is not in the text: a parameter; the "
        "claims of 3b hold in a window of it.",
        "3a and the lifetimes have d = 55, no pump and start with fully polarised, uncorrelated "
        "atoms. Detunings are cycles per second.",
        "4b has Z = 2.5, as 3b; detector efficiencies below 1 are ours. Sec. IV has variances in "
        "units of the vacuum's and gamma_s as their rate; in Sec. V and Eqs. (3), (4) gamma_s is "
        "the rate of amplitudes, and the vacuum has 1/2.",
        "The virtual experiment of the reconstruction is ours but for the efficiency 0.84(4): "
        "variance rates 0.30/ms of the light, 0.10/ms of other decay and 0.02/ms in the dark, "
        "towards the vacuum; Z = 2.5; write and read pulses of 4 ms, waits of 10 and 40 ms, light "
        "of 6 sqrt(photons/ms), coverage with a drive of 12 ms, 200 shots per series and 12 bins.",
        "Slips in print: 1/N+ and 1/N- for N+ and N-, and sin for -sin in the sine modes (3); "
        "+Z for -1/Z before the noise in the second line of (8); X for P in that of (9); "
        "2 for N2 in the first term of (B3); the state down of ensemble II labelled I (Sec. II); "
        "sigma_II missing after rho in (A3); |3,+-4> for |4,+-4> in the abbreviation of G34 "
        "(App. C); delta(t - t') for the correlation of light whose vacuum has 1/2, J_I +- J_II "
        "for J_I - J_II (Sec. V E); rates of drive and decay exchanged in the caption of Fig. 4; "
        "[t; tprobe] for [t; t + tprobe] in that of Fig. 6.",
    ),
)

__all__ = ["MUSCHIK2012"]
