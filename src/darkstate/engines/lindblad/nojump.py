"""The preconditioner: the inverse of the no-jump part of the generator.

``S x = -i (K x - x K†)`` is a Sylvester operator on each block, and two triangular forms invert it.
``S^{-1} L = 1 + S^{-1} J`` differs from the identity by "what one jump does", so that a Krylov
method which uses it counts jumps, not time scales. A real generator has real Schur forms.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.engines.lindblad.generator import Generator
from darkstate.linalg.sylvester import triangular_sylvester


class NoJumpInverse:
    """``S^{-1}`` for ``S x = -i (K x - x K†)``, block by block; `shift` keeps it regular."""

    def __init__(self, generator: Generator, shift: float):
        self.sectors = generator.sectors
        self.forms = []
        for K in generator.effective:
            dense = np.asarray(K.toarray() if isinstance(K, sp.csr_array) else K)
            matrix = dense - shift * np.eye(len(dense))
            output = "real" if generator.real else "complex"
            self.forms.append(scipy.linalg.schur(matrix, output=output))
        self.real = generator.real

    def apply(self, flat: NDArray[Any], adjoint: bool = False) -> NDArray[Any]:
        """``S^{-1} x``, or of the adjoint operator."""
        if self.real and np.iscomplexobj(flat):
            real, imaginary = (np.ascontiguousarray(part(flat)) for part in (np.real, np.imag))
            return self.apply(real, adjoint) + 1j * self.apply(imaginary, adjoint)
        result = np.empty_like(flat)
        blocks = zip(self.sectors.views(flat), self.sectors.views(result), self.forms, strict=True)
        for x, y, (triangle, basis) in blocks:
            T, Q = triangle, basis
            if adjoint:  # T† Y + Y T = F is the same equation read backwards
                T, Q = triangle.conj().T[::-1, ::-1], basis[:, ::-1]
            y[:] = Q @ triangular_sylvester(T, T, Q.conj().T @ x @ Q) @ Q.conj().T
        return result
