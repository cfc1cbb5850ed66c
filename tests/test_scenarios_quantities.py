"""Quantities with units in scenario files."""

from __future__ import annotations

import math

import pytest

from darkstate.errors import ScenarioError
from darkstate.scenarios import parse_scenario
from darkstate.scenarios.problems import Refusal
from darkstate.scenarios.quantities import Quantity, Units, parse_quantity


@pytest.mark.parametrize(
    ("text", "value", "power"),
    [
        ("5 MHz", 5e6, 1),
        ("5MHz", 5e6, 1),
        ("2*pi*5 MHz", 2 * math.pi * 5e6, 1),
        ("2π*5 kHz", 2 * math.pi * 5e3, 1),
        ("-50 kHz", -5e4, 1),
        ("0.1 us", 1e-7, -1),
        ("0.1 µs", 1e-7, -1),
        ("3/us", 3e6, 1),
        ("1e3 rad/s", 1e3, 1),
        ("2 min", 120.0, -1),
        ("4 MHz^2", 4e12, 2),
        ("4 MHz**2", 4e12, 2),
        ("1 s^-1", 1.0, 1),
        ("pi/2", math.pi / 2, 0),
        ("MHz", 1e6, 1),
    ],
)
def test_quantities(text, value, power):
    found = parse_quantity(text)
    assert found == Quantity(pytest.approx(value, rel=1e-14), power)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "5 eV", "5 mhz", "5 +", "5 MHz +", "* 3", "3 * * 4", "2**9 MHz", "(5) MHz",
        "5 MHz^9", "5 MHz^", "__import__('os')", "1e999 MHz", "1/0", "5; 3", "5 MHz" * 30,
        "1e308*1e308 Hz", "0.1.2", "2 5 Hz",
        "5 MHz ^ 2 ^ 2", "nan Hz", "inf Hz", "5 dB", "5 Hz\x00",
    ],
)  # fmt: skip
def test_what_is_no_quantity(text):
    with pytest.raises(Refusal):
        parse_quantity(text)


def test_a_quantity_is_counted_in_the_rate_unit():
    units = Units.parse("2*pi*MHz")
    assert units.number("2*pi*5 MHz", "rate") == pytest.approx(5)
    assert units.number("5 MHz", "rate") == pytest.approx(5 / (2 * math.pi))
    assert units.number("1 us", "time") == pytest.approx(2 * math.pi)
    assert units.number("1/us^2", "rate^2") == pytest.approx(1 / (2 * math.pi) ** 2)


@pytest.mark.parametrize(
    ("unit", "field", "said"),
    [
        ("MHz", "loss: 3 us", "must be a rate, but is '3 us'. This is a time."),
        ("MHz", "loss: 3 kHz^2", "This is a rate^2."),
        ("MHz", "loss: '3'", "must be a number, not text, but is '3'. Write it without quotes."),
        ("MHz", "sites: 3 MHz", "must be a whole number"),
        (None, "loss: 3 kHz", "Add for example 'rate_unit: MHz'"),
        ("MHz", "drive: {kind: SqueezedDrive, nbar: 3 kHz}", "must be a pure number"),
        ("MHz", "loss: 3 mhz", "('mhz' is none)"),
        ("us", "loss: 0", "`rate_unit` must be a unit of rate, but is 'us'"),
        ("0 MHz", "loss: 0", "`rate_unit` must be positive"),
        ("[1]", "loss: 0", "`rate_unit` must be a unit of rate"),
        ("1e-200 Hz", "loss: 1e200 Hz", "must be finite"),
    ],
)
def test_units_that_do_not_fit(unit, field, said):
    head = f"rate_unit: {unit}\n" if unit else ""
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(
            f"{head}model:\n  kind: CavityChains\n  sites: 2\n  {field}\n".replace(
                "  sites: 2\n  sites", "  sites"
            )
        )
    assert said in str(caught.value)
