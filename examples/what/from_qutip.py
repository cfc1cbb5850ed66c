"""
Coming from QuTiP
=================

A Kerr parametric oscillator, written in QuTiP, is handed over as it is. darkstate finds the
number of photons that are needed, and says how far to trust the state; it goes back by
``to_qutip``.
"""

import numpy as np
import qutip

import darkstate as ds
from darkstate.states import from_qutip, to_qutip
from darkstate.systems import Mode

a = qutip.destroy(10)
pump = 2.5 * (a.dag() ** 2 + a**2)
H, jumps = a.dag() ** 2 * a**2 - pump, [np.sqrt(0.2) * a]

result = ds.steady_state(from_qutip((H, jumps), spaces=(Mode("a"),)))
print(result.report.status, result.report.truncation)
print(to_qutip(result.state).purity())

figure = ds.plots.wigner_map(ds.wigner(result.state, "a", np.linspace(-4, 4, 101)))
ds.plots.save(figure, "from_qutip", overwrite=True)
