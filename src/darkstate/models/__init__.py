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
from darkstate.models.pulse_shapes import (
    GaussianPulse,
    RampPulse,
    SampledPulse,
    SechPulse,
    SinusoidPulse,
    StepPulse,
)
from darkstate.models.pulsed import (
    ChannelSwitch,
    CouplingSwitch,
    DetuningShift,
    ExchangeDrive,
    Pulsed,
    SiteDrive,
)
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
"""Every ready model; scenario files, tests and docs iterate over it. `Pulsed` takes one of them."""

__all__ = [
    "MODELS",
    "AtomicEnsembles",
    "AtomicLevels",
    "CavityAtomChains",
    "CavityChains",
    "ChannelSwitch",
    "CouplingSwitch",
    "DetuningShift",
    "DrudeBath",
    "DualRail",
    "EnsembleRepeater",
    "ExchangeDrive",
    "GaussianPulse",
    "LevelHistory",
    "ParametricDrive",
    "ParametricPair",
    "Pulsed",
    "RampPulse",
    "SampledPulse",
    "SechPulse",
    "SinusoidPulse",
    "SiteDrive",
    "SpinChains",
    "SqueezedDrive",
    "StepPulse",
    "Truth",
]
