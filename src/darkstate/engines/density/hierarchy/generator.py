"""The hierarchy: one network operator for every multi-index of source letters.

With ``X_n = Tr_source(He_n rho)`` (see `variables`), the generator of network and source together
is exactly

    dX_n/dt = (L_0 - n . lambda) X_n + sum_k U_k (X_{n+k} + sum_l n_l C_kl X_{n-l})
              + sum_k n_k E_k X_{n-k},        U_k = sum_i V_ik W_i,   E_k = sum_i (V^-1)_ki E_i,

L_0 the undriven network (plus the mean field of the source); W_i and E_i as in `network`. X_0 is
the state of the network. Cut off at a depth, this is a finite linear system that converges fast in
the depth: level n is driven only through fluctuations that last ``1/(n . lambda)``. Operators are
measured in units of ``sqrt(n!) scale^n``, so that their sizes compare.

``X_nbar = X_n†`` for conjugate multi-indices, so only charges t >= 0 are stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.engines.density.hierarchy.maps import Charge, added, is_stored, negative
from darkstate.engines.density.hierarchy.network import DrivenNetwork

Array = NDArray[Any]


@dataclass(frozen=True)
class Term:
    """``Y[target] += letter @ (X[source] @ mix)``."""

    target: Charge
    source: Charge
    letter: sp.csr_array
    mix: sp.csr_array


class Hierarchy:
    """The hierarchy of one depth on flattened arrays.

    Args:
        network: network and source.
        depth: largest weighted order of a multi-index.

    Attributes:
        count: number of multi-indices, stored and conjugate.
        numbers: length of a flattened hierarchy.
    """

    def __init__(self, network: DrivenNetwork, depth: float):
        self.network, self.depth = network, depth
        everything = network.variables.multi_indices(depth)
        self.count = len(everything)
        self.zero: Charge = (0,) * network.variables.charges.shape[1]
        self._indices = self._sorted(everything)
        self._columns = {
            t: {tuple(n): c for c, n in enumerate(list_.tolist())}
            for t, list_ in self._indices.items()
        }
        self.stored = tuple(t for t in self._indices if is_stored(t))
        self._pieces: dict[Charge, tuple[slice, tuple[int, int]]] = {}
        stop = 0
        for t in self.stored:
            shape = (network.pairs.size(t), len(self._indices[t]))
            start, stop = stop, stop + shape[0] * shape[1]
            self._pieces[t] = slice(start, stop), shape
        self.numbers, self.dtype = stop, network.dtype
        self._decays = {t: self._indices[t] @ network.variables.rates for t in self.stored}
        self._root = self._columns[self.zero][(0,) * everything.shape[1]]
        self._terms = list(self._couplings())
        self._diagonal = network.pairs.diagonal()
        self._swap = {
            t: network.pairs.transposed(negative(t)) for t in self._indices if not is_stored(t)
        }

    def _sorted(self, everything: Array) -> dict[Charge, Array]:
        """Multi-indices by charge; those of -t are the conjugates of those of t, in this order."""
        charges = everything @ self.network.variables.charges
        keys, member = np.unique(charges, axis=0, return_inverse=True)
        found: dict[Charge, Array] = {}
        for number, key in enumerate(keys):
            t = tuple(int(x) for x in key)
            if is_stored(t) and self.network.pairs.size(t):
                found[t] = everything[member.ravel() == number]
                if any(t):
                    found[negative(t)] = found[t][:, self.network.variables.partner]
        return found

    def _couplings(self) -> Iterator[Term]:
        steps = self.network.variables.letter_charges
        for target in self.stored:
            for i, step in enumerate(steps):
                for noise in (False, True):
                    source = added(target, step, -1 if noise else 1)
                    if source not in self._indices:
                        continue
                    mix = self._mix(target, source, i, noise)
                    letter = self.network.letter(i, source, target, noise)
                    if mix.nnz and letter.nnz:
                        yield Term(target, source, letter, mix)

    def _mix(self, target: Charge, source: Charge, i: int, noise: bool) -> sp.csr_array:
        """Which columns of `source` go into which of `target` along with the letter z_i."""
        variables, scale = self.network.variables, self.network.variables.scale
        to, known = self._indices[target], self._columns[source]
        rows: list[int] = []
        columns: list[int] = []
        values: list[complex] = []

        def add(numbers: Array, factors: Array) -> None:
            """Entries from the shifted multi-indices `numbers`, as far as they exist."""
            for c in np.flatnonzero(factors):
                at = known.get(tuple(numbers[c].tolist()))
                if at is not None:
                    rows.append(at)
                    columns.append(int(c))
                    values.append(factors[c])

        for k, unit in enumerate(np.eye(to.shape[1], dtype=np.int64)):
            power = to[:, k]
            if noise:
                add(to - unit, variables.inverse[k, i] * np.sqrt(power) / scale[k])
                continue
            add(to + unit, variables.vectors[i, k] * np.sqrt(power + 1.0) * scale[k])
            mixed = variables.vectors[i] @ variables.covariance[:, k]
            add(to - unit, mixed * np.sqrt(power) / scale[k])
        shape = (len(self._indices[source]), len(to))
        data = np.array(values, dtype=complex)
        mix = sp.csr_array(sp.coo_array((data, (rows, columns)), shape=shape))
        return sp.csr_array(mix.real) if self.dtype is float else mix

    def views(self, flat: Array) -> dict[Charge, Array]:
        """For each stored charge the (pairs, multi-indices) matrix, sharing memory."""
        return {t: flat[piece].reshape(shape) for t, (piece, shape) in self._pieces.items()}

    def apply(self, flat: Array) -> Array:
        """The time derivative of a flattened hierarchy."""
        result = np.empty_like(flat)
        X, Y = self.views(flat), self.views(result)
        for t in self.stored:
            np.subtract(self.network.free_liouvillian(t) @ X[t], X[t] * self._decays[t], out=Y[t])
        for t, swap in self._swap.items():
            X[t] = X[negative(t)][swap].conj()
        for term in self._terms:
            Y[term.target] += term.letter @ np.ascontiguousarray(X[term.source] @ term.mix)
        return result

    def precondition(self, flat: Array, scale: float) -> Array:
        """Inverse of the part without couplings, with ``scale Tr X_0`` added in the ground row."""
        result = np.empty_like(flat)
        B, X = self.views(flat), self.views(result)
        for t in self.stored:
            X[t][:] = self.network.preconditioner(t).solve(B[t], self._decays[t])
        # the ground state only gains: its row was left for last and says what the trace says
        ground, others = self._diagonal[0], self._diagonal[1:]
        root = X[self.zero][:, self._root]
        root[ground] = B[self.zero][ground, self._root] / scale - root[others].sum()
        return result

    def apply_with_trace(self, flat: Array, scale: float) -> Array:
        """``apply`` with ``scale Tr X_0`` added to the population of the ground state."""
        result = self.apply(flat)
        place = self.views(result)[self.zero]
        place[self._diagonal[0], self._root] += scale * self.trace(flat)
        return result

    def right_side(self, scale: float) -> Array:
        """What `apply_with_trace` gives for a stationary hierarchy of trace one."""
        flat = np.zeros(self.numbers, dtype=self.dtype)
        self.views(flat)[self.zero][self._diagonal[0], self._root] = scale
        return flat

    def random(self, rng: np.random.Generator) -> Array:
        """A random Hermitian operator of the network, of norm one; all others vanish."""
        d = self.network.pairs.dimension
        x = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d)) * (self.dtype is complex)
        flat = self.from_state(x + x.conj().T)
        return flat / np.linalg.norm(flat)

    def trace(self, flat: Array) -> float:
        """Trace of the network's state."""
        return float(np.real(self.views(flat)[self.zero][self._diagonal, self._root].sum()))

    def from_state(self, rho: Array) -> Array:
        """Network in rho, source in its own stationary state: all other operators vanish."""
        flat = np.zeros(self.numbers, dtype=self.dtype)
        pairs = rho.ravel()[self.network.pairs.places[self.zero]]
        self.views(flat)[self.zero][:, self._root] = (
            np.real(pairs) if self.dtype is float else pairs
        )
        return flat

    def state(self, flat: Array) -> Array:
        """The (d, d) state of the network, of trace one."""
        d = self.network.pairs.dimension
        rho = np.zeros(d * d, dtype=complex)
        rho[self.network.pairs.places[self.zero]] = self.views(flat)[self.zero][:, self._root]
        rho = rho.reshape(d, d)
        rho = 0.5 * (rho + rho.conj().T)
        return rho / np.trace(rho).real

    def prolongate(self, other: Hierarchy, flat: Array) -> Array:
        """A hierarchy of smaller depth written into this one; deeper operators start at zero."""
        result = np.zeros(self.numbers, dtype=self.dtype)
        mine, theirs = self.views(result), other.views(flat)
        for t, block in theirs.items():
            places = [self._columns[t][tuple(n)] for n in other._indices[t].tolist()]
            mine[t][:, places] = block
        return result
