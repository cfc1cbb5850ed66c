"""Pulses as factors of operators: what is left of a node of which only a classical signal is seen.

A `Signal` stands in a product like a space, but commutes with everything: its words count how often
the pulse f (letter ``-``) and its conjugate (``+``) occur; a real pulse has the one letter ``r``.
Sums and products of operators, adjoints, cascades and charges therefore need no second algebra: the
exchange of two modulated couplers, ``f_2* f_1 c_2† c_1``, comes out of ``L_2† L_1`` like any other.

Systems show none of it: `split` takes operators apart into pulses and plain operators.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from darkstate.display import upright
from darkstate.systems.operators import OperatorSum, Product, identity, total
from darkstate.systems.pulses import Pulse
from darkstate.systems.spaces import Polynomial, Space, Word


class Signal(Space):
    """A pulse as a factor of a product of operators."""

    __slots__ = ("pulse",)
    kind = "signal"

    def __init__(self, pulse: Pulse):
        self.pulse = pulse
        self.label = f"~{pulse.digest}"  # no label that a user can give
        self._key = (self.kind, self.label)

    @property
    def dimension(self) -> int:
        """It has no states of its own."""
        return 1

    def product(self, left: Word, right: Word) -> Polynomial:
        """Letters commute."""
        return {"".join(sorted(left + right)): 1.0}

    @property
    def charge_names(self) -> tuple[str, ...]:
        """It carries nothing."""
        return ()

    def change(self, word: Word) -> dict[str, int]:
        """It adds nothing."""
        return {}

    def charge_values(self, charge: Mapping[str, int], dimension: int) -> NDArray[np.int64]:
        """Zero."""
        return np.zeros(dimension, dtype=np.int64)

    def word_text(self, word: Word) -> str:
        """The pulse, its conjugate with a star."""
        names = {"r": str(self.pulse), "-": str(self.pulse), "+": f"{self.pulse}*"}
        return " ".join(names[letter] for letter in word)

    def word_latex(self, word: Word) -> str:
        """The kind of the pulse as a function of time."""
        names = {"r": "", "-": "", "+": "^*"}
        return " ".join(f"{upright(self.pulse.kind)}{names[letter]}(t)" for letter in word)

    def factors(self, word: Word) -> tuple[Pulse, ...]:
        """The pulses that a word multiplies."""
        return tuple(self.pulse.conj() if letter == "+" else self.pulse for letter in word)


def signal(pulse: Pulse) -> OperatorSum:
    """``f(t) 1``: products, sums and conjugates of pulses are taken apart."""
    inner = dict(pulse.parameters)
    if pulse.kind == "constant":
        return identity() * inner["value"]
    if pulse.kind == "sum":
        return total(signal(term) for term in inner["terms"])
    if pulse.kind == "conj":
        return signal(inner["pulse"]).adjoint()
    if pulse.kind == "product":
        result = identity()
        for factor in inner["factors"]:
            result = result * signal(factor)
        return result
    return OperatorSum({((Signal(pulse), "r" if pulse.real else "-"),): 1.0})


def varies(operator: OperatorSum) -> bool:
    """Whether there is a pulse in it."""
    return any(isinstance(space, Signal) for product, _ in operator for space, _ in product)


def split(operator: OperatorSum) -> tuple[tuple[Pulse | None, OperatorSum], ...]:
    """``sum_m f_m(t) O_m``: pulses with plain operators; None for what is constant."""
    found: dict[Product, dict[Product, complex]] = {}
    for product, c in operator:
        signals = tuple(factor for factor in product if isinstance(factor[0], Signal))
        rest = tuple(factor for factor in product if not isinstance(factor[0], Signal))
        found.setdefault(signals, {})[rest] = c
    return tuple((_pulse(signals), OperatorSum(terms)) for signals, terms in found.items())


def _pulse(signals: Product) -> Pulse | None:
    """The product of the pulses of some signals."""
    factors: list[Pulse] = []
    for space, word in signals:
        assert isinstance(space, Signal)
        factors += space.factors(word)
    if not factors:
        return None
    return factors[0] if len(factors) == 1 else Pulse("product", (("factors", tuple(factors)),))
