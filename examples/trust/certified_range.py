"""
Up to which dephasing is it proven?
===================================

Bisection finds the end of the range in which the state is certified. Up to the first mark there
is a proof, from the second on a mixture of separable-somewhere states was found: nothing is
claimed in between.
"""

from dataclasses import replace

import darkstate as ds
from darkstate.certificates import certified_limit

model = ds.models.DualRail(2, 1.0, detunings_a=[0.5, -0.5], detunings_b=[0.5, -0.5])
limit = certified_limit(
    lambda rate: ds.steady_state(replace(model, dephasing=rate)),
    start=0.0,
    stop=0.2,
    tolerance=0.05,
    name="dephasing",
    quick=True,
)
print(limit.sentence)
figure = ds.plots.certified_range(limit.table())
ds.plots.save(figure, "certified_range", overwrite=True)
