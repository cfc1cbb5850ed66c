"""Optimisation: optima known in closed form are found, and nothing else is called an optimum."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from design_models import EXCITED, A, Amplifier, DrivenQubit, Q, ThreeDrives
from scipy.optimize import brentq, minimize_scalar

import darkstate as ds
from clusters import Cluster
from darkstate.design import Constraint, Design, Imperfections, Knob, pareto
from darkstate.design import multi_start as searches
from darkstate.errors import ArgumentError, DarkstateError, NumericalError
from darkstate.models import CavityAtomChains, DualRail, SpinChains
from darkstate.results import Status
from darkstate.states import PureState
from darkstate.systems import sigma_y
from unfriendly import processor

DRIVE = {"drive": (0.05, 5.0)}
COHERENCE = ds.merit(ds.expect, sigma_y(Q))
POPULATION = ds.merit(ds.expect, EXCITED)


def coherence(drive: float) -> float:
    return 2 * drive / (1 + 2 * drive**2)


def best(merit: Any, *, model: Any = None, bounds: Any = None, **options: Any) -> Design:
    given = {"starts": 1, "loss": 0.0} | options
    model = DrivenQubit() if model is None else model
    return ds.optimise(model, merit, bounds or DRIVE, **given)


@pytest.mark.parametrize(
    ("method", "spacing"),
    [(None, "linear"), ("L-BFGS-B", "log"), ("trust-constr", "linear"), ("COBYQA", "log")],
)
def test_an_optimum_inside_the_bounds(method: str | None, spacing: str) -> None:
    found = best(COHERENCE, method=method, bounds={"drive": (0.05, 5.0, spacing)})
    assert found.status is Status.CONVERGED
    assert found.knobs["drive"] == pytest.approx(math.sqrt(0.5), abs=1e-3)
    assert found.value == pytest.approx(math.sqrt(0.5), abs=1e-6)
    assert abs(found.value - math.sqrt(0.5)) <= found.value.error + 1e-12
    assert found.active == () and "1 of 1 searches" in found.sentence
    assert found.model == replace(DrivenQubit(), **found.knobs)


def test_tolerances_are_where_a_hundredth_is_lost() -> None:
    found = best(COHERENCE, loss=0.01)
    top = math.sqrt(0.5)
    ends = [brentq(lambda w: coherence(w) - 0.99 * top, *span) for span in ((0.1, top), (top, 3))]
    assert found.tolerances["drive"] == pytest.approx([top - ends[0], ends[1] - top], rel=3e-3)
    table = found.sensitivities()
    assert float(table.up.sel(knob="drive")) == found.tolerances["drive"][1]
    assert "for 1 % less" in str(found)


def test_an_optimum_at_a_bound_has_a_multiplier() -> None:
    found = best(COHERENCE, bounds={"drive": (0.05, 0.5)}, loss=0.01)
    slope = (2 - 4 * 0.25) / (1 + 2 * 0.25) ** 2  # d/dW of 2 W/(1 + 2 W^2)
    assert found.status is Status.CONVERGED
    assert found.active == ("upper bound of drive",)
    assert found.gradient["drive"] == pytest.approx(slope, rel=1e-7)
    assert found.multipliers["upper bound of drive"] == pytest.approx(slope * 0.45, rel=1e-6)
    assert math.isinf(found.tolerances["drive"][1])


def test_a_constraint_holds_and_its_multiplier_is_what_it_costs() -> None:
    limit = [Constraint(POPULATION, maximum=0.2)]
    found = best(COHERENCE, constraints=limit)
    assert found.status is Status.CONVERGED
    assert found.knobs["drive"] == pytest.approx(math.sqrt(1 / 3), abs=1e-5)
    assert list(found.merits.values())[1] <= 0.2 + 1e-6
    (name,) = found.active
    drive = math.sqrt(1 / 3)
    price = (2 - 4 * drive**2) / (2 * drive)  # ratio of the slopes of both
    assert found.multipliers[name] == pytest.approx(price, rel=1e-4)


def test_the_least_of_two_merits_is_largest_where_they_cross() -> None:
    found = best([COHERENCE, POPULATION], bounds={"drive": (0.05, 5.0)})
    assert found.status is Status.CONVERGED
    assert found.knobs["drive"] == pytest.approx(2.0, abs=1e-4)
    assert found.value == pytest.approx(4 / 9, abs=1e-5)
    weights = [found.multipliers[name] for name in found.merits]
    assert sum(weights) == pytest.approx(1.0) and min(weights) > 0.1


def test_a_smallest_value_and_a_start_on_a_saddle() -> None:
    """At zero detuning the population is stationary in it, and largest."""
    found = best(
        POPULATION, minimise=True, starts=1, bounds={"detuning": (-1.0, 1.0), "drive": (0.3, 0.9)}
    )
    assert found.status is Status.CONVERGED
    assert abs(found.knobs["detuning"]) == pytest.approx(1.0)
    assert found.knobs["drive"] == pytest.approx(0.3)
    assert found.value == pytest.approx(0.09 / (1 + 2 * 0.09 + 4), rel=1e-6)


def test_flat_directions_have_the_same_names_on_every_processor() -> None:
    """Two of three are flat: any mixture of them, with any sign, would be eigenvectors too."""
    bounds = dict.fromkeys(("one", "two", "three"), (0.05, 0.5))

    def told() -> list[str]:
        found = best(COHERENCE, model=ThreeDrives(), bounds=bounds)
        assert found.value == pytest.approx(coherence(math.sqrt(0.5)), rel=1e-6)
        return [note for note in found.notes if "does not change" in note]

    here = told()
    assert len(here) == 1 and here[0].count(";") == 1
    for seed in (1, 2, 3):
        with processor(seed):
            assert told() == here


def test_a_plateau_is_no_optimum() -> None:
    flat = DualRail(1, 2.0, dephasing=0.3)
    merit = ds.merit(ds.log_negativity, "A1", "B1")
    found = best(merit, model=flat, bounds={"dephasing": (0.25, 0.4)}, starts=1)
    assert found.value == 0.0 and found.status is Status.SUSPECT
    assert any("plateau" in note for note in found.notes)


def test_refused_points_are_stepped_back_from() -> None:
    """The amplifier is unstable from 1/2 on; <= 2 photons are reached at 1/sqrt 5."""
    merit = ds.merit(ds.log_negativity, "A1", "B1")
    found = ds.optimise(
        Amplifier(), merit, {"pump": (0.0, 1.0)}, starts=2, loss=0.0,
        constraints=[Constraint(ds.merit(ds.expect, ds.systems.number(A)), maximum=2.0)],
    )  # fmt: skip
    assert found.status is Status.CONVERGED and found.cost.refused > 0
    assert found.knobs["pump"] == pytest.approx(math.sqrt(0.2), abs=1e-5)


def test_an_optimum_at_the_edge_of_what_can_be_solved_is_suspect() -> None:
    edge = DrivenQubit(refused=(0.5, 9.0))
    found = best(COHERENCE, model=edge, starts=2)
    assert found.status is Status.SUSPECT and found.cost.refused > 0
    assert 0.45 < found.knobs["drive"] <= 0.5


def test_nothing_that_can_be_solved_is_told_with_the_reason() -> None:
    with pytest.raises(NumericalError, match="unstable"):
        ds.optimise(Amplifier(0.9), ds.merit(ds.purity), {"pump": (0.8, 2.0)}, starts=2)


def test_constraints_that_nothing_meets_are_told() -> None:
    found = best(COHERENCE, constraints=[Constraint(POPULATION, minimum=0.6)])
    assert found.status is Status.SUSPECT and "meets all constraints" in found.sentence


def test_options_are_searched_one_by_one() -> None:
    """The coherence is 2 W g/(g^2 + 2 W^2): the same top for every decay rate, at g/sqrt 2."""
    found = best(
        COHERENCE, choices={"decay": [1.0, 2.0, 20.0]}, starts=1, bounds={"drive": (0.1, 5)}
    )
    assert {one.options["decay"] for one in found.optima} == {1.0, 2.0, 20.0}
    assert found.optima[-1].options["decay"] == 20.0
    assert found.optima[-1].value == pytest.approx(200 / 450, rel=1e-6)
    alone = ds.optimise(DrivenQubit(1.0), COHERENCE, {}, choices={"decay": [1.0, 2.0, 9.0]})
    assert alone.options == {"decay": 2.0} or alone.options == {"decay": 1.0}
    assert "combinations" in alone.sentence


def test_many_options_go_to_differential_evolution(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searches, "ENUMERATED", 4)
    rates = [0.5, 1.0, 1.5, 2.0, 4.0, 8.0]
    found = ds.optimise(
        DrivenQubit(2.0), COHERENCE, {"detuning": (-1.0, 1.0)}, choices={"decay": rates}, most=80,
        starts=1, loss=0.0,
    )  # fmt: skip
    assert found.options == {"decay": 2.0} or found.options == {"decay": 4.0}
    assert found.status is Status.CONVERGED


def test_tied_parameters_move_together() -> None:
    pair = DualRail(1, 0.5, 0.3, -0.6, dephasing=0.05)
    tied = Knob("d", -2.0, 2.0, sets={"detunings_a": 1.0, "detunings_b": -2.0})
    merit = ds.merit(ds.log_negativity, "A1", "B1")
    found = ds.optimise(pair, merit, [tied], starts=1, loss=0.0)
    assert found.knobs["d"] == pytest.approx(0.0, abs=1e-4)
    assert found.model.detunings_b == -2 * found.model.detunings_a


@pytest.mark.parametrize("kind", ["worst", "deviations"])
def test_robust_designs_are_those_of_the_samples(kind: str) -> None:
    spread = Imperfections(
        relative={"drive": 0.5}, samples=3, worst=kind == "worst",
        deviations=1.0 if kind == "deviations" else 0.0,
    )  # fmt: skip
    factors = [spread.sampled(DrivenQubit(1.0), k)[0].drive for k in range(3)]

    def lost(drive: float) -> float:
        values = np.array([coherence(drive * factor) for factor in factors])
        if kind == "worst":
            return -float(values.min())
        return -float(values.mean() - spread.deviations * values.std())

    brute = minimize_scalar(lost, (0.2, 0.7, 3.0))
    found = best(COHERENCE, imperfections=spread)
    assert found.status is Status.CONVERGED
    assert found.value == pytest.approx(-brute.fun, abs=1e-6)
    assert found.knobs["drive"] == pytest.approx(float(brute.x), rel=2e-3)


@pytest.mark.parametrize("engine", [None, ds.engines.Lindblad()], ids=["chosen", "given"])
def test_functions_of_the_state_and_the_gap_have_exact_slopes(engine: Any) -> None:
    gap = Constraint("gap", minimum=0.1)
    found = best(excitation, minimise=True, constraints=[gap], engine=engine)
    assert found.value == pytest.approx(0.05**2 / (1 + 2 * 0.05**2), rel=1e-6)
    assert not any("differences" in note for note in found.notes)
    slope = found.gradient["drive"]  # of W^2/(1 + 2 W^2)
    assert float(slope) == pytest.approx(2 * 0.05 / (1 + 2 * 0.05**2) ** 2, rel=1e-7)


def test_other_engines_have_differences() -> None:
    model = DualRail(2, 0.5, dephasing=0.1)
    bounds = {"squeezing": (0.1, 1.5)}
    merit = ds.merit(ds.concurrence, "A2", "B2")
    found = best(merit, model=model, bounds=bounds, engine=ds.engines.Cascade())
    assert any("central differences of second order" in note for note in found.notes)
    assert found.knobs == pytest.approx(best(merit, model=model, bounds=bounds).knobs, rel=1e-3)


def excitation(state: Any) -> float:
    return float(ds.expect(EXCITED, state))


def test_searches_are_stored_and_gone_on_with(tmp_path: Any) -> None:
    store = tmp_path / "searches.zarr"
    first = best(COHERENCE, store=store, starts=2)
    kept = ds.open_sweep(store).status()
    assert kept.total == 2 and kept.failed == 0
    told: list[str] = []
    again = best(COHERENCE, store=store, starts=2, progress=lambda what, share: told.append(what))
    assert again.knobs == first.knobs and "0 of 2 searches" not in told
    more = best(COHERENCE, store=store, starts=3)
    assert more.starts == 3 and ds.open_sweep(store).status().sessions == 2


@pytest.mark.slow
def test_workers_search_too(tmp_path: Any) -> None:
    store = tmp_path / "searches.zarr"
    merit = ds.merit(ds.log_negativity, "A1", "B1")
    found = ds.optimise(
        DualRail(1, 0.5, dephasing=0.05), merit, {"squeezing": (0.05, 2.5)}, store=store, workers=2,
        starts=3,
    )  # fmt: skip
    assert found.status is Status.CONVERGED and found.starts == 3


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # of the client about its broken connection
def test_a_cluster_searches_on_when_a_worker_is_killed(tmp_path: Any) -> None:
    cluster, store = Cluster(Path(__file__).parent), tmp_path / "searches.zarr"
    killed: list[int] = []

    def meddle(what: str, share: float) -> None:
        if what.startswith("1 of") and not killed:
            killed.append(cluster.workers[0].pid)
            cluster.workers[0].kill()

    model = DualRail(1, 0.5, dephasing=0.05)
    given = (model, ds.merit(ds.log_negativity, "A1", "B1"), {"squeezing": (0.05, 2.5)})
    try:
        found = ds.optimise(
            *given, starts=4, loss=0.0, store=store, scheduler=cluster.address, progress=meddle
        )
    finally:
        cluster.end()
    assert killed and found.status is Status.CONVERGED and not found.failed
    assert ds.open_sweep(store).status().counts == {"converged": 4}
    alone = ds.optimise(*given, starts=4, loss=0.0, store=store)  # all of it is there
    assert alone.knobs == found.knobs and ds.open_sweep(store).status().sessions == 1


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "empty": ({"bounds": {}}, "bounds"),
    "excluded": ({"bounds": {"drive": (1.0, 2.0)}}, r"bounds\['drive'\].*value of the model"),
    "reversed": ({"bounds": {"drive": (2.0, 1.0)}}, r"bounds\['drive'\]"),
    "unknown": ({"bounds": {"drives": (1.0, 2.0)}}, "bounds.*Did you mean 'drive'"),
    "seed": ({"bounds": {"seed": (0, 1)}}, "bounds"),
    "twice": ({"bounds": [Knob("drive", 0, 1), Knob("drive", 0, 2)]}, "bounds.*once"),
    "no number": ({"bounds": [Knob("refused", 0, 1)]}, "bounds.*real numbers"),
    "untied": ({"bounds": [Knob("x", -1, 1, sets={"drive": 1, "decay": 1})]}, "tied values"),
    "label": ({"merit": ds.merit(ds.purity, "Q")}, "merit: purity.*known subsystem"),
    "no labels": ({"merit": ds.purity}, "merit.*labels"),
    "no merit": ({"merit": 3.0}, "merit"),
    "no merits": ({"merit": []}, "merit"),
    "constraint": ({"constraints": [COHERENCE]}, r"constraints\[0\]"),
    "choice": ({"choices": {"decais": [1.0]}}, "choices"),
    "no option": ({"choices": {"decay": []}}, "choices"),
    "imperfection": ({"imperfections": Imperfections({"drift": 0.1})}, "imperfections"),
    "method": ({"method": "Newton"}, "method"),
    "starts": ({"starts": 0}, "starts"),
    "store": ({"workers": 2}, "store"),
    "model": ({"model": DrivenQubit().system()}, "bounds|model"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(name: str) -> None:
    changed, message = WRONG[name]
    given: dict[str, Any] = {"model": DrivenQubit(), "merit": COHERENCE, "bounds": DRIVE} | changed
    model, merit, bounds = (given.pop(key) for key in ("model", "merit", "bounds"))
    with pytest.raises(ArgumentError, match=message):
        ds.optimise(model, merit, bounds, **given)


def test_wrong_constraints_and_imperfections() -> None:
    for wrong in ({}, {"minimum": 0.1, "maximum": 0.2}, {"minimum": "much"}):
        with pytest.raises(ArgumentError):
            Constraint(COHERENCE, **wrong)
    for given in ({}, {"absolute": {"drive": -1.0}}, {"relative": {"drive": 0.1}, "samples": 1}):
        with pytest.raises(DarkstateError):
            Imperfections(**given)


@pytest.mark.slow
def test_the_drive_that_leaves_the_weakest_of_three_atom_pairs_most() -> None:
    """zippilli2013, figure "atoms": on its grid nbar = 0.22 with 0.601 ebit."""
    model = CavityAtomChains(3, 1.0, 0.01, 0.01, ds.SqueezedDrive(nbar=1.0), effective=True)
    pairs = [ds.merit(ds.log_negativity, f"a{j}", f"b{j}") for j in (1, 2, 3)]
    found = ds.optimise(model, pairs, {"drive.nbar": (0.02, 3.0, "log")}, starts=2, loss=0.0)
    assert found.status is Status.CONVERGED
    assert 0.6015 < found.value < 0.6025
    assert found.knobs["drive.nbar"] == pytest.approx(0.197, abs=0.003)


@pytest.mark.slow
def test_the_best_squeezing_of_dephased_spins() -> None:
    """zippilli2013, figure "spins": on its grid 0.720, 0.636, 0.646 at nbar = 0.32, 0.25, 0.25."""
    for j, grid in enumerate((0.720, 0.636, 0.646), 1):
        merit = ds.merit(ds.log_negativity, f"A{j}", f"B{j}")
        bounds = {"drive.nbar": (0.02, 3.0, "log")}
        found = ds.optimise(SpinChains(3, dephasing=0.01), merit, bounds, starts=1, loss=0.0)
        assert found.status is Status.CONVERGED
        assert grid - 5e-4 <= found.value < grid + 2e-3


def test_a_pareto_front_is_what_one_merit_costs_of_another() -> None:
    """With P = W^2/(1 + 2 W^2) the coherence is 2 sqrt(P (1 - 2 P)), largest at P = 1/4."""
    found = pareto(DrivenQubit(), [COHERENCE, POPULATION], DRIVE, points=2, starts=1)
    table = found.table()
    P = table[found.merits[1]].values
    assert list(P) == pytest.approx([0.25, 25 / 51], abs=2e-4)
    assert table[found.merits[0]].values == pytest.approx(2 * np.sqrt(P * (1 - 2 * P)), abs=1e-5)
    assert not table.dominated.values.any() and set(table.status.values) == {"converged"}
    with pytest.raises(ArgumentError, match="be two"):
        pareto(DrivenQubit(), [COHERENCE], DRIVE)


@pytest.mark.slow
def test_a_pareto_front_is_stored_and_gone_on_with(tmp_path: Any) -> None:
    given = DrivenQubit(), [COHERENCE, POPULATION], DRIVE
    store = tmp_path / "front.zarr"
    first = pareto(*given, points=3, starts=1, store=store)
    records = len(ds.open_sweep(store).scan().records)
    assert pareto(*given, points=3, starts=1, store=store).points == first.points
    assert len(ds.open_sweep(store).scan().records) == records


def test_merits_of_one_name_keep_their_own_weights() -> None:
    """Of the excited and the ground state the first is always the less likely one."""
    up, down = (PureState.basis(("q",), (2,), {"q": k}) for k in (0, 1))
    found = best([ds.merit(ds.fidelity, up), ds.merit(ds.fidelity, down)])
    assert found.status is Status.CONVERGED and len(found.merits) == 2
    assert sum(found.merits.values()) == pytest.approx(1.0)
    assert found.value == pytest.approx(25 / 51, abs=1e-6)
    weights = [w for name, w in found.multipliers.items() if name.startswith("fidelity")]
    assert weights == pytest.approx([1.0])  # the other one is not active


def rungs(pairs: int) -> tuple[DualRail, Knob]:
    """Agusti et al. (2023), figure 4d: a ladder of detunings, by its step."""
    steps = tuple(float(i) for i in range(pairs))
    other = tuple(-d for d in steps)
    rails = DualRail(
        pairs, 1.0, detunings_a=steps, detunings_b=other, bandwidth=20.0, dephasing=0.01
    )
    sets = {f"detunings_a[{i}]": i for i in range(1, pairs)}
    sets |= {f"detunings_b[{i}]": -i for i in range(1, pairs)}
    return rails, Knob("step", 0.3, 10.0, "log", sets=sets)


@pytest.mark.slow
@pytest.mark.parametrize("pairs", [2, 4])
def test_the_best_step_of_detunings_behind_a_source_of_finite_bandwidth(pairs: int) -> None:
    """Figure 4d; of four pairs the claims have 1.91 by a parabola through 1.5, 2 and 3."""
    rails, step = rungs(pairs)
    engine: Any = ds.engines.Lindblad(edge=1e-3, rtol=1e-7)
    if pairs == 4:
        engine = ds.engines.Cascade(rtol=1e-4, dimension=64, tolerance=0.5)
    merit = ds.merit(ds.concurrence, f"A{pairs}", f"B{pairs}")
    found = ds.optimise(rails, merit, [step], starts=1, method="bounded", engine=engine, loss=0.0)
    assert found.status is Status.CONVERGED and found.cost.solves <= 10
    known = {2: (3.77, 0.781), 4: (1.91, 0.710)}[pairs]
    assert found.knobs["step"] == pytest.approx(known[0], rel=0.05)
    assert abs(found.value - known[1]) <= found.value.error + 5e-4


def test_one_knob_by_few_solutions() -> None:
    bounds = {"drive": (0.05, 5.0, "log")}
    found = best(COHERENCE, method="bounded", bounds=bounds, model=DrivenQubit(0.06))
    assert found.status is Status.CONVERGED and found.cost.solves <= 16
    assert found.knobs["drive"] == pytest.approx(math.sqrt(0.5), rel=0.03)
    assert abs(found.value - math.sqrt(0.5)) <= found.value.error
    slope = (1 - 2 * found.knobs["drive"] ** 2) * 2 / (1 + 2 * found.knobs["drive"] ** 2) ** 2
    assert abs(found.gradient["drive"] - slope) <= found.gradient["drive"].error
    bounds = {"drive": (0.05, 0.6)}
    least = best(COHERENCE, method="bounded", minimise=True, bounds=bounds)  # with slopes
    assert least.knobs == {"drive": 0.05} and least.active == ("lower bound of drive",)
    with pytest.raises(ArgumentError, match="one knob"):
        best(COHERENCE, method="bounded", bounds={"drive": (0.05, 5), "decay": (0.5, 2)})
