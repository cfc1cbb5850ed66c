"""Evolution under a generator over any time: once stationary, time costs nothing.

Krylov steps follow what moves; the accuracy is shared out over stretches that double in length, so
that a long time asks for no more than a short one. After each, ``m = |L rho|/|rho|`` tells what
still moves; it never grows, so that no more than m times what is left of the time can change. How
fast m falls tells little: a slow mode shows only when the fast ones are gone. Where m is rounding,
modes that relax at a rate g may hide ``m/g``; the smallest rate of a jump stands for g. Small
sectors are exponentiated where Krylov steps would be many: ``exp(L t)`` by squaring, with the trace
restored each time, which keeps the stationary part exact however long the time is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from darkstate.errors import NumericalError
from darkstate.linalg.krylov import krylov_steps
from darkstate.progress import report

Flat = NDArray[Any]
Apply = Callable[[Flat], Flat]

EXPONENTIATED = 256
"""Sectors up to this size are exponentiated over long times."""
_LONG = 2e3
"""Times beyond this, in units of the inverse norm of L, are long."""
_ROUNDING = 1e-14
"""Of the norm of L: what moves more slowly is rounding."""
_PATIENCE, _PATIENCE_LEFT = 1e6, 100.0
"""A state that moves for so long, in units of the inverse norm of L, and has so many times more
ahead, is given up."""
_SLOW, _ALIKE = 10.0, 0.5
"""What falls by less while the time doubles, and keeps this part of its rate, is a slow mode."""
_LOST = 1e-3
"""Rounding of phases beyond which a state is not worth returning."""
_EPS = float(np.finfo(float).eps)


@dataclass(frozen=True)
class Motion:
    """A generator as the propagators see it.

    Args:
        apply: L on flattened states.
        trace: of a flattened state.
        scale: norm of L.
    """

    apply: Apply
    trace: Callable[[Flat], Any]
    scale: float

    def moving(self, state: Flat) -> float:
        """``|L rho| / |rho|``."""
        return float(np.linalg.norm(self.apply(state)) / np.linalg.norm(state))

    @property
    def least_rate(self) -> float:
        """Of a jump; infinite where it is not known."""
        return float("inf")


@dataclass(frozen=True)
class SectorMotion(Motion):
    """A generator that may be exponentiated where it is small.

    Args:
        numbers: length of a flattened state.
        matrix: makes L as a matrix; called for small sectors only.
        diagonal: positions of the populations.
        rates: largest of each jump.
    """

    numbers: int
    matrix: Callable[[], sp.csr_array]
    diagonal: NDArray[np.integer]
    rates: Sequence[float] = ()

    @property
    def least_rate(self) -> float:
        """Of a jump."""
        return min((rate for rate in self.rates if rate > 0.0), default=float("inf"))


def states_at(
    motion: SectorMotion, initial: Flat, times: Sequence[float], accuracy: float, size: int
) -> tuple[list[Flat], float, str]:
    """States at increasing `times`, `initial` being the one at the first.

    Args:
        motion: the generator.
        initial: flattened state.
        times: increasing.
        accuracy: error allowed over all the time, relative to the norm of the initial state.
        size: vectors of a Krylov space.

    Returns:
        The states, the estimated error, and the method.

    Raises:
        NumericalError: too stiff for the accuracy asked.
    """
    span = (times[-1] - times[0]) * motion.scale
    if is_exponentiated(motion.numbers, span):
        kept, lasted = _exponentiate(motion, initial, times)
        rounding = 10 * _EPS * lasted * motion.scale
        if rounding > _LOST:
            raise NumericalError(
                f"After a time of {lasted:.2g} the state still moves: double precision keeps no "
                f"phase for longer than about {_LOST / (10 * _EPS * motion.scale):.2g} here. End "
                "`times` before that, or ask for the steady state."
            )
        return kept, accuracy + rounding, "exponential of the generator"
    kept = list(iterate_states(motion, initial, times, accuracy, size))
    return kept, accuracy, "Krylov propagator"


def is_exponentiated(numbers: int, span: float) -> bool:
    """Whether a sector is small, and a time (in units of 1/|L|) long enough."""
    return numbers <= EXPONENTIATED and span > _LONG


def iterate_states(
    motion: Motion, initial: Flat, times: Sequence[float], accuracy: float, size: int
) -> Iterator[Flat]:
    """The states at increasing `times`, one after the other, by Krylov steps; see `states_at`.

    Raises:
        NumericalError: too stiff for the accuracy asked, or no end in sight.
    """
    yield initial
    state, done, start = initial, 0.0, times[0]
    wanted, trace = list(times[1:]), motion.trace(initial)
    if not motion.scale:  # no Hamiltonian and no jumps
        yield from [initial] * len(wanted)
        return
    horizon = times[-1] - start
    stretch = min(horizon, 0.1 * _LONG / motion.scale)
    number = 1
    while wanted:
        length = min(stretch, horizon - done)
        allowed = accuracy / (number * (number + 1)) if stretch < horizon else accuracy
        for step in krylov_steps(motion.apply, state, length, allowed, size):
            while wanted and wanted[0] - start <= done + step.length * (1 + 1e-12):
                at = step.state(max(0.0, wanted.pop(0) - start - done))
                # L keeps the trace exactly, a Krylov space to its accuracy: the rest is an error
                yield at * (trace / motion.trace(at))
            done += step.length
            state = step.state(step.length)
            report("evolution", done / horizon)
        if not wanted:
            break
        if horizon - done <= 1e-12 * horizon or _stands_still(
            motion, state, done, horizon - done, accuracy
        ):
            last = state * (trace / motion.trace(state))
            yield from [last] * len(wanted)
            return
        number, stretch = number + 1, max(stretch, done)


def _stands_still(motion: Motion, state: Flat, done: float, left: float, accuracy: float) -> bool:
    """Whether no more than a tenth of the accuracy can change in the time that is left.

    Raises:
        NumericalError: it cannot be told beside rounding, or Krylov steps would not come to an end.
    """
    moving = motion.moving(state)
    if moving * left <= 0.1 * accuracy:
        return True
    if moving <= _ROUNDING * motion.scale:
        if moving / motion.least_rate <= 0.1 * accuracy:
            return True
        raise NumericalError(
            f"After a time of {done:.2g} what still moves is rounding, which hides what the rate "
            f"{motion.least_rate:.2g} of a jump does until the end. End `times` there, raise that "
            "rate or set it to zero, or ask for the steady state."
        )
    if done * motion.scale > _PATIENCE and left > _PATIENCE_LEFT * done:
        raise NumericalError(
            f"After a time of {done:.2g} the state still moves, and {left:.2g} are left: steps "
            "would not come to an end. End `times` sooner, raise the slowest rate, or ask for the "
            "steady state."
        )
    return False


def _exponentiate(
    motion: SectorMotion, initial: Flat, times: Sequence[float]
) -> tuple[list[Flat], float]:
    """States by dense exponentials, one for each length of an interval; and how long they moved."""
    matrix = motion.matrix().toarray()
    trace = np.zeros(motion.numbers)
    trace[motion.diagonal] = 1.0
    known: dict[float, tuple[NDArray[Any], float]] = {}
    kept, lasted = [initial], 0.0
    for length in np.diff(np.asarray(times)).tolist():
        key = float(f"{length:.13g}")
        if key not in known:
            known[key] = _long_exponential(matrix, trace, int(motion.diagonal[0]), length)
        propagator, moved = known[key]
        kept.append(propagator @ kept[-1])
        lasted += moved
    return kept, lasted


def _long_exponential(
    matrix: NDArray[Any], trace: NDArray[np.float64], row: int, length: float
) -> tuple[NDArray[Any], float]:
    """``exp(L t)``, and the time until it stands still.

    By squaring; the trace is restored after each, as its error would double.
    """
    norm = float(np.abs(matrix).sum(axis=0).max()) * length
    squarings = max(0, int(np.ceil(np.log2(max(norm, 1.0)))))
    result = scipy.linalg.expm(matrix * (length * 2.0**-squarings))
    for number in range(squarings):
        before = result
        result = before @ before
        result[row] += trace - trace @ result
        if np.linalg.norm(result - before) <= 4 * _EPS * np.linalg.norm(result):
            return result, length * 2.0 ** (number + 1 - squarings)
    return result, length


@dataclass(frozen=True)
class Relaxed:
    """Where an evolution came to rest.

    Args:
        flat: the flattened state, trace one.
        time: how long it took.
        rate: at which what was left was fading.
        error: what still moves over that rate, relative to the state.
    """

    flat: Flat
    time: float
    rate: float
    error: float


def relax(motion: Motion, initial: Flat, rtol: float, size: int, longest: float = 1e6) -> Relaxed:
    """Evolve until nothing but rounding moves, or nothing but a slow mode.

    What moves at a time t, ``m = |L rho|/|rho|``, fades at a rate g, and leaves an error m/g. That
    g is the rate of a slow mode is seen when it stays the same over two doublings of the time: then
    the error says that this was not the end. What falls faster is waited for.

    Args:
        motion: the generator.
        initial: where to start.
        rtol: of the fastest rate, below which nothing moves; 100 rtol is the error allowed.
        size: vectors of a Krylov space.
        longest: time to relax at most, in units of the inverse norm of L.

    Raises:
        NumericalError: still moving after `longest`.
    """
    scale = motion.scale
    done, state, stretch = 0.0, initial, 10.0 / scale
    moving = before = motion.moving(state)
    rounding, fading = _ROUNDING * scale, np.inf
    while done < longest / scale:
        for step in krylov_steps(motion.apply, state, stretch, max(1e-3 * rtol, 1e-14), size):
            state = step.state(step.length)
        done += stretch
        moving = motion.moving(state)
        if moving <= rounding:
            hidden = min(2.0, moving / min(scale, motion.least_rate))
            return Relaxed(state / motion.trace(state), done, scale, hidden + rtol)
        fallen = float(np.log(before / moving)) - rounding / moving  # by no less than this
        rate = max(fallen / stretch, rounding)
        slow = before <= _SLOW * moving and rate >= _ALIKE * fading
        if before <= rtol * scale and slow:
            error = min(2.0, moving / rate) + rtol
            return Relaxed(state / motion.trace(state), done, rate, error)
        before, fading, stretch = moving, rate, max(stretch, done)
    raise NumericalError(
        f"The state was still moving at rate {moving:.3g} after a time of {done:.3g}. Raise "
        "rtol, or use method='dense' or 'krylov' if the steady state is unique."
    )
