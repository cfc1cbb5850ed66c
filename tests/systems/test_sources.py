"""Which modes are a linear source, and what is upstream of what."""

from __future__ import annotations

import numpy as np
import pytest

import darkstate as ds
from darkstate.errors import ArgumentError
from darkstate.systems import (
    Jump,
    Mode,
    OpenSystem,
    Qubit,
    create,
    destroy,
    number,
    sigma_minus,
    sigma_plus,
    upstream,
)
from darkstate.systems.traits import linear_source

S, Q = Mode("S"), Qubit("Q")


def rail(**options: object) -> OpenSystem:
    return ds.models.DualRail(pairs=2, squeezing=1.0, **options).system()  # type: ignore[arg-type]


def test_the_parametric_source_of_the_rails_is_found() -> None:
    trait = linear_source(rail(bandwidth=4.0))
    assert trait.holds
    source = trait.evidence
    assert source is not None
    assert [mode.label for mode in source.modes] == ["SA", "SB"]
    assert source.network.labels == ("A1", "A2", "B1", "B2")
    # P_m = sqrt(kappa gamma) (s+_1 + s+_2)
    expected = 2.0 * (sigma_plus(Qubit("A1")) + sigma_plus(Qubit("A2")))
    assert source.drives[0].isclose(expected)
    assert all(not len(noise) for noise in source.noises)


def test_thermal_light_adds_noise() -> None:
    source = linear_source(rail(bandwidth=4.0, thermal=0.5)).evidence
    assert source is not None
    expected = 0.5 * 2.0 * (sigma_minus(Qubit("A1")) + sigma_minus(Qubit("A2")))
    assert source.noises[0].isclose(expected)


def test_white_fields_have_no_source() -> None:
    assert "no modes" in linear_source(rail()).reason


@pytest.mark.parametrize("factor", [0.0, 0.5, -1.0])
def test_a_wrong_exchange_acts_back(factor: float) -> None:
    c, q = destroy(S), sigma_minus(Q)
    link = -0.5j * factor * (q.adjoint() * c)
    system = OpenSystem((Q, S), link + link.adjoint(), (Jump(c + q),))
    assert not linear_source(system)
    link = -0.5j * (q.adjoint() * c)
    assert linear_source(OpenSystem((Q, S), link + link.adjoint(), (Jump(c + q),)))


def test_a_nonlinear_mode_is_counted_to_the_network() -> None:
    kerr = Mode("K")
    c, k = destroy(S), destroy(kerr)
    link = -0.5j * (k.adjoint() * c)
    H = link + link.adjoint() + 0.1 * number(kerr) * number(kerr) + 0.2 * (create(S) + c)
    trait = linear_source(OpenSystem((kerr, S), H, (Jump(c + k),)))
    assert trait.evidence is not None
    assert [mode.label for mode in trait.evidence.modes] == ["S"]


def test_upstream_is_what_a_node_feels() -> None:
    assert upstream(rail(bandwidth=4.0), ["A1", "B1"]).labels == ("A1", "B1", "SA", "SB")
    assert upstream(rail(bandwidth=4.0), "A2").labels == ("A1", "A2", "SA", "SB")
    assert upstream(rail(), "A1").labels == ("A1",)
    assert upstream(rail(directionality=0.9), "A1").labels == ("A1", "A2")
    with pytest.raises(ArgumentError, match="C1"):
        upstream(rail(), "C1")


def test_upstream_has_the_reduced_steady_state() -> None:
    model = ds.models.DualRail(
        pairs=3, squeezing=0.9, detunings_a=[0.1, 0.4, 0.2], dephasing=0.1, loss=0.2, decay=0.05
    )
    whole = ds.steady_state(model).state
    part = ds.steady_state(model, upstream_of=["A2", "B2"]).state
    assert part.labels == ("A1", "A2", "B1", "B2")
    # both are solved to a relative residual of 1e-9
    np.testing.assert_allclose(
        whole.reduced(list(part.labels)).matrix, part.matrix, rtol=0, atol=1e-7
    )


def test_upstream_evolves_as_the_reduced_state() -> None:
    model = ds.models.DualRail(
        pairs=2, squeezing=0.9, detunings_a=[0.1, 0.4], phase=0.3, thermal=0.2
    )
    times, pair = (
        [0.0, 1.0, 3.0],
        {"n": lambda state: state.reduced(["A1", "B1"]).matrix[3, 3].real},
    )
    whole = ds.evolve(model, times, measures=pair).table
    part = ds.evolve(model, times, measures=pair, upstream_of=["A1", "B1"]).table
    assert whole is not None and part is not None
    assert part["n"].values[-1] > 0.1
    np.testing.assert_allclose(whole["n"], part["n"], rtol=0, atol=2e-6)
