"""The virtual experiment: pulse sequences on two ensembles, and the records that they give.

Each pulse is a watched Gaussian system (`darkstate.observe`), and the process of quadratures
and bin averages is sampled exactly. The gains of the detectors, the true efficiency
and all rates stay hidden from the evaluation: what it gets is a file like one from a laboratory.

Seeds: series k draws from ``SeedSequence(entropy, spawn_key=(k,))``, the error of the stated
efficiency from ``spawn_key=(number of series,)``; entropy and parameters are kept in the records.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property, partial
from math import exp, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_real, check_reals, check_seed
from darkstate.errors import ArgumentError
from darkstate.experiments.interface import CHANNELS, QUADRATURE, LightInterface
from darkstate.experiments.layout import LightPulse, Series, Setup
from darkstate.experiments.records import ExperimentRecords
from darkstate.frontdoor import observe
from darkstate.linalg.sampled import SampledStep
from darkstate.memory import memory_limit, refuse_if_too_large

Real = NDArray[np.float64]
QUADRATURES = 4
"""x, p of ensemble I and x, p of ensemble II."""

ROTATION = np.kron(np.eye(2), [[0.0, 1.0], [-1.0, 0.0]])
"""Both ensembles by 90 degrees: x -> p, p -> -x, which puts r into the place of q."""


@dataclass(frozen=True)
class TrueValues:
    """What the virtual experiment's evaluation should find; variances in units of the vacuum's.

    Args:
        kappa2: of the read pulse.
        coupling: Z.
        share: of the light in the decay.
        lifetime: 1/gamma of the mean values with the light on.
        dark_lifetime: the same with the light off; infinite without decay.
        xi: mean of the variances of both q after the drive pulse; < 1 proves entanglement.
        xi_conditional: given the record of the drive pulse through the best exponential mode
            function.
        mode_rate: of that function.
    """

    kappa2: float
    coupling: float
    share: float
    lifetime: float
    dark_lifetime: float
    xi: float
    xi_conditional: float
    mode_rate: float


@dataclass(frozen=True)
class VirtualExperiment:
    """Parameters of a simulated experiment; times in ms and rates in 1/ms, as it is written.

    Args:
        rate: variance rate of the collective scattering.
        coupling: Z = mu + nu.
        extra: variance rate of all other decay while the light is on.
        dark: variance rate of the decay with the light off.
        noise: variance to which the other decay leads (vacuum units).
        efficiency: true efficiency of the detection.
        efficiency_error: standard error of the efficiency that is written into the records.
        gains: detector unit per unit of current, for both channels.
        saturation: current at which the detectors saturate.
        amplitude: of the displaced light, in square roots of photons per ms.
        write: length of the write pulse.
        drive: length of the drive pulse.
        read: length of the read pulse.
        bins: bins per pulse.
        waits: times in the dark of further series of kind 'transfer', all > 0.
        shots: shots per series.

    Raises:
        ArgumentError: a number out of its range.
    """

    rate: float = 0.30
    coupling: float = 2.5
    extra: float = 0.10
    dark: float = 0.02
    noise: float = 1.0
    efficiency: float = 0.85
    efficiency_error: float = 0.0
    gains: tuple[float, float] = (0.8, 1.1)
    saturation: float = 100.0
    amplitude: float = 6.0
    write: float = 4.0
    drive: float = 12.0
    read: float = 4.0
    bins: int = 40
    waits: tuple[float, ...] = (10.0, 40.0)
    shots: int = 1000

    def __post_init__(self) -> None:
        for name in ("gains", "waits"):
            values = check_reals(name, getattr(self, name), remedy="Give a list of numbers.")
            if values.ndim != 1:
                remedy = "Give a list, also for a single one."
                raise ArgumentError(name, "be a list of numbers", getattr(self, name), remedy)
            object.__setattr__(self, name, tuple(values.tolist()))
        check_real("dark", self.dark, minimum=0.0, remedy="Give a rate in 1/ms.")
        remedy = "Give a length in ms."
        for name in ("write", "drive", "read"):
            check_real(name, getattr(self, name), above=0.0, remedy=remedy)
        for wait in self.waits:
            check_real("waits", wait, above=0.0, remedy=remedy)
        if len(self.gains) != len(CHANNELS):
            raise ArgumentError("gains", "be two numbers", self.gains, "Give one per channel.")
        for gain in self.gains:
            check_real("gains", gain, above=0.0, remedy="Give the detector unit per current.")
        check_real("amplitude", self.amplitude, above=0.0, remedy="Give it in sqrt(photons/ms).")
        _ = self.interface, self.setup(self.efficiency)  # their own checks

    @property
    def interface(self) -> LightInterface:
        """Rates and coupling of ensembles and light."""
        return LightInterface(self.rate, self.coupling, self.extra, self.noise)

    def setup(self, efficiency: float, origin: dict[str, Any] | None = None) -> Setup:
        """What the records say about themselves, with a stated efficiency."""
        write = LightPulse("write", 0.0, self.write, self.bins)
        drive = LightPulse("drive", 0.0, self.drive, self.bins)

        def read(start: float) -> LightPulse:
            return LightPulse("read", start, start + self.read, self.bins)

        waits = (0.0, *self.waits)
        transfers = [
            Series(f"transfer_{k}", "transfer", (write, read(self.write + wait)), self.shots)
            for k, wait in enumerate(waits)
        ]
        series = (
            Series("vacuum", "vacuum", (read(0.0),), self.shots),
            Series("input", "input", (write,), self.shots),
            *transfers,
            Series("direct", "direct", (write, read(self.write)), self.shots),
            Series("entangled", "entangled", (drive, read(self.drive)), self.shots),
        )
        return Setup(
            series,
            efficiency,
            self.efficiency_error,
            self.saturation,
            self.noise,
            origin=origin or {},
        )

    def run(self, seed: int | None = None) -> ExperimentRecords:
        """Draw the records of all series.

        Args:
            seed: entropy, >= 0; fresh and kept in the records' origin if left out.

        Raises:
            ArgumentError: an impossible seed; a current reached saturation: lower the amplitude.
            CapacityError: the currents would not fit into memory.
        """
        bins = sum(series.shots * series.bins for series in self.setup(self.efficiency).series)
        needed = 8.0 * 8 * bins  # currents, and the random numbers of a pulse
        remedy = "Take fewer shots or bins."
        refuse_if_too_large("run", needed, memory_limit(None), remedy)
        entropy = np.random.SeedSequence().entropy if seed is None else seed
        entropy = check_seed("seed", entropy)
        count = len(self.waits) + 5
        error = _stream(entropy, count).standard_normal() * self.efficiency_error
        origin = {
            "simulated by": "darkstate",
            "entropy": str(entropy),
            "spawn_key": f"(k,) for series k; ({count},) for the stated efficiency",
            "parameters": {each.name: _plain(getattr(self, each.name)) for each in fields(self)},
        }
        setup = self.setup(min(1.0, max(1e-3, self.efficiency + error)), origin)
        currents = {
            series.name: self._drawn(series, _stream(entropy, k))
            for k, series in enumerate(setup.series)
        }
        return ExperimentRecords(setup, currents)

    def truth(self) -> TrueValues:
        """What an evaluation of the records should find, from the exact conditional dynamics."""
        grid = np.linspace(0.0, self.drive, self.bins + 1).tolist()
        watched = observe(self.interface.system(self.efficiency), grid)
        modes, blind = [], []
        for channel in CHANNELS:
            target = np.array(QUADRATURE[channel])  # sqrt(2) q: variance 1 in the vacuum
            modes.append(watched.exponential_mode(target))
            blind.append(float(target @ watched.unconditional[-1] @ target))
        return TrueValues(
            kappa2=self.interface.kappa2(self.read),
            coupling=self.coupling,
            share=self.interface.share,
            lifetime=1 / self.interface.gamma,
            dark_lifetime=2 / self.dark if self.dark > 0 else float("inf"),
            xi=float(np.mean(blind)),
            xi_conditional=float(np.mean([mode.variance for mode in modes])),
            mode_rate=modes[0].rate,
        )

    def _drawn(self, series: Series, stream: np.random.Generator) -> Real:
        """Currents (shots, bins, 2) of one series, in the detectors' units."""
        if series.kind in ("vacuum", "input"):
            (pulse,) = series.pulses
            beta = self.amplitude if series.kind == "input" else 0.0
            normal = stream.standard_normal((series.shots, pulse.bins, len(CHANNELS)))
            found = 2 * sqrt(self.efficiency) * beta + normal / sqrt(pulse.width)
            return found * np.array(self.gains)
        points: Any = stream.standard_normal((series.shots, QUADRATURES)) * sqrt(0.5)
        parts = []
        for pulse in series.pulses:
            if pulse.name == "read" and series.kind == "transfer":
                points = points @ ROTATION.T
                points = self._waited(points, series.wait, stream)
            step = self._steps[(series.kind, pulse.name)]
            noise = stream.standard_normal((pulse.bins, series.shots, len(step.root)))
            record = np.empty((series.shots, pulse.bins, len(CHANNELS)))
            for k in range(pulse.bins):
                points, integral = step.draw(points, noise[k])
                record[:, k] = integral / pulse.width
            parts.append(record)
        return np.concatenate(parts, axis=1) * np.array(self.gains)

    @cached_property
    def _steps(self) -> dict[tuple[str, str], SampledStep]:
        """The step of one bin, for every kind of series with atoms and every pulse."""
        bright = partial(self.interface.system, self.efficiency)
        plain, written = bright(), bright(self.amplitude, conjugate=True)
        direct = bright(self.amplitude)
        chosen = {
            ("transfer", "write"): (written, self.write),
            ("transfer", "read"): (plain, self.read),
            ("direct", "write"): (direct, self.write),
            ("direct", "read"): (plain, self.read),
            ("entangled", "drive"): (plain, self.drive),
            ("entangled", "read"): (plain, self.read),
        }
        return {
            key: observe(system, [0.0, length / self.bins]).steps[0]
            for key, (system, length) in chosen.items()
        }

    def _waited(self, points: Real, wait: float, stream: np.random.Generator) -> Real:
        """The points after a time in the dark; local decay keeps the quadratures apart."""
        if wait == 0 or self.dark == 0:
            return points
        kept = exp(-self.dark * wait / 2)
        spread = sqrt(0.5 * self.noise * (1 - kept**2))
        return kept * points + spread * stream.standard_normal(points.shape)


def _stream(entropy: int, number: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=(number,)))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
