r"""The pure steady state of the dual-rail network as a circuit of two-qubit gates.

With ``delta_B = -delta_A`` the steady state is a product of pairs (A_j, B_j). Two neighbouring
nodes of rail B can exchange their detunings without any change to the light that they emit: with
``D = delta_i - delta_{i+1}`` *before* the exchange and ``s = sigma/2``,

    U = exp(i theta (s_i + s_{i+1})^2),     tan theta = -D/gamma,     U H U† = H',

where H' has the two detunings exchanged. U acts as ``exp(2 i theta)`` on the triplet and as 1 on
the singlet, so it commutes with ``s-_i + s-_{i+1}`` and all jumps stay as they are: U takes the
steady state of H to that of H'. Every permutation is a product of such exchanges::

    A1 ---- B1 --[ U ]-----------          delta_B = -(d1, d2, d3)
    A2 ---- B2 --[   ]--[ U ]----    -->   -(d2, d1, d3)  -->  -(d2, d3, d1)
    A3 ---- B3 ---------[   ]----

*The sign.* In the basis of triplet T and singlet S the pair term of H (i upstream of j) is
``<S|H|T> = D/2 + i gamma/2``; U multiplies it by ``exp(-2 i theta)``, and ``D -> -D`` asks for
``exp(-2 i theta) = (gamma + i D)/(gamma - i D)``. In terms of the detunings *after* the exchange it
is ``tan theta = +D'/gamma``.

Phases of the segments are a rotation ``V = prod exp(i Phi_j (n_Aj + n_Bj))`` of all this, with
``Phi_j`` the phase collected from node 1 to node j and ``n = |1><1|``.

Source: Agustí, Zhang, Minoguchi, Rabl, Phys. Rev. Lett. 131, 250801 (2023).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from darkstate.models._qubit_pairs import Vector, product_of_pairs

_RTOL = 1e-12
Gate = NDArray[np.complex128]


class Circuit(NamedTuple):
    """Pairs, and the gates that act on them one after the other.

    Attributes:
        pairs: for each pair its four amplitudes on 00, 01, 10, 11 and its two labels.
        gates: 4x4 unitary matrices in the basis 00, 01, 10, 11 of two neighbours, and their labels.
    """

    pairs: tuple[tuple[Vector, tuple[str, str]], ...]
    gates: tuple[tuple[Gate, tuple[str, str]], ...]


def permutation_between(
    detunings_a: Sequence[float], detunings_b: Sequence[float], scale: float
) -> tuple[int, ...] | None:
    """p with ``delta_B[k] = -delta_A[p[k]]``, or None; equal detunings keep their order.

    Numbers count as equal within 1e-12 of the largest of them and of `scale`.
    """
    a, b = np.asarray(detunings_a, float), np.asarray(detunings_b, float)
    tolerance = _RTOL * max(scale, float(np.max(np.abs(a))), float(np.max(np.abs(b))))
    left, found = list(range(len(a))), []
    for value in b:
        place = next((j for j in left if abs(a[j] + value) <= tolerance), None)
        if place is None:
            return None
        left.remove(place)
        found.append(place)
    return tuple(found)


def exchanges(permutation: Sequence[int]) -> list[int]:
    """Positions i of the exchanges (i, i+1) that turn 0, 1, .. into `permutation`, in order.

    As few as possible: one for every pair of numbers out of order.
    """
    rest, positions = list(permutation), []
    for stop in range(len(rest) - 1, 0, -1):
        for i in range(stop):
            if rest[i] > rest[i + 1]:
                rest[i], rest[i + 1] = rest[i + 1], rest[i]
                positions.append(i)
    return positions[::-1]


def exchange_gate(first: float, second: float, gamma: float) -> Gate:
    """``exp(i theta (s_1 + s_2)^2)`` with ``tan theta = -(first - second)/gamma``, shape (4, 4).

    Args:
        first: detuning of the upstream qubit before the exchange.
        second: detuning of the downstream one.
        gamma: energy decay rate of both.
    """
    phase = np.exp(2j * math.atan2(second - first, gamma))
    singlet = np.array([0.0, 1.0, -1.0, 0.0]) / math.sqrt(2)
    return phase * np.eye(4) + (1 - phase) * np.outer(singlet, singlet)


def steady_circuit(
    squeezing: float,
    detunings_a: Sequence[float],
    permutation: Sequence[int],
    gamma: float,
    phases: Sequence[float],
) -> Circuit:
    """The circuit whose output is the steady state for ``delta_B = -delta_A[permutation]``.

    Args:
        squeezing: r; the pairs are ``(cosh r|00> + sinh r|11>)/sqrt(cosh 2r)``.
        detunings_a: N detunings of rail A.
        permutation: see `permutation_between`.
        gamma: energy decay rate of all nodes (unused without exchanges).
        phases: ``Phi_j``, N phases collected from node 1 on.
    """
    t = math.tanh(squeezing)
    bell: NDArray[Any] = np.array([1.0, 0.0, 0.0, t], dtype=complex) / math.hypot(1.0, t)
    pairs = tuple(
        (bell * np.array([1, 0, 0, np.exp(2j * phi)], dtype=complex), (f"A{j}", f"B{j}"))
        for j, phi in enumerate(phases, 1)
    )
    current = [-float(delta) for delta in detunings_a]
    gates = []
    for i in exchanges(permutation):
        one, two = np.exp(1j * phases[i]), np.exp(1j * phases[i + 1])
        rotation = np.array([1.0, two, one, one * two])
        gate = exchange_gate(current[i], current[i + 1], gamma)
        gates.append((rotation[:, None] * gate * rotation.conj(), (f"B{i + 1}", f"B{i + 2}")))
        current[i], current[i + 1] = current[i + 1], current[i]
    return Circuit(pairs, tuple(gates))


def output_state(circuit: Circuit) -> Vector:
    """The state that the circuit prepares, shape (4^N,), on A1..AN, B1..BN.

    Raises:
        CapacityError: more pairs than a state vector can hold.
    """
    n = len(circuit.pairs)
    psi = product_of_pairs([pair for pair, _ in circuit.pairs]).reshape([2] * (2 * n))
    place = {labels[1]: n + j for j, (_, labels) in enumerate(circuit.pairs)}
    for gate, labels in circuit.gates:
        axes = [place[label] for label in labels]
        psi = np.tensordot(gate.reshape(2, 2, 2, 2), psi, axes=([2, 3], axes))
        psi = np.moveaxis(psi, [0, 1], axes)
    return psi.reshape(-1)
