"""
Pulses: STIRAP in a three-level atom
====================================

Two laser pulses in the "wrong" order carry the population from g to r through a dark state; the
lossy level e in between is hardly ever populated.
"""

import numpy as np

import darkstate as ds
from darkstate.systems import Drive, Jump, Levels, OpenSystem, projector, pulses, transition

atom = Levels("atom", ("g", "e", "r"))
stokes, pump = pulses.gaussian(3.0, 1.0, 8.0), pulses.gaussian(4.4, 1.0, 8.0)
system = OpenSystem(
    (atom,),
    jumps=(Jump(transition(atom, "g", "e"), 1.0),),
    drives=(Drive(transition(atom, "e", "r"), stokes), Drive(transition(atom, "e", "g"), pump)),
)
times = np.linspace(0, 8, 161)
result = ds.evolve(system, times, observables={k: projector(atom, k) for k in "ger"})

print(f"in r: {float(result.table['r'][-1]):.4f}, error {result.report.error_estimate:.1e}")
for column in result.table.data_vars.values():
    column.attrs["quantity"] = "population"
ds.plots.save(ds.plots.time_evolution(result.table), "pulses", overwrite=True)
