"""Pictures on disk: PNG to look at, SVG or PDF to print, the same bytes for the same data.

SVG and PDF files carry no date and fixed identifiers, so that a repeated run changes nothing under
version control. Each file is there whole or not at all, and says inside that darkstate drew it: no
other picture is ever replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkstate.checks import (
    check_callable,
    check_choice,
    check_flag,
    check_instance,
    check_sequence,
)
from darkstate.errors import ArgumentError
from darkstate.plots.style import COLUMN, house_style, new_figure
from darkstate.results.files import as_path, require_new_or_ours, system_errors, write_whole

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 200
"""Resolution of PNG files: 677 pixels for a single column."""

FORMATS: dict[str, tuple[dict[str, Any], str]] = {
    ".png": ({"Software": "darkstate"}, "Software\0darkstate"),
    ".svg": ({"Creator": "darkstate", "Date": None}, "<dc:title>darkstate</dc:title>"),
    ".pdf": ({"Creator": "darkstate", "CreationDate": None}, "/Creator (darkstate)"),
}
"""Suffix -> what is written into the file about itself, and how that reads in it."""


def save(
    figure: Figure,
    path: str | Path,
    overwrite: bool = False,
    *,
    formats: Sequence[str] = ("png", "svg"),
) -> tuple[Path, ...]:
    """Write a figure as ``path.png`` (200 dpi) and ``path.svg``, or in other `formats`.

    All are drawn before the first is written; each of them is then there whole or not at all.

    Args:
        figure: the figure.
        path: file name without suffix (a dot in it is no suffix); folders are made if needed.
        overwrite: whether pictures of darkstate under this name may be replaced.
        formats: of "png", "svg" and "pdf".

    Returns:
        The paths, one a format.

    Raises:
        ArgumentError: something is there already, or the place cannot be written.
        FullError: no room.
    """
    from matplotlib.figure import Figure

    check_instance("figure", figure, Figure, "Give what a function of darkstate.plots returned.")
    check_flag("overwrite", overwrite)
    suffixes = _suffixes(formats)
    stem = as_path(path)
    if not stem.name:
        raise ArgumentError("path", "name a file", str(path), "Give for example 'results/chain'.")
    paths = {suffix: stem.with_name(stem.name + suffix) for suffix in suffixes}
    for suffix, target in paths.items():
        require_new_or_ours(target, FORMATS[suffix][1], overwrite)
    drawn = {suffix: rendered(figure, suffix) for suffix in suffixes}
    with system_errors("path", stem):
        stem.parent.mkdir(parents=True, exist_ok=True)
    for suffix, target in paths.items():
        write_whole(target, drawn[suffix])
    return tuple(paths.values())


def rendered(figure: Figure, suffix: str) -> bytes:
    """A figure as the content of a file that ends in ``.png``, ``.svg`` or ``.pdf``."""
    with house_style():
        about = FORMATS[suffix][0]
        figure.savefig(stream := BytesIO(), dpi=DPI, metadata=about, format=suffix[1:])
    return stream.getvalue()


def _suffixes(formats: Any) -> tuple[str, ...]:
    """``("png", "svg")`` as suffixes.

    Raises:
        ArgumentError: none, or one that is not known.
    """
    known = [suffix[1:] for suffix in FORMATS]
    remedy = "Give for example formats=('pdf',)."
    given = check_sequence("formats", formats, remedy)
    if not given:
        raise ArgumentError("formats", "name a format", formats, remedy)
    return tuple(dict.fromkeys(f".{check_choice('formats', one, known)}" for one in given))


def save_panel(
    path: str | Path,
    draw: Callable[[Axes, xr.Dataset], None],
    data: xr.Dataset,
    *,
    width: float = COLUMN,
    height: float = 62.0,
    overwrite: bool = False,
) -> tuple[Path, ...]:
    """Draw one panel in the house style and write it as PNG and SVG.

    Args:
        path: file name without suffix.
        draw: ``draw(axes, data)``; whatever it adds to the axes or the figure is written.
        data: handed to `draw`.
        width: in mm, a single column by default (`DOUBLE` for two).
        height: in mm.
        overwrite: whether pictures of darkstate under this name may be replaced.

    Returns:
        The paths of the PNG and the SVG file.

    Raises:
        ArgumentError, FullError: as of `save`; or `draw` is no function, a size not positive.
    """
    check_callable("draw", draw, "Give a function draw(axes, data).")
    with house_style():
        figure = new_figure(width, height)
        draw(figure.add_subplot(), data)
        return save(figure, path, overwrite)
