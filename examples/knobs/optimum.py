"""
The best knobs
==============

How strong a source, and how far apart the detunings of two pairs, for the most entanglement of the
second pair where the qubits dephase? Every optimum is looked at a second time, and comes with the
range that each knob may have.
"""

import xarray as xr

import darkstate as ds

pair = ds.merit(ds.log_negativity, "A2", "B2")
step = ds.design.Knob("step", 0, 5, sets={"detunings_a[1]": 1, "detunings_b[1]": -1})
squeezing = ds.design.Knob("squeezing", 0.05, 2.5)
rates, curves = [0.01, 0.03, 0.1], {}
for name, knobs in {"squeezing alone": [squeezing], "detunings too": [squeezing, step]}.items():
    values = []
    for rate in rates:
        model = ds.models.DualRail(
            2, 0.5, detunings_a=[0.0, 1.0], detunings_b=[0.0, -1.0], dephasing=rate
        )
        found = ds.optimise(model, pair, knobs, starts=1)
        values.append(float(found.value))
    axis = ("rate", rates, {"long_name": "dephasing", "units": "rate"})
    label = {"long_name": "$E_N$ of the second pair", "units": "ebit"}
    curves[name] = xr.DataArray(values, {"rate": axis}, attrs=label)
print(found)

ds.plots.save(ds.plots.pair_curve_plot(curves), "optimum", overwrite=True)
