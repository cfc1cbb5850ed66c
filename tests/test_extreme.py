"""Numbers too large or small to calculate with, and problems too large to be built."""

import numpy as np
import pytest

import darkstate as ds
from darkstate import engines, models
from darkstate.checks import check_array, check_integer, check_real
from darkstate.errors import ArgumentError, CapacityError, NumericalError
from darkstate.linalg import floquet
from darkstate.systems import Jump, Mode, OpenSystem, create, destroy

RULE = r"must be 0 or have a magnitude of 1e-100 to 1e\+100, but is .* Choose a unit in which"


@pytest.mark.parametrize("value", [1e101, -1e300, 1e-101, -5e-324])
def test_extreme_numbers_are_refused_by_name(value):
    with pytest.raises(ArgumentError, match=rf"`rate` {RULE}"):
        check_real("rate", value)
    with pytest.raises(ArgumentError, match=rf"`rates\[1\]` {RULE}"):
        check_array("rates", [1.0, value], (2,))
    assert check_array("photons", [value], (1,), extreme=True) == value


@pytest.mark.parametrize("value", [0.0, 1e100, -1e-100, 1.0])
def test_all_others_are_taken(value):
    assert check_real("rate", value) == value == check_array("rate", value, ())


@pytest.mark.parametrize(
    "make",
    [
        lambda: models.CavityChains(3, hopping=1e156),
        lambda: models.CavityAtomChains(1, loss=1e-300),
        lambda: models.AtomicEnsembles(10, 0.5, optical_depth=1e-300),
        lambda: models.AtomicLevels(1e155, 1.0, 1.0, 0.5, 0.1),
        lambda: models.ParametricPair(omega_a=1e155, treatment="exact"),
    ],
)
def test_models_and_options_keep_the_rule(make):
    with pytest.raises(ArgumentError, match=RULE):
        make()


def test_terms_of_a_system_are_named():
    mode = Mode("A1")
    with pytest.raises(ArgumentError, match=rf"`hamiltonian .*A1.*` {RULE}"):
        OpenSystem((mode,), 1e155 * create(mode) * destroy(mode))
    with pytest.raises(ArgumentError, match=rf"`jumps \(rate times the square of\) .*A1.*` {RULE}"):
        OpenSystem((mode,), jumps=(Jump(1e-60 * destroy(mode)),))


@pytest.mark.parametrize(
    "model",
    [
        models.CavityChains(10**6),
        models.SpinChains(10**7),
        models.DualRail(10**7, 1.0),
        models.CavityAtomChains(12345, effective=True),
        models.CavityAtomChains(12345),
    ],
)
def test_chains_too_long_to_be_built_are_refused(model, monkeypatch):
    monkeypatch.setattr(OpenSystem, "__post_init__", lambda _: pytest.fail("built"))
    with pytest.raises(CapacityError, match=r"must be <= \d+ for a system to be built, but is"):
        ds.explain(model)


def test_endless_trajectories_are_refused():
    with pytest.raises(ArgumentError, match="`trajectories` must be <= 1000000, but is 1000000000"):
        engines.Trajectories(10**9)


def test_whole_numbers_have_an_upper_bound():
    assert check_integer("n", 3, maximum=3) == 3
    with pytest.raises(ArgumentError, match="`n` must be <= 2, but is 3"):
        check_integer("n", 3, maximum=2)


@pytest.mark.parametrize("omega", [1e8, 1e17, 1e99])
def test_a_pair_too_fast_for_its_pump_is_refused_before_its_steps(omega, monkeypatch):
    monkeypatch.setattr(floquet, "_monodromy_exponents", lambda *_: pytest.fail("stepped"))
    model = models.ParametricPair(treatment="exact", omega_a=omega)
    with pytest.raises(NumericalError, match=r"too fast for the drive.*nearer to each other"):
        ds.steady_state(model, ds.engines.Gaussian())
    with pytest.raises(NumericalError, match=r"too fast for the drive.*nearer to each other"):
        ds.steady_state(model)
    assert ds.explain(model).chosen is None


def test_no_polarisation_without_atoms():
    levels = models.AtomicLevels(1e20, 1.0, 1.0, 0.5, 0.1)
    with pytest.raises(NumericalError, match="At time 1 fewer than 1e-12 of the atoms are left"):
        levels.evolve(np.array([0.0, 1.0]))
