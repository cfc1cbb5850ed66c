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

from darkstate.repeaters.dicke import (
    binomial_amplitudes,
    centred,
    log_rotation_amplitudes,
    phase_products,
    sx_amplitudes,
    window,
)

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]


def automatic_window(tolerance: float) -> float:
    """The half width c of the window outside of which one node has about this weight.

    From the Gaussian limit ``erfc(c/sqrt 2)``: c = 7.13 for 1e-12.
    """
    return math.sqrt(2.0) * float(erfcinv(max(tolerance, 1e-300)))


def inner_window(atoms: int, c: float) -> Integers:
    """A window for inner nodes, whose tails enter as amplitudes: sqrt(2) times as wide."""
    return window(atoms, math.sqrt(2.0) * c)


def phases(time: float, rows: Reals, columns: Reals) -> NDArray[np.complex128]:
    """``exp(i t kappa kappa')``, shape (rows, columns); kappas are half integers."""
    return np.exp(1j * phase_products(time, np.multiply.outer(rows, columns)))


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
    """
    middle = k if inner is None else inner
    return _product(atoms, time, k, outcomes, offset, middle)[0]


def _product(
    atoms: int, time: float, k: Integers, outcomes: Sequence[int], offset: float, middle: Integers
) -> tuple[NDArray[np.complex128], float]:
    """`amplitude_matrix`, and its estimated relative error by cancellation."""
    kappa, kappa_inner = centred(atoms, k), centred(atoms, middle)
    psi = binomial_amplitudes(atoms, k)
    # the rows of a chain that ends at an inner node, grown node by node
    grown: NDArray[Any] = np.diag(psi).astype(complex)
    here, lost = kappa, 0.0
    turn = np.exp(1j * phase_products(offset, kappa_inner))
    for links, q in enumerate((*outcomes, None)):
        there = kappa if q is None else kappa_inner
        wave = phases(-time if links % 2 else time, here, there)
        if q is None:
            wave *= psi
        else:
            wave *= turn * binomial_amplitudes(atoms, middle) * sx_amplitudes(atoms, q, middle)
        before, grown = grown, grown @ wave
        lost += _cancellation(before, wave, grown)
        here = there
    return grown, lost


def _cancellation(left: NDArray[Any], right: NDArray[Any], product: NDArray[Any]) -> float:
    """Estimated relative rounding error of ``left @ right``."""
    terms, kept = np.linalg.norm(left) * np.linalg.norm(right), np.linalg.norm(product)
    return float(np.finfo(float).eps * terms / kept) if kept > 0.0 else 1.0


@dataclass(frozen=True)
class Blocks:
    """Matrices that together have the singular values of A.

    Args:
        matrices: the blocks.
        rounding: estimated relative error of A by cancellation; near one for outcomes that are
            as good as impossible.
    """

    matrices: list[NDArray[Any]]
    rounding: float


def amplitude_blocks(
    atoms: int, time: float, k: Integers, outcomes: Sequence[int], offset: float, inner: Integers
) -> Blocks:
    """A in the smallest blocks that the symmetries allow, real wherever it can be.

    Args:
        atoms, time, k, outcomes, offset, inner: as of `amplitude_matrix`.
    """
    eps = float(np.finfo(float).eps)
    if len(outcomes) == 1:
        three = _toeplitz_blocks if offset == 0.0 else _hankel_block
        return Blocks(three(atoms, time, k, outcomes[0], offset), eps)
    if offset != 0.0 and outcomes:
        matrix, lost = _product(atoms, time, k, outcomes, offset, inner)
        return Blocks([matrix], lost)
    found = [_parity_block(atoms, time, k, outcomes, inner, parity) for parity in (1, -1)]
    norms = [float(np.linalg.norm(block)) for block, _ in found]
    lost = sum(error * norm for (_, error), norm in zip(found, norms, strict=True))
    whole = math.hypot(*norms)
    return Blocks([block for block, _ in found], lost / whole if whole > 0.0 else 1.0)


def singular_values(blocks: Sequence[NDArray[Any]]) -> Reals:
    """Singular values of the blocks together, largest first; symmetric blocks cost half."""
    values = []
    for number, block in enumerate(blocks):
        scale = 1e-13 * float(np.max(np.abs(block), initial=0.0))
        twin = blocks[0].T
        if number and block.shape == twin.shape and _equal_up_to_sign(block, twin, scale):
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


def rotation(atoms: int, q: int, angle: Reals) -> Reals:
    """``sqrt(C(N, q)) cos^q(x) sin^(N-q)(x)`` = ``<q|exp(i x S_z)|N>_x`` up to a power of i."""
    value = np.exp(log_rotation_amplitudes(atoms, q, angle))
    if q % 2:
        value = np.where(np.cos(angle) < 0.0, -value, value)
    return np.where(np.sin(angle) < 0.0, -value, value) if (atoms - q) % 2 else value


def _hankel_block(
    atoms: int, time: float, k: Integers, q: int, offset: float
) -> list[NDArray[Any]]:
    """``A J`` of three nodes, with J the reversal of the window: real and symmetric."""
    psi = binomial_amplitudes(atoms, k)
    total = np.add.outer(2.0 * k - atoms, 2.0 * k - atoms) / 2.0
    angle = phase_products(0.5 * time, total) + 0.5 * offset
    return [psi[:, None] * rotation(atoms, q, angle) * psi]


def _toeplitz_blocks(
    atoms: int, time: float, k: Integers, q: int, offset: float = 0.0
) -> list[NDArray[Any]]:
    """The two parity blocks of a chain of three nodes without offset.

    ``T(-d) = (-1)^(N-q) T(d)``, so that an odd outcome exchanges even and odd states.
    """
    swaps = (atoms - q) % 2 == 1
    blocks = []
    for parity in (1, -1):
        rows, kappa, norm = _half(atoms, k, -parity if swaps else parity)
        columns, other, other_norm = _half(atoms, k, parity)
        near = rotation(atoms, q, phase_products(0.5 * time, np.subtract.outer(kappa, other)))
        far = rotation(atoms, q, phase_products(0.5 * time, np.add.outer(kappa, other)))
        left = norm * binomial_amplitudes(atoms, rows)
        right = other_norm * binomial_amplitudes(atoms, columns)
        blocks.append(left[:, None] * (near + parity * far) * right)
    return blocks


def _parity_block(
    atoms: int, time: float, k: Integers, outcomes: Sequence[int], inner: Integers, parity: int
) -> tuple[Reals, float]:
    """The block of A that starts in this parity at node 1 (powers of i left out), and its error."""
    here, kappa, norm = _half(atoms, k, parity)
    grown = np.diag(binomial_amplitudes(atoms, here))
    lost = 0.0
    for q in (*outcomes, None):
        target, other, other_norm = _half(atoms, k if q is None else inner, parity)
        product = phase_products(time, np.multiply.outer(kappa, other))
        wave = np.cos(product) if parity > 0 else np.sin(product)
        node = binomial_amplitudes(atoms, target) * other_norm
        if q is not None:
            node = node * _folded_outcome(atoms, q, inner, target)
        wave *= 2.0 * norm[:, None] * node
        before, grown = grown, grown @ wave
        lost += _cancellation(before, wave, grown)
        if q is not None and (atoms - q) % 2:  # the outcome exchanges even and odd states
            parity = -parity
            kept, other, other_norm = _half(atoms, inner, parity)
            grown = grown[:, -len(kept) :] if len(kept) <= len(target) else _with_centre(grown)
        kappa, norm = other, other_norm
    return grown, lost


def _folded_outcome(atoms: int, q: int, inner: Integers, target: Integers) -> Reals:
    return sx_amplitudes(atoms, q, inner)[-len(target) :]


def _with_centre(grown: Reals) -> Reals:
    """A column of zeros for the central state, which an odd outcome does not reach."""
    return np.concatenate([np.zeros((len(grown), 1)), grown], axis=1)
