"""Many parameter sets at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate.checks import check_choice, check_reals
from darkstate.engines.capabilities import BatchTask, Outcome, SolvesBatches
from darkstate.engines.contract import Solution, ask, run
from darkstate.errors import ArgumentError, DarkstateError, EngineMismatchError, border
from darkstate.frontdoor.inputs import Model, as_open_system, described
from darkstate.frontdoor.selection import choose
from darkstate.results import Report, Result
from darkstate.systems.open_system import OpenSystem

if TYPE_CHECKING:
    import xarray as xr


@border("steady_states")
def steady_states(model: Model, **varied: Any) -> Result:
    """Steady states of one model for a batch of parameter values, solved together.

    Args:
        model: a ready model, or a dataclass of your own, whose fields are to vary.
        varied: for each varied field an array whose first axis runs over the batch:
            ``hopping=eta`` with eta of shape (B, N-1). In Gaussian models the fields must enter the
            generator linearly (frequencies, couplings and rates do).

    Returns:
        Of a Gaussian model a Result whose state is a `GaussianBatch`;
        ``log_negativity.many(state, pairs)`` has shape (B, P). Of qubits and spins a Result with
        one state a sample in ``states``, and in ``table``, over ``sample``, the varied fields of
        one number and the verdict on each: ``status``, ``error_estimate``, ``residual``,
        ``margin``, ``gap``. Its report has the worst of them.

    Raises:
        ArgumentError: no dataclass model, unknown field, no numbers or unequal batch lengths.
        EngineMismatchError: no engine solves batches of it, or a field does not enter linearly.
        NumericalError: a sample has no unique steady state.
    """
    batch = checked_batch(model, varied)
    solution = solve_batch(batch)
    if not solution.samples:
        return Result(solution.state, solution.report, model=described(model))
    solved = [_solved(outcome, k) for k, outcome in enumerate(solution.samples)]
    table = _verdicts(batch.arrays, [one.report for one in solved])
    states = tuple(one.state for one in solved)
    return Result(None, solution.report, table, described(model), states)


@dataclasses.dataclass(frozen=True, eq=False)
class Batch:
    """One model for many values of some of its fields.

    Args:
        model: a dataclass.
        arrays: values by field; the first axis runs over the samples.
    """

    model: Any
    arrays: Mapping[str, np.ndarray]

    @property
    def samples(self) -> np.ndarray:
        """All values of a sample in a row, (B, n)."""
        flat = [array.reshape(len(array), -1) for array in self.arrays.values()]
        return np.concatenate(flat, axis=1)

    def changed(self, sample: np.ndarray) -> Any:
        """The model with the values of a row, or with a mixture of rows."""
        pieces, start = {}, 0
        for name, array in self.arrays.items():
            size = int(np.prod(array.shape[1:]))
            piece = sample[start : start + size].reshape(array.shape[1:])
            pieces[name] = float(piece) if piece.ndim == 0 else piece
            start += size
        return dataclasses.replace(self.model, **pieces)

    def build(self, sample: np.ndarray) -> OpenSystem:
        """Its system."""
        return as_open_system(self.changed(sample))


def checked_batch(model: Any, varied: Mapping[str, Any]) -> Batch:
    """The batch that a user asks for.

    Raises:
        ArgumentError: as of `steady_states`; or the model refuses a sample.
    """
    if not dataclasses.is_dataclass(model) or isinstance(model, type):
        remedy = "Use one of darkstate.models, or make your own model a dataclass."
        raise ArgumentError("model", "be a model with fields to vary", model, remedy)
    fields = [field.name for field in dataclasses.fields(model)]
    arrays = {}
    for name, values in varied.items():
        check_choice("varied", name, fields)
        _check_may_vary(model, name)
        rule, remedy = "be an array of real numbers", "Give an array of shape (batch, ...)."
        arrays[name] = check_reals(name, values, rule=rule, remedy=remedy)
    sizes = {name: array.shape[0] if array.ndim else 0 for name, array in arrays.items()}
    if len(set(sizes.values())) != 1 or 0 in sizes.values():
        raise ArgumentError(
            "varied", "have one common batch length", sizes, "Give arrays of shape (batch, ...)."
        )
    batch = Batch(model, arrays)
    for sample in batch.samples:  # solved from a few of them; the model refuses the others
        batch.changed(sample)
    return batch


def solve_batch(batch: Batch) -> Solution:
    """The answer of the engine that would solve the first sample alone.

    Raises:
        EngineMismatchError: that engine solves no batches.
    """
    samples = batch.samples
    return _together(batch.build(samples[0]), BatchTask(build=batch.build, samples=samples))


def solve_models(models: Sequence[Model | OpenSystem]) -> list[Result | DarkstateError]:
    """The results of several models, those of one form solved together; or why one has none.

    The engine that the first one would be solved by solves all of them.

    Raises:
        EngineMismatchError: that engine solves no batches.
        DarkstateError: no engine solves the first one.
    """
    systems = [as_open_system(model) for model in models]

    def build(sample: np.ndarray) -> OpenSystem:
        return systems[int(sample[0])]

    numbers = np.arange(len(systems), dtype=float)[:, None]
    solution = _together(systems[0], BatchTask(build=build, samples=numbers))
    return [
        outcome
        if isinstance(outcome, DarkstateError)
        else Result(outcome.state, outcome.report, model=described(model))
        for model, outcome in zip(models, solution.samples, strict=True)
    ]


def _together(system: OpenSystem, task: BatchTask) -> Solution:
    """A batch by the engine that would solve its first system alone.

    Raises:
        EngineMismatchError: that engine solves no batches.
    """
    engine = choose(system).engine
    if not isinstance(engine, SolvesBatches):
        raise EngineMismatchError(
            f"Such a system is solved by the engine '{engine.name}', which solves no batches.",
            "Solve the models one by one, or use darkstate.sweep.",
        )
    return run(engine, system, offer=ask(engine, system, task))


def _solved(outcome: Outcome, sample: int) -> Solution:
    """A sample that has a result.

    Raises:
        DarkstateError: it has none.
    """
    if isinstance(outcome, Solution):
        return outcome
    outcome.add_note(f"This is sample {sample} of the batch.")
    raise outcome


def _verdicts(arrays: Mapping[str, np.ndarray], reports: Sequence[Report]) -> xr.Dataset:
    """What is known of each sample, beside the fields of one number that vary."""
    import xarray as xr

    def column(name: str) -> tuple[str, np.ndarray]:
        found = [getattr(report, name) for report in reports]
        return "sample", np.array([np.nan if one is None else float(one) for one in found])

    numbers = ("error_estimate", "residual", "margin", "gap")
    data: dict[str, Any] = {name: column(name) for name in numbers}
    data["status"] = "sample", np.array([str(report.status) for report in reports])
    fields = {name: ("sample", each) for name, each in arrays.items() if each.ndim == 1}
    return xr.Dataset(data, coords={"sample": np.arange(len(reports)), **fields})


def _check_may_vary(model: Any, name: str) -> None:
    """That a field holds real numbers, not a whole number, a drive or the like.

    Raises:
        ArgumentError: it does not.
    """
    (annotation,) = (str(each.type) for each in dataclasses.fields(model) if each.name == name)
    value = getattr(model, name)
    remedy = "Solve the values one by one, or use darkstate.sweep."
    if annotation in ("int", "<class 'int'>"):
        rule = "vary real numbers only: a batch is solved between its samples"
        raise ArgumentError("varied", rule, f"{name}, a whole number", remedy)
    try:
        numbers = value is None or np.asarray(value).dtype.kind in "iuf"
    except ValueError:
        numbers = False
    if not numbers:
        rule = "vary real numbers only, which enter the generator linearly"
        raise ArgumentError("varied", rule, f"{name}, a {type(value).__name__}", remedy)
