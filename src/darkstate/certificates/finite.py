"""Certificates for density matrices: cheap tests first, then the semidefinite programme."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from math import inf

import numpy as np

from darkstate.certificates.certificate import Certificate, knowledge
from darkstate.certificates.cheap import fidelity_witness, lowest_transposes, negativity_witness
from darkstate.certificates.mixture import PPTMixture, mixed
from darkstate.certificates.programme import Cut, programme
from darkstate.certificates.structure import find_structure
from darkstate.certificates.witness import Side, Witness, decomposed
from darkstate.errors import ArgumentError, CapacityError, NumericalError
from darkstate.linalg.bounds import nonnegative
from darkstate.states import DensityState, PureState
from darkstate.states.subsystems import Matrix

MAX_DIMENSION = 256
"""Largest Hilbert space that is certified: eight qubits."""
WIDE = 1.25
"""Spectral range of a witness with ``Q_M <= 1`` above which one for noise is sought besides; 1 is
that of GHZ states.

The negativity of a nearly pure state is approached by witnesses of ever larger range, because W is
arbitrary where rho is zero; noise or an error of the state then spoils them.
"""


def certify_density(state: DensityState, error: float, quick: bool = False) -> Certificate:
    """The certificate of a density matrix that is known to `error` in trace norm.

    Args:
        state: at least two subsystems.
        error: >= 0.
        quick: no semidefinite programme where a cheap test has certified the state.

    Raises:
        CapacityError: too large, and no cheap test decides.
    """
    if len(state.labels) < 2:
        rule, remedy = "name at least two subsystems", "Entanglement needs two."
        raise ArgumentError("labels", rule, state.labels, remedy)
    if len(state.matrix) > MAX_DIMENSION:
        raise CapacityError(
            f"Certificates reach dimension {MAX_DIMENSION} (eight qubits); this state has "
            f"{len(state.matrix)}.",
            "Name fewer subsystems with `labels`, or keep fewer levels.",
        )
    given, error = error, knowledge(state, error)
    lacking = (f"no state by {error - given:.2g}, which is added to its error",)
    remarks = lacking if error > given else ()
    sides, lowest = lowest_transposes(state)

    def certificate(
        method: str,
        witness: Witness | None,
        mixture: PPTMixture | None,
        notes: Sequence[str] = (),
        tightest: Witness | None = None,
    ) -> Certificate:
        negativity, margin = _proven(witness, state.matrix, error)
        if tightest is not None:
            negativity, left = _proven(tightest, state.matrix, error)
            margin = max(margin, left) if margin > 0.0 else margin
        distance = inf if mixture is None else mixture.distance(state.matrix)
        return Certificate(
            state, error, witness, mixture, negativity, margin, distance, lowest,
            method, (*notes, *remarks), tightest,
        )  # fmt: skip

    highest = int(np.argmax(lowest))
    positive = mixed(state.labels, state.dimensions, state.matrix, {sides[highest]: state.matrix})
    found = certificate("partial transposes", None, positive)
    if found.verdict == "not detected":
        return found
    if len(sides) == 1:
        return certificate("negativity", negativity_witness(state), None)
    by_fidelity = fidelity_witness(state)
    cheap = certificate("fidelity", by_fidelity, None)
    if quick and cheap.verdict == "certified":
        return cheap
    try:
        witness, mixture, notes, small = _by_programme(state, error)
    except (CapacityError, NumericalError):
        if cheap.verdict != "certified":
            raise
        return cheap
    found = certificate("PPT mixtures", witness, mixture, notes)
    if found.margin <= 0.0 < cheap.margin:
        return cheap
    others = [] if found.margin <= 0.0 else _steadier(found, witness, by_fidelity, small)
    steadier = (certificate("PPT mixtures", each, mixture, notes, witness) for each in others)
    return max((found, *steadier), key=Certificate.noise_tolerance)


def _steadier(found: Certificate, witness: Witness, cheap: Witness, solve: bool) -> list[Witness]:
    """Witnesses that may tolerate more noise than a wide one: a cheap one, and the best."""
    low, high = witness.range
    if high - low <= WIDE * witness.scale:
        return []
    others = [cheap]
    white = DensityState.maximally_mixed(found.labels, found.state.dimensions)
    if solve:
        with suppress(NumericalError):
            others.append(tolerance_of(found.state, white)[1])
    return others


def _proven(witness: Witness | None, matrix: Matrix, error: float) -> tuple[float, float]:
    """Negativity of a state that is proven by a witness, and what `error` leaves of it."""
    if witness is None or witness.scale <= 0.0:
        return 0.0, -inf
    value, rounding = witness.value(matrix)
    gain = -(value + rounding)
    left = gain - witness.excess(error)
    # Without a proof there is nothing to normalise: W may be next to zero.
    return max(0.0, gain / witness.scale), left / witness.scale if left > 0.0 else left


def _by_programme(
    state: DensityState, error: float
) -> tuple[Witness, PPTMixture, tuple[str, ...], bool]:
    """Witness and mixture, made exact; notes, and whether another solve would be quick."""
    # The programme has no bounds for a matrix with negative eigenvalues; what is checked stays rho.
    structure = find_structure(nonnegative(state.matrix), state.dimensions)
    problem = programme(structure, error=error)
    suggestion = problem.solve(structure.matrix)
    witness = decomposed(
        state.labels, state.dimensions, suggestion.witness, named_parts(state, suggestion.parts)
    )
    # The dual's state is as far from rho as the error allows; completed, it is as near as can be.
    parts = named_parts(state, suggestion.mixture)
    mixture = min(
        (mixed(state.labels, state.dimensions, goal, parts) for goal in (state.matrix, None)),
        key=lambda each: each.distance(state.matrix),
    )
    notes = (*structure.lines(), f"solver: {suggestion.solver}")
    return witness, mixture, notes, problem.quick


def named_parts(state: DensityState, parts: dict[Cut, Matrix]) -> dict[Side, Matrix]:
    """Parts by the labels that are transposed."""
    return {tuple(state.labels[j] for j in sorted(cut)): part for cut, part in parts.items()}


def tolerance_of(state: DensityState, noise: DensityState) -> tuple[float, Witness]:
    """The largest proven p with ``(1-p) rho + p sigma`` genuinely multipartite entangled.

    One semidefinite programme, ``Tr(W (sigma - rho)) = 1``; then as proven by the rounded witness.

    Raises:
        CapacityError: too large.
    """
    # Weights that no accident has: what leaves this mixture alone leaves both states alone.
    structure = find_structure(0.618034 * state.matrix + 0.381966 * noise.matrix, state.dimensions)
    suggestion = programme(structure, bounded=False).solve(
        structure.project(nonnegative(state.matrix)), structure.project(noise.matrix)
    )
    witness = decomposed(
        state.labels, state.dimensions, suggestion.witness, named_parts(state, suggestion.parts)
    )
    (value, first), (other, second) = witness.value(state.matrix), witness.value(noise.matrix)
    value, other = value + first, other + second
    if value >= 0.0:
        return 0.0, witness
    return min(1.0, -value / (max(other, 0.0) - value)) * (1 - 1e-12), witness


def dense(state: PureState | DensityState) -> DensityState:
    """A pure state's density matrix; a density matrix as it is."""
    return state.density() if isinstance(state, PureState) else state
