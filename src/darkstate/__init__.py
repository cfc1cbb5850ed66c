"""darkstate: entanglement over networks by engineered dissipation.

Public names, one by one; each is imported when it is first used, so that ``import darkstate`` and
the command line start fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from darkstate import engines, models, states, systems
    from darkstate.measures import (
        entropy,
        epr_variance,
        log_negativity,
        mutual_information,
        purity,
        steering,
    )
    from darkstate.models import DrudeBath, ParametricDrive, SqueezedDrive
    from darkstate.results import Report, Result, Status, pair_curve, pair_table
    from darkstate.results.storage import load_result
    from darkstate.solve import (
        conditional_state,
        evolve,
        explain,
        output_states,
        steady_state,
        steady_states,
    )
    from darkstate.systems import Monitor, OpenSystem

_HOME = {
    "entropy": "measures",
    "epr_variance": "measures",
    "log_negativity": "measures",
    "mutual_information": "measures",
    "purity": "measures",
    "steering": "measures",
    "DrudeBath": "models",
    "ParametricDrive": "models",
    "SqueezedDrive": "models",
    "Report": "results",
    "Result": "results",
    "Status": "results",
    "pair_curve": "results",
    "pair_table": "results",
    "load_result": "results.storage",
    "conditional_state": "solve",
    "evolve": "solve",
    "explain": "solve",
    "output_states": "solve",
    "steady_state": "solve",
    "steady_states": "solve",
    "Monitor": "systems",
    "OpenSystem": "systems",
}
_MODULES = ("engines", "models", "states", "systems")

__version__ = "0.1.0"
__all__ = [
    "DrudeBath",
    "Monitor",
    "OpenSystem",
    "ParametricDrive",
    "Report",
    "Result",
    "SqueezedDrive",
    "Status",
    "conditional_state",
    "engines",
    "entropy",
    "epr_variance",
    "evolve",
    "explain",
    "load_result",
    "log_negativity",
    "models",
    "mutual_information",
    "output_states",
    "pair_curve",
    "pair_table",
    "purity",
    "states",
    "steady_state",
    "steady_states",
    "steering",
    "systems",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"darkstate.{name}")
    if name in _HOME:
        return getattr(import_module(f"darkstate.{_HOME[name]}"), name)
    raise AttributeError(f"module 'darkstate' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
