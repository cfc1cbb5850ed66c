"""Purity ``Tr rho^2``.

entries of rho                  Tr rho^2 = sum |rho_ij|^2
eigenvalues p                   Tr rho^2 = sum p^2     (`PureState`, `SchmidtState`)
blocks standing for d copies    Tr rho^2 = sum |rho_ij|^2 / d     (`EnsembleState`)
symplectic eigenvalues nu       Tr rho^2 = prod 1/(2 nu)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from darkstate.measures.dispatch import Measure
from darkstate.measures.spectra import (
    GAUSSIAN,
    SPECTRAL,
    Gaussian,
    Spectral,
    spectrum,
    symplectic_spectrum,
)
from darkstate.states import DensityState, DickePairState, EnsembleState, SchmidtState

purity = Measure(
    "purity",
    r"$\mathrm{Tr}\,\rho^2$",
    "",
    1,
    """Purity ``Tr rho^2`` of the labelled part (all if left out); one for a pure state.

    Args:
        state: the state.
        labels: label or labels of the part.

    Returns:
        A number in (0, 1]. Gaussian: ``prod_k 1/(2 nu_k)``.

    Source: Weedbrook et al., Rev. Mod. Phys. 84, 621 (2012).
    """,
    references=("weedbrook2012",),
)


@purity.register(*SPECTRAL)
def _of_spectrum(state: Spectral, labels: Sequence[str]) -> float:
    if isinstance(state, DensityState):
        return float(np.linalg.norm(state.reduced(labels).matrix) ** 2)
    if isinstance(state, DickePairState) and len(labels) == 2:
        return state.purity()
    if isinstance(state, SchmidtState) and len(labels) == 1:
        return 1.0 / state.effective_rank
    return float(np.sum(spectrum(state, labels) ** 2))


@purity.register(EnsembleState)
def _of_blocks(state: EnsembleState, labels: Sequence[str]) -> float:
    part = state.reduced(labels)
    copies = np.repeat(part.log2_copies, part.sizes**2)
    return float(np.sum(np.abs(part.values) ** 2 * np.exp2(-copies)))


@purity.register(*GAUSSIAN)
def _of_modes(state: Gaussian, labels: Sequence[str]) -> float:
    return float(np.prod(0.5 / symplectic_spectrum(state, labels)))
