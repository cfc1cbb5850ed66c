"""What is called: every public function and class, each with valid, small arguments.

A target is a call with named arguments; the attack replaces one of them by something wrong. Classes
of models and of engines are not only made but also solved with, for what a constructor lets through
must not fail later.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import darkstate as ds
from darkstate import engines, experiments, models, plots, repeaters, states, sweeps, systems
from darkstate.models import AtomicEnsembles, CavityChains, DualRail, SpinChains
from darkstate.states import DensityState, EnsembleState, GaussianState, PureState, SpinMoments
from darkstate.systems import Jump, Mode, Qubit, sigma_minus, sigma_x

A, B, P, Q = Mode("A1"), Mode("B1"), Qubit("A1"), Qubit("B1")
DECAY = Jump(sigma_minus(P), 1.0, "decay")
QUBIT = systems.OpenSystem((P,), 0.3 * sigma_x(P), (DECAY,))
LOSSY = CavityChains(1, loss=0.1)
FIELDS = GaussianState.two_mode_squeezed(("A1", "B1"), 0.5)
BELL = PureState(("A1", "B1"), (2, 2), np.array([1, 0, 0, 1]) / np.sqrt(2))
MIXED = DensityState.from_pure(BELL)
ATOMS = EnsembleState.identical_atoms("E", 2)
CHANNEL = systems.cavity(A, 1.0)
ATOM = systems.Levels("atom", ("g", "e", "r"))


@dataclass(frozen=True)
class Target:
    """One call.

    Args:
        name: what is called, as a user writes it.
        call: takes the arguments by name.
        valid: arguments with which it works.
        varied: the names of arguments to replace.
    """

    name: str
    call: Callable[..., Any]
    valid: dict[str, Any]
    varied: tuple[str, ...]


def positional(function: Callable[..., Any], *order: str) -> Callable[..., Any]:
    """A function that takes what follows ``*`` by names: for `systems.total`, measures, ..."""

    def call(**given: Any) -> Any:
        leading = [given.pop(name) for name in order if name in given]
        return function(*leading, **given)

    return call


def method(name: str) -> Callable[..., Any]:
    """A method as a function of `self`, which is not varied."""

    def call(self: Any, **given: Any) -> Any:
        return getattr(self, name)(**given)

    return call


def solving(kind: type) -> Callable[..., Any]:
    """A model made and solved."""
    return lambda **given: ds.solve(kind(**given))


def engaging(kind: Any, task: Callable[[Any], Any]) -> Callable[..., Any]:
    """An engine made and used."""
    return lambda **given: task(kind(**given))


def _models() -> Iterator[tuple[str, Any, dict[str, Any]]]:
    valid: dict[str, dict[str, Any]] = {
        "AtomicEnsembles": {"atoms": 2, "squeezing": 0.3},
        "CavityAtomChains": {"sites": 1, "effective": True},
        "CavityChains": {"sites": 2, "loss": 0.1},
        "DualRail": {"pairs": 1, "squeezing": 0.3},
        "EnsembleRepeater": {"nodes": 3, "atoms": 4, "time": 0.4},
        "ParametricPair": {},
        "SpinChains": {"sites": 1},
    }
    for name, given in valid.items():
        yield f"solve({name})", solving(getattr(models, name)), given
    levels = {"loss": 0.1, "optical_depth": 5.0, "emission": 1.0, "squeezing": 0.3, "noise": 0.1}
    yield "AtomicLevels", lambda **v: models.AtomicLevels(**v).evolve([0.0, 1.0]), levels
    for name in ("SqueezedDrive", "ParametricDrive"):
        kind = getattr(models, name)
        yield (
            f"solve(drive={name})",
            lambda kind=kind, **v: ds.solve(CavityChains(1, loss=0.1, drive=kind(**v))),
            {},
        )
    bath = models.DrudeBath()
    yield (
        "solve(baths=DrudeBath)",
        lambda **v: ds.solve(models.ParametricPair(baths=(models.DrudeBath(**v), bath))),
        {},
    )
    yield "SqueezedDrive.from_squeezing", models.SqueezedDrive.from_squeezing, {}
    ensembles = AtomicEnsembles(2, 0.3)
    yield "AtomicEnsembles.polarised", ensembles.polarised, {}
    yield (
        "AtomicEnsembles.large_atoms_evolution",
        ensembles.large_atoms_evolution,
        {"times": [0.0, 1.0]},
    )


def _engines() -> Iterator[tuple[str, Any, dict[str, Any]]]:
    qubit, spins = QUBIT, SpinChains(1)
    tasks: dict[str, tuple[dict[str, Any], Callable[[Any], Any]]] = {
        "Cascade": ({"dimension": 8}, lambda e: ds.steady_state(DualRail(2, 0.3), e)),
        "Collective": ({}, lambda e: ds.steady_state(AtomicEnsembles(2, 0.3), e)),
        "Gaussian": ({}, lambda e: ds.steady_state(LOSSY, e)),
        "Lindblad": ({}, lambda e: ds.steady_state(spins, e)),
        "Moments": ({}, lambda e: ds.steady_state(AtomicEnsembles(50, 0.3), e)),
        "Trajectories": (
            {"trajectories": 4, "seed": 1},
            lambda e: ds.evolve(qubit, [0.0, 0.1], engine=e),
        ),
    }
    for name, (given, task) in tasks.items():
        yield f"engines.{name}", engaging(getattr(engines, name), task), given
    chain = models.EnsembleRepeater(3, 4, 0.4)
    dephased = models.EnsembleRepeater(3, 4, 0.4, dephasing=0.1)
    yield "repeaters.Exact", engaging(repeaters.Exact, lambda e: ds.solve(chain, e)), {}
    yield "repeaters.Dephased", engaging(repeaters.Dephased, lambda e: ds.solve(dephased, e)), {}


def _frontdoor() -> Iterator[tuple[str, Any, dict[str, Any]]]:
    times, ground = [0.0, 0.5], PureState.basis(("A1",), (2,))
    evolve = {"model": QUBIT, "times": times, "initial": ground, "measures": {"p": ds.purity}}
    yield "evolve", ds.evolve, evolve
    yield "steady_state", ds.steady_state, {"model": LOSSY}
    yield "steady_states", ds.steady_states, {"model": LOSSY, "loss": [0.1, 0.2]}
    yield "solve", ds.solve, {"model": LOSSY}
    yield "explain", ds.explain, {"model": LOSSY}
    yield "preparation_time", ds.preparation_time, {"model": DualRail(1, 0.3), "tolerance": 0.01}
    monitor = ds.Monitor("A1 loss")
    yield "conditional_state", positional(ds.conditional_state, "model", "monitor"), {
        "model": LOSSY, "monitor": monitor,
    }  # fmt: skip
    yield "observe", positional(ds.observe, "model", "times", "monitor"), {
        "model": LOSSY, "times": [0.0, 0.1, 0.2], "monitor": monitor,
    }  # fmt: skip
    yield "output_states", ds.output_states, {
        "model": LOSSY, "channels": ["A1 loss"], "frequencies": [0.0, 1.0],
    }  # fmt: skip
    yield (
        "Monitor",
        lambda **v: ds.conditional_state(LOSSY, ds.Monitor(**v)),
        {"channel": "A1 loss"},
    )
    yield "OpenSystem", lambda **v: ds.steady_state(ds.OpenSystem(**v)), {
        "spaces": (P,), "hamiltonian": 0.3 * sigma_x(P), "jumps": (DECAY,), "monitors": (),
    }  # fmt: skip


def _measures() -> Iterator[tuple[str, Any, dict[str, Any]]]:
    one, two = ("entropy", "purity"), (
        "log_negativity", "negativity", "mutual_information", "epr_variance", "steering", "chsh",
        "concurrence", "entanglement_of_formation", "teleportation_fidelity", "epr_spin_variance",
    )  # fmt: skip
    gaussian = ("log_negativity", "mutual_information", "epr_variance", "steering", "entropy",
                "purity")  # fmt: skip
    spins = SpinMoments.polarised(("A1", "B1"), (9, 9), (1.0, -1.0))
    for name in (*one, *two):
        order = ("state", "first") if name in one else ("state", "first", "second")
        state = FIELDS if name in gaussian else (spins if "spin" in name else MIXED)
        labels = {"first": "A1", "second": "B1"}
        given = {key: labels[key] for key in order[1:]}
        yield name, positional(getattr(ds, name), *order), {"state": state, **given}
    yield "fidelity", ds.fidelity, {"state": MIXED, "target": BELL}
    yield "ppt_test", ds.ppt_test, {"state": MIXED, "labels": ["A1", "B1"]}
    yield "pair_table", ds.pair_table, {
        "state": FIELDS, "measure": ds.log_negativity, "rows": ["A1"], "columns": ["B1"],
    }  # fmt: skip
    yield "pair_curve", ds.pair_curve, {
        "state": FIELDS, "measure": ds.log_negativity, "pairs": [("A1", "B1")],
    }  # fmt: skip
    yield "log_negativity.many", ds.log_negativity.many, {"state": FIELDS, "pairs": [("A1", "B1")]}
    yield (
        "Result.save",
        ds.Result(FIELDS, ds.Report("x", "y", ds.Status.CONVERGED)).save,
        {"path": "result.zarr"},
    )
    yield "load_result", ds.load_result, {"path": "result.zarr"}


def _states() -> Iterator[tuple[str, Any, dict[str, Any]]]:
    bell, labels = np.array([1, 0, 0, 1]) / np.sqrt(2), ("A1", "B1")
    number, pair = FIELDS.number, FIELDS.anomalous
    dense = {"labels": labels, "dimensions": (2, 2)}
    yield "states.DensityState", DensityState, {**dense, "matrix": np.eye(4) / 4}
    yield "states.PureState", PureState, {**dense, "vector": bell}
    gaussian = {"labels": labels, "number": number, "anomalous": pair}
    yield "states.GaussianState", GaussianState, gaussian
    yield "states.GaussianBatch", states.GaussianBatch, {
        "labels": labels, "number": number[None], "anomalous": pair[None],
    }  # fmt: skip
    moments = FIELDS.pair_moments([("A1", "B1")])
    yield "states.PairwiseGaussianState", states.PairwiseGaussianState, {
        "labels": labels, "pairs": (("A1", "B1"),), "moments": moments,
    }  # fmt: skip
    fields = ("n_i", "n_j", "m", "c", "s_i", "s_j")
    yield "states.PairMoments", states.PairMoments, {n: getattr(moments, n) for n in fields}
    schmidt = {**dense, "coefficients": np.array([0.8, 0.6])}
    yield "states.SchmidtState", states.SchmidtState, schmidt
    ensemble = ("labels", "atoms", "dimensions", "members", "sizes", "values")
    yield "states.EnsembleState", EnsembleState, {n: getattr(ATOMS, n) for n in ensemble}
    spins = SpinMoments.polarised(labels, (9, 9), (1.0, -1.0))
    yield (
        "states.SpinMoments",
        SpinMoments,
        {n: getattr(spins, n) for n in ("labels", "atoms", "mean", "covariance")},
    )
    ends = ds.solve(models.EnsembleRepeater(3, 4, 0.4, dephasing=0.1)).state
    if isinstance(ends, states.DickePairState):
        kept = ("labels", "dimensions", "numbers", "weights", "damping", "kernel")
        yield "states.DickePairState", states.DickePairState, {n: getattr(ends, n) for n in kept}
    yield from _state_makers(labels)


def _state_makers(labels: tuple[str, str]) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    yield "GaussianState.vacuum", GaussianState.vacuum, {"labels": labels}
    yield "GaussianState.thermal", GaussianState.thermal, {"labels": labels, "photons": 0.5}
    yield "GaussianState.two_mode_squeezed", GaussianState.two_mode_squeezed, {
        "labels": labels, "squeezing": 0.5,
    }  # fmt: skip
    yield "GaussianState.from_covariance", GaussianState.from_covariance, {
        "labels": labels, "covariance": np.eye(4), "mean": np.zeros(4),
    }  # fmt: skip
    yield "DensityState.maximally_mixed", DensityState.maximally_mixed, {
        "labels": labels, "dimensions": (2, 2),
    }  # fmt: skip
    yield "DensityState.from_pure", DensityState.from_pure, {"state": BELL}
    yield "DensityState.product", positional(DensityState.product, "first", "second"), {
        "first": MIXED, "second": PureState.basis(("C",), (2,)),
    }  # fmt: skip
    yield "PureState.basis", PureState.basis, {
        "labels": labels, "dimensions": (2, 2), "excitations": {"A1": 1},
    }  # fmt: skip
    yield "EnsembleState.identical_atoms", EnsembleState.identical_atoms, {
        "label": "E", "atoms": 2, "bloch": (0.0, 0.0, -1.0),
    }  # fmt: skip
    yield "EnsembleState.from_matrix", EnsembleState.from_matrix, {
        "label": "E", "atoms": 2, "blocks": {2: np.eye(3) / 3},
    }  # fmt: skip
    yield "SpinMoments.polarised", SpinMoments.polarised, {
        "labels": labels, "atoms": (9, 9), "polarisation": (1.0, -1.0),
    }  # fmt: skip
    yield "SpinMoments.product", SpinMoments.product, {
        "labels": labels, "atoms": (9, 9), "bloch": ((0, 0, 1), (0, 0, -1)),
    }  # fmt: skip
    for name, state in (("Gaussian", FIELDS), ("Density", MIXED), ("Pure", BELL)):
        yield f"{name}State.reduced", state.reduced, {"labels": "A1"}
    for state in (MIXED, BELL):
        yield f"{type(state).__name__}.expectation", state.expectation, {
            "operator": np.eye(2), "labels": "A1",
        }  # fmt: skip
    yield "states.atom_by_atom", states.atom_by_atom, {"state": ATOMS}
    yield "states.from_atoms", states.from_atoms, {"state": MIXED, "ensembles": {"E": labels}}
    yield "states.operator_matrix", states.operator_matrix, {
        "operator": sigma_x(P), "spaces": (P,), "dimensions": None,
    }  # fmt: skip
    yield "systems.matrix_operator", systems.matrix_operator, {
        "spaces": (P,), "matrix": np.eye(2), "dimensions": None,
    }  # fmt: skip
    yield "systems.transition", systems.transition, {"atom": ATOM, "to": "e", "from_": "g"}
    yield "systems.projector", systems.projector, {"atom": ATOM, "level": "e"}
    yield "states.space_dimensions", states.space_dimensions, {"spaces": (A,), "dimensions": (3,)}


def _systems() -> Iterator[tuple[str, Any, dict[str, Any]]]:
    for name in ("Mode", "Qubit"):
        yield f"systems.{name}", getattr(systems, name), {"label": "A1"}
    for name in ("Spin", "Ensemble"):
        yield f"systems.{name}", getattr(systems, name), {"label": "A1", "atoms": 3}
    for name in ("all_traits", "cascade_order", "charges", "describe", "is_quadratic",
                 "linear_source", "permutation_symmetry", "quadratic_form"):  # fmt: skip
        system = LOSSY.system() if name == "quadratic_form" else QUBIT
        yield f"systems.{name}", getattr(systems, name), {"system": system}
    for name in ("create", "destroy", "number"):
        yield f"systems.{name}", getattr(systems, name), {"mode": A}
    for name in ("sigma_minus", "sigma_plus", "sigma_x", "sigma_y", "sigma_z"):
        yield f"systems.{name}", getattr(systems, name), {"qubit": P}
    for name in ("spin_minus", "spin_plus", "spin_x", "spin_y", "spin_z"):
        yield f"systems.{name}", getattr(systems, name), {"spin": systems.Spin("S", 3)}
    valid: dict[str, dict[str, Any]] = {
        "Jump": {"operator": sigma_minus(P)},
        "OperatorSum": {"terms": None},
        "SqueezedField": {"nbar": 1.0, "mbar": 0.5},
        "ThermalField": {"nbar": 1.0},
        "CoherentField": {"amplitude": 1.0},
        "delay_line": {"label": "way", "delay": 1.0},
        "delay_error": {"delay": 1.0, "modes": 3, "frequency": 0.5},
        "Levels": {"label": "A1", "levels": 3},
        "GaussianField": {"number": np.eye(2), "pair": np.eye(2)[::-1] / 2},
        "as_operator": {"value": 1.0},
        "beam_splitter": {"transmission": 0.5},
        "cavity": {"mode": A, "rate": 1.0},
        "emitter": {"qubit": P, "rate": 1.0},
        "gain_of": {"squeezing": 0.5, "decay": 1.0},
        "squeezing_of": {"gain": 0.1, "decay": 1.0},
        "loss_line": {"transmission": 0.5},
        "phase_shifter": {"phi": 0.5},
        "parametric_source": {"mode_a": A, "mode_b": B, "gain": 0.1, "decay": 1.0},
        "squeezed_jumps": {
            "operator_a": sigma_minus(P), "operator_b": sigma_minus(Q), "rate": 1.0, "nbar": 1.0,
        },
        "total": {"operators": [sigma_x(P), 1.0]},
        "two_sided_cavity": {"mode": A, "rate_left": 1.0, "rate_right": 1.0},
        "upstream": {"system": DualRail(2, 0.3).system(), "labels": "A1"},
        "Component": {"scattering": np.eye(1), "couplings": (sigma_minus(P),), "spaces": (P,)},
    }  # fmt: skip
    for name, given in valid.items():
        yield f"systems.{name}", getattr(systems, name), given
    yield "systems.concatenate", positional(systems.concatenate, "first", "second"), {
        "first": CHANNEL, "second": systems.cavity(B, 1.0),
    }  # fmt: skip
    yield "Component.port", CHANNEL.port, {"name": CHANNEL.ports[0]}
    yield "Component.open_system", CHANNEL.open_system, {"inputs": None, "monitors": ()}


def _repeaters() -> Iterator[tuple[str, Any, dict[str, Any]]]:
    k = np.arange(5)
    valid: dict[str, dict[str, Any]] = {
        "amplitude_matrix": {"atoms": 4, "time": 0.4, "k": k, "outcomes": (1,)},
        "automatic_window": {"tolerance": 1e-9},
        "binomial_amplitudes": {"atoms": 4, "k": k},
        "classify": {"time": 0.4, "atoms": 4},
        "dicke_window": {"atoms": 4, "c": 3.0},
        "entanglement_per_attempt": {"nodes": 3, "atoms": 4, "time": 0.4},
        "lattice_curve": {"atoms": 200, "times": [0.4], "nodes": 2},
        "lattice_density": {"atoms": 200, "time": 0.4},
        "lattice_entropy": {"atoms": 200, "time": 0.4},
        "lattice_log_negativity": {"atoms": 200, "time": 0.4},
        "lattice_probability": {"atoms": 200, "time": 0.4},
        "link_spectrum": {"atoms": 4, "time": 0.4, "k": k},
        "log_binomial_amplitudes": {"atoms": 4, "k": k},
        "magic_times": {"atoms": 4, "largest_denominator": 3},
        "outcome_probabilities": {"atoms": 4, "time": 0.4},
        "outcome_probability": {"atoms": 4, "time": 0.4, "outcomes": (1,)},
        "outcome_table": {"atoms": 4, "time": 0.4},
        "phase_products": {"t": 0.4, "d": k},
        "sample_outcomes": {"nodes": 3, "atoms": 4, "time": 0.4, "samples": 3, "seed": 1},
        "success_probability": {"nodes": 3, "atoms": 4, "time": 0.4},
        "sx_amplitudes": {"atoms": 4, "q": 1, "k": k},
        "tail_weight": {"atoms": 4, "window": 1.0},
        "three_node_log_negativity": {"atoms": 4, "time": 0.4},
        "three_node_probability": {"atoms": 4, "time": 0.4},
    }
    for name, given in valid.items():
        yield f"repeaters.{name}", getattr(repeaters, name), given


def _sweeps() -> Iterator[tuple[str, Any, dict[str, Any]]]:
    axis, ranges = sweeps.grid("loss", [0.1, 0.2]), {"loss": (0.1, 0.2)}
    model = CavityChains(1, loss=0.1)
    small = ds.Sweep(model, (axis,), ("purity",))
    valid: dict[str, dict[str, Any]] = {
        "grid": {"name": "loss", "values": [0.1, 0.2], "dim": "loss"},
        "linspace": {"name": "loss", "start": 0.1, "stop": 0.2, "points": 2},
        "geomspace": {"name": "loss", "start": 0.1, "stop": 0.2, "points": 2},
        "random_points": {"ranges": ranges, "points": 2},
        "sobol_points": {"ranges": ranges, "points": 2},
        "open_sweep": {"path": "no-such-store"},
        "Axis": {"dim": "loss", "names": ("loss",), "rows": ((0.1,), (0.2,))},
        "Sweep": {"model": model, "axes": (axis,), "outputs": ("purity",)},
        "Output": {"text": "purity", "kind": "measure", "head": "purity"},
        "sweep": {"sweep": small, "store": "store"},
    }
    for name, given in valid.items():
        yield f"sweeps.{name}", getattr(sweeps, name), given

    def listed(path: Any, **given: Any) -> Any:
        Path("points.csv").write_text("loss\n0.1\n0.2\n")
        return sweeps.csv_points(path, **given)

    def replay(sweep: Any = small, store: Any = None, point: Any = 0) -> Any:
        stored = ds.sweep(small, "stored")
        return sweeps.replay(sweep, stored if store is None else store, point)

    yield "sweeps.zip_axes", positional(sweeps.zip_axes, "first"), {"first": axis, "dim": "point"}
    yield "sweeps.csv_points", listed, {"path": "points.csv", "dim": "point"}
    yield "sweeps.replay", replay, {"point": 0}


def _experiments() -> Iterator[tuple[str, Any, dict[str, Any]]]:
    pulse = experiments.LightPulse("read", 0.0, 1.0, 3)
    face = experiments.LightInterface(0.3, 2.0)
    small = experiments.VirtualExperiment(bins=4, shots=8)
    records, more = small.run(seed=1), experiments.VirtualExperiment(bins=4, shots=12).run(seed=1)
    valid: dict[str, dict[str, Any]] = {
        "LightInterface": {"rate": 0.3, "coupling": 2.0},
        "LightPulse": {"name": "read", "start": 0.0, "stop": 1.0, "bins": 3},
        "Series": {"name": "s", "kind": "vacuum", "pulses": (pulse,), "shots": 4},
        "Setup": {"series": records.setup.series, "efficiency": 0.8},
        "ExperimentRecords": {"setup": records.setup, "currents": records.currents},
        "estimate": {"records": more, "groups": 5},
        "write_records": {"records": records, "path": "records.csv"},
        "stepwise_variances": {"interface": face, "efficiency": 0.8, "step": 0.1, "steps": 3},
    }
    for name, given in valid.items():
        yield f"experiments.{name}", getattr(experiments, name), given

    def read(path: Any) -> Any:
        experiments.write_records(records, "records.csv")
        return experiments.read_records(path)

    def run(**given: Any) -> Any:
        return experiments.VirtualExperiment(**given).run(seed=1)

    options = inspect.signature(experiments.VirtualExperiment).parameters
    known = {name: each.default for name, each in options.items()} | {"bins": 4, "shots": 8}
    yield "experiments.read_records", read, {"path": "records.csv"}
    yield "experiments.VirtualExperiment.run", run, known


def _plots() -> Iterator[tuple[str, Any, dict[str, Any]]]:
    import xarray as xr
    from matplotlib.figure import Figure

    table = ds.pair_table(FIELDS, ds.log_negativity)
    curve = ds.pair_curve(FIELDS, ds.log_negativity)
    axis = {"loss": [0.1, 0.2], "rate": [1.0, 2.0]}
    plane = xr.DataArray(np.eye(2), axis, ("loss", "rate"), "E")
    line = plane[0]
    cube = xr.DataArray(np.ones((2, 2, 2)), {**axis, "n": [1, 2]}, ("loss", "rate", "n"), "E")
    over = xr.Dataset({"E": ("time", [0.1, 0.2])}, {"time": [0.0, 1.0]})
    points = xr.DataArray([0.1, 0.2], dims=("point",), name="E")
    varied = [xr.DataArray([0.3, 0.4], dims=("point",), name="loss")]
    status = xr.full_like(line, "converged", dtype=object)
    swept = xr.Dataset({"E": line, "status": status})
    valid: dict[str, dict[str, Any]] = {
        "axis_label": {"data": line},
        "entanglement_map": {"table": table},
        "network": {"state": FIELDS},
        "pair_curve_plot": {"curves": curve},
        "save": {"figure": Figure(), "path": "picture"},
        "save_panel": {"path": "panel", "draw": lambda axes, data: None, "data": over},
        "sweep_columns": {"table": xr.Dataset({"E": line})},
        "sweep_curve": {"data": line},
        "sweep_map": {"data": plane},
        "sweep_panels": {"data": cube},
        "sweep_picture": {"table": swept},
        "sweep_points": {"data": points, "varied": varied},
        "time_evolution": {"table": over},
        "legend_above": {"axes": Figure().subplots()},
    }
    for name, given in valid.items():
        yield f"plots.{name}", getattr(plots, name), given


def _papers() -> Iterator[tuple[str, Any, dict[str, Any]]]:
    yield "papers.paper", ds.papers.paper, {"name": "li2026"}


def _certificates() -> Iterator[tuple[str, Any, dict[str, Any]]]:
    yield "certify", ds.certify, {"state": MIXED}
    yield "certify(modes)", ds.certify, {"state": FIELDS}
    found = ds.certify(MIXED)
    yield "measurement_plan", ds.certificates.measurement_plan, {"certificate": found}
    depth = {"atoms": 10, "variance": 1.0, "polarisation": 4.0}
    yield "entanglement_depth", ds.certificates.entanglement_depth, depth
    moments = {"labels": ["A1", "B1"], "covariance": FIELDS.covariance}
    yield "certify_moments", ds.certificates.certify_moments, moments
    yield "certify_marginals", ds.certificates.certify_marginals, {"marginals": [MIXED]}
    yield "noise_tolerance", ds.noise_tolerance, {"state": MIXED}


GROUPS = (_frontdoor, _models, _engines, _measures, _states, _systems, _repeaters, _sweeps,
          _experiments, _plots, _papers, _certificates)  # fmt: skip


def targets() -> list[Target]:
    """All calls; a new public function is entered in the group of its module."""
    found = []
    for group in GROUPS:
        for name, call, valid in group():
            names = dict.fromkeys(valid)
            kind = name.removeprefix("engines.").removeprefix("solve(").rstrip(")")
            kind = kind.split("=")[-1]
            for place in (call, getattr(models, kind, None), getattr(engines, kind, None)):
                if place is not None and not isinstance(place, type(np)):
                    names |= dict.fromkeys(_options(place))
            found.append(Target(name, call, valid, tuple(names)))
    return found


def _options(function: Any) -> list[str]:
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    named = [each for each in parameters if each.kind in kinds]
    return [each.name for each in named if each.name not in ("self", "kind", "given")]
