"""The dual-rail network: closed formulas, pure states for every permutation, imperfections."""

import math
from itertools import permutations

import numpy as np
import pytest
from models_dense import (
    darkness,
    exchange,
    matrix,
    rail,
    reduced,
    steady_state,
    value_of,
)

from darkstate.errors import ArgumentError, CapacityError
from darkstate.models._dual_rail_circuit import exchange_gate, exchanges, permutation_between
from darkstate.models.dual_rail import DualRail
from darkstate.systems import (
    Mode,
    cascade_order,
    create,
    destroy,
    sigma_minus,
    sigma_z,
    total,
)

PATTERNS = [p for n in (1, 2, 3) for p in permutations(range(n))]


def random_model(permutation, seed=0, **more):
    n = len(permutation)
    rng = np.random.default_rng([seed, n])
    deltas = 2 * rng.normal(size=n)
    r = 0.3 + 1.2 * rng.random()
    more = {"coupling": 0.2 + rng.random()} | more
    return DualRail(n, r, deltas, -deltas[list(permutation)], **more)


def splittings(model):
    return [
        sigma_z(qubit) * (delta / 2)
        for side, deltas in zip("AB", model.detunings, strict=True)
        for qubit, delta in zip(rail(side, model.pairs), deltas, strict=True)
    ]


# The written equations -----------------------------------------------------------------------


@pytest.mark.parametrize("permutation", [(0,), (1, 0), (2, 0, 1)])
def test_the_broadband_network_is_the_written_one(permutation):
    model = random_model(permutation)
    n, r, gamma = model.pairs, model.squeezing, model.coupling
    system = model.system()
    H, L = splittings(model), {}
    for side in "AB":
        lower = [sigma_minus(q) for q in rail(side, n)]
        L[side] = total(lower)
        H += [gamma * exchange(x, y) for i, x in enumerate(lower) for y in lower[i + 1 :]]
    assert system.hamiltonian.isclose(total(H), 1e-12)
    written = [
        math.cosh(r) * L["A"] - math.sinh(r) * L["B"].adjoint(),
        math.cosh(r) * L["B"] - math.sinh(r) * L["A"].adjoint(),
    ]
    assert len(system.jumps) == 2
    for jump, operator in zip(system.jumps, written, strict=True):
        scale = math.sqrt(jump.rate / gamma)
        assert (jump.operator * scale).isclose(operator, 1e-12)
    assert system.labels == tuple(q.label for side in "AB" for q in rail(side, n))


def test_the_network_of_finite_bandwidth_is_the_written_one():
    model = DualRail(2, 0.8, [0.3, -0.2], [0.5, 0.1], 1.3, 5.0, source_decay_b=2.0)
    system = model.system()
    SA, SB = Mode("SA"), Mode("SB")
    gain = math.sqrt(10.0) / 2 * math.tanh(0.4)
    pump = 1j * gain * create(SA) * create(SB)
    H = [pump, pump.adjoint(), *splittings(model)]
    for jump, side, source, kappa in zip(system.jumps, "AB", (SA, SB), (5.0, 2.0), strict=True):
        nodes = [math.sqrt(kappa) * destroy(source)]
        nodes += [math.sqrt(1.3) * sigma_minus(q) for q in rail(side, 2)]
        H += [exchange(x, y) for i, x in enumerate(nodes) for y in nodes[i + 1 :]]
        assert jump.name == side
        assert (jump.operator * math.sqrt(jump.rate)).isclose(total(nodes), 1e-12)
    assert system.hamiltonian.isclose(total(H), 1e-12)
    assert system.labels == ("A1", "A2", "B1", "B2", "SA", "SB")
    stages = cascade_order(system).evidence
    assert [{x for group in stage for x in group} for stage in stages] == [
        {"SA", "SB"}, {"A1", "B1"}, {"A2", "B2"}
    ]  # fmt: skip


def test_thermal_light_of_a_fast_source_is_that_of_the_white_field():
    """One pair: <s_A s_B> and the excitation approach the broadband values as 1/bandwidth."""
    for more in ({}, {"source_decay_b": 2.0}):
        gaps = []
        white = reduced(steady_state(DualRail(1, 0.15, thermal=0.03).system()), [0, 1], [2, 2])
        for kappa in (100.0, 200.0):
            ratio = {key: value * kappa for key, value in more.items()}
            fast = DualRail(1, 0.15, bandwidth=kappa, thermal=0.03, **ratio).system()
            pair = reduced(steady_state(fast, 5), [0, 1], [2, 2, 5, 5])
            gaps.append(pair - white)
        assert np.abs(2 * gaps[1] - gaps[0]).max() < 1e-4 < 3e-4 < np.abs(gaps[1]).max() < 3e-3


# The pure steady state -----------------------------------------------------------------------


@pytest.mark.parametrize("permutation", PATTERNS, ids=str)
@pytest.mark.parametrize("seed", [1, 2])
def test_every_permutation_has_a_dark_state(permutation, seed):
    model = random_model(permutation, seed)
    psi, system = model.dark_state(), model.system()
    assert np.linalg.norm(psi) == pytest.approx(1)
    assert darkness(system, psi) < 1e-15
    H = matrix(system.hamiltonian, system.spaces)
    assert np.vdot(psi, H @ psi) == pytest.approx(0, abs=1e-14)
    assert model.permutation == permutation
    assert len(model.circuit().gates) == sum(
        p > q for i, p in enumerate(permutation) for q in permutation[i:]
    )


def test_phases_of_the_segments_turn_the_state():
    rng = np.random.default_rng(5)
    for permutation in permutations(range(3)):
        model = random_model(permutation, 3, phase=rng.normal(size=2))
        assert darkness(model.system(), model.dark_state()) < 1e-15
        assert darkness(random_model(permutation, 3).system(), model.dark_state()) > 1e-2


@pytest.mark.parametrize("seed", range(4))
def test_the_sign_of_the_gate(seed):
    """U H U+ = H' with the detunings before the exchange in theta, and not with -theta."""
    rng = np.random.default_rng(seed)
    before = 3 * rng.normal(size=3)
    gamma = 0.1 + rng.random()
    spots = tuple(rail("B", 3))

    def hamiltonian(deltas):
        lower = [sigma_minus(q) for q in spots]
        terms = [sigma_z(q) * (d / 2) for q, d in zip(spots, deltas, strict=True)]
        pairs = ((x, y) for i, x in enumerate(lower) for y in lower[i + 1 :])
        return matrix(total([*terms, *(gamma * exchange(x, y) for x, y in pairs)]), spots)

    L = matrix(total(map(sigma_minus, spots)), spots)
    for i in (0, 1):
        after = before.copy()
        after[[i, i + 1]] = before[[i + 1, i]]
        gate = exchange_gate(before[i], before[i + 1], gamma)
        U = np.kron(gate, np.eye(2)) if i == 0 else np.kron(np.eye(2), gate)
        assert pytest.approx(np.eye(8), abs=1e-14) == U @ U.conj().T
        assert pytest.approx(L, abs=1e-14) == U @ L @ U.conj().T
        assert U @ hamiltonian(before) @ U.conj().T == pytest.approx(hamiltonian(after), abs=1e-14)
        turned = U.conj().T @ hamiltonian(before) @ U
        assert np.abs(turned - hamiltonian(after)).max() > 1e-2


def test_the_gate_is_the_exponential_of_the_total_spin():
    """tan theta = -(delta_1 - delta_2)/gamma with spins 1/2, (s_1+s_2)^2 = 2 on the triplet."""
    x = np.array([[0, 1], [1, 0]]) / 2
    y = np.array([[0, 1j], [-1j, 0]]) / 2  # sy = -i (s+ - s-) in the basis |0>, |1>
    z = np.diag([-0.5, 0.5])
    S = [np.kron(s, np.eye(2)) + np.kron(np.eye(2), s) for s in (x, y, z)]
    square = sum(s @ s for s in S)
    theta = math.atan(-(1.3 - 0.4) / 0.7)
    values, vectors = np.linalg.eigh(square)
    expected = (vectors * np.exp(1j * theta * values)) @ vectors.conj().T
    assert exchange_gate(1.3, 0.4, 0.7) == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize("permutation", [(0,), (1, 0), (0, 1)], ids=str)
def test_the_dark_state_is_the_unique_steady_state(permutation):
    model = random_model(permutation, 4)
    rho, psi = steady_state(model.system()), model.dark_state()
    assert rho == pytest.approx(np.outer(psi, psi.conj()), abs=1e-9)


def test_one_pair_is_phi_plus():
    r = 0.9
    phi = np.array([math.cosh(r), 0, 0, math.sinh(r)]) / math.sqrt(math.cosh(2 * r))
    assert DualRail(1, r).dark_state() == pytest.approx(phi)
    assert darkness(DualRail(1, r).system(), phi * [1, 1, 1, -1]) > 0.1


@pytest.mark.parametrize("permutation", PATTERNS, ids=str)
def test_truths_are_those_of_the_dark_state(permutation):
    model = random_model(permutation, 6)
    psi = model.dark_state()
    rho = np.outer(psi, psi.conj())
    for truth in model.truths():
        found = value_of(truth.measure, rho, truth.groups, model.system().labels)
        assert found == pytest.approx(truth.value, abs=1e-6), truth
    fixed = [
        j for j, p in enumerate(permutation) if sorted(permutation[: j + 1]) == [*range(j + 1)]
    ]
    alone = [j for j in fixed if permutation[j] == j]
    known = [t.groups for t in model.truths() if t.measure == "concurrence"]
    assert known == [(f"A{j + 1}", f"B{j + 1}") for j in alone]


def test_large_differences_of_detunings_swap_the_pairs():
    """theta -> pi/2: the gate becomes a SWAP up to phases, and A1 is entangled with B2."""
    model = DualRail(2, 1.0, [100.0, -100.0], [100.0, -100.0])
    psi = model.dark_state()
    rho, labels = np.outer(psi, psi.conj()), model.system().labels
    assert value_of("concurrence", rho, ("A1", "B2"), labels) > 0.95 * math.tanh(2.0)
    assert value_of("concurrence", rho, ("A1", "B1"), labels) == pytest.approx(0, abs=1e-3)
    close = DualRail(2, 1.0, [1e-3, 0.0], [0.0, -1e-3]).dark_state()
    rho = np.outer(close, close.conj())
    assert value_of("concurrence", rho, ("A1", "B1"), labels) == pytest.approx(math.tanh(2.0), 1e-4)


def test_equal_detunings_need_no_gate():
    assert permutation_between([1.0, 2.0, 1.0], [-1.0, -1.0, -2.0], 1.0) == (0, 2, 1)
    assert permutation_between([1.0, 2.0], [-1.0, -1.0], 1.0) is None
    assert permutation_between([0.3, 0.0], [0.0, -0.1 * 3], 1.0) == (1, 0)
    assert exchanges((0, 2, 1)) == [1]
    assert DualRail(4, 1.0, 0.2, -0.2).circuit().gates == ()
    model = DualRail(3, 1.0, [1.0, 2.0, 1.0], [-1.0, -1.0, -2.0])
    assert len(model.circuit().gates) == 1
    assert darkness(model.system(), model.dark_state()) < 1e-15


def test_nodes_of_unequal_coupling_are_dark_without_exchanges():
    model = DualRail(3, 0.7, [0.3, -1.0, 2.0], [-0.3, 1.0, -2.0], [0.5, 2.0, 1.0])
    assert darkness(model.system(), model.dark_state()) < 1e-15
    swapped = DualRail(2, 0.7, [0.3, -1.0], [1.0, -0.3], [0.5, 2.0])
    assert swapped.truths() == ()
    with pytest.raises(ArgumentError, match="`coupling` must be equal"):
        swapped.circuit()


def test_truths_hold_only_where_they_are_exact():
    assert len(DualRail(2, 1.0).truths()) == 9
    for changed in (
        {"bandwidth": 1e6},
        {"directionality": 0.999},
        {"dephasing": 1e-9},
        {"decay": [0.0, 1e-9]},
        {"loss": 1e-9},
        {"thermal": 1e-9},
        {"detunings_b": [0.0, 1e-3]},
    ):
        model = DualRail(2, 1.0, **changed)
        assert model.truths() == ()
        with pytest.raises(ArgumentError, match=f"`{next(iter(changed))}` must"):
            model.dark_state()


def test_size():
    assert len(DualRail(40, 1.0, loss=0.1).system().jumps) == 80
    many = DualRail(60, 1.0, np.arange(60.0), -np.arange(60.0)[::-1])
    assert len(many.circuit().gates) == 60 * 59 // 2
    with pytest.raises(CapacityError, match="at most 8 pairs"):
        many.dark_state()
    with pytest.raises(CapacityError, match="`pairs` must be <= 200"):
        DualRail(201, 1.0).system()


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"pairs": 0}, "`pairs` must be >= 1"),
        ({"squeezing": -0.1}, "`squeezing` must be >= 0"),
        ({"squeezing": 40.0}, "`squeezing` must be <= 15"),
        ({"detunings_a": [0.0, 1.0]}, "`detunings_a`"),
        ({"coupling": 0.0}, "`coupling` must be > 0"),
        ({"coupling": [1.0, 0.0, 1.0]}, r"`coupling\[1\]` must be > 0"),
        ({"bandwidth": 0.0}, "`bandwidth` must be > 0"),
        ({"dephasing": -1.0}, "`dephasing` must be >= 0"),
        ({"decay": [0.1, 0.1]}, "`decay`"),
        ({"loss": 1.1}, "`loss` must be <= 1"),
        ({"loss": [0.1, 0.1, 0.1]}, "`loss`"),
        ({"source_decay_b": 1.0}, "`source_decay_b` must come with a finite bandwidth"),
        ({"source_decay_b": -1.0, "bandwidth": 1.0}, "`source_decay_b` must be > 0"),
        ({"thermal": -0.1}, "`thermal` must be >= 0"),
        ({"phase": float("inf")}, "`phase`"),
        ({"directionality": 1.5}, "`directionality` must be <= 1"),
    ],
)
def test_bad_arguments(changed, match):
    with pytest.raises(ArgumentError, match=match):
        DualRail(**({"pairs": 3, "squeezing": 1.0} | changed))
