"""EPR variance of two collective spins: entanglement of ensembles that light can read out.

The ensembles are polarised along the quantisation axis, z here (x in experiments with atoms in a
magnetic field along x: there ``(J_x, J_y, J_z)`` are called what is ``(S_z, S_x, S_y)`` here).
The transverse components of one spin obey ``Var S_x + Var S_y >= |<S_z>|``, and those of two
independent ones add, whence

    xi = [Var(S_x,1 - S_x,2) + Var(S_y,1 - S_y,2)] / (|<S_z,1>| + |<S_z,2>|) >= 1

for every separable state; two spins that are polarised oppositely can have less.
"""

from __future__ import annotations

from collections.abc import Sequence

from darkstate.errors import ArgumentError
from darkstate.measures.dispatch import Measure
from darkstate.measures.spectra import DENSE, Dense
from darkstate.states import EnsembleState, SpinMoments
from darkstate.systems.operators import OperatorSum, spin_x, spin_y, spin_z
from darkstate.systems.spaces import Spin

Spins = EnsembleState | Dense

_ROUNDING = 1e-13
"""Polarisations below this per atom are rounding."""

epr_spin_variance = Measure(
    "epr_spin_variance",
    r"$\xi$",
    "",
    2,
    """EPR variance of two collective spins, relative to the bound of separable states.

    ``xi = [Var(S_x,1 - S_x,2) + Var(S_y,1 - S_y,2)] / (|<S_z,1>| + |<S_z,2>|)``; for equal
    polarisations the denominator is ``2 |<S_z>|``. Below 1 the ensembles are entangled; atoms
    that are all up in one and all down in the other have xi = 1.

    Args:
        state: ensembles (or spins: a subsystem of dimension d is one of d - 1 atoms).
        first: one ensemble.
        second: another one, polarised oppositely.

    Returns:
        xi >= 0.

    Raises:
        ArgumentError: more than one label a side, no spin, or no polarisation at all.

    Source: Raymer et al., Phys. Rev. A 67, 052104 (2003); Muschik et al., arXiv:1203.4785.
    """,
    references=("raymer2003",),
    words="EPR variance of spins",
)


def epr_spin_operators(one: Spin, two: Spin) -> tuple[OperatorSum, OperatorSum]:
    """``S_x,1 - S_x,2`` and ``S_y,1 - S_y,2``, whose variances xi adds up."""
    return spin_x(one) - spin_x(two), spin_y(one) - spin_y(two)


def _single(group: Sequence[str]) -> str:
    label, *others = group
    if others:
        remedy = "Name one ensemble on each side."
        raise ArgumentError("labels", "name one ensemble", tuple(group), remedy)
    return label


def _spin(state: Spins, group: Sequence[str]) -> Spin:
    label = _single(group)
    k = state.labels.index(label)
    atoms = state.atoms[k] if isinstance(state, EnsembleState) else state.dimensions[k] - 1
    if atoms < 1:
        remedy = "Name an ensemble, or a spin of atoms + 1 Dicke states."
        raise ArgumentError("labels", "name a spin", label, remedy)
    return Spin(label, atoms)


@epr_spin_variance.register(EnsembleState, *DENSE)
def _xi(state: Spins, first: Sequence[str], second: Sequence[str]) -> float:
    one, two = _spin(state, first), _spin(state, second)

    def mean(operator: OperatorSum) -> float:
        return float(state.expectation(operator).real)

    polarised = abs(mean(spin_z(one))) + abs(mean(spin_z(two)))
    if polarised <= _ROUNDING * (one.atoms + two.atoms):
        remedy = "xi is a criterion for ensembles that are polarised along z."
        raise ArgumentError("state", "be polarised along z", (first, second), remedy)
    total = sum(mean(x * x) - mean(x) ** 2 for x in epr_spin_operators(one, two))
    return max(0.0, total) / polarised


@epr_spin_variance.register(SpinMoments)
def _of_moments(state: SpinMoments, first: Sequence[str], second: Sequence[str]) -> float:
    return state.xi(_single(first), _single(second))
