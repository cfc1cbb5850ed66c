"""Conditional steady state under continuous homodyne detection.

A jump ``c = z . R`` (rate included) monitored at phase phi with efficiency eta gives the current
``dI = sqrt(eta) <e^{-i phi} c + h.c.> dt + dW``; the covariance of the conditional state obeys

    dsigma/dt = A sigma + sigma A^T + D - k k^T,
    k = sqrt(eta) (2 sigma Re z' - Omega Im z'),   z' = e^{-i phi} z,

a Riccati equation that does not depend on the record. Heterodyne detection is two homodyne
detections of half the efficiency at phases 0 and pi/2.

Source: Wiseman and Milburn, Quantum Measurement and Control (Cambridge, 2010), chapter 6.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.gaussian.quadratures import (
    disturbed_quadratures,
    jump_in_quadratures,
    quadrature_matrices,
)
from darkstate.engines.gaussian.rounding import (
    EPS,
    SAFETY,
    TRIALS,
    UNIT,
    RoundingError,
    relative_error,
)
from darkstate.engines.gaussian.structure import Structure
from darkstate.errors import EngineMismatchError
from darkstate.linalg.riccati import RiccatiSolution, solve_riccati
from darkstate.linalg.sylvester import SchurForm, solve_sylvester
from darkstate.linalg.symplectic import symplectic_form
from darkstate.states import GaussianState
from darkstate.states.gaussian import moments_of
from darkstate.systems.open_system import Monitor, OpenSystem


def conditional_state(
    structure: Structure, system: OpenSystem
) -> tuple[GaussianState, RiccatiSolution, RoundingError]:
    """The state conditioned on the records of all monitors of `system`, and its errors.

    The mean values fluctuate with the record and are returned as zero.

    Raises:
        EngineMismatchError: a monitor counts photons, which leaves Gaussian states.
        NumericalError: no stabilising solution exists.
    """
    A, D = quadrature_matrices(structure)
    rows, cross = measurement_rows(structure, system)
    solution = solve_riccati(A, D, rows, cross)
    # how far rounding left it from physical is for the report to judge, not a wrong argument
    state = GaussianState(structure.form.labels, *moments_of(solution.v))
    return state, solution, _rounding(structure, (A, D, rows, cross), solution.v)


def _rounding(
    structure: Structure, matrices: tuple[NDArray, ...], v: NDArray[np.float64]
) -> RoundingError:
    """Errors of the covariance: Newton's step for disturbed matrices and terms of the equation."""
    a, d, c, gamma = matrices
    gain = v @ c.T + gamma.T
    closed = SchurForm.of(a - gain @ c)
    terms = np.abs(a) @ np.abs(v) + np.abs(d) + np.abs(gain) @ np.abs(gain).T
    changes = []
    for seed in range(TRIALS):
        rng = np.random.default_rng(seed)
        da, dd, dc, dg = disturbed_quadratures(structure, matrices, rng)
        half = da @ v - gain @ (v @ dc.T + dg.T).T
        half = half + 0.5 * dd + UNIT * terms * rng.choice([-1.0, 1.0], size=v.shape)
        changes.append(solve_sylvester(closed, closed, half + half.T, refine=False).x)
    worst = max(float(np.abs(change).max()) for change in changes)
    absolute = SAFETY * worst + EPS * max(1.0, float(np.abs(v).max()))
    return RoundingError(absolute, relative_error(v, changes))


def measurement_rows(structure: Structure, system: OpenSystem) -> tuple[NDArray, NDArray]:
    """``(C, Gamma)`` of the Riccati equation, (m, 2N) each: one row per measured quadrature."""
    n = len(structure.form.labels)
    omega = symplectic_form(n)
    rows, cross = [], []
    for monitor in system.monitors:
        channel = structure.form.channels.index(monitor.channel)
        for angle, efficiency in homodynes(monitor):
            z = np.exp(-1j * angle) * jump_in_quadratures(structure, channel)
            rows.append(2.0 * np.sqrt(efficiency) * z.real)
            cross.append(-np.sqrt(efficiency) * (omega @ z.imag))
    shape = (len(rows), 2 * n)
    return np.reshape(rows, shape), np.reshape(cross, shape)


def homodynes(monitor: Monitor) -> list[tuple[float, float]]:
    """``(angle, efficiency)`` of the homodyne detections that a monitor consists of.

    Raises:
        EngineMismatchError: it counts photons.
    """
    if monitor.kind == "homodyne":
        return [(monitor.angle, monitor.efficiency)]
    if monitor.kind == "heterodyne":
        return [(monitor.angle + shift, monitor.efficiency / 2) for shift in (0.0, np.pi / 2)]
    raise EngineMismatchError(
        f"The monitor of '{monitor.channel}' counts photons, which does not keep states Gaussian. "
        "Use homodyne or heterodyne detection here, or quantum-jump trajectories."
    )
