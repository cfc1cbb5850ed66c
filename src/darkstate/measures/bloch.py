r"""The Bloch vector of a qubit: the three means that are its state.

    rho = (1 + x sigma_x + y sigma_y + z sigma_z)/2,    x = <sigma_x>, ...

Its length is 1 for a pure state and 0 where nothing is known, ``2 Tr rho^2 = 1 + |r|^2``. The
excited state points up.

Source: Nielsen and Chuang, Quantum Computation and Quantum Information (2000), section 2.4.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate.checks import check_labels
from darkstate.errors import ArgumentError, border
from darkstate.measures.expectation import expect
from darkstate.systems.operators import sigma_x, sigma_y, sigma_z
from darkstate.systems.spaces import Qubit

if TYPE_CHECKING:
    import xarray as xr

COMPONENTS = ("x", "y", "z")


@border("bloch_vector")
def bloch_vector(state: Any, label: str) -> xr.DataArray:
    """The Bloch vector of a qubit.

    Args:
        state: one that knows means of operators, such as ``result.state``.
        label: the qubit.

    Returns:
        DataArray (3,) over ``component``: "x", "y", "z".

    Raises:
        ArgumentError: an unknown label, or no qubit.
        EngineMismatchError: a kind of state that has no qubits.
    """
    if hasattr(state, "labels"):
        check_labels("label", (label,), state.labels)
        sizes = dict(zip(state.labels, getattr(state, "dimensions", ()), strict=False))
        if sizes.get(label, 2) != 2:
            rule = "be a qubit, of two levels"
            remedy = "Look at expect(operator, state), or at plots.hinton(state.reduced(label))."
            raise ArgumentError("label", rule, f"{label} of {sizes[label]}", remedy)
    qubit = Qubit(label)
    values = [expect(sigma(qubit), state) for sigma in (sigma_x, sigma_y, sigma_z)]
    import xarray as xr

    return xr.DataArray(
        np.array(values), {"component": list(COMPONENTS)}, ("component",), "bloch_vector",
        attrs={"long_name": f"Bloch vector of {label}", "units": ""},
    )  # fmt: skip
