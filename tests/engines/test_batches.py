"""Batches of density matrices: the numbers and verdicts of single solutions, for every sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import darkstate as ds
from darkstate.engines import Lindblad
from darkstate.engines.capabilities import BatchTask
from darkstate.engines.contract import Solution, ask, run
from darkstate.engines.density import batch, common_form
from darkstate.engines.density.compile import compiled, product_blocks
from darkstate.engines.stacked import stacked_steady_states
from darkstate.engines.stationary import direct_steady_state
from darkstate.errors import ArgumentError, DarkstateError, EngineMismatchError, NumericalError
from darkstate.frontdoor import solve_models
from darkstate.results import Status
from darkstate.sweeps import Sweep, grid
from darkstate.systems import (
    Jump,
    OpenSystem,
    OperatorSum,
    Qubit,
    Spin,
    plus_hc,
    sigma_minus,
    sigma_plus,
    sigma_x,
    sigma_z,
    spin_minus,
    spin_x,
)

QUBITS = tuple(Qubit(f"q{k}") for k in range(3))


@dataclass(frozen=True)
class Chain:
    """Three coupled qubits with complex hopping, a drive, losses and a common decay."""

    drive: float = 0.3
    hopping: float = 0.7
    angle: float = 0.4
    loss: float = 0.2
    common: float = 0.5
    dephasing: float = 0.1

    def __post_init__(self) -> None:
        if self.loss < 0:
            raise ArgumentError("loss", "be >= 0", self.loss, "Give a rate.")

    def system(self) -> OpenSystem:
        a, b, c = QUBITS
        turned = self.hopping * np.exp(1j * self.angle)
        H = self.drive * sigma_x(a) + plus_hc(turned * sigma_minus(a) * sigma_plus(b))
        H = H + plus_hc(self.hopping * sigma_minus(b) * sigma_plus(c)) + 0.3 * sigma_z(c)
        decay = sigma_minus(a) + np.exp(2j * self.angle) * sigma_minus(c)
        jumps = [Jump(sigma_minus(q), self.loss) for q in QUBITS] if self.loss else []
        jumps.append(Jump(decay, self.common))
        jumps += [Jump(sigma_z(b), self.dephasing)] if self.dephasing else []
        return OpenSystem(QUBITS, H, tuple(jumps))


@dataclass(frozen=True)
class Flipped:
    """A dephased qubit that flips, or keeps its populations."""

    rate: float = 1.0

    def system(self) -> OpenSystem:
        q = QUBITS[0]
        down = (Jump(sigma_minus(q), self.rate),) if self.rate else ()
        return OpenSystem((q,), 0.3 * sigma_z(q), (Jump(sigma_z(q), 1.0), *down))


def outcomes(systems):
    """Of a batch by the engine with density matrices."""
    task = BatchTask(
        build=lambda row: systems[int(row[0])], samples=np.arange(len(systems))[:, None]
    )
    return run(Lindblad(), systems[0], offer=ask(Lindblad(), systems[0], task)).samples


def matrix_of(state):
    return state.density().matrix if hasattr(state, "density") else state.matrix


def assert_as_alone(system, outcome):
    """That a sample is what it would be alone: state, gap, error, uniqueness, status."""
    alone = run(Lindblad(), system)
    assert isinstance(outcome, Solution)
    assert np.abs(matrix_of(outcome.state) - matrix_of(alone.state)).max() <= 1e-10
    one, other = outcome.report, alone.report
    assert (one.status, one.unique, one.metastable) == (
        other.status,
        other.unique,
        other.metastable,
    )
    assert (one.gap is None) == (other.gap is None)
    if one.gap is not None:
        assert abs(one.gap - other.gap) <= one.gap.error + other.gap.error
        allowed = one.gap.error + other.gap.error
        assert abs(one.sector_gap - other.sector_gap) <= allowed + 1e-10
    assert one.error_estimate is not None and one.margin is not None
    assert (
        np.abs(matrix_of(outcome.state) - matrix_of(alone.state)).sum()
        <= 10 * (one.error_estimate + other.error_estimate) + 1e-14
    )


rates = st.floats(0.05, 2.0)


@settings(max_examples=4, deadline=None)
@given(
    st.lists(
        st.tuples(rates, rates, st.floats(0.0, 3.0), rates, rates, rates), min_size=4, max_size=5
    )
)
def test_samples_are_what_they_are_alone(values):
    systems = [Chain(*each).system() for each in values]
    for system, outcome in zip(systems, outcomes(systems), strict=True):
        assert_as_alone(system, outcome)


def test_stacks_are_really_used_also_within_charges_and_for_spins():
    rails = [
        ds.models.DualRail(1, r, dephasing=0.1, detunings_a=r).system()
        for r in (0.3, 0.5, 0.7, 1.0)
    ]
    J = Spin("s", 2)
    spins = [
        OpenSystem((J,), w * spin_x(J), (Jump(spin_minus(J), 1.0),)) for w in (0.4, 0.6, 0.9, 1.3)
    ]
    for systems in (rails, spins):
        found = outcomes(systems)
        assert [one.report.method for one in found] == [batch.METHOD] * 4
        for system, outcome in zip(systems, found, strict=True):
            assert_as_alone(system, outcome)


def test_other_forms_and_pure_states_are_solved_alone_and_failures_stay_their_own():
    undriven = OpenSystem(QUBITS, OperatorSum(), (Jump(sigma_z(QUBITS[0]), 1.0),))
    dark = [ds.models.DualRail(1, r).system() for r in (0.3, 0.5, 0.7, 1.0)]
    mixed = [Chain(drive).system() for drive in (0.1, 0.2, 0.3, 0.4)]
    found = outcomes([undriven, *dark, *mixed, Chain(loss=0.0).system()])
    assert isinstance(found[0], NumericalError) and "not unique" in str(found[0])
    assert [one.report.method for one in found[1:5]] == ["dark state"] * 4
    assert [one.report.method for one in found[5:9]] == [batch.METHOD] * 4
    assert found[9].report.method != batch.METHOD


@pytest.mark.parametrize("lost", ["clear", "gap", "status"])
def test_what_is_not_certified_together_is_solved_alone(monkeypatch, lost):
    systems = [Chain(drive).system() for drive in (0.1, 0.2, 0.3, 0.4)]
    if lost == "clear":
        stacked = batch.stacked_steady_states

        def unclear(*given):
            found = stacked(*given)
            found.clear[:] = False
            return found

        monkeypatch.setattr(batch, "stacked_steady_states", unclear)
    elif lost == "gap":
        monkeypatch.setattr(batch, "gap_of", lambda parts, scale: None)
    else:
        worse = batch.judge_state
        monkeypatch.setattr(
            batch, "judge_state", lambda *given: worse(*given).with_(status=Status.SUSPECT)
        )
    methods = [one.report.method for one in outcomes(systems)]
    assert methods == ["dense"] * 4


def test_weak_samples_beside_strong_ones_keep_their_digits():
    scales = (1e-9, 1e-3, 1.0, 1e6)
    systems = []
    for x in scales:
        H = x * (0.3 * sigma_x(QUBITS[0]) + plus_hc(sigma_minus(QUBITS[0]) * sigma_plus(QUBITS[1])))
        jumps = tuple(Jump(sigma_minus(q), x) for q in QUBITS[:2])
        systems.append(OpenSystem(QUBITS[:2], H, jumps))
    found = outcomes(systems)
    for one, x in zip(found, scales, strict=True):
        assert np.abs(matrix_of(one.state) - matrix_of(found[2].state)).max() <= 1e-12
        assert one.report.gap == pytest.approx(x * found[2].report.gap, rel=1e-9)


def test_slow_and_conserved_quantities_are_told_apart_in_a_batch():
    """A spin flip at 1e-18 of the other rates is not seen: then nothing is certified together."""
    q = QUBITS[0]

    def flipped(rate):
        jumps = (Jump(sigma_z(q), 1.0), Jump(sigma_minus(q), rate), Jump(sigma_plus(q), 2 * rate))
        return OpenSystem((q,), OperatorSum(), jumps)

    found = outcomes([flipped(rate) for rate in (1e-18, 1e-6, 1e-3, 1.0)])
    for outcome in found[1:]:
        assert np.diag(matrix_of(outcome.state)).real == pytest.approx([1 / 3, 2 / 3], abs=1e-9)
    first = found[0]
    assert isinstance(first, DarkstateError) or first.report.status is not Status.CERTIFIED


def test_the_structure_gives_the_generator_of_each_system():
    systems = [Chain(angle=0.3).system(), Chain(0.9, 0.2, 1.1, 0.4, 0.8, 0.3).system()]
    blocks = product_blocks(systems[0], (2, 2, 2))
    found = common_form.CommonForm.of(systems[0], blocks)
    filled = found.filled(systems)
    everything = np.arange(blocks.numbers)
    for k, system in enumerate(systems):
        generator = compiled(system, blocks)
        one, other = (
            np.sort_complex(np.linalg.eigvals(matrix))
            for matrix in (
                found.matrices(filled.values, everything)[k],
                generator.real_form.matrix.toarray(),
            )
        )
        assert np.abs(one[:, None] - other).min(axis=1).max() <= 1e-12 * generator.scale
        assert filled.scales[k] == pytest.approx(generator.scale, rel=1e-12)


def birth_death(up: float, size: int) -> np.ndarray:
    L = np.zeros((size, size))
    for k in range(size - 1):
        L[k + 1, k] += up
        L[k, k] -= up
        L[k, k + 1] += 1.0
        L[k + 1, k + 1] -= 1.0
    return L


def test_stacks_say_what_sparse_factors_say():
    stack = np.array([birth_death(up, 6) for up in (0.5, 1.0, 1e-9)] + [np.zeros((6, 6))])
    found = stacked_steady_states(stack, np.abs(stack), np.arange(6), np.full(4, 4.0))
    assert found.clear.tolist() == [True, True, True, False]
    for k in range(3):
        L = sp.csr_array(stack[k])
        one = direct_steady_state(L, sp.csr_array(abs(L)), np.arange(6), 4.0)
        assert one is not None
        assert found.flats[k] == pytest.approx(one.flat, rel=1e-12, abs=1e-300)
        assert found.rates[k] == pytest.approx(one.rate, rel=0.1)
        assert 0.1 * one.error <= found.errors[k] <= 10 * one.error


def test_the_front_door_gives_states_and_a_table_of_verdicts():
    drives = [0.1, 0.2, 0.3, 0.4]
    result = ds.steady_states(Chain(), drive=drives)
    assert result.table is not None and len(result.states) == 4
    assert result.report.status is Status.CERTIFIED
    assert result.table["drive"].values.tolist() == drives
    assert set(result.table["status"].values) == {"certified"}
    alone = ds.steady_state(Chain(0.3))
    assert np.abs(result.states[2].matrix - alone.state.matrix).max() <= 1e-12
    assert float(result.table["gap"][2]) == pytest.approx(alone.report.gap, rel=1e-9)
    worst = float(result.table["error_estimate"].max())
    assert result.report.error_estimate == worst


def test_a_sample_without_a_result_is_named(tmp_path):
    with pytest.raises(NumericalError, match="not unique") as caught:
        ds.steady_states(Flipped(), rate=[1.0, 0.5, 0.0])
    assert "sample 2" in caught.value.__notes__[0]
    swept = Sweep(
        Flipped(), (grid("rate", [1.0, 0.5, 0.0, 0.2, 0.1]),), ("purity",), vectorise=True
    )
    table = ds.sweep(swept, tmp_path / "flipped.zarr").table()
    assert table["status"].values.tolist() == [*["certified"] * 2, "failed", *["certified"] * 2]


def test_engines_without_batches_say_so():
    atoms = ds.systems.Ensemble("e", 4)
    system = OpenSystem((atoms,), spin_x(atoms), (Jump(spin_minus(atoms), 1.0),))
    with pytest.raises(EngineMismatchError, match="'collective', which solves no batches"):
        solve_models([system, system])


def test_vectorised_sweeps_of_own_models_are_those_of_single_points(tmp_path):
    axes = (grid("drive", [0.1, 0.5, 0.9]), grid("angle", [0.0, 0.7]))
    outputs = ("concurrence(q0:q1)", "purity")
    tables = [
        ds.sweep(
            Sweep(Chain(), axes, outputs, vectorise=together), tmp_path / f"{together}"
        ).table()
        for together in (False, True)
    ]
    for name in ("concurrence_q0_q1", "purity"):
        assert np.abs(tables[0][name] - tables[1][name]).max() <= 1e-10
