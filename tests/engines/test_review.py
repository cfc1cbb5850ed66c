"""What a review of the Gaussian engine found: channels, filters and extreme rates."""

import dataclasses

import numpy as np
import pytest

import darkstate as ds
from darkstate.errors import ArgumentError, NumericalError
from darkstate.models import CavityChains, ParametricDrive
from darkstate.systems import Jump, Mode, OpenSystem, create, destroy


def test_jumps_of_white_noise_are_no_fields_that_could_be_measured():
    white, light = CavityChains(1), CavityChains(1, drive=ParametricDrive())
    assert [jump.name for jump in white.system().jumps] == ["", ""]
    for name in ("drive_1", ""):
        with pytest.raises(ArgumentError):
            ds.output_states(white, [name], [0.0])
        with pytest.raises(ArgumentError):
            ds.conditional_state(white, ds.Monitor(name))
    assert len(ds.output_states(light, ["drive A", "drive B"], [0.0, 1.0])) == 2
    assert ds.conditional_state(light, ds.Monitor("drive A")).report.status == "certified"


def test_at_the_carrier_both_names_of_a_channel_are_one_mode():
    state = ds.output_states(CavityChains(2, loss=0.1), ["A2 loss", "B2 loss"], [0.0])[0]
    i, j = (state.labels.index(f"A2 loss@{sign}") for sign in "+-")
    k = state.labels.index("B2 loss@-")
    assert state.number[i, i] == pytest.approx(state.number[j, j])
    assert state.anomalous[i, k] == pytest.approx(
        state.anomalous[j, state.labels.index("B2 loss@+")]
    )


@pytest.mark.parametrize("rate", [1e-12, 1.0, 1e12, 1e15])
@pytest.mark.parametrize("heating", [0.0, 0.3])
def test_conditional_states_do_not_depend_on_the_unit_of_rates(rate, heating):
    a, b = Mode("A1"), Mode("B1")
    exchange = 0.3 * rate * (create(a) * destroy(b) + create(b) * destroy(a))
    jumps = (
        Jump(destroy(a), rate, "out"),
        Jump(create(a), heating * rate),
        Jump(destroy(b), rate),
        Jump(create(b), 0.2 * rate),
    )
    result = ds.conditional_state(OpenSystem((a, b), exchange, jumps), ds.Monitor("out"))
    one = ds.conditional_state(
        OpenSystem(
            (a, b), exchange / rate, tuple(Jump(j.operator, j.rate / rate, j.name) for j in jumps)
        ),
        ds.Monitor("out"),
    )
    assert result.report.status == "certified"
    assert np.abs(result.state.covariance - one.state.covariance).max() < 1e-12


def test_a_riccati_equation_that_cannot_be_ordered_is_refused_in_words(monkeypatch):
    def fails(*_, **__):
        raise ValueError("Reordering of (A, B) failed")

    monkeypatch.setattr("scipy.linalg.solve_continuous_are", fails)
    with pytest.raises(NumericalError, match="could not be solved"):
        ds.conditional_state(CavityChains(1, loss=0.1), ds.Monitor("A1 loss"))


def test_a_conditional_covariance_beyond_rounding_is_judged_not_refused(monkeypatch):
    from darkstate.engines.gaussian import conditional

    exact = conditional.solve_riccati

    def spoilt(*arguments):
        solution = exact(*arguments)
        return dataclasses.replace(solution, v=solution.v * (1 - 1e-6))

    monkeypatch.setattr(conditional, "solve_riccati", spoilt)
    a = Mode("A1")
    system = OpenSystem((a,), 0.0 * create(a) * destroy(a), (Jump(destroy(a), 1.0, "out"),))
    report = ds.conditional_state(system, ds.Monitor("out")).report
    assert report.status == "suspect"
    assert any("uncertainty" in warning for warning in report.warnings)
