"""Series in time: exact answers, a bound that holds on random Lindblad equations, refusals."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from darkstate.errors import NumericalError
from darkstate.linalg.series import solve_linear

TURN = np.array([[0.0, -1.0], [1.0, 0.0]])
ONE = np.array([1.0, 0.0])


def solved(parts, scales, rates, start, times, stops=(), accuracy=1e-8, **given):
    given = {"size": 1.0, "weight": 1.0} | given
    stack = sp.csr_array(np.vstack(parts))
    return solve_linear(stack, np.array(scales), rates, start, times, stops, accuracy, **given)


@pytest.mark.parametrize("accuracy", [1e-4, 1e-8, 1e-11])
def test_a_turning_that_speeds_up(accuracy):
    times = [0.0, 0.3, 2.0, 2.0001, 5.0]
    found = solved([TURN], [1.0], lambda t: 2.0 * t[:, None], ONE, times, accuracy=accuracy)
    angle = np.array(times) ** 2
    error = np.abs(found.states - np.stack([np.cos(angle), np.sin(angle)], 1)).max()
    assert error <= found.error + 1e-13 and found.error <= accuracy


def test_no_step_goes_across_a_stop():
    def rates(t):
        return np.where(t < 1.0, 0.5, -3.0)[:, None]

    times = [0.0, 1.0, 1.5]
    found = solved([TURN], [1.0], rates, ONE, times, [1.0], accuracy=1e-10)
    angle = np.array([0.0, 0.5, -1.0])
    assert np.abs(found.states[:, 1] - np.sin(angle)).max() < 1e-10
    assert found.products < 200
    hidden = solved([TURN], [1.0], lambda t: np.where(t < 1 / 3, 0.5, -3.0)[:, None], ONE, times)
    angle = np.array([0.0, 1 / 6 - 2.0, 1 / 6 - 3.5])  # nobody said where it jumps
    assert np.abs(hidden.states[:, 1] - np.sin(angle)).max() <= hidden.error <= 1e-8


def test_noise_is_refused():
    noise = np.random.default_rng(1)
    with pytest.raises(NumericalError, match=r"stops=\[...\]"):
        solved([TURN], [1.0], lambda t: noise.normal(size=(len(t), 1)), ONE, [0.0, 1.0])


def test_a_kink_costs_short_steps_and_nothing_else():
    rates = lambda t: np.abs(t - 1 / 3)[:, None]  # noqa: E731
    found = solved([TURN], [1.0], rates, ONE, [0.0, 1.0], accuracy=1e-7)
    assert abs(found.states[-1, 1] - np.sin(1 / 18 + 2 / 9)) <= found.error <= 1e-7


def test_nothing_moves():
    found = solved([0 * TURN], [0.0], lambda t: np.ones((len(t), 1)), ONE, [0.0, 1.0, 9.0])
    assert np.array_equal(found.states, [ONE] * 3) and found.error == 0.0


@pytest.mark.parametrize("seed", range(4))
def test_the_bound_holds_on_random_lindblad_equations(seed):
    """In trace norm, against exponentials over so short steps that they are exact."""
    rng = np.random.default_rng(seed)
    d = 3
    a, c, b = rng.normal(size=(3, d, d)) + 1j * rng.normal(size=(3, d, d))
    H, X, one = a + a.conj().T, b + b.conj().T, np.eye(d)
    square = c.conj().T @ c
    decay = np.kron(c, c.conj()) - 0.5 * (np.kron(square, one) + np.kron(one, square.T))
    parts = [-1j * (np.kron(h, one) - np.kron(one, h.T)) for h in (H, X)]
    parts[0] = parts[0] + rng.uniform(0.1, 3.0) * decay
    scales = [
        2 * np.linalg.norm(H, 2) + 6 * np.linalg.norm(square, 2),
        2 * np.linalg.norm(X, 2),
    ]
    width, accuracy = rng.uniform(0.05, 1.0), 10.0 ** rng.integers(-10, -3)

    def rates(t):
        return np.stack([np.ones(len(t)), np.exp(-0.5 * ((t - 1.0) / width) ** 2)], 1)

    def real(matrix):
        return np.block([[matrix.real, -matrix.imag], [matrix.imag, matrix.real]])

    start = np.zeros(d * d, dtype=complex)
    start[0] = 1.0
    flat = np.concatenate([start.real, start.imag])
    looked = [real(part) for part in parts]
    found = solved(
        looked, scales, rates, flat, [0.0, 2.0], [1.0], accuracy, weight=float(np.sqrt(d))
    )
    state, steps = start, 2000  # of order four, by the points of Gauss
    for t in np.arange(steps) * 2.0 / steps:
        h = 2.0 / steps
        near = rates(t + h * (0.5 + np.array([-1, 1]) * np.sqrt(3) / 6))
        first, second = (r[0] * parts[0] + r[1] * parts[1] for r in near)
        between = second @ first - first @ second
        omega = 0.5 * h * (first + second) + np.sqrt(3) / 12 * h**2 * between
        state = _exponential(omega) @ state
    gap = (found.states[-1, : d * d] + 1j * found.states[-1, d * d :] - state).reshape(d, d)
    assert np.linalg.norm(gap, "nuc") <= found.error + 5e-9
    assert found.error <= accuracy


def _exponential(small):
    """Of a matrix far below one."""
    term = total = np.eye(len(small), dtype=complex)
    for k in range(1, 9):
        term = term @ small / k
        total = total + term
    return total


def test_what_was_seen_is_not_contradicted():
    """A short rise on top of a slow coefficient, between all looks of a long step."""

    def rates(t):
        return (0.3 + 0.2 * (np.abs(t - 0.7137) < 2e-3))[:, None]

    times = np.linspace(0.0, 1.0, 1001)
    angle = 0.3 + 0.2 * 4e-3
    missed = solved([TURN], [1.0], rates, ONE, [0.0, 1.0])
    assert abs(missed.states[-1, 1] - np.sin(angle)) > 1e3 * missed.error
    found = solved([TURN], [1.0], rates, ONE, [0.0, 1.0], seen=(times, rates(times)))
    assert abs(found.states[-1, 1] - np.sin(angle)) <= found.error <= 1e-8


def test_many_steps_do_not_use_up_the_error_allowed():
    def rates(t):
        return np.cos(300.0 * t)[:, None]

    found = solved([TURN], [1.0], rates, ONE, [0.0, 5.0], accuracy=1e-7)
    assert abs(found.states[-1, 1] - np.sin(np.sin(1500.0) / 300.0)) <= found.error <= 1e-7
    assert found.products < 20_000
