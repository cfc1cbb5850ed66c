"""One three-level atom in each ensemble, integrated exactly: what atoms that leave do to Sigma.

Rates of single atoms act on every pair of atoms alike. For one atom in each ensemble the full
master equation is small; it shows which term the equation of the variance needs when atoms leave.
"""

from __future__ import annotations

from dataclasses import replace
from math import cosh, exp, sinh

import numpy as np
from scipy.integrate import cumulative_simpson
from scipy.linalg import expm

from darkstate.models import AtomicLevels, LevelHistory


def pair_exact(model: AtomicLevels, times: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``Sigma/N``, N2 and ``Jx/N`` of one atom in each ensemble, from the entangled dark state.

    No common light. Both atoms of a pair may be lost: correlations fade at ``noise + 2 loss``.

    Args:
        model: its loss, cooling, heating, noise (without that of the loss), squeezing.
        times: evenly spaced, from 0.
    """
    up, down, away = np.eye(3)
    lower = np.outer(up, down)  # into the polarised level
    dephasing = model.noise - model.cooling - model.heating
    single = [
        (model.cooling, lower),
        (model.heating, lower.T),
        (model.loss, np.outer(away, up)),
        (model.loss, np.outer(away, down)),
        (dephasing, np.outer(down, down)),
    ]
    one = np.eye(3)
    jumps = [np.sqrt(g) * np.kron(c, one) for g, c in single]
    jumps += [np.sqrt(g) * np.kron(one, c) for g, c in single]
    step = expm(_generator(jumps) * (times[1] - times[0]))
    first = cosh(model.squeezing) * np.kron(up, up) + sinh(model.squeezing) * np.kron(down, down)
    rho = np.outer(first, first).ravel() / (first @ first)
    x, y = (lower + lower.T) / 2, (lower - lower.T) / 2j
    apart = [np.kron(x, one) - np.kron(one, x), np.kron(y, one) + np.kron(one, y)]
    total = sum(c @ c for c in apart)
    two = (np.kron(one - np.outer(away, away), one) + np.kron(one, one - np.outer(away, away))) / 2
    along = np.diag([0.5, -0.5, 0.0])
    mean = (np.kron(along, one) + np.kron(one, along)) / 2
    rows = []
    for _ in times:
        R = rho.reshape(9, 9)
        rows.append([np.trace(each @ R).real for each in (total, two, mean)])
        rho = step @ rho
    sigma, left, spin = np.array(rows).T
    return sigma, left, spin


def decorrelated(model: AtomicLevels, times: np.ndarray, printed: bool) -> np.ndarray:
    """``Sigma/N`` of the same by the equation of App. B, as printed or with ``dN2/dt``."""
    one, r = np.array([1.0]), model.squeezing
    polarised, sigma = one / cosh(2 * r), one * exp(-2 * r) / cosh(2 * r)
    start = LevelHistory(0 * one, one, polarised, sigma, (one - sigma) / 2, one)
    equation = replace(model, noise=model.noise + 2 * model.loss)
    return equation.evolve(times, initial=start, printed=printed).variance


def _generator(jumps: list[np.ndarray]) -> np.ndarray:
    """Matrix of ``sum D[c]`` on density matrices as rows."""
    n = len(jumps[0])
    one = np.eye(n)
    L = np.zeros((n * n, n * n), dtype=complex)
    for c in jumps:
        k = c.conj().T @ c
        L += np.kron(c, c.conj()) - 0.5 * (np.kron(k, one) + np.kron(one, k.T))
    return L


def longitudinal(
    model: AtomicLevels, times: np.ndarray, left: np.ndarray, start: float, loss: float
) -> np.ndarray:
    """``Jx/N`` by ``dJx/dt = -(Gheat + Gcool + loss) Jx + N2 (Gcool - Gheat)/2``, N2 given."""
    rate = model.heating + model.cooling + loss
    pumped = np.exp(rate * times) * left * (model.cooling - model.heating) / 2
    return np.exp(-rate * times) * (start + cumulative_simpson(pumped, x=times, initial=0.0))
