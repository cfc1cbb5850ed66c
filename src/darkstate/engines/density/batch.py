"""Many steady states of systems of one form, each with its own verdict.

Their generators are filled from one structure (`common_form.py`), solved as stacks
(`engines/stacked.py`), and judged one by one by the same checks as single ones. Only what is
certified so is kept. Pure states (they may be dark, which is found more exactly in Hilbert space),
slow modes, several steady states, whatever is not clear: such a system is solved alone, as if it
had come alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.assess import ALLOWED_OVER_RTOL, gaps_found, judge_state
from darkstate.engines.capabilities import BatchTask, Outcome
from darkstate.engines.compile import smallest_rate, without_constants
from darkstate.engines.contract import Cost, Offer, Solution, ask, run, stamped
from darkstate.engines.density.basis import Blocks
from darkstate.engines.density.common_form import CommonForm, Filled, form_of
from darkstate.engines.density.compile import compiled
from darkstate.engines.density.generator import Generator
from darkstate.engines.density.options import DensityOptions
from darkstate.engines.density.strategy import (
    Kept,
    Settings,
    gaps,
    gaps_wait,
    has_whole_gap,
    state_report,
    within_blocks,
)
from darkstate.engines.spectral import SPECTRUM_NUMBERS, PartSpectrum, gap_of, independent_parts
from darkstate.engines.stacked import StackedStates, inverses, stacked_steady_states
from darkstate.engines.stationary import EPS, SURE
from darkstate.engines.truncation import mode_labels
from darkstate.errors import DarkstateError
from darkstate.linalg.threads import one_blas_thread
from darkstate.results import Estimate, Report, Status
from darkstate.systems.open_system import OpenSystem

LEAST = 4
"""Systems of one form for which finding their structure pays."""
STACK_BYTES = 2.0**26
"""Of the matrices of one stack."""
_MATRICES = 8
"""Of the size of L that a stack holds at once."""
_STACKED = 5e-3
"""Seconds for a system in a stack."""
_NEARLY_PURE = 1e-6
"""Of ``1 - Tr rho^2``: below, a dark state is looked for."""
_TURNING = 10.0
"""Times the norm within the blocks: coherences between them that turn faster cost digits."""
Gaps = tuple[Estimate | None, Estimate | None]
"""Within the blocks, and of the whole."""
NO_ZERO = 10 * EPS / SURE
"""Of the norm of L: a rate above this is no rounding of a zero."""
METHOD = "dense, many together"

MakeBlocks = Callable[[OpenSystem], Blocks]
"""The blocks of a system without modes."""


def batch_offer(
    engine: DensityOptions, system: OpenSystem, task: BatchTask, make_blocks: MakeBlocks
) -> Offer:
    """What an engine says to a batch: as many single ones, or less.

    Raises:
        DarkstateError: why it cannot solve the first of them.
    """
    one, count = ask(engine, system), len(task.samples)
    if one.refusal is not None:
        raise one.refusal
    assert one.cost is not None
    stacks = suits_stacks(engine, system)
    memory = one.cost.memory + (STACK_BYTES if stacks else 0.0)
    seconds = count * (min(one.cost.seconds, _STACKED) if stacks else one.cost.seconds)

    def solve() -> Solution:
        assert task.build is not None
        samples = batch_outcomes(engine, [task.build(row) for row in task.samples], make_blocks)
        return Solution(None, _joint_report(engine.name, samples), samples=samples)

    why = f"{count} samples, those of one form together"
    return Offer(engine.name, why, METHOD, one.steps, Cost(memory, seconds), solve=solve)


def _joint_report(name: str, samples: Sequence[Outcome]) -> Report:
    """The worst of all samples."""
    reports = [one.report for one in samples if isinstance(one, Solution)]
    order = (Status.CERTIFIED, Status.CONVERGED, Status.SUSPECT, Status.FAILED)
    worst = max((one.status for one in reports), key=order.index, default=Status.FAILED)
    failed = len(samples) - len(reports)
    words = tuple(dict.fromkeys(text for one in reports for text in one.warnings))
    words += (f"{failed} of {len(samples)} samples have no result",) if failed else ()
    return Report(
        name,
        METHOD,
        Status.FAILED if failed else worst,
        unique=all(one.unique for one in reports),
        residual=max((one.residual or 0.0 for one in reports), default=None),
        error_estimate=_worst([one.error_estimate for one in reports]),
        margin=min((one.margin or 0.0 for one in reports), default=None),
        warnings=words,
    )


def _worst(errors: Sequence[float | None]) -> float | None:
    known = [error for error in errors if error is not None]
    return max(known) if known and len(known) == len(errors) else None


def batch_outcomes(
    engine: DensityOptions, systems: Sequence[OpenSystem], make_blocks: MakeBlocks
) -> list[Outcome]:
    """The solution of each system, or why there is none.

    Args:
        engine: with its options.
        systems: any; those of one form are solved together.
        make_blocks: the blocks of a system without modes.
    """
    outcomes: list[Outcome | None] = [None] * len(systems)
    forms: dict[tuple[object, ...], list[int]] = {}
    plain = [without_constants(system) for system in systems]
    for number, system in enumerate(plain):
        forms.setdefault(form_of(system), []).append(number)
    for numbers in forms.values():
        first = plain[numbers[0]]
        if len(numbers) < LEAST or not suits_stacks(engine, first):
            continue
        blocks = make_blocks(first)
        if blocks.numbers > SPECTRUM_NUMBERS:
            continue
        with one_blas_thread():
            group = _Group.of(engine, first, blocks)
            for k in range(0, len(numbers), group.together):
                chunk = numbers[k : k + group.together]
                found = group.solutions([plain[j] for j in chunk])
                for j, solution in zip(chunk, found, strict=True):
                    outcomes[j] = solution
    return [
        _alone(engine, system) if outcome is None else outcome
        for system, outcome in zip(systems, outcomes, strict=True)
    ]


def suits_stacks(engine: DensityOptions, system: OpenSystem) -> bool:
    """Whether a system can be solved with others: qubits and spins, by the usual methods."""
    plain = not mode_labels(system) and not any(jump.each_atom for jump in system.jumps)
    return plain and engine.method in ("auto", "dense")


def _alone(engine: DensityOptions, system: OpenSystem) -> Outcome:
    try:
        return run(engine, system)
    except DarkstateError as error:
        return error


@dataclass(frozen=True, eq=False)
class _Group:
    """What systems of one form share.

    Args:
        engine: with its options.
        settings: what the methods read of them.
        system: the first of them.
        generator: of that one.
        form: the structure on the blocks.
        later: whether gaps are left until they are read.
    """

    engine: DensityOptions
    settings: Settings
    system: OpenSystem
    generator: Generator
    form: CommonForm
    later: bool

    @classmethod
    def of(cls, engine: DensityOptions, system: OpenSystem, blocks: Blocks) -> _Group:
        generator, settings = compiled(system, blocks), engine.settings(system)
        form = CommonForm.of(system, generator.blocks)
        return cls(engine, settings, system, generator, form, gaps_wait(generator, settings))

    @cached_property
    def whole(self) -> CommonForm | None:
        """The structure with coherences between the blocks, where their gap is asked for."""
        generator = self.generator
        if len(generator.blocks.sizes) == 1 or not has_whole_gap(generator):
            return None
        return CommonForm.of(self.system, generator.on_the_whole_space().blocks)

    @property
    def together(self) -> int:
        """Systems that are solved at once."""
        whole = None if self.later else self.whole
        entries = self.form.rows.size + (0 if whole is None else whole.rows.size)
        each = 8.0 * (_MATRICES * self.generator.blocks.numbers**2 + 4 * entries)
        return max(1, int(STACK_BYTES / each))

    def solutions(self, systems: Sequence[OpenSystem]) -> list[Solution | None]:
        """Those that are certified; None for what is to be solved alone."""
        start, form = time.perf_counter(), self.form
        filled = form.filled(systems)
        parts = independent_parts(form.pattern(filled.values))
        if parts is None:
            return [None] * len(systems)
        diagonal = form.blocks.diagonal
        part = next(part for part in parts if diagonal[0] in part)
        if not np.all(np.isin(diagonal, part)):  # some population is never reached
            return [None] * len(systems)
        found = self._states(filled, part)
        others = [each for each in parts if each is not part]
        known = None if self.later else self._gaps(systems, filled, parts)
        slowest = self._slowest(filled, others) if self.later else np.full(len(systems), np.inf)
        clear = found.clear & (slowest > NO_ZERO * filled.scales)
        rates = np.minimum(found.rates, slowest)
        residuals = found.residuals / filled.scales
        judged: list[Solution | None] = []
        for k, system in enumerate(systems):
            solution = None
            gap = None if known is None else known[k]
            if (
                clear[k]
                and (self.later or gap is not None)
                and not self._may_be_dark(found.flats[k])
            ):
                kept = self._kept(found, k, float(residuals[k]))
                report = self._with_gaps(kept.report, gap, system, float(rates[k]))
                rtol = self.engine.rtol
                report = judge_state(report, 10 * rtol, ALLOWED_OVER_RTOL * rtol)
                if report.status is Status.CERTIFIED:
                    solution = Solution(kept.state, report)
            judged.append(solution)
        return [
            None if one is None else replace(one, report=stamped(self.engine, one.report, start))
            for one in judged
        ]

    def _with_gaps(
        self, report: Report, known: Gaps | None, system: OpenSystem, rate: float
    ) -> Report:
        """The report with the gaps that are known; None: they are found when they are read."""
        smallest = smallest_rate(system)
        if known is not None:
            return report.with_(**gaps_found(report, *known, smallest, rate))

        def later() -> dict[str, Any]:
            with one_blas_thread():
                filled = self.form.filled([system])
                parts = independent_parts(self.form.pattern(filled.values))
                found = None if parts is None else self._gaps([system], filled, parts)[0]
                if found is None:
                    blocks = replace(self.generator.blocks, phases=None)
                    found = gaps(compiled(system, blocks), self.settings)
            return gaps_found(report, *found, smallest, rate)

        return report.with_(later=later)

    def _slowest(self, filled: Filled, parts: Sequence[NDArray[np.intp]]) -> NDArray[np.float64]:
        """Bounds ``1/|L^-1|`` of all rates in parts without populations; zero for singular ones."""
        bound = np.full(len(filled.scales), np.inf)
        for part in parts:
            size = np.linalg.norm(inverses(self.form.matrices(filled.values, part)), axis=(1, 2))
            bound = np.minimum(bound, np.where(size > 0.0, 1.0 / np.maximum(size, 1e-300), 0.0))
        return bound

    def _may_be_dark(self, flat: NDArray[np.float64]) -> bool:
        """Whether a state is so pure that it is looked for in Hilbert space first."""
        return self.engine.method == "auto" and 1.0 - float(flat @ flat) < _NEARLY_PURE

    def _kept(self, found: StackedStates, number: int, residual: float) -> Kept:
        """One of the states, and the report on it."""
        generator, x = self.generator, found.flats[number]
        blocks, settings = generator.blocks, self.settings
        flat = generator.narrowed(blocks.normalised(generator.real_form.hermitian(x)))
        size = float(np.linalg.norm(flat))
        report = state_report(
            generator,
            settings,
            METHOD,
            True,
            residual=residual,
            error_estimate=float(found.errors[number]) * size * float(np.sqrt(blocks.dimension)),
            margin=blocks.least_eigenvalue(flat[None]),
        )
        return Kept(generator, report, [flat])

    def _states(self, filled: Filled, part: NDArray[np.intp]) -> StackedStates:
        """The states in all coordinates, of which those outside of the part are zero."""
        form, numbers = self.form, self.form.blocks.numbers
        place = np.full(numbers, -1)
        place[part] = np.arange(len(part))
        found = stacked_steady_states(
            form.matrices(filled.values, part),
            form.matrices(filled.magnitudes, part),
            place[form.blocks.diagonal],
            filled.scales,
        )
        flats = np.zeros((len(found.flats), numbers))
        flats[:, part] = found.flats
        return replace(found, flats=flats)

    def _gaps(
        self, systems: Sequence[OpenSystem], filled: Filled, parts: Sequence[NDArray[np.intp]]
    ) -> list[Gaps | None]:
        """The gaps of each system within the blocks and of the whole; None where one is missing."""
        within = _spectra(self.form, filled, parts)
        sectors = [_gap(each, scale) for each, scale in zip(within, filled.scales, strict=True)]
        wholes = self._whole_gaps(systems, sectors, within, filled)
        asked = self.whole is not None
        return [
            None if sector is None or (asked and whole is None) else (sector, whole)
            for sector, whole in zip(sectors, wholes, strict=True)
        ]

    def _whole_gaps(
        self,
        systems: Sequence[OpenSystem],
        sectors: list[Estimate | None],
        within: list[list[PartSpectrum] | None],
        filled: Filled,
    ) -> list[Estimate | None]:
        """The gaps of the whole space; those of the blocks where there is but one."""
        blocks = self.form.blocks
        if len(blocks.sizes) == 1:
            return sectors
        if self.whole is None:
            return [None] * len(systems)
        whole = self.whole.filled(systems)
        parts = independent_parts(self.whole.pattern(whole.values))
        if parts is None or np.any(whole.scales > _TURNING * filled.scales):
            return [None] * len(systems)
        skipped = within_blocks(blocks)
        between = _spectra(self.whole, whole, [part for part in parts if not skipped[part[0]]])
        return [
            None if a is None or b is None else _gap([*a, *b], scale)
            for a, b, scale in zip(within, between, filled.scales, strict=True)
        ]


def _spectra(
    form: CommonForm, filled: Filled, parts: Sequence[NDArray[np.intp]]
) -> list[list[PartSpectrum] | None]:
    """Of each system the eigenvalues part by part; None where they did not converge."""
    stacks, found = [form.matrices(filled.values, part) for part in parts], []
    for k, scale in enumerate(filled.scales.tolist()):
        try:
            found.append([PartSpectrum.of(stack[k], scale) for stack in stacks])
        except np.linalg.LinAlgError:
            found.append(None)
    return found


def _gap(parts: Sequence[PartSpectrum] | None, scale: float) -> Estimate | None:
    return None if parts is None else gap_of(parts, float(scale))
