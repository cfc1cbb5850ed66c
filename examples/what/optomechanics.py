"""
Two mechanical oscillators, one cavity
======================================

A cavity that is driven on both sidebands cools two collective modes of the oscillators, and
these are squeezed: the oscillators go to a two-mode squeezed state (Woolley and Clerk, Phys.
Rev. A 89, 063805 (2014)). More of the second drive means more squeezing, until the cooling is
too slow for the thermal noise.
"""

import numpy as np
import xarray as xr

import darkstate as ds
from darkstate.systems import Jump, Mode, OpenSystem, create, destroy, number

a, b, cavity = Mode("a"), Mode("b"), Mode("cavity")
loss, split, damping = 1.0, 0.1, 1e-5


def entanglement(ratio: float, phonons: float) -> float:
    cool, heat = 0.1, 0.1 * ratio
    coupling = destroy(cavity) * (cool * (create(a) + create(b)) + heat * (destroy(a) + destroy(b)))
    H = coupling + coupling.adjoint() + split * (number(a) - number(b))
    baths = [Jump(destroy(cavity), loss)]
    baths += [Jump(destroy(mode), damping * (phonons + 1)) for mode in (a, b)]
    baths += [Jump(create(mode), damping * phonons) for mode in (a, b)]
    state = ds.steady_state(OpenSystem((a, b, cavity), H, tuple(baths))).state
    return ds.log_negativity(state, "a", "b")


ratios = np.linspace(0.0, 0.97, 60)
axis = {"ratio": ("ratio", ratios, {"long_name": "second drive over first"})}
label, curves = {"long_name": "$E_N$", "units": "ebit"}, {}
for n in (0, 10, 100):
    values = [entanglement(r, n) for r in ratios]
    curves[f"{n} phonons"] = xr.DataArray(values, axis, attrs=label)
ds.plots.save(ds.plots.pair_curve_plot(curves), "optomechanics", overwrite=True)
