"""What a compression keeps beyond the next two pairs, and what is done when it would grow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import darkstate as ds
from darkstate.engines.cascade import Cascade, sweep
from darkstate.engines.cascade.bilinear import block_of, negative, trivial_system
from darkstate.engines.cascade.joint import JointEquation, trace_first
from darkstate.engines.cascade.lookahead import JointState, build_lookahead
from darkstate.engines.cascade.metric import gram_blocks
from darkstate.engines.cascade.reduction import reduce_model
from darkstate.engines.cascade.series import SeriesConnection
from darkstate.engines.cascade.stages import stage_chain
from darkstate.engines.cascade.sweep import ReductionSweep
from darkstate.engines.contract import run
from darkstate.errors import NumericalError
from darkstate.states import DensityState
from darkstate.systems.traits import cascade_order, charges

RTOL = 1e-9


def network(pairs, **options):
    return ds.models.DualRail(pairs=pairs, **{"squeezing": 1.0, "dephasing": 0.01} | options)


def line(pairs, **options):
    """The network as the engine sweeps it."""
    system = network(pairs, **options).system()
    order, found = cascade_order(system).evidence, charges(system).evidence
    members = [[x for group in s for x in group] for s in order]
    chain = stage_chain(system, members, found, None, dict.fromkeys(system.labels, 2))
    return ReductionSweep(chain, None, np.zeros((len(found), 0), dtype=int), RTOL)


def first_stage(parts):
    """The first stage as a part with its steady state."""
    pair = SeriesConnection(trivial_system(parts[0].zero), parts[0])
    joined = pair.system()
    kernel = np.real(np.linalg.svd(joined.generator[joined.zero])[2][-1])
    return pair, joined.with_state(kernel / (joined.trace @ kernel))


def test_raised_rates_solve_the_raised_equation():
    parts = line(3).systems
    _, first = first_stage(parts)
    ahead, _ = trace_first(build_lookahead(parts[1:]).system)
    joint = JointEquation(first, ahead)
    shift = 0.3
    plain, raised = joint.solve(1e-12), joint.solve(1e-12, shift)
    # (L - s) X(s) = L X
    residual = np.concatenate(
        [x.ravel() for x in (applied(joint, raised, shift), applied(joint, plain, 0.0))]
    ).reshape(2, -1)
    assert np.abs(residual[0] - residual[1]).max() < 1e-10
    assert np.abs(applied(joint, plain, shift) - residual[0]).max() > 1e-3


def applied(joint, X, shift):
    """``(L - s) X``, flat, from the blocks of the equation."""
    left, right = joint.factors
    to_real_form = {}
    for q, block in X.items():
        mirror = negative(q)
        ahead = right[mirror][joint._cut[mirror]]
        to_real_form[q] = np.real(left[q].conj()[:, None] * block * ahead.conj())
    total = {q: np.zeros(shape) for q, shape in joint._shapes.items()}
    for kept in (joint._onward, joint._back):
        for to, terms in kept.items():
            for q, block, kick in terms:
                total[to] += block @ (block_of(to_real_form, q) @ kick)
    for q, (T, V, S, W) in joint._schur.items():
        A, L = V @ T @ V.T, W @ S @ W.T
        total[q] = total[q] + A @ to_real_form[q] + to_real_form[q] @ L.T - shift * to_real_form[q]
    return np.concatenate([total[q].ravel() for q in joint.charges])


def test_the_slowest_rate_ahead_is_that_of_the_exact_network():
    parts = line(3).systems
    _, first = first_stage(parts)
    two = build_lookahead(parts[1:]).system
    joint = JointEquation(first, trace_first(two)[0])
    rates = np.concatenate([np.linalg.eigvals(block).real for block in two.generator.values()])
    assert joint.slowest_ahead == pytest.approx(-np.sort(rates)[-2], rel=1e-6)


def test_directions_of_slower_stages_fill_what_the_lookahead_leaves():
    whole = line(3)
    _, part = first_stage(whole.systems)
    pair = SeriesConnection(part, whole.systems[1])
    part = pair.system()
    part = part.with_state(sweep._steady(part)[0])
    seen, last = JointState.solve(part, whole.systems[2:], RTOL), gram_blocks(pair, part.steady)
    # one pair ahead needs sixteen numbers, and half of those above are new
    small, large = (reduce_model(seen, dimension, last)[0].system for dimension in (16, 28))
    assert (small.dimension, large.dimension) == (16, 28)
    ahead, back = trace_first(build_lookahead(whole.systems[2:]).system)

    def state(upstream):
        X = JointEquation(upstream, ahead).solve(RTOL)
        return back[:, 1:] @ np.real(upstream.trace @ X[upstream.zero])

    for upstream in (small, large):
        assert np.abs(state(upstream) - state(part)).max() < 1e-7


@pytest.mark.slow
def test_the_sixth_pair_gets_better_with_them():
    # 0.8061336 is the last concurrence of the exact engine (density matrix of twelve qubits)
    state_errors = []
    for dimension in (256, 448):
        whole = line(6, dephasing=1e-3)
        *_, read = whole.sweep(dimension, 0)
        state = DensityState(("A6", "B6"), (2, 2), read.matrix)
        state_errors.append(abs(ds.concurrence(state, "A6", "B6") - 0.8061336))
    assert state_errors[0] < 4e-4
    assert state_errors[1] < 0.5 * state_errors[0]


@pytest.mark.slow
def test_the_second_opinion_is_not_blind_where_halving_changes_nothing():
    # rungs this far apart leave fewer directions than either dimension can hold
    rungs = [-8.0, -4.0, 0.0, 4.0, 8.0]
    model = network(5, detunings_a=rungs, detunings_b=[-x for x in rungs])
    whole = line(5, detunings_a=rungs, detunings_b=[-x for x in rungs])
    whole.rtol = 1e-6
    fine, half, second = (
        [read.matrix for read in whole.sweep(*options)]
        for options in ((128, 0), (64, 0), (64, 0, True))
    )
    exact = ds.steady_state(model, engine=ds.engines.Lindblad("krylov")).state
    true = np.abs(np.linalg.eigvalsh(fine[4] - exact.reduced(["A5", "B5"]).matrix)).sum()
    told = np.abs(np.linalg.eigvalsh(fine[4] - second[4])).sum()
    blind = np.abs(np.linalg.eigvalsh(fine[4] - half[4])).sum()
    assert told >= 0.1 * true
    assert told > blind


def test_what_grows_with_the_next_stage_gives_way_to_the_next_norm(monkeypatch):
    whole, refused = line(5), []
    original = JointState.solve

    def refusing(part, stages, rtol):
        # the third pair: its first try is refused
        if len(stages) == 2 and not refused:
            refused.append(part)
            raise NumericalError("With the next stage behind it, it would grow.")
        return original(part, stages, rtol)

    monkeypatch.setattr(JointState, "solve", refusing)
    reads = list(whole.sweep(48, 0))
    assert refused
    assert len(reads) == 5
    assert not any(read.shortened for read in reads)


def test_a_growing_joint_system_is_refused():
    whole = line(3)
    _, part = first_stage(whole.systems)
    growing = {q: block + 9.0 * np.eye(len(block)) for q, block in part.generator.items()}
    growing[part.zero] = part.generator[part.zero]
    with pytest.raises(NumericalError, match="would grow"):
        JointState.solve(replace(part, generator=growing), whole.systems[1:], RTOL)


@pytest.mark.parametrize("bandwidth", [10.0, 50.0])
@pytest.mark.slow
def test_three_pairs_behind_a_source_are_exact(bandwidth):
    from test_cascade_reduction import distances, estimates, exact

    system = network(3, bandwidth=bandwidth).system()
    solution = run(Cascade(dimension=32), system)
    true = distances(solution, exact(system))
    assert np.max(true) < 1e-5
    assert np.all(estimates(solution) >= 0.1 * true)


def test_both_sweeps_share_what_is_not_compressed(monkeypatch):
    whole, solved = line(5), []
    original = JointState.solve
    monkeypatch.setattr(
        JointState,
        "solve",
        lambda part, stages, rtol: solved.append(len(stages)) or original(part, stages, rtol),
    )
    whole.stage_results(24, 0, True)
    whole.stage_results(48, 0)
    assert solved.count(3) == 1  # behind two pairs, the last exact cut of both
    assert solved.count(2) == 2


@pytest.mark.slow
def test_twenty_detuned_pairs_are_known_to_a_thousandth():
    rungs = [4.0 * i for i in range(20)]
    model = network(20, dephasing=1e-3, detunings_a=rungs, detunings_b=[-x for x in rungs])
    half, full = (ds.steady_state(model, engine=ds.engines.Cascade(m)) for m in (64, 128))
    for a, b in zip(half.state.stages, full.state.stages, strict=True):
        assert full.report.errors[a.labels] < 1e-3
        change = np.abs(np.linalg.eigvalsh(a.matrix - b.matrix)).sum()
        assert change < min(1e-3, half.report.errors[a.labels])
