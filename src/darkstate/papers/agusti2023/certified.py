r"""Beyond the paper: up to which dephasing the state of Eq. (10) is proven four-partite entangled.

The paper cites PPT mixtures for "genuine four-partite". Here they decide: for each detuning the
dephasing is bisected, in equal ratios, for the end of the certified range
(`darkstate.certificates`). Beyond it a PPT mixture was found. The
fidelity with the most occupied eigenstate proves less; its range is found in the same way.
"""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np
import xarray as xr

from darkstate.certificates import CertifiedLimit, certified_limit
from darkstate.certificates.cheap import fidelity_witness
from darkstate.frontdoor import steady_state
from darkstate.models import DualRail
from darkstate.papers.agusti2023.common import SQUEEZING
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.plots import legend_above

_LEAST, _MOST = 1e-4, 1.0
_TOLERANCE, _FAST_TOLERANCE = 0.01, 0.1
"""Of the logarithm of the range: 10 %, and a factor of 2.5."""


def dephased(step: float, dephasing: float) -> Any:
    """The steady state of two pairs with exchanged detunings, ``Delta = step``."""
    return steady_state(DualRail(2, SQUEEZING, [step, 0.0], [0.0, -step], dephasing=dephasing))


def limit_of(step: float, tolerance: float) -> CertifiedLimit:
    """Up to which dephasing the state is certified."""
    return certified_limit(
        lambda rate: dephased(step, rate), _LEAST, _MOST, tolerance, spacing="log",
        name="dephasing",
    )  # fmt: skip


def _by_fidelity(step: float, tolerance: float) -> float:
    """The same by the fidelity witness alone; NaN where it proves nothing."""

    def proven(rate: float) -> bool:
        state = dephased(step, rate).state
        value, rounding = fidelity_witness(state).value(state.matrix)
        return value + rounding < 0

    if not proven(_LEAST):
        return nan
    low, high = np.log(_LEAST), np.log(_MOST)
    while high - low > tolerance * np.log(_MOST / _LEAST):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if proven(float(np.exp(middle))) else (low, middle)
    return float(np.exp(low))


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    steps = np.geomspace(0.05, 20.0, 3 if fast else 17)
    tolerance = _FAST_TOLERANCE if fast else _TOLERANCE
    ends = np.full((2, len(steps)), nan)
    fidelity = np.empty(len(steps))
    verdicts = []
    for k, step in enumerate(steps.tolist()):
        fidelity[k] = _by_fidelity(step, tolerance)
        found = limit_of(step, tolerance)
        ends[:, k] = found.certified, found.uncertified
        verdicts += found.verdicts
        progress("detuning", (k + 1) / len(steps))
    return xr.Dataset(
        {
            "certified": ("step", ends[0]),
            "uncertified": ("step", ends[1]),
            "fidelity": ("step", fidelity),
        },
        coords={"step": steps},
        attrs={"undecided": verdicts.count("undecided")},
    )


def _draw(axes: Any, data: xr.Dataset) -> None:
    axes.set_xscale("log")
    axes.fill_between(data.step, _LEAST, data.certified, color="C2", alpha=0.15, lw=0)
    axes.loglog(data.step, data.certified, "o-", color="C2", label="certified up to")
    axes.loglog(data.step, data.uncertified, "s--", color="C1", label="PPT mixture from")
    axes.loglog(data.step, data.fidelity, ":", color="C0", label="by fidelity up to")
    axes.set(
        xlabel=r"detuning $\Delta/\gamma$", ylabel=r"dephasing $\gamma_\phi/\gamma$",
        xlim=(data.step[0], data.step[-1]), ylim=(_LEAST, _MOST),
    )  # fmt: skip
    legend_above(axes, rf"$N=2$, $r={SQUEEZING:g}$")


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    question = "Up to which dephasing are two pairs proven four-partite entangled (our number)?"
    place = "below Eq. (10); r = 1, a white field"
    best = data.step.values[int(data.certified.argmax("step"))]
    most = float(data.certified.max())
    ratio = (data.certified / data.fidelity).dropna("step")
    inner = data.sel(step=best)
    rows = "; ".join(
        f"{float(data.certified.sel(step=x)):.2g} gamma at Delta = {x:.2g} gamma"
        for x in data.step.values[:: max(1, len(data.step) // 4)]
    )
    return (
        Claim(
            "certified-1",
            question,
            Verdict.FINDING,
            "",
            f"certified for gamma_phi up to {rows}; most at Delta = {best:.2g} gamma: "
            f"{most:.3g} gamma",
            f"Witnesses that are decomposable for all seven bipartitions. At "
            f"{float(inner.uncertified):.3g} gamma, there, a PPT mixture was found, which no such "
            f"witness detects; {data.attrs['undecided']} points were undecided.",
            place,
        ),
        Claim(
            "certified-2",
            "How much farther is that than the fidelity proves (our number)?",
            Verdict.FINDING,
            "",
            f"{float(ratio.min()):.2g} to {float(ratio.max()):.2g} times the dephasing"
            if len(ratio)
            else "the fidelity proves nothing",
            "The fidelity is that with the most occupied eigenstate of each state.",
            place,
        ),
    )


CERTIFIED = Figure(
    "certified", "Two pairs: four-partite entanglement with dephasing", _compute, _draw, _claims
)
