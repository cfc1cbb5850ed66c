"""Where a picture is drawn: in a figure of its own, or in axes of the caller's.

Every picture takes ``ax=``. Axes of the caller's keep their figure, their style and their size; the
keys that stand at the edge of a figure of its own stand beside the axes there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from darkstate.checks import check_instance, check_text
from darkstate.errors import ArgumentError
from darkstate.plots.checks import check_width
from darkstate.plots.style import SMALL, new_figure, text_width

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

_AXES_SHARE = 0.78
"""Of the width of a picture, what its axes take beside their labels."""
_REMEDY = "Make them with figure, ax = matplotlib.pyplot.subplots(), or leave `ax` out."

Side = Literal["above", "below"]


@dataclass(frozen=True)
class Place:
    """Axes, and where things that belong to them stand.

    Args:
        axes: what is drawn into.
        alone: whether the figure holds nothing else.
        width: of the picture, in mm.
    """

    axes: Axes
    alone: bool
    width: float

    @property
    def holder(self) -> Figure | SubFigure:
        """What the axes lie in, for colour bars."""
        return self.axes.figure

    @property
    def figure(self) -> Figure:
        """The figure that is returned."""
        return figure_of(self.axes)

    def legend(self, handles: Sequence[Artist], side: Side = "above", **options: Any) -> Any:
        """A legend outside of the axes, where it hides no data."""
        if self.alone:
            edge = "outside upper center" if side == "above" else "outside lower center"
            return self.figure.legend(handles=list(handles), loc=edge, **options)
        corner, at = ("lower center", 1.01) if side == "above" else ("upper center", -0.01)
        before = self.axes.get_legend()
        made = self.axes.legend(
            handles=list(handles), loc=corner, bbox_to_anchor=(0.5, at), **options
        )
        if before is not None:
            self.axes.add_artist(before).set_clip_on(False)  # it stands outside
        return made

    def top_legend(self, handles: Sequence[Artist], title: str | None = None) -> None:
        """A legend above, in as many columns as fit, read row by row."""
        labels = [str(handle.get_label()) for handle in handles]
        widest = max(text_width(label) for label in labels) + 4.2 * SMALL
        columns = int(self.width * 72 / 25.4 * 0.94 // widest)
        columns = max(1, min(columns, len(labels)))
        rows = -(-len(labels) // columns)
        columns = -(-len(labels) // rows)  # equally filled rows
        order = [k for column in range(columns) for k in range(column, len(labels), columns)]
        self.legend(
            [handles[k] for k in order],  # matplotlib fills columns, people read rows
            labels=[labels[k] for k in order],
            ncols=columns,
            title=title,
        )

    def write(self, text: str, side: Side) -> None:
        """Small words above or below."""
        if self.alone:
            write = self.figure.suptitle if side == "above" else self.figure.supxlabel
            write(text, fontsize=SMALL)
        elif side == "above":
            self.axes.set_title(text, fontsize=SMALL)
        else:
            self.axes.set_xlabel(text, fontsize=SMALL)


def figure_of(axes: Axes) -> Figure:
    """The whole figure that axes are part of.

    Raises:
        ArgumentError: they were removed from theirs.
    """
    figure = axes.get_figure(root=True)
    if figure is None:
        raise ArgumentError("ax", "be part of a figure", axes, _REMEDY)
    return figure


def place(ax: Any, width: float, height: float, *, square: bool = False) -> Place:
    """The caller's axes, or those of a new figure.

    Args:
        ax: axes, or None.
        width: of a new figure in mm.
        height: of a new figure in mm.
        square: the axes keep their aspect.

    Raises:
        ArgumentError: `ax` is something else.
    """
    check_width(width)
    if ax is None:
        return Place(new_figure(width, height, square=square).add_subplot(), True, width)
    return given_place(ax)


def given_place(ax: Any) -> Place:
    """The caller's axes.

    Raises:
        ArgumentError: something else.
    """
    from matplotlib.axes import Axes

    check_instance("ax", ax, Axes, _REMEDY)
    figure_of(ax)
    return Place(ax, False, ax.bbox.width / ax.figure.dpi * 25.4 / _AXES_SHARE)


def places(
    ax: Any,
    count: int,
    width: float,
    height: float,
    shape: tuple[int, int],
    **shared: Any,
) -> list[Place]:
    """The same for a picture of several panels.

    Args:
        ax: axes, one a panel; one axes for one panel; or None.
        count: how many panels.
        width: of a new figure in mm.
        height: of a new figure in mm.
        shape: rows and columns in a new figure; places left over stay empty.
        shared: ``sharex`` and the like, of a new figure.

    Raises:
        ArgumentError: other than `count` axes.
    """
    check_width(width)
    if ax is None:
        grid = new_figure(width, height).subplots(*shape, squeeze=False, **shared)
        for left in list(grid.flat)[count:]:
            left.set_axis_off()
        return [Place(axes, True, width) for axes in list(grid.flat)[:count]]
    given = list(ax.flat) if isinstance(ax, np.ndarray) else ax
    given = given if isinstance(given, list | tuple) else [given]
    found = [given_place(one) for one in given]
    if len(found) != count:
        rule = f"be {count} axes, one a panel" if count > 1 else "be one axes"
        raise ArgumentError("ax", rule, f"{len(found)}", _REMEDY)
    return found


def legend_above(axes: Axes, title: str | None = None) -> None:
    """A legend of all that has a label in `axes`, above it: for panels whose curves fill them."""
    from matplotlib.axes import Axes

    check_instance("axes", axes, Axes, "Give the axes of a panel, such as figure.axes[0].")
    if title is not None:
        check_text("title", title, "Give words, or leave it out.")
    handles, _ = axes.get_legend_handles_labels()
    if handles:
        wide = figure_of(axes).get_figwidth() * 25.4
        Place(axes, True, wide).top_legend(handles, title)
