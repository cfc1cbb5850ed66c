"""What GMRES is preconditioned by, how one is chosen, and what follows one that stalls."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import darkstate as ds
from darkstate.engines import Collective, Lindblad
from darkstate.engines.density import iterate
from darkstate.engines.density.compile import compiled, dimensions, product_blocks
from darkstate.engines.density.cost import krylov_cost
from darkstate.engines.density.iterate import _falls_behind, _promised, iterated, regularised
from darkstate.engines.density.nojump import NoJumpInverse, SweptInverse
from darkstate.engines.density.rates import RatesInverse
from darkstate.engines.density.steady import dense_steady_state, krylov_steady_state
from darkstate.errors import NumericalError
from darkstate.linalg.gmres import KrylovSpace
from darkstate.models import AtomicEnsembles
from darkstate.systems import (
    Jump,
    Mode,
    OpenSystem,
    Qubit,
    create,
    destroy,
    number,
    plus_hc,
    sigma_minus,
    sigma_plus,
    sigma_x,
    sigma_z,
    total,
)


def generator_of(system, cutoff=None):
    return compiled(system, product_blocks(system, dimensions(system, cutoff)))


def rail(pairs=2, dephasing=0.1):
    return generator_of(ds.models.DualRail(pairs, 1.0, dephasing=dephasing).system())


def chain(count, field, dephasing, decay=0.3, exchange=1.0):
    """Qubits that exchange excitations, in a transverse field."""
    q = [Qubit(f"q{k}") for k in range(count)]
    H = total([field * sigma_x(each) + 0.1 * k * sigma_z(each) for k, each in enumerate(q)])
    for a, b in pairwise(q):
        H = H + exchange * plus_hc(sigma_plus(a) * sigma_minus(b))
    jumps = [Jump(sigma_minus(each), decay) for each in q]
    jumps += [Jump(sigma_z(each), dephasing) for each in q if dephasing]
    jumps.append(Jump(sigma_plus(q[0]), decay))
    return generator_of(OpenSystem(tuple(q), H, tuple(jumps)))


def kerr(levels=16):
    a = Mode("a")
    H = plus_hc(2.0 * destroy(a)) + 0.1 * create(a) ** 2 * destroy(a) ** 2 - 1.5 * number(a)
    return generator_of(OpenSystem((a,), H, (Jump(destroy(a), 1.0),)), {"a": levels})


def optomechanics(nbar=3.0):
    a, b = Mode("a"), Mode("b")
    H = 0.5 * number(a) + number(b) - 0.3 * number(a) * plus_hc(destroy(b))
    jumps = (Jump(destroy(b), 0.05 * (nbar + 1)), Jump(create(b), 0.05 * nbar))
    system = OpenSystem((a, b), H + 0.2 * plus_hc(destroy(a)), (Jump(destroy(a), 0.3), *jumps))
    return generator_of(system, {"a": 3, "b": 10})


def hermitian(generator, seed=0):
    rng, count = np.random.default_rng(seed), generator.blocks.numbers
    x = generator.blocks.hermitian(rng.normal(size=count) + 1j * rng.normal(size=count))
    return np.ascontiguousarray(x.real) if generator.real else x


CASES = {
    "rail": rail,
    "rail under dephasing": lambda: rail(2, 20.0),
    "chain": lambda: chain(4, 0.4, 0.0),
    "chain, rates 1e-3": lambda: chain(4, 0.4, 0.0, 1e-3),
    "chain with charges": lambda: chain(5, 0.0, 0.3),
    "chain under dephasing": lambda: chain(4, 0.4, 30.0),
    "kerr": kerr,
    "optomechanics": optomechanics,
}


@pytest.mark.parametrize("name", CASES)
def test_gmres_agrees_with_the_factors_within_the_errors_that_both_tell(name):
    generator = CASES[name]()
    iterative, direct = krylov_steady_state(generator, 1e-9), dense_steady_state(generator)
    away = np.linalg.norm(iterative.flat - direct.flat) / np.linalg.norm(direct.flat)
    assert away <= iterative.error + direct.error
    assert iterative.error < 1e-6
    assert iterative.unique


@pytest.mark.parametrize("name", CASES)
def test_classical_rates_are_what_they_say(name):
    """Against dense matrices that are made from all of L."""
    generator = CASES[name]()
    shift, count = 1e-6 * generator.scale, generator.blocks.numbers
    inverse, regular = NoJumpInverse(generator, shift), regularised(generator)
    L, p = generator.matrix.toarray(), generator.blocks.diagonal
    c = np.delete(np.arange(count), p)
    follow = 1.0 / (L[c, c] - shift)
    rates = np.real(L[np.ix_(p, p)] - (L[np.ix_(p, c)] * follow) @ L[np.ix_(c, p)])
    rates += generator.scale * (1 / len(p) - 1e-9 * np.eye(len(p)))
    x = hermitian(generator)
    first = np.empty_like(x)
    first[p] = np.linalg.solve(rates, x[p] - L[np.ix_(p, c)] @ (follow * x[c]))
    first[c] = follow * (x[c] - L[np.ix_(c, p)] @ first[p])
    expected = first + inverse.apply(x - regular(first))
    found = RatesInverse(generator, inverse.apply, regular, shift).apply(x)
    size = np.linalg.norm(expected) + np.linalg.norm(first)
    assert np.linalg.norm(found - expected) < 1e-8 * size  # W may be nearly singular: 1e-9


@pytest.mark.parametrize("make", [rail, lambda: chain(5, 0.0, 0.3)])
def test_a_sweep_solves_for_the_part_of_the_generator_below_the_blocks(make):
    generator = make()
    blocks, shift = generator.blocks, 0.1
    plain = NoJumpInverse(generator, shift)
    order = np.empty(len(blocks.sizes), int)
    for k, part in enumerate(plain.parts):
        order[part.numbers] = k
    rank = np.repeat(order, blocks.sizes**2)
    L = generator.matrix.toarray()
    L[rank[:, None] < rank] = 0.0  # jumps back to blocks that are solved
    inside = rank[:, None] == rank
    kets, bras = blocks.entries
    E = generator.effective.toarray() - shift * np.eye(blocks.dimension)
    own = np.where(bras[:, None] == bras, E[np.ix_(kets, kets)], 0)
    own = own + np.where(kets[:, None] == kets, E[np.ix_(bras, bras)].conj(), 0)
    lower = np.where(inside, own, L)  # within a part, no jumps
    rng = np.random.default_rng(3)
    antisymmetric = blocks.hermitian(1j * rng.normal(size=blocks.numbers))
    for flat in (hermitian(generator), hermitian(generator) + antisymmetric):
        solved = SweptInverse(generator, plain).apply(flat)
        assert np.linalg.norm(lower @ solved - flat) < 1e-10 * np.linalg.norm(flat)


def test_the_choice_is_made_by_trying():
    for make, name in ((lambda: rail(3), "no-jump"), (lambda: chain(5, 0.4, 30.0), "classical")):
        generator = make()
        right = generator.scale * generator.blocks.mixed(generator.dtype)
        assert iterated(generator, right, 1e-9, 500).way.startswith(name)


def test_classical_rates_need_few_iterations_where_jumps_are_many():
    """The no-jump inverse alone takes a hundred."""
    generator = chain(5, 0.4, 30.0)
    right = generator.scale * generator.blocks.mixed(generator.dtype)
    assert iterated(generator, right, 1e-9, 500).solved.iterations <= 10


def half(flat):
    """A preconditioner that forgets half of the entries: no combination is a solution."""
    x = flat.copy()
    x[1::2] = 0.0
    return x


def broken(names):
    """Preconditioners, some of them spoilt, that are taken in their order."""
    make = iterate._preconditioners

    def made(generator, regular):
        return {n: half if n in names else way for n, way in make(generator, regular).items()}

    return made


BOTH = ("no-jump inverse", "classical rates")


def test_a_preconditioner_that_stalls_hands_over_to_the_next(monkeypatch):
    monkeypatch.setattr(iterate, "_preconditioners", broken(BOTH[:1]))
    monkeypatch.setattr(iterate, "PROMISING", np.inf)
    report = ds.steady_state(ds.models.DualRail(2, 1.0, dephasing=0.1), Lindblad("krylov")).report
    assert "(classical rates, after a residual of" in report.method
    assert "by no-jump inverse" in report.method
    assert report.status == "certified"


def test_where_all_preconditioners_stall_the_factors_decide(monkeypatch):
    monkeypatch.setattr(iterate, "_preconditioners", broken(BOTH))
    report = ds.steady_state(ds.models.DualRail(2, 1.0, dephasing=0.1), Lindblad("krylov")).report
    assert report.method.startswith("dense, after GMRES stopped at a residual of")
    assert all(name in report.method for name in BOTH)
    assert report.status == "certified"


def test_where_nothing_is_left_the_refusal_says_what_helps(monkeypatch):
    monkeypatch.setattr(iterate, "_preconditioners", broken(BOTH))
    monkeypatch.setattr("darkstate.engines.density.steady.DIRECT_NUMBERS", 10)
    monkeypatch.setattr("darkstate.engines.density.steady.PATIENCE", 0.0)
    model = ds.models.DualRail(2, 1.0, dephasing=0.1)
    with pytest.raises(NumericalError, match=r"GMRES did not decide.*method='dense'"):
        ds.steady_state(model, Lindblad("krylov"))
    assert ds.steady_state(model, Lindblad("dense")).report.status == "certified"  # the remedy


def test_slow_populations_are_solved_or_refused_never_wrong():
    """Fields so weak beside the dephasing that rates fall towards rounding, one by one."""
    for field in 10.0 ** -np.arange(1.0, 8.0):
        generator = chain(3, field, 5.0, decay=field**2, exchange=field)
        try:
            direct = dense_steady_state(generator)
        except NumericalError:  # below rounding
            assert field < 1e-5
            with pytest.raises(NumericalError):
                krylov_steady_state(generator, 1e-9)
            continue
        try:
            found = krylov_steady_state(generator, 1e-9)
        except NumericalError:
            assert field < 1e-3
            continue
        away = np.linalg.norm(found.flat - direct.flat) / np.linalg.norm(direct.flat)
        assert away <= found.error + direct.error


def test_rounding_counts_by_what_the_state_holds_and_covers_the_error():
    """High Fock states of large weights are empty; the sums are below the norm, never beyond."""
    model = ds.models.CavityAtomChains(1, loss=0.01)
    generator = generator_of(model.system(), 6)
    iterative, direct = krylov_steady_state(generator, 1e-9), dense_steady_state(generator)
    away = np.linalg.norm(iterative.flat - direct.flat) / np.linalg.norm(direct.flat)
    assert away <= iterative.error + direct.error
    flat = iterative.flat
    exact = abs(generator.matrix) @ np.abs(flat)  # terms of one entry do not cancel here
    assert generator.sums_of_moduli(flat) * np.linalg.norm(flat) >= 0.99 * np.linalg.norm(exact)
    assert generator.sums_of_moduli(flat) <= generator.scale


def test_two_steady_states_are_refused_by_all_preconditioners():
    q = [Qubit(f"q{k}") for k in range(3)]
    H = 0.3 * sigma_x(q[0]) + plus_hc(sigma_plus(q[0]) * sigma_minus(q[1]))
    jumps = (Jump(sigma_minus(q[0])), *(Jump(sigma_z(each), 20.0) for each in q))
    generator = generator_of(OpenSystem(tuple(q), H, jumps))  # sz(q2) stays
    with pytest.raises(NumericalError, match=r"probe|GMRES"):
        krylov_steady_state(generator, 1e-9, 200)


def test_classical_rates_are_part_of_the_memory_that_is_predicted(monkeypatch):
    generator = rail(3)
    with_rates = krylov_cost(generator).memory
    monkeypatch.setattr("darkstate.engines.density.cost.MOST_STATES", 1)
    assert krylov_cost(generator).memory < with_rates


def random_pair(seed):
    """Two qubits whose rates lie anywhere within six decades."""
    rng = np.random.default_rng(seed)
    q = Qubit("a"), Qubit("b")
    rates = 10 ** rng.uniform(-5, 1, 6)
    H = total([rng.normal() * sigma_z(each) + rates[k] * sigma_x(each) for k, each in enumerate(q)])
    H = H + 10 ** rng.uniform(-4, 0) * plus_hc(sigma_plus(q[0]) * sigma_minus(q[1]))
    jumps = [Jump(sigma_minus(q[0]), rates[2]), Jump(sigma_plus(q[1]), rates[3])]
    jumps += [Jump(sigma_z(each), rates[4 + k]) for k, each in enumerate(q) if rng.random() < 0.6]
    return generator_of(OpenSystem(q, H, tuple(jumps)))


def test_the_slowest_rate_of_gmres_is_that_of_all_singular_values():
    """One start that is nearly blind to the slowest mode is not the end of it."""
    for seed in (*range(40), 180, 239):  # the last two were told 16 and 7 times too fast
        generator = random_pair(seed)
        found = krylov_steady_state(generator, 1e-9, 600)
        matrix = generator.real_form.matrix
        dense = matrix.toarray() if hasattr(matrix, "toarray") else matrix
        assert found.rate < 3.0 * np.linalg.svd(dense, compute_uv=False)[-2]


@pytest.mark.parametrize("stagnates", [True, False])
def test_what_falls_behind_its_rival_gives_way(stagnates):
    """Forty slow directions that the first iterations do not see."""
    slow = np.logspace(-9, -3, 40) if stagnates else np.linspace(1, 2, 40)
    values = np.concatenate([np.linspace(1, 2, 200), slow])
    right = np.where(values < 0.5, 1e-8, 1.0)
    space = KrylovSpace(lambda x: values * x, lambda x: x, right)
    goal = 1e-10 * float(np.linalg.norm(right))
    assert _promised(space, goal, 10) < 60  # as long as it falls
    assert _falls_behind(space, goal, 200, 60.0) == stagnates
    assert (space.residual <= goal) == (not stagnates)
    assert space.used < 200


def test_ensembles_are_not_tried_for_long_by_rates_that_stop():
    model = AtomicEnsembles(6, 0.5, 10.0, cooling=0.05, heating=0.01, dephasing=0.5)
    method = ds.steady_state(model, Collective(method="krylov")).report.method
    assert method.startswith("krylov (no-jump inverse)")
