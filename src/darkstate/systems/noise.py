"""From the correlations of a field to the jump operators of a master equation.

A Gaussian white-noise field with ``N_ij = <b_i† b_j>``, ``M_ij = <b_i b_j>`` couples to a system as
``H_int = i sum_j (b_j† L_j - L_j† b_j)``. To second order in the increments, which is exact for
white noise, and with the letters ``F = (L_1 .. L_n, L_1† .. L_n†)``,

    d rho/dt = sum_ab K_ab (F_a rho F_b† - {F_b† F_a, rho}/2),   K = [[1 + N, -M*], [-M, N^T]].

K is positive exactly if some quantum state of the field has these correlations. It is split as
``K = U D U†`` with ones on the diagonal of a (permuted) triangular U: jump m is
``F_m + sum_a U_am F_a`` at rate ``D_m``. A pure field, such as squeezed vacuum, has a K of rank n,
and n jumps are enough. For two ports with nbar photons and ``M_AB = mbar`` they are

    L_A - mbar/(nbar + 1) L_B†   and   L_B - mbar/(nbar + 1) L_A†,   rate nbar + 1 each,

and the remainders ``nbar - |mbar|^2/(nbar + 1)`` of ``D[L_A†]``, ``D[L_B†]`` vanish exactly.

Source: Gardiner and Collett, Phys. Rev. A 31, 3761 (1985).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_reals
from darkstate.errors import UnphysicalError
from darkstate.systems.open_system import Jump
from darkstate.systems.operators import OperatorSum, Product, total

ROUNDING = 32 * np.finfo(float).eps
"""What an exact cancellation leaves, as a fraction of the terms that cancel."""

Moments = tuple[NDArray[np.complex128], NDArray[np.complex128]]
"""``(N, M)`` of a field, each of shape (n, n)."""


def combine(weights: Iterable[complex], operators: Iterable[OperatorSum]) -> OperatorSum:
    """``sum_k weights_k operators_k`` in which exact cancellations leave nothing.

    A coefficient below `ROUNDING` times the moduli that were added to make it is dropped.
    """
    value: dict[Product, complex] = {}
    size: dict[Product, float] = {}
    for weight, operator in zip(weights, operators, strict=True):
        for product, c in operator * weight if weight != 1 else operator:
            value[product] = value.get(product, 0.0) + c
            size[product] = size.get(product, 0.0) + abs(c)
    return OperatorSum({p: c for p, c in value.items() if abs(c) > ROUNDING * size[p]})


def driven(
    scattering: NDArray[np.complex128],
    couplings: Sequence[OperatorSum],
    ports: Sequence[str],
    inputs: Mapping[tuple[int, ...], Moments],
    means: Sequence[OperatorSum],
) -> tuple[tuple[Jump, ...], OperatorSum]:
    """The jumps of a component (S, L, H) with Gaussian fields on some inputs, and what they drive.

    The component is ``(1, L~, H)`` with ``L~ = S† L`` followed by static scattering S, so the
    fields couple to L~. Where S and the fields leave a set of ports in vacuum, ``sum D[L~_j]`` over
    the set equals ``sum D[L_k]``, and the jumps are the outputs L_k, named after their ports.

    Means beta of the inputs add ``i (beta* L~ - h.c.)`` to H. Half of it is left to the jumps where
    these are outputs: then they are ``L_k + (S beta)_k``, the light that leaves, and detectors see
    its mean.

    Args:
        scattering: S, (n, n).
        couplings: L, n operators.
        ports: n names.
        inputs: ``{positions: (N, M)}``, vacuum elsewhere.
        means: beta, n multiples of the identity, with pulses as factors where light is modulated.
    """
    n = len(couplings)
    N, M = np.zeros((n, n), dtype=complex), np.zeros((n, n), dtype=complex)
    for key, (number, pair) in inputs.items():
        N[np.ix_(key, key)], M[np.ix_(key, key)] = number, pair
    noisy = np.any((N != 0) | (M != 0), axis=1)
    passing = [combine(row, means) for row in scattering]
    jumps: list[Jump] = []
    drive: list[OperatorSum] = []
    for outs, ins in _blocks(scattering, (N != 0) | (M != 0)):
        if np.any(noisy[ins]):
            arriving = [combine(scattering[:, j].conj(), couplings) for j in ins]
            units = [_unit(operator) for operator in arriving]
            kept = [i for i, (rate, _) in enumerate(units) if rate > 0]
            place = np.ix_(ins[kept], ins[kept])
            rates = [units[i][0] for i in kept]
            jumps += noise_jumps([units[i][1] for i in kept], (N[place], M[place]), rates)
            drive += [passing[k].adjoint() * couplings[int(k)] * 1j for k in outs]
        else:
            for k in outs:
                rate, operator = _unit(couplings[int(k)] + passing[k])
                if rate > 0:
                    jumps.append(Jump(operator, rate, ports[int(k)]))
            drive += [passing[k].adjoint() * couplings[int(k)] * 0.5j for k in outs]
    half = total(drive)
    return tuple(jumps), half + half.adjoint()


def _blocks(
    S: NDArray[np.complex128], correlated: NDArray[np.bool_]
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Sets of ``(outputs, inputs)`` that neither scattering nor correlations connect."""
    n = len(S)
    links = np.eye(2 * n, dtype=bool)
    links[:n, n:], links[n:, :n], links[n:, n:] = (
        S != 0,
        S.T != 0,
        correlated | np.eye(n, dtype=bool),
    )
    group, before = np.arange(2 * n), np.zeros(0, dtype=int)
    while not np.array_equal(group, before):  # the least member of each spreads
        before, group = group, np.where(links, group, 2 * n).min(axis=1, initial=2 * n)
    outs, ins = group[:n], group[n:]
    return [(np.flatnonzero(outs == g), np.flatnonzero(ins == g)) for g in np.unique(group)]


def _unit(operator: OperatorSum) -> tuple[float, OperatorSum]:
    """``(rate, c)`` with ``operator = sqrt(rate) c``; the largest coefficient of c is 1."""
    largest = max((abs(c) for _, c in operator), default=0.0)
    return largest**2, operator / largest if largest else operator


def noise_jumps(
    operators: Sequence[OperatorSum], moments: Moments, rates: Sequence[float], name: str = ""
) -> tuple[Jump, ...]:
    """The jumps caused by a Gaussian field that couples to ``L_j = sqrt(rates_j) operators_j``.

    Rates stay outside the operators, so that no square root is squared again.

    Args:
        operators: n operators.
        moments: ``(N, M)`` of the field, each (n, n).
        rates: n positive rates.
        name: the jumps are called ``name_1``, ``name_2``, ...; no names if empty.

    Raises:
        UnphysicalError: no quantum state of the field has these moments.
    """
    letters = [*operators, *(operator.adjoint() for operator in operators)]
    each = check_reals("rates", rates, remedy="Give one rate per operator.")
    strengths = np.concatenate([each, each])
    jumps = []
    for m, weight, column in split(kossakowski(*moments)):
        parts = [letters[m]]
        for a in np.flatnonzero(column):
            factor = column[a] * sqrt(strengths[a] / strengths[m])
            parts.append(letters[a] * complex(factor))
        label = f"{name}_{len(jumps) + 1}" if name else ""
        jumps.append(Jump(total(parts), float(weight * strengths[m]), label))
    return tuple(jumps)


def kossakowski(N: NDArray[np.complex128], M: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """``[[1 + N, -M*], [-M, N^T]]``, shape (2n, 2n); see the module."""
    return np.block([[np.eye(len(N)) + N, -M.conj()], [-M, N.T]])


def split(K: NDArray[np.complex128]) -> list[tuple[int, float, NDArray[np.complex128]]]:
    """``K = sum_m d_m u_m u_m†`` with ``u_m = e_m + column_m``, as ``(m, d_m, column_m)``.

    The lowering letters are eliminated in their order, then the raising ones by size; what is left
    below `ROUNDING` of the original diagonal is the rounding of a pure field.

    Raises:
        UnphysicalError: K is not positive semidefinite.
    """
    size, n = K.diagonal().real.copy(), len(K) // 2
    noise = ROUNDING * len(K) * np.sqrt(np.abs(np.outer(size, size)))
    rest, parts, todo = K.astype(complex), [], list(range(2 * n))
    while todo:
        m = todo[0] if todo[0] < n else max(todo, key=lambda a: _share(rest, size, a))
        pivot = rest[m, m].real
        if pivot <= noise[m, m]:
            break
        column = rest[:, m] / pivot
        rest = rest - pivot * np.outer(column, column.conj())
        rest[m, :] = rest[:, m] = 0.0
        column[m] = 0.0
        column[np.abs(column) * pivot <= noise[:, m]] = 0.0
        parts.append((m, pivot, column))
        todo.remove(m)
    if np.any(np.abs(rest) > noise):
        N, M = K[:n, :n] - np.eye(n), -K[n:, :n]
        rule = "be positive: [[1 + N, -M*], [-M, N^T]] >= 0 for N = <b†b>, M = <bb>"
        remedy = "Lower the correlations M or raise the photon numbers N."
        raise UnphysicalError("field", rule, (N.tolist(), M.tolist()), remedy)
    return parts


def _share(rest: NDArray[np.complex128], size: NDArray[np.float64], a: int) -> float:
    return rest[a, a].real / size[a] if size[a] > 0 else 0.0
