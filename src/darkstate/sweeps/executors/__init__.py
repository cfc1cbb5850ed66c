"""Executors: who computes the chunks of a sweep.

An executor hands out chunks of a `TaskQueue` and yields the records as they arrive. It never writes
to the store: the process that runs the sweep does, so that a worker that dies can tear nothing.

    InProcess      here, one after the other
    Processes      workers on this machine, which may be killed and are then replaced
    DaskCluster    the workers of a Dask scheduler, which may be restarted
"""

from darkstate.sweeps.executors.base import Arrived, Executor
from darkstate.sweeps.executors.dask_cluster import DaskCluster
from darkstate.sweeps.executors.in_process import InProcess
from darkstate.sweeps.executors.processes import Processes

__all__ = ["Arrived", "DaskCluster", "Executor", "InProcess", "Processes"]
