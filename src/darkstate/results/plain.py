"""Plain values as strict JSON and back, without loss.

JSON knows no NaN, no infinity, no complex numbers, tuples or arrays; each of them becomes an
object with one tagged key, ``{"darkstate:float": "nan"}``. Floats keep every bit (shortest round
trip), and whole numbers may be as large as a seed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from darkstate.errors import ArgumentError

_TAG = "darkstate:"


def to_json(value: Any, name: str) -> Any:
    """`value` as strict JSON; NaN, infinities, complex numbers, tuples and arrays are tagged.

    Raises:
        ArgumentError: it holds something that is no plain value; the message says where.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {f"{_TAG}float": str(value)}
    if isinstance(value, complex):
        return {f"{_TAG}complex": [to_json(part, name) for part in (value.real, value.imag)]}
    if isinstance(value, list | tuple):
        entries = [to_json(entry, f"{name}[{k}]") for k, entry in enumerate(value)]
        return entries if isinstance(value, list) else {f"{_TAG}tuple": entries}
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufcU":
        return {f"{_TAG}array": [value.dtype.str, to_json(value.tolist(), name)]}
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: to_json(entry, f"{name}['{key}']") for key, entry in value.items()}
    raise ArgumentError(name, "be a plain value", value, "Give numbers, strings, lists and dicts.")


def from_json(value: Any) -> Any:
    """The inverse of `to_json`."""
    if isinstance(value, list):
        return [from_json(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    (key, content), *others = [*value.items()] or [("", None)]
    if others or not key.startswith(_TAG):
        return {key: from_json(entry) for key, entry in value.items()} if value else {}
    inner = from_json(content)
    if key == f"{_TAG}array":
        return np.array(inner[1], dtype=inner[0])
    make = {"float": float, "tuple": tuple, "complex": lambda parts: complex(*parts)}
    return make[key.removeprefix(_TAG)](inner)
