"""Estimate: a number that knows how far it may be off."""

from __future__ import annotations


class Estimate(float):
    """A number with its estimated absolute error; counts as the number.

    ``Estimate(0.31, 2e-4)`` compares, adds and formats as 0.31, and prints as ``0.31 +- 0.0002``.

    Args:
        value: the number.
        error: estimated absolute error, >= 0; NaN where it is not known.
    """

    error: float

    def __new__(cls, value: float, error: float) -> Estimate:
        """The number, with its error."""
        made = super().__new__(cls, value)
        made.error = float(error)
        return made

    @property
    def value(self) -> float:
        """The number alone."""
        return float(self)

    def __getnewargs__(self) -> tuple[float, float]:  # type: ignore[override]
        return float(self), self.error

    def __repr__(self) -> str:
        return f"Estimate({float(self)!r}, {self.error!r})"

    def __str__(self) -> str:
        return f"{float(self):.3g} +- {self.error:.1g}"
