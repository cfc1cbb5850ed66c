"""What may be drawn: labelled data of the right dimensions, and sizes in mm.

Each public picture asks here first, so that matplotlib and xarray never see what they would refuse
in words of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from darkstate.checks import check_real, check_text
from darkstate.errors import ArgumentError

if TYPE_CHECKING:
    import xarray as xr

SELECT = "Select entries of the others: data.sel(name=value)."
"""What to do about too many dimensions."""


NARROWEST, WIDEST, LOWEST, HIGHEST = 30.0, 2000.0, 15.0, 8000.0
"""Sizes in mm: below, labels leave no room for axes; above, no computer can hold the pixels."""


def check_width(width: Any) -> float:
    """The width of a figure in mm.

    Raises:
        ArgumentError: no number from `NARROWEST` to `WIDEST`.
    """
    remedy = "Give millimetres, such as 86."
    return check_real("width", width, minimum=NARROWEST, maximum=WIDEST, remedy=remedy)


def check_height(height: Any) -> float:
    """The height of a figure in mm.

    Raises:
        ArgumentError: no number from `LOWEST` to `HIGHEST`.
    """
    remedy = "Give millimetres, such as 62."
    return check_real("height", height, minimum=LOWEST, maximum=HIGHEST, remedy=remedy)


def check_data(name: str, data: Any, counts: tuple[int, ...], remedy: str) -> xr.DataArray:
    """Labelled numbers with one of these counts of dimensions.

    Args:
        name: the argument.
        data: what was given.
        counts: allowed numbers of dimensions.
        remedy: how to get such data.

    Raises:
        ArgumentError: no DataArray, not of numbers, or of other dimensions.
    """
    import xarray as xr

    if not isinstance(data, xr.DataArray):
        raise ArgumentError(name, "be a DataArray", data, remedy)
    if data.dtype.kind not in "biuf":
        raise ArgumentError(name, "hold real numbers", str(data.dtype), remedy)
    if data.ndim not in counts:
        many = " or ".join(map(str, counts))
        rule = f"have {many} dimension{'' if counts == (1,) else 's'}"
        raise ArgumentError(name, rule, data.dims, remedy)
    return data


def check_table(name: str, table: Any, remedy: str) -> xr.Dataset:
    """A table of labelled columns.

    Raises:
        ArgumentError: no Dataset.
    """
    import xarray as xr

    if not isinstance(table, xr.Dataset):
        raise ArgumentError(name, "be a Dataset", table, remedy)
    return table


def check_doubtful(doubtful: Any, data: xr.DataArray) -> xr.DataArray | None:
    """Marks for every entry of `data`, or None.

    Raises:
        ArgumentError: something else, or other dimensions.
    """
    if doubtful is None:
        return None
    remedy = "Give truth values over the same dimensions, such as `data > 1`, or leave it out."
    marks = check_data("doubtful", doubtful, (data.ndim,), remedy)
    if dict(marks.sizes) != dict(data.sizes):
        rule = f"have the dimensions {dict(data.sizes)}"
        raise ArgumentError("doubtful", rule, dict(marks.sizes), remedy)
    return marks


def check_labelled(data: Any, otherwise: Any) -> None:
    """Data with attributes, of any type, and text to stand in for them.

    Raises:
        ArgumentError: something else.
    """
    import xarray as xr

    if not isinstance(data, xr.DataArray):
        raise ArgumentError("data", "be a DataArray", data, "Give a column, such as table['E'].")
    check_text("otherwise", otherwise, "Give a label, or leave it out.")
