"""Sylvester equations: exact chains, general matrices, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darkstate.errors import NumericalError
from darkstate.linalg.residual import sylvester_residual
from darkstate.linalg.sylvester import SchurForm, solve_sylvester, solve_sylvester_batched


def chain(sites, loss=0.0, disorder=0.0, drive=1.0, seed=0):
    """Drift W = -i T - diag(loss) - drive e1 e1^T with random hoppings and detunings."""
    rng = np.random.default_rng(seed)
    hopping = 1 + disorder * rng.standard_normal(sites - 1)
    detuning = disorder * rng.standard_normal(sites)
    w = -1j * (np.diag(hopping, 1) + np.diag(hopping, -1) + np.diag(detuning))
    w -= loss * np.eye(sites)
    w[0, 0] -= drive
    return w


def corner(sites, value):
    c = np.zeros((sites, sites), complex)
    c[0, 0] = value
    return c


def stable(rng, n, complex_data=True):
    a = rng.standard_normal((n, n))
    if complex_data:
        a = a + 1j * rng.standard_normal((n, n))
    return a - (np.linalg.eigvals(a).real.max() + 0.1) * np.eye(n)


@pytest.mark.parametrize("sites", [2, 50, 130])  # 130: through the blocks of the recursion
def test_lossless_chain_is_exact_although_it_relaxes_slowly(sites):
    nbar = 0.7310585786300049
    w = chain(sites)
    solution = solve_sylvester(w, w, corner(sites, 2 * nbar))
    np.testing.assert_allclose(solution.x, nbar * np.eye(sites), rtol=0, atol=1e-14 * nbar)
    assert solution.residual < 1e-15
    assert solution.error < 1e-14


def test_refinement_gains_the_digits_that_a_plain_solver_loses():
    w, c = chain(130), corner(130, 2.0)
    plain, refined = (solve_sylvester(w, w, c, refine=flag) for flag in (False, True))
    lost = np.abs(plain.x - np.eye(130)).max()
    assert np.abs(refined.x - np.eye(130)).max() < 1e-3 * lost
    assert np.isnan(plain.error)
    assert plain.residual < 1e-14  # small although x is off: what the residual alone cannot see


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.booleans(), st.integers(0, 2**32 - 1))
def test_any_shape_solves_the_equation(n, m, complex_data, seed):
    rng = np.random.default_rng(seed)
    a, b = stable(rng, n, complex_data), stable(rng, m, complex_data)
    c = rng.standard_normal((n, m))
    x = solve_sylvester(a, b, c).x
    assert np.iscomplexobj(x) == complex_data
    size = np.linalg.norm(a @ x) + np.linalg.norm(x @ b.conj().T) + np.linalg.norm(c)
    assert np.linalg.norm(a @ x + x @ b.conj().T + c) < 1e-13 * size


@pytest.mark.parametrize(("n", "m"), [(150, 40), (40, 150), (97, 131)])
def test_recursion_over_blocks_of_unequal_sizes(n, m):
    rng = np.random.default_rng(n)
    a, b, c = stable(rng, n), stable(rng, m), rng.standard_normal((n, m))
    x = solve_sylvester(a, b, c, refine=False).x
    residual = a @ x + x @ b.conj().T + c
    assert np.linalg.norm(residual) < 1e-11 * np.linalg.norm(a @ x)


def test_schur_forms_can_be_reused_and_conjugated():
    wa, wb, c = chain(12, 0.1, 0.3, seed=1), chain(12, 0.1, 0.3, seed=2), corner(12, 1.0)
    reused = solve_sylvester(SchurForm.of(wa), SchurForm.of(wb).conj(), c).x
    np.testing.assert_allclose(reused, solve_sylvester(wa, wb.conj(), c).x, rtol=1e-12)
    np.testing.assert_allclose(wa @ reused + reused @ wb.T, -c, atol=1e-13)
    eigenvalues = np.linalg.eigvals(wa)
    assert SchurForm.of(wa).spectral_abscissa == pytest.approx(eigenvalues.real.max(), rel=1e-12)


def test_hermitian_source_gives_exactly_hermitian_solution():
    rng = np.random.default_rng(3)
    a, c = stable(rng, 20), rng.standard_normal((20, 20))
    for solution in (solve_sylvester(a, a, c + c.T), solve_sylvester_batched(a, a, c + c.T)):
        assert np.array_equal(solution.x, solution.x.conj().T)


def test_zero_source_has_zero_residual():
    solution = solve_sylvester(-np.eye(3), -np.eye(3), np.zeros((3, 3)))
    assert not solution.x.any()
    assert (solution.residual, solution.error) == (0.0, pytest.approx(0.0, abs=1e-15))


def test_batch_agrees_with_single_solutions():
    drifts = np.stack([chain(10, 0.02, 0.3, seed=seed) for seed in range(20)])
    others = np.stack([chain(10, 0.02, 0.3, seed=seed).conj() for seed in range(20, 40)])
    c = corner(10, 2.0)
    batch = solve_sylvester_batched(drifts, others, c)
    assert batch.residual < 1e-15
    assert batch.error < 1e-14
    for a, b, x in zip(drifts, others, batch.x, strict=True):
        expected = solve_sylvester(a, b, c).x
        assert np.abs(x - expected).max() < 1e-14 * np.abs(expected).max()


def test_batch_spans_very_different_rates():
    drifts = np.stack([np.diag([-1e3, -1.0]), np.diag([-1e-3, -1e3]), np.diag([-1e-8, -1e-9])])
    x = solve_sylvester_batched(drifts, drifts, np.ones((2, 2))).x
    for drift, solution in zip(drifts, x, strict=True):
        rates = -np.diagonal(drift)
        np.testing.assert_allclose(solution, 1 / np.add.outer(rates, rates), rtol=1e-13)


@pytest.mark.parametrize("solver", [solve_sylvester, solve_sylvester_batched])
@pytest.mark.parametrize(
    "drift",
    [np.diag([-1.0, 0.25]), np.diag([-1.0, 0.0]), np.array([[0.0, 1.0], [-1.0, 0.0]])],
    ids=["growing", "conserved", "undamped"],
)
def test_unstable_drifts_are_refused_by_name(solver, drift):
    with pytest.raises(NumericalError, match="drift `a` must be Hurwitz"):
        solver(drift, -np.eye(2), np.eye(2))
    with pytest.raises(NumericalError, match="drift `b` must be Hurwitz"):
        solver(-np.eye(2), drift, np.eye(2))


def test_one_unstable_drift_in_a_batch_is_found():
    drifts = np.stack([-np.eye(2), np.diag([-1.0, 0.25]), -np.eye(2)])
    with pytest.raises(NumericalError, match=r"spectral abscissa is 0\.25"):
        solve_sylvester_batched(drifts, drifts, np.eye(2))


@pytest.mark.parametrize("sparse", [False, True])
def test_residual_sees_beyond_double_precision(sparse):
    # Integers of 50 bits: exact in Python, hopeless in double precision.
    rng = np.random.default_rng(5)
    n = 64
    mask = np.eye(n, k=1) + np.eye(n) if sparse else np.ones((n, n))
    a, x = (rng.integers(-(2**49), 2**49, (n, n)) for _ in range(2))
    a = (a * mask).astype(np.int64)
    left, right = a.astype(object), x.astype(object)
    exact_product = left @ right + right @ left.T
    c = -(exact_product.astype(float))
    exact = (exact_product + np.vectorize(int, otypes=[object])(c)).astype(float)
    got = sylvester_residual(a.astype(float), a.astype(float), c, x.astype(float))
    assert np.abs(exact).max() > 0
    naive = np.abs(a.astype(float) @ x + x @ a.T.astype(float) + c - exact).max()
    assert np.abs(got - exact).max() < 1e-4 * max(naive, np.abs(exact).max())
