r"""Rate equations of three-level atoms beside the decorrelated equations of two ensembles.

The driving light also scatters atoms into a third level h that takes no part. Per atom, with n1 the
population of the polarised level, n2 that of the other and nh that of h,

    dn1/dt = - (heating + loss) n1 + cooling n2 + share back nh,
    dn2/dt = - (cooling + loss) n2 + heating n1 + (1 - share) back nh,      nh = 1 - n1 - n2,

``N2 = n1 + n2`` and ``P2 = (n1 - n2)/N2``. The variance of the EPR pair is ``Sigma = N (S - 2 Re
C)``, S what the ensembles have by themselves, C their correlation. With ``p = N2 P2 = n1 - n2``,
``g = Gt + d G p`` and the difference delta of the Larmor frequencies,

    dS/dt = - g S + Gt N2 + d G p^2 (mu^2 + nu^2) + dN2/dt,
    dC/dt = - (g + i delta) C + d G p^2 mu nu,

for N to infinity: rates and sources of the collective light go with the atoms that are left, and N2
is the variance of uncorrelated atoms. ``xi = Sigma/(N p)``; without detuning it needs no more than
``d Sigma/dt = - g Sigma + N [Gt N2 + d G p^2 (mu - nu)^2 + dN2/dt]``.

App. B of the paper prints this without ``dN2/dt`` (``printed=True``): the variance of atoms that
leave then fades at g only, and xi is too large while atoms leave. In the steady state both agree.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from darkstate.checks import LARGEST_SQUEEZING, check_array, check_real
from darkstate.errors import ArgumentError, NumericalError
from darkstate.models.base import RATE, Parameters, freeze

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LevelHistory:
    """What three-level atoms did.

    Args:
        times: (T,).
        remaining: N2, fraction of atoms in the two levels, (T,).
        polarisation: P2 of these, (T,).
        variance: ``Sigma/N = S - 2 Re C``, (T,).
        correlation: ``|C|``, (T,).
        own: S, (T,).
    """

    times: Array
    remaining: Array
    polarisation: Array
    variance: Array
    correlation: Array
    own: Array

    @property
    def xi(self) -> Array:
        """``Sigma/(N2 P2)``; below 1 the ensembles are entangled."""
        return self.variance / (self.remaining * self.polarisation)

    @property
    def xi_in_own_frames(self) -> Array:
        """xi of spins read in frames that turn with C: ``(S - 2|C|)/(N2 P2)``."""
        return (self.own - 2 * self.correlation) / (self.remaining * self.polarisation)


GONE = 1e-12
"""Share of the atoms below which the populations are what the solution in time rounds."""


@dataclass(frozen=True)
class AtomicLevels(Parameters):
    """Energy rates: two large ensembles of three-level atoms; populations and xi over time.

    The equations are those of `darkstate.models._atomic_levels`. No `system()`: N is infinite, and
    the third level is followed by its population only.

    Args:
        loss: rate >= 0 at which an atom leaves the two levels for the third.
        optical_depth: d > 0.
        emission: G >= 0, single-atom rate of emission into the common light; 0 without the drive.
        squeezing: r, ``mu + nu = exp(r)``.
        noise: Gt >= 0, decay rate of the correlations of single atoms (in variance).
        cooling: rate >= 0 into the polarised level from the other one.
        heating: rate >= 0 the other way.
        back: rate >= 0 at which atoms return from the third level.
        share: fraction 0 .. 1 of those that return into the polarised level.
        detuning: delta, difference of the Larmor frequencies (angular).

    All rates in one unit of your choice.

    Raises:
        ArgumentError: out of range.

    Source: Muschik, Krauter, Jensen, Petersen, Cirac, Polzik, arXiv:1203.4785 (2012), App. B, C.
    """

    loss: float = field(metadata=RATE)
    optical_depth: float
    emission: float = field(metadata=RATE)
    squeezing: float
    noise: float = field(metadata=RATE)
    cooling: float = field(default=0.0, metadata=RATE)
    heating: float = field(default=0.0, metadata=RATE)
    back: float = field(default=0.0, metadata=RATE)
    share: float = 0.5
    detuning: float = field(default=0.0, metadata=RATE)

    def __post_init__(self) -> None:
        for name in ("loss", "emission", "noise", "cooling", "heating", "back"):
            value = check_real(name, getattr(self, name), minimum=0.0, remedy="Give a number >= 0.")
            freeze(self, name, value)
        most, remedy = LARGEST_SQUEEZING, "Give r >= 0; 1 to 2 is much."
        r = check_real("squeezing", self.squeezing, minimum=0.0, maximum=most, remedy=remedy)
        freeze(self, "squeezing", r)
        remedy = "Give the resonant optical depth."
        depth = check_real("optical_depth", self.optical_depth, above=0.0, remedy=remedy)
        freeze(self, "optical_depth", depth)
        share = check_real("share", self.share, minimum=0.0, maximum=1.0, remedy="Give a fraction.")
        freeze(self, "share", share)
        freeze(self, "detuning", check_real("detuning", self.detuning))

    def _flow(self) -> tuple[Array, Array]:
        """``dn/dt = A n + b`` of ``n = (n1, n2)``."""
        up, down = self.share * self.back, (1 - self.share) * self.back
        A = [
            [-self.heating - self.loss - up, self.cooling - up],
            [self.heating - down, -self.cooling - self.loss - down],
        ]
        return np.array(A), np.array([up, down])

    def rates(self, y: Array, printed: bool = False) -> Array:
        """Rates of ``(n1, n2, S, Re C, Im C)``; `printed` as of `evolve`."""
        A, b = self._flow()
        change = A @ y[:2] + b
        p, light = y[0] - y[1], self.optical_depth * self.emission
        g, r = self.noise + light * p, self.squeezing
        own = self.noise * (y[0] + y[1]) + light * p * p * math.cosh(2 * r)
        own += 0.0 if printed else change.sum()
        pairs = 0.5 * light * p * p * math.sinh(2 * r)
        turning = self.detuning * np.array([y[4], -y[3]]) - g * y[3:5]
        return np.array([*change, own - g * y[2], pairs + turning[0], turning[1]])

    def evolve(
        self,
        times: Sequence[float] | Array,
        polarisation: float = 1.0,
        initial: LevelHistory | None = None,
        printed: bool = False,
    ) -> LevelHistory:
        """Populations and xi at increasing `times`.

        Args:
            times: increasing times.
            polarisation: P2 of uncorrelated atoms at the first time, all in the two levels.
            initial: or go on from where a history without detuning ends.
            printed: leave out ``dN2/dt``, as App. B of the paper does.

        Raises:
            ArgumentError: times not finite or not increasing; a polarisation out of range.
            NumericalError: no atoms are left.
        """
        t = check_array("times", times, np.shape(times), remedy="Give finite numbers.")
        if t.ndim != 1 or len(t) < 2 or np.any(np.diff(t) <= 0):
            remedy = "Give at least two, in order."
            raise ArgumentError("times", "be a list that increases", times, remedy)
        p = check_real(
            "polarisation", polarisation, above=0.0, maximum=1.0, remedy="1 is fully polarised."
        )
        start = np.array([0.5 * (1 + p), 0.5 * (1 - p), 1.0, 0.0, 0.0])
        if initial is not None:
            N2, p = float(initial.remaining[-1]), float(initial.polarisation[-1])
            own, pairs = float(initial.own[-1]), float(initial.correlation[-1])
            start = np.array([0.5 * N2 * (1 + p), 0.5 * N2 * (1 - p), own, pairs, 0.0])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # said below
            done = solve_ivp(
                lambda _, y: self.rates(y, printed),
                (t[0], t[-1]),
                start,
                "LSODA",
                t,
                rtol=1e-10,
                atol=1e-13,
            )
        if not done.success:
            raise NumericalError(
                f"the rates of the levels could not be followed over {t[-1] - t[0]:g}: "
                f"{done.message} Bring the rates nearer to each other, or look at steady()."
            )
        return _history(t, done.y)

    def steady(self) -> LevelHistory:
        """The steady state as a history of one entry, at infinite time.

        Raises:
            ArgumentError: no atom stays in the two levels, or none polarised.
        """
        A, b = self._flow()
        if not np.any(b) or np.linalg.det(A) == 0.0:
            remedy = "Let atoms come back, or look at evolve()."
            raise ArgumentError("back", "be > 0 for a steady state", self.back, remedy)
        n1, n2 = (float(x) for x in np.linalg.solve(A, -b))
        if n1 <= n2:
            remedy = "Raise it, or lower `heating` or `loss`."
            raise ArgumentError("cooling", "polarise the atoms", self.cooling, remedy)
        light, r = self.optical_depth * self.emission * (n1 - n2), self.squeezing
        g = self.noise + light
        own = (self.noise * (n1 + n2) + light * (n1 - n2) * math.cosh(2 * r)) / g
        C = 0.5 * light * (n1 - n2) * math.sinh(2 * r) / (g + 1j * self.detuning)
        return _history(np.array([math.inf]), np.array([[n1], [n2], [own], [C.real], [C.imag]]))

    def adiabatic_xi(self, times: Sequence[float] | Array) -> Array:
        """xi(t) without detuning where N2 and P2 hardly move while Sigma settles (Eq. B3, mended).

        ``xi = e^(-g t)/(N2 P2) + (1 - e^(-g t)) (Gt + d G N2 P2^2 (mu - nu)^2)/(P2 g)``, ``g = Gt +
        d G N2 P2``, all at time t, from uncorrelated atoms. The first term needs N2(t): it divides
        the initial variance by the number of atoms that are left.

        Args:
            times: increasing times, the first one 0.

        Raises:
            ArgumentError: as of `evolve`.
        """
        history = self.evolve(times)
        N2, P = history.remaining, history.polarisation
        light = self.optical_depth * self.emission * N2 * P
        g = self.noise + light
        fading = np.exp(-g * history.times)
        level = (self.noise + light * P * math.exp(-2 * self.squeezing)) / (P * g)
        return fading / (N2 * P) + (1 - fading) * level


def _history(times: Array, y: Array) -> LevelHistory:
    n1, n2, own, real, imaginary = y
    N2 = n1 + n2
    if np.min(N2) < GONE:
        raise NumericalError(
            f"At time {times[np.argmin(N2)]:.4g} fewer than {GONE:g} of the atoms are left in the "
            "two levels: they have no polarisation. Use earlier times, or let atoms come `back`."
        )
    C = np.hypot(real, imaginary)
    return LevelHistory(times, N2, (n1 - n2) / N2, own - 2 * real, C, own)
