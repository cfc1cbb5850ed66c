"""
A giant atom
============

An atom touches a waveguide at two points. What it emits at both interferes: with the phase
between them the decay rate goes from twice that of two separate points to zero.
"""

import numpy as np
import xarray as xr

import darkstate as ds
from darkstate.systems import Qubit, concatenate, emitter, phase_shifter, sigma_minus, sigma_plus

atom = Qubit("atom")
up = ds.states.PureState.basis("atom", 2, {"atom": 1})


def left_after(time: float, phase: float) -> float:
    first, last = (emitter(atom, 0.5).with_ports(name) for name in ("first", "last"))
    line = concatenate(first, phase_shifter(phase).with_ports("line")).feedback("first", "line")
    waveguide = concatenate(line, last).feedback("first", "last").open_system()
    excited = sigma_plus(atom) * sigma_minus(atom)
    table = ds.evolve(waveguide, [0.0, time], up, observables={"up": excited}).table
    return float(table["up"][-1].real)


phases = np.linspace(0, 2 * np.pi, 49)
axis = ("phase", phases, {"long_name": "phase between the points", "units": "rad"})
rates = [-np.log(left_after(1.0, phase)) for phase in phases]
label = {"long_name": "decay rate", "units": "rate of both points alone"}
curves = {
    "computed": xr.DataArray(rates, {"phase": axis}, attrs=label),
    "1 + cos(phase)": xr.DataArray(1 + np.cos(phases), {"phase": axis}, attrs=label),
}
figure = ds.plots.pair_curve_plot(curves)
ds.plots.save(figure, "giant_atom", overwrite=True)
