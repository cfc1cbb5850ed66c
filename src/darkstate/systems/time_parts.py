"""A generator that depends on time, as a sum of constant ones with real coefficients.

    L(t) = sum_j r_j(t) L_j,      r_j real, every L_j of Lindblad form.

It is what every engine needs that follows a system in time: each compiles the L_j once, as it
compiles any system, and only numbers change. A term ``f O + h.c.`` is ``Re f`` times ``O + O†`` and
``Im f`` times ``i (O - O†)``, both Hamiltonians; a jump ``sum_m g_m c_m`` is, ``z = g_m g_n*``,

    sum_m |g_m|^2 D[c_m] + sum_(m<n) Re z X_mn + Im z Y_mn,
    X_mn = D[c_m + c_n] - D[c_m] - D[c_n],    Y_mn = D[c_m - i c_n] - D[c_m] - D[c_n].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
_CLOSE = 32
"""Looks from one stop to the next."""


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
            key = tuple(terms)
            before = found.get(key, OpenSystem(system.spaces))
            hamiltonian = before.hamiltonian + part.hamiltonian
            found[key] = replace(before, hamiltonian=hamiltonian, jumps=before.jumps + part.jumps)

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
        values: list[Any] = [1.0, *(pulse(times) for pulse in self.pulses)]
        places, terms = self._places
        for k, operator in places:
            value = values[k]
            if np.iscomplexobj(value) and np.any(np.abs(value.imag) > _ROUNDING * np.abs(value)):
                rule = f"be real in front of the Hermitian {operator}"
                remedy = "Give half of it: Drive(create(a), f) adds f a† + f* a."
                raise ArgumentError("coefficient", rule, value, remedy)
        result = np.zeros((len(times), len(self.terms)))
        for j, sign, imaginary, f, g in terms:
            z = values[f] * np.conj(values[g])
            result[:, j] += sign * (np.imag(z) if imaginary else np.real(z))
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
        found = {t for pulse in self.pulses for t in pulse.stops}
        for pulse in self.pulses:
            kinds = {part.kind for part in pulse.parts()}
            if kinds & {"function", "samples"}:
                grid = _grid_of(pulse, start, end)
                found |= _where_at_work(grid, pulse(grid))
        return sorted(t for t in found if start < t < end)

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


def _grid_of(pulse: Pulse, start: float, end: float) -> NDArray[np.float64]:
    """Equal steps, and the times of samples."""
    times = [np.linspace(start, end, _LOOKS + 1)]
    times += [np.array(dict(q.parameters)["times"]) for q in pulse.parts() if q.kind == "samples"]
    grid = np.unique(np.concatenate(times))
    return grid[(grid >= start) & (grid <= end)]


def _where_at_work(grid: NDArray[np.float64], values: NDArray[Any]) -> set[float]:
    """Where the values begin and end to change, for every size of a change."""
    moves, size, found = np.abs(np.diff(values)), float(np.abs(values).max()), set[float]()
    for least in _AT_WORK:
        places = np.flatnonzero(moves > least * size)
        if size and len(places):
            gaps = np.flatnonzero(np.diff(places) > _PAUSE)
            first = np.concatenate([places[:1], places[gaps + 1]])
            last = np.concatenate([places[gaps], places[-1:]])
            found |= set(grid[np.concatenate([first, last + 1])].tolist())
    return found


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
