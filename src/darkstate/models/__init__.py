"""Ready models: equation, parameters, exact truths and reference; one file each."""

from darkstate.models._atomic_levels import AtomicLevels, LevelHistory
from darkstate.models.atomic_ensembles import AtomicEnsembles
from darkstate.models.base import Truth
from darkstate.models.cavity_atom_chains import CavityAtomChains
from darkstate.models.cavity_chains import CavityChains
from darkstate.models.drives import ParametricDrive, SqueezedDrive
from darkstate.models.dual_rail import DualRail
from darkstate.models.ensemble_repeater import EnsembleRepeater
from darkstate.models.parametric_pair import DrudeBath, ParametricPair
from darkstate.models.spin_chains import SpinChains

MODELS: tuple[type, ...] = (
    CavityChains,
    CavityAtomChains,
    SpinChains,
    DualRail,
    ParametricPair,
    AtomicEnsembles,
    EnsembleRepeater,
)
"""Every ready model; scenario files, tests and docs iterate over it."""

__all__ = [
    "MODELS",
    "AtomicEnsembles",
    "AtomicLevels",
    "CavityAtomChains",
    "CavityChains",
    "DrudeBath",
    "DualRail",
    "EnsembleRepeater",
    "LevelHistory",
    "ParametricDrive",
    "ParametricPair",
    "SpinChains",
    "SqueezedDrive",
    "Truth",
]
