"""States that no permutation of the atoms within an ensemble changes.

With the spins of `darkstate.states.dicke`, a state of ensembles I, II, ... (and of other small
subsystems beside them) is

    rho = sum over (J_I, J_II, ...) of  rho_(J_I, J_II, ...) x 1/(d_J_I d_J_II ...),

with one matrix per tuple of total spins, ``sum Tr rho_(...) = 1``. An `EnsembleState` keeps these
matrices, further divided into blocks where charges forbid coherence. A trace or trace norm is the
sum over blocks; but each eigenvalue p of a block stands for d eigenvalues p/d of rho, so that

    Tr rho^2 = sum p^2/d,      S = sum -p log2 p + p log2 d.

Forgetting d is a known error: a fully mixed state of N atoms has N bits of entropy, not log2 of
the few numbers that describe it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from darkstate.checks import check_instance, check_integer, check_real, check_sequence
from darkstate.display import state_text
from darkstate.errors import ArgumentError, UnphysicalError
from darkstate.memory import memory_limit, refuse_if_too_large
from darkstate.states.block_entries import Members, block_views, entry_members, gathered
from darkstate.states.density import DensityState
from darkstate.states.dicke import DickeBasis, log2_multiplicity
from darkstate.states.gaussian_moments import labels_of
from darkstate.states.matrices import mean_value
from darkstate.states.pure import PureState
from darkstate.states.subsystems import (
    TOLERANCE,
    check_matrix_fits,
    check_subsystems,
    positions,
    whole_array,
)
from darkstate.states.word_entries import mean_of_words
from darkstate.systems.operators import OperatorSum

_PLACE_BYTES = 24.0
"""Per atom, to say where the matrix of each total spin starts."""


@dataclass(frozen=True, eq=False, repr=False)
class EnsembleState:
    """A permutation-symmetric state of ensembles, and of other small subsystems with them.

    Args:
        labels: names of the n subsystems.
        atoms: number of atoms of each; 0 for a subsystem that is no ensemble.
        dimensions: basis states of each: all ``|J, M>`` of an ensemble (`DickeBasis`), the own
            dimension of another subsystem.
        members: (K, n) local basis states, block after block; others have no population.
        sizes: (B,) number of members of each block; members of one block agree in every J.
        values: the blocks, flattened one after the other; Hermitian, of total trace 1.

    Raises:
        ArgumentError: shapes, labels and sizes do not fit.
        UnphysicalError: not Hermitian, trace not one, or coherence between different J.
    """

    labels: tuple[str, ...]
    atoms: tuple[int, ...]
    dimensions: tuple[int, ...]
    members: Members
    sizes: NDArray[np.int64]
    values: NDArray[Any]

    def __post_init__(self) -> None:
        labels, dimensions = check_subsystems(self.labels, self.dimensions)
        remedy = "Give atoms = 0 for what is no ensemble."
        atoms = tuple(
            check_integer("atoms", count, minimum=0, remedy=remedy)
            for count in check_sequence("atoms", self.atoms, remedy)
        )
        if len(atoms) != len(labels):
            raise ArgumentError("atoms", "have one number per label", atoms, remedy)
        expected = tuple(
            DickeBasis.of(count).dimension if count else size
            for count, size in zip(atoms, dimensions, strict=True)
        )
        if expected != dimensions:
            remedy = "An ensemble has all its |J, M>; give atoms = 0 for another subsystem."
            raise ArgumentError("dimensions", f"be {expected}", dimensions, remedy)
        members, sizes = (whole_array(name, getattr(self, name)) for name in ("members", "sizes"))
        try:
            values = np.asarray(self.values)
        except ValueError:
            values = np.empty(0, dtype=object)
        if values.dtype.kind not in "iufc":
            raise ArgumentError("values", "be numbers", self.values, "Flatten the blocks.")
        if members.shape != (int(sizes.sum()), len(labels)):
            rule = f"have shape {(int(sizes.sum()), len(labels))}"
            raise ArgumentError("members", rule, members.shape, "One row per member of a block.")
        if values.shape != (int(np.sum(sizes**2)),) or not np.all(np.isfinite(values)):
            rule = f"be {int(np.sum(sizes**2))} finite numbers"
            raise ArgumentError("values", rule, values, "Flatten the blocks one after the other.")
        fields = (labels, atoms, dimensions, members, sizes, values)
        for name, value in zip(self.__dataclass_fields__, fields, strict=True):
            object.__setattr__(self, name, value)
        self._check_physics()

    def _check_physics(self) -> None:
        trace, skew = 0.0, 0.0
        for _, matrix in self.blocks():
            trace += float(np.trace(matrix).real)
            skew = max(skew, float(np.abs(matrix - matrix.conj().T).max()))
        if skew > TOLERANCE:
            rule = "be Hermitian (largest entry of rho - rho† is zero)"
            raise UnphysicalError("values", rule, skew, "Give (rho + rho†)/2 if it is noise.")
        if abs(trace - 1.0) > TOLERANCE:
            raise UnphysicalError("values", "have trace 1", trace, "Divide them by their trace.")
        spins = self.twice_spins
        first = np.repeat(np.cumsum(self.sizes) - self.sizes, self.sizes)
        if np.any(spins != spins[first]):
            rule = "have no coherence between different J"
            remedy = "A permutation-symmetric state has none: make one block per tuple of J."
            raise UnphysicalError("members", rule, int(np.argmax(spins != spins[first])), remedy)

    def __repr__(self) -> str:
        return state_text(self, self.labels, f"{', '.join(map(str, self.atoms))} atoms")

    @classmethod
    def from_matrix(
        cls, label: str, atoms: int, blocks: Mapping[int, NDArray[Any]]
    ) -> EnsembleState:
        """A state of one ensemble from its matrices rho_J.

        Args:
            label: name of the ensemble.
            atoms: N.
            blocks: ``{2J: (2J+1, 2J+1) matrix}``, M ascending; traces (multiplicity included) add
                up to one.

        Raises:
            ArgumentError: a 2J that N atoms do not have, or a matrix of another shape.
        """
        check_integer("atoms", atoms, minimum=1)
        if not check_instance("blocks", blocks, Mapping, "Write {2J: matrix}."):
            raise ArgumentError("blocks", "hold a matrix", blocks, "Write {2J: matrix}.")
        remedy = "Use fewer atoms, or the moments of many (SpinMoments)."
        refuse_if_too_large("atoms", _PLACE_BYTES * atoms, memory_limit(None), remedy)
        basis = DickeBasis.of(atoms)
        members, sizes, values = [], [], []
        for twice, matrix in blocks.items():
            if twice not in range(atoms, -1, -2) or np.shape(matrix) != (twice + 1, twice + 1):
                rule = f"hold (2J+1, 2J+1) matrices for 2J = {atoms}, {atoms - 2}, ..."
                raise ArgumentError("blocks", rule, (twice, np.shape(matrix)), "Check 2J.")
            start = int(basis.starts[(atoms - twice) // 2])
            members.append(np.arange(start, start + twice + 1))
            sizes.append(twice + 1)
            values.append(np.ravel(matrix))
        rows = np.concatenate(members)[:, None]
        flat = np.concatenate(values)
        return cls((label,), (atoms,), (basis.dimension,), rows, np.array(sizes), flat)

    @classmethod
    def identical_atoms(
        cls, label: str, atoms: int, bloch: Sequence[float] = (0.0, 0.0, -1.0)
    ) -> EnsembleState:
        """Every atom in the same state ``(1 + b . sigma)/2``; all down by default.

        With eigenvalues ``p, q = (1 +- |b|)/2`` along the direction of b,
        ``rho_J = d_J (pq)^(N/2-J) U diag(p^(J+M) q^(J-M)) U†``. A coherent spin state has
        ``|b| = 1``: ``(1, 0, 0)`` is all atoms along x.

        Args:
            label: name of the ensemble.
            atoms: N.
            bloch: Bloch vector ``(<sx>, <sy>, <sz>)`` of one atom, of length at most 1.

        Raises:
            UnphysicalError: the Bloch vector is longer than 1.
        """
        check_integer("atoms", atoms, minimum=1)
        b = [
            check_real(f"bloch[{k}]", x)
            for k, x in enumerate(check_sequence("bloch", bloch, "Give three numbers."))
        ]
        length = float(np.linalg.norm(b))
        if len(b) != 3 or length > 1 + 1e-12:
            remedy = "Give the means of the three Pauli matrices of one atom."
            raise UnphysicalError("bloch", "be a vector of length <= 1", bloch, remedy)
        length = min(length, 1.0)
        p, q = 0.5 * (1 + length), 0.5 * (1 - length)
        theta = float(np.arccos(np.clip(b[2] / length, -1, 1))) if length else 0.0
        phi = float(np.arctan2(b[1], b[0]))
        blocks = {}
        for twice in range(atoms, -1, -2):
            copies = log2_multiplicity(atoms, np.array([twice]))[0]
            power = (atoms - twice) // 2
            k = np.arange(twice + 1)
            with np.errstate(divide="ignore", invalid="ignore"):
                down = np.where(power + twice - k > 0, (power + twice - k) * np.log2(q), 0.0)
            weights = np.exp2(copies + (power + k) * np.log2(p) + down)
            if np.any(weights):
                U = _rotation(twice, theta, phi)
                blocks[twice] = (U * weights) @ U.conj().T
        return cls.from_matrix(label, atoms, blocks)

    @classmethod
    def product(cls, *states: EnsembleState | PureState | DensityState) -> EnsembleState:
        """The tensor product, labels in the order of the arguments.

        Dense states enter as other subsystems; see `from_dense` for the symmetric subspace.

        Raises:
            ArgumentError: no state, or a label occurs twice.
        """
        if not states:
            raise ArgumentError("states", "name at least one state", states, "Give the factors.")
        parts = [
            state if isinstance(state, EnsembleState) else cls.from_dense(state, {})
            for state in states
        ]
        result = parts[0]
        for part in parts[1:]:
            result = result._times(part)
        return result

    def _times(self, other: EnsembleState) -> EnsembleState:
        members, sizes, values = [], [], []
        for mine, matrix in self.blocks():
            for theirs, factor in other.blocks():
                left = np.repeat(mine, len(theirs), axis=0)
                members.append(np.hstack([left, np.tile(theirs, (len(mine), 1))]))
                sizes.append(len(mine) * len(theirs))
                values.append(np.kron(matrix, factor).ravel())
        return EnsembleState(
            self.labels + other.labels,
            self.atoms + other.atoms,
            self.dimensions + other.dimensions,
            np.concatenate(members),
            np.array(sizes),
            np.concatenate(values),
        )

    @classmethod
    def from_dense(
        cls, state: PureState | DensityState, atoms: Mapping[str, int] | Sequence[str]
    ) -> EnsembleState:
        """A dense state whose subsystems named in `atoms` are symmetric subspaces of ensembles.

        Args:
            state: a subsystem of dimension d that is named is the symmetric subspace (Dicke
                states, excitations ascending) of ``d - 1`` atoms.
            atoms: labels of the ensembles.

        Raises:
            ArgumentError: an unknown label.
        """
        density = state.density() if isinstance(state, PureState) else state
        where = positions(list(atoms), state.labels) if len(atoms) else []
        counts = tuple(d - 1 if k in where else 0 for k, d in enumerate(state.dimensions))
        sizes = tuple(
            DickeBasis.of(n).dimension if n else d
            for n, d in zip(counts, state.dimensions, strict=True)
        )
        local = np.unravel_index(np.arange(prod(state.dimensions)), state.dimensions)
        members = np.stack(local, axis=1)
        total = np.array([len(members)])
        return cls(state.labels, counts, sizes, members, total, density.matrix.ravel())

    @cached_property
    def twice_spins(self) -> NDArray[np.int64]:
        """(K, n) 2J of every member; zero where a subsystem is no ensemble."""
        columns = [
            DickeBasis.of(count).twice_spin[self.members[:, k]]
            if count
            else np.zeros(len(self.members), dtype=np.int64)
            for k, count in enumerate(self.atoms)
        ]
        return np.stack(columns, axis=1)

    @cached_property
    def log2_copies(self) -> NDArray[np.float64]:
        """(B,) ``log2 d`` of every block: how often it stands in rho."""
        spins = self.twice_spins[np.cumsum(self.sizes) - self.sizes]
        total = np.zeros(len(self.sizes))
        for k, count in enumerate(self.atoms):
            if count:
                total += log2_multiplicity(count, spins[:, k])
        return total

    def blocks(self) -> list[tuple[Members, NDArray[Any]]]:
        """Members and matrix of each block (views)."""
        return block_views(self.members, self.sizes, self.values)

    def spectrum(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Eigenvalues p of the blocks, none below zero, and log2 of the d copies of each."""
        found = [np.linalg.eigvalsh(matrix) for _, matrix in self.blocks()]
        return np.maximum(np.concatenate(found), 0.0), np.repeat(self.log2_copies, self.sizes)

    def margin(self) -> float:
        """Smallest eigenvalue of the blocks; a state has none below zero (beyond rounding)."""
        return min(float(np.linalg.eigvalsh(matrix)[0]) for _, matrix in self.blocks())

    def spin_populations(self, label: str) -> dict[float, float]:
        """Probability of each total spin J of one ensemble, J descending.

        Raises:
            ArgumentError: unknown label, or no ensemble.
        """
        (k,) = positions(label, self.labels)
        if not self.atoms[k]:
            remedy = "Name one of the ensembles."
            raise ArgumentError("label", "name an ensemble", label, remedy)
        result = {0.5 * twice: 0.0 for twice in range(self.atoms[k], -1, -2)}
        first = self.twice_spins[np.cumsum(self.sizes) - self.sizes, k]
        for twice, (_, matrix) in zip(first.tolist(), self.blocks(), strict=True):
            result[0.5 * twice] += float(np.trace(matrix).real)
        return result

    def reduced(self, labels: str | Sequence[str]) -> EnsembleState:
        """The state of these subsystems alone (partial trace), in the order given.

        Raises:
            ArgumentError: a label is unknown or given twice, or there is none.
        """
        kept = positions(labels, self.labels)
        if kept == list(range(len(self.labels))):
            return self
        traced = [k for k in range(len(self.labels)) if k not in kept]
        kets, bras = entry_members(self.members, self.sizes)
        same = np.all(kets[:, traced] == bras[:, traced], axis=1)
        dimensions = tuple(self.dimensions[k] for k in kept)
        found = gathered(kets[same][:, kept], bras[same][:, kept], self.values[same], dimensions)
        return EnsembleState(
            tuple(self.labels[k] for k in kept),
            tuple(self.atoms[k] for k in kept),
            dimensions,
            found.members,
            found.sizes,
            found.values,
        )

    def partial_transpose(self, labels: str | Sequence[str]) -> list[NDArray[Any]]:
        """The blocks of ``rho^{T_B}``, B being these subsystems: Hermitian, in general no state.

        Each eigenvalue stands for d eigenvalues of rho^{T_B} that are d times smaller, so that
        their absolute sum is the trace norm.

        Raises:
            ArgumentError: a label is unknown or given twice, or there is none.
        """
        turned = positions(labels, self.labels)
        kets, bras = (side.copy() for side in entry_members(self.members, self.sizes))
        kets[:, turned], bras[:, turned] = bras[:, turned], kets[:, turned].copy()
        return [matrix for _, matrix in gathered(kets, bras, self.values, self.dimensions).blocks()]

    def expectation(self, operator: OperatorSum) -> complex:
        """``Tr(rho O)`` of collective operators; a float if O is Hermitian, else complex.

        Raises:
            ArgumentError: no OperatorSum, an unknown label, or another number of atoms.
        """
        labels_of(operator)
        kets, bras = entry_members(self.members, self.sizes)
        return mean_value(mean_of_words(operator, self, kets, bras), operator)

    def density(self) -> DensityState:
        """The state in the symmetric subspaces (J = N/2 of every ensemble) as a density matrix.

        Raises:
            UnphysicalError: more than 1e-8 of it lies at lower J.
            CapacityError: too large for a density matrix.
        """
        dims = tuple(n + 1 if n else d for n, d in zip(self.atoms, self.dimensions, strict=True))
        check_matrix_fits(dims)
        matrix = np.zeros((prod(dims), prod(dims)), dtype=complex)
        top, outside = np.array(self.atoms), 0.0
        first = self.twice_spins[np.cumsum(self.sizes) - self.sizes]
        for spins, (members, block) in zip(first, self.blocks(), strict=True):
            if np.array_equal(spins, top):
                place = np.asarray(np.ravel_multi_index(tuple(members.T), dims))
                matrix[np.ix_(place, place)] = block
            else:
                outside += float(np.trace(block).real)
        if outside > TOLERANCE:
            remedy = "Use atom_by_atom(state), or the measures, which take it as it is."
            raise UnphysicalError("state", "lie in the symmetric subspaces", outside, remedy)
        return DensityState(self.labels, dims, matrix / np.trace(matrix).real)


def _rotation(twice: int, theta: float, phi: float) -> NDArray[Any]:
    """``exp(-i phi Jz) exp(-i theta Jy)`` in the basis M = -J .. J."""
    m = np.arange(twice + 1) - 0.5 * twice
    raising = DickeBasis.of(twice, 1).letter("+").toarray() if twice else np.zeros((1, 1))
    tilt = scipy.linalg.expm(-0.5 * theta * (raising - raising.T))
    return np.exp(-1j * phi * m)[:, None] * tilt
