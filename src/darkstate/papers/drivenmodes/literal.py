"""The paper's own expressions, evaluated as they are printed and with nothing else of darkstate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Complex = NDArray[np.complex128]


@dataclass(frozen=True)
class Literal:
    """Eqs. (7) to (16) for these parameters (w_a = 1, nu_1 = nu_2 = 1, k = |D1 + D2|/10)."""

    ratio: float
    pump: float
    zeta1: float
    zeta2: float

    @property
    def detunings(self) -> tuple[float, float]:
        """``D1, D2``."""
        return 1 - self.pump, self.ratio - self.pump

    @property
    def coupling(self) -> float:
        """``k``."""
        return abs(sum(self.detunings)) / 10

    @property
    def root(self) -> float:
        """``R = sqrt((D1 + D2)² - 4k²)``."""
        return float(np.sqrt(sum(self.detunings) ** 2 - 4 * self.coupling**2))

    def transformation(self) -> tuple[complex, complex]:
        """``alpha, beta`` of Eqs. (7), (8)."""
        half = np.sqrt(sum(self.detunings) ** 2 / self.root**2) / 2
        return complex(1j * np.sqrt(half + 0.5)), complex(-1j * np.sqrt(half - 0.5))

    def frequencies(self) -> tuple[float, float]:
        """``a11, a22`` below Eq. (9)."""
        first, second = self.detunings
        s = first + second
        common = -2 * self.coupling**2 / self.root + s / 2 * np.sqrt(s**2 / self.root**2)
        return float((first - second) / 2 + common), float(-(first - second) / 2 + common)

    def pairing(self) -> float:
        """What is left of ``l†m†`` in H after the transformation, which Eq. (9) says is nothing."""
        alpha, beta = self.transformation()
        both = abs(alpha) ** 2 + abs(beta) ** 2
        return (alpha.conjugate() * beta).real * sum(self.detunings) + self.coupling * both

    def bath_frequencies(self) -> tuple[float, float, float, float]:
        """Where C, D, E, F read their bath."""
        a11, a22 = self.frequencies()
        return self.pump + a11, self.pump - a11, self.pump + a22, self.pump - a22

    def occupancies(self) -> tuple[float, float]:
        """``D/(C - D), F/(E - F)``."""
        alpha, beta = self.transformation()
        large, small = abs(alpha) ** 2, abs(beta) ** 2
        c, d, e, f = (w / (1 + w**2) if w > 0 else 0.0 for w in self.bath_frequencies())
        C, D = large * self.zeta1 * c, small * self.zeta2 * d
        E, F = large * self.zeta2 * e, small * self.zeta1 * f
        return D / (C - D), F / (E - F)

    def exponents(self) -> tuple[complex, complex]:
        """``-(C - D) - i (w_p + A)`` and ``-(E - F) - i (w_p + B)``, all rates of Eq. (15) kept."""
        alpha, beta = self.transformation()
        large, small = abs(alpha) ** 2, abs(beta) ** 2
        near_l, far_l, near_m, far_m = self.bath_frequencies()

        def mode(near: float, far: float, own: float, other: float) -> complex:
            net = np.pi * (large * own * near / (1 + near**2) - small * other * far / (1 + far**2))
            moved = large * own * _both(near) + small * other * _both(far)
            return complex(-net - 1j * (near - moved))

        return mode(near_l, far_l, self.zeta1, self.zeta2), mode(
            near_m, far_m, self.zeta2, self.zeta1
        )

    def characteristic(self, at_a: Complex, at_b: Complex) -> Complex:
        """Eq. (16)."""
        alpha, beta = self.transformation()
        n_l, n_m = self.occupancies()
        on_l = abs(at_a * alpha.conjugate() - at_b.conj() * beta.conjugate()) ** 2
        on_m = abs(at_b * alpha - at_a.conj() * beta) ** 2
        vacuum = (abs(at_a) ** 2 + abs(at_b) ** 2) / 2
        return np.exp(vacuum - (n_l + 0.5) * on_l - (n_m + 0.5) * on_m)


def shift(frequency: float) -> float:
    """``P Integral J(W)/(W - w) dW`` for zeta = nu = 1: imaginary part of the half-sided integrals.

    Partial fractions: ``(w ln(nu/|w|) + pi nu/2)/(nu² + w²)``.
    """
    return (-frequency * np.log(abs(frequency)) + np.pi / 2) / (1 + frequency**2)


def _both(frequency: float) -> float:
    """Imaginary parts of a cooling and the heating integral, ``Gamma_2 + Gamma_4`` and alike."""
    return shift(frequency) + shift(-frequency)
