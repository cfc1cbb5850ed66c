"""Engines: objects with fields that solve an `OpenSystem`, or say why not."""

from darkstate.engines.cascade import Cascade
from darkstate.engines.contract import Cost, Engine, Offer, Solution
from darkstate.engines.density import Collective, Lindblad
from darkstate.engines.gaussian import Gaussian
from darkstate.engines.moments import Moments
from darkstate.engines.trajectories import Trajectories

ENGINES: tuple[type, ...] = (Gaussian, Collective, Lindblad, Cascade, Moments)
"""Engines in the order in which the front door asks them."""

ON_REQUEST: tuple[type, ...] = (Trajectories,)
"""Engines that are never chosen by themselves: they sample."""

__all__ = [
    "ENGINES",
    "ON_REQUEST",
    "Cascade",
    "Collective",
    "Cost",
    "Engine",
    "Gaussian",
    "Lindblad",
    "Moments",
    "Offer",
    "Solution",
    "Trajectories",
]
