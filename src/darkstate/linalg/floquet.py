r"""Linear Langevin equations with periodic drift, and whether they settle (Floquet exponents).

The equation, for a vector ``v(t)`` of operators (annihilators, creators, auxiliary variables)::

    dv/dt = Σ_h W_h exp(-i h Ω t) v(t) + B ξ(t),      <ξ(t) ξ(0)†> = ∫ dω/2π S(ω) exp(-i ω t)

Without noise its solutions are ``exp(μ t)`` times something of period ``2π/Ω``. The exponents ``μ``
come from the monodromy matrix (the propagator over one period), which involves no truncation of
harmonics; there is a periodic steady state exactly if all of them decay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from darkstate.errors import ArgumentError, NumericalError

Complex = NDArray[np.complex128]
Real = NDArray[np.float64]

MAX_STEPS = 4096
"""Of the propagator over one period; the matrices of all steps are held at once."""


@dataclass(frozen=True)
class PeriodicLangevin:
    """``dv/dt = Σ_h W_h exp(-i h Ω t) v + B ξ`` with ``v`` of length n and k noise operators.

    Attributes:
        harmonics: ``{h: W_h}``, each of shape (n, n), in units of frequency.
        frequency: ``Ω > 0``.
        inputs: ``B``, shape (n, k).
        spectrum: ``S``: frequencies (w,) -> Hermitian matrices (w, k, k).
        kinks: frequencies at which ``S`` is not smooth.
        support: the interval outside which ``S`` vanishes; either end may be infinite.
    """

    harmonics: Mapping[int, Complex]
    frequency: float
    inputs: Complex
    spectrum: Callable[[Real], Complex]
    kinks: Sequence[float] = (0.0,)
    support: tuple[float, float] = (-np.inf, np.inf)

    def __post_init__(self) -> None:
        size = len(self.inputs)
        for order, block in self.harmonics.items():
            if np.shape(block) != (size, size):
                remedy = "Give one square matrix per harmonic, as large as `inputs` is long."
                rule = f"have shape {(size, size)}"
                raise ArgumentError(f"harmonics[{order}]", rule, np.shape(block), remedy)
        if not 0 < self.frequency < np.inf:
            remedy = "Give the angular frequency of the drive; any value will do if it is absent."
            raise ArgumentError("frequency", "be > 0 and finite", self.frequency, remedy)

    def drift(self, times: Real) -> Complex:
        """``A(t) = Σ_h W_h exp(-i h Ω t)``: shape (t,) -> (t, n, n)."""
        phases = {h: np.exp(-1j * h * self.frequency * times) for h in self.harmonics}
        return sum(
            (phases[h][:, None, None] * block for h, block in self.harmonics.items()),
            start=np.zeros((len(times), len(self.inputs), len(self.inputs)), complex),
        )


def floquet_exponents(system: PeriodicLangevin, rtol: float = 1e-10) -> Complex:
    """Exponents ``μ`` of the solutions ``exp(μt) × periodic``, slowest decay first.

    Eigenvalues ``exp(2πμ/Ω)`` of the monodromy matrix, which is a product of fourth-order Magnus
    steps; their number is doubled until ``μ`` is known to `rtol` of the largest rate.

    Returns:
        Shape (n,), imaginary parts in ``(-Ω/2, Ω/2]``.

    Raises:
        NumericalError: `MAX_STEPS` steps a period do not suffice; said before they are taken
            where the drift alone asks for more.
    """
    period = 2 * np.pi / system.frequency
    steps = first_steps(system, rtol)
    if not steps:
        constant = system.harmonics.get(0, np.zeros((len(system.inputs),) * 2, complex))
        steady = np.linalg.eigvals(constant).astype(np.complex128)
        return _fold_exponents(np.exp(1j * steady.imag * period), period, steady.real)
    scale = _norm(system)
    previous = _monodromy_exponents(system, steps)
    while steps < MAX_STEPS:
        steps *= 2
        exponents = _monodromy_exponents(system, steps)
        if np.max(np.abs(exponents.real - previous.real)) <= rtol * scale:
            return exponents
        previous = exponents
    raise _too_fast(rtol, scale, system.frequency)


def first_steps(system: PeriodicLangevin, rtol: float = 1e-10) -> int:
    """Steps a period to begin with; none where the drift is constant.

    Raises:
        NumericalError: more than `MAX_STEPS`.
    """
    if not any(h and np.any(block) for h, block in system.harmonics.items()):
        return 0
    steps = max(8.0, _norm(system) * 2 * np.pi / system.frequency)
    if steps >= MAX_STEPS:
        raise _too_fast(rtol, _norm(system), system.frequency)
    return int(np.ceil(steps))


def _norm(system: PeriodicLangevin) -> float:
    return max(float(np.linalg.norm(block, 2)) for block in system.harmonics.values())


def _too_fast(rtol: float, scale: float, frequency: float) -> NumericalError:
    return NumericalError(
        f"Floquet exponents are not known to rtol={rtol:g} within {MAX_STEPS} steps a period: the "
        f"drift (norm {scale:g}) is too fast for the drive (frequency {frequency:g}). Bring the "
        "frequencies of the modes, the baths and the drive nearer to each other."
    )


def _monodromy_exponents(system: PeriodicLangevin, steps: int) -> Complex:
    period = 2 * np.pi / system.frequency
    width = period / steps
    middle = (np.arange(steps) + 0.5) * width
    early, late = (system.drift(middle + s * width / np.sqrt(12)) for s in (-1.0, 1.0))
    commutator = late @ early - early @ late
    generators = width / 2 * (early + late) + np.sqrt(3) / 12 * width**2 * commutator
    monodromy = np.eye(len(system.inputs), dtype=complex)
    for step in scipy.linalg.expm(generators):
        monodromy = step @ monodromy
    multipliers = np.linalg.eigvals(monodromy).astype(np.complex128)
    return _fold_exponents(multipliers, period)


def _fold_exponents(multipliers: Complex, period: float, rates: Real | None = None) -> Complex:
    """Exponents from ``exp(μ T)``, by falling real part; `rates` replaces their real part."""
    tiny = np.finfo(float).tiny  # a multiplier that underflows belongs to a very fast decay
    imaginary = np.angle(multipliers) / period
    real = np.log(np.maximum(np.abs(multipliers), tiny)) / period if rates is None else rates
    return (real + 1j * imaginary)[np.lexsort((imaginary, -real))]


def check_floquet_stable(system: PeriodicLangevin) -> Complex:
    """The Floquet exponents, all of which must decay.

    Raises:
        NumericalError: one does not; the message gives it.
    """
    exponents = floquet_exponents(system)
    worst = exponents[0]
    noise = 1e-13 * float(np.max(np.abs(exponents)))
    if worst.real >= -noise:
        kind = "grows" if worst.real > noise else "does not decay"
        raise NumericalError(
            f"No steady state: the Floquet exponent {worst.real:.6g}{worst.imag:+.6g}i {kind}. "
            "Weaken the drive or the coupling to the bath, or add damping."
        )
    return exponents
