"""Where states end that a network does not forget: projections against evolutions and formulas."""

import numpy as np
import pytest

import darkstate as ds
from darkstate.engines import Lindblad
from darkstate.errors import NumericalError
from darkstate.states import DensityState, PureState
from darkstate.systems import Jump, OpenSystem, Qubit, sigma_minus, sigma_plus, sigma_z

A, B, C = (Qubit(label) for label in "abc")


def exchange(first, second):
    return sigma_plus(first) * sigma_minus(second) + sigma_plus(second) * sigma_minus(first)


def random_state(labels, seed):
    rng = np.random.default_rng(seed)
    vector = rng.normal(size=2 ** len(labels)) + 1j * rng.normal(size=2 ** len(labels))
    return PureState(tuple(labels), (2,) * len(labels), vector / np.linalg.norm(vector))


def matrix(state):
    return state.matrix if isinstance(state, DensityState) else state.density().matrix


def test_collective_decay_keeps_the_singlet():
    pair = OpenSystem((A, B), 0.0 * sigma_z(A), (Jump(sigma_minus(A) + sigma_minus(B), 1.0, "c"),))
    start = random_state("ab", 1)
    found = ds.steady_state(pair, initial=start)
    singlet = np.array([0, 1, -1, 0]) / np.sqrt(2)
    weight = abs(singlet @ start.vector) ** 2
    rho = matrix(found.state)
    assert (singlet @ rho @ singlet).real == pytest.approx(weight, abs=1e-12)
    ground = rho - np.outer(singlet, singlet) * weight
    assert np.trace(ground).real == pytest.approx(1 - weight, abs=1e-12)
    assert "projection" in found.report.method
    assert found.report.error_estimate < 1e-10


@pytest.mark.parametrize("seed", range(4))
def test_as_an_evolution_that_lasts(seed):
    # c is dephased and keeps its populations; a and b share one decay channel
    jumps = (Jump(sigma_minus(A) + sigma_minus(B), 1.0, "c"), Jump(sigma_z(C), 0.2, "d"))
    system = OpenSystem((A, B, C), 0.4 * sigma_z(C), jumps)
    start = random_state("abc", seed)
    found = ds.steady_state(system, initial=start)
    followed = ds.steady_state(system, Lindblad(method="evolve"), initial=start)
    assert "evolution" in followed.report.method
    error = np.linalg.norm(matrix(found.state) - matrix(followed.state))
    assert error <= found.report.error_estimate + followed.report.error_estimate
    assert found.report.unique is None  # of this start alone
    assert found.report.status is not ds.Status.CERTIFIED


def test_the_only_steady_state_is_reached_from_anywhere():
    # b loses its excitation at 4 g^2: following it took a million steps
    for g in (1e-3, 1e-6, 1e-9):
        system = OpenSystem((A, B), g * exchange(A, B), (Jump(sigma_minus(A), 1.0, "loss"),))
        found = ds.steady_state(system, initial=random_state("ab", 5))
        if g == 1e-9 and not found.report.unique:  # as rounding falls, it cannot be told
            assert found.report.status is ds.Status.SUSPECT
            continue
        assert found.report.unique
        assert matrix(found.state)[0, 0].real == pytest.approx(1.0, abs=1e-12)


def test_slow_modes_beside_a_conserved_quantity():
    slow = OpenSystem(
        (A, B, C),
        1e-3 * exchange(A, B),
        (Jump(sigma_minus(A), 1.0, "loss"), Jump(sigma_z(C), 0.2, "d")),
    )
    start = random_state("abc", 2)
    found = ds.steady_state(slow, initial=start)
    populations = np.abs(start.vector.reshape(4, 2)) ** 2
    assert np.diag(matrix(found.state)).real[:2] == pytest.approx(populations.sum(0), abs=1e-9)


def test_what_oscillates_for_ever_is_refused_by_its_frequency():
    free = OpenSystem((A, B), 0.35 * sigma_z(B), (Jump(sigma_minus(A), 1.0, "loss"),))
    with pytest.raises(NumericalError, match=r"oscillates at the angular frequency 0\.7 .*evolve"):
        ds.steady_state(free, initial=random_state("ab", 3))
    excited = PureState(("a", "b"), (2, 2), np.eye(4)[3])  # nothing of it oscillates
    assert matrix(ds.steady_state(free, initial=excited).state)[1, 1].real == pytest.approx(1.0)


def weakly_coupled(g):
    """The decay of b is ``4 g^2``: below rounding, its excitation seems to be conserved."""
    dephased = Jump(sigma_z(C), 0.2, "d")
    return OpenSystem((A, B, C), g * exchange(A, B), (Jump(sigma_minus(A), 1.0, "loss"), dephased))


@pytest.mark.parametrize("method", ["auto", "evolve"])
def test_what_only_seems_to_be_conserved_is_suspect(method):
    start = PureState.basis(("a", "b", "c"), (2, 2, 2), {"a": 0, "b": 1, "c": 0})
    found = ds.steady_state(weakly_coupled(1e-9), Lindblad(method=method), initial=start)
    assert found.report.status is ds.Status.SUSPECT
    assert any("seems conserved" in each for each in found.report.warnings)
    # the same sizes, but b is left alone: its excitation is conserved indeed
    alone = OpenSystem((A, B, C), 1e-9 * sigma_z(A), weakly_coupled(1e-9).jumps)
    kept = ds.steady_state(alone, Lindblad(method=method), initial=start)
    assert kept.report.status is ds.Status.CONVERGED
