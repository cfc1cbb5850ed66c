"""Driven spin chains: rates, the pure steady state and its signs, what is refused."""

import numpy as np
import pytest
from models_dense import darkness, liouvillian, steady_state, value_of

from darkstate.errors import ArgumentError, CapacityError
from darkstate.models import ParametricDrive, SqueezedDrive
from darkstate.models.spin_chains import SpinChains
from darkstate.systems import sigma_minus, sigma_z

PURE = [
    SpinChains(1, drive=SqueezedDrive(0.6, 0.8)),
    SpinChains(2, 1.3, drive=SqueezedDrive(0.6, 0.8)),
    SpinChains(2, -0.4, drive=SqueezedDrive(2.0, 5.0)),
    SpinChains(3, [0.7, -1.9], drive=SqueezedDrive(0.6, 0.3)),
    SpinChains(3, [0.7, -1.9], coupling_b=[-0.7, -1.9], drive=SqueezedDrive(0.6, 0.3)),
    SpinChains(3, [0.7, 1.9], coupling_b=[0.7, -1.9], drive=SqueezedDrive(0.6, 0.3)),
]


@pytest.mark.parametrize("model", PURE, ids=lambda m: f"{m.sites}-{m.coupling}-{m.coupling_b}")
def test_the_product_of_pairs_is_dark(model):
    psi = model.dark_state()
    assert np.linalg.norm(psi) == pytest.approx(1)
    assert darkness(model.system(), psi) < 1e-15


def test_the_first_pair_has_the_sign_of_the_drive():
    """sqrt(1-c^2)|00> - c|11>; the opposite sign, or |0> and |1> exchanged, is far from dark."""
    model = SpinChains(1, drive=SqueezedDrive(1.0, 1.0))
    amplitudes = np.sqrt([2 / 3, 0, 0, 1 / 3]) * [1, 0, 0, -1]
    assert model.dark_state() == pytest.approx(amplitudes)
    for wrong in (np.abs(amplitudes), amplitudes[::-1]):
        assert darkness(model.system(), wrong) > 0.3


def test_pairs_have_alternating_signs():
    psi = SpinChains(3, 0.5, drive=SqueezedDrive(1.0, 1.0)).dark_state().reshape([2] * 6)
    c = np.sqrt(1 / 3)
    s = np.sqrt(2 / 3)
    assert psi[1, 0, 0, 1, 0, 0] == pytest.approx(-c * s * s)
    assert psi[0, 1, 0, 0, 1, 0] == pytest.approx(c * s * s)
    assert psi[0, 0, 1, 0, 0, 1] == pytest.approx(-c * s * s)
    assert psi[1, 0, 0, 0, 1, 0] == 0


@pytest.mark.parametrize("model", PURE[:3], ids=lambda m: str(m.sites))
def test_it_is_the_unique_steady_state_and_has_the_true_measures(model):
    rho, psi = steady_state(model.system()), model.dark_state()
    assert rho == pytest.approx(np.outer(psi, psi.conj()), abs=1e-10)
    assert len(model.truths()) == 3 * model.sites
    for truth in model.truths():
        found = value_of(truth.measure, rho, truth.groups, model.system().labels)
        assert found == pytest.approx(truth.value, abs=1e-6), truth


def test_rates_of_drive_decay_and_dephasing():
    """<s-> decays at zeta (2 nbar + 1) + gamma_phi + gamma/2, the population of |1> at gamma."""
    model = SpinChains(2, 0.0, dephasing=[0.3, 0.4], decay=[0.5, 0.7], drive=SqueezedDrive(0.2, 1))
    jumps = {jump.name: jump for jump in model.system().jumps}
    assert jumps["A2 dephasing"].rate == pytest.approx(0.2)
    assert jumps["B2 decay"].rate == pytest.approx(0.7)
    assert jumps["B1 dephasing"].operator == sigma_z(model.system().spaces[2])
    assert jumps["A1 decay"].operator == sigma_minus(model.system().spaces[0])
    single = SpinChains(1, dephasing=0.3, decay=0.5, drive=SqueezedDrive(0.2, 1.0))
    flow = liouvillian(single.system()).toarray().reshape([2] * 8)
    rate = -sum(flow[1, b, 0, b, 1, 0, 0, 0] for b in (0, 1)).real
    assert rate == pytest.approx(0.2 * 3 + 0.3 + 0.25)


def test_truths_hold_only_where_they_are_exact():
    drive = SqueezedDrive(1.0, 1.0, np.sqrt(2.0))
    assert len(SpinChains(2, drive=drive).truths()) == 6
    for changed in (
        {"decay": 1e-9},
        {"dephasing": [0, 1e-9]},
        {"coupling": 0.0},
        {"coupling_b": 1.1},
        {"drive": SqueezedDrive(1.0, 1.0, 1.4)},
        {"drive": ParametricDrive()},
    ):
        model = SpinChains(**({"sites": 2} | changed))
        assert model.truths() == ()
        with pytest.raises(ArgumentError, match=f"`{next(iter(changed))}` must"):
            model.dark_state()


def test_a_source_of_finite_bandwidth():
    system = SpinChains(2, drive=ParametricDrive()).system()
    assert system.labels == ("A1", "A2", "B1", "B2", "SA", "SB")
    assert [jump.name for jump in system.jumps] == ["drive A", "drive B"]


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"sites": 0}, "`sites` must be >= 1"),
        ({"decay": -0.1}, "`decay` must be >= 0"),
        ({"dephasing": [0.1, -0.1, 0.0]}, r"`dephasing\[1\]` must be >= 0"),
        ({"coupling": [1.0, 1.0, 1.0]}, "shape"),
        ({"coupling_b": float("nan")}, "finite"),
        ({"drive": None}, "SqueezedDrive"),
    ],
)
def test_bad_arguments(changed, match):
    with pytest.raises(ArgumentError, match=match):
        SpinChains(**({"sites": 3} | changed))


def test_a_state_vector_that_is_too_large():
    with pytest.raises(CapacityError, match="at most 8 pairs"):
        SpinChains(9).dark_state()
    assert len(SpinChains(9).truths()) == 27
