"""Pulses: coefficients that depend on time, for `Drive`, `Jump(modulation=...)` and components.

    gaussian   amplitude exp(-(t - center)^2 / (2 width^2))
    sech       amplitude / cosh((t - center)/width)
    ramp       from `before` to `after`, linear between `start` and `end`
    step       `before`, and `after` from `time` on
    sinusoid   amplitude cos(frequency t + phase)
    samples    values at times: cubic, linear or constant between them
    function   any function of time, with the times at which it jumps

Amplitudes may be complex. Pulses are multiplied and added with each other and with numbers: a
chirped pulse is ``gaussian(5, 1) * function(lambda t: exp(-1j * t**2))``. Each knows its `stops`,
the times at which an integrator must stop to miss nothing: jumps, kinks, and where a short pulse
begins and ends. A new pulse is one entry of `darkstate.systems.shapes.SHAPES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, Literal, cast

import numpy as np

from darkstate.checks import (
    check_callable,
    check_choice,
    check_complex,
    check_real,
    check_reals,
    check_sequence,
)
from darkstate.errors import ArgumentError
from darkstate.systems.shapes import SHAPES

_AMPLITUDE = "Give a real or complex number."


@dataclass(frozen=True)
class Pulse:
    """A function of time, made by the functions of this module.

    Args:
        kind: its name in `SHAPES`.
        parameters: names and values.
    """

    kind: str
    parameters: tuple[tuple[str, Any], ...] = ()

    def __call__(self, time: Any) -> Any:
        """The value at a time, or at an array of times, real or complex.

        Raises:
            ArgumentError: a time outside of what is known; a function that gives no number.
        """
        value = SHAPES[self.kind].value(time, **dict(self.parameters))
        return value if np.ndim(value) == np.ndim(time) else np.full(np.shape(time), value)

    @property
    def stops(self) -> tuple[float, ...]:
        """Times at which an integrator must stop."""
        return SHAPES[self.kind].stops(**dict(self.parameters))

    @property
    def real(self) -> bool:
        """Whether it is known to be real at all times."""
        if self.kind == "function":
            return False
        return not any(_is_complex(value) for _, value in self.parameters) or self.kind == "real"

    def conj(self) -> Pulse:
        """The complex conjugate."""
        if self.real:
            return self
        inner = dict(self.parameters)
        return inner["pulse"] if self.kind == "conj" else Pulse("conj", (("pulse", self),))

    def __mul__(self, other: Any) -> Pulse:
        return Pulse("product", (("factors", (self, _as_pulse(other))),))

    def __add__(self, other: Any) -> Pulse:
        return Pulse("sum", (("terms", (self, _as_pulse(other))),))

    def __sub__(self, other: Any) -> Pulse:
        return self + _as_pulse(other) * -1.0

    def __rsub__(self, other: Any) -> Pulse:
        return _as_pulse(other) + self * -1.0

    def __neg__(self) -> Pulse:
        return self * -1.0

    def __truediv__(self, other: Any) -> Pulse:
        divisor = check_complex("divisor", other, "Divide by a number that is not zero.")
        if divisor == 0:
            raise ArgumentError("divisor", "not be zero", other, "Divide by another number.")
        return self * (1.0 / divisor)

    __rmul__ = __mul__
    __radd__ = __add__

    def parts(self) -> Iterator[Pulse]:
        """This pulse and all that it is made of."""
        yield self
        for _, value in self.parameters:
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, Pulse):
                    yield from part.parts()

    @cached_property
    def digest(self) -> str:
        """A short text that only equal pulses share."""
        return f"{self.kind}_{sha256(repr(self).encode()).hexdigest()[:16]}"

    def __str__(self) -> str:
        if self.kind in ("function", "samples"):
            return f"{self.kind}(t)"
        if self.kind in ("product", "sum"):
            ((_, parts),) = self.parameters
            return f"({(' ' if self.kind == 'product' else ' + ').join(map(str, parts))})"
        if self.kind == "constant":
            return str(self.parameters[0][1])
        given = ", ".join(f"{name}={value}" for name, value in self.parameters)
        return f"{self.kind}({given})"


def gaussian(center: float, width: float, amplitude: complex = 1.0) -> Pulse:
    """``amplitude exp(-(t - center)^2 / (2 width^2))``, of area ``amplitude width sqrt(2 pi)``.

    Args:
        center: time of its maximum.
        width: standard deviation, > 0.
        amplitude: at the maximum, real or complex.

    Raises:
        ArgumentError: no finite numbers, or no width.
    """
    return _peaked("gaussian", center, width, amplitude)


def sech(center: float, width: float, amplitude: complex = 1.0) -> Pulse:
    """``amplitude / cosh((t - center)/width)``, of area ``amplitude width pi``.

    Args:
        center: time of its maximum.
        width: > 0.
        amplitude: at the maximum, real or complex.

    Raises:
        ArgumentError: no finite numbers, or no width.
    """
    return _peaked("sech", center, width, amplitude)


def _peaked(kind: str, center: float, width: float, amplitude: complex) -> Pulse:
    place = check_real("center", center, remedy="Give the time of the maximum.")
    size = check_real("width", width, above=0.0, remedy="Give a duration.")
    height = check_complex("amplitude", amplitude, _AMPLITUDE)
    return Pulse(kind, (("center", place), ("width", size), ("amplitude", height)))


def ramp(start: float, end: float, before: complex = 0.0, after: complex = 1.0) -> Pulse:
    """`before` up to `start`, linear until `end`, then `after`.

    Args:
        start: when it begins to change.
        end: when it is done, > start.
        before: value until then.
        after: value from then on.

    Raises:
        ArgumentError: no finite numbers, or an end before the start.
    """
    first = check_real("start", start, remedy="Give a time.")
    last = check_real("end", end, above=first, remedy="Give a later time than `start`.")
    low, high = (
        check_complex("before", before, _AMPLITUDE),
        check_complex("after", after, _AMPLITUDE),
    )
    return Pulse("ramp", (("start", first), ("end", last), ("before", low), ("after", high)))


def step(time: float, before: complex = 0.0, after: complex = 1.0) -> Pulse:
    """`before`, and `after` from `time` on.

    Args:
        time: when it jumps.
        before: value until then.
        after: value from then on.

    Raises:
        ArgumentError: no finite numbers.
    """
    when = check_real("time", time, remedy="Give a time.")
    low, high = (
        check_complex("before", before, _AMPLITUDE),
        check_complex("after", after, _AMPLITUDE),
    )
    return Pulse("step", (("time", when), ("before", low), ("after", high)))


def sinusoid(frequency: float, amplitude: complex = 1.0, phase: float = 0.0) -> Pulse:
    """``amplitude cos(frequency t + phase)``.

    Args:
        frequency: angular frequency.
        amplitude: real or complex.
        phase: radians.

    Raises:
        ArgumentError: no finite numbers.
    """
    omega = check_real("frequency", frequency, remedy="Give an angular frequency.")
    height = check_complex("amplitude", amplitude, _AMPLITUDE)
    angle = check_real("phase", phase, remedy="Give radians.")
    return Pulse("sinusoid", (("frequency", omega), ("amplitude", height), ("phase", angle)))


def samples(
    times: Any,
    values: Any,
    interpolation: Literal["cubic", "linear", "constant"] = "cubic",
) -> Pulse:
    """Values at times; known from the first of them to the last one only.

    Args:
        times: (T,) increasing.
        values: (T,) real or complex.
        interpolation: between samples ``"cubic"`` (a smooth spline), ``"linear"``, or
            ``"constant"`` (each value holds until the next sample).

    Raises:
        ArgumentError: times that do not increase, not as many values, or not finite; fewer than
            two samples (four for ``"cubic"``).
    """
    check_choice("interpolation", interpolation, ("cubic", "linear", "constant"))
    grid = check_reals("times", times, remedy="Give the times of the samples.")
    least = 4 if interpolation == "cubic" else 2
    if grid.ndim != 1 or len(grid) < least or not np.all(np.isfinite(grid)):
        rule = f"be at least {least} finite numbers for interpolation='{interpolation}'"
        raise ArgumentError("times", rule, times, "Give more samples, or interpolate linearly.")
    if np.any(np.diff(grid) <= 0):
        remedy = "Sort the samples by time, and drop repeated ones."
        raise ArgumentError("times", "increase", times, remedy)
    found = np.asarray(values)
    if (
        found.dtype.kind not in "iufc"
        or found.shape != grid.shape
        or not np.all(np.isfinite(found))
    ):
        rule = f"be {len(grid)} finite numbers, one for each time"
        raise ArgumentError("values", rule, values, "Give one value a time.")
    table = tuple(found.astype(complex if found.dtype.kind == "c" else float).tolist())
    return Pulse(
        "samples",
        (("times", tuple(grid.tolist())), ("values", table), ("interpolation", interpolation)),
    )


def function(f: Callable[[float], complex], stops: Any = ()) -> Pulse:
    """Any function of time; one that is given in place of a pulse is taken as this.

    Args:
        f: ``f(t)``, a real or complex number.
        stops: times at which it jumps or has a kink, or where something short happens: what is
            shorter than a thousandth of the time that is asked for may be missed without it.

    Raises:
        ArgumentError: no function, or no times.
    """
    remedy = "Give a function of the time, such as lambda t: exp(-t**2)."
    check_callable("f", f, remedy)
    listed = check_sequence("stops", stops, "Give a list of times.")
    places = [check_real(f"stops[{k}]", t, remedy="Give a time.") for k, t in enumerate(listed)]
    return Pulse("function", (("f", f), ("at", tuple(sorted(places)))))


def as_pulse(name: str, value: Any) -> Pulse:
    """A pulse as itself, a function of time as a pulse.

    Raises:
        ArgumentError: something else.
    """
    if isinstance(value, Pulse):
        return value
    if not callable(value) or isinstance(value, type):
        remedy = "Give pulses.gaussian(center, width), pulses.samples(times, values), or f(t)."
        raise ArgumentError(name, "be a pulse or a function of time", value, remedy)
    return function(cast(Callable[[float], complex], value))


def _as_pulse(value: Any) -> Pulse:
    if isinstance(value, Pulse):
        return value
    remedy = "Multiply and add pulses and numbers; pulses.function(f) for a function of t."
    return Pulse("constant", (("value", check_complex("factor", value, remedy)),))


def _is_complex(value: Any) -> bool:
    if isinstance(value, Pulse):
        return not value.real
    if isinstance(value, tuple):
        return any(_is_complex(one) for one in value)
    return isinstance(value, complex)
