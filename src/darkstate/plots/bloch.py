"""Bloch vectors: qubits as arrows in a ball, seen from above the horizon.

The pole at the top is the excited state. An arrow ends where its state is; a dotted line from its
tip falls on the plane of the equator, so that the place can be read off a flat picture. States over
time are a path that starts with a ring and ends with a dot.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from darkstate.errors import ArgumentError
from darkstate.plots.checks import check_data, check_width
from darkstate.plots.place import place
from darkstate.plots.style import COLUMN, line_style, styled

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MAKE = "Make it with bloch_vector(state, label)."
_AZIMUTH, _HEIGHT = np.deg2rad(32.0), np.deg2rad(18.0)
"""From where the ball is seen: x points to the viewer's left, y to the right."""
_ROUNDING = 1e-6
_GREY = "0.55"

Vectors = NDArray[np.float64]


@styled
def bloch_ball(
    vectors: xr.DataArray | Mapping[str, xr.DataArray],
    *,
    width: float = COLUMN,
    ax: Axes | None = None,
) -> Figure:
    """Bloch vectors of one qubit or several, each with its length.

    Args:
        vectors: from `bloch_vector`; or ``{name: vector}``. With one dimension more, such as
            ``time``, it is drawn as a path:
            ``result.table[["x", "y", "z"]].to_dataarray("component")``.
        width: of the figure in mm.
        ax: axes to draw into, in place of a figure of its own.

    Returns:
        Figure with one ball, and a key with names and lengths.

    Raises:
        ArgumentError: no vectors of three components, or one longer than 1.
    """
    check_width(width)
    named = dict(vectors) if isinstance(vectors, Mapping) else {"": vectors}
    if not named:
        raise ArgumentError("vectors", "hold a vector", vectors, _MAKE)
    paths = {name: _path(name, data) for name, data in named.items()}
    at = place(ax, width, 0.86 * width + 4.0 * len(paths), square=True)
    axes = at.axes
    axes.set_axis_off()
    axes.set(xlim=(-1.3, 1.3), ylim=(-1.22, 1.26), aspect="equal")
    _draw_ball(axes)
    keys = []
    for number, (name, path) in enumerate(paths.items()):
        length = f"length {np.linalg.norm(path[-1]):.3g}"
        style: dict[str, Any] = line_style(number)
        (key,) = axes.plot([], [], label=f"{name}, {length}".removeprefix(", "), **style)
        keys.append(key)
        (_draw_arrow if len(path) == 1 else _draw_path)(axes, path, style)
    at.top_legend(keys)
    return at.figure


def _path(name: str, data: Any) -> Vectors:
    """Vectors (T, 3), T = 1 for a single one.

    Raises:
        ArgumentError: other data, or vectors that no state has.
    """
    said = f"vectors['{name}']" if name else "vectors"
    check_data(said, data, (1, 2), _MAKE)
    if sorted(map(str, data.coords.get("component", data[:0]).values)) != ["x", "y", "z"]:
        rule = "have the dimension 'component' with x, y, z"
        raise ArgumentError(said, rule, data.dims, _MAKE)
    ordered = data.sel(component=["x", "y", "z"]).transpose(..., "component")
    path = np.asarray(ordered.values, dtype=float).reshape(-1, 3)
    longest = float(np.max(np.linalg.norm(path, axis=1), initial=0.0))
    if not len(path) or not longest <= 1.0 + _ROUNDING:
        raise ArgumentError(said, "have vectors of length 0 .. 1", longest, _MAKE)
    return path


def _seen(points: Vectors) -> Vectors:
    """Points (..., 3) as they are seen, (..., 2)."""
    a, e = _AZIMUTH, _HEIGHT
    right = np.array([-np.sin(a), np.cos(a), 0.0])
    up = np.array([-np.sin(e) * np.cos(a), -np.sin(e) * np.sin(a), np.cos(e)])
    return np.stack([points @ right, points @ up], axis=-1)


def _depth(points: Vectors) -> Vectors:
    """How close to the viewer."""
    a, e = _AZIMUTH, _HEIGHT
    return points @ np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])


def _draw_ball(axes: Axes) -> None:
    """Outline, equator and the two great circles through the poles; what is behind is dotted."""
    from matplotlib.patches import Circle

    axes.add_patch(Circle((0, 0), 1.0, facecolor="0.97", edgecolor=_GREY, linewidth=0.8, zorder=0))
    angle = np.linspace(0.0, 2 * np.pi, 181)
    for first, second in ((0, 1), (0, 2), (1, 2)):
        ring = np.zeros((len(angle), 3))
        ring[:, first], ring[:, second] = np.cos(angle), np.sin(angle)
        behind, flat = _depth(ring) < 0, _seen(ring)
        for hidden, dash in ((True, (0, (1.0, 2.0))), (False, "-")):
            part = np.where((behind == hidden)[:, None], flat, np.nan)
            axes.plot(*part.T, color="0.75", linestyle=dash, linewidth=0.6, zorder=1)
    names = ("$x$", "$y$", r"$z$, excited $|1\rangle$")
    for axis, name in zip(np.eye(3), names, strict=True):
        ends = _seen(np.stack([-axis, axis]))
        axes.plot(*ends.T, color=_GREY, linestyle="-", linewidth=0.6, zorder=1)
        x, y = _seen((1.14 if axis[2] else 1.3) * axis)
        axes.text(x, y, name, ha="center", va="center", zorder=5)
    x, y = _seen(np.array([0, 0, -1.2]))
    axes.text(x, y, r"ground $|0\rangle$", ha="center", va="center")


def _draw_arrow(axes: Axes, path: Vectors, style: Mapping[str, Any]) -> None:
    """An arrow from the middle, and where its tip stands over the equator."""
    from matplotlib.patches import FancyArrowPatch

    tip = path[0]
    foot = tip * [1.0, 1.0, 0.0]
    line = _seen(np.stack([np.zeros(3), foot, tip]))
    axes.plot(*line.T, color=style["color"], linestyle=(0, (1.0, 1.5)), linewidth=0.7, zorder=2)
    end = _seen(tip)
    if np.linalg.norm(tip) < 0.02:
        axes.plot(*end, "o", color=style["color"], ms=3.5, zorder=4)
        return
    arrow = FancyArrowPatch(
        (0.0, 0.0), (float(end[0]), float(end[1])), arrowstyle="-|>", mutation_scale=9.0,
        shrinkA=0.0, shrinkB=0.0, linewidth=1.6, color=style["color"],
        linestyle=style["linestyle"], zorder=3,
    )  # fmt: skip
    axes.add_patch(arrow)


def _draw_path(axes: Axes, path: Vectors, style: Mapping[str, Any]) -> None:
    """A path with a ring at its start and a dot at its end."""
    flat = _seen(path)
    axes.plot(*flat.T, zorder=3, **style)
    axes.plot(*flat[0], "o", mfc="white", mec=style["color"], ms=4.0, zorder=4)
    axes.plot(*flat[-1], "o", color=style["color"], ms=4.0, zorder=4)
