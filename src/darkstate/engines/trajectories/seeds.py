"""Seeds: one stream of random numbers for each trajectory, known by two numbers.

Trajectory k draws from ``SeedSequence(entropy, spawn_key=(k,))`` and from nothing else, so that it
can be run again alone, in any batch and on any machine: entropy and k say all.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from darkstate.checks import check_integer
from darkstate.errors import ArgumentError


def entropy_of(seed: int | None) -> int:
    """The seed itself, or fresh entropy of the operating system."""
    if seed is not None:
        return int(seed)
    fresh = np.random.SeedSequence().entropy
    assert isinstance(fresh, int)
    return fresh


def streams(entropy: int, numbers: Sequence[int]) -> list[np.random.Generator]:
    """The generators of the trajectories of these numbers."""
    return [_generator(entropy, (k,)) for k in numbers]


def bridges(entropy: int, numbers: Sequence[int]) -> list[np.random.Generator]:
    """Further generators, for what divides the noise of steps that are halved."""
    return [_generator(entropy, (k, 0)) for k in numbers]


def _generator(entropy: int, key: tuple[int, ...]) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy, spawn_key=key)))


def chosen_numbers(only: Sequence[int] | None, trajectories: int) -> list[int]:
    """The numbers of the trajectories to run: all of them, or those asked for.

    Raises:
        ArgumentError: no number, a negative one, or one that is no whole number.
    """
    if only is None:
        return list(range(trajectories))
    remedy = "Give the numbers of the trajectories to run, counted from 0."
    if not isinstance(only, Sequence | np.ndarray) or isinstance(only, str) or not len(only):
        raise ArgumentError("only", "be a list of trajectory numbers", only, remedy)
    return [check_integer("only", number, minimum=0, remedy=remedy) for number in only]


def provenance_of(entropy: int, numbers: Sequence[int]) -> dict[str, object]:
    """What a report keeps so that every trajectory can be run again."""
    return {"entropy": entropy, "spawn_key": f"(k,), k = {min(numbers)} .. {max(numbers)}"}
