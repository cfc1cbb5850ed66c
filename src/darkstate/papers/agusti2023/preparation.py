"""Figure 3c: how long the preparation of N pairs takes.

Preparation ends where ``(1 - Tr rho^2)/N`` falls to 0.001, from all qubits in the ground state. The
exchange gates take the generator of one permutation to that of another, and leave the ground state
alone (it is a triplet of every two qubits): the *whole path* of the purity is independent of the
permutation, not its end only. From other initial states it need not be.
"""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import xarray as xr

from darkstate.frontdoor import preparation_time
from darkstate.papers.agusti2023.common import (
    NEARLY,
    SQUEEZING,
    TOLERANCE,
    ladder,
    limit,
    programmed,
    reversed_ladder,
)
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.plots import legend_above

_STEPS = (0.0, 0.2, 0.5, 1.0, 2.0)
_FAST_STEPS = (0.0, 0.2, 1.0, 2.0)
_COMPARED = (0.2, 1.0)
_LARGEST = 5
_NATURAL = 1.0
"""Delta = gamma, from where the paper has a constant time."""


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    lengths, steps = range(1, _LARGEST + 1), _FAST_STEPS if fast else _STEPS
    times = np.empty((len(steps), len(lengths)))
    orders = list(permutations(range(3)))
    spread = np.empty((len(_COMPARED), len(orders)))
    for k, step in enumerate(_COMPARED):
        for j, order in enumerate(orders):
            spread[k, j] = preparation_time(programmed(ladder(3, step), order), TOLERANCE)
    for j, pairs in enumerate(lengths):
        for k, step in enumerate(steps):
            times[k, j] = preparation_time(reversed_ladder(pairs, step), TOLERANCE)
        progress("preparation times", (j + 1) / len(lengths))
    return xr.Dataset(
        {
            "time": (("step", "pairs"), times, {"units": "1/gamma"}),
            "permuted": (("compared", "order"), spread, {"units": "1/gamma"}),
        },
        coords={
            "step": list(steps),
            "pairs": list(lengths),
            "compared": list(_COMPARED),
            "order": ["".join(str(i + 1) for i in order) for order in orders],
        },
        attrs={"squeezing": SQUEEZING, "tolerance": TOLERANCE},
    )


def _draw(axes: Any, data: xr.Dataset) -> None:
    for step in data.step.values:
        label = rf"$\Delta={step:g}\,\gamma$"
        axes.plot(data.pairs, data.time.sel(step=step), marker="o", label=label)
    single = float(data.time.sel(pairs=1)[0])
    top = 1.25 * float(data.time.max())
    axes.plot(data.pairs, single * data.pairs, color="0.6", lw=0.8, ls=":", label="one by one")
    axes.set(xlabel="pairs $N$", ylabel=r"$\gamma T_\mathrm{prep}$", xticks=data.pairs.values)
    axes.set_ylim(0, top)
    legend_above(axes)


def _listed(data: xr.Dataset, step: float) -> str:
    values = data.time.sel(step=step).values
    return ", ".join(f"{v:.2f}" for v in values)


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    more = (_constancy(data), _permutation(data), _without_detunings(data), _faster(data))
    return (*_scaling(data), *more)


def _scaling(data: xr.Dataset) -> tuple[Claim, Claim]:
    rows = [data.time.sel(step=step).values for step in data.step.values]
    single = float(data.time.sel(pairs=1)[0])
    concave = all(np.all(np.diff(row, 2) <= 1e-3 * row[0]) for row in rows)
    slope = max(float(np.diff(row).max()) for row in rows)
    ratio = max(float((row[1:] / (single * np.arange(2, len(row) + 1))).max()) for row in rows)
    bounded = slope <= single  # then T(N) <= N T(1) for the N computed
    verdict = Verdict.CONDITION if bounded else Verdict.NOT_REPRODUCED
    plain = np.diff(rows[0])
    return (
        Claim(
            "3c-1",
            "The preparation time grows at most linearly with N.",
            Verdict.REPRODUCED if concave and bounded else verdict,
            "T_prep = O(N)",
            f"gamma T over N at Delta = 0: {_listed(data, 0.0)}; at 0.2 gamma: "
            f"{_listed(data, 0.2)}; largest step T(N+1) - T(N) is {slope:.2f}"
            + (", and the steps never grow" if concave else ", and steps grow somewhere"),
            f"every step is {'below' if bounded else 'not below'} T(1), but so few pairs prove no "
            "law; steps at Delta = 0: " + ", ".join(f"{v:.2f}" for v in plain),
            f"Abstract, introduction, Conclusions, Fig. 3c; {_REGIME}",
        ),
        Claim(
            "3c-2",
            "It is shorter than N sequential preparations.",
            Verdict.REPRODUCED if ratio < 1 else Verdict.NOT_REPRODUCED,
            "T(N) < N T(1)",
            f"T(1) = {single:.2f}/gamma; largest T(N)/(N T(1)) for N >= 2: {ratio:.3f}",
            "The detunings of rail B are reversed: the states are multipartite entangled for Delta "
            "> 0, and pairs one after the other take N T(1) before any gate.",
            f"text on Fig. 3; {_REGIME}",
        ),
    )


_REGIME = f"N = 1 to {_LARGEST}, r = {SQUEEZING:g}"


def _constancy(data: xr.Dataset) -> Claim:
    growth, steps = {}, {}
    for step in data.step.values:
        row = data.time.sel(step=step).values
        growth[float(step)] = float(row[-1] / row[0] - 1)
        steps[float(step)] = np.diff(row)
    large = {step: growth[step] for step in growth if step >= _NATURAL}
    near = [step for step, x in large.items() if x < NEARLY]
    saturating = all(np.all(np.diff(steps[step]) < 0) for step in large)
    some = Verdict.CONDITION if near and saturating else Verdict.NOT_REPRODUCED
    verdict = Verdict.REPRODUCED if len(near) == len(large) else some
    last = ", ".join(f"{v:.2f}" for v in steps[_NATURAL])
    return Claim(
        "3c-3",
        "It is nearly that of one pair for Delta >~ gamma.",
        verdict,
        "T(N) = T(1), all pairs in parallel",
        "T(N)/T(1) - 1 at the largest N: "
        + ", ".join(f"{100 * v:.1f} % at {step:g} gamma" for step, v in growth.items()),
        ""
        if verdict is Verdict.REPRODUCED
        else f"to {NEARLY:.0%} for Delta = {', '.join(f'{x:g}' for x in near) or 'no'} gamma "
        f"({limit(list(large.values()))}); at Delta = gamma it still grows with N, in steps "
        f"of {last}, and less the larger Delta; well below gamma it is not constant",
        f"text on Fig. 3; {_REGIME}",
    )


def _permutation(data: xr.Dataset) -> Claim:
    low, high = data.permuted.min("order"), data.permuted.max("order")
    spread = float((high / low - 1).max())
    values = ", ".join(f"{float(low.sel(compared=s)):.4f} at {s:g} gamma" for s in _COMPARED)
    return Claim(
        "3c-4",
        "It is independent of the permutation.",
        Verdict.REPRODUCED if spread < 1e-4 else Verdict.NOT_REPRODUCED,
        "independent",
        f"all 6 permutations of N = 3: largest relative spread {spread:.1e}; gamma T = {values}",
        "exact from the ground state, which every gate leaves alone; it depends on the set of "
        "detunings",
        "above Scalability; r = 1",
    )


def _without_detunings(data: xr.Dataset) -> Claim:
    """Linear: the last two steps from N to N + 1 alike."""
    row = data.time.sel(step=0.0).values
    steps = np.diff(row)
    linear = bool(abs(steps[-1] / steps[-2] - 1) < NEARLY)
    return Claim(
        "3c-5",
        "Without detunings it grows as N.",
        Verdict.CONDITION if linear else Verdict.NOT_REPRODUCED,
        "T_prep ~ N",
        "T(N+1) - T(N) = " + ", ".join(f"{x:.2f}" for x in steps) + "/gamma",
        f"Linear, not proportional: T = {row[0]:.1f} + {steps[-1]:.1f} (N-1) or less. Up to N = "
        f"{len(row)}, where the last two steps are alike to {NEARLY:.0%}, our limit.",
        f"text on Fig. 3a, introduction; {_REGIME}",
    )


def _faster(data: xr.Dataset) -> Claim:
    later = data.time.sel(pairs=slice(2, None))
    falls = bool((later.diff("step") < 0).all())
    last = later.isel(pairs=-1)
    return Claim(
        "3c-6",
        "Detuned pairs form faster; without detunings the steady state forms most slowly.",
        Verdict.REPRODUCED if falls else Verdict.NOT_REPRODUCED,
        "decreases with detuning",
        f"gamma T at N = {int(last.pairs)}: "
        + ", ".join(f"{float(x):.2f} at {float(x.step):g} gamma" for x in last),
        "For every N from 2 on." if falls else "",
        f"text on Fig. 3, below Fig. 4b; {_REGIME}",
    )


FIGURE_3C = Figure("3c", "Preparation time", _compute, _draw, _claims)
