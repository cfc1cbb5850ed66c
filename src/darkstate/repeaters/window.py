"""Amplitudes between the end nodes in a window of Dicke states, for any outcomes.

With ``S = diag(psi)``, ``P = exp(i t kappa kappa')`` and, on the inner node j,
``D_j = diag(psi e^(i phi kappa) <q_j|k>_x)``, the (not normalised) state of the end nodes is

    A = S P D_2 P* D_3 P ... S        A(k_1, k_M), shape (W, W); sum |A|^2 = probability of q

up to local phases that carry no entanglement: O(M W^3) instead of (N+1)^M numbers.

* M = 3: ``P D_2 P*`` is a Toeplitz matrix in closed form, the rotation amplitude
  ``sqrt(C(N,q)) cos^q(x) sin^(N-q)(x)``, ``x = (t (k_1 - k_3) + phi)/2``; the middle node needs no
  window. It is real, and its mirror image real and symmetric.
* phi = 0: reflection ``kappa -> -kappa`` of all nodes leaves two real blocks of half the size: P is
  ``2 cos`` between even states, ``2i sin`` between odd ones, D_j keeps or exchanges parity.
* Otherwise the complex matrices are multiplied as they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh, svdvals
from scipy.special import erfcinv

from darkstate.checks import check_real
from darkstate.repeaters.checks import as_window, check_atoms, check_outcomes, check_time
from darkstate.repeaters.dicke import (
    binomial_amplitudes,
    centred,
    log_rotation_amplitudes,
    sx_amplitudes,
    window,
)
from darkstate.repeaters.phases import cosine_and_sine

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]


def automatic_window(tolerance: float) -> float:
    """The half width c of the window outside of which one node has about this weight.

    From the Gaussian limit ``erfc(c/sqrt 2)``: c = 7.13 for 1e-12.

    Raises:
        ArgumentError: not a number from 0 up to, but not including, 1.
    """
    remedy = "Give the weight that may be left out, such as 1e-12."
    tolerance = check_real("tolerance", tolerance, minimum=0.0, below=1.0, remedy=remedy)
    return math.sqrt(2.0) * float(erfcinv(max(tolerance, 1e-300)))


def inner_window(atoms: int, c: float) -> Integers:
    """A window for inner nodes, whose tails enter as amplitudes: sqrt(2) times as wide."""
    return window(atoms, math.sqrt(2.0) * c)


def phases(time: float, rows: Reals, columns: Reals) -> NDArray[np.complex128]:
    """``exp(i t kappa kappa')``, shape (rows, columns); kappas are half integers."""
    cosine, sine = cosine_and_sine(time, np.multiply.outer(rows, columns))
    return cosine + 1j * sine


class Trial:
    """Rounding found by trial: the same product once more, every factor off by some last digits.

    Real and imaginary parts of what is multiplied have nearly all their digits, so that what the
    sums lose is all that is lost; and that comes out, whatever cancels what in which step.

    Args:
        atoms: N; amplitudes of large ensembles know fewer digits.
    """

    def __init__(self, atoms: int):
        self._size = relative_rounding(atoms)
        self._draws = np.random.default_rng(0)

    def shaken(self, matrix: NDArray[Any]) -> NDArray[Any]:
        """The matrix with all its real and imaginary parts off by some last digits."""
        if np.iscomplexobj(matrix):
            return self.shaken(np.real(matrix)) + 1j * self.shaken(np.imag(matrix))
        up = self._draws.random(matrix.shape) < 0.5
        return matrix * np.where(up, 1.0 + self._size, 1.0 - self._size)


def relative_rounding(atoms: int) -> float:
    """Relative error of an amplitude of N atoms."""
    return float(np.finfo(float).eps) * (16.0 + math.sqrt(atoms))


def amplitude_matrix(
    atoms: int,
    time: float,
    k: Integers,
    outcomes: Sequence[int] = (),
    offset: float = 0.0,
    inner: Integers | None = None,
) -> NDArray[np.complex128]:
    """The end-to-end amplitudes A of a chain of ``M = len(outcomes) + 2`` nodes.

    Args:
        atoms: N per node.
        time: t.
        k: (W,) window of the end nodes.
        outcomes: q_2 .. q_(M-1).
        offset: phi.
        inner: window of the inner nodes; that of `k` by default.

    Returns:
        (W, W), rows k_1, columns k_M. Squared magnitudes sum to the probability of the outcomes
        (where the windows hold all the weight).

    Raises:
        ArgumentError: no atom, an outcome out of range, time or offset not finite, or no list of
            Dicke numbers.
    """
    atoms, k = check_atoms(atoms), as_window("k", k)
    check_time(time, offset)
    outcomes = check_outcomes(outcomes, atoms)
    middle = k if inner is None else as_window("inner", inner)
    return _product(atoms, time, k, outcomes, offset, middle, None)[0]


def _product(
    atoms: int,
    time: float,
    k: Integers,
    outcomes: Sequence[int],
    offset: float,
    middle: Integers,
    trial: Trial | None,
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """`amplitude_matrix`, and the same by trial (if there is one)."""
    kappa, kappa_inner = centred(atoms, k), centred(atoms, middle)
    psi = binomial_amplitudes(atoms, k)
    # the rows of a chain that ends at an inner node, grown node by node
    grown: NDArray[Any] = np.diag(psi).astype(complex)
    here, again = kappa, grown
    cosine, sine = cosine_and_sine(offset, kappa_inner)
    turn = cosine + 1j * sine
    for links, q in enumerate((*outcomes, None)):
        there = kappa if q is None else kappa_inner
        wave = phases(-time if links % 2 else time, here, there)
        if q is None:
            wave *= psi
        else:
            wave *= turn * binomial_amplitudes(atoms, middle) * sx_amplitudes(atoms, q, middle)
        here, grown = there, grown @ wave
        again = grown if trial is None else again @ trial.shaken(wave)
    return grown, again


@dataclass(frozen=True)
class WindowBlocks:
    """Matrices that together have the singular values of A.

    Args:
        matrices: the blocks.
        rounding: relative error of A by cancellation, found by trial; near one for outcomes that
            are as good as impossible.
    """

    matrices: list[NDArray[Any]]
    rounding: float


def amplitude_blocks(
    atoms: int, time: float, k: Integers, outcomes: Sequence[int], offset: float, inner: Integers
) -> WindowBlocks:
    """A in the smallest blocks that the symmetries allow, real wherever it can be.

    Args:
        atoms, time, k, outcomes, offset, inner: as of `amplitude_matrix`.
    """
    if len(outcomes) == 1:
        three = _toeplitz_blocks if offset == 0.0 else _hankel_block
        matrices, terms = three(atoms, time, k, outcomes[0], offset)
        return WindowBlocks(matrices, _relative(terms, matrices, relative_rounding(atoms)))
    if offset != 0.0 and outcomes:
        found = [_product(atoms, time, k, outcomes, offset, inner, Trial(atoms))]
    else:
        found = [_parity_block(atoms, time, k, outcomes, inner, parity) for parity in (1, -1)]
    matrices = [matrix for matrix, _ in found]
    return WindowBlocks(matrices, _relative([again - matrix for matrix, again in found], matrices))


def _relative(
    errors: Sequence[NDArray[Any]], matrices: Sequence[NDArray[Any]], unit: float = 1.0
) -> float:
    """The norm of some matrices against that of others; 1 where all vanishes."""
    off, whole = (math.hypot(*map(np.linalg.norm, each)) for each in (errors, matrices))
    return unit * off / whole if whole > 0.0 else 1.0


def singular_values(blocks: Sequence[NDArray[Any]]) -> Reals:
    """Singular values of the blocks together, largest first; symmetric blocks cost half."""
    values = []
    for number, block in enumerate(blocks):
        scale = 1e-13 * float(np.max(np.abs(block), initial=0.0))
        if number and _equal_up_to_sign(block, blocks[0].T, scale):
            values.append(values[0])  # swapped ends: the other block is its transpose
        elif not np.iscomplexobj(block) and _equal_up_to_sign(block, block.T, scale):
            values.append(np.abs(eigh(block, eigvals_only=True)))
        else:
            values.append(svdvals(block))
    return np.sort(np.concatenate(values))[::-1]


def _equal_up_to_sign(first: NDArray[Any], second: NDArray[Any], scale: float) -> bool:
    if first.shape != second.shape:
        return False
    return bool(np.max(np.abs(first - second), initial=0.0) <= scale)


def _half(atoms: int, k: Integers, parity: int) -> tuple[Integers, Reals, Reals]:
    """Dicke numbers k >= N/2 of a parity, their kappa, and the norms of the folded states."""
    upper = k[2 * k >= atoms] if parity > 0 else k[2 * k > atoms]
    kappa = centred(atoms, upper)
    return upper, kappa, np.where(kappa == 0.0, math.sqrt(0.5), 1.0)


def rotation(atoms: int, q: int, cosine: Reals, sine: Reals) -> Reals:
    """``sqrt(C(N, q)) cos^q(x) sin^(N-q)(x)`` = ``<q|exp(i x S_z)|N>_x`` up to a power of i."""
    value = np.exp(log_rotation_amplitudes(atoms, q, cosine, sine))
    if q % 2:
        value = np.where(cosine < 0.0, -value, value)
    return np.where(sine < 0.0, -value, value) if (atoms - q) % 2 else value


def _hankel_block(
    atoms: int, time: float, k: Integers, q: int, offset: float
) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
    """``A J`` of three nodes, with J the reversal of the window: real and symmetric.

    Nothing cancels in it: its terms, as returned too, are itself.
    """
    psi = binomial_amplitudes(atoms, k)
    total = np.add.outer(2.0 * k - atoms, 2.0 * k - atoms) / 2.0
    found = [psi[:, None] * rotation(atoms, q, *cosine_and_sine(0.5 * time, total, 0.5 * offset))]
    found[0] *= psi
    return found, found


def _toeplitz_blocks(
    atoms: int, time: float, k: Integers, q: int, offset: float = 0.0
) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
    """The two parity blocks of three nodes without offset, and the size of their terms.

    ``T(-d) = (-1)^(N-q) T(d)``, so that an odd outcome exchanges even and odd states.
    """
    swaps = (atoms - q) % 2 == 1
    blocks, terms = [], []
    for parity in (1, -1):
        rows, kappa, norm = _half(atoms, k, -parity if swaps else parity)
        columns, other, other_norm = _half(atoms, k, parity)
        near, far = (
            rotation(atoms, q, *cosine_and_sine(0.5 * time, apart.outer(kappa, other)))
            for apart in (np.subtract, np.add)
        )
        left = norm * binomial_amplitudes(atoms, rows)
        right = other_norm * binomial_amplitudes(atoms, columns)
        blocks.append(left[:, None] * (near + parity * far) * right)
        terms.append(left[:, None] * (np.abs(near) + np.abs(far)) * right)
    return blocks, terms


def _parity_block(
    atoms: int, time: float, k: Integers, outcomes: Sequence[int], inner: Integers, parity: int
) -> tuple[Reals, Reals]:
    """The block of A of this parity at node 1 (powers of i left out), and the same by trial."""
    here, kappa, norm = _half(atoms, k, parity)
    trial, grown = Trial(atoms), np.diag(binomial_amplitudes(atoms, here))
    again = grown
    for q in (*outcomes, None):
        target, other, other_norm = _half(atoms, k if q is None else inner, parity)
        wave = cosine_and_sine(time, np.multiply.outer(kappa, other))[0 if parity > 0 else 1]
        node = binomial_amplitudes(atoms, target) * other_norm
        if q is not None:
            node = node * _folded_outcome(atoms, q, inner, target)
        wave *= 2.0 * norm[:, None] * node
        grown, again = grown @ wave, again @ trial.shaken(wave)
        if q is not None and (atoms - q) % 2:  # the outcome exchanges even and odd states
            parity = -parity
            kept, other, other_norm = _half(atoms, inner, parity)
            grown, again = (_fitted(each, len(kept)) for each in (grown, again))
        kappa, norm = other, other_norm
    return grown, again


def _folded_outcome(atoms: int, q: int, inner: Integers, target: Integers) -> Reals:
    return sx_amplitudes(atoms, q, inner)[-len(target) :]


def _fitted(grown: Reals, count: int) -> Reals:
    """The last `count` columns, or zeros in front: no odd outcome reaches the central state."""
    known = grown.shape[1]
    if count <= known:
        return grown[:, known - count :]
    return np.concatenate([np.zeros((len(grown), count - known)), grown], axis=1)
