"""Figure "patterns" of agusti2023: what a block's numbers prove, and how they are counted."""

from __future__ import annotations

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
import xarray as xr
from papers_shared import check_claims, check_picture, quiet

import darkstate as ds
from darkstate.engines import Lindblad
from darkstate.measures.ppt import bipartitions
from darkstate.models import DualRail
from darkstate.papers.agusti2023.pattern_blocks import (
    KINDS,
    NAMES,
    imperfect,
    judged,
    measured,
    negativity_at_least,
    overlap,
    patterns,
)
from darkstate.papers.agusti2023.patterns import PATTERNS, leading, proven
from darkstate.states import DensityState, PureState


@pytest.fixture(scope="module")
def data():
    return PATTERNS.compute(True, quiet)


def claims_of(data):
    return {claim.id: claim for claim in PATTERNS.claims(data)}


def made(least, fidelity, error=0.0):
    """Data made by hand: the four patterns with the same five blocks, tetramers apart better."""
    shape = (4, len(KINDS), 5)
    table = {
        "fidelity": np.broadcast_to(fidelity, shape).copy(),
        "alpha": np.full(shape, 0.65),
        "weakest": np.broadcast_to(np.maximum(least, 0.1), shape),
        "least": np.broadcast_to(least, shape),
        "error": np.full(shape, error),
    }
    table["fidelity"][2] += 0.05
    table["verdict"] = np.where(table["fidelity"] - 0.5 * error > 0.65, 1.0, np.nan)
    names = [p.name for p in patterns(False)]
    return xr.Dataset(
        {name: (("pattern", "kind", "block"), table[name]) for name in NAMES}
        | {f"first_{name}": ("pattern", table[name][:, 0, 0]) for name in NAMES},
        coords={"pattern": names, "width": ("pattern", [1, 2, 2, 3]), "kind": list(KINDS),
                "block": np.arange(1, 6)},
        attrs={"squeezing": 1.0, "bandwidth": 50.0},
    )  # fmt: skip


def test_patterns_share_one_comb_and_are_programmed_block_by_block():
    pairs, same, apart, hexamers = patterns(False)
    comb = sorted(pairs.detunings[0])
    assert comb == pytest.approx(np.arange(10) - 4.5)
    assert sorted(apart.detunings[0]) == pytest.approx(comb)
    assert set(hexamers.detunings[0]) <= set(comb) and len(hexamers.detunings[0]) == 9
    assert sorted(set(same.detunings[0])) == [-0.5, 0.5]
    for pattern in patterns(False):
        one, other = pattern.detunings
        for k in range(0, len(one), pattern.width):
            inside = slice(k, k + pattern.width)
            assert other[inside] == [-x for x in one[inside]][::-1]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_programmed_blocks_are_what_the_network_relaxes_to(number):
    pattern = patterns(True)[number]
    one, other = pattern.detunings
    state = ds.steady_state(DualRail(len(one), 1.0, one, other)).state
    for k in range(len(pattern.centres)):
        ideal = pattern.programmed(k)
        assert ds.fidelity(state.reduced(pattern.labels(k)), ideal) == pytest.approx(1, abs=1e-9)
        # all cuts are entangled, and the weakest cuts off one qubit
        weakest = min(
            2 * np.log2(np.sum(ideal.schmidt(side))) for _, side in bipartitions(ideal.labels)
        )
        assert weakest == pytest.approx(np.log2(1 + np.tanh(2.0)), abs=1e-9)


def test_the_largest_biseparable_overlap():
    ghz = PureState(("a", "b", "c"), (2,) * 3, np.eye(8)[0] * 0.6 + np.eye(8)[7] * 0.8)
    assert overlap(ghz) == pytest.approx(0.64)
    one, two = (PureState((x, y), (2, 2), np.array([0.8, 0, 0, 0.6])) for x, y in ("ab", "cd"))
    product = PureState(("a", "b", "c", "d"), (2,) * 4, np.kron(one.vector, two.vector))
    assert overlap(product) == pytest.approx(1.0)


def test_what_an_error_leaves_of_a_negativity_holds_and_is_reached():
    random = np.random.default_rng(5)
    bell = PureState(("a", "b"), (2, 2), np.array([1, 0, 0, 1]) / np.sqrt(2)).density().matrix
    reached = []
    for _ in range(40):
        noise = random.normal(size=(4, 4)) + 1j * random.normal(size=(4, 4))
        noise = noise @ noise.conj().T
        share = random.uniform(0.5, 1.0)
        rho = share * bell + (1 - share) * noise / np.trace(noise).real
        other = 0.9 * rho + 0.1 * np.eye(4) / 4
        state, near = (DensityState(("a", "b"), (2, 2), m) for m in (rho, other))
        error = np.abs(np.linalg.eigvalsh(rho - other)).sum()
        least = negativity_at_least(state, ["b"], error)
        assert least <= ds.log_negativity(near, "a", "b") + 1e-12
        assert negativity_at_least(state, ["b"], 0.0) == pytest.approx(
            ds.log_negativity(state, "a", "b")
        )
        reached.append(ds.log_negativity(near, "a", "b") - least)
    # a Bell state mixed with a product that its witness sees worst loses all that is granted
    worst = np.diag([0.0, 1.0, 0.0, 0.0])
    near = DensityState(("a", "b"), (2, 2), 0.9 * bell + 0.1 * worst)
    error = np.abs(np.linalg.eigvalsh(near.matrix - bell)).sum()
    state = DensityState(("a", "b"), (2, 2), bell)
    assert negativity_at_least(state, ["b"], error) <= ds.log_negativity(near, "a", "b")
    assert min(reached) < 0.1
    separable = DensityState(("a", "b"), (2, 2), np.eye(4) / 4)
    assert negativity_at_least(separable, ["b"], 0.1) == 0.0


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_blocks_agree_with_the_exact_engine(data, kind):
    for pattern in patterns(True)[2:]:
        state = ds.steady_state(imperfect(pattern, kind), Lindblad("krylov", rtol=1e-9)).state
        found = data.sel(pattern=pattern.name, kind=kind)
        for k in range(len(pattern.centres)):
            block, one = state.reduced(pattern.labels(k)), found.isel(block=k)
            F = ds.fidelity(block, pattern.programmed(k))
            assert abs(F - float(one.fidelity)) <= max(2 * float(one.error), 1e-5)
            weakest = min(
                ds.log_negativity(block, a, b) for a, b in bipartitions(pattern.labels(k))
            )
            assert float(one.least) <= weakest + max(float(one.error), 1e-5)


def test_a_block_whose_fidelity_is_not_enough_is_certified():
    pattern = patterns(True)[2]
    one, other = (side[:2] for side in pattern.detunings)
    state = ds.steady_state(DualRail(2, 1.0, one, other, loss=0.15)).state
    block = state.reduced(pattern.labels(0))
    ideal = pattern.programmed(0)
    assert ds.fidelity(block, ideal) < overlap(ideal)
    assert judged(block, 1e-4) == 1.0
    assert judged(block, 0.5) == -1.0


def test_imperfections_are_small_and_the_same_along_a_shorter_network():
    long, short = (imperfect(p[2], "detunings") for p in (patterns(False), patterns(True)))
    assert short.detunings[0] == long.detunings[0][:4]
    off = np.array(long.detunings[1]) - patterns(False)[2].detunings[1]
    assert 0 < np.abs(off).max() < 0.2


def test_a_block_that_was_not_solved_is_missing(monkeypatch):
    from darkstate.engines.cascade import sweep
    from darkstate.errors import NumericalError

    def failing(*arguments):
        raise NumericalError("It did not converge.")

    monkeypatch.setattr(sweep, "window_state", failing)
    pattern = patterns(True)[2]
    rows = measured(pattern, imperfect(pattern, "loss"), 16)
    assert np.isnan(rows).all()


def test_blocks_count_from_the_first_on_and_only_beyond_their_error():
    flags = xr.DataArray([True, True, False, True])
    assert leading(flags) == 2 and leading(flags[:2]) == 2 and leading(flags[2:]) == 0
    least, F = np.array([0.5, 0.4, 0.1, 0.0, 0.2]), np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    certain, vague = made(least, F), made(least, F, error=0.2)
    assert leading(proven(certain)[0, 0]) == 3 and leading(proven(vague)[0, 0]) == 2
    claims = claims_of(certain)
    assert "dephasing: pairs 3 of 5" in claims["patterns-1"].computed
    assert "tetramers 3 of 5" in claims["patterns-1"].computed
    assert "pairs 3 of 5" in claims["patterns-2"].computed
    assert "better" in claims["patterns-4"].computed
    asked = certain.assign(verdict=certain.verdict.fillna(1.0))
    assert "pairs 5 of 5" in claims_of(asked)["patterns-2"].computed
    assert "24 by a better witness" in claims_of(asked)["patterns-2"].note
    missed = certain.assign(verdict=certain.verdict.fillna(-1.0))
    assert "pairs 3 of 5" in claims_of(missed)["patterns-2"].computed
    assert "24 PPT mixtures within the error" in claims_of(missed)["patterns-2"].note
    assert "undecided" in claims_of(vague)["patterns-4"].computed


def test_the_most_robust_pattern_is_named_with_those_that_errors_do_not_tell_apart():
    least = np.array([[0.5], [0.3], [0.48], [0.2]])[:, None]
    table = made(np.broadcast_to(least, (4, 3, 5)), np.full(5, 0.9))
    lead = claims_of(table)["patterns-3"].computed.split("; ")[0]
    assert lead.endswith(": pairs")
    loose = table.assign(least=table.least - 0.02)
    lead = claims_of(loose)["patterns-3"].computed.split("; ")[0]
    assert lead.endswith(": pairs, not told apart from tetramers")


@pytest.mark.slow
def test_the_picture_and_the_claims(data):
    check_picture(PATTERNS, data)
    check_claims(PATTERNS, data)
