"""States whose entanglement is known, for the tests of certificates."""

from __future__ import annotations

import numpy as np

from darkstate.states import DensityState

LETTERS = "abcdefgh"


def qubits(matrix: np.ndarray) -> DensityState:
    n = int(np.log2(len(matrix)))
    return DensityState(tuple(LETTERS[:n]), (2,) * n, matrix.astype(complex))


def pure(amplitudes: dict[str, complex]) -> np.ndarray:
    """The projector on a superposition of basis states, normalised."""
    vector = np.zeros(2 ** len(next(iter(amplitudes))), dtype=complex)
    for bits, amplitude in amplitudes.items():
        vector[int(bits, 2)] = amplitude
    vector /= np.linalg.norm(vector)
    return np.outer(vector, vector.conj())


def ghz(n: int) -> np.ndarray:
    return pure({"0" * n: 1, "1" * n: 1})


def dicke(n: int, excited: int) -> np.ndarray:
    bits = [format(k, f"0{n}b") for k in range(2**n)]
    return pure({b: 1 for b in bits if b.count("1") == excited})


CLUSTER = pure({"0000": 1, "0011": 1, "1100": 1, "1111": -1})
SINGLET = pure({"0011": 1, "1100": 1, "0101": -0.5, "0110": -0.5, "1001": -0.5, "1010": -0.5})


def noisy(matrix: np.ndarray, share: float) -> np.ndarray:
    return (1 - share) * matrix + share * np.eye(len(matrix)) / len(matrix)


def random_vector(size: int, rng: np.random.Generator, real: bool) -> np.ndarray:
    vector = rng.normal(size=size) + (0 if real else 1j * rng.normal(size=size))
    return vector / np.linalg.norm(vector)


def biseparable(n: int, rng: np.random.Generator, real: bool = False) -> np.ndarray:
    """A random mixture of pure states, each a product across some bipartition."""
    total = np.zeros((2**n, 2**n), dtype=complex)
    terms = int(rng.integers(1, 9))
    for weight in rng.dirichlet(np.ones(terms)):
        side: list[int] = []
        while len(side) in (0, n):
            side = [j for j in range(n) if rng.random() < 0.5]
        rest = [j for j in range(n) if j not in side]
        one, other = (random_vector(2 ** len(part), rng, real) for part in (side, rest))
        tensor = np.kron(one, other).reshape((2,) * n).transpose(np.argsort([*side, *rest]))
        total += weight * np.outer(tensor.ravel(), tensor.ravel().conj())
    return total


def x_state(n: int, rng: np.random.Generator, balanced: bool) -> tuple[np.ndarray, float, float]:
    """A random X state with its largest coherence ``|z_i|``, and ``sum_(j != i) sqrt(a_j b_j)``.

    Genuinely multipartite entangled iff the first exceeds the second; twice the difference is the
    GME concurrence. `balanced`: ``a_j = b_j``, where half of it is the genuine negativity.
    """
    half = 2 ** (n - 1)
    a = 0.3 * rng.dirichlet(0.3 * np.ones(half))
    b = a.copy() if balanced else 0.3 * rng.dirichlet(0.3 * np.ones(half))
    k = int(rng.integers(half))  # one strong coherence
    a[k] += 0.5
    b[k] += 0.5 if balanced else 1.0
    a, b = a / (a.sum() + b.sum()), b / (a.sum() + b.sum())
    z = np.sqrt(a * b) * rng.random(half) * np.exp(2j * np.pi * rng.random(half))
    z[k] = 0.9 * np.sqrt(a[k] * b[k]) * np.exp(1j)
    matrix = np.diag(np.concatenate([a, b[::-1]])).astype(complex)
    for i in range(half):
        matrix[i, 2 * half - 1 - i] = z[i]
        matrix[2 * half - 1 - i, i] = z[i].conj()
    return matrix, float(abs(z[k])), float(np.sqrt(a * b).sum() - np.sqrt(a[k] * b[k]))
