"""`expect` of every kind of state, against Fock space or plain matrices."""

from __future__ import annotations

import numpy as np
import pytest

import darkstate as ds
from darkstate import engines
from darkstate.errors import ArgumentError, EngineMismatchError, MissingError
from darkstate.states import (
    EnsembleState,
    GaussianBatch,
    GaussianState,
    PairwiseGaussianState,
    PureState,
    SchmidtState,
    SpinMoments,
    operator_matrix,
)
from darkstate.systems import (
    Ensemble,
    Jump,
    Mode,
    OpenSystem,
    Qubit,
    create,
    destroy,
    identity,
    number,
    sigma_minus,
    sigma_x,
    sigma_y,
    spin_minus,
    spin_plus,
    spin_x,
    spin_y,
    spin_z,
)

A, B, Q, P = Mode("a"), Mode("b"), Qubit("q"), Qubit("p")


def test_wick_agrees_with_fock_space():
    H = 0.1j * create(A) ** 2 + 0.2 * create(A)
    system = OpenSystem((A,), H + H.adjoint() + 0.3 * number(A), (Jump(destroy(A), 1.0),))
    gauss = ds.steady_state(system, engine=engines.Gaussian()).state
    fock = ds.steady_state(system, engine=engines.Lindblad(cutoff=24)).state
    powers = (number(A) ** 2 + 0.3j * destroy(A), create(A) ** 3 * destroy(A), destroy(A) ** 2)
    for operator in (*powers, destroy(A), number(A), identity() * 3.0):
        assert abs(ds.expect(operator, gauss) - ds.expect(operator, fock)) < 1e-7
    assert isinstance(ds.expect(number(A), gauss), float)
    assert isinstance(ds.expect(destroy(A), gauss), complex)


def test_wick_of_two_modes():
    r, n = 0.4, np.arange(25)
    gauss = GaussianState.two_mode_squeezed(("a", "b"), r)
    fock = PureState(("a", "b"), (25, 25), np.diag(np.tanh(r) ** n / np.cosh(r)).ravel())
    for operator in (
        destroy(A) * destroy(B),
        create(A) ** 2 * create(B) * destroy(A) + 0.2 * number(A),
        number(A) ** 2 * number(B),
        create(A) ** 2 * create(B) ** 2,
    ):
        assert ds.expect(operator, gauss) == pytest.approx(ds.expect(operator, fock))


def test_wick_of_high_powers():
    thermal = GaussianState.thermal(("a",), 0.5)
    assert ds.expect(create(A) ** 20 * destroy(A) ** 20, thermal) == pytest.approx(
        float(np.prod(np.arange(1.0, 21.0))) * 0.5**20
    )


def test_batches_and_pairs():
    one, two = GaussianState.thermal(("a", "b"), 0.5), GaussianState.thermal(("a", "b"), 1.5)
    batch = GaussianBatch(
        ("a", "b"), np.array([one.number, two.number]), np.array([one.anomalous, two.anomalous])
    )
    assert np.allclose(ds.expect(number(B), batch), [0.5, 1.5])
    pairs = [("a", "b")]
    part = PairwiseGaussianState(("a", "b", "c"), tuple(pairs), two.pair_moments(pairs))
    assert ds.expect(number(A) * number(B), part) == pytest.approx(2.25)
    with pytest.raises(MissingError):
        ds.expect(number(Mode("c")), part)


def test_dense_states_take_operators_and_matrices():
    rng = np.random.default_rng(1)
    vector = rng.normal(size=4) + 1j * rng.normal(size=4)
    pure = PureState(("q", "p"), (2, 2), vector / np.linalg.norm(vector))
    operator = sigma_x(P) * sigma_y(Q) + 0.5j * sigma_minus(Q)
    matrix = operator_matrix(operator, (Q, P)).toarray()
    value = np.vdot(pure.vector, matrix @ pure.vector)
    for state in (pure, pure.density()):
        assert ds.expect(operator, state) == pytest.approx(value)
        assert ds.expect(matrix, state) == pytest.approx(value)


def test_ensembles_and_their_moments():
    E = Ensemble("E", 3)
    whole = EnsembleState.identical_atoms("E", 3)
    moments = SpinMoments.product(("E",), (3,), [(0.0, 0.0, -1.0)])
    for operator in (
        spin_z(E),
        spin_x(E) ** 2,
        spin_plus(E) * spin_minus(E),
        spin_x(E) * spin_y(E),
    ):
        assert ds.expect(operator, moments) == pytest.approx(ds.expect(operator, whole))
    with pytest.raises(ArgumentError, match="two letters"):
        ds.expect(spin_z(E) ** 3, moments)


@pytest.mark.parametrize(
    ("operator", "state", "kind", "name"),
    [
        (3.0, GaussianState.vacuum(("a",)), ArgumentError, "operator"),
        ("n", PureState.basis(("q",), (2,)), ArgumentError, "operator"),
        (np.eye(3), PureState.basis(("q",), (2,)), ArgumentError, "operator"),
        (sigma_x(Q), GaussianState.vacuum(("a",)), ArgumentError, "operator"),
        (number(B), GaussianState.vacuum(("a",)), ArgumentError, "operator"),
        (destroy(A) ** 61, GaussianState.vacuum(("a",)), ArgumentError, "operator"),
        (GaussianState.vacuum(("a",)), number(A), ArgumentError, "operator"),
        (number(A), 3.0, ArgumentError, "state"),
        (
            spin_z(Ensemble("E", 3)),
            SpinMoments.polarised(("F",), (3,), (1.0,)),
            ArgumentError,
            "op",
        ),
    ],
)
def test_refusals(operator, state, kind, name):
    with pytest.raises(kind, match=f"`{name}.*` must"):
        ds.expect(operator, state)


def test_states_without_vectors_have_no_means():
    with pytest.raises(EngineMismatchError, match="expect is not defined"):
        ds.expect(sigma_x(Q), SchmidtState(("q", "p"), (2, 2), np.array([1.0])))
