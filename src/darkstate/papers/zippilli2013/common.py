"""What the figures of this paper share: pairs, the paper's scale, and batched curves."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.frontdoor import steady_state, steady_states
from darkstate.measures import log_negativity
from darkstate.models import CavityChains

PAPER_LABEL = r"$E/(1+E)$, $E$ in nats"


def pairs(sites: int) -> list[tuple[str, str]]:
    """The pairs (A_j, B_j)."""
    return [(f"A{j}", f"B{j}") for j in range(1, sites + 1)]


def pair_ebits(model: CavityChains) -> NDArray[np.float64]:
    """Log-negativity of every pair, in ebits, (N,)."""
    return log_negativity.many(steady_state(model).state, pairs(model.sites))


def batch_ebits(model: CavityChains, **varied: Any) -> NDArray[np.float64]:
    """Log-negativity of every pair for a batch of parameters, in ebits, (B, N)."""
    return log_negativity.many(steady_states(model, **varied).state, pairs(model.sites))


def paper_scale(ebits: NDArray) -> NDArray[np.float64]:
    """The paper's ordinate ``E/(1+E)`` with E in nats."""
    nats = np.log(2.0) * np.asarray(ebits)
    return nats / (1.0 + nats)
