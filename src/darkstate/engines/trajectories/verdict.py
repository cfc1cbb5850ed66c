"""What is known about sampled states, and how far to trust them.

The error estimate of an average adds up

* the sampling error, one standard deviation in the Frobenius norm, and what events that no
  trajectory met may change: of n trajectories they have a probability of 1/n or less;
* the change under a second look with fewer Fock states and another step (`second_look.py`);
* the rounding of a long evolution, ``eps |G| t``;
* of a stationary average, what it remembers of its start (`settling.py`).

A result is ``suspect`` where a check fails, and ``converged`` else: sampling certifies nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, hypot, log, sqrt
from typing import TYPE_CHECKING

import numpy as np

from darkstate.engines.assess import Finding, finding, judge
from darkstate.engines.trajectories.compile import SystemMatrices
from darkstate.engines.trajectories.ensemble import sampling_error
from darkstate.engines.trajectories.no_jump import Array
from darkstate.engines.trajectories.second_look import SecondLook, TrajectoryRun
from darkstate.engines.trajectories.seeds import provenance_of
from darkstate.engines.trajectories.settling import AT_TIMES, SIGMAS, Settling
from darkstate.engines.truncation import edge_populations
from darkstate.results import Report, Status
from darkstate.states import PureState

if TYPE_CHECKING:
    from darkstate.engines.trajectories.engine import Trajectories

LARGEST_MOVE = 0.2
"""Step times largest measured rate beyond which averages are suspect; the default is 0.05."""
LARGEST_TURN = 2.0
"""Step times the norm of all else: beyond, fast turns may look slow, at any step."""
LARGEST_CHANGE = 0.05
"""Change under a second look that shows that errors no longer fall as they should."""
LEAST_MARGIN = -1e-8
"""Eigenvalues of states that rounding explains."""
_EPS = 2.0**-52
OF_AVERAGE = (
    "the error estimate is that of average(): one standard deviation in the Frobenius norm, and "
    "what truncation and step may add"
)


@dataclass(frozen=True)
class TrajectorySample:
    """What was drawn.

    Args:
        runs: the trajectories as they were asked for.
        numbers: their numbers.
        levels: by mode (T, n): populations of its levels on average, at all times.
        sampling: largest standard error of an average, in the Frobenius norm.
        margin: smallest eigenvalue of any state.
        look: the second look, if there was one.
        forgetful: share of the time after which an event is forgotten; one for states at a time.
        settling: for stationary averages, whether they are.
    """

    runs: TrajectoryRun
    numbers: Sequence[int]
    levels: Mapping[str, Array]
    sampling: float
    margin: float
    look: SecondLook | None
    forgetful: float = 1.0
    settling: Settling = AT_TIMES


def report_of(engine: Trajectories, sample: TrajectorySample, meaning: str) -> Report:
    """The report; `meaning` is a sentence on what the error estimate is of."""
    runs, edges = sample.runs, edge_populations(sample.levels, sample.runs.matrices.degrees)
    truncation, look = dict(edges), sample.look
    if look is not None:
        truncation[f"change with {look.reason}"] = max(look.changes)
    found = (
        *_of_steps(runs),
        *_of_edges(sample, edges, engine.edge),
        *_of_look(look),
        finding("sampled eigenvalue", -sample.margin, -LEAST_MARGIN, least=sample.margin),
        *sample.settling.findings,
    )
    report = Report(
        engine=engine.name,
        method=engine.unravelling,
        status=Status.CONVERGED,
        unique=sample.settling.unique,
        error_estimate=error_of(sample),
        margin=sample.margin,
        truncation=truncation,
        structure=(meaning,),
        provenance=provenance_of(runs.entropy, sample.numbers),
    )
    return judge(report, found, Status.CONVERGED)


def meaning_of_average(count: int) -> str:
    """What the error estimate is of."""
    return (
        f"average of {count} trajectories; the error estimate is one standard deviation of the "
        "state in the Frobenius norm, and what truncation and step may add"
    )


def error_of(sample: TrajectorySample) -> float:
    """Sampling, events that were not met, the second look, and rounding."""
    runs = sample.runs
    missed = unmet_event_error(runs, len(sample.numbers), sample.forgetful)
    rounding = _EPS * runs.unravelling.propagator.norm * runs.span
    looked = sample.look.error if sample.look is not None else 0.0
    return hypot(sample.sampling, missed) + looked + rounding + sample.settling.bias


def unmet_event_error(runs: TrajectoryRun, count: int, forgetful: float = 1.0) -> float:
    """What events may change that none of `count` trajectories met."""
    likely = min(1.0, runs.span * runs.unravelling.jump_rate) + impurity(runs)
    return sqrt(2.0) * min(likely, forgetful / count)


def impurity(runs: TrajectoryRun) -> float:
    """Probability that a mixed initial state is drawn from any but its likeliest part."""
    state = runs.initial
    if isinstance(state, PureState) or runs.unravelling.propagator.matrices:
        return 0.0
    return max(0.0, 1.0 - float(np.linalg.eigvalsh(state.matrix)[-1]))


def _of_steps(runs: TrajectoryRun) -> list[Finding]:
    """A diffusive step on which a state moves by more than a part of itself."""
    unravelling = runs.unravelling
    if unravelling.diffusion is None:
        return []
    longest = max(np.diff(runs.times), default=0.0)
    step = longest / unravelling.steps(longest)
    rates = (
        (LARGEST_MOVE, unravelling.diffusion.rate, "measured rates of up to"),
        (LARGEST_TURN, unravelling.propagator.norm, "a Hamiltonian and losses with the norm"),
    )
    return [
        finding(
            "step", step * rate, most, step=step, what=what, rate=rate,
            most=lambda most=most, rate=rate: most / rate,
        )
        for most, rate, what in rates
    ]  # fmt: skip


def _of_edges(sample: TrajectorySample, edges: Mapping[str, float], edge: float) -> list[Finding]:
    """Modes whose highest levels are filled, or that have too few levels to tell."""
    found, matrices = [], sample.runs.matrices
    for label, size in matrices.cutoffs.items():
        degree, least = matrices.degrees[label], matrices.least[label]
        held, levels = edges[f"Fock edge of {label}"], sample.levels[label]

        def tried(levels: Array = levels, moved: int = max(2, degree)) -> int:
            return cutoff_to_try(levels, edge, moved)

        of_it = {"label": label, "size": size}
        found.append(finding("levels", held, edge, tried=tried, **of_it))
        if held <= edge:
            short = max(0, least - size)
            found.append(finding("number of levels", short, moved=degree, least=least, **of_it))
    return found


def cutoff_to_try(levels: Array, edge: float, moved: int) -> int:
    """Where populations (T, n) will have fallen below `edge`, if they go on as they end."""
    size = levels.shape[-1]
    tail = levels[int(np.argmax(levels[:, -moved:].max(axis=1)))]
    end, before = tail[-moved:].max(), tail[: size - moved][-moved:].max(initial=0.0)
    falls = float(np.clip((end / max(before, 1e-300)) ** (1 / moved), 1e-3, 0.9))
    more = log(edge / end) / log(falls)
    return size + min(max(moved + 1, size // 2, ceil(1.5 * more)), 2 * size)


def _of_look(look: SecondLook | None) -> list[Finding]:
    """A second look that says something else, at any time, and not by chance."""
    if look is None:
        return []
    worst = max(
        (c for c, s in zip(look.changes, look.noises, strict=True) if c > SIGMAS * s), default=0.0
    )
    words = {"reason": look.reason, "remedy": look.remedy}
    return [finding("second look", worst, LARGEST_CHANGE, **words)]


def levels_of(matrices: SystemMatrices, diagonals: Array) -> dict[str, Array]:
    """Populations (T, n) of the levels of each mode from those of all basis states, (T, D)."""
    shaped, found = diagonals.reshape(-1, *matrices.dimensions), {}
    for label in matrices.modes:
        axis = 1 + matrices.labels.index(label)
        others = tuple(k for k in range(1, shaped.ndim) if k != axis)
        found[label] = shaped.sum(axis=others)
    return found


def sample_of_records(
    runs: TrajectoryRun, numbers: Sequence[int], matrices: Array, look: SecondLook | None
) -> TrajectorySample:
    """What is known of conditional density matrices (T, n, D, D)."""
    count = len(numbers)
    means = matrices.mean(axis=1)
    squares = np.mean(np.sum(np.abs(matrices) ** 2, axis=(2, 3)), axis=1)
    sampling = max(sampling_error(m, s, count) for m, s in zip(means, squares, strict=True))
    margin = min(float(np.linalg.eigvalsh(each)[:, 0].min()) for each in matrices)
    levels = levels_of(runs.matrices, np.real(np.diagonal(means, axis1=1, axis2=2)))
    return TrajectorySample(runs, numbers, levels, sampling, margin, look)
