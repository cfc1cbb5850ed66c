"""Gradients of long chains: frequency integrals against Schur forms, and many entries at once."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

import darkstate as ds
from darkstate.design.coefficients import coefficient_slope
from darkstate.design.gradient import Moving
from darkstate.design.parameters import parameter_values
from darkstate.design.probing import MANY, probed_slopes
from darkstate.engines import Gaussian
from darkstate.linalg.adjoint_quadrature import Sides, adjoint_entries
from darkstate.linalg.banded import BandedDrift
from darkstate.systems import Jump, Mode, OpenSystem, destroy, number

FIELDS = ("loss", "loss_b", "hopping", "detuning", "drive.nbar", "drive.rate")


def uneven(sites):
    rng = np.random.default_rng(0)
    return ds.models.CavityChains(
        sites,
        loss=tuple(rng.uniform(0.05, 0.3, sites)),
        loss_b=tuple(rng.uniform(0.05, 0.3, sites)),
        hopping=tuple(rng.uniform(0.5, 1.0, sites - 1)),
        detuning=tuple(0.1 * rng.normal(size=sites)),
        drive=ds.models.SqueezedDrive(1.0, 0.7),
    )


@pytest.mark.parametrize(
    "merit",
    [ds.merit(ds.log_negativity, "A3", "B3"), ds.merit(ds.expect, number(Mode("A3")))],
    ids=lambda merit: merit.measure.__name__,
)
def test_integrals_agree_with_schur_forms(merit):
    model = uneven(5)
    pairs = (("A3", "B3"),)
    dense = ds.gradient(model, merit, FIELDS, engine=Gaussian(method="dense"))
    chain = ds.gradient(model, merit, FIELDS, engine=Gaussian(method="quadrature", pairs=pairs))
    for name in FIELDS:
        assert chain[name].values == pytest.approx(dense[name].values, rel=1e-9, abs=1e-12)
        assert np.all(chain[f"{name} error"].values < 1e-8)


def test_the_integral_itself():
    """``F = 2 (X Y)^T`` and Y of the adjoint equation, for any band, noise and function."""
    rng = np.random.default_rng(3)
    n = 9
    W = sum(np.diag(rng.normal(size=n - k) + 1j * rng.normal(size=n - k), k) for k in (0, 1, 2))
    W = W + np.diag(rng.normal(size=n - 1), -1)
    W = W - (np.linalg.eigvals(W).real.max() + 0.4) * np.eye(n)
    bands = np.zeros((4, n), dtype=complex)
    for i in range(n):
        for j in range(max(0, i - 1), min(n, i + 3)):
            bands[2 + i - j, j] = W[i, j]
    noise, G = (
        a + a.conj().T for a in rng.normal(size=(2, 2, 2)) + 1j * rng.normal(size=(2, 2, 2))
    )
    sites, seen = np.array([1, 5]), np.array([3, 8])
    S, full = np.zeros((2, n, n), dtype=complex)
    S[np.ix_(sites, sites)], full[np.ix_(seen, seen)] = noise, G
    X = ds.linalg.solve_sylvester(W, W, S).x
    Y = ds.linalg.solve_sylvester(W.conj().T, W.conj().T, full).x
    rows, columns = (index.ravel() for index in np.indices((n, n)))
    found = adjoint_entries(
        BandedDrift(bands, 1, 2), Sides(sites, noise, seen, G), (rows, columns), (rows, columns)
    )
    assert found.converged
    assert found.drift == pytest.approx((2 * (X @ Y).T)[rows, columns], abs=1e-9)
    assert found.source == pytest.approx(Y.T[rows, columns], abs=1e-9)


def test_many_entries_at_once_are_those_one_by_one():
    sites = 30
    model = uneven(sites)
    values = parameter_values(model, ("loss", "hopping"))
    found = probed_slopes(model, model.system(), values, 1.0)
    assert found is not None and len(found) == 2 * sites - 1
    for k, name, place in ((7, "loss", 7), (sites + 20, "hopping", 20)):
        p = float(values[name][place])
        alone = coefficient_slope(Moving(model, name, place).system, p, 0.01 * p)
        assert set(found[k].keys) == set(alone.keys)
        for key, slope in zip(found[k].keys, found[k].fine, strict=True):
            assert slope == pytest.approx(alone.fine[alone.keys.index(key)], rel=1e-9)


@dataclass(frozen=True)
class Shared:
    """Losses that are no fields of their own: squares, or sums of neighbours."""

    loss: tuple[float, ...]
    power: int = 1
    neighbours: bool = False

    def system(self):
        modes = [Mode(f"m{k}") for k in range(len(self.loss))]
        rates = np.array(self.loss) ** self.power
        if self.neighbours:
            rates = rates + np.roll(rates, 1)
        jumps = tuple(Jump(destroy(m), r) for m, r in zip(modes, rates.tolist(), strict=True))
        return OpenSystem(tuple(modes), jumps=jumps)


def test_what_does_not_depend_on_one_entry_linearly_is_left_to_others():
    loss = tuple(np.linspace(1.0, 2.0, MANY + 4))
    for model, expected in (
        (Shared(loss), True),
        (Shared(loss, power=2), False),
        (Shared(loss, neighbours=True), False),
        (Shared((0.0, *loss[1:])), False),
        (Shared(loss[: MANY - 1]), False),
    ):
        found = probed_slopes(model, model.system(), parameter_values(model, "loss"), 1.0)
        assert (found is not None) == expected


@pytest.mark.slow
def test_all_losses_of_a_long_chain():
    """The sum of the slopes by 4,000 losses is that by a common factor."""
    sites = 2000
    rng = np.random.default_rng(0)
    losses = {name: rng.uniform(0.05, 0.1, sites) for name in ("loss", "loss_b")}
    model, merit = ds.models.CavityChains(sites, **losses), ds.merit(ds.log_negativity, "A9", "B9")
    found = ds.gradient(model, merit, ("loss", "loss_b"))
    total = sum(float(found[name].values @ values) for name, values in losses.items())

    def scaled(factor):
        moved = {name: factor * values for name, values in losses.items()}
        return merit(ds.steady_state(replace(model, **moved)).state)

    near, far = (scaled(1 + h) - scaled(1 - h) for h in (1e-3, 2e-3))
    assert total == pytest.approx((8 * near - far) / 12e-3, rel=1e-8)
    assert np.all(found["loss"].values[:9] < 0.0)
