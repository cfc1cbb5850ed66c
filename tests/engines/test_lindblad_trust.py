"""What the exact engine once got wrong with confidence: found by review, kept as tests."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.sparse

import darkstate as ds
from darkstate.engines import Lindblad
from darkstate.engines.contract import run
from darkstate.engines.dark import NoJumps, dark_states
from darkstate.errors import NumericalError
from darkstate.states import DensityState, PureState
from darkstate.systems import (
    Jump,
    Mode,
    OpenSystem,
    OperatorSum,
    Qubit,
    create,
    destroy,
    sigma_minus,
    sigma_plus,
    sigma_x,
    sigma_y,
    sigma_z,
)

Q1, Q2, S = Qubit("A1"), Qubit("A2"), Mode("S")


def cascade(first: OperatorSum, then: OperatorSum) -> OperatorSum:
    """The exchange that makes `first` drive `then` and not the reverse, at rate 1."""
    link = -0.5j * (then.adjoint() * first)
    return link + link.adjoint()


def trace_norm(matrix: np.ndarray) -> float:
    return float(np.abs(np.linalg.eigvalsh(matrix)).sum())


def test_a_dark_state_beside_others_is_not_called_unique() -> None:
    """Rounding residues of ``c†psi = 0`` must not count as directions that are reached."""
    jumps = tuple(Jump(s(Q1) + s(Q2)) for s in (sigma_x, sigma_y, sigma_z))
    noise = OpenSystem((Q1, Q2), 0.0 * sigma_z(Q1), jumps)  # singlet, and the mixed triplet
    with pytest.raises(NumericalError, match="2 linearly independent"):
        ds.steady_state(noise)
    both_ways = ds.models.DualRail(pairs=2, squeezing=0.5, directionality=0.5)
    with pytest.raises(NumericalError, match="4 linearly independent"):
        ds.steady_state(both_ways)


def test_a_hierarchy_without_a_unique_state_says_so() -> None:
    model = ds.models.DualRail(pairs=2, squeezing=0.5, directionality=0.5, bandwidth=10.0)
    with pytest.raises(NumericalError, match="not unique"):
        ds.steady_state(model)


@pytest.mark.parametrize("rate", [1e-5, 1e-7, 1e-9])
def test_the_error_of_a_hierarchy_knows_slow_rates(rate: float) -> None:
    """A qubit pumped slowly: its population is 1/3, whatever the fast qubit does."""
    light, fast = math.sqrt(2.0) * destroy(S), sigma_minus(Q1)
    pump = 0.15j * (create(S) * create(S) - destroy(S) * destroy(S))
    H = pump + cascade(light, fast) + 0.05 * sigma_z(Q1) * sigma_z(Q2)
    slow = (Jump(sigma_minus(Q2), rate), Jump(sigma_plus(Q2), 0.5 * rate))
    result = ds.steady_state(OpenSystem((S, Q1, Q2), H, (Jump(light + fast), *slow)))
    error = abs(result.state.reduced("A2").matrix[1, 1].real - 1 / 3)
    assert result.report.error_estimate is not None
    assert error <= result.report.error_estimate
    assert error < 1e-6
    # where double precision cannot give the accuracy asked, the report says so
    assert (result.report.status == "suspect") == (rate < 1e-8)


@pytest.mark.parametrize("amplitudes", [[1, 1, 0, 0], [1, 0, 0, 1j], [1, 0, 0, 1]])
def test_a_hierarchy_keeps_all_coherences_of_the_initial_state(amplitudes: list[complex]) -> None:
    vector = np.array(amplitudes, dtype=complex) / np.linalg.norm(amplitudes)
    start = PureState(("A1", "B1"), (2, 2), vector)
    system = ds.models.DualRail(pairs=1, squeezing=0.3, bandwidth=5.0).system()
    solution = run(Lindblad(), system, [0.0, 1e-6, 0.2], start)
    first, soon, later = (state.matrix for state in solution.states)
    np.testing.assert_allclose(first, np.outer(vector, vector.conj()), atol=1e-12)
    assert trace_norm(soon - first) < 1e-5  # no jump at the start
    modes = tuple(space for space in system.spaces if isinstance(space, Mode))
    alone = {p: c for p, c in system.hamiltonian if {s for s, _ in p} == set(modes)}
    source = OpenSystem(modes, OperatorSum(alone), tuple(Jump(destroy(m), 5.0) for m in modes))
    light = ds.steady_state(source, Lindblad(cutoff=6)).state
    whole = DensityState.product(start, light)
    exact = run(Lindblad(cutoff=6), system, [0.0, 0.2], whole).state.reduced(["A1", "B1"])
    np.testing.assert_allclose(later, exact.matrix, rtol=0, atol=2e-6)


def test_relaxation_keeps_the_coherences_of_what_does_not_relax() -> None:
    system = OpenSystem((Q1, Q2), 0.0 * sigma_z(Q1), (Jump(sigma_minus(Q1)),))
    vector = np.array([0, 0, 1, 1]) / math.sqrt(2.0)  # A1 excited, A2 in |+>
    state = ds.steady_state(system, initial=PureState(("A1", "A2"), (2, 2), vector)).state
    np.testing.assert_allclose(state.reduced("A2").matrix, np.full((2, 2), 0.5), atol=1e-8)


def test_an_evolution_that_stops_too_early_is_suspect() -> None:
    """What still moves at 1e-9 of the fastest rate is far from its end."""
    slow = (Jump(sigma_minus(Q2), 1e-9), Jump(sigma_plus(Q2), 1e-9))
    system = OpenSystem((Q1, Q2), 0.3 * sigma_x(Q1), (Jump(sigma_minus(Q1)), *slow))
    result = ds.steady_state(system, Lindblad(method="evolve"))
    assert abs(result.state.reduced("A2").matrix[1, 1].real - 0.5) > 0.4
    assert result.report.status == "suspect"


def test_an_empty_parity_does_not_hide_a_full_edge() -> None:
    pump = 0.2j * (create(S) * create(S) - destroy(S) * destroy(S))
    small = ds.evolve(OpenSystem((S,), pump), [0.0, 2.0], engine=Lindblad(cutoff=8))
    exact = math.sinh(0.8) ** 2
    numbers = np.arange(8) @ small.state.matrix.diagonal().real
    assert abs(numbers - exact) > 0.01
    assert small.report.status == "suspect"


def test_cut_offs_of_the_network_behind_a_source_are_watched() -> None:
    inside = Mode("M")
    light, out = math.sqrt(2.0) * destroy(S), destroy(inside)
    kerr = 0.2 * create(inside) * create(inside) * destroy(inside) * destroy(inside)
    pump = 0.3j * (create(S) * create(S) - destroy(S) * destroy(S))
    system = OpenSystem((S, inside), pump + kerr + cascade(light, out), (Jump(light + out),))
    report = ds.steady_state(system, Lindblad(method="hierarchy", cutoff=6, edge=1e-6)).report
    assert report.truncation["Fock edge of M"] > 1e-6
    assert report.status == "suspect"
    assert ds.explain(system).chosen is not None  # cut-offs of all modes are grown instead


def test_slow_rates_are_part_of_the_error_estimate_in_larger_sectors() -> None:
    """Atoms weakly coupled to cavities relax at g^2: the residual alone would not see it."""
    drive = ds.SqueezedDrive(nbar=0.02)
    model = ds.models.CavityAtomChains(1, loss=0.1, atom_coupling=1e-2, drive=drive)
    loose = ds.steady_state(model, Lindblad(cutoff=5))
    tight = ds.steady_state(model, Lindblad(cutoff=5, rtol=1e-13))
    assert loose.report.error_estimate is not None
    error = trace_norm(loose.state.matrix - tight.state.matrix)
    assert error <= 10 * loose.report.error_estimate
    assert error < 1e-6


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_no_unit_is_special(unit: float) -> None:
    options = {"pairs": 1, "squeezing": 0.8}
    plain = ds.models.DualRail(dephasing=0.1, **options)  # type: ignore[arg-type]
    scaled = ds.models.DualRail(dephasing=0.1 * unit, coupling=unit, **options)  # type: ignore[arg-type]
    first, second = (ds.steady_state(model, Lindblad("dense")).state for model in (plain, scaled))
    np.testing.assert_allclose(first.matrix, second.matrix, atol=1e-9)
    times = [ds.preparation_time(ds.models.DualRail(1, 0.8, coupling=c)) for c in (1.0, unit)]
    assert times[1] * unit == pytest.approx(times[0], rel=1e-6)


def test_a_direction_that_may_be_rounding_leaves_uniqueness_open():
    """State 2 is reached from the dark state 0 with an amplitude of 1e-8 only; 3 surely."""
    c = [np.zeros((4, 4)) for _ in range(3)]
    c[0][0, 1] = c[1][0, 1] = c[2][1, 3] = 1.0
    for amplitude, unique in ((1e-8, None), (1e-4, True)):
        c[1][0, 2] = amplitude
        jumps = [scipy.sparse.csc_array(each) for each in c]
        empty = scipy.sparse.csc_array((4, 4))
        found = dark_states(NoJumps(empty, jumps, [np.arange(4)], 1.0))
        assert found is not None and found.vectors.shape == (4, 1)
        assert found.unique is unique
