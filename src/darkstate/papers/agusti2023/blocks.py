"""Figure 2e: entropy of the first n pairs of a programmed network.

The gates of the circuit couple neighbours on rail B. For the reversed ladder every two of them meet
once: with large steps Delta the gates are exchanges and the state is a rainbow, A_j paired with
B_(N+1-j), so that the cut after n pairs severs ``2 min(n, N-n)`` of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from darkstate.frontdoor import steady_state
from darkstate.measures import entropy
from darkstate.models import DualRail
from darkstate.papers.agusti2023.common import SQUEEZING, block, rail, reversed_ladder
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.plots import legend_above
from darkstate.states import PureState

_STEPS = (0.0, 0.1, 0.3, 1.0, 3.0, 100.0)
_SOLVED = 4


def pair_entropy(squeezing: float) -> float:
    """Entropy (bits) of one qubit of a pair, ``x = cosh^2 r / cosh 2r``."""
    x = np.cosh(squeezing) ** 2 / np.cosh(2 * squeezing)
    return float(-sum(p * np.log2(p) for p in (x, 1 - x) if p > 0))


def closed_form(model: DualRail) -> PureState:
    """The output of the model's circuit."""
    labels = tuple(block(model.pairs))
    return PureState(labels, (2,) * len(labels), model.dark_state())


def cut_entropies(state: Any, pairs: int) -> list[float]:
    """Entropy of the first n pairs, n = 0..N, in bits."""
    inner = [float(entropy(state, block(n))) for n in range(1, pairs)]
    return [0.0, *inner, 0.0]


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    pairs = 8  # the circuit is quick: nothing to coarsen
    rows, solved, total = [], [], []
    for k, step in enumerate(_STEPS):
        state = closed_form(reversed_ladder(pairs, step))
        rows.append(cut_entropies(state, pairs))
        total.append(float(entropy(state, rail("A", pairs))))
        small = reversed_ladder(_SOLVED, step)
        found = np.array(cut_entropies(steady_state(small).state, _SOLVED))
        solved.append(np.abs(found - cut_entropies(closed_form(small), _SOLVED)).max())
        progress("detunings", (k + 1) / len(_STEPS))
    return xr.Dataset(
        {
            "entropy": (("step", "cut"), np.array(rows), {"units": "bit"}),
            "rail": ("step", np.array(total), {"units": "bit"}),
            "solver_deviation": ("step", np.array(solved), {"units": "bit"}),
        },
        coords={"step": list(_STEPS), "cut": np.arange(pairs + 1)},
        attrs={"pairs": pairs, "squeezing": SQUEEZING, "solved_pairs": _SOLVED},
    )


def _draw(axes: Any, data: xr.Dataset) -> None:
    for step in data.step.values:
        far = {"mfc": "none", "ms": 7.0, "lw": 0.7} if step == data.step[-1] else {}
        axes.plot(data.cut, data.entropy.sel(step=step), marker="o", label=rf"{step:g}", **far)
    axes.set(xlabel="cut after pair $n$", ylabel="$S_n$ (bit)", xticks=data.cut.values)
    legend_above(axes, rf"$\Delta/\gamma$, $N={data.attrs['pairs']}$, $r={SQUEEZING:g}$")


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    pairs, one = int(data.attrs["pairs"]), pair_entropy(SQUEEZING)
    rainbow = 2 * one * np.minimum(data.cut, pairs - data.cut)
    S = data.entropy
    plain = float(abs(S.sel(step=0.0)).max())
    far = float(S.sel(step=100.0)[pairs // 2] / rainbow[pairs // 2])
    middle = S.isel(cut=pairs // 2)
    shares = ", ".join(
        f"{float(middle.sel(step=s) / rainbow[pairs // 2]):.3f} at {s:g}" for s in _STEPS
    )
    across = float(abs(data.rail / (pairs * one) - 1).max())
    solver = float(data.solver_deviation.max())
    rises = bool((middle.diff("step") > 0).all())
    return (
        Claim(
            "2e-1",
            "The detunings program entanglement between blocks, none to a volume law.",
            Verdict.REPRODUCED if plain < 1e-9 and far > 0.99 and rises else Verdict.NOT_REPRODUCED,
            "S_n grows with Delta",
            f"middle cut, as a fraction of a rainbow's {pairs} pairs x {one:.4f} bit: {shares}",
            f"N = {pairs}, r = {SQUEEZING:g}; largest S_n at Delta = 0: {plain:.1e} bit",
            "Fig. 2e; r = 1",
        ),
        _rainbow(data, one),
        _reduced(data),
        Claim(
            "2e-2",
            "Entropy of rail A is the same for every Delta.",
            Verdict.REPRODUCED if across < 1e-9 else Verdict.NOT_REPRODUCED,
            "S = -N [x log2 x + (1-x) log2(1-x)]",
            f"largest relative deviation {across:.1e} (N = {pairs}); {one:.3f} N ln 2 at r = 1, "
            f"{pair_entropy(2.0):.3f} at r = 2",
            "The volume law N ln 2 is that of large r, within 6% at r = 1.",
            "below Eq. (10)",
        ),
        Claim(
            "2e-3",
            "Solved steady state and circuit have the same S_n.",
            Verdict.REPRODUCED if solver < 1e-8 else Verdict.NOT_REPRODUCED,
            "",
            f"largest deviation {solver:.1e} bit",
            f"N = {_SOLVED}; larger N from the circuit alone",
        ),
    )


def _rainbow(data: xr.Dataset, one: float) -> Claim:
    """S_n of far detuned networks against 2n ln 2 (one bit a qubit)."""
    cuts = slice(1, int(data.attrs["pairs"]) // 2 + 1)
    share = data.entropy.sel(step=100.0).isel(cut=cuts) / (2 * data.cut.isel(cut=cuts))
    low, high = float(share.min()), float(share.max())
    some = Verdict.CONDITION if abs(low / one - 1) < 0.01 else Verdict.NOT_REPRODUCED
    return Claim(
        "2e-4",
        "For Delta >> gamma the gates are exchanges and S_n is that of a rainbow.",
        Verdict.REPRODUCED if low > 0.99 else some,
        "S_n = 2n ln 2",
        f"S_n/(2n ln 2) = {low:.3f} to {high:.3f} at Delta = 100 gamma, n up to N/2",
        f"For large r; at r = 1, that of the figure, a pair has {one:.3f} ln 2.",
        "below Fig. 2; r = 1",
    )


def _reduced(data: xr.Dataset) -> Claim:
    """Neighbours one step apart have tan theta = Delta/gamma: sqrt(SWAP) at Delta = gamma."""
    middle = data.entropy.isel(cut=int(data.attrs["pairs"]) // 2)
    share = middle / middle.sel(step=100.0)
    below = share.sel(step=[0.1, 0.3, 1.0])
    return Claim(
        "2e-5",
        "For Delta <~ gamma the gates are near sqrt(SWAP), which spreads entanglement over the "
        "chain and lowers S_n.",
        Verdict.REPRODUCED if bool((below < 0.95).all()) else Verdict.NOT_REPRODUCED,
        "S_n reduced",
        "S at the middle over that of Delta = 100 gamma: "
        + ", ".join(f"{float(x):.2f} at {float(x.step):g}" for x in below)
        + " gamma",
        "A gate between rungs k apart has tan theta = k Delta/gamma: at Delta = gamma only that of "
        "next rungs is sqrt(SWAP).",
        "below Fig. 2; r = 1",
    )


FIGURE_2E = Figure("2e", "Entropy of blocks of pairs", _compute, _draw, _claims)
