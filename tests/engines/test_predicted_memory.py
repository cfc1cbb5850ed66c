"""Predictions of memory hold what solvers allocate; larger: `benchmarks/bench_memory.py`."""

import tracemalloc

import numpy as np
import pytest

import darkstate as ds
from darkstate.engines import Collective, Gaussian
from darkstate.engines.gaussian.rounding import least_variance, pieces, raised, rounding_error
from darkstate.models import AtomicEnsembles, CavityChains

ALLOWED = 1.3


def peak(task):
    """Largest memory that was allocated at once, in bytes; once more, with all modules loaded."""
    task()
    tracemalloc.start()
    task()
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


@pytest.mark.parametrize(
    ("model", "engine"),
    [
        (CavityChains(30, loss=0.05).system(), Gaussian("dense")),
        (CavityChains(70, loss=0.05).system(), Gaussian("chains")),
        (AtomicEnsembles(50, 0.3).system(), Collective()),
    ],
    ids=["dense", "chains", "dark"],
)
def test_a_steady_state_takes_what_was_predicted(model, engine):
    predicted = ds.explain(model, engine).chosen.cost.memory
    assert peak(lambda: ds.steady_state(model, engine)) <= ALLOWED * predicted


def test_an_evolution_takes_what_was_predicted():
    system, times = CavityChains(8, loss=0.05).system(), np.linspace(0, 1, 60).tolist()
    predicted = ds.explain(system, Gaussian(), times=times).chosen.cost.memory
    assert peak(lambda: ds.evolve(system, times, engine=Gaussian())) <= ALLOWED * predicted


def test_the_error_of_a_stack_is_that_of_its_worst_member(monkeypatch):
    rng = np.random.default_rng(1)
    half = rng.normal(size=(5, 4, 4)) + 1j * rng.normal(size=(5, 4, 4))
    moments = half @ half.conj().swapaxes(-1, -2)
    changes = [1e-9 * rng.normal(size=(5, 4, 4)) for _ in range(2)]
    whole = rounding_error(moments, changes)
    each = [rounding_error(m, [d[k] for d in changes]).relative for k, m in enumerate(moments)]
    assert whole.relative == pytest.approx(max(each), rel=1e-12)
    monkeypatch.setattr("darkstate.engines.gaussian.rounding.PIECE", 600.0)
    assert len(pieces(moments)) == 3
    assert rounding_error(moments, changes).relative == pytest.approx(whole.relative, rel=1e-12)


def test_the_least_variance_is_a_bound_and_keeps_its_matrix():
    sigma = np.diag([0.04, 3.0, 5.0, 9.0]).astype(complex)
    kept = sigma.copy()
    assert 0.004 < least_variance(sigma) <= 0.04
    assert np.array_equal(sigma, kept)
    assert np.array_equal(raised(sigma, 1.0), kept + np.eye(4))
