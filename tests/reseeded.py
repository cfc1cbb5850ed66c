"""Other random numbers: every seed becomes another one.

``pytest --reseed 7`` runs tests with draws that nobody has looked at. What is true of one sample
only, and what does not follow from the statistics, fails in one of some tens of such runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


@contextmanager
def random_numbers(shift: int) -> Iterator[None]:
    """Everything inside draws as with seeds of its own, for each `shift`."""
    sequence, generator = np.random.SeedSequence, np.random.default_rng

    class Shifted(sequence):
        def __init__(self, entropy: Any = None, *, spawn_key: Any = (), **options: Any) -> None:
            super().__init__(entropy, spawn_key=(*spawn_key, 1_000_000 + shift), **options)

    def shifted(seed: Any = None) -> np.random.Generator:
        whole = seed is None or isinstance(seed, (int, np.integer, list, tuple))
        return generator(Shifted(seed) if whole else seed)

    np.random.SeedSequence, np.random.default_rng = Shifted, shifted  # type: ignore[misc]
    try:
        yield
    finally:
        np.random.SeedSequence, np.random.default_rng = sequence, generator  # type: ignore[misc]
