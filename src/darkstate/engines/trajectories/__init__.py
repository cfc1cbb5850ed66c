"""Trajectories engine: pure states along single runs, and states given a measured record.

Averages over quantum jumps or diffusion replace the density matrix by many state vectors
(`ensemble.py`); records of homodyne, heterodyne and counting detectors with losses come with the
states that an observer assigns (`records.py`). Linear evolution with jumps at exact waiting times
is in `no_jump.py`, the positive step of a diffusive measurement in `diffusion.py`, seeds in
`seeds.py`, and the matrices of a system in `compile.py`.
"""

from darkstate.engines.trajectories.engine import Trajectories
from darkstate.engines.trajectories.ensemble import PureStateEnsemble
from darkstate.engines.trajectories.records import Records

__all__ = ["PureStateEnsemble", "Records", "Trajectories"]
