"""
Which knob matters?
===================

The derivative of a figure of merit by every parameter of a model, from one adjoint solution,
with an error for each: here the entanglement of the second of two detuned pairs.
"""

from matplotlib import pyplot as plt

import darkstate as ds

model = ds.models.DualRail(
    2, 0.7, detunings_a=[0.3, -0.5], detunings_b=[-0.3, 0.4], dephasing=0.05, decay=0.02
)
merit = ds.merit(ds.log_negativity, "A2", "B2")
knobs = ("squeezing", "coupling", "dephasing", "decay", "detunings_a", "detunings_b")
slopes = ds.gradient(model, merit, knobs)

bars = {}
for name in knobs:
    values = slopes[name].values.ravel()
    bars |= {f"{name} {k + 1}" if values.size > 1 else name: v for k, v in enumerate(values)}
print({name: round(float(value), 4) for name, value in bars.items()})

with ds.plots.house_style():
    figure, axes = plt.subplots(figsize=(3.4, 2.4))
    axes.barh(
        list(bars), list(bars.values()), color=["C0" if v > 0 else "C1" for v in bars.values()]
    )
    axes.axvline(0, color="black", linewidth=0.6)
    axes.invert_yaxis()
    axes.set_xlabel("derivative of $E_N$ (ebit)")
    figure.draw_without_rendering()
ds.plots.save(figure, "gradient", overwrite=True)
