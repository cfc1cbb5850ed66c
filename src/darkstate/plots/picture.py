"""Figures that show themselves as the last line of a notebook's cell, without pyplot or magic."""

from __future__ import annotations

from io import BytesIO

from matplotlib.figure import Figure

NOTEBOOK_DPI = 110


class Picture(Figure):
    """A figure that notebooks show as a PNG."""

    def _repr_png_(self) -> bytes:
        """The figure as it would be saved."""
        target = BytesIO()
        self.savefig(target, format="png", dpi=NOTEBOOK_DPI)
        return target.getvalue()
