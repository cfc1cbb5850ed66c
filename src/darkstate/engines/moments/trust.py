r"""How far to trust a stationary point: what the dropped third cumulants would change.

Third cumulants k of the fluctuations are driven by means and covariances. For large N,

    d k_abc/dt = sum_sym [J_ad k_dbc + M_abeg k_egc + 2 F2_ade K_db K_ec + G_abe K_ec],

with the noise's dependence on the means, ``G_abe = P_abe + 2 M_abeg x_g``, and *sum_sym* over the
three choices of the index that stands alone. Stationary ones are put back where they were dropped,
``d K_ab/dt = ... + sum_cd (F2_acd k_cdb + F2_bcd k_cda)``, and the linearised equations tell how
far means and covariances move. Third moments of the noise of single atoms are left out, and the
covariances put in are those of the closure: it is an estimate of the size, not a correction.
"""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
import scipy.linalg

from darkstate.engines.moments.packing import Packed
from darkstate.engines.moments.solving import bordered
from darkstate.states import SpinMoments
from darkstate.states.moments import MODE, Array, generators

LARGEST = 12
"""Operators up to which third cumulants are estimated (four ensembles)."""
_SINGULAR = 1e-12


def closure_error(packed: Packed, y: Array) -> float | None:
    """Relative change of means and transverse variances by third cumulants; None if not estimated.

    Args:
        packed: the equations.
        y: a stationary point.
    """
    n = len(packed.equations.F0)
    if n > LARGEST:
        return None
    third = third_cumulants(packed, y)
    _, noise = packed.equations.scales
    F2 = packed.equations.F2 * noise * noise[:, None] / noise[:, None, None]
    dropped = np.einsum("acd,cdb->ab", F2, third)
    force = np.concatenate([np.zeros(n), (dropped + dropped.T)[packed.triangle]])
    matrix, rows = bordered(packed, y)
    right = np.zeros(len(matrix))
    right[: len(y)] = -force / rows
    moved = np.asarray(np.linalg.lstsq(matrix, right, rcond=_SINGULAR)[0], dtype=float)
    return _relative(packed.unpack(y), packed.unpack(moved))


def third_cumulants(packed: Packed, y: Array) -> Array:
    """Stationary third cumulants (n, n, n), fluctuations counted in sqrt(N)."""
    eq = packed.equations
    state, (_, s) = packed.unpack(y), eq.scales
    K = state.covariance / np.outer(s, s)
    J = (eq.F1 + 2.0 * eq.F2 @ state.mean) * s / s[:, None]
    F2 = eq.F2 * s * s[:, None] / s[:, None, None]
    M = eq.M * s * s[:, None] / (s[:, None, None, None] * s[:, None, None])
    G = eq.P * s / (s[:, None, None] * s[:, None])
    G = G + 2.0 * np.einsum("abeg,g->abe", M, state.mean / s)
    chosen = list(combinations_with_replacement(range(len(s)), 3))
    place = tuple(np.array(chosen).T)

    def moved(k: Array) -> Array:
        drift = np.einsum("ad,dbc->abc", J, k)
        return _summed(drift, 0)[place] + _summed(np.einsum("abeg,egc->abc", M, k), 2)[place]

    matrix = np.empty((len(chosen), len(chosen)))
    for column, index in enumerate(chosen):
        matrix[:, column] = moved(_symmetric(len(s), index))
    source = _summed(2.0 * np.einsum("ade,db,ec->abc", F2, K, K), 0)
    source = source + _summed(np.einsum("abe,ec->abc", G, K), 2)
    values = np.linalg.lstsq(matrix, -source[place], rcond=_SINGULAR)[0]
    third = np.zeros((len(s),) * 3)
    for value, index in zip(values.tolist(), chosen, strict=True):
        third += value * _symmetric(len(s), index)
    return third


def _summed(x: Array, alone: int) -> Array:
    """The sum over which of the three indices is the one that stands alone, at `alone` in x."""
    first = np.moveaxis(x, alone, 0)
    return first + first.transpose(1, 0, 2) + first.transpose(1, 2, 0)


def _symmetric(n: int, index: tuple[int, int, int]) -> Array:
    """The symmetric tensor with ones at all permutations of an index."""
    k = np.zeros((n, n, n))
    a, b, c = index
    for at in ((a, b, c), (a, c, b), (b, a, c), (b, c, a), (c, a, b), (c, b, a)):
        k[at] = 1.0
    return k


def _relative(state: SpinMoments, change: SpinMoments) -> float:
    """Largest relative change of a spin's length and of a variance across the mean spins.

    Along a mean spin the fluctuations of a polarised ensemble are of order 1, not N, and are not
    Gaussian at any N; they matter to no more than that.
    """
    worst, columns = 0.0, []
    n = len(state.mean)
    for count, at in zip(state.atoms, generators(state.atoms), strict=True):
        basis = np.eye(n)[:, at]
        if count != MODE:
            length = float(np.linalg.norm(state.mean[at]))
            size = max(length, 0.5 * np.sqrt(count))
            worst = max(worst, float(np.linalg.norm(change.mean[at])) / size)
            if length > 0.5 * np.sqrt(count):
                basis = basis @ scipy.linalg.null_space(state.mean[None, at])
        columns.append(basis)
    across = np.hstack(columns)
    K = across.T @ state.covariance @ across
    units = 1.0 / np.sqrt(np.diag(K))
    K, moved = (units * x * units[:, None] for x in (K, across.T @ change.covariance @ across))
    values, vectors = np.linalg.eigh(K)
    white = vectors / np.sqrt(np.maximum(values, 1e-14 * values[-1]))
    return max(worst, float(np.abs(np.linalg.eigvalsh(white.T @ moved @ white)).max()))
