r"""Density matrices as squares: the area is the size of an entry, the colour its phase.

    positive   dark and full         negative   white with a dark edge

so that real matrices need no colour at all. Other phases are blue and red between the two, with a
hand in the square that points to the right for positive entries and up for ``+i``. A key shows what
sizes mean. Source: Hinton and Shallice, Psychol. Rev. 98, 74 (1991).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate.checks import check_instance
from darkstate.errors import ArgumentError
from darkstate.plots.checks import check_width
from darkstate.plots.place import Place, place
from darkstate.plots.style import COLUMN, SMALL, styled
from darkstate.states import DensityState, PureState

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 40
"""More rows cannot be told apart in a column of a paper."""
CYCLIC = "twilight_shifted"
"""Colour map of phases: dark at 0, light at pi, uniform in lightness between."""

_FULL = 0.94  # side of the square of the largest entry
_SEEN = 0.012  # sides below are not drawn
_REAL = 1e-9  # imaginary parts of this fraction of the largest entry are rounding


@styled
def hinton(
    state: DensityState | PureState, *, width: float = COLUMN, ax: Axes | None = None
) -> Figure:
    """The density matrix of a state, entry by entry.

    Args:
        state: a dense state of up to 40 rows; of a larger one a part, ``state.reduced("q")``, of a
            Gaussian one ``state.density(cutoff)``.
        width: of the figure in mm.
        ax: axes to draw into, in place of a figure of its own.

    Returns:
        Figure with a square for each entry, a key of sizes, and one of signs or phases.

    Raises:
        ArgumentError: another kind of state, or one of more rows.
    """
    check_width(width)
    remedy = "Give a dense state, such as state.density() or state.density(cutoff) of another kind."
    check_instance("state", state, (DensityState, PureState), remedy)
    size = prod(state.dimensions)
    if size > MOST:
        remedy = f"Draw a part of it, hinton(state.reduced({state.labels[0]!r}))."
        raise ArgumentError("state", f"have at most {MOST} rows", size, remedy)
    dense = state.density() if isinstance(state, PureState) else state
    matrix = np.asarray(dense.matrix, dtype=complex)
    most = float(np.abs(matrix).max())
    plain = bool(np.all(np.abs(np.imag(matrix)) <= _REAL * most))
    at = place(ax, width, 0.8 * width, square=True)
    _draw_squares(at.axes, matrix / most, plain)
    _draw_axes(at, state.labels, state.dimensions)
    _draw_sizes(at, size, most)
    _draw_signs(at) if plain else _draw_phases(at)
    return at.figure


def _colour(phase: float) -> Any:
    import matplotlib as mpl

    return mpl.colormaps[CYCLIC]((phase / (2 * np.pi)) % 1.0)


def _square(axes: Axes, x: float, y: float, side: float, face: Any) -> None:
    from matplotlib.patches import Rectangle

    corner = (x - side / 2, y - side / 2)
    axes.add_patch(
        Rectangle(corner, side, side, facecolor=face, edgecolor="black", linewidth=0.6, zorder=2)
    )


def _draw_squares(axes: Axes, matrix: Any, plain: bool) -> None:
    """Entries of a matrix whose largest one is 1."""
    for row, column in np.ndindex(matrix.shape):
        entry = complex(matrix[row, column])
        side = _FULL * abs(entry) ** 0.5
        if side < _SEEN:
            continue
        phase = (np.pi if entry.real < 0 else 0.0) if plain else float(np.angle(entry))
        _square(axes, column, row, side, _colour(phase))
        if not plain and row != column and side > 0.25:
            hand = 0.45 * side * np.array([np.cos(phase), -np.sin(phase)])  # rows count downwards
            tone = "white" if np.cos(phase) > -0.3 else "black"
            across, down = [column, column + hand[0]], [row, row + hand[1]]
            axes.plot(across, down, color=tone, linestyle="-", linewidth=1.0, zorder=3)


def _draw_axes(at: Place, labels: Sequence[str], dimensions: Sequence[int]) -> None:
    """Names of the basis states, as many as fit, and a frame around the entries alone."""
    from matplotlib.patches import Rectangle

    axes, size = at.axes, prod(dimensions)
    mark = "" if max(dimensions) <= 10 else ","
    names = [mark.join(map(str, each)) for each in product(*(range(d) for d in dimensions))]
    room = 0.62 * at.width * 72 / 25.4 / (1.5 * SMALL)
    step = next(n for n in (1, 2, 4, 8, 16, 40) if size <= room * n or n == 40)
    shown = list(range(0, size, step))
    axes.set_xticks(shown, [rf"$\langle{names[k]}|$" for k in shown])
    axes.set_yticks(shown, [rf"$|{names[k]}\rangle$" for k in shown])
    axes.tick_params(length=0, top=False, right=False, labeltop=True, labelbottom=False, pad=2.0)
    wide = 0.56 * SMALL * (2.0 + max(map(len, names)))
    if wide > 0.62 * at.width * 72 / 25.4 / len(shown):
        axes.tick_params(axis="x", labelrotation=90)
    for spine in axes.spines.values():
        spine.set_visible(False)
    frame: dict[str, Any] = {"facecolor": "none", "edgecolor": "0.6", "linewidth": 0.6}
    axes.add_patch(Rectangle((-0.5, -0.5), size, size, zorder=1, **frame))
    axes.set(xlim=(-0.5, 1.32 * size), ylim=(size - 0.5, -0.5), aspect="equal")
    axes.set_xlabel(", ".join(labels[:6]) + (", ..." if len(labels) > 6 else ""))


def _draw_sizes(at: Place, size: int, most: float) -> None:
    """Squares of known entries beside the matrix: the largest, a quarter and a sixteenth of it."""
    x, top = 1.08 * size, -0.5
    line = 1.6 * SMALL * size / (0.62 * at.width * 72 / 25.4)  # height of a text in cells
    title = r"$|\rho_{ij}|$"
    at.axes.text(x - 0.5, top - 0.3 * line, title, va="bottom", ha="left", fontsize=SMALL)
    for share in (1.0, 0.25, 0.0625):
        height = max(share**0.5, line)
        y, top = top + height / 2, top + height
        _square(at.axes, x, y, _FULL * share**0.5, _colour(0.0))
        text = f"{most * share:.2g}"
        at.axes.text(x + 0.7, y, text, va="center", ha="left", fontsize=SMALL)


def _draw_signs(at: Place) -> None:
    from matplotlib.lines import Line2D

    look: dict[str, Any] = {"marker": "s", "ls": "none", "mec": "black", "ms": 5.0, "mew": 0.6}
    keys = [
        Line2D([], [], mfc=_colour(phase), label=name, **look)
        for phase, name in ((0.0, "positive"), (np.pi, "negative"))
    ]
    at.legend(keys, "below", ncols=2)


def _draw_phases(at: Place) -> None:
    """A bar of phases from -pi to pi, its dark middle being zero."""
    import matplotlib as mpl
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize

    turned = mpl.colormaps[CYCLIC](np.linspace(-0.5, 0.5, 256) % 1.0)
    scale = ScalarMappable(Normalize(-np.pi, np.pi), ListedColormap(turned))
    bar = at.holder.colorbar(
        scale,
        ax=at.axes,
        location="bottom",
        shrink=0.6,
        aspect=30,
        pad=0.03,
        label=r"phase of $\rho_{ij}$",
    )
    names = (r"$-\pi$", r"$-\pi/2$", "0", r"$\pi/2$", r"$\pi$")
    bar.set_ticks([0.5 * np.pi * k for k in range(-2, 3)], labels=names)
