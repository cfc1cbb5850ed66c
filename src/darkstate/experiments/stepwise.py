"""Measurement slice by slice: the conditional variance without a differential equation.

The light is cut into slices of length h. Each meets the atoms by the input-output relations of a
short pulse (`interface.py`), is detected, and the variance of q is conditioned on the outcome;
after that comes the extra decay of the slice. In units of the vacuum's variance, with
``E = e^{-rate h}``,

    V_qq = E V + (1 - E)/Z^2,   V_yy = E + Z^2 (1 - E) V,   V_qy = sqrt(E (1 - E)) (Z V - 1/Z),
    V'   = V_qq - efficiency V_qy^2 / (efficiency V_yy + 1 - efficiency),
    V''  = e^{-extra h} V' + (1 - e^{-extra h}) noise.

As h falls this tends to the solution of the Riccati equation; since decay and measurement of a
slice take turns, the error is of first order in h.

Source: Muschik et al., arXiv:1203.4785, Eq. (5).
"""

from __future__ import annotations

from math import exp

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_instance, check_integer, check_real
from darkstate.experiments.interface import LightInterface

_MOST_STEPS = 10**6


def stepwise_variances(
    interface: LightInterface, efficiency: float, step: float, steps: int, start: float = 1.0
) -> NDArray[np.float64]:
    """Conditional variances (steps + 1,) of q after each slice, in units of the vacuum's.

    Args:
        interface: rates of ensembles and light.
        efficiency: of the detection, 0 .. 1.
        step: length of a slice, h > 0.
        steps: how many.
        start: variance before the first.

    Raises:
        ArgumentError: no interface, or a number out of its range.
    """
    check_instance("interface", interface, LightInterface, "Give LightInterface(rate, coupling).")
    remedy = "Give the detected fraction of the light."
    check_real("efficiency", efficiency, minimum=0.0, maximum=1.0, remedy=remedy)
    check_real("step", step, above=0.0, remedy="Give the length of a slice.")
    remedy = "Give the number of slices; the variance has settled long before the last."
    check_integer("steps", steps, minimum=1, maximum=_MOST_STEPS, remedy=remedy)
    check_real("start", start, above=0.0, remedy="Give a variance; 1 is the vacuum's.")
    z, kept = interface.coupling, exp(-interface.rate * step)
    faded = exp(-interface.extra * step)
    found = np.empty(steps + 1)
    found[0] = v = start
    for k in range(steps):
        atoms = kept * v + (1 - kept) / z**2
        light = kept + z**2 * (1 - kept) * v
        squared = kept * (1 - kept) * (z * v - 1 / z) ** 2
        v = atoms - efficiency * squared / (efficiency * light + 1 - efficiency)
        found[k + 1] = v = faded * v + (1 - faded) * interface.noise
    return found
