"""The evaluation: homodyne records in, couplings, decay times and entanglement with error bars out.

One path for simulated records and for files. In order: shot noise sets the unit of each channel;
mean values give the decay rate with the light on, ``kappa^2``, Z and the share of the light; waits
give the decay time in the dark; the falling mode of the read pulse gives the variance of q after
the drive pulse, and with the part that an exponential mode function of the drive record predicts
(its rate optimised on the data) taken off, the conditional one (`formulas.py`). All steps act on
all jackknife samples at once (`moments.py`).

``xi = Sigma_J/(2|<J_x>|)`` is the mean of the variances of the two q, in units of the vacuum's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_integer, check_real
from darkstate.errors import ArgumentError, NumericalError
from darkstate.experiments.checks import warnings_of
from darkstate.experiments.formulas import (
    coupling_of,
    falling,
    kappa2_of,
    rising,
    unit,
    variance_of,
)
from darkstate.experiments.layout import LightPulse, Setup
from darkstate.experiments.moments import SeriesMoments, moments_of
from darkstate.experiments.quantities import (
    MeasuredQuantity,
    confidence_below,
    inverse,
    quantity,
)
from darkstate.experiments.records import ExperimentRecords
from darkstate.results import Report, Status
from darkstate.results.report import versions

if TYPE_CHECKING:
    import xarray as xr

Real = NDArray[np.float64]
POINTS, ZOOMS = 25, 7
"""Points at which a maximum is looked for, and how often the grid is refined around the best."""

EDGE = 1e-4
"""A maximum this close to an end of its range, relative to the range in logarithms, is none."""

UNITS = {"gamma": "1/{}", "rate": "1/{}", "lifetime": "{}", "dark_rate": "1/{}"}
UNITS |= {"mode_rate": "1/{}"}


@dataclass(frozen=True)
class Evaluation:
    """What the records say.

    Args:
        quantities: ``kappa2``, ``coupling``, ``share``, ``rate``, ``gamma``, ``lifetime``,
            ``dark_rate`` and ``dark_lifetime`` (where there are waits; the latter infinite where
            the rate may be zero), ``variance_cos``, ``variance_sin``, ``xi``, the last three again
            with ``conditional_``, and ``mode_rate`` (with an infinite error where the best rate
            may lie outside of the range that is searched).
        confidence: of the intervals.
        entangled: how surely ``xi`` and ``conditional_xi`` are below one: one-sided confidence,
            below which no separable state has them.
        report: status ``converged``, or ``suspect`` with the checks that failed.
    """

    quantities: dict[str, MeasuredQuantity]
    confidence: float
    entangled: dict[str, float]
    report: Report

    def __getitem__(self, name: str) -> MeasuredQuantity:
        return self.quantities[name]

    def table(self) -> xr.Dataset:
        """All numbers over ``quantity``."""
        import xarray as xr

        rows = list(self.quantities.values())
        columns = {
            name: ("quantity", [getattr(row, name) for row in rows])
            for name in ("value", "error", "low", "high", "unit")
        }
        attributes = {"confidence": self.confidence, "status": str(self.report.status)}
        return xr.Dataset(columns, coords={"quantity": list(self.quantities)}, attrs=attributes)


def estimate(records: ExperimentRecords, confidence: float = 0.95, groups: int = 20) -> Evaluation:
    """Evaluate records, simulated or read from a file.

    Args:
        records: currents with their setup.
        confidence: of the intervals, between 0 and 1.
        groups: blocks of shots of the jackknife, at least 5.

    Raises:
        ArgumentError: too few shots for the groups, an option out of range.
        NumericalError: the mean values do not resolve coupling or decay; no shot noise.
        CapacityError: the correlations between all bins would not fit into memory.
    """
    if not isinstance(records, ExperimentRecords):
        remedy = "Use read_records(path), or VirtualExperiment(...).run()."
        raise ArgumentError("records", "be ExperimentRecords", records, remedy)
    remedy = "Give for example 0.95."
    check_real("confidence", confidence, above=0.0, below=1.0, remedy=remedy)
    check_integer("groups", groups, minimum=5, remedy="Give the number of blocks of shots.")
    setup, moments = records.setup, moments_of(records, groups)
    normal = _normalised(setup, moments)
    samples = _evaluated(setup, normal, setup.efficiency)
    quantities, entangled = _quantities(setup, normal, samples, confidence)
    warnings = warnings_of(setup, moments, normal, samples)
    report = Report(
        engine="estimate",
        method=f"mean values and falling modes, jackknife of {groups} groups",
        status=Status.SUSPECT if warnings else Status.CONVERGED,
        error_estimate=quantities["xi"].error,
        warnings=warnings,
        provenance={"versions": versions(), "origin": dict(setup.origin)},
    )
    return Evaluation(quantities, confidence, entangled, report)


def _quantities(
    setup: Setup, moments: dict[str, SeriesMoments], samples: dict[str, Real], confidence: float
) -> tuple[dict[str, MeasuredQuantity], dict[str, float]]:
    """Values, errors and intervals; the error of the efficiency enters through the slope.

    And how surely each xi is below one.
    """
    shift = 1e-4 * setup.efficiency  # small, whatever the error: below zero there is no result
    moved = _evaluated(setup, moments, setup.efficiency - shift)
    (entangled,) = setup.of_kind("entangled")
    drive, read = entangled.pulses
    rate, gamma, coupling = (float(samples[name][0]) for name in ("rate", "gamma", "coupling"))
    still = float(variance_of(0.0, rate, gamma, coupling**2, setup.efficiency, setup.noise, read))
    found, entangled = {}, {}
    for name, values in samples.items():
        slope = float(moved[name][0] - values[0]) / shift
        systematic = abs(slope) * setup.efficiency_error
        variance = name.removeprefix("conditional_") in ("xi", "variance_cos", "variance_sin")
        floor = still if variance else 0.0 if name == "mode_rate" else -np.inf
        unit_text = UNITS.get(name, "").format(setup.time_unit)
        found[name] = quantity(values, confidence, unit_text, systematic, floor)
        if name.removeprefix("conditional_") == "xi":
            entangled[name] = confidence_below(values, 1.0, systematic, floor)
        if name == "dark_rate":
            found["dark_lifetime"] = inverse(found[name], setup.time_unit)
    if at_the_edge(samples["mode_rate"], *_mode_range(drive)):
        value, unit_text = found["mode_rate"].value, found["mode_rate"].unit
        found["mode_rate"] = MeasuredQuantity(value, np.inf, 0.0, np.inf, unit_text)
    return found, entangled


def _normalised(setup: Setup, moments: dict[str, SeriesMoments]) -> dict[str, SeriesMoments]:
    """The same moments in the unit in which every bin of shot noise has variance one."""
    (vacuum,) = setup.of_kind("vacuum")
    spread = np.diagonal(moments[vacuum.name].covariance, axis1=2, axis2=3).mean(axis=2)
    if not np.all(spread > 0):
        raise NumericalError(
            f"The currents of series '{vacuum.name}' do not fluctuate: there is no unit to measure "
            "in. Record the light without atoms."
        )
    one = np.sqrt(spread * vacuum.pulses[0].width)  # (G + 1, 2): gain
    found = {}
    for series in setup.series:
        widths = np.repeat([p.width for p in series.pulses], [p.bins for p in series.pulses])
        root, each = np.sqrt(widths), moments[series.name]
        mean = each.mean * root[:, None] / one[:, None, :]
        covariance = each.covariance * np.outer(root, root) / one[:, :, None, None] ** 2
        found[series.name] = SeriesMoments(each.shots, mean, covariance)
    return found


def _evaluated(
    setup: Setup, moments: dict[str, SeriesMoments], efficiency: float
) -> dict[str, Real]:
    """Every quantity for all jackknife samples, arrays (G + 1,)."""
    found = _from_means(setup, moments)
    (entangled,) = setup.of_kind("entangled")
    drive, read = entangled.pulses
    covariance = moments[entangled.name].covariance
    shots = moments[entangled.name].shots
    w = unit(falling(found["gamma"], read))
    past, present = slice(0, drive.bins), slice(drive.bins, None)
    mode = np.einsum("rk,rckl,rl->rc", w, covariance[:, :, present, present], w)
    seen = np.einsum("rckl,rl->rck", covariance[:, :, past, present], w)
    rates, predicted = _best_mode(covariance[:, :, past, past], seen, drive)
    # fitted were a slope in each channel, and the rate that both share
    left = (mode - predicted) * ((shots - 1) / (shots - 2.5))[:, None]
    parts = (found["rate"], found["gamma"], found["coupling"] ** 2)
    for prefix, each in (("", mode), ("conditional_", left)):
        columns = [variance_of(each[:, c], *parts, efficiency, setup.noise, read) for c in range(2)]
        found[f"{prefix}variance_cos"], found[f"{prefix}variance_sin"] = columns
        found[f"{prefix}xi"] = 0.5 * (columns[0] + columns[1])
    found["mode_rate"] = rates
    return found


def _from_means(setup: Setup, moments: dict[str, SeriesMoments]) -> dict[str, Real]:
    """Decay rates and couplings."""
    (given,), (direct,) = setup.of_kind("input"), setup.of_kind("direct")
    transfers = setup.of_kind("transfer")
    signals = [
        (moments[series.name].mean[:, series.pulses[0].bins :], series.pulses[1])
        for series in (*transfers, direct)
    ]

    def power(gamma: Real) -> Real:  # of the mean records in the falling mode of rate gamma
        parts = [unit(falling(gamma, pulse)) @ mean for mean, pulse in signals]
        return np.sum([np.sum(part**2, axis=-1) for part in parts], axis=0)

    read = transfers[0].pulses[1]
    length, count = read.stop - read.start, len(signals[0][0])
    low, high = 1e-3 / length, 5 / read.width
    gamma = best(power, low, high, count)
    if at_the_edge(gamma, low, high):
        raise NumericalError(
            f"The mean values do not fall at a rate between {low:.3g} and {high:.3g}: the decay is "
            "not resolved. Use a longer read pulse or shorter bins, more light, or more shots."
        )
    shown = [np.einsum("rk,rkc->r", unit(falling(gamma, pulse)), mean) for mean, pulse in signals]
    ratios = []
    for k, series in ((0, transfers[0]), (len(signals) - 1, direct)):
        write, entering = series.pulses[0], moments[given.name].mean
        sent = np.einsum("rk,rkc->r", unit(rising(gamma, write)), entering)
        ratios.append(coupling_of(-shown[k] / sent, gamma, write, series.pulses[1]))
    strength, rate = ratios
    if not (np.all(strength > 0) and np.all(rate > 0)):
        raise NumericalError(
            "The mean values of the read pulse do not have the sign that the coupling gives them: "
            "it is not resolved. Write with more light, or take more shots."
        )
    found = {
        "kappa2": kappa2_of(strength, gamma, length),
        "coupling": np.sqrt(strength / rate),
        "share": rate / (2 * gamma),
        "rate": rate,
        "gamma": gamma,
        "lifetime": 1 / gamma,
    }
    if len(transfers) > 1:
        waits = np.array([series.wait for series in transfers])
        found["dark_rate"] = _dark_rate(waits, -np.array(shown[: len(transfers)]))
    return found


def _dark_rate(waits: Real, amplitudes: Real) -> Real:
    """Decay rate of mean values over the waits, by a line through their logarithms.

    Weighted by the squared amplitudes: their errors are equal, those of the logarithms are not.
    """
    if not np.all(amplitudes > 0):
        raise NumericalError(
            "After the longest wait no mean value is left: the decay in the dark is not resolved. "
            "Shorten the waits, or take more shots."
        )
    weight = amplitudes**2 / np.sum(amplitudes**2, axis=0)
    logs, t = np.log(amplitudes), waits[:, None]
    centre, level = np.sum(weight * t, axis=0), np.sum(weight * logs, axis=0)
    slope = np.sum(weight * (t - centre) * (logs - level), axis=0)
    return -slope / np.sum(weight * (t - centre) ** 2, axis=0)


def _best_mode(past: Real, seen: Real, drive: LightPulse) -> tuple[Real, Real]:
    """Rate (G + 1,) of the best exponential mode function, and the variance it predicts (.., 2)."""

    def predicted(rate: Real) -> Real:  # (G + 1, rates) -> (G + 1, 2, rates)
        f = np.swapaxes(rising(rate, drive), -1, -2)[:, None]
        covered = (seen[:, :, None] @ f)[:, :, 0]
        whole = np.sum(f * (past @ f), axis=2)  # zero if the detector was off
        return np.divide(covered**2, whole, out=np.zeros_like(whole), where=whole > 0)

    rates = best(lambda rate: predicted(rate).sum(axis=1), *_mode_range(drive), len(past))
    return rates, predicted(rates[:, None])[..., 0]


def _mode_range(drive: LightPulse) -> tuple[float, float]:
    """Rates of mode functions that are tried: from nearly flat to the last bin alone."""
    return 0.01 / (drive.stop - drive.start), 2.0 / drive.width


def at_the_edge(found: Real, low: float, high: float) -> bool:
    """Whether a maximum that `best` found lies at an end of the range."""
    place = np.log(found / low) / np.log(high / low)
    return bool(np.any((place < EDGE) | (place > 1 - EDGE)))


def best(f: Callable[[Real], Real], low: float, high: float, count: int) -> Real:
    """Places (count,) of the maxima of `count` functions of a positive number, side by side.

    Args:
        f: takes numbers (count, points) and gives the values there.
        low: lower end of the range.
        high: upper end.
        count: how many functions.
    """
    left, right = np.full(count, np.log(low)), np.full(count, np.log(high))
    for _ in range(ZOOMS):
        grid = np.linspace(left, right, POINTS, axis=1)
        top = np.clip(np.argmax(f(np.exp(grid)), axis=1), 1, POINTS - 2)
        row = np.arange(count)
        left, right = grid[row, top - 1], grid[row, top + 1]
    return np.exp(0.5 * (left + right))
