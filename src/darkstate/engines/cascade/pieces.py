"""A cascade in pieces: what stands in front, and one part for every stage.

Where exchanging the two rails is a symmetry (`darkstate.engines.cascade.mirror`) all pieces are in
sectors of definite parity.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from darkstate.engines.cascade.mirror import Mixing, halved, mirrored
from darkstate.engines.cascade.parts import Part, nothing, operator_bases, stage_part
from darkstate.engines.cascade.source import source_part, source_thetas
from darkstate.engines.cascade.stages import Chain
from darkstate.systems.traits import LinearSource

Array = NDArray[Any]
FIRST_ORDER = 4
"""Smallest order of the moments of a source that is tried."""


class Pieces:
    """Source and stages as parts.

    Args:
        chain: the stages.
        source: the linear source in front; None if there is none.
        charges: (c, M) charges of its modes.

    Attributes:
        parts: the stages.
        operators: (d^2, n) operators that the coordinates of every charge stand for, by stage.
        mirrored: whether sectors have a parity.
    """

    def __init__(self, chain: Chain, source: LinearSource | None, charges: Array):
        self.chain, self.source, self.charges = chain, source, charges
        entering = [chain.steps, *(stage.steps for stage in chain.stages)]
        self.parts = [stage_part(s, e) for s, e in zip(chain.stages, entering, strict=False)]
        self.operators = [operator_bases(stage.values) for stage in chain.stages]
        self._entrance: Mixing | None = None
        self.mirrored = self._halved()

    def _halved(self) -> bool:
        """Go over to sectors of definite parity, if exchanging the rails is a symmetry."""
        front = None
        if self.source is not None:
            thetas = source_thetas(self.source, self.charges, FIRST_ORDER)
            if thetas is None:
                return False
            front = source_part(self.chain, self.source, self.charges, FIRST_ORDER), thetas
        found = mirrored(self.chain.stages, self.parts, front)
        if found is None:
            return False
        halves, self._entrance = found
        self.parts = [part for part, _ in halves]
        self.operators = [
            {q: bases[q[:-1]] @ half for q, half in sectors.items()}
            for bases, (_, sectors) in zip(self.operators, halves, strict=True)
        ]
        return True

    def front(self, order: int) -> Part:
        """The source up to some order of its moments, or nothing."""
        if self.source is None:
            return nothing(self.parts[0].zero)
        part = source_part(self.chain, self.source, self.charges, order)
        if not self.mirrored:
            return part
        thetas = source_thetas(self.source, self.charges, order)
        assert thetas is not None
        return halved(part, thetas, None, self._entrance)[0]
