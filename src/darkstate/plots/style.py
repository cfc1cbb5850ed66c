"""One house style for every picture: made to be printed in a paper column without rescaling.

* Widths are those of a journal: 86 mm for one column, 178 mm for two. Text is 8 pt there, never
  below 7 pt.
* Lines differ in colour *and* dash: the colours of Okabe and Ito, told apart with every common
  colour blindness, and dashes, told apart in print without colour.
* Figures are plain `matplotlib.figure.Figure` objects. Nothing here touches pyplot or the user's
  rcParams, and matplotlib is imported when the first picture is made.

Labels are read from the data: ``long_name`` and ``units`` become ``$E_N$ (ebit)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec

from darkstate.plots.checks import check_height, check_labelled, check_width

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

COLUMN = 86.0
"""Width in mm of a single column."""

MIDDLE = 120.0
"""Width in mm of one and a half columns."""

DOUBLE = 178.0
"""Width in mm of two columns."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito (2008), strongest on white first; their yellow is left out, it fades on paper."""

DASHES: tuple[str | tuple[int, tuple[float, ...]], ...] = (
    "-",
    (0, (5.0, 1.6)),
    (0, (1.2, 1.2)),
    (0, (6.0, 1.4, 1.2, 1.4)),
    (0, (2.6, 1.3)),
    (0, (8.0, 1.6, 2.4, 1.6)),
    (0, (4.0, 1.2, 1.0, 1.2, 1.0, 1.2)),
)
"""One dash per colour."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
"""One marker per colour."""

SEQUENTIAL = "viridis"
"""Colour map of magnitudes: uniform and monotone in lightness, also for the colour-blind."""

ABSENT = "0.8"
"""Grey of what has no value."""

TEXT, SMALL = 8.0, 7.0
"""Sizes in pt of labels, and of ticks and legends."""

_MM = 1 / 25.4
_LINE = 0.6

Parameters = ParamSpec("Parameters")


def parameters() -> dict[str, Any]:
    """The house style as matplotlib rcParams."""
    from cycler import cycler

    ticks = {
        f"{axis}tick.{key}": value
        for axis in "xy"
        for key, value in (
            ("labelsize", SMALL),
            ("direction", "in"),
            ("major.pad", 4.2),
            ("major.width", _LINE),
            ("minor.width", 0.45),
            ("major.size", 3.0),
            ("minor.size", 1.6),
        )
    }
    return ticks | {
        "xtick.top": True,
        "ytick.right": True,
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib: the same on every machine
        "font.size": TEXT,
        "axes.labelsize": TEXT,
        "axes.titlesize": TEXT,
        "figure.titlesize": TEXT,
        "figure.labelsize": TEXT,
        "legend.fontsize": SMALL,
        "legend.title_fontsize": SMALL,
        "legend.frameon": True,
        "legend.framealpha": 0.8,
        "legend.edgecolor": "none",
        "legend.fancybox": False,
        "legend.handlelength": 2.4,
        "legend.columnspacing": 1.4,
        "legend.labelspacing": 0.35,
        "axes.linewidth": _LINE,
        "axes.prop_cycle": cycler(color=COLOURS) + cycler(linestyle=DASHES),
        "axes.axisbelow": True,
        "axes.formatter.limits": (-3, 4),
        "axes.formatter.use_mathtext": True,
        "axes.unicode_minus": True,
        "image.cmap": SEQUENTIAL,
        "lines.linewidth": 1.2,
        "lines.markersize": 3.2,
        "lines.dashed_pattern": (5.0, 1.6),
        "hatch.linewidth": 0.5,
        "figure.constrained_layout.use": True,
        "figure.constrained_layout.h_pad": 0.04,
        "figure.constrained_layout.w_pad": 0.04,
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
        "savefig.bbox": None,
        "svg.fonttype": "path",  # looks the same where the font is missing
        "svg.hashsalt": "darkstate",
        "pdf.fonttype": 42,  # journals refuse others
        "path.simplify": True,
    }


@contextmanager
def house_style() -> Iterator[None]:
    """The house style for the duration of a ``with``; matplotlib's own defaults underneath.

    Your matplotlibrc and rcParams neither enter nor change.
    """
    import matplotlib as mpl

    with mpl.rc_context():
        defaults = {k: v for k, v in mpl.rcParamsDefault.items() if not k.startswith("backend")}
        mpl.rcParams.update(defaults | parameters())  # type: ignore[call-overload]
        yield


def styled(draw: Callable[Parameters, Figure]) -> Callable[Parameters, Figure]:
    """Decorator: `draw` makes its figure in the house style, and the figure keeps it.

    Matplotlib makes ticks when it first draws, and would take their style from then; so the layout
    is computed before the style ends. What is drawn into axes of the caller's (``ax=``) has the
    style that is set there.
    """

    @wraps(draw)
    def drawn(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Figure:
        if kwargs.get("ax") is not None:
            return draw(*args, **kwargs)
        with house_style():
            figure = draw(*args, **kwargs)
            figure.draw_without_rendering()
        return figure

    return drawn


def new_figure(width: float = COLUMN, height: float = 60.0, *, square: bool = False) -> Figure:
    """An empty figure of this size in mm, without pyplot; `square`: its axes keep their aspect."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from darkstate.plots.picture import Picture

    sizes = check_width(width) * _MM, check_height(height) * _MM
    figure = Picture(figsize=sizes, dpi=200)
    figure.set_layout_engine("compressed" if square else "constrained")
    FigureCanvasAgg(figure)
    return figure


def line_style(number: int) -> dict[str, Any]:
    """Colour and dash of the `number`-th line, counted from 0; 49 of them are distinct."""
    n = len(COLOURS)
    return {"color": COLOURS[number % n], "linestyle": DASHES[(number + number // n) % n]}


def axis_label(data: xr.DataArray, otherwise: str = "", room: float = 150.0) -> str:
    """``long_name (units)`` of labelled data; its name, or `otherwise`, where they are missing.

    What is longer than `room`, in pt, takes several lines.
    """
    check_labelled(data, otherwise)
    name = data.attrs.get("long_name") or otherwise or str(data.name or "").replace("_", " ")
    units = data.attrs.get("units")
    return _wrapped(f"{name} ({units})" if units else str(name), room)


def _wrapped(text: str, room: float) -> str:
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, TEXT) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(lines)


def text_width(text: str, size: float = SMALL) -> float:
    """Width in pt of a text (mathtext included) in the house font."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    if not text.strip():
        return 0.0
    return float(TextPath((0, 0), text, size=size, prop=FontProperties()).get_extents().width)
