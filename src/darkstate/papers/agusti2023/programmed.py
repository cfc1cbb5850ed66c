r"""Figures 2b and 2c: two pairs, and the partners that the detunings choose for them.

With ``delta_A = (0, Delta)`` and ``delta_B = -(Delta, 0)`` one gate acts. Up to a phase it is
``cos(theta) + i sin(theta) SWAP`` with ``tan(theta) = Delta/gamma``, so the steady state is

    cos(theta) |A1-B1, A2-B2> + i sin(theta) |A1-B2, A2-B1>,

and Delta moves the entanglement from neighbours to crossed pairs; at ``Delta = gamma`` the two
pairings weigh the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from darkstate.frontdoor import steady_state
from darkstate.measures import concurrence
from darkstate.papers.agusti2023.common import SQUEEZING, block, reversed_ladder
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.plots import legend_above
from darkstate.states import PureState

_STEPS = (0.0, 1.0, 4.0)
_PAIRS = ("11", "12")


def _concurrences(step: float, squeezing: float) -> list[list[float]]:
    """C_11 and C_12 of the solved steady state, and of the closed form."""
    model = reversed_ladder(2, step, squeezing)
    exact = PureState(tuple(block(2)), (2,) * 4, model.dark_state())
    states = (steady_state(model).state, exact)
    return [[concurrence(state, f"A{p[0]}", f"B{p[1]}") for p in _PAIRS] for state in states]


def _dataset(values: np.ndarray, dims: tuple[str, ...], coords: dict[str, Any]) -> xr.Dataset:
    label = {"long_name": "concurrence $C$", "units": ""}
    return xr.Dataset(
        {
            "concurrence": ((*dims, "which"), values[..., 0, :], label),
            "closed_form": ((*dims, "which"), values[..., 1, :], label),
        },
        coords={**coords, "which": list(_PAIRS)},
    )


def _compute_2b(fast: bool, progress: Progress) -> xr.Dataset:
    squeezing = np.linspace(0.0, 2.0, 21 if fast else 81)
    values = []
    for k, step in enumerate(_STEPS):
        values.append([_concurrences(step, r) for r in squeezing.tolist()])
        progress("squeezing", (k + 1) / len(_STEPS))
    coords = {"step": list(_STEPS), "squeezing": squeezing}
    return _dataset(np.array(values), ("step", "squeezing"), coords)


def _draw_2b(axes: Any, data: xr.Dataset) -> None:
    for step in _STEPS:
        for which in _PAIRS:
            curve = data.concurrence.sel(step=step, which=which)
            if float(curve.max()) > 1e-6:
                label = rf"$C_{{{which}}}$, $\Delta={step:g}\,\gamma$"
                axes.plot(data.squeezing, curve, label=label)
    axes.set(xlabel="squeezing $r$", ylabel="concurrence $C$", ylim=(0, 1.03), xlim=(0, 2))
    legend_above(axes)


def _claims_2b(data: xr.Dataset) -> tuple[Claim, ...]:
    C, law = data.concurrence, np.tanh(2 * data.squeezing)
    plain = float(abs(C.sel(step=0.0, which="11") - law).max())
    crossed = float(C.sel(step=0.0, which="12").max())
    gap = float(abs(C - data.closed_form).max())
    both = C.sel(step=1.0).min("which")
    mixed = both.squeezing.values[both.values > 1e-9]
    best = float(both.max())
    at = float(both.squeezing[int(both.argmax("squeezing"))])
    shared = f"up to r = {mixed.max():.3g}" if len(mixed) else "nowhere"
    moderate = float(C.sel(step=0.0, which="11").sel(squeezing=1.0, method="nearest"))
    return (
        Claim(
            "2b-1",
            "Without detunings neighbours share pure pairs with C_11 = tanh 2r, and C_12 = 0.",
            Verdict.REPRODUCED if max(plain, crossed) < 1e-9 else Verdict.NOT_REPRODUCED,
            "the product (6) of pairs (5), concurrence tanh 2r",
            f"largest deviation {plain:.1e}; largest C_12 {crossed:.1e}",
            place="Eqs. (5), (6), Fig. 2b; r from 0 to 2",
        ),
        Claim(
            "2b-4",
            "Without detunings parallel pairs are nearly maximally entangled from r ~ 1 on.",
            Verdict.REPRODUCED if moderate > 0.95 else Verdict.NOT_REPRODUCED,
            "C_ii = 1 for r >~ 1",
            f"C_11 = {moderate:.3f} at r = 1",
            "Nearly: above 0.95; the text has no number, and this limit of ours decides.",
            "below Eq. (10), Fig. 2b",
        ),
        Claim(
            "2b-2",
            "The steady state with detunings is the pairs after the gates of the circuit.",
            Verdict.REPRODUCED if gap < 1e-9 else Verdict.NOT_REPRODUCED,
            "closed form",
            f"largest deviation of C_11 and C_12, solver - circuit: {gap:.1e}",
            place=f"Eq. (10), Fig. 2b; Delta/gamma = {', '.join(f'{s:g}' for s in _STEPS)}",
        ),
        Claim(
            "2b-3",
            "A qubit entangled with both partners at once, Delta = gamma (our number).",
            Verdict.FINDING,
            "",
            f"C_11 and C_12 both above zero {shared}; at best both {best:.4f} at r = {at:.3g}",
            "on the grid, r up to 2: more squeezing does not help pairs in a superposition",
        ),
    )


def _compute_2c(fast: bool, progress: Progress) -> xr.Dataset:
    # the grid holds Delta = gamma exactly
    steps = np.concatenate([[0.0], np.geomspace(0.01, 100.0, 41 if fast else 161)])
    values = [_concurrences(step, SQUEEZING) for step in steps.tolist()]
    progress("detunings", 1.0)
    data = _dataset(np.array(values), ("step",), {"step": steps})
    return data.assign_attrs(squeezing=SQUEEZING, other=max(_other(x) for x in (0.3, 1.0, 10.0)))


def _other(step: float) -> float:
    """``|C_12 - C_21|`` of the solved steady state."""
    state = steady_state(reversed_ladder(2, step)).state
    return abs(concurrence(state, "A1", "B2") - concurrence(state, "A2", "B1"))


def _draw_2c(axes: Any, data: xr.Dataset) -> None:
    shown = data.isel(step=slice(1, None))
    for which in _PAIRS:
        curve = shown.concurrence.sel(which=which)
        axes.semilogx(shown.step, curve, label=rf"$C_{{{which}}}$")
    axes.axhline(np.tanh(2 * SQUEEZING), color="0.6", lw=0.7, ls="-", label=r"$\tanh 2r$")
    axes.set(xlabel=r"detuning $\Delta/\gamma$", ylabel="concurrence $C$", ylim=(0, 1.03))
    legend_above(axes, rf"$N=2$, $r={SQUEEZING:g}$")


def _claims_2c(data: xr.Dataset) -> tuple[Claim, ...]:
    first, second = (data.concurrence.sel(which=which) for which in _PAIRS)
    law = float(np.tanh(2 * SQUEEZING))
    ordered = bool((first.diff("step") <= 1e-9).all() and (second.diff("step") >= -1e-9).all())
    far = float(second[-1]) / law
    alive = data.step.values[first.values > 1e-9].max()
    born = data.step.values[second.values > 1e-9].min()
    mirror = float(abs(first.values[1:] - second.values[:0:-1]).max())
    return (
        Claim(
            "2c-1",
            "Delta moves the entanglement from C_11 to C_12.",
            Verdict.REPRODUCED if ordered and far > 0.99 else Verdict.NOT_REPRODUCED,
            "C_11 = 1 at Delta = 0, C_12 = C_21 = 1 for |Delta| >> gamma",
            f"{'monotonic' if ordered else 'not monotonic'}; C_12 at Delta = "
            f"{float(data.step[-1]):g} gamma is {far:.5f} of tanh 2r; C_21 is C_12 to "
            f"{float(data.attrs['other']):.0e}",
            f"A full pair has tanh 2r = {law:.3f} at r = 1; 1 is that of larger r (2b-4).",
            "below Eq. (10), Fig. 2c; r = 1",
        ),
        Claim(
            "2c-2",
            "Where the two pairs have entanglement at all, r = 1 (our number).",
            Verdict.FINDING,
            "",
            f"C_11 > 0 up to Delta = {alive:.3g} gamma, C_12 > 0 from {born:.3g} gamma (on the "
            f"grid); C_11(Delta) = C_12(gamma^2/Delta) to {mirror:.1e}",
            "neither pair alone is entangled between"
            if alive < born
            else "both pairs are entangled between",
        ),
    )


FIGURE_2B = Figure("2b", "Two pairs over the squeezing", _compute_2b, _draw_2b, _claims_2b)
FIGURE_2C = Figure("2c", "Two pairs over the detuning", _compute_2c, _draw_2c, _claims_2c)
