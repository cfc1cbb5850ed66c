"""Photocurrents of measured records as a labelled table, the same for every engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray as xr


def photocurrent_table(
    times: NDArray[np.float64],
    currents: NDArray[np.float64],
    quadratures: tuple[str, ...],
    numbers: tuple[int, ...],
) -> xr.DataArray:
    """Photocurrents over ``time`` (ends of the intervals), ``channel`` and ``record``.

    Args:
        times: (T,) times.
        currents: (T - 1, m, n) means over the intervals.
        quadratures: names of the m measured quadratures.
        numbers: of the n records.
    """
    import xarray as xr

    return xr.DataArray(
        currents,
        dims=("time", "channel", "record"),
        coords={"time": times[1:], "channel": list(quadratures), "record": list(numbers)},
        name="photocurrent",
    )
