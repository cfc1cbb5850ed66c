"""Tensor products of labelled subsystems: the conventions that dense states share.

A state of labels ``(l_1, ..., l_n)`` with dimensions ``(d_1, ..., d_n)`` lives in a space of
dimension ``D = d_1 ... d_n``. **The order of the labels is the order of the tensor product, and the
first label is the most significant**: the basis state ``|k_1 ... k_n>`` has the index

    k = ((k_1 d_2 + k_2) d_3 + ...) d_n + k_n,

as `numpy.kron` has it. The local index is the number of excitations: ``|0>`` of a qubit is its
ground state (sz = -1), index k of a spin the Dicke state with k atoms excited (Sz = k - atoms/2),
index n of a mode the Fock state of n photons.

What would need too much memory is refused here, before it is allocated.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import as_labels, check_integer, check_labels, check_reals
from darkstate.errors import ArgumentError, CapacityError, UnphysicalError

Matrix = NDArray[Any]
"""A complex matrix or vector."""

MAX_DIMENSION = 4096
"""Largest Hilbert space whose density matrix is built here: 12 qubits, 0.27 GB."""

MAX_AMPLITUDES = 2**25
"""Longest state vector that is built here: 25 qubits, 0.54 GB."""

TOLERANCE = 1e-8
"""How far trace, norm, Hermiticity and unitarity may be off, relative to one."""


def check_subsystems(
    labels: str | Sequence[str], dimensions: int | Sequence[int]
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Labels and dimensions of a tensor product as tuples of one length.

    Raises:
        ArgumentError: no label, a repeated one, one that is no string, or not one dimension >= 1
            per label.
    """
    names = as_labels("labels", labels)
    for name in names:
        if not isinstance(name, str):
            raise ArgumentError("labels", "be strings", name, "Give names such as 'A1'.")
    check_labels("labels", names, names)
    sizes = tuple(np.atleast_1d(np.asarray(dimensions, dtype=object)).tolist())
    if len(sizes) != len(names):
        rule = f"have one entry per label ({len(names)})"
        raise ArgumentError("dimensions", rule, sizes, "A qubit has 2, a mode its Fock cutoff.")
    remedy = "Give the number of basis states kept."
    for k, size in enumerate(sizes):
        check_integer(f"dimensions[{k}]", size, minimum=1, remedy=remedy)
    return names, tuple(int(size) for size in sizes)


def positions(labels: str | Sequence[str], known: Sequence[str]) -> list[int]:
    """Where these labels stand among `known`, in the order asked for.

    Raises:
        ArgumentError: a label is unknown or given twice, or there is none.
    """
    index = {label: k for k, label in enumerate(known)}
    return [index[label] for label in check_labels("labels", labels, known)]


def complex_array(name: str, value: Any, shape: tuple[int, ...], remedy: str) -> Matrix:
    """`value` as a complex array of this shape without NaN or infinity.

    Raises:
        ArgumentError: it is no array of numbers, has another shape, or is not finite.
    """
    value = value.toarray() if hasattr(value, "toarray") else value
    try:
        array = np.asarray(value, dtype=complex)
    except (TypeError, ValueError, OverflowError):
        raise ArgumentError(name, "be an array of numbers", value, remedy) from None
    if array.shape != shape:
        raise ArgumentError(name, f"have shape {shape}", array.shape, remedy)
    if not np.all(np.isfinite(array)):
        raise ArgumentError(name, "be finite", array, remedy)
    return array


def whole_array(name: str, value: Any) -> NDArray[np.int64]:
    """`value` as an array of whole numbers; floats may stand for them.

    Raises:
        ArgumentError: it holds something else.
    """
    rule, remedy = "be whole numbers", "Give indices."
    array = check_reals(name, value, rule=rule, remedy=remedy)
    if not np.all(np.abs(array) < 2.0**53) or np.any(array != np.rint(array)):
        raise ArgumentError(name, rule, value, remedy)
    return array.astype(np.int64)


def check_unitary(name: str, matrix: Matrix) -> None:
    """That ``U†U = 1`` within `TOLERANCE`.

    Raises:
        UnphysicalError: it is not.
    """
    gap = float(np.abs(matrix.conj().T @ matrix - np.eye(len(matrix))).max())
    if gap > TOLERANCE:
        rule = "be unitary (largest entry of U†U - 1 is zero)"
        raise UnphysicalError(name, rule, gap, "Check the gate: U†U must be the identity.")


def check_matrix_fits(dimensions: Sequence[int]) -> None:
    """That a density matrix of these dimensions may be built.

    Raises:
        CapacityError: the Hilbert space is larger than `MAX_DIMENSION`.
    """
    size = prod(dimensions)
    if size > MAX_DIMENSION:
        raise CapacityError(
            f"A density matrix of dimension {size} would need {16e-9 * size**2:.3g} GB; up to "
            f"{MAX_DIMENSION} ({16e-9 * MAX_DIMENSION**2:.2g} GB) is built here. "
            "Take reduced(labels) of fewer subsystems, or keep the PureState."
        )


def check_vector_fits(dimensions: Sequence[int]) -> None:
    """That a state vector of these dimensions may be built.

    Raises:
        CapacityError: it has more than `MAX_AMPLITUDES` entries.
    """
    size = prod(dimensions)
    if size > MAX_AMPLITUDES:
        raise CapacityError(
            f"A state vector of {size} amplitudes would need {16e-9 * size:.3g} GB; up to "
            f"{MAX_AMPLITUDES} are built here. Use fewer subsystems or smaller Fock cutoffs."
        )
