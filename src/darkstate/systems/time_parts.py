"""A generator that depends on time, as a sum of constant ones with real coefficients.

    L(t) = sum_j r_j(t) L_j,      r_j real, every L_j of Lindblad form.

It is what every engine needs that follows a system in time: each compiles the L_j once, as it
compiles any system, and only numbers change. A term ``f O + h.c.`` is ``Re f`` times ``O + O†`` and
``Im f`` times ``i (O - O†)``, both Hamiltonians; a jump ``sum_m g_m c_m`` is, ``z = g_m g_n*``,

    sum_m |g_m|^2 D[c_m] + sum_(m<n) Re z X_mn + Im z Y_mn,
    X_mn = D[c_m + c_n] - D[c_m] - D[c_n],    Y_mn = D[c_m - i c_n] - D[c_m] - D[c_n].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from darkstate.errors import ArgumentError
from darkstate.systems.open_system import Drive, Jump, OpenSystem
from darkstate.systems.operators import OperatorSum
from darkstate.systems.pulses import Pulse
from darkstate.systems.signals import varies

Add = Callable[[list["Term"], OpenSystem], None]
Term = tuple[float, str, Pulse | None, Pulse | None]
"""``sign * part(f g*)``: sign, "real" or "imag", f and g (None for 1)."""
_ROUNDING = 1e-12
_LOOKS = 2048
"""Times at which a function is looked at for where it is at work."""
_AT_WORK = (1e-3, 1e-6, 1e-9)
"""Of the size of a coefficient: smaller changes between two looks are none. Several, as something
weak may come after something strong."""
_PAUSE = 4
"""Looks without a change that are a pause, after which an integrator starts anew."""
_STRANGE, _AROUND = 30.0, (33, 257)
"""Times the usual deviation around, among so many looks, that is not usual."""
_TOGETHER = 1e-3
"""Of a look: times that are closer are one."""
_CLOSE = 32
"""Looks from one stop to the next."""


@dataclass(frozen=True, eq=False)
class LookedAt:
    """What is known of coefficients before anything is solved.

    Args:
        stops: times at which an integrator must stop.
        times: (T,) at which functions and samples were looked at; none where there are none.
        rates: (T, J), the coefficients there.
    """

    stops: list[float]
    times: NDArray[np.float64]
    rates: NDArray[np.float64]


@dataclass(frozen=True)
class TimeParts:
    """``L(t) = sum_j r_j(t) L_j``.

    Args:
        systems: the L_j, constant in time; the first is what does not depend on time.
        terms: for each, the terms whose sum is r_j.
        pulses: all pulses that occur.
        named: pulses that must be real, with what they drive.
    """

    systems: tuple[OpenSystem, ...]
    terms: tuple[tuple[Term, ...], ...]
    pulses: tuple[Pulse, ...]
    named: tuple[tuple[Pulse, str], ...]

    @classmethod
    def of(cls, system: OpenSystem) -> TimeParts:
        """The parts of a system; those with one coefficient are together."""
        kept = tuple(jump for jump in system.jumps if jump.rate and not varies(jump.operator))
        constant = replace(system, jumps=kept, monitors=(), drives=())
        found: dict[tuple[Term, ...], OpenSystem] = {((1.0, "real", None, None),): constant}

        def add(terms: list[Term], part: OpenSystem) -> None:
            key, before = tuple(terms), found.get(tuple(terms))
            if before is not None:
                hamiltonian = before.hamiltonian + part.hamiltonian
                part = replace(part, hamiltonian=hamiltonian, jumps=before.jumps + part.jumps)
            found[key] = part

        for drive in system.drives:
            _add_drive(drive, system, add)
        for jump in system.jumps:
            if jump.rate and varies(jump.operator):
                _add_jump(jump, system, add)
        pulses = {p: None for key in found for term in key for p in term[2:] if p is not None}
        named = tuple((d.coefficient, str(d.operator)) for d in system.drives if d.hermitian)
        return cls(tuple(found.values()), tuple(found), tuple(pulses), named)

    def coefficients(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """``r_j`` at T times, (T, J).

        Raises:
            ArgumentError: a pulse gives no number, or is complex in front of a Hermitian operator.
        """
        return self._combined([pulse(times) for pulse in self.pulses], np.size(times))

    def _combined(self, pulses: list[Any], count: int) -> NDArray[np.float64]:
        """The coefficients, from the values of all pulses."""
        values, (places, terms) = [1.0, *pulses], self._places
        for k, operator in places:
            _check_real(values[k], operator)
        result = np.zeros((count, len(self.terms)))
        for j, sign, imaginary, f, g in terms:
            z = values[f] * np.conj(values[g]) if g else values[f]
            result[:, j] += sign * (z.imag if imaginary else z.real)
        return result

    @cached_property
    def _places(self) -> tuple[list[tuple[int, str]], list[tuple[int, float, bool, int, int]]]:
        """Pulses that must be real, and all terms, with the pulses by number (0 for 1)."""
        number: dict[Pulse | None, int] = {pulse: k + 1 for k, pulse in enumerate(self.pulses)}
        number[None] = 0
        terms = [
            (j, sign, part == "imag", number[f], number[g])
            for j, entries in enumerate(self.terms)
            for sign, part, f, g in entries
        ]
        return [(number[pulse], operator) for pulse, operator in self.named], terms

    def stops(self, start: float, end: float) -> list[float]:
        """Times between `start` and `end` at which an integrator must stop.

        Named pulses know theirs; functions and smooth samples are looked at on a grid, and samples
        where they are, for where they begin and end.
        """
        return self.looked_at(start, end).stops

    def looked_at(self, start: float, end: float) -> LookedAt:
        """The same, and what was seen: what no step may contradict."""
        found = {t for pulse in self.pulses for t in pulse.stops}
        free = [{part.kind for part in p.parts()} & {"function", "samples"} for p in self.pulses]
        grid = _grid_of(self.pulses, start, end) if any(free) else np.zeros(0)
        values = [pulse(grid) for pulse in self.pulses] if any(free) else []
        for value, kinds in zip(values, free, strict=False):
            if kinds:
                found |= _where_at_work(grid, value) | _where_strange(grid, value)
        rates = self._combined(values, len(grid)) if any(free) else np.zeros((0, len(self.terms)))
        return LookedAt(sorted(t for t in found if start < t < end), grid, rates)

    def looks(self, start: float, end: float) -> NDArray[np.float64]:
        """Times at which to look at coefficients: close where something short happens."""
        ends = [start, *self.stops(start, end), end]
        between = [np.linspace(a, b, _CLOSE + 1) for a, b in pairwise(ends)]
        return np.unique(np.concatenate([np.linspace(start, end, _LOOKS + 1), *between]))

    @property
    def largest(self) -> OpenSystem:
        """All parts in one constant system, for what looks at terms only (charges, cut-offs)."""
        hamiltonian = OperatorSum()
        for part in self.systems:
            hamiltonian = hamiltonian + part.hamiltonian
        jumps = tuple(replace(jump, name="") for part in self.systems for jump in part.jumps)
        return OpenSystem(self.systems[0].spaces, hamiltonian, jumps)


def check_pulses(system: OpenSystem, times: NDArray[np.float64]) -> None:
    """That all pulses of a system can be had at these times.

    Raises:
        ArgumentError: a pulse gives no number, or is complex in front of a Hermitian operator.
    """
    for drive in system.drives:
        value = drive.coefficient(times)
        if drive.hermitian:
            _check_real(value, drive.operator)
    for jump in system.jumps:
        if jump.rate and varies(jump.operator):
            for pulse, _ in jump.parts:
                if pulse is not None:
                    pulse(times)


def _check_real(value: Any, operator: Any) -> None:
    if np.iscomplexobj(value) and np.any(np.abs(value.imag) > _ROUNDING * np.abs(value)):
        rule = f"be real in front of the Hermitian {operator}"
        remedy = "Give half of it: Drive(create(a), f) adds f a† + f* a."
        raise ArgumentError("coefficient", rule, value, remedy)


def _grid_of(pulses: Sequence[Pulse], start: float, end: float) -> NDArray[np.float64]:
    """Equal steps, and the times of samples."""
    parts = [part for pulse in pulses for part in pulse.parts() if part.kind == "samples"]
    times = [np.linspace(start, end, _LOOKS + 1)]
    times += [np.array(dict(part.parameters)["times"]) for part in parts]
    grid = np.unique(np.concatenate(times))
    return grid[(grid >= start) & (grid <= end)]


def _where_at_work(grid: NDArray[np.float64], values: NDArray[Any]) -> set[float]:
    """Where the values begin and end to change, for every size of a change."""
    moves, size, found = np.abs(np.diff(values)), float(np.abs(values).max()), set[float]()
    for least in _AT_WORK:
        first, last = _runs(np.flatnonzero(moves > least * size))
        found |= set(grid[np.concatenate([first, last + 1])].tolist())
    return found


def _where_strange(grid: NDArray[np.float64], values: NDArray[Any]) -> set[float]:
    """Where values begin and end to be other than a cubic through their neighbours, in a smooth
    surrounding: something short on top of what is slow, that steps might go across.
    """
    apart = np.diff(grid, prepend=-np.inf) > _TOGETHER * (grid[-1] - grid[0]) / _LOOKS
    t, v = grid[apart], values[apart]
    if len(t) < _AROUND[0]:
        return set()
    middle = slice(2, -2)
    near = [(t[k : len(t) - 4 + k] - t[middle], v[k : len(t) - 4 + k]) for k in (0, 1, 3, 4)]
    off = v[middle] - sum(
        value * np.prod([other / (other - x) for other, _ in near if other is not x], axis=0)
        for x, value in near
    )
    found, least = set[float](), _AT_WORK[-1] * float(np.abs(v).max())
    for width in _AROUND:
        usual = median_filter(np.abs(off), width, mode="nearest")
        strange = np.abs(off) > np.maximum(_STRANGE * usual, least)
        first, last = _runs(np.flatnonzero(strange) + 2)
        found |= set(t[np.concatenate([first - 1, last + 1])].tolist())
    return found


def _runs(places: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last of places that are close together."""
    gaps = np.flatnonzero(np.diff(places) > _PAUSE)
    first = np.concatenate([places[:1], places[gaps + 1]])
    return first, np.concatenate([places[gaps], places[-1:]])


def _add_drive(drive: Drive, system: OpenSystem, add: Add) -> None:
    f, operator = drive.coefficient, drive.operator
    if drive.hermitian:
        add([(1.0, "real", f, None)], OpenSystem(system.spaces, operator))
        return
    adjoint = operator.adjoint()
    add([(1.0, "real", f, None)], OpenSystem(system.spaces, operator + adjoint))
    if not f.real:
        add([(1.0, "imag", f, None)], OpenSystem(system.spaces, (operator - adjoint) * 1j))


def _add_jump(jump: Jump, system: OpenSystem, add: Add) -> None:
    def dissipator(operator: OperatorSum) -> OpenSystem:
        return OpenSystem(system.spaces, jumps=(replace(jump, operator=operator, name=""),))

    parts = jump.parts
    alone: list[list[Term]] = [[(1.0, "real", f, f)] for f, _ in parts]
    for m, n in combinations(range(len(parts)), 2):
        (f, c), (g, d) = parts[m], parts[n]
        kinds = [("real", c + d)]
        if not all(p is None or p.real for p in (f, g)):
            kinds.append(("imag", c - d * 1j))
        for part, operator in kinds:
            add([(1.0, part, f, g)], dissipator(operator))
            for k in (m, n):
                alone[k].append((-1.0, part, f, g))
    for (_, c), terms in zip(parts, alone, strict=True):
        add(terms, dissipator(c))
