"""Sweeps over parameters: labelled, resumable, on one machine or many.

    sweep = ds.Sweep(model, axes=(ds.sweeps.linspace("loss", 0, 0.2, 21),), outputs=("purity",))
    store = ds.sweep(sweep, "losses.zarr", workers=4)
    store.table()                      an `xarray.Dataset` with the dimension ``loss``

`axes` says over what, `targets` what a name stands for, `outputs` what is read off, `definition`
puts them together and gives every point its key. `run` looks up what is stored and lets one of the
`executors` compute the rest; `journal` keeps each finished point, `store` the table beside it.
"""

from darkstate.results.files import FullError
from darkstate.sweeps.axes import (
    Axis,
    geomspace,
    grid,
    linspace,
    random_points,
    sobol_points,
    zip_axes,
)
from darkstate.sweeps.csv_files import csv_points
from darkstate.sweeps.definition import Sweep
from darkstate.sweeps.lock import BusyError
from darkstate.sweeps.outputs import Output
from darkstate.sweeps.progress import SweepProgress
from darkstate.sweeps.run import replay, sweep
from darkstate.sweeps.store import SweepStatus, SweepStore, open_sweep

__all__ = [
    "Axis",
    "BusyError",
    "FullError",
    "Output",
    "Sweep",
    "SweepProgress",
    "SweepStatus",
    "SweepStore",
    "csv_points",
    "geomspace",
    "grid",
    "linspace",
    "open_sweep",
    "random_points",
    "replay",
    "sobol_points",
    "sweep",
    "zip_axes",
]
