"""Linear coupling that exchanges photons does not entangle classical states; squeezing does."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from darkstate.frontdoor import evolve
from darkstate.measures import log_negativity
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.drivenmodes.common import NAT_LABEL, nats
from darkstate.states import GaussianState
from darkstate.systems import Jump, Mode, OpenSystem, create, destroy, number, total

_LABELS = ("A1", "B1")
_SAMPLES = 8
_SEED = 4


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    times = np.linspace(0, 4, 9 if fast else 33)
    rng = np.random.default_rng(_SEED)
    vacuum = _least_noise(GaussianState.vacuum(_LABELS))
    values, noise = np.empty((2, _SAMPLES, len(times)))
    squeezed = np.empty((_SAMPLES, len(times)))
    for i in range(_SAMPLES):
        numbers, start = (
            rng.uniform(0.1, 2, 8),
            GaussianState.thermal(_LABELS, rng.uniform(0, 1, 2).tolist()),
        )
        hot = _over_time(numbers, times, start, passive=True)
        values[i], noise[i] = hot["entanglement"], hot["least noise"] / vacuum - 1
        cold = GaussianState.vacuum(_LABELS)
        squeezed[i] = _over_time(numbers, times, cold, passive=False)["entanglement"]
        progress("networks", (i + 1) / (_SAMPLES + 1))
    dims = ("sample", "time")
    return xr.Dataset(
        {
            "passive": (dims, values, {"units": "ebit"}),
            "noise": (dims, noise),
            "squeezing": (dims, squeezed, {"units": "ebit"}),
        },
        coords={"time": times},
    )


def _least_noise(state: GaussianState) -> float:
    return float(np.linalg.eigvalsh(state.covariance).min())


def _over_time(
    numbers: np.ndarray, times: np.ndarray, start: GaussianState, passive: bool
) -> xr.Dataset:
    """Two modes that exchange photons or are created in pairs, each with a thermal bath."""
    a, b = Mode(_LABELS[0]), Mode(_LABELS[1])
    w_a, w_b, k, loss_a, loss_b, hot_a, hot_b, _ = numbers.tolist()
    other = destroy(b) if passive else create(b)
    coupling = k * (create(a) * other + (destroy(a) * (create(b) if passive else destroy(b))))
    jumps = []
    for mode, loss, hot in ((a, loss_a, hot_a), (b, loss_b, hot_b)):
        warm = hot if passive else 0.0
        jumps.append(Jump(destroy(mode), loss * (1 + warm), f"loss of {mode.label}"))
        if warm:
            jumps.append(Jump(create(mode), loss * warm, f"gain of {mode.label}"))
    split = (w_a, w_b) if passive else (0.0, 0.0)
    hamiltonian = total([split[0] * number(a), split[1] * number(b), coupling])
    system = OpenSystem((a, b), hamiltonian, tuple(jumps))
    measures = {
        "entanglement": lambda state: log_negativity(state, *_LABELS),
        "least noise": _least_noise,
    }
    table = evolve(system, times.tolist(), start, measures).table
    assert table is not None, "measures make a table"
    return table


def _draw(axes: Any, data: xr.Dataset) -> None:
    for i in range(_SAMPLES):
        first = i == 0
        axes.plot(
            data.time, nats(data.squeezing[i]), "C0-", lw=1, label="squeezing" if first else None
        )
        axes.plot(data.time, nats(data.passive[i]), "C3-", lw=2, label="passive" if first else None)
    axes.set(xlabel=r"time $\times$ unit of the rates", ylabel=NAT_LABEL, xlim=(0, data.time[-1]))
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.01), ncols=2, fontsize=8, frameon=False)


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    most, least = float(data.passive.max()), float(data.noise.min())
    gained = nats(data.squeezing.max("time"))
    return (
        Claim(
            "passive-1",
            "Passive couplings, passive baths included, never entangle classical states.",
            Verdict.REPRODUCED if most < 1e-9 and least > -1e-9 else Verdict.NOT_REPRODUCED,
            "no entanglement",
            f"at most {nats(most):.0e} nat; quadrature noise never below vacuum (least excess "
            f"{least:.1e}), so the state stays classical",
            f"The text says any number of modes; here {_SAMPLES} random pairs with random loss and "
            "thermal baths, from thermal states. "
            "Coherent amplitudes move the mean and no covariance.",
            "third paragraph",
        ),
        Claim(
            "passive-2",
            "With a squeezing interaction entanglement may arise from classical states.",
            Verdict.REPRODUCED if float(gained.min()) > 1e-3 else Verdict.NOT_REPRODUCED,
            "entanglement",
            f"from vacuum up to {gained.min():.3f} to {gained.max():.3f} nat in {_SAMPLES} pairs",
            "The same random couplings and losses, cold baths.",
            "fourth paragraph",
        ),
    )


PASSIVE = Figure(
    "passive", "Entanglement from classical states over time", _compute, _draw, _claims
)
