"""Result = state + Report (+ tables), and which model it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkstate.display import page
from darkstate.display import table as rows_of
from darkstate.results.report import Report
from darkstate.results.storage import read_result, save_result
from darkstate.systems.open_system import OpenSystem

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True, repr=False)
class Result:
    """What a solve returns.

    Args:
        state: the state (of the last time, for an evolution); its type depends on the engine.
        report: what is known about it.
        table: for evolutions and sweeps, an `xarray.Dataset` with a labelled axis; else None.
        model: name and parameters of the model (defaults included), as plain values.
        states: of an evolution with ``keep_states``, those at the times of the table.
        system: the system itself where it was no ready model or depends on time, to be
            solved again; else None.
    """

    state: Any
    report: Report
    table: xr.Dataset | None = None
    model: Mapping[str, Any] = field(default_factory=dict)
    states: Sequence[Any] = ()
    system: OpenSystem | None = None

    def save(self, path: str | Path, overwrite: bool = False) -> Path:
        """Write state, report, table and model to a zarr store at `path`; returns the path.

        A result that is there is replaced with `overwrite` only.
        """
        return save_result(self, path, overwrite)

    def __str__(self) -> str:
        name = self.model.get("model", "system")
        return f"{name}: {type(self.state).__name__}\n{self.report}"

    def __repr__(self) -> str:
        over = "" if not self.table else f", table of {', '.join(map(str, self.table))}"
        name = self.model.get("model", "system")
        return f"Result({name}: {type(self.state).__name__}, {self.report.status}{over})"

    def _repr_html_(self) -> str:
        """What notebooks show: the state, the report and the table."""
        parts = [rows_of([("state", repr(self.state))]), self.report._repr_html_()]
        if self.table is not None:
            parts.append(self.table._repr_html_())
        return page(repr(self), *parts)


def load_result(path: str | Path) -> Result:
    """Read what `Result.save` wrote, bit for bit.

    Args:
        path: the folder of the store.

    Returns:
        Result with arrays in memory; nothing stays open.

    Raises:
        ArgumentError: `path` holds no result, one of another format, or a damaged one.
        CapacityError: it does not fit into memory.
    """
    return Result(**read_result(path))
