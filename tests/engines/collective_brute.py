"""Brute force for ensembles: explicit 2^n matrices, written down without the library."""

from __future__ import annotations

from functools import reduce

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import expm_multiply, spsolve

from darkstate.systems import (
    Ensemble,
    Jump,
    OpenSystem,
    OperatorSum,
    spin_minus,
    spin_plus,
    spin_x,
    spin_z,
)

ATOM = {
    "-": np.array([[0.0, 1.0], [0.0, 0.0]]),
    "+": np.array([[0.0, 0.0], [1.0, 0.0]]),
    "z": np.diag([-0.5, 0.5]),
    "x": np.array([[0.0, 0.5], [0.5, 0.0]]),
}
RATES = {"-": 0.3, "+": 0.12, "z": 0.4}
"""Cooling, heating and dephasing (of sz/2) of every atom."""


def on_atom(letter: str, which: int, count: int) -> np.ndarray:
    """One atom's operator among `count`, the first most significant."""
    return reduce(np.kron, [ATOM[letter] if k == which else np.eye(2) for k in range(count)])


def collective(letter: str, atoms: range, count: int) -> np.ndarray:
    """The sum over some atoms."""
    return sum((on_atom(letter, k, count) for k in atoms), np.zeros((2**count, 2**count)))


def liouvillian(H: np.ndarray, jumps: list[np.ndarray]) -> sp.csr_array:
    """L on row-major flattened density matrices."""
    one = sp.eye_array(len(H))
    total = -1j * (sp.kron(H, one) - sp.kron(one, H.T))
    for c in map(sp.csr_array, jumps):
        square = c.conj().T @ c
        total = total + sp.kron(c, c.conj())
        total = total - 0.5 * (sp.kron(square, one) + sp.kron(one, square.T))
    return sp.csr_array(total)


def pair(first: int, second: int, r: float = 0.5, detuning: float = 0.7, drive: float = 0.0):
    """Two ensembles with collective jumps and every local process: the system, and L."""
    a, b = Ensemble("I", first), Ensemble("II", second)
    mu, nu, rate = np.cosh(r), np.sinh(r), 4.0 / (first + second)
    jumps = [
        Jump(mu * spin_minus(a) - nu * spin_minus(b), rate),
        Jump(mu * spin_plus(b) - nu * spin_plus(a), rate),
    ]
    for space in (a, b):
        letters = {"-": spin_minus(space), "+": spin_plus(space), "z": spin_z(space)}
        jumps += [Jump(letters[k], g, each_atom=True) for k, g in RATES.items()]
    system = OpenSystem((a, b), detuning * spin_z(a) + drive * spin_x(b), tuple(jumps))
    n = first + second
    one, two = range(first), range(first, n)
    brute = [
        np.sqrt(rate) * (mu * collective("-", one, n) - nu * collective("-", two, n)),
        np.sqrt(rate) * (mu * collective("+", two, n) - nu * collective("+", one, n)),
        *(np.sqrt(g) * on_atom(k, i, n) for k, g in RATES.items() for i in range(n)),
    ]
    H = detuning * collective("z", one, n) + drive * collective("x", two, n)
    return system, liouvillian(H, brute)


def stationary(L: sp.csr_array) -> np.ndarray:
    """The null vector of L with trace one, the trace in place of one redundant equation."""
    n = round(np.sqrt(L.toarray().shape[0]))
    trace = sp.csr_array(np.eye(n).reshape(1, -1))
    rows = sp.vstack([trace, L[1:]], format="csc")
    return np.asarray(spsolve(rows, np.eye(1, n * n).ravel())).reshape(n, n)


def evolved(L: sp.csr_array, rho: np.ndarray, time: float) -> np.ndarray:
    """``exp(L t) rho``."""
    return expm_multiply(L * time, rho.astype(complex).ravel()).reshape(rho.shape)


def all_down(count: int) -> np.ndarray:
    """Every atom down."""
    rho = np.zeros((2**count, 2**count))
    rho[0, 0] = 1.0
    return rho


def one_ensemble(atoms: int, H: float = 0.0, rates: dict[str, float] | None = None, **shared):
    """One ensemble: drive H Sx, single-atom rates, and collective jumps by letter."""
    e = Ensemble("e", atoms)
    letters: dict[str, OperatorSum] = {"-": spin_minus(e), "+": spin_plus(e), "z": spin_z(e)}
    own = [Jump(letters[k], g, each_atom=True) for k, g in (rates or {}).items()]
    names = {"emission": "-", "pumping": "+", "dephasing": "z"}
    all_jumps = own + [Jump(letters[names[k]], g) for k, g in shared.items()]
    return OpenSystem((e,), H * spin_x(e), tuple(all_jumps))
