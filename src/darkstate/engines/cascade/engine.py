"""The engine of long cascades: linear in the number of stages, with an error for each.

Steady states by `darkstate.engines.cascade.sweep`, evolutions by
`darkstate.engines.cascade.evolution`; what is dropped is estimated the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_integer, check_real
from darkstate.engines.assess import Finding, finding, judge
from darkstate.engines.cascade.estimates import smaller_dimensions
from darkstate.engines.cascade.evolution import evolve_stages
from darkstate.engines.cascade.lookahead import LARGEST_LOOKAHEAD
from darkstate.engines.cascade.stages import stage_chain
from darkstate.engines.cascade.states import LARGEST_WINDOW, StageStates
from darkstate.engines.cascade.sweep import (
    LARGEST_SOURCE,
    SOLVED,
    ReductionSweep,
    StageResult,
    StateEstimate,
)
from darkstate.engines.contract import (
    Cost,
    Offer,
    References,
    Solution,
    Task,
    check_memory_limit,
    refused,
)
from darkstate.errors import ArgumentError, EngineMismatchError
from darkstate.linalg.threads import one_blas_thread
from darkstate.progress import share
from darkstate.results import Report, Status
from darkstate.systems.local_matrices import space_dimensions
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.spaces import Mode
from darkstate.systems.traits import LinearSource, cascade_order, charges, linear_source

Array = NDArray[Any]
EVOLVE_FEWER = "Use Lindblad() on the part upstream of your labels, upstream(system, labels)."
EVOLUTION_RTOL = 10.0
"""Accuracy of propagation, in units of `rtol`."""
EVOLVED = 10.0
"""Error of a state that nothing was dropped from, in units of the accuracy of propagation."""
FEW_NODES = "Use Lindblad() for few nodes, Trajectories() for more."
METHOD = "reduction"
LESS = "Lower `dimension` or `window`."
LATER = 3.0
"""Error by moments of a source that are left out, in units of the last change of the first stage:
later stages feel them more."""
_EXACT_STAGES = 4
_ALIKE, _UNLIKE = 1.8e-5, 1.1e-4
"""Seconds per number of a joint state, where the rails are alike and where not."""
LARGEST_STAGE = 16
"""Hilbert-space dimension of one stage: its generator is a matrix of the fourth power of it."""


@dataclass(frozen=True)
class _Plan:
    network: OpenSystem
    source: LinearSource | None
    members: tuple[tuple[str, ...], ...]
    dims: dict[str, int]


@dataclass(frozen=True)
class Cascade:
    """Steady states and evolutions of long one-way networks, stage by stage.

    All that lies upstream of a stage is replaced by a linear system of `dimension` numbers that
    drives the next stages as the whole does (`darkstate.engines.cascade.reduction`). The error of
    each stage is estimated by the change of its state (trace norm) from runs at half and at a
    quarter of the dimension, in another norm and with more of it taken for noise, or of a stage
    before it if that is larger; that of a window likewise (`darkstate.engines.cascade.estimates`).

    Args:
        dimension: numbers kept of what lies upstream, 8 or more; from 16 on (all numbers of one
            pair) the first four pairs are exact in a white field, 256 hold two pairs ahead, more
            what slower stages behind them need.
        window: neighbouring stages whose joint states are kept, 1 to 3. Two cost little, three
            as much again as the stages alone; correlations between farther stages are not kept.
        tolerance: error estimate above which the result is suspect.
        rtol: relative residual of steady states; those of several stages are ten times as accurate,
            and what is smaller than a hundred times their residual is dropped as noise.
        memory_limit: bytes; by default half of the machine's memory.

    Raises:
        ArgumentError: an option out of range.
    """

    dimension: int = 128
    window: int = 1
    tolerance: float = 1e-2
    rtol: float = 1e-8
    memory_limit: float | None = None
    name: ClassVar[str] = "cascade"
    accepts: ClassVar[tuple[type, ...]] = (OpenSystem,)
    initials: ClassVar[tuple[type, ...]] = ()
    references: ClassVar[References] = (
        ("gardiner1993", "one-way networks, which the cascade engine follows"),
    )

    def __post_init__(self) -> None:
        remedy = "Give 32 to 512; the error falls and the time grows with it."
        check_integer("dimension", self.dimension, minimum=8, remedy=remedy)
        remedy = f"Give 1 to {LARGEST_WINDOW} neighbouring stages whose joint state you need."
        if check_integer("window", self.window, minimum=1, remedy=remedy) > LARGEST_WINDOW:
            raise ArgumentError("window", f"be <= {LARGEST_WINDOW}", self.window, remedy)
        remedy = "Give the largest error (trace norm) that you accept, such as 1e-2."
        check_real("tolerance", self.tolerance, above=0.0, remedy=remedy)
        remedy = "Give a relative accuracy such as 1e-8."
        check_real("rtol", self.rtol, above=0.0, maximum=1e-2, remedy=remedy)
        check_memory_limit(self.memory_limit)

    def offer(self, system: OpenSystem, task: Task) -> Offer:
        """Whether the system is a cascade of small stages, and what it would cost."""
        if all(isinstance(space, Mode) for space in system.spaces):
            why = EngineMismatchError("it is a network of modes.", "Use Gaussian() if linear.")
            return refused(self.name, why, ("Anything but modes? no",))
        found = linear_source(system)
        source = found.evidence
        network = system if source is None else source.network
        order = cascade_order(network)
        members = tuple(tuple(x for group in stage for x in group) for stage in order.evidence)
        steps = [f"Linear source in front? {found.reason}", f"One-way? {order.reason}"]
        one_way = source is not None or order.holds
        refusal = self._refusal(network, members, "" if one_way else order.reason)
        if refusal is None and task.times is not None:
            refusal = self._refuse_evolution(source)
        if refusal is not None:
            return refused(self.name, refusal, tuple(steps))
        sizes = space_dimensions(network.spaces)
        dims = dict(zip(network.labels, sizes, strict=True))
        largest = max(prod(dims[label] for label in stage) for stage in members)
        if largest > LARGEST_STAGE:
            why = f"a stage has {largest} states, more than {LARGEST_STAGE}."
            return refused(self.name, EngineMismatchError(why, FEW_NODES), tuple(steps))
        steps.append(f"{len(members)} stages of at most {largest} states")
        why = f"one stage after the other, {self.dimension} numbers kept of what is upstream"
        plan, times = _Plan(network, source, members, dims), task.times
        if times is not None:
            cost = self._evolution_cost(plan, largest, times)

            def solve() -> Solution:
                return self._solve_evolution(self._line(system, plan), plan, times)
        else:
            line = self._line(system, plan)  # its parts tell whether the rails are alike
            cost = self._cost(line, len(members), largest, source is not None)

            def solve() -> Solution:
                return self._solve_steady_state(line, plan)

        return Offer(self.name, why, METHOD, tuple(steps), cost, solve=solve, smaller=LESS)

    def _refuse_evolution(self, source: LinearSource | None) -> EngineMismatchError | None:
        """What steady states are found for, but no evolutions."""
        if source is not None:
            labels = ", ".join(mode.label for mode in source.modes)
            why = f"behind a source with modes of its own ({labels}) it finds steady states only."
            return EngineMismatchError(why, EVOLVE_FEWER)
        if self.window > 1:
            why = f"it evolves the states of stages, not of windows, but `window` is {self.window}."
            return EngineMismatchError(why, f"Use Cascade(window=1). {EVOLVE_FEWER}")
        return None

    def _refusal(
        self, network: OpenSystem, members: Sequence[Sequence[str]], no_order: str
    ) -> EngineMismatchError | None:
        if no_order or not members:
            return EngineMismatchError(
                f"the network is not one-way: {no_order or 'there is nothing behind the source'}.",
                f"{FEW_NODES} Set directionality to 1 if that is what makes nodes act backwards.",
            )
        modes = [space.label for space in network.spaces if isinstance(space, Mode)]
        if modes:
            return EngineMismatchError(
                f"{', '.join(modes[:4])} are modes but no linear source in front.",
                "Use Gaussian() if all is linear, else Lindblad().",
            )
        if any(jump.each_atom for jump in network.jumps):
            return EngineMismatchError(
                "single-atom jumps of ensembles are not resolved.",
                "Use an ensemble of collective jumps only, or Collective().",
            )
        return None

    def _cost(self, line: ReductionSweep, stages: int, largest: int, behind_source: bool) -> Cost:
        """Time as measured on two-qubit stages, scaled with the joint steady states.

        The first stages are exact, and cost little. Rails that are alike take a fifth of the rest.
        """
        joined, m = largest**2, self.dimension
        seen = joined * min(LARGEST_LOOKAHEAD, joined**2) / 5.0
        follow = float(joined) ** (min(self.window, stages) - 1)
        windowed = m * joined * follow / 5.0 if follow > 1 else 0.0
        first = seen * LARGEST_SOURCE if behind_source and stages > 2 else 0.0
        most = max(seen * m, windowed, first)
        memory = 8.0 * (160 * most + 4 * (m * joined) ** 2 + 8 * follow**2)
        # beyond two pairs ahead a second joint state is solved, and blocks outgrow iterations
        harder = max(1.0, m / LARGEST_LOOKAHEAD) ** 2
        reduced = max(0.05 * stages, stages - _EXACT_STAGES)
        each = _ALIKE if line.assembly.has_rail_parity else _UNLIKE
        return Cost(memory, each * (first + reduced * (harder * seen * m + windowed)))

    def _solve_steady_state(self, line: ReductionSweep, plan: _Plan) -> Solution:
        """The reduced steady states of all stages and windows, a `StageStates`.

        Raises:
            NumericalError: not unique.
        """
        with one_blas_thread():
            order, change = line.source_order(self.dimension, 1e-3 * self.tolerance)
            smaller, others = list(smaller_dimensions(self.dimension)), []
            for k, (dimension, weight) in enumerate(smaller):
                with share(k / (len(smaller) + 1), (k + 1) / (len(smaller) + 1)):
                    found, _ = line.stage_results(dimension, order, second=True)
                others.append((weight, found))
            with share(len(smaller) / (len(smaller) + 1), 1.0):
                fine, ended = line.stage_results(self.dimension, order)
        change *= LATER
        stages, windows = line.estimates(fine, others, change + SOLVED * self.rtol)
        states = StageStates(tuple(k.state for k in stages), tuple(k.state for k in windows))
        report = self._report(plan, line, fine, [*stages, *windows], ended)
        if plan.source is not None:
            labels = ", ".join(mode.label for mode in plan.source.modes)
            source = f"source {labels} by its moments up to order {order}"
            truncation = {**report.truncation, "moments of the source": change}
            report = report.with_(structure=(*report.structure, source), truncation=truncation)
        return Solution(states, report)

    def _evolution_cost(self, plan: _Plan, largest: int, times: Sequence[float]) -> Cost:
        """As measured on two-qubit stages: products of blocks, one for each Krylov vector."""
        joined, m = largest**2, min(self.dimension, largest ** (2 * len(plan.members)))
        numbers = m * joined * min(LARGEST_LOOKAHEAD, joined**2)
        norm = max(_norm_of_stage(plan.network, labels) for labels in plan.members)
        products = 100.0 + 1.2 * norm * (times[-1] - times[0]) + 2.0 * len(times)
        each = 2e-5 + 1.7e-8 * numbers * (m / 128.0) ** 0.5
        memory = 8.0 * (60.0 * numbers / 5.0 + 6.0 * (m * joined) ** 2)
        kept = 16.0 * len(times) * len(plan.members) * 3 * joined
        return Cost(memory + kept, 1.5 * len(plan.members) * products * each)

    def _solve_evolution(
        self, line: ReductionSweep, plan: _Plan, times: Sequence[float]
    ) -> Solution:
        """The states of all stages at all times, from the ground state at the first."""
        rtol = EVOLUTION_RTOL * self.rtol
        with one_blas_thread():
            smaller, others = list(smaller_dimensions(self.dimension)), []
            with share(0.0, 1 / (len(smaller) + 1)):
                fine = evolve_stages(line, times, self.dimension, rtol)
            if all(row[0].exact for row in fine):
                smaller = []
            for k, (dimension, weight) in enumerate(smaller):
                with share((k + 1) / (len(smaller) + 1), (k + 2) / (len(smaller) + 1)):
                    found = evolve_stages(line, times, dimension, rtol, second=True)
                others.append((weight, found))
        kept: list[list[StateEstimate]] = []
        for k in range(len(times)):
            rows = [(weight, [row[k] for row in other]) for weight, other in others]
            kept.append(line.estimates([row[k] for row in fine], rows, EVOLVED * rtol)[0])
        states = [StageStates(tuple(one.state for one in at)) for at in kept]
        first, every = [row[0] for row in fine], [one for at in kept for one in at]
        report = self._report(plan, line, first, every, "")
        return Solution(states[-1], report, states)

    def _line(self, system: OpenSystem, plan: _Plan) -> ReductionSweep:
        found = charges(system).evidence or ()
        modes = () if plan.source is None else plan.source.modes
        values = [[charge.get(mode.label, 0) for mode in modes] for charge in found]
        chain = stage_chain(plan.network, plan.members, found, plan.source, plan.dims)
        carried = np.array(values, dtype=int).reshape(len(found), len(modes))
        return ReductionSweep(chain, plan.source, carried, self.rtol, self.window)

    def _report(
        self,
        plan: _Plan,
        line: ReductionSweep,
        reads: Sequence[StageResult],
        kept: Sequence[StateEstimate],
        ended: str,
    ) -> Report:
        errors: dict[tuple[str, ...], float] = {}
        for k in kept:  # of an evolution the largest of all times
            errors[k.state.labels] = max(k.error, errors.get(k.state.labels, 0.0))
        window = min(self.window, len(plan.members))
        windows = max(0, len(reads) - window + 1) if window > 1 else 0
        missing = len(reads) + windows - len(errors)
        truncation = {"largest discarded weight": max(read.discarded for read in reads)}
        reach = "a stage" if window == 1 else f"{window} neighbouring stages"
        structure = [f"{len(reads)} stages; only states within {reach} are kept"]
        if line.assembly.has_rail_parity:
            structure.append("rails alike: sectors even and odd under their exchange")
        worst = max(k.error for k in kept)
        margin = min(k.state.margin() for k in kept)
        found = self._findings(plan, reads, kept, ended, missing)
        found.append(finding("eigenvalue", -margin, max(worst, 1e-9), least=margin))
        report = Report(
            engine=self.name,
            method=f"reduction to {self.dimension} numbers",
            status=Status.CONVERGED,
            residual=max(read.residual for read in reads),
            margin=margin,
            truncation=truncation,
            errors=errors,
            error_estimate=worst,
            structure=tuple(structure),
        )
        return judge(report, found, Status.CONVERGED)

    def _findings(
        self,
        plan: _Plan,
        reads: Sequence[StageResult],
        kept: Sequence[StateEstimate],
        ended: str,
        missing: int,
    ) -> list[Finding]:
        """What decides whether the result is trusted."""
        worst = max(k.error for k in kept)
        left = plan.members[len(reads)] if ended else ()
        where = next((k.name for k in kept if not k.error <= self.tolerance), "")
        return [
            finding("stages", len(left), names=", ".join(left), why=ended),
            finding("stable compressions", sum(read.narrowed for read in reads)),
            finding("error of a stage", worst, self.tolerance, where=where),
            finding("lookahead", sum(read.shortened for read in reads)),
            finding("windows", missing),
        ]


def _norm_of_stage(network: OpenSystem, labels: Sequence[str]) -> float:
    """About the norm of the generator of one stage."""
    here, total = set(labels), 0.0
    for product, c in network.hamiltonian:
        total += 2 * abs(c) * all(space.label in here for space, _ in product)
    for jump in network.jumps:
        amplitude = sum(
            abs(c) for product, c in jump.operator if product and product[0][0].label in here
        )
        total += 2 * jump.rate * amplitude**2
    return total
