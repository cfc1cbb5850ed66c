"""
A proof that it cannot be done
==============================

Which two-qubit states can baths of single qubits prepare, and which a shared one? With baths of
its own for each qubit there is none that is entangled, and the answer comes with a proof; with
one bath for both the gap says how fast each state is prepared.
"""

import numpy as np
import xarray as xr

import darkstate as ds
from darkstate.states import PureState
from darkstate.systems import Qubit, sigma_minus, sigma_plus

a, b = Qubit("a"), Qubit("b")
angles = np.linspace(0.02, 0.24, 12) * np.pi
gaps = []
for angle in angles:
    target = PureState(("a", "b"), (2, 2), [np.cos(angle), 0, 0, np.sin(angle)])
    alone = [[sigma_minus(a), sigma_plus(a)], [sigma_minus(b), sigma_plus(b)]]
    assert ds.synthesise(target, jumps=alone).possible == "no"
    shared = ds.synthesise(target, jumps=[alone[0] + alone[1]])
    gaps.append(float(shared.gap))

entangled = np.log2(1 + np.sin(2 * angles))
axis = ("E", entangled, {"long_name": "$E_N$ of the target", "units": "ebit"})
label = {"long_name": "gap of the best network", "units": "rate"}
figure = ds.plots.pair_curve_plot(xr.DataArray(gaps, {"E": axis}, attrs=label))
ds.plots.save(figure, "impossible", overwrite=True)
