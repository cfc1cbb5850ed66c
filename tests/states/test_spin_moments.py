"""Means and covariances of collective spins as a state: physicality, xi, and refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darkstate.errors import ArgumentError
from darkstate.states import SpinMoments


@settings(max_examples=20, deadline=None)
@given(st.floats(-1, 1), st.floats(-1, 1), st.integers(1, 10**15), st.floats(0.0, 1.0))
def test_product_states_are_physical_and_not_entangled(p, q, atoms, turn):
    state = SpinMoments.product(
        ("I", "II"), (atoms, atoms), [(p * math.sin(turn), 0, p * math.cos(turn)), (0, 0, q)]
    )
    assert state.margin() >= -1e-9
    if abs(p * math.cos(turn)) + abs(q) > 1e-3:
        assert state.xi("I", "II") >= 1 - 1e-12


def test_states_refuse_what_is_no_state():
    with pytest.raises(ArgumentError, match="symmetric"):
        SpinMoments(("I",), (5,), np.zeros(3), np.triu(np.ones((3, 3))))
    with pytest.raises(ArgumentError, match="finite"):
        SpinMoments(("I",), (5,), np.zeros(2), np.eye(3))
    with pytest.raises(ArgumentError, match="bloch"):
        SpinMoments.polarised(("I",), (5,), (1.5,))
    state = SpinMoments.polarised(("I", "c"), (5, 0), (0.0, 0.0))
    with pytest.raises(ArgumentError, match="mode"):
        state.polarisation("c")
    with pytest.raises(ArgumentError, match="ensemble"):
        state.xi("I", "c")
    twins = SpinMoments.polarised(("I", "II"), (5, 5), (0.0, 0.0))
    with pytest.raises(ArgumentError, match="polarised"):
        twins.xi("I", "II")
