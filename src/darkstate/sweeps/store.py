"""The store of a sweep: one zarr folder with the labelled table, and the journal of its points.

    losses.zarr/
      zarr.json            says whose the folder is
      table/               its columns: xarray.open_zarr("losses.zarr", group="table")
      journal/             every finished point, as it was finished
        00000001.log ...             what was asked, and the points
        progress.json                how far the sweep is

The journal is what counts; the table is its picture for other tools, written anew now and then and
at the end, whole or not at all. Reading takes no lock and never waits: a store can be looked at,
drawn and exported while it is being filled.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkstate.checks import check_flag
from darkstate.display import page, table
from darkstate.errors import ArgumentError
from darkstate.results.files import as_path, system_errors
from darkstate.sweeps.evaluate import FAILED, PENDING, Record
from darkstate.sweeps.folder import JOURNAL, LOCK, PROGRESS, check_format
from darkstate.sweeps.journal import Scan, scan
from darkstate.sweeps.lock import is_locked
from darkstate.sweeps.plan import Plan
from darkstate.sweeps.provenance import versions_of

if TYPE_CHECKING:
    import xarray as xr


class DamagedError(ArgumentError):
    """The plan of a store was changed or cut; the points beside it are not touched by that."""


@dataclass(frozen=True)
class SweepStatus:
    """How far a sweep is.

    Args:
        name: its title.
        total: number of points.
        counts: how many have which status; ``pending`` for those not stored.
        failures: how many failed with which message, most frequent first.
        running: whether a process writes to the store now.
        progress: what that process last said about itself.
        seconds: computing time of all stored points.
        sessions: how many processes have written to the store.
        damaged: unfinished lines that killed processes left behind.
        versions: what computed the points, with their number; see `provenance.versions_of`.
    """

    name: str
    total: int
    counts: dict[str, int]
    failures: dict[str, int]
    running: bool
    progress: dict[str, Any]
    seconds: float
    sessions: int
    damaged: int
    versions: list[dict[str, Any]]

    @property
    def stored(self) -> int:
        """Points that are stored, failed ones included."""
        return self.total - self.counts.get(PENDING, 0)

    @property
    def failed(self) -> int:
        """Points stored as failed."""
        return self.counts.get(FAILED, 0)

    def document(self) -> dict[str, Any]:
        """Plain values."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return plain | {"stored": self.stored, "failed": self.failed}


@dataclass(frozen=True)
class SweepStore:
    """A store on disk; every call reads it anew.

    Args:
        path: the folder.
    """

    path: Path

    def __repr__(self) -> str:
        return f"SweepStore({str(self.path)!r})"

    def _repr_html_(self) -> str:
        """What notebooks show: how many points have which status."""
        found = self.status()
        rows = [("points", f"{found.stored} of {found.total}")]
        rows += [(word, str(count)) for word, count in found.counts.items() if count]
        rows += [("failed", f"{count}: {text}") for text, count in found.failures.items()]
        return page(repr(self), table(rows))

    @property
    def journal(self) -> Path:
        """Folder of the journal."""
        return self.path / JOURNAL

    def plan(self) -> Plan:
        """What was asked."""
        return self._read()[0]

    def scan(self) -> Scan:
        """All records, also those of points that the sweep no longer has."""
        with system_errors("store", self.path, "read"):
            return scan(self.journal)

    def records(self) -> list[Record | None]:
        """The record of each point, None where it is pending."""
        plan, found = self._read()
        return [found.records.get(key) for key in plan.point_keys()]

    def table(self) -> xr.Dataset:
        """The labelled table, with what is stored up to now; see `darkstate.sweeps.tables`."""
        from darkstate.sweeps.tables import table_of

        plan, found = self._read()
        return table_of(plan, plan.point_keys(), found.records)

    def status(self) -> SweepStatus:
        """How far the sweep is."""
        plan, found = self._read()
        records = [found.records.get(key) for key in plan.point_keys()]
        statuses = Counter(PENDING if one is None else one.status for one in records)
        failures = Counter(one.message for one in records if one is not None and one.failed)
        running = is_locked(self.journal / LOCK)
        return SweepStatus(
            name=plan.name,
            total=len(records),
            counts=dict(statuses),
            failures=dict(failures.most_common()),
            running=running,
            progress=self._progress() if running else {},
            seconds=sum(one.seconds for one in records if one is not None),
            sessions=len(found.sessions),
            damaged=found.damaged,
            versions=versions_of(records),
        )

    def export(self, path: str | Path, overwrite: bool = False) -> Path:
        """Write the table as netCDF (``.nc``) or CSV (``.csv``, one line a point).

        Args:
            path: the file; folders are made if needed.
            overwrite: whether an earlier export may be replaced.

        Raises:
            ArgumentError: another ending, something is there already, or it cannot be written.
            FullError: no room.
        """
        from darkstate.sweeps.export import export_table

        check_flag("overwrite", overwrite)
        return export_table(self.table(), as_path(path), overwrite)

    def _read(self) -> tuple[Plan, Scan]:
        """The latest plan, and all records.

        Raises:
            DamagedError: the plan is damaged.
            ArgumentError: this is no store, or one of another format.
        """
        check_format(self.path)
        found = self.scan()
        if not found.plans:
            raise _no_store(self.path)
        content = found.plans[-1]
        if content is None:
            rule = "be undamaged (its plan is not what was written)"
            remedy = (
                "Run the sweep again, with its scenario or its Python code: the points in its "
                "journal are under checksums of their own, and none is computed twice."
            )
            raise DamagedError("store", rule, str(self.path), remedy)
        return Plan.from_content(content), found

    def _progress(self) -> dict[str, Any]:
        try:
            return dict(json.loads((self.journal / PROGRESS).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}


def open_sweep(path: str | Path) -> SweepStore:
    """The store of a sweep, finished or not.

    Args:
        path: the folder that `darkstate.sweep` or ``darkstate sweep`` wrote.

    Returns:
        `SweepStore` with ``table()`` (`xarray.Dataset`), ``status()`` and ``export(path)``.

    Raises:
        ArgumentError: it is no such folder.
    """
    store = SweepStore(as_path(path, "store"))
    check_format(store.path)
    if not store.scan().plans:
        raise _no_store(store.path)
    return store


def _no_store(path: Path) -> ArgumentError:
    remedy = "Give the folder that `darkstate sweep` or darkstate.sweep wrote."
    return ArgumentError("store", "be the store of a sweep", str(path), remedy)
