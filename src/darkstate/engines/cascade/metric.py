"""In which norm a compression is an orthogonal projection.

Any W with ``W^T V = 1`` lets what is kept (V) drive the stages of the lookahead exactly. What
stages behind them see, and whether the compressed system is stable, depends on W. A cascade is far
from normal: what is left of the state when its last stage is traced out moves by itself. A
projection orthogonal in the plain norm lets the last stage act back on it, a loop that the exact
system does not have and that grows from stage to stage. The norm used here tells the two apart.
With sigma the steady state of the last stage,

    |x|^2 = Tr(sigma^2) |Tr_last x|^2 + eta^2 |x - (Tr_last x) x sigma|^2,

and ``W = G V (V^T G V)^-1`` with the Gram matrix G of this norm. The smaller `eta`, the weaker the
loop (W becomes a function of ``Tr_last x`` alone) and the less W knows of correlations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.cascade.bilinear import ChannelBlocks, Charge
from darkstate.engines.cascade.series import SeriesConnection

Array = NDArray[Any]
Blocks = Mapping[Charge, Array]


@dataclass(frozen=True)
class GramBlocks:
    """Gram matrices, by charge, of the two terms of the norm."""

    alone: Blocks
    rest: Blocks

    def gram(self, eta: float) -> dict[Charge, Array]:
        """G."""
        return {q: block + eta**2 * self.rest[q] for q, block in self.alone.items()}


def gram_blocks(pair: SeriesConnection, state: Array) -> GramBlocks:
    """The norm of a system whose last stage is the second of `pair`.

    Args:
        pair: what is upstream of the stage, and the stage.
        state: steady state of both, on the charge 0.
    """
    stage = pair.second
    zero, t, sigma = stage.zero, stage.trace, np.real(pair.second_alone(state))
    away = np.eye(len(t)) - np.outer(sigma, t)
    alone = {q: np.zeros((n, n)) for q, n in stage.sizes.items()}
    rest = {q: np.eye(n) for q, n in stage.sizes.items()}
    alone[zero], rest[zero] = (sigma @ sigma) * np.outer(t, t), away.T @ away
    first, second = (pair.on_second(ChannelBlocks(zero, blocks)).blocks for blocks in (alone, rest))
    return GramBlocks(first, second)
