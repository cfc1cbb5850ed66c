"""Fidelity of a state to a target: the probability form, one for equal states.

    F(rho, sigma) = (Tr sqrt( sqrt(rho) sigma sqrt(rho) ))^2 = ||T† S||_1^2

with ``rho = T T†`` and ``sigma = S S†``. The trace norm on the right is a sum of singular values,
and needs no root of eigenvalues that are zero up to rounding. With a pure state on either side it
is ``<psi|rho|psi>``.
"""

from __future__ import annotations

import numpy as np

from darkstate.checks import check_labels
from darkstate.errors import ArgumentError
from darkstate.linalg.unique import positive_root
from darkstate.measures.dispatch import refusal
from darkstate.measures.spectra import DENSE, Dense
from darkstate.states import PureState


def fidelity(state: Dense, target: Dense) -> float:
    """Uhlmann fidelity ``(Tr sqrt(sqrt(rho) sigma sqrt(rho)))^2`` of a state to a target.

    Args:
        state: a density matrix or a pure state.
        target: a density matrix or a pure state of the same subsystems in any order, or of some of
            them: the rest of `state` is then traced out.

    Returns:
        A number in [0, 1] (up to rounding), 1 iff the states are equal. (Some papers call its
        square root the fidelity.)

    Raises:
        EngineMismatchError: not two dense states.
        ArgumentError: no states; the target has subsystems that the state has not, or other
            dimensions.

    Source: Uhlmann, Rep. Math. Phys. 9, 273 (1976); Jozsa, J. Mod. Opt. 41, 2315 (1994).
    """
    for value in (state, target):
        if not isinstance(value, DENSE):
            raise refusal("fidelity", value, DENSE)
    check_labels("labels of the target", target.labels, state.labels)
    size_of = dict(zip(state.labels, state.dimensions, strict=True))
    expected = tuple(size_of[label] for label in target.labels)
    if target.dimensions != expected:
        remedy = "Use the same Fock cutoffs in both states."
        raise ArgumentError("target", f"have the dimensions {expected}", target.dimensions, remedy)
    whole = len(target.labels) == len(state.labels)
    if isinstance(state, PureState) and whole:
        if isinstance(target, PureState):
            return float(abs(target.overlap(state)) ** 2)
        state, target = target, state
    part = state.reduced(target.labels).matrix
    if isinstance(target, PureState):
        return float(np.vdot(target.vector, part @ target.vector).real)
    roots = positive_root(part) @ positive_root(target.matrix)
    return float(np.sum(np.linalg.svd(roots, compute_uv=False)) ** 2)
