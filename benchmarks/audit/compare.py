"""One system through the front door, held against its reference.

What comes of it (`Verdict.outcome`):

* ``right``: no number is off by more than ten times its estimate;
* ``wrong``: one is; `Verdict.what` says which, `Verdict.ratio` by how many estimates;
* ``honest refusal``: refused, and there is no unique steady state; ``refused`` where there is one;
* ``no reference``: the reference is not known to better than the estimate;
* ``crash``: an exception that is no named refusal; ``too slow``: stopped at the limit.
"""

from __future__ import annotations

import contextlib
import signal
import time
import warnings
from dataclasses import asdict, dataclass, field, replace

import numpy as np

import darkstate as ds
from audit.gaussian import is_quadratic, moments_reference
from audit.reference import NoReferenceError, difference, evolution_reference, steady_reference
from audit.sketch import Layout, open_system, operator_sum
from darkstate.errors import DarkstateError
from darkstate.results import Estimate
from darkstate.states import DensityState, EnsembleState, GaussianState, PureState
from darkstate.states.atom_by_atom import atom_by_atom

ALLOWED = 10.0
"""How many estimates a number may be off."""
ROUNDING = 1e-13
"""An estimate below this is read as this."""
UNKNOWN = 1e-9
"""Where there is no estimate: the accuracy that engines are asked for by default."""


class SlowError(Exception):
    """The limit has passed."""


@dataclass
class Verdict:
    """What the audit says about one system, in plain values."""

    number: int
    family: str
    task: str
    outcome: str = ""
    status: str = ""
    method: str = ""
    estimate: float | None = None
    deviation: float | None = None
    reference_error: float | None = None
    ratio: float = 0.0
    what: str = ""
    seconds: float = 0.0
    note: str = ""
    text: str = ""
    unique: bool | None = None
    extra: dict = field(default_factory=dict)

    def plain(self):
        """For JSON."""
        return asdict(self)


@contextlib.contextmanager
def limited(seconds):
    """Stops what takes longer (between two calls of compiled code); None: nothing."""
    if seconds is None:
        yield
        return

    def stop(*_):
        raise SlowError

    old = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, old)


def attempt(run, verdict, limit):
    """The result of `run`, or None with the reason in the verdict."""
    start = time.perf_counter()
    try:
        with limited(limit), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return run()
    except SlowError:
        verdict.outcome = "too slow"
    except DarkstateError as refusal:
        verdict.outcome, verdict.status = "refused", "refused"
        verdict.text = f"{type(refusal).__name__}: {refusal}"
    except Exception as crash:
        verdict.outcome = "crash"
        verdict.text = f"{type(crash).__name__}: {crash}"
    finally:
        verdict.seconds = time.perf_counter() - start
    return None


def matrix_of(state):
    """Density matrix and dimensions; ensembles atom by atom."""
    if isinstance(state, EnsembleState):
        state = atom_by_atom(state)
    if isinstance(state, PureState):
        state = state.density()
    return state.matrix, state.dimensions


def judge(verdict, what, deviation, estimate, error):
    """Enter one number: the worst of them decides the verdict."""
    floor = max(UNKNOWN if estimate is None else estimate, ROUNDING)
    surely = max(0.0, deviation - error)
    if surely > ALLOWED * floor:
        outcome, ratio = "wrong", surely / floor
    elif error > floor:
        outcome, ratio = "no reference", 0.0
    else:
        outcome, ratio = "right", deviation / floor
    ranks = ("", "right", "no reference", "wrong")
    if ranks.index(outcome) >= ranks.index(verdict.outcome):
        verdict.outcome = outcome
    if ratio >= verdict.ratio:
        verdict.ratio, verdict.what = ratio, what
        verdict.deviation, verdict.reference_error = deviation, error


def entered(verdict, result):
    """What the report says, entered in the verdict."""
    report = result.report
    verdict.status, verdict.estimate = str(report.status), report.error_estimate
    verdict.method = f"{report.engine}/{report.method}"
    verdict.text = "; ".join(report.warnings)
    error = getattr(report.gap, "error", None)
    verdict.extra = {"gap": report.gap, "gap_error": error, "unique": report.unique}


def judge_state(verdict, sketch, state, reference):
    """The state in trace norm, and expectation values."""
    rho, dims = matrix_of(state)
    right, large = reference.state, reference.dimensions
    judge(verdict, "state", difference(rho, dims, right, large), verdict.estimate, reference.error)
    kept = [d for d, slot in zip(dims, reference.layout.slots, strict=True) if slot[0] == "mode"]
    for operator in sketch.observables:
        matrix = reference.layout.matrix(operator).rounded
        small = Layout.of(sketch.spaces, kept).matrix(operator).rounded
        size = max(float(np.linalg.norm(small, 2)), 1e-3)
        got = state.expectation(operator_sum(operator, sketch.spaces))
        off = abs(got - np.sum(matrix * right.T)) / size
        judge(verdict, f"<{operator[0][1]}>", off, verdict.estimate, reference.error)


def judge_gap(verdict, report, reference):
    """The gap, where the report has one."""
    if report.gap is None:
        return
    try:
        gap, error = reference()
    except NoReferenceError:
        return
    verdict.extra["right gap"] = gap
    estimate = report.gap.error if isinstance(report.gap, Estimate) else 1e-3 * abs(gap)
    ratio = max(0.0, abs(report.gap - gap) - error) / max(estimate, ROUNDING * abs(gap))
    verdict.extra["gap ratio"] = ratio
    if ratio > ALLOWED:
        verdict.outcome, verdict.what = "wrong", "gap"
        verdict.ratio = max(ratio, verdict.ratio)
        verdict.deviation, verdict.reference_error = abs(report.gap - gap), error


def judge_uniqueness(verdict, result):
    """A system without a unique steady state must not get one."""
    if result is not None:
        wrong = result.report.unique is not False or verdict.status == "certified"
        verdict.outcome = "wrong" if wrong and verdict.status != "suspect" else "right"
        verdict.what, verdict.ratio = "uniqueness", np.inf if verdict.outcome == "wrong" else 0.0
    elif verdict.outcome == "refused":
        verdict.outcome = "honest refusal"


def audit_moments(verdict, sketch, result):
    """A quadratic network against its moment equations."""
    moments = moments_reference(sketch)
    verdict.unique = moments is not None
    if moments is None:
        return judge_uniqueness(verdict, result)
    if result is None:
        return None
    state = result.state
    if not isinstance(state, GaussianState):
        raise NoReferenceError("not a Gaussian state")
    pairs = ((state.number, moments.number), (state.anomalous, moments.anomalous),
             (state.mean, moments.mean))  # fmt: skip
    size = max(1.0, *(np.abs(right).max() for _, right in pairs))
    off = max(float(np.abs(got - right).max()) for got, right in pairs)
    judge(verdict, "moments", off, verdict.estimate, 1e-15 * size)
    error = 1e-13 * (moments.gap + 1e-3 * np.abs(moments.gap))
    return judge_gap(verdict, result.report, lambda: (moments.gap, error))


def audit_state(verdict, sketch, result):
    """Anything else against its density matrix."""
    if sketch.unique is False:
        verdict.unique = False
        return judge_uniqueness(verdict, result)
    wanted = 1e-12
    if result is not None:
        wanted = max(1e-12, 0.05 * (result.report.error_estimate or 0.0))
    reference = steady_reference(sketch, wanted)
    verdict.unique = reference.unique
    if not reference.unique:
        return judge_uniqueness(verdict, result)
    verdict.reference_error = reference.error
    if result is None:
        return None
    if set(result.state.labels) != {label for _, label, _ in sketch.spaces}:
        reference = without(reference, sketch, result.state.labels)
        sketch = part_of(sketch, result.state.labels)
    judge_state(verdict, sketch, result.state, reference)
    return judge_gap(verdict, result.report, reference.gap)


def without(reference, sketch, labels):
    """The reference of a part of its subsystems (no ensembles)."""
    names = tuple(label for _, label, _ in sketch.spaces)
    part = DensityState(names, reference.dimensions, reference.state).reduced(labels)
    spaces = [space for space in sketch.spaces if space[1] in labels]
    cutoffs = [d for d, (kind, label, _) in zip(reference.dimensions, sketch.spaces, strict=True)
               if label in labels and kind == "mode"]  # fmt: skip
    return replace(reference, state=part.matrix, dimensions=part.dimensions,
                   layout=Layout.of(spaces, cutoffs))  # fmt: skip


def part_of(sketch, labels):
    """The spaces and observables that belong to `labels`."""
    spaces = [space for space in sketch.spaces if space[1] in labels]
    return replace(sketch, spaces=spaces, observables=[])


def audit_steady(sketch, limit=None):
    """The steady state of one system, as a `Verdict`."""
    verdict = Verdict(sketch.number, sketch.family, "steady state", note=sketch.note)
    result = attempt(lambda: ds.steady_state(open_system(sketch)), verdict, limit)
    if result is not None:
        entered(verdict, result)
    audit = audit_moments if is_quadratic(sketch) else audit_state
    try:
        audit(verdict, sketch, result)
    except NoReferenceError as reason:
        verdict.outcome = verdict.outcome or "no reference"
        verdict.extra["reason"] = str(reason)
    return verdict


def audit_evolution(sketch, limit=None):
    """The evolution of one system from its ground state: the largest deviation over all times."""
    verdict = Verdict(sketch.number, sketch.family, "evolution", note=sketch.note)
    kept = []

    def keep(state):
        kept.append(state)
        return 0.0

    system = open_system(sketch)
    run = lambda: ds.evolve(system, sketch.times, measures={"kept": keep})  # noqa: E731
    result = attempt(run, verdict, limit)
    if result is None:
        return verdict
    entered(verdict, result)
    sizes = [
        c for c in (sketch.cutoffs or ((),)) if 2 ** (len(sketch.spaces) - 1) * np.prod(c) < 30
    ]
    states, dims, error = evolution_reference(sketch, sizes[-1])
    if len(sizes) > 1:
        smaller, small, _ = evolution_reference(sketch, sizes[-2])
        error += max(difference(a, dims, b, small) for a, b in zip(states, smaller, strict=True))
    worst = max(
        difference(*matrix_of(got), right, dims) for got, right in zip(kept, states, strict=True)
    )
    judge(verdict, "state over all times", worst, verdict.estimate, error)
    return verdict
