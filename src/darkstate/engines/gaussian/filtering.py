"""Filtering: the covariances of an observation, and what is known about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.gaussian.evolution import step_lengths
from darkstate.engines.gaussian.measurement import MeasurementModel
from darkstate.engines.gaussian.observation import Observation
from darkstate.engines.gaussian.quadratures import disturbed_quadratures
from darkstate.engines.gaussian.rounding import (
    EPS,
    SAFETY,
    TRIALS,
    RoundingError,
    relative_error,
)
from darkstate.engines.gaussian.structure import Structure
from darkstate.engines.gaussian.verdict import add_rounding, assess_moments
from darkstate.linalg.riccati_flow import RiccatiStep
from darkstate.linalg.symplectic import uncertainty_margin
from darkstate.results import Report, Status
from darkstate.states import GaussianState
from darkstate.systems.open_system import OpenSystem

LOOKS = 8
"""Times at which covariances are compared with those of a single step."""


def filter_covariances(
    structure: Structure,
    system: OpenSystem,
    times: Sequence[float],
    initial: GaussianState,
    rtol: float,
) -> Observation:
    """Covariances at all `times`, `initial` being the state at the first of them.

    The error estimate is what changes if the matrices are disturbed by what rounding may have done
    to them, and if a time is reached in a single step (`LOOKS` of them).
    """
    model = MeasurementModel.of(structure, system)
    grid = np.asarray(times, dtype=float)
    covariances = _filter_covariances(model, grid, initial.covariance)
    scale = max(1.0, float(np.abs(covariances).max()))
    report = Report(
        engine="gaussian",
        method="Riccati flow",
        status=Status.CONVERGED,
        margin=float(min(uncertainty_margin(each) for each in covariances)),
        structure=structure.lines(),
    )
    error = _rounding(structure, model, grid, covariances)
    report = assess_moments(add_rounding(report, error), rtol, scale)
    return Observation(structure.form.labels, grid, model, initial, covariances, report)


def _rounding(
    structure: Structure,
    model: MeasurementModel,
    grid: NDArray[np.float64],
    covariances: NDArray[np.float64],
) -> RoundingError:
    """Errors of covariances: disturbed matrices, and single steps instead of many."""
    changes = []
    for seed in range(TRIALS):
        matrices = (model.a, model.d, model.c, model.gamma)
        moved = disturbed_quadratures(structure, matrices, np.random.default_rng(seed))
        a, d, c, gamma = (x + dx for x, dx in zip(matrices, moved, strict=True))
        other = replace(model, a=a, d=d, c=c, gamma=gamma)
        changes.append(_filter_covariances(other, grid, covariances[0]) - covariances)
    looks = np.unique(np.linspace(1, len(grid) - 1, min(LOOKS, len(grid) - 1)).astype(int))
    apart = 0.0
    for k in looks:
        whole = model.riccati(float(grid[k] - grid[0])).covariance(covariances[0])
        apart = max(apart, float(np.abs(whole - covariances[k]).max()))
    worst = max(float(np.abs(change).max()) for change in changes)
    largest = max(1.0, float(np.abs(covariances).max()))
    relative = relative_error(covariances, changes, 2 * len(covariances[0]) * apart)
    return RoundingError(SAFETY * worst + 2 * apart + EPS * largest, relative)


def _filter_covariances(
    model: MeasurementModel, grid: NDArray[np.float64], start: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Covariances (T, 2N, 2N) given the record."""
    found = [start]
    known: dict[float, RiccatiStep] = {}
    for h in step_lengths(grid.tolist()):
        if h not in known:
            known[h] = model.riccati(h)
        found.append(known[h].covariance(found[-1]))
    return np.array(found)
