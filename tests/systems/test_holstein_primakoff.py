"""The Holstein-Primakoff limit: what it makes of terms, its numbers, and its refusals."""

import math

import numpy as np
import pytest

import darkstate as ds
from darkstate.engines import Moments
from darkstate.engines.contract import run
from darkstate.errors import ArgumentError, EngineMismatchError
from darkstate.models import AtomicEnsembles
from darkstate.systems import (
    Ensemble,
    Jump,
    Mode,
    Monitor,
    OpenSystem,
    Qubit,
    create,
    destroy,
    number,
    sigma_z,
    spin_minus,
    spin_plus,
    spin_x,
    spin_z,
)
from darkstate.systems.holstein_primakoff import holstein_primakoff

NOISE = {"cooling": 0.1, "heating": 0.02, "dephasing": 0.07}


def test_terms_of_a_polarised_ensemble():
    e, mode = Ensemble("I", 400), Mode("c")
    H = 0.3 * spin_z(e) + 0.5 * (spin_plus(e) * destroy(mode) + spin_minus(e) * create(mode))
    jumps = (Jump(2 * spin_minus(e) + destroy(mode) + 3, 0.1, "out"),)
    system = OpenSystem((e, mode), H, jumps, (Monitor("out"),))
    a, c = Mode("I"), Mode("c")
    down = holstein_primakoff(system, {"I": -1.0})
    exchange = create(a) * destroy(c) + create(c) * destroy(a)
    assert down.hamiltonian.isclose(0.3 * number(a) + 10.0 * exchange)
    assert down.jumps[0].operator.isclose(40 * destroy(a) + destroy(c) + 3)
    assert down.monitors == system.monitors
    up = holstein_primakoff(system, {"I": 0.25})
    squeeze = create(a) * create(c) + destroy(a) * destroy(c)
    assert up.hamiltonian.isclose(-0.3 * number(a) + 5.0 * squeeze)
    assert up.jumps[0].operator.isclose(20 * create(a) + destroy(c) + 3)


@pytest.mark.parametrize("p", [0.3, 0.9, 1.0])
def test_uncorrelated_atoms_keep_their_variance(p):
    """Var(Jx) = N/4 for uncorrelated atoms, ``1/(2 p)`` of the mode."""
    e = Ensemble("I", 1000)
    jumps = (Jump(spin_minus(e), 0.4, "", True), Jump(spin_z(e), 0.2, "", True))
    limit = holstein_primakoff(OpenSystem((e,), jumps=jumps), {"I": -p})
    sigma = ds.steady_state(limit).state.covariance
    assert sigma == pytest.approx(np.eye(2) / (2 * p))
    rates = {jump.name: jump.rate for jump in limit.jumps}
    assert rates["I noise down"] - rates.get("I noise up", 0.0) == pytest.approx(0.6)


@pytest.mark.parametrize("detuning", [0.0, 0.4])
def test_it_is_the_limit_of_the_moment_equations(detuning):
    """Deviation of xi from the Gaussian engine falls as 1/N."""
    model = AtomicEnsembles(1, 0.8, 4.0, **NOISE, detuning=detuning)
    S = ds.steady_state(holstein_primakoff(model.system())).state.covariance
    common = S[0, 0] + S[2, 2] - 2 * S[0, 2] + S[1, 1] + S[3, 3] + 2 * S[1, 3]
    xi = 0.5 * common
    assert xi == pytest.approx(model.large_atoms_xi(), rel=1e-12)
    sizes, gaps = [10**3, 10**4, 10**5], []
    for n in sizes:
        finite = AtomicEnsembles(n, 0.8, 4.0, **NOISE, detuning=detuning)
        gaps.append(abs(run(Moments(), finite.system()).state.xi("I", "II") - xi))
    assert np.polyfit(np.log(sizes), np.log(gaps), 1)[0] == pytest.approx(-1, abs=0.02)


def test_without_noise_it_is_two_mode_squeezed():
    model = AtomicEnsembles(10**6, 0.8)
    state = ds.steady_state(holstein_primakoff(model.system(), {"I": -1, "II": 1})).state
    assert ds.log_negativity(state, "I", "II") == pytest.approx(2 * 0.8 / math.log(2))


def test_a_frequency_of_single_atoms_is_one_of_the_mode():
    e = Ensemble("I", 50)
    jumps = (Jump(spin_minus(e), 1.0, "", True),)
    limit = holstein_primakoff(OpenSystem((e,), 0.7 * spin_z(e), jumps))
    assert limit.hamiltonian.isclose(0.7 * number(Mode("I")))


def test_refusals():
    e = Ensemble("I", 50)
    cool = Jump(spin_minus(e), 1.0, "", True)
    with pytest.raises(ArgumentError, match=r"polarisation\['I'\]"):
        holstein_primakoff(OpenSystem((e,), jumps=(Jump(spin_minus(e)),)))
    with pytest.raises(ArgumentError, match="not be zero"):
        holstein_primakoff(OpenSystem((e,), jumps=(cool,)), {"I": 0.0})
    with pytest.raises(ArgumentError, match="<= 1"):
        holstein_primakoff(OpenSystem((e,), jumps=(cool,)), {"I": 2.0})
    refused = {
        "quadratic": OpenSystem((e,), spin_x(e), (cool,)),
        "linear": OpenSystem((e,), jumps=(cool, Jump(spin_z(e)))),
        "symmetric about z": OpenSystem((e,), jumps=(Jump(spin_x(e), 1.0, "", True), cool)),
        "'q' is": OpenSystem((e, Qubit("q")), sigma_z(Qubit("q")), (cool,)),
    }
    for words, system in refused.items():
        with pytest.raises(EngineMismatchError, match=words):
            holstein_primakoff(system)
