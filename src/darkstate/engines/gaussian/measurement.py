"""Measurement models: a quadratic system and its detectors as one linear stochastic process.

``R = (x1, p1, ...)`` and the homodyne records ``y`` obey

    dR = (A R + f) dt + dn,   dy = (C R + o) dt + dm,

with the noise ``dn dn^T = D dt, dm dm^T = dt, dm dn^T = Gamma dt``. All measured quadratures of the
output commute, and the Wigner function of a Gaussian state is positive: as far as these records go
the classical process *is* the quantum one. A constant part of a jump operator (light that is
displaced before it is scattered) gives ``f`` and ``o``.

Source: Wiseman and Milburn, Quantum Measurement and Control (Cambridge, 2010), chapter 6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.gaussian.conditional import homodynes, measurement_rows
from darkstate.engines.gaussian.quadratures import quadrature_matrices
from darkstate.engines.gaussian.structure import Structure
from darkstate.linalg.riccati_flow import RiccatiStep, riccati_step
from darkstate.linalg.sampled import SampledStep, sampled_step
from darkstate.systems.open_system import OpenSystem

Real = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MeasurementModel:
    """The matrices of a measurement model; see the module's equations.

    Args:
        quadratures: names of the m records.
        a: ``A``, (2N, 2N).
        d: ``D``, (2N, 2N).
        c: ``C``, (m, 2N).
        gamma: ``Gamma``, (m, 2N).
        drive: ``f``, (2N,).
        shift: ``o``, (m,).
    """

    quadratures: tuple[str, ...]
    a: Real
    d: Real
    c: Real
    gamma: Real
    drive: Real
    shift: Real

    @classmethod
    def of(cls, structure: Structure, system: OpenSystem) -> MeasurementModel:
        """From a quadratic system with homodyne or heterodyne monitors.

        Raises:
            EngineMismatchError: a monitor counts photons.
        """
        form = structure.form
        a, d = quadrature_matrices(structure)
        c, gamma = measurement_rows(structure, system)
        drive = np.sqrt(2) * np.stack([form.drive.real, form.drive.imag], axis=1).ravel()
        names: list[str] = []
        shift = []
        for monitor in system.monitors:
            k = form.channels.index(monitor.channel)
            constant = np.sqrt(form.rates[k]) * form.w[k]
            for angle, efficiency in homodynes(monitor):
                repeated = sum(name.partition(" (")[0] == monitor.channel for name in names)
                suffix = f" ({repeated + 1})" if repeated else ""
                names.append(monitor.channel + suffix)
                shift.append(
                    2 * np.sqrt(efficiency) * float(np.real(np.exp(-1j * angle) * constant))
                )
        return cls(tuple(names), a, d, c, gamma, drive, np.array(shift))

    def riccati(self, duration: float) -> RiccatiStep:
        """The step of the covariance given the continuous record."""
        return riccati_step(self.a, self.d, self.c, self.gamma, duration)

    def sampled(self, duration: float) -> SampledStep:
        """The step of the process with its record integrated over the interval."""
        return sampled_step(self.a, self.d, self.c, self.gamma, duration, self.drive, self.shift)
