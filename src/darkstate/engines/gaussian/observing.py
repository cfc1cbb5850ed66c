"""The covariances of an observation, and what is known about them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.gaussian.observation import Observation
from darkstate.engines.gaussian.structure import Structure
from darkstate.engines.gaussian.watched import Watched
from darkstate.linalg.riccati_flow import RiccatiStep
from darkstate.linalg.symplectic import uncertainty_margin
from darkstate.results import Report, Status
from darkstate.states import GaussianState
from darkstate.systems.open_system import OpenSystem


def observation_of(
    structure: Structure, system: OpenSystem, times: Sequence[float], initial: GaussianState
) -> Observation:
    """Covariances at all `times`, `initial` being the state at the first of them.

    The error estimate compares the last covariance with the one of a single step over all times.
    """
    watched = Watched.of(structure, system)
    grid = np.asarray(times, dtype=float)
    found = [initial.covariance]
    known: dict[float, RiccatiStep] = {}
    for h in np.diff(grid):
        key = float(np.format_float_scientific(h, precision=12))
        if key not in known:
            known[key] = watched.riccati(float(h))
        found.append(known[key].covariance(found[-1]))
    covariances: NDArray[np.float64] = np.array(found)
    whole = watched.riccati(float(grid[-1] - grid[0])).covariance(found[0])
    report = Report(
        engine="gaussian",
        method="Riccati flow",
        status=Status.CERTIFIED,
        margin=float(min(uncertainty_margin(each) for each in covariances)),
        error_estimate=float(np.abs(whole - found[-1]).max()),
        structure=structure.lines(),
    )
    return Observation(structure.form.labels, grid, watched, initial, covariances, report)
