"""A chain of cavities as a delay: pulses come out later, as exactly as the page says."""

from __future__ import annotations

import numpy as np
import pytest

import darkstate as ds
from darkstate.errors import ArgumentError
from darkstate.systems import (
    CoherentField,
    Mode,
    cavity,
    concatenate,
    delay_error,
    delay_line,
    number,
    pulses,
)


def leaving(modes: int, times: np.ndarray) -> np.ndarray:
    """The mean of the output field while a Gaussian pulse of width 1 passes a line of delay 2."""
    light = CoherentField(0.3, modulation=pulses.gaussian(5.0, 1.0))
    system = delay_line("way", 2.0, modes).open_system({"way": light})
    engine = ds.engines.Gaussian(rtol=1e-6)
    states = ds.evolve(system, times, engine=engine, keep_states=True).states
    (jump,) = system.jumps
    found = []
    for t, state in zip(times, states, strict=True):
        parts = [(1.0 if f is None else f(t)) * ds.expect(c, state) for f, c in jump.parts]
        found.append(np.sqrt(jump.rate) * sum(parts))
    return np.array(found)


def test_a_pulse_comes_out_later():
    times = np.linspace(0.0, 12.0, 25)
    later = 0.3 * np.exp(-0.5 * (times - 7.0) ** 2)
    errors = [np.abs(leaving(n, times) - later).max() for n in (3, 6)]
    assert errors[0] > 3.4 * errors[1]  # as 1/N^2
    assert errors[1] < 0.3 * 2 * delay_error(2.0, 6, 2.0)


def test_what_is_sent_arrives_later():
    """Two cavities: the second sees ``-a_1(t - delay)``, by hand."""
    rate, delay = 0.2, 1.5
    line = delay_line("way", delay, 6)
    sent = concatenate(cavity(Mode("a"), rate), line).feedback("a", "way")
    system = concatenate(sent, cavity(Mode("b"), rate)).feedback("a", "b").open_system()
    bright = np.zeros(8, dtype=complex)
    bright[system.labels.index("a")] = 1.0
    none = np.zeros((8, 8))
    start = ds.states.GaussianState(system.labels, none, none, bright)
    times = np.linspace(0.0, 20.0, 11)
    found = ds.evolve(system, times, start, observables=number(Mode("b"))).table["observable"]
    after = np.clip(times - delay, 0.0, None)
    exact = (rate * after * np.exp(-rate * after / 2)) ** 2
    assert np.abs(found.values - exact).max() < 0.01


def test_refusals():
    for call, name in (
        (lambda: delay_line("way", 0.0), "delay"),
        (lambda: delay_line("way", 1.0, 0), "modes"),
        (lambda: delay_line("a b", 1.0), "label"),
        (lambda: delay_error(1.0, 2, np.inf), "frequency"),
    ):
        with pytest.raises(ArgumentError, match=f"`{name}` must"):
            call()
    assert delay_error(0.5, 3, 0.2) == pytest.approx(0.1**3 / 108, rel=1e-2)
