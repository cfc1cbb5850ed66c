r"""Figure 3a: what different Larmor frequencies do to the entanglement.

The light correlates the ensembles at one phase. If their Larmor frequencies differ by delta, the
correlation turns: ``dC/dt = - (g + i delta) C + ...``. What is read in common frames is Re C; in
frames that turn with it (every ensemble read in phase with what it has shared) it would be ``|C|``.
Two levels, no pump: the polarisation of the moment equations moves by itself. In the
Holstein-Primakoff limit, at frozen polarisation, there is a Gaussian steady state in closed form.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from scipy.optimize import brentq

from darkstate.engines import Moments
from darkstate.frontdoor import evolve, steady_state
from darkstate.measures import epr_variance
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.muschik2012.common import levels, two_levels
from darkstate.plots import legend_above
from darkstate.systems.holstein_primakoff import holstein_primakoff

_SHOWN = (0.0, 20.0, 40.0)
_LAST = 40.0
_POLARISED = (1.0, 0.9, 0.8)


def limit_xi(polarisation: float, hertz: float) -> tuple[float, float]:
    """xi of the Gaussian steady state at frozen P2, in common frames and in turning ones."""
    model = two_levels(hertz)
    signs = {"I": -polarisation, "II": polarisation}
    state = steady_state(holstein_primakoff(model.system(), signs)).state
    S = state.covariance
    common = S[0, 0] + S[2, 2] - 2 * S[0, 2] + S[1, 1] + S[3, 3] + 2 * S[1, 3]
    return 0.5 * float(common), float(epr_variance(state, "I", "II"))


def critical(polarisation: float, frame: int = 0) -> float:
    """The detuning in Hz at which the Gaussian steady state loses its entanglement; nan if none."""
    if limit_xi(polarisation, 0.0)[frame] >= 1:
        return np.nan
    found = brentq(lambda x: limit_xi(polarisation, x)[frame] - 1, 0.0, 1e4, xtol=1e-3)
    return float(found)  # type: ignore[arg-type]


def polarisation_at(hertz: float) -> float:
    """The P2 below which the Gaussian steady state is separable at this detuning."""
    found = brentq(lambda p: limit_xi(p, hertz)[0] - 1, 0.5, 1.0, xtol=1e-6)
    return float(found)  # type: ignore[arg-type]


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    times = np.linspace(0.0, _LAST, 81 if fast else 401)
    rows, polarised = [], []
    for k, hertz in enumerate(_SHOWN):
        model = two_levels(hertz)
        done = evolve(model, times.tolist(), model.polarised(), _MEASURES, Moments())
        assert done.table is not None
        rows.append(done.table["xi"].values)
        polarised = done.table["polarisation"].values
        progress("curves", 0.5 * (k + 1) / len(_SHOWN))
    own = [levels(0.0, pump=0.0, hertz=hertz).evolve(times) for hertz in _SHOWN]
    scan = np.linspace(0.0, 60.0, 13 if fast else 61)
    limit = [[limit_xi(p, hertz) for hertz in scan.tolist()] for p in _POLARISED]
    progress("limit", 0.9)
    return xr.Dataset(
        {
            "xi": (("hertz", "time"), np.array(rows)),
            "turning": (("hertz", "time"), np.array([h.xi_in_own_frames for h in own])),
            "polarisation": ("time", np.asarray(polarised)),
            "limit": (("polarised", "scan", "frame"), np.array(limit)),
            "border": ((), polarisation_at(20.0)),
            "critical": (
                ("polarised", "frame"),
                np.array([[critical(p, frame) for frame in (0, 1)] for p in _POLARISED]),
            ),
        },
        coords={
            "hertz": list(_SHOWN),
            "time": times,
            "scan": scan,
            "polarised": list(_POLARISED),
            "frame": ["common", "turning"],
        },
    )


_MEASURES = {
    "xi": lambda state: state.xi("I", "II"),
    "polarisation": lambda state: state.polarisation("II"),
}


def _draw(axes: Any, data: xr.Dataset) -> None:
    for k, hertz in enumerate(data.hertz.values):
        axes.plot(data.time, data.xi.sel(hertz=hertz), color=f"C{k}", label=f"{hertz:g} Hz")
    axes.axhline(1.0, color="0.4", lw=0.8, ls=":")
    axes.text(39, 0.73, r"entangled: $\xi<1$", color="0.35", fontsize=7, ha="right")
    axes.set(xlabel="time (ms)", ylabel=r"$\xi$", xlim=(0, _LAST), ylim=(0.7, 1.5))
    legend_above(axes, "difference of the Larmor frequencies")


def _until(data: xr.Dataset, hertz: float) -> float:
    """Last time at which xi < 1, between the points of the grid."""
    xi, t = data.xi.sel(hertz=hertz).values, data.time.values
    k = int(np.flatnonzero(xi < 1)[-1])
    if k + 1 == len(t):
        return float(t[-1])
    return float(t[k] + (t[k + 1] - t[k]) * (1 - xi[k]) / (xi[k + 1] - xi[k]))


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    limits = "; ".join(
        f"{float(c[0]):.1f} Hz at P2 = {float(c.polarised):g}" for c in data.critical
    )
    best = ", ".join(f"{float(data.xi.sel(hertz=h).min()):.3f} ({h:g} Hz)" for h in _SHOWN)
    until = ", ".join(f"{_until(data, h):.1f} ms ({h:g} Hz)" for h in _SHOWN)
    border, late = float(data.border), float(data.polarisation[-1])
    turning = "; ".join(
        f"{float(c[1]):.1f} Hz at P2 = {float(c.polarised):g}" for c in data.critical
    )
    closed = max(
        abs(two_levels(h).large_atoms_xi() - limit_xi(two_levels(h).polarisation, h)[0])
        for h in _SHOWN
    )
    return (
        Claim(
            "3a-1",
            "Different Larmor frequencies destroy the entanglement: it has disappeared at 20 Hz.",
            Verdict.CONDITION if late < border else Verdict.NOT_REPRODUCED,
            "entangled at 0 Hz, not at 20 and 40 Hz",
            f"the quasi-steady state is separable above {limits}",
            f"at 20 Hz it holds once P2 is below {border:.3f} (here {late:.2f} after {_LAST:g} "
            f"ms); during the build-up xi dips to {best} and stays below 1 for {until}. "
            "Hz are cycles per second; d = 55, no pump, parameters of 3b",
        ),
        Claim(
            "3a-2",
            "Is the entanglement gone, or only turned away?",
            Verdict.FINDING,
            "",
            f"read in frames that turn with the correlation, it is lost above {turning}",
            "with |C| in place of Re C: part of the loss is a known phase between the frames",
        ),
        Claim(
            "3a-3",
            "Closed form and Gaussian steady state of the Holstein-Primakoff limit.",
            Verdict.FINDING,
            "",
            f"agree to {closed:.0e}",
            "at P2 of the steady state; the moment equations of 1e12 atoms are drawn",
        ),
    )


FIGURE_3A = Figure("3a", "Different Larmor frequencies", _compute, _draw, _claims)
