"""
A repeater of ensembles
=======================

Ensembles in a line interact with their neighbours, the inner ones are measured, and the ends
are entangled. At magic times log2(3) or 1 ebit arrive, through any number of nodes.
"""

import numpy as np

import darkstate as ds

times = np.linspace(0.0, np.pi, 241)
curves = {}
for nodes in (3, 5, 9):
    table = ds.solve(ds.models.EnsembleRepeater(nodes, 200, times)).table
    curves[f"{nodes} nodes"] = table["entropy"].assign_attrs(long_name="entropy", units="ebit")

magic = ds.solve(ds.models.EnsembleRepeater(9, 10**6, 2 * np.pi / 3))
print("a million atoms, 9 nodes:", ds.entropy(magic.state, "1"), "log2(3) =", np.log2(3))
ds.plots.save(ds.plots.pair_curve_plot(curves), "repeater", overwrite=True)
