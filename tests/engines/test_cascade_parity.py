"""Sectors of definite parity under the exchange of the rails: found, and without effect."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import darkstate as ds
from darkstate.engines.cascade import parity
from darkstate.engines.cascade.assembly import Assembly
from darkstate.engines.cascade.bilinear import add_charges, is_real, is_stored, negative
from darkstate.engines.cascade.parity import Parity
from darkstate.engines.cascade.series import SeriesConnection
from darkstate.engines.cascade.source import source_thetas
from darkstate.engines.cascade.stages import stage_chain
from darkstate.engines.cascade.sweep import ReductionSweep
from darkstate.systems.traits import cascade_order, charges, linear_source

DIMENSION, ORDER = 12, 4


def parts_of(pairs, **options):
    """Chain, source and charges of its modes."""
    options = {"squeezing": 0.7, "dephasing": 0.05} | options
    system = ds.models.DualRail(pairs=pairs, **options).system()
    source, found = linear_source(system).evidence, charges(system).evidence
    network = system if source is None else source.network
    members = [[x for group in s for x in group] for s in cascade_order(network).evidence]
    chain = stage_chain(network, members, found, source, dict.fromkeys(network.labels, 2))
    modes = () if source is None else source.modes
    values = [[charge.get(mode.label, 0) for mode in modes] for charge in found]
    return chain, source, np.array(values, dtype=int).reshape(len(found), len(modes))


def states(pairs, plain, monkeypatch, **options):
    """States of all stages from a sweep, with parities or without."""
    with monkeypatch.context() as patch:
        if plain:
            patch.setattr(
                "darkstate.engines.cascade.assembly.split_by_rail_parity", lambda *_: None
            )
        line = ReductionSweep(*parts_of(pairs, **options), 1e-9)
        assert line.assembly.has_rail_parity is not plain
        return np.array([read.matrix for read in line.sweep(DIMENSION, ORDER)])


SYMMETRIC = [
    {},
    {"thermal": 0.2},
    {"loss": 0.1, "decay": [0.0, 0.1, 0.3, 0.0, 0.2]},
    {"detunings_a": [0.3, -0.5, 0.2, 1.0, 0.7], "detunings_b": [-0.3, 0.5, -0.2, -1.0, -0.7]},
    {"bandwidth": 20.0},
    {"bandwidth": 20.0, "detunings_a": 0.4, "detunings_b": -0.4, "loss": 0.05},
]
UNLIKE = [
    {"detunings_a": 0.3},
    {"detunings_a": 0.3, "detunings_b": 0.3},
    {"bandwidth": 20.0, "source_decay_b": 22.0},
]


@pytest.mark.parametrize("options", SYMMETRIC)
def test_parities_change_no_state(options, monkeypatch):
    with_, without = (states(5, plain, monkeypatch, **options) for plain in (False, True))
    # the same numbers are kept, only sorted: what differs is the residual of joint states
    assert np.abs(with_ - without).max() < 1e-7


def test_the_report_says_so():
    for detuning, alike in ((0.0, True), (0.3, False)):
        model = ds.models.DualRail(2, 0.7, detunings_a=detuning, dephasing=0.01)
        report = ds.steady_state(model, engine=ds.engines.Cascade(dimension=16)).report
        assert any("rails alike" in line for line in report.structure) is alike


@pytest.mark.parametrize("options", UNLIKE)
def test_rails_that_differ_have_no_parities(options):
    assert not Assembly(*parts_of(2, **options)).has_rail_parity


def test_modes_of_equal_charge_have_no_parities():
    _, source, opposite = parts_of(1, bandwidth=20.0)
    assert source is not None
    assert source_thetas(source, opposite, ORDER) is not None
    assert source_thetas(source, np.abs(opposite), ORDER) is None


def test_sectors_of_a_pair():
    part = Assembly(*parts_of(2)).systems[0]
    found = {(int(q), int(p)): n for (q, p), n in part.sizes.items()}
    # of 00, 11, 01 + 10: two populations, Re and Im of |00><11|, and 01 with 10
    assert found == {
        (0, 0): 4,
        (0, 1): 2,
        (1, 0): 2,
        (1, 1): 2,
        (2, 0): 1,
        (-1, 0): 2,
        (-1, 1): 2,
        (-2, 0): 1,
    }
    assert all(q[-1] in (0, 1) for q in SeriesConnection(part, part).sizes)


def test_even_channels_keep_the_parity_and_odd_ones_change_it():
    part = Assembly(*parts_of(2)).systems[0]
    assert sorted(int(c.step[-1]) for c in part.outputs) == [0, 1]
    for channel in part.outputs:
        for q, block in channel.blocks.items():
            assert block.shape == (part.sizes[add_charges(q, channel.step)], part.sizes[q])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 1), min_size=3, max_size=3), st.integers(-3, 3))
def test_parities_add_modulo_two(bits, q):
    a, b, c = ((q + k, Parity(bit)) for k, bit in enumerate(bits))
    assert add_charges(add_charges(a, b), c) == add_charges(a, add_charges(b, c))
    assert add_charges(a, a, -1) == (0, 0)
    assert add_charges(add_charges(a, b), b, -1) == a
    assert add_charges(a, negative(a)) == (0, 0)
    assert is_real((0, Parity(bits[0])))
    assert is_stored((0, Parity(bits[0])))
    assert is_stored(a) or is_stored(negative(a))


def test_a_stage_of_one_node_has_none():
    chain, source, modes = parts_of(2)
    single = chain.stages[0].__class__(
        **{**vars(chain.stages[0]), "dimensions": (4,), "labels": ("A1",)}
    )
    assert parity._stage_thetas(single) is None
    assert parity._stage_thetas(chain.stages[0]) is not None
    assert source is None
    assert modes.shape == (1, 0)


@pytest.mark.parametrize("window", [2, 3])
def test_parities_change_no_window(window, monkeypatch):
    found = []
    for plain in (False, True):
        with monkeypatch.context() as patch:
            if plain:
                patch.setattr(
                    "darkstate.engines.cascade.assembly.split_by_rail_parity", lambda *_: None
                )
            line = ReductionSweep(*parts_of(4, detunings_a=0.4, detunings_b=-0.4), 1e-9, window)
            reads = list(line.sweep(DIMENSION, ORDER))[: 5 - window]
            found.append([read.window for read in reads])
    assert np.abs(np.array(found[0]) - np.array(found[1])).max() < 1e-7
