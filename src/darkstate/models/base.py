"""What every model shares: parameters as plain values, and the exact truths it carries.

A model is a frozen dataclass. ``model.system()`` gives the `OpenSystem` that engines read,
``model.truths()`` the values known exactly for these parameters. Models know no engine.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from darkstate.checks import check_array
from darkstate.errors import CapacityError
from darkstate.systems.operators import OperatorSum
from darkstate.systems.pulses import Pulse
from darkstate.systems.signals import signal

RATE = {"unit": "rate"}
"""Metadata of fields that are rates or frequencies: scenario files give them with units."""


def usual(low: float, high: float) -> dict[str, tuple[float, float]]:
    """Metadata of fields: between which values they are usually looked at; no rule for them."""
    return {"usual": (low, high)}


Example = Mapping[str, Any]
"""Parameters of a model by name, as a scenario file has them."""


@dataclass(frozen=True)
class Truth:
    """An exactly known value of a measure in the steady state of a model.

    Args:
        measure: name of a measure, such as ``"log_negativity"``.
        groups: the labels that it takes, one entry per party.
        value: the exact value.
        statement: the equation and the condition under which it holds.
        reference: where it comes from.
    """

    measure: str
    groups: tuple[str | tuple[str, ...], ...]
    value: float
    statement: str
    reference: str


Couplings = Mapping[str, Pulse]
"""Pulses f(t) by the site whose coupling to light they multiply: ``L -> f(t) L``."""
CONSTANT: Couplings = MappingProxyType({})
"""Nothing is modulated."""


def modulated(coupling: OperatorSum, site: str, couplings: Couplings) -> OperatorSum:
    """The coupling operator of a site, times its pulse if it has one."""
    return signal(couplings[site]) * coupling if site in couplings else coupling


class Parameters:
    """Mixin of models: their parameters as plain values.

    Attributes:
        example: parameters of a first scenario, as `darkstate new` writes it; the last one is a
            number that a first sweep varies.
        example_measures: what is measured in it.
    """

    example: ClassVar[Example]
    example_measures: ClassVar[tuple[str, ...]] = ("log_negativity", "purity")

    def parameters(self) -> dict[str, Any]:
        """Name and all parameters, defaults included, as plain values."""
        plain: dict[str, Any] = {"model": type(self).__name__}
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            plain[field.name] = _plain(getattr(self, field.name))
        return plain


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {"kind": type(value).__name__} | {
            field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    return value


def freeze(model: Any, name: str, value: Any) -> None:
    """Set a checked, converted field of a frozen model in its ``__post_init__``."""
    object.__setattr__(model, name, value)


def refuse_many_sites(sites: int, most: int, remedy: str) -> None:
    """Refuse to build a system of more than `most` sites a chain, before anything is built.

    Raises:
        CapacityError: there are more.
    """
    if sites > most:
        raise CapacityError(
            f"`sites` must be <= {most} for a system to be built, but is {sites}.", remedy
        )


def freeze_per_site(model: Any, name: str, count: int, *, minimum: float | None = None) -> None:
    """Check field `name` (one number, or `count` numbers) and store it as a float or a tuple."""
    value = getattr(model, name)
    shape = () if isinstance(value, int | float | np.number) else (count,)  # nothing large for one
    array = check_array(name, value, shape, minimum=minimum)
    scalar = np.ndim(value) == 0
    freeze(model, name, float(np.asarray(value)) if scalar else tuple(array.tolist()))
