"""What the moment engine says about its answers, held against exact ones."""

import itertools

import numpy as np
import pytest

import darkstate as ds
from darkstate.engines import Collective, Moments
from darkstate.engines.moments import moment_equations
from darkstate.engines.moments.packing import Packed
from darkstate.engines.moments.solving import stationary
from darkstate.engines.moments.trust import LARGEST, closure_error, third_cumulants
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
    spin_z,
)

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
    if report.status == "converged":
        assert found == pytest.approx(xi(model, Collective())[0], rel=0.1)


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
        state = Moments().steady_state(model.system()).state
        packed = Packed(moment_equations(model.system()))
        errors.append(state.xi("I", "II") / model.truths()[0].value - 1)
        estimates.append(closure_error(packed, packed.pack(state)))
    slope = np.polyfit(np.log(sizes), np.log(np.array(estimates, float)), 1)[0]
    assert slope == pytest.approx(-1, abs=0.05)
    assert 0.5 < estimates[-1] / errors[-1] < 2


def test_third_cumulants_are_stationary():
    """``d<abc>/dt = <A_a bc> + <D_ab c> + ...`` with Gaussian means by quadrature, k by loops."""
    model = AtomicEnsembles(50, 0.7, 5.0, cooling=0.4, heating=0.1, dephasing=0.3, detuning=0.6)
    packed = Packed(moment_equations(model.system()))
    state = Moments().steady_state(model.system()).state
    k = third_cumulants(packed, packed.pack(state)) * 50**1.5
    eq, x = packed.equations, state.mean
    nodes, weights = np.polynomial.hermite_e.hermegauss(4)  # exact for polynomials to order 7
    grid = np.stack(np.meshgrid(*[nodes] * 6, indexing="ij"), axis=-1).reshape(-1, 6)
    w = np.prod(np.stack(np.meshgrid(*[weights] * 6, indexing="ij")).reshape(6, -1), axis=0)
    w /= w.sum()
    d = grid @ np.linalg.cholesky(state.covariance).T
    y = x + d
    A = eq.F0 + y @ eq.F1.T + np.einsum("abc,pb,pc->pa", eq.F2, y, y)
    A -= w @ A
    D = np.einsum("abeg,pe,pg->pab", eq.M, y, y) + np.einsum("abe,pe->pab", eq.P, y) + eq.P0
    J = eq.F1 + 2 * eq.F2 @ x
    total, size = np.zeros((6, 6, 6)), 0.0
    for a, b, c in itertools.product(range(6), repeat=3):
        for i, j, m in ((a, b, c), (b, a, c), (c, a, b)):
            gaussian = np.sum(w * (A[:, i] * d[:, j] * d[:, m] + D[:, j, m] * d[:, i]))
            total[a, b, c] += gaussian + J[i] @ k[:, j, m] + np.sum(eq.M[j, m] * k[:, :, i])
            size = max(size, abs(gaussian))
    assert np.abs(total).max() < 1e-9 * size


def test_variances_along_a_conserved_spin_are_said_not_to_be_known():
    model, z = AtomicEnsembles(100, 0.7), spin_z(Ensemble("I", 100))
    psi = ds.steady_state(model, engine=Collective()).state
    exact = (psi.expectation(z * z) - psi.expectation(z) ** 2).real
    found = Moments().steady_state(model.system())
    assert exact < 1 < 10 < found.state.covariances("I")[2, 2]
    assert "not known by this closure" in found.report.structure[-1]


def test_with_many_ensembles_third_cumulants_are_not_estimated():
    spaces = tuple(Ensemble(f"E{k}", 100) for k in range(LARGEST // 3 + 1))
    jumps = tuple(Jump(spin_minus(e), each_atom=True) for e in spaces)
    report = Moments().steady_state(OpenSystem(spaces, jumps=jumps)).report
    assert "third cumulants, relative" not in report.truncation


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
