"""Gaussian white-noise fields that arrive on the ports of a network.

A field on n ports has the stationary correlations (flat in frequency)

    N_ij = <b_i† b_j>,   M_ij = <b_i b_j>,   both multiplying delta(t - t'),

with ``N = M = 0`` for the vacuum and for coherent light, which has a mean ``<b_i>``. What it does
to the systems that it meets is in `darkstate.systems.noise`.

**Signs.** Cavities with ``L_j = sqrt(rate) a_j`` driven by a `SqueezedField` relax to
``<a_A a_B> = +mbar``: they copy the correlation of the field, and so does `parametric_source`
(``mbar > 0`` for gain > 0). `squeezed_jumps` is the drive as the replication literature writes it,
which relaxes to ``<a b> = -mbar``: the same field with ``-mbar``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from darkstate.checks import check_complex, check_real, check_text
from darkstate.errors import ArgumentError, UnphysicalError
from darkstate.systems.noise import ROUNDING, Moments, kossakowski, noise_jumps, split
from darkstate.systems.open_system import Jump
from darkstate.systems.operators import OperatorSum, identity
from darkstate.systems.pulses import as_pulse
from darkstate.systems.signals import signal


class Field(ABC):
    """A stationary Gaussian field on one or several ports."""

    @abstractmethod
    def moments(self) -> Moments:
        """``(N, M)`` with ``N_ij = <b_i† b_j>`` and ``M_ij = <b_i b_j>``, each of shape (n, n).

        Of the fluctuations, where the field has a mean.
        """

    def mean(self) -> tuple[OperatorSum, ...]:
        """``<b_i>`` as multiples of the identity, in the root of photons per unit of time."""
        return (OperatorSum(),) * len(self.moments()[0])


@dataclass(frozen=True)
class SqueezedField(Field):
    """Two correlated ports: ``nbar`` photons in each, ``<b_1 b_2> = mbar``.

    Args:
        nbar: photons per mode (flux per unit bandwidth), >= 0.
        mbar: the correlation, real or complex, ``|mbar|^2 <= nbar (nbar + 1)``. By default
            ``sqrt(nbar (nbar + 1))``: two-mode squeezed vacuum.

    Raises:
        ArgumentError: negative or non-finite numbers.
        UnphysicalError: the correlation is stronger than quantum mechanics allows.
    """

    nbar: float
    mbar: complex | None = None

    def __post_init__(self) -> None:
        mbar = check_squeezing(self.nbar, self.mbar)
        object.__setattr__(self, "mbar", mbar)

    def moments(self) -> Moments:
        """``N = nbar 1`` and ``M = mbar`` off the diagonal."""
        assert self.mbar is not None
        return _pair_moments(self.nbar, self.mbar)


@dataclass(frozen=True)
class ThermalField(Field):
    """One port with ``nbar`` uncorrelated photons.

    Args:
        nbar: photons per mode, >= 0.

    Raises:
        ArgumentError: negative or non-finite.
    """

    nbar: float

    def __post_init__(self) -> None:
        check_real("nbar", self.nbar, minimum=0.0, remedy="Give a mean photon number.")

    def moments(self) -> Moments:
        """``N = nbar``, ``M = 0``."""
        return np.array([[self.nbar]], dtype=complex), np.zeros((1, 1), dtype=complex)


@dataclass(frozen=True)
class CoherentField(Field):
    """One port with laser light at the frequency of the rotating frame: vacuum around a mean.

    A resonant cavity of energy decay rate kappa relaxes to ``<a> = -2 amplitude/sqrt(kappa)``.

    Args:
        amplitude: ``<b_in>``, real or complex; ``|amplitude|^2`` photons arrive per unit of time.
        modulation: a pulse or a function of time f, real or complex: ``<b_in> = f(t) amplitude``.

    Raises:
        ArgumentError: no finite number; neither a pulse nor a function.
    """

    amplitude: complex
    modulation: Any = None

    def __post_init__(self) -> None:
        remedy = "Give <b_in>, the root of a photon flux: a real or complex number."
        check_complex("amplitude", self.amplitude, remedy)
        if self.modulation is not None:
            pulse = as_pulse("modulation", self.modulation)
            object.__setattr__(self, "modulation", pulse)

    def moments(self) -> Moments:
        """``N = M = 0``: the fluctuations are those of the vacuum."""
        return np.zeros((1, 1), dtype=complex), np.zeros((1, 1), dtype=complex)

    def mean(self) -> tuple[OperatorSum, ...]:
        """The amplitude, times its pulse."""
        factor = identity() if self.modulation is None else signal(self.modulation)
        return (factor * self.amplitude,)


class GaussianField(Field):
    """Any Gaussian white noise on n ports, by its second moments.

    Args:
        number: (n, n) Hermitian matrix ``N_ij = <b_i† b_j>``.
        pair: (n, n) symmetric matrix ``M_ij = <b_i b_j>``; zero by default.

    Raises:
        ArgumentError: shapes differ, or an entry is not finite.
        UnphysicalError: N is not Hermitian, M not symmetric, or no quantum state has these moments.
    """

    def __init__(self, number: ArrayLike, pair: ArrayLike | None = None):
        N = as_complex("number", number, "Give the (n, n) matrix <b_i† b_j>.")
        remedy = "Give the (n, n) matrix <b_i b_j>, or leave it out."
        M = np.zeros_like(N) if pair is None else as_complex("pair", pair, remedy)
        square = N.ndim == 2 and N.shape[0] == N.shape[1] and N.shape == M.shape
        if not square or not N.size or not np.all(np.isfinite(N)) or not np.all(np.isfinite(M)):
            shapes = (N.shape, M.shape)
            remedy = "Give finite (n, n) matrices <b_i† b_j> and <b_i b_j>, one row a port."
            raise ArgumentError("number, pair", "be square and of one shape", shapes, remedy)
        for name, matrix, mirror, rule, what in (
            ("number", N, N.conj().T, "be Hermitian", "<b_i† b_j>"),
            ("pair", M, M.T, "be symmetric", "<b_i b_j>; the b commute"),
        ):
            if np.max(np.abs(matrix - mirror)) > 1e-12 * np.max(np.abs(matrix)):
                raise UnphysicalError(name, rule, matrix.tolist(), f"Give {what}.")
        N = np.asarray((N + N.conj().T) / 2, dtype=np.complex128)
        M = np.asarray((M + M.T) / 2, dtype=np.complex128)
        split(kossakowski(N, M))
        self._moments = N, M

    def moments(self) -> Moments:
        """Copies of ``(N, M)``."""
        return self._moments[0].copy(), self._moments[1].copy()


def as_complex(name: str, value: Any, remedy: str) -> NDArray[np.complex128]:
    """A copy of real or complex numbers of any shape as a complex array; no text or objects.

    Raises:
        ArgumentError: something else, or nested lists of unequal lengths.
    """
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, OverflowError):
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "iufc":
        raise ArgumentError(name, "be an array of numbers", value, remedy)
    return array.astype(np.complex128)


def check_squeezing(nbar: float, mbar: complex | None) -> complex:
    """The correlation of a two-mode squeezed field, by default the strongest possible one.

    Raises:
        ArgumentError: negative or non-finite numbers.
        UnphysicalError: ``|mbar|^2 > nbar (nbar + 1)`` by more than rounding.
    """
    n = check_real("nbar", nbar, minimum=0.0, remedy="Give a mean photon number.")
    largest = sqrt(n * (n + 1.0))
    if mbar is None:
        return largest
    m = check_complex("mbar", mbar, "Give the correlation <b_A b_B>.")
    if abs(m) > largest * (1.0 + ROUNDING):
        rule = f"satisfy |mbar| <= sqrt(nbar (nbar + 1)) = {largest:.12g}"
        remedy = f"Lower it, or raise nbar = {n:g}; leave it out for squeezed vacuum."
        raise UnphysicalError("mbar", rule, mbar, remedy)
    return m


def squeezed_jumps(
    operator_a: OperatorSum,
    operator_b: OperatorSum,
    rate: float,
    nbar: float,
    mbar: complex | None = None,
    *,
    name: str = "",
) -> tuple[Jump, ...]:
    """The jumps of a two-mode squeezed drive on operators a and b.

    Together they are, in the energy-rate convention (``D[c]rho = c rho c† - {c†c, rho}/2``)::

        rate {(nbar+1) (D[a] + D[b]) + nbar (D[a†] + D[b†])
              + mbar (a rho b + b rho a - {a b, rho}) + h.c.}

    (the last line for commuting a and b). On two cavities the steady state has
    ``<a† a> = <b† b> = nbar`` and ``<a b> = -mbar*``. For the squeezed vacuum there are exactly two
    jumps, ``a + mbar*/(nbar+1) b†`` and ``b + mbar*/(nbar+1) a†`` at rate ``rate (nbar+1)``.

    Args:
        operator_a: what the first output couples to, e.g. ``destroy(a1)``.
        operator_b: what the second output couples to.
        rate: energy rate, >= 0; the amplitude rate zeta of the paper is ``rate = 2 zeta``.
        nbar: photons per mode, >= 0.
        mbar: correlation, ``|mbar|^2 <= nbar (nbar + 1)``; by default the largest.
        name: the jumps are called ``name_1``, ``name_2``, ...; no names if empty.

    Raises:
        ArgumentError: negative or non-finite numbers.
        UnphysicalError: the correlation is too strong.

    Source: Zippilli et al., Phys. Rev. Lett. 110, 040503 (2013), L_S before Eq. (1).
    """
    for label, operator in (("operator_a", operator_a), ("operator_b", operator_b)):
        if not isinstance(operator, OperatorSum):
            remedy = "Give for example destroy(mode)."
            raise ArgumentError(label, "be an OperatorSum", operator, remedy)
    check_text("name", name, "Give a name such as 'drive', or leave it out.")
    strength = check_real("rate", rate, minimum=0.0, remedy="Give an energy decay rate.")
    correlation = check_squeezing(nbar, mbar)
    if strength == 0:
        return ()
    moments = _pair_moments(nbar, -correlation.conjugate())
    return noise_jumps((operator_a, operator_b), moments, (strength, strength), name)


def _pair_moments(nbar: float, mbar: complex) -> Moments:
    number = np.diag(np.array([nbar, nbar], dtype=complex))
    return number, np.array([[0, mbar], [mbar, 0]], dtype=complex)
