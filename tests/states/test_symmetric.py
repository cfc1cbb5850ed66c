"""Permutation-symmetric states: converters, copies of blocks, and measures on them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import darkstate as ds
from darkstate.errors import ArgumentError, CapacityError, EngineMismatchError, UnphysicalError
from darkstate.results import Result
from darkstate.results.report import Report, Status
from darkstate.states import DensityState, EnsembleState, PureState, atom_by_atom, from_atoms
from darkstate.states.dicke import DickeBasis, log2_multiplicity
from darkstate.systems import (
    Ensemble,
    Qubit,
    sigma_z,
    spin_minus,
    spin_plus,
    spin_x,
    spin_y,
    spin_z,
)


def random_state(first: int, second: int, seed: int, rank: int = 3) -> EnsembleState:
    """A random state of two ensembles, of every pair of J, mixed and entangled."""
    rng = np.random.default_rng(seed)
    members, sizes, values = [], [], []
    a, b = DickeBasis.of(first), DickeBasis.of(second)
    for s in range(a.spins):
        for t in range(b.spins):
            i, j = np.arange(*a.starts[s : s + 2]), np.arange(*b.starts[t : t + 2])
            members.append(np.stack([g.ravel() for g in np.meshgrid(i, j, indexing="ij")], axis=1))
            size = len(i) * len(j)
            x = rng.normal(size=(size, rank)) + 1j * rng.normal(size=(size, rank))
            sizes.append(size)
            values.append((x @ x.conj().T).ravel() * rng.random())
    flat = np.concatenate(values)
    trace = sum(np.trace(v.reshape(n, n)) for v, n in zip(values, sizes, strict=True))
    dims = (a.dimension, b.dimension)
    rows = np.concatenate(members)
    return EnsembleState(("a", "b"), (first, second), dims, rows, np.array(sizes), flat / trace)


def atoms_of(state: EnsembleState, label: str) -> list[str]:
    k = state.labels.index(label)
    return [f"{label}_{i + 1}" for i in range(state.atoms[k])]


@pytest.mark.parametrize("atoms", [1, 2, 3, 6, 11])
def test_multiplicities_count_all_states(atoms):
    basis = DickeBasis.of(atoms)
    twice = np.arange(atoms, -1, -2)
    copies = np.exp2(log2_multiplicity(atoms, twice))
    assert np.allclose(copies, np.rint(copies), rtol=1e-12)
    assert np.sum(copies * (twice + 1)) == pytest.approx(2**atoms)
    assert basis.dimension == len(basis.twice_m) == np.sum(twice + 1)
    assert basis.excitations[0] == 0


@pytest.mark.parametrize("atoms", [1, 2, 5, 40])
def test_local_jumps_conserve_probability(atoms):
    """``sum_D Q_D† R_D`` is the collective operator of ``sum_n q_n† r_n``."""
    basis = DickeBasis.of(atoms)
    products = {
        ("-", "-"): 0.5 * atoms * np.eye(basis.dimension) + basis.letter("z"),
        ("+", "+"): 0.5 * atoms * np.eye(basis.dimension) - basis.letter("z"),
        ("z", "z"): 0.25 * atoms * np.eye(basis.dimension),
        ("+", "-"): np.zeros((basis.dimension, basis.dimension)),
        ("z", "-"): -0.5 * basis.letter("-").toarray(),
    }
    for (q, r), expected in products.items():
        parts = [basis.atom_jump(q, D).T @ basis.atom_jump(r, D) for D in (-1, 0, 1)]
        found = np.sum([part.toarray() for part in parts], axis=0)
        assert np.abs(found - expected).max() < 1e-12 * max(1, atoms)


@pytest.mark.parametrize("bloch", [(0, 0, -1), (0, 0, 1), (0.3, -0.4, 0.5), (0, 1, 0), (0, 0, 0)])
def test_identical_atoms_are_a_product(bloch):
    state = EnsembleState.identical_atoms("e", 4, bloch)
    sx, sy = np.array([[0, 1], [1, 0]]), np.array([[0, 1j], [-1j, 0]])
    one = 0.5 * (np.eye(2) + bloch[0] * sx + bloch[1] * sy + bloch[2] * np.diag([-1, 1]))
    exact = np.kron(np.kron(one, one), np.kron(one, one))
    assert np.abs(atom_by_atom(state).matrix - exact).max() < 1e-14
    e = Ensemble("e", 4)
    means = [state.expectation(op(e)).real for op in (spin_x, spin_y, spin_z)]
    assert means == pytest.approx(2 * np.array(bloch), abs=1e-14)


def test_the_mixed_state_of_many_atoms_has_one_bit_each():
    """Where the copies of a block are forgotten, this entropy comes out as a few bits."""
    for atoms in (1, 7, 60):
        state = EnsembleState.identical_atoms("e", atoms, (0.0, 0.0, 0.0))
        assert ds.entropy(state) == pytest.approx(atoms, rel=1e-10)
        assert np.log2(ds.purity(state)) == pytest.approx(-atoms, rel=1e-10)


def close(value: float):
    return pytest.approx(value, rel=1e-9, abs=1e-10)


@settings(max_examples=25)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(0, 10**6))
def test_measures_agree_with_the_atoms_themselves(first, second, seed):
    state = random_state(first, second, seed)
    full = atom_by_atom(state)
    A, B = atoms_of(state, "a"), atoms_of(state, "b")
    assert ds.entropy(state) == close(ds.entropy(full))
    assert ds.entropy(state, "a") == close(ds.entropy(full, A))
    assert ds.purity(state) == close(ds.purity(full))
    assert ds.purity(state, "b") == close(ds.purity(full, B))
    assert ds.negativity(state, "a", "b") == close(ds.negativity(full, A, B))
    assert ds.log_negativity(state, "b", "a") == close(ds.log_negativity(full, A, B))
    assert ds.mutual_information(state, "a", "b") == close(ds.mutual_information(full, A, B))
    assert state.margin() > -1e-12


@settings(max_examples=20)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(0, 10**6))
def test_there_and_back(first, second, seed):
    state = random_state(first, second, seed)
    full = atom_by_atom(state)
    back = from_atoms(full, {"a": atoms_of(state, "a"), "b": atoms_of(state, "b")})
    assert np.abs(atom_by_atom(back).matrix - full.matrix).max() < 1e-13
    a, b = Ensemble("a", first), Ensemble("b", second)
    for operator in (spin_plus(a) * spin_minus(b), spin_x(a) * spin_x(a), spin_y(b), spin_z(a)):
        exact = back.expectation(operator)
        assert state.expectation(operator) == pytest.approx(exact, abs=1e-12)
    part = state.reduced("b")
    assert (
        np.abs(atom_by_atom(part).matrix - full.reduced(atoms_of(state, "b")).matrix).max() < 1e-13
    )


def test_a_state_that_atoms_do_not_share_equally_is_refused():
    one_up = PureState.basis(("e1", "e2"), (2, 2), {"e1": 1}).density()
    with pytest.raises(UnphysicalError, match="not change if atoms are exchanged"):
        from_atoms(one_up, {"e": ["e1", "e2"]})
    with pytest.raises(ArgumentError, match="hold qubits"):
        from_atoms(DensityState.maximally_mixed(["q", "m"], [2, 3]), {"e": ["q", "m"]})


def test_dense_states_of_the_symmetric_subspace():
    vector = np.zeros((4, 4))
    vector[np.arange(4), 3 - np.arange(4)] = 0.8, 0.4, 0.4, 0.2
    pure = PureState(("I", "II"), (4, 4), vector.ravel())
    state = EnsembleState.from_dense(pure, ["I", "II"])
    assert np.abs(state.density().matrix - pure.density().matrix).max() < 1e-15
    for measure in (ds.log_negativity, ds.negativity, ds.epr_spin_variance):
        assert measure(state, "I", "II") == pytest.approx(measure(pure, "I", "II"), abs=1e-12)
    mixed = EnsembleState.identical_atoms("e", 3, (0, 0, 0))
    with pytest.raises(UnphysicalError, match="symmetric subspaces"):
        mixed.density()
    with pytest.raises(CapacityError):
        atom_by_atom(EnsembleState.identical_atoms("e", 20))


def test_products_with_other_subsystems():
    qubit = PureState(("q",), (2,), np.array([0.6, 0.8]))
    e = EnsembleState.identical_atoms("e", 3, (0.5, 0, 0.5))
    state = EnsembleState.product(qubit, e)
    assert state.expectation(sigma_z(Qubit("q"))) == pytest.approx(0.28)
    assert ds.log_negativity(state, "q", "e") == pytest.approx(0.0, abs=1e-12)
    assert ds.entropy(state) == pytest.approx(ds.entropy(e))
    assert state.reduced(["e", "q"]).labels == ("e", "q")
    exact = np.kron(qubit.density().matrix, atom_by_atom(e).matrix)
    assert np.abs(atom_by_atom(state).matrix - exact).max() < 1e-14


def test_xi_of_uncorrelated_and_of_dephased_atoms():
    def pair(p: float, atoms: int = 6):
        one, two = (
            EnsembleState.identical_atoms(k, atoms, (0, 0, s * p))
            for k, s in (("I", -1), ("II", 1))
        )
        return EnsembleState.product(one, two)

    assert ds.epr_spin_variance(pair(1.0), "I", "II") == pytest.approx(1.0)
    assert ds.epr_spin_variance(pair(0.5), "I", "II") == pytest.approx(2.0)
    with pytest.raises(ArgumentError, match="be polarised along z"):
        ds.epr_spin_variance(pair(0.0), "I", "II")
    with pytest.raises(ArgumentError, match="name one ensemble"):
        ds.epr_spin_variance(
            EnsembleState.product(pair(1.0), EnsembleState.identical_atoms("III", 2)),
            ["I", "III"],
            "II",
        )
    with pytest.raises(EngineMismatchError):
        ds.concurrence(pair(1.0), "I", "II")


def test_stored_and_read_back(tmp_path):
    state = random_state(2, 3, 1)
    result = Result(state, Report("collective", "krylov", Status.CERTIFIED))
    result.save(tmp_path / "x.zarr")
    back = ds.load_result(tmp_path / "x.zarr").state
    for name in ("labels", "atoms", "dimensions"):
        assert getattr(back, name) == getattr(state, name)
    assert np.array_equal(back.values, state.values)
    assert np.array_equal(back.members, state.members)


def test_bad_states_are_refused():
    good = EnsembleState.identical_atoms("e", 2, (0.1, 0, 0))
    fields = {name: getattr(good, name) for name in good.__dataclass_fields__}
    cases = [
        ({"values": good.values * 2}, UnphysicalError, "trace 1"),
        ({"values": good.values + 1j}, UnphysicalError, "Hermitian"),
        ({"values": good.values[:-1]}, ArgumentError, "finite numbers"),
        ({"dimensions": (3,)}, ArgumentError, "dimensions"),
        ({"members": good.members[:-1]}, ArgumentError, "members"),
        ({"members": good.members[::-1]}, UnphysicalError, "between different J"),
    ]
    for change, error, text in cases:
        with pytest.raises(error, match=text):
            EnsembleState(**(fields | change))
    with pytest.raises(UnphysicalError, match="length <= 1"):
        EnsembleState.identical_atoms("e", 2, (1, 1, 0))
    with pytest.raises(ArgumentError, match="2J"):
        EnsembleState.from_matrix("e", 2, {1: np.eye(2)})
    with pytest.raises(ArgumentError, match="Ensemble of 2 atoms"):
        good.expectation(spin_z(Ensemble("e", 6)))
    with pytest.raises(ArgumentError, match="OperatorSum"):
        good.expectation(np.eye(4))  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="name an ensemble"):
        EnsembleState.from_dense(PureState.basis("q", 2), []).spin_populations("q")
