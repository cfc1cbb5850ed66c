"""
More is not better
==================

A stronger source entangles perfect qubits more, and spoils imperfect ones. Where the optimum
lies depends on what else happens to them.
"""

import numpy as np
import xarray as xr

import darkstate as ds

squeezing = np.linspace(0.02, 2.0, 41)
curves = {}
for dephasing in (0.0, 0.003, 0.01, 0.03):
    values = []
    for r in squeezing:
        model = ds.models.DualRail(2, r, dephasing=dephasing)
        values.append(ds.concurrence(ds.steady_state(model).state, "A2", "B2"))
    best = int(np.argmax(values))
    print(
        f"dephasing {dephasing}: best at r = {squeezing[best]:.2f}, concurrence {values[best]:.3f}"
    )
    axis = ("r", squeezing, {"long_name": "squeezing $r$"})
    label = {"long_name": "concurrence of the second pair"}
    curves[f"dephasing {dephasing:g}"] = xr.DataArray(values, {"r": axis}, attrs=label)

ds.plots.save(ds.plots.pair_curve_plot(curves), "best_squeezing", overwrite=True)
