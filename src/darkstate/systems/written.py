"""Open systems as plain values and back: what a stored result keeps of a system of one's own.

Operators are lists of ``[coefficient, [[label, word], ...]]``, spaces and pulses their kind with
their parameters. Functions of time cannot be written; a system with one is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from darkstate.errors import ArgumentError
from darkstate.systems.open_system import Drive, Jump, Monitor, OpenSystem
from darkstate.systems.operators import OperatorSum
from darkstate.systems.pulses import Pulse
from darkstate.systems.shapes import SHAPES
from darkstate.systems.signals import signal
from darkstate.systems.spaces import Ensemble, Levels, Mode, Qubit, Space, Spin, level_places

KINDS: Mapping[str, type[Space]] = {
    kind.kind: kind for kind in (Mode, Qubit, Spin, Ensemble, Levels)
}
"""Spaces by the name of their kind."""


def is_writable(system: OpenSystem) -> bool:
    """Whether nothing in a system is a function of time, which no file can hold."""
    coefficients = [drive.coefficient for drive in system.drives]
    coefficients += [f for jump in system.jumps for f, _ in jump.parts if f is not None]
    return not any(part.kind == "function" for pulse in coefficients for part in pulse.parts())


def written_system(system: OpenSystem) -> dict[str, Any]:
    """A system as plain values (`is_writable`)."""
    jumps = [
        {
            "parts": [
                [None if f is None else _written_pulse(f), _written(c)] for f, c in jump.parts
            ],
            "rate": jump.rate,
            "name": jump.name,
            "each_atom": jump.each_atom,
        }
        for jump in system.jumps
    ]
    monitors = [[m.channel, m.kind, m.efficiency, m.angle] for m in system.monitors]
    drives = [[_written(d.operator), _written_pulse(d.coefficient)] for d in system.drives]
    return {
        "spaces": [[space.kind, *space.arguments] for space in system.spaces],
        "hamiltonian": _written(system.hamiltonian),
        "jumps": jumps,
        "monitors": monitors,
        "drives": drives,
    }


def read_system(plain: Mapping[str, Any]) -> OpenSystem:
    """The system that `written_system` wrote.

    Raises:
        ArgumentError: it is none.
    """
    try:
        spaces = tuple(KINDS[kind](*arguments) for kind, *arguments in plain["spaces"])
        known = {space.label: space for space in spaces}
        jumps = []
        for jump in plain["jumps"]:
            operator = OperatorSum()
            for pulse, terms in jump["parts"]:
                part = _read(terms, known)
                operator = operator + (part if pulse is None else signal(_read_pulse(pulse)) * part)
            jumps.append(Jump(operator, jump["rate"], jump["name"], jump["each_atom"]))
        monitors = tuple(Monitor(*values) for values in plain["monitors"])
        drives = tuple(Drive(_read(o, known), _read_pulse(f)) for o, f in plain["drives"])
        return OpenSystem(
            spaces, _read(plain["hamiltonian"], known), tuple(jumps), monitors, drives
        )
    except (KeyError, TypeError, ValueError) as error:
        remedy = "Give what written_system(system) returned."
        raise ArgumentError("plain", "be a written system", str(error), remedy) from error


def written_operator(operator: OperatorSum) -> dict[str, Any]:
    """An operator with its spaces as plain values; equal ones are written alike."""
    terms = [
        [[complex(c).real, complex(c).imag], [[s.label, _written_word(s, w)] for s, w in product]]
        for product, c in operator
    ]
    spaces = [[space.kind, *space.arguments] for space in operator.spaces]
    return {"spaces": spaces, "terms": sorted(terms, key=lambda term: repr(term[1]))}


def _written(operator: OperatorSum) -> list[Any]:
    return [
        [c, [[space.label, _written_word(space, word)] for space, word in product]]
        for product, c in operator
    ]


def _written_word(space: Space, word: str) -> str:
    if not isinstance(space, Levels):
        return word
    to, origin = level_places(word)
    return f"{to}<{origin}"


def _read(terms: list[Any], known: Mapping[str, Space]) -> OperatorSum:
    return OperatorSum(
        {
            tuple((known[label], _read_word(known[label], word)) for label, word in product): c
            for c, product in terms
        }
    )


def _read_word(space: Space, word: str) -> str:
    if not isinstance(space, Levels):
        return word
    to, origin = map(int, word.split("<"))
    return next(iter(space.word(to, origin)))


def _written_pulse(pulse: Pulse) -> dict[str, Any]:
    return {"kind": pulse.kind, **{name: _written_value(v) for name, v in pulse.parameters}}


def _written_value(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_written_value(one) for one in value)
    return _written_pulse(value) if isinstance(value, Pulse) else value


def _read_pulse(plain: Mapping[str, Any]) -> Pulse:
    parameters = tuple((name, _read_value(v)) for name, v in plain.items() if name != "kind")
    if plain["kind"] not in SHAPES:
        raise KeyError(plain["kind"])
    return Pulse(plain["kind"], parameters)


def _read_value(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return tuple(_read_value(one) for one in value)
    return _read_pulse(value) if isinstance(value, Mapping) else value
