"""The way in: which networks of this hardware have the wanted state as their steady state?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from darkstate.checks import check_flag, check_instance, check_seed, check_sequence
from darkstate.design.certificate import NoNetwork
from darkstate.design.family import family_of
from darkstate.design.gaussian import gaussian_library
from darkstate.design.hardware import Library, dense_library
from darkstate.design.invariant import common_subspace
from darkstate.design.network import LARGEST_GAP, FoundNetwork, gap_of, seen_in, system_of
from darkstate.design.search import (
    Sparsest,
    coordinates,
    largest_gap,
    sparsest_network,
    unique_networks,
)
from darkstate.design.synthesis import NO, UNDECIDED, YES, Networks, Synthesis
from darkstate.engines import Lindblad
from darkstate.errors import ArgumentError, DarkstateError, border, nearest
from darkstate.frontdoor import steady_state
from darkstate.measures import fidelity
from darkstate.results import Result, Status
from darkstate.states import DensityState, GaussianState, PureState
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.operators import OperatorSum, Product
from darkstate.systems.signals import varies
from darkstate.systems.spaces import Ensemble, Mode, Space

_FAITHFUL = 1e-8
"""The engine's steady state may miss the target by this infidelity."""

_RUNS_AWAY = (
    "photons may run away: the gap falls as Fock states are added, or there are too many to see"
)

Target = PureState | GaussianState
Sets = tuple[tuple[OperatorSum, ...], ...]


@border("synthesise")
def synthesise(
    target: Target,
    jumps: Sequence[OperatorSum] | Sequence[Sequence[OperatorSum]],
    hamiltonian: Sequence[OperatorSum] = (),
    *,
    dark: bool = False,
    seed: int = 0,
) -> Synthesis:
    """All networks of a hardware that have a pure state as steady state, or a proof of none.

    A network has jumps ``c = sum_k y_k O_k``, any number of them, and ``H = sum_m x_m h_m``. It
    keeps psi iff each ``c psi = lambda psi`` and the Hamiltonian, with what the eigenvalues of the
    jumps add to it, has psi as an eigenvector. Among these networks psi is the only steady state of
    almost all, or of none if all of them keep another state too.

    Args:
        target: the wanted state: a `PureState` of qubits, spins, levels and modes with few photons,
            or a pure `GaussianState` with mean zero.
        jumps: operators that the hardware can superpose in one jump, ``[O_1, O_2, ...]``; or
            several such sets, ``[[O_1, O_2], [O_3]]``, of different places or baths. Each at the
            strength that it may have at most: rates stay below one.
        hamiltonian: Hermitian terms, coefficients between -1 and 1.
        dark: only jumps that annihilate the target. Else jumps may have it as an eigenvector with
            an eigenvalue lambda, which does what a Hamiltonian ``(i/2)(lambda* c - h.c.)`` does.
        seed: of the random networks among those that are tried.

    Returns:
        `Synthesis`: ``possible`` is "yes" with ``system`` (largest gap found), ``sparsest`` and
        ``result``, whose report says that the steady state is unique; "no" with ``certificate``;
        or "undecided". ``networks`` describes all that keep the target.

    Raises:
        ArgumentError: the target is no pure state; labels or sizes do not fit; a library is empty,
            does nothing, or a term is not Hermitian.
        UnphysicalError: (on making the target) its norm is not one.
        CapacityError: too large.

    Source: Kraus et al., Phys. Rev. A 78, 042307 (2008); Ticozzi, Viola, Phil. Trans. R. Soc. A
    370, 5259 (2012); Koga, Yamamoto, Phys. Rev. A 85, 022103 (2012).
    """
    check_flag("dark", dark)
    check_seed("seed", seed)
    library = _library(target, _jump_sets(jumps), _terms(hamiltonian))
    library = replace(library, hardware=replace(library.hardware, dark=dark))
    family = family_of(library.hardware)
    networks = Networks.of(family_of(library.hardware, tidy=True), library)
    space = common_subspace(family)
    if space.shape[1]:
        proof = NoNetwork(target.labels, library.hardware, space)
        if proof.proven:
            return Synthesis(NO, networks, certificate=proof, notes=(proof.sentence,))
        return Synthesis(UNDECIDED, networks, notes=(proof.sentence, *_unclear(family.clear)))
    return _searched(target, library, networks, seed)


def _searched(target: Target, library: Library, networks: Networks, seed: int) -> Synthesis:
    """The best and the sparsest network, or that none was found."""
    found = coordinates(library)
    rng = np.random.default_rng(seed)
    points = [] if found is None else unique_networks(found, rng)
    if found is None or not points:
        note = (
            "no network tried has the target as its only steady state, and no state is kept by all"
        )
        return Synthesis(UNDECIDED, networks, notes=(note,))
    few = sparsest_network(library, seed)
    others = [] if few is None else [few.network]
    best, gap = largest_gap(found, points, others)
    why = ""
    # with modes a network may run away beyond the Fock states looked at, where another does not
    for network in (best, *others, *map(found.network, points)):
        assert network is not None  # points were looked at
        system = system_of(network, library)
        result, why = _confirmed(system, target)
        if result is not None and not _comes_back(network, library, target):
            result, why = None, _RUNS_AWAY
        if result is not None:
            gap = result.report.gap
            few_system, notes = _few(few, library, target)
            return Synthesis(YES, networks, system, few_system, gap, result, notes=(why, *notes))
    return Synthesis(UNDECIDED, networks, system_of(best, library), gap=gap, notes=(why,))


def _few(
    few: Sparsest | None, library: Library, target: Target
) -> tuple[OpenSystem | None, tuple[str, ...]]:
    """The sparsest network if the engine confirms it, and what is to be said of it."""
    system = None if few is None else system_of(few.network, library)
    if few is None or system is None or _confirmed(system, target)[0] is None:
        return None, ()
    if not _comes_back(few.network, library, target):
        return None, ()
    proof = "no fewer do" if few.fewest else "none of them can be left out"
    return system, (f"{few.count} operators of the library suffice; {proof}",)


def _confirmed(system: OpenSystem, target: Target) -> tuple[Result | None, str]:
    """The engine's result if it says that the target is the only steady state; else why not."""
    dense = isinstance(target, PureState) and any(isinstance(s, Mode) for s in system.spaces)
    try:
        result = steady_state(system, Lindblad() if dense else None)
    except DarkstateError as error:
        return None, f"the engine has no steady state of the network found: {error}"
    lost = _infidelity(result.state, target)
    report = result.report
    if report.unique and report.status is not Status.SUSPECT and lost <= _FAITHFUL:
        what = "covariance right" if isinstance(target, GaussianState) else "fidelity 1"
        return result, f"{report.engine}: unique steady state, {what} within {max(lost, 0):.1g}"
    unique = {True: "unique", False: "not unique", None: "of unknown uniqueness"}[report.unique]
    return None, f"{report.engine}: {report.status}, {unique}, infidelity {lost:.2g}"


def _comes_back(network: FoundNetwork, library: Library, target: Target) -> bool:
    """Whether the gap stays with more Fock states: else photons climb and never return.

    A unique steady state is not enough for modes: the engine's is that of any finite number of Fock
    states, where nothing gets lost.
    """
    if isinstance(target, GaussianState):
        return True  # a stable drift is all
    system = system_of(network, library)
    every = [jump.operator for jump in system.jumps] + [system.hamiltonian]
    if not any(_raises(product) for operator in every for product, _ in operator):
        return True
    found = []
    for extra in (3, 6):
        larger = dense_library(target, library.spaces, library.jumps, library.terms, extra)
        hardware = larger.hardware
        if len(hardware.low) > 2 * LARGEST_GAP:
            return False
        found.append(gap_of(seen_in(network, larger), hardware.target[hardware.low]))
    return found[1] > 0.9 * found[0]


def _raises(product: Product) -> bool:
    """Whether a term adds photons in all."""
    words = [word for space, word in product if isinstance(space, Mode)]
    return sum(word.count("+") - word.count("-") for word in words) > 0


def _infidelity(state: Any, target: Target) -> float:
    """``1 - F``; of Gaussian states the largest difference of covariances."""
    if isinstance(target, GaussianState):
        reduced = state.reduced(target.labels)
        return float(np.abs(reduced.covariance - target.covariance).max())
    size_of = dict(zip(state.labels, state.dimensions, strict=True))
    dims = tuple(size_of[label] for label in target.labels)
    wide = np.zeros([max(a, b) for a, b in zip(dims, target.dimensions, strict=True)], complex)
    wide[tuple(slice(d) for d in target.dimensions)] = target.vector.reshape(target.dimensions)
    kept = wide[tuple(slice(d) for d in dims)].ravel()
    norm = float(np.linalg.norm(kept))
    return 1.0 - norm**2 * fidelity(state, PureState(target.labels, dims, kept / norm))


def _unclear(clear: bool) -> tuple[str, ...]:
    remedy = "give the target to all its digits: it nearly is, but is not, kept by some networks"
    return () if clear else (remedy,)


# What was given ---------------------------------------------------------------------------------


def _library(target: Target, jumps: Sets, terms: tuple[OperatorSum, ...]) -> Library:
    if isinstance(target, DensityState):
        remedy = (
            "Give its eigenvector as a PureState if it has one; mixed states have no dark form."
        )
        raise ArgumentError("target", "be pure", type(target).__name__, remedy)
    kinds = (PureState, GaussianState)
    check_instance("target", target, kinds, "Give a PureState, or a pure GaussianState.")
    spaces = _spaces(target, jumps, terms)
    if isinstance(target, GaussianState):
        return gaussian_library(target, spaces, jumps, terms)
    return dense_library(target, spaces, jumps, terms)


def _jump_sets(jumps: Any) -> Sets:
    remedy = "Give [sigma_minus(q), ...], or a list of such lists for several baths."
    entries = check_sequence("jumps", jumps, remedy)
    if all(isinstance(each, OperatorSum) for each in entries):
        entries = (entries,)
    sets = []
    for k, entry in enumerate(entries):
        if isinstance(entry, OperatorSum):
            rule = "be all operators (one set) or all lists (several sets)"
            raise ArgumentError("jumps", rule, entry, "Put it into a list of its own: [operator].")
        operators = check_sequence(f"jumps[{k}]", entry, remedy)
        for each in operators:
            _check_operator(f"jumps[{k}]", each, remedy)
        sets.append(operators)
    if not any(_acts(operator) for operators in sets for operator in operators):
        remedy = "Give at least one operator that does something, such as sigma_minus(q)."
        raise ArgumentError("jumps", "generate something", jumps, remedy)
    return tuple(sets)


def _terms(hamiltonian: Any) -> tuple[OperatorSum, ...]:
    remedy = "Give a list of Hermitian operators, [sigma_x(q), ...], or leave it out."
    terms = check_sequence("hamiltonian", hamiltonian, remedy)
    for k, each in enumerate(terms):
        name = f"hamiltonian[{k}]"
        _check_operator(name, each, remedy)
        if not each.is_hermitian():
            raise ArgumentError(
                name, "be Hermitian", each, "Give O + O† and i(O - O†) as two terms."
            )
        if not _acts(each):
            remedy = "Leave it out: a constant energy changes nothing."
            raise ArgumentError(name, "do something", each, remedy)
    return terms


def _check_operator(name: str, operator: Any, remedy: str) -> None:
    check_instance(name, operator, OperatorSum, remedy)
    if varies(operator):
        remedy = "Leave the pulse out: networks are constant in time."
        raise ArgumentError(name, "be constant in time", operator, remedy)
    if not len(operator):
        raise ArgumentError(name, "not be zero", operator, "Leave it out.")


def _acts(operator: OperatorSum) -> bool:
    """Whether it is more than a number."""
    return any(product for product, _ in operator)


def _spaces(target: Target, jumps: Sets, terms: tuple[OperatorSum, ...]) -> tuple[Space, ...]:
    """The spaces of the operators in the order of the target's labels."""
    found: dict[str, Space] = {}
    for name, operators in (("jumps", [o for g in jumps for o in g]), ("hamiltonian", terms)):
        for space in (space for each in operators for space in each.spaces):
            if space.label not in target.labels:
                remedy = nearest(space.label, target.labels)
                raise ArgumentError(name, "act on labels of the target", space.label, remedy)
            if isinstance(space, Ensemble):
                remedy = f"Use Spin('{space.label}', {space.atoms}), its symmetric states."
                raise ArgumentError(name, "not act on an Ensemble", space, remedy)
            if found.setdefault(space.label, space) != space:
                remedy = f"Use one kind and size of '{space.label}' everywhere."
                raise ArgumentError(name, f"act on {found[space.label]!r}", space, remedy)
    dims = target.dimensions if isinstance(target, PureState) else (None,) * len(target.labels)
    for label, dimension in zip(target.labels, dims, strict=True):
        if label not in found:
            remedy = f"Give an operator of '{label}', or a target without it."
            raise ArgumentError("jumps and hamiltonian", "act on every label", label, remedy)
        space = found[label]
        fits = (
            isinstance(space, Mode) if dimension is None else space.dimension in (None, dimension)
        )
        if not fits:
            rule = f"fit {space!r}, on which the operators act"
            remedy = "Use spaces of the dimensions of the target; Gaussian targets are of modes."
            raise ArgumentError("target", rule, dimension or "a mode", remedy)
    return tuple(found[label] for label in target.labels)
