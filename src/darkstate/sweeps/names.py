"""Names of dimensions, parameters and outputs: columns of the table, and folders of the store.

What cannot be a folder, or has another meaning in a store, is refused before anything is computed.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

from darkstate.errors import ArgumentError
from darkstate.sweeps.axes import MOST_POINTS, Axis

ADDED = ("message", "status", "key", "engine_seed", "spawn_key")
"""Columns that every table has, or those of random numbers."""

_OF_STORES = ("journal", "zarr.json", "word")
_LONGEST = 120


def check_axes(axes: Sequence[Axis]) -> None:
    """Refuse axes that do not fit together, or whose names no store can have.

    Raises:
        ArgumentError: repeated dimensions, too many points, a name that is taken.
    """
    dims = [axis.dim for axis in axes]
    if len(set(dims)) < len(dims):
        remedy = "Let them vary together(...), or pass another dim=..."
        raise ArgumentError("axes", "have dimensions of different names", dims, remedy)
    points = math.prod(len(axis) for axis in axes)
    if points > MOST_POINTS:
        remedy = "Give fewer values, samples in place of a grid, or several sweeps."
        raise ArgumentError("axes", f"have at most {MOST_POINTS} points together", points, remedy)
    for axis in axes:
        for name in axis.names:
            remedy = (
                f"Write 'model.{name}', which is the same." if "." not in name else "Rename it."
            )
            _check("axes", name, remedy)
        if axis.dim not in axis.names:
            _check("dim", axis.dim, "Pass another dim=...")
            if axis.dim in [name for other in axes for name in other.names]:
                rule = "differ from the parameters of other axes"
                raise ArgumentError("dim", rule, axis.dim, "Pass another dim=...")


def check_columns(axes: Sequence[Axis], columns: Sequence[str]) -> None:
    """Refuse columns that repeat each other or a name of the axes, or that no store can have.

    Raises:
        ArgumentError: there is one, or none at all.
    """
    if not columns or len(set(columns)) < len(columns):
        raise ArgumentError("outputs", "be given, each once", columns, "Name what to read off.")
    taken = {name for axis in axes for name in (axis.dim, *axis.names)}
    for name in columns:
        if name in taken:
            raise ArgumentError("outputs", "differ from the axes", name, "Rename the dimension.")
        _check("outputs", name, "Rename it.")


def _check(argument: str, name: str, remedy: str) -> None:
    kinds = {unicodedata.category(letter) for letter in name}
    if "/" in name or "\\" in name or kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}:
        raise ArgumentError(
            argument, "have names without slashes and control characters", name, remedy
        )
    if len(name.encode()) > _LONGEST:
        raise ArgumentError(argument, f"have names of at most {_LONGEST} bytes", name, remedy)
    if not name.strip(". ") or name[:2] == "__" or name.casefold() in _OF_STORES:
        raise ArgumentError(argument, "have names that stores do not use themselves", name, remedy)
    if name in ADDED:
        raise ArgumentError(
            argument, "have names other than the columns of every table", name, remedy
        )
