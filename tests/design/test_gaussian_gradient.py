"""Gradients of Gaussian steady states: closed forms, differences of whole solutions, and laws."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from design_models import Amplifier

import darkstate as ds
from darkstate.engines import Gaussian
from darkstate.errors import ArgumentError, EngineMismatchError, NumericalError
from darkstate.states import GaussianState
from darkstate.systems import Jump, Mode, OpenSystem, create, destroy, number, plus_hc

MODES = tuple(Mode(f"m{k}") for k in range(3))
LN2 = np.log(2.0)


@dataclass(frozen=True)
class Anything:
    """Three modes with everything that a Gaussian system may have."""

    couplings: tuple[float, ...]
    pumps: tuple[float, ...]
    rates: tuple[float, ...]
    drives: tuple[float, ...]
    seed: int

    def system(self):
        rng = np.random.default_rng(self.seed)

        def phase():
            return complex(np.exp(1j * rng.uniform(0, 6)))

        couplings, pumps = iter(self.couplings), iter(self.pumps)
        H = 0.0 * number(MODES[0])
        for i, one in enumerate(MODES):
            H = H + next(couplings) * number(one) + self.drives[i] * plus_hc(phase() * create(one))
            for other in MODES[:i]:
                H = H + next(couplings) * plus_hc(phase() * create(one) * destroy(other))
            for other in MODES[: i + 1]:
                H = H + next(pumps) * plus_hc(phase() * create(one) * create(other))
        jumps = []
        for rate in self.rates:
            weights = rng.normal(size=(2, 3)) + 1j * rng.normal(size=(2, 3))
            operator = 0.0 * destroy(MODES[0]) + complex(rng.normal())
            for mode, down, up in zip(MODES, *weights, strict=True):
                operator = (
                    operator + complex(down) * destroy(mode) + 0.3 * complex(up) * create(mode)
                )
            jumps.append(Jump(operator, rate))
        return OpenSystem(MODES, H, tuple(jumps))


def drawn(seed):
    rng = np.random.default_rng(seed)
    sizes = {"couplings": rng.normal(size=6), "pumps": 0.1 * rng.normal(size=6)}
    sizes |= {"rates": rng.uniform(0.3, 1.5, size=4), "drives": rng.normal(size=3)}
    return Anything(**{name: tuple(values.tolist()) for name, values in sizes.items()}, seed=seed)


TARGET = GaussianState.two_mode_squeezed(("m0", "m1"), 0.4)
CUBIC = plus_hc(create(MODES[0]) ** 2 * destroy(MODES[1]) + 1j * destroy(MODES[2]) ** 2)
MERITS = [
    ds.merit(ds.log_negativity, "m0", ["m1", "m2"]),
    ds.merit(ds.purity),
    ds.merit(ds.entropy, "m1"),
    ds.merit(ds.mutual_information, "m0", "m2"),
    ds.merit(ds.epr_variance, "m0", "m1"),
    ds.merit(ds.steering, "m0", ["m1", "m2"]),
    ds.merit(ds.fidelity, TARGET),
    ds.merit(ds.expect, CUBIC),
]


def squared(state):
    return ds.fidelity(state, TARGET) ** 2


def _name(merit):
    return getattr(merit, "measure", merit).__name__


FIELDS = ("couplings", "pumps", "rates", "drives")
STEPS = (2e-3, 4e-3, 8e-3)


@cache
def solved(seed, name, h):
    """The steady state with one entry of a field moved."""
    values = np.array(getattr(drawn(seed), name))
    values[(2 + seed) % len(values)] += h
    return ds.steady_state(replace(drawn(seed), **{name: tuple(values)})).state


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("merit", [*MERITS, squared], ids=_name)
def test_gradients_are_those_of_whole_solutions(seed, merit):
    found = ds.gradient(drawn(seed), merit, FIELDS)
    for name in FIELDS:
        pairs = [(merit(solved(seed, name, h)) - merit(solved(seed, name, -h))) for h in STEPS]
        one, two, four = (pair / (2 * h) for pair, h in zip(pairs, STEPS, strict=True))
        fine, coarse = (4 * one - two) / 3, (4 * two - four) / 3
        exact = (16 * fine - coarse) / 15
        k = (2 + seed) % found[name].size
        assert float(found[name][k]) == pytest.approx(exact, rel=1e-7, abs=1e-8)
        assert float(found[f"{name} error"][k]) < 1e-6


def test_a_parametric_amplifier_by_hand():
    """``E_N = log2(1 + 2 g/kappa)``, ``n = 2 g^2/(kappa^2 - 4 g^2)``."""
    g, kappa = 0.13, 1.1
    model = Amplifier(g, kappa)
    found = ds.gradient(model, ds.merit(ds.log_negativity, "A1", "B1"), ("pump", "loss"))
    assert found.attrs["value"] == pytest.approx(np.log2(1 + 2 * g / kappa), rel=1e-12)
    assert float(found["pump"]) == pytest.approx(2 / (kappa + 2 * g) / LN2, rel=1e-10)
    assert float(found["loss"]) == pytest.approx(-2 * g / kappa / (kappa + 2 * g) / LN2, rel=1e-10)
    photons = ds.gradient(model, ds.merit(ds.expect, number(Mode("A1"))), ("pump", "loss"))
    below = kappa**2 - 4 * g**2
    assert float(photons["pump"]) == pytest.approx(4 * g * kappa**2 / below**2, rel=1e-10)
    assert float(photons["loss"]) == pytest.approx(-4 * g**2 * kappa / below**2, rel=1e-10)


def test_where_entanglement_begins_slopes_differ_on_both_sides():
    for merit in (ds.merit(ds.log_negativity, "A1", "B1"), ds.merit(ds.epr_variance, "A1", "B1")):
        found = ds.gradient(Amplifier(0.0, 1.1), merit, ("pump", "loss"))
        sign = 1.0 if merit.measure is ds.log_negativity else -1.0
        size = 2 / 1.1 / (LN2 if sign > 0 else 1.0)
        assert float(found["pump"]) == pytest.approx(sign * size, rel=1e-7)
        assert float(found["pump lowering"]) == pytest.approx(-sign * size, rel=1e-7)
        assert "kink" in found["pump"].attrs
        assert float(found["loss"]) == 0.0
    with pytest.raises(NumericalError, match="infinite slope"):
        ds.gradient(Amplifier(0.0), ds.merit(ds.entropy, "A1"), "pump")


def test_loss_of_one_driven_site_by_hand():
    """``n = nbar G/(G + kappa)``, ``m`` alike: what loss does to the entanglement of the drive."""
    nbar, G, kappa = 0.8, 1.0, 0.3
    model = ds.models.CavityChains(1, loss=kappa, drive=ds.models.SqueezedDrive(G, nbar))
    found = ds.gradient(model, ds.merit(ds.log_negativity, "A1", "B1"), ("loss", "drive.nbar"))
    mbar = np.sqrt(nbar * (nbar + 1))
    share = G / (G + kappa)
    nu = 1 + 2 * (nbar - mbar) * share
    slope = -2 * (nbar - mbar) * -G / (G + kappa) ** 2 / nu / LN2
    assert float(found["loss"]) == pytest.approx(slope, rel=1e-9)
    rise = -2 * share * (1 - (2 * nbar + 1) / (2 * mbar)) / nu / LN2
    assert float(found["drive.nbar"]) == pytest.approx(rise, rel=1e-9)


@pytest.mark.parametrize("sites", [3, 40])
def test_scale_law_and_losses_site_by_site(sites):
    """All rates times one factor change nothing; far pairs have 1e-9 ebit and keep their digits."""
    loss = np.linspace(0.1, 0.4, sites)
    model = ds.models.CavityChains(sites, loss=tuple(loss), hopping=tuple([1.0] * (sites - 1)))
    merit = ds.merit(ds.log_negativity, f"A{sites}", f"B{sites}")
    fields = ("loss", "hopping", "drive.rate") if sites < 10 else ("loss", "drive.rate")
    found = ds.gradient(model, merit, fields)
    if sites < 10:
        terms = [
            found["loss"].values * loss,
            found["hopping"].values,
            [float(found["drive.rate"])],
        ]
        total = sum(float(np.sum(part)) for part in terms)
        assert abs(total) <= 1e-9 * max(float(np.abs(part).max()) for part in terms)
    # a common factor of all losses
    scaled = [merit(ds.steady_state(replace(model, loss=tuple(loss * f))).state) for f in _FACTORS]
    slope = float(np.dot(scaled, _WEIGHTS)) / 1e-3
    assert float(found["loss"].values @ loss) == pytest.approx(slope, rel=1e-7)


_FACTORS = [1 + 1e-3 * k for k in (-2, -1, 1, 2)]
_WEIGHTS = [1 / 12, -2 / 3, 2 / 3, -1 / 12]


def test_a_loss_of_zero_has_a_slope_to_the_right():
    model = ds.models.CavityChains(2, loss=(0.0, 0.1))
    found = ds.gradient(model, ds.merit(ds.log_negativity, "A2", "B2"), "loss")
    assert found["loss"].attrs["one_sided"]
    assert np.all(found["loss"].values < 0)


def test_given_engines_and_bad_input():
    model, merit = Amplifier(), ds.merit(ds.log_negativity, "A1", "B1")
    exact = ds.gradient(model, merit, "pump")
    other = ds.gradient(model, merit, "pump", engine=ds.engines.Lindblad(cutoff=12))
    assert float(other["pump"]) == pytest.approx(float(exact["pump"]), abs=1e-5)
    with pytest.raises(EngineMismatchError, match="no derivative for Gaussian states"):
        ds.gradient(model, ds.merit(ds.concurrence, "A1", "B1"), "pump", engine=Gaussian())
    mixed = ds.steady_state(model).state
    with pytest.raises(ArgumentError, match="`target`"):
        ds.gradient(model, ds.merit(ds.fidelity, mixed), "pump")


def test_optimisation_has_exact_slopes():
    found = ds.optimise(
        Amplifier(0.1),
        ds.merit(ds.log_negativity, "A1", "B1"),
        {"pump": (0.01, 0.3)},
        constraints=[ds.design.Constraint(ds.merit(ds.expect, number(Mode("A1"))), maximum=0.25)],
        starts=1,
    )
    # n = 2 g^2/(1 - 4 g^2) = 1/4
    assert found.knobs["pump"] == pytest.approx(1 / np.sqrt(12), rel=1e-6)
    assert not any("differences" in note for note in found.notes)
