"""A network and what its source does to it, before any depth of the hierarchy is chosen.

The undriven network ``L_0`` and the superoperators of the source letters,

    W_{a_m} X = [X, P_m],   W_{a_m†} X = [P_m†, X],   E likewise with Q_m,

as sparse matrices between lists of basis pairs (see `maps`), made when first needed and kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.engines.density.hierarchy.maps import Charge, Pairs
from darkstate.engines.density.hierarchy.triangular import TriangularPreconditioner
from darkstate.engines.density.hierarchy.variables import Variables

Array = NDArray[Any]
Operators = tuple[sp.csr_array, ...]


@dataclass
class DrivenNetwork:
    """The network and what the source does to it, before any depth is chosen.

    Args:
        pairs: basis pairs by charge.
        variables: the source.
        effective: ``-i H - (1/2) sum c†c`` of the undriven network (sparse).
        jumps: ``sqrt(rate) c`` of the network.
        drives: ``P_m`` as matrices.
        noises: ``Q_m`` as matrices.
        always_complex: whether complex arithmetic is needed for what is to be evolved.
    """

    pairs: Pairs
    variables: Variables
    effective: sp.csr_array
    jumps: Operators
    drives: Operators
    noises: Operators
    always_complex: bool = False
    undriven: dict[Charge, sp.csr_array] = field(default_factory=dict)
    preconditioners: dict[Charge, TriangularPreconditioner] = field(default_factory=dict)
    letters: dict[tuple[int, Charge], sp.csr_array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        M = len(self.drives)
        mean = self.variables.mean
        mean_field = sum(
            (P * mean[m] - P.conj().T * mean[M + m] for m, P in enumerate(self.drives)),
            0.0 * self.effective,
        )
        self.effective = sp.csr_array(self.effective - mean_field)

    @property
    def dtype(self) -> type:
        """Real arithmetic where every operator is real."""
        operators = (self.effective, *self.jumps, *self.drives, *self.noises)
        arrays = [op.data for op in operators]
        arrays += [self.variables.vectors, self.variables.covariance, self.variables.rates]
        turned = self.always_complex or any(np.any(np.imag(a)) for a in arrays)
        return complex if turned else float

    @property
    def scale(self) -> float:
        """Largest rate of the undriven network."""
        return max(
            float(np.abs(self.free_liouvillian((0,) * self.pairs.charges).diagonal()).max()), 1e-300
        )

    def free_liouvillian(self, charge: Charge) -> sp.csr_array:
        """L_0 on the pairs of one charge."""
        if charge not in self.undriven:
            pairs, K = self.pairs, self.effective
            total = pairs.left(K, charge, charge)
            total = total + pairs.right(sp.csr_array(K.conj().T), charge, charge)
            for c in self.jumps:
                total = total + pairs.sandwich(c, charge)
            self.undriven[charge] = _typed(total, self.dtype)
        return self.undriven[charge]

    def preconditioner(self, charge: Charge) -> TriangularPreconditioner:
        """The preconditioner on the pairs of one charge."""
        if charge not in self.preconditioners:
            free = self.free_liouvillian(charge)
            size = float(np.abs(free.diagonal()).max(initial=0.0))
            floor = 1e-3 * max(size, 1e-300)
            self.preconditioners[charge] = TriangularPreconditioner(free, floor)
        return self.preconditioners[charge]

    def letter(self, i: int, source: Charge, target: Charge, noise: bool = False) -> sp.csr_array:
        """W_i (or E_i with `noise`) for the letter ``z_i``, from one list to another."""
        key = (i + (2 * len(self.drives) if noise else 0), target)
        if key not in self.letters:
            M = len(self.drives)
            # W_i multiplies z_i; E_i multiplies d/dz_i, which for a comes with Q_m as for a† with W
            P = (self.noises if noise else self.drives)[i % M]
            if i < M:
                found = self.pairs.right(P, source, target) - self.pairs.left(P, source, target)
            else:
                P = sp.csr_array(P.conj().T)
                found = self.pairs.left(P, source, target) - self.pairs.right(P, source, target)
            found = _typed(found, self.dtype)
            found.eliminate_zeros()
            self.letters[key] = found
        return self.letters[key]


def _typed(matrix: sp.csr_array, dtype: type) -> sp.csr_array:
    return sp.csr_array(matrix.real if dtype is float else matrix)
