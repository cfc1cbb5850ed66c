"""The drawn network shows what the system has: couplings, directions, drives, nodes left out."""

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

import darkstate as ds
from darkstate import plots
from darkstate.errors import ArgumentError
from darkstate.measures import epr_spin_variance
from darkstate.models import (
    AtomicEnsembles,
    CavityAtomChains,
    CavityChains,
    DualRail,
    EnsembleRepeater,
    ParametricDrive,
    ParametricPair,
    SpinChains,
)
from darkstate.plots.wiring import wiring_of
from darkstate.scenarios import parse_scenario
from darkstate.scenarios.pictures import chosen_pictures
from darkstate.states import GaussianState
from darkstate.systems import Jump, Levels, Mode, Monitor, OpenSystem, Qubit
from darkstate.systems.operators import (
    create,
    destroy,
    sigma_minus,
    sigma_plus,
    sigma_x,
    total,
    transition,
)
from legible import assert_legible, texts


def words(figure: Figure) -> str:
    return " | ".join(text.get_text().replace("\n", " ") for text in texts(figure))


def connections(figure: Figure) -> set[str]:
    """``A1-A2``: coupled, ``A1=B1``: created together, ``A1>A2``: one way; drives by name."""
    axes = figure.axes[0]
    wires = {p.get_gid() for p in axes.patches if isinstance(p, FancyArrowPatch)}
    return (wires | {line.get_gid() for line in axes.lines if line.get_gid()}) - {None}


MODELS = [
    (CavityChains(2, loss=0.1), {"A1-A2", "B1-B2", "drive A1 B1"}, "loss, jump rate 0.2"),
    (
        CavityChains(1, drive=ParametricDrive()),
        {"SA>A1", "SB>B1", "SA=SB"},
        "pair creation",
    ),
    (SpinChains(2), {"A1-A2", "B1-B2", "drive A1 B1"}, "concurrence"),
    (CavityAtomChains(2, effective=True), {"a1-a2", "b1-b2", "drive a2 b2"}, "coupling"),
    (
        DualRail(3, 0.3),
        {"A1>A2", "A2>A3", "B1>B2", "B2>B3", "drive A1 B1"},
        "correlated drive",
    ),
    (ParametricPair(), {"A1=B1", "drive A1 B1"}, "pair creation 1.8"),
    (ParametricPair(treatment="exact"), {"A1=B1"}, "baths with memory; pumped at frequency 20"),
    (EnsembleRepeater(4, 3, 1.0), {"1-2", "2-3", "3-4"}, "atoms up in inner nodes: all"),
]


@pytest.mark.parametrize(("model", "expected", "text"), MODELS, ids=lambda x: type(x).__name__)
def test_every_model_shows_its_connections(model, expected, text):
    measure = ds.concurrence if isinstance(model, SpinChains) else ds.log_negativity
    figure = plots.network(ds.solve(model).state, measure, system=model)
    assert expected <= connections(figure)
    assert {name for name in connections(figure) if ">" in name} <= expected
    assert text in words(figure)
    assert_legible(figure)


def test_ensembles_share_a_channel_and_their_edge_is_the_distance_from_separable():
    model = AtomicEnsembles(10**9, 1.0, 100.0, 1.0, cooling=0.2)
    state = ds.solve(model).state
    figure = plots.network(state, epr_spin_variance, system=model)
    assert "common I II" in connections(figure)
    assert "1 \N{MINUS SIGN} EPR variance of spins" in words(figure)
    assert "cooling, jump rate 0.2" in words(figure)
    assert 0 < 1 - epr_spin_variance(state, "I", "II") < 1
    edges = [p for p in figure.axes[0].patches if p.get_gid() == "I-II"]
    assert len(edges) == 1


def test_a_pair_that_is_not_entangled_has_no_edge_for_any_measure():
    state = GaussianState.vacuum(["A1", "B1"])
    for measure in (ds.log_negativity, ds.epr_variance):
        assert "no edge" in words(plots.network(state, measure))


def own_cascade() -> OpenSystem:
    """Three qubits in one waveguide, the first one driven, the last one watched."""
    qubits = [Qubit(label) for label in ("first", "second", "third")]
    terms = [
        -0.5j * (sigma_plus(b) * sigma_minus(a) - sigma_plus(a) * sigma_minus(b))
        for k, a in enumerate(qubits)
        for b in qubits[k + 1 :]
    ]
    jump = Jump(total([sigma_minus(q) for q in qubits]), 1.0, "line")
    hamiltonian = total([*terms, 0.4 * sigma_x(qubits[0])])
    return OpenSystem(tuple(qubits), hamiltonian, (jump,), (Monitor("line"),))


def test_a_system_of_the_users_shows_direction_drive_and_what_is_watched():
    system = own_cascade()
    figure = plots.network(ds.steady_state(system).state, system=system)
    assert connections(figure) == {"first>second", "second>third"}
    assert "coherent drive on first; measured light: line" in words(figure)
    assert "one way" in words(figure)
    assert_legible(figure)


def test_jumps_between_levels_are_told_by_the_levels():
    atom, cavity = Levels("atom", ("g", "e", "r")), Mode("cavity")
    swap = transition(atom, "e", "g") * destroy(cavity)
    jumps = (Jump(transition(atom, "g", "e"), 0.2), Jump(destroy(cavity), 0.4, "cavity loss"))
    system = OpenSystem((atom, cavity), swap + swap.adjoint(), jumps)
    wiring = wiring_of(system, system.labels)
    assert wiring.coupled == (("atom", "cavity"),)
    assert wiring.notes[1:] == (
        "from e to g, jump rate 0.2 on atom",
        "loss, jump rate 0.4 on cavity",
    )


def test_both_directions_are_couplings_of_neighbours():
    wiring = wiring_of(DualRail(4, 0.5, directionality=0.7).system(), [f"A{j}" for j in (1, 2, 3)])
    assert wiring.coupled == (("A1", "A2"), ("A2", "A3"))
    assert wiring.one_way == ()
    fed = DualRail(3, 0.5, bandwidth=5.0, directionality=0.9).system()
    assert wiring_of(fed, fed.labels).one_way == (("SA", "A1"), ("SB", "B1"))


def test_wires_between_entangled_nodes_are_bent_aside():
    model = ParametricPair()
    figure = plots.network(ds.solve(model).state, system=model)
    (wire,) = [p for p in figure.axes[0].patches if p.get_gid() == "A1=B1"]
    assert wire.get_connectionstyle().rad != 0


def test_nodes_that_the_state_lacks_are_hollow_and_told():
    model = DualRail(1, 0.5, bandwidth=5.0)
    state = ds.solve(model).state
    assert "SA" not in state.labels
    text = words(plots.network(state, system=model))
    assert "not in the state" in text
    assert "SA" in text


def test_large_networks_are_cut_with_dots_where_nodes_are_left_out():
    model = CavityChains(100, loss=0.02)
    figure = plots.network(ds.solve(model).state, system=model)
    assert "40 of 200 nodes" in words(figure)
    assert words(figure).count(r"$\cdots$") == 2
    assert_legible(figure)
    chain = EnsembleRepeater(60, 9, 1.0)
    drawn = plots.network(ds.solve(chain).state, system=chain)
    shown = [t.get_text() for t in drawn.axes[0].texts]
    assert shown == [r"$\cdots$", "1", "2", "3", "58", "59", "60"]
    assert_legible(drawn)


def test_a_long_chain_of_the_users_own_is_cut_to_its_strongest_pairs():
    modes = [Mode(f"n{k}") for k in range(60)]
    hops = [create(a) * destroy(b) for a, b in pairwise(modes)]
    pump = create(modes[0]) * create(modes[1])
    half = total([*hops, 0.2 * pump])
    losses = tuple(Jump(destroy(mode), 0.5) for mode in modes)
    system = OpenSystem(tuple(modes), half + half.adjoint(), losses)
    figure = plots.network(ds.steady_state(system).state, system=system)
    assert {"n0-n1", "n1-n2"} <= connections(figure)
    assert "40 of 60 nodes" in words(figure)


def test_a_system_of_other_nodes_is_refused():
    state = GaussianState.vacuum(["x", "y"])
    with pytest.raises(ArgumentError, match="system"):
        plots.network(state, system=ParametricPair())


def test_scenarios_draw_what_knows_pairs_and_hand_the_model_over(tmp_path):
    scenario = parse_scenario("model: {kind: EnsembleRepeater, nodes: 3, atoms: 4, time: 1.0}")
    run = ds.scenarios.run_scenario(scenario, tmp_path / "run")
    assert (tmp_path / "run" / "network.png").stat().st_size > 1000
    assert chosen_pictures(scenario, run.result.state, []) == ["network"]
    drawing = (tmp_path / "run" / "network.svg").read_text()
    assert 'id="1-2"' in drawing


def test_measures_of_qubits_are_drawn_where_they_are_defined(tmp_path):
    scenario = parse_scenario(
        "model:\n  kind: CavityAtomChains\n  sites: 1\n  loss: 0.5\n"
        "  drive: {kind: SqueezedDrive, nbar: 0.01}\nengine: {kind: Lindblad, cutoff: 3}\n"
        "measures: [concurrence]\npairs: [[a1, b1]]\n"
    )
    run = ds.scenarios.run_scenario(scenario, tmp_path / "run")
    assert {"map.png", "network.png"} <= {file.name for file in run.files}
    figure = plots.network(run.result.state, ds.concurrence, system=run.scenario.model)
    assert {"A1-a1", "B1-b1"} <= connections(figure)
    edges = {p.get_gid() for p in figure.axes[0].patches if not isinstance(p, FancyArrowPatch)}
    assert edges == {"a1-b1"}
    with pytest.raises(ArgumentError):
        plots.network(run.result.state.reduced(["A1", "B1"]), ds.concurrence)


def test_measures_are_named_in_full():
    state = GaussianState.vacuum(["A1", "B1"])
    title = ds.pair_table(state, ds.log_negativity).attrs["long_name"]
    assert title == "logarithmic negativity $E_N$"
    assert ds.epr_variance.title.startswith("EPR variance")
    assert np.isfinite(ds.purity(state))
