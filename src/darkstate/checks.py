"""What arguments are looked at with: each function returns the value in its plain form, or refuses.

Every public border calls them first, so that a wrong argument is named before anything runs.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from math import isinf, isnan
from numbers import Real
from typing import Any, TypeGuard, TypeVar

import numpy as np
from numpy.typing import NDArray

from darkstate.errors import ArgumentError, nearest

T = TypeVar("T")
_KEPT: dict[tuple[type, type], bool] = {}

_REAL_KINDS = "iuf"
"""Kinds of numpy's types that hold real numbers: truth values are none."""

LARGEST, SMALLEST = 1e100, 1e-100
"""Magnitudes to calculate with: solvers square rates and multiply three (``|H|^2``, ``g^2/kappa``),
and the third power of these is still a floating-point number with all its digits."""
LARGEST_SQUEEZING = 350.0
"""Beyond it, photon numbers ``sinh^2 r`` are no floating-point numbers."""
WHOLE = 2**63 - 1
"""The largest whole number that arrays hold."""


def check_real(
    name: str,
    value: Any,
    *,
    minimum: float | None = None,
    above: float | None = None,
    maximum: float | None = None,
    below: float | None = None,
    infinite: bool = False,
    remedy: str = "Give a real number.",
) -> float:
    """`value` as a float within the bounds (`minimum`, `maximum` inclusive).

    Raises:
        ArgumentError: it is no real number, is NaN, is infinite (unless `infinite`), lies out of
            bounds, or is too large or small to calculate with (`check_magnitude`).
    """
    try:
        number = _as_float(value)
    except (TypeError, ValueError, OverflowError):
        raise ArgumentError(name, "be a real number", value, remedy) from None
    if isnan(number) or (isinf(number) and not infinite):
        raise ArgumentError(name, "be finite", value, remedy)
    rule = ""
    if minimum is not None and not number >= minimum:
        rule = f"be >= {minimum:g}"
    elif above is not None and not number > above:
        rule = f"be > {above:g}"
    elif maximum is not None and not number <= maximum:
        rule = f"be <= {maximum:g}"
    elif below is not None and not number < below:
        rule = f"be < {below:g}"
    if rule:
        raise ArgumentError(name, rule, value, remedy)
    check_magnitude(name, 0.0 if isinf(number) else number)
    return number


def check_complex(name: str, value: Any, remedy: str) -> complex:
    """`value` as a number, complex only if it was given as such.

    Raises:
        ArgumentError: no number, not finite, or as of `check_magnitude`.
    """
    if not isinstance(value, complex | np.complexfloating):
        return check_real(name, value, remedy=remedy)
    if not np.isfinite(value):
        raise ArgumentError(name, "be finite", value, remedy)
    check_magnitude(name, complex(value))
    return complex(value)


def check_magnitude(name: str, value: complex) -> None:
    """That products of a few numbers such as `value` stay within floating point; 0 does.

    Raises:
        ArgumentError: its magnitude is neither 0 nor within `SMALLEST` .. `LARGEST`.
    """
    if value and not SMALLEST <= abs(value) <= LARGEST:
        rule = f"be 0 or have a magnitude of {SMALLEST:g} to {LARGEST:g}"
        remedy = "Choose a unit in which it is near 1, or 0 for what is negligible."
        raise ArgumentError(name, rule, value, remedy)


def _as_float(value: Any) -> float:
    """A real scalar as a float.

    NumPy turns a complex scalar into a float by dropping its imaginary part, with a mere warning;
    here it is an error, also where that part is zero.

    Raises:
        TypeError, ValueError, OverflowError: it is no real number.
    """
    if isinstance(value, Real) and not isinstance(value, bool | np.generic):
        return float(value)
    array = np.asarray(value)
    if array.ndim or array.dtype.kind not in _REAL_KINDS:
        raise TypeError
    return float(array)


def check_integer(
    name: str,
    value: Any,
    *,
    minimum: int | None = None,
    maximum: int | None = None,
    remedy: str = "Give a whole number.",
) -> int:
    """`value` as an int, at least `minimum` and at most `maximum`.

    Raises:
        ArgumentError: it is no whole number, too small or too large, or does not fit 64 bits.
    """
    if not isinstance(value, int | np.integer) or isinstance(value, bool):
        raise ArgumentError(name, "be a whole number", value, remedy)
    if abs(int(value)) > WHOLE:
        raise ArgumentError(name, "be below 2^63", value, remedy)
    if minimum is not None and value < minimum:
        raise ArgumentError(name, f"be >= {minimum}", value, remedy)
    if maximum is not None and value > maximum:
        raise ArgumentError(name, f"be <= {maximum}", value, remedy)
    return int(value)


def check_seed(name: str, value: Any) -> int:
    """The entropy of random numbers: a whole number >= 0 of any size.

    Raises:
        ArgumentError: something else.
    """
    remedy = "Give a whole number, such as the one that a report names, or leave it out."
    if not isinstance(value, int | np.integer) or isinstance(value, bool):
        raise ArgumentError(name, "be a whole number", value, remedy)
    if value < 0:
        raise ArgumentError(name, "be >= 0", value, remedy)
    return int(value)


def check_reals(
    name: str, value: Any, *, rule: str = "be real numbers", remedy: str
) -> NDArray[np.float64]:
    """Real numbers of any shape as an array of floats; no complex ones, truth values or text.

    Raises:
        ArgumentError: something else, or nested lists of unequal lengths.
    """
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in _REAL_KINDS:
        raise ArgumentError(name, rule, value, remedy)
    return array.astype(np.float64)


def check_times(times: Any) -> list[float]:
    """Increasing finite times as floats.

    Raises:
        ArgumentError: fewer than one, not finite or not increasing.
    """
    rule, remedy = "be a list of finite numbers", "Give for example numpy.linspace(0, 10, 101)."
    array = check_reals("times", times, rule=rule, remedy=remedy)
    if array.ndim != 1 or not len(array) or not np.all(np.isfinite(array)):
        raise ArgumentError("times", rule, times, remedy)
    if np.any(np.diff(array) <= 0):
        raise ArgumentError("times", "increase", times, "Sort them and drop repeated times.")
    return array.tolist()


def check_array(
    name: str,
    value: Any,
    shape: tuple[int, ...],
    *,
    minimum: float | None = None,
    above: float | None = None,
    extreme: bool = False,
    remedy: str = "Give one number, or one number per site.",
) -> NDArray[np.float64]:
    """A scalar or array broadcast to `shape`, every entry finite and within bounds.

    Raises:
        ArgumentError: wrong shape, not real numbers, not finite or out of bounds; the message
            names the first offending entry; also (unless `extreme`) as of `check_magnitude`.
    """
    array = check_reals(name, value, remedy=remedy)
    if array.ndim and array.shape != shape:
        remedy = f"{remedy} Expected {'x'.join(map(str, shape))} values."
        raise ArgumentError(name, f"be a number or have shape {shape}", value, remedy)
    size, wrong = np.abs(array), ~np.isfinite(array)
    wrong |= (not extreme) & ((size > LARGEST) | ((size > 0) & (size < SMALLEST)))
    if minimum is not None:
        wrong |= array < minimum
    if above is not None:
        wrong |= array <= above
    if np.any(wrong):
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        where = f"{name}[{', '.join(map(str, index))}]" if index else name
        check_real(where, array[index], minimum=minimum, above=above, remedy=remedy)
    return np.broadcast_to(array, shape).copy()


def check_choice(name: str, value: Any, options: Iterable[str]) -> str:
    """`value`, which must be one of `options`.

    Raises:
        ArgumentError: it is none of them; the nearest one is offered.
    """
    options = list(options)
    if not isinstance(value, str) or value not in options:
        listed = ", ".join(f"'{option}'" for option in options)
        raise ArgumentError(name, f"be one of {listed}", value, nearest(value, options))
    return value


def keeps(value: Any, protocol: type[T]) -> TypeGuard[T]:
    """Whether a value keeps a protocol; telling takes its time, so each class is asked once."""
    key = type(value), protocol
    if key not in _KEPT:
        _KEPT[key] = isinstance(value, protocol)
    return _KEPT[key]


def check_instance(name: str, value: Any, kinds: type[T] | tuple[type[T], ...], remedy: str) -> T:
    """`value`, which must be an object (not a class) of one of these kinds.

    Raises:
        ArgumentError: it is something else.
    """
    if not isinstance(value, kinds):
        several = kinds if isinstance(kinds, tuple) else (kinds,)
        known = " or ".join(kind.__name__ for kind in several)
        raise ArgumentError(name, f"be a {known}", value, remedy)
    return value


def check_flag(name: str, value: Any) -> bool:
    """`value`, which must be a truth value.

    Raises:
        ArgumentError: it is something else, such as 0, text or an array.
    """
    if not isinstance(value, bool | np.bool_):
        raise ArgumentError(name, "be True or False", value, "Give one of the two.")
    return bool(value)


def check_text(name: str, value: Any, remedy: str) -> str:
    """`value`, which must be text without a NUL.

    Raises:
        ArgumentError: it is something else.
    """
    if not isinstance(value, str) or "\0" in value:
        raise ArgumentError(name, "be text", value, remedy)
    return value


def check_callable(name: str, value: Any, remedy: str) -> Any:
    """`value`, which must be a function (or what can be called like one), and no class.

    Raises:
        ArgumentError: it is something else.
    """
    if not callable(value) or isinstance(value, type):
        raise ArgumentError(name, "be a function", value, remedy)
    return value


def check_sequence(name: str, value: Any, remedy: str, *, mapping: bool = False) -> tuple[Any, ...]:
    """The entries of a list, tuple, array or the like; text and numbers have none.

    Raises:
        ArgumentError: it has no entries to go through, is text, or a mapping (unless allowed).
    """
    wrong = isinstance(value, str | bytes | type) or (isinstance(value, Mapping) and not mapping)
    if wrong or not isinstance(value, Iterable) or (hasattr(value, "shape") and not value.shape):  # type: ignore[attr-defined]
        raise ArgumentError(name, "be a list or tuple", value, remedy)
    return tuple(value)


def as_labels(name: str, labels: Any) -> tuple[Any, ...]:
    """One label or several as a tuple, each of which may be looked up.

    Raises:
        ArgumentError: no text and nothing to go through, or an entry that is no label at all.
    """
    remedy = "Give names such as 'A1'."
    single = isinstance(labels, str)
    if not single and (not isinstance(labels, Iterable) or isinstance(labels, bytes | type)):
        raise ArgumentError(name, "be a label or labels", labels, remedy)
    chosen = (labels,) if single else check_sequence(name, labels, remedy, mapping=True)
    for label in chosen:
        if not isinstance(label, Hashable):
            raise ArgumentError(name, "hold labels", label, remedy)
    return chosen


def check_labels(
    name: str, labels: str | Iterable[str], known: Iterable[str], *, empty: bool = False
) -> tuple[str, ...]:
    """`labels` as a tuple of distinct names out of `known`.

    Raises:
        ArgumentError: a label is unknown (the nearest one is offered), given twice, or there is
            none at all.
    """
    chosen = as_labels(name, labels)
    pool = dict.fromkeys(known)
    for label in chosen:
        if label not in pool:
            raise ArgumentError(name, "name a known subsystem", label, nearest(label, pool))
    if len(set(chosen)) < len(chosen):
        raise ArgumentError(name, "name each subsystem once", chosen, "Drop the repeated label.")
    if not chosen and not empty:
        raise ArgumentError(name, "name at least one subsystem", chosen, nearest("", pool))
    return chosen
