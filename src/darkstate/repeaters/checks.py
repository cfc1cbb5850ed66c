"""What the functions of this folder are given: atoms, times, Dicke numbers, outcomes.

Arrays are looked at but not copied: kernels hand each other large ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_integer, check_real, check_sequence
from darkstate.errors import ArgumentError
from darkstate.systems.chain import MAX_ATOMS

_EXACT = 2.0**53
WINDOW = "Give a window, such as repeaters.dicke_window(atoms, 7.0)."


def check_atoms(atoms: Any) -> int:
    """The atoms of one node, or of two together.

    Raises:
        ArgumentError: no whole number, less than one, or more than two largest ensembles have.
    """
    remedy = "Give the atoms of one ensemble."
    atoms = check_integer("atoms", atoms, minimum=1, remedy=remedy)
    if atoms > 2 * MAX_ATOMS:
        raise ArgumentError("atoms", f"be <= {MAX_ATOMS:.0e}", atoms, remedy)
    return atoms


def check_time(time: Any, offset: Any = 0.0) -> None:
    """An interaction time and the phase of the inner nodes, both finite.

    Raises:
        ArgumentError: one of them is no real number.
    """
    check_real("time", time, remedy="Give the interaction time in radians.")
    check_real("offset", offset, remedy="Give the phase of the inner nodes in radians.")


def as_numbers(name: str, value: Any, remedy: str) -> NDArray[np.float64]:
    """Real numbers of any shape as floats, without a copy where they are.

    Raises:
        ArgumentError: something else, or beyond the whole numbers that floats hold.
    """
    numbers = _plain(name, value, "iuf", "be real numbers", remedy).astype(np.float64, copy=False)
    if not np.max(np.abs(numbers), initial=0.0) <= _EXACT:
        raise ArgumentError(name, f"be finite and at most {_EXACT:g}", value, remedy)
    return numbers


def as_window(name: str, value: Any) -> NDArray[np.int64]:
    """A list of Dicke numbers.

    Raises:
        ArgumentError: not whole numbers, not one-dimensional, or none.
    """
    k = _plain(name, value, "iu", "be whole numbers", WINDOW)
    if k.ndim != 1 or not k.size:
        raise ArgumentError(name, "be a list of Dicke numbers", value, WINDOW)
    return k.astype(np.int64, copy=False)


def check_outcomes(outcomes: Any, atoms: int) -> tuple[int, ...]:
    """One outcome for each inner node.

    Raises:
        ArgumentError: no list, or an entry that is not one of 0 .. N.
    """
    remedy = "Give 0 .. N for each node."
    found = tuple(
        check_integer("outcomes", q, minimum=0, remedy=remedy)
        for q in check_sequence("outcomes", outcomes, remedy)
    )
    for q in found:
        if q > atoms:
            raise ArgumentError("outcomes", f"be <= {atoms}", q, remedy)
    return found


def _plain(name: str, value: Any, kinds: str, rule: str, remedy: str) -> NDArray[Any]:
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in kinds:
        raise ArgumentError(name, rule, value, remedy)
    return array
