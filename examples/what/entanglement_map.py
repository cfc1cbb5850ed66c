"""
Who shares how much with whom
=============================

The table of all pairs of two chains of eight cavities. Partners are entangled, and nobody else:
this is no accident of numbers but a law of these networks.
"""

import darkstate as ds

state = ds.steady_state(ds.models.CavityChains(sites=8, loss=0.05)).state
table = ds.pair_table(state, ds.log_negativity)

print(table.sel(row="A3", column=["B2", "B3", "B4"]).values.round(4))
figure = ds.plots.entanglement_map(table)
ds.plots.save(figure, "entanglement_map", overwrite=True)
