"""Means of normally ordered products in Gaussian states, by Wick's theorem.

Letters a, a† of a Gaussian state with fluctuations d = a - <a> obey

    <x_1 x_2 ... x_n> = <x_1> <x_2 ... x_n> + sum_k <d_1 d_k> <the rest>

for products in normal order, of which every contraction is a stored moment. Equal letters are
counted, not listed, so that powers cost no more than products of as many different letters.

Source: Isserlis, Biometrika 12, 134 (1918).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.errors import ArgumentError
from darkstate.systems.operators import OperatorSum, Product
from darkstate.systems.spaces import Mode, Spin

MAX_LETTERS = 60
"""Of one product: beyond it means overflow before they mean anything."""

Letter = tuple[int, bool]
"""Number of the mode, and whether it is a†."""


def gaussian_mean(
    operator: OperatorSum,
    labels: tuple[str, ...],
    number: NDArray[Any],
    anomalous: NDArray[Any],
    mean: NDArray[Any],
) -> complex:
    """``<O>`` in the Gaussian state with these moments.

    Raises:
        ArgumentError: no operator of modes of the state, or of too high an order.
    """
    labels_of(operator)
    places = {label: k for k, label in enumerate(labels)}

    def contraction(x: Letter, y: Letter) -> complex:
        (i, raised), (j, other) = x, y
        if raised and other:
            return complex(anomalous[i, j]).conjugate()
        if raised:
            return complex(number[i, j])
        return complex(number[j, i]) if other else complex(anomalous[i, j])

    @cache
    def wick(letters: tuple[tuple[Letter, int], ...]) -> complex:
        if not letters:
            return 1.0
        (i, raised), _ = letters[0]
        alpha = complex(mean[i])
        rest = _without(letters, 0)
        total = (alpha.conjugate() if raised else alpha) * wick(rest) if alpha else 0.0
        for k, (other, count) in enumerate(rest):
            value = contraction(letters[0][0], other)
            if value:
                total += count * value * wick(_without(rest, k))
        return total

    return sum((c * wick(_letters(product, places)) for product, c in operator), start=0.0 + 0.0j)


def _letters(product: Product, places: dict[str, int]) -> tuple[tuple[Letter, int], ...]:
    """The letters of a normally ordered product with their numbers."""
    found = []
    for space, word in product:
        if not isinstance(space, Mode) or space.label not in places:
            rule = "act on modes of the state"
            known = ", ".join(list(places)[:8])
            raise ArgumentError("operator", rule, space, f"It has the modes {known}.")
        if len(word) > MAX_LETTERS:
            rule = f"have at most {MAX_LETTERS} letters a mode"
            raise ArgumentError("operator", rule, len(word), "Use a DensityState in Fock space.")
        for raised, letter in ((True, "+"), (False, "-")):
            if word.count(letter):
                found.append(((places[space.label], raised), word.count(letter)))
    return tuple(found)


def _without(letters: tuple[tuple[Letter, int], ...], k: int) -> tuple[tuple[Letter, int], ...]:
    letter, count = letters[k]
    fewer = ((letter, count - 1),) if count > 1 else ()
    return (*letters[:k], *fewer, *letters[k + 1 :])


def labels_of(operator: Any) -> tuple[str, ...]:
    """Labels of the subsystems on which an operator acts.

    Raises:
        ArgumentError: it is no OperatorSum.
    """
    if not isinstance(operator, OperatorSum):
        remedy = "Build it with destroy(mode), sigma_z(qubit) and the like."
        raise ArgumentError("operator", "be an OperatorSum", operator, remedy)
    return tuple(space.label for space in operator.spaces)


def quadratic_mean(
    operator: OperatorSum, places: dict[str, slice], first: NDArray[Any], second: NDArray[Any]
) -> complex:
    """``<O>`` of an operator of at most two letters, from ``<X_a>`` and ``<X_a X_b>``.

    Args:
        operator: of spins and modes.
        places: where the operators Jx, Jy, Jz (or x, p) of each label stand in X.
        first: means of X.
        second: ``<X_a X_b>``, in this order.

    Raises:
        ArgumentError: more than two letters, or an unknown label.
    """
    labels_of(operator)
    total = 0.0 + 0.0j
    for product, c in operator:
        letters = []
        for space, word in product:
            place = places.get(space.label, slice(0, 0))
            for letter in word:
                parts = _PARTS.get((isinstance(space, Mode), letter), ())
                if not isinstance(space, Mode | Spin) or len(parts) != place.stop - place.start:
                    rule, remedy = "act on subsystems of the state", f"It has {', '.join(places)}."
                    raise ArgumentError("operator", rule, space, remedy)
                vector = np.zeros(len(first), dtype=complex)
                vector[place] = parts
                letters.append(vector)
        if len(letters) > 2:
            rule = "have at most two letters a term: means and covariances are all that is known"
            remedy = "Use an engine that returns a whole state, such as engines.Collective()."
            raise ArgumentError("operator", rule, OperatorSum({product: c}), remedy)
        if not letters:
            total += c
        elif len(letters) == 1:
            total += c * complex(letters[0] @ first)
        else:
            total += c * complex(letters[0] @ second @ letters[1])
    return total


_PARTS = {
    (False, "+"): (1.0, 1.0j, 0.0),
    (False, "-"): (1.0, -1.0j, 0.0),
    (False, "z"): (0.0, 0.0, 1.0),
    (True, "-"): (np.sqrt(0.5), 1j * np.sqrt(0.5)),
    (True, "+"): (np.sqrt(0.5), -1j * np.sqrt(0.5)),
}
"""Letters as combinations of Jx, Jy, Jz (spins) or x, p (modes)."""
