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
from darkstate.papers.muschik2012.lifetimes import crossing
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


def separate_xi(polarisation: float) -> float:
    """xi of ensembles that scatter into light of their own each, with the same rates."""
    model = two_levels()
    light = model.collective_rate * polarisation
    own = model.noise_rate / polarisation + light * np.cosh(2 * model.squeezing)
    return float(own / (model.noise_rate + light))


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
    for colour, hertz in zip(("black", "tab:purple", "C0"), data.hertz.values, strict=True):
        axes.plot(data.time, data.xi.sel(hertz=hertz), color=colour, label=f"{hertz:g} Hz")
    axes.axhline(1.0, color="0.4", lw=0.8, ls=":")
    axes.text(39, 0.73, r"entangled: $\xi<1$", color="0.35", fontsize=7, ha="right")
    axes.set(xlabel="time (ms)", ylabel=r"$\xi$", xlim=(0, _LAST), ylim=(0.7, 1.5))
    legend_above(axes, "difference of the Larmor frequencies")


def _until(data: xr.Dataset, hertz: float) -> float:
    """Last time at which xi < 1."""
    return crossing(data.time.values, data.xi.sel(hertz=hertz).values, 1.0)


def _gone(data: xr.Dataset) -> Verdict:
    """Whether only 0 Hz is entangled: always, for some time, or never."""
    entangled = data.xi.isel(time=slice(1, None)).transpose("hertz", "time").values < 1
    if not np.any(entangled[0] & ~entangled[1] & ~entangled[2]):
        return Verdict.NOT_REPRODUCED
    return Verdict.CONDITION if np.any(entangled[1:]) else Verdict.REPRODUCED


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    return (_destroyed(data), *_reservoirs(data))


def _destroyed(data: xr.Dataset) -> Claim:
    limits = "; ".join(
        f"{float(c[0]):.1f} Hz at P2 = {float(c.polarised):g}" for c in data.critical
    )
    best = ", ".join(f"{float(data.xi.sel(hertz=h).min()):.3f} ({h:g} Hz)" for h in _SHOWN)
    until = ", ".join(f"{_until(data, h):.1f} ms ({h:g} Hz)" for h in _SHOWN)
    border, late = float(data.border), float(data.polarisation[-1])
    slow = limit_xi(0.9, 20.0 / (2 * np.pi))[0]
    return Claim(
        "3a-1",
        "Different Larmor frequencies destroy the entanglement: it has disappeared at 20 Hz.",
        _gone(data),
        "entangled at 0 Hz, not at 20 and 40 Hz",
        f"the quasi-steady state is separable above {limits}",
        f"holds late: at 20 Hz the quasi-steady state is separable once P2 is below "
        f"{border:.3f} (it is {late:.2f} after {_LAST:g} ms); during the build-up xi dips to "
        f"{best} and stays below 1 for {until}. Hz are cycles per second; as an angular "
        f"frequency, 20 Hz would leave xi = {slow:.2f} at P2 = 0.9. The paper's curves are "
        "measured; their P2 is not given",
        "Fig. 3a, caption; Sec. III: 0, 20, 40 Hz; here d = 55, no pump, rates of App. C",
    )


def _reservoirs(data: xr.Dataset) -> tuple[Claim, ...]:
    turning = "; ".join(
        f"{float(c[1]):.1f} Hz at P2 = {float(c.polarised):g}" for c in data.critical
    )
    free, apart = limit_xi(0.9, 1e7)[0], separate_xi(0.9)
    closed = max(
        abs(two_levels(h).large_atoms_xi() - limit_xi(two_levels(h).polarisation, h)[0])
        for h in _SHOWN
    )
    return (
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
            "The ensembles then no longer share a reservoir: the photons tell which one emitted.",
            Verdict.REPRODUCED if abs(free - apart) < 1e-6 else Verdict.NOT_REPRODUCED,
            "no common reservoir",
            f"for a large detuning xi = {free:.4f} at P2 = 0.9, {apart:.4f} if each ensemble has "
            "light of its own",
            "",
            "Sec. III, entanglement creation by interference",
        ),
        Claim(
            "3a-4",
            "Single photons of the first ensemble do not act on the second one.",
            Verdict.NOT_COMPUTED,
            "Delta = 850 MHz, negligible",
            "",
            "excited states are eliminated in every equation of the paper; its couplings to them "
            "are not given",
            "Sec. III, entanglement creation by interference",
        ),
        Claim(
            "3a-5",
            "Closed form and Gaussian steady state of the Holstein-Primakoff limit.",
            Verdict.FINDING,
            "",
            f"agree to {closed:.0e}",
            "at P2 of the steady state; the moment equations of 1e12 atoms are drawn",
        ),
    )


FIGURE_3A = Figure("3a", "Different Larmor frequencies", _compute, _draw, _claims)
