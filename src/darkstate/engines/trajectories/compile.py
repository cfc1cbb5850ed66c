"""From an OpenSystem to sparse matrices, for state vectors and for density matrices.

Channel k is ``c_k = sqrt(rate_k) * operator_k``. State vectors between jumps obey

    d psi/dt = K psi,   K = -i H - 1/2 sum_k c_k† c_k.

For records the channels are shared out: a fraction h_k of the light of channel k goes to homodyne
and heterodyne detectors, a fraction n_k is counted, and the rest is lost. Density matrices without
a click, and without what the diffusive detectors do (`diffusion.py`), obey

    d rho/dt = -i [H, rho] + sum_k (1 - h_k - n_k) c_k rho c_k† - 1/2 (1 - h_k) {c_k† c_k, rho},

whose matrix acts on ``rho`` written row by row, ``A rho B -> kron(A, B^T)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import pi, prod, sqrt
from typing import Any

import numpy as np
import scipy.sparse as sp

from darkstate.engines.contract import check_physical
from darkstate.engines.truncation import Cutoff, degrees, given_cutoffs, least_cutoffs
from darkstate.errors import ArgumentError, EngineMismatchError
from darkstate.states import DensityState, PureState
from darkstate.states.matrices import operator_matrix
from darkstate.systems.open_system import Jump, Monitor, OpenSystem
from darkstate.systems.spaces import Mode

NOTHING = 1e-15
"""What rounding leaves of 1 - 1 is no share of a channel."""
Monitors = tuple[tuple[int, Monitor], ...]
"""Detectors, each with the number of its channel."""


@dataclass(frozen=True)
class SystemMatrices:
    """Matrices of a system.

    Args:
        labels: names of the spaces.
        dimensions: their dimensions, D in all.
        modes: labels of those that are truncated.
        hamiltonian: sparse (D, D).
        channels: jump operators with the root of their rate, sparse (D, D) each.
        names: their names; ``"jump 3"`` where they have none.
        monitors: the detectors, each with the number of its channel.
        degrees: by mode, the quanta that one term of H or of a jump moves at most.
        least: by mode, the levels without which its terms or a resonance go unnoticed.
    """

    labels: tuple[str, ...]
    dimensions: tuple[int, ...]
    modes: tuple[str, ...]
    hamiltonian: sp.csr_array
    channels: tuple[sp.csr_array, ...]
    names: tuple[str, ...]
    monitors: Monitors
    degrees: Mapping[str, int]
    least: Mapping[str, int]

    @property
    def cutoffs(self) -> dict[str, int]:
        """Fock states of every mode."""
        return {label: self.dimensions[self.labels.index(label)] for label in self.modes}

    @property
    def size(self) -> int:
        """The dimension D of Hilbert space."""
        return prod(self.dimensions)

    @cached_property
    def no_jump(self) -> sp.csr_array:
        """``K = -i H - 1/2 sum c†c``."""
        return self._decay(np.ones(len(self.channels)))

    def _decay(self, shares: Any) -> sp.csr_array:
        total = -1j * self.hamiltonian
        for share, c in zip(shares, self.channels, strict=True):
            total = total - 0.5 * share * (c.conj().T @ c)
        return sp.csr_array(total)

    def share(self, *kinds: str) -> Any:
        """Fraction of the light of every channel that goes to detectors of these kinds."""
        found = np.zeros(len(self.channels))
        for k, monitor in self.monitors:
            found[k] += monitor.efficiency if monitor.kind in kinds else 0.0
        return found

    def largest_rate(self, shares: Any) -> float:
        """A bound of the rate of jumps, of these fractions of every channel."""
        total: Any = sp.csr_array(self.hamiltonian.shape, dtype=complex)
        for share, c in zip(shares, self.channels, strict=True):
            total = total + share * (c.conj().T @ c)
        return float(abs(total).sum(axis=1).max())

    @cached_property
    def unseen(self) -> sp.csr_array:
        """(D^2, D^2) generator of density matrices while nothing is counted."""
        diffusive, counted = self.share("homodyne", "heterodyne"), self.share("counting")
        total: Any = lifted(self._decay(1.0 - diffusive))
        for share, c in zip(1.0 - diffusive - counted, self.channels, strict=True):
            if share > NOTHING:
                total = total + share * sp.kron(c, c.conj())
        return sp.csr_array(total)

    def counters(self) -> tuple[sp.csr_array, ...]:
        """``rho -> efficiency * c rho c†`` of every counting detector, (D^2, D^2) each."""
        return tuple(
            sp.csr_array(m.efficiency * sp.kron(self.channels[k], self.channels[k].conj()))
            for k, m in self.monitors
            if m.kind == "counting"
        )

    def quadratures(self) -> tuple[sp.csr_array, ...]:
        """``a = sqrt(efficiency) e^{-i angle} c`` of every measured quadrature of `monitors`."""
        phases = quadrature_phases(self.monitors)
        return tuple(sp.csr_array(phase * self.channels[k]) for k, phase in phases)


def lifted(K: sp.csr_array) -> sp.csr_array:
    """``rho -> K rho + rho K†`` on rho written row by row."""
    one = sp.eye_array(K.shape[0], format="csr")  # type: ignore[index]
    return sp.csr_array(sp.kron(K, one) + sp.kron(one, K.conj()))


def homodynes(monitor: Monitor) -> list[tuple[float, float]]:
    """Angles and efficiencies: heterodyne is two homodyne detections of half the light."""
    if monitor.kind == "homodyne":
        return [(monitor.angle, monitor.efficiency)]
    if monitor.kind == "heterodyne":
        return [(monitor.angle + shift, 0.5 * monitor.efficiency) for shift in (0.0, pi / 2)]
    return []


def quadrature_phases(monitors: Monitors) -> tuple[tuple[int, complex], ...]:
    """The channel of every measured quadrature, and ``sqrt(efficiency) e^{-i angle}``."""
    return tuple(
        (k, complex(np.exp(-1j * angle) * sqrt(efficiency)))
        for k, monitor in monitors
        for angle, efficiency in homodynes(monitor)
    )


def all_seen(count: int, kind: str) -> Monitors:
    """Detectors of one kind that see all channels in full."""
    return tuple((k, Monitor("all", kind)) for k in range(count))  # type: ignore[arg-type]


def compile_matrices(system: OpenSystem, cutoff: Cutoff) -> SystemMatrices:
    """The matrices of a system; channels of rate zero are dropped, unless somebody looks at them.

    A detector of a channel of rate zero sees the vacuum.

    Raises:
        EngineMismatchError: a jump acts atom by atom, which no symmetric subspace can hold.
        ArgumentError: there are modes but no cutoff.
    """
    spaces, dims = system.spaces, dimensions(system, cutoff)
    monitored = {monitor.channel for monitor in system.monitors}
    jumps = [
        (k, j) for k, j in enumerate(system.jumps) if j.rate or (j.name and j.name in monitored)
    ]
    channels = tuple(
        sp.csr_array(sqrt(jump.rate) * operator_matrix(jump.operator, spaces, dims))
        for _, jump in jumps
    )
    names = tuple(jump.name or f"jump {k + 1}" for k, jump in jumps)
    monitors = tuple((names.index(m.channel), m) for m in system.monitors)
    modes = tuple(space.label for space in spaces if isinstance(space, Mode))
    H = operator_matrix(system.hamiltonian, spaces, dims)
    moved, least = degrees(system), least_cutoffs(system)
    return SystemMatrices(
        tuple(system.labels), dims, modes, H, channels, names, monitors, moved, least
    )


def dimensions(system: OpenSystem, cutoff: Cutoff) -> tuple[int, ...]:
    """Dimension of every space; modes get `cutoff` Fock states, or each its own.

    Raises:
        EngineMismatchError: a jump acts atom by atom, which no symmetric subspace can hold.
        ArgumentError: there are modes but no cutoff, or it names others.
    """
    for jump in system.jumps:
        _refuse_each_atom(jump)
    found = []
    given = given_cutoffs(system, cutoff)
    for space in system.spaces:
        if isinstance(space, Mode) and space.label not in given:
            remedy = f"Use Trajectories(cutoff=10), or cutoff={{'{space.label}': 10, ...}}."
            raise ArgumentError("cutoff", f"be given for the mode '{space.label}'", cutoff, remedy)
        found.append(given.get(space.label, space.dimension or 0))
    return tuple(found)


def _refuse_each_atom(jump: Jump) -> None:
    if jump.each_atom and jump.rate:
        raise EngineMismatchError(
            f"The jump {jump.name or jump.operator} acts on each atom of an ensemble, which leaves "
            "the symmetric subspace. Use collective jumps, or qubits for few atoms."
        )


def check_initial(matrices: SystemMatrices, initial: Any) -> PureState | DensityState:
    """The initial state, all spaces in their ground state by default.

    Raises:
        ArgumentError: no state of these spaces.
        UnphysicalError: it has a negative eigenvalue.
    """
    if initial is None:
        return PureState.basis(matrices.labels, matrices.dimensions)
    if not isinstance(initial, PureState | DensityState) or initial.labels != matrices.labels:
        remedy = f"Give a DensityState or PureState with the labels {matrices.labels}."
        raise ArgumentError("initial", "be a state of the system", initial, remedy)
    if initial.dimensions != matrices.dimensions:
        remedy = f"Its dimensions must be {matrices.dimensions}; set cutoff= accordingly."
        raise ArgumentError("initial", "fit the dimensions", initial.dimensions, remedy)
    check_physical(initial)
    return initial
