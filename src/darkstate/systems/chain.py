"""Chains of ensembles whose inner nodes are measured: what a repeater solver reads.

::

    1 ----- 2 ----- 3 ----- ... ----- M        nodes of N two-level atoms each
      +t      -t      +t                       links: exp(+-i t n_j n_(j+1)), all at the same time
            q_2     q_3     ...                S_x of the inner nodes is measured

All nodes start with every atom in ``(|0> + |1>)/sqrt 2``. With n_j the number of excited atoms of
node j, ``H = sum_j (-1)^j n_j n_(j+1)`` acts for the time t, every node dephases at its rate
(``(gamma/2)(Sz^2 rho - 2 Sz rho Sz + rho Sz^2)``, ``Sz = 2n - N``), the inner nodes gain the phase
``exp(i phi n_j)``, and the inner node j is found in the S_x state of ``S_x = 2 q_j - N``. The end
nodes are left in a state of two ensembles, the labels "1" and "M" (M in digits).

This is no Lindbladian with a steady state but a protocol, so it has a description of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from darkstate.checks import check_integer, check_real
from darkstate.errors import ArgumentError

MAX_ATOMS = 10**12
"""Beyond it, products of Dicke numbers within a window are not exact in double precision."""


MAX_ANGLE = 1e9
"""Beyond it, times and offsets leave no phase of large ensembles."""


MAX_NODES = 10**5
"""Long before, the probability of any outcome is below the smallest number of double precision."""


def check_nodes(nodes: Any, minimum: int = 2) -> int:
    """The number M of ensembles in a line.

    Raises:
        ArgumentError: no whole number from `minimum` to `MAX_NODES`.
    """
    remedy = f"Give the number of ensembles, ends included, {minimum} to {MAX_NODES}."
    return check_integer("nodes", nodes, minimum=minimum, maximum=MAX_NODES, remedy=remedy)


@dataclass(frozen=True)
class MeasuredChain:
    """A line of M ensembles of N atoms, entangled by pairs, measured inside.

    Args:
        nodes: M >= 2.
        atoms: N per node, 1 .. 1e12.
        times: one or more interaction times t, 0 .. 1e9, in units of the inverse coupling.
        dephasing: gamma >= 0 of every node, M numbers.
        offset: phi of every inner node, radians.
        outcomes: q_j of the inner nodes 2 .. M-1, each 0 .. N; None for all atoms up, q_j = N.
        loss: fraction 0 .. 1 of the atoms of every inner node that is lost between interaction and
            measurement; the outcome "all up" is then that of the atoms that are left.
        window: half width c of the window of Dicke states, ``|k - N/2| <= c sqrt(N)/2``; None for
            one that is chosen by the weight outside of it.

    Raises:
        ArgumentError: a number out of range, or not as many as there are nodes.
    """

    nodes: int
    atoms: int
    times: tuple[float, ...]
    dephasing: tuple[float, ...]
    offset: float = 0.0
    outcomes: tuple[int, ...] | None = None
    loss: float = 0.0
    window: float | None = None

    def __post_init__(self) -> None:
        check_nodes(self.nodes)
        check_integer("atoms", self.atoms, minimum=1, remedy="Give the atoms of one ensemble.")
        if self.atoms > MAX_ATOMS:
            remedy = "Entanglement grows as log2(sqrt N): extrapolate from there."
            raise ArgumentError("atoms", f"be <= {MAX_ATOMS:g}", self.atoms, remedy)
        if not self.times:
            raise ArgumentError("time", "hold at least one time", self.times, "Give a time.")
        remedy = "Give interaction times >= 0; without dephasing they have the period 2 pi."
        for time in self.times:
            check_real("time", time, minimum=0.0, maximum=MAX_ANGLE, remedy=remedy)
        remedy = f"Give one number, or {self.nodes} numbers."
        self._check_count("dephasing", self.dephasing, self.nodes, remedy)
        for rate in self.dephasing:
            check_real("dephasing", rate, minimum=0.0, remedy="Give a rate, not a gain.")
        remedy = "Give a phase in radians; its period is 2 pi."
        check_real("offset", self.offset, minimum=-MAX_ANGLE, maximum=MAX_ANGLE, remedy=remedy)
        remedy = "Give the lost fraction of the atoms of an inner node."
        check_real("loss", self.loss, minimum=0.0, maximum=1.0, remedy=remedy)
        if self.window is not None:
            remedy = "Give the half width c in units of sqrt(N)/2, such as 3, or leave it out."
            check_real("window", self.window, above=0.0, remedy=remedy)
        self._check_outcomes()

    @staticmethod
    def _check_count(name: str, values: tuple[Any, ...], count: int, remedy: str) -> None:
        if len(values) != count:
            raise ArgumentError(name, f"have {count} entries", values, remedy)

    def _check_outcomes(self) -> None:
        if self.outcomes is None:
            return
        remedy = "Give one number for each inner node, or leave `outcomes` out."
        self._check_count("outcomes", self.outcomes, self.nodes - 2, remedy)
        remedy = f"Give the number of atoms found up, 0 .. {self.atoms}, of each inner node."
        for outcome in self.outcomes:
            if check_integer("outcomes", outcome, minimum=0, remedy=remedy) > self.atoms:
                raise ArgumentError("outcomes", f"be <= {self.atoms}", outcome, remedy)
        if self.loss > 0.0 and not self.all_up:
            remedy = "Leave `outcomes` out: with lost atoms only 'all_up' is defined."
            raise ArgumentError("loss", "be 0 for chosen outcomes", self.loss, remedy)

    @property
    def labels(self) -> tuple[str, str]:
        """The end nodes, ``("1", "M")`` with M in digits."""
        return "1", str(self.nodes)

    @property
    def all_up(self) -> bool:
        """Whether every inner node is found with all atoms up, q_j = N."""
        return self.outcomes is None or all(q == self.atoms for q in self.outcomes)

    @property
    def chosen_outcomes(self) -> tuple[int, ...]:
        """q_2 .. q_(M-1), also where all are N."""
        return (self.atoms,) * (self.nodes - 2) if self.outcomes is None else self.outcomes

    @property
    def pure(self) -> bool:
        """Whether nothing dephases and nothing is lost: the ends are in a pure state."""
        return not np.any(self.dephasing) and (self.loss == 0.0 or self.nodes == 2)

    @property
    def palindromic(self) -> bool:
        """Whether the chain reads the same from both ends (dephasing and outcomes)."""
        q = self.chosen_outcomes
        return self.dephasing == self.dephasing[::-1] and q == q[::-1]
