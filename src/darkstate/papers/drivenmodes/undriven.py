"""Entanglement over the pump's frequency, down to none: ``w_p = 0`` leaves H coupled, and static.

The coupling follows the rule of Fig. 1, ``k = |D1 + D2|/10``, so the Bogoliubov modes are squeezed
alike for every pump. Without a pump nothing heats them: the pair is in its ground state, which is
entangled, and more so than any pumped state.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.drivenmodes.common import (
    FIXED_ZETA,
    NAT_LABEL,
    RATIOS,
    TREATMENTS,
    nats,
    pair,
    secular_ebits,
)

_ZETAS = (1e-3, 1e-2)
_RATIO = 0.6


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    pumps = np.concatenate(
        (
            [0.0],
            np.linspace(0.1, 0.7, 4 if fast else 13),
            np.geomspace(0.9, 20, 9 if fast else 41),
            [10.0],
        )
    )
    pumps = np.unique(pumps)
    secular = [
        [TREATMENTS[b](1.0, 1.0, _RATIO, pump=float(p)) for p in pumps]
        for b in ("as printed", "right")
    ]
    exact = []
    for i, zeta in enumerate(_ZETAS):
        exact.append([TREATMENTS["exact"](zeta, zeta, _RATIO, pump=float(p)) for p in pumps])
        progress("exact pairs", (i + 1) / (len(_ZETAS) + 1))
    uneven = [[_still(x, ratio) for x in (0.1, 1.0, 10.0)] for ratio in RATIOS]
    return xr.Dataset(
        {
            "secular": (("branch", "pump"), secular, {"units": "ebit"}),
            "exact": (("zeta", "pump"), exact, {"units": "ebit"}),
            "still": (("ratio", "bath_ratio"), uneven, {"units": "ebit"}),
            "heating": ("ratio", [_heating(ratio) for ratio in RATIOS]),
        },
        coords={
            "pump": pumps,
            "branch": ["as printed", "right"],
            "zeta": list(_ZETAS),
            "ratio": list(RATIOS),
        },
    )


def _still(bath_ratio: float, ratio: float) -> float:
    return secular_ebits(bath_ratio, 1.0, ratio, pump=0.0, branch="as_printed")


def _heating(ratio: float) -> float:
    """How many of the jumps heat."""
    system = pair(FIXED_ZETA, FIXED_ZETA, ratio, pump=0.0).system()
    return float(sum("heats" in jump.name for jump in system.jumps))


def _draw(axes: Any, data: xr.Dataset) -> None:
    resonance = (1 + _RATIO) / 2
    curves = {
        "as printed": ("k--", data.secular.sel(branch="as printed")),
        "right": ("C0-", data.secular.sel(branch="right")),
    }
    for zeta, style in zip(data.zeta.values, ("C1-", "C3-"), strict=True):
        curves[rf"exact, $\zeta={zeta:g}$"] = (style, data.exact.sel(zeta=zeta))
    for label, (style, curve) in curves.items():
        below, above = (curve.where(side, drop=True) for side in _sides(data, resonance))
        axes.plot(above.pump, nats(above), style, label=label)
        axes.plot(below.pump, nats(below), style)
    axes.plot([0], nats(data.secular[1, :1]), "o", color="C0", ms=5, label="ground state")
    axes.axvline(resonance, color="0.7", lw=0.8)
    axes.set(
        xlabel=r"pump $\omega_p/\omega_a$", ylabel=NAT_LABEL, xlim=(-0.2, 20), ylim=(0.14, 0.26)
    )
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.01), ncols=2, fontsize=7, frameon=False)


def _sides(data: xr.Dataset, resonance: float) -> tuple[xr.DataArray, xr.DataArray]:
    return data.pump < resonance, data.pump > resonance


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    still = nats(data.still)
    ground = float(np.arctanh(0.2))
    off = float(np.max(np.abs(still - ground)))
    exact = ", ".join(f"{float(nats(e[0])):.6f} at zeta = {float(e.zeta):g}" for e in data.exact)
    pumped = data.sel(pump=10.0)
    numbers = {b: float(nats(pumped.secular.sel(branch=b))) for b in data.branch.values.tolist()}
    heated = float(data.heating.max())
    top = data.exact[data.exact.fillna(0).argmax(...)]
    more = ground > max(numbers.values())
    return (
        Claim(
            "undriven-1",
            "Without a pump D = F = 0.",
            Verdict.REPRODUCED if heated == 0 else Verdict.NOT_REPRODUCED,
            "0",
            f"{heated:g} heating processes at w_p = 0",
            "D1 + D2 > 0 there, so the printed branch is the right one. Both baths then cool both "
            "modes.",
            "text below Eq. (16); w_p = 0, w_b/w_a = 1 and 0.6",
        ),
        Claim(
            "undriven-2",
            "Without a pump the steady state is the ground state and does not depend on the baths.",
            Verdict.REPRODUCED if off < 1e-9 else Verdict.NOT_REPRODUCED,
            "ground state",
            f"artanh(2k/(w_a + w_b)) = {ground:.6f} nat to {off:.0e}, for zeta_1/zeta_2 = 0.1, 1, "
            "10",
            f"The modes stay coupled, so the ground state is entangled. Exact pair: {exact}; its "
            "ground state is one of modes and baths together. With k = 1.84 kept at w_p = 0 there "
            "is no ground state, since k² > w_a w_b.",
            "text below Eq. (16); w_p = 0, k = (w_a + w_b)/10",
        ),
        Claim(
            "undriven-3",
            "Only by pumping does a nonequilibrium state with nontrivial quantum properties arise.",
            Verdict.CONDITION if more else Verdict.REPRODUCED,
            "solely by pumping",
            f"ground state {ground:.6f} nat; at w_p = 10 {numbers['as printed']:.6f} as printed, "
            f"{numbers['right']:.6f} right branch",
            "The dependence on the baths needs the pump, as said; the entanglement does not: for "
            "the same 2k/|D1 + D2| the ground state has more than any pumped state of Eq. (16), "
            "whose occupancies can only take away from it. The exact pair goes above it close to "
            f"resonance only (on the grid {nats(top):.4f} nat, at w_p = {float(top.pump):.3g}, "
            f"zeta = {float(top.zeta):g}), where weak-coupling theory ends.",
            f"text below Eq. (16); w_b/w_a = {_RATIO:g}, zeta_1 = zeta_2, k = |D1 + D2|/10",
        ),
    )


UNDRIVEN = Figure(
    "undriven", "Entanglement over the pump's frequency, w_b = 0.6 w_a", _compute, _draw, _claims
)
