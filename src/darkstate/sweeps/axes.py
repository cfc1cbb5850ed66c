"""Axes of a sweep: which parameters vary, over which values, and which of them together.

An `Axis` is one dimension of the result. Along it one name varies, or several together; the sweep
is the product of its axes, so all kinds can be mixed:

    grid("loss", [0.0, 0.1])                        dimension loss, 2 entries
    linspace("loss", 0, 0.2, 21)                    dimension loss, 21 entries, equal steps
    geomspace("hopping", 0.1, 10, 31)               dimension hopping, 31 entries, equal ratios
    zip_axes(grid("a", [1, 2]), grid("b", [3, 4]))  dimension point: (1, 3), (2, 4)
    random_points({"loss": (0, 1)}, 100, seed=0)    dimension point: 100 uniform samples
    sobol_points({"loss": (0, 1)}, 128, seed=0)     the same, filling the space evenly
    csv_points("points.csv")                        dimension point: the lines of a file

Random and Sobol samples are drawn row by row: more points keep the points that were there.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from darkstate.checks import (
    check_choice,
    check_integer,
    check_real,
    check_seed,
    check_sequence,
    check_text,
)
from darkstate.errors import ArgumentError

POINT = "point"
"""Name of a dimension along which several parameters vary together."""

_MOST_RANGES = 100

SPACINGS = ("linear", "log")
MOST_POINTS = 1_000_000
"""More points are no sweep but a mistake in a file: each takes about a kilobyte of memory."""


@dataclass(frozen=True)
class Axis:
    """One dimension of a sweep.

    Args:
        dim: name of the dimension.
        names: the parameters that vary along it.
        rows: one tuple of values, in the order of `names`, for every entry.

    Raises:
        ArgumentError: no names or rows, a name twice, or a row of another length.
    """

    dim: str
    names: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def __post_init__(self) -> None:
        remedy = "Make it with sweeps.grid, linspace, zip_axes, random_points ..."
        object.__setattr__(self, "names", check_sequence("names", self.names, remedy))
        rows = check_sequence("rows", self.rows, remedy)
        kept = (
            row if isinstance(row, tuple) else check_sequence(f"rows[{k}]", row, remedy)
            for k, row in enumerate(rows)
        )
        object.__setattr__(self, "rows", tuple(kept))
        for name in (self.dim, *self.names):
            if not isinstance(name, str) or not name:
                raise ArgumentError("axis", "have names of text", name, "Write for example 'loss'.")
        if not self.names or len(set(self.names)) < len(self.names):
            raise ArgumentError("names", "be given, each once", self.names, "Name what varies.")
        if not self.rows:
            raise ArgumentError(self.dim, "have at least one value", (), "Give its values.")
        check_count(self.dim, len(self.rows))
        for row in self.rows:
            if len(row) != len(self.names):
                rule = f"have {len(self.names)} values in every row"
                raise ArgumentError(self.dim, rule, row, "One value for each name.")

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> list[Any]:
        """The values of one name along the dimension."""
        position = self.names.index(name)
        return [row[position] for row in self.rows]


def plain_value(value: Any) -> Any:
    """A value as it is kept: numpy numbers and arrays as Python's, lists as tuples."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    return (
        tuple(plain_value(entry) for entry in value) if isinstance(value, list | tuple) else value
    )


def grid(name: str, values: Sequence[Any] | np.ndarray, dim: str | None = None) -> Axis:
    """Given values of one parameter.

    Args:
        name: the parameter, such as ``"loss"``, ``"drive.nbar"``, ``"detunings_a[2]"``,
            ``"engine.rtol"``, ``"times.stop"`` or ``"seed"``.
        values: numbers, or whatever the parameter takes; each once.
        dim: name of the dimension; by default that of the parameter.

    Raises:
        ArgumentError: no values, or one of them twice.
    """
    listed = isinstance(values, Sequence) and not isinstance(values, str | bytes)
    if not listed and not (isinstance(values, np.ndarray) and values.ndim):
        raise ArgumentError(name, "be a list of values", values, "Put them into [ ].")
    check_count(name, len(values))
    kept = [plain_value(value) for value in values]
    if len({repr(value) for value in kept}) < len(kept):
        raise ArgumentError(name, "take each value once", kept, "Drop the repeated value.")
    return Axis(name if dim is None else dim, (name,), tuple((value,) for value in kept))


def linspace(name: str, start: float, stop: float, points: int) -> Axis:
    """Values of one parameter in equal steps, both ends included, as of `numpy.linspace`.

    Args:
        name: the parameter.
        start, stop: first and last value.
        points: how many, >= 2.

    Raises:
        ArgumentError: an end that is not finite, equal ends, or too few points.
    """
    return _spaced_axis(name, (start, stop, "linear"), points)


def geomspace(name: str, start: float, stop: float, points: int) -> Axis:
    """Values of one parameter in equal ratios, both ends included, as of `numpy.geomspace`.

    Args:
        name: the parameter.
        start, stop: first and last value, > 0.
        points: how many, >= 2.

    Raises:
        ArgumentError: an end that is not positive and finite, equal ends, or too few points.
    """
    return _spaced_axis(name, (start, stop, "log"), points)


def _spaced_axis(name: str, bounds: tuple[float, float, str], points: int) -> Axis:
    name = check_text("name", name, "Name a parameter, such as 'loss'.")
    points = check_integer("points", points, minimum=2, remedy="Give at least both ends.")
    check_count("points", points)
    return grid(name, _values_between(name, bounds, np.arange(points) / (points - 1)))


def zip_axes(*axes: Axis, dim: str = POINT) -> Axis:
    """Axes of equal length that vary together, entry by entry, along one dimension.

    Raises:
        ArgumentError: unequal lengths.
    """
    for axis in axes:
        if not isinstance(axis, Axis):
            remedy = "Make them with sweeps.grid, linspace ..."
            raise ArgumentError("axes", "be axes", axis, remedy)
    lengths = {", ".join(axis.names): len(axis) for axis in axes}
    if len(set(lengths.values())) > 1:
        remedy = "Axes that vary together need one value each for every point."
        raise ArgumentError(dim, "have columns of equal length", lengths, remedy)
    names = tuple(name for axis in axes for name in axis.names)
    rows = zip(*(axis.rows for axis in axes), strict=True)
    return Axis(dim, names, tuple(tuple(v for part in row for v in part) for row in rows))


def random_points(
    ranges: Mapping[str, Sequence[Any]], points: int, seed: int = 0, dim: str = POINT
) -> Axis:
    """Independent uniform samples.

    Args:
        ranges: ``{name: (low, high)}`` or ``{name: (low, high, "log")}``.
        points: how many.
        seed: of numpy's default generator; the same samples for the same seed.
        dim: name of the dimension.

    Raises:
        ArgumentError: no ranges, or ends out of order.
    """
    return _sampled_axis(ranges, points, seed, dim, lambda draw, n, d: draw.random((n, d)))


def sobol_points(
    ranges: Mapping[str, Sequence[Any]], points: int, seed: int = 0, dim: str = POINT
) -> Axis:
    """Scrambled Sobol points, which fill the ranges evenly; powers of two are best.

    Args:
        ranges: ``{name: (low, high)}`` or ``{name: (low, high, "log")}``.
        points: how many.
        seed: of the scrambling.
        dim: name of the dimension.

    Raises:
        ArgumentError: no ranges, or ends out of order.

    Source: Owen, J. Complexity 14, 466 (1998).
    """

    def fill(draw: np.random.Generator, count: int, dimensions: int) -> np.ndarray:
        from scipy.stats import qmc

        name = "rng" if "rng" in inspect.signature(qmc.Sobol).parameters else "seed"  # by version
        scrambled: Any = functools.partial(qmc.Sobol, **{name: draw})
        power = max(0, (count - 1).bit_length())
        return scrambled(dimensions).random_base2(power)[:count]

    return _sampled_axis(ranges, points, seed, dim, fill)


def check_count(name: str, count: int) -> None:
    """Refuse more points than a sweep can have.

    Raises:
        ArgumentError: they are too many.
    """
    if count > MOST_POINTS:
        remedy = "Give fewer points, or several sweeps."
        raise ArgumentError(name, f"have at most {MOST_POINTS} points", count, remedy)


def _sampled_axis(
    ranges: Any, points: Any, seed: Any, dim: str, draw: Callable[..., np.ndarray]
) -> Axis:
    """An axis of samples; ``draw(generator, points, d)`` gives their shares of the d ranges.

    Raises:
        ArgumentError: the number of samples or their seed is wrong, or there are no ranges.
    """
    if not isinstance(ranges, Mapping) or not 0 < len(ranges) <= _MOST_RANGES:
        rule = f"name at least one parameter, and at most {_MOST_RANGES}"
        raise ArgumentError("ranges", rule, ranges, "Give {name: (low, high)}.")
    for name, bounds in ranges.items():
        if not isinstance(bounds, list | tuple | np.ndarray):
            rule = "have a range (low, high) or (low, high, 'log')"
            raise ArgumentError(str(name), rule, bounds, "Give both ends.")
    points = check_integer("points", points, minimum=1, remedy="Give the number of samples.")
    check_count("points", points)
    generator = np.random.default_rng(check_seed("seed", seed))
    columns = [
        _values_between(name, tuple(bounds), shares)
        for (name, bounds), shares in zip(
            ranges.items(), draw(generator, points, len(ranges)).T, strict=True
        )
    ]
    return Axis(dim, tuple(ranges), tuple(zip(*columns, strict=True)))


def _values_between(name: str, bounds: tuple[Any, ...], shares: np.ndarray) -> list[float]:
    """Values at these shares (0 .. 1) of a range; its ends exactly."""
    if len(bounds) not in (2, 3):
        rule = "have a range (low, high) or (low, high, 'log')"
        raise ArgumentError(name, rule, bounds, "Give both ends.")
    low, high, spacing = (*bounds, "linear")[:3]
    check_choice("spacing", spacing, SPACINGS)
    least = math.ulp(0.0) if spacing == "log" else None
    remedy = "Give both ends; for 'log' they must be positive."
    low = check_real(f"{name} start", low, minimum=least, remedy=remedy)
    high = check_real(f"{name} stop", high, minimum=least, remedy=remedy)
    if low == high:
        raise ArgumentError(name, "have two different ends", (low, high), "Give a wider range.")
    if spacing == "log":
        inner = [low * math.exp(share * math.log(high / low)) for share in shares]
    else:
        inner = [low + (high - low) * share for share in shares]
    ends = {0.0: low, 1.0: high}
    return [ends.get(float(s), float(v)) for s, v in zip(shares, inner, strict=True)]
