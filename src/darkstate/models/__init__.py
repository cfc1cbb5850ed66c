"""Ready models: equation, parameters, exact truths and reference; one file each."""

from darkstate.models.base import Truth
from darkstate.models.cavity_chains import CavityChains
from darkstate.models.drives import ParametricDrive, SqueezedDrive
from darkstate.models.parametric_pair import DrudeBath, ParametricPair

MODELS: tuple[type, ...] = (CavityChains, ParametricPair)
"""Every ready model; scenario files, tests and docs iterate over it."""

__all__ = [
    "MODELS",
    "CavityChains",
    "DrudeBath",
    "ParametricDrive",
    "ParametricPair",
    "SqueezedDrive",
    "Truth",
]
