"""
A model of your own, in a sweep
===============================

A model is a frozen dataclass with a ``system()``. It goes where ready models go: here through a
sweep that stores every point, survives interruptions, and gives a labelled table.
"""

import tempfile
from dataclasses import dataclass

import darkstate as ds
from darkstate.systems import Mode, SqueezedField, cavity, concatenate, loss_line


@dataclass(frozen=True)
class TwoNodes:
    transmission: float = 1.0  # of the line from the source to B; A is beside the source
    nbar: float = 1.0

    def system(self):
        line = loss_line(self.transmission).with_ports("line", "lost")
        nodes = concatenate(cavity(Mode("A"), 1.0), line, cavity(Mode("B"), 1.0))
        network = nodes.feedback("line", "B")
        return network.open_system({("A", "line"): SqueezedField(self.nbar)})


sweep = ds.Sweep(
    TwoNodes(),
    axes=(
        ds.sweeps.linspace("transmission", 0.05, 1.0, 20),
        ds.sweeps.grid("nbar", [0.1, 1.0, 10.0]),
    ),
    outputs=("log_negativity(A:B)",),
)
with tempfile.TemporaryDirectory() as folder:
    table = ds.sweep(sweep, f"{folder}/store.zarr").table()
figure = ds.plots.sweep_picture(table, "log_negativity_A_B")
ds.plots.save(figure, "own_model_sweep", overwrite=True)
