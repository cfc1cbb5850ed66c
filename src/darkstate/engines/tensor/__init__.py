"""Tensor engines: long cascades by matrix-product states.

A network of qubit pairs is a chain of sites (`sites.py`), its couplings a few lines along the chain
(`lines.py`), a time step a matrix-product operator of small bond dimension (`steps.py`). States
(`mps.py`) and operators (`operators.py`) are kept in blocks of the network's charge (`blocks.py`).
Quantum trajectories of matrix-product states (`walker.py`) are averaged into the reduced states
of pairs (`sampling.py`, `groups.py`), which a `SampledState` holds with their errors.
"""

from darkstate.engines.tensor.engine import TensorTrajectories
from darkstate.engines.tensor.sampled import SampledState

__all__ = ["SampledState", "TensorTrajectories"]
