"""Entanglement over the coupling k: none without it, and for the exact pair none just above.

In the secular theory any pump entangles. A bath that couples through the full quadrature dresses
its mode even without a pump, so the exact modes are mixed, and a weak pump cannot overcome that.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.drivenmodes.common import NAT_LABEL, exact_ebits, nats, secular_ebits

_STRENGTHS = (0.001, 0.003, 0.01)
_RATIO = 1.0


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    couplings = np.append(0.0, np.geomspace(2e-3, 5.0, 10 if fast else 40))
    rows, thresholds = [], []
    for i, zeta in enumerate(_STRENGTHS):
        row = [exact_ebits(zeta, zeta, _RATIO, coupling=float(k)) for k in couplings]
        rows.append(row)
        thresholds.append(_threshold(zeta, couplings, np.array(row), 8 if fast else 14))
        progress(f"zeta = {zeta:g}", (i + 1) / (len(_STRENGTHS) + 1))
    secular = [secular_ebits(1.0, 1.0, _RATIO, coupling=float(k)) for k in couplings]
    return xr.Dataset(
        {
            "log_negativity": (("zeta", "coupling"), np.array(rows), {"units": "ebit"}),
            "secular": ("coupling", np.array(secular), {"units": "ebit"}),
            "threshold": ("zeta", thresholds),
        },
        coords={"zeta": list(_STRENGTHS), "coupling": couplings},
        attrs={"ratio": _RATIO},
    )


def _threshold(zeta: float, couplings: np.ndarray, row: np.ndarray, steps: int) -> float:
    """The pump at which entanglement sets in, by bisection; NaN if it is always there."""
    first = int(np.argmax(row > 0))
    if first < 2:
        return np.nan
    low, high = couplings[first - 1], couplings[first]
    for _ in range(steps):
        middle = float(np.sqrt(low * high))
        if exact_ebits(zeta, zeta, _RATIO, rtol=1e-9, coupling=middle) > 0:
            high = middle
        else:
            low = middle
    return float(np.sqrt(low * high))


def _draw(axes: Any, data: xr.Dataset) -> None:
    some = data.isel(coupling=slice(1, None))
    axes.loglog(some.coupling, nats(some.secular), color="0.5", label="secular, any $\\zeta$")
    for k, zeta in enumerate(data.zeta.values):
        y = nats(some.log_negativity.sel(zeta=zeta).where(lambda e: e > 0))
        axes.loglog(some.coupling, y, color=f"C{k}", label=rf"exact, $\zeta={zeta:g}$")
        axes.axvline(float(data.threshold.sel(zeta=zeta)), color=f"C{k}", lw=0.8, ls=":")
    axes.set(xlabel=r"coupling $k/\omega_a$", ylabel=NAT_LABEL, ylim=(1e-4, 2))
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.01), ncols=2, fontsize=8, frameon=False)


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    still = data.sel(coupling=0.0)
    largest = max(float(still.log_negativity.max()), float(still.secular))
    onset = ", ".join(
        f"k = {float(k):.4f} at zeta = {float(zeta):g}"
        for k, zeta in zip(data.threshold, data.zeta, strict=True)
    )
    weakest = data.isel(coupling=1)
    return (
        Claim(
            "pump-1",
            "Uncoupled modes (k = 0, a pump without effect) are not entangled.",
            Verdict.FINDING,
            "",
            f"{nats(largest):.1g} nat at k = 0, secular and exact",
            "The paper's case without pump is another one, w_p = 0 (undriven-2).",
        ),
        Claim(
            "pump-2",
            "Does any coupling, however weak, entangle?",
            Verdict.FINDING,
            "",
            "no, the exact pair has a threshold: " + onset
            if bool(np.isfinite(data.threshold).all())
            else "thresholds where there are any: " + onset,
            f"Secular, right branch: yes, {nats(weakest.secular):.1e} nat at k = "
            f"{float(weakest.coupling):g}.",
        ),
    )


PUMP = Figure(
    "pump", "Entanglement over the coupling, equal modes and baths", _compute, _draw, _claims
)
