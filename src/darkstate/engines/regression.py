"""Two-time means of a stationary state: what is asked, whoever answers (quantum regression).

    C(tau) = Tr[O e^(L tau) (K rho B)] = <B(0) O(tau) K(0)>,   tau >= 0.

``<A(tau) C(0)>`` is O = A, K = C, B = 1 for tau >= 0, and O = C, K = 1, B = A at -tau; the
correlation of intensities ``<c† c†(tau) c(tau) c>`` is O = c† c, K = c, B = c†.

Source: Lax, Phys. Rev. 129, 2342 (1963).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.contract import Engine, Offer, Solution, Task, ask
from darkstate.errors import EngineMismatchError
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.operators import OperatorSum

Values = NDArray[np.complex128]


@dataclass(frozen=True)
class Regression:
    """A two-time mean.

    Args:
        observed: O, at the later time.
        ket: K, before the state.
        bra: B, behind it.
        grid: increasing delays >= 0; of a spectrum, frequencies.
    """

    observed: OperatorSum
    ket: OperatorSum
    bra: OperatorSum
    grid: NDArray[np.float64]


@dataclass(frozen=True)
class TwoTimeMeans:
    """What was found.

    Args:
        values: for each regression that was asked for.
        state: the stationary state.
    """

    values: tuple[Values, ...]
    state: Any


@runtime_checkable
class RelatesTimes(Protocol):
    """An engine that knows means at two times."""

    def offer_two_times(self, system: Any, task: TwoTimesTask) -> Offer:
        """Whether and how; as `Engine.offer`. The solution holds `TwoTimeMeans` for a state."""
        ...


@dataclass(frozen=True)
class TwoTimesTask(Task):
    """Two-time means of the steady state, or their transforms over delays from 0 to infinity,
    ``int dtau e^(-i w tau) (C(tau) - C(inf))``.

    Args:
        asked: which.
        spectral: whether the transforms are meant.
    """

    asked: tuple[Regression, ...] = ()
    spectral: bool = False
    without_times = ("find means at two times of", "correlation")

    @property
    def needs(self) -> type:
        """The capability."""
        return RelatesTimes

    def offer_of(self, engine: Any, system: Any) -> Offer:
        """The engine's answer."""
        return engine.offer_two_times(system, self)


def regression_offer(
    engine: Engine,
    system: OpenSystem,
    asked: tuple[Regression, ...],
    values_of: Callable[[Any, Regression], Values],
) -> Offer:
    """The offer of an engine that finds a steady state and goes on from it.

    Args:
        engine: with the options with which it finds the state.
        system: the system.
        asked: what is asked.
        values_of: values of one mean, from the state.

    Raises:
        DarkstateError: why there is no steady state.
    """
    steady = ask(engine, system)
    if steady.solve is None:
        raise steady.refusal or EngineMismatchError(steady.reason)
    find = steady.solve

    def solve() -> Solution:
        found = find()
        values = tuple(values_of(found.state, each) for each in asked)
        return Solution(TwoTimeMeans(values, found.state), found.report)

    why = "the steady state, and what follows a look at it"
    return replace(steady, method=f"quantum regression, {steady.method}", reason=why, solve=solve)
