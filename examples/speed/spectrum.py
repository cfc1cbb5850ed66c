"""
The spectrum of a driven atom
=============================

Resonance fluorescence: with the drive a line becomes three (Mollow, Phys. Rev. 188, 1969
(1969)).
"""

import numpy as np

import darkstate as ds
from darkstate.systems import Jump, OpenSystem, Qubit, sigma_minus, sigma_x

q = Qubit("q")
frequencies = np.linspace(-12, 12, 601)
curves = {}
for drive in (0.3, 1.5, 4.0):
    atom = OpenSystem((q,), drive * sigma_x(q), (Jump(sigma_minus(q), 1.0, "light"),))
    line = ds.emission_spectrum(atom, "light", frequencies)
    curves[f"drive {drive:g}"] = line
    print(drive, "coherent part:", round(float(line.attrs["coherent"]), 4))

ds.plots.save(ds.plots.pair_curve_plot(curves), "spectrum", overwrite=True)
