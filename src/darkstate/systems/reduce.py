"""Reductions: from a system to a simpler one that describes part of it.

**Adiabatic elimination of a Gaussian environment.** Slow systems couple weakly to modes,

    H_int = sum_alpha S_alpha v_alpha,     v = (a_1 .. a_M, a_1† .. a_M†),

and the modes by themselves are Gaussian with the stationary correlations ``C = <v v>`` and the
drift W: ``<v(t) v(0)> = e^(W t) C``. To second order in the coupling, with the memory integral
``K = Integral_0^inf dt <v(t) v(0)> = -W^-1 C``, the slow systems obey

    d rho/dt = - sum_ab K_ab [S_a, S_b rho] + h.c.

Let ``S_a† = S_abar`` (abar is the adjoint letter) and ``G_bc = K_cbar,b``. Then this is

    d rho/dt = -i [H, rho] + sum_bc Gamma_bc (S_b rho S_c† - {S_c† S_b, rho}/2),
    Gamma = G + G†,    H = sum_bc (G - G†)_bc/(2i) S_c† S_b,

and Gamma, the spectrum of the environment at the frequency of the slow systems, is positive
because the environment is stationary: its eigenvectors are the jumps. What is left out is of
relative order (rate of the slow systems) x (memory time of the environment).

Source: Breuer and Petruccione, The Theory of Open Quantum Systems (2002), ch. 3.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from darkstate.errors import ArgumentError, NumericalError
from darkstate.linalg import solve_sylvester
from darkstate.linalg.unique import TIE, unique_columns
from darkstate.systems.open_system import Jump, OpenSystem, check_constant
from darkstate.systems.operators import OperatorSum, Product, total
from darkstate.systems.quadratic import quadratic_form
from darkstate.systems.spaces import Mode

_EPS = float(np.finfo(float).eps)
Complex = NDArray[np.complex128]


@dataclass(frozen=True)
class Elimination:
    """What an adiabatic elimination leaves.

    Attributes:
        system: the slow systems with their effective Hamiltonian and jumps.
        memory: ``|W^-1|``, how long the environment remembers at the slow systems' frequency.
        error: estimated relative error of the effective generator, (fastest rate) x memory. It is
            of second order in the coupling.
    """

    system: OpenSystem
    memory: float
    error: float


def eliminate_modes(system: OpenSystem) -> Elimination:
    """Adiabatic elimination of all modes, to second order in what couples them to the rest.

    ``d rho/dt = - sum_ab K_ab [S_a, S_b rho] + h.c.`` with ``K = -W^-1 <v v>``; see the module.

    Args:
        system: modes (with any quadratic Hamiltonian and linear jumps among them) and other
            spaces, which only couple linearly to the modes: every term of H that touches them is
            one operator of theirs times one ``a`` or ``a†``.

    Raises:
        ArgumentError: nothing to eliminate or to keep; a jump or term of H that is not of this
            form; a coherent drive of a mode.
        EngineMismatchError: the modes by themselves are not quadratic.
        NumericalError: the modes have no unique stationary state.

    Source: Breuer and Petruccione, The Theory of Open Quantum Systems (2002), ch. 3.3.
    """
    check_constant(system, "`eliminate_modes`")
    modes = tuple(space for space in system.spaces if isinstance(space, Mode))
    kept = tuple(space for space in system.spaces if not isinstance(space, Mode))
    if not modes or not kept:
        remedy = "Elimination needs modes to remove and something else to keep."
        raise ArgumentError("system", "have modes and other spaces", system.labels, remedy)
    environment, couplings = _parts(system, modes)
    inverse, memory_integral = _memory(environment)
    memory = float(np.linalg.norm(inverse, 2))
    if not couplings:
        return Elimination(OpenSystem(kept), memory, 0.0)
    letters = sorted(couplings)
    operators = [couplings[letter] for letter in letters]
    bar = [(letter + len(modes)) % (2 * len(modes)) for letter in letters]
    G = _without_rounding(memory_integral[np.ix_(bar, letters)].T)
    sizes = np.array([max(abs(c) for _, c in operator) for operator in operators])
    rate = 2 * float(np.linalg.norm(sizes[:, None] * G * sizes, 2))
    H = _hamiltonian(G, operators)
    return Elimination(OpenSystem(kept, H, _jumps(G, operators, sizes)), memory, rate * memory)


def _parts(
    system: OpenSystem, modes: tuple[Mode, ...]
) -> tuple[OpenSystem, dict[int, OperatorSum]]:
    """The environment alone, and the operator S_a that multiplies each letter a."""
    index = {mode: i for i, mode in enumerate(modes)}
    own: dict[Product, complex] = {}
    couplings: dict[int, dict[Product, complex]] = {}
    for product, c in system.hamiltonian:
        words = [(space, word) for space, word in product if isinstance(space, Mode)]
        rest = tuple(factor for factor in product if not isinstance(factor[0], Mode))
        order = sum(len(word) for _, word in words)
        if (rest and order != 1) or (not rest and order == 1):
            remedy = "Couple linearly, without terms of the slow systems alone or driven modes."
            shown = str(OperatorSum({product: c}))
            raise ArgumentError("hamiltonian", "couple modes linearly", shown, remedy)
        if rest:
            space, word = words[0]
            assert isinstance(space, Mode)
            letter = index[space] + (len(modes) if word == "+" else 0)
            couplings.setdefault(letter, {})[rest] = c
        else:
            own[product] = c
    for jump in system.jumps:
        if any(not isinstance(space, Mode) for space in jump.operator.spaces):
            remedy = "Only the modes may dissipate; add the other channels afterwards."
            raise ArgumentError("jumps", "act on modes alone", str(jump.operator), remedy)
    environment = OpenSystem(tuple(modes), OperatorSum(own), system.jumps)
    return environment, {letter: OperatorSum(terms) for letter, terms in couplings.items()}


def _memory(environment: OpenSystem) -> tuple[Complex, Complex]:
    """``W^-1`` and ``K = -W^-1 <v v>`` of a quadratic environment, each (2M, 2M)."""
    form = quadratic_form(environment)
    n = len(form.labels)
    W, Wc = (part.toarray() for part in form.drift)
    number, pair = (part.toarray() for part in form.source)
    drift: NDArray[Any] = np.block([[W, Wc], [Wc.conj(), W.conj()]])
    source = np.block([[number, pair], [pair.conj(), number.conj()]])
    covariance = solve_sylvester(drift, drift, source).x  # normally ordered <v v†>
    covariance[:n, :n] += np.eye(n)
    correlations = np.roll(covariance, n, axis=1)  # <v v>
    inverse: NDArray[Any] = np.linalg.inv(drift)
    return inverse, -inverse @ correlations


def _without_rounding(G: Complex) -> Complex:
    """G without the entries that rounding leaves where they vanish by symmetry."""
    noise = 8 * len(G) * _EPS * np.max(np.abs(G))
    real, imaginary = (np.where(np.abs(part) > noise, part, 0.0) for part in (G.real, G.imag))
    return real + 1j * imaginary


def _hamiltonian(G: Complex, operators: list[OperatorSum]) -> OperatorSum:
    weights = (G - G.conj().T) / 2j
    weights[np.abs(weights) <= 8 * _EPS * np.abs(G).max()] = 0.0
    terms = total(
        operators[c].adjoint() * operators[b] * complex(weights[b, c])
        for b, c in np.argwhere(weights)
    )
    H = (terms + terms.adjoint()) * 0.5
    largest = max((abs(c) for _, c in H), default=0.0)
    return OperatorSum({p: c for p, c in H if p and abs(c) > 32 * _EPS * largest})


def _jumps(
    G: Complex, operators: list[OperatorSum], sizes: NDArray[np.float64]
) -> tuple[Jump, ...]:
    """The eigenvectors of ``Gamma = G + G†``, block by block so that charges stay visible."""
    gamma = sizes[:, None] * (G + G.conj().T) * sizes
    units = [operator / size for operator, size in zip(operators, sizes.tolist(), strict=True)]
    count, block = connected_components(np.abs(gamma) > 0, directed=False)
    jumps = []
    for k in range(count):
        places = np.flatnonzero(block == k)
        matrix = gamma[np.ix_(places, places)]
        rates, vectors = np.linalg.eigh(matrix if np.any(matrix.imag) else matrix.real)
        noise = 64 * len(places) * _EPS * np.max(np.abs(rates))
        if rates[0] < -noise:
            raise NumericalError(
                f"The rates of the eliminated environment must be >= 0, but one is {rates[0]:.3g}. "
                "Its drift is too close to singular: add loss, or keep the modes."
            )
        for column in _unique_parts(rates, vectors, noise):
            rate = float(np.vdot(column, column).real)
            weighted = (
                units[b] * complex(x)
                for b, x in zip(places, column / np.sqrt(rate), strict=True)
                if abs(x) > 8 * _EPS
            )
            jumps.append(Jump(total(weighted), rate, f"cavities_{len(jumps) + 1}"))
    return tuple(jumps)


def _unique_parts(
    rates: NDArray[np.float64], vectors: NDArray[Any], noise: float
) -> Iterator[NDArray[Any]]:
    """Eigenvectors times the root of their rate, fastest first, as every processor gives them.

    Those of equal rates are free up to a rotation, and all of them up to a phase.
    """
    kept = np.flatnonzero(rates > noise)[::-1]
    apart = np.flatnonzero(-np.diff(rates[kept]) > TIE * np.max(np.abs(rates))) + 1
    for same in np.split(kept, apart):
        yield from unique_columns(vectors[:, same] * np.sqrt(rates[same])).T
