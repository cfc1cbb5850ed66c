"""
A certificate, and how to measure it
====================================

Four qubits of two detuned pairs are proven genuinely four-partite entangled. The witness comes
as local terms, with the settings and the shots that an experiment needs to see it.
"""

import darkstate as ds
from darkstate.certificates import measurement_plan

model = ds.models.DualRail(2, 1.0, detunings_a=[0.5, -0.5], detunings_b=[0.5, -0.5], dephasing=0.02)
certificate = ds.certify(ds.steady_state(model), quick=True)
plan = measurement_plan(certificate, sigmas=5, readout_error=0.01)

print(certificate.sentence)
print(plan)
figure = ds.plots.witness_chart(plan.terms)
ds.plots.save(figure, "certificate", overwrite=True)
