"""
From two atoms to 1e12
======================

Two clouds of atoms entangled by common light, with noise of single atoms. The exact engine ends
at some twenty atoms; the equations for means and covariances go on, with an error that falls
like 1/N.
"""

import numpy as np
import xarray as xr

import darkstate as ds

curves = {}
counts = (2, 4, 6, 8, 100, 10**3, 10**4, 10**6, 10**9, 10**12)
for depth in (10.0, 30.0, 100.0):
    values = []
    for atoms in counts:
        model = ds.models.AtomicEnsembles(
            atoms, squeezing=0.5, optical_depth=depth, cooling=1.0, heating=0.05
        )
        engine = ds.engines.Collective() if atoms <= 8 else ds.engines.Moments()
        result = ds.steady_state(model, engine=engine)
        values.append(ds.epr_spin_variance(result.state, "I", "II"))
    print(depth, [round(v, 4) for v in values], result.report.status)
    axis = ("atoms", np.array(counts, float), {"long_name": "atoms in each ensemble"})
    curves[f"d = {depth:g}"] = xr.DataArray(values, {"atoms": axis}, attrs={"long_name": r"$\xi$"})

figure = ds.plots.pair_curve_plot(curves)
figure.axes[0].set_xscale("log")
ds.plots.save(figure, "ensembles", overwrite=True)
