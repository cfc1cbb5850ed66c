"""Light passes both ensembles slice by slice: coefficients of what comes out, without formulas.

Every quantity is a list of coefficients on the initial atoms, the slices of light that enter, and
those of the noise. Step by step they follow the interaction, ``dP = -gamma P dt - sqrt(2 gamma_s)/Z
dy + sqrt(2 gamma_extra) dF``, ``dy_out = dy + Z sqrt(2 gamma_s) P dt``; `through_both` even has the
two ensembles one behind the other and their Larmor precession. gamma are amplitude rates here, as
in Sec. IV and V of the paper.
"""

from __future__ import annotations

from math import cos, exp, sin, sqrt

import numpy as np


def falling_out(
    rate: float, extra: float, coupling: float, time: float, slices: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients of the falling mode of the light and of P after the pulse.

    Args:
        rate: gamma_s.
        extra: gamma_extra.
        coupling: Z with y and P; 1/Z and the other sign for q and X: pass ``-1/Z``.
        time: length of the pulse.
        slices: how many.

    Returns:
        mode of the light, atoms at the end, each (1 + 2 slices,): on P, on y, on F; and the middles
        of the slices, (slices,).
    """
    dt, gamma = time / slices, rate + extra
    middle = dt * (np.arange(slices) + 0.5)
    fading = exp(-gamma * dt)
    P = np.zeros(1 + 2 * slices)
    P[0] = 1.0
    mode = np.zeros_like(P)
    weight = sqrt(2 * gamma / (1 - exp(-2 * gamma * time)) * dt) * np.exp(-gamma * middle)
    # what enters a slice has decayed for half of it
    half = exp(-gamma * dt / 2)
    for k in range(slices):
        before = P.copy()
        P *= fading
        P[1 + k] -= sqrt(2 * rate * dt) / coupling * half
        P[1 + slices + k] += sqrt(2 * extra * dt) * half
        mode += weight[k] * coupling * sqrt(2 * rate * dt) * (before + P) / 2
        mode[1 + k] += weight[k]
    return mode, P, middle


def through_both(
    rate: float, coupling: float, larmor: float, time: float, slices: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """P_c and P_s after the pulse without extra decay, ensembles I, II one behind the other.

    Returns:
        coefficients on (X_I, P_I, X_II, P_II), (2, 4), and on y and q, (2, slices) each.
    """
    atoms = _passed(rate, coupling, larmor, time, slices, (0, 2))
    P = np.array([atoms[1] + atoms[3], atoms[0] - atoms[2]]) / sqrt(2)
    return P[:, :4], P[:, 4 : 4 + slices], P[:, 4 + slices :]


def disturbed(rate: float, coupling: float, larmor: float, time: float, slices: int) -> list[float]:
    """By how much X_II and P_II after the pulse change if the light met ensemble I before, and how
    large they are: the roots of the sums of squares of all coefficients."""
    behind, alone = (
        _passed(rate, coupling, larmor, time, slices, met)[2:] for met in ((0, 2), (2,))
    )
    return [float(np.linalg.norm(x)) for x in (behind - alone, alone)]


def _passed(
    rate: float, coupling: float, larmor: float, time: float, slices: int, met: tuple[int, ...]
) -> np.ndarray:
    """X_I, P_I, X_II, P_II after the pulse in turning frames; `met`: where those begin that the
    light meets."""
    dt = time / slices
    theta = sqrt(2 * rate * dt)
    atoms = np.zeros((4, 4 + 2 * slices))
    atoms[:, :4] = np.eye(4)
    for k in range(slices):
        light = np.zeros((2, 4 + 2 * slices))
        light[0, 4 + k] = light[1, 4 + slices + k] = 1.0
        for x in (0, 2):
            turn = larmor * dt * (1 if x == 0 else -1)
            R = np.array([[cos(turn), sin(turn)], [-sin(turn), cos(turn)]])
            atoms[x : x + 2] = R @ atoms[x : x + 2]
            if x in met:
                atoms[x : x + 2], light = _meet(atoms[x : x + 2], light, theta, coupling)
    angle = larmor * time
    back = [[cos(angle), -sin(angle)], [sin(angle), cos(angle)]]
    return np.concatenate([np.array(back) @ atoms[:2], np.array(back).T @ atoms[2:]])


def _meet(
    atom: np.ndarray, light: np.ndarray, theta: float, coupling: float
) -> tuple[np.ndarray, np.ndarray]:
    """``exp(-i theta (X y/Z + Z P q))`` on (X, P) and (y, q), to second order in theta."""
    (X, P), (y, q) = atom, light
    c = 1 - theta**2 / 2
    s, z = theta, coupling
    return (
        np.array([c * X + s * z * q, c * P - s / z * y]),
        np.array([c * y + s * z * P, c * q - s / z * X]),
    )
