"""Coherent light at an input: amplitudes by hand, and the same as a drive in H."""

from __future__ import annotations

import numpy as np
import pytest

import darkstate as ds
from darkstate.errors import ArgumentError
from darkstate.systems import (
    CoherentField,
    Jump,
    Mode,
    OpenSystem,
    Qubit,
    SqueezedField,
    ThermalField,
    beam_splitter,
    cavity,
    concatenate,
    create,
    destroy,
    emitter,
    sigma_minus,
    sigma_plus,
    two_sided_cavity,
)

BETA = 0.3 - 0.2j


def test_a_cavity_is_filled_and_its_output_keeps_the_mean():
    a = Mode("a")
    system = cavity(a, 2.0, detuning=0.5).open_system({"a": CoherentField(BETA)})
    alpha = ds.expect(destroy(a), ds.steady_state(system).state)
    expected = -np.sqrt(2.0) * BETA / (1.0 + 0.5j)
    assert abs(alpha - expected) < 1e-12
    (jump,) = system.jumps
    output = np.sqrt(jump.rate) * jump.operator.terms[()]
    assert abs(output - BETA) < 1e-12  # L + beta: what a detector of the output sees
    both = two_sided_cavity(a, 1.0, 1.0).open_system({"a_left": CoherentField(BETA)})
    leaves = {jump.name: jump for jump in both.jumps}
    found = ds.expect(destroy(a), ds.steady_state(both).state)
    left = np.sqrt(leaves["a_left"].rate) * leaves["a_left"].operator
    mean = left.terms[()] + found * left.terms[((a, "-"),)]
    assert abs(mean) < 1e-12  # a resonant symmetric cavity reflects nothing


def test_light_from_elsewhere_mixes_with_noise():
    a, b = Mode("a"), Mode("b")
    ports = concatenate(cavity(a, 1.0), cavity(b, 1.0))
    squeezed = ports.open_system({("a", "b"): SqueezedField(0.5)}).jumps
    arm = beam_splitter(0.5).with_ports("x", "y") >> ports
    bright = arm.open_system({"x": CoherentField(BETA), "y": ThermalField(0.4)})
    state = ds.steady_state(bright).state
    t = np.sqrt(0.5)
    assert abs(ds.expect(destroy(a), state) + 2 * t * BETA) < 1e-12
    assert abs(ds.expect(destroy(b), state) + 2 * t * BETA) < 1e-12
    photons = ds.expect(create(a) * destroy(a), state)
    assert abs(photons - 0.2 - abs(2 * t * BETA) ** 2) < 1e-12
    assert len(squeezed) == 2


def test_a_qubit_is_driven_as_by_its_rabi_frequency():
    q = Qubit("q")
    lit = emitter(q, 1.5).open_system({"q": CoherentField(BETA)})
    drive = 1j * np.sqrt(1.5) * (np.conj(BETA) * sigma_minus(q) - BETA * sigma_plus(q))
    same = OpenSystem((q,), drive, (Jump(sigma_minus(q), 1.5),))
    first, second = (ds.steady_state(x).state for x in (lit, same))
    assert np.abs(first.matrix - second.matrix).max() < 1e-10


@pytest.mark.parametrize("amplitude", ["1", None, np.nan, np.inf * 1j, [1.0]])
def test_refusals(amplitude):
    with pytest.raises(ArgumentError, match="`amplitude` must"):
        CoherentField(amplitude)
