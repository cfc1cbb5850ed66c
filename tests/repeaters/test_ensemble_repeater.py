"""The model of a repeater, `solve`, and everything a result goes through."""

import math

import numpy as np
import pytest

import darkstate as ds
from darkstate.errors import ArgumentError, CapacityError, EngineMismatchError, UnphysicalError
from darkstate.models import EnsembleRepeater
from darkstate.repeaters import Dephased, Exact, Lattice
from darkstate.scenarios import parse_scenario, run_scenario
from darkstate.states import DickePairState, SchmidtState

TRUE = [
    EnsembleRepeater(2, 1, 0.7),
    EnsembleRepeater(3, 1, math.pi),
    EnsembleRepeater(4, 1, 5.0),
    EnsembleRepeater(9, 1, 8.0),
    EnsembleRepeater(3, 1000, 0.0),
    EnsembleRepeater(3, 1000, math.pi),
    EnsembleRepeater(3, 1001, 2 * math.pi / 3),
    EnsembleRepeater(6, 1000, 4 * math.pi / 5),
    EnsembleRepeater(40, 10**5, 2 * math.pi * 5 / 12),
]


@pytest.mark.parametrize("model", TRUE, ids=lambda m: f"{m.nodes}-{m.atoms}-{m.time:.2f}")
def test_the_truths_hold(model):
    state = ds.solve(model).state
    truths = model.truths()
    assert {truth.measure for truth in truths} == {"entropy", "log_negativity"}
    for truth in truths:
        found = getattr(ds, truth.measure)(state, *truth.groups)
        assert found == pytest.approx(truth.value, abs=1e-10)


def test_truths_are_told_only_where_they_hold():
    t = 2 * math.pi / 3
    assert EnsembleRepeater(3, 1, 0.7).truths()
    for silent in (
        EnsembleRepeater(3, 10, t),
        EnsembleRepeater(3, 1000, t + 1e-6),
        EnsembleRepeater(3, 1000, t, dephasing=0.1),
        EnsembleRepeater(3, 1000, t, offset=0.1),
        EnsembleRepeater(3, 1000, t, window=3),
        EnsembleRepeater(3, 1000, t, outcomes=[7]),
        EnsembleRepeater(3, 1, [0.7, 0.8]),
    ):
        assert silent.truths() == ()


def test_one_atom_at_pi_makes_a_bell_pair():
    result = ds.solve(EnsembleRepeater(2, 1, math.pi))
    assert result.state.labels == ("1", "2")
    assert ds.log_negativity(result.state, "1", "2") == pytest.approx(1.0, abs=1e-14)
    assert result.table is not None
    assert float(result.table["probability"][0]) == pytest.approx(1.0, abs=1e-14)


def test_several_times_give_a_table():
    times = np.linspace(0.1, 1.0, 4)
    result = ds.solve(EnsembleRepeater(3, 30, times))
    assert result.table is not None
    assert result.table["time"].values.tolist() == times.tolist()
    for k, time in enumerate(times.tolist()):
        alone = ds.solve(EnsembleRepeater(3, 30, time))
        assert ds.entropy(alone.state, "1") == pytest.approx(float(result.table["entropy"][k]))
    assert ds.entropy(result.state, "3") == pytest.approx(float(result.table["entropy"][-1]))


def test_who_solves_what():
    def chosen(model):
        found = ds.explain(model).chosen
        return found and found.engine

    assert chosen(EnsembleRepeater(3, 1000, 1.0)) == "repeater.Exact"
    assert chosen(EnsembleRepeater(3, 10**10, 1.0)) == "repeater.Lattice"
    assert chosen(EnsembleRepeater(3, 50, 1.0, dephasing=0.1)) == "repeater.Dephased"
    assert chosen(EnsembleRepeater(3, 50, 1.0, loss=0.1)) == "repeater.Dephased"
    assert chosen(EnsembleRepeater(3, 10**8, 1.0, dephasing=0.1)) is None
    assert "predicted:" in str(ds.explain(EnsembleRepeater(3, 50, 1.0), Exact()))
    huge = ds.solve(EnsembleRepeater(3, 10**12, 1.0))
    assert 15.0 < ds.entropy(huge.state, "1") < 0.5 * math.log2(10**12) + 1.0
    with pytest.raises(CapacityError, match="more memory than the limit"):
        ds.solve(EnsembleRepeater(4, 10**8, 1.0, dephasing=0.1))
    with pytest.raises(EngineMismatchError, match="Dephased"):
        ds.solve(EnsembleRepeater(3, 5, 1.0, dephasing=0.1), engine=Exact())
    with pytest.raises(EngineMismatchError, match=r"reads OpenSystem .* gives a MeasuredChain"):
        ds.solve(EnsembleRepeater(3, 5, 1.0), engine=ds.engines.Gaussian())
    with pytest.raises(ArgumentError, match="`engine` must be an engine object"):
        ds.explain(EnsembleRepeater(3, 5, 1.0), engine=Lattice)


def test_solve_takes_networks_with_a_steady_state_too():
    model = ds.models.CavityChains(2, loss=0.1)
    assert ds.solve(model).report.engine == ds.steady_state(model).report.engine
    assert ds.solve(EnsembleRepeater(3, 5, 1.0).system()).model == {}


def test_a_repeater_is_solved_by_either_name():
    model = EnsembleRepeater(3, 5, [0.5, 1.0])
    one, other = ds.solve(model), ds.steady_state(model, engine=Exact())
    assert one.report.engine == other.report.engine == "repeater.Exact"
    np.testing.assert_array_equal(one.table["entropy"], other.table["entropy"])


@pytest.mark.parametrize(
    "ask",
    [
        lambda m: ds.evolve(m, [0, 1]),
        lambda m: ds.evolve(m, [0, 1], engine=Exact()),
        ds.preparation_time,
        lambda m: ds.observe(m, [0, 1]),
    ],
)
def test_a_repeater_has_no_evolution_and_says_so(ask):
    with pytest.raises(EngineMismatchError, match=r"ends with measurements.*solve\(model\)"):
        ask(EnsembleRepeater(3, 5, 1.0))


@pytest.mark.parametrize(
    ("arguments", "name", "value"),
    [
        ({"nodes": 1}, "nodes", "1"),
        ({"nodes": 2.5}, "nodes", "2.5"),
        ({"atoms": 0}, "atoms", "0"),
        ({"atoms": 10**13}, "atoms", "10000000000000"),
        ({"time": -1.0}, "time", "-1.0"),
        ({"time": math.nan}, "time", "nan"),
        ({"time": "soon"}, "time", "'soon'"),
        ({"time": []}, "time", "()"),
        ({"time": [[1.0]]}, "time", "[[1.0]]"),
        ({"dephasing": -0.1}, "dephasing", "-0.1"),
        ({"dephasing": [0.1, 0.1]}, "dephasing", "[0.1, 0.1]"),
        ({"offset": math.inf}, "offset", "inf"),
        ({"offset": "pi"}, "offset", "'pi'"),
        ({"outcomes": "all_down"}, "outcomes", "'all_down'"),
        ({"outcomes": 3}, "outcomes", "3"),
        ({"outcomes": [1, 2]}, "outcomes", "(1, 2)"),
        ({"outcomes": [6]}, "outcomes", "6"),
        ({"outcomes": [-1]}, "outcomes", "-1"),
        ({"outcomes": [1.5]}, "outcomes", "1.5"),
        ({"window": 0}, "window", "0"),
        ({"loss": 1.5}, "loss", "1.5"),
        ({"loss": 0.1, "outcomes": [3]}, "loss", "0.1"),
    ],
)
def test_bad_arguments(arguments, name, value):
    with pytest.raises(ArgumentError) as caught:
        EnsembleRepeater(**({"nodes": 3, "atoms": 5, "time": 1.0} | arguments))
    text = str(caught.value)
    assert text.startswith(f"`{name}")
    assert f"but is {value}" in text
    assert text.count(". ") >= 1


@pytest.mark.parametrize("dephasing", [0.0, 0.05])
def test_results_are_stored_and_read_back(tmp_path, dephasing):
    result = ds.solve(EnsembleRepeater(3, 12, [0.5, 1.0], dephasing=dephasing))
    back = ds.load_result(result.save(tmp_path / "ends.zarr"))
    assert type(back.state) is (DickePairState if dephasing else SchmidtState)
    first, second = (ds.log_negativity(each.state, "1", "3") for each in (result, back))
    assert first == second
    assert back.table is not None
    assert back.table.equals(result.table)
    assert back.report == result.report


def test_huge_results_are_stored_too(tmp_path):
    result = ds.solve(EnsembleRepeater(3, 10**9, 1.0), engine=Lattice())
    back = ds.load_result(result.save(tmp_path / "ends.zarr"))
    assert ds.entropy(back.state, "1") == ds.entropy(result.state, "1")


SCENARIO = """
model: {kind: EnsembleRepeater, nodes: 4, atoms: 20, time: %s, dephasing: %s, outcomes: %s}
measures: [log_negativity, purity]
"""


def test_scenarios_of_one_time():
    run = run_scenario(parse_scenario(SCENARIO % ("2*pi/3", 0.0, "[19, 20]")))
    model = EnsembleRepeater(4, 20, 2 * math.pi / 3, outcomes=[19, 20])
    expected = ds.log_negativity(ds.solve(model).state, "1", "4")
    assert run.tables["pairs"]["log_negativity"].values == pytest.approx([expected])
    assert run.tables["modes"]["label"].values.tolist() == ["1", "4"]
    assert run.whole["purity"] == pytest.approx(1.0)


def test_scenarios_of_several_times(tmp_path):
    text = SCENARIO % ("[0.1, 0.5, 1.0]", 0.01, "all_up")
    run = run_scenario(parse_scenario(text + "engine: {kind: Dephased, tolerance: 1e-4}"), tmp_path)
    assert run.tables["evolution"].sizes == {"time": 3}
    assert "purity" in run.tables["evolution"]
    assert {"evolution.csv", "time.png"} <= {file.name for file in run.files}


def test_schmidt_states_refuse_what_is_none():
    labels, sizes = ("1", "2"), (3, 3)
    with pytest.raises(ArgumentError, match="largest first"):
        SchmidtState(labels, sizes, np.array([0.6, 0.8]))
    with pytest.raises(UnphysicalError, match="norm 1"):
        SchmidtState(labels, sizes, np.array([0.8, 0.7]))
    with pytest.raises(ArgumentError, match="at most 3"):
        SchmidtState(labels, sizes, np.full(4, 0.5))
    with pytest.raises(ArgumentError, match="two subsystems"):
        SchmidtState(("1",), (3,), np.ones(1))
    with pytest.raises(ArgumentError, match="`counts`"):
        SchmidtState(labels, sizes, np.ones(1), np.ones(2))
    four = SchmidtState(labels, (9, 9), np.array([0.5]), np.array([4.0]))
    assert ds.log_negativity(four, "1", "2") == pytest.approx(2.0)
    assert ds.entropy(four, "1") == pytest.approx(2.0)
    assert ds.purity(four, "1") == pytest.approx(0.25)
    assert four.effective_rank == pytest.approx(4.0)


def test_a_dephased_solver_is_an_object_with_fields():
    solver = Dephased(tolerance=1e-9)
    result = ds.solve(EnsembleRepeater(3, 20, 1.0), engine=solver)
    assert result.report.provenance["engine options"]["tolerance"] == 1e-9
