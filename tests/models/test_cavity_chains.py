"""The model of two driven chains: what system it builds, what it knows, what it refuses."""

import numpy as np
import pytest

from darkstate.errors import ArgumentError, UnphysicalError
from darkstate.models import CavityChains, ParametricDrive, SqueezedDrive
from darkstate.systems import quadratic_form


def test_rates_are_amplitude_rates():
    W, Wc = quadratic_form(CavityChains(2, loss=0.3, drive=SqueezedDrive(0.5)).system()).drift
    expected = np.array([[-0.8, -1j], [-1j, -0.3]])
    assert W.toarray()[:2, :2] == pytest.approx(expected)
    assert W.toarray()[2:, 2:] == pytest.approx(expected)
    assert Wc.nnz == 0  # exact cancellation of the cross damping leaves no rounding behind


def test_sources_are_those_of_the_paper():
    drive = SqueezedDrive(0.7, 1.3, 1.5)
    number, pair = (
        part.toarray() for part in quadratic_form(CavityChains(2, drive=drive).system()).source
    )
    assert np.diag(number).real == pytest.approx([2 * 0.7 * 1.3, 0, 2 * 0.7 * 1.3, 0])
    assert pair[0, 2] == pytest.approx(-2 * 0.7 * 1.5)
    assert np.count_nonzero(pair) == 2


def test_a_cascaded_source_is_not_driven_back():
    system = CavityChains(2, drive=ParametricDrive(0.5, 1.0, 3.0)).system()
    W, Wc = (part.toarray() for part in quadratic_form(system).drift)
    sa, sb = system.labels.index("SA"), system.labels.index("SB")
    assert W[sa, 0] == 0
    assert W[0, sa] == pytest.approx(-2 * np.sqrt(0.5 * 3.0))
    assert Wc[sa, sb] == pytest.approx(-3.0 * np.tanh(0.5))


def test_truths_hold_only_where_they_are_exact():
    assert len(CavityChains(3).truths()) == 3
    assert len(CavityChains(3, detuning=[1, 0, 2], detuning_b=[-1, 0, -2]).truths()) == 3
    assert len(CavityChains(3, hopping=[1, -2], hopping_b=[-1, 2]).truths()) == 3
    for changed in (
        {"loss": 1e-9},
        {"detuning": 0.1},
        {"hopping_b": [1.0, 1.1]},
        {"hopping": [1.0, 0.0]},
        {"drive": ParametricDrive()},
    ):
        assert CavityChains(3, **changed).truths() == ()


def test_labels_channels_and_parameters():
    model = CavityChains(2, loss=[0.0, 0.1], drive=ParametricDrive())
    system = model.system()
    assert system.labels == ("A1", "A2", "B1", "B2", "SA", "SB")
    names = [jump.name for jump in system.jumps]
    assert names == ["drive A", "drive B", "A2 loss", "B2 loss"]
    plain = model.parameters()
    assert plain["model"] == "CavityChains"
    assert plain["loss"] == [0.0, 0.1]
    assert plain["drive"] == {
        "kind": "ParametricDrive",
        "rate": 1.0,
        "squeezing": 1.0,
        "bandwidth": 10.0,
    }


def test_squeezed_thermal_statistics():
    drive = SqueezedDrive.from_squeezing(1.0, 0.8, thermal=0.25)
    assert drive.log_negativity == pytest.approx(-np.log2(1.5 * np.exp(-1.6)))
    assert SqueezedDrive.from_squeezing(1.0, 0.8).log_negativity == pytest.approx(1.6 / np.log(2))
    with pytest.raises(UnphysicalError, match="mbar <="):
        SqueezedDrive(1.0, 1.0, 1.5)


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"sites": 0}, "`sites` must be >= 1"),
        ({"sites": 2.5}, "whole number"),
        ({"loss": -0.1}, "`loss` must be >= 0"),
        ({"loss": [0.1, -0.1, 0.0]}, r"`loss\[1\]` must be >= 0"),
        ({"hopping": [1.0, 1.0, 1.0]}, "shape"),
        ({"detuning": float("nan")}, "finite"),
        ({"drive": 1.0}, "SqueezedDrive"),
    ],
)
def test_bad_arguments(changed, match):
    with pytest.raises(ArgumentError, match=match):
        CavityChains(**({"sites": 3} | changed))
