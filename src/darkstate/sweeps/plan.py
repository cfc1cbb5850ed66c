"""The plan of a store: what was asked, as plain values, and the key of every point.

``journal/plan.json`` holds what is needed to make the labelled table and to show the sweep; the
keys stand beside it in a file of their own, 32 bytes a point in the order of the points. Both are
replaced as a whole when a sweep with other axes is run on the same store; the records of points
that it no longer has remain in the journal.

Both are under a digest (the one of the keys is their file's name). Neither is the only copy of
anything: whoever has the sweep can write them again, and a run does so where they are damaged.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from darkstate.errors import ArgumentError
from darkstate.results.files import write_whole
from darkstate.sweeps.definition import Sweep
from darkstate.sweeps.outputs import Output
from darkstate.sweeps.plain import canonical, plain
from darkstate.sweeps.provenance import software
from darkstate.sweeps.sealed import is_sealed, sealed, unsealed

FORMAT = 2
"""Version of the layout of a store; raised when older readers would misread it. Format 1 had no
digest and chunks without checksums; it is read, and the next run makes it format 2."""

_FILE = "plan.json"
_TRIES = 3
"""A writer may replace plan and keys between the reading of the one and of the other."""

_KEYS = re.compile(r"keys-[0-9a-f]{16}\.bin")


class DamagedError(ArgumentError):
    """A file of a store was changed or cut; the journal of its points is not touched by that."""


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
        versions=software(),
        source=dict(source) if source else None,
    )


def write_plan(plan: Plan, keys: list[str], folder: Path) -> None:
    """Write plan and keys; what is there already, undamaged, is left alone."""
    raw = bytes.fromhex("".join(keys))
    name = _keys_name(raw)
    if _content(folder / name) != raw:
        write_whole(folder / name, raw, "store")
    data = sealed({"format": FORMAT} | asdict(plan) | {"keys": name})
    if _content(folder / _FILE) != data:
        write_whole(folder / _FILE, data, "store")
    for other in folder.glob("keys-*.bin"):
        if other.name != name and _KEYS.fullmatch(other.name):
            other.unlink(missing_ok=True)


def stored_plan(folder: Path) -> Plan | None:
    """The plan of a store; None if there is none.

    Raises:
        DamagedError: its digest is wrong.
        ArgumentError: a newer darkstate wrote it.
    """
    data = _content(folder / _FILE)
    if data is None:
        return None
    try:
        content = unsealed(data) if is_sealed(data) else dict(json.loads(data))
        form = content.pop("format")
        if not is_sealed(data) and form == FORMAT:
            raise ValueError("it has no digest")
        check_format(form, folder)
        axes = tuple(PlannedAxis(**axis) for axis in content.pop("axes"))
        outputs = tuple(PlannedOutput(**one) for one in content.pop("outputs"))
        return Plan(axes=axes, outputs=outputs, **content)
    except ArgumentError:
        raise
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _damaged(_FILE, folder) from None


def check_format(form: Any, folder: Path) -> None:
    """Refuse the store of a newer darkstate.

    Raises:
        ArgumentError: it is one.
    """
    if isinstance(form, int) and form > FORMAT:
        remedy = f"Use the darkstate that wrote '{folder.parent}', or a newer one."
        raise ArgumentError("store", f"have at most format {FORMAT}", form, remedy)


def read_plan(folder: Path) -> tuple[Plan, list[str]]:
    """Plan and keys of a store.

    Raises:
        DamagedError: one of them is damaged.
        ArgumentError: there is no plan, or one of a newer darkstate.
    """
    name = _FILE
    for _ in range(_TRIES):
        plan = stored_plan(folder)
        if plan is None:
            remedy = "Give the folder that `darkstate sweep` or darkstate.sweep wrote."
            raise ArgumentError("store", "be the store of a sweep", str(folder.parent), remedy)
        name = plan.keys
        raw = _content(folder / name) if _KEYS.fullmatch(name) else None
        if raw is not None and _keys_name(raw) == name:
            digits = raw.hex()
            return plan, [digits[k : k + 64] for k in range(0, len(digits), 64)]
    raise _damaged(name, folder)


def _content(place: Path) -> bytes | None:
    """The bytes of a file; None if it cannot be read."""
    try:
        return place.read_bytes()
    except (OSError, ValueError):
        return None


def _keys_name(raw: bytes) -> str:
    return f"keys-{hashlib.sha256(raw).hexdigest()[:16]}.bin"


def _damaged(name: str, folder: Path) -> DamagedError:
    remedy = (
        "Run the sweep again, with its scenario or its Python code: the journal is intact, and no "
        "stored point is computed twice."
    )
    rule = f"be undamaged (journal/{name} is not what was written)"
    return DamagedError("store", rule, str(folder.parent), remedy)


def shown(value: Any) -> Any:
    """A plain value as it labels an entry: numbers and text as they are, else JSON."""
    return value if isinstance(value, bool | int | float | str) else canonical(value)


def _unit(kind: str, rate: str | None) -> str:
    """Unit of a parameter whose field declares it as a rate, a time or a power of a rate."""
    if not kind or rate is None:
        return ""
    unit = rate if rate.isalpha() else f"({rate})"
    return {"rate": rate, "time": f"1/{unit}"}.get(kind, f"{unit}{kind.removeprefix('rate')}")
