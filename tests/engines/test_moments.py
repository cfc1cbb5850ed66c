"""The moment engine: equations against brute force, orders in 1/N, limits, and refusals."""

import itertools
import math

import numpy as np
import pytest

import darkstate as ds
from darkstate.engines import Moments
from darkstate.engines.contract import ask, run
from darkstate.engines.moments import moment_equations
from darkstate.engines.moments.packing import Packed
from darkstate.engines.moments.third import ThirdOrder
from darkstate.errors import ArgumentError, CapacityError, EngineMismatchError, NumericalError
from darkstate.models import AtomicEnsembles
from darkstate.states import SpinMoments
from darkstate.systems import (
    Ensemble,
    Jump,
    Mode,
    OpenSystem,
    Qubit,
    Spin,
    create,
    destroy,
    sigma_z,
    spin_minus,
    spin_plus,
    spin_x,
    spin_y,
    spin_z,
)

UP = {
    "+": np.array([[0, 1], [0, 0]], complex),
    "-": np.array([[0, 0], [1, 0]], complex),
    "z": np.diag([0.5, -0.5]).astype(complex),
}


class Brute:
    """Atoms of two ensembles and one mode as one large matrix algebra."""

    def __init__(self, first: int, second: int, fock: int):
        self.first, self.atoms, self.fock = first, first + second, fock
        self.size = 2**self.atoms * fock
        lower = np.diag(np.sqrt(np.arange(1, fock)), 1).astype(complex)
        self.a = np.kron(np.eye(2**self.atoms), lower)

    def at(self, matrix, k):
        out = np.eye(1)
        for j in range(self.atoms):
            out = np.kron(out, matrix if j == k else np.eye(2))
        return np.kron(out, np.eye(self.fock))

    def sites(self, label):
        return range(self.first) if label == "I" else range(self.first, self.atoms)

    def letter(self, space, letter):
        if isinstance(space, Mode):
            return self.a if letter == "-" else self.a.conj().T
        return sum(self.at(UP[letter], k) for k in self.sites(space.label))

    def matrix(self, operator):
        out = np.zeros((self.size, self.size), complex)
        for product, c in operator:
            factor = np.eye(self.size, dtype=complex)
            for space, word in product:
                for letter in word:
                    factor = factor @ self.letter(space, letter)
            out += c * factor
        return out

    def single(self, operator):
        out = np.zeros((2, 2), complex)
        for product, c in operator:
            factor = np.eye(2, dtype=complex)
            for letter in "".join(word for _, word in product):
                factor = factor @ UP[letter]
            out += c * factor
        return out

    def jumps(self, system):
        for jump in system.jumps:
            if jump.each_atom:
                single = self.single(jump.operator)
                for k in self.sites(jump.operator.spaces[0].label):
                    yield jump.rate, self.at(single, k)
            else:
                yield jump.rate, self.matrix(jump.operator)

    def generator(self, system, rho):
        H = self.matrix(system.hamiltonian)
        out = -1j * (H @ rho - rho @ H)
        for rate, c in self.jumps(system):
            cc = c.conj().T @ c
            out += rate * (c @ rho @ c.conj().T - 0.5 * (cc @ rho + rho @ cc))
        return out


def random_system(rng, first, second):
    e1, e2, mode = Ensemble("I", first), Ensemble("II", second), Mode("c")

    def c():
        return complex(*rng.normal(size=2))

    def linear():
        spins = (letter(e) for letter in (spin_plus, spin_minus, spin_z) for e in (e1, e2))
        return sum((c() * s for s in spins), c() * destroy(mode) + c() * create(mode) + c())

    def single(e):
        words = spin_plus(e), spin_minus(e), spin_z(e), spin_plus(e) * spin_minus(e)
        return sum((c() * word for word in words), c() * spin_z(e) * spin_z(e) + c())

    quadratic = linear() * linear()
    jumps = [Jump(linear(), 0.3), Jump(linear(), 0.7)]
    jumps += [Jump(single(e), 0.5, each_atom=True) for e in (e1, e2, e2)]
    return OpenSystem((e1, e2, mode), quadratic + quadratic.adjoint(), tuple(jumps))


def moments(operators, rho, drho):
    """Means, covariances, their rates, and symmetrised third cumulants."""

    def mean(matrix, state):
        return float(np.trace(matrix @ state).real)

    n = len(operators)
    x, dx = (np.array([mean(A, r) for A in operators]) for r in (rho, drho))
    pairs = [[(A @ B + B @ A) / 2 for B in operators] for A in operators]
    XX, dXX = (np.array([[mean(p, r) for p in row] for row in pairs]) for r in (rho, drho))
    K = XX - np.outer(x, x)
    third = np.zeros((n, n, n))
    for i, j, k in itertools.combinations_with_replacement(range(n), 3):
        orders = list(itertools.permutations((i, j, k)))
        value = sum(mean(operators[a] @ operators[b] @ operators[c], rho) for a, b, c in orders) / 6
        value -= x[i] * K[j, k] + x[j] * K[i, k] + x[k] * K[i, j] + x[i] * x[j] * x[k]
        for order in orders:
            third[order] = value
    return x, K, dx, dXX - np.outer(dx, x) - np.outer(x, dx), third


@pytest.mark.parametrize("seed", [0, 1])
def test_the_equations_are_exact_but_for_third_cumulants(seed):
    rng = np.random.default_rng(seed)
    brute = Brute(1, 2, 4)
    system = random_system(rng, 1, 2)
    equations = moment_equations(system)
    empty = np.kron(np.eye(8), np.diag([1.0, 0, 0, 0]))  # four Fock states: no edge is reached
    V = empty @ (rng.normal(size=(brute.size, 3)) + 1j * rng.normal(size=(brute.size, 3)))
    rho = V @ V.conj().T / np.trace(V @ V.conj().T)
    operators = []
    for e in system.spaces[:2]:
        plus, minus, z = (brute.letter(e, letter) for letter in "+-z")
        operators += [(plus + minus) / 2, (plus - minus) / 2j, z]
    a = brute.a
    operators += [(a + a.conj().T) / math.sqrt(2), (a - a.conj().T) / (1j * math.sqrt(2))]
    x, K, dx, dK, third = moments(operators, rho, brute.generator(system, rho))
    drift, spread = equations.rates(x, K)
    dropped = np.einsum("acd,cdb->ab", equations.F2, third)
    assert np.abs(drift - dx).max() < 1e-12
    assert np.abs(spread + dropped + dropped.T - dK).max() < 1e-12
    assert np.abs(dropped).max() > 0.1  # the state was not Gaussian: the test can see the closure


def symmetrised(operators, order, state):
    """Means of all symmetrised products of so many operators."""
    n = len(operators)
    found = np.zeros((n,) * order)
    for index in itertools.combinations_with_replacement(range(n), order):
        total = 0.0
        for one in itertools.permutations(index):
            matrix = state
            for k in one:
                matrix = matrix @ operators[k]
            total += np.trace(matrix).real
        for one in itertools.permutations(index):
            found[one] = total / math.factorial(order)
    return found


def test_the_equations_of_third_cumulants_are_exact_but_for_fourth_ones():
    rng = np.random.default_rng(2)
    brute = Brute(1, 2, 6)
    system = random_system(rng, 1, 2)
    packed = Packed(moment_equations(system))
    third, s = ThirdOrder(packed), packed.equations.scales[1]
    empty = np.kron(np.eye(8), np.diag([1.0, 0, 0, 0, 0, 0]))
    V = empty @ (rng.normal(size=(brute.size, 3)) + 1j * rng.normal(size=(brute.size, 3)))
    rho = V @ V.conj().T / np.trace(V @ V.conj().T)
    drho = brute.generator(system, rho)
    X = []
    for e in system.spaces[:2]:
        plus, minus, z = (brute.letter(e, letter) for letter in "+-z")
        X += [(plus + minus) / 2, (plus - minus) / 2j, z]
    a = brute.a
    X += [(a + a.conj().T) / math.sqrt(2), (a - a.conj().T) / (1j * math.sqrt(2))]
    x, dx = (symmetrised(X, 1, r) for r in (rho, drho))
    shifted = [A - value * np.eye(brute.size) for A, value in zip(X, x, strict=True)]
    K, k, m4 = (symmetrised(shifted, order, rho) for order in (2, 3, 4))
    moving = np.multiply.outer(dx, K)
    exact = symmetrised(shifted, 3, drho) - sum(np.moveaxis(moving, 0, at) for at in range(3))
    pairs = np.multiply.outer(K, K)
    fourth = m4 - pairs - pairs.transpose(0, 2, 1, 3) - pairs.transpose(0, 3, 2, 1)
    dropped = np.einsum("ade,debc->abc", packed.equations.F2, fourth)
    y = packed.pack(SpinMoments(("I", "II", "c"), (1, 2, 0), x, K))
    cube = s * s[:, None] * s[:, None, None]
    found = third.whole(third.rates(y, k / cube)) * cube
    found = found + sum(np.moveaxis(dropped, 0, at) for at in range(3))
    assert np.abs(found - exact).max() < 1e-11
    assert np.abs(dropped).max() > 0.1


def test_the_jacobian_is_the_derivative():
    rng = np.random.default_rng(3)
    packed = Packed(moment_equations(random_system(rng, 30, 50)))
    y = rng.normal(size=len(packed.units))
    J = packed.jacobian(y)
    for k in range(len(y)):
        step = np.eye(len(y))[k]
        difference = (packed.rates(y + step) - packed.rates(y - step)) / 2  # exact: quadratic
        assert np.abs(J[:, k] - difference).max() < 1e-10 * np.abs(J).max()


def test_collective_processes_conserve_the_length_of_each_spin():
    rng = np.random.default_rng(4)
    system = random_system(rng, 40, 60)
    collective = tuple(jump for jump in system.jumps if not jump.each_atom)
    packed = Packed(moment_equations(OpenSystem(system.spaces, system.hamiltonian, collective)))
    assert packed.equations.conserving == ("I", "II")
    y = rng.normal(size=len(packed.units))
    _, gradients = packed.conserved(y)
    f = packed.rates(y)
    assert np.abs(gradients @ f).max() < 1e-11 * np.abs(gradients).max() * np.abs(f).max()


def slope(sizes, errors):
    return np.polyfit(np.log(sizes), np.log(errors), 1)[0]


def test_without_noise_the_error_is_of_order_one_over_n():
    sizes = [100, 200, 400, 800, 1600]
    truth = AtomicEnsembles(1, 0.7).truths()[0].value
    errors = []
    for n in sizes:
        model = AtomicEnsembles(n, 0.7)
        errors.append(run(Moments(), model.system()).state.xi("I", "II") - truth)
    assert slope(sizes, errors) == pytest.approx(-1, abs=0.05)


def test_one_axis_twisting_approaches_kitagawa_and_ueda():
    """``H = chi Jz^2/N`` from spins along x: ``<Jx> = (N/2) cos^(N-1)(chi t/N)``."""
    sizes, errors = [50, 100, 200, 400], []
    for n in sizes:
        spin = Spin("s", n)
        system = OpenSystem((spin,), spin_z(spin) * spin_z(spin) * (1 / n))
        start = SpinMoments.product(("s",), (n,), [(1.0, 0.0, 0.0)])
        state = run(Moments(rtol=1e-11), system, [0.0, 2.0], start).state
        errors.append(abs(2 * state.means("s")[0] / n - math.cos(2.0 / n) ** (n - 1)))
    assert slope(sizes, errors) == pytest.approx(-2, abs=0.1)  # the mean itself is 1 - O(1/N)


@pytest.mark.parametrize("atoms", [1, 7, 10**12])
def test_independent_atoms_are_exact_at_every_n(atoms):
    e = Ensemble("I", atoms)
    jumps = (
        Jump(spin_minus(e) + 0.3 * spin_z(e), 1.0, each_atom=True),
        Jump(spin_plus(e), 0.2, each_atom=True),
    )
    H = 0.7 * spin_x(e) + 0.4 * spin_y(e) - 0.2 * spin_z(e)
    state = run(Moments(), OpenSystem((e,), H, jumps)).state
    q = Qubit("q")
    letters = {"-": "sigma_minus", "+": "sigma_plus"}
    minus, plus = (getattr(ds.systems, letters[k])(q) for k in "-+")
    single = OpenSystem(
        (q,),
        0.35 * (plus + minus) - 0.2j * (plus - minus) - 0.1 * sigma_z(q),
        (Jump(minus + 0.15 * sigma_z(q), 1.0), Jump(plus, 0.2)),
    )
    rho = ds.steady_state(single).state.matrix  # basis |0>, |1>
    # <s-> = rho_10 for s- = |0><1|: Jx = Re, Jy = -Im of twice it
    b = np.array([2 * rho[1, 0].real, -2 * rho[1, 0].imag, (rho[1, 1] - rho[0, 0]).real])
    bloch = state.means("I") / (0.5 * atoms)
    assert bloch == pytest.approx(b, abs=1e-9)
    expected = 0.25 * atoms * (np.eye(3) - np.outer(bloch, bloch))
    assert np.abs(state.covariance - expected).max() < 1e-9 * atoms


@pytest.mark.parametrize("detuning", [0.0, 0.3])
def test_1e12_atoms_are_those_of_the_closed_form(detuning):
    model = AtomicEnsembles(
        10**12, 0.9, 5.0, cooling=0.1, heating=0.01, dephasing=0.05, detuning=detuning
    )
    result = ds.steady_state(model)
    assert result.report.engine == "moments"
    assert result.report.status == "converged"
    assert result.state.xi("I", "II") == pytest.approx(model.large_atoms_xi(), rel=1e-8)
    assert result.state.polarisation("II") == pytest.approx(model.polarisation, rel=1e-8)


def test_evolution_approaches_the_steady_state_and_the_closed_form():
    model = AtomicEnsembles(10**10, 0.9, 5.0, cooling=0.1, heating=0.01, dephasing=0.05)
    times = np.linspace(0, 200, 21).tolist()
    start = model.polarised(model.polarisation)
    done = run(Moments(), model.system(), times, start)
    xi = np.array([state.xi("I", "II") for state in done.states])
    assert xi == pytest.approx(model.large_atoms_evolution(times), abs=1e-6)
    steady = run(Moments(), model.system()).state
    assert np.abs(done.state.mean / steady.mean - 1)[[2, 5]].max() < 1e-6


def test_a_laser_with_superradiant_atoms_has_a_mode():
    """Tavis-Cummings in its normal phase against the same as two coupled modes."""
    e, mode = Ensemble("I", 10**10), Mode("c")
    g = 0.3 / math.sqrt(1e10)
    H = g * (create(mode) * spin_minus(e) + destroy(mode) * spin_plus(e))
    jumps = (Jump(destroy(mode), 1.0), Jump(create(mode), 0.4), Jump(spin_minus(e), 0.5, "", True))
    result = ds.steady_state(OpenSystem((e, mode), H, jumps), engine=Moments())
    atoms = Mode("I")
    limit = OpenSystem(
        (atoms, mode),
        0.3 * (create(mode) * destroy(atoms) + create(atoms) * destroy(mode)),
        (Jump(destroy(mode), 1.0), Jump(create(mode), 0.4), Jump(destroy(atoms), 0.5)),
    )
    wanted = ds.steady_state(limit).state.covariance
    assert result.state.covariances("c") == pytest.approx(wanted[2:, 2:], abs=1e-6)
    assert result.report.warnings == ()


def test_pumping_above_threshold_runs_away_or_is_named():
    mode, e = Mode("c"), Ensemble("I", 100)
    jumps = (Jump(create(mode), 1.0), Jump(destroy(mode), 0.5), Jump(spin_minus(e), 1.0, "", True))
    with pytest.raises(NumericalError, match="run away"):
        run(Moments(), OpenSystem((e, mode), create(mode) * destroy(mode), jumps))


def test_an_inverted_ensemble_is_suspect_while_it_flips():
    """A superradiant flip has fluctuations of order N: no closure of second order holds."""
    model = AtomicEnsembles(10**4, 0.5)
    done = ds.evolve(model, np.linspace(0, 30, 31).tolist(), engine=Moments())  # all atoms down
    assert done.report.status == "suspect"
    assert done.state.polarisation("II") > 0.3


def test_an_inverted_spin_flips_before_it_is_stationary():
    """The evolution decides which stationary point is reached: the lower pole, all atoms down."""
    e = Ensemble("I", 10**4)
    system = OpenSystem((e,), jumps=(Jump(spin_minus(e), 1e-4), Jump(spin_plus(e), 1e-7)))
    start = SpinMoments.polarised(("I",), (10**4,), (1.0,))
    result = ds.steady_state(system, engine=Moments(), initial=start)
    assert result.state.polarisation("I") == pytest.approx(-1, abs=1e-3)
    assert result.report.status == "converged"


def test_results_are_stored(tmp_path):
    result = ds.steady_state(AtomicEnsembles(10**6, 0.5, cooling=0.1))
    found = ds.load_result(result.save(tmp_path / "x.zarr")).state
    assert (found.labels, found.atoms) == (result.state.labels, result.state.atoms)
    assert np.array_equal(found.covariance, result.state.covariance)
    assert np.array_equal(found.mean, result.state.mean)


def test_the_front_door_takes_it_where_exact_engines_end():
    few, many = (ds.explain(AtomicEnsembles(n, 0.5, cooling=0.1)).chosen for n in (4, 10**6))
    assert few is not None and many is not None
    assert (few.engine, many.engine) == ("collective", "moments")
    bare = ds.steady_state(AtomicEnsembles(10**12, 0.5))
    assert bare.report.engine == "moments"
    assert bare.state.xi("I", "II") == pytest.approx(math.exp(-1), rel=1e-9)


def test_what_is_conserved_is_named():
    e = Ensemble("I", 1000)
    result = ds.steady_state(OpenSystem((e,), jumps=(Jump(spin_z(e)),)), engine=Moments())
    assert result.report.unique is False
    assert "not unique" in result.report.warnings[0]


def test_few_atoms_are_not_trusted():
    result = ds.steady_state(AtomicEnsembles(4, 1.5), engine=Moments())
    assert result.report.status == "suspect"
    assert "third cumulants" in result.report.warnings[0]


def test_the_number_of_atoms_costs_nothing():
    few, many = (ask(Moments(), AtomicEnsembles(n, 0.5).system()) for n in (100, 10**12))
    assert few.cost == many.cost
    assert few.can and many.can
    assert "1/N = 1e-12" in many.reason


def test_refusals_name_the_term_or_the_space():
    e, q = Ensemble("I", 10), Qubit("q")
    J = spin_z(e)
    cases = {
        "order 3": OpenSystem((e,), J * J * J),
        "order 2": OpenSystem((e,), jumps=(Jump(J * spin_minus(e)),)),
        "'q' is": OpenSystem((e, q), J, (Jump(sigma_z(q)),)),
        "no ensemble": OpenSystem((q,), sigma_z(q)),
    }
    for words, system in cases.items():
        assert not ask(Moments(), system).can
        with pytest.raises(EngineMismatchError, match=words):
            run(Moments(), system)


def test_too_many_ensembles_are_refused_before_anything_is_allocated():
    spaces = tuple(Ensemble(f"E{k}", 100) for k in range(200))
    with pytest.raises(CapacityError, match="ensembles"):
        run(Moments(), OpenSystem(spaces))


def test_initial_states_must_fit():
    system = AtomicEnsembles(100, 0.5).system()
    good = SpinMoments.polarised(("I", "II"), (100, 100), (-1, 1))
    bad = {
        "SpinMoments": ds.states.GaussianState.vacuum(["I", "II"]),
        "atoms": SpinMoments.polarised(("I", "II"), (100, 99), (-1, 1)),
        "quantum state": SpinMoments(("I", "II"), (100, 100), good.mean, 0.1 * good.covariance),
    }
    for words, state in bad.items():
        with pytest.raises(ArgumentError, match=words):
            run(Moments(), system, [0, 1], state)
    for options in ({"rtol": 0.5}, {"memory_limit": 0.0}):
        with pytest.raises(ArgumentError):
            Moments(**options)
