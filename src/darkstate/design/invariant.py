r"""What all networks of a family keep besides the target, and the proof of it.

Let S be a subspace orthogonal to psi with projector P that every ``B_j'``, every ``B_j'† B_l'`` and
every shifted Hamiltonian of the family keep to itself. Then for *every* network of the family

    d/dt Tr(P rho) >= 0:

what has begun in S stays there, and psi is never the only steady state. Conversely a subspace
that all of the family keep must be kept by each of these operators, as Gamma and x are free. The
largest one is found by taking away, again and again, what some operator moves out.

Numbers are not exact, so what is proven is a rate. With ``Q = 1 - P``, a network of total strength
``s = sum_a |y_a|^2 + |x|`` (operators have norm one) and ``L†(P)``, whose block on Q is never
negative, ``d/dt Tr(P rho) >= -(|P L†(P) P| + |P L†(P) Q|) >= -escape * s``. All norms are computed
from the matrices, rounding included; nothing is assumed about how S was found.
"""

from __future__ import annotations

import numpy as np

from darkstate.design.family import Family
from darkstate.linalg.bounds import EPS
from darkstate.states.subsystems import Matrix

_KEPT = 1e-12
"""Eigenvalues of the squared leak below this count as zero."""


def common_subspace(family: Family) -> Matrix:
    """The largest subspace orthogonal to the target that every network keeps, (d, r) columns.

    Rows are the basis states `low` of the hardware.
    """
    low = family.hardware.low
    psi = family.hardware.target[low]
    space = np.linalg.svd(psi.conj()[None], full_matrices=True)[2][1:].conj().T
    while space.shape[1]:
        projector = _embedded(space, family)
        rest = np.eye(len(projector)) - projector @ projector.conj().T
        gram, count = _gram(family.hamiltonians, rest), len(family.hamiltonians)
        for each in family.jumps:
            jumps = each.matrices
            middle = sum((b @ rest @ b.conj().T for b in jumps), np.zeros_like(rest))
            # sum_l B_l† Q B_l and sum_jl B_l† B_j Q B_j† B_l
            gram, count = gram + _gram(jumps, rest + middle), count + len(jumps) ** 2
        leak = projector.conj().T @ gram @ projector
        values, vectors = np.linalg.eigh(0.5 * (leak + leak.conj().T))
        stays = values <= _KEPT * (1 + count)
        if np.all(stays):
            break
        space = np.linalg.qr(space @ vectors[:, stays])[0]
    return space


def escape_rate(family: Family, space: Matrix) -> float:
    """Proven bound on how fast anything can leave a subspace, per strength of the network.

    Args:
        family: all networks.
        space: (d, r) columns on the basis states `low`, orthonormal and orthogonal to the target.

    Returns:
        The rate; infinite where the columns are not what they should be.
    """
    if not space.shape[1]:
        return np.inf
    inside = _embedded(space, family)
    size = len(inside)
    gram = float(np.linalg.norm(inside.conj().T @ inside - np.eye(inside.shape[1])))
    overlap = float(np.linalg.norm(family.hardware.target.conj() @ inside))
    if gram > 1e-12 * size or overlap > 1e-12 * size:
        return np.inf
    count = max([1, *(len(group) for group in family.hardware.jumps)])
    columns = 1.0 + family.space.basis.shape[1]
    norm = 2.0 * np.sqrt(count)  # of a jump of strength one, its eigenvalue taken off
    rounding = 16 * size**2 * EPS * norm**2 * (1 + sum(len(s.matrices) for s in family.jumps))
    rounding += 4 * norm * (gram + overlap)

    def leak(moved: Matrix) -> float:
        moved = moved - inside @ (inside.conj().T @ moved)
        return float(np.linalg.norm(moved)) + rounding

    off = norm * max([0.0, *(each.space.slack for each in family.jumps)])
    off += norm * np.sqrt(max(0.0, family.unused))
    jump = both = off
    for each in family.jumps:
        moved = each.matrices @ inside
        jump = max(jump, leak(moved) + off)
        pairs = [leak(b.conj().T @ moved) for b in each.matrices]  # all B_j† B_l P for one j
        both = max(both, float(np.linalg.norm(pairs)) + 3 * norm * off)
    turn = leak(family.hamiltonians @ inside)
    turn += np.sqrt(columns) * norm**2 * family.space.slack
    # a B_1 that was left out brings Gamma_1j <= sqrt(Gamma_11 Gamma_jj), and other x that fit them
    beside = np.sqrt(max(0.0, family.unused)) * norm**2
    turn += beside * (1.0 + np.sqrt(columns) * norm**2 / max(family.space.margin, EPS))
    return float(jump**2 + norm * jump + 0.5 * both + turn)


def _gram(operators: Matrix, middle: Matrix) -> Matrix:
    """``sum_A A† middle A``."""
    return sum((a.conj().T @ middle @ a for a in operators), np.zeros_like(middle))


def _embedded(space: Matrix, family: Family) -> Matrix:
    whole = np.zeros((len(family.hardware.target), space.shape[1]), dtype=complex)
    whole[family.hardware.low] = space
    return whole
