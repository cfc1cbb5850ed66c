"""
Is the error estimate right?
============================

A driven Kerr mode, with fewer photons allowed than it has. The number gets wrong, and the
report says so: its estimate stays above the true error, and the status becomes suspect in time.
Left alone, darkstate raises the cut-off until it need not be asked.
"""

import numpy as np
import xarray as xr

import darkstate as ds
from darkstate.systems import Jump, Mode, OpenSystem, create, destroy

a = Mode("a")
H = 0.25 * create(a) ** 2 * destroy(a) ** 2 + 1.2 * (create(a) + destroy(a))
system = OpenSystem((a,), H, (Jump(destroy(a), 1.0),))
reference = np.asarray(ds.steady_state(system, engine=ds.engines.Lindblad(cutoff=40)).state.matrix)

cutoffs, errors, estimates = range(8, 26, 2), [], []
for cutoff in cutoffs:
    result = ds.steady_state(system, engine=ds.engines.Lindblad(cutoff=cutoff))
    state = np.zeros_like(reference)
    state[:cutoff, :cutoff] = result.state.matrix
    errors.append(np.abs(np.linalg.eigvalsh(state - reference)).sum())
    estimates.append(result.report.error_estimate)
    print(cutoff, f"{errors[-1]:.1e} {estimates[-1]:.1e}", result.report.status)
print("alone:", ds.steady_state(system).report.status)

axis = ("levels", list(cutoffs), {"long_name": "levels of the mode"})
label = {"long_name": "error of the state (trace norm)"}
curves = {
    "true error": xr.DataArray(errors, {"levels": axis}, attrs=label),
    "estimate in the report": xr.DataArray(estimates, {"levels": axis}, attrs=label),
}
figure = ds.plots.pair_curve_plot(curves, logarithmic=True)
ds.plots.save(figure, "truncation", overwrite=True)
