"""The spins of N two-level atoms: what a permutation-symmetric state can be written in.

The space of N atoms is a sum over total spins, ``(C^2)^N = sum_J C^(2J+1) x C^(d_J)``, with
J = N/2, N/2 - 1, ... >= 0 and multiplicities

    d_J = (2J+1) N! / ((N/2+J+1)! (N/2-J)!).

A state that no permutation of the atoms changes is ``rho = sum_J rho_J x 1/d_J``: only the blocks
rho_J, (2J+1, 2J+1) matrices with ``sum_J Tr rho_J = 1``, have to be known. A *Dicke basis* lists
the ``|J, M>`` that carry them: J descending, M ascending within J, so that index 0 has all atoms
down and the first N+1 are the symmetric subspace of `darkstate.states.subsystems`.

**Local processes.** For single-atom operators ``q, r`` out of ``s-, s+, sz/2`` acting on atom n,

    sum_n q_n (|J,M><J,M'| x 1/d_J) r_n† = sum_{D=-1,0,1} Q_D |J,M><J,M'| R_D† x 1/d_{J+D},

so that one process on every atom acts on the blocks like *three collective jumps* Q_-1, Q_0, Q_1,
which lower, keep and raise J. With ``Q_D|J,M> = sqrt(w_D) x_q(D,J,M) |J+D, M+q>``,

    D =  0:  w = (N/2+1)/(2J(J+1))            x = sqrt((J-M)(J+M+1)), sqrt((J+M)(J-M+1)), M
    D = -1:  w = (N/2+J+1)/(2J(2J+1))         x = sqrt((J-M)(J-M-1)), -sqrt((J+M)(J+M-1)),
                                                  sqrt((J+M)(J-M))
    D = +1:  w = (N/2-J)/(2(J+1)(2J+1))       x = -sqrt((J+M+1)(J+M+2)), sqrt((J-M+1)(J-M+2)),
                                                  sqrt((J+M+1)(J-M+1))

for q = s+, s-, sz/2.

Source: Chase and Geremia, Phys. Rev. A 78, 052101 (2008), whose multiplicities cancel to these
weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import lgamma, log
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Reals = NDArray[Any]
"""An array of real numbers."""

_STEP = {"+": 1, "-": -1, "z": 0}


@dataclass(frozen=True)
class DickeBasis:
    """The states ``|J, M>`` of N atoms for the first `spins` values of J (from N/2 down).

    Args:
        atoms: N.
        spins: how many values of J are kept: 1 for the symmetric subspace, ``N//2 + 1`` for all.
    """

    atoms: int
    spins: int

    @classmethod
    @lru_cache(maxsize=64)
    def of(cls, atoms: int, spins: int | None = None) -> DickeBasis:
        """The basis of all J, or of the first `spins`; built once for each size."""
        return cls(atoms, atoms // 2 + 1 if spins is None else spins)

    @cached_property
    def twice_spin(self) -> NDArray[np.int64]:
        """2J of every basis state."""
        values = self.atoms - 2 * np.arange(self.spins)
        return np.repeat(values, values + 1)

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Index of ``|J, -J>`` for each J, in order; one more entry for the dimension."""
        values = self.atoms - 2 * np.arange(self.spins)
        return np.concatenate([[0], np.cumsum(values + 1)])

    @cached_property
    def twice_m(self) -> NDArray[np.int64]:
        """2M of every basis state."""
        inside = np.arange(self.dimension) - np.repeat(self.starts[:-1], np.diff(self.starts))
        return 2 * inside - self.twice_spin

    @property
    def excitations(self) -> NDArray[np.int64]:
        """Number of atoms that are up, ``M + N/2``."""
        return (self.twice_m + self.atoms) // 2

    @property
    def dimension(self) -> int:
        """Number of basis states, ``sum (2J+1)``."""
        return self.spins * (self.atoms + 2 - self.spins)

    def letter(self, letter: str) -> sp.csr_array:
        """The collective operator S+, S- or Sz; it keeps J."""
        j, m = 0.5 * self.twice_spin, 0.5 * self.twice_m
        step = _STEP[letter]
        values = m if step == 0 else np.sqrt(j * (j + 1) - m * (m + step))
        return self._shift(np.arange(self.dimension) + step, np.asarray(values))

    def atom_jump(self, letter: str, change: int) -> sp.csr_array:
        """Q_D of one process on every atom, D = `change` of J; see the module."""
        j, m = 0.5 * self.twice_spin, 0.5 * self.twice_m
        values = np.sqrt(_weight(self.atoms, j, change)) * _reach(letter, change, j, m)
        number = (self.atoms - self.twice_spin) // 2 - change  # position of the new J
        inside = number >= 0
        inside &= number < self.spins
        start = self.starts[np.where(inside, number, 0)]
        m_new = m + _STEP[letter]
        inside &= (np.abs(m_new) <= j + change) & (values != 0)
        target = start + np.rint(m_new + j + change).astype(np.int64)
        return self._shift(target, np.where(inside, values, 0.0))

    def _shift(self, target: NDArray[np.int64], values: Reals) -> sp.csr_array:
        kept = np.flatnonzero(values)
        size = self.dimension
        return sp.csr_array((values[kept], (target[kept], kept)), shape=(size, size))


def _weight(atoms: int, j: Reals, change: int) -> Reals:
    """w_D; zero where J = 0 has no such process."""
    half = 0.5 * atoms
    if change == 1:
        return (half - j) / (2 * (j + 1) * (2 * j + 1))
    above, below = {0: (half + 1, 2 * j * (j + 1)), -1: (half + j + 1, 2 * j * (2 * j + 1))}[change]
    return np.divide(above, below, out=np.zeros_like(j), where=j > 0)


def _reach(letter: str, change: int, j: Reals, m: Reals) -> Reals:
    """x_q(D, J, M) of the module's table."""
    if letter == "z":
        inside = {0: m * m, -1: (j + m) * (j - m), 1: (j + m + 1) * (j - m + 1)}[change]
        return np.sqrt(inside) * (np.sign(m) if change == 0 else 1.0)
    s = m if letter == "+" else -m  # s- is s+ upside down, up to a sign where J changes
    inside = {0: (j - s) * (j + s + 1), -1: (j - s) * (j - s - 1), 1: (j + s + 1) * (j + s + 2)}
    sign = 1.0 if change == 0 else (-change if letter == "+" else change)
    return sign * np.sqrt(np.maximum(inside[change], 0.0))


def log2_multiplicity(atoms: int, twice_spin: NDArray[np.int64]) -> Reals:
    """``log2 d_J`` for each 2J; zero for J = N/2."""
    table = {
        int(t): _log_multiplicity(atoms, int(t)) for t in np.unique(twice_spin)
    }  # a handful of values
    return np.array([table[int(t)] for t in twice_spin.ravel()]).reshape(twice_spin.shape)


def _log_multiplicity(atoms: int, twice: int) -> float:
    if twice == atoms:
        return 0.0
    below = (atoms - twice) // 2
    value = log(twice + 1.0) + lgamma(atoms + 1.0) - lgamma(atoms - below + 2.0)
    return (value - lgamma(below + 1.0)) / log(2.0)
