"""A linear source eliminated by its moments, against Fock space and against limits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import darkstate as ds
from darkstate.engines import Lindblad
from darkstate.engines.contract import run
from darkstate.engines.density.hierarchy import solve
from darkstate.errors import ArgumentError, NumericalError
from darkstate.states import DensityState
from darkstate.systems import (
    Jump,
    Mode,
    OpenSystem,
    OperatorSum,
    Qubit,
    create,
    destroy,
    number,
    sigma_minus,
    sigma_z,
)

S, Q = Mode("S"), Qubit("Q")
MOMENTS = Lindblad(method="hierarchy", rtol=1e-10, edge=1e-7)


def behind_a_mode(
    source: OperatorSum, extra: tuple[Jump, ...] = (), detuning: float = 0.3
) -> OpenSystem:
    """A qubit in the output of a mode (decay 2.5) with Hamiltonian `source`."""
    c_s, c_q = destroy(S) * math.sqrt(2.5), sigma_minus(Q)
    link = -0.5j * (c_q.adjoint() * c_s)
    H = source + source.adjoint() + link + link.adjoint() + detuning * sigma_z(Q)
    return OpenSystem((Q, S), H, (Jump(c_s + c_q, 1.0, "out"), *extra))


SQUEEZED = 0.4 * create(S) * create(S)
SOURCES = {
    "coherent light": (behind_a_mode(0.35 * number(S) + 0.5 * create(S)), 14),
    "squeezed light": (behind_a_mode(SQUEEZED), 24),
    "detuned squeezed light": (behind_a_mode(SQUEEZED + 0.25 * number(S)), 22),
    "displaced, squeezed, thermal light": (
        behind_a_mode(
            SQUEEZED + 0.25 * number(S) + 0.3 * create(S),
            (Jump(create(S), 0.3), Jump(destroy(S), 0.2)),
        ),
        30,
    ),
}


@pytest.mark.parametrize("name", SOURCES)
def test_equals_the_source_in_fock_space(name: str) -> None:
    system, cutoff = SOURCES[name]
    found = ds.steady_state(system, engine=MOMENTS)
    exact = ds.steady_state(system, engine=Lindblad(cutoff=cutoff, rtol=1e-10))
    assert found.report.error_estimate is not None
    assert found.report.error_estimate <= 1e-7
    # cut-offs leave edge populations below 2e-9 and coherences of their square roots times tails
    np.testing.assert_allclose(
        found.state.matrix, exact.state.reduced("Q").matrix, rtol=0, atol=5e-8
    )


RAILS = (
    {"bandwidth": 10.0},
    {"bandwidth": 2.0, "squeezing": 0.8, "detunings_a": 0.5},
    {"bandwidth": 10.0, "source_decay_b": 7.0, "detunings_b": 0.4, "dephasing": 0.1},
    {"bandwidth": 10.0, "squeezing": 0.7, "thermal": 0.1, "decay": 0.2},
)


@pytest.mark.parametrize("options", RAILS)
def test_one_pair_equals_fock_space(options: dict[str, float]) -> None:
    model = ds.models.DualRail(pairs=1, **{"squeezing": 1.0, **options})  # type: ignore[arg-type]
    found = ds.steady_state(model, engine=MOMENTS)
    exact = ds.steady_state(model, engine=Lindblad(cutoff=14, rtol=1e-10))
    assert max(exact.report.truncation.values()) < 2e-8
    reduced = exact.state.reduced(list(found.state.labels))
    np.testing.assert_allclose(found.state.matrix, reduced.matrix, rtol=0, atol=1e-6)


def test_two_pairs_equal_fock_space() -> None:
    model = ds.models.DualRail(
        pairs=2, squeezing=0.5, detunings_a=[0.0, 0.6], bandwidth=5.0, dephasing=0.02, loss=0.1
    )
    found = ds.steady_state(model, engine=MOMENTS)
    exact = ds.steady_state(model, engine=Lindblad(cutoff=6, rtol=1e-10))
    assert max(exact.report.truncation.values()) < 1e-6
    reduced = exact.state.reduced(list(found.state.labels))
    np.testing.assert_allclose(found.state.matrix, reduced.matrix, rtol=0, atol=1e-6)


@pytest.mark.slow
def test_two_pairs_of_the_paper_equal_fock_space() -> None:
    model = ds.models.DualRail(pairs=2, squeezing=1.0, bandwidth=10.0)
    found = ds.steady_state(model, engine=MOMENTS)
    exact = ds.steady_state(model, engine=Lindblad(cutoff=11, rtol=1e-10))
    reduced = exact.state.reduced(list(found.state.labels))
    np.testing.assert_allclose(found.state.matrix, reduced.matrix, rtol=0, atol=1e-6)


def test_evolution_equals_fock_space_with_the_source_stationary_at_first() -> None:
    model = ds.models.DualRail(pairs=1, squeezing=0.6, detunings_a=0.4, bandwidth=3.0)
    times = [0.0, 0.5, 2.0, 6.0]
    system = model.system()
    found = run(Lindblad(method="hierarchy", edge=1e-7), system, times)
    pump = OperatorSum(
        {p: c for p, c in system.hamiltonian if {s.label for s, _ in p} == {"SA", "SB"}}
    )
    modes = tuple(space for space in system.spaces if isinstance(space, Mode))
    alone = OpenSystem(modes, pump, tuple(Jump(destroy(m), 3.0) for m in modes))
    fock = Lindblad(cutoff=9)
    source = ds.steady_state(alone, engine=Lindblad(cutoff=9, rtol=1e-11)).state
    ground = DensityState(("A1", "B1"), (2, 2), np.diag([1.0, 0, 0, 0]))
    start = DensityState.product(ground, source)
    exact = run(fock, system, times, start)
    for mine, other in zip(found.states, exact.states, strict=True):
        reduced = other.reduced(["A1", "B1"]).matrix
        np.testing.assert_allclose(mine.matrix, reduced, rtol=0, atol=2e-6)


def test_white_noise_is_reached_in_first_order_of_one_over_beta() -> None:
    options = {"pairs": 2, "squeezing": 1.0, "detunings_a": [0.0, 0.5], "dephasing": 0.05}
    white = ds.steady_state(ds.models.DualRail(**options)).state.matrix  # type: ignore[arg-type]
    betas = [100.0, 200.0, 400.0]
    gaps = []
    for beta in betas:
        model = ds.models.DualRail(bandwidth=beta, **options)  # type: ignore[arg-type]
        found = ds.steady_state(model, engine=Lindblad(method="hierarchy", edge=1e-6))
        gaps.append(float(np.abs(np.linalg.eigvalsh(found.state.matrix - white)).sum()))
    orders = -np.diff(np.log(gaps)) / np.diff(np.log(betas))
    np.testing.assert_allclose(orders, 1.0, atol=0.1)
    assert gaps[-1] < 0.05


@given(
    r=st.floats(0.1, 1.0),
    beta=st.floats(4.0, 30.0),
    detuning=st.just(0.0) | st.floats(1e-50, 1.0) | st.floats(-1.0, -1e-50),
    dephasing=st.just(0.0) | st.floats(1e-50, 0.2),
)
@settings(max_examples=6, deadline=None)
def test_a_second_pair_leaves_the_first_alone(
    r: float, beta: float, detuning: float, dephasing: float
) -> None:
    options = {"squeezing": r, "bandwidth": beta, "dephasing": dephasing}
    engine = Lindblad(method="hierarchy", edge=1e-6)
    two = ds.models.DualRail(pairs=2, detunings_a=[0.1, detuning], **options)  # type: ignore[arg-type]
    one = ds.models.DualRail(pairs=1, detunings_a=0.1, **options)  # type: ignore[arg-type]
    found = ds.steady_state(two, engine=engine).state
    alone = ds.steady_state(one, engine=engine).state
    assert found.margin() > -1e-6
    np.testing.assert_allclose(found.reduced(["A1", "B1"]).matrix, alone.matrix, rtol=0, atol=5e-6)


def test_emission_both_ways_needs_no_triangle() -> None:
    """The preconditioner is then no inverse, the answer the same."""
    model = ds.models.DualRail(
        pairs=2, squeezing=0.4, bandwidth=4.0, directionality=0.8, dephasing=0.05, phase=0.3
    )
    found = ds.steady_state(model, engine=MOMENTS)
    exact = ds.steady_state(model, engine=Lindblad(cutoff=5, rtol=1e-10))
    reduced = exact.state.reduced(list(found.state.labels))
    np.testing.assert_allclose(found.state.matrix, reduced.matrix, rtol=0, atol=3e-6)


@pytest.mark.slow
def test_the_error_estimate_covers_the_error() -> None:
    model = ds.models.DualRail(pairs=2, squeezing=1.0, bandwidth=5.0, detunings_a=[0.0, 0.4])
    exact = ds.steady_state(model, engine=MOMENTS).state.matrix
    for edge in (1e-2, 1e-4):
        found = ds.steady_state(model, engine=Lindblad(method="hierarchy", edge=edge))
        error = float(np.abs(np.linalg.eigvalsh(found.state.matrix - exact)).sum())
        estimate = found.report.error_estimate
        assert estimate is not None
        assert error <= estimate <= edge


def test_the_front_door_takes_it_for_sources_without_a_cutoff() -> None:
    model = ds.models.DualRail(pairs=1, squeezing=0.5, bandwidth=5.0)
    assert "hierarchy" in str(ds.explain(model))
    result = ds.steady_state(model)
    assert result.report.method.startswith("hierarchy")
    assert result.state.labels == ("A1", "B1")


def test_memory_ends_the_deepening_and_says_so() -> None:
    model = ds.models.DualRail(pairs=2, squeezing=1.0, bandwidth=1.0)
    engine = Lindblad(method="hierarchy", edge=1e-9, memory_limit=4e6)
    report = ds.steady_state(model, engine=engine).report
    assert report.status == "suspect"
    assert "still changed" in report.warnings[0]


def test_memory_ends_the_deepening_of_an_evolution_and_says_so() -> None:
    model = ds.models.DualRail(pairs=2, squeezing=1.0, bandwidth=1.0)
    engine = Lindblad(method="hierarchy", edge=1e-9, memory_limit=4e6)
    report = ds.evolve(model, [0.0, 1.0, 2.0], engine=engine).report
    assert report.status == "suspect"
    assert "still changed" in report.warnings[0]


def test_a_residual_that_does_not_fall_is_no_state(monkeypatch: pytest.MonkeyPatch) -> None:
    solved = solve._solved

    def stalled(*arguments: Any) -> tuple[Any, int, float]:
        flat, iterations, missing = solved(*arguments)
        return flat, iterations, 1e-3 if arguments[-1] == solve.MAX_ITERATIONS else missing

    monkeypatch.setattr(solve, "_solved", stalled)
    model = ds.models.DualRail(pairs=1, squeezing=1.0, bandwidth=1.0)
    with pytest.raises(NumericalError, match="GMRES reached a residual"):
        ds.steady_state(model, engine=Lindblad(method="hierarchy"))


def test_without_a_linear_source_it_says_why() -> None:
    with pytest.raises(ArgumentError, match="no modes"):
        ds.steady_state(ds.models.DualRail(pairs=1, squeezing=1.0), engine=MOMENTS)
    atoms = ds.models.CavityAtomChains(sites=1, atom_coupling=0.1)
    with pytest.raises(ArgumentError, match="acts back"):
        ds.steady_state(atoms, engine=MOMENTS)


def test_a_source_above_threshold_is_named() -> None:
    with pytest.raises(NumericalError, match="threshold"):
        ds.steady_state(behind_a_mode(0.7 * create(S) * create(S)), engine=MOMENTS)
