"""
From the vacuum to entanglement
===============================

The squeezed field is switched on at time 0, and entangles one pair after the other.
"""

import numpy as np

import darkstate as ds

model = ds.models.CavityChains(sites=5, loss=0.02)


def pair(j):
    return lambda state: ds.log_negativity(state, f"A{j}", f"B{j}")


times = np.linspace(0, 60, 241)
result = ds.evolve(model, times, measures={f"pair {j}": pair(j) for j in (1, 3, 5)})
for column in result.table.data_vars.values():
    column.attrs |= {"units": "ebit", "quantity": "$E_N$"}

print(result.report.status, result.table.sel(time=60.0))
ds.plots.save(ds.plots.time_evolution(result.table), "relaxation", overwrite=True)
