"""What the figures of this paper share: its parameters, the three treatments, its unit."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar

from darkstate.engines import Gaussian
from darkstate.errors import NumericalError
from darkstate.frontdoor import steady_state
from darkstate.measures import log_negativity
from darkstate.models import DrudeBath, ParametricPair

RATIOS = (1.0, 0.6)
"""w_b/w_a of the figures: equal modes (1a, solid lines) and unequal ones (1b, dashed lines)."""

FIXED_ZETA = 0.01
"""Strength of the second bath in Figs. 1c and 1d."""

WEAK_ZETA = 1e-4
"""Baths so weak that the exact pair must agree with the right secular theory."""

REGIME = "w_p = 10, nu = 1, k = |D1 + D2|/10"
NAT_LABEL = "$E_N$ (nat)"
Values = NDArray[np.float64]


def pair(zeta1: float, zeta2: float, ratio: float, **options: Any) -> Any:
    """The paper's pair with these bath strengths and ``w_b/w_a``; `options` of `ParametricPair`."""
    baths = (DrudeBath(float(zeta1)), DrudeBath(float(zeta2)))
    return ParametricPair(omega_b=ratio, baths=baths, **options)


def secular_ebits(zeta1: float, zeta2: float, ratio: float, **options: Any) -> float:
    """Closed form of the secular theory; NaN where it has no steady state."""
    truths = pair(zeta1, zeta2, ratio, **options).truths()
    return next((t.value for t in truths if t.measure == "log_negativity"), np.nan)


def exact_ebits(
    zeta1: float, zeta2: float, ratio: float, rtol: float = 1e-7, **options: Any
) -> float:
    """By harmonic balance; NaN where there is no steady state."""
    model = pair(zeta1, zeta2, ratio, treatment="exact", **options)
    try:
        state = steady_state(model, Gaussian(rtol=rtol)).state
    except NumericalError:
        return np.nan
    return log_negativity(state, "A1", "B1")


TREATMENTS = {
    "as printed": partial(secular_ebits, branch="as_printed"),
    "right": partial(secular_ebits, branch="diagonal"),
    "exact": partial(exact_ebits, rtol=1e-9),
}
"""The paper's secular theory with its slip, without it, and no secular theory."""


def nats(ebits: ArrayLike) -> Values:
    """The paper's unit: natural-log log-negativity."""
    return np.log(2.0) * np.asarray(ebits, dtype=float)


def negativity(ebits: float) -> float:
    """``(||rho^T||_1 - 1)/2``, the measure that "negativity" usually means."""
    return (2.0**ebits - 1) / 2


def maximum(function: Any, low: float, high: float, tolerance: float = 1e-9) -> tuple[float, float]:
    """Place and value of the maximum of a unimodal `function` on a logarithmic axis."""
    found = minimize_scalar(
        lambda x: -function(float(np.exp(x))),
        bounds=(np.log(low), np.log(high)),
        method="bounded",
        options={"xatol": tolerance},
    )
    return float(np.exp(found.x)), -float(found.fun)


def quoted(value: float, digits: float) -> bool:
    """Whether `value`, rounded to the one significant digit of `digits`, is `digits`."""
    return float(f"{value:.0e}") == digits
