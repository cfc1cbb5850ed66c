"""Pictures on disk: a PNG to look at and an SVG to print, the same bytes for the same data.

SVG files carry no date and fixed identifiers, so that a repeated run changes nothing under version
control.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from darkstate.plots.style import COLUMN, house_style, new_figure

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 200
"""Resolution of PNG files: 677 pixels for a single column."""

SUFFIXES = (".png", ".svg")


def save(figure: Figure, path: str | Path) -> tuple[Path, ...]:
    """Write a figure as ``path.png`` (200 dpi) and ``path.svg``.

    Args:
        figure: the figure.
        path: file name without suffix (a dot in it is no suffix); folders are made if needed.

    Returns:
        The two paths.
    """
    stem = Path(path)
    stem.parent.mkdir(parents=True, exist_ok=True)
    paths = tuple(stem.with_name(stem.name + suffix) for suffix in SUFFIXES)
    with house_style():
        for target in paths:
            fixed = {"Date": None} if target.suffix == ".svg" else {}
            figure.savefig(target, dpi=DPI, metadata=fixed)
    return paths


def save_panel(
    path: str | Path,
    draw: Callable[[Axes, xr.Dataset], None],
    data: xr.Dataset,
    *,
    width: float = COLUMN,
    height: float = 62.0,
) -> tuple[Path, ...]:
    """Draw one panel in the house style and write it as PNG and SVG.

    Args:
        path: file name without suffix.
        draw: ``draw(axes, data)``; whatever it adds to the axes or the figure is written.
        data: handed to `draw`.
        width: in mm, a single column by default (`DOUBLE` for two).
        height: in mm.

    Returns:
        The paths of the PNG and the SVG file.
    """
    with house_style():
        figure = new_figure(width, height)
        draw(figure.add_subplot(), data)
        return save(figure, path)
