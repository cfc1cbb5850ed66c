"""The norm of compressions: what it is, what it may not change, and what it is for."""

from __future__ import annotations

import numpy as np
import pytest

import darkstate as ds
from darkstate.engines.cascade.bilinear import stage_system, trivial_system
from darkstate.engines.cascade.joint import JointEquation, trace_first
from darkstate.engines.cascade.lookahead import JointState, build_lookahead
from darkstate.engines.cascade.metric import gram_blocks
from darkstate.engines.cascade.reduction import _Directions, growth, reduce_model
from darkstate.engines.cascade.series import SeriesConnection
from darkstate.engines.cascade.stages import stage_chain
from darkstate.engines.contract import run
from darkstate.systems.traits import cascade_order, charges

RTOL = 1e-10


def line(pairs, **options):
    """The first two stages of a dual rail as (product, joined part), and the parts of all."""
    system = ds.models.DualRail(pairs=pairs, squeezing=1.0, **options).system()
    members = [tuple(x for g in s for x in g) for s in cascade_order(system).evidence]
    dims = dict.fromkeys(system.labels, 2)
    chain = stage_chain(system, members, charges(system).evidence or (), None, dims)
    entering = [chain.steps, *(s.steps for s in chain.stages)]
    parts = [stage_system(s, e) for s, e in zip(chain.stages, entering, strict=False)]
    first = with_steady(SeriesConnection(trivial_system(parts[0].zero), parts[0]).system())
    pair = SeriesConnection(first, parts[1])
    return pair, with_steady(pair.system()), parts


def with_steady(part):
    kernel = np.real(np.linalg.svd(part.generator[part.zero])[2][-1])
    return part.with_state(kernel / (part.trace @ kernel))


def product_state(pair, first, second):
    """``first x second`` on the charge 0 of both."""
    zero = pair.first.zero
    flat = np.zeros(pair.sizes[zero])
    flat[pair.places[zero][zero]] = np.kron(first, second)
    return flat


def test_gram_tells_the_last_stage_from_the_rest():
    pair, joined, _ = line(3, dephasing=0.05)
    rng = np.random.default_rng(1)
    sigma = np.real(pair.second_alone(joined.steady))
    marginal = rng.normal(size=pair.first.sizes[pair.first.zero])
    traceless = rng.normal(size=len(sigma))
    traceless -= sigma * (pair.second.trace @ traceless)
    zero, gram = joined.zero, gram_blocks(pair, joined.steady).gram(0.3)
    along = product_state(pair, marginal, sigma)
    across = product_state(pair, marginal, traceless)
    assert along @ gram[zero] @ along == pytest.approx((sigma @ sigma) * (marginal @ marginal))
    expected = 0.09 * (marginal @ marginal) * (traceless @ traceless)
    assert across @ gram[zero] @ across == pytest.approx(expected)
    assert abs(along @ gram[zero] @ across) < 1e-12
    for q, block in gram.items():
        assert np.allclose(block, block.conj().T)
        assert np.linalg.eigvalsh(block).min() > 0.05, q


@pytest.mark.parametrize("detuned", [False, True])
def test_the_stage_ahead_is_exact_in_any_norm(detuned):
    rungs = {"detunings_a": [0.3, -0.5, 0.2], "detunings_b": [0.1, 0.7, -0.4]} if detuned else {}
    pair, joined, parts = line(3, dephasing=0.05, **rungs)
    ahead, back = trace_first(build_lookahead(parts[2:]).system)
    zero, last = joined.zero, gram_blocks(pair, joined.steady)
    seen = JointState.solve(joined, parts[2:], RTOL)

    def state(part):
        # the trace of the state ahead is one, left out of the coordinates of the joint equation
        return back[:, 1:] @ np.real(part.trace @ JointEquation(part, ahead).solve(RTOL)[zero])

    choice = _Directions(seen, RTOL)
    tries = [choice.project(17, gram).system for gram in (None, last.gram(1.0), last.gram(0.5))]
    for small in tries:
        assert small.dimension <= 17
        assert np.abs(state(small) - state(joined)).max() < 1e-8
    # the compressed systems are not the same
    rates = [np.sort(np.linalg.eigvals(small.generator[zero]).real) for small in tries]
    assert np.abs(rates[0] - rates[1]).max() > 1e-3
    assert np.abs(rates[1] - rates[2]).max() > 1e-3


def test_the_most_stable_norm_is_taken(monkeypatch):
    pair, joined, parts = line(4, dephasing=0.02)
    last, asked = gram_blocks(pair, joined.steady), []

    def grows_at_first(part):
        asked.append(part)
        return [1.0, -0.1, -0.05][(len(asked) - 1) % 3]

    monkeypatch.setattr("darkstate.engines.cascade.reduction.growth", grows_at_first)
    found, *others = reduce_model(JointState.solve(joined, parts[2:], 1e-8), 64, last)
    assert not found.narrowed
    assert [x.system for x in (found, others[0])] == [asked[1], asked[2]]
    assert others[1].narrowed  # those that keep less come last
    second = reduce_model(JointState.solve(joined, parts[2:], 1e-8), 64, last, second=True)
    assert [x.growth for x in second[:2]] == [-0.05, -0.1]


def test_growth_leaves_the_steady_state_out():
    pair, joined, parts = line(4, dephasing=0.02)
    seen = JointState.solve(joined, parts[2:], 1e-8)
    small = reduce_model(seen, 64, gram_blocks(pair, joined.steady))[0].system
    rates = np.concatenate([np.linalg.eigvals(block) for block in small.generator.values()]).real
    assert growth(small) == pytest.approx(np.sort(rates)[-2])
    assert growth(small) < -0.01


@pytest.mark.slow
def test_six_pairs_against_the_exact_engine():
    # 0.8061336 is the last concurrence of the exact engine (density matrix of twelve qubits)
    system = ds.models.DualRail(pairs=6, squeezing=1.0, dephasing=1e-3).system()
    solution = run(ds.engines.Cascade(dimension=256), system)
    told = solution.report.errors["A6", "B6"]
    off = abs(ds.concurrence(solution.state, "A6", "B6") - 0.8061336)
    assert off < min(3e-4, told)
