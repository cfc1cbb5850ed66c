r"""How moments at a time T answer to drift, source and drive.

With ``Y(t) = exp(W (T-t))† G exp(W (T-t))`` and ``l(t)`` alike, a function of the moments at T has

    df = integral_0^T Tr(Y (dW X + X dW† + dS)) + Re l† (dW mu + dd) dt.

Both evolutions take exact steps; the integral takes Gauss rules on more and more panels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.gaussian.evolution import moment_propagator, step_lengths
from darkstate.engines.gaussian.response import MomentWeights
from darkstate.engines.gaussian.rounding import nambu_moments
from darkstate.engines.gaussian.structure import Structure
from darkstate.states import GaussianState

Array = NDArray[Any]


def evolved_weights(
    structure: Structure, initial: GaussianState, G: Array, g: Array, times: Array, parts: Array
) -> MomentWeights:
    """Weights of a function at the last time with the derivatives G (2N, 2N) and g (2N,).

    Args:
        structure: the system.
        initial: the state at the first time.
        G: Hermitian.
        g: of the means.
        times: increasing, (T,); the first and last are the ends.
        parts: (T,) weights of the rule, zero for what is no node.
    """
    alpha = np.asarray(initial.mean)
    moments = [nambu_moments(np.asarray(initial.number), np.asarray(initial.anomalous))]
    means = [np.concatenate([alpha, alpha.conj()])]
    lengths = step_lengths(times.tolist())
    steps = {h: moment_propagator(structure, h) for h in set(lengths)}
    for h in lengths:
        step = steps[h]
        E = step.homogeneous
        moments.append(E @ moments[-1] @ E.conj().T + step.noise)
        means.append(E @ means[-1] + step.displacement)
    drift, source, size = np.zeros_like(G), np.zeros_like(G), np.zeros(G.shape)
    drive = np.zeros_like(g)
    Y, multiplier = G, g
    for k in range(len(times) - 1, -1, -1):
        drift += parts[k] * (2.0 * (moments[k] @ Y).T + np.outer(multiplier.conj(), means[k]))
        size += parts[k] * 2.0 * (np.abs(moments[k]) @ np.abs(Y)).T
        source += parts[k] * Y.T
        drive += parts[k] * multiplier.conj()
        if k:
            E = steps[lengths[k - 1]].homogeneous
            Y, multiplier = E.conj().T @ Y @ E, E.conj().T @ multiplier
    return MomentWeights(drift, source, drive, 1e-12, size)
