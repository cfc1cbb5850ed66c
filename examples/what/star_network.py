"""
A star of cavities around one source
====================================

Beam splitters divide one beam of squeezed light among five cavities. All pairs are entangled
alike; the certificate says more: no mixture of states that are separable
somewhere is this one.
"""

import darkstate as ds
from darkstate.systems import GaussianField, Mode, beam_splitter, cavity, concatenate

leaves = 5
network = concatenate(*(cavity(Mode(f"leaf{k}"), 1.0) for k in range(1, leaves + 1)))
for k in range(1, leaves):
    splitter = beam_splitter(1 / (leaves - k + 1)).with_ports(f"tap{k}", f"rest{k}")
    network = concatenate(network, splitter)
light = "tap1"  # a wire keeps the name of the port where it begins
for k in range(1, leaves):
    network = network.feedback(light, f"leaf{k}")
    light = f"rest{k}"
    network = network.feedback(light, f"tap{k + 1}" if k + 1 < leaves else f"leaf{leaves}")

nbar = 1.0
squeezed = GaussianField([[nbar]], [[(nbar * (nbar + 1)) ** 0.5]])
system = network.open_system({"tap1": squeezed})
result = ds.steady_state(system)

print(ds.certify(result).sentence)
figure = ds.plots.network(result.state)
ds.plots.save(figure, "star_network", overwrite=True)
