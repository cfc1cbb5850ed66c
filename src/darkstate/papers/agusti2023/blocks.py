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
from darkstate.measures import entropy, purity
from darkstate.models import DualRail
from darkstate.papers.agusti2023.common import (
    SQUEEZING,
    block,
    programmed,
    rail,
    reversed_ladder,
)
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.plots import legend_above
from darkstate.states import PureState

_STEPS = (0.0, 0.1, 0.3, 1.0, 3.0, 100.0)
_SOLVED = 4
_FAR, _TETRAMER = 60.0, ("A1", "A3", "B1", "B2")
"""Detuning (gamma) of a pair A2, B3 that divides a block of four, and that block."""
_NEARLY = 0.99
"""Of a rainbow's, or of the volume law's, N ln 2: the text has no number."""


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


def _scattered() -> list[float]:
    """Purity of the block of four, of the pair amid it, and the largest of a part of the block."""
    state = closed_form(programmed([0.0, _FAR, 1.0], (2, 0, 1)))
    first, *others = _TETRAMER
    parts = [[first], *([x] for x in others), *([first, x] for x in others)]
    inside = max(float(purity(state, part)) for part in parts)
    return [float(purity(state, list(_TETRAMER))), float(purity(state, ["A2", "B3"])), inside]


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
        attrs={
            "pairs": pairs,
            "squeezing": SQUEEZING,
            "solved_pairs": _SOLVED,
            "scattered": _scattered(),
        },
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
            "Along the chain S_n depends on the pattern of detunings.",
            Verdict.REPRODUCED if plain < 1e-9 and far > 0.99 and rises else Verdict.NOT_REPRODUCED,
            "from none to a rainbow's, the more the larger Delta",
            f"middle cut, as a fraction of a rainbow's {pairs} pairs x {one:.4f} bit: {shares}",
            f"N = {pairs}, r = {SQUEEZING:g}; largest S_n at Delta = 0: {plain:.1e} bit",
            "below Eq. (10), Fig. 2e; r = 1",
        ),
        _rainbow(data, one),
        _reduced(data),
        Claim(
            "2e-2",
            "Entropy of rail A is the same for every Delta.",
            Verdict.REPRODUCED if across < 1e-9 else Verdict.NOT_REPRODUCED,
            "S_A = -N ln[x^x (1-x)^(1-x)]",
            f"largest relative deviation {across:.1e} (N = {pairs})",
            place="below Eq. (10)",
        ),
        Claim(
            "2e-3",
            "Solved steady state and circuit have the same S_n.",
            Verdict.REPRODUCED if solver < 1e-8 else Verdict.NOT_REPRODUCED,
            "",
            f"largest deviation {solver:.1e} bit",
            f"N = {_SOLVED}; larger N from the circuit alone",
        ),
        _volume(),
        _anywhere(data),
    )


def _volume() -> Claim:
    """The volume law of rail A, at the r that the text names and at a larger one."""
    one, more = pair_entropy(SQUEEZING), pair_entropy(2 * SQUEEZING)
    r = np.linspace(0.0, 3.0, 301)
    enough = float(r[np.argmax([pair_entropy(x) > _NEARLY for x in r.tolist()])])
    some = Verdict.CONDITION if more > _NEARLY else Verdict.NOT_REPRODUCED
    return Claim(
        "2e-6",
        "Rail A has a volume law for r >~ 1.",
        Verdict.REPRODUCED if one > _NEARLY else some,
        "S_A = N ln 2",
        f"{one:.3f} N ln 2 at r = 1, {more:.3f} at r = 2",
        f"From r = {enough:.1f} on, to {1 - _NEARLY:.0%}; this limit is ours and decides, as in "
        "2e-4.",
        "below Eq. (10)",
    )


def _anywhere(data: xr.Dataset) -> Claim:
    """Qubits of a block are where the permutation puts them, others between them."""
    block, pair, part = data.attrs["scattered"]
    holds = min(block, pair) > 0.99 and part < 0.9
    return Claim(
        "2e-7",
        "Detunings and permutation define blocks that are entangled among each other wherever they "
        "are.",
        Verdict.REPRODUCED if holds else Verdict.NOT_REPRODUCED,
        "independent of location",
        f"detunings 0, {_FAR:g}, 1 gamma on rail A and -1, 0, -{_FAR:g} gamma on rail B: purity "
        f"{block:.4f} of {', '.join(_TETRAMER)}, {pair:.4f} of the pair A2, B3 amid them, at most "
        f"{part:.2f} of any part of the four",
        'Longer blocks, with imperfections, are in figure "patterns".',
        "below Fig. 2; r = 1",
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
        Verdict.REPRODUCED if low > _NEARLY else some,
        "S_n = 2n ln 2",
        f"S_n/(2n ln 2) = {low:.3f} to {high:.3f} at Delta = 100 gamma, n up to N/2",
        f"For large r; at r = 1, that of the figure, a pair has {one:.3f} ln 2. Nearly equal: to "
        f"{1 - _NEARLY:.0%}; this limit is ours and decides.",
        "below Fig. 2; r = 1",
    )


def _reduced(data: xr.Dataset) -> Claim:
    """Neighbours one step apart have tan theta = Delta/gamma: sqrt(SWAP) at Delta = gamma."""
    middle = data.entropy.isel(cut=int(data.attrs["pairs"]) // 2)
    share = middle / middle.sel(step=100.0)
    below = share.sel(step=[0.1, 0.3, 1.0])
    angle = np.arctan(below.step) / (np.pi / 4)
    reduced, root = bool((below < 0.95).all()), bool((abs(angle - 1) < 0.5).all())
    some = Verdict.CONDITION if reduced else Verdict.NOT_REPRODUCED
    return Claim(
        "2e-5",
        "For Delta <~ gamma the gates are near sqrt(SWAP), which spreads entanglement over the "
        "chain and lowers S_n.",
        Verdict.REPRODUCED if reduced and root else some,
        "U = sqrt(SWAP), S_n reduced",
        "S at the middle over that of Delta = 100 gamma: "
        + ", ".join(f"{float(x):.2f} at {float(x.step):g}" for x in below)
        + " gamma; theta of next rungs over that of sqrt(SWAP): "
        + ", ".join(f"{float(x):.2f}" for x in angle),
        "S_n is reduced throughout, the gates are near sqrt(SWAP) at Delta = gamma only: between "
        "rungs k apart tan theta = k Delta/gamma.",
        "below Fig. 2; r = 1",
    )


FIGURE_2E = Figure("2e", "Entropy of blocks of pairs", _compute, _draw, _claims)
