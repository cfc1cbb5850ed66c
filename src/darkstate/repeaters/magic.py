"""Magic times t = 2 pi a/b, where the ends share log2 b ebits whatever N, M and the outcomes' odds.

At such a time (a/b in lowest terms) Dicke states b apart are in step, and the Schmidt spectrum is b
equal numbers. At a distance delta each becomes a geometric series ``(1-w) w^j``, as of a thermal
oscillator, with

    w = (1 + s^2 - sqrt(1 + 2 s^2))/s^2,    s = N delta/(2 sqrt 2),

and powers of it for more nodes: ``E = log2 b + g(w^(M-1))``, where ``g(w) = -log2(1-w) - w log2(w)/
(1-w)``. So a dip has a core of width 1/N, the same for all b, and logarithmic wings as wide as
``2/(b sqrt N)``. On the lattice of `gauss_reduction` all that is said by the length of the vector
``(b sqrt(2/N), b sqrt(N) delta/2)``: below 1 the formula holds to 1e-3 and better, above 2 the
fraction leaves no trace. Of all fractions only convergents of ``t/2 pi`` can have a short one.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from darkstate.checks import check_integer
from darkstate.errors import CapacityError
from darkstate.repeaters.checks import check_atoms
from darkstate.repeaters.times import Time, turns_of
from darkstate.systems.chain import check_nodes

RESOLVED = 1.0
"""Length of the lattice vector up to which a time belongs to its magic time."""

_CORE = 1.0
_MOST = 2000


class Regime(enum.StrEnum):
    """Where a time lies; the members are the words users read."""

    CORE = "core: within 1/N of the magic time"
    WING = "wing: beyond 1/N, but still governed by the magic time"
    GENERIC = "generic: no magic time is resolved here"


@dataclass(frozen=True)
class MagicTime:
    """A magic time ``2 pi a/b``, and how far a time of interest is from it.

    Args:
        atoms: N per node.
        turns: a/b, the magic time in turns of 2 pi, 0 <= a/b < 1.
        offset: delta, the time less the magic time (and less whole turns), radians.
    """

    atoms: int
    turns: Fraction
    offset: float = 0.0

    @property
    def denominator(self) -> int:
        """b: how many Schmidt numbers are equal at the magic time."""
        return self.turns.denominator

    @property
    def time(self) -> float:
        """The magic time in radians, rounded to a float."""
        return 2.0 * math.pi * float(self.turns)

    @property
    def expected(self) -> float:
        """``log2 b``, entropy and log-negativity at the magic time, ebits."""
        return math.log2(self.denominator)

    @property
    def in_cores(self) -> float:
        """The offset in units of 1/N, the width of the core."""
        return self.offset * self.atoms

    @property
    def in_wings(self) -> float:
        """The offset in units of 1/sqrt(N), the scale of generic times."""
        return self.offset * math.sqrt(self.atoms)

    @property
    def length(self) -> float:
        """Length of the lattice vector that goes b Dicke states."""
        x, y = math.sqrt(2.0 / self.atoms), math.sqrt(self.atoms) * self.offset / 2
        return self.denominator * math.hypot(x, y)

    @property
    def resolved(self) -> bool:
        """Whether the time feels this magic time; at no offset, whether ``b <= sqrt(N/2)``."""
        return self.length <= RESOLVED

    @property
    def regime(self) -> Regime:
        """Core, wing or generic."""
        if not self.resolved:
            return Regime.GENERIC
        return Regime.CORE if abs(self.in_cores) <= _CORE else Regime.WING

    def entropy(self, nodes: int = 2) -> float:
        """``log2 b + g(w^(M-1))`` in ebits: right where `resolved`, all outcomes q = N.

        Raises:
            ArgumentError: fewer than two nodes.
        """
        nodes = check_nodes(nodes)
        return self.expected + _thermal(geometric_ratio(self.in_cores) ** (nodes - 1))


def geometric_ratio(in_cores: float) -> float:
    """w, the ratio of consecutive Schmidt numbers of a single link at ``N delta``."""
    square = in_cores * in_cores / 8.0
    return square / (1.0 + square + math.sqrt(1.0 + 2.0 * square))


def _thermal(w: float) -> float:
    """Entropy in bits of the geometric distribution ``(1-w) w^j``."""
    if w <= 0.0:
        return 0.0
    return -math.log1p(-w) / math.log(2.0) - w * math.log2(w) / (1.0 - w)


def convergents(turns: Fraction, largest: int) -> Iterator[Fraction]:
    """Convergents of the continued fraction of `turns` with denominators up to `largest`."""
    rest, before, last = turns, (0, 1), (1, 0)
    while True:
        whole = rest.numerator // rest.denominator
        before, last = last, (whole * last[0] + before[0], whole * last[1] + before[1])
        if last[1] > largest:
            return
        yield Fraction(*last)
        if rest == whole:
            return
        rest = 1 / (rest - whole)


def classify(time: Time, atoms: int) -> MagicTime:
    """The magic time that matters most at this time, and how far away it is.

    Among the convergents of ``t/2 pi`` it is the one with the shortest lattice vector, nearest in
    the sense of the state, not of the clock. See `MagicTime.resolved` for whether it matters.

    Args:
        time: t in radians, or exactly as a `Fraction` of 2 pi.
        atoms: N per node, at least 1.

    Raises:
        ArgumentError: time not finite, fewer than one atom.
    """
    atoms = check_atoms(atoms)
    turns = turns_of(time) % 1
    largest = math.isqrt(4 * atoms) + 2  # beyond it no vector is short
    found = (
        MagicTime(atoms, fraction % 1, 2.0 * math.pi * float(turns - fraction))
        for fraction in convergents(turns, largest)
    )
    return min(found, key=lambda magic: magic.length)


def magic_times(atoms: int, largest_denominator: int | None = None) -> tuple[MagicTime, ...]:
    """All magic times in [0, pi] up to a denominator, in order of time.

    Args:
        atoms: N per node, at least 1.
        largest_denominator: largest b; by default ``sqrt(N/2)``, the last that is resolved.

    Raises:
        ArgumentError: no atom, no positive denominator.
        CapacityError: so large a denominator that there are millions.
    """
    atoms = check_atoms(atoms)
    most = math.isqrt(atoms // 2) if largest_denominator is None else largest_denominator
    most = max(1, check_integer("largest_denominator", most, minimum=0))
    if most > _MOST:
        raise CapacityError(
            f"There are about {3 * most**2 / math.pi**2 / 2:.0e} magic times with denominators up "
            f"to {most}. Give `largest_denominator` <= {_MOST}, or classify single times."
        )
    return tuple(MagicTime(atoms, fraction) for fraction in _farey(most))


def _farey(order: int) -> Iterator[Fraction]:
    """Fractions in [0, 1/2] with denominators up to `order`, ascending."""
    a, b, c, d = 0, 1, 1, order
    yield Fraction(0)
    while 2 * c <= d:
        yield Fraction(c, d)
        step = (order + b) // d
        a, b, c, d = c, d, step * c - a, step * d - b
