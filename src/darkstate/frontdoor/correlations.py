"""Means at two times of the steady state, and the spectra that belong to them.

Everything is found twice (`looked_twice.py`): ``attrs["error_estimate"]`` is what changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_instance, check_labels, check_reals
from darkstate.engines import Engine
from darkstate.engines.regression import Regression, TwoTimeMeans, TwoTimesTask
from darkstate.errors import ArgumentError, border
from darkstate.frontdoor.inputs import Model, as_open_system
from darkstate.frontdoor.looked_twice import Curve, answer
from darkstate.measures import expect
from darkstate.results import Status
from darkstate.systems.fields import Field
from darkstate.systems.langevin import System
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.operators import OperatorSum, identity

if TYPE_CHECKING:
    import xarray as xr

_OPERATOR = "Give an operator of the system, such as destroy(a)."
_CHANNEL = "Give the name of a jump, Jump(c, rate, 'light'), or the operator sqrt(rate) c."
_ABSOLUTE = ("krylov", "evolution")
"""Methods whose error is one of the whole state: what is rare in it has no digits of its own."""
_DIGITS = 1e-2
"""Of a coherence that may be lost to that error."""


@border("correlation")
def correlation(
    model: Model | System,
    first: OperatorSum,
    second: OperatorSum,
    delays: Sequence[float],
    engine: Engine | None = None,
) -> xr.DataArray:
    """The stationary correlation ``<first(t + tau) second(t)>``, by quantum regression.

    Args:
        model: a ready model, any object with ``system()``, or an `OpenSystem`.
        first: the operator at the time t + tau.
        second: the operator at the time t.
        delays: increasing delays tau, which may be negative.
        engine: `engines.Gaussian`, `Lindblad` or `Collective` with options; by default the first of
            them that finds the steady state.

    Returns:
        Complex DataArray over ``delay``; its attributes name the engine, the status, and as
        ``error_estimate`` what a second look with larger cut-offs and a smaller tolerance changed.

    Raises:
        ArgumentError: no operators of the system, delays that do not increase, another engine.
        EngineMismatchError: no such engine finds the steady state, or something depends on time.
        CapacityError: too large.

    Source: Lax, Phys. Rev. 129, 2342 (1963).
    """
    system = _checked_system(model, first=first, second=second)
    grid = _grid("delays", delays)
    found = _correlated(system, first, second, grid, engine)
    return _labelled("delay", grid, "<first(t + delay) second(t)>", found)


@border("spectrum")
def spectrum(
    model: Model | System,
    first: OperatorSum,
    second: OperatorSum,
    frequencies: Sequence[float],
    engine: Engine | None = None,
) -> xr.DataArray:
    """``int dtau e^(-i w tau) (<first(t + tau) second(t)> - <first><second>)``, all delays.

    With ``first = create(a)`` and ``second = destroy(a)`` a mode of frequency D has its line at
    ``w = D``. The integral over all frequencies is 2 pi times the correlation at delay 0.

    Args:
        model: a ready model, any object with ``system()``, or an `OpenSystem`.
        first: the operator at the time t + tau.
        second: the operator at the time t.
        frequencies: angular frequencies of the frame in which the system is written, increasing.
        engine: as in `correlation`.

    Returns:
        DataArray over ``frequency``, real if ``first`` is the adjoint of ``second``.

    Raises:
        ArgumentError: no operators of the system, frequencies that do not increase, another engine.
        EngineMismatchError: no such engine finds the steady state, or something depends on time.
        CapacityError: too large.
        NumericalError: a line of no width at one of the frequencies.
    """
    system = _checked_system(model, first=first, second=second)
    grid = _grid("frequencies", frequencies)
    found = _transformed(system, first, second, grid, engine)
    return _labelled("frequency", grid, "spectrum of the fluctuations", found)


@border("emission_spectrum")
def emission_spectrum(
    model: Model | System,
    channel: str | OperatorSum,
    frequencies: Sequence[float],
    engine: Engine | None = None,
    *,
    arriving: Field | None = None,
) -> xr.DataArray:
    """The spectrum of the light that leaves through a channel: what comes in, and what is added.

    Light leaves as ``b_out = b_in + L`` with ``L = sqrt(rate) c``. For a vacuum that comes in,
    ``S(w) = int dtau e^(-i w tau) (<L†(t + tau) L(t)> - |<L>|^2)``, in photons per unit of
    time and bandwidth 2 pi; what is coherent is a line at w = 0 without width, of
    ``attrs["coherent"]`` photons per unit of time. Where white noise with
    ``<b†b> = N``, ``<bb> = M`` comes in, S is N and the transform of
    ``<L†(tau) L> + N <[L†(tau), L]> - M <[L†(tau), L†]>`` for tau > 0 and of its conjugate for
    tau < 0: what the noise does to the system interferes with the noise.

    Args:
        model: a ready model, any object with ``system()``, or an `OpenSystem`.
        channel: name of a jump into the vacuum; or L, the coupling to the light that leaves.
        frequencies: angular frequencies of the frame in which the system is written, increasing.
        engine: as in `correlation`.
        arriving: the light that comes in on this channel, a `Field` of one port; its noise must be
            in the jumps of the system already, which have no names, so that `channel` is L.

    Returns:
        Real DataArray over ``frequency``.

    Raises:
        ArgumentError: an unknown channel, or a field of several ports; see `spectrum`.

    Source: Gardiner, Collett, Phys. Rev. A 31, 3761 (1985).
    """
    system = _checked_system(model)
    L, grid = _radiated(system, channel), _grid("frequencies", frequencies)
    if arriving is None:
        found, coherent = _transformed(system, L.adjoint(), L, grid, engine), L
    else:
        found = _with_noise(system, L, grid, engine, _one_port(arriving, channel))
        coherent = L + arriving.mean()[0]
    table = _labelled("frequency", grid, f"light from {channel}", found)
    table.attrs["coherent"] = float(abs(expect(coherent, found.state)) ** 2)
    return table


@border("g1")
def g1(
    model: Model | System,
    channel: str | OperatorSum,
    delays: Sequence[float],
    engine: Engine | None = None,
) -> xr.DataArray:
    """``<c†(t + tau) c(t)> / <c† c>``, first-order coherence of a channel or of an operator c.

    Args:
        model: a ready model, any object with ``system()``, or an `OpenSystem`.
        channel: name of a jump, or the operator c.
        delays: increasing delays.
        engine: as in `correlation`.

    Raises:
        ArgumentError: nothing is emitted; see `correlation`.
    """
    system = _checked_system(model)
    c = _radiated(system, channel)
    grid = _grid("delays", delays)
    found = _correlated(system, c.adjoint(), c, grid, engine, lambda means: _flux(c, means))
    return _labelled("delay", grid, "g1", _with_digits(found, _flux(c, found)))


@border("g2")
def g2(
    model: Model | System,
    channel: str | OperatorSum,
    delays: Sequence[float],
    engine: Engine | None = None,
) -> xr.DataArray:
    """``<c† c†(tau) c(tau) c> / <c† c>^2``, the intensity correlation; below 1 is antibunching.

    Args:
        model: a ready model, any object with ``system()``, or an `OpenSystem`.
        channel: name of a jump, or the operator c.
        delays: increasing delays; negative ones have the value at their modulus.
        engine: as in `correlation`.

    Returns:
        Real DataArray over ``delay``.

    Raises:
        ArgumentError: nothing is emitted; see `correlation`.

    Source: Glauber, Phys. Rev. 130, 2529 (1963).
    """
    system = _checked_system(model)
    c = _radiated(system, channel)
    grid = _grid("delays", delays)
    moduli, place = np.unique(np.abs(grid), return_inverse=True)
    asked = Regression(c.adjoint() * c, c, c.adjoint(), moduli)

    def read(means: TwoTimeMeans) -> NDArray[Any]:
        return means.values[0].real[place] / _flux(c, means) ** 2

    found = answer(system, TwoTimesTask(asked=(asked,)), engine, read)
    return _labelled("delay", grid, "g2", _with_digits(found, _flux(c, found) ** 2))


def _correlated(
    system: OpenSystem,
    first: OperatorSum,
    second: OperatorSum,
    grid: NDArray[np.float64],
    engine: Engine | None,
    divisor: Callable[[TwoTimeMeans], float] = lambda means: 1.0,
) -> Curve:
    """``<first(t + tau) second(t)>``; for negative delays the second operator is the later one."""
    one = identity()
    late, early = grid[grid >= 0], -grid[grid < 0][::-1]
    asked = (Regression(first, second, one, late), Regression(second, one, first, early))

    def read(means: TwoTimeMeans) -> NDArray[Any]:
        after, before = means.values
        return np.concatenate([before[::-1], after]) / divisor(means)

    return answer(system, TwoTimesTask(asked=asked), engine, read)


def _transformed(
    system: OpenSystem,
    first: OperatorSum,
    second: OperatorSum,
    grid: NDArray[np.float64],
    engine: Engine | None,
) -> Curve:
    """Both halves of the transform; they are conjugate where the operators are adjoint."""
    one = identity()
    asked: tuple[Regression, ...] = (Regression(first, second, one, grid),)
    adjoint = first.isclose(second.adjoint())
    if not adjoint:
        asked = (*asked, Regression(second, one, first, -grid))

    def read(means: TwoTimeMeans) -> NDArray[Any]:
        late, *early = means.values
        return 2.0 * late.real if adjoint else late + early[0]

    return answer(system, TwoTimesTask(asked=asked, spectral=True), engine, read)


def _with_noise(
    system: OpenSystem,
    L: OperatorSum,
    grid: NDArray[np.float64],
    engine: Engine | None,
    moments: tuple[float, complex],
) -> Curve:
    """The spectrum of ``b_in + L`` where noise comes in."""
    one, up = identity(), L.adjoint()
    number, pair = moments
    pairs = ((L, one), (one, L), (up, one), (one, up))
    asked = tuple(Regression(up, ket, bra, grid) for ket, bra in pairs)

    def read(means: TwoTimeMeans) -> NDArray[Any]:
        after, before, raised, raised_before = means.values
        late = (1 + number) * after - number * before - pair * (raised - raised_before)
        return number + 2.0 * late.real

    return answer(system, TwoTimesTask(asked=asked, spectral=True), engine, read)


def _one_port(arriving: Any, channel: Any) -> tuple[float, complex]:
    """``(N, M)`` of a field on one port.

    Raises:
        ArgumentError: no field, one of several ports, or a name for the channel.
    """
    check_instance("arriving", arriving, Field, "Give for example ThermalField(0.5).")
    number, pair = arriving.moments()
    if number.shape != (1, 1):
        remedy = "Give the field that this channel alone sees, GaussianField([[N]], [[M]])."
        raise ArgumentError("arriving", "be a field of one port", number.shape, remedy)
    if not isinstance(channel, OperatorSum):
        remedy = "Give the coupling L = sqrt(rate) c itself: noise makes jumps without names."
        raise ArgumentError("channel", "be an operator where light comes in", channel, remedy)
    return float(number[0, 0].real), complex(pair[0, 0])


def _checked_system(model: Any, **operators: Any) -> OpenSystem:
    """The system, on which all operators act.

    Raises:
        ArgumentError: no operator, or one of another space.
    """
    system = as_open_system(model)
    for name, operator in operators.items():
        check_instance(name, operator, OperatorSum, _OPERATOR)
        for space in operator.spaces:
            if space not in system.spaces:
                raise ArgumentError(name, "act on spaces of the system", space, _OPERATOR)
    return system


def _radiated(system: OpenSystem, channel: Any) -> OperatorSum:
    """``sqrt(rate) c`` of a named jump, or an operator itself.

    Raises:
        ArgumentError: neither.
    """
    if isinstance(channel, OperatorSum):
        _checked_system(system, channel=channel)
        return channel
    named = {jump.name: jump for jump in system.jumps if jump.name}
    check_instance("channel", channel, str, _CHANNEL)
    if not named:
        raise ArgumentError("channel", "be an operator where no jump has a name", channel, _CHANNEL)
    check_labels("channel", channel, named)
    return named[channel].operator * float(np.sqrt(named[channel].rate))


def _grid(name: str, values: Any) -> NDArray[np.float64]:
    """Increasing finite numbers.

    Raises:
        ArgumentError: others.
    """
    rule, remedy = "be a list of finite numbers", "Give for example numpy.linspace(0, 10, 101)."
    grid = check_reals(name, values, rule=rule, remedy=remedy)
    if grid.ndim != 1 or not len(grid) or not np.all(np.isfinite(grid)):
        raise ArgumentError(name, rule, values, remedy)
    if np.any(np.diff(grid) <= 0):
        raise ArgumentError(name, "increase", values, "Sort them and drop repeated ones.")
    return grid


def _flux(c: OperatorSum, found: TwoTimeMeans | Curve) -> float:
    """``<c† c>`` of the steady state, which must be there to divide by.

    Raises:
        ArgumentError: it is zero.
    """
    value = float(np.real(expect(c.adjoint() * c, found.state)))
    if not value > 1e-14:
        remedy = (
            "Drive it, or ask for another channel; very weak light keeps its digits with "
            "Lindblad(method='dense')."
        )
        raise ArgumentError("channel", "emit in the steady state", value, remedy)
    return value


def _with_digits(found: Curve, divisor: float) -> Curve:
    """The same, suspect where what is divided by is no more than the error of the state."""
    report = found.report
    lost = (report.error_estimate or 0.0) / divisor
    absolute = report.method.startswith(_ABSOLUTE)
    if not absolute or lost <= _DIGITS or report.status is Status.FAILED:
        return found
    warning = (
        f"the light is so weak that the error of the state, {report.error_estimate:.2g}, may "
        f"change this by {lost:.2g} of itself: use method='dense'"
    )
    report = report.with_(status=Status.SUSPECT, warnings=(*report.warnings, warning))
    return replace(found, report=report)


def _labelled(axis: str, grid: NDArray[np.float64], title: str, found: Curve) -> xr.DataArray:
    """A curve with its axis, and where it comes from."""
    import xarray as xr

    units = {"delay": "1/rate", "frequency": "rate"}[axis]
    report = found.report
    attrs: dict[str, Any] = {
        "long_name": title,
        "engine": report.engine,
        "status": str(report.status.value),
        "error_estimate": found.error,
    }
    if report.warnings:
        attrs["warnings"] = " ".join(report.warnings)
    coordinate = (axis, grid, {"long_name": axis, "units": units})
    return xr.DataArray(found.values, dims=(axis,), coords={axis: coordinate}, attrs=attrs)
