"""Objects of a wrong kind are refused at the border by name, never by a library's own error.

The attack (`tests/attack`) tries them at every argument of everything public; here is one call of
each kind that was mended.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray as xr

import darkstate as ds
from darkstate import checks, engines, experiments, plots, repeaters, sweeps
from darkstate.errors import ArgumentError, CapacityError
from darkstate.states import EnsembleState, GaussianState, PureState, SpinMoments
from darkstate.systems import (
    Component,
    GaussianField,
    Mode,
    OperatorSum,
    cavity,
    destroy,
    squeezed_jumps,
    total,
)

FIELDS = GaussianState.two_mode_squeezed(("A1", "B1"), 0.5)
LINE = xr.DataArray([0.1, 0.2], {"loss": [0.1, 0.2]}, ("loss",), "E")
PLANE = xr.DataArray(np.eye(2), {"loss": [0.1, 0.2], "rate": [1.0, 2.0]}, ("loss", "rate"), "E")

A = Mode("A1")
CAVITY = cavity(A, 1.0)
ONE: Any = np.eye(1)
K: Any = np.arange(5)
ATOMS = EnsembleState.identical_atoms("E", 2)


def _ensemble(**changed: Any) -> Any:
    return dataclasses.replace(ATOMS, **changed)


def _jumps(name: Any) -> Any:
    return squeezed_jumps(destroy(A), destroy(Mode("B1")), 1.0, 1.0, name=name)


def given(value: Any) -> Any:
    """`value`, for arguments that may be left out with None: then a number."""
    return 0 if value is None else value


def unless(value: Any, right: Any) -> Any:
    """`value`, unless it is the one that is right here: then bytes."""
    return b"x" if value == right else value


CHECKS: dict[str, tuple[Callable[[Any], Any], Any, tuple[Any, ...]]] = {
    "flag": (lambda v: checks.check_flag("x", v), np.bool_(True), (0, "x", None, np.ones(2))),
    "text": (lambda v: checks.check_text("x", v, "Name it."), "a", (None, b"a", 1, "a\0b")),
    "callable": (lambda v: checks.check_callable("x", v, "Write one."), len, (None, "x", int)),
}

CALLS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "save": ("figure", lambda v: plots.save(v, "nothing")),
    "save_panel": ("draw", lambda v: plots.save_panel("nothing", v, xr.Dataset())),
    "width": ("width", lambda v: plots.sweep_map(PLANE, width=v)),
    "sweep_curve": ("data", plots.sweep_curve),
    "sweep_map": ("data", plots.sweep_map),
    "doubtful": ("doubtful", lambda v: plots.sweep_map(PLANE, doubtful=given(v))),
    "sweep_points": ("varied", lambda v: plots.sweep_points(LINE, v)),
    "sweep_picture": ("table", plots.sweep_picture),
    "time_evolution": ("table", plots.time_evolution),
    "pair_curve_plot": ("curves", plots.pair_curve_plot),
    "entanglement_map": ("table", plots.entanglement_map),
    "network": ("measure", lambda v: plots.network(FIELDS, v)),
    "layout": ("layout['A1']", lambda v: plots.network(FIELDS, layout={"A1": v, "B1": v})),
    "axis_label": ("data", plots.axis_label),
    "legend_above": ("axes", plots.legend_above),
    "many": ("pairs", lambda v: ds.log_negativity.many(FIELDS, v)),
    "couplings": ("couplings", lambda v: Component(ONE, v)),
    "scattering": ("scattering", lambda v: Component(unless(v, 1j), (destroy(A),))),
    "hamiltonian": ("hamiltonian", lambda v: Component(ONE, (destroy(A),), v)),
    "component spaces": ("spaces", lambda v: Component(ONE, (destroy(A),), spaces=v)),
    "ports": ("ports", lambda v: Component(ONE, (destroy(A),), ports=v)),
    "port": ("port", CAVITY.port),
    "inputs": ("inputs", lambda v: CAVITY.open_system({"A1": v})),
    "all inputs": ("inputs", lambda v: CAVITY.open_system(given(v))),
    "field monitors": ("monitors", lambda v: CAVITY.open_system(monitors=v)),
    "GaussianField": ("number", lambda v: GaussianField(unless(v, 1j))),
    "OperatorSum": ("terms", lambda v: OperatorSum(given(v))),
    "total": ("operators", total),
    "squeezed_jumps": ("name", lambda v: _jumps(unless(v, "x"))),
    "write_records": ("records", lambda v: experiments.write_records(v, "records.csv")),
    "ExperimentRecords": ("setup", lambda v: experiments.ExperimentRecords(v, {})),
    "Series": ("pulses", lambda v: experiments.Series("s", "vacuum", v, 4)),
    "Setup": ("series", lambda v: experiments.Setup(v, 0.8)),
    "stepwise": ("interface", lambda v: experiments.stepwise_variances(v, 0.8, 0.1, 3)),
    "axis names": ("names", lambda v: sweeps.Axis("loss", v, ((0.1,),))),
    "axis rows": ("rows", lambda v: sweeps.Axis("loss", ("loss",), (v,))),
    "binomial atoms": ("atoms", lambda v: repeaters.binomial_amplitudes(v, K)),
    "binomial k": ("k", lambda v: repeaters.binomial_amplitudes(4, v)),
    "sx k": ("k", lambda v: repeaters.sx_amplitudes(4, 1, v)),
    "sx q": ("outcomes", lambda v: repeaters.sx_amplitudes(4, v, K)),
    "phase t": ("t", lambda v: repeaters.phase_products(v, K)),
    "phase d": ("d", lambda v: repeaters.phase_products(0.4, v)),
    "dicke_window": ("c", lambda v: repeaters.dicke_window(4, v)),
    "tail_weight": ("window", lambda v: repeaters.tail_weight(4, v)),
    "tolerance": ("tolerance", repeaters.automatic_window),
    "link_spectrum": ("time", lambda v: repeaters.link_spectrum(4, v, K)),
    "amplitudes": ("offset", lambda v: repeaters.amplitude_matrix(4, 0.4, K, (1,), v)),
    "outcomes": ("outcomes", lambda v: repeaters.outcome_probability(4, 0.4, v)),
    "nodes": ("nodes", lambda v: repeaters.success_probability(v, 4, 0.4)),
    "times": ("times", lambda v: repeaters.lattice_curve(200, v)),
    "progress": ("progress", lambda v: repeaters.lattice_curve(200, [0.4], progress=v)),
    "patch": ("patch", lambda v: repeaters.lattice_density(200, 0.4, patch=given(v))),
    "limit": ("limit", lambda v: repeaters.lattice_density(200, 0.4, limit=v)),
    "members": ("members", lambda v: _ensemble(members=v)),
    "sizes": ("sizes", lambda v: _ensemble(sizes=v)),
    "pair_curve": ("pairs", lambda v: ds.pair_curve(FIELDS, ds.log_negativity, given(v))),
}

WRONG: dict[str, Any] = {"None": None, "text": "x", "object": object(), "complex": 1j}


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_lets_its_kind_through_and_refuses_others(name: str) -> None:
    check, right, wrong = CHECKS[name]
    assert check(right) is right or check(right) == right
    for value in wrong:
        with pytest.raises(ArgumentError, match="`x` must be"):
            check(value)


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_object_is_refused_with_the_name_of_its_argument(name: str) -> None:
    argument, call = CALLS[name]
    for value in WRONG.values():
        with pytest.raises(ArgumentError) as refused:
            call(value)
        assert refused.value.name.startswith(argument)
        assert refused.value.remedy


def test_marks_have_the_dimensions_of_their_data() -> None:
    with pytest.raises(ArgumentError, match="doubtful"):
        plots.sweep_map(PLANE, doubtful=PLANE[:1] > 0)


def test_points_have_parameters_of_their_own_number() -> None:
    with pytest.raises(ArgumentError, match="varied"):
        plots.sweep_points(LINE, [LINE[:1]])


def test_data_of_text_are_not_drawn() -> None:
    with pytest.raises(ArgumentError, match="hold real numbers"):
        plots.sweep_curve(LINE.astype(str))


def test_figures_have_room_for_axes() -> None:
    for width in (2, 1e6):
        with pytest.raises(ArgumentError, match="width"):
            plots.sweep_map(PLANE, width=width)
    for height in (1, 1e9):
        with pytest.raises(ArgumentError, match="height"):
            plots.save_panel("nothing", lambda axes, data: None, xr.Dataset(), height=height)


def test_a_picture_has_a_name_of_its_own() -> None:
    with pytest.raises(ArgumentError, match="name a file"):
        plots.save(plots.sweep_curve(LINE), ".")


def test_numbers_are_whole_where_they_count() -> None:
    for wrong in (np.array([0.5]), np.array([np.nan]), np.array([1e300])):
        with pytest.raises(ArgumentError, match="whole numbers"):
            _ensemble(sizes=wrong)
    with pytest.raises(ArgumentError, match="atoms"):
        repeaters.tail_weight(10**400, K)


def test_a_name_too_long_for_a_result_is_refused() -> None:
    with pytest.raises(ArgumentError, match="path"):
        ds.load_result("x" * 5000)


def test_a_pair_is_two_labels() -> None:
    with pytest.raises(ArgumentError, match=r"pairs\[0\]"):
        ds.pair_curve(FIELDS, ds.log_negativity, [("A1",)])  # type: ignore[list-item]


HUGE = 10**400

SIZES: dict[str, tuple[str, Callable[[], Any]]] = {
    "nodes": ("nodes", lambda: repeaters.lattice_entropy(1000, 0.4, HUGE)),
    "long chain": ("nodes", lambda: ds.models.EnsembleRepeater(10**6, 10, 0.4)),
    "time": ("time", lambda: repeaters.lattice_entropy(1000, HUGE)),
    "classify": ("atoms", lambda: repeaters.classify(0.4, HUGE)),
    "samples": ("samples", lambda: repeaters.sample_outcomes(3, 10, 0.4, HUGE)),
    "factor": ("factor", lambda: HUGE * destroy(A)),
    "vector": ("vector", lambda: PureState(("a",), (2,), [HUGE, 0])),
    "steps": (
        "steps",
        lambda: experiments.stepwise_variances(
            experiments.LightInterface(1.0, 1.0), 0.8, 0.1, 10**9
        ),
    ),
    "squeezing": ("squeezing", lambda: GaussianState.two_mode_squeezed(("a", "b"), 1e9)),
    "Dicke number above": ("k", lambda: repeaters.log_binomial_amplitudes(4, [5])),
    "Dicke number below": ("k", lambda: repeaters.log_binomial_amplitudes(4, [-1])),
    "broken Dicke number": ("k", lambda: repeaters.log_binomial_amplitudes(4, [0.5])),
    "infinite d": ("d", lambda: repeaters.phase_products(0.4, [np.inf])),
    "large d": ("d", lambda: repeaters.phase_products(0.4, [1e17])),
    "ragged times": ("time", lambda: ds.models.EnsembleRepeater(3, 10, [[0.1], [0.2, 0.3]])),  # type: ignore[list-item]
    "ragged atoms": (
        "atoms",
        lambda: SpinMoments(("a",), [[1], [2, 3]], np.zeros(3), np.eye(3)),  # type: ignore[arg-type]
    ),
    "squeezed drive": ("squeezing", lambda: ds.SqueezedDrive.from_squeezing(1.0, 1e17)),
    "squeezed levels": ("squeezing", lambda: ds.models.AtomicLevels(0.1, 10.0, 1.0, 1e9, 0.1)),
    "loss": ("loss", lambda: ds.models.EnsembleRepeater(3, 10, 0.4, loss=HUGE)),
    "label": ("labels", lambda: ds.log_negativity(FIELDS, 10**5000, "B1")),  # type: ignore[arg-type]
    "choice": ("unravelling", lambda: engines.Trajectories(unravelling=10**5000)),  # type: ignore[arg-type]
    "port": ("port", lambda: CAVITY.port(10**5000)),  # type: ignore[arg-type]
    "ragged values": ("values", lambda: _ensemble(values=[[1], [1, 2]])),
    "no blocks": ("blocks", lambda: EnsembleState.from_matrix("E", 2, {})),
    "axis": ("name", lambda: sweeps.linspace(10**5000, 0.1, 1.0, 3)),  # type: ignore[arg-type]
    "seed": ("seed", lambda: engines.Trajectories(seed=-1)),
    "no seed": ("seed", lambda: engines.Trajectories(seed=1.0)),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", SIZES)
def test_sizes_that_nothing_has_are_refused_by_name(name: str) -> None:
    argument, call = SIZES[name]
    with pytest.raises(ArgumentError) as refused:
        call()
    assert refused.value.name.startswith(argument)


def test_a_number_that_has_no_text_is_refused_all_the_same() -> None:
    with pytest.raises(ArgumentError, match="without a text"):
        checks.check_integer("x", 10**5000)


def test_cutoffs_of_numpy_are_plain_numbers() -> None:
    assert type(engines.Lindblad(cutoff=np.int64(4)).cutoff) is int
    by_mode = engines.Trajectories(cutoff={"a": np.int64(4)}).cutoff
    assert isinstance(by_mode, dict) and type(by_mode["a"]) is int


def test_seeds_are_as_large_as_they_like() -> None:
    assert engines.Trajectories(seed=2**100).seed == 2**100


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: repeaters.sample_outcomes(3, 10, 0.4, 10**15), "samples"),
        (lambda: repeaters.lattice_entropy(1000, 0.4, 10**5), "lattice"),
        (lambda: EnsembleState.from_matrix("E", 10**12, {0: np.eye(1)}), "atoms"),
    ],
)
def test_what_cannot_fit_is_refused_before_it_is_made(call: Callable[[], Any], what: str) -> None:
    with pytest.raises(CapacityError, match=f"`{what}` would need"):
        call()
