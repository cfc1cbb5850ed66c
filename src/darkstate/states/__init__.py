"""Small value types for quantum states, and exact converters between them."""

from darkstate.states.decomposition import operator_from_matrix
from darkstate.states.density import DensityState
from darkstate.states.gaussian import GaussianState, PairMoments, PairwiseGaussianState
from darkstate.states.gaussian_batch import GaussianBatch
from darkstate.states.interop import QutipSystem, from_qutip, to_qutip
from darkstate.states.matrices import operator_matrix, space_dimensions
from darkstate.states.pure import PureState

__all__ = [
    "DensityState",
    "GaussianBatch",
    "GaussianState",
    "PairMoments",
    "PairwiseGaussianState",
    "PureState",
    "QutipSystem",
    "from_qutip",
    "operator_from_matrix",
    "operator_matrix",
    "space_dimensions",
    "to_qutip",
]
