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
from dataclasses import dataclass
from typing import Any

import numpy as np

from darkstate.design.coefficients import CoefficientSlope, Key, coefficients
from darkstate.design.differences import step_at
from darkstate.design.parameters import Values, with_values
from darkstate.errors import DarkstateError
from darkstate.frontdoor.inputs import as_open_system
from darkstate.systems.open_system import OpenSystem

MANY = 4
"""Entries from which this is tried."""
_LINEAR = 1e-12
"""Of a coefficient: what is left of second differences by rounding."""
_APART, _AGREES = 1e-3, 1e-6
"""Of the distance between two v_k, and of a move along the third direction."""


def probed_slopes(
    model: Any, system: OpenSystem, values: Mapping[str, Values], scale: float
) -> list[CoefficientSlope] | None:
    """Slopes by all entries of these fields, in their order; None where it cannot be done so.

    Args:
        model: the model.
        system: its system.
        values: of the fields.
        scale: the largest rate, by which entries that are zero are moved.
    """
    flat = np.concatenate([np.zeros(0), *(np.ravel(array) for array in values.values())])
    if len(flat) < MANY:
        return None
    with _no_collection():
        steps = np.array([step_at(p, scale) for p in flat.tolist()])
        return _Probe(model, values, flat, steps, coefficients(system)).slopes()


@dataclass(frozen=True, eq=False)
class _Probe:
    """Coefficients along directions in the space of all entries."""

    model: Any
    fields: Mapping[str, Values]
    flat: Values
    steps: Values
    here: dict[Key, complex]

    def slopes(self) -> list[CoefficientSlope] | None:
        """Slopes by all entries; None if coefficients do not depend on one entry each."""
        count = len(self.flat)
        codes = 0.5 + 0.5 * np.arange(1, count + 1) / count
        drawn = np.random.default_rng(0).uniform(0.5, 1.0, size=count)
        directions = (np.ones(count), -np.ones(count), codes, drawn)
        try:
            found = [self._coefficients(direction) for direction in directions]
        except DarkstateError:
            return None
        keys = list(dict.fromkeys(key for one in (self.here, *found) for key in one))
        start, *ends = (
            np.array([one.get(key, 0.0) for key in keys], dtype=complex)
            for one in (self.here, *found)
        )
        up, down, coded, checked = (end - start for end in ends)
        size = _LINEAR * (np.abs(start) + np.abs(up))
        if np.any(np.abs(up + down) > size):
            return None
        moved = np.flatnonzero(np.abs(up) > size)
        ratio = (coded[moved] / up[moved]).real
        owner = np.rint((ratio - 0.5) * 2 * count).astype(int) - 1
        if np.any((owner < 0) | (owner >= count)):
            return None
        apart = np.abs(ratio - codes[owner]) * 2 * count
        wrong = np.abs(checked[moved] - up[moved] * drawn[owner])
        if np.any(apart > _APART) or np.any(wrong > _AGREES * np.abs(up[moved])):
            return None
        derivative = 0.5 * (up - down)[moved] / self.steps[owner]
        return self._sorted([keys[k] for k in moved.tolist()], owner, derivative)

    def _sorted(self, moved: list[Key], owner: Any, derivative: Any) -> list[CoefficientSlope]:
        """What moves, entry by entry."""
        order = np.argsort(owner, kind="stable")
        edges = np.searchsorted(owner[order], np.arange(len(self.flat) + 1))
        keys, derivative = [moved[k] for k in order.tolist()], derivative[order]
        return [
            CoefficientSlope(tuple(keys[a:b]), derivative[a:b], derivative[a:b], False)
            for a, b in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
        ]

    def _coefficients(self, direction: Values) -> dict[Key, complex]:
        """Those of the model with all entries moved."""
        entries, changes = self.flat + self.steps * direction, {}
        for name, array in self.fields.items():
            changes[name] = entries[: array.size].reshape(array.shape)
            entries = entries[array.size :]
        return coefficients(as_open_system(with_values(self.model, changes)))


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
