"""GMRES for a generator: which preconditioner, found by trying, and what follows one that stalls.

The no-jump inverse (`nojump.py`) is tried first, for a few iterations. If these do not promise an
end soon, those with classical rates (`rates.py`) are laid beside them from the same start, and
whichever promises fewer goes on with the space that it has. One that falls behind what the other
promised hands over to it, and so does one that stalls. `benchmarks/bench_preconditioners.py`
measures what they take on two dozen problems.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkstate.engines.density.generator import Generator
from darkstate.engines.density.nojump import SHIFT, NoJumpInverse, SweptInverse
from darkstate.engines.density.rates import MOST_STATES, RatesInverse
from darkstate.errors import NumericalError
from darkstate.linalg.gmres import Apply, Flat, KrylovSpace, Solved, gmres

PRECONDITIONERS = "classical rates or the no-jump inverse"
TRIAL = 10
"""Iterations of each preconditioner, before one is chosen."""
PROMISING = 25
"""More iterations that a trial may promise if nothing else is to be tried."""
_BEHIND = 3.0
"""One that comes to promise this many times more iterations than the other did gives way."""


class UndecidedError(NumericalError):
    """GMRES did not settle whether there is one steady state; says how far it came."""


@dataclass(frozen=True)
class Iterated:
    """A solution, and what has led to it.

    Args:
        solved: the solution.
        inverse: the preconditioner.
        way: its name, and those that came to nothing.
    """

    solved: Solved
    inverse: Apply
    way: str


def regularised(generator: Generator, adjoint: bool = False) -> Apply:
    """``x -> L x + |L| Tr(x)/d``, or its adjoint: regular if the steady state is unique."""
    blocks, scale = generator.blocks, generator.scale
    weight = blocks.mixed(generator.dtype)  # the identity over d: the term is its own adjoint
    apply = generator.apply_adjoint if adjoint else generator.apply

    def regular(x: Flat) -> Flat:
        return apply(x) + scale * blocks.trace(x) * weight

    return regular


def iterated(generator: Generator, right: Flat, rtol: float, most: int) -> Iterated:
    """Solve the regularised equation by the preconditioner that fits, or the next one.

    Args:
        generator: L.
        right: the right-hand side.
        rtol: relative residual.
        most: iterations of one solve.

    Raises:
        UndecidedError: none came to an end.
    """
    regular, stalled = regularised(generator), list[str]()
    ways = _preconditioners(generator, regular)
    goal = rtol * float(np.linalg.norm(right))
    first, space, rival = _tried(ways, regular, right, goal, most)
    order = sorted(ways, key=lambda other: other != first)
    if _falls_behind(space, goal, most, rival):
        order, space = order[::-1], None
    for name in order:
        solved = gmres(regular, ways[name], right, rtol, most, space)
        space = None  # of the first one
        if solved.residual <= 10 * rtol:
            way = "".join(f", after {each}" for each in stalled)
            return Iterated(solved, ways[name], f"{name}{way}")
        stalled.append(
            f"a residual of {solved.residual:.2g} in {solved.iterations} iterations by {name}"
        )
    raise UndecidedError(f"GMRES stopped at {', '.join(stalled)}, not at {rtol:.2g}")


def _preconditioners(generator: Generator, regular: Apply) -> dict[str, Apply]:
    shift = SHIFT * generator.scale
    plain = NoJumpInverse(generator, shift)
    inverse = plain.apply
    if len(generator.blocks.sizes) > 1 and not generator.assembled:
        inverse = SweptInverse(generator, plain).apply
    found: dict[str, Apply] = {"no-jump inverse": inverse}
    if generator.blocks.dimension <= MOST_STATES:
        rates = RatesInverse(generator, inverse, regular, shift)
        found["classical rates"] = rates.apply
    return found


def _tried(
    ways: dict[str, Apply], regular: Apply, right: Flat, goal: float, most: int
) -> tuple[str, KrylovSpace, float]:
    """The preconditioner that promises an end first, its space, and what the other one promises."""
    promised, best = dict[str, float](), None
    for name, inverse in ways.items():
        space = KrylovSpace(regular, inverse, right)
        promised[name] = _promised(space, goal, min(TRIAL, most))
        if best is None or promised[name] < promised[best[0]]:
            best = name, space
        if promised[name] <= PROMISING:
            break
    assert best is not None
    rival = min((p for name, p in promised.items() if name != best[0]), default=np.inf)
    return *best, rival


def _promised(space: KrylovSpace, goal: float, until: int) -> float:
    """More iterations to the goal, at the speed of the last ones up to `until`."""
    start = max(space.used, until // 2)
    space.extend(goal, start)  # what falls at once tells nothing
    before = max(space.residual, goal)
    space.extend(goal, until)
    left = max(space.residual, goal)
    gained = np.log(before / left) / max(1, until - start)
    return float(np.log(left / goal) / max(gained, 1e-9))


def _falls_behind(space: KrylovSpace, goal: float, most: int, rival: float) -> bool:
    """Go on with a space until it is at its end, or promises less than another one did."""
    end = min(most, space.length)
    while np.isfinite(rival) and space.residual > goal and space.used < end:
        used = space.used
        if _promised(space, goal, min(end, used + 4 * TRIAL)) > _BEHIND * rival:
            return True
        if space.used == used:  # nothing is left outside of the space
            break
    return False
