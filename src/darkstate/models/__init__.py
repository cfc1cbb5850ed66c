"""Ready models: equation, parameters, exact truths and reference; one file each."""

from darkstate.models.base import Truth
from darkstate.models.cavity_atom_chains import CavityAtomChains
from darkstate.models.cavity_chains import CavityChains
from darkstate.models.drives import ParametricDrive, SqueezedDrive
from darkstate.models.dual_rail import DualRail
from darkstate.models.parametric_pair import DrudeBath, ParametricPair
from darkstate.models.spin_chains import SpinChains

MODELS: tuple[type, ...] = (CavityChains, CavityAtomChains, SpinChains, DualRail, ParametricPair)
"""Every ready model; scenario files, tests and docs iterate over it."""

__all__ = [
    "MODELS",
    "CavityAtomChains",
    "CavityChains",
    "DrudeBath",
    "DualRail",
    "ParametricDrive",
    "ParametricPair",
    "SpinChains",
    "SqueezedDrive",
    "Truth",
]
