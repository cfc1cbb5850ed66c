"""The networks of the papers: what SLH makes of them, and the traits found in them."""

from __future__ import annotations

from functools import reduce
from math import cosh, sinh, sqrt, tanh

import numpy as np
import pytest
from systems_dense import (
    adjoint_generator,
    dense,
    leak,
    liouvillian,
    steady_state,
    without_noise,
)
from systems_language import (
    cavity_atom_chains,
    cavity_chains,
    driven_ensembles,
    dual_rail,
    dual_rail_printed,
    sourced_rail,
    sourced_rail_printed,
    spin_chains,
    two_ensembles,
)

from darkstate.systems import (
    Jump,
    Mode,
    OpenSystem,
    OperatorSum,
    Qubit,
    cascade_order,
    charges,
    is_quadratic,
    number,
    permutation_symmetry,
    sigma_minus,
    sigma_plus,
    sigma_z,
    total,
)


def stages(system: OpenSystem) -> list[set[str]]:
    return [{k for group in stage for k in group} for stage in cascade_order(system).evidence]


def difference(pairs: int, *more: str) -> dict[str, int]:
    """The charge A - B over all pairs, and source modes."""
    sides = [f"{side}{i + 1}" for i in range(pairs) for side in "AB"] + list(more)
    return {label: 1 if "A" in label or "a" in label else -1 for label in sides}


# --- chains with a squeezed drive


def test_cavity_chains():
    system = cavity_chains(3)
    assert is_quadratic(system)
    assert charges(system).evidence == (difference(3),)
    assert not permutation_symmetry(system) and not cascade_order(system)
    assert cascade_order(system).evidence == ((("A1", "A2", "A3"), ("B1", "B2", "B3")),)


def test_a_single_pair_of_cavities_is_symmetric():
    assert permutation_symmetry(cavity_chains(1)).evidence == (("A1", "B1"),)


def test_spin_chains():
    system = spin_chains(3)
    assert not is_quadratic(system)
    assert charges(system).evidence == (difference(3),)
    assert not permutation_symmetry(system) and not cascade_order(system)


def test_cavity_atom_chains():
    system = cavity_atom_chains(2)
    trait = is_quadratic(system)
    assert not trait and "Qubit('a1')" in trait.reason
    expected = {**difference(2), "a1": 1, "a2": 1, "b1": -1, "b2": -1}
    assert charges(system).evidence == (expected,)
    assert not cascade_order(system)


def test_the_marginal_of_one_spin_chain_is_thermal_and_autonomous():
    """The cross terms of the drive vanish under the partial trace: A does not feel B."""
    system = spin_chains(2)
    for word in (sigma_z(Qubit("A1")), sigma_plus(Qubit("A1")) * sigma_minus(Qubit("A2"))):
        flow = without_noise(adjoint_generator(system, word), 1.0)
        assert all(label.label[0] == "A" for label in flow.spaces)


# --- the dual-rail network


@pytest.mark.parametrize("pairs, deltas", [(1, (0.4,)), (2, (0.4, -1.1)), (2, ())])
def test_broadband_network_is_the_printed_model(pairs, deltas):
    built, printed = dual_rail(pairs, 0.8, 1.3, deltas), dual_rail_printed(pairs, 0.8, 1.3, deltas)
    assert built.spaces == printed.spaces
    assert built.hamiltonian.isclose(printed.hamiltonian)
    assert np.allclose(liouvillian(built), liouvillian(printed), atol=1e-12)


def test_broadband_network_of_three_pairs_term_by_term():
    built, printed = dual_rail(3, 0.8, 1.3), dual_rail_printed(3, 0.8, 1.3)
    assert built.hamiltonian.isclose(printed.hamiltonian)
    assert len(built.jumps) == len(printed.jumps) == 2
    for mine, paper in zip(built.jumps, printed.jumps, strict=True):
        assert (mine.operator * sqrt(mine.rate)).isclose(paper.operator * sqrt(paper.rate))


@pytest.mark.parametrize("pairs", [2, 3])
def test_finite_bandwidth_network_is_the_printed_model(pairs):
    built, printed = sourced_rail(pairs, 1.0, 5.0, 1.3), sourced_rail_printed(pairs, 1.0, 5.0, 1.3)
    assert set(built.spaces) == set(printed.spaces)
    assert built.hamiltonian.isclose(printed.hamiltonian)
    for mine, paper in zip(built.jumps, printed.jumps, strict=True):
        assert (mine.operator * sqrt(mine.rate)).isclose(paper.operator * sqrt(paper.rate))
    assert [jump.name for jump in built.jumps] == ["A", "B"]


@pytest.mark.parametrize("pairs", [2, 3])
def test_broadband_traits(pairs):
    system = dual_rail(pairs, 1.0, 1.0, tuple(0.3 * i for i in range(pairs)))
    assert not is_quadratic(system)
    assert charges(system).evidence == (difference(pairs),)
    assert cascade_order(system)
    assert stages(system) == [{f"A{i + 1}", f"B{i + 1}"} for i in range(pairs)]
    assert not permutation_symmetry(system)


def test_the_printed_sign_means_i_upstream_of_j():
    """H = i (gamma/2) sum_(j>i) (s+_i s-_j - h.c.): pair 1 is autonomous, pair 2 is not."""
    printed = dual_rail_printed(2)
    up, down = {"A1", "B1"}, {"A2", "B2"}
    assert stages(printed) == [up, down]
    reverse = OpenSystem(printed.spaces, -printed.hamiltonian, printed.jumps)
    assert stages(reverse) == [down, up]
    for system, closed, open_ in ((printed, up, down), (reverse, down, up)):
        assert leak(system, closed) < 1e-12
        assert leak(system, open_) > 0.1


def test_finite_bandwidth_traits():
    system = sourced_rail(2)
    trait = is_quadratic(system)
    assert not trait and "Qubit('A1')" in trait.reason
    assert charges(system).evidence == ({**difference(2), "SA": 1, "SB": -1},)
    assert stages(system) == [{"SA", "SB"}, {"A1", "B1"}, {"A2", "B2"}]
    assert cascade_order(system).evidence[0] == (("SA", "SB"),)  # one group: they pump each other


def test_dephasing_leaves_the_traits_of_the_network():
    system = dual_rail(2)
    noise = tuple(Jump(sigma_z(q), 0.05) for q in system.spaces if isinstance(q, Qubit))
    noisy = OpenSystem(system.spaces, system.hamiltonian, system.jumps + noise)
    assert charges(noisy).evidence == charges(system).evidence
    assert cascade_order(noisy).evidence == cascade_order(system).evidence


def test_the_first_pair_relaxes_to_phi_plus():
    """(cosh r |00> + sinh r |11>)/sqrt(cosh 2r): fixes the sign of M in all definitions."""
    r = 0.9
    rho = steady_state(liouvillian(dual_rail(1, r)))
    phi = np.array([cosh(r), 0, 0, sinh(r)]) / sqrt(cosh(2 * r))
    assert np.allclose(rho, np.outer(phi, phi), atol=1e-10)


EXCITATIONS = {Mode: number, Qubit: lambda q: 0.5 * sigma_z(q)}


def test_a_fast_source_drives_the_qubits_like_the_broadband_field():
    """<s_A s_B> of the first pair with source photons: error of order 1/kappa.

    Solved in the sector of the charge that `charges` finds, which is what the charge is for.
    """
    r, errors = 0.2, []
    for kappa in (50.0, 100.0):
        system = sourced_rail(1, r, kappa)
        pair = dense(sigma_minus(Qubit("A1")) * sigma_minus(Qubit("B1")), system.spaces, cutoff=3)
        (charge,) = charges(system).evidence
        Q = total(EXCITATIONS[type(s)](s) * charge[s.label] for s in system.spaces)
        q = dense(Q, system.spaces, cutoff=3).diagonal().real
        sector = np.flatnonzero(np.isclose(q[:, None], q[None, :]).ravel())
        L = liouvillian(system, cutoff=3)
        assert not np.any(np.delete(L, sector, axis=0)[:, sector])
        L = L[np.ix_(sector, sector)]
        trace = np.eye(len(q)).ravel()[sector]
        L[0], source = trace, np.eye(len(sector))[0]
        rho = np.zeros(len(q) ** 2, dtype=complex)
        rho[sector] = np.linalg.solve(L, source)
        errors.append(abs(np.trace(rho.reshape(len(q), -1) @ pair) - tanh(2 * r) / 2))
    assert 0 < errors[0] < 0.02
    assert errors[0] / errors[1] == pytest.approx(2.0, rel=0.1)


@pytest.mark.parametrize("sites", [1, 2])
def test_driven_spin_chains_relax_to_pairs_of_alternating_sign(sites):
    """prod_j (sqrt(1 - c^2) |00> + (-1)^j c |11>)_j, c^2 = nbar/(2 nbar + 1), |0> the ground state.

    The first pair has <s_A s_B> < 0, the sign of the drive.
    """
    nbar = 0.7
    system = spin_chains(sites, nbar=nbar)
    rho = steady_state(liouvillian(system))
    c = sqrt(nbar / (2 * nbar + 1))
    pairs = [np.array([sqrt(1 - c**2), 0, 0, (-1) ** (j + 1) * c]) for j in range(sites)]
    psi = reduce(np.kron, pairs)
    if sites == 2:  # from (A1 B1 A2 B2) to the order of the system
        psi = psi.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).ravel()
    assert np.allclose(rho, np.outer(psi, psi), atol=1e-9)
    pair = dense(sigma_minus(Qubit("A1")) * sigma_minus(Qubit("B1")), system.spaces)
    assert np.trace(rho @ pair).real < 0


# --- two ensembles


def test_ensembles_with_collective_jumps():
    system = two_ensembles()
    assert not is_quadratic(system)
    assert charges(system).evidence == ({"A1": 1, "B1": 1},)
    assert not permutation_symmetry(system)
    assert not cascade_order(system)
    assert system.monitored == () and [jump.each_atom for jump in system.jumps].count(True) == 6


def test_ensembles_with_a_squeezed_drive():
    system = driven_ensembles()
    assert charges(system).evidence == ({"A1": 1, "B1": -1},)
    assert permutation_symmetry(system).evidence == (("A1", "B1"),)
    assert not cascade_order(system)
    uneven = OpenSystem(
        system.spaces,
        OperatorSum(),
        (*system.jumps, Jump(system.jumps[-1].operator, 0.1, each_atom=True)),
    )
    assert not permutation_symmetry(uneven)
