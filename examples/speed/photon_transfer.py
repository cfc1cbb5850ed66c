"""
Handing over a photon
=====================

Two cavities with tunable couplers. With couplings that are mirror images in time the second
catches what the first sends (Cirac et al., Phys. Rev. Lett. 78, 3221 (1997)).
"""

import numpy as np

import darkstate as ds
from darkstate.states import PureState
from darkstate.systems import Mode, cavity, concatenate, number, pulses

a, b = Mode("a"), Mode("b")
out = pulses.function(lambda t: 1 / np.sqrt(1 + np.exp(-t)))
into = pulses.function(lambda t: 1 / np.sqrt(1 + np.exp(t)))
network = concatenate(cavity(a, 1.0, modulation=out), cavity(b, 1.0, modulation=into)).feedback(
    "a", "b"
)

photon = PureState.basis(("a", "b"), (2, 2), {"a": 1})
times = np.linspace(-12, 12, 121)
result = ds.evolve(
    network.open_system(), times, photon, observables={"sender": number(a), "receiver": number(b)}
)
print(f"caught: {float(result.table['receiver'][-1]):.5f}")
for column in result.table.data_vars.values():
    column.attrs["quantity"] = "photons"
ds.plots.save(ds.plots.time_evolution(result.table), "photon_transfer", overwrite=True)
