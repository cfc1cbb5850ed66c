"""Chains with dephasing or lost atoms: the density matrix of the ends in a window of Dicke states.

Dephasing commutes with H: over the time t it multiplies the rho of a node by
``exp(-2 gamma t (k-k')^2)``. A measured node then enters through the weight of its pair (k, k'),

    w_j(k, k') = D_j(k) D_j(k')* exp(-2 gamma_j t (k-k')^2),   D_j = psi e^(i phi kappa) <q_j|k>_x,

and if a fraction eta of its atoms is lost after the interaction, and all that are left are found
up, ``psi^2(k) psi^2(k')`` becomes the joint distribution of N independent atoms, each either kept
(k and k' count it independently, 1/4 for each case) or lost (k and k' agree on it, 1/2 each).

* M = 3: ``F(x, y) = sum w_2(k, k') exp(i t (x kappa - y kappa'))``, a small real table, is all that
  is needed, with x = k_1 - k_3 and y = k_1' - k_3'.
* M > 3: the pair (k, k') is handed on from node to node, a kernel of W^4 numbers and W^5 steps.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.errors import NumericalError
from darkstate.repeaters.dicke import binomial_amplitudes, centred, phase_products, sx_amplitudes
from darkstate.repeaters.window import Integers, inner_window, phases
from darkstate.states import DickePairState
from darkstate.systems.chain import MeasuredChain

Table = NDArray[Any]

_EPS = float(np.finfo(float).eps)
_LOST = 0.1
"""Relative rounding error from which on the outcomes count as impossible."""


def measured_weights(chain: MeasuredChain, node: int, time: float, k: Integers) -> Table:
    """``w_j(k, k')`` of the inner node `node` (counted from 1) in a window, shape (W, W)."""
    atoms = chain.atoms
    if chain.loss > 0.0:
        weights = _weights_with_loss(atoms, chain.loss, k).astype(complex)
    else:
        q = chain.chosen_outcomes[node - 2]
        amplitude = binomial_amplitudes(atoms, k) * sx_amplitudes(atoms, q, k)
        weights = np.multiply.outer(amplitude, amplitude).astype(complex)
    apart = np.subtract.outer(k, k).astype(float)
    if chain.offset:
        weights *= np.exp(1j * phase_products(chain.offset, apart))
    return weights * np.exp(-2.0 * chain.dephasing[node - 1] * time * apart**2)


def _weights_with_loss(atoms: int, loss: float, k: Integers) -> NDArray[np.float64]:
    """The joint distribution of (k, k'), from its generating function by a Fourier transform."""
    angle = 2.0 * math.pi * np.arange(atoms + 1) / (atoms + 1)
    one = 1.0 + np.exp(-1j * angle)
    apart = np.exp(-1j * angle)[:, None] * np.exp(1j * angle)
    atom = (1.0 - loss) / 4.0 * one[:, None] * one.conj() + loss / 2.0 * (1.0 + apart)
    joint = np.fft.fft(np.fft.ifft(atom**atoms, axis=0), axis=1) / (atoms + 1)
    return joint.real[np.ix_(k, k)]


def ends_state(chain: MeasuredChain, time: float, k: Integers) -> tuple[DickePairState, float]:
    """The state of the end nodes and the probability of the outcomes.

    Args:
        chain: M >= 2 nodes.
        time: t.
        k: (W,) window of every node that needs one.

    Raises:
        NumericalError: the outcomes have no probability.
    """
    return ends_and_rounding(chain, time, k)[:2]


def ends_and_rounding(
    chain: MeasuredChain, time: float, k: Integers
) -> tuple[DickePairState, float, float]:
    """`ends_state`, and the estimated relative error of its entries by cancellation."""
    psi = binomial_amplitudes(chain.atoms, k)
    damping = 2.0 * time * np.array([chain.dephasing[0], chain.dephasing[-1]])
    dimensions = (chain.atoms + 1,) * 2
    if chain.nodes == 3:
        kernel, lost = _correlator(chain, time, k)
        weights = psi
    else:
        kernel, lost = _kernel(chain, time, k, psi, damping)
        weights, damping = np.ones(len(k)), np.zeros(2)
    trace = _trace(kernel, weights)
    if not trace * _LOST > lost:
        raise NumericalError(
            f"The `outcomes` {chain.chosen_outcomes[:4]} have no probability at time {time:.6g}, "
            "or none that rounding leaves visible. Choose others, or another time."
        )
    state = DickePairState(chain.labels, dimensions, k, weights, damping, kernel / trace)
    return state, trace, lost / trace


def _trace(kernel: Table, weights: NDArray[np.float64]) -> float:
    if kernel.ndim == 4:
        return float(np.real(np.einsum("abab->", kernel)))
    shift = len(weights) - 1
    apart = np.subtract.outer(np.arange(len(weights)), np.arange(len(weights))) + shift
    return float(np.sum(np.multiply.outer(weights**2, weights**2) * kernel[apart, apart]))


def _correlator(
    chain: MeasuredChain, time: float, k: Integers
) -> tuple[NDArray[np.float64], float]:
    """F(x, y) at x, y = -(W-1) .. W-1, and its error by rounding, that of a sum of the ``|w|``.

    F is real, as ``P D P*`` is up to a power of i.
    """
    middle = middle_window(chain, k)
    shifts = np.arange(1 - len(k), len(k), dtype=float)
    wave = phases(time, shifts, centred(chain.atoms, middle))
    weights = measured_weights(chain, 2, time, middle)
    table = wave @ weights @ wave.conj().T
    return np.ascontiguousarray(table.real), _EPS * float(np.sum(np.abs(weights)))


def middle_window(chain: MeasuredChain, k: Integers) -> Integers:
    """A wide window for the one inner node of M = 3, which is summed over and costs little."""
    c = 2.0 * len(k) / math.sqrt(chain.atoms)
    return inner_window(chain.atoms, max(c, 8.0))


def _kernel(
    chain: MeasuredChain,
    time: float,
    k: Integers,
    psi: NDArray[np.float64],
    damping: NDArray[np.float64],
) -> tuple[Table, float]:
    """rho(a, b; c, d) for any M, not normalised, and its error by rounding.

    Grown as (k_1, k_1', k_j, k_j'). The ends only multiply by numbers whose diagonals sum to one.
    """
    size = len(k)
    kappa = centred(chain.atoms, k)
    link = phases(time, kappa, kappa)
    apart = np.subtract.outer(np.arange(size), np.arange(size)).astype(float)
    if chain.nodes == 2:  # exp(i t (k_1 k_2 - k_1' k_2'))
        grown, lost = link[:, None, :, None] * link.conj()[None, :, None, :], _EPS
    else:
        a = np.subtract.outer(np.arange(size), np.arange(size)) + size - 1
        table, lost = _correlator(chain, time, k)
        grown = table[a[:, None, :, None], a[None, :, None, :]]
        for node in range(3, chain.nodes):
            weights = measured_weights(chain, node, time, k)
            lost = float(np.sum(np.abs(weights))) * (lost + _EPS * float(np.max(np.abs(grown))))
            grown = grown * weights
            forward = link if node % 2 else link.conj()
            grown = forward.T @ grown @ forward.conj()
    ends = [np.exp(-rate * apart**2) * np.multiply.outer(psi, psi) for rate in damping]
    grown = grown * ends[0][:, :, None, None] * ends[1]
    kernel = grown.transpose(0, 2, 1, 3)  # (k_1, k_1', k_M, k_M') -> (a, b; c, d)
    real = chain.nodes % 2 == 1 and chain.offset == 0.0
    return np.ascontiguousarray(kernel.real if real else kernel), lost
