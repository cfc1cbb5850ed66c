"""The front door: steady states, evolution, and the explanation of what would be done."""

from darkstate.frontdoor.asking import (
    Explanation,
    Model,
    as_open_system,
    as_system,
    check_accepts,
    choose,
    described,
    explain,
    offer_of,
)
from darkstate.frontdoor.dynamics import check_times, evolve, preparation_time
from darkstate.frontdoor.steady import (
    conditional_state,
    output_states,
    steady_state,
    steady_states,
)

__all__ = [
    "Explanation",
    "Model",
    "as_open_system",
    "as_system",
    "check_accepts",
    "check_times",
    "choose",
    "conditional_state",
    "described",
    "evolve",
    "explain",
    "offer_of",
    "output_states",
    "preparation_time",
    "steady_state",
    "steady_states",
]
