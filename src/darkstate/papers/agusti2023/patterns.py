r"""Beyond the paper: blocks of two, four and six qubits along ten pairs, with imperfections.

Detunings programme blocks: inside a block of w neighbouring pairs ``delta_B = -P delta_A`` with P
the reversal, at steps of gamma, where the gates are half exchanges. Without imperfections the
network relaxes into a product of such blocks: pairs (w = 1), tetramers (2), hexamers (3), all on
one comb of ten frequencies gamma apart, and once tetramers "alike", all of them with the same two
frequencies.

For each block, solved with all that lies upstream (`darkstate.engines.Cascade` with windows):

* the fidelity F with the programmed state. Above ``alpha``, the largest squared Schmidt coefficient
  of that state over all bipartitions, no mixture of biseparable states has it: the block is
  *genuinely* multipartite entangled (for one pair: entangled). Where F is not enough, the best
  decomposable witness is sought, or a PPT mixture (`darkstate.certificates`, with the error of the
  block; not in the fast figure, whose errors leave nothing);
* the logarithmic negativity across its weakest bipartition. Above zero it says that no bipartition
  is separable, which is necessary, not sufficient, for the former.

Both come with what an error of the state leaves of them at least. For a state off by Delta,
``Tr Delta = 0`` and ``||Delta||_1 <= epsilon``, an expectation value of W is off by
``epsilon (w_max - w_min)/2`` at most: 1 for W = ``|psi><psi|``; for the negativity W is the partial
transpose of the projector on the negative eigenvectors of ``rho^{T_B}``.

Source of the fidelity witness: Bourennane et al., Phys. Rev. Lett. 92, 087902 (2004).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from darkstate.models import DualRail
from darkstate.papers.agusti2023.common import SQUEEZING
from darkstate.papers.agusti2023.pattern_blocks import (
    DEPHASING,
    KINDS,
    LOSS,
    NAMES,
    SEED,
    SPREAD,
    imperfect,
    measured,
    patterns,
)
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.plots import legend_above
from darkstate.plots.style import DASHES, MARKERS

_DIMENSION, _FAST_DIMENSION = 64, 16
_BANDWIDTH = 50.0


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    chosen = patterns()
    kept = _FAST_DIMENSION if fast else _DIMENSION
    longest = max(len(p.centres) for p in chosen)
    table = np.full((len(NAMES), len(chosen), len(KINDS), longest), np.nan)
    first = np.full((len(NAMES), len(chosen)), np.nan)
    for j, pattern in enumerate(chosen):
        for k, kind in enumerate(KINDS):
            rows = measured(pattern, imperfect(pattern, kind), kept, not fast)
            table[:, j, k, : len(rows)] = np.transpose(rows)
            progress(f"{pattern.name}, {kind}", (j + (k + 1) / len(KINDS)) / len(chosen))
        one, other = (side[: pattern.width] for side in pattern.detunings)
        behind = DualRail(pattern.width, SQUEEZING, one, other, bandwidth=_BANDWIDTH)
        first[:, j] = measured(pattern, behind, kept, not fast)[0]
    dims = ("pattern", "kind", "block")
    return xr.Dataset(
        {name: (dims, table[n]) for n, name in enumerate(NAMES)}
        | {f"first_{name}": ("pattern", first[n]) for n, name in enumerate(NAMES)},
        coords={
            "pattern": [p.name for p in chosen],
            "width": ("pattern", [p.width for p in chosen]),
            "kind": list(KINDS),
            "block": np.arange(1, longest + 1),
        },
        attrs={"squeezing": SQUEEZING, "bandwidth": _BANDWIDTH, "seed": SEED},
    )


def proven(data: xr.Dataset) -> xr.DataArray:
    """Whether a block is genuinely multipartite entangled whatever its error, by any witness."""
    return data.verdict > 0


def _unproven(data: xr.Dataset) -> str:
    """How many blocks take more than their fidelity, and what became of the others."""
    solved = data.fidelity.notnull()
    enough = data.fidelity - 0.5 * data.error > data.alpha
    counts = {
        "by fidelity": enough,
        "by a better witness": proven(data) & ~enough,
        "PPT mixtures within the error": data.verdict < 0,
        "undecided": data.verdict == 0,
        "not asked (fast, or too large)": solved & data.verdict.isnull(),
    }
    return ", ".join(f"{int(flags.sum())} {what}" for what, flags in counts.items())


def leading(flags: xr.DataArray) -> int:
    """How many blocks from the first on have a property."""
    values = np.append(flags.values, False)
    return int(values.argmin())


def _places(one: xr.Dataset) -> np.ndarray:
    """Mean number of the pairs of each block."""
    return (one.block.values - 0.5) * int(one.width) + 0.5


def _draw(axes: Any, data: xr.Dataset) -> None:
    solved = data.fidelity.notnull().any("kind")
    pairs = int((solved.sum("block") * data.width).max())
    step = pairs + 1.5
    for j in range(data.sizes["pattern"]):
        for k in range(data.sizes["kind"]):
            one = data.isel(pattern=j, kind=k).dropna("block", subset=["fidelity"])
            x, y = _places(one) + k * step, one.weakest.values
            low = y - np.minimum(one.least.values, y)
            label = str(one.pattern.values) if k == 0 else None
            style = {"color": f"C{j}", "marker": MARKERS[j], "ms": 3.2, "lw": 0.8}
            style["ls"] = DASHES[j]
            axes.errorbar(x, y, yerr=[low, 0 * low], elinewidth=0.6, label=label, **style)
            open_ones = ~proven(one).values
            axes.plot(x[open_ones], y[open_ones], **style | {"ls": "none", "mfc": "w", "zorder": 4})
    ends = [1, pairs] if pairs < 6 else [1, 5, 10]
    ticks = [(k * step + i, str(i)) for k in range(data.sizes["kind"]) for i in ends]
    axes.set_xticks([x for x, _ in ticks], [name for _, name in ticks])
    for k, kind in enumerate(data.kind.values):
        middle = k * step + 0.5 * (pairs + 1)
        axes.text(middle, 1.09, KINDS[str(kind)], ha="center", va="center", fontsize="small")
        if k:
            axes.axvline(k * step - 0.25, color="0.7", lw=0.6, ls="-")
    ideal = float(np.log2(1 + np.tanh(2 * data.attrs["squeezing"])))
    axes.axhline(ideal, color="0.6", lw=0.6, ls="-", zorder=0)
    axes.set(xlim=(-0.25, step * data.sizes["kind"] - 0.25), ylim=(-0.02, 1.17))
    axes.set(xlabel="pair (mean of its block)", ylabel="weakest bipartition, $E_N$ (ebit)")
    legend_above(axes, "open: genuine multipartite entanglement not proven")


def _listed(flags: xr.DataArray, data: xr.Dataset) -> str:
    """For every imperfection and pattern how many leading blocks have a property, of how many."""
    lines = []
    for kind in data.kind.values:
        parts = []
        for name in data.pattern.values:
            place = {"pattern": name, "kind": kind}
            there = int(data.fidelity.sel(place).notnull().sum())
            parts.append(f"{name} {leading(flags.sel(place))} of {there}")
        lines.append(f"{kind}: {', '.join(parts)}")
    return "; ".join(lines)


def last_blocks(data: xr.Dataset, name: str) -> xr.DataArray:
    """A number of the last block of every pattern."""
    there = data.fidelity.notnull().any("kind")
    last = there.sum("block").clip(min=1) - 1
    return data[name].isel(block=last)


def _protection(data: xr.Dataset) -> str:
    """F of the last tetramer on the comb, and of the last of tetramers alike."""
    F, error = last_blocks(data, "fidelity"), last_blocks(data, "error")
    same, apart = (n for n in data.pattern.values if str(n).startswith("tetramers"))
    parts = []
    for kind in data.kind.values:
        (a, ea), (b, eb) = (
            (float(F.sel(pattern=n, kind=kind)), 0.5 * float(error.sel(pattern=n, kind=kind)))
            for n in (apart, same)
        )
        sign = "better" if a - b > ea + eb else "worse" if b - a > ea + eb else "undecided"
        parts.append(f"{kind}: {a:.3f} +- {ea:.2g} against {b:.3f} +- {eb:.2g}, {sign}")
    return "; ".join(parts)


def _most_robust(data: xr.Dataset) -> str:
    """The weakest negativity of the last blocks: the largest, and what errors do not tell apart."""
    weakest, least = last_blocks(data, "weakest"), last_blocks(data, "least")
    lines = []
    for kind in data.kind.values:
        value, low = weakest.sel(kind=kind), least.sel(kind=kind)
        best = int(np.argmax(np.nan_to_num(value.values, nan=-1.0)))
        rivals = [
            str(data.pattern.values[j])
            for j in range(data.sizes["pattern"])
            if j != best and float(2 * value[j] - low[j]) >= float(low[best])
        ]
        numbers = ", ".join(
            f"{name} {float(value[j]):.3f} (at least {float(low[j]):.3f})"
            for j, name in enumerate(data.pattern.values)
        )
        told = f", not told apart from {', '.join(rivals)}" if rivals else ""
        lines.append(f"{kind}: {numbers}: {data.pattern.values[best]}{told}")
    return "; ".join(lines)


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    first = [
        f"{n} {float(data.first_fidelity[j]):.4f} +- {0.5 * float(data.first_error[j]):.1g}"
        for j, n in enumerate(data.pattern.values)
    ]
    scope = (
        f"gamma_phi = {DEPHASING:g} gamma; {LOSS:g} of the power lost between neighbours; all "
        f"detunings off by normal numbers of {SPREAD:g} gamma, one draw; r = {SQUEEZING:g}, a "
        "white field. Errors are estimates of the compression"
    )
    return (
        Claim(
            "patterns-1",
            "Blocks in which no bipartition is separable (our number).",
            Verdict.FINDING,
            "",
            _listed(data.least > 0, data),
            f"every bipartition of the block has a negative partial transpose, by more than the "
            f"error; necessary, not sufficient, for genuine multipartite entanglement. {scope}",
        ),
        Claim(
            "patterns-2",
            "Blocks proven to be genuinely multipartite entangled (our number).",
            Verdict.FINDING,
            "",
            _listed(proven(data), data),
            f"{_unproven(data)}; of a pair it says entangled",
        ),
        Claim(
            "patterns-3",
            "Which pattern is the most robust: the weakest bipartition of its last block, in ebits "
            "(our number).",
            Verdict.FINDING,
            "",
            _most_robust(data),
            "errors taken as the same to both sides; hexamers end at pair 9, the others at 10; "
            "without imperfections the weakest bipartition of all patterns has log2(1 + tanh 2r) = "
            f"{float(np.log2(1 + np.tanh(2 * SQUEEZING))):.3f}",
        ),
        Claim(
            "patterns-4",
            "Does detuning blocks from each other protect the later ones? F of the last tetramer, "
            "on the comb and with all tetramers alike (our number).",
            Verdict.FINDING,
            "",
            _protection(data),
            "what a block scatters passes blocks of other frequencies; squeezing that is lost on "
            "the way is lost to all",
        ),
        Claim(
            "patterns-5",
            f"Behind a source of finite bandwidth, beta = {_BANDWIDTH:g}: F of the first block "
            "(our number).",
            Verdict.FINDING,
            "",
            ", ".join(first),
            "later blocks need a larger dimension than this figure has",
        ),
    )


PATTERNS = Figure("patterns", "Blocks of pairs with imperfections", _compute, _draw, _claims)
