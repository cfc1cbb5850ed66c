"""Numbers with units: ``"5 MHz"``, ``"2*pi*5 MHz"``, ``"0.1 us"``, ``"3/us"``, by pint.

A strict grammar comes first: factors joined by ``*`` or ``/`` (or nothing, before a unit), read
from left to right, each a number, ``pi``, or a unit with a small power (``MHz^2``); nothing else
reaches pint. Its registry here knows seconds, minutes, hours, Hz and rad with the usual prefixes.

A frequency in Hz-type units is an *ordinary rate*: ``5 MHz`` is ``5e6`` per second, without 2 pi.
What is meant as an angular frequency says so: ``2*pi*5 MHz`` (or ``31.4 rad/us``).

Models know pure numbers only. A scenario's ``rate_unit`` says which rate is 1; a quantity is
divided by it (a time is multiplied).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from darkstate.errors import nearest
from darkstate.scenarios.problems import Refusal

POWERS = {"time": -1, "rate": 1, "rate^2": 2, "rate^3": 3}
"""Unit of a field (its ``metadata["unit"]``) -> its power of a rate."""

MAX_LENGTH = 80
_NUMBER = r"(?>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
_NAME = r"(?>[A-Za-zµμπ]+)(?:\s*+(?:\^|\*\*)\s*+-?[123](?![\d.]))?"
_FACTOR = rf"(?:{_NUMBER}|{_NAME})"
_GRAMMAR = re.compile(rf"\s*+[-+]?\s*+{_FACTOR}(?:\s*+[*/]\s*+{_FACTOR}|\s*+{_NAME})*+\s*+")
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


@cache
def _registry() -> Any:
    import pint

    registry = pint.UnitRegistry(None)  # type: ignore[arg-type]
    for line in _DEFINITIONS.strip().splitlines():
        registry.define(line)
    return registry


@lru_cache(maxsize=1024)
def parse_quantity(text: str) -> Quantity:
    """Value and dimension of a text such as ``"2*pi*5 MHz"``.

    Raises:
        Refusal: it does not follow the grammar, has an unknown unit, or is not finite.
    """
    if len(text) > MAX_LENGTH:
        raise Refusal(f"be at most {MAX_LENGTH} characters", text, _EXAMPLE)
    if not _GRAMMAR.fullmatch(text):
        raise Refusal("be a number with a unit", text, _EXAMPLE)
    from pint import UndefinedUnitError

    registry = _registry()
    try:
        found = registry.parse_expression(text.strip().replace("π", "pi"), pi=math.pi)
        base = registry.Quantity(found).to_base_units()
    except UndefinedUnitError as error:
        name = error.unit_names if isinstance(error.unit_names, str) else error.unit_names[0]
        remedy = f"{nearest(name, _COMMON)} {_EXAMPLE}"
        raise Refusal(f"have known units ('{name}' is none)", text, remedy) from None
    except ArithmeticError:
        raise Refusal("be finite", text, _EXAMPLE) from None
    power = -int(base.dimensionality.get("[time]", 0))
    return Quantity(_finite(float(base.magnitude), text), power)


def _finite(value: float, text: str) -> float:
    if not math.isfinite(value):
        raise Refusal("be finite", text, "The number is too large for a computer.")
    return value
