r"""How stationary moments answer to drift, source and drive: one adjoint Lyapunov equation.

``W X + X W† + S = 0`` and ``W mu + d = 0`` for the Nambu moments X and amplitudes mu. A function f
of them with ``df = Re Tr(G dX) + Re g† dmu`` (G Hermitian) has

    W† Y + Y W + G = 0,    W† l + g = 0,
    df = Tr(Y (dW X + X dW† + dS)) + Re l† (dW mu + dd).

The blocks of the drift and their Schur forms are those of the state.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.gaussian.dense import schur_forms
from darkstate.engines.gaussian.rounding import nambu_moments, write_images
from darkstate.engines.gaussian.structure import Structure
from darkstate.linalg.sylvester import SchurForm, solve_sylvester
from darkstate.states import GaussianState
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.quadratic import quadratic_form

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class MomentWeights:
    """What changes of the equations do to a function: ``df = Re sum(weights * changes)``.

    Args:
        drift: (2N, 2N), of dW.
        source: (2N, 2N), of dS.
        drive: (2N,), of dd.
        error: estimated error, relative to `sizes`.
        sizes: (2N, 2N), the moduli that were added to make an entry of `drift`.
    """

    drift: Array
    source: Array
    drive: Array
    error: float
    sizes: NDArray[np.float64]


class MomentResponse:
    """Solutions at the steady state of one system; Schur forms are made once.

    Args:
        system: a stable quadratic system.
        state: its steady state.
    """

    def __init__(self, system: OpenSystem, state: GaussianState):
        self.structure = Structure.of(quadratic_form(system))
        self.forms = schur_forms(self.structure)
        self._adjoints: dict[int, SchurForm] = {}
        self.moments = nambu_moments(np.asarray(state.number), np.asarray(state.anomalous))
        alpha = np.asarray(state.mean)
        self.means = np.concatenate([alpha, alpha.conj()])

    def adjoint(self, G: Array, g: Array) -> MomentWeights:
        """Weights of a function with the derivatives G (2N, 2N), Hermitian, and g (2N,)."""
        Y, error = self._blockwise(G, True)
        drift = 2.0 * (self.moments @ Y).T
        size = 2.0 * (np.abs(self.moments) @ np.abs(Y)).T
        multiplier = np.zeros(len(g), dtype=complex)
        if np.any(g):
            W = self.structure.drift.toarray()
            multiplier = -np.linalg.solve(W.conj().T, g)
            drift += np.outer(multiplier.conj(), self.means)
            size += np.outer(np.abs(multiplier), np.abs(self.means))
        return MomentWeights(drift, Y.T, multiplier.conj(), error, size)

    def tangent(self, drift: Array, source: Array, drive: Array) -> tuple[Array, Array, float]:
        """Changes of moments (2N, 2N) and means (2N,) by changes of the equations; their error."""
        right = drift @ self.moments
        change, error = self._blockwise(right + right.conj().T + source, False)
        flow = drift @ self.means + drive
        if not np.any(flow):
            return change, flow, error
        return change, -np.linalg.solve(self.structure.drift.toarray(), flow), error

    def _blockwise(self, right: Array, adjoint: bool) -> tuple[Array, float]:
        """X in ``W X + X W† + right = 0``, or Y in ``W† Y + Y W + right = 0``."""
        found, worst = np.zeros_like(right, dtype=complex), 0.0
        for p, q in coupled_blocks(self.structure, right != 0):
            rows, columns = self.structure.blocks[p], self.structure.blocks[q]
            forms = [self._adjoint(k) if adjoint else self.forms[k] for k in (p, q)]
            solved = solve_sylvester(forms[0], forms[1], right[np.ix_(rows, columns)])
            worst = max(worst, solved.error)
            write_images(found, rows, columns, solved.x)
        return found, worst

    def _adjoint(self, block: int) -> SchurForm:
        """The Schur form of the adjoint of a block: that of the block, read backwards."""
        if block not in self._adjoints:
            form = self.forms[block]
            triangle, basis = form.triangle.conj().T[::-1, ::-1], form.basis[:, ::-1]
            self._adjoints[block] = SchurForm(form.matrix.conj().T, triangle, basis)
        return self._adjoints[block]


def coupled_blocks(structure: Structure, pattern: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Pairs of blocks with entries in a pattern (2N, 2N), one of each set of images."""
    owner, mirror = structure.block_of, structure.mirror
    rows, columns = np.nonzero(pattern)
    seen: set[tuple[int, int]] = set()
    for p, q in sorted(set(zip(owner[rows].tolist(), owner[columns].tolist(), strict=True))):
        if (p, q) not in seen:
            other = mirror[p], mirror[q]
            seen |= {(p, q), (q, p), other, other[::-1]}
            yield p, q
