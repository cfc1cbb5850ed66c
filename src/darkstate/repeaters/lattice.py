"""Entanglement of huge ensembles from a patch of a planar lattice: N to 1e12 in milliseconds.

The reduced state of one link,

    rho(k, k') = psi(k) psi(k') cos^N(t (k - k')/2),

couples a Dicke state only to those that are close to it on the lattice of `gauss_reduction`, some
hundred points, whatever N is. Its local density of states ``<k|f(rho)|k>`` is a smooth function of
``x = k sqrt(2/N)``. Hence

    Tr f(rho) = sum_k <k|f(rho)|k>  =  sum over every s-th k of  s <k|f(rho_patch)|k>,

with ``s = h sqrt(N/2)``: a trapezoidal rule, which converges faster than any power of h, with the
exact binomial weights in the patch. Where the shortest vector is much shorter than the kernel is
wide (t within 1/N of a magic time), its points are thinned by a whole factor, again a trapezoidal
rule. What is left out falls off exponentially with the size of the patch and does not depend on N.

With Gaussian weights instead (``limit=True``) E - (1/2) log2 N is a function of the lattice alone,
the limit of large N; its error is O(1/N).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import (
    check_flag,
    check_instance,
    check_sequence,
)
from darkstate.errors import ArgumentError
from darkstate.linalg.threads import on_one_blas_thread
from darkstate.memory import memory_limit, refuse_if_too_large
from darkstate.progress import Wanted, heard, report
from darkstate.repeaters.checks import check_atoms
from darkstate.repeaters.dicke import MAX_ATOMS, binomial_amplitudes
from darkstate.repeaters.gauss_quadrature import local_quadrature
from darkstate.repeaters.gauss_reduction import LatticeVector, reduced_basis
from darkstate.repeaters.spectral_density import SpectralDensity
from darkstate.repeaters.times import Time, turns_of
from darkstate.systems.chain import check_nodes

Reals = NDArray[np.float64]

MIN_ATOMS = 100
"""Below, the patch is as large as the whole space: use the exact window method."""


@dataclass(frozen=True)
class Patch:
    """How much of the lattice is kept, and how finely the density of states is summed.

    Args:
        half_width: largest ``|x|`` of a point; psi^2 is ``exp(-x^2)`` there.
        half_height: largest ``|y|`` relative to the centre.
        spacing: h, distance of the centres in x.
        moments: nodes of the Gauss rule of each local density of states.
        thinned: shortest vectors are thinned to at most this length.
    """

    half_width: float = 6.0
    half_height: float = 10.0
    spacing: float = 0.22
    moments: int = 32
    thinned: float = 0.3

    @classmethod
    def suited(cls, nodes: int) -> Patch:
        """Large enough for 1e-9 in the entropy of a chain of `nodes` up to 100.

        A single link feels the smallest Schmidt values, hence the rim of the patch; a long chain
        only the largest ones, which are the farthest correlated.
        """
        power = nodes - 1
        if power == 1:
            return cls(half_width=8.5, half_height=12.0, spacing=0.2, moments=90)
        if power <= 3:
            return cls()
        spacing = 0.22 * min(1.0, (9.0 / power) ** 0.35)
        return cls(half_height=max(10.0, 4.0 * math.sqrt(power)), spacing=spacing, moments=24)

    def smaller(self) -> Patch:
        """A somewhat smaller and coarser one, to compare with."""
        return replace(
            self,
            half_width=0.95 * self.half_width,
            half_height=0.95 * self.half_height,
            spacing=1.1 * self.spacing,
            moments=self.moments - 2,
            thinned=1.1 * self.thinned,
        )


_CENTRES = 5.6


def lattice_density(
    atoms: int, time: Time, *, patch: Patch | None = None, limit: bool = False
) -> SpectralDensity:
    """Schmidt spectrum of a single link, as a density.

    Args:
        atoms: N per node, 100 to 1e12.
        time: t in radians, or exactly as a `Fraction` of 2 pi.
        patch: how much of the lattice is kept; by default what suits M = 3 and 4.
        limit: Gaussian weights, the limit of large N, instead of binomial ones.

    Returns:
        The density; ``entropy(nodes)``, ``log_negativity(nodes)`` and ``probability(nodes)`` of it
        answer for every chain.

    Raises:
        ArgumentError: N out of range, time not finite.
    """
    atoms = check_atoms(atoms)
    if not MIN_ATOMS <= atoms <= MAX_ATOMS:
        remedy = "Use the exact window method for fewer atoms."
        raise ArgumentError("atoms", f"be {MIN_ATOMS} to {MAX_ATOMS:.0e}", atoms, remedy)
    check_flag("limit", limit)
    patch = Patch() if patch is None else patch
    check_instance("patch", patch, Patch, "Leave it out, or give a repeaters.lattice.Patch().")
    short, long = reduced_basis(atoms, turns_of(time))
    every = max(1, int(patch.thinned / short.length))
    steps = _steps(short.times(every), long, patch)
    centres, shares = _centres(atoms, patch)
    matrices, start = _patches(atoms, centres, steps, patch, limit)
    values, weights = local_quadrature(matrices, start, patch.moments)
    values, counts = every * values.ravel(), (shares[:, None] / every * weights).ravel()
    kept = values > 1e-19 * values.max()
    return SpectralDensity(values[kept], counts[kept])


def _steps(
    short: LatticeVector, long: LatticeVector, patch: Patch
) -> tuple[NDArray[np.int64], Reals, Reals]:
    """All steps within the patch: Dicke numbers, x, y; the centre is the middle one."""
    reach = math.hypot(2 * patch.half_width, patch.half_height)
    # coefficients of a vector r in the basis are bounded by |r| |other vector|/area
    area = abs(short.x * long.y - short.y * long.x)
    bound_i, bound_j = (math.ceil(reach * step.length / area) for step in (long, short))
    _require_room(8 * (2.0 * bound_i + 1) * (2.0 * bound_j + 1))
    i, j = np.meshgrid(
        np.arange(-bound_i, bound_i + 1), np.arange(-bound_j, bound_j + 1), indexing="ij"
    )
    x, y = (i * getattr(short, axis) + j * getattr(long, axis) for axis in "xy")
    inside = (np.abs(y) <= patch.half_height) & (np.abs(x) <= 2 * patch.half_width)
    states = (i * short.states + j * long.states)[inside]
    return states.astype(np.int64), x[inside], y[inside]


def _centres(atoms: int, patch: Patch) -> tuple[NDArray[np.int64], Reals]:
    """Every s-th Dicke number on the upper side, and for how many k each stands (both sides)."""
    stride = max(1, int(patch.spacing * math.sqrt(atoms / 2)))
    if atoms % 2:  # kappa = +-s/2, +-3s/2 ... are Dicke states for odd s
        stride -= 1 - stride % 2
    last = min(_CENTRES, 0.95 * patch.half_width) * math.sqrt(atoms / 2) / stride
    numbers = np.arange(math.floor(last) + 1)
    k = (atoms + 1) // 2 + (stride - 1) // 2 * (atoms % 2) + stride * numbers
    shares = np.full(len(k), 2.0 * stride)
    if not atoms % 2:
        shares[0] = stride
    inside = k <= atoms
    return k[inside], shares[inside]


def _patches(
    atoms: int,
    centres: NDArray[np.int64],
    steps: tuple[NDArray[np.int64], Reals, Reals],
    patch: Patch,
    limit: bool,
) -> tuple[Reals, Reals]:
    """rho on the patch round each centre, (C, P, P), and the unit vector of the centre, (C, P)."""
    states, x, y = steps
    here = ((centres - atoms / 2) * math.sqrt(2 / atoms))[:, None]
    k = centres[:, None] + states
    inside = (np.abs(x + here) <= patch.half_width) & (k >= 0) & (k <= atoms)
    size = int(inside.sum(axis=1).max())
    order = np.argsort(~inside, axis=1, kind="stable")[:, :size]  # shorter patches are padded
    used = np.take_along_axis(inside, order, axis=1)
    _require_room(len(centres) * float(size) ** 2 * 8 + float(len(y)) ** 2 * 16)
    overlap = _overlap(atoms, y[:, None] - y, limit)
    if limit:
        psi = (2 / (math.pi * atoms)) ** 0.25 * np.exp(-((x[order] + here) ** 2) / 2)
    else:
        psi = binomial_amplitudes(atoms, np.clip(np.take_along_axis(k, order, axis=1), 0, atoms))
    psi = np.where(used, psi, 0.0)
    matrices = psi[:, :, None] * psi[:, None, :] * overlap[order[:, :, None], order[:, None, :]]
    return matrices, (order == len(x) // 2).astype(float)


def _require_room(array: float) -> None:
    """Refuse arrays of so many bytes, of which three are held at once.

    Raises:
        CapacityError: there is no room.
    """
    remedy = "Use fewer nodes, or a coarser `patch` in lattice_density()."
    refuse_if_too_large("lattice", 3 * array, memory_limit(None), remedy)


def _overlap(atoms: int, apart: Reals, limit: bool) -> Reals:
    """``cos^N`` between points whose y differ so much; not beyond its first zero."""
    if limit:
        return np.exp(-(apart**2) / 2)
    angle = np.minimum(np.abs(apart) / math.sqrt(atoms), 0.4999 * math.pi)
    return np.exp(atoms / 2 * np.log1p(-(np.sin(angle) ** 2)))


def _suited(atoms: int, time: Time, nodes: int, limit: bool) -> SpectralDensity:
    """The density with a patch that suits the number of nodes."""
    nodes = check_nodes(nodes)
    return lattice_density(atoms, time, patch=Patch.suited(nodes), limit=limit)


def lattice_entropy(atoms: int, time: Time, nodes: int = 2, *, limit: bool = False) -> float:
    """Entanglement entropy of the end nodes, all inner nodes found in q = N, in ebits.

    ``E = -sum lambda log2 lambda``, and ``E - (1/2) log2 N`` depends on the lattice alone up to
    O(1/N). Accurate to 2e-9 for M = 3 to 10, to 1e-7 otherwise.

    Args:
        atoms: N per node, 100 to 1e12.
        time: t in radians, or exactly as a `Fraction` of 2 pi.
        nodes: M >= 2.
        limit: Gaussian weights, the limit of large N.

    Raises:
        ArgumentError: N out of range, fewer than two nodes, time not finite.
    """
    return _suited(atoms, time, nodes, limit).entropy(nodes)


def lattice_log_negativity(atoms: int, time: Time, nodes: int = 2, *, limit: bool = False) -> float:
    """Log-negativity of the end nodes in ebits; arguments and errors as of `lattice_entropy`.

    ``E_N = 2 log2 Tr rho^((M-1)/2) - log2 Tr rho^(M-1)``: to 1e-12 for odd M, 1e-8 for even M, and
    1e-5 for M = 2, where the square root feels the smallest Schmidt values.
    """
    return _suited(atoms, time, nodes, limit).log_negativity(nodes)


def lattice_probability(atoms: int, time: Time, nodes: int = 3, *, limit: bool = False) -> float:
    """Probability ``Tr rho^(M-1)`` that all inner nodes are found in q = N (no offset).

    Arguments and errors as of `lattice_entropy`.
    """
    return _suited(atoms, time, nodes, limit).probability(nodes)


@dataclass(frozen=True)
class LatticeCurve:
    """What a chain of large ensembles reaches at each of several times, all outcomes q = N.

    Args:
        entropy: (T,) ebits.
        log_negativity: (T,) ebits.
        probability: (T,) of all inner nodes in q = N.
    """

    entropy: Reals
    log_negativity: Reals
    probability: Reals


@on_one_blas_thread
def lattice_curve(
    atoms: int,
    times: Iterable[Time],
    nodes: int = 2,
    *,
    limit: bool = False,
    progress: Wanted = False,
) -> LatticeCurve:
    """`lattice_entropy`, `lattice_log_negativity` and `lattice_probability` at many times at once.

    Args:
        atoms, nodes, limit: as of `lattice_entropy`.
        times: interaction times, each in radians or as an exact `Fraction` of 2 pi.
        progress: True for a bar, or a function of (what, fraction).

    Raises:
        ArgumentError: as of `lattice_entropy`; or no list of times, or `progress` no function.
    """
    numbers = []
    wanted = check_sequence("times", times, "Give a list of times in radians.")
    with heard(progress):
        for time in wanted:
            density = _suited(atoms, time, nodes, limit)
            row = density.entropy(nodes), density.log_negativity(nodes), density.probability(nodes)
            numbers.append(row)
            report(f"time {len(numbers)} of {len(wanted)}", len(numbers) / len(wanted))
    return LatticeCurve(*np.array(numbers).reshape(-1, 3).T)
