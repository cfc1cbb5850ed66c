r"""Beyond figure 3c: preparation times of up to twenty pairs, by linked clusters.

The purity depends on the *set* of detunings only (figure 3c), and not on where its zero is. So

    S_2 = -ln Tr rho^2 = sum over all subsets c of W(c),    W(c) = S_2(c) - sum of W(subsets of c)

where S_2(c) is that of a network which has the pairs of c and no others. Pairs of very different
detunings do not meet, and W of a cluster falls with its gaps: far clusters of many pairs may be
left out. What is kept is exact: networks of one to five pairs, evolved as density matrices. (It is
the linked-cluster expansion of lattice models: Gelfand and Singh, Adv. Phys. 49, 93 (2000).)

Where the detunings are small everything is linked, and only whole networks are shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from darkstate.engines import Lindblad
from darkstate.frontdoor import evolve, preparation_time
from darkstate.measures import purity
from darkstate.papers.agusti2023.common import (
    NEARLY,
    SQUEEZING,
    TOLERANCE,
    ladder,
    limit,
    programmed,
)
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.plots import legend_above
from darkstate.plots.style import MARKERS

Array = NDArray[np.float64]
Gaps = tuple[float, ...]
_WHOLE = (0.0, 0.2)
"""Delta/gamma of networks that are solved as a whole."""
_LINKED = {0.5: (19, 19, 8, 4), 1.0: (19, 14, 6), 2.0: (19, 8, 4)}
"""Delta/gamma: how many rungs apart the ends of a cluster of 2, 3, .. pairs may be."""
_FAST_LINKED = {0.5: (7, 5, 3), 1.0: (7, 5, 3), 2.0: (7, 4)}
_LENGTHS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20)
_LARGEST_WHOLE = 5
_TIMES = np.arange(34.0, 61.0, 2.0)
_RTOL = 1e-10
_NATURAL = 1.0


class Clusters:
    """``S_2`` of networks, and the weights ``W`` of their clusters, at the times `_TIMES`.

    Detunings are given by the gaps between them, in units of gamma. Mirrored gaps are the same
    network with its rails exchanged.
    """

    def __init__(self) -> None:
        self._entropies: dict[Gaps, Array] = {}
        self._weights: dict[Gaps, Array] = {}

    def entropy(self, gaps: Sequence[float]) -> Array:
        """``-ln Tr rho^2`` of the network whose neighbouring detunings are so far apart."""
        key = _canonical(gaps)
        if key not in self._entropies:
            detunings = np.cumsum([0.0, *key])
            values = (detunings - detunings.mean()).tolist()
            model = programmed(values, range(len(values)))
            times = [0.0, *_TIMES.tolist()]
            found = evolve(model, times, measures={"purity": purity}, engine=Lindblad(rtol=_RTOL))
            assert found.table is not None
            self._entropies[key] = -np.log(found.table["purity"].values[1:])
        return self._entropies[key]

    def weight(self, gaps: Sequence[float]) -> Array:
        """W: what these pairs add to ``S_2`` beyond all clusters of some of them."""
        key = _canonical(gaps)
        if key not in self._weights:
            places = np.cumsum([0.0, *key])
            weight = self.entropy(key)
            for size in range(1, len(places)):
                for chosen in combinations(places.tolist(), size):
                    weight = weight - self.weight(np.diff(chosen).tolist())
            self._weights[key] = weight
        return self._weights[key]

    def total(self, pairs: int, step: float, spans: Sequence[int]) -> Array:
        """``S_2`` of a ladder of N rungs: all clusters of k pairs not wider than ``spans[k-2]``."""
        found = pairs * self.weight(())
        for k, span in enumerate(spans, 2):
            for gaps in _patterns(k, min(span, pairs - 1)):
                places = pairs - sum(gaps)
                found = found + places * self.weight([step * gap for gap in gaps])
        return found


def _canonical(gaps: Sequence[float]) -> Gaps:
    key = tuple(round(gap, 9) for gap in gaps)
    return min(key, key[::-1])


def _patterns(pairs: int, span: int) -> Iterator[tuple[int, ...]]:
    """Gaps of all clusters of so many pairs whose ends are at most `span` rungs apart."""
    for inner in combinations(range(1, span + 1), pairs - 1):
        yield tuple(b - a for a, b in pairwise((0, *inner)))


def _crossing(entropy: Array, pairs: int) -> float:
    """When the impurity per pair falls to the tolerance; NaN if it does not within `_TIMES`."""
    impurity = np.log(-np.expm1(-entropy) / (pairs * TOLERANCE))  # nearly straight
    roots = CubicSpline(_TIMES, impurity).solve(0.0, extrapolate=False)
    return float(roots[-1]) if len(roots) else float("nan")


def linked(
    clusters: Clusters, pairs: int, step: float, spans: Sequence[int]
) -> tuple[float, float]:
    """Preparation time of a ladder, and an estimate of what the clusters left out would add.

    Larger clusters are taken to go on falling like the last two sizes, wider ones like the inverse
    square of their width. A network that is itself a cluster has no such error.
    """
    times = [
        _crossing(clusters.total(pairs, step, spans[:n]), pairs) for n in range(len(spans) + 1)
    ]
    shifts = np.abs(np.diff(times))
    error = 0.0
    if pairs > len(spans) + 1:
        ratio = shifts[-1] / shifts[-2]
        error += float(shifts[-1] * ratio / (1.0 - ratio)) if ratio < 1.0 else float("inf")
    if any(span < pairs - 1 for span in spans[: pairs - 1]):
        halved = [span if span >= pairs - 1 else span // 2 for span in spans]
        error += abs(times[-1] - _crossing(clusters.total(pairs, step, halved), pairs))
    return times[-1], error


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    expansions = _FAST_LINKED if fast else _LINKED
    lengths, steps = list(_LENGTHS), [*_WHOLE, *expansions]
    times, errors = np.full((2, len(steps), len(lengths)), np.nan)
    for k, step in enumerate(_WHOLE):
        for j, pairs in enumerate(lengths):
            if pairs <= _LARGEST_WHOLE:
                model = programmed(ladder(pairs, step), range(pairs))
                times[k, j], errors[k, j] = preparation_time(model, TOLERANCE), 0.0
        progress("whole networks", 0.4 * (k + 1) / len(_WHOLE))
    clusters = Clusters()
    for k, (step, spans) in enumerate(expansions.items(), len(_WHOLE)):
        for j, pairs in enumerate(lengths):
            times[k, j], errors[k, j] = linked(clusters, pairs, step, spans)
        progress("clusters", 0.4 + 0.6 * (k + 1 - len(_WHOLE)) / len(expansions))
    return xr.Dataset(
        {
            "time": (("step", "pairs"), times, {"units": "1/gamma"}),
            "error": (("step", "pairs"), errors, {"units": "1/gamma"}),
        },
        coords={"step": steps, "pairs": lengths},
        attrs={"squeezing": SQUEEZING, "tolerance": TOLERANCE},
    )


def _draw(axes: Any, data: xr.Dataset) -> None:
    for k, step in enumerate(data.step.values):
        row = data.sel(step=step).dropna("pairs")
        axes.errorbar(
            row.pairs, row.time, yerr=row.error, marker=MARKERS[k], ms=3.0, lw=0.8,
            elinewidth=0.8, capsize=1.5, label=rf"$\Delta={step:g}\,\gamma$",
        )  # fmt: skip
    last, single = int(data.pairs[-1]), float(data.time.sel(pairs=1)[0])
    top = 1.1 * float((data.time + data.error).max())
    line = np.array([1.0, top / single])
    axes.plot(line, line * single, color="0.6", lw=0.8, ls=":", label="one by one")
    axes.set(xlabel="pairs $N$", ylabel=r"$\gamma T_\mathrm{prep}$", ylim=(0.85 * single, top))
    axes.set(xlim=(0.3, last + 0.7), xticks=[1, *range(5, last + 1, 5)])
    legend_above(axes)


def _value(data: xr.Dataset, step: float, pairs: int) -> str:
    one = data.sel(step=step, pairs=pairs)
    time, error = float(one.time), float(one.error)
    return f"{time:.2f}" + (f" +- {error:.1g}" if error > 5e-3 else "")


def _small(growth: float) -> str:
    return f"{growth:.2f}" if abs(growth) >= 0.01 else "less than 0.01"


def _rows(data: xr.Dataset) -> dict[float, xr.Dataset]:
    return {float(step): data.sel(step=step).dropna("pairs") for step in data.step.values}


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    return (_linear(data), _sequential(data), _constant(data), _mild(data))


def slopes(row: xr.Dataset) -> tuple[Array, Array]:
    """Growth of the time from one computed N to the next, per pair, and its error."""
    gaps = np.diff(row.pairs.values)
    errors = row.error.values
    return np.diff(row.time.values) / gaps, (errors[1:] + errors[:-1]) / gaps


def _linear(data: xr.Dataset) -> Claim:
    single, last = float(data.time.sel(pairs=1)[0]), int(data.pairs[-1])
    bounded, parts, notes = True, [], []
    for step, row in _rows(data).items():
        growth, error = slopes(row)
        end = int(row.pairs[-1])
        parts.append(f"{growth[0]:.2f} to {_small(growth[-1])} at {step:g} gamma (N <= {end})")
        bounded &= bool(np.all(growth - error <= single))
        if np.any(np.diff(growth) > error[1:] + error[:-1] + 1e-3):
            listed = ", ".join(f"{x:.2f}" for x in growth)
            notes.append(f"at {step:g} gamma they grow: {listed}")
        if end < last:
            notes.append(f"at {step:g} gamma all is linked, and only N <= {end} is shown")
    held = Verdict.CONDITION if notes else Verdict.REPRODUCED
    return Claim(
        "prep-1",
        "The preparation time grows at most linearly with N.",
        held if bounded else Verdict.NOT_REPRODUCED,
        "T_prep = O(N)",
        "first and last growth of gamma T per pair: " + ", ".join(parts),
        f"steps are {'' if bounded else 'not '}below T(1) = {single:.2f}; "
        + ("; ".join(notes) or "they never grow with N"),
        f"Abstract, introduction, Conclusions; here N = 1 to {last}",
    )


def _sequential(data: xr.Dataset) -> Claim:
    single = float(data.time.sel(pairs=1)[0])
    ratio = ((data.time + data.error) / (single * data.pairs)).where(data.pairs > 1)
    last = int(data.pairs[-1])
    end = ratio.sel(pairs=last).dropna("step")
    return Claim(
        "prep-2",
        "It is shorter than N sequential preparations.",
        Verdict.REPRODUCED if float(ratio.max()) < 1 else Verdict.NOT_REPRODUCED,
        "T(N) < N T(1)",
        f"largest T(N)/(N T(1)) for N >= 2: {float(ratio.max()):.3f}; at N = {last}: "
        + ", ".join(f"{float(end.sel(step=s)):.3f} at {s:g} gamma" for s in end.step.values),
        "upper ends of the error estimates",
        f"text on Fig. 3; here N = 1 to {last}",
    )


def _constant(data: xr.Dataset) -> Claim:
    last, rows = int(data.pairs[-1]), _rows(data)
    large = {step: row for step, row in rows.items() if step >= _NATURAL}
    growth = {s: float((r.time + r.error)[-1] / r.time[0] - 1) for s, r in large.items()}
    late = {s: slopes(r)[0][-1] for s, r in large.items()}
    saturates = all(late[s] < 0.2 * slopes(large[s])[0][0] for s in late)
    near = [s for s, x in growth.items() if x < NEARLY]
    verdict = Verdict.CONDITION if near and saturates else Verdict.NOT_REPRODUCED
    return Claim(
        "prep-3",
        "It is nearly that of one pair for Delta >~ gamma.",
        Verdict.REPRODUCED if len(near) == len(large) else verdict,
        "T(N) = T(1), all pairs in parallel",
        f"gamma T at N = 1 and {last}: "
        + ", ".join(f"{_value(data, s, 1)} and {_value(data, s, last)} at {s:g}" for s in large)
        + " gamma",
        f"to {NEARLY:.0%} for Delta = {', '.join(f'{x:g}' for x in near) or 'no'} gamma "
        f"({limit(list(growth.values()))}); it grows by "
        + ", ".join(f"{100 * g:.1f} % at {s:g} gamma" for s, g in growth.items())
        + ", most of it over the first pairs, and saturates: "
        + ", ".join(f"{_small(late[s])} per pair at {s:g} gamma" for s in late)
        + " at the end",
        f"text on Fig. 3; here N = 1 to {last}",
    )


def _mild(data: xr.Dataset) -> Claim:
    last = int(data.pairs[-1])
    mild = max(step for step in _rows(data) if step < _NATURAL)
    growth, _ = slopes(_rows(data)[mild])
    return Claim(
        "prep-4",
        "Below gamma it saturates too, later and higher (our number).",
        Verdict.FINDING,
        "",
        f"Delta = {mild:g} gamma: gamma T = {_value(data, mild, 1)} at N = 1, "
        f"{_value(data, mild, last)} at N = {last}, "
        f"last step {_small(growth[-1])} per pair against {growth[0]:.2f} for the second",
        "linked clusters; the error is an estimate of what larger and wider ones would add",
    )


PREPARATION = Figure("prep", "Preparation of long networks", _compute, _draw, _claims)
