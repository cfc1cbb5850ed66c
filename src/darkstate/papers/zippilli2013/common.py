"""What the figures of this paper share: pairs, the paper's scale, batched curves, verdicts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.frontdoor import steady_state, steady_states
from darkstate.measures import log_negativity
from darkstate.models import CavityChains
from darkstate.papers.base import Verdict

PAPER_LABEL = r"$E/(1+E)$, $E$ in nats"
SEED = 20130123


def pairs(sites: int, names: str = "AB") -> list[tuple[str, str]]:
    """The pairs (A_j, B_j), or (a_j, b_j) of atoms."""
    return [(f"{names[0]}{j}", f"{names[1]}{j}") for j in range(1, sites + 1)]


def pair_ebits(model: CavityChains) -> NDArray[np.float64]:
    """Log-negativity of every pair, in ebits, (N,)."""
    return log_negativity.many(steady_state(model).state, pairs(model.sites))


def batch_ebits(model: CavityChains, **varied: Any) -> NDArray[np.float64]:
    """Log-negativity of every pair for a batch of parameters, in ebits, (B, N)."""
    return log_negativity.many(steady_states(model, **varied).state, pairs(model.sites))


def paper_scale(ebits: Any) -> NDArray[np.float64]:
    """The paper's ordinate ``E/(1+E)`` with E in nats."""
    nats = np.log(2.0) * np.asarray(ebits)
    return nats / (1.0 + nats)


def judged(everywhere: bool, somewhere: bool = False) -> Verdict:
    """Whether what is claimed was found in all cases looked at, in some of them, or in none."""
    if everywhere:
        return Verdict.REPRODUCED
    return Verdict.CONDITION if somewhere else Verdict.NOT_REPRODUCED


def ours(limit: float, values: Any, below: bool = False) -> str:
    """What to say of a limit that the text does not give: which others give the same verdict.

    Args:
        limit: what all, some or none of `values` reach.
        values: the numbers that are judged.
        below: whether they are to stay below the limit, and not to reach it.
    """
    low, high = float(np.min(values)), float(np.max(values))
    least, most = (high < limit, low >= limit) if below else (low >= limit, high < limit)
    if least:
        span = f"above {high:.2g}" if below else f"up to {low:.2g}"
    elif most:
        span = f"up to {low:.2g}" if below else f"above {high:.2g}"
    else:
        span = f"between {low:.2g} and {high:.2g}"
    return (
        f"The text gives no limit; {limit:g} was chosen when the numbers were known, and any other "
        f"{span} gives the same verdict."
    )
