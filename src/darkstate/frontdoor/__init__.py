"""The front door: steady states, evolution, and the explanation of what would be done."""

from darkstate.frontdoor.anything import solve
from darkstate.frontdoor.asking import (
    Explanation,
    Model,
    as_open_system,
    as_system,
    described,
    explain,
)
from darkstate.frontdoor.chains import ChainModel, chain_of, is_chain
from darkstate.frontdoor.dynamics import evolve, preparation_time
from darkstate.frontdoor.ladder import Task, check_accepts, choose, offer_of
from darkstate.frontdoor.steady import (
    conditional_state,
    output_states,
    steady_state,
    steady_states,
)
from darkstate.frontdoor.watching import observe

__all__ = [
    "ChainModel",
    "Explanation",
    "Model",
    "Task",
    "as_open_system",
    "as_system",
    "chain_of",
    "check_accepts",
    "choose",
    "conditional_state",
    "described",
    "evolve",
    "explain",
    "is_chain",
    "observe",
    "offer_of",
    "output_states",
    "preparation_time",
    "solve",
    "steady_state",
    "steady_states",
]
