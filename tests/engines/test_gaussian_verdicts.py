"""Every condition that decides how far a Gaussian result is to be trusted, and that errors cover.

Exact values come from closed forms with care for cancellation, evaluated in extended precision
where double precision would not do.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp

import darkstate as ds
from darkstate.engines import Gaussian
from darkstate.engines.gaussian import dense, methods, periodic, rounding, stability, verdict
from darkstate.engines.gaussian.chains import chains_error, chains_steady_state
from darkstate.engines.gaussian.rounding import RoundingError, relative_error
from darkstate.engines.gaussian.stability import Outcome, Stability
from darkstate.engines.gaussian.structure import Structure
from darkstate.engines.gaussian.verdict import (
    ENTANGLEMENT,
    add_rounding,
    assess_moments,
    smallest_rate,
)
from darkstate.errors import NumericalError, UnphysicalError
from darkstate.linalg.sylvester import SchurForm, solve_sylvester
from darkstate.models import CavityChains, DrudeBath, ParametricDrive, ParametricPair, SqueezedDrive
from darkstate.results import Estimate, Report, Status
from darkstate.states import GaussianState
from darkstate.systems import (
    Jump,
    Mode,
    Monitor,
    OpenSystem,
    cavity,
    create,
    destroy,
    number,
    quadratic_form,
)

A, B = Mode("A1"), Mode("B1")
GOOD = Report(
    engine="gaussian",
    method="test",
    status=Status.FAILED,
    residual=1e-12,
    margin=0.1,
    error_estimate=1e-12,
    truncation={ENTANGLEMENT: 1e-6},
)


def amplifier(gain: float, loss: float = 1.0) -> OpenSystem:
    """Two modes pumped together: ``n = 2 g^2/(loss^2 - 4 g^2)``, gap ``loss/2 - g``."""
    pump = 1j * gain * (create(A) * create(B))
    return OpenSystem(
        (A, B), pump + pump.adjoint(), (Jump(destroy(A), loss), Jump(destroy(B), loss))
    )


def exact_photons(gain: float, loss: float = 1.0) -> float:
    g, k = Fraction(gain), Fraction(loss)
    return float(2 * g * g / (k * k - 4 * g * g))


# the verdict ----------------------------------------------------------------------------------


def test_a_report_whose_checks_all_hold_is_certified():
    report = assess_moments(GOOD, 1e-9, 1.0)
    assert (report.status, report.warnings) == (Status.CERTIFIED, ())


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"margin": -2e-9}, "uncertainty relation"),
        ({"margin": math.nan}, "uncertainty relation"),
        ({"error_estimate": 2e-9}, "exceeds rtol"),
        ({"error_estimate": math.nan}, "exceeds rtol"),
        ({"residual": 2e-9}, "residual"),
        ({"residual": math.nan}, "residual"),
        ({"truncation": {ENTANGLEMENT: 2e-3}}, "squeezing is lost in double precision"),
        ({"truncation": {ENTANGLEMENT: math.inf}}, "squeezing is lost in double precision"),
        ({"warnings": ("from the method",)}, "from the method"),
    ],
)
def test_each_check_that_fails_makes_a_result_suspect_and_says_why(change, word):
    report = assess_moments(GOOD.with_(**change), 1e-9, 1.0)
    assert report.status is Status.SUSPECT
    assert len(report.warnings) == 1
    assert word in report.warnings[0]


@pytest.mark.parametrize(
    "change",
    [
        {"margin": -0.5e-9},
        {"error_estimate": 0.9e-9},
        {"residual": 0.9e-9},
        {"residual": None},
        {"truncation": {}},
        {"truncation": {ENTANGLEMENT: 1.4e-3}},
    ],
)
def test_what_is_within_its_bound_stays_certified(change):
    assert assess_moments(GOOD.with_(**change), 1e-9, 1.0).status is Status.CERTIFIED


def test_the_error_is_relative_to_the_size_of_the_moments():
    assert assess_moments(GOOD.with_(error_estimate=5e-8), 1e-9, 100.0).status is Status.CERTIFIED
    assert assess_moments(GOOD.with_(error_estimate=5e-8), 1e-9, 10.0).status is Status.SUSPECT


@pytest.mark.parametrize("missing", ["margin", "error_estimate"])
def test_without_error_or_margin_nothing_is_certified(missing):
    assert assess_moments(GOOD.with_(**{missing: None}), 1e-9, 1.0).status is Status.CONVERGED


def test_what_is_not_proven_is_converged_at_best():
    report = assess_moments(GOOD, 1e-9, 1.0, unproven="stability was not proven")
    assert (report.status, report.warnings) == (Status.CONVERGED, ("stability was not proven",))
    doubtful = GOOD.with_(residual=1.0)
    report = assess_moments(doubtful, 1e-9, 1.0, unproven="stability was not proven")
    assert report.status is Status.SUSPECT
    assert len(report.warnings) == 1


def test_errors_of_entanglement_are_reported_in_ebit_where_they_matter():
    told = add_rounding(GOOD.with_(truncation={}), RoundingError(1e-12, 2e-9))
    assert told.truncation == {ENTANGLEMENT: pytest.approx(2e-9 / math.log(2))}
    silent = add_rounding(GOOD.with_(truncation={}), RoundingError(1e-12, 0.5e-9))
    assert (silent.truncation, silent.error_estimate) == ({}, 1e-12)
    lost = add_rounding(GOOD.with_(truncation={}), RoundingError(1e-12, math.inf))
    assert lost.truncation == {ENTANGLEMENT: math.inf}


# squeezing beyond double precision -----------------------------------------------------------


@pytest.mark.parametrize("nbar", [1.0, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8])
@pytest.mark.parametrize("sites", [1, 3])
def test_the_estimates_cover_what_strong_squeezing_loses(nbar, sites):
    result = ds.steady_state(CavityChains(sites, drive=SqueezedDrive(nbar=nbar)))
    report, state = result.report, result.state
    wrong = np.abs(state.number - nbar * np.eye(2 * sites)).max()
    assert wrong <= report.error_estimate
    of_pairs = math.sqrt(nbar) * math.sqrt(nbar + 1)
    assert np.abs(np.abs(np.diagonal(state.anomalous, sites)) - of_pairs).max() <= (
        report.error_estimate
    )
    exact = 2 * math.asinh(math.sqrt(nbar)) / math.log(2)
    off = abs(ds.log_negativity(state, "A1", "B1") - exact)
    assert off <= report.truncation.get(ENTANGLEMENT, 2e-9)
    assert (report.status is Status.SUSPECT) == (nbar >= 1e6)


def test_the_case_of_a_hundred_thousand_photons_says_its_error():
    report = ds.steady_state(CavityChains(1, drive=SqueezedDrive(nbar=1e5))).report
    assert 1.5e-6 < report.error_estimate < 1e-4  # true: 1.46e-6 on moments of 1e5
    assert 1.5e-5 < report.truncation[ENTANGLEMENT] < 1e-3  # true: 1.54e-5 ebit


def test_many_photons_without_squeezing_lose_nothing():
    hot = OpenSystem((A,), number(A), (Jump(destroy(A), 1.0), Jump(create(A), 1.0 - 2.0**-20)))
    result = ds.steady_state(hot)
    assert result.state.number[0, 0].real == pytest.approx(2.0**20 - 1, rel=1e-9)
    assert ENTANGLEMENT not in result.report.truncation


@pytest.mark.parametrize("photons", [1e5, 1e8])
def test_batches_and_records_and_evolutions_say_it_too(photons):
    model = CavityChains(1, loss=0.0, drive=SqueezedDrive(nbar=photons))
    batch = ds.steady_states(model, loss=[0.0, 1e-3]).report
    late = ds.evolve(model, [0.0, 40.0]).report
    lossy = CavityChains(1, loss=1e-9, drive=SqueezedDrive(nbar=photons))
    watched = ds.conditional_state(lossy, Monitor("A1 loss")).report
    seen = ds.observe(lossy, [0.0, 20.0, 40.0], Monitor("A1 loss")).report
    for report in (batch, late, watched, seen):
        assert report.truncation[ENTANGLEMENT] > 1e-7 * photons / 1e4
        if report is not late or photons > 1e6:  # exponentials lose a digit more
            assert (report.status is Status.SUSPECT) == (photons > 1e6)
        assert report.error_estimate is not None
        assert report.margin is not None


def test_the_relative_error_is_that_of_the_smallest_variance():
    sigma = np.diag([50.0, 0.005])
    change = np.diag([1e-6, 1e-9])
    eps = 2.0**-52
    assert relative_error(sigma, [change]) == pytest.approx(
        rounding.SAFETY * 1e-9 / 0.005, rel=1e-6
    )
    assert relative_error(sigma, []) == pytest.approx(eps * math.sqrt(2))
    assert relative_error(sigma, [], extra=1e-6) == pytest.approx(1e-6 / 0.005)
    assert relative_error(np.diag([1.0, -1.0]), []) == math.inf
    assert relative_error(np.array([[1.0, 2.0], [2.0, 1.0]]), []) == math.inf
    pair = np.array([[1.0, 0.999], [0.999, 1.0]])
    assert relative_error(pair, []) == pytest.approx(eps * math.sqrt(2) / 1e-3)
    stack = np.array([sigma, np.eye(2)])
    assert relative_error(stack, [np.array([0 * change, change])]) == pytest.approx(
        rounding.SAFETY * 1e-6, rel=1e-6
    )


def test_large_networks_are_bounded_instead(monkeypatch):
    structure = Structure.of(quadratic_form(CavityChains(4, loss=0.1).system()))
    forms = dense.schur_forms(structure)
    exact = dense.dense_steady_state(structure, forms)[2]
    monkeypatch.setattr(rounding, "EXACT_MODES", 1)
    bound = dense.dense_steady_state(structure, forms)[2]
    assert bound.moments == exact.moments
    assert exact.relative <= bound.relative < 1e4 * exact.relative


def test_the_smallest_variance_is_bounded_from_below_within_ten():
    for least in (0.4, 0.03, 1e-5):
        sigma = np.diag([0.25 / least, least, 0.5, 0.5])
        bound = rounding.least_variance(sigma)
        assert 0.1 * least < bound <= least


def test_the_least_variance_of_a_stack_bounds_that_of_each():
    """As of the states of an evolution of many modes: (times, 2N, 2N)."""
    roots = np.random.default_rng(2).normal(size=(3, 8, 8))
    stack = roots @ roots.swapaxes(-1, -2) + 0.1 * np.eye(8)
    least = np.linalg.eigvalsh(stack)[..., 0]
    assert 0 < rounding.least_variance(stack) <= least.min()


# near the threshold ---------------------------------------------------------------------------


@pytest.mark.parametrize("below", [0.3, 1e-3, 1e-6, 1e-9, 1e-12])
def test_the_gap_and_the_moments_near_threshold(below):
    gain = 0.5 * (1 - below)
    result = ds.steady_state(amplifier(gain))
    report = result.report
    gap = float(Fraction(1, 2) - Fraction(gain))
    assert abs(report.gap - gap) <= report.gap.error < 1e-14
    assert report.metastable == (gap < 1e-3 * gain)
    assert report.unique
    wrong = abs(result.state.number[0, 0].real - exact_photons(gain))
    assert wrong <= report.error_estimate
    expected = Status.CERTIFIED if below >= 1e-6 else Status.SUSPECT
    assert report.status is expected


@pytest.mark.parametrize(
    ("gain", "word"), [(0.5, "marginal"), (0.5 - 1e-17, "marginal"), (0.6, "un")]
)
def test_at_and_above_threshold_there_is_no_steady_state(gain, word):
    for solve in (
        lambda: ds.steady_state(amplifier(gain)),
        lambda: ds.output_states(amplifier(gain), [], [0.0]),
    ):
        with pytest.raises(NumericalError, match=word):
            solve()


def test_a_slow_mode_beside_fast_ones_is_metastable():
    jumps = (Jump(destroy(A), 1.0), Jump(destroy(B), 1.0))
    assert not ds.steady_state(OpenSystem((A, B), number(A), jumps)).report.metastable
    slow = 1e-6 * create(A) * destroy(B)
    system = OpenSystem((A, B), slow + slow.adjoint(), (Jump(destroy(A), 1.0),))
    report = ds.steady_state(system).report
    assert report.gap == pytest.approx(2e-12, rel=1e-3)  # 2 g^2/kappa
    assert report.metastable


def test_the_smallest_rate_is_that_of_any_term():
    H = 3.0 * number(A) + 0.2 * (create(A) * destroy(B) + create(B) * destroy(A))
    jumps = (Jump(2.0 * destroy(A) + 0.1 * create(B), 5.0), Jump(destroy(B), 0.0))
    assert smallest_rate(quadratic_form(OpenSystem((A, B), H, jumps))) == pytest.approx(0.05)
    drive = 0.01 * (create(A) + destroy(A))
    assert smallest_rate(quadratic_form(OpenSystem((A, B), H + drive, jumps))) == pytest.approx(
        0.01
    )
    pump = 0.02 * (create(A) * create(B) + destroy(A) * destroy(B))
    assert smallest_rate(quadratic_form(OpenSystem((A, B), H + pump, jumps))) == pytest.approx(0.02)


def test_the_gap_is_that_of_the_whole_generator():
    """Amplitudes relax at half the rate of energies, and nothing is slower."""
    system = OpenSystem((A,), 1.0 * number(A), (Jump(destroy(A), 1.2), Jump(create(A), 0.2)))
    report = ds.steady_state(system, Gaussian()).report
    assert abs(report.gap - 0.5) <= report.gap.error < 1e-14


@pytest.mark.parametrize("count", [2, 6, 12])
def test_equal_cavities_in_a_cascade_keep_their_rate(count):
    """The drift is a Jordan block: rounding spreads its computed eigenvalues by eps^(1/count)."""
    modes = [Mode(f"m{k}") for k in range(count)]
    line = cavity(modes[0], 1.0).with_ports("x")
    for mode in modes[1:]:
        line = line >> cavity(mode, 1.0).with_ports("x")
    report = ds.steady_state(line.open_system()).report
    assert report.gap == pytest.approx(0.5, abs=1e-14)
    assert abs(report.gap - 0.5) <= report.gap.error


def test_an_exceptional_point_is_known_to_the_root_of_rounding():
    """``W = [[-1/2, -ig], [-ig, 0]]`` has twice the eigenvalue -1/4 at ``g = 1/4``."""
    exchange = 0.25 * create(A) * destroy(B)
    system = OpenSystem((A, B), exchange + exchange.adjoint(), (Jump(destroy(A), 1.0),))
    report = ds.steady_state(system).report
    assert abs(report.gap - 0.25) <= report.gap.error
    assert 1e-9 < report.gap.error < 1e-6


def test_bounds_are_not_sold_as_gaps():
    report = ds.steady_state(CavityChains(200, loss=0.1), Gaussian(method="chains")).report
    assert report.gap is None
    assert not isinstance(report.gap, Estimate)
    assert report.metastable is None
    assert report.unique
    assert any("0.1 at least" in line for line in report.structure)
    assert report.status is Status.CERTIFIED


def test_stability_that_is_not_proven_is_said():
    """For a whole state, too; no size that a test can afford is beyond exact diagonalisation."""
    model = CavityChains(160)  # no damping but at the first site: the bound is inconclusive
    structure = Structure.of(quadratic_form(model.system()))
    found = stability.stability(structure)
    assert found.outcome is Outcome.UNPROVEN
    assert not found.exact
    report = verdict.add_stability(GOOD, found, structure.form)
    assert (report.unique, report.gap, report.structure) == (None, None, ())
    state = GaussianState.vacuum(model.system().labels)
    solution = methods._add_amplitudes(structure, state, report, 1e-9)
    assert solution.report.status is Status.CONVERGED
    assert "not proven" in solution.report.warnings[0]


@pytest.mark.parametrize(
    ("gap", "outcome"), [(1.0, Outcome.STABLE), (-1.0, Outcome.UNSTABLE), (0.0, Outcome.MARGINAL)]
)
def test_a_detuned_mode_is_judged_by_its_rate(gap, outcome):
    jumps = (Jump(destroy(A), 2.0 + max(gap, 0.0)), Jump(create(A), 2.0 + max(-gap, 0.0)))
    structure = Structure.of(quadratic_form(OpenSystem((A,), 1e3 * number(A), jumps)))
    found = stability.stability(structure)
    assert found.outcome is outcome
    assert found.gap == pytest.approx(gap / 2, abs=1e-12)
    stable = Stability(outcome, gap, True)
    if outcome is Outcome.STABLE:
        stability.require_stable(stable)
    else:
        with pytest.raises(NumericalError, match="no unique steady state"):
            stability.require_stable(stable)


def degenerate(gain: float) -> OpenSystem:
    """One mode pumped at twice its frequency: rates ``1/2 -+ gain``, below threshold for 1/2."""
    pump = 0.5j * gain * create(A) * create(A)
    return OpenSystem((A,), pump + pump.adjoint(), (Jump(destroy(A), 1.0),))


def test_amplitudes_that_mix_with_their_own_conjugates_are_judged_too():
    report = ds.steady_state(degenerate(0.3)).report
    assert abs(report.gap - 0.2) <= report.gap.error < 1e-14
    with pytest.raises(NumericalError, match="unstable") as caught:
        ds.steady_state(degenerate(0.7))
    assert "Lower the gain" in str(caught.value)
    structure = Structure.of(quadratic_form(degenerate(0.7)))
    assert stability.stability(structure).outcome is Outcome.UNSTABLE
    assert stability.dissipation(structure) == pytest.approx(-0.2, rel=1e-2)


def test_the_modes_that_do_not_relax_are_named():
    idle = Mode("x")
    system = OpenSystem((A, B, idle), number(A), (Jump(destroy(A)), Jump(destroy(B))))
    with pytest.raises(NumericalError, match="mostly in x\\)") as caught:
        ds.steady_state(system)
    assert "Give them some loss" in str(caught.value)
    many = [Mode(f"y{k}") for k in range(9)]
    H = number(many[0])
    for left, right in itertools.pairwise(many):
        H = H + create(left) * destroy(right) + create(right) * destroy(left)
    with pytest.raises(NumericalError, match=r"mostly in y\d") as caught:
        ds.steady_state(OpenSystem((A, *many), H, (Jump(destroy(A)),)))
    assert str(caught.value).count("y") >= 2
    exchange = 1e-3 * create(A) * destroy(B)
    weak = exchange + exchange.adjoint()
    jumps = (Jump(destroy(A), 1.0), Jump(create(B), 0.1))
    with pytest.raises(NumericalError, match="mostly in B1\\)"):  # A1 hardly takes part
        ds.steady_state(OpenSystem((A, B), weak, jumps))


@pytest.mark.parametrize("triangle", [[[-1, 100j], [0, -2]], [[-2, 100j], [0, -1]]])
def test_the_error_of_a_rate_grows_where_eigenvectors_are_parallel(triangle):
    form = SchurForm(np.array(triangle), np.array(triangle, dtype=complex), np.eye(2))
    gap, error = stability._slowest(form, 1.0)
    assert gap == 1.0
    assert error == pytest.approx(math.hypot(1, 100))
    # eigenvectors (1, 0) of the rate 1, or (100, i) of it
    assert stability._slow_variables(np.array(triangle), 1e-12).tolist() == [0]
    assert set(stability._slow_variables(np.array(triangle), error)) == {0, 1}  # either, then


@pytest.mark.parametrize("seed", range(4))
def test_the_bound_of_dissipation_is_an_upper_bound_within_a_thousandth(seed):
    rng = np.random.default_rng(seed)
    bands = [rng.normal(size=40 - abs(k)) + 1j * rng.normal(size=40 - abs(k)) for k in (-2, 0, 1)]
    drift = sp.diags_array(bands, offsets=[-2, 0, 1], format="csr")
    drift = sp.csr_array(drift - 5 * seed * sp.eye_array(40))
    dense_ = drift.toarray()
    exact = np.linalg.eigvalsh(0.5 * (dense_ + dense_.conj().T))[-1]
    bound = stability.hermitian_bound(drift)
    assert exact <= bound + 1e-12 * abs(exact)
    assert bound <= exact + 1.1e-3 * abs(bound)
    undamped = sp.csr_array(1j * (dense_ + dense_.conj().T))
    assert abs(stability.hermitian_bound(undamped)) < 1e-10


def test_parts_beyond_exact_diagonalisation_stay_unproven(monkeypatch):
    structure = Structure.of(quadratic_form(CavityChains(160).system()))
    assert stability.stability(structure, exact=True).outcome is Outcome.STABLE
    monkeypatch.setattr(stability, "LARGEST_EXACT", 100)
    assert stability.stability(structure, exact=True).outcome is Outcome.UNPROVEN


def test_of_parts_that_are_equally_bad_the_first_is_named():
    """What rounding makes of equal rates must not choose the modes that are blamed."""
    first = Stability(Outcome.MARGINAL, 1e-16, True, 1e-15, ("a",))
    growing = Stability(Outcome.UNSTABLE, -1.0, True, 1e-15, ("b",))
    fine = Stability(Outcome.STABLE, 1.0, True, 1e-15)
    for found, worst, worse in (
        (dataclasses.replace(first, gap=-1e-16, modes=("b",)), first, False),
        (dataclasses.replace(first, gap=-2e-15, modes=("b",)), first, True),
        (dataclasses.replace(growing, gap=-1.0 - 1e-14, error=0.0), growing, False),
        (growing, first, True),
        (first, growing, False),
        (dataclasses.replace(fine, gap=0.5), fine, True),
        (dataclasses.replace(fine, gap=2.0), fine, False),
    ):
        assert stability._is_worse(found, worst) is worse


@pytest.mark.parametrize(("count", "named"), [(6, "a, b, c, d, e, f)"), (7, "d, e, f, ...)")])
def test_refusals_name_six_modes_at_most(count, named):
    found = Stability(Outcome.MARGINAL, 0.0, True, 0.0, tuple("abcdefgh"[:count]))
    with pytest.raises(NumericalError, match=re.escape(named)):
        stability.require_stable(found)


def test_cancelled_damping_is_not_stable():
    """Gain and loss of 1e16 that differ by 1 cannot be told from equal ones."""
    jumps = (Jump(destroy(A), 1e16), Jump(create(A), 1e16 - 2.0))
    with pytest.raises(NumericalError, match="marginal"):
        ds.steady_state(OpenSystem((A,), number(A), jumps))


# coherent amplitudes --------------------------------------------------------------------------


@pytest.mark.parametrize("below", [0.1, 1e-4, 1e-8])
def test_errors_of_amplitudes_are_in_the_estimate(below):
    gain, drive = 0.5 * (1 - below), 3.0
    push = drive * (create(A) + destroy(A))
    system = amplifier(gain)
    driven = dataclasses.replace(system, hamiltonian=system.hamiltonian + push)
    result = ds.steady_state(driven)
    g, k = Fraction(gain), Fraction(1, 2)
    alpha = float(-drive * k / (k * k - g * g))  # of a, times i
    assert abs(result.state.mean[0] - 1j * alpha) * 2 * abs(alpha) <= result.report.error_estimate
    assert result.report.error_estimate > 1e-16 * alpha**2 / below
    batch = ds.steady_states(Driven(), gain=[gain, 0.1])
    assert batch.report.error_estimate > 1e-16 * alpha**2 / below / 10


@dataclasses.dataclass(frozen=True)
class Driven:
    """The driven amplifier as a model."""

    gain: float = 0.1

    def system(self) -> OpenSystem:
        system = amplifier(self.gain)
        push = 3.0 * (create(A) + destroy(A))
        return dataclasses.replace(system, hamiltonian=system.hamiltonian + push)


# other routes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["dense", "chains", "quadrature"])
@pytest.mark.parametrize("drive", [SqueezedDrive(), SqueezedDrive(nbar=1e4), ParametricDrive()])
def test_every_method_of_steady_states_covers_its_error(method, drive):
    rng = np.random.default_rng(8)
    model = CavityChains(66, hopping=rng.uniform(0.8, 1.2, 65), loss=0.05, drive=drive)
    exact = _extended(model)
    result = ds.steady_state(model, Gaussian(method=method))
    report = result.report
    kept = [(f"A{k}", f"B{k}") for k in (1, 2, 30)]
    found = result.state.pair_moments(kept)
    labels = model.system().labels
    for k, pair in enumerate(kept):
        i, j = (labels.index(label) for label in pair)
        assert abs(found.n_i[k] - exact[0][i, i].real) <= report.error_estimate
        assert abs(abs(found.m[k]) - abs(exact[1][i, j])) <= report.error_estimate
    assert report.error_estimate < 1e-9 * max(1.0, found.n_i.max())
    assert report.margin > -1e-10
    assert report.status is Status.CERTIFIED


def _extended(model: CavityChains) -> tuple[np.ndarray, np.ndarray]:
    """Moments to more than double precision: drift and residual of the equation in long double.

    ``<a_i† a_j>`` and ``<a_i a_j>`` of ``W X + X W† + S = 0``, by Newton's corrections.
    """
    form = quadratic_form(model.system())
    A_, B_, U, V = (
        each.toarray().astype(np.clongdouble) for each in (form.A, form.B, form.U, form.V)
    )
    g = form.rates.astype(np.longdouble)[:, None]
    W = -1j * A_ - 0.5 * U.conj().T @ (g * U) + 0.5 * V.T @ (g * V.conj())
    C = -1j * B_ - 0.5 * U.conj().T @ (g * V) + 0.5 * V.T @ (g * U.conj())
    N, P = V.T @ (g * V.conj()), -1j * B_ - 0.5 * (U.conj().T @ (g * V) + V.T @ (g * U.conj()))
    drift = np.block([[W, C], [C.conj(), W.conj()]])
    source = np.block([[N, P], [P.conj(), N.conj()]])
    form_of = SchurForm.of(drift.astype(complex))
    x = np.zeros_like(drift)
    for _ in range(3):
        left = drift @ x + x @ drift.conj().T + source
        x = x + solve_sylvester(form_of, form_of, left.astype(complex), refine=False).x
    n = len(form.labels)
    return x[n:, n:], x[:n, n:]


def test_chains_behind_a_source_are_integrated_twice():
    """Only as a whole is a source with its chain damped: no bound turns residuals into errors."""
    model = CavityChains(66, loss=0.05, drive=ParametricDrive(bandwidth=4.0))
    structure = Structure.of(quadratic_form(model.system()))
    assert stability.dissipation(structure) < 0.0
    state, found = chains_steady_state(structure)
    error = chains_error(structure, state, found.residual, -1.0)
    full = dense.dense_steady_state(structure, dense.schur_forms(structure))[0]
    assert np.abs(state.number - full.number).max() <= error.moments < 1e-11
    spoiled = GaussianState(state.labels, np.asarray(state.number) * (1 + 1e-6), state.anomalous)
    assert chains_error(structure, spoiled, found.residual, -1.0).moments > 1e-6
    assert chains_error(structure, state, 1e-6, 0.05).moments > 1e-6


def test_the_quadrature_says_where_it_proves_nothing():
    found = dataclasses.replace(_some_large_result(), spacing=1.0)
    assert "resonance may be missed" in methods._unproven(
        Stability(Outcome.STABLE, 0.5, True), found
    )
    assert methods._unproven(Stability(Outcome.STABLE, 2.0, True), found) == ""
    assert "not proven" in methods._unproven(Stability(Outcome.UNPROVEN, 2.0, False), found)


def _some_large_result():
    structure = Structure.of(quadratic_form(CavityChains(66, loss=0.1).system()))
    return methods.large_steady_state(structure, [("A1", "B1")], 1e-9)


def test_a_quadrature_that_does_not_converge_is_suspect(monkeypatch):
    real = methods.large_steady_state

    def unconverged(*arguments):
        return dataclasses.replace(real(*arguments), converged=False)

    monkeypatch.setattr(methods, "large_steady_state", unconverged)
    report = ds.steady_state(CavityChains(66, loss=0.1), Gaussian(method="quadrature")).report
    assert report.status is Status.SUSPECT
    assert "did not converge" in report.warnings[0]


def test_margins_are_relative_and_found_for_large_networks(monkeypatch):
    structure = Structure.of(quadratic_form(CavityChains(4, loss=0.1).system()))
    state = dense.dense_steady_state(structure, dense.schur_forms(structure))[0]
    small = dense.physicality_margin(structure, state)
    assert small == pytest.approx(state.margin(), abs=1e-14)
    monkeypatch.setattr(dense, "EXACT_MARGIN", 2)
    assert dense.physicality_margin(structure, state) == dense.PROVEN
    squeezed = GaussianState(state.labels, state.number, 1.2 * np.asarray(state.anomalous))
    broken = dense.physicality_margin(structure, squeezed)
    assert broken == pytest.approx(squeezed.margin(), abs=1e-12)
    assert broken < -1e-2
    batch = ds.states.GaussianBatch(
        state.labels, np.array([state.number] * 2), np.array([state.anomalous, squeezed.anomalous])
    )
    assert batch.margins() == pytest.approx([state.margin(), squeezed.margin()], abs=1e-12)


@pytest.mark.parametrize("photons", [0.3, 1e8])
def test_initial_states_below_the_vacuum_are_refused(photons):
    bad = GaussianState(("A1", "B1"), photons * np.eye(2), (photons + 0.6) * np.eye(2)[::-1])
    model = CavityChains(1, loss=0.1)
    for use in (
        lambda: ds.evolve(model, [0.0, 1.0], bad),
        lambda: ds.observe(model, [0.0, 1.0], Monitor("A1 loss"), initial=bad),
    ):
        if photons > 1:  # relative to its variances that is rounding
            use()
            continue
        with pytest.raises(UnphysicalError, match="quantum state"):
            use()


def test_the_filter_has_no_gap_of_a_generator():
    report = ds.conditional_state(CavityChains(2, loss=0.1), Monitor("A2 loss")).report
    assert report.gap is None
    assert any("forgets" in line for line in report.structure)
    assert report.status is Status.CERTIFIED


@pytest.mark.parametrize("eta", [0.3, 1.0])
@pytest.mark.parametrize("squeezing", [0.3, 0.49999, 0.7])
def test_the_conditional_variance_of_one_mode_is_within_its_error(eta, squeezing):
    """A degenerate amplifier watched in x: a quadratic equation for its variance."""
    pump = 0.5j * squeezing * create(A) * create(A)
    system = OpenSystem((A,), pump + pump.adjoint(), (Jump(destroy(A), 1.0, "out"),))
    result = ds.conditional_state(system, Monitor("out", efficiency=eta))
    a, d = squeezing - 0.5, 0.5
    # dV = 2 a V + d - eta (sqrt(2) V - 1/sqrt(2))^2
    roots = np.roots([-2 * eta, 2 * a + 2 * eta, d - eta / 2])
    expected = roots.max()
    found = result.state.covariance[0, 0]
    assert abs(found - expected) <= result.report.error_estimate < 1e-12
    assert result.report.status is Status.CERTIFIED


def test_evolutions_on_uneven_grids_do_not_lag():
    """Steps that agree to twelve digits are one; what that leaves is not piled up."""
    detuned = OpenSystem((A,), 1e3 * number(A), (Jump(destroy(A), 1e-3),))
    start = GaussianState(("A1",), np.zeros((1, 1)), np.zeros((1, 1)), np.ones(1))
    rng = np.random.default_rng(0)
    times = np.concatenate([[0.0], np.cumsum(1.0 + 1e-13 * rng.uniform(0, 9, 400))])
    result = ds.evolve(detuned, times, start)
    exact = np.exp((-0.5e-3 - 1e3j) * times[-1])
    assert abs(result.state.mean[0] - exact) <= result.report.error_estimate < 1e-7


def test_evolutions_cover_their_error_by_strong_squeezing():
    nbar = 1e4
    model = CavityChains(1, drive=SqueezedDrive(nbar=nbar))
    result = ds.evolve(model, [0.0, 0.3, 30.0])
    exact = -nbar * math.expm1(-2 * 30.0)
    assert abs(result.state.number[0, 0].real - exact) <= result.report.error_estimate
    assert result.report.error_estimate < 1e-5


BATHS = (DrudeBath(strength=0.01), DrudeBath(strength=0.01))


def test_cycles_carry_errors_gaps_and_margins():
    report = ds.steady_state(ParametricPair(baths=BATHS, treatment="exact")).report
    assert report.status is Status.CERTIFIED
    assert 0 < report.gap.error < 1e-6 * report.gap
    assert report.error_estimate > 0


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"quadrature_error": 1e-3}, "exceeds rtol"),
        ({"harmonic_error": 1e-3}, "exceeds rtol"),
        ({"blocks": 1.01}, "commutators"),
        ({"exponents": 1e-14}, "Floquet"),
    ],
)
def test_each_check_of_a_cycle_fires(monkeypatch, change, word):
    real = periodic.steady_covariance

    def spoiled(*arguments, **options):
        found = real(*arguments, **options)
        ((name, value),) = change.items()
        if name == "blocks":
            blocks = found.blocks.copy()
            blocks[:, 1] *= value
            return dataclasses.replace(found, blocks=blocks)
        if name == "exponents":
            return dataclasses.replace(found, exponents=np.concatenate([[-value], found.exponents]))
        return dataclasses.replace(found, **{name: value})

    monkeypatch.setattr(periodic, "steady_covariance", spoiled)
    report = ds.steady_state(ParametricPair(baths=BATHS, treatment="exact")).report
    assert report.status is Status.SUSPECT
    assert any(word in warning for warning in report.warnings)
