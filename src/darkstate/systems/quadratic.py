"""The quadratic form of a system of modes: what the Gaussian engine computes with.

A system of N modes whose Hamiltonian is at most quadratic and whose jump operators are at most
linear,

    H = sum A_ij a_i† a_j + (1/2) sum (B_ij a_i† a_j† + h.c.) + sum (f_i a_i† + h.c.),
    c_k = sum_i (U_ki a_i + V_ki a_i†) + w_k,

has closed equations for ``alpha_i = <a_i>``, ``N_ij = <a_i† a_j>`` and ``M_ij = <a_i a_j>`` (of the
fluctuations). With rates g_k they read, in sparse N x N matrices,

    d alpha/dt = W alpha + Wc alpha* + drive
    W  = -i A - (U† g U - V^T g V*)/2          Wc = -i B - (U† g V - V^T g U*)/2
    normally ordered source:  d<a_j† a_i>: V^T g V*,   d<a_i a_j>: -i B - (U† g V + V^T g U*)/2.

Vacuum noise has no normally ordered source: a lossy chain is driven by its sources alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.errors import EngineMismatchError
from darkstate.systems.open_system import OpenSystem, check_constant, check_system
from darkstate.systems.operators import OperatorSum, Product
from darkstate.systems.spaces import Mode

ROUNDING = 16 * np.finfo(float).eps
"""A sum below this fraction of its terms is the rounding of an exact cancellation."""
SMALL = 64
"""Modes and jumps up to which full matrices are faster than sparse ones."""


@dataclass(frozen=True)
class QuadraticForm:
    """Sparse matrices of a quadratic system; see the module's equations.

    Args:
        labels: the N modes.
        A: (N, N) Hermitian, excitation-conserving part of H.
        B: (N, N) symmetric, pair-creating part of H.
        f: (N,) linear drive in H.
        U: (K, N) lowering part of each jump operator.
        V: (K, N) raising part of each jump operator.
        w: (K,) constant part of each jump operator.
        rates: (K,) jump rates.
        channels: names of the jumps.
    """

    labels: tuple[str, ...]
    A: sp.csr_array
    B: sp.csr_array
    f: NDArray[np.complex128]
    U: sp.csr_array
    V: sp.csr_array
    w: NDArray[np.complex128]
    rates: NDArray[np.float64]
    channels: tuple[str, ...]

    @cached_property
    def drift(self) -> tuple[sp.csr_array, sp.csr_array]:
        """``(W, Wc)`` of ``d alpha/dt = W alpha + Wc alpha* + drive``."""
        A, B, U, V, g = self._operands
        Uc, Vc = U.conj(), V.conj()
        W = cancelled_sum(-1j * A, -0.5 * (Uc.T @ (g @ U)), 0.5 * (V.T @ (g @ Vc)))
        Wc = cancelled_sum(-1j * B, -0.5 * (Uc.T @ (g @ V)), 0.5 * (V.T @ (g @ Uc)))
        return W, Wc

    @cached_property
    def source(self) -> tuple[sp.csr_array, sp.csr_array]:
        """Normally ordered sources of ``<a_j† a_i>`` and ``<a_i a_j>``, indexed (i, j)."""
        _, B, U, V, g = self._operands
        Uc = U.conj()
        number = cancelled_sum(V.T @ (g @ V.conj()))
        pair = cancelled_sum(-1j * B, -0.5 * (Uc.T @ (g @ V)), -0.5 * (V.T @ (g @ Uc)))
        return number, pair

    @cached_property
    def added(self) -> tuple[sp.csr_array, sp.csr_array]:
        """Moduli that were added to make the entries of Nambu drift and source, each (2N, 2N).

        Coefficients of the Hamiltonian count as given exactly.
        """
        _, _, U, V, g = self._operands
        U, V = abs(U), abs(V)
        number = V.T @ (g @ V)
        direct = 0.5 * (U.T @ (g @ U) + number)
        crossed = 0.5 * (U.T @ (g @ V) + V.T @ (g @ U))
        return nambu_matrix(direct, crossed), nambu_matrix(number, crossed)

    @cached_property
    def drive(self) -> NDArray[np.complex128]:
        """Inhomogeneous term of the mean amplitudes, shape (N,)."""
        u = self.U.conj().T @ (self.rates * self.w)
        v = self.V.T @ (self.rates * self.w.conj())
        return -1j * self.f + 0.5 * (v - u)

    @cached_property
    def _operands(self) -> tuple[Any, Any, Any, Any, Any]:
        """A, B, U, V and the rates on a diagonal: as arrays where these are faster."""
        matrices = self.A, self.B, self.U, self.V
        if max(len(self.rates), len(self.labels)) <= SMALL:
            return *(each.toarray() for each in matrices), np.diag(self.rates)
        return *matrices, sp.diags_array(self.rates)


def nambu_matrix(direct: Any, crossed: Any) -> sp.csr_array:
    """``[[direct, crossed], [crossed*, direct*]]``, from two matrices that are sparse or not."""
    rows = [[direct, crossed], [crossed.conj(), direct.conj()]]
    if isinstance(direct, np.ndarray) or max(direct.shape) <= SMALL:
        return sp.csr_array(np.block([[_array(each) for each in row] for row in rows]))
    return sp.csr_array(sp.block_array(rows))


def _array(matrix: Any) -> NDArray[Any]:
    return matrix if isinstance(matrix, np.ndarray) else matrix.toarray()


def cancelled_sum(*parts: Any) -> sp.csr_array:
    """The sum of matrices in which exact cancellations leave exact zeros.

    An entry smaller than `ROUNDING` times the sum of the moduli of its terms is set to zero: it is
    what is left of terms that cancel by symmetry, such as the cross damping of a squeezed bath.
    """
    value, size = sum(parts[1:], parts[0]), sum((abs(part) for part in parts[1:]), abs(parts[0]))
    if isinstance(value, np.ndarray):
        return sp.csr_array(np.where(np.abs(value) < ROUNDING * size, 0.0, value).astype(complex))
    value = sp.csr_array(value, dtype=complex)
    noise = abs(value) < ROUNDING * sp.csr_array(size)
    result = sp.csr_array(value - value.multiply(noise))
    result.eliminate_zeros()
    return result


def quadratic_form(system: OpenSystem) -> QuadraticForm:
    """The matrices of a quadratic system.

    Raises:
        EngineMismatchError: a space is no mode, or a term is of too high order; the term is named.
    """
    check_system(system)
    check_constant(system, "`quadratic_form`")
    check_modes(system)
    index = {label: i for i, label in enumerate(system.labels)}
    n = len(index)
    A, B, f = _Entries(n, n), _Entries(n, n), np.zeros(n, dtype=complex)
    for product, c in system.hamiltonian:
        _collect_hamiltonian(product, c, index, A, B, f)
    U, V = _Entries(len(system.jumps), n), _Entries(len(system.jumps), n)
    w = np.zeros(len(system.jumps), dtype=complex)
    for k, jump in enumerate(system.jumps):
        _collect_jump(jump.operator, k, index, U, V, w)
    return QuadraticForm(
        labels=system.labels,
        A=A.matrix(),
        B=B.matrix(),
        f=f,
        U=U.matrix(),
        V=V.matrix(),
        w=w,
        rates=np.array([jump.rate for jump in system.jumps], dtype=float),
        channels=tuple(jump.name for jump in system.jumps),
    )


def check_modes(system: OpenSystem) -> None:
    """That all spaces are modes.

    Raises:
        EngineMismatchError: one is not.
    """
    for space in system.spaces:
        if not isinstance(space, Mode):
            raise EngineMismatchError(
                f"The Gaussian form needs modes only, but '{space.label}' is {space!r}.",
                "Leave `engine` out, or use engines.Lindblad().",
            )


class _Entries:
    """Coordinates of a sparse matrix while it is being filled."""

    def __init__(self, rows: int, columns: int):
        self.shape = (rows, columns)
        self.i: list[int] = []
        self.j: list[int] = []
        self.c: list[complex] = []

    def add(self, i: int, j: int, c: complex) -> None:
        self.i.append(i)
        self.j.append(j)
        self.c.append(c)

    def matrix(self) -> sp.csr_array:
        values = np.array(self.c, dtype=complex)
        return sp.csr_array((values, (self.i, self.j)), shape=self.shape)


def _collect_hamiltonian(
    product: Product, c: complex, index: dict[str, int], A: _Entries, B: _Entries, f: NDArray
) -> None:
    letters = [(index[space.label], letter) for space, word in product for letter in word]
    kinds = "".join(letter for _, letter in letters)
    places = [i for i, _ in letters]
    if kinds == "+-":
        A.add(places[0], places[1], c)
    elif kinds == "-+":  # different modes: they commute
        A.add(places[1], places[0], c)
    elif kinds == "++":
        # (1/2)(B_ij + B_ji) a_i† a_j† = c a_i† a_j†; on the diagonal (1/2) B_ii = c
        B.add(places[0], places[1], c)
        B.add(places[1], places[0], c)
    elif kinds == "+":
        f[places[0]] += c
    elif kinds not in ("", "-", "--"):  # the lowering parts are the adjoints of those above
        raise EngineMismatchError(
            f"The Hamiltonian term {OperatorSum({product: c})} is of order {len(kinds)}; a "
            "Gaussian system is at most quadratic.",
            "Linearise it, or use an engine with Fock spaces.",
        )


def _collect_jump(
    operator: OperatorSum, k: int, index: dict[str, int], U: _Entries, V: _Entries, w: NDArray
) -> None:
    for product, c in operator:
        word = "".join(word for _, word in product)
        if word == "":
            w[k] += c
        elif word == "-":
            U.add(k, index[product[0][0].label], c)
        elif word == "+":
            V.add(k, index[product[0][0].label], c)
        else:
            raise EngineMismatchError(
                f"The jump term {OperatorSum({product: c})} is of order {len(word)}; jumps of a "
                "Gaussian system are linear.",
                "Use an engine with Fock spaces.",
            )
