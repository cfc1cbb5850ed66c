r"""Third cumulants: what a closure one order higher keeps, and what it does to the lower one.

With ``[X_a, X_b] = i Y_ab``, ``pull = Q - T`` and Weyl-ordered products, the adjoint generator of
Hamiltonian and collective jumps is exactly

    L† = -k_a Y_ab d_b + (1/2) R_ab Y_ac d_c Y_bd d_d - pull_ab A_a Y_bc d_c,
    A_a = X_a - (1/12) f_cad Y_bd d_b d_c + (fourth derivatives),

d being derivatives of symmetrised polynomials. On products of three fluctuations, with fourth
cumulants dropped, J the drift and ``G_abe = P_abe + 2 M_abeg x_g``,

    d k_abc/dt = sum_sym [J_ad k_dbc + M_abeg k_egc + 2 F2_ade K_db K_ec + G_abe K_ec]
                 + (1/12) sum_perm pull_mn f_bmd <Y_ad Y_nc> + skew_abce x_e + skew0_abc,

*sum_sym* over the three choices of the index that stands alone, *sum_perm* over all six orders,
*skew* the third moments of the noise of single atoms. Where third cumulants were dropped stands
``d K_ab/dt = ... + sum_cd (F2_acd k_cdb + F2_bcd k_cda)``.
"""

from __future__ import annotations

from functools import cached_property
from itertools import combinations_with_replacement, permutations

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.moments.packing import Packed
from darkstate.states.moments import MODE, Array, brackets, generators

_SINGULAR = 1e-12


class ThirdOrder:
    """Equations of third cumulants beside the packed ones; fluctuations are counted in sqrt(N).

    Args:
        packed: the equations of means and covariances.
    """

    def __init__(self, packed: Packed):
        self.packed = packed
        eq, (_, s) = packed.equations, packed.equations.scales
        self._unit = s
        self.F2 = eq.F2 * s * s[:, None] / s[:, None, None]
        self.M = eq.M * s * s[:, None] / (s[:, None, None, None] * s[:, None, None])
        self.P = eq.P * s / (s[:, None, None] * s[:, None])
        self.size = len(s)

    @cached_property
    def places(self) -> tuple[NDArray[np.intp], ...]:
        """The indices a <= b <= c of the cumulants that are kept."""
        chosen = np.array(list(combinations_with_replacement(range(self.size), 3)))
        return tuple(chosen.T)

    def whole(self, packed: Array) -> Array:
        """The symmetric (n, n, n) array of the cumulants that are kept."""
        k = np.zeros((self.size,) * 3)
        for order in permutations(self.places):
            k[order] = packed
        return k

    def rates(self, y: Array, k: Array) -> Array:
        """dk/dt, packed, at packed moments y and cumulants k (n, n, n)."""
        drift, source = self._at(y)
        return (self._drift_of(drift, k) + source)[self.places]

    def force(self, k: Array) -> Array:
        """What cumulants k (n, n, n) add to the rates of the packed moments."""
        dropped = np.einsum("acd,cdb->ab", self.F2, k)
        return np.concatenate([np.zeros(self.size), (dropped + dropped.T)[self.packed.triangle]])

    def stationary(self, y: Array) -> Array:
        """The cumulants (n, n, n) that stand still at packed moments y."""
        drift, source = self._at(y)
        count = len(self.places[0])
        matrix = np.empty((count, count))
        for column in range(count):
            one = self.whole(np.eye(1, count, column)[0])
            matrix[:, column] = self._drift_of(drift, one)[self.places]
        packed = np.linalg.lstsq(matrix, -source[self.places], rcond=_SINGULAR)[0]
        return self.whole(np.asarray(packed, dtype=np.float64))

    def uncorrelated(self, y: Array) -> Array:
        """Packed cumulants of independent atoms (and Gaussian modes) with the means of y.

        Of one atom with the Bloch vector b they are
        ``(1/24) sum_sym delta_bc b_a - sum_sym (b_a/2) K_bc - b_a b_b b_c/8``.
        """
        mean, k = self.packed.unpack(y).mean, np.zeros((self.size,) * 3)
        atoms = self.packed.equations.atoms
        for count, at in zip(atoms, generators(atoms), strict=True):
            if count != MODE:
                s = mean[at] / count
                spread = np.eye(3) / 4 - np.outer(s, s)
                alone = np.multiply.outer(s, np.eye(3) / 12 - spread)
                cube = np.multiply.outer(np.outer(s, s), s)
                k[at, at, at] = count * (_sum_places(alone, 0) - cube)
        return (k / self._cubic_noise)[self.places]

    @property
    def _cubic_noise(self) -> Array:
        s = self._unit
        return s * s[:, None] * s[:, None, None]

    def _drift_of(self, drift: Array, k: Array) -> Array:
        noise = np.einsum("abeg,egc->abc", self.M, k)
        return _sum_places(np.einsum("ad,dbc->abc", drift, k), 0) + _sum_places(noise, 2)

    def _at(self, y: Array) -> tuple[Array, Array]:
        """Drift J, and what drives third cumulants."""
        eq, s = self.packed.equations, self._unit
        state = self.packed.unpack(y)
        K = state.covariance / np.outer(s, s)
        drift = (eq.F1 + 2.0 * eq.F2 @ state.mean) * s / s[:, None]
        G = self.P + 2.0 * np.einsum("abeg,g->abe", self.M, state.mean / s)
        source = _sum_places(2.0 * np.einsum("ade,db,ec->abc", self.F2, K, K, optimize=True), 0)
        source = source + _sum_places(np.einsum("abe,ec->abc", G, K), 2)
        ordering = self._ordering(state.mean, state.covariance)
        return drift, source + (ordering + eq.skew @ state.mean + eq.skew0) / self._cubic_noise

    def _ordering(self, mean: Array, covariance: Array) -> Array:
        """``(1/12) sum_perm pull_mn f_bmd <Y_ad Y_nc>``."""
        f, g = self._brackets
        Y, W = f @ mean + g, self._weaving
        spread = np.einsum("adm,mn->adn", f, covariance)
        crossed = np.einsum("bnd,nce->bdce", W, f)
        one = np.einsum("bnd,ad,nc->abc", W, Y, Y, optimize=True)
        one += np.einsum("ade,bdce->abc", spread, crossed)
        return np.asarray(sum(one.transpose(order) for order in permutations(range(3)))) / 12

    @cached_property
    def _brackets(self) -> tuple[Array, Array]:
        return brackets(self.packed.equations.atoms)

    @cached_property
    def _weaving(self) -> Array:
        """``sum_m pull_mn f_bmd``, indices b, n, d."""
        return np.einsum("mn,bmd->bnd", self.packed.equations.pull, self._brackets[0])


def _sum_places(x: Array, alone: int) -> Array:
    """The sum over which of the three indices is the one that stands alone, at `alone` in x."""
    first = np.moveaxis(x, alone, 0)
    return first + first.transpose(1, 0, 2) + first.transpose(1, 2, 0)
