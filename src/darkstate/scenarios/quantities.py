"""Numbers with units: ``"5 MHz"``, ``"2*pi*5 MHz"``, ``"0.1 us"``, ``"3/us"``.

The grammar is tiny and nothing is evaluated: factors joined by ``*`` or ``/`` (or nothing, before a
unit), read from left to right, each a number, ``pi``, or a unit with a small power (``MHz^2``).
Units are seconds, minutes, hours, Hz and rad with the usual prefixes (pint knows their sizes).

A frequency in Hz-type units is an *ordinary rate*: ``5 MHz`` is ``5e6`` per second, without 2 pi.
What is meant as an angular frequency says so: ``2*pi*5 MHz`` (or ``31.4 rad/us``).

Models know pure numbers only. A scenario's ``rate_unit`` says which rate is 1; a quantity is
divided by it (a time is multiplied).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from darkstate.errors import nearest
from darkstate.scenarios.problems import Refusal

POWERS = {"time": -1, "rate": 1, "rate^2": 2, "rate^3": 3}
"""Unit of a field (its ``metadata["unit"]``) -> its power of a rate."""

MAX_LENGTH = 80
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-zµμπ]+)"
    r"|(?P<sign>\*\*|[*/^+-]))"
)
_DEFINITIONS = """
femto- = 1e-15 = f-
pico- = 1e-12 = p-
nano- = 1e-9 = n-
micro- = 1e-6 = µ- = μ- = u-
milli- = 1e-3 = m-
kilo- = 1e3 = k-
mega- = 1e6 = M-
giga- = 1e9 = G-
tera- = 1e12 = T-
second = [time] = s
minute = 60 * second = min
hour = 3600 * second = h
hertz = 1 / second = Hz
radian = [] = rad
"""
_COMMON = ("Hz", "kHz", "MHz", "GHz", "THz", "s", "ms", "us", "ns", "ps", "min", "rad")
_EXAMPLE = "Write for example '5 MHz' (5e6 per second), '2*pi*5 MHz' (angular) or '0.1 us'."


@dataclass(frozen=True)
class Quantity:
    """``value`` in powers of 1/second: ``power`` 1 is a rate, -1 a time, 0 a pure number."""

    value: float
    power: int


@dataclass(frozen=True)
class Units:
    """What the number 1 means for rates.

    Args:
        rate: the rate unit in 1/second; None where the scenario gives none.
        text: how the scenario writes it.
    """

    rate: float | None = None
    text: str = ""

    @classmethod
    def parse(cls, text: Any) -> Units:
        """From the ``rate_unit`` of a scenario; None gives no unit.

        Raises:
            Refusal: it is not a positive rate.
        """
        if text is None:
            return cls()
        remedy = "Write for example MHz, '2*pi*MHz' or '1/us'."
        if not isinstance(text, str):
            raise Refusal("be a unit of rate", text, remedy)
        quantity = parse_quantity(text)
        if quantity.power != 1:
            raise Refusal("be a unit of rate", text, remedy)
        if not quantity.value > 0:
            raise Refusal("be positive", text, remedy)
        return cls(quantity.value, text)

    def number(self, text: str, unit: str | None) -> float:
        """The number that a quantity stands for in a field of `unit` (None: a pure number).

        Raises:
            Refusal: not a quantity, of another dimension, or there is no rate unit.
        """
        if re.fullmatch(r"\s*[-+]?[\d.]+([eE][-+]?\d+)?\s*", text):
            raise Refusal("be a number, not text", text, "Write it without quotes.")
        if not re.search(r"\d|pi|π", text):
            raise Refusal("be a number, or one with a unit", text, _EXAMPLE)
        quantity = parse_quantity(text)
        if quantity.power == 0:
            return quantity.value
        if unit is None:
            raise Refusal("be a pure number", text, "It has no unit: write the number alone.")
        wanted = POWERS[unit]
        if quantity.power != wanted:
            found = {power: name for name, power in POWERS.items()}.get(quantity.power)
            remedy = f"This is a {found or f'rate^{quantity.power}'}. {_EXAMPLE}"
            raise Refusal(f"be a {unit}", text, remedy)
        if self.rate is None:
            remedy = "Add for example 'rate_unit: MHz', the rate that the number 1 stands for."
            raise Refusal("come with a `rate_unit` in the scenario if it has a unit", text, remedy)
        try:
            return _finite(quantity.value / self.rate**wanted, text)
        except ArithmeticError:
            raise Refusal("be finite", text, "Choose a `rate_unit` of a usual size.") from None


def parse_quantity(text: str) -> Quantity:
    """Value and dimension of a text such as ``"2*pi*5 MHz"``.

    Raises:
        Refusal: it does not follow the grammar, has an unknown unit, or is not finite.
    """
    tokens = _tokens(text)
    factor, power, negative = 1.0, 0, False
    if tokens and tokens[0][1] in {"-", "+"}:
        negative = tokens.pop(0)[1] == "-"
    divide = False
    expecting = True
    while tokens:
        kind, token = tokens.pop(0)
        if kind == "sign":
            if expecting or token not in {"*", "/"}:
                raise Refusal("be a number with a unit", text, _EXAMPLE)
            divide, expecting = token == "/", True
            continue
        if not expecting and kind == "number":
            raise Refusal("have a '*' between its factors", text, _EXAMPLE)
        value, order = _factor(kind, token, tokens, text)
        if divide and value == 0:
            raise Refusal("not divide by zero", text, _EXAMPLE)
        factor = factor / value if divide else factor * value
        power += -order if divide else order
        divide, expecting = False, False
    if expecting:
        raise Refusal("be a number with a unit", text, _EXAMPLE)
    return Quantity(_finite(-factor if negative else factor, text), power)


def _tokens(text: str) -> list[tuple[str, str]]:
    if len(text) > MAX_LENGTH:
        raise Refusal(f"be at most {MAX_LENGTH} characters", text, _EXAMPLE)
    tokens, at, end = [], 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise Refusal("be a number with a unit", text, _EXAMPLE)
        tokens.append((match.lastgroup, match.group(match.lastgroup)))
        at = match.end()
    return tokens


def _factor(kind: str, token: str, tokens: list[tuple[str, str]], text: str) -> tuple[float, int]:
    """One factor, the power that follows it taken along: its value and its power of a rate."""
    if kind == "number":
        return float(token), 0
    if token in {"pi", "π"}:
        return math.pi, 0
    value, order = _unit(token, text)
    if tokens and tokens[0][1] in {"^", "**"}:
        tokens.pop(0)
        sign = -1 if tokens and tokens[0][1] == "-" and tokens.pop(0) else 1
        kind, exponent = tokens.pop(0) if tokens else ("", "")
        if kind != "number" or exponent not in {"1", "2", "3"}:
            raise Refusal("have powers 1, 2 or 3 of its units", text, _EXAMPLE)
        value, order = value ** (sign * int(exponent)), order * sign * int(exponent)
    return value, order


@cache
def _registry() -> Any:
    import pint

    registry = pint.UnitRegistry(None)  # type: ignore[arg-type]
    for line in _DEFINITIONS.strip().splitlines():
        registry.define(line)
    return registry


def _unit(name: str, text: str) -> tuple[float, int]:
    import pint

    try:
        factor, base = _registry().get_base_units(name)
    except (pint.PintError, AttributeError, KeyError, ValueError, TypeError):
        remedy = f"{nearest(name, _COMMON)} {_EXAMPLE}"
        raise Refusal(f"have known units ('{name}' is none)", text, remedy) from None
    return float(factor), -int(base.dimensionality.get("[time]", 0))


def _finite(value: float, text: str) -> float:
    if not math.isfinite(value):
        raise Refusal("be finite", text, "The number is too large for a computer.")
    return value
