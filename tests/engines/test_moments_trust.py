"""What the moment engine says about its answers, held against exact ones."""

import itertools
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import darkstate as ds
from darkstate.engines import Collective, Moments
from darkstate.engines.contract import run
from darkstate.engines.moments import moment_equations
from darkstate.engines.moments.packing import Packed
from darkstate.engines.moments.solving import stationary
from darkstate.engines.moments.third import ThirdOrder
from darkstate.engines.moments.trust import LARGEST, SAFETY, closure_error, relative_change
from darkstate.errors import NumericalError
from darkstate.models import AtomicEnsembles
from darkstate.states import SpinMoments
from darkstate.systems import (
    Ensemble,
    Jump,
    Mode,
    OpenSystem,
    create,
    destroy,
    spin_minus,
    spin_plus,
    spin_z,
)


def estimate(report) -> float:
    """The error estimate, which there must be."""
    assert report.error_estimate is not None
    return report.error_estimate


RATES = [(0.5, 0.0, 0.0), (0.3, 0.2, 0.1), (0.05, 0.01, 0.5), (0.0, 0.0, 0.3), (0.1, 0.3, 0.1)]
CASES = [(r, d, *rates) for r in (0.5, 1.0) for d in (10.0, 50.0) for rates in RATES]


def xi(model, engine):
    found = ds.steady_state(model, engine=engine)
    return ds.epr_spin_variance(found.state, "I", "II"), found.report


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_called_converged_is_right_within_a_tenth(case):
    """Twelve atoms, where third cumulants change xi by up to a half."""
    r, depth, cooling, heating, dephasing = case
    model = AtomicEnsembles(12, r, depth, cooling=cooling, heating=heating, dephasing=dephasing)
    found, report = xi(model, Moments())
    exact = xi(model, Collective())[0]
    if report.status == "converged":
        assert found == pytest.approx(exact, rel=0.1)
        assert abs(found / exact - 1) < 2 * estimate(report)


def test_separable_ensembles_are_not_called_entangled():
    model = AtomicEnsembles(12, 1.0, 10, cooling=0.05, heating=0.01, dephasing=0.5)
    found, report = xi(model, Moments())
    exact, _ = xi(model, Collective())
    assert found < 1 < exact
    assert report.status == "suspect"
    assert "third cumulants" in report.warnings[0]


def test_the_estimate_falls_as_one_over_n_and_is_of_the_size_of_the_error():
    """Without noise the exact xi is known at every N."""
    sizes, errors, estimates = [300, 1000, 3000], [], []
    for n in sizes:
        model = AtomicEnsembles(n, 0.7)
        state = run(Moments(), model.system()).state
        packed = Packed(moment_equations(model.system()))
        errors.append(state.xi("I", "II") / model.truths()[0].value - 1)
        estimates.append(closure_error(packed, packed.pack(state)))
    slope = np.polyfit(np.log(sizes), np.log(np.array(estimates, float)), 1)[0]
    assert slope == pytest.approx(-1, abs=0.05)
    assert 0.3 * SAFETY < estimates[-1] / errors[-1] < SAFETY


def test_variances_along_a_conserved_spin_are_said_not_to_be_known():
    model, z = AtomicEnsembles(100, 0.7), spin_z(Ensemble("I", 100))
    psi = ds.steady_state(model, engine=Collective()).state
    exact = (psi.expectation(z * z) - psi.expectation(z) ** 2).real
    found = run(Moments(), model.system())
    assert exact < 1 < 10 < found.state.covariances("I")[2, 2]
    assert "not known by this closure" in found.report.structure[-1]


def test_uniqueness_is_denied_where_a_length_or_a_moment_is_kept_and_else_left_open():
    e = Ensemble("I", 100)
    kept = run(Moments(), AtomicEnsembles(100, 0.7).system()).report
    assert kept.unique is False and not any("not unique" in text for text in kept.warnings)
    dephased = run(Moments(), OpenSystem((e,), jumps=(Jump(spin_z(e), each_atom=True),))).report
    assert dephased.unique is False and any("not unique" in text for text in dephased.warnings)
    decayed = run(Moments(), OpenSystem((e,), jumps=(Jump(spin_minus(e), each_atom=True),))).report
    assert decayed.unique is None


def test_with_many_ensembles_third_cumulants_are_not_estimated():
    spaces = tuple(Ensemble(f"E{k}", 100) for k in range(LARGEST // 3 + 1))
    jumps = tuple(Jump(spin_minus(e), each_atom=True) for e in spaces)
    report = run(Moments(), OpenSystem(spaces, jumps=jumps)).report
    assert report.status == "converged" and estimate(report) < 1e-9  # independent: nothing is
    coupled = (*jumps, Jump(spin_minus(spaces[0]) + spin_minus(spaces[1]), 0.01))
    for found in (
        run(Moments(), OpenSystem(spaces, jumps=coupled)),
        run(Moments(), OpenSystem(spaces, jumps=coupled), [0.0, 0.1]),
    ):
        assert found.report.error_estimate is None
        assert found.report.status == "suspect"
        assert "is not known" in found.report.warnings[0]
    start = run(Moments(), OpenSystem(spaces, jumps=coupled), [0.0]).report
    assert estimate(start) < 1e-6  # of the initial state everything is


def test_an_unstable_stationary_point_is_left_and_not_returned():
    """A mode with more gain than loss: its equation has a root, from which everything departs."""
    mode, e = Mode("c"), Ensemble("I", 100)
    jumps = (Jump(create(mode), 1.0), Jump(destroy(mode), 0.5), Jump(spin_minus(e), 1.0, "", True))
    packed = Packed(moment_equations(OpenSystem((e, mode), jumps=jumps)))
    below = SpinMoments.polarised(("I", "c"), (100, 0), (-1.0, 0.0))
    covariance = below.covariance.copy()
    covariance[3:, 3:] = -1.5 * np.eye(2)  # (gain - loss) K + (gain + loss)/2 = 0
    root = packed.pack(SpinMoments(below.labels, below.atoms, below.mean, covariance))
    assert np.abs(packed.rates(root)).max() < 1e-12
    with pytest.raises(NumericalError, match=r"run away|do not settle"):
        stationary(packed, root)


def compared(system, approximate, exact):
    """True relative error of moments, against those of an exact state."""
    X = []
    for space in system.spaces:
        if isinstance(space, Mode):
            up, down, z = create(space) * np.sqrt(2), destroy(space) * np.sqrt(2), ()
        else:
            up, down, z = spin_plus(space), spin_minus(space), (spin_z(space),)
        X += [0.5 * (up + down), -0.5j * (up - down) * (-1 if not z else 1), *z]
    x = np.array([exact.expectation(a).real for a in X])
    pairs = [[exact.expectation(0.5 * (a * b + b * a)).real for b in X] for a in X]
    mean, covariance = approximate.mean - x, approximate.covariance - (pairs - np.outer(x, x))
    change = SpinMoments(approximate.labels, approximate.atoms, mean, covariance)
    return relative_change(approximate, change)


@pytest.mark.parametrize("atoms", [8, pytest.param(12, marks=pytest.mark.slow)])
@pytest.mark.parametrize("rates", [*RATES, (0.1, 0.06, 0.0)])
def test_estimates_cover_the_errors_of_ensembles(atoms, rates):
    cooling, heating, dephasing = rates
    for r, depth in ((0.3, 5.0), (0.6, 30.0)):
        model = AtomicEnsembles(
            atoms, r, depth, cooling=cooling, heating=heating, dephasing=dephasing
        )
        found = run(Moments(), model.system())
        off = compared(model.system(), found.state, run(Collective(), model.system()).state)
        told = estimate(found.report)
        assert off < 1.6 * told
        assert (found.report.status == "converged") <= (told <= 0.1)
        # nothing of third order is forgotten: the estimate is of the size of the error
        assert found.report.status == "suspect" or told < 10 * off


def test_xi_of_twenty_atoms_is_not_called_converged():
    model = AtomicEnsembles(20, 0.6, optical_depth=30, cooling=0.1, heating=0.06)
    found, report = xi(model, Moments())
    assert abs(found / 0.5502 - 1) == pytest.approx(0.138, abs=1e-3)
    assert report.status == "suspect"
    assert 0.138 < estimate(report) < 0.3
    assert any("relative" in line for line in report.structure)


def driven(atoms, drive=0.2):
    e = Ensemble("J", atoms)
    jumps = (Jump(spin_minus(e), 2 / atoms), Jump(spin_minus(e), 0.3, each_atom=True))
    return OpenSystem((e,), 0.5 * drive * (spin_plus(e) + spin_minus(e)), jumps)


def twisted(atoms):
    e = Ensemble("J", atoms)
    jumps = (Jump(spin_minus(e), 0.5, each_atom=True), Jump(spin_z(e), 0.2, each_atom=True))
    H = spin_z(e) * spin_z(e) * (1 / atoms) + 0.4 * (spin_plus(e) + spin_minus(e))
    return OpenSystem((e,), H, jumps)


def lasing(atoms):
    e, mode = Ensemble("J", atoms), Mode("c")
    H = (spin_plus(e) * destroy(mode) + spin_minus(e) * create(mode)) * (0.5 / np.sqrt(atoms))
    pump = Jump(spin_plus(e), 0.3, each_atom=True)
    decay = Jump(spin_minus(e), 0.5, each_atom=True)
    return OpenSystem((e, mode), H, (Jump(destroy(mode), 4.0), pump, decay))


@pytest.mark.parametrize(
    ("system", "verdict"),
    [
        (driven(20), "converged"),
        (driven(40, 1.5), "converged"),
        (driven(10), "suspect"),
        (twisted(20), "suspect"),
        (lasing(10), "converged"),
        (lasing(20), "converged"),
    ],
)
def test_estimates_of_other_systems_cover_their_errors_and_are_of_their_size(system, verdict):
    found = run(Moments(), system)
    exact = run(Collective(cutoff=10), system).state
    off, told = compared(system, found.state, exact), estimate(found.report)
    assert off < told < 12 * off
    assert found.report.status == verdict


@pytest.mark.parametrize(
    ("system", "verdict"), [(driven(20), "converged"), (twisted(20), "suspect")]
)
def test_estimates_of_evolutions_cover_their_errors(system, verdict):
    times = np.linspace(0, 3, 4).tolist()
    found, exact = (run(engine, system, times) for engine in (Moments(), Collective()))
    pairs = zip(found.states, exact.states, strict=True)
    off = max(compared(system, *pair) for pair in pairs)
    assert off < estimate(found.report) < 10 * off
    assert found.report.status == verdict


def test_evolutions_of_very_many_atoms_are_not_doubted_by_the_second_look():
    report = run(Moments(), twisted(10**9), [0.0, 1.0, 3.0]).report
    assert estimate(report) < 1e-5


@pytest.mark.parametrize("rtol", [1e-4, 1e-7])
def test_evolutions_of_independent_atoms_are_off_by_rounding_and_tolerance(rtol):
    e = Ensemble("J", 10**6)
    jumps = (Jump(spin_minus(e), 0.5, each_atom=True), Jump(spin_z(e), 0.2, each_atom=True))
    system = OpenSystem((e,), 0.4 * (spin_plus(e) + spin_minus(e)), jumps)
    found, exact = (run(Moments(rtol=x), system, [0.0, 2.0, 9.0]) for x in (rtol, 1e-12))
    change = SpinMoments(
        ("J",), (10**6,), found.state.mean - exact.state.mean,
        found.state.covariance - exact.state.covariance,
    )  # fmt: skip
    assert relative_change(exact.state, change) < estimate(found.report) <= 10 * rtol


def test_few_independent_atoms_are_exact_whatever_their_fluctuations():
    e = Ensemble("J", 2)
    report = run(Moments(), OpenSystem((e,), jumps=(Jump(spin_minus(e), 1.0, "", True),)))
    assert report.report.truncation["fluctuations over (N/2)^2"] > 0.1
    assert report.report.status == "converged"


def test_large_fluctuations_alone_make_suspect():
    model = AtomicEnsembles(4, 0.6, 5.0, cooling=0.05, heating=0.01, dephasing=0.5)
    report = run(Moments(), model.system()).report
    assert estimate(report) < 0.1
    assert [text[:12] for text in report.warnings] == ["fluctuations"]
    assert report.status == "suspect"


@pytest.mark.parametrize(("success", "value"), [(False, 0.0), (True, np.nan)])
def test_equations_that_run_away_with_third_cumulants_are_told(monkeypatch, success, value):
    def failed(*args, **options):
        return SimpleNamespace(success=success, y=np.full((19, 2), value))

    monkeypatch.setattr("darkstate.engines.moments.trust.solve_ivp", failed)
    report = run(Moments(), driven(40), [0.0, 1.0]).report
    assert report.error_estimate is None
    assert report.status == "suspect"


@pytest.mark.parametrize(("residual", "verdict"), [(1e-8, "suspect"), (1e-10, "converged")])
def test_residuals_are_judged(monkeypatch, residual, verdict):
    def tampered(packed, start):
        return replace(stationary(packed, start), residual=residual)

    monkeypatch.setattr("darkstate.engines.moments.engine.stationary", tampered)
    report = run(Moments(), driven(100)).report
    assert report.status == verdict
    assert (len(report.warnings) == 1) == (verdict == "suspect")


@pytest.mark.parametrize(("factor", "verdict"), [(0.2, "suspect"), (0.9999, "converged")])
def test_moments_below_the_uncertainty_relation_are_suspect(monkeypatch, factor, verdict):
    """Within the estimate of the error they may be: they are no state's then, and need not be."""

    def tampered(packed, start):
        point = stationary(packed, start)
        shrunk = point.y.copy()
        shrunk[len(packed.equations.F0) :] *= factor
        return replace(point, y=shrunk)

    monkeypatch.setattr("darkstate.engines.moments.engine.stationary", tampered)
    monkeypatch.setattr("darkstate.engines.moments.engine.closure_error", lambda packed, y: 0.01)
    report = run(Moments(), AtomicEnsembles(10**6, 0.5).system()).report
    assert report.margin is not None and report.margin < 0
    assert report.status == verdict


def test_margins_are_those_of_all_times():
    times = [0.0, 0.5, 1.0]
    found = run(Moments(), driven(40), times)
    assert found.report.margin == min(state.margin() for state in found.states)


def test_third_cumulants_of_uncorrelated_atoms_are_those_of_one_times_their_number():
    system = driven(7)
    packed = Packed(moment_equations(system))
    b = np.array([0.3, -0.5, 0.4])
    y = packed.pack(SpinMoments.product(("J",), (7,), [b.tolist()]))
    third = ThirdOrder(packed)
    k = third.whole(third.uncorrelated(y)) * 7**1.5
    pauli = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    rho = 0.5 * (np.eye(2) + np.einsum("a,aij->ij", b, pauli))
    s = 0.5 * pauli - 0.5 * np.einsum("a,ij->aij", b, np.eye(2))
    for index in itertools.combinations_with_replacement(range(3), 3):
        orders = list(itertools.permutations(index))
        one = sum(np.trace(rho @ s[a] @ s[c] @ s[d]).real for a, c, d in orders) / 6
        assert k[index] == pytest.approx(7 * one, abs=1e-12)


def test_third_cumulants_stand_still():
    model = AtomicEnsembles(50, 0.7, 5.0, cooling=0.4, heating=0.1, dephasing=0.3, detuning=0.6)
    packed = Packed(moment_equations(model.system()))
    y = packed.pack(run(Moments(), model.system()).state)
    third = ThirdOrder(packed)
    k = third.stationary(y)
    assert np.abs(k - k.transpose(1, 2, 0)).max() < 1e-12 * np.abs(k).max()
    assert np.abs(third.rates(y, k)).max() < 1e-9 * np.abs(third.rates(y, 0 * k)).max()
