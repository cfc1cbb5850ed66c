"""Figures that show themselves as the last line of a notebook's cell, without pyplot or magic."""

from __future__ import annotations

from io import BytesIO

from matplotlib.figure import Figure

NOTEBOOK_DPI = 110
"""Pixels of a notebook's page for an inch of the figure; there are twice as many in the PNG."""


class Picture(Figure):
    """A figure that notebooks show as a PNG."""

    def _repr_png_(self) -> bytes:
        """The figure as it would be saved."""
        target = BytesIO()
        self.savefig(target, format="png", dpi=2 * NOTEBOOK_DPI)
        return target.getvalue()

    def _ipython_display_(self) -> None:
        """Shown in its own size, also where pyplot would show all its pixels."""
        from IPython.display import publish_display_data

        width = round(self.get_figwidth() * NOTEBOOK_DPI)
        shown = {"image/png": self._repr_png_(), "text/plain": repr(self)}
        publish_display_data(shown, {"image/png": {"width": width}})
