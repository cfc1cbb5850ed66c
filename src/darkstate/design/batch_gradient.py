"""Gradients of a merit at every sample of a batch; `gradient` and `steady_states` in one.

Of a Gaussian model whose generator depends linearly on all that varies and on all that is
differentiated, the derivatives of the coefficients are the same in all samples, and the adjoint
equations of all samples are solved together. Others are solved one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate.design.coefficients import CoefficientSlope
from darkstate.design.differences import KinkError
from darkstate.design.gaussian_gradient import key_slopes, key_weights, nambu_derivative
from darkstate.design.gradient import coefficient_moves, gradient, slope_variables
from darkstate.design.merit import Merit
from darkstate.design.parameters import parameter_values
from darkstate.design.slope_sources import relative_error
from darkstate.design.slopes import Slope
from darkstate.engines import Gaussian
from darkstate.engines.gaussian.batch import BatchEquations
from darkstate.errors import EngineMismatchError, NumericalError, border
from darkstate.frontdoor.batches import Batch, checked_batch, solve_batch
from darkstate.frontdoor.inputs import Model
from darkstate.frontdoor.selection import choose

if TYPE_CHECKING:
    import xarray as xr

_SAME = 1e-10
"""Relative difference of derivatives of coefficients that are the same in two samples."""
_MIXTURES = 3


@border("gradients")
def gradients(
    model: Model, merit: Merit | Callable[[Any], float], parameters: str | Sequence[str],
    **varied: Any,
) -> xr.Dataset:  # fmt: skip
    """Derivatives of a merit by parameters of the model, for a batch of parameter values.

    Args:
        model: a ready model, or any dataclass with ``system()``.
        merit: as of `gradient`.
        parameters: names of fields, as of `gradient`; they may be among the varied ones.
        varied: for each varied field an array whose first axis runs over the batch, as of
            `steady_states`: ``loss=np.geomspace(1e-3, 1, 50)``.

    Returns:
        `xarray.Dataset` over ``sample``: what `gradient` returns, with the samples as the first
        dimension, and ``value``, the merit of each.

    Raises:
        ArgumentError: as of `gradient` and `steady_states`.
        NumericalError: a sample has no unique steady state, or no finite slope.
    """
    import xarray as xr

    batch = checked_batch(model, varied)
    values = parameter_values(batch.changed(batch.samples[0]), parameters)
    found = _together(batch, merit, list(values))
    if found is None:
        return _one_by_one(batch, merit, list(values))
    merits, slopes = found
    data: dict[str, Any] = {"value": ("sample", np.array(merits))}
    for name, array in values.items():
        rows = [slope_variables(name, array.shape, each[: array.size]) for each in slopes]
        slopes = [each[array.size :] for each in slopes]
        data |= _stacked(rows)
    return xr.Dataset(data, attrs={"merit": repr(merit)})


def _together(
    batch: Batch, merit: Any, names: list[str]
) -> tuple[list[float], list[list[Slope]]] | None:
    """Merits and slopes of all samples; None where they are not solved together."""
    samples = batch.samples
    if not isinstance(merit, Merit):
        return None
    if not isinstance(choose(batch.build(samples[0])).engine, Gaussian):
        return None
    try:
        solution = solve_batch(batch)
        moves = _common_moves(batch, samples, names)
        if moves is None:
            return None
        state = solution.state
        every = [state[k] for k in range(len(samples))]
        derivatives = [merit.moment_derivative(one).embedded(state.labels) for one in every]
    except (EngineMismatchError, KinkError):  # not linear, or slopes to both sides
        return None
    G, g = (np.stack(parts) for parts in zip(*map(nambu_derivative, derivatives), strict=True))
    weights = BatchEquations.of(batch.build, samples).adjoint(state, G, g)
    keys = list(dict.fromkeys(key for moved in moves for key in moved.keys))
    each, sizes = key_weights(keys, weights, state.labels)
    rows = [
        # the report has the error of the worst sample, which may be any
        key_slopes(moves, keys, *row, relative_error(one, solution.report) + weights.error)
        for one, row in zip(every, zip(each, sizes, strict=True), strict=True)
    ]
    return [float(merit(one)) for one in every], rows


def _common_moves(
    batch: Batch, samples: np.ndarray, names: list[str]
) -> list[CoefficientSlope] | None:
    """Derivatives of the coefficients; None if they are not the same everywhere."""
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.ones(len(samples)), size=_MIXTURES)
    ends = [samples[k] for k in (0, -1, *np.flatnonzero((samples == 0).any(axis=1))[:1])]
    first: list[CoefficientSlope] | None = None
    for row in [*(shares @ samples), *ends]:
        model = batch.changed(row)
        found = coefficient_moves(model, batch.build(row), parameter_values(model, names))
        first = found if first is None else first
        if not all(map(_alike, first, found)):
            return None
        pairs = zip(first, found, strict=True)
        first = [replace(a, one_sided=a.one_sided or b.one_sided) for a, b in pairs]
    return first


def _alike(one: CoefficientSlope, other: CoefficientSlope) -> bool:
    """Whether two derivatives, each to two orders, are the same but for rounding."""
    fine, *others = (
        dict(zip(each.keys, values.tolist(), strict=True))
        for each in (one, other)
        for values in (each.fine, each.coarse)
    )
    size = max([abs(c) for values in (fine, *others) for c in values.values()], default=0.0)
    return all(
        abs(fine.get(key, 0.0) - values.get(key, 0.0)) <= _SAME * size
        for values in others
        for key in fine | values
    )


def _one_by_one(batch: Batch, merit: Any, names: list[str]) -> xr.Dataset:
    import xarray as xr

    found = []
    for k, row in enumerate(batch.samples):
        try:
            found.append(gradient(batch.changed(row), merit, names))
        except NumericalError as error:
            error.add_note(f"This is sample {k} of the batch.")
            raise
    rows = [{n: (v.dims, v.values, v.attrs) for n, v in one.items()} for one in found]
    data = {"value": ("sample", np.array([one.attrs["value"] for one in found]))}
    return xr.Dataset(data | _stacked(rows), attrs={"merit": found[0].attrs["merit"]})


def _stacked(rows: Sequence[dict[Any, Any]]) -> dict[Any, Any]:
    """The variables of all samples; where a sample has no kink, both slopes are the same."""
    data = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        plain = name.removesuffix(" lowering")
        every = [row.get(name, row[plain]) for row in rows]
        attributes = {}
        for _, _, one in every:
            attributes |= {key: value for key, value in one.items() if value}
        attributes.setdefault("one_sided", False)
        values = np.stack([value for _, value, _ in every])
        data[name] = (["sample", *every[0][0]], values, attributes)
    return data
