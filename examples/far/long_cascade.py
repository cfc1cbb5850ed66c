"""
Where density matrices end
==========================

Ten pairs of qubits on two waveguides, 2^20 basis states, go stage by stage: each pair comes
with an estimate of the error of its state. Detunings protect the far pairs.
"""

import numpy as np
import xarray as xr

import darkstate as ds

pairs, curves = 8, {}
for step in (0.0, 2.0):
    rungs = step * np.arange(pairs)
    model = ds.models.DualRail(pairs, 1.0, detunings_a=rungs, detunings_b=-rungs, dephasing=0.003)
    result = ds.steady_state(model, engine=ds.engines.Cascade(dimension=32))
    values = [ds.concurrence(result.state, f"A{j}", f"B{j}") for j in range(1, pairs + 1)]
    errors = [result.report.errors[f"A{j}", f"B{j}"] for j in range(1, pairs + 1)]
    print(step, result.report.status, np.round(values, 4), np.array(errors).round(4))
    axis = ("pair", range(1, pairs + 1))
    curves[f"rungs {step:g} apart"] = xr.DataArray(
        values, {"pair": axis}, attrs={"long_name": "concurrence"}
    )

figure = ds.plots.pair_curve_plot(curves)
ds.plots.save(figure, "long_cascade", overwrite=True)
