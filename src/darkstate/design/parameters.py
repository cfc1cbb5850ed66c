"""Parameters of a model: fields by their paths, and how the model looks with other values."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_sequence
from darkstate.errors import ArgumentError, nearest

Values = NDArray[np.float64]
_NAMES = "Give names of fields, ('loss', 'drive.nbar')."


def parameter_values(model: Any, names: str | Sequence[str]) -> dict[str, Values]:
    """The values of fields by their paths, each with the shape of the field.

    Raises:
        ArgumentError: no such field, or no real numbers in it.
    """
    given = [names] if isinstance(names, str) else list(check_sequence("parameters", names, _NAMES))
    return {name: _field(model, name) for name in given}


def with_values(model: Any, changes: Mapping[str, Values]) -> Any:
    """The model with other values of some fields."""
    for name, values in changes.items():
        *path, last = name.split(".")
        owners = [model]
        for word in path:
            owners.append(getattr(owners[-1], word))
        before = getattr(owners[-1], last)
        value: Any = float(values) if np.ndim(before) == 0 else values
        if np.ndim(before) and not isinstance(before, np.ndarray):
            value = _nested(values.tolist())
        changed = dataclasses.replace(owners[-1], **{last: value})
        for owner, word in zip(owners[-2::-1], path[::-1], strict=True):
            changed = dataclasses.replace(owner, **{word: changed})
        model = changed
    return model


def _nested(values: Any) -> Any:
    return tuple(_nested(one) for one in values) if isinstance(values, list) else values


def _field(model: Any, name: Any) -> Values:
    value = model
    for word in str(name).split("."):
        if not dataclasses.is_dataclass(value) or isinstance(value, type):
            remedy = "Give a model with fields, or the name of one that holds numbers."
            raise ArgumentError("model", f"have a field '{name}'", value, remedy)
        known = [field.name for field in dataclasses.fields(value)]
        if word not in known:
            raise ArgumentError("parameters", "name fields", name, nearest(word, known))
        value = getattr(value, word)
    array = np.asarray(value)
    whole = array.dtype.kind in "iu" and array.ndim == 0
    if array.dtype.kind not in "fiu" or whole:
        remedy = "Only real numbers have derivatives; write 1.0 instead of 1 if it is one."
        raise ArgumentError("parameters", "name fields of real numbers", name, remedy)
    return array.astype(float)
