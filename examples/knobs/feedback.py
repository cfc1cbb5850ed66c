"""
Coherent feedback
=================

The light that leaves a squeezing cavity on one side is led back to the other. The phase of the
loop makes the cavity narrow or wide: without another knob the same pump squeezes more, until it
oscillates.
"""

import numpy as np
import xarray as xr

import darkstate as ds
from darkstate.systems import (
    Mode,
    OpenSystem,
    concatenate,
    create,
    destroy,
    phase_shifter,
    two_sided_cavity,
)

a = Mode("a")
phases = np.linspace(-0.7 * np.pi, 0.7 * np.pi, 61)
curves = {}
for pump in (0.02, 0.05, 0.1):
    noise = []
    for phase in phases:
        loop = phase_shifter(phase).with_ports("loop")
        network = concatenate(two_sided_cavity(a, 0.5, 0.5), loop)
        plain = network.feedback("a_left", "loop").feedback("a_left", "a_right").open_system()
        squeezing = 0.5j * pump * (create(a) ** 2 - destroy(a) ** 2)
        system = OpenSystem((a,), plain.hamiltonian + squeezing, plain.jumps)
        covariance = ds.steady_state(system).state.covariance
        noise.append(10 * np.log10(2 * np.linalg.eigvalsh(covariance)[0]))
    label = {"long_name": "least noise", "units": "dB"}
    axis = ("phase", phases, {"long_name": "phase of the loop", "units": "rad"})
    curves[f"pump {pump:g}"] = xr.DataArray(noise, {"phase": axis}, attrs=label)
ds.plots.save(ds.plots.pair_curve_plot(curves), "feedback", overwrite=True)
