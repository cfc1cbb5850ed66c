r"""Family: all networks of a hardware that keep a pure target.

A network has jumps ``c_a = sum_k y_ak O_k`` and a Hamiltonian ``H = sum_m x_m h_m``, x real. It
keeps ``|psi><psi|`` iff (Kraus et al. 2008)

    c_a |psi> = lambda_a |psi>    and    (H + (i/2) sum_a (lambda_a* c_a - h.c.)) |psi> = E |psi>.

The first is linear: y lies in a null space Y for each set of operators, and lambda is a linear
function on it, so that a basis B_1, B_2, ... of Y exists in which only B_1 may have an eigenvalue.
With ``B_j' = B_j - lambda_j``, ``c_a = sum_j u_aj B_j`` and ``Gamma = u† u >= 0`` (what is left of
the freedom to mix jumps by a unitary), the second reads

    (sum_m x_m h_m + sum_j (i/2)(lambda_1* Gamma_1j B_j' - h.c.)) |psi> = E |psi>,

linear in the reals x, Gamma_11, Re and Im Gamma_1j: one more null space X. So the set of all
answers is: X with ``Gamma_11 >= 0``, and any Gamma with that first row and no negative eigenvalue.
Where no B has an eigenvalue, X are the x alone and Gamma is free. (A jump with an eigenvalue is the
same as one without, and a Hamiltonian. Who wants dissipation alone asks for `dark` jumps.)

Singular values count as zero below `ZERO` and as nonzero above `CLEAR` (operators have norm one);
where one lies between, the target is not given to enough digits, and nothing is proven.

Source: Kraus, Buechler, Diehl, Kantian, Micheli, Zoller, Phys. Rev. A 78, 042307 (2008).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkstate.design.hardware import Hardware
from darkstate.linalg.bounds import EPS, eigenvalue_bounds, hermitian
from darkstate.states.subsystems import Matrix

ZERO, CLEAR = 1e-10, 1e-6


@dataclass(frozen=True, eq=False)
class NullSpace:
    """``{y: M y = 0}``, and how well the rest is told from it.

    Args:
        basis: (n, K) orthonormal rows.
        margin: proven: ``|M y| >= margin |y|`` for every y orthogonal to the basis; infinite if the
            basis is everything.
        residual: ``|M y| <= residual |y|`` within it, rounding included.
    """

    basis: Matrix
    margin: float
    residual: float

    @property
    def clear(self) -> bool:
        """Whether no singular value lies between zero and not zero."""
        return self.residual <= ZERO and self.margin >= 0.5 * CLEAR

    @property
    def slack(self) -> float:
        """How far a true null vector of norm one may be from the basis, at most."""
        return 0.0 if np.isinf(self.margin) else self.residual / self.margin


def null_space(matrix: Matrix) -> NullSpace:
    """The null space of a matrix whose columns are of order one.

    Args:
        matrix: (D, K), real or complex.
    """
    count = matrix.shape[1]
    if not count:
        return NullSpace(np.zeros((0, 0), dtype=matrix.dtype), np.inf, 0.0)
    _, sizes, right = np.linalg.svd(matrix, full_matrices=True)
    sizes = np.concatenate([sizes, np.zeros(count - len(sizes))])
    basis, rest = right[sizes <= CLEAR].conj(), right[sizes > CLEAR].conj()
    skew = float(np.linalg.norm(right @ right.conj().T - np.eye(count)))
    rounding = 8 * sum(matrix.shape) * EPS * max(1.0, float(np.linalg.norm(matrix)))
    margin = np.inf
    if len(rest):
        image = matrix @ rest.T
        least = eigenvalue_bounds(hermitian(image.conj().T @ image))[0]
        margin = float(np.sqrt(max(0.0, least))) - rounding
        margin = margin if skew < 1e-12 * count else 0.0  # directions that are none prove nothing
    residual = float(np.linalg.norm(matrix @ basis.T)) + rounding if len(basis) else 0.0
    return NullSpace(basis, margin, residual)


@dataclass(frozen=True, eq=False)
class JumpSet:
    """The jumps that one set of operators can make.

    Args:
        coefficients: (n, K) B_j in the operators of the set.
        eigenvalues: (n,) lambda_j, zero but for the first.
        matrices: (n, D, D) ``B_j - lambda_j``.
        space: the null space behind it.
    """

    coefficients: Matrix
    eigenvalues: Matrix
    matrices: Matrix
    space: NullSpace

    @property
    def shifted(self) -> bool:
        """Whether B_1 has an eigenvalue."""
        return bool(len(self.eigenvalues) and self.eigenvalues[0])

    def without_first(self) -> JumpSet:
        """The same without B_1."""
        return JumpSet(self.coefficients[1:], self.eigenvalues[1:], self.matrices[1:], self.space)


@dataclass(frozen=True, eq=False)
class Family:
    """All networks of a hardware that keep its target.

    Args:
        hardware: target and operators.
        jumps: one for each set of jump operators.
        terms: (n, M + extra) basis of X: the x_m, then for each set with an eigenvalue Gamma_11,
            Re Gamma_12, Im Gamma_12, ...
        hamiltonians: (n, D, D) the shifted Hamiltonians that belong to it.
        space: the null space behind it.
        unused: by how much B_1 of a set that was left out may be used, for rounding's sake.
    """

    hardware: Hardware
    jumps: tuple[JumpSet, ...]
    terms: NDArray[np.float64]
    hamiltonians: Matrix
    space: NullSpace
    unused: float

    @property
    def clear(self) -> bool:
        """Whether all null spaces are told from the rest."""
        return self.space.clear and all(each.space.clear for each in self.jumps)

    @property
    def margin(self) -> float:
        """The smallest ``|(c - lambda) psi|`` or ``|(H - E) psi|`` of what is left out."""
        return min([self.space.margin, *(each.space.margin for each in self.jumps)])

    @property
    def operators(self) -> Matrix:
        """(n, D, D) all B_j'."""
        size = len(self.hardware.target)
        return np.concatenate([np.zeros((0, size, size)), *(each.matrices for each in self.jumps)])


def family_of(hardware: Hardware, tidy: bool = False) -> Family:
    """Find all networks that keep the target.

    Args:
        hardware: target and operators.
        tidy: bases of many zeros, for people, in place of orthonormal ones, for proofs.
    """
    psi, size = hardware.target, len(hardware.target)
    sets = [_jump_set(group, psi, tidy, hardware.dark) for group in hardware.jumps]
    unused = 0.0
    while True:
        terms = [*hardware.hamiltonian, *(h for each in sets for h in _shifts(each))]
        matrices = np.array(terms, dtype=complex).reshape(-1, size, size)
        space = null_space(_images(matrices, psi, real=True))
        position, done = len(hardware.hamiltonian), True
        for number, each in enumerate(sets):
            if not each.shifted:
                continue
            weight = float(np.linalg.norm(space.basis[:, position])) + space.slack
            position += 2 * len(each.coefficients) - 1
            if weight <= 10 * ZERO:  # Gamma_11 = 0 in all of X, and so its row
                unused, done = max(unused, weight), False
                sets[number] = each.without_first()
        if done:
            break
    basis = echelon(space.basis) if tidy else space.basis
    hamiltonians = np.tensordot(basis, matrices, 1) if len(basis) else np.zeros((0, size, size))
    return Family(hardware, tuple(sets), basis, hamiltonians, space, unused)


def _jump_set(group: Matrix, psi: Matrix, tidy: bool, dark: bool) -> JumpSet:
    space = null_space((group @ psi).T if dark and len(group) else _images(group, psi))
    basis = space.basis
    eigenvalues = basis @ np.einsum("i,kij,j->k", psi.conj(), group, psi)
    size = float(np.linalg.norm(eigenvalues)) if len(basis) else 0.0
    if size > 10 * ZERO:  # a rotation after which the first row alone has an eigenvalue
        others = null_space(eigenvalues[None]).basis @ basis
        first = (eigenvalues.conj() @ basis)[None] / size
        basis = np.concatenate([first, echelon(others) if tidy else others])
        eigenvalues = np.concatenate([[size], np.zeros(len(others))])
    else:
        basis, eigenvalues = echelon(basis) if tidy else basis, np.zeros(len(basis))
    one = np.eye(len(psi))
    matrices = np.tensordot(basis, group, 1) - eigenvalues[:, None, None] * one
    return JumpSet(basis, eigenvalues, matrices, space)


def _images(matrices: Matrix, psi: Matrix, real: bool = False) -> Matrix:
    """(D, K) what each operator adds to psi that is not psi; real: for real combinations."""
    moved = (matrices @ psi).T if len(matrices) else np.zeros((len(psi), 0))
    moved = moved - np.outer(psi, psi.conj() @ moved)
    return np.concatenate([np.real(moved), np.imag(moved)]) if real else moved


def _shifts(jumps: JumpSet) -> list[Matrix]:
    """The Hamiltonian terms that belong to Gamma_11, Re Gamma_12, Im Gamma_12, ..."""
    if not jumps.shifted:
        return []
    factor = np.conj(jumps.eigenvalues[0])

    def term(weight: complex, matrix: Matrix) -> Matrix:
        half = 0.5j * weight * factor * matrix
        return half + half.conj().T

    found = [term(1.0, jumps.matrices[0])]
    for matrix in jumps.matrices[1:]:
        found += [term(1.0, matrix), term(1.0j, matrix)]
    return found


def echelon(basis: Matrix) -> Matrix:
    """The same space with rows of many zeros (reduced echelon form), each of norm one."""
    rows = basis.copy()
    for done in range(len(rows)):
        sizes = np.abs(rows[done:])
        best = sizes.max(axis=0)
        column = int(np.argmax(best > 0.5 * best.max()))
        pivot = done + int(np.argmax(sizes[:, column]))
        rows[[done, pivot]] = rows[[pivot, done]]
        rows[done] = rows[done] / rows[done, column]
        for other in range(len(rows)):
            if other != done:
                rows[other] = rows[other] - rows[other, column] * rows[done]
    rows[np.abs(rows) < 1e-13] = 0.0
    return rows / np.linalg.norm(rows, axis=1, keepdims=True) if len(rows) else rows
