"""Gaussian states under drives and couplings that depend on time.

Drift, source and drive are linear in the generator, so that with ``L(t) = sum_j r_j(t) L_j``
(`darkstate.systems.time_parts`) each of them is the same sum of constant matrices, and

    dSigma/dt = W(t) Sigma + Sigma W(t)† + S(t),    d<xi>/dt = W(t) <xi> + d(t)

is integrated with an error for every step. Parametric gain may amplify errors, so the whole is done
twice: what a hundred times smaller steps' errors change is the error estimate, but what was asked
for at least.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.contract import Cost
from darkstate.engines.gaussian.rounding import nambu_moments
from darkstate.errors import NumericalError
from darkstate.linalg.ode import METHOD, integrate
from darkstate.states import GaussianState
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.quadratic import QuadraticForm, check_modes, quadratic_form
from darkstate.systems.time_parts import TimeParts

MODULATED = f"{METHOD} for moments"
_FINER = 1e-2
"""By how much the tolerance of the second integration is smaller."""
_STEPS = 200.0
"""Evaluations for each unit of time over the inverse of the fastest rate, both integrations."""


@dataclass(frozen=True)
class ModulatedMoments:
    """Equations of the moments of a quadratic system in time.

    Args:
        parts: the generator as a sum of constant ones.
        forms: the quadratic form of each.
    """

    parts: TimeParts
    forms: tuple[QuadraticForm, ...]

    @classmethod
    def of(cls, system: OpenSystem) -> ModulatedMoments:
        """The equations of a system.

        Raises:
            EngineMismatchError: it is not quadratic.
        """
        check_modes(system)
        parts = TimeParts.of(system)
        return cls(parts, tuple(quadratic_form(part) for part in parts.systems))

    @cached_property
    def matrices(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """W and S of every part, (J, 2N, 2N), and the drives (J, 2N)."""
        drifts, sources, drives = [], [], []
        for form in self.forms:
            W, Wc = (part.toarray() for part in form.drift)
            number, pair = (part.toarray() for part in form.source)
            drifts.append(np.block([[W, Wc], [Wc.conj(), W.conj()]]))
            sources.append(np.block([[number, pair], [pair.conj(), number.conj()]]))
            drives.append(np.concatenate([form.drive, form.drive.conj()]))
        return np.array(drifts), np.array(sources), np.array(drives)

    def cost(self, times: Sequence[float]) -> Cost:
        """Two integrations; steps as short as the inverse of the fastest rate."""
        n = 2 * len(self.forms[0].labels)
        memory = 16.0 * n * n * (2 * len(self.forms) + 2 * len(times) + 40)
        rate = float(np.abs(self.matrices[0]).sum(axis=0).sum(axis=1).max())
        steps = _STEPS * (1.0 + rate * (times[-1] - times[0]))
        return Cost(memory, steps * (4e-5 + 2e-9 * n**2 * len(self.forms) + 2e-9 * n**3))

    def evolved(
        self, times: Sequence[float], initial: GaussianState, rtol: float
    ) -> tuple[list[GaussianState], float]:
        """States at `times`, and the error of their moments.

        Raises:
            NumericalError: the moments outgrow floating point, or steps become too short.
        """
        first = nambu_moments(np.asarray(initial.number), np.asarray(initial.anomalous))
        alpha = np.asarray(initial.mean, dtype=complex)
        start = np.concatenate([first.ravel(), alpha, alpha.conj()])
        stops = self.parts.stops(times[0], times[-1])
        derivative, rates = self._derivative, self.parts.coefficients
        asked = rtol * max(1.0, float(np.abs(start).max()))
        with np.errstate(all="ignore"):  # overflow is named below
            coarse, fine = (
                integrate(derivative, rates, start, times, stops, each).states
                for each in (0.1 * asked, 0.1 * _FINER * asked)
            )
        if not np.all(np.isfinite(fine)):
            raise NumericalError(
                "The moments outgrow floating point: the system amplifies without bound. End the "
                "evolution earlier, or lower the gain."
            )
        n = len(alpha)
        states = [initial]
        for flat in fine[1:]:
            sigma = flat[: 4 * n * n].reshape(2 * n, 2 * n)
            number = 0.5 * (sigma[n:, n:] + sigma[:n, :n].T)
            anomalous = 0.5 * (sigma[:n, n:] + sigma[:n, n:].T)
            number = 0.5 * (number + number.conj().T)
            states.append(GaussianState(initial.labels, number, anomalous, flat[-2 * n : -n]))
        # both may take the same steps and agree by that: no less is told than was asked for
        return states, max(float(np.abs(coarse - fine).max()), asked)

    def _derivative(self, r: NDArray[np.float64], flat: NDArray[Any]) -> NDArray[Any]:
        drift, source, drive = (np.tensordot(r, each, 1) for each in self.matrices)
        m = len(drive)
        sigma = flat[: m * m].reshape(m, m)
        flow = drift @ sigma
        flow = flow + flow.conj().T + source
        return np.concatenate([flow.ravel(), drift @ flat[m * m :] + drive])
