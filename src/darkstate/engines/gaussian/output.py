"""Stationary output fields: what leaves the network through its jump channels.

Every jump is taken as a vacuum field that passes the system, ``b_out = b_in + sqrt(rate) c``. That
is what a loss channel, a transmission line or the amplifier of a `ParametricDrive` are. The jumps
into which `darkstate.systems.noise` splits a squeezed or thermal field are not: they only have the
same effect on the system, the split is not unique, and no detector sees their "outputs". Those of
the library's drives and fields therefore have no name to ask for. In frequency
space ``b_out(w) = [1 + C (-i w - W)^{-1} K] b_in(w)``, so that at each frequency the outputs at +w
and -w are Gaussian modes in a pure-input transformed state. Spectral moments are per unit
bandwidth: a value of 1 is one photon per second per hertz.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_labels, check_reals
from darkstate.engines.gaussian.structure import Structure
from darkstate.errors import ArgumentError
from darkstate.states import GaussianState


def output_states(
    structure: Structure, channels: Sequence[str], frequencies: Sequence[float]
) -> list[GaussianState]:
    """Gaussian states of the output modes of `channels` at each of `frequencies`.

    A state has the modes ``"<channel>@+"`` (frequency +w of the frame in which the system is
    written) and ``"<channel>@-"`` (frequency -w). Fields entangle across the carrier: the partner
    of one channel's +w is the other's -w. At w = 0 both names stand for the same field mode:
    measures between ``"x@+"`` and ``"y@-"`` mean what they say, but a part that holds both
    ``"x@+"`` and ``"x@-"`` counts one mode twice.

    Raises:
        ArgumentError: an unknown channel name, or frequencies that are no list of finite numbers.
    """
    values = check_frequencies(frequencies)
    named = [name for name in structure.form.channels if name]
    chosen = check_labels("channels", channels, named)
    at = [structure.form.channels.index(name) for name in chosen]
    labels = tuple(f"{name}@{sign}" for name in chosen for sign in "+-")
    inputs, outputs = _couplings(structure)
    drift = structure.drift.toarray()
    return [_state_at(drift, inputs, outputs, at, w, labels) for w in values]


def check_frequencies(frequencies: Sequence[float]) -> list[float]:
    """`frequencies` as floats."""
    rule = "be a list of finite numbers"
    remedy = "Give for example [0.0, 0.5], angular frequencies in the unit of the rates."
    values = check_reals("frequencies", frequencies, rule=rule, remedy=remedy)
    if values.ndim != 1 or not np.all(np.isfinite(values)):
        raise ArgumentError("frequencies", rule, frequencies, remedy)
    return values.tolist()


def _couplings(structure: Structure) -> tuple[NDArray, NDArray]:
    """``(K, C)``: ``d xi/dt = W xi + K (b_in, b_in†)`` and ``(b_out, b_out†) = .. + C xi``."""
    form = structure.form
    root = np.sqrt(form.rates)[:, None]
    U, V = root * form.U.toarray(), root * form.V.toarray()
    C = np.block([[U, V], [V.conj(), U.conj()]])
    K = np.block([[-U.conj().T, V.T], [V.conj().T, -U.T]])
    return K, C


def _state_at(
    drift: NDArray, K: NDArray, C: NDArray, at: list[int], w: float, labels: tuple[str, ...]
) -> GaussianState:
    channels = len(C) // 2
    rows = [*at, *(channels + k for k in at)]

    def transfer(frequency: float) -> NDArray:
        response = np.linalg.solve(-1j * frequency * np.eye(len(drift)) - drift, K)
        return (np.eye(2 * channels) + C @ response)[rows]

    plus, minus = transfer(w), transfer(-w)
    k = len(at)
    number = np.zeros((2 * k, 2 * k), dtype=complex)
    anomalous = np.zeros((2 * k, 2 * k), dtype=complex)
    # b_out(w) = P b_in(w) + R b_in†(w): <b†b> = R* R^T, <b(w) b(-w)> = P(w) R(-w)^T
    for offset, own, other in ((0, plus, minus), (1, minus, plus)):
        P, R = own[:k, :channels], own[:k, channels:]
        R_other = other[:k, channels:]
        number[offset::2, offset::2] = R.conj() @ R.T
        anomalous[offset::2, 1 - offset :: 2] = P @ R_other.T
    anomalous = 0.5 * (anomalous + anomalous.T)
    return GaussianState(labels, number, anomalous)
