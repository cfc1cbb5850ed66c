"""
How long until it is prepared?
==============================

From the ground state every network of this kind gets mixed before it gets pure. Longer ones
take longer, and detunings between the pairs help.
"""

import numpy as np
import xarray as xr

import darkstate as ds

curves = {}
counts = [1, 2, 3, 4]
for step in (0.0, 0.5, 1.0):
    times = []
    for pairs in counts:
        rungs = step * np.arange(pairs)
        model = ds.models.DualRail(pairs, 0.8, detunings_a=rungs, detunings_b=-rungs)
        times.append(ds.preparation_time(model))
    print(step, np.round(times, 2))
    axis = ("pairs", counts, {"long_name": "pairs"})
    label = {"long_name": "time until it is pure", "units": "1/rate"}
    curves[f"detunings {step:g} apart"] = xr.DataArray(times, {"pairs": axis}, attrs=label)

figure = ds.plots.pair_curve_plot(curves, logarithmic=True)
ds.plots.save(figure, "how_long", overwrite=True)
