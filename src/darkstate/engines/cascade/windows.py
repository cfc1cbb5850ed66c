"""Joint states of neighbouring stages, read where the sweep passes.

Let X be the joint steady state of all up to stage s and the stages after it
(`darkstate.engines.cascade.joint`). With what lies upstream of stage s traced out,

    rho_window = sum_q  E_s(q) Y_q E_ahead(-q)^T,     Y_q = (t x 1) X_q,

E(q) the operators that the coordinates of charge q stand for: it is the state of the *window* that
begins with stage s. Nothing inside a window is compressed, so its error is that of what is upstream
of its first stage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.cascade.bilinear import (
    BilinearSystem,
    Charge,
    add_charges,
    is_real,
    is_stored,
    negative,
)
from darkstate.engines.cascade.joint import JointEquation, trace_first
from darkstate.engines.cascade.series import SeriesConnection

Array = NDArray[Any]
Bases = Mapping[Charge, Array]
"""(d^2, n) matrices E(q) of a stage, see `darkstate.engines.cascade.bilinear.operator_bases`."""


def window_state(
    pair: SeriesConnection,
    joined: BilinearSystem,
    ahead: Sequence[BilinearSystem],
    bases: Sequence[Bases],
    rtol: float,
) -> Array:
    """The density matrix of a stage and some that follow it, with trace one.

    Args:
        pair: what is upstream of the stage, and the stage.
        joined: these as one system, with its steady state.
        ahead: the stages that follow in the window, at least one.
        bases: of the stage and of those.
        rtol: relative residual of the joint steady state.

    Raises:
        NumericalError: the joint steady state did not converge.
    """
    follows = _Window(ahead, bases[1:])
    adapted, back = trace_first(follows.system)
    X, zero = JointEquation(joined, adapted).solve(rtol), joined.zero
    X[zero] = np.column_stack([joined.steady, X[zero]]) @ back.T
    operators = np.zeros((len(bases[0][zero]), follows.size), dtype=complex)
    for q, block in X.items():
        place = pair.places[q].get(zero)
        if place is not None:
            here = block[place].reshape(len(pair.first.trace), -1, block.shape[1])
            seen = np.tensordot(pair.first.trace, here, 1)
            both = 1 if is_real(q) else 2
            operators += both * bases[0][q] @ follows.operators(negative(q), seen.T).T
    # charges -q are the adjoints of those of q: the Hermitian part of twice the latter is both
    return _matrix(operators, bases, zero)


def _matrix(operators: Array, bases: Sequence[Bases], zero: Charge) -> Array:
    """Hermitian part of flat operators, stage after stage, as one matrix."""
    sides = [round(len(basis[zero]) ** 0.5) for basis in bases]
    n, size = len(sides), int(np.prod(sides))
    tensor = operators.reshape([d for side in sides for d in (side, side)])
    matrix = tensor.transpose([*range(0, 2 * n, 2), *range(1, 2 * n, 2)]).reshape(size, size)
    return 0.5 * (matrix + matrix.conj().T)


class _Window:
    """Stages as one system: the first two are one, these and the third, ...

    Args:
        stages: their systems; what leaves the last one is not asked for.
        bases: their operators.

    Attributes:
        system: all as one.
        size: entries of an operator on all.
    """

    def __init__(self, stages: Sequence[BilinearSystem], bases: Sequence[Bases]):
        self.bases, self.system = bases, stages[0]
        self.products: list[SeriesConnection] = []
        for k, stage in enumerate(stages[1:], start=2):
            last = k == len(stages)
            self.products.append(
                SeriesConnection(self.system, replace(stage, outputs=()) if last else stage)
            )
            self.system = self.products[-1].system()
        self.size = int(np.prod([len(basis[self.system.zero]) for basis in bases]))

    def operators(self, q: Charge, columns: Array, count: int | None = None) -> Array:
        """Columns of coordinates of charge q as flat operators, of the first `count` stages."""
        last = (len(self.bases) if count is None else count) - 1
        if last == 0:
            return self.bases[0][q] @ columns
        product, right, n = self.products[last - 1], self.bases[last], columns.shape[1]
        plain = _charge_pairs(product, q, columns) if is_real(q) else columns
        total = np.zeros((1, n), dtype=complex)
        for qa, place in product.places[q].items():
            block = plain[place].reshape(product.first.sizes[qa], -1, n)
            block = np.einsum("anc,dn->adc", block, right[add_charges(q, qa, -1)])
            left = self.operators(qa, block.reshape(len(block), -1), last)
            total = total + left.reshape(-1, n)
        return total


def _charge_pairs(product: SeriesConnection, q: Charge, columns: Array) -> Array:
    """Coordinates of a real charge as pairs of charges, no longer Hermitian combinations."""
    plain, places = columns.astype(complex), product.places[q]
    for qa, place in places.items():
        if not is_real(qa) and is_stored(qa):
            other = places[negative(qa)]
            x, y = columns[place], columns[other]
            plain[place], plain[other] = (x + 1j * y) / np.sqrt(2), (x - 1j * y) / np.sqrt(2)
    return plain
