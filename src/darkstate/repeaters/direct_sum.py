"""Three nodes by one sum over Dicke differences, for any N: the check of all other methods.

With all outcomes q = N a chain of three has the state ``rho^2/Tr rho^2``, rho of a single link, and
a sum of Schmidt coefficients ``Tr rho = 1``. So its log-negativity is ``E_N = -log2 p`` with the
probability

    p = Tr rho^2 = sum_d C(2N, N+d)/4^N cos^(2N)(t d/2),

where the first factor is the distribution of the difference of two Dicke numbers. Every term is
positive, so nothing cancels; of the some 1e7 terms at N = 1e12 most vanish and are passed over.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from darkstate.errors import ArgumentError
from darkstate.repeaters.checks import check_atoms
from darkstate.repeaters.dicke import MAX_ATOMS, log_binomial_amplitudes
from darkstate.repeaters.times import Time, residues, turns_of

_REACH = 9.0
_LEAST = -60.0
_CHUNK = 1 << 18


def three_node_probability(atoms: int, time: Time) -> float:
    """Probability that the inner node of three is found in q = N (no offset).

    Args:
        atoms: N, 1 to 1e12.
        time: t in radians, or exactly as a `Fraction` of 2 pi.

    Raises:
        ArgumentError: N out of range, time not finite.
    """
    atoms = check_atoms(atoms)
    if atoms > MAX_ATOMS:
        raise ArgumentError("atoms", f"be <= {MAX_ATOMS:.0e}", atoms, "Take fewer atoms.")
    turns = turns_of(time)
    total = math.fsum(float(np.sum(np.exp(part))) for part in _log_terms(atoms, turns))
    return 2.0 * total + math.exp(2 * float(log_binomial_amplitudes(2 * atoms, atoms)))


def three_node_log_negativity(atoms: int, time: Time) -> float:
    """Log-negativity in ebits of the end nodes of three, inner node found in q = N: ``-log2 p``.

    Arguments and errors as in `three_node_probability`.
    """
    return -math.log2(three_node_probability(atoms, time))


def _log_terms(atoms: int, turns) -> Iterator[NDArray[np.float64]]:
    """Logarithms of the terms d = 1, 2, ... that matter, in portions."""
    last = min(atoms, math.ceil(_REACH * math.sqrt(atoms / 2)))
    for first in range(1, last + 1, _CHUNK):
        d = np.arange(first, min(first + _CHUNK, last + 1))
        sine = np.sin(math.pi * residues(turns, d))
        with np.errstate(divide="ignore"):
            overlap = atoms * np.log1p(-sine * sine)
        near = overlap > _LEAST
        yield overlap[near] + 2 * log_binomial_amplitudes(2 * atoms, atoms + d[near])
