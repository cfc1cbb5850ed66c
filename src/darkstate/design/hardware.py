"""Hardware: a target and what can act on it, as matrices of norm one.

The matrices live on a space that is large enough for every product that is looked at to be exact:
qubits, spins and levels have theirs. A mode has as many Fock states more than the target as the
operators can add: `low` names these basis states, within which other steady states are looked for;
and as many again, into which they act.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from darkstate.errors import CapacityError
from darkstate.results.storage import storable
from darkstate.states import PureState
from darkstate.states.matrices import operator_matrix
from darkstate.states.subsystems import Matrix
from darkstate.systems.operators import OperatorSum, total
from darkstate.systems.spaces import Mode, Space

_MOST_NUMBERS = 2**25
"""Complex numbers in all matrices together: half a GB."""
_ROUNDING = 1e-10
"""Coefficients below this fraction of the largest one are left out."""


@storable
@dataclass(frozen=True, eq=False)
class Hardware:
    """A target with the operators of the hardware, each divided by its norm.

    Args:
        target: (D,) unit vector.
        low: (d,) numbers of the basis states between which the matrices act exactly.
        jumps: for each set of operators that may be superposed in one jump, (K, D, D).
        hamiltonian: (M, D, D), Hermitian.
        dark: whether jumps must annihilate the target, not only have it as an eigenvector.
    """

    target: Matrix
    low: NDArray[np.int64]
    jumps: tuple[Matrix, ...]
    hamiltonian: Matrix
    dark: bool = False

    @property
    def sound(self) -> bool:
        """Whether target and operators are what they are said to be, within rounding."""
        every = [*(c for group in self.jumps for c in group), *self.hamiltonian]
        short = all(float(np.linalg.norm(each, 2)) <= 1 + 1e-12 for each in every)
        skew = np.abs(self.hamiltonian - self.hamiltonian.conj().transpose(0, 2, 1))
        unit = abs(float(np.linalg.norm(self.target)) - 1.0) <= 1e-12
        return short and unit and float(skew.max(initial=0.0)) <= 1e-12

    def restricted(self, jumps: Sequence[NDArray[np.bool_]], terms: NDArray[np.bool_]) -> Hardware:
        """The same with fewer operators, chosen by truth values."""
        kept = tuple(each[which] for each, which in zip(self.jumps, jumps, strict=True))
        return replace(self, jumps=kept, hamiltonian=self.hamiltonian[terms])


@dataclass(frozen=True, eq=False)
class Library:
    """The operators as users gave them, beside their matrices.

    Args:
        spaces: in the order of the target's labels.
        jumps: the sets of jump operators.
        terms: the Hamiltonian terms.
        hardware: target and matrices of norm one.
        jump_sizes: the norms that they were divided by.
        term_sizes: likewise.
    """

    spaces: tuple[Space, ...]
    jumps: tuple[tuple[OperatorSum, ...], ...]
    terms: tuple[OperatorSum, ...]
    hardware: Hardware
    jump_sizes: tuple[NDArray[np.float64], ...]
    term_sizes: NDArray[np.float64]


def dense_library(
    target: PureState,
    spaces: tuple[Space, ...],
    jumps: tuple[tuple[OperatorSum, ...], ...],
    terms: tuple[OperatorSum, ...],
    extra: int = 0,
) -> Library:
    """Matrices for a state vector, with so many extra Fock states of each mode.

    Raises:
        CapacityError: the matrices do not fit.
    """
    every = [operator for group in jumps for operator in group] + list(terms)
    more = [_reach(every, space) if isinstance(space, Mode) else 0 for space in spaces]
    kept = tuple(d + k + extra * (k > 0) for d, k in zip(target.dimensions, more, strict=True))
    dims = tuple(d + k for d, k in zip(kept, more, strict=True))
    check_size(prod(dims), len(every))
    places = np.arange(prod(dims)).reshape(dims)
    low = places[tuple(slice(d) for d in kept)].ravel()
    psi = np.zeros(prod(dims), dtype=complex)
    psi[places[tuple(slice(d) for d in target.dimensions)].ravel()] = target.vector
    psi = psi / np.linalg.norm(psi)

    def matrices(operators: Sequence[OperatorSum]) -> Matrix:
        found = [operator_matrix(each, spaces, dims).toarray() for each in operators]
        return np.array(found).reshape(-1, len(psi), len(psi))

    return scaled_library(
        spaces, jumps, terms, psi, low, [matrices(group) for group in jumps], matrices(terms)
    )


def scaled_library(
    spaces: tuple[Space, ...],
    jumps: tuple[tuple[OperatorSum, ...], ...],
    terms: tuple[OperatorSum, ...],
    psi: Matrix,
    low: NDArray[np.int64],
    jump_matrices: Sequence[Matrix],
    term_matrices: Matrix,
) -> Library:
    """A library with its matrices divided by their norms."""
    jump_sizes = tuple(_norms(each) for each in jump_matrices)
    term_sizes = _norms(term_matrices)
    hardware = Hardware(
        psi,
        low,
        tuple(m / s[:, None, None] for m, s in zip(jump_matrices, jump_sizes, strict=True)),
        term_matrices / term_sizes[:, None, None],
    )
    return Library(spaces, jumps, terms, hardware, jump_sizes, term_sizes)


def check_size(dimension: int, operators: int) -> None:
    """That the matrices of a library fit.

    Raises:
        CapacityError: they do not.
    """
    if operators * dimension**2 > _MOST_NUMBERS or dimension > 512:
        raise CapacityError(
            f"{operators} operators on {dimension} basis states are too many for a search of "
            "networks.",
            "Synthesise for a smaller copy of the network (fewer sites or levels), or give the "
            "operators of one site and its neighbours only.",
        )


def _norms(matrices: Matrix) -> NDArray[np.float64]:
    return np.array([float(np.linalg.norm(each, 2)) for each in matrices])


def combined(row: Matrix, operators: Sequence[OperatorSum]) -> OperatorSum:
    """``sum_k row_k O_k`` with its largest coefficients kept, and what is rounding left out."""
    pairs = zip(row.tolist(), operators, strict=True)
    whole = total([operator * c for c, operator in pairs if c])
    floor = _ROUNDING * max((abs(c) for _, c in whole), default=0.0)
    return OperatorSum({product: _neat(c) for product, c in whole if abs(c) > floor})


def _neat(c: complex) -> complex:
    """A number whose real or imaginary part is rounding without it."""
    c = complex(c)
    if abs(c.imag) <= _ROUNDING * abs(c):
        return c.real
    return complex(0.0, c.imag) if abs(c.real) <= _ROUNDING * abs(c) else c


def _reach(operators: Sequence[OperatorSum], mode: Space) -> int:
    """How many excitations of a mode one operator, or its adjoint, adds at most."""
    words = [dict(product).get(mode, "") for each in operators for product, _ in each]
    return max((max(word.count("+"), word.count("-")) for word in words), default=0)
