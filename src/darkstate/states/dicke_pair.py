"""Mixed states of two ensembles in a window of Dicke states, as a kernel with symmetries.

The ends of a chain with dephasing are left in

    rho(a, b; c, d) = <a b|rho|c d> = w_a w_b w_c w_d e^(-u (a-c)^2) e^(-v (b-d)^2) F(a-b, c-d)

for three nodes (F real), and in a general kernel rho(a, b; c, d) for more. The density matrix has
W^4 entries, and its partial transpose ``X(a, b; c, d) = rho(a, d; c, b)`` as many; what measures
need are their eigenvalues. Those come sector by sector of the symmetries that the kernel is found
to have: *reflection* (every k -> N - k) and *swap* of the two ends; and only product states within
the circle that touches the edges of the window are kept, as those in the corners weigh less than
what is outside of the window anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from darkstate.checks import check_reals
from darkstate.display import state_text
from darkstate.errors import ArgumentError, UnphysicalError
from darkstate.states.density import DensityState
from darkstate.states.subsystems import TOLERANCE, check_matrix_fits, check_subsystems, positions

Indices = NDArray[np.int64]

_SAME = 1e-11
"""Kernels that differ by less than this, relative to the largest entry, count as equal."""


@dataclass(frozen=True, eq=False, repr=False)
class DickePairState:
    """A mixed state of two ensembles of N atoms each.

    Args:
        labels: names of the two ensembles.
        dimensions: N + 1 twice.
        numbers: (W,) consecutive Dicke numbers of the window, symmetric round N/2.
        weights: (W,) factors w; ones for a kernel of four indices.
        damping: (2,) exponents u and v; zeros for a kernel of four indices.
        kernel: F, shape (2W-1, 2W-1), with ``F(x, y)`` at ``[x + W - 1, y + W - 1]``; or rho
            itself, shape (W, W, W, W), indices a, b, c, d. The trace of rho is one within 1e-8.

    Raises:
        ArgumentError: not two labels, or shapes that do not fit.
        UnphysicalError: the trace is not one.
    """

    labels: tuple[str, ...]
    dimensions: tuple[int, ...]
    numbers: Indices
    weights: NDArray[np.float64]
    damping: NDArray[np.float64]
    kernel: NDArray[Any]

    def __post_init__(self) -> None:
        labels, _ = check_subsystems(self.labels, self.dimensions)
        if len(labels) != 2:
            raise ArgumentError("labels", "name two ensembles", labels, "Use a DensityState.")
        remedy = "Solve with repeaters.Dephased, which makes it."
        for name in ("numbers", "weights", "damping"):
            array = check_reals(name, getattr(self, name), remedy=remedy)
            if array.ndim != 1:
                raise ArgumentError(name, "have one dimension", array.shape, remedy)
        if not isinstance(self.kernel, np.ndarray) or self.kernel.dtype.kind not in "iufc":
            raise ArgumentError("kernel", "be an array of numbers", self.kernel, remedy)
        size = len(self.numbers)
        if (len(self.weights), len(self.damping)) != (size, 2):
            lengths = (len(self.weights), len(self.damping))
            raise ArgumentError("weights, damping", f"have lengths {size}, 2", lengths, remedy)
        if self.kernel.shape not in ((2 * size - 1,) * 2, (size,) * 4):
            rule = f"have shape {(2 * size - 1,) * 2} or {(size,) * 4}"
            raise ArgumentError("kernel", rule, self.kernel.shape, "It goes with the window.")
        trace = float(np.sum(self.populations()))
        if abs(trace - 1.0) > TOLERANCE:
            raise UnphysicalError("kernel", "have trace 1", trace, "Divide it by its trace.")

    def __repr__(self) -> str:
        return state_text(self, self.labels, " x ".join(map(str, self.dimensions)))

    def populations(self) -> NDArray[np.float64]:
        """``rho(a, b; a, b)``, shape (W, W)."""
        a, b = np.indices((len(self.numbers),) * 2)
        return np.real(self.entries(a, b, a, b))

    def entries(self, a: Indices, b: Indices, c: Indices, d: Indices) -> NDArray[Any]:
        """``<a b|rho|c d>`` for indices into the window, broadcast against each other."""
        if self.kernel.ndim == 4:
            return self.kernel[a, b, c, d]
        shift = len(self.numbers) - 1
        w, (u, v) = self.weights, self.damping
        value = self.kernel[a - b + shift, c - d + shift] * (w[a] * w[b]) * (w[c] * w[d])
        if u or v:
            value *= np.exp(-u * (a - c) ** 2.0 - v * (b - d) ** 2.0)
        return value

    @property
    def reflects(self) -> bool:
        """Whether rho is unchanged if every k becomes N - k."""
        axes = tuple(range(self.kernel.ndim))
        return _same(self.kernel, np.flip(self.kernel, axes))

    @property
    def swaps(self) -> bool:
        """Whether rho is real and unchanged by a swap of the ensembles."""
        if np.iscomplexobj(self.kernel):
            return False
        if self.kernel.ndim == 4:
            return _same(self.kernel, self.kernel.transpose(1, 0, 3, 2))
        return self.damping[0] == self.damping[1] and self.reflects

    @property
    def turns(self) -> bool:
        """Whether rho is real and unchanged by swap and reflection together."""
        if np.iscomplexobj(self.kernel):
            return False
        if self.kernel.ndim == 4:
            return _same(self.kernel, np.flip(self.kernel.transpose(1, 0, 3, 2), (0, 1, 2, 3)))
        return bool(self.damping[0] == self.damping[1])

    def sector_sizes(self) -> tuple[int, ...]:
        """Sizes of the blocks whose eigenvalues `spectrum` finds."""
        basis = self._basis()
        return tuple(int(np.sum(basis.allowed[s])) for s in range(len(basis.characters)))

    def spectrum(self, transposed: bool = False) -> NDArray[np.float64]:
        """Eigenvalues of rho, or of its partial transpose, sector by sector; not sorted."""
        basis = self._basis()
        reps = basis.representatives
        images = []
        for image in basis.images:  # X(x_i, h x_j) for every symmetry h
            a, b, c, d = (*(axis[:, None] for axis in reps), *(axis[None, :] for axis in image))
            images.append(self.entries(a, d, c, b) if transposed else self.entries(a, b, c, d))
        values = []
        for character, allowed in zip(basis.characters, basis.allowed, strict=True):
            block: Any = sum(sign * image for sign, image in zip(character, images, strict=True))
            norm = 1.0 / np.sqrt(basis.stabilisers[allowed])
            part = block[np.ix_(allowed, allowed)] * norm[:, None] * norm
            if len(part):
                values.append(eigh(part, eigvals_only=True, overwrite_a=True, check_finite=False))
        return np.concatenate(values)

    def reduced_spectrum(self, label: str) -> NDArray[np.float64]:
        """Eigenvalues of the state of one ensemble, not below zero.

        Raises:
            ArgumentError: the label is unknown.
        """
        which = positions(label, self.labels)[0]
        w = np.arange(len(self.numbers))
        a, c, traced = w[:, None, None], w[None, :, None], w[None, None, :]
        order = (a, traced, c, traced) if which == 0 else (traced, a, traced, c)
        matrix = np.sum(self.entries(*np.broadcast_arrays(*order)), axis=-1)
        return np.maximum(eigh(matrix, eigvals_only=True), 0.0)

    def purity(self) -> float:
        """``Tr rho^2``, row by row."""
        w = np.arange(len(self.numbers))
        total = 0.0
        for a in range(len(w)):
            b, c, d = np.meshgrid(w, w, w, indexing="ij", sparse=True)
            row = self.entries(np.full((1, 1, 1), a), b, c, d)
            total += float(np.sum(np.abs(row) ** 2))
        return total

    def density(self) -> DensityState:
        """The density matrix in the window, local dimensions W.

        Raises:
            CapacityError: too large for a density matrix.
        """
        size = len(self.numbers)
        check_matrix_fits((size, size))
        a, b, c, d = np.indices((size,) * 4)
        matrix = self.entries(a, b, c, d).reshape(size**2, size**2)
        return DensityState(self.labels, (size, size), matrix)

    def _basis(self) -> _Basis:
        size = len(self.numbers)
        kappa = 2.0 * self.numbers - (self.dimensions[0] - 1)
        a, b = (axis.ravel() for axis in np.indices((size, size)))
        edge = float(np.max(np.abs(kappa)))
        whole = size == self.dimensions[0]  # nothing is outside of the window
        kept = np.full(a.shape, True) if whole else kappa[a] ** 2 + kappa[b] ** 2 <= edge**2
        return _basis(a[kept], b[kept], size, (self.reflects, self.swaps, self.turns))


@dataclass(frozen=True)
class _Basis:
    """Orbits of product states under the symmetries.

    Args:
        representatives: indices (a, b) of one state of each orbit.
        images: for each symmetry h, the indices of h applied to the representatives.
        stabilisers: how many symmetries leave each representative where it is.
        characters: for each sector the sign of each symmetry.
        allowed: for each sector which orbits have a state in it.
    """

    representatives: tuple[Indices, Indices]
    images: list[tuple[Indices, Indices]]
    stabilisers: NDArray[np.float64]
    characters: list[tuple[float, ...]]
    allowed: list[NDArray[np.bool_]]


def _basis(a: Indices, b: Indices, size: int, found: Sequence[bool]) -> _Basis:
    reflects, swaps, turns = found
    last = size - 1
    every = [(a, b), (last - a, last - b), (b, a), (last - b, last - a)]
    if reflects and swaps:
        moved, characters = every, [(1.0, r, s, r * s) for r in (1.0, -1.0) for s in (1.0, -1.0)]
    elif reflects or swaps or turns:
        second = every[1] if reflects else every[2] if swaps else every[3]
        moved, characters = [every[0], second], [(1.0, 1.0), (1.0, -1.0)]
    else:
        moved, characters = [every[0]], [(1.0,)]
    codes = np.stack([x * size + y for x, y in moved])
    first = codes[0] == np.min(codes, axis=0)
    codes = codes[:, first]
    fixed = codes == codes[0]
    allowed = [np.sum(fixed * np.array(signs)[:, None], axis=0) > 0.5 for signs in characters]
    return _Basis(
        (a[first], b[first]),
        [(x[first], y[first]) for x, y in moved],
        np.sum(fixed, axis=0).astype(float),
        characters,
        allowed,
    )


def _same(first: NDArray[Any], second: NDArray[Any]) -> bool:
    scale = float(np.max(np.abs(first)))
    return float(np.max(np.abs(first - second))) <= _SAME * scale
