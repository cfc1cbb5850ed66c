"""Steady states by the hierarchy: deepened until the network's state stands still.

GMRES on ``L (L_0 - lambda)^{-1}``: what the preconditioner leaves is the drive, so iterations count
how often the network exchanges photons with the source. The depth grows in steps of two; the change
of the network's state from one depth to the next (trace norm) is the error estimate, and a
conservative one, since successive changes fall by factors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla
from numpy.typing import NDArray

from darkstate.engines.density.compile import dimensions
from darkstate.engines.density.hierarchy.generator import Hierarchy
from darkstate.engines.density.hierarchy.maps import Pairs, is_stored
from darkstate.engines.density.hierarchy.network import DrivenNetwork
from darkstate.engines.density.hierarchy.variables import source_variables
from darkstate.engines.truncation import Cutoff
from darkstate.errors import NumericalError
from darkstate.linalg.krylov import krylov_steps
from darkstate.states.matrices import operator_matrix
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.operators import OperatorSum
from darkstate.systems.traits import LinearSource, charge_values, charges

Array = NDArray[Any]

FIRST_DEPTH = 4
STEP = 2
LARGEST_DEPTH = 60
"""Sources whose fluctuations outlast the network by far never settle; this ends the search."""
RESTART = 80
"""GMRES vectors between restarts."""
MAX_ITERATIONS = 3000
_ROUNDING = 1e-14


@dataclass(frozen=True)
class Found:
    """A steady state of the network.

    Args:
        hierarchy: the hierarchy in which it was found.
        flat: its operators.
        change: trace norm of the change of the network's state by the last deepening.
        error: the larger of `change` and ``|L x| / rate``.
        residual: ``|L x| / (|L_0| |x|)`` of the whole hierarchy.
        rate: estimate of the slowest relaxation rate.
        iterations: GMRES iterations over all depths.
    """

    hierarchy: Hierarchy
    flat: Array
    change: float
    error: float
    residual: float
    rate: float
    iterations: int


def driven_network(
    system: OpenSystem, source: LinearSource, cutoff: Cutoff, initial: Array | None = None
) -> tuple[tuple[int, ...], DrivenNetwork]:
    """Matrices of the network behind a source, and its dimensions.

    Charges and real arithmetic are used as far as an `initial` state of the network allows it.

    Raises:
        NumericalError: the source has no stationary state.
    """
    found = charges(system).evidence or ()
    dims = dimensions(source.network, cutoff)
    values = charge_values(found, source.network.spaces, dims)
    if initial is not None and _is_coherent(initial, values):
        found = ()
    variables = source_variables(
        source, [np.array([charge.get(m.label, 0) for m in source.modes]) for charge in found]
    )
    network = source.network

    def matrix(operator: OperatorSum) -> sp.csr_array:
        return sp.csr_array(operator_matrix(operator, network.spaces, dims))

    jumps = tuple(np.sqrt(j.rate) * matrix(j.operator) for j in network.jumps if j.rate)
    effective = -1j * matrix(network.hamiltonian)
    for c in jumps:
        effective = effective - 0.5 * (c.conj().T @ c)
    if not found:
        values = values[:, :0]
    drives, noises = (tuple(matrix(p) for p in ops) for ops in (source.drives, source.noises))
    pairs = Pairs(values)
    turned = initial is not None and bool(np.any(np.imag(initial)))
    matrices = sp.csr_array(effective), jumps, drives, noises
    return dims, DrivenNetwork(pairs, variables, *matrices, always_complex=turned)


def _is_coherent(rho: Array, values: Array) -> bool:
    """Whether a state has coherences between basis states of different charges."""
    differ = np.any(values[:, None, :] != values[None, :, :], axis=2)
    return bool(np.any(np.abs(rho[differ]) > 1e-12))


def predicted_numbers(network: DrivenNetwork, depth: float) -> int:
    """Numbers in a hierarchy of this depth, before anything of its size is allocated."""
    indices = network.variables.multi_indices(depth)
    keys, counts = np.unique(indices @ network.variables.charges, axis=0, return_counts=True)
    stored = [(tuple(int(x) for x in key), int(n)) for key, n in zip(keys, counts, strict=True)]
    return sum(network.pairs.size(t) * n for t, n in stored if is_stored(t))


def steady_hierarchy(
    network: DrivenNetwork, tolerance: float, rtol: float, fits: Callable[[int], bool]
) -> Found:
    """Deepen until the state changes by less than `tolerance`, or until it no longer fits.

    Args:
        network: network and source.
        tolerance: largest trace norm of the change by the last deepening.
        rtol: relative residual of the linear systems.
        fits: whether a hierarchy of so many numbers fits into memory.

    Raises:
        NumericalError: GMRES does not converge.
    """
    found: Found | None = None
    rate = None
    for hierarchy in deepening(network, fits):
        last = np.inf if found is None else found.change
        # a shallow hierarchy is not worth more digits than its depth gives
        accuracy = 1e-3 * min(1.0, max(last, tolerance))
        if rate is None:
            rate = slowest_rate(hierarchy)
        # the residual is measured by the fastest rate, the state by the slowest
        worth = accuracy * rate / network.scale
        found = _deepened(hierarchy, found, max(_ROUNDING, min(max(rtol, accuracy), worth)), rate)
        if found.change <= tolerance:
            break
    assert found is not None
    return found


def slowest_rate(hierarchy: Hierarchy) -> float:
    """Estimate of ``1/|L^-1|`` by a loose solve for a random operator of the network.

    A conserved quantity sees about ``1/sqrt(n)`` of n random numbers, and that part of the residual
    never goes away: a solve to well below it shows that there is none.

    Raises:
        NumericalError: the steady state is not unique.
    """
    right = hierarchy.random(np.random.default_rng(0))
    count = hierarchy.network.pairs.size(hierarchy.zero)
    loose = 0.02 / np.sqrt(count)
    scale = hierarchy.network.scale
    x, _, missing = _solved(hierarchy, right, np.zeros_like(right), loose, 600)
    rate = 1.0 / (float(np.linalg.norm(x)) * np.sqrt(count))
    if missing > 2 * loose or rate < 1e-10 * scale:
        raise NumericalError(
            "The steady state of the network behind its source is not unique, or relaxes more "
            f"slowly than {1e-10 * scale:.1g}: some quantity besides the trace is conserved. "
            "Couple the decoupled part, add decay, or evolve() from the initial state you mean."
        )
    return rate


def deepening(network: DrivenNetwork, fits: Callable[[int], bool]) -> Iterator[Hierarchy]:
    """Hierarchies of growing depth: the first two in any case, then as long as they fit."""
    for number, depth in enumerate(range(FIRST_DEPTH, LARGEST_DEPTH + 1, STEP)):
        if number > 1 and not fits(predicted_numbers(network, depth)):
            return
        yield Hierarchy(network, depth)


def trace_norm(matrix: Array) -> float:
    """Sum of the moduli of the eigenvalues of a Hermitian matrix."""
    return float(np.sum(np.abs(np.linalg.eigvalsh(matrix))))


def _deepened(hierarchy: Hierarchy, before: Found | None, rtol: float, rate: float) -> Found:
    """The steady state in a deeper hierarchy, starting from that of the one before.

    Raises:
        NumericalError: GMRES stops far from the accuracy asked.
    """
    scale = hierarchy.network.scale
    right = hierarchy.right_side(scale)
    if before is None:
        guess, spent = np.zeros_like(right), 0
    else:
        guess, spent = hierarchy.prolongate(before.hierarchy, before.flat), before.iterations
    flat, iterations, missing = _solved(hierarchy, right, guess, rtol, MAX_ITERATIONS)
    if missing > max(10 * rtol, 1e-6):
        raise NumericalError(
            f"GMRES reached a residual of {missing:.1g}, not {rtol:.1g}, in {iterations} "
            f"iterations on the hierarchy of the source at {hierarchy.count} operators. Use "
            "evolve() over a long time, or Fock space: Lindblad(cutoff=...)."
        )
    flat /= hierarchy.trace(flat)
    moved = float(np.linalg.norm(hierarchy.apply(flat)))
    change = np.inf
    if before is not None:
        change = trace_norm(hierarchy.state(flat) - before.hierarchy.state(before.flat))
    size = float(np.linalg.norm(flat))
    error = max(change, moved / rate)
    return Found(hierarchy, flat, change, error, moved / (scale * size), rate, spent + iterations)


def _solved(
    hierarchy: Hierarchy, right: Array, guess: Array, rtol: float, limit: int
) -> tuple[Array, int, float]:
    """GMRES for the correction to a guess; complex numbers count as pairs of real ones.

    Returns:
        The solution, the iterations, and the relative residual reached.
    """
    scale, dtype, count = hierarchy.network.scale, hierarchy.dtype, 0

    def product(x: Array) -> Array:
        nonlocal count
        count += 1
        near = hierarchy.precondition(x.view(dtype), scale)
        return hierarchy.apply_with_trace(near, scale).view(np.float64)

    missing = (right - hierarchy.apply_with_trace(guess, scale)).view(np.float64)
    n, size = len(missing), float(np.linalg.norm(right))
    operator = spla.LinearOperator((n, n), matvec=product, dtype=np.float64)  # pyright: ignore[reportCallIssue]
    x, _ = spla.gmres(
        operator,
        missing,
        rtol=0.0,
        atol=rtol * size,
        restart=min(RESTART, n),
        maxiter=max(1, limit // RESTART),
    )
    left = float(np.linalg.norm(missing - operator.matvec(x))) / size
    flat = guess + hierarchy.precondition(np.ascontiguousarray(x).view(dtype), scale)
    return flat, count, left


def evolved_hierarchy(
    network: DrivenNetwork,
    initial: Array,
    times: Sequence[float],
    tolerance: float,
    rtol: float,
    size: int,
    fits: Callable[[int], bool],
) -> tuple[list[Array], Hierarchy, float]:
    """States of the network at `times`, deepened until none of them changes by `tolerance`.

    Returns:
        The (d, d) states, the hierarchy in the end, and the largest trace norm of a change.
    """
    before: list[Array] | None = None
    change, last = np.inf, None
    for hierarchy in deepening(network, fits):
        last, states = hierarchy, _through(hierarchy, initial, times, rtol, size)
        if before is not None:
            change = max(trace_norm(a - b) for a, b in zip(states, before, strict=True))
        before = states
        if change <= tolerance:
            break
    assert before is not None and last is not None
    return before, last, change


def _through(
    hierarchy: Hierarchy, initial: Array, times: Sequence[float], rtol: float, size: int
) -> list[Array]:
    """States of the network at `times` in one hierarchy."""
    kept, horizon = [initial], times[-1] - times[0]
    wanted, done = list(times[1:]), 0.0
    flat = hierarchy.from_state(initial)
    if horizon <= 0:
        return kept
    for step in krylov_steps(hierarchy.apply, flat, horizon, rtol, size):
        while wanted and wanted[0] - times[0] <= done + step.length * (1 + 1e-12):
            kept.append(hierarchy.state(step.state(wanted.pop(0) - times[0] - done)))
        done += step.length
    return kept
