"""Figures 1a and 1b without Born-Markov, secular and rotating-wave steps.

Axes are logarithmic: with the approximations gone, the strength of the baths matters and not only
their ratio. The ridge, where ``zeta_1`` is best for a given ``zeta_2``, leaves the diagonal.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import xarray as xr

from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.drivenmodes.common import (
    NAT_LABEL,
    RATIOS,
    exact_ebits,
    maximum,
    nats,
    secular_ebits,
)


def _compute(ratio: float, fast: bool, progress: Progress) -> xr.Dataset:
    count = 6 if fast else 23
    zeta = np.geomspace(5e-4, 0.08, count)
    values = np.empty((count, count))
    for j, zeta1 in enumerate(zeta):
        values[j] = [exact_ebits(zeta1, zeta2, ratio) for zeta2 in zeta]
        progress("exact pairs", (j + 1) / (count + 1))
    ridge_at = np.array([5e-4, 0.003, 0.01])
    ridge = [_best(other, ratio, 0.05 if fast else 0.01) for other in ridge_at]
    return xr.Dataset(
        {
            "log_negativity": (("zeta1", "zeta2"), values, {"units": "ebit"}),
            "secular": ((), secular_ebits(0.01, 0.01, ratio), {"units": "ebit"}),
            "ridge": ("ridge_zeta2", ridge),
        },
        coords={"zeta1": zeta, "zeta2": zeta, "ridge_zeta2": ridge_at},
        attrs={"ratio": ratio},
    )


def _best(zeta2: float, ratio: float, tolerance: float) -> float:
    """The best zeta_1 for this zeta_2, to a relative `tolerance`."""
    return maximum(lambda zeta1: exact_ebits(zeta1, zeta2, ratio), zeta2 / 4, 2 * zeta2, tolerance)[
        0
    ]


def _draw(axes: Any, data: xr.Dataset) -> None:
    values = nats(data.log_negativity.T)
    filled = axes.contourf(data.zeta1, data.zeta2, values, levels=np.linspace(0, 0.21, 15))
    axes.figure.colorbar(filled, ax=axes, label=NAT_LABEL, ticks=np.arange(0, 0.21, 0.03))
    ends = [float(data.zeta1[0]), float(data.zeta1[-1])]
    axes.plot(ends, ends, "w:", lw=1.2, label=r"$\zeta_1=\zeta_2$")
    axes.plot(data.ridge, data.ridge_zeta2, "ko-", ms=4, lw=1.2, label=r"best $\zeta_1$")
    axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends)
    axes.set(xlabel=r"$\zeta_1/\omega_a^2$", ylabel=r"$\zeta_2/\omega_a^2$", facecolor="0.8")
    axes.legend(
        loc="lower center", bbox_to_anchor=(0.5, 1.01), ncols=2, fontsize=8, facecolor="0.6"
    )


def _claims(figure: str, data: xr.Dataset) -> tuple[Claim, ...]:
    E = data.log_negativity
    best = E[E.argmax(...)]
    places = ", ".join(
        f"{float(ridge / other):.3f} at zeta_2 = {float(other):g}"
        for ridge, other in zip(data.ridge, data.ridge_zeta2, strict=True)
    )
    return (
        Claim(
            f"{figure}-1",
            "What is left of the contours without the approximations?",
            Verdict.FINDING,
            "",
            f"at most {nats(E.max()):.6f} nat, at zeta_1 = {float(best.zeta1):.4g}, zeta_2 = "
            f"{float(best.zeta2):.4g}; best zeta_1/zeta_2: {places}",
            f"Secular, right branch: {nats(data.secular):.6f} nat on the diagonal, whatever zeta; "
            f"weak baths approach it. The least in the window is "
            f"{nats(E.min()):.6f} nat.",
        ),
    )


def _figure(figure: str, ratio: float, title: str) -> Figure:
    return Figure(figure, title, partial(_compute, ratio), _draw, partial(_claims, figure))


EXACT_1A = _figure("exact-1a", RATIOS[0], "Exact entanglement over the bath strengths, equal modes")
EXACT_1B = _figure(
    "exact-1b", RATIOS[1], "Exact entanglement over the bath strengths, w_b = 0.6 w_a"
)
