"""Stationary moments of quadratic networks, from their own linear equations.

With R = (a_1 .. a_N, a_1† .. a_N†) the means obey ``d<R> = A <R> + b`` and the second moments of
the fluctuations, S = <R R^T>, obey ``dS = A S + S A^T + Q``; A, b and Q follow from commutators.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audit.reference import NoReferenceError
from audit.wide import Wide, solve_wide


@dataclass
class Moments:
    """``<a_i† a_j>``, ``<a_i a_j>`` of the fluctuations, ``<a_i>``; the gap."""

    number: np.ndarray
    anomalous: np.ndarray
    mean: np.ndarray
    gap: float


def is_quadratic(sketch):
    """Modes only, H of degree two and jumps of degree one at most."""

    def degree(operator):
        return max((sum(map(len, words.values())) for _, words in operator), default=0)

    modes = all(kind == "mode" for kind, _, _ in sketch.spaces)
    return (
        modes and degree(sketch.hamiltonian) <= 2 and all(degree(j[1]) <= 1 for j in sketch.jumps)
    )


def linear_flow(sketch):
    """A, b, Q of ``d<R> = A <R> + b`` and ``dS = A S + S A^T + Q``, with R = (a, a†)."""
    labels = [label for _, label, _ in sketch.spaces]
    n = len(labels)
    omega = np.kron(np.array([[0.0, 1.0], [-1.0, 0.0]]), np.eye(n))
    place = {(label, x): k + n * (x == "+") for k, label in enumerate(labels) for x in "-+"}
    h, g = np.zeros((2 * n, 2 * n), complex), np.zeros(2 * n, complex)
    for c, words in sketch.hamiltonian:
        where = [place[label, x] for label, word in words.items() for x in word]
        if len(where) == 2:
            h[where[0], where[1]] += c
            h[where[1], where[0]] += c
        elif where:
            g[where[0]] += c
    A, b, Q = -1j * omega @ h, -1j * omega @ g, np.zeros((2 * n, 2 * n), complex)
    swap = np.roll(np.arange(2 * n), n)
    for rate, operator in sketch.jumps:
        u, constant = np.zeros(2 * n, complex), 0j
        for c, words in operator:
            where = [place[label, x] for label, word in words.items() for x in word]
            if where:
                u[where[0]] += c
            else:
                constant += c
        v = u.conj()[swap]
        w, z = omega @ u, omega @ v
        A += 0.5 * rate * (np.outer(w, v) - np.outer(z, u))
        b += 0.5 * rate * (w * np.conj(constant) - z * constant)
        Q -= rate * np.outer(z, w)
    return A, b, Q


def solve_complex(matrix, right):
    """``matrix x = right`` with 32 digits."""
    M = np.block([[matrix.real, -matrix.imag], [matrix.imag, matrix.real]])
    x, least = solve_wide(Wide(M), Wide(np.concatenate([right.real, right.imag])))
    if x is None or least < 1e-14 * np.abs(M).max():
        raise NoReferenceError("moments at the edge of stability")
    return x.hi[: len(right)] + 1j * x.hi[len(right) :]


def moments_reference(sketch):
    """The stationary moments; None where the network is unstable.

    Raises:
        NoReferenceError: it cannot be told.
    """
    A, b, Q = linear_flow(sketch)
    values = np.linalg.eigvals(A)
    gap, doubt = -values.real.max(), 1e-12 * np.abs(A).max()
    if gap < -doubt:
        return None
    if gap < doubt:
        raise NoReferenceError("moments at the edge of stability")
    n, one = len(sketch.spaces), np.eye(len(A))
    mean = solve_complex(A, -b)
    S = solve_complex(np.kron(A, one) + np.kron(one, A), -Q.ravel()).reshape(A.shape)
    return Moments(S[n:, :n], S[:n, :n], mean[:n], float(gap))
