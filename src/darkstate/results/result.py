"""Result = state + Report (+ tables), and which model it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkstate.results.report import Report

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Result:
    """What a solve returns.

    Args:
        state: the state (of the last time, for an evolution); its type depends on the engine.
        report: what is known about it.
        table: for evolutions and sweeps, an `xarray.Dataset` with a labelled axis; else None.
        model: name and parameters of the model (defaults included), as plain values.
    """

    state: Any
    report: Report
    table: xr.Dataset | None = None
    model: Mapping[str, Any] = field(default_factory=dict)

    def save(self, path: str | Path, overwrite: bool = False) -> Path:
        """Write state, report, table and model to a zarr store at `path`; returns the path.

        A result that is there is replaced with `overwrite` only.
        """
        from darkstate.results.storage import save_result

        return save_result(self, path, overwrite)

    def __str__(self) -> str:
        name = self.model.get("model", "system")
        return f"{name}: {type(self.state).__name__}\n{self.report}"
