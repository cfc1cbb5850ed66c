"""The lattice behind a chain of large ensembles, and its shortest basis.

Dicke states k and k' of a node overlap, after their link, by ``cos^N(t (k-k')/2)``: only where
``t (k - k')/2`` is close to a multiple of pi. So place the state k at all points

    ( k sqrt(2/N),  sqrt(N) (t k/2 - pi m) ),    m integer,

a lattice of cell area ``pi sqrt 2`` for every N and t. The first coordinate x measures the weight
``psi^2 = exp(-x^2)``, the second one y the overlap ``exp(-(y-y')^2/2)``; only points within a few
units of each other matter. Which Dicke numbers these are is what the shortest basis tells: for a
magic time ``t = 2 pi a/b`` it contains ``b`` itself, at ``(b sqrt(2/N), 0)``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

AREA = math.pi * math.sqrt(2.0)
"""Area of the lattice's cell, the same for every N and t."""

_BITS = 256
_ONE = 1 << _BITS


@dataclass(frozen=True)
class LatticeVector:
    """A lattice vector: how many Dicke states it goes, and where that leads.

    Args:
        states: difference of Dicke numbers.
        x: ``states sqrt(2/N)``.
        y: ``sqrt(N) (t states/2 - pi m)``, for the m that belongs to the vector.
    """

    states: int
    x: float
    y: float

    @property
    def length(self) -> float:
        """Euclidean length."""
        return math.hypot(self.x, self.y)

    def times(self, factor: int) -> LatticeVector:
        """The multiple of this vector."""
        return LatticeVector(self.states * factor, self.x * factor, self.y * factor)


def reduced_basis(atoms: int, turns: Fraction) -> tuple[LatticeVector, LatticeVector]:
    """Shortest vector of the lattice and the shortest one independent of it (Gauss, Lagrange).

    Args:
        atoms: N.
        turns: ``t/(2 pi)``; whole turns do not matter.

    Returns:
        Two steps, the shorter one first; the angle between them is 60 to 120 degrees.
    """
    scale = math.sqrt(2.0 / atoms), math.pi * math.sqrt(atoms) / _ONE
    fine = (turns.numerator * _ONE // turns.denominator) % _ONE
    first, second = (1, fine if 2 * fine < _ONE else fine - _ONE), (0, _ONE)
    while True:
        (x1, y1), (x2, y2) = _place(first, scale), _place(second, scale)
        if x1 * x1 + y1 * y1 > x2 * x2 + y2 * y2:
            first, second = second, first
            (x1, y1), (x2, y2) = (x2, y2), (x1, y1)
        multiple = round((x1 * x2 + y1 * y2) / (x1 * x1 + y1 * y1))
        if not multiple:
            return LatticeVector(first[0], x1, y1), LatticeVector(second[0], x2, y2)
        second = second[0] - multiple * first[0], second[1] - multiple * first[1]


def _place(vector: tuple[int, int], scale: tuple[float, float]) -> tuple[float, float]:
    return vector[0] * scale[0], vector[1] * scale[1]
