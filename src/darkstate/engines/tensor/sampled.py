"""States known by samples: density matrices of small groups of subsystems, with their errors.

No density matrix of 40 qubits can be kept. What trajectories leave of it are averages of the
reduced states of chosen groups, one for each of B blocks of samples; a block is long against the
correlation time, or a trajectory of its own. A number f of the average, linear or not, has the
jackknife error

    e^2 = (B - 1)/B sum_b (f_b - mean f)^2,     f_b: the value without block b.

Neighbouring blocks are merged in twos and fours, and the largest error is given: it grows with the
length of the blocks as long as they are correlated (Flyvbjerg and Petersen, J. Chem. Phys. 91, 461
(1989)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from darkstate.checks import check_labels
from darkstate.engines.tensor.blocks import Array
from darkstate.engines.tensor.mps import overlap
from darkstate.errors import MissingError
from darkstate.measures import (
    Measure,
    chsh,
    concurrence,
    entanglement_of_formation,
    entropy,
    log_negativity,
    mutual_information,
    negativity,
    purity,
    teleportation_fidelity,
)
from darkstate.measures.dispatch import as_group
from darkstate.results.storage import storable
from darkstate.states import DensityState
from darkstate.systems.operators import OperatorSum

FEWEST = 8
"""Blocks that must be left for an error estimate by merging."""


@storable
@dataclass(frozen=True, eq=False)
class SampledState:
    """Averages of reduced density matrices over blocks of samples.

    Args:
        labels: names of all subsystems.
        sizes: their dimensions.
        groups: groups of labels whose joint states were sampled.
        blocks: for every group (B, d, d): its average state in each block.
        vectors: matrix-product states of the samples, where they were kept.
    """

    labels: tuple[str, ...]
    sizes: tuple[int, ...]
    groups: tuple[tuple[str, ...], ...]
    blocks: tuple[Array, ...]
    vectors: tuple[Sequence[Array], ...] = ()

    def reduced(self, labels: str | Sequence[str]) -> DensityState:
        """The average state of these subsystems, in the order given.

        Raises:
            ArgumentError: a label is unknown or given twice.
            MissingError: no sampled group holds them all.
        """
        number = self._group(labels)
        return self._state(number, self.blocks[number].mean(axis=0), labels)

    def expectation(self, operator: OperatorSum) -> complex:
        """``Tr(rho O)`` in the average state of a group; a float if O is Hermitian, else complex.

        Raises:
            ArgumentError: a label is unknown.
            MissingError: no sampled group holds all labels of the operator.
        """
        labels = [space.label for space in operator.spaces] or self.groups[0]
        return self.reduced(labels).expectation(operator)

    def estimate(self, measure: Any, *parties: str | Sequence[str]) -> tuple[Any, float]:
        """A measure of the average state, and its standard error.

        Args:
            measure: such as ``ds.concurrence``: called with a state and the parties; its value is
                a float, or complex such as the mean of an operator that is not Hermitian.
            parties: label or labels of each.

        Raises:
            MissingError: no sampled group holds all these labels.
        """
        labels = [label for party in parties for label in as_group(party)]
        number = self._group(labels)
        blocks, errors = self.blocks[number], [float("nan")]
        value = np.asarray(measure(self._state(number, blocks.mean(axis=0), labels), *parties))[()]
        while len(blocks) >= FEWEST or (len(blocks) > 1 and len(errors) == 1):
            total, n = blocks.sum(axis=0), len(blocks)
            without = [self._state(number, (total - b) / (n - 1), labels) for b in blocks]
            found = np.array([measure(state, *parties) for state in without])
            errors.append(sqrt((n - 1) * float(np.var(found))))
            blocks = 0.5 * (blocks[0 : 2 * (n // 2) : 2] + blocks[1::2])
        value = complex(value) if np.iscomplexobj(value) else float(value)
        return value, float(np.nanmax(errors)) if len(errors) > 1 else float("inf")

    def purity(self) -> tuple[float, float]:
        """``Tr rho^2`` of the whole network and its standard error, without bias.

        It is the mean of ``|<psi_k|psi_l>|^2`` over pairs of different samples.

        Raises:
            MissingError: the samples were not kept.
        """
        n = len(self.vectors)
        if n < 3:
            raise MissingError(
                "The purity of the whole network needs three samples or more, and themselves. Use "
                "TensorTrajectories(keep=True) with evolve(), or ask for a group: "
                f"purity(state, {list(self.groups[0])})."
            )
        overlaps = np.zeros((n, n))
        for k in range(n):
            for j in range(k):
                overlaps[k, j] = overlaps[j, k] = (
                    abs(overlap(self.vectors[k], self.vectors[j])) ** 2
                )
        each = overlaps.sum(axis=1) / (n - 1)  # a mean of pairs has twice the error of its halves
        return float(each.mean()), 2.0 * float(np.std(each, ddof=1)) / sqrt(n)

    def _group(self, labels: str | Sequence[str]) -> int:
        wanted = set(check_labels("labels", labels, self.labels))
        held = [k for k, group in enumerate(self.groups) if wanted <= set(group)]
        if not held:
            raise MissingError(
                f"The joint state of {', '.join(sorted(wanted))} was not sampled; sampled were "
                f"{len(self.groups)} groups such as {', '.join(self.groups[0])}. Name it in "
                "TensorTrajectories(groups=...)."
            )
        return min(held, key=lambda k: len(self.groups[k]))

    def _state(self, number: int, matrix: Array, labels: str | Sequence[str]) -> DensityState:
        names = self.groups[number]
        sizes = tuple(self.sizes[self.labels.index(name)] for name in names)
        matrix = 0.5 * (matrix + matrix.conj().T)
        whole = DensityState(names, sizes, matrix / np.trace(matrix).real)
        return whole.reduced(labels)


def _through_reduced(measure: Measure) -> None:
    """Let a measure read a `SampledState`."""

    @measure.register(SampledState)
    def _value(state: SampledState, *groups: Any) -> float:
        if measure is purity and len(groups[0]) == len(state.labels):
            return state.purity()[0]
        labels = [label for group in groups for label in as_group(group)]
        return measure(state.reduced(labels), *groups)


for _measure in (
    log_negativity,
    negativity,
    concurrence,
    entanglement_of_formation,
    entropy,
    purity,
    mutual_information,
    chsh,
    teleportation_fidelity,
):
    _through_reduced(_measure)
