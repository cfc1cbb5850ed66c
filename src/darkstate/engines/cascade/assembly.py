"""The assembly of a cascade: what stands in front, and one bilinear system for every stage.

Where exchanging the two rails is a symmetry (`darkstate.engines.cascade.parity`) all of them are in
sectors of definite parity.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from darkstate.engines.cascade.bilinear import (
    BilinearSystem,
    operator_bases,
    stage_system,
    trivial_system,
)
from darkstate.engines.cascade.parity import ChannelParity, parity_sectors, split_by_rail_parity
from darkstate.engines.cascade.source import source_system, source_thetas
from darkstate.engines.cascade.stages import StageChain
from darkstate.systems.traits import LinearSource

Array = NDArray[Any]
FIRST_ORDER = 4
"""Smallest order of the moments of a source that is tried."""


class Assembly:
    """Source and stages as bilinear systems.

    Args:
        chain: the stages.
        source: the linear source in front; None if there is none.
        charges: (c, M) charges of its modes.

    Attributes:
        systems: the stages.
        operators: (d^2, n) operators that the coordinates of every charge stand for, by stage.
        has_rail_parity: whether sectors have a parity.
    """

    def __init__(self, chain: StageChain, source: LinearSource | None, charges: Array):
        self.chain, self.source, self.charges = chain, source, charges
        entering = [chain.steps, *(stage.steps for stage in chain.stages)]
        self.systems = [stage_system(s, e) for s, e in zip(chain.stages, entering, strict=False)]
        self.operators = [operator_bases(stage.values) for stage in chain.stages]
        self._entrance: ChannelParity | None = None
        self.has_rail_parity = self._split_by_parity()

    def _split_by_parity(self) -> bool:
        """Go over to sectors of definite parity, if exchanging the rails is a symmetry."""
        front = None
        if self.source is not None:
            thetas = source_thetas(self.source, self.charges, FIRST_ORDER)
            if thetas is None:
                return False
            front = source_system(self.chain, self.source, self.charges, FIRST_ORDER), thetas
        found = split_by_rail_parity(self.chain.stages, self.systems, front)
        if found is None:
            return False
        halves, self._entrance = found
        self.systems = [system for system, _ in halves]
        self.operators = [
            {q: bases[q[:-1]] @ half for q, half in sectors.items()}
            for bases, (_, sectors) in zip(self.operators, halves, strict=True)
        ]
        return True

    def front(self, order: int) -> BilinearSystem:
        """The source up to some order of its moments, or nothing."""
        if self.source is None:
            return trivial_system(self.systems[0].zero)
        system = source_system(self.chain, self.source, self.charges, order)
        if not self.has_rail_parity:
            return system
        thetas = source_thetas(self.source, self.charges, order)
        assert thetas is not None
        return parity_sectors(system, thetas, None, self._entrance)[0]
