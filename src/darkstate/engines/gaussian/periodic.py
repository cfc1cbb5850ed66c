r"""Steady states of `LangevinSystem`: periodic drift, coloured noise, by harmonic balance.

The covariance ``<v v†>(t)`` comes from `darkstate.linalg.periodic`, with errors of its quadrature
and of the truncation of harmonics. What is checked here is what the numbers know about physics:

* all Floquet exponents decay (no truncation enters): the steady cycle exists and is the only one;
* the commutators close: ``<a_i a_j†> - <a_j† a_i> = δ_ij`` and ``<a_i a_j> = <a_j a_i>``. Both
  sides are separate integrals over the spectrum, so this checks noise against damping, and all
  steps before;
* the state obeys the uncertainty relation.

The state is the one at one phase of the drive. It is a state; the covariance averaged over a period
is that of a mixture of all phases, which is not Gaussian, and is not offered as one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.assess import finding
from darkstate.engines.contract import Cost, Offer, Solution, refused
from darkstate.engines.gaussian.rounding import EPS, RoundingError, relative_error
from darkstate.engines.gaussian.verdict import add_rounding, assess_moments
from darkstate.errors import EngineMismatchError, NumericalError
from darkstate.linalg.floquet import first_steps
from darkstate.linalg.periodic import PeriodicCovariance, steady_covariance
from darkstate.linalg.threads import one_blas_thread
from darkstate.results import Estimate, Report, Status
from darkstate.states import GaussianState
from darkstate.systems.langevin import LangevinSystem

HARMONIC_BALANCE = "harmonic balance"

EXPONENTS = 1e-10
"""Accuracy of Floquet exponents, relative to the largest."""

_ROUNDING = 1e-12
"""Violations of commutators or uncertainty, relative to the moments, that rounding explains."""


def periodic_offer(engine: str, method: str, system: LangevinSystem, rtol: float) -> Offer:
    """The offer for Langevin equations; only ``method="auto"`` fits them."""
    equations = system.equations
    size, driven = len(equations.inputs), sorted(abs(h) for h in equations.harmonics if h > 0)
    steps = (
        "Hamiltonian and jumps, or Langevin equations? Langevin equations, linear",
        f"How many variables? {size}: {2 * len(system.labels)} of the modes, {system.memory} that "
        "carry the memory of baths",
        f"Is the drift periodic? at {equations.frequency:g}, harmonics {driven or 'none'}",
    )
    if method != "auto":
        refusal = EngineMismatchError(
            f"Gaussian(method='{method}') is for a Hamiltonian and jumps, but the model gives "
            "Langevin equations with coloured noise.",
            "Use Gaussian(), which takes harmonic balance.",
        )
        return refused(engine, refusal, steps)
    try:
        first_steps(equations)
    except NumericalError as refusal:
        return refused(engine, refusal, steps)
    why = "coloured noise and periodic drift: an integral over frequency, exact up to its errors"
    cost = _cost(size)
    return Offer(
        engine,
        why,
        HARMONIC_BALANCE,
        steps,
        cost,
        solve=lambda: periodic_steady_state(engine, system, rtol),
    )


def _cost(size: int) -> Cost:
    """From measurements with 6 variables: three orders of harmonics, some 4000 frequencies."""
    blocks, frequencies = 7, 700 * size
    return Cost(16.0 * frequencies * 4 * blocks * size**2, 0.06 * (size / 6) ** 3)


def periodic_steady_state(engine: str, system: LangevinSystem, rtol: float) -> Solution:
    """The steady cycle at ``system.phase``, in the frame of ``system.frame``.

    Args:
        engine: name for the report.
        system: linear Langevin equations.
        rtol: of quadrature and harmonic truncation, relative to the largest moment.

    Returns:
        `GaussianState` with its report; ``truncation`` holds what one harmonic more changes and
        by how much the commutators miss their values.

    Raises:
        NumericalError: a Floquet exponent does not decay, or the accuracy is not reached.
    """
    with one_blas_thread():
        found = steady_covariance(system.equations, rtol=rtol)
    modes = 2 * len(system.labels)
    moments = system.rotated(found.at(system.time)[:modes, :modes])
    state, defect = gaussian_state(system.labels, moments)
    rounding = EXPONENTS * float(np.max(np.abs(found.exponents)))
    gap = Estimate(-float(found.exponents[0].real), rounding)
    report = Report(
        engine=engine,
        method=HARMONIC_BALANCE,
        status=Status.CONVERGED,
        margin=state.margin(),
        gap=gap,
        unique=True,
        truncation={"harmonics": found.harmonic_error, "commutators": defect},
        structure=(
            f"{modes} variables of modes, {system.memory} of baths; steady cycle of period "
            f"{2 * np.pi / system.equations.frequency:.4g}, read at phase {system.phase:g}",
        ),
    )
    scale = float(np.max(np.abs(found.blocks)))
    return Solution(state, _assess(report, state, found, rtol, scale))


def gaussian_state(
    labels: tuple[str, ...], moments: NDArray[np.complex128]
) -> tuple[GaussianState, float]:
    """The state with ``<v v†> = moments``, ``v = (a_1, a_1†, ...)``, and its commutator defect."""
    outer, inner = moments[::2, ::2] - np.eye(len(labels)), moments[1::2, 1::2]
    pairs = moments[::2, 1::2]
    defect = max(np.max(np.abs(outer - inner.T)), np.max(np.abs(pairs - pairs.T)))
    number = (inner + outer.T) / 2
    state = GaussianState(labels, (number + number.conj().T) / 2, (pairs + pairs.T) / 2)
    return state, float(defect)


def _assess(
    report: Report, state: GaussianState, found: PeriodicCovariance, rtol: float, scale: float
) -> Report:
    """Lower the status where a check fails, with the reason as a warning."""
    errors = found.quadrature_error + found.harmonic_error
    allowed, defect = 10 * errors + _ROUNDING * scale, report.truncation["commutators"]
    findings = [finding("commutators", defect, allowed)]
    if isinstance(report.gap, Estimate):
        words = {"gap": report.gap, "error": report.gap.error}
        findings.append(finding("Floquet exponent", report.gap.error, report.gap, **words))
    sigma = state.covariance
    relative = relative_error(sigma, (), len(sigma) * errors)
    report = add_rounding(report, RoundingError(errors + EPS * scale, relative))
    return assess_moments(report, 2 * rtol, scale, further=findings)


def no_transients() -> EngineMismatchError:
    """The refusal of an evolution, which says why there are no transients."""
    return EngineMismatchError(
        "`evolve` needs a Hamiltonian and jumps, but the model gives Langevin equations whose "
        "baths remember: a state of the modes alone does not fix what follows.",
        "Use steady_state() at several values of `phase` for the steady cycle, or a Markovian "
        "version of the model.",
    )
