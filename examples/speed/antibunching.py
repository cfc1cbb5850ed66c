"""
Photons one by one
==================

A second photon right after the first? The light of a single driven atom never has one; that of
a cavity with an atom in it depends on where the laser is tuned.
"""

import numpy as np

import darkstate as ds
from darkstate.systems import (
    Jump,
    Mode,
    OpenSystem,
    Qubit,
    create,
    destroy,
    number,
    sigma_minus,
    sigma_plus,
)

a, q, g = Mode("a"), Qubit("q"), 3.0
exchange = g * (create(a) * sigma_minus(q) + destroy(a) * sigma_plus(q))
drive = 0.1 * (create(a) + destroy(a))
jumps = (Jump(destroy(a), 1.0, "light"), Jump(sigma_minus(q), 0.1))
delays = np.linspace(0, 6, 121)
curves = {}
for name, detuning in {"on the polariton": -g, "between": -g / 2}.items():
    energy = -detuning * (number(a) + sigma_plus(q) * sigma_minus(q))
    system = OpenSystem((a, q), exchange + drive + energy, jumps)
    curves[name] = ds.g2(system, "light", delays)
    print(name, round(float(curves[name][0]), 3))

figure = ds.plots.pair_curve_plot(curves, logarithmic=True)
ds.plots.save(figure, "antibunching", overwrite=True)
