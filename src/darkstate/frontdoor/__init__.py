"""The front door: steady states, evolution, and the explanation of what would be done."""

from darkstate.engines.contract import Task, ask, run
from darkstate.frontdoor.batches import solve_models, steady_states
from darkstate.frontdoor.correlations import correlation, emission_spectrum, g1, g2, spectrum
from darkstate.frontdoor.dynamics import evolve, preparation_time
from darkstate.frontdoor.explain import Explanation, explain
from darkstate.frontdoor.inputs import Model, as_open_system, as_system, described
from darkstate.frontdoor.linear import conditional_state, output_states
from darkstate.frontdoor.observe import observe
from darkstate.frontdoor.selection import choose
from darkstate.frontdoor.solve import solve, steady_state

__all__ = [
    "Explanation",
    "Model",
    "Task",
    "as_open_system",
    "as_system",
    "ask",
    "choose",
    "conditional_state",
    "correlation",
    "described",
    "emission_spectrum",
    "evolve",
    "explain",
    "g1",
    "g2",
    "observe",
    "output_states",
    "preparation_time",
    "run",
    "solve",
    "solve_models",
    "spectrum",
    "steady_state",
    "steady_states",
]
