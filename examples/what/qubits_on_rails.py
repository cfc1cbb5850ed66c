"""
Qubits on two waveguides
========================

Detunings choose the partners: those of rail B are those of rail A with the sign reversed, in
another order, and this order says who is entangled with whom.
"""

import darkstate as ds

model = ds.models.DualRail(
    pairs=3,
    squeezing=1.0,
    detunings_a=[1.0, 0.0, -1.0],
    detunings_b=[0.0, -1.0, 1.0],
    dephasing=0.01,
)
state = ds.steady_state(model).state

print("pairs:", model.permutation)
figure = ds.plots.network(state, ds.concurrence, system=model)
ds.plots.save(figure, "qubits_on_rails", overwrite=True)
