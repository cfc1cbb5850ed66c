"""Ready models: equation, parameters, exact truths and reference; one file each."""

from darkstate.models.base import Truth
from darkstate.models.cavity_chains import CavityChains
from darkstate.models.drives import ParametricDrive, SqueezedDrive

MODELS: tuple[type, ...] = (CavityChains,)
"""Every ready model; scenario files, tests and docs iterate over it."""

__all__ = ["MODELS", "CavityChains", "ParametricDrive", "SqueezedDrive", "Truth"]
