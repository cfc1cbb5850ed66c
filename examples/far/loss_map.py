"""
How much loss, how much squeezing?
==================================

A map over two parameters. Squeezing cannot make up for loss: what arrives at the last pair
saturates as the drive gets stronger, at a value that the loss sets.
"""

import tempfile

import darkstate as ds

sweep = ds.Sweep(
    ds.models.CavityChains(6),
    axes=(
        ds.sweeps.geomspace("loss", 0.003, 0.3, 16),
        ds.sweeps.geomspace("drive.nbar", 0.03, 30.0, 16),
    ),
    outputs=("log_negativity(A6:B6)",),
    vectorise=True,
)
with tempfile.TemporaryDirectory() as folder:
    store = ds.sweep(sweep, f"{folder}/store.zarr")
    table, counts = store.table(), store.status().counts
print(counts)
figure = ds.plots.sweep_picture(table, "log_negativity_A6_B6")
ds.plots.save(figure, "loss_map", overwrite=True)
