"""What relaxes most slowly: left and right eigenvectors of the generator, as matrices."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from darkstate.engines.density.generator import Generator
from darkstate.engines.spectral import independent_parts
from darkstate.errors import CapacityError
from darkstate.linalg.slowest import SlowModes, slowest_modes
from darkstate.states.subsystems import Matrix

_ROUNDING = 100 * float(np.finfo(float).eps)


class SlowestModes:
    """The groups of eigenvalues of smallest ``-Re`` besides zero.

    Args:
        generator: on the whole space, with a unique steady state.

    Raises:
        CapacityError: too large to be diagonalised.
        NumericalError: the slowest rate is defective.
    """

    def __init__(self, generator: Generator):
        self.generator, self._form = generator, generator.real_form
        parts = independent_parts(self._form.matrix)
        if parts is None:
            raise CapacityError(
                f"The slopes of `gap` need all eigenvalues of a generator of "
                f"{generator.blocks.numbers} numbers, which is too large to be diagonalised.",
                "Use fewer subsystems or lower cut-offs.",
            )
        blocks = [self._form.matrix[part][:, part].toarray() for part in parts]
        least = _ROUNDING * self._form.scale
        found = slowest_modes(blocks, lambda value: abs(value) > least)
        size = generator.blocks.numbers
        self.modes = [_embedded(mode, parts[mode.number], size) for mode in found]

    def matrix(self, x: Any) -> Matrix:
        """The matrix (D, D) with these coordinates, which may be complex."""
        blocks, form = self.generator.blocks, self._form
        real, imaginary = (form.hermitian(np.ascontiguousarray(p(x))) for p in (np.real, np.imag))
        return blocks.scatter(real) + 1j * blocks.scatter(imaginary)


def _embedded(mode: SlowModes, piece: Any, size: int) -> SlowModes:
    """The same among all coordinates."""
    right, left = np.zeros((2, size, mode.right.shape[1]), dtype=complex)
    right[piece], left[piece] = mode.right, mode.left
    return replace(mode, right=right, left=left)
