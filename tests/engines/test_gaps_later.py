"""Gaps that would take longer than the solution are found when they are first read."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import darkstate as ds
from darkstate.engines import Lindblad
from darkstate.engines.density import strategy
from darkstate.engines.density.compile import compiled, product_blocks
from darkstate.errors import NumericalError
from darkstate.frontdoor import solve_models
from darkstate.results import Report, Status
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
    sigma_x,
    sigma_z,
)
from darkstate.systems.operators import total

QUBITS = tuple(Qubit(f"q{k}") for k in range(4))


def chain(weak: float = 0.4, scale: float = 1.0) -> OpenSystem:
    """Four qubits in one block; the last one relaxes as slowly as it is coupled."""
    a, b, c, d = QUBITS
    H = total([0.3 * sigma_x(q) + 0.2 * (k + 1) * sigma_z(q) for k, q in enumerate(QUBITS[:3])])
    H = H + 0.7 * plus_hc(1j * sigma_minus(a) * sigma_x(b)) + 0.5 * sigma_z(b) * sigma_x(c)
    H = H + weak * sigma_x(c) * sigma_x(d) + 0.1 * sigma_z(d)
    return OpenSystem(QUBITS, scale * H, tuple(Jump(sigma_minus(q), scale) for q in QUBITS[:3]))


def kerr() -> OpenSystem:
    a = Mode("a")
    squared = create(a) * create(a) * destroy(a) * destroy(a)
    H = 0.5 * (destroy(a) + create(a)) + 0.1 * squared + 0.3 * number(a)
    return OpenSystem((a,), H, (Jump(destroy(a), 1.0),))


def waits(report: Report) -> bool:
    return report.later is not None


def dense_gap(system: OpenSystem) -> float:
    generator = compiled(system, product_blocks(system, (2,) * len(system.spaces)))
    rates = np.sort(-np.linalg.eigvals(generator.matrix.toarray()).real)
    return float(rates[1])


def test_the_gap_of_four_qubits_waits_until_it_is_read():
    report = ds.steady_state(chain()).report
    assert report.status == "certified" and report.unique is True
    assert waits(report)
    assert report.gap == pytest.approx(dense_gap(chain()), abs=10 * report.gap.error)
    assert not waits(report) and report.gap.error < 1e-10
    assert "relaxation gap" in dict(report.lines())


@pytest.mark.parametrize(
    ("system", "engine"),
    [
        (chain(), Lindblad()),
        (chain(1e-3), Lindblad()),
        (kerr(), Lindblad(cutoff=11)),
        (kerr(), Lindblad(edge=1e-8)),
        (ds.models.DualRail(2, 1.0, dephasing=0.1).system(), Lindblad()),
        (ds.models.DualRail(2, 1.0).system(), Lindblad()),
    ],
    ids=["chain", "slow chain", "given cut-off", "grown cut-off", "blocks", "dark"],
)
def test_what_is_found_later_is_what_would_have_been_found_at_once(monkeypatch, system, engine):
    late = ds.steady_state(system, engine).report
    assert waits(late)
    monkeypatch.setattr(strategy, "GAPS_AT_ONCE", 10**6)
    early = ds.steady_state(system, engine).report
    assert not waits(early) and early.gap is not None
    assert late.gap == pytest.approx(early.gap, rel=1e-12, abs=late.gap.error + early.gap.error)
    assert late.gap.error == pytest.approx(early.gap.error, rel=0.5, abs=1e-12)
    assert late.metastable is early.metastable and late.status == early.status
    assert [line.split(" at ")[0] for line in late.structure] == [
        line.split(" at ")[0] for line in early.structure
    ]


def test_metastability_is_seen_by_who_asks_for_it():
    for name in ("metastable", "structure"):
        report = ds.steady_state(chain(1e-3)).report
        assert waits(report)
        found = getattr(report, name)
        assert found is True if name == "metastable" else "metastable" in found[-1]
        assert not waits(report)


def test_of_batches_too():
    systems = [chain(scale=x) for x in (0.5, 1.0, 1.5, 2.0)]
    for result, system in zip(solve_models(systems), systems, strict=True):
        assert isinstance(result, ds.Result)
        assert result.report.method == "dense, many together" and waits(result.report)
        alone = ds.steady_state(system).report
        assert result.report.gap == pytest.approx(alone.gap, abs=20 * alone.gap.error)
        assert result.report.metastable is alone.metastable is False


def test_coherences_apart_from_the_populations_that_are_conserved_are_found():
    """Flips link populations with each other, and leave each ``sx`` as it is."""
    flips = tuple(Jump(sigma_x(q), 1.0 + k) for k, q in enumerate(QUBITS))
    systems = [OpenSystem(QUBITS, 0.0 * sigma_x(QUBITS[0]), flips[:4]) for _ in range(4)]
    for one in solve_models(systems):
        assert isinstance(one, NumericalError) and "not unique" in str(one)


def found_later(**fields: object) -> tuple[Report, list[int]]:
    calls: list[int] = []

    def later() -> dict[str, object]:
        calls.append(1)
        known = {"gap": 0.5, "sector_gap": 0.75, "metastable": False, "structure": ("seen",)}
        return known | fields

    return Report("lindblad", "dense", Status.CONVERGED, later=later), calls


@pytest.mark.parametrize("name", ["gap", "sector_gap", "metastable", "structure"])
def test_a_report_looks_once(name):
    report, calls = found_later()
    changed = report.with_(seconds=2.0)
    assert not calls and changed.seconds == 2.0
    getattr(report, name)
    assert (report.gap, report.sector_gap, report.metastable) == (0.5, 0.75, False)
    assert report.structure == ("seen",) and len(calls) == 1
    assert changed.gap == 0.5 and len(calls) == 2  # each copy for itself


def test_what_leaves_a_report_is_known():
    for out in (pickle.dumps, copy.deepcopy, Report.as_dict, Report.lines, copy.copy):
        report, calls = found_later()
        out(report)
        assert calls == [1] and report.later is None
    report, _ = found_later()
    assert pickle.loads(pickle.dumps(report)) == report
    assert Report.from_dict(report.as_dict()) == report


def test_a_gap_that_is_given_counts_and_the_rest_is_kept():
    report, _ = found_later()
    changed = report.with_(gap=None)
    assert changed.gap is None and changed.structure == ("seen",) and changed.later is None


def test_a_smaller_cut_off_is_solved_for_its_state_alone(monkeypatch):
    """The change by two levels is that of two full solutions, and the gap keeps its error."""
    larger, smaller = (ds.steady_state(kerr(), Lindblad(cutoff=n)) for n in (12, 10))
    places = np.ix_(range(10), range(10))
    difference = larger.state.matrix.copy()
    difference[places] -= smaller.state.matrix
    change = np.abs(np.linalg.eigvalsh(difference)).sum()
    assert larger.report.error_estimate == pytest.approx(change, rel=1e-3)
    seen = []
    alone = strategy.factorised_state
    monkeypatch.setattr(
        strategy,
        "factorised_state",
        lambda each: (seen.append(each.blocks.dimension), alone(each))[1],
    )
    again = ds.steady_state(kerr(), Lindblad(cutoff=12))
    assert seen == [10] and again.report.gap.error >= abs(larger.report.gap - smaller.report.gap)


def test_a_smaller_cut_off_without_a_state_is_refused(monkeypatch):
    monkeypatch.setattr("darkstate.engines.density.steady.trusted_factors", lambda *given: None)
    with pytest.raises(NumericalError, match="not unique"):
        ds.steady_state(kerr(), Lindblad(cutoff=12))
