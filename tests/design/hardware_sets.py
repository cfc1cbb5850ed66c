"""Targets and hardware that the tests of synthesis share."""

from __future__ import annotations

import itertools

import numpy as np

from darkstate.states import PureState
from darkstate.systems.operators import OperatorSum, identity, sigma_x, sigma_y, sigma_z
from darkstate.systems.spaces import Qubit

PAULI = {"x": sigma_x, "y": sigma_y, "z": sigma_z}


def qubits(n: int) -> list[Qubit]:
    return [Qubit(f"q{k + 1}") for k in range(n)]


def paulis(on: list[Qubit]) -> list[OperatorSum]:
    """All products of Pauli matrices on some qubits but the identity."""
    found = []
    for letters in itertools.product("1xyz", repeat=len(on)):
        operator = identity()
        for letter, qubit in zip(letters, on, strict=True):
            operator = operator if letter == "1" else operator * PAULI[letter](qubit)
        found.append(operator)
    return found[1:]


def pairs(n: int) -> list[list[OperatorSum]]:
    """One set of jump operators for each pair of n qubits: all that act on two."""
    q = qubits(n)
    return [paulis([q[i], q[j]]) for i, j in itertools.combinations(range(n), 2)]


def all_terms(sets: list[list[OperatorSum]]) -> list[OperatorSum]:
    return list(dict.fromkeys(operator for operators in sets for operator in operators))


def pure(vector: object) -> PureState:
    """A state of qubits q1, q2, ..."""
    amplitudes = np.asarray(vector, dtype=complex)
    n = len(amplitudes).bit_length() - 1
    labels = tuple(qubit.label for qubit in qubits(n))
    return PureState(labels, (2,) * n, amplitudes / np.linalg.norm(amplitudes))


def ghz(n: int) -> PureState:
    vector = np.zeros(2**n)
    vector[[0, -1]] = 1.0
    return pure(vector)


def w_state(n: int) -> PureState:
    vector = np.zeros(2**n)
    vector[[2**k for k in range(n)]] = 1.0
    return pure(vector)


def cluster(n: int) -> PureState:
    """CZ between neighbours of a line, on |+>: signs by the number of neighbouring ones."""
    bits = (np.arange(2**n)[:, None] >> np.arange(n)[::-1]) & 1
    return pure((-1.0) ** np.sum(bits[:, 1:] * bits[:, :-1], axis=1))
