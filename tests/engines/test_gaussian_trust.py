"""Wrong numbers must not be certified: cases in which an earlier version was."""

import dataclasses
import itertools

import numpy as np
import pytest

import darkstate as ds
from darkstate.engines import Gaussian
from darkstate.errors import EngineMismatchError, NumericalError, UnphysicalError
from darkstate.models import CavityChains, SqueezedDrive
from darkstate.results import Status
from darkstate.systems import Jump, Mode, Monitor, OpenSystem, create, destroy, number


def pairs(sites):
    return [(f"A{j}", f"B{j}") for j in range(1, sites + 1)]


@dataclasses.dataclass(frozen=True)
class Driven:
    """A damped pair with a parameter that enters as chosen."""

    x: float = 1.0
    kind: str = "pump"

    def system(self):
        a, b = Mode("A1"), Mode("B1")
        if self.kind == "drive":
            H = self.x * (destroy(a) + create(a))
        else:
            pump = {"pump": self.x, "square": self.x**2}[self.kind] * create(a) * create(b)
            H = pump + pump.adjoint()
        return OpenSystem((a, b), H, (Jump(destroy(a), 5.0), Jump(destroy(b), 5.0)))


@pytest.mark.parametrize("hopping", [np.linspace(0, 1, 5), np.array([[0, 1], [1, 1], [1, 0]])])
def test_couplings_that_vanish_in_one_sample_stay_in_the_others(hopping):
    batch = ds.steady_states(CavityChains(3, loss=0.1), hopping=hopping).state
    values = ds.log_negativity.many(batch, pairs(3))
    for k, eta in enumerate(hopping):
        single = ds.steady_state(CavityChains(3, hopping=eta, loss=0.1)).state
        expected = ds.log_negativity.many(single, pairs(3))
        assert values[k] == pytest.approx(expected, abs=1e-12)


def test_batches_vary_pumps_and_keep_amplitudes():
    x = np.array([0.0, 0.3, 0.6])
    pumped = ds.steady_states(Driven(), x=x).state
    driven = ds.steady_states(Driven(kind="drive"), x=x).state
    for k, value in enumerate(x):
        single = ds.steady_state(Driven(value)).state
        assert ds.log_negativity.many(pumped, pairs(1))[k] == pytest.approx(
            ds.log_negativity(single, "A1", "B1"), abs=1e-13
        )
        amplitude = ds.steady_state(Driven(value, "drive")).state.mean
        assert driven[k].mean == pytest.approx(amplitude, abs=1e-14)


@pytest.mark.parametrize("x", [[0.5, 0.5, 2.0], [0.0, 1.0, 2.0], [1e-7, 2e-7, 5e-7]])
def test_nonlinear_parameters_are_caught_wherever_the_samples_lie(x):
    with pytest.raises(EngineMismatchError, match="linearly"):
        ds.steady_states(Driven(kind="square"), x=np.array(x))


@pytest.mark.slow
def test_a_hidden_resonance_is_not_certified():
    sites = 300
    hopping, loss = [1.0] * (sites - 1), [0.1] * sites
    hopping[24] = hopping[25] = 3e-6
    loss[25] = 1e-8
    engine = Gaussian(method="quadrature")
    result = ds.steady_state(CavityChains(sites, hopping=hopping, loss=loss), engine)
    exact = ds.steady_state(
        CavityChains(sites, hopping=hopping, loss=loss), Gaussian(method="dense")
    ).state
    gap = abs(
        result.state.pair_moments([("A26", "B26")]).n_i[0]
        - exact.pair_moments([("A26", "B26")]).n_i[0]
    )
    assert gap > 1e-9  # the integral misses it ...
    assert result.report.status is not Status.CERTIFIED  # ... and knows


@pytest.mark.parametrize("sites", [100, 200])
def test_long_lossless_chains_do_not_hide_undamped_or_growing_modes(sites):
    system = CavityChains(sites).system()
    idle, a, b = Mode("x"), Mode("y"), Mode("z")
    beside = OpenSystem((*system.spaces, idle), system.hamiltonian, system.jumps)
    with pytest.raises(NumericalError, match="not damped"):
        ds.steady_state(beside)
    pump = -0.9j * (create(a) * create(b))
    jumps = (*system.jumps, Jump(destroy(a), 1.0, "out"), Jump(destroy(b), 1.0))
    H = system.hamiltonian + pump + pump.adjoint()
    unstable = OpenSystem((*system.spaces, a, b), H, jumps)
    for attempt in (
        lambda: ds.steady_state(unstable),
        lambda: ds.output_states(unstable, ["out"], [0.1]),
    ):
        with pytest.raises(NumericalError, match="unstable"):
            attempt()


def test_an_isolated_undamped_chain_is_refused():
    chain = [Mode(f"y{k}") for k in range(200)]
    H = 0.0 * number(chain[0])
    for left, right in itertools.pairwise(chain):
        hop = create(left) * destroy(right)
        H = H + hop + hop.adjoint()
    damped = Mode("d")
    system = OpenSystem((damped, *chain), H, (Jump(destroy(damped)),))
    with pytest.raises(NumericalError, match="not damped"):
        ds.steady_state(system)


def test_rates_of_uncoupled_modes_may_differ_by_any_factor():
    a, b = Mode("A1"), Mode("B1")
    jumps = (Jump(destroy(a), 2e9), Jump(destroy(b), 2e-7), Jump(create(b), 1e-7))
    state = ds.steady_state(OpenSystem((a, b), 0.0 * number(a), jumps)).state
    assert state.photons() == pytest.approx([0.0, 1.0])


def test_monitors_share_the_light_of_their_channel():
    model = CavityChains(2, loss=0.1)
    two = [Monitor("A2 loss", efficiency=0.8), Monitor("A2 loss", efficiency=0.8, angle=1.0)]
    with pytest.raises(UnphysicalError, match="at most 1"):
        ds.conditional_state(model, *two)


def test_a_weak_non_hermitian_term_beside_a_strong_one_is_refused():
    a, b = Mode("A1"), Mode("B1")
    H = 1e13 * number(a) + 3.0 * destroy(a) * destroy(b)
    with pytest.raises(UnphysicalError, match="Hermitian"):
        OpenSystem((a, b), H, (Jump(destroy(a)), Jump(destroy(b))))


def test_an_undriven_network_is_empty_by_every_method():
    model = CavityChains(200, loss=0.1, drive=SqueezedDrive(1.0, 0.0))
    for method in ("dense", "chains", "quadrature"):
        result = ds.steady_state(model, Gaussian(method=method))
        assert np.all(ds.log_negativity.many(result.state, pairs(200)) == 0)


def test_squeezing_beyond_double_precision_is_suspect():
    result = ds.steady_state(CavityChains(2, drive=SqueezedDrive(1.0, 1e8)))
    assert result.report.status is Status.SUSPECT
    assert any("double precision" in warning for warning in result.report.warnings)
