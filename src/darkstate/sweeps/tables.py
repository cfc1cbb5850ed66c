"""The labelled table of a sweep: an `xarray.Dataset` with the axes as named dimensions.

    <output>      one column an output, NaN (or "") where there is no result
    status        certified, converged, suspect, failed, or pending
    message       why a point failed, or the warnings of a suspect one
    key           what is known about the point is known under this key
    engine_seed, spawn_key   where random numbers are drawn (with the attribute ``entropy``)

Parameters that vary are coordinates; all others stand in the attributes, defaults included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate.results.digests import canonical
from darkstate.sweeps.evaluate import PENDING, Record, spawn_key
from darkstate.sweeps.plan import Plan, label_of
from darkstate.sweeps.provenance import versions_of

if TYPE_CHECKING:
    import xarray as xr

STATUS = "status"


def table_of(plan: Plan, keys: Sequence[str], records: Mapping[str, Record]) -> xr.Dataset:
    """The table of a plan, filled with the records that there are."""
    import xarray as xr

    found = [records.get(key) for key in keys]
    columns: dict[str, Any] = {}
    for k, output in enumerate(plan.outputs):
        values = [None if record is None else record.values[k] for record in found]
        columns[output.name] = _column(plan, values, output.is_text, output.attributes)
    status = [PENDING if record is None else record.status for record in found]
    message = ["" if record is None else record.message for record in found]
    columns["message"] = _column(plan, message, True, {"long_name": "why it failed, or warnings"})
    columns[STATUS] = _column(plan, status, True, {"long_name": "how far it can be trusted"})
    if plan.entropy is not None or any(record and record.seed is not None for record in found):
        columns |= _seeds(plan, keys, found)
    keyed = {"key": _column(plan, list(keys), True, {"long_name": "SHA-256 of what was asked"})}
    return xr.Dataset(columns, coords=_coordinates(plan) | keyed, attrs=_attributes(plan, found))


def _column(plan: Plan, values: list[Any], is_text: bool, attributes: Mapping[str, str]) -> Any:
    if is_text:
        array = np.array(["" if value is None else value for value in values], dtype=object)
    else:
        array = np.array([np.nan if value is None else value for value in values], dtype=float)
    return plan.dims, array.reshape(plan.shape), dict(attributes)


def _seeds(plan: Plan, keys: Sequence[str], found: Sequence[Record | None]) -> dict[str, Any]:
    """Seeds as text (they have 128 bits), and the spawn keys."""
    seeds = [None if one is None or one.seed is None else str(one.seed) for one in found]
    words = np.array([spawn_key(key) for key in keys], dtype=np.uint32)
    name = {"long_name": "spawn key of the point in numpy's SeedSequence"}
    return {
        "engine_seed": _column(plan, seeds, True, {"long_name": "seed given to the engine"}),
        "spawn_key": ((*plan.dims, "word"), words.reshape(*plan.shape, 8), name),
    }


def _coordinates(plan: Plan) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for axis in plan.axes:
        if axis.dim not in axis.names:
            found[axis.dim] = (axis.dim, np.arange(len(axis.rows)), {"long_name": axis.dim})
        for k, name in enumerate(axis.names):
            attributes = {"long_name": name.replace("_", " ")}
            if plan.units.get(name):
                attributes["units"] = plan.units[name]
            found[name] = (axis.dim, _labels([row[k] for row in axis.rows]), attributes)
    return found


def _labels(values: list[Any]) -> np.ndarray:
    """Values of a coordinate: numbers, truth values, or text."""
    kinds = {type(value) for value in values}
    if kinds <= {int, float} or kinds == {bool}:
        array = np.array(values)
        if array.dtype.kind in "bif":
            return array
    return np.array([str(label_of(value)) for value in values], dtype=object)


def _attributes(plan: Plan, records: Sequence[Record | None]) -> dict[str, str]:
    """Attributes of the table; ``versions`` are those of most points, and all stand beside them in
    ``mixed_versions`` if there are several.
    """
    document, made_by = plan.document, versions_of(records)
    known = [{k: v for k, v in one.items() if k != "points"} for one in made_by]
    found = {
        "title": plan.name,
        "model": canonical(document["model"]),
        "engine": canonical(document["engine"]),
        "times": canonical(document["times"]),
        "solve": canonical(document["solve"]),
        "vectorised": canonical(document["vectorised"]),
        "code": canonical(document["code"]),
        "versions": canonical(known[0] if known else {}),
    }
    if len(made_by) > 1:
        found["mixed_versions"] = canonical(made_by)
    return found | ({} if plan.entropy is None else {"entropy": str(plan.entropy)})
