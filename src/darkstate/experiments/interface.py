r"""Two oppositely polarised ensembles and the light that passes them, for many atoms.

In the Holstein-Primakoff limit the collective jumps ``A = mu a - nu b†``, ``B = mu b - nu a†``
(``mu = cosh r, nu = sinh r``) commute with each other, and with ``a± = (a ± b)/sqrt 2``

    (A - B)/sqrt 2 = mu a- + nu a-† = (Z x- + i p-/Z)/sqrt 2,     Z = mu + nu,
    (A + B)/sqrt 2 = mu a+ - nu a+† = (x+/Z + i Z p+)/sqrt 2.

They scatter into two modes of light, called ``cos`` and ``sin`` after the sidebands they are made
of; homodyne detection sees ``q = x-`` in one and ``q = p+`` in the other, and both q are squeezed:
``xi = (var x- + var p+)`` in units of the vacuum's, ``Sigma_J/(2|<J_x>|)``. A channel is therefore
one oscillator (q, r) with ``[q, r] = i`` (r is p- and -x+) and one light mode (X, P):

    dq/dt = -gamma q - sqrt(2 gamma_l)/Z X_in + sqrt(2 gamma_e) F_q,   gamma = gamma_l + gamma_e,
    dr/dt = -gamma r - sqrt(2 gamma_l) Z P_in + sqrt(2 gamma_e) F_r,
    X_out = X_in + sqrt(2 gamma_l) Z q,     P_out = P_in + sqrt(2 gamma_l) r/Z.

Here ``gamma_l, gamma_e`` are amplitude rates. The *variance* rates ``rate = 2 gamma_l``,
``extra = 2 gamma_e`` of this module's arguments are the rates in front of the dissipators.

**A pulse of length T without extra decay** couples q(0) to one light mode. With the rising mode
``X_in+ ~ Integral e^{gamma t} X_in`` and the falling one ``X_out- ~ Integral e^{-gamma t} X_out``,
both normalised, integration gives, with ``kappa = Z sqrt(1 - e^{-2 gamma T})``,

    X_out- = sqrt(1 - kappa^2/Z^2) X_in+ + kappa q(0),
    q(T)   = sqrt(1 - kappa^2/Z^2) q(0) - (kappa/Z^2) X_in+,
    P_out- = sqrt(1 - kappa^2/Z^2) P_in+ + (kappa/Z^2) r(0),
    r(T)   = sqrt(1 - kappa^2/Z^2) r(0) - kappa P_in+:

a beam splitter for Z = 1, squeezing of both systems otherwise, and symplectic for every Z.

**With extra decay**, ``s = gamma_l/gamma``, the coupling is reduced, ``kappa = Z sqrt(s (1 - E))``
with ``E = e^{-2 gamma T}``, and the light that enters is no longer one mode: ``X_out-`` contains
``Integral N [(1-s) e^{-gamma t} + s E e^{gamma t}] X_in dt`` and as much noise of the decay. To
write ``sqrt(E) X_in`` for that, with the reduced kappa, breaks ``[X_out, P_out] = i``: the
commutator is then ``1 - (1-s)(1-E)`` (`single_mode_commutator`).

**The record** ``dy = sqrt(2 efficiency) X_out dt + noise`` of such a pulse has the covariance

    <y'(t) y'(u)> = delta(t - u) + efficiency rate { [Z^2 v - c] e^{-gamma (t+u)}
                    + [c - 1] e^{-gamma |t-u|} },    c = s + Z^2 (1-s) noise,

v being the variance of q(0) and ``noise`` the one to which the extra decay leads, both in units of
the vacuum's. The reconstruction (`formulas.py`) inverts this.

Source: Muschik et al., arXiv:1203.4785, Sec. IV and V (the relations are derived anew here).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, pi, sqrt

from darkstate.checks import check_real
from darkstate.systems.open_system import Jump, Monitor, OpenSystem
from darkstate.systems.operators import OperatorSum, create, destroy, total
from darkstate.systems.spaces import Mode

CHANNELS = ("cos", "sin")
"""Names of the two light modes and of their records."""

ANGLES = {"cos": 0.0, "sin": pi / 2}
"""Homodyne phases: q is x- in the one channel and p+ in the other."""

QUADRATURE = {"cos": (1.0, 0.0, -1.0, 0.0), "sin": (0.0, 1.0, 0.0, 1.0)}
"""``sqrt(2) q`` of each channel as coefficients of x, p of ensemble I and x, p of ensemble II."""


@dataclass(frozen=True)
class LightInterface:
    """Rates of two ensembles and their light; see the module's equations.

    Args:
        rate: variance rate of the collective scattering, ``2 gamma_l``, > 0.
        coupling: Z = mu + nu >= 1.
        extra: variance rate of all other decay while the light is on, ``2 gamma_e`` >= 0.
        noise: variance of q and r to which the extra decay leads, >= 1 (vacuum units).

    Raises:
        ArgumentError: a number out of its range.
    """

    rate: float
    coupling: float
    extra: float = 0.0
    noise: float = 1.0

    def __post_init__(self) -> None:
        remedy = "Give rates of the variances in one unit, such as 1/ms."
        check_real("rate", self.rate, above=0.0, remedy=remedy)
        check_real("coupling", self.coupling, minimum=1.0, remedy="Give Z = mu + nu = e^r.")
        check_real("extra", self.extra, minimum=0.0, remedy=remedy)
        remedy = "Give the variance in units of the vacuum's: 1 for spins that decay to the ground."
        check_real("noise", self.noise, minimum=1.0, remedy=remedy)

    @property
    def gamma(self) -> float:
        """Amplitude decay rate with the light on, ``(rate + extra)/2``."""
        return (self.rate + self.extra) / 2

    @property
    def share(self) -> float:
        """``s``: the share of the light in the decay."""
        return self.rate / (self.rate + self.extra)

    def kappa2(self, duration: float) -> float:
        """``kappa^2 = Z^2 s (1 - e^{-2 gamma T})`` of a pulse of this length."""
        return self.coupling**2 * self.share * -(exp(-2 * self.gamma * duration) - 1)

    def single_mode_commutator(self, duration: float) -> float:
        """``[X_out, P_out]/i`` if the light that enters is taken for ``e^{-gamma T}`` of one mode.

        One only without extra decay; what is missing is the noise of the decay.
        """
        return 1 - (1 - self.share) * (1 - exp(-2 * self.gamma * duration))

    def steady_variance(self, efficiency: float | None = None) -> float:
        """Variance of q in the steady state, given the record or (None) without one.

        With ``g = extra/rate``: ``(1/Z^2 + g noise)/(1 + g)`` without, and the positive root of
        ``efficiency Z^2 V^2 + (1 + g - 2 efficiency) V - (1 - efficiency)/Z^2 - g noise`` with it.
        """
        g, squeezed = self.extra / self.rate, self.coupling**-2
        if efficiency is None:
            return (squeezed + g * self.noise) / (1 + g)
        remedy = "Give the detected fraction of the light."
        check_real("efficiency", efficiency, minimum=0.0, maximum=1.0, remedy=remedy)
        b = 1 + g - 2 * efficiency
        c = (1 - efficiency) * squeezed + g * self.noise
        # the form of the root that does not cancel, whatever the sign of b
        root = sqrt(b * b + 4 * efficiency * self.coupling**2 * c)
        if b > 0:
            return 2 * c / (b + root)
        return (root - b) / (2 * efficiency * self.coupling**2)

    def system(
        self, efficiency: float = 1.0, displacement: complex = 0.0, conjugate: bool = False
    ) -> OpenSystem:
        """The ensembles "I" and "II" with the light on; both channels are monitored.

        Args:
            efficiency: of the detection.
            displacement: amplitude of coherent light that enters in both channels, in square roots
                of photons per time, along the measured quadrature ...
            conjugate: ... or, if true, along the one that is written on r.
        """
        first, second = Mode("I"), Mode("II")
        mu, nu = (self.coupling + 1 / self.coupling) / 2, (self.coupling - 1 / self.coupling) / 2
        jumps, energies = [], []
        for channel, sign in (("cos", -1.0), ("sin", 1.0)):
            down = (destroy(first) + sign * destroy(second)) / sqrt(2)
            operator = mu * down - sign * nu * down.adjoint()
            phase = (1j if channel == "sin" else 1.0) * (1j if conjugate else 1.0)
            beta = complex(displacement) * phase
            jumps.append(Jump(operator + beta / sqrt(self.rate), self.rate, channel))
            driven = -0.5j * sqrt(self.rate) * beta * operator.adjoint()
            energies.append(driven + driven.adjoint())
        monitors = tuple(
            Monitor(name, efficiency=efficiency, angle=ANGLES[name]) for name in CHANNELS
        )
        jumps += decay((first, second), self.extra, self.noise)
        return OpenSystem((first, second), total(energies), tuple(jumps), monitors)


def decay(modes: tuple[Mode, ...], rate: float, noise: float) -> list[Jump]:
    """Decay of all modes with this variance rate to the variance `noise`."""
    loss: list[tuple[OperatorSum, float]] = [(destroy(mode), (noise + 1) / 2) for mode in modes]
    gain: list[tuple[OperatorSum, float]] = [(create(mode), (noise - 1) / 2) for mode in modes]
    return [Jump(operator, rate * weight) for operator, weight in loss + gain if rate * weight > 0]
