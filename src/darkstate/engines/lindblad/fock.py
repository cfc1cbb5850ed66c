"""Fock cut-offs: how much of a field they miss, and when to give up."""

from __future__ import annotations

from typing import Any

import numpy as np

from darkstate.errors import NumericalError
from darkstate.systems.open_system import OpenSystem

FULL_EDGE = 0.1
"""Population of the highest Fock states at which the field does not fit at all."""


def edge_populations(state: Any, system: OpenSystem, modes: list[int]) -> dict[str, float]:
    """Population of the highest Fock states of each mode: the larger of two, as one parity may
    be empty.
    """
    found = {}
    for k in modes:
        label = system.labels[k]
        local = state.reduced(label).matrix
        last = 2 if len(local) > 3 else 1
        found[f"Fock edge of {label}"] = float(np.max(np.real(np.diag(local))[-last:]))
    return found


def grown(dims: tuple[int, ...], modes: list[int]) -> tuple[int, ...]:
    """Half as many Fock states again."""
    return tuple(max(n + 1, (3 * n) // 2) if k in modes else n for k, n in enumerate(dims))


def require_room(edges: dict[str, float], state: Any, system: OpenSystem, modes: list[int]) -> None:
    """Refuse a field that its Fock states cannot hold: no number from it means anything.

    Raises:
        NumericalError: the highest Fock state is not a small tail, with the cutoff to try.
    """
    for (name, value), k in zip(edges.items(), modes, strict=True):
        if value > FULL_EDGE:
            tail = np.real(np.diag(state.reduced(system.labels[k]).matrix))
            cutoff = len(tail)
            # populations fall geometrically at best; every second one, as squeezing skips odd ones
            falls = float(np.clip((tail[-1] / max(tail[max(0, cutoff - 3)], 1e-300)), 0.0, 0.9))
            more = 2.0 * np.log(1e-6 / value) / np.log(max(falls, 1e-3))
            raise NumericalError(
                f"{name} holds {value:.2g} of the population with cutoff={cutoff}: the field does "
                f"not fit, and no number of this state means anything. Use a cutoff of "
                f"{int(max(2 * cutoff, cutoff + more))} or more, or leave `cutoff` to be grown."
            )
