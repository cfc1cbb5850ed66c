"""Down the cascade: add a stage, read it off (and its window), compress, go on.

A compression starts from the joint steady state of what is upstream, not yet compressed, and the
next stages. Their states are read from it: a stage is then one or two compressions closer to the
exact network than the compressed system that drives it in the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.cascade.assembly import FIRST_ORDER, Assembly
from darkstate.engines.cascade.bilinear import BilinearSystem
from darkstate.engines.cascade.estimates import state_errors, trace_norm
from darkstate.engines.cascade.lookahead import JointState
from darkstate.engines.cascade.metric import gram_blocks
from darkstate.engines.cascade.reduction import NOISE, ReducedModel, reduce_model
from darkstate.engines.cascade.series import SeriesConnection
from darkstate.engines.cascade.stages import StageChain
from darkstate.engines.cascade.windows import window_state
from darkstate.errors import NumericalError
from darkstate.progress import report
from darkstate.states import DensityState
from darkstate.systems.traits import LinearSource

Array = NDArray[Any]
LAST_ORDER = 14
"""Largest order of the moments of a source that is tried."""
LARGEST_SOURCE = 1100
"""Moments of a source that meet the first stage uncompressed: two modes up to order 10."""
JOINT_RTOL = 0.1
"""Residual of joint states against `rtol`: the error of a state is several times its residual."""
SOLVED = JOINT_RTOL * NOISE
"""Error of a state that nothing was dropped from, in units of `rtol`."""


@dataclass(frozen=True)
class StageResult:
    """What one stage gave.

    Args:
        matrix: its state, trace one.
        residual: relative residual of the system that it was read from (at most).
        exact: whether nothing upstream of it was compressed.
        discarded: weight dropped by the compression behind it; 0 behind the last.
        shortened: whether that compression looked at one stage ahead only.
        narrowed: whether it kept less than asked for.
        window: state of the window that begins with this stage; None if there is none, or if it
            could not be solved.
        window_exact: whether nothing upstream of the window was compressed.
    """

    matrix: Array
    residual: float
    exact: bool
    discarded: float = 0.0
    shortened: bool = False
    narrowed: bool = False
    window: Array | None = None
    window_exact: bool = False


@dataclass(frozen=True)
class StateEstimate:
    """The state of a stage or a window, and the estimate of its error (trace norm)."""

    state: DensityState
    error: float

    @property
    def name(self) -> str:
        """Its labels, as reports write them."""
        return ", ".join(self.state.labels)


@dataclass(frozen=True)
class _Compression:
    """What is upstream of a stage and the stage, before it is compressed and after.

    Args:
        pair, joined: both, as a series connection and as one system.
        alone: state of the stage.
        residual: of the steady state.
        found: compressed, the best one first; empty where there is no need.
        shortened: whether only one stage ahead was looked at, because more gave no usable result.
        failure: why there is no usable result.
    """

    pair: SeriesConnection
    joined: BilinearSystem
    alone: Array
    residual: float
    found: Sequence[ReducedModel] = ()
    shortened: bool = False
    failure: str = ""


class SweepEndedError(NumericalError):
    """No usable compression behind a stage: what was read before it stands."""


class ReductionSweep:
    """A cascade in the form in which it is swept: bilinear systems in order.

    Args:
        chain: the stages.
        source: the linear source in front.
        charges: (c, M) charges of its modes.
        rtol: relative residual of joint steady states.
        window: neighbouring stages whose joint states are read.
    """

    def __init__(
        self,
        chain: StageChain,
        source: LinearSource | None,
        charges: Array,
        rtol: float,
        window: int = 1,
    ):
        self.chain, self.rtol = chain, rtol
        self.window = min(window, len(chain.stages))
        self._known: dict[tuple[int, int], JointState] = {}
        self.assembly = Assembly(chain, source, charges)
        self.systems = self.assembly.systems

    def sweep(self, dimension: int, order: int, second: bool = False) -> Iterator[StageResult]:
        """All stages, one after the other, with `dimension` numbers kept of what is upstream.

        Args:
            dimension: kept of what is upstream.
            order: of the moments of the source.
            second: for a second opinion (`darkstate.engines.cascade.reduction.reduce_model`).
        """
        upstream, found = self.start(dimension, order, second)
        options, exact = [upstream], found is None
        foreseen = {s: (state, True) for s, state in enumerate(found.ahead)} if found else {}
        for s in range(len(self.systems)):
            if self.window == 1 and foreseen.keys() >= set(range(s, len(self.systems))):
                yield self._result_from_lookahead(s, foreseen)
                continue
            cut = self._compress(s, options, dimension, second, exact)
            read = replace(self._stage_result(s, cut), exact=exact, window_exact=exact)
            if s in foreseen:
                seen = self._result_from_lookahead(s, foreseen)
                residual = max(read.residual, seen.residual)
                read = replace(read, matrix=seen.matrix, residual=residual, exact=seen.exact)
            yield read
            if cut.failure:
                for k in sorted(k for k in foreseen if k > s):
                    yield self._result_from_lookahead(k, foreseen)
                raise SweepEndedError(cut.failure)
            for k, state in enumerate(cut.found[0].ahead if cut.found else (), start=s + 1):
                foreseen.setdefault(k, (state, exact))  # the earliest is the least compressed
            options, exact = [x.system for x in cut.found] or [cut.joined], exact and not cut.found

    def _result_from_lookahead(
        self, s: int, states: Mapping[int, tuple[Array, bool]]
    ) -> StageResult:
        """Stage s as read from a joint state, and whether that was of nothing compressed."""
        state, exact = states[s]
        return StageResult(self.matrix(s, state), JOINT_RTOL * self.rtol, exact)

    def _stage_result(self, s: int, cut: _Compression) -> StageResult:
        """Stage s as read where the sweep passes."""
        found = cut.found[0] if cut.found else None
        return StageResult(
            self.matrix(s, cut.alone),
            cut.residual,
            False,
            found.discarded if found else 0.0,
            cut.shortened,
            bool(found and found.narrowed),
            self._window(s, cut),
        )

    def _compress(
        self, s: int, options: Sequence[BilinearSystem], dimension: int, second: bool, exact: bool
    ) -> _Compression:
        """Stage s behind what is upstream, and both compressed.

        A stand-in may be stable by itself but not with two stages behind it; then the next of the
        `options` is taken, and if none will do, one stage ahead must be enough.
        """
        first, failure = self._connect(s, options[0]), ""
        behind = self.systems[s + 1 :]
        if not behind or first.joined.dimension <= dimension:
            return first
        for reach in (len(behind), 1)[: len(behind)]:
            for k, option in enumerate(options):
                cut = self._connect(s, option) if k else first
                try:
                    seen = self._joint_state(cut.joined, behind[:reach], exact)
                    found = reduce_model(
                        seen, dimension, gram_blocks(cut.pair, cut.joined.steady), second
                    )
                except NumericalError as error:
                    failure = str(error)
                    continue
                return replace(cut, found=found, shortened=reach < len(behind))
        return replace(first, failure=failure)

    def _joint_state(
        self, system: BilinearSystem, behind: Sequence[BilinearSystem], exact: bool
    ) -> JointState:
        """What the stages behind see; kept for the next sweep if nothing is compressed."""
        key = len(behind), system.dimension
        if exact and key in self._known:
            return self._known[key]
        seen = JointState.solve(system, behind, JOINT_RTOL * self.rtol)
        if exact:
            self._known = {key: seen}
        return seen

    def _connect(self, s: int, upstream: BilinearSystem) -> _Compression:
        """Stage s behind what is upstream, not compressed."""
        pair = SeriesConnection(upstream, self.systems[s])
        joined = pair.system()
        x, residual = _steady(joined)
        alone = pair.second_alone(x)
        return _Compression(pair, joined.with_state(x), alone, residual)

    def _window(self, s: int, cut: _Compression) -> Array | None:
        """The state of the window that begins with stage s, if all of it is there."""
        stop = s + self.window
        if self.window == 1 or stop > len(self.systems):
            return None
        ahead, operators = self.systems[s + 1 : stop], self.assembly.operators[s:stop]
        try:
            return window_state(cut.pair, cut.joined, ahead, operators, JOINT_RTOL * self.rtol)
        except NumericalError:
            return None

    def stage_results(
        self, dimension: int, order: int, second: bool = False
    ) -> tuple[list[StageResult], str]:
        """What a sweep gives, and why it ended before the last stage (empty if it did not)."""
        found: list[StageResult] = []
        try:
            for read in self.sweep(dimension, order, second):
                found.append(read)
                count = len(self.systems)
                report(f"stage {len(found)} of {count}", len(found) / count)
        except SweepEndedError as end:
            return found, str(end)
        return found, ""

    def estimates(
        self,
        fine: Sequence[StageResult],
        others: Sequence[tuple[float, Sequence[StageResult]]],
        floor: float,
    ) -> tuple[list[StateEstimate], list[StateEstimate]]:
        """The states of all stages, and of all windows that do not reach beyond them.

        Args:
            fine: what a sweep gave.
            others: how much changes to other sweeps count, and what these gave
                (`darkstate.engines.cascade.estimates`).
            floor: what is added to every error.
        """
        whole = fine[: max(0, len(fine) - self.window + 1)]
        matrices = [(weight, [read.matrix for read in other]) for weight, other in others]
        windows = [(weight, [read.window for read in other]) for weight, other in others]
        stages = [read.matrix for read in fine], [read.exact for read in fine], matrices
        joint = [read.window for read in whole], [read.window_exact for read in whole], windows
        return (
            self._states(1, stages[0], state_errors(*stages) + floor),
            self._states(self.window, joint[0], state_errors(*joint) + floor),
        )

    def _states(
        self, width: int, found: Sequence[Array | None], error: Array
    ) -> list[StateEstimate]:
        """States of `width` stages by their first one; those that are missing are left out."""
        kept = []
        for s, (matrix, off) in enumerate(zip(found, error.tolist(), strict=True)):
            if matrix is not None:
                members = self.chain.stages[s : s + width]
                labels = tuple(label for stage in members for label in stage.labels)
                sizes = tuple(size for stage in members for size in stage.dimensions)
                kept.append(StateEstimate(DensityState(labels, sizes, matrix), off))
        return kept

    def start(
        self, dimension: int, order: int, second: bool = False
    ) -> tuple[BilinearSystem, ReducedModel | None]:
        """What stands before the first stage, and how it was compressed (None: it was not).

        The moments of a source meet the first stage uncompressed where they may, so that three
        stages are exact. One or two are read from its compression already.
        """
        moments = self.assembly.front(order)
        few = len(self.systems) <= 2
        if moments.dimension <= (dimension if few else max(dimension, LARGEST_SOURCE)):
            return moments, None
        found = reduce_model(
            self._joint_state(moments, self.systems, True), dimension, second=second
        )[0]
        return found.system, found

    def source_order(self, dimension: int, tolerance: float) -> tuple[int, float]:
        """Order of the moments at which the first stage stands still, and its last change."""
        if self.assembly.source is None:
            return 0, 0.0
        last, change = None, np.inf
        for order in range(FIRST_ORDER, LAST_ORDER + 1, 2):
            upstream = self.assembly.front(order)
            if upstream.dimension > LARGEST_SOURCE:
                upstream, _ = self.start(dimension, order)
            matrix = self.matrix(0, self._connect(0, upstream).alone)
            change = np.inf if last is None else trace_norm(matrix - last)
            if change <= tolerance:
                return order, change
            last = matrix
        return LAST_ORDER, change

    def ground_state(self, s: int) -> Array:
        """Coordinates (charge 0) of stage s with all its spaces in their lowest states."""
        basis = self.assembly.operators[s][self.systems[s].zero]
        return np.real(basis[0].conj())

    def matrix(self, s: int, flat: Array) -> Array:
        """The density matrix of stage s from its coordinates (charge 0)."""
        d = len(self.chain.stages[s].values)
        matrix = (self.assembly.operators[s][self.systems[s].zero] @ flat).reshape(d, d)
        return 0.5 * (matrix + matrix.conj().T)


def _steady(system: BilinearSystem) -> tuple[Array, float]:
    """The steady state (trace one) of a system without input, and its residual."""
    A, t = system.generator[system.zero], system.trace
    scale = float(np.abs(A).max(initial=0.0)) or 1.0
    norm = float(t @ t)
    # t A = 0: multiplied by t the equation says that the trace is one
    try:
        x = np.linalg.solve(A + (scale / norm) * np.outer(t, t), (scale / norm) * t)
    except np.linalg.LinAlgError:
        raise NumericalError(
            "The steady state is not unique: a stage has a conserved quantity that nothing relaxes."
            " Use evolve() of the exact engine with `initial`, on the part upstream of it."
        ) from None
    x = x / float(t @ x)
    residual = float(np.linalg.norm(A @ x) / (np.linalg.norm(A) * np.linalg.norm(x) or 1.0))
    return x, residual
