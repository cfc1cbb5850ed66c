"""The plan of a store: what was asked, as plain values, and the key of every point.

``journal/plan.json`` holds what is needed to make the labelled table and to show the sweep; the
keys stand beside it in a file of their own, 32 bytes a point in the order of the points. Both are
replaced as a whole when a sweep with other axes is run on the same store; the records of points
that it no longer has remain in the journal.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from darkstate.errors import ArgumentError
from darkstate.results.report import versions
from darkstate.sweeps.definition import Sweep
from darkstate.sweeps.journal import write_whole
from darkstate.sweeps.outputs import Output
from darkstate.sweeps.plain import canonical, plain

FORMAT = 1
"""Version of the layout of a store; raised when older readers would misread it."""

_FILE = "plan.json"


@dataclass(frozen=True)
class PlannedAxis:
    """One dimension, its names and their values as plain values."""

    dim: str
    names: list[str]
    rows: list[list[Any]]


@dataclass(frozen=True)
class PlannedOutput:
    """One column of the table."""

    name: str
    is_text: bool
    attributes: dict[str, str]


@dataclass(frozen=True)
class Plan:
    """What was asked.

    Args:
        name: title of the sweep.
        document: model, engine and the rest with all parameters (`Sweep.document`).
        axes: the dimensions.
        outputs: the columns.
        units: of each name, "" for pure numbers.
        entropy: seed of random numbers; None where there are none.
        versions: of Python, darkstate and what its numbers depend on.
        source: ``{"file": ..., "text": ...}`` of the scenario file, if there was one.
        keys: name of the file with the keys.
    """

    name: str
    document: dict[str, Any]
    axes: tuple[PlannedAxis, ...]
    outputs: tuple[PlannedOutput, ...]
    units: dict[str, str]
    entropy: int | None
    versions: dict[str, str]
    source: dict[str, str] | None
    keys: str = ""

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of entries along each dimension."""
        return tuple(len(axis.rows) for axis in self.axes)

    @property
    def dims(self) -> tuple[str, ...]:
        """Names of the dimensions."""
        return tuple(axis.dim for axis in self.axes)


def plan_of(sweep: Sweep, source: Mapping[str, str] | None = None) -> Plan:
    """The plan of a sweep."""
    axes = tuple(
        PlannedAxis(axis.dim, list(axis.names), plain([list(row) for row in rows], axis.dim))
        for axis, rows in zip(sweep.axes, sweep.typed, strict=True)
    )
    outputs = tuple(
        PlannedOutput(one.name, one.is_text, one.attributes())
        for one in sweep.outputs
        if isinstance(one, Output)
    )
    return Plan(
        name=sweep.name or type(sweep.model).__name__,
        document=sweep.document(),
        axes=axes,
        outputs=outputs,
        units={target.name: _unit(target.unit, sweep.rate_unit) for target in sweep.targets},
        entropy=sweep.seed if sweep.stochastic else None,
        versions=versions(),
        source=dict(source) if source else None,
    )


def write_plan(plan: Plan, keys: list[str], folder: Path) -> None:
    """Write plan and keys; an equal plan that is there already is left alone."""
    raw = bytes.fromhex("".join(keys))
    name = f"keys-{hashlib.sha256(raw).hexdigest()[:16]}.bin"
    text = json.dumps({"format": FORMAT} | asdict(plan) | {"keys": name}, indent=1)
    place = folder / _FILE
    if place.exists() and place.read_text(encoding="utf-8") == text:
        return
    if not (folder / name).exists():
        write_whole(folder / name, raw)
    write_whole(place, text.encode())
    for other in folder.glob("keys-*.bin"):
        if other.name != name:
            other.unlink()


def read_plan(folder: Path) -> tuple[Plan, list[str]]:
    """Plan and keys of a store.

    Raises:
        ArgumentError: there is none, or one of a newer darkstate.
    """
    shown = str(folder.parent)
    try:
        content = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        remedy = "Give the folder that `darkstate sweep` or darkstate.sweep wrote."
        raise ArgumentError("store", "be the store of a sweep", shown, remedy) from None
    if content.pop("format") != FORMAT:
        remedy = "Read it with the darkstate that wrote it."
        raise ArgumentError("store", f"have format {FORMAT}", shown, remedy)
    axes = tuple(PlannedAxis(**axis) for axis in content.pop("axes"))
    outputs = tuple(PlannedOutput(**one) for one in content.pop("outputs"))
    plan = Plan(axes=axes, outputs=outputs, **content)
    digits = (folder / plan.keys).read_bytes().hex()
    return plan, [digits[k : k + 64] for k in range(0, len(digits), 64)]


def shown(value: Any) -> Any:
    """A plain value as it labels an entry: numbers and text as they are, else JSON."""
    return value if isinstance(value, bool | int | float | str) else canonical(value)


def _unit(kind: str, rate: str | None) -> str:
    """Unit of a parameter whose field declares it as a rate, a time or a power of a rate."""
    if not kind or rate is None:
        return ""
    unit = rate if rate.isalpha() else f"({rate})"
    return {"rate": rate, "time": f"1/{unit}"}.get(kind, f"{unit}{kind.removeprefix('rate')}")
