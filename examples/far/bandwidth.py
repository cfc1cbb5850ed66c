"""
A source of finite bandwidth
============================

Real squeezed light comes from an amplifier with a bandwidth. Sites whose supermodes lie outside
of it see less of the correlations: the middle of the chain has a closed form.
"""

import math

import numpy as np
import xarray as xr

import darkstate as ds

bandwidths = np.geomspace(0.3, 100, 40)
middle, formula = [], []
for k in bandwidths:
    drive = ds.models.ParametricDrive(rate=1.0, squeezing=1.0, bandwidth=k)
    state = ds.steady_state(ds.models.CavityChains(sites=20, drive=drive)).state
    middle.append(ds.log_negativity(state, "A10", "B10"))
    g, G = drive.gain, k + drive.gain
    formula.append(-math.log2(1 - 4 * g * k / (G * math.sqrt(G**2 + 4))))

axis = ("bandwidth", bandwidths, {"long_name": "bandwidth over hopping"})
label = {"long_name": "$E_N$ of the middle pair", "units": "ebit"}
curves = {
    "computed, 20 sites": xr.DataArray(middle, {"bandwidth": axis}, attrs=label),
    "closed form": xr.DataArray(formula, {"bandwidth": axis}, attrs=label),
}
print("largest difference:", np.max(np.abs(np.subtract(middle, formula))))
figure = ds.plots.pair_curve_plot(curves)
figure.axes[0].set_xscale("log")
ds.plots.save(figure, "bandwidth", overwrite=True)
