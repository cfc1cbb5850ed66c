"""Systems whose coefficients differ by many orders of magnitude, and what hides in them.

A rate of ``g^2/gamma`` below rounding looks like zero, and what it relaxes like a conserved
quantity. What is conserved by the structure of a system stays so whatever the sizes of its
coefficients are: if fewer quantities are conserved once wide gaps between sizes are closed, some
only seemed to be. Equal coefficients stay equal, and ratios within a group of sizes stay.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.density.basis import Blocks
from darkstate.engines.density.compile import compiled
from darkstate.engines.density.conserved import local_conserved
from darkstate.engines.density.generator import Generator
from darkstate.engines.density.long_time import LARGEST, conserved_count
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.operators import OperatorSum

_GAP = 30.0
"""Sizes further apart than this are brought to this distance."""


def seemingly_conserved(system: OpenSystem, blocks: Blocks, generator: Generator) -> int:
    """How many quantities look conserved, but are not with coefficients of similar size."""
    closer = _closer(system)
    return 0 if closer is system else _count(generator) - _count(compiled(closer, blocks))


def _count(generator: Generator) -> int:
    if generator.blocks.numbers <= LARGEST:
        return conserved_count(generator)
    return len(local_conserved(generator))


def _closer(system: OpenSystem) -> OpenSystem:
    """The system with no wide gaps between the sizes of its coefficients; itself if it has none."""
    sizes = [abs(c) for _, c in system.hamiltonian]
    sizes += [jump.rate * abs(c) ** 2 for jump in system.jumps for _, c in jump.operator]
    known, moved = _gaps_closed(sizes)
    if np.array_equal(known, moved):
        return system

    def to(size: float) -> float:
        return float(moved[np.searchsorted(known, size)])

    hamiltonian = OperatorSum({p: c * (to(abs(c)) / abs(c)) for p, c in system.hamiltonian if c})
    jumps = []
    for jump in system.jumps:
        rates = [(p, c, jump.rate * abs(c) ** 2) for p, c in jump.operator]
        terms = {p: c * ((to(rate) / jump.rate) ** 0.5 / abs(c)) for p, c, rate in rates if rate}
        jumps.append(replace(jump, operator=OperatorSum(terms)))
    return replace(system, hamiltonian=hamiltonian, jumps=tuple(jumps))


def _gaps_closed(sizes: Iterable[float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Increasing sizes above zero, and what becomes of them; the largest one stays."""
    known = np.unique([size for size in sizes if size > 0.0])
    excess = np.maximum(np.log(known[1:] / known[:-1]) - np.log(_GAP), 0.0)
    raised = np.append(np.cumsum(excess[::-1])[::-1], 0.0)
    return known, np.where(raised > 0.0, known * np.exp(raised), known)
