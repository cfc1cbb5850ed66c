"""Moment engine: means and covariances of collective spins, from ten atoms to 1e12.

`compile.py` derives the equations from the `OpenSystem`, `packing.py` makes one vector of them in
numbers of order one, `solving.py` finds steady states and evolves, `engine.py` is the engine.
"""

from darkstate.engines.moments.compile import MomentEquations, moment_equations
from darkstate.engines.moments.engine import Moments

__all__ = ["MomentEquations", "Moments", "moment_equations"]
