"""Gradients of batches: the same numbers as one by one, solved together where that is right."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from design_models import Amplifier, DrivenQubit
from test_gaussian_gradient import MODES, drawn

import darkstate as ds
from darkstate.design import batch_gradient, gradients
from darkstate.errors import ArgumentError, NumericalError
from darkstate.models import CavityChains
from darkstate.systems import Jump, OpenSystem, create, destroy

LOG_NEGATIVITY = ds.merit(ds.log_negativity, "A1", "B1")


@pytest.fixture
def alone(monkeypatch):
    """Counts the samples that were solved one by one."""
    counted = []

    def counting(*arguments):
        counted.append(arguments[0])
        return ds.gradient(*arguments)

    monkeypatch.setattr(batch_gradient, "gradient", counting)
    return counted


def check(found, models, merit, names):
    """That each sample has the gradient of its model, within the errors told."""
    for k, model in enumerate(models):
        one = ds.gradient(model, merit, names)
        assert found["value"].values[k] == pytest.approx(one.attrs["value"], rel=1e-9, abs=1e-12)
        for name in names:
            error = found[f"{name} error"].values[k] + one[f"{name} error"].values
            size = max(1.0, float(np.abs(one[name].values).max()))
            off = np.abs(found[name].values[k] - one[name].values)
            assert np.all(off <= error + 1e-12 * size)  # differences of coefficients
            assert np.all(error <= 1e-8 * size)


def test_chains_are_solved_together(alone):
    rng = np.random.default_rng(1)
    hopping = np.array([1.0, 1.0]) + 0.1 * rng.normal(size=(7, 2))
    loss = np.linspace(0.0, 0.3, 7)
    model, merit = CavityChains(3, loss=0.1), ds.merit(ds.log_negativity, "A3", "B3")
    found = gradients(model, merit, ["loss", "hopping"], loss=loss, hopping=hopping)
    assert found["hopping"].dims == ("sample", "hopping 0") and not alone
    models = [
        replace(model, loss=float(x), hopping=tuple(h))
        for x, h in zip(loss, hopping.tolist(), strict=True)
    ]
    check(found, models, merit, ["loss", "hopping"])
    assert found["loss"].attrs["one_sided"]  # the first one has none to lose
    assert not found["hopping"].attrs["one_sided"]


@pytest.mark.parametrize("seed", range(4))
def test_anything_with_amplitudes(alone, seed):
    model, rng = drawn(seed), np.random.default_rng(seed)
    couplings = np.array(model.couplings) + 0.1 * rng.normal(size=(5, 6))
    drives = rng.normal(size=(5, 3))
    light = create(MODES[0]) * destroy(MODES[0])
    merit = ds.merit(ds.expect, light)
    names = ["couplings", "pumps", "rates", "drives"]
    found = gradients(model, merit, names, couplings=couplings, drives=drives)
    assert not alone
    models = [
        replace(model, couplings=tuple(c), drives=tuple(d))
        for c, d in zip(couplings.tolist(), drives.tolist(), strict=True)
    ]
    check(found, models, merit, names)


@dataclass(frozen=True)
class Products:
    """Parameters that multiply each other, and one that enters by its square."""

    pump: float = 0.2
    share: float = 1.0
    amplitude: float = 1.0

    def system(self):
        pairs = 1j * self.pump * self.share * (create(A) * create(B))
        jumps = (Jump(destroy(A), self.amplitude**2, "a"), Jump(destroy(B), 1.0, "b"))
        return OpenSystem((A, B), pairs + pairs.adjoint(), jumps)


A, B = (space for space in Amplifier().system().spaces)


def test_what_is_not_linear_is_solved_one_by_one(alone):
    pump = np.array([0.1, 0.2, 0.35])
    models = [Products(pump=float(p)) for p in pump]
    together = gradients(Products(), LOG_NEGATIVITY, "amplitude", pump=pump)
    assert not alone  # its square is linear in nothing, but the same for all
    check(together, models, LOG_NEGATIVITY, ["amplitude"])
    check(
        gradients(Products(), LOG_NEGATIVITY, "share", pump=pump), models, LOG_NEGATIVITY, ["share"]
    )
    assert alone == models
    amplitude = np.array([1.0, 1.5, 2.0])
    gradients(Products(), LOG_NEGATIVITY, "pump", amplitude=amplitude)
    assert len(alone) == 6


def test_qubits_functions_and_kinks_are_solved_one_by_one(alone):
    merit = ds.merit(ds.purity)
    drive = np.array([0.1, 0.4])
    found = gradients(DrivenQubit(), merit, ("drive", "decay"), drive=drive)
    check(found, [DrivenQubit(d) for d in drive], merit, ["drive", "decay"])
    assert len(alone) == 2

    def twice(state):
        return 2 * ds.log_negativity(state, "A1", "B1")

    found = gradients(Amplifier(), twice, "pump", pump=np.array([0.1, 0.2]))
    once = gradients(Amplifier(), LOG_NEGATIVITY, "pump", pump=np.array([0.1, 0.2]))
    assert found["pump"].values == pytest.approx(2 * once["pump"].values, rel=1e-7)
    kinked = gradients(Amplifier(), LOG_NEGATIVITY, "pump", pump=np.array([0.0, 0.2]))
    assert kinked["pump lowering"].values[1] == kinked["pump"].values[1]
    assert kinked["pump lowering"].values[0] == pytest.approx(-kinked["pump"].values[0])
    assert "kink" in kinked["pump"].attrs


def test_bad_batches_are_refused():
    with pytest.raises(ArgumentError, match="batch"):
        gradients(Amplifier(), LOG_NEGATIVITY, "pump", pump=0.1)
    with pytest.raises(ArgumentError, match="loss"):
        gradients(Amplifier(), LOG_NEGATIVITY, "los", pump=np.array([0.1, 0.2]))
    with pytest.raises(NumericalError, match=r"Hurwitz|stable|steady"):
        gradients(Amplifier(), LOG_NEGATIVITY, "pump", pump=np.array([0.1, 0.7]))
    with pytest.raises(ArgumentError, match="merit"):
        gradients(Amplifier(), 3, "pump", pump=np.array([0.1, 0.2]))
