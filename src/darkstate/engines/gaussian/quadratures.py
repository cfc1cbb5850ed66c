"""Quadrature form of a quadratic system: ``dR/dt = A R + noise`` with diffusion D.

``R = (x1, p1, x2, p2, ...)``; the symmetrised covariance (vacuum 1/2) obeys
``dsigma/dt = A sigma + sigma A^T + D``. Used where the problem is real: measurement, checks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.gaussian.rounding import UNIT
from darkstate.engines.gaussian.structure import Structure


def to_quadratures(n: int) -> NDArray[np.complex128]:
    """Unitary (2N, 2N) that takes ``(a_1 .. a_N, a_1† .. a_N†)`` to ``(x1, p1, x2, p2, ...)``."""
    unitary = np.zeros((2 * n, 2 * n), dtype=complex)
    i = np.arange(n)
    unitary[2 * i, i] = unitary[2 * i, n + i] = 1 / np.sqrt(2)
    unitary[2 * i + 1, i] = -1j / np.sqrt(2)
    unitary[2 * i + 1, n + i] = 1j / np.sqrt(2)
    return unitary


def quadrature_matrices(structure: Structure) -> tuple[NDArray, NDArray]:
    """``(A, D)``: real drift and diffusion, each (2N, 2N).

    The symmetrised diffusion is the normally ordered source minus ``(W + W†)/2``.
    """
    unitary = to_quadratures(len(structure.form.labels))
    drift = structure.drift.toarray()
    diffusion = structure.source.toarray() - 0.5 * (drift + drift.conj().T)
    A = (unitary @ drift @ unitary.conj().T).real
    D = (unitary @ diffusion @ unitary.conj().T).real
    return A, 0.5 * (D + D.T)


def disturbed_quadratures(
    structure: Structure, matrices: tuple[NDArray, ...], rng: np.random.Generator
) -> tuple[NDArray, ...]:
    """What rounding may have done to ``(A, D, C, Gamma)`` of a measurement model."""
    modulus = np.abs(to_quadratures(len(structure.form.labels)))
    drift, source = (modulus @ each.toarray() @ modulus.T for each in structure.form.added)
    c, gamma = (np.abs(each) for each in matrices[2:])
    sizes = (drift, source + 0.5 * (drift + drift.T), c, gamma)
    da, dd, dc, dg = (UNIT * size * rng.choice([-1.0, 1.0], size=size.shape) for size in sizes)
    return da, 0.5 * (dd + dd.T), dc, dg


def jump_in_quadratures(structure: Structure, channel: int) -> NDArray[np.complex128]:
    """Row z (2N,) with ``sqrt(rate) c = z . R`` for one jump operator."""
    form = structure.form
    row = np.concatenate([form.U[[channel]].toarray()[0], form.V[[channel]].toarray()[0]])
    unitary = to_quadratures(len(form.labels))
    return np.sqrt(form.rates[channel]) * (row @ unitary.conj().T)
