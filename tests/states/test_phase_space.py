"""Gaussian states in Fock space, their fidelity, and Wigner functions."""

from __future__ import annotations

import numpy as np
import pytest

import darkstate as ds
from darkstate import engines
from darkstate.errors import ArgumentError, CapacityError, EngineMismatchError, UnphysicalError
from darkstate.states import DensityState, GaussianState, PureState, SchmidtState, to_qutip
from darkstate.systems import Jump, Mode, OpenSystem, create, destroy, number

A, B = Mode("a"), Mode("b")
GRID = np.linspace(-3.5, 3.5, 29)


def mixed(shift: float = 0.3) -> GaussianState:
    """Two squeezed, displaced, lossy modes."""
    pump = 0.15j * create(A) * create(B) + 0.08 * create(A) ** 2 + shift * create(B)
    jumps = (Jump(destroy(A), 1.0), Jump(destroy(B), 0.9), Jump(create(A), 0.05))
    system = OpenSystem((A, B), pump + pump.adjoint() + 0.2 * number(A), jumps)
    return ds.steady_state(system, engine=engines.Gaussian()).state


def test_entries_in_fock_space_have_the_moments():
    state = mixed()
    dense = state.density(lost=1e-9)
    for operator in (destroy(B), destroy(A) * destroy(B), number(A), create(A) ** 2, number(B)):
        assert abs(ds.expect(operator, dense) - ds.expect(operator, state)) < 1e-5
    assert dense.margin() > -1e-12
    assert ds.log_negativity(dense, "a", "b") == pytest.approx(
        ds.log_negativity(state, "a", "b"), abs=1e-4
    )


def test_known_states_in_fock_space():
    r, n = 0.5, np.arange(12)
    pair = GaussianState.two_mode_squeezed(("a", "b"), r).density(12, lost=1e-3)
    amplitudes = np.zeros((12, 12))
    amplitudes[n, n] = np.tanh(r) ** n
    psi = amplitudes.ravel() / np.linalg.norm(amplitudes)
    assert np.abs(pair.matrix - np.outer(psi, psi)).max() < 1e-12
    thermal = GaussianState.thermal(("a",), 0.5).density(30).matrix
    assert np.allclose(np.diag(thermal).real[:5], (1 / 1.5) * (1 / 3) ** np.arange(5))
    few = GaussianState.two_mode_squeezed(("a", "b"), 0.05).density(2, lost=1e-4)
    assert ds.concurrence(few, "a", "b") == pytest.approx(np.tanh(0.1), abs=1e-3)


def test_fidelity_of_gaussian_states_is_that_in_fock_space():
    first, second = mixed(), mixed(-0.1)
    exact = ds.fidelity(first, second)
    in_fock_space = ds.fidelity(first.density((12, 12), 1e-4), second.density((12, 12), 1e-4))
    assert exact == pytest.approx(in_fock_space, abs=1e-4)
    assert ds.fidelity(first, first) == pytest.approx(1.0, abs=1e-9)
    vacuum = GaussianState.vacuum(("a", "b"))
    squeezed = GaussianState.two_mode_squeezed(("b", "a"), 0.7)
    assert ds.fidelity(squeezed, vacuum) == pytest.approx(1 / np.cosh(0.7) ** 2)
    shifted = GaussianState(("a",), np.zeros((1, 1)), np.zeros((1, 1)), np.array([0.4 + 0.3j]))
    assert ds.fidelity(shifted, vacuum.reduced("a")) == pytest.approx(np.exp(-0.25))
    assert ds.fidelity(first, second.reduced("b")) == pytest.approx(
        ds.fidelity(first.reduced("b"), second.reduced("b"))
    )


def test_wigner_functions():
    state = mixed().reduced("a")
    exact, summed = (ds.wigner(s, "a", GRID) for s in (state, state.density(lost=1e-12)))
    assert np.abs(exact.values - summed.values).max() < 1e-5
    step = GRID[1] - GRID[0]
    assert float(exact.sum()) * step**2 == pytest.approx(1.0, abs=1e-3)
    one = ds.wigner(PureState.basis(("a", "b"), (3, 2), {"a": 1}), "a", [0.0, 0.5], [0.0])
    assert np.allclose(one.values[:, 0], [-1 / np.pi, (2 * 0.25 - 1) * np.exp(-0.25) / np.pi])
    assert one.dims == ("x", "p") and "x of a" in one["x"].attrs["long_name"]


def test_a_kerr_cat_looks_as_in_qutip():
    qutip = pytest.importorskip("qutip")
    start = GaussianState(("a",), np.zeros((1, 1)), np.zeros((1, 1)), np.array([1.2 + 0j]))
    kerr = OpenSystem((A,), 0.5 * create(A) ** 2 * destroy(A) ** 2, (Jump(destroy(A), 0.01),))
    initial = start.density(20)
    cat = ds.evolve(kerr, [0.0, np.pi], initial, engine=engines.Lindblad(cutoff=20)).state
    found = ds.wigner(cat, "a", GRID, GRID[::2])
    expected = qutip.wigner(to_qutip(cat), GRID, GRID[::2])  # rows are p there
    assert np.abs(found.values - expected.T).max() < 1e-6
    assert found.values.min() < -0.05


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: mixed().density(2), ArgumentError, "`cutoff`.*lost="),
        (lambda: mixed().density((4,)), ArgumentError, "2 entries"),
        (lambda: mixed().density("many"), ArgumentError, "`cutoff`"),
        (lambda: mixed().density(lost=2.0), ArgumentError, "`lost`"),
        (
            lambda: GaussianState.thermal(("a",), 1e5).density(),
            CapacityError,
            "density matrix",
        ),
        (lambda: ds.wigner(mixed(), "c", GRID), ArgumentError, "'c'"),
        (lambda: ds.wigner(mixed(), "a", 3.0), ArgumentError, "`x`"),
        (lambda: ds.wigner(mixed(), "a", GRID, "p"), ArgumentError, "`p`"),
        (
            lambda: ds.wigner(SchmidtState(("a", "b"), (2, 2), np.array([1.0])), "a", GRID),
            EngineMismatchError,
            "wigner",
        ),
        (
            lambda: ds.fidelity(mixed(), DensityState.maximally_mixed(("a",), (2,))),
            EngineMismatchError,
            "fidelity",
        ),
    ],
)
def test_refusals(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_states_of_few_digits_are_read_in():
    rho = np.diag([0.5, 0.50001, 0.0, 0.0])
    rho[0, 3] = rho[3, 0] = 1e-5  # an eigenvalue is negative, and the trace is not one
    state = DensityState.rounded(("q", "p"), (2, 2), rho, tolerance=1e-4)
    assert state.margin() > -1e-15 and np.abs(state.matrix - rho).max() < 2e-5
    with pytest.raises(UnphysicalError, match="within 1e-08"):
        DensityState.rounded(("q", "p"), (2, 2), rho, tolerance=1e-8)
    with pytest.raises(UnphysicalError):
        DensityState.rounded(("q",), (2,), -np.eye(2))


def test_the_map_is_symmetric_about_zero():
    axes = ds.plots.wigner_map(ds.wigner(PureState.basis("a", 2, {"a": 1}), "a", GRID)).axes[0]
    low, high = axes.collections[0].get_clim()
    assert low == -high < 0 and axes.get_xlabel() == "x of a"
