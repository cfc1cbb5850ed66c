"""
From records to a number with an interval
=========================================

Simulated homodyne records of two ensembles are evaluated like those of a laboratory. How many
shots are needed until xi < 1 is beyond doubt? Bars are 95 % intervals, the line is the true
value.
"""

from matplotlib import pyplot as plt

import darkstate as ds
from darkstate.experiments import VirtualExperiment, estimate

shots, found = (50, 100, 200, 400, 800, 1600), []
for k, count in enumerate(shots):
    laboratory = VirtualExperiment(shots=count, bins=12)
    evaluation = estimate(laboratory.run(seed=k))
    found.append(evaluation["xi"])
    print(count, evaluation["xi"], f"confidence of xi < 1: {evaluation.entangled['xi']:.4f}")

with ds.plots.house_style():
    figure, axes = plt.subplots(figsize=(3.4, 2.4))
    low = [xi.value - xi.low for xi in found]
    high = [xi.high - xi.value for xi in found]
    axes.errorbar(shots, [xi.value for xi in found], (low, high), fmt="o", capsize=2)
    axes.axhline(laboratory.truth().xi, color="C1")
    axes.axhline(1.0, color="0.5", linestyle=":")
    axes.set(xscale="log", xlabel="shots", ylabel=r"$\xi$")
    figure.draw_without_rendering()
ds.plots.save(figure, "virtual_experiment", overwrite=True)
