"""Small value types for quantum states, and exact converters between them."""

from darkstate.states.atom_by_atom import atom_by_atom, from_atoms
from darkstate.states.density import DensityState
from darkstate.states.dicke_pair import DickePairState
from darkstate.states.gaussian import GaussianState, PairMoments, PairwiseGaussianState
from darkstate.states.gaussian_batch import GaussianBatch
from darkstate.states.interop import QutipSystem, from_qutip, to_qutip
from darkstate.states.matrices import operator_matrix
from darkstate.states.moments import SpinMoments
from darkstate.states.pure import PureState
from darkstate.states.schmidt import SchmidtState
from darkstate.states.symmetric import EnsembleState
from darkstate.systems.local_matrices import space_dimensions

__all__ = [
    "DensityState",
    "DickePairState",
    "EnsembleState",
    "GaussianBatch",
    "GaussianState",
    "PairMoments",
    "PairwiseGaussianState",
    "PureState",
    "QutipSystem",
    "SchmidtState",
    "SpinMoments",
    "atom_by_atom",
    "from_atoms",
    "from_qutip",
    "operator_matrix",
    "space_dimensions",
    "to_qutip",
]
