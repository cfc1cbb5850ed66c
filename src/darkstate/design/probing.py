"""Derivatives of coefficients by very many parameters, such as the losses of a long chain.

Each coefficient of such a model depends on one entry of its fields: the loss of a site stands in
one jump. Then few directions in the space of all entries tell everything. Along the steps h_k
themselves a coefficient moves by ``c_k' h_k``, along the steps times numbers v_k of their own by
``c_k' h_k v_k``: the ratio says which entry it depends on. A third direction, of random numbers,
must agree; where it does not, or where coefficients are not linear in the entries, parameters are
moved one by one.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from darkstate.design.coefficients import CoefficientSlope, Key, coefficients
from darkstate.design.differences import STEP
from darkstate.design.parameters import Values, with_values
from darkstate.errors import DarkstateError
from darkstate.frontdoor.inputs import as_open_system
from darkstate.systems.open_system import OpenSystem

MANY = 100
"""Entries from which this is tried."""
_LINEAR = 1e-12
"""Of a coefficient: what is left of second differences by rounding."""
_AGREES = 1e-6
"""Of the distance between two v_k, and of the third direction."""


def probed_slopes(
    model: Any, system: OpenSystem, values: Mapping[str, Values]
) -> list[CoefficientSlope] | None:
    """Slopes by all entries of these fields, in their order; None where it cannot be done so.

    Args:
        model: the model.
        system: its system.
        values: of the fields.
    """
    flat = np.concatenate([np.ravel(array) for array in values.values()])
    if len(flat) < MANY or not np.all(flat):  # from zero there may be no way to the left
        return None
    with _no_collection():
        return _Probe(model, values, flat, coefficients(system)).slopes()


class _Probe:
    """Coefficients along directions in the space of all entries."""

    def __init__(
        self, model: Any, values: Mapping[str, Values], flat: Values, here: dict[Key, complex]
    ):
        self.model, self.fields, self.flat, self.steps = model, values, flat, STEP * np.abs(flat)
        self.keys = list(here)
        self.start = np.array(list(here.values()), dtype=complex)

    def slopes(self) -> list[CoefficientSlope] | None:
        """Slopes by all entries; None if coefficients do not depend on one entry each."""
        count = len(self.flat)
        try:
            up, down = self._moved(np.ones(count)), self._moved(-np.ones(count))
            codes = 0.5 + 0.5 * np.arange(1, count + 1) / count
            coded = self._moved(codes)
            drawn = np.random.default_rng(0).uniform(0.5, 1.0, size=count)
            checked = self._moved(drawn)
        except DarkstateError:
            return None
        if any(one is None for one in (up, down, coded, checked)):
            return None
        size = _LINEAR * np.abs(self.start)
        if np.any(np.abs(up + down) > size):
            return None
        moved = np.flatnonzero(np.abs(up) > size)
        ratio = (coded[moved] / up[moved]).real
        owner = np.rint((ratio - 0.5) * 2 * count).astype(int) - 1
        if np.any((owner < 0) | (owner >= count)):
            return None
        apart = np.abs(ratio - codes[owner]) * 2 * count
        wrong = np.abs(checked[moved] - up[moved] * drawn[owner])
        if np.any(apart > 1e-3) or np.any(wrong > _AGREES * np.abs(up[moved])):
            return None
        derivative = 0.5 * (up - down)[moved] / self.steps[owner]
        return self._sorted(moved, owner, derivative)

    def _sorted(self, moved: Any, owner: Any, derivative: Any) -> list[CoefficientSlope]:
        order = np.argsort(owner, kind="stable")
        edges = np.searchsorted(owner[order], np.arange(len(self.flat) + 1))
        keys, derivative = [self.keys[k] for k in moved[order].tolist()], derivative[order]
        return [
            CoefficientSlope(tuple(keys[a:b]), derivative[a:b], derivative[a:b], False)
            for a, b in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
        ]

    def _moved(self, direction: Values) -> Any:
        """By how much the coefficients move; None if others appear or some vanish."""
        entries, changes = self.flat + self.steps * direction, {}
        for name, array in self.fields.items():
            changes[name] = entries[: array.size].reshape(array.shape)
            entries = entries[array.size :]
        found: dict[Key, complex] = coefficients(as_open_system(with_values(self.model, changes)))
        if len(found) != len(self.keys):
            return None
        moved = np.array([found.get(key, np.nan) for key in self.keys], dtype=complex)
        return None if np.any(np.isnan(moved)) else moved - self.start


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without the collector of cycles, which takes half of the time to make millions of terms."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
