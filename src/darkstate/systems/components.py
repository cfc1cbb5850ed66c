"""Ready SLH components: cavities, emitters, passive optics and a source of entangled light.

Rates are energy decay rates; every component radiates with ``L = sqrt(rate) c``. Ports of a local
system are called by its label, so that ``cavity(Mode("A1"))`` has the port "A1"; passive elements
have unnamed ports. A network with loss on the way from one node to the next::

    node1, node2 = emitter(Qubit("A1"), 1.0), emitter(Qubit("A2"), 1.0)
    lossy = concatenate(node1, loss_line(0.9).with_ports("line", "lost")).feedback("A1", "line")
    network = concatenate(lossy, node2).feedback("A1", "A2")        # ports "A1" and "lost"
"""

from __future__ import annotations

from cmath import exp
from math import atan, atanh, pi, sqrt, tanh
from typing import Any

import numpy as np

from darkstate.checks import check_integer, check_real
from darkstate.errors import ArgumentError, UnphysicalError
from darkstate.systems.operators import (
    OperatorSum,
    create,
    destroy,
    number,
    sigma_minus,
    sigma_z,
)
from darkstate.systems.pulses import as_pulse
from darkstate.systems.signals import signal
from darkstate.systems.slh import Component, concatenate
from darkstate.systems.spaces import Mode, Qubit

_RATE = "Give an energy decay rate (twice the amplitude decay rate)."


def cavity(mode: Mode, rate: float, detuning: float = 0.0, modulation: Any = None) -> Component:
    """A single-ended cavity: ``S = 1``, ``L = sqrt(rate) a``, ``H = detuning a† a``.

    ``b_out = b_in + sqrt(rate) a``, so a resonant cavity reflects with the phase ``-1``.

    Args:
        mode: the cavity mode.
        rate: energy decay rate through its mirror, >= 0.
        detuning: its frequency in the rotating frame.
        modulation: of a tunable coupler, a pulse or a function of time f, real or complex:
            ``L = f(t) sqrt(rate) a``.

    Raises:
        ArgumentError: negative rate, non-finite numbers; neither a pulse nor a function.
    """
    coupling = _modulated(destroy(mode) * _amplitude("rate", rate), modulation)
    frequency = check_real("detuning", detuning, remedy="Give an angular frequency.")
    return Component(
        np.eye(1, dtype=complex), (coupling,), number(mode) * frequency, (mode,), (mode.label,)
    )


def two_sided_cavity(
    mode: Mode, rate_left: float, rate_right: float, detuning: float = 0.0
) -> Component:
    """A cavity with two mirrors; ports "X_left" and "X_right" for the mode X.

    What enters at the left and is transmitted leaves through "X_right".

    Args:
        mode: the cavity mode.
        rate_left: energy decay rate through the left mirror, >= 0.
        rate_right: the same at the right.
        detuning: its frequency in the rotating frame.

    Raises:
        ArgumentError: negative rates, non-finite numbers.
    """
    for name, rate in (("rate_left", rate_left), ("rate_right", rate_right)):
        check_real(name, rate, minimum=0.0, remedy=_RATE)
    left = cavity(mode, rate_left, detuning).with_ports(f"{mode.label}_left")
    right = cavity(mode, rate_right).with_ports(f"{mode.label}_right")
    return concatenate(left, right)


def emitter(qubit: Qubit, rate: float, detuning: float = 0.0, modulation: Any = None) -> Component:
    """A qubit in a one-way waveguide: ``S = 1``, ``L = sqrt(rate) s-``, ``H = (detuning/2) sz``.

    Args:
        qubit: the emitter.
        rate: energy decay rate into the waveguide, >= 0.
        detuning: its frequency in the rotating frame.
        modulation: of a tunable coupler, a pulse or a function of time f, real or complex:
            ``L = f(t) sqrt(rate) s-``.

    Raises:
        ArgumentError: negative rate, non-finite numbers; neither a pulse nor a function.
    """
    coupling = _modulated(sigma_minus(qubit) * _amplitude("rate", rate), modulation)
    frequency = check_real("detuning", detuning, remedy="Give an angular frequency.")
    H = sigma_z(qubit) * (frequency / 2)
    return Component(np.eye(1, dtype=complex), (coupling,), H, (qubit,), (qubit.label,))


def phase_shifter(phi: float) -> Component:
    """One port with ``b_out = e^{i phi} b_in``; ``phase_shifter(0)`` is a wire.

    Args:
        phi: phase in radians.

    Raises:
        ArgumentError: not finite.
    """
    phase = check_real("phi", phi, remedy="Give radians.")
    return Component(np.array([[exp(1j * phase)]]), (OperatorSum(),))


def beam_splitter(transmission: float) -> Component:
    """Two ports, ``S = [[t, -r], [r, t]]`` with ``t^2 = transmission``, ``r^2 = 1 - t^2``.

    Args:
        transmission: transmitted fraction of the power, 0 .. 1.

    Raises:
        ArgumentError: outside 0 .. 1.
    """
    remedy = "Give the transmitted fraction of the power."
    power = check_real("transmission", transmission, minimum=0.0, maximum=1.0, remedy=remedy)
    t, r = sqrt(power), sqrt(1.0 - power)
    return Component(np.array([[t, -r], [r, t]]), (OperatorSum(), OperatorSum()))


def loss_line(transmission: float) -> Component:
    """A lossy line: ports "line" and "lost"; the input "lost" is vacuum unless you drive it.

    Args:
        transmission: fraction of the power that arrives, 0 .. 1.

    Raises:
        ArgumentError: outside 0 .. 1.
    """
    return beam_splitter(transmission).with_ports("line", "lost")


def delay_line(label: str, delay: float, modes: int = 4) -> Component:
    """A line that takes time: light leaves it `delay` later, by a chain of cavities in a row.

    N resonant cavities of energy decay rate ``kappa = 4 N/delay``, each of which reflects all light
    with the phase ``-(1 + i x)/(1 - i x)``, ``x = 2 w/kappa``: together, with the sign put right, a
    phase ``2 N arctan(w delay/2 N)`` for ``w delay``, with the error `delay_error`.

    Args:
        label: name of the port; the modes are called ``label1``, ``label2``, ...
        delay: the time that light takes, > 0, in the inverse of the rate unit.
        modes: N, how many cavities.

    Raises:
        ArgumentError: a delay that is not positive, or no mode.
    """
    time = check_real("delay", delay, above=0.0, remedy="Give the time that light takes.")
    count = check_integer("modes", modes, minimum=1, remedy="Give the number of cavities.")
    line = phase_shifter(0.0 if count % 2 == 0 else pi)
    for k in range(1, count + 1):
        line = line >> cavity(Mode(f"{label}{k}"), 4.0 * count / time)
    return line.with_ports(label)


def delay_error(delay: float, modes: int, frequency: float) -> float:
    """By how much the phase of a `delay_line` is off at a frequency: ``(w delay)^3/(12 N^2)``.

    Args:
        delay: the time that light takes.
        modes: how many cavities the line has.
        frequency: w, from the carrier: the bandwidth of what is sent.

    Returns:
        ``w delay - 2 N arctan(w delay/2 N)``, radians.

    Raises:
        ArgumentError: numbers out of range.
    """
    time = check_real("delay", delay, above=0.0, remedy="Give the time that light takes.")
    count = check_integer("modes", modes, minimum=1, remedy="Give the number of cavities.")
    omega = check_real("frequency", frequency, remedy="Give an angular frequency.")
    return omega * time - 2 * count * atan(omega * time / (2 * count))


def parametric_source(
    mode_a: Mode, mode_b: Mode, gain: float, decay: float | tuple[float, float]
) -> Component:
    """A non-degenerate parametric amplifier below threshold: two entangled output beams.

    ``H = i gain (s_A† s_B† - h.c.)``, ``L_n = sqrt(decay_n) s_n``; at zero frequency its outputs
    from vacuum are those of ``SqueezedField(sinh^2 r, sinh(2r)/2)`` with ``r`` of `squeezing_of`,
    and for ``decay -> infinity`` at fixed r they are so at every frequency that matters.

    Args:
        mode_a: first source mode, radiating into the port of its name.
        mode_b: second source mode.
        gain: g, real; below threshold ``2 |g| < sqrt(decay_a decay_b)``.
        decay: energy decay rate kappa of both modes, or one for each, > 0.

    Raises:
        ArgumentError: decay not positive, non-finite numbers.
        UnphysicalError: at or above threshold there is no steady state.

    Source: Agustí et al., Phys. Rev. Lett. 131, 250801 (2023), Eq. (11).
    """
    squeezing_of(gain, decay)
    decay_a, decay_b = _two_rates(decay)
    pump = create(mode_a) * create(mode_b) * (1j * float(gain))
    return Component(
        np.eye(2, dtype=complex),
        (destroy(mode_a) * sqrt(decay_a), destroy(mode_b) * sqrt(decay_b)),
        pump + pump.adjoint(),
        (mode_a, mode_b),
        (mode_a.label, mode_b.label),
    )


def squeezing_of(gain: float, decay: float | tuple[float, float]) -> float:
    """``r = 2 artanh(2 gain / kappa)`` of a parametric source, ``kappa = sqrt(decay_a decay_b)``.

    Raises:
        ArgumentError: decay not positive, non-finite numbers.
        UnphysicalError: at or above threshold.
    """
    g = check_real("gain", gain, remedy="Give the parametric coupling as a rate.")
    decay_a, decay_b = _two_rates(decay)
    kappa = sqrt(decay_a * decay_b)
    if 2 * abs(g) >= kappa:
        rule = f"be below threshold, |gain| < kappa/2 = {kappa / 2:g}"
        remedy = "Lower it, raise the decay, or set a squeezing r: gain_of(squeezing, decay)."
        raise UnphysicalError("gain", rule, gain, remedy)
    return 2.0 * atanh(2.0 * g / kappa)


def gain_of(squeezing: float, decay: float | tuple[float, float]) -> float:
    """``gain = (kappa/2) tanh(r/2)``, the inverse of `squeezing_of`.

    Raises:
        ArgumentError: decay not positive, non-finite numbers.
    """
    r = check_real("squeezing", squeezing, remedy="Give the squeezing parameter r.")
    decay_a, decay_b = _two_rates(decay)
    return sqrt(decay_a * decay_b) / 2.0 * tanh(r / 2.0)


def _modulated(coupling: OperatorSum, modulation: Any) -> OperatorSum:
    """A coupling with its modulation as a factor, if it has one."""
    if modulation is None:
        return coupling
    return signal(as_pulse("modulation", modulation)) * coupling


def _amplitude(name: str, rate: float) -> float:
    return sqrt(check_real(name, rate, minimum=0.0, remedy=_RATE))


def _two_rates(decay: float | tuple[float, float]) -> tuple[float, float]:
    pair = decay if isinstance(decay, tuple) else (decay, decay)
    if len(pair) != 2:
        raise ArgumentError("decay", "be one rate or two", decay, "Give one for each mode.")
    first, second = pair
    return (
        check_real("decay", first, above=0.0, remedy=_RATE),
        check_real("decay", second, above=0.0, remedy=_RATE),
    )
