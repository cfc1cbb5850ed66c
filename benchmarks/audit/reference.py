"""What is right: steady states, gaps, evolutions and Gaussian moments by dense linear algebra.

A density matrix of D states is D^2 real numbers: populations p_k, then x_kl and y_kl of
``rho_kl = x_kl + i y_kl`` for k < l. On them the generator

    L rho = K rho + rho K† + sum_k rate_k c_k rho c_k†,      K = -i H - sum_k rate_k c_k† c_k/2,

is one real D^2 x D^2 matrix, kept to 32 digits (`audit.wide`). Its null vector of trace one is
found by inverting it in double precision, scaled row by row and column by column, and refining with
residuals of 32 digits: where that converges the result has more digits than a double. Where it does
not, elimination itself is done with 32 digits. Modes are cut at growing sizes until the state
stands still.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from math import prod

import numpy as np
from scipy.sparse.csgraph import connected_components

from audit.sketch import Layout
from audit.wide import Wide, WideComplex, solve_wide

WIDE_ELIMINATION = 700
"""Largest number of unknowns that are eliminated with 32 digits."""
WIDE_EXPONENTIAL = 64
"""The same for exponentials of the generator."""
LARGEST_PART = 800
"""Largest number of unknowns, coupled to each other, whose spectrum is computed."""
SINGULAR = 1e-25
"""A pivot so small beside its row is zero."""


class NoReferenceError(Exception):
    """The reference is not known well enough."""


@dataclass
class Steady:
    """A steady state (D, D) with its error, and what is needed for the gap."""

    matrix: np.ndarray | None
    error: float
    unique: bool
    generator: Wide
    layout: Layout
    cutoffs: tuple = ()
    inverse: np.ndarray | None = None
    scales: tuple = ()
    row: int = 0


def pairs_of(size):
    """``(k, l)`` with k < l, as two arrays."""
    return np.triu_indices(size, 1)


def generator_of(layout, sketch):
    """The real generator, (D^2, D^2)."""
    size = prod(layout.dimensions)
    drift = layout.matrix(sketch.hamiltonian).scaled(-1j)
    jumps = [one for jump in sketch.jumps for one in layout.jump_matrices(jump)]
    for rate, c in jumps:
        drift = drift + (c.adjoint() @ c).scaled(-0.5 * rate)
    upper, lower = pairs_of(size)
    i = np.concatenate([np.arange(size), upper])
    j = np.concatenate([np.arange(size), lower])
    one = WideComplex(np.eye(size))

    def both(left, right):  # row (i, j), column (k, l): left_ik conj(right_jl)
        return left[i][:, :, None] * right.conj()[j][:, None, :]

    total = both(drift, one) + both(one, drift)
    for rate, c in jumps:
        total = total + both(c, c).scaled(rate)
    flat = total[:, upper, lower], total[:, lower, upper]
    diagonal = total[:, np.arange(size), np.arange(size)]
    x, y = flat[0] + flat[1], flat[0] - flat[1]
    real = [diagonal.re, x.re, -y.im]
    imaginary = [part[size:] for part in (diagonal.im, x.im, y.re)]
    return stacked([real, imaginary])


def stacked(rows):
    """A block matrix of `Wide` blocks."""
    return Wide(np.block([[b.hi for b in row] for row in rows]),
                np.block([[b.lo for b in row] for row in rows]))  # fmt: skip


def as_matrix(vector, size):
    """The density matrix of its real numbers."""
    upper = pairs_of(size)
    count = len(upper[0])
    rho = np.diag(vector[:size]).astype(complex)
    rho[upper] = vector[size : size + count] + 1j * vector[size + count :]
    rho[upper[::-1]] = np.conj(rho[upper])
    return rho


def as_vector(rho):
    """The inverse of `as_matrix`."""
    upper = pairs_of(len(rho))
    return np.concatenate([rho.diagonal().real, rho[upper].real, rho[upper].imag])


def power_of_two(values):
    """Powers of two near positive values; 1 where they are zero."""
    safe = np.where(values > 0, values, 1.0)
    return np.exp2(np.round(np.log2(safe)))


class Rows:
    """A `Wide` matrix by its nonzero entries row by row, for products with 32 digits."""

    def __init__(self, matrix):
        filled = (matrix.hi != 0) | (matrix.lo != 0)
        order = np.argsort(~filled, axis=1, kind="stable")[:, : max(1, filled.sum(1).max())]
        kept = np.take_along_axis(filled, order, 1)
        self.order = order
        self.values = Wide(*(np.where(kept, np.take_along_axis(part, order, 1), 0.0)
                             for part in (matrix.hi, matrix.lo)))  # fmt: skip

    def __matmul__(self, x):
        return (self.values * x[self.order]).sum(axis=1)


def refined(inverse, rows, right, most=60):
    """``M x = right`` from an approximate inverse; x and the last correction, None if it fails."""
    x, before = Wide(np.zeros(len(right.hi))), np.inf
    for _ in range(most):
        step = inverse @ (right - rows @ x).hi
        x = x + Wide(step)
        size = np.abs(step).max() / max(np.abs(x.hi).max(), 1e-300)
        if not np.isfinite(size) or (size > 0.5 * before and size > 1e-22):
            return None, np.inf
        if size < 1e-22:
            return x, size
        before = size
    return None, np.inf


def steady(layout, sketch):
    """The steady state at one truncation.

    Raises:
        NoReferenceError: neither way gives a null vector with certainty.
    """
    L = generator_of(layout, sketch)
    size, n = prod(layout.dimensions), L.shape[0]
    row = int(np.argmax(np.abs(L.hi[:size]).max(axis=1)))  # the populations add up: one is spare
    M = L.copy()
    M[row] = np.concatenate([np.ones(size), np.zeros(n - size)])
    r = 1.0 / power_of_two(np.abs(M.hi).max(axis=1))
    M = M * Wide(r[:, None])
    s = 1.0 / power_of_two(np.abs(M.hi).max(axis=0))
    M = M * Wide(s[None, :])
    right = Wide(np.where(np.arange(n) == row, r, 0.0))
    try:
        inverse = np.linalg.inv(M.hi)
    except np.linalg.LinAlgError:
        inverse = np.full((n, n), np.nan)
    rows = Rows(M)
    x, error = refined(inverse, rows, right)
    if x is None:
        inverse = None
        if n > WIDE_ELIMINATION:
            raise NoReferenceError("too ill conditioned for double precision")
        x, least = solve_wide(M, right)
        if least < SINGULAR:
            return Steady(None, np.inf, False, L, layout)
        error = n * 1e-30 / least
    found = as_matrix((x * Wide(s)).hi, size)
    return Steady(found, 1e-15 + error, True, L, layout, (), inverse, (r, s), row)


def gap_of(found):
    """The gap of the whole generator, ``min -Re lambda`` besides zero, and its error."""
    if any(kind == "ensemble" for kind, _, _ in found.layout.spaces):
        return symmetric_gap(found)
    L, parts = found.generator.hi, components(found.generator.hi)
    if found.inverse is None or max(map(len, parts)) > LARGEST_PART:
        raise NoReferenceError("no spectrum")
    r, s = found.scales
    G = s[:, None] * found.inverse * r[None, :]
    G[:, found.row] = 0.0  # what it does to right-hand sides without trace
    slow = eigenvalues(G, parts)
    largest = np.abs(slow).max()
    slow = 1.0 / slow[np.abs(slow) > 1e-9 * largest]
    condition = 1e-13 + 1e-15 * np.abs(found.inverse).sum(1).max()
    slow_error = np.abs(slow) * (1e-13 + condition) * np.maximum(1.0, np.abs(slow) * largest)
    fast = eigenvalues(L, parts)
    fast = fast[np.argsort(np.abs(fast))][1:]  # without the zero
    fast_error = 1e-14 * np.sqrt(np.abs(L).sum(0).max() * np.abs(L).sum(1).max())
    crossing = np.sqrt(fast_error / (1e-13 + condition) / largest)
    near = np.abs(slow) <= crossing
    values = [*zip(-slow[near].real, slow_error[near], strict=True)]
    values += [(v, fast_error) for v in -fast[np.abs(fast) > crossing].real]
    gap, error = min(values, key=lambda pair: pair[0])
    rivals = [e for v, e in values if v - e <= gap + error]
    return gap, max(error, *rivals)


def components(matrix):
    """Index arrays of what a matrix does not couple."""
    _, names = connected_components(matrix != 0, directed=False)
    return [np.flatnonzero(names == name) for name in range(names.max() + 1)]


def eigenvalues(matrix, parts):
    """All eigenvalues of a matrix that couples nothing but the members of each part."""
    return np.concatenate([np.linalg.eigvals(matrix[np.ix_(p, p)]) for p in parts])


def symmetric_gap(found):
    """The same over what no permutation of the atoms of an ensemble changes: all its states."""
    size, slots = prod(found.layout.dimensions), found.layout.slots
    places = [k for k, (_, label, _) in enumerate(slots) if label == slots[0][1]]  # one, and first
    grid = np.arange(size).reshape(found.layout.dimensions)
    rest = list(range(len(places), len(slots)))
    orders = [grid.transpose([*p, *rest]).ravel() for p in permutations(places)]
    average = np.zeros_like(found.generator.hi)
    for k, unit in enumerate(np.eye(len(average))):
        rho = as_matrix(unit, size)
        average[:, k] = as_vector(sum(rho[np.ix_(p, p)] for p in orders) / len(orders))
    U, values, _ = np.linalg.svd(average)
    basis = U[:, values > 0.5]
    rates = -np.linalg.eigvals(basis.T @ found.generator.hi @ basis).real
    return np.sort(rates)[1], 1e-13 * np.abs(found.generator.hi).sum(1).max()


def embedded(rho, small, large):
    """A density matrix of truncation `small` in the larger one."""
    n = len(small)
    result = np.zeros(large * 2, dtype=complex)
    result[tuple(slice(0, d) for d in small * 2)] = rho.reshape(small * 2)
    side = prod(large)
    assert n == len(large)
    return result.reshape(side, side)


def trace_norm(matrix):
    """Sum of the absolute eigenvalues of a Hermitian matrix."""
    return float(np.abs(np.linalg.eigvalsh(0.5 * (matrix + matrix.conj().T))).sum())


def difference(first, dims, second, other):
    """Trace norm of the difference of two states, each in its own truncation."""
    both = tuple(max(a, b) for a, b in zip(dims, other, strict=True))
    return trace_norm(embedded(first, dims, both) - embedded(second, other, both))


@dataclass
class Reference:
    """The state, its error (trace norm), whether it is the only one; the gap on request."""

    state: np.ndarray | None
    dimensions: tuple
    error: float
    unique: bool
    layout: Layout | None = None
    solutions: tuple = ()

    def gap(self):
        """The gap and its error, truncation included.

        Raises:
            NoReferenceError: too large, or too ill conditioned.
        """
        if not self.solutions:
            raise NoReferenceError("one truncation only")
        found = [gap_of(one) for one in self.solutions[::-1]]
        value, error = found[0]
        return value, error + abs(found[-1][0] - value)


def steady_reference(sketch, wanted=1e-11):
    """The steady state in growing truncation, until it changes by less than `wanted` twice.

    Once is not enough: where quanta come in pairs, every second level brings nothing.

    Raises:
        NoReferenceError: it is not found to be the only one although it should be.
    """
    before, previous, error, changed = None, None, np.inf, np.inf
    for cutoffs in sketch.cutoffs or ((),):
        found = steady(Layout.of(sketch.spaces, cutoffs), sketch)
        found.cutoffs = cutoffs
        dims = found.layout.dimensions
        if not found.unique:
            if sketch.unique:
                raise NoReferenceError("steady states that cannot be told apart")
            return Reference(None, dims, np.inf, False)
        if not cutoffs:
            return Reference(found.matrix, dims, found.error, True, found.layout, (found,))
        if before is not None:
            assert all(map(int.__lt__, before.cutoffs, cutoffs)), "every mode must grow"
            change = difference(before.matrix, before.layout.dimensions, found.matrix, dims)
            error, changed = found.error + max(change, changed), change
            if error < wanted:
                break
        before, previous = found, before
    smaller = previous if before is found else before
    kept = () if smaller is None else (smaller, found)
    return Reference(found.matrix, dims, error, True, found.layout, kept)


# Evolution ------------------------------------------------------------------------------------


def exponential(matrix, time):
    """``exp(matrix time)`` by scaling and squaring, and its relative error."""
    n = matrix.shape[0]
    norm = np.abs(matrix.hi).sum(axis=1).max() * time
    squarings = max(0, int(np.ceil(np.log2(max(norm, 1e-30)))) + 2)
    exact = n <= WIDE_EXPONENTIAL
    step = matrix * Wide(np.float64(time)) * Wide(np.float64(2.0**-squarings))
    if not exact:
        step = step.hi
    total = term = Wide(np.eye(n)) if exact else np.eye(n)
    for k in range(1, 22 if exact else 14):
        term = (term @ step) / (Wide(np.float64(k)) if exact else float(k))
        total = total + term
    for _ in range(squarings):
        total = total @ total
    return (total.hi, 1e-15 + 1e-29 * norm) if exact else (total, 1e-15 * (n + norm))


def evolution_reference(sketch, cutoffs):
    """States at `sketch.times` from the ground state, with their error."""
    layout = Layout.of(sketch.spaces, cutoffs)
    L = generator_of(layout, sketch)
    size = prod(layout.dimensions)
    start = np.zeros(L.shape[0])
    start[0] = 1.0
    states, worst = [], 0.0
    for time in sketch.times:
        propagator, error = exponential(L, time - sketch.times[0])
        worst = max(worst, error)
        states.append(as_matrix(propagator @ start, size))
    return states, layout.dimensions, worst
