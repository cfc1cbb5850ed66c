"""A repeater of atomic ensembles: neighbours interact, inner nodes are measured.

::

    1 --+-- 2 ---- 3 --+-- ... --- M       M ensembles of N two-level atoms, all in |+>
           q_2    q_3                      inner nodes measured in the basis of S_x

The number of steps does not depend on N, and the ends share about ``(1/2) log2 N`` ebits, near half
of the most that N + 1 states can hold. At the *magic times* ``t = 2 pi a/b`` of large ensembles it
is ``log2 b`` ebits, through any number of nodes.

The model is no Lindbladian with a steady state, but a protocol: it has a ``chain()`` instead of a
``system()``, and ``darkstate.solve`` takes it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from typing import ClassVar, Literal

import numpy as np

from darkstate.checks import check_integer, check_reals
from darkstate.errors import ArgumentError
from darkstate.models.base import RATE, Example, Parameters, Truth, freeze, freeze_per_site, usual
from darkstate.systems.chain import MeasuredChain, check_nodes

MAGIC_ATOMS = 1000
"""From here on ``log2 b`` is the entanglement of small magic times to 1e-10."""
_REFERENCE = "Li, Hu, Lazarev, Raghoonanan, Ivannikov, Pyrkov, Byrnes, arXiv:2603.06085 (2026)"


@dataclass(frozen=True)
class EnsembleRepeater(Parameters):
    """Energy rates (``(gamma/2)(Sz^2 rho - 2 Sz rho Sz + Sz^2 rho)``): M ensembles in a line.

    ``H = sum_j (-1)^j n_j n_(j+1)`` for a time t, with n_j the number of excited atoms of node j
    (0 .. N) and ``Sz = 2n - N``; all nodes start in ``|+>^N``; then the phase ``e^(i phi n)`` on
    the inner nodes, which are found in the states ``S_x = 2 q_j - N``. Labels "1" and "M".

    Args:
        nodes: M >= 2 ensembles.
        atoms: N >= 1 atoms per ensemble, up to 1e12.
        time: interaction time t, 0 .. 1e9, in units of the inverse coupling (period 2 pi up to
            local gates), one or several: then the result has a table over them.
        dephasing: gamma >= 0 of the Sz dephasing during the interaction, in units of the coupling;
            one number or M numbers.
        offset: phi in radians, on every inner node.
        outcomes: "all_up" for q_j = N on every inner node, or the M-2 numbers q_j, each 0 .. N.
        window: half width c of the window of Dicke states, in units of ``sqrt(N)/2``; chosen by the
            weight outside of it if left out.
        loss: fraction 0 .. 1 of the atoms of each inner node lost between interaction and
            measurement; needs "all_up", which is then that of the atoms that are left.

    Raises:
        ArgumentError: wrong number of values or out of range; `loss` with chosen outcomes.

    Source: Li et al., "Macroscopic entanglement distribution with atomic ensembles" (2026); Pyrkov,
    Lazarev, Byrnes, Adv. Quantum Technol. 8, 2400524 (2025).
    """

    nodes: int = field(metadata=usual(2, 10))
    atoms: int = field(metadata=usual(1, 400))
    time: float | Sequence[float] = field(metadata={"unit": "time"} | usual(0, 3.2))
    dephasing: float | Sequence[float] = field(default=0.0, metadata=RATE | usual(0, 0.5))
    offset: float = field(default=0.0, metadata=usual(-3.14, 3.14))
    outcomes: Literal["all_up"] | Sequence[int] = "all_up"
    window: float | None = field(default=None, metadata=usual(1, 20))
    loss: float = field(default=0.0, metadata=usual(0, 0.5))
    references: ClassVar[tuple[str, ...]] = ("li2026", "pyrkov2025")
    example: ClassVar[Example] = {"nodes": 3, "atoms": 100, "time": 1.5}
    example_measures: ClassVar[tuple[str, ...]] = ("log_negativity", "entropy")

    def __post_init__(self) -> None:
        freeze(self, "nodes", check_nodes(self.nodes))
        freeze(self, "atoms", check_integer("atoms", self.atoms, minimum=1))
        freeze_per_site(self, "dephasing", self.nodes, minimum=0.0)
        self._freeze_time()
        self._freeze_outcomes()
        for name in ("offset", "loss", "window"):
            value = getattr(self, name)
            if isinstance(value, int | np.integer | np.floating) and not isinstance(value, bool):
                with suppress(OverflowError):  # the chain refuses what is too large
                    freeze(self, name, float(value))
        self.system()  # refuses what is left

    def _freeze_time(self) -> None:
        remedy, rule = "Give one time, or a list of times.", "be a real number or a list of them"
        times = check_reals("time", self.time, rule=rule, remedy=remedy)
        if times.ndim > 1:
            raise ArgumentError("time", rule, self.time, remedy)
        values = times.tolist()
        freeze(self, "time", tuple(values) if times.ndim else values)

    def _freeze_outcomes(self) -> None:
        given = self.outcomes
        if isinstance(given, str):
            if given != "all_up":
                remedy = "Give the number of atoms found up in each inner node."
                raise ArgumentError("outcomes", "be 'all_up' or M-2 numbers", given, remedy)
            return
        if not isinstance(given, Sequence | np.ndarray) or not np.ndim(given):
            remedy = "Give a list, also for a single inner node."
            raise ArgumentError("outcomes", "be 'all_up' or M-2 numbers", given, remedy)
        whole = [int(q) if isinstance(q, np.integer) else q for q in given]
        freeze(self, "outcomes", tuple(whole))

    @property
    def times(self) -> tuple[float, ...]:
        """The interaction times as a tuple."""
        return (float(self.time),) if isinstance(self.time, int | float) else tuple(self.time)

    def system(self) -> MeasuredChain:
        """The nodes, links and measurements."""
        rates = np.broadcast_to(np.asarray(self.dephasing, float), self.nodes).tolist()
        outcomes = None if isinstance(self.outcomes, str) else tuple(self.outcomes)
        return MeasuredChain(
            self.nodes,
            self.atoms,
            self.times,
            tuple(rates),
            self.offset,
            outcomes,
            self.loss,
            self.window,
        )

    def truths(self) -> tuple[Truth, ...]:
        """What is known exactly of the ends at a single time, all up, without imperfection.

        One atom per node at any time (a link has the Schmidt coefficients cos and sin of
        ``t/4``), and ``log2 b`` at the magic times ``2 pi a/b`` of large ensembles.
        """
        chain = self.system()
        if not chain.pure or not chain.all_up or self.offset != 0.0 or len(self.times) != 1:
            return ()
        if self.atoms == 1:
            return _single_atoms(chain)
        turns = Fraction(self.times[0] / (2.0 * math.pi)).limit_denominator(12)
        on_time = abs(self.times[0] - 2.0 * math.pi * float(turns)) < 1e-12
        wide = self.atoms >= MAGIC_ATOMS and (self.window is None or self.window >= 6.0)
        return _magic(chain, turns) if on_time and wide else ()


def _single_atoms(chain: MeasuredChain) -> tuple[Truth, ...]:
    angle = math.fmod(chain.times[0], 2.0 * math.pi) / 4.0
    weights = np.array([math.cos(angle) ** 2, math.sin(angle) ** 2]) ** (chain.nodes - 1)
    p = weights / np.sum(weights)
    entropy = float(-np.sum(p[p > 0.0] * np.log2(p[p > 0.0])))
    negativity = 2.0 * math.log2(float(np.sum(np.sqrt(p))))
    statement = "N = 1: Schmidt weights cos^2(M-1)(t/4) and sin^2(M-1)(t/4), normalised"
    return _pair(chain, entropy, negativity, statement)


def _magic(chain: MeasuredChain, turns: Fraction) -> tuple[Truth, ...]:
    b = turns.denominator
    statement = f"t = 2 pi {turns}: log2 {b} ebits, up to exp(-N (pi/b)^2/2), for every M"
    return _pair(chain, math.log2(b), math.log2(b), statement)


def _pair(
    chain: MeasuredChain, entropy: float, negativity: float, statement: str
) -> tuple[Truth, ...]:
    first, last = chain.labels
    return (
        Truth("entropy", (first,), entropy, statement, _REFERENCE),
        Truth("log_negativity", (first, last), negativity, statement, _REFERENCE),
    )
