"""Entanglement, entropy and purity of the end nodes of a chain.

A `SchmidtState` gives all of them from its coefficients s: ``-sum s^2 log2 s^2`` for the entropy of
either end, ``2 log2 sum s`` for the logarithmic negativity. A `DickePairState` gives the
eigenvalues of rho and of its partial transpose sector by sector. The measures themselves are
declared in `darkstate.measures.gaussian_numbers`, `log_negativity` and `negativity`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from darkstate.checks import check_labels
from darkstate.measures.dense_numbers import shannon
from darkstate.measures.dispatch import as_group
from darkstate.measures.gaussian_numbers import entropy, mutual_information, purity
from darkstate.measures.log_negativity import log_negativity
from darkstate.measures.negativity import negativity
from darkstate.states import DickePairState, SchmidtState

Ends = SchmidtState | DickePairState


def _chosen(state: Ends, labels: Sequence[str] | str | None) -> tuple[str, ...]:
    return check_labels("labels", as_group(labels) or state.labels, state.labels)


@entropy.register(SchmidtState)
def _entropy(state: SchmidtState, labels: Sequence[str] | str | None = None) -> float:
    if len(_chosen(state, labels)) == 2:
        return 0.0
    p = state.coefficients**2
    if state.counts is None:
        return shannon(p)
    kept = p > 0.0
    return float(-np.sum(state.counts[kept] * p[kept] * np.log2(p[kept])))


@entropy.register(DickePairState)
def _mixed_entropy(state: DickePairState, labels: Sequence[str] | str | None = None) -> float:
    chosen = _chosen(state, labels)
    if len(chosen) == 1:
        return shannon(state.reduced_spectrum(chosen[0]))
    return shannon(np.maximum(state.spectrum(), 0.0))


@purity.register(SchmidtState)
def _purity(state: SchmidtState, labels: Sequence[str] | str | None = None) -> float:
    return 1.0 if len(_chosen(state, labels)) == 2 else 1.0 / state.effective_rank


@purity.register(DickePairState)
def _mixed_purity(state: DickePairState, labels: Sequence[str] | str | None = None) -> float:
    chosen = _chosen(state, labels)
    if len(chosen) == 2:
        return state.purity()
    return float(np.sum(state.reduced_spectrum(chosen[0]) ** 2))


@mutual_information.register(SchmidtState, DickePairState)
def _mutual(state: Ends, first: Sequence[str], second: Sequence[str]) -> float:
    parts = [entropy(state, group) for group in (as_group(first), as_group(second), None)]
    return max(0.0, parts[0] + parts[1] - parts[2])


@negativity.register(SchmidtState, DickePairState)
def _negativity(state: Ends, first: Sequence[str], second: Sequence[str]) -> float:
    if isinstance(state, DickePairState):
        return float(np.sum(np.maximum(0.0, -state.spectrum(transposed=True))))
    s = state.coefficients
    if state.counts is None:
        return float(np.sum(np.cumsum(s)[:-1] * s[1:]))
    return max(0.0, 0.5 * (float(state.counts @ s) ** 2 - 1.0))


@log_negativity.register(SchmidtState, DickePairState)
def _log_negativity(state: Ends, first: Sequence[str], second: Sequence[str]) -> float:
    return float(np.log1p(2.0 * _negativity(state, first, second)) / np.log(2.0))
