r"""A preconditioner that solves for the populations first: classical rates, then no jumps.

Where dephasing is fast, or a mode is hot, the slow part of a state are its populations p: the
coherences x follow them. With L in these two parts, and for the coherences its diagonal alone,

    W = L_pp - L_pc diag(L_cc)^-1 L_cp

is a matrix of classical rates, of second order in the couplings, in as many numbers as there are
basis states. Its factors and those of the diagonal give a first answer R r, and the inverse of the
no-jump part S answers to what that leaves:

    M r = R r + S^{-1} (r - L R r).

Coherences that the couplings make among populations are what L_pc and L_cp know; where states are
correlated in phase (squeezed drives with little dephasing), classical rates lead astray.

Source: the Schur complement of block preconditioners, Y. Saad, Iterative Methods for Sparse Linear
Systems, 2nd ed. (SIAM 2003), sec. 14.2.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
import scipy.sparse as sp

from darkstate.engines.density.basis import Flat
from darkstate.engines.density.generator import Generator
from darkstate.linalg.gmres import Apply

MOST_STATES = 4096
"""Basis states up to which the factors of W take seconds, and little beside a Krylov space."""
_SHIFT = 1e-9
"""Of the norm of L: keeps W regular where it falls into parts."""


class RatesInverse:
    """M of this file for ``regular(x) = L x + |L| Tr(x)/d``.

    Args:
        generator: L, on at most `MOST_STATES` basis states.
        inverse: S^-1, or better.
        regular: the operator.
        shift: of the diagonal of the coherences, to keep it regular.
    """

    def __init__(self, generator: Generator, inverse: Apply, regular: Apply, shift: float):
        self._inverse, self._regular = inverse, regular
        self._places = places = generator.blocks.diagonal
        self._follow = 1.0 / (generator.diagonal() - shift)  # coherences answer to populations
        self._follow[places] = 0.0
        self._out = generator.on_populations()
        self._back = sp.csr_array(generator.on_populations(adjoint=True).conj().T)
        through = self._back @ sp.diags_array(self._follow) @ self._out
        rates = np.real((self._out[places] - through).toarray())
        rates += generator.scale * (1.0 / len(places) - _SHIFT * np.eye(len(places)))
        self._factors = scipy.linalg.lu_factor(rates, overwrite_a=True, check_finite=False)

    def apply(self, flat: Flat) -> Flat:
        """``M flat``."""
        first = self._by_rates(flat)
        return first + self._inverse(flat - self._regular(first))

    def _by_rates(self, flat: Flat) -> Flat:
        x = flat * self._follow
        missing = flat[self._places] - self._back @ x
        pairs = missing.view(np.float64).reshape(len(missing), -1)  # W is real
        solved = scipy.linalg.lu_solve(self._factors, pairs, check_finite=False)
        populations = np.ascontiguousarray(solved).view(flat.dtype).ravel()
        x -= (self._out @ populations) * self._follow
        x[self._places] = populations
        return x
