"""
Single runs and their average
=============================

A counter that sees the light of a driven atom knows more than the master equation: single runs
jump, their average is the smooth curve. Each run can be had again by seed and number.
"""

import numpy as np
import xarray as xr

import darkstate as ds
from darkstate.systems import Jump, OpenSystem, Qubit, sigma_minus, sigma_plus, sigma_x

q = Qubit("q")
atom = OpenSystem((q,), 0.75 * sigma_x(q), (Jump(sigma_minus(q), 0.5, "light"),))
times, up = np.linspace(0, 15, 151), sigma_plus(q) * sigma_minus(q)

engine = ds.engines.Trajectories(trajectories=200, seed=1)
ensemble = engine.ensemble(atom, times)
runs = ensemble.expectation(up)
mean = ds.evolve(atom, times, observables={"up": up}).table["up"].values.real

columns = {"run 0": runs[:, 0], "average of 200": runs.mean(axis=1), "master equation": mean}
label = {"quantity": "excited population"}
table = xr.Dataset({k: ("time", v, label) for k, v in columns.items()}, {"time": times})
print("clicks of run 0 at", [round(t, 2) for t, _ in ensemble.jumps[0]])
ds.plots.save(ds.plots.time_evolution(table), "quantum_jumps", overwrite=True)
