"""The plan of a sweep: what was asked, as plain values, from which the key of every point follows.

It is all that the labelled table and the display of a sweep need, and stands in the journal, at the
head of each process's segment: whoever has the sweep can write it again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

from darkstate.results.digests import canonical
from darkstate.sweeps.targets import Step, replace_at

FORMAT = 3
"""Version of the layout of a store; raised when older readers would misread it."""

_HOLE = re.compile(r'"@hole (\d+)@"')


@dataclass(frozen=True)
class PlannedAxis:
    """One dimension, its names and their values as plain values."""

    dim: str
    names: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class PlannedOutput:
    """One column of the table."""

    name: str
    is_text: bool
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class Plan:
    """What was asked.

    Args:
        name: title of the sweep.
        document: model, engine and the rest with all parameters (`Sweep.document`).
        axes: the dimensions.
        paths: where in `document` the value of each name stands.
        outputs: the columns.
        units: of each name, "" for pure numbers.
        entropy: seed of random numbers; None where there are none.
        source: ``{"file": ..., "text": ...}`` of the scenario file, if there was one.
    """

    name: str
    document: Mapping[str, Any]
    axes: Sequence[PlannedAxis]
    paths: Sequence[Sequence[Step]]
    outputs: Sequence[PlannedOutput]
    units: Mapping[str, str]
    entropy: int | None
    source: Mapping[str, str] | None

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of entries along each dimension."""
        return tuple(len(axis.rows) for axis in self.axes)

    @property
    def dims(self) -> tuple[str, ...]:
        """Names of the dimensions."""
        return tuple(axis.dim for axis in self.axes)

    def point_keys(self) -> list[str]:
        """Key of every point, as 64 hexadecimal digits: the SHA-256 of the document with its values
        put in.
        """
        holes = [(tuple(path), f"@hole {k}@") for k, path in enumerate(self.paths)]
        parts = _HOLE.split(canonical(replace_at(dict(self.document), holes)))
        order = [int(k) for k in parts[1::2]]
        after, start = dict(zip(order, parts[2::2], strict=True)), 0
        columns = []
        for axis in self.axes:  # each text with what follows it in the document
            rows = (
                zip(range(start, start + len(axis.names)), row, strict=True) for row in axis.rows
            )
            columns.append([[canonical(value) + after[k] for k, value in row] for row in rows])
            start += len(axis.names)
        begin, found = hashlib.sha256(parts[0].encode()), []
        for row in product(*columns):
            texts = [text for part in row for text in part]
            digest = begin.copy()
            digest.update("".join([texts[k] for k in order]).encode())
            found.append(digest.hexdigest())
        return found

    def content(self) -> dict[str, Any]:
        """Plain values, for `from_content`."""
        return {"format": FORMAT} | asdict(self)

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Plan:
        """The inverse of `content`."""
        fields = {name: entry for name, entry in content.items() if name != "format"}
        axes = [PlannedAxis(**axis) for axis in content["axes"]]
        outputs = [PlannedOutput(**one) for one in content["outputs"]]
        return cls(**fields | {"axes": axes, "outputs": outputs})


def label_of(value: Any) -> Any:
    """A plain value as it labels an entry: numbers and text as they are, else JSON."""
    return value if isinstance(value, bool | int | float | str) else canonical(value)


def unit_of(kind: str, rate: str | None) -> str:
    """Unit of a parameter whose field declares it as a rate, a time or a power of a rate."""
    if not kind or rate is None:
        return ""
    unit = rate if rate.isalpha() else f"({rate})"
    return {"rate": rate, "time": f"1/{unit}"}.get(kind, f"{unit}{kind.removeprefix('rate')}")
