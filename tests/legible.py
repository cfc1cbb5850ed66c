"""The texts of a figure, and whether they can be read."""

import itertools

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from darkstate.plots import style


def texts(figure: Figure) -> list[Text]:
    """Texts that are seen."""
    return [t for t in figure.findobj(Text) if t.get_text().strip() and t.get_visible()]


def words(figure: Figure) -> set[str]:
    return {text.get_text() for text in texts(figure)}


def shown(figure: Figure) -> list[Text]:
    """Texts that are drawn: ticks beyond the limits of their axis are not."""
    hidden = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            drawn = axis._update_ticks() if axes.axison else []
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if tick not in drawn:
                    hidden |= {tick.label1, tick.label2}
            if not axes.axison:
                hidden |= {axis.label}
    return [text for text in texts(figure) if text not in hidden]


def assert_legible(figure: Figure) -> None:
    """All text is at least 7 pt, inside of the figure, and no two texts overlap."""
    assert isinstance(figure.canvas, FigureCanvasAgg)
    figure.draw_without_rendering()
    boxes = []
    for text in shown(figure):
        assert text.get_fontsize() >= style.SMALL, text
        box = text.get_window_extent()
        assert box.x0 >= -1, text
        assert box.y0 >= -1, text
        assert box.x1 <= figure.bbox.x1 + 1, text
        assert box.y1 <= figure.bbox.y1 + 1, text
        boxes.append((text.get_text(), box.padded(-1.0)))
    for (one, first), (two, second) in itertools.combinations(boxes, 2):
        assert not first.overlaps(second), f"{one!r} overlaps {two!r}"
