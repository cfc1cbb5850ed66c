"""The MatrixProduct engine as an object: steady states of long cascades without sampling."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import expm1, sqrt
from typing import Any, ClassVar

import numpy as np

from darkstate.checks import check_integer, check_real
from darkstate.engines.base import Cost, Offer, Solution, refused
from darkstate.engines.tensor.blocks import Array
from darkstate.engines.tensor.local import slowest_site
from darkstate.engines.tensor.mps import Cut
from darkstate.engines.tensor.relaxation import Relaxation
from darkstate.engines.tensor.sampled import SampledState
from darkstate.engines.tensor.sites import Chain, chain_of
from darkstate.engines.tensor.walker import dark_vectors
from darkstate.errors import ArgumentError, CapacityError, DarkstateError, EngineMismatchError
from darkstate.results import Report, Status
from darkstate.results.report import versions
from darkstate.systems.open_system import OpenSystem

NO_HISTORY = "it seeks steady states and keeps no history."
SAMPLE = "Use TensorTrajectories() for an evolution."
LARGEST_CHANGE = 0.05
"""Change of a stage's state that shows that errors no longer fall as they should."""
LONGEST = 1e8
"""Steps of one relaxation beyond which it would not end."""
_LONGEST_STEP = 100.0
"""In units of the inverse norm of the generator: beyond it a step follows nothing."""
ROOM = 6
"""Lines in flight widen a bond of the first sweep; cutting it there would be a bias of its own."""


@dataclass(frozen=True)
class MatrixProduct:
    """Steady states of long cascades: the density matrix as a matrix-product state.

    It relaxes by steps of length `step` and of half that length, and extrapolates; then it goes on
    with bonds half as wide again. The error estimate adds up the two differences and what is still
    to come when it stops, if no stage forgets more slowly than by itself.

    Args:
        bond: largest bond dimension.
        cut: weight that may be discarded at each bond in each step.
        step: longer of the two time steps; by default 0.25 over the largest local rate.
        tolerance: change of any entry of a stage's state that counts as none, within the inverse of
            the largest local rate.
        longest: longest relaxation at either step, in the inverse of the rate unit.

    Raises:
        ArgumentError: an option out of range.
    """

    bond: int = 32
    cut: float = 1e-11
    step: float | None = None
    tolerance: float = 2e-5
    longest: float = 300.0
    name: ClassVar[str] = "matrix product"
    accepts: ClassVar[tuple[type, ...]] = (OpenSystem,)
    initials: ClassVar[tuple[type, ...]] = ()

    def __post_init__(self) -> None:
        check_integer("bond", self.bond, minimum=1, remedy="Give 16 to 256.")
        check_real("cut", self.cut, minimum=0.0, below=1.0, remedy="Give 1e-12 to 1e-8.")
        for name in ("tolerance", "longest"):
            check_real(name, getattr(self, name), above=0.0, remedy="Give a small number.")
        if self.step is not None:
            check_real("step", self.step, above=0.0, remedy="Give a time.")

    def offer(self, system: OpenSystem) -> Offer:
        """Whether the system is a cascade of small stages, and what it costs at most."""
        try:
            chain = chain_of(system)
        except DarkstateError as refusal:
            return refused(self.name, refusal, ("A cascade of small stages? no",))
        steps = (f"A cascade of small stages? {len(chain)}, of {max(chain.sizes)} states",)
        try:
            self._check_step(chain)
        except DarkstateError as refusal:
            return refused(self.name, refusal, steps)
        work = sum(3e-9 * self.bond**2 * 21 * d**2 * (21 + self.bond) for d in chain.sizes)
        passes = 8 * self.longest / self._step(chain)  # a third of them with wider bonds
        memory = 8.0 * sum(d**2 * (ROOM * self.bond) ** 2 for d in chain.sizes)
        cost = Cost(2.0**26 + 4 * memory, passes * (2e-3 * len(chain) + work))
        return Offer(
            self.name, True, "relaxation of the density matrix", "relaxation", steps, cost, chain
        )

    def steady_state(
        self, system: OpenSystem, offer: Offer | None = None, initial: Any = None
    ) -> Solution:
        """The steady states of the stages; it starts from the dark states, or the ground state.

        Raises:
            EngineMismatchError: not a cascade of small stages of qubits and spins.
            ArgumentError: an initial state, which is not used: the state is sought, not its past.
            CapacityError: so short a step that it would not end.
        """
        if initial is not None:
            remedy = "Leave it out; use TensorTrajectories to start from a state of your own."
            raise ArgumentError("initial", "be left out", initial, remedy)
        began = time.perf_counter()
        plan = offer.plan if offer is not None else None
        chain: Chain = plan or chain_of(system)
        self._check_step(chain)
        vectors = dark_vectors(chain) or [np.eye(d)[0] for d in chain.sizes]
        start = [np.outer(v, v.conj()) for v in vectors]
        run = Relaxation.of_product(chain, start, Cut(self.cut, self.bond, ROOM))
        dt, window = self._step(chain), 1.0 / max(_norm(chain), 1e-300)
        changes, found = [], []
        for length in (dt, 0.5 * dt):
            changes.append(run.settle(length, self.tolerance, self.longest, window))
            found.append(run.site_states())
        again = run.with_bonds(Cut(0.1 * self.cut, self.bond + max(1, self.bond // 2), ROOM))
        changes.append(again.settle(0.5 * dt, self.tolerance, self.longest, window))
        coarse, fine = found
        look = Look(
            _distance(coarse, fine),
            _distance(fine, again.site_states()),
            to_come(max(changes), slowest_site(chain)[1] * window),
            max(changes),
        )
        states = tuple(((4 * y - x) / 3)[None] for x, y in zip(coarse, fine, strict=True))
        sizes = tuple(int(space.dimension or 0) for space in system.spaces)
        state = SampledState(tuple(system.labels), sizes, chain.labels, states)
        report = self._report(run, states, look)
        return Solution(state, report.with_(seconds=time.perf_counter() - began))

    def evolve(self, system: OpenSystem, times: Sequence[float], initial: Any = None) -> Solution:
        """Refused: this engine seeks steady states.

        Raises:
            EngineMismatchError: always.
        """
        raise EngineMismatchError(f"The engine 'matrix product' refuses: {NO_HISTORY}", SAMPLE)

    def evolution_offer(self, system: OpenSystem, times: Sequence[float]) -> Offer:
        """Never: it relaxes by steps that are too long to follow."""
        steps = ("Steady state or evolution? evolution",)
        return Offer(self.name, False, NO_HISTORY, steps=steps, remedy=SAMPLE)

    def _step(self, chain: Chain) -> float:
        return self.step or 0.25 / max(_norm(chain), 1e-300)

    def _check_step(self, chain: Chain) -> None:
        """Refuse steps that follow nothing, and those that would not end."""
        step = self._step(chain)
        if step * _norm(chain) > _LONGEST_STEP:
            rule = f"be at most {_LONGEST_STEP:g} over the norm {_norm(chain):.3g} of the generator"
            raise ArgumentError("step", rule, step, "Use a shorter one, or leave it out.")
        if self.longest > LONGEST * step:
            raise CapacityError(
                f"`step` must be >= `longest` / {LONGEST:g}, but is {step:.3g} for `longest` = "
                f"{self.longest:.3g}: the relaxation would not end.",
                "Use a longer step or a smaller `longest`, in a unit in which rates are near 1.",
            )

    def _is_narrow(self, run: Relaxation) -> bool:
        """Whether some bond is as wide as allowed, and could be wider."""
        squares = [float(d) ** 2 for d in run.chain.sizes]
        cuts = range(1, len(squares))
        widest = [min(np.prod(squares[:n]), np.prod(squares[n:])) for n in cuts]
        return any(
            A.shape[2] >= self.bond and most > self.bond
            for A, most in zip(run.tensors[:-1], widest, strict=True)
        )

    def _report(self, run: Relaxation, states: tuple[Array, ...], look: Look) -> Report:
        margin = min(float(np.linalg.eigvalsh(each[0])[0]) for each in states)
        discarded = sqrt(run.lost / max(1, run.steps))
        warnings = look.warnings(self.tolerance)
        if self._is_narrow(run):
            text = f"bonds are full, {discarded:.2g} of the state goes in each step: raise bond"
            warnings += (f"{text}, and trust what no longer changes",)
        if margin < -max(1e-6, look.error):
            warnings += (f"a stage's state has the eigenvalue {margin:.2g}: raise bond",)
        names = ("bond", "cut", "step", "tolerance", "longest")
        return Report(
            engine=self.name,
            method="relaxation",
            status=Status.SUSPECT if warnings else Status.CONVERGED,
            margin=margin,
            error_estimate=look.error,
            truncation={
                "discarded per step": discarded,
                "largest bond": float(max(A.shape[2] for A in run.tensors)),
                "change with half the step": look.step,
                "change with wider bonds": look.bonds,
                "still to come": look.to_come,
            },
            warnings=warnings,
            structure=("the error estimate is that of steps, bonds and of stopping",),
            provenance={
                "engine options": {name: getattr(self, name) for name in names},
                "versions": versions(),
            },
        )


@dataclass(frozen=True)
class Look:
    """What is known of the error of the stages' states, in the Frobenius norm.

    Args:
        step: change with half the step.
        bonds: change with bonds half as wide again.
        to_come: what is still to come.
        change: the largest change of an entry within the last window.
    """

    step: float
    bonds: float
    to_come: float
    change: float

    @property
    def error(self) -> float:
        """All together."""
        return self.step + self.bonds + self.to_come

    def warnings(self, tolerance: float) -> tuple[str, ...]:
        """What is wrong, if anything."""
        found = []
        if not self.change <= tolerance:
            found.append("it still moved at the end: raise longest or tolerance")
        if self.to_come > LARGEST_CHANGE:
            found.append(
                f"a stage forgets so slowly that {self.to_come:.2g} may still be to come: lower "
                "tolerance and raise longest"
            )
        if self.bonds > LARGEST_CHANGE:
            found.append(
                f"wider bonds change a stage by {self.bonds:.2g}: raise bond, or lower cut"
            )
        if self.step > LARGEST_CHANGE:
            found.append(f"half the step changes a stage by {self.step:.2g}: lower step")
        return tuple(found)


def to_come(change: float, forgotten: float) -> float:
    """What follows a change within a window that forgets ``e^-forgotten`` of a stage."""
    return change / -expm1(-forgotten) if forgotten > 0 else float("inf")


def _distance(one: Sequence[Array], other: Sequence[Array]) -> float:
    return max(float(np.linalg.norm(a - b)) for a, b in zip(one, other, strict=True))


def _norm(chain: Chain) -> float:
    """The largest local rate."""
    return max(float(np.linalg.norm(K, 2)) for K in chain.local)
