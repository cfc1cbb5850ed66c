"""darkstate: entanglement over networks by engineered dissipation.

Public names, one by one; each is imported when it is first used, so that ``import darkstate`` and
the command line start fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from darkstate import (
        certificates,
        design,
        engines,
        experiments,
        models,
        papers,
        plots,
        repeaters,
        states,
        sweeps,
        systems,
    )
    from darkstate.certificates import Certificate, certify, noise_tolerance
    from darkstate.design import Design, Synthesis, gradient, merit, optimise, synthesise
    from darkstate.frontdoor import (
        conditional_state,
        correlation,
        emission_spectrum,
        evolve,
        explain,
        g1,
        g2,
        observe,
        output_states,
        preparation_time,
        solve,
        spectrum,
        steady_state,
        steady_states,
    )
    from darkstate.measures import (
        bloch_vector,
        chsh,
        concurrence,
        entanglement_of_formation,
        entropy,
        epr_spin_variance,
        epr_variance,
        expect,
        fidelity,
        log_negativity,
        mutual_information,
        negativity,
        ppt_test,
        purity,
        steering,
        teleportation_fidelity,
        wigner,
    )
    from darkstate.models import DrudeBath, ParametricDrive, SqueezedDrive
    from darkstate.results import Report, Result, Status, pair_curve, pair_table
    from darkstate.results.result import load_result
    from darkstate.sweeps import Sweep, open_sweep, sweep
    from darkstate.systems import Monitor, OpenSystem

_HOME = {
    "Certificate": "certificates",
    "certify": "certificates",
    "noise_tolerance": "certificates",
    "Design": "design",
    "Synthesis": "design",
    "gradient": "design",
    "merit": "design",
    "optimise": "design",
    "synthesise": "design",
    "bloch_vector": "measures",
    "chsh": "measures",
    "concurrence": "measures",
    "entanglement_of_formation": "measures",
    "entropy": "measures",
    "epr_spin_variance": "measures",
    "epr_variance": "measures",
    "expect": "measures",
    "fidelity": "measures",
    "log_negativity": "measures",
    "mutual_information": "measures",
    "negativity": "measures",
    "ppt_test": "measures",
    "purity": "measures",
    "steering": "measures",
    "teleportation_fidelity": "measures",
    "wigner": "measures",
    "DrudeBath": "models",
    "ParametricDrive": "models",
    "SqueezedDrive": "models",
    "Report": "results",
    "Result": "results",
    "Status": "results",
    "pair_curve": "results",
    "pair_table": "results",
    "load_result": "results.result",
    "conditional_state": "frontdoor",
    "correlation": "frontdoor",
    "emission_spectrum": "frontdoor",
    "evolve": "frontdoor",
    "explain": "frontdoor",
    "g1": "frontdoor",
    "g2": "frontdoor",
    "observe": "frontdoor",
    "output_states": "frontdoor",
    "preparation_time": "frontdoor",
    "solve": "frontdoor",
    "spectrum": "frontdoor",
    "steady_state": "frontdoor",
    "steady_states": "frontdoor",
    "Sweep": "sweeps",
    "open_sweep": "sweeps",
    "sweep": "sweeps",
    "Monitor": "systems",
    "OpenSystem": "systems",
}
_MODULES = (
    "certificates",
    "design",
    "engines",
    "experiments",
    "models",
    "papers",
    "plots",
    "repeaters",
    "states",
    "sweeps",
    "systems",
)

__version__ = "0.1.0"
__all__ = [
    "Certificate",
    "Design",
    "DrudeBath",
    "Monitor",
    "OpenSystem",
    "ParametricDrive",
    "Report",
    "Result",
    "SqueezedDrive",
    "Status",
    "Sweep",
    "Synthesis",
    "bloch_vector",
    "certificates",
    "certify",
    "chsh",
    "concurrence",
    "conditional_state",
    "correlation",
    "design",
    "emission_spectrum",
    "engines",
    "entanglement_of_formation",
    "entropy",
    "epr_spin_variance",
    "epr_variance",
    "evolve",
    "expect",
    "experiments",
    "explain",
    "fidelity",
    "g1",
    "g2",
    "gradient",
    "load_result",
    "log_negativity",
    "merit",
    "models",
    "mutual_information",
    "negativity",
    "noise_tolerance",
    "observe",
    "open_sweep",
    "optimise",
    "output_states",
    "pair_curve",
    "pair_table",
    "papers",
    "plots",
    "ppt_test",
    "preparation_time",
    "purity",
    "repeaters",
    "solve",
    "spectrum",
    "states",
    "steady_state",
    "steady_states",
    "steering",
    "sweep",
    "sweeps",
    "synthesise",
    "systems",
    "teleportation_fidelity",
    "wigner",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"darkstate.{name}")
    if name in _HOME:
        return getattr(import_module(f"darkstate.{_HOME[name]}"), name)
    raise AttributeError(f"module 'darkstate' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
