r"""The Wigner function of one mode: a picture of its state in phase space.

    W(x, p) = (1/pi) int dy e^(2 i p y) <x - y|rho|x + y>,    int dx dp W = 1,

with ``x = (a + a†)/sqrt 2`` as everywhere. Of a Gaussian state it is a Gaussian; of others it is
summed over their entries in the Fock basis, ``sum_mn rho_mn W_mn``, by the recursion in m and n of
the functions ``W_mn``. Where it is negative, no mixture of coherent states does the same.

Source: Cahill and Glauber, Phys. Rev. 177, 1882 (1969).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_labels, check_reals
from darkstate.errors import ArgumentError, border
from darkstate.measures.dispatch import refusal
from darkstate.states import DensityState, GaussianState, PureState

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[Any]


@border("wigner")
def wigner(state: Any, label: str, x: Any, p: Any = None) -> xr.DataArray:
    """The Wigner function of one mode on a grid.

    Args:
        state: a dense state, of which this subsystem counts photons, or a Gaussian state.
        label: the mode.
        x: (X,) values of ``x = (a + a†)/sqrt 2``.
        p: (P,) values of ``p = (a - a†)/(i sqrt 2)``; those of x by default.

    Returns:
        DataArray (X, P) over ``x`` and ``p``.

    Raises:
        ArgumentError: an unknown label, or no numbers.
        EngineMismatchError: a kind of state that has no Wigner function here.
    """
    if not isinstance(state, DensityState | PureState | GaussianState):
        raise refusal("wigner", state, (DensityState, PureState, GaussianState))
    check_labels("label", (label,), state.labels)
    grids = [_values(name, v) for name, v in (("x", x), ("p", x if p is None else p))]
    alone = state.reduced(label)
    points = np.meshgrid(*grids, indexing="ij")
    if isinstance(alone, GaussianState):
        values = _gaussian(alone, *points)
    else:
        matrix = alone.density().matrix if isinstance(alone, PureState) else alone.matrix
        values = _summed(matrix, *points)
    import xarray as xr

    coordinates = {
        name: (name, grid, {"long_name": f"{name} of {label}"})
        for name, grid in zip(("x", "p"), grids, strict=True)
    }
    return xr.DataArray(
        values, dims=("x", "p"), coords=coordinates, name="wigner",
        attrs={"long_name": "Wigner function", "units": ""},
    )  # fmt: skip


def _values(name: str, values: Any) -> NDArray[np.float64]:
    remedy = "Give for example numpy.linspace(-4, 4, 81)."
    grid = check_reals(name, values, remedy=remedy)
    if grid.ndim != 1 or not len(grid) or not np.all(np.isfinite(grid)):
        raise ArgumentError(name, "be a list of finite numbers", values, remedy)
    return grid


def _gaussian(state: GaussianState, x: Array, p: Array) -> Array:
    sigma, mean = state.covariance, state.mean_quadratures
    away = np.stack([x - mean[0], p - mean[1]])
    exponent = np.einsum("iab,ij,jab->ab", away, np.linalg.inv(sigma), away)
    return np.exp(-0.5 * exponent) / (2 * np.pi * np.sqrt(np.linalg.det(sigma)))


def _summed(rho: Array, x: Array, p: Array) -> Array:
    """``sum_mn rho_mn W_mn``, row by row of the lower triangle."""
    alpha = np.sqrt(2.0) * (x + 1j * p)  # twice the amplitude
    size = len(rho)
    rows = [np.exp(-(x**2 + p**2)).astype(complex) / np.pi]
    for n in range(1, size):
        rows.append(alpha * rows[-1] / np.sqrt(n))
    total = rho[0, 0].real * rows[0].real
    for n in range(1, size):
        total = total + 2.0 * np.real(rho[0, n] * rows[n])
    for m in range(1, size):
        above = rows[m]
        rows[m] = (alpha.conj() * above - np.sqrt(m) * rows[m - 1]) / np.sqrt(m)
        total = total + rho[m, m].real * rows[m].real
        for n in range(m + 1, size):
            following = (alpha * rows[n - 1] - np.sqrt(m) * above) / np.sqrt(n)
            above, rows[n] = rows[n], following
            total = total + 2.0 * np.real(rho[m, n] * rows[n])
    return total
