r"""
In a notebook
=============

Results, reports and systems show themselves as tables, operators such as :math:`\sigma^-` are
typeset, and a picture of ``plots`` is the last line of a cell. This page can be downloaded as a
notebook.
"""

import darkstate as ds

model = ds.models.DualRail(pairs=2, squeezing=1.0, dephasing=0.01)
model.system()

# %%
# Who would solve it, and at what cost?
ds.explain(model)

# %%
# The result, with the report on how far to trust it.
result = ds.steady_state(model)
result

# %%
figure = ds.plots.network(result.state, ds.concurrence, system=model)
ds.plots.save(figure, "notebook", overwrite=True)
