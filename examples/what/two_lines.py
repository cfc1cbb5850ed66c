"""
Two lines to a number
=====================

Two chains of 20 leaky cavities share a squeezed field at their first sites. How much
entanglement has each pair, and how far can the number be trusted?
"""

import darkstate as ds

result = ds.steady_state(ds.models.CavityChains(sites=20, loss=0.05))
curve = ds.pair_curve(result.state, ds.log_negativity)

print(f"pair 20: {curve.values[-1]:.6f} ebit, {result.report.status}")
figure = ds.plots.pair_curve_plot(curve)
ds.plots.save(figure, "two_lines", overwrite=True)
