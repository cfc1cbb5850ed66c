"""
Rediscovering a scheme from its target
======================================

The target: every cavity of one row entangled with its partner in the other. The hardware:
hopping between neighbours, and any reservoir on the first cavities. Nobody tells the search the
answer of Zippilli et al., Phys. Rev. Lett. 110, 040503 (2013): a two-mode squeezed reservoir,
and equal hoppings.
"""

import darkstate as ds
from darkstate.systems import Mode, create, destroy

rows = [[Mode(f"{side}{k}") for k in (1, 2, 3)] for side in "AB"]
target = ds.steady_state(ds.models.CavityChains(3)).state


def hopping(x, y):
    return create(x) * destroy(y) + create(y) * destroy(x)


hoppings = [hopping(x, y) for row in rows for x, y in zip(row, row[1:])]
reservoir = [operator(row[0]) for row in rows for operator in (destroy, create)]
found = ds.synthesise(target, jumps=reservoir, hamiltonian=hoppings)

print(found)
figure = ds.plots.network(found.result.state, system=found.sparsest)
ds.plots.save(figure, "rediscovered", overwrite=True)
