"""
A thousand cavities
===================

Moments are kept such that tiny numbers have digits: the entanglement of far pairs of a lossy
chain falls over many powers of ten and is still known, pair by pair.
"""

import time

import darkstate as ds

curves = {}
for loss in (0.05, 0.1, 0.2):
    start = time.perf_counter()
    result = ds.steady_state(ds.models.CavityChains(sites=500, loss=loss))
    curve = ds.pair_curve(result.state, ds.log_negativity)
    curves[f"loss {loss:g}"] = curve
    took = time.perf_counter() - start
    print(
        f"{loss}: pair 200 has {float(curve[199]):.3e} ebit; {result.report.status}, {took:.1f} s"
    )

figure = ds.plots.pair_curve_plot(curves, logarithmic=True)
ds.plots.save(figure, "long_chain", overwrite=True)
