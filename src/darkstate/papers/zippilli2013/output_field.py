"""The statement on the output field of the last pair.

With vacuum noise the line between drive and sink transmits a fraction ``T(w)`` of the light, and
the output field has ``E(w) = -log2(1 + 2 T(w)(nbar - mbar))``: as much as the drive where T = 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from darkstate.frontdoor import output_states
from darkstate.measures import log_negativity
from darkstate.models import CavityChains, SqueezedDrive
from darkstate.papers.base import Claim, Figure, Progress, Verdict

_CASES = {  # sites, zeta, kappa_N, loss of the other cavities, all in units of eta
    "matched": (5, 1.0, 1.0, 0.0),
    "weak ends": (5, 0.3, 0.3, 0.0),
    "strong ends, N = 2": (2, 2.0, 2.0, 0.0),
    "reciprocal ends, N = 4": (4, 2.0, 0.5, 0.0),
    "unequal ends": (5, 1.0, 0.5, 0.0),
    "matched, lossy": (5, 1.0, 1.0, 0.05),
}
_SHOWN = ("matched", "weak ends", "unequal ends", "matched, lossy")


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    frequencies = np.linspace(-3.0, 3.0, 241 if fast else 1201)  # holds 0 exactly
    rows = []
    for k, (sites, zeta, end, loss) in enumerate(_CASES.values()):
        channels = [f"A{sites} loss", f"B{sites} loss"]
        losses = [loss] * (sites - 1) + [end]
        model = CavityChains(sites, loss=losses, drive=SqueezedDrive(zeta))
        states = output_states(model, channels, frequencies.tolist())
        rows.append([log_negativity(s, f"{channels[0]}@+", f"{channels[1]}@-") for s in states])
        progress("output fields", (k + 1) / len(_CASES))
    return xr.Dataset(
        {"log_negativity": (("case", "frequency"), np.array(rows), {"units": "ebit"})},
        coords={"case": list(_CASES), "frequency": frequencies},
        attrs={"drive": SqueezedDrive().log_negativity},
    )


def _draw(axes: Any, data: xr.Dataset) -> None:
    for case in _SHOWN:
        axes.plot(data.frequency, data.log_negativity.sel(case=case), label=case)
    axes.axhline(data.attrs["drive"], color="0.6", lw=0.7)
    axes.set(xlabel=r"frequency $\omega/\eta$", ylabel="$E_N$ of the output (ebit)")
    axes.set_ylim(0, 1.45 * data.attrs["drive"])
    axes.legend(loc="upper center", ncols=2)


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    best = data.log_negativity.max("frequency") / data.attrs["drive"]
    values = {case: float(best.sel(case=case)) for case in _CASES}
    full = [case for case, value in values.items() if abs(value - 1) < 1e-6]
    entangled = float(data.log_negativity.min()) > 0
    if len(full) == len(_CASES):
        verdict = Verdict.REPRODUCED
    else:
        verdict = Verdict.CONDITION if full and entangled else Verdict.NOT_REPRODUCED
    return (
        Claim(
            "output-1",
            "The output field of the last pair is entangled, at some frequencies like the drive.",
            verdict,
            "equal to the drive at some frequencies",
            "best frequency / drive: "
            + ", ".join(f"{v:.4f} ({case})" for case, v in values.items()),
            "entangled at every frequency; equal to the drive only where the line transmits fully: "
            "no other loss, and kappa_N = zeta (for N = 2 at most eta) or zeta kappa_N = eta^2. "
            "The paper's rates are in the supplement, which is not at hand.",
            "text on Fig. 2e; kappa_j = 0 but for kappa_N, nbar = 1; here N and rates as listed",
        ),
    )


OUTPUT = Figure("output", "Entanglement of the output field", _compute, _draw, _claims)
