"""
A multilevel atom and its dark state
====================================

Two lasers couple the levels g and r of an atom to e. Where both are equally detuned, the atom
goes to a superposition of g and r that no laser excites: the fluorescence has a hole.
"""

import numpy as np
import xarray as xr

import darkstate as ds
from darkstate.systems import Jump, Levels, OpenSystem, projector, transition

atom = Levels("atom", ("g", "e", "r"))
lasers = 0.3 * transition(atom, "e", "g") + 0.3 * transition(atom, "e", "r")
decay = (Jump(transition(atom, "g", "e"), 0.5), Jump(transition(atom, "r", "e"), 0.5))


def excited(detuning: float, dephasing: float) -> float:
    H = lasers + lasers.adjoint() + detuning * projector(atom, "r")
    noise = Jump(projector(atom, "r"), dephasing)
    state = ds.steady_state(OpenSystem((atom,), H, (*decay, noise))).state
    return ds.expect(projector(atom, "e"), state)


x = np.linspace(-2, 2, 81)
curves = {
    f"dephasing {rate:g}": xr.DataArray(
        [excited(d, rate) for d in x],
        {"detuning": ("detuning", x, {"long_name": "two-photon detuning", "units": "rate"})},
        attrs={"long_name": "population of e"},
    )
    for rate in (0.0, 0.05, 0.5)
}
figure = ds.plots.pair_curve_plot(curves)
ds.plots.save(figure, "multilevel_atom", overwrite=True)
