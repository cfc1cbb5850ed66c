"""Programmed networks: pairings and blocks, and the step of detuning that they need."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

import darkstate as ds
from darkstate.design import programme
from darkstate.design.programming import ProgrammedRails
from darkstate.errors import ArgumentError
from darkstate.results import Status


def test_the_smallest_step_loses_a_hundredth_and_less_step_more() -> None:
    found = programme([2, 1], steps=(2.0, 20.0))
    assert found.status is Status.CONVERGED and found.permutation == (1, 0)
    one, other = found.model.detunings
    assert other == pytest.approx(one) and one[1] - one[0] == pytest.approx(20.0)
    assert found.smallest < found.step
    (target,) = [t for t in ProgrammedRails(1.0, (1, 0), (1, 1), 1.0, 1.0, 0.0, math.inf, 1.0)
                 .targets() if "A1" in t.labels]  # fmt: skip
    assert target.labels == ("A1", "B2")
    least = [ds.fidelity(ds.steady_state(m).state, target) for m in
             (found.model, found.smallest_model)]  # fmt: skip
    assert least[0] == pytest.approx(found.fidelities["A1", "B2"])
    assert least[1] == pytest.approx(0.99 * min(found.fidelities.values()), abs=1e-4)


@pytest.mark.parametrize("partners", list(itertools.permutations((1, 2, 3))))
def test_every_pairing_of_three_is_reached_by_large_steps(partners: tuple[int, ...]) -> None:
    order = tuple(int(k) for k in np.argsort(partners))
    rails = ProgrammedRails(60.0, order, (1, 1, 1), 1.0, 1.0, 0.0, math.inf, 1.0)
    state = ds.steady_state(rails).state
    for j, k in enumerate(partners, 1):
        assert ds.concurrence(state, f"A{j}", f"B{k}") > 0.95 * math.tanh(2)


def test_blocks_have_the_programmed_state_at_every_step() -> None:
    found = programme(blocks=[2, 1])
    assert found.design is None and "no difference" in found.sentence
    assert all(value == pytest.approx(1.0) for value in found.fidelities.values())
    assert list(found.fidelities) == [("A1", "A2", "B1", "B2"), ("A3", "B3")]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, "partners"),
        ({"partners": [1], "blocks": [1]}, "partners"),
        ({"partners": [1, 3]}, "partners"),
        ({"partners": []}, "partners"),
        ({"blocks": [0]}, "blocks"),
        ({"blocks": []}, "blocks"),
        ({"partners": [2, 1], "steps": (3.0, 1.0)}, "step"),
        ({"partners": [2, 1], "coupling": 0.0}, "coupling"),
    ],
)
def test_what_is_wrong_is_named(given: dict[str, Any], name: str) -> None:
    with pytest.raises(ArgumentError, match=name):
        programme(**given)
