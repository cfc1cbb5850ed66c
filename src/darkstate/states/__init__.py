"""Small value types for quantum states, and exact converters between them."""

from darkstate.states.gaussian import GaussianState, PairMoments, PairwiseGaussianState
from darkstate.states.gaussian_batch import GaussianBatch

__all__ = ["GaussianBatch", "GaussianState", "PairMoments", "PairwiseGaussianState"]
