"""What each kind of pulse is: its value at a time or at many, and the times at which to stop.

Pulses themselves (`darkstate.systems.pulses`) are a kind and its parameters.
"""

from __future__ import annotations

from cmath import isfinite
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline

from darkstate.errors import ArgumentError, DarkstateError

_FLANKS = (-6.0, -2.5, 2.5, 6.0)
"""Widths from the centre of a pulse at which integrators stop."""


@dataclass(frozen=True)
class Shape:
    """What a kind of pulse is.

    Args:
        value: ``value(t, **parameters)`` for an array of times.
        stops: ``stops(**parameters)``, times at which to stop.
    """

    value: Callable[..., Any]
    stops: Callable[..., tuple[float, ...]]


def _called(t: Any, f: Callable[[float], complex], at: Any) -> Any:
    """A function of the user's at one time, or at each of many.

    Raises:
        ArgumentError: it fails, or gives no finite number.
    """
    if np.ndim(t):
        return np.array([_called(one, f, at) for one in np.asarray(t, dtype=float).tolist()])
    try:
        value = f(t)
        number = complex(value)
    except (DarkstateError, MemoryError):
        raise
    except Exception as error:  # whatever a function of the user's raises
        rule = "be a function of the time that gives a number"
        raised = f"one that raises {type(error).__name__} at t = {t:g}: {error}"
        raise ArgumentError("coefficient", rule, raised, "Try it at one time first.") from error
    if not isfinite(number):
        remedy = "Check it for divisions by zero and overflow."
        raise ArgumentError("coefficient", f"be finite at t = {t:g}", value, remedy)
    return number if number.imag else number.real


def _sampled(
    t: Any,
    times: tuple[float, ...],
    values: tuple[complex, ...],
    interpolation: str,
) -> NDArray[Any]:
    """Samples between their times.

    Raises:
        ArgumentError: a time outside of them.
    """
    slack = 1e-9 * (times[-1] - times[0])
    first, last = float(np.min(t)), float(np.max(t))
    if first < times[0] - slack or last > times[-1] + slack:
        rule = f"cover the times asked for; they end at {times[0]:g} and {times[-1]:g}"
        asked = (first, last)
        remedy = "Add samples (zeros where the pulse is off), or ask for fewer times."
        raise ArgumentError("times of the samples", rule, asked, remedy)
    if interpolation == "constant":
        return np.array(values)[np.clip(np.searchsorted(times, t, "right") - 1, 0, len(times) - 1)]
    if interpolation == "linear":
        return np.interp(t, times, np.array(values))
    return _spline(times, values)(np.clip(t, times[0], times[-1]))


@lru_cache(maxsize=64)
def _spline(times: tuple[float, ...], values: tuple[complex, ...]) -> Any:
    return make_interp_spline(np.array(times), np.array(values), k=3)


def _ramped(t: Any, start: float, end: float, before: complex, after: complex) -> Any:
    return before + (after - before) * np.clip((t - start) / (end - start), 0.0, 1.0)


def _sech(t: Any, center: float, width: float, amplitude: complex) -> Any:
    return amplitude / np.cosh(np.clip((t - center) / width, -700.0, 700.0))


def _flanks(center: float, width: float, amplitude: complex) -> tuple[float, ...]:
    del amplitude
    return tuple(center + k * width for k in _FLANKS)


def _kinks(times: Any, values: Any, interpolation: str) -> tuple[float, ...]:
    del values
    return (times[0], times[-1]) if interpolation == "cubic" else tuple(times)


def _all_stops(*pulses: Any) -> tuple[float, ...]:
    return tuple(sorted({t for pulse in pulses for t in pulse.stops}))


SHAPES: Mapping[str, Shape] = {
    "gaussian": Shape(
        lambda t, center, width, amplitude: amplitude * np.exp(-0.5 * ((t - center) / width) ** 2),
        _flanks,
    ),
    "sech": Shape(_sech, _flanks),
    "ramp": Shape(_ramped, lambda start, end, before, after: (start, end)),
    "step": Shape(
        lambda t, time, before, after: np.where(t < time, before, after),
        lambda time, before, after: (time,),
    ),
    "sinusoid": Shape(
        lambda t, frequency, amplitude, phase: amplitude * np.cos(frequency * t + phase),
        lambda frequency, amplitude, phase: (),
    ),
    "samples": Shape(_sampled, _kinks),
    "function": Shape(_called, lambda f, at: at),
    "constant": Shape(lambda t, value: value, lambda value: ()),
    "conj": Shape(lambda t, pulse: np.conj(pulse(t)), lambda pulse: pulse.stops),
    "real": Shape(lambda t, pulse: np.real(pulse(t)), lambda pulse: pulse.stops),
    "product": Shape(
        lambda t, factors: prod(factor(t) for factor in factors),
        lambda factors: _all_stops(*factors),
    ),
    "sum": Shape(
        lambda t, terms: sum(term(t) for term in terms),
        lambda terms: _all_stops(*terms),
    ),
}
"""The kinds of pulses by name: one entry makes one known everywhere."""
