"""
Against what is known exactly
=============================

A model carries its exact results, with reference. Here two lossless chains: however long, and
however strong the drive, every pair has what the field has. Shown is by how much the computed
number is off.
"""

import xarray as xr

import darkstate as ds

lengths = [2, 3, 5, 8, 12, 20, 35, 60, 100]
curves = {}
for nbar in (0.1, 1.0, 10.0):
    off = []
    for sites in lengths:
        model = ds.models.CavityChains(sites, drive=ds.SqueezedDrive(nbar=nbar))
        state = ds.steady_state(model).state
        truths = model.truths()
        errors = [abs(ds.log_negativity(state, *truth.groups) - truth.value) for truth in truths]
        off.append(max(*errors, 1e-17))
    axis = ("sites", lengths, {"long_name": "sites"})
    label = {"long_name": "largest error", "units": "ebit"}
    curves[f"{nbar:g} photons"] = xr.DataArray(off, {"sites": axis}, attrs=label)

print(truths[0].statement, "--", truths[0].reference)
figure = ds.plots.pair_curve_plot(curves, logarithmic=True)
ds.plots.save(figure, "closed_form", overwrite=True)
