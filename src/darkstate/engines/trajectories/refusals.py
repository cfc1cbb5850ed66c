"""What is too much for trajectories, and what to do instead."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from darkstate.errors import ArgumentError, CapacityError

LARGEST_AVERAGE = 1024
"""Largest Hilbert space whose average density matrix is kept over time."""
MOST = 10**6
"""Trajectories of one call: their numbers are listed, and the error falls as the root of them."""
BATCH_BYTES = 2.0**27
"""Memory of the Taylor series of one batch of trajectories."""
BATCHES = 3 * BATCH_BYTES
"""Memory of all that a batch and its second look need."""
FEWER = "Use fewer times, trajectories or Fock states."
NO_WINDOW = (
    "Give Trajectories(burn_in=..., duration=...), several relaxation times each, to average over "
    "time; use engines.Lindblad for a steady state without sampling error."
)


def missing_window(burn_in: float | None, duration: float | None) -> ArgumentError | None:
    """The refusal of a steady state where nothing says how long to wait and to average."""
    for name, value in (("burn_in", burn_in), ("duration", duration)):
        if value is None:
            return ArgumentError(name, "be given for a steady state", None, NO_WINDOW)
    return None


def memory_of(size: int, times: int) -> float:
    """Bytes of average matrices of `size` states over times."""
    return 16.0 * size**2 * (times + 3) + BATCHES


def size_of(dims: Sequence[int]) -> str:
    """The answer to a question of an offer."""
    return f"How large is the Hilbert space? {prod(dims)} states in {len(dims)} spaces"


def too_large(size: int) -> CapacityError:
    """No average of so many states."""
    return CapacityError(
        f"Average density matrices of {size} states are more than {LARGEST_AVERAGE}, the most that "
        "are kept over time.",
        "Use Trajectories.ensemble(system, times), which keeps vectors.",
    )


def too_long(span: float, norm: float) -> CapacityError:
    """No evolution over so many periods."""
    return CapacityError(
        f"Trajectories follow the fastest scale, {norm:.3g}, and a time of {span:.3g} is "
        f"{span * norm:.2g} times its inverse: that would not end, or drown in rounding.",
        "Use shorter times, or engines.Lindblad, which knows when a state is stationary.",
    )
