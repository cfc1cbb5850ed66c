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

_BLOCK = 64  # below this size LAPACK's unblocked trsyl beats the recursion


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
            y[:] = Q @ _sylvester(T, T, Q.conj().T @ x @ Q) @ Q.conj().T
        return result


def _sylvester(t: NDArray[Any], s: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """``Y`` in ``T Y + Y S† = F`` for (quasi-)triangular T and S, by halving blocks."""
    n, m = right.shape
    if max(n, m) <= _BLOCK:
        (trsyl,) = scipy.linalg.get_lapack_funcs(("trsyl",), (t,))
        y, scale, _ = trsyl(t, s, right, trana="N", tranb="C")
        return y / scale
    if n >= m:
        k = _cut(t)
        low = _sylvester(t[k:, k:], s, right[k:])
        return np.vstack([_sylvester(t[:k, :k], s, right[:k] - t[:k, k:] @ low), low])
    k = _cut(s)
    last = _sylvester(t, s[k:, k:], right[:, k:])
    first = _sylvester(t, s[:k, :k], right[:, :k] - last @ s[:k, k:].conj().T)
    return np.hstack([first, last])


def _cut(t: NDArray[Any]) -> int:
    """The middle, or one further where it would cut a pair of complex eigenvalues in two."""
    k = len(t) // 2
    return k + 1 if t[k, k - 1] != 0 else k
