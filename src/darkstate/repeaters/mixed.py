"""Chains with dephasing or loss: the solver around `dephased`.

The price is that of the eigenvalues of the partial transpose. Three nodes keep a table of
(2W-1)^2 numbers, and sectors of about ``0.785 W^2/4`` states; longer chains keep W^4 numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from darkstate.checks import check_real
from darkstate.engines.assess import finding, judge
from darkstate.engines.contract import (
    Cost,
    Offer,
    References,
    Solution,
    Task,
    check_memory_limit,
    refused,
)
from darkstate.errors import CapacityError
from darkstate.linalg.threads import on_one_blas_thread
from darkstate.measures import log_negativity, purity
from darkstate.memory import memory_limit
from darkstate.repeaters.dephased import ends_and_rounding
from darkstate.repeaters.dicke import tail_weight, window, window_size
from darkstate.repeaters.exact import LARGEST_ROUNDING
from darkstate.repeaters.refusals import no_evolution
from darkstate.repeaters.window import automatic_window
from darkstate.results import Report, Status
from darkstate.systems.chain import MeasuredChain

TRUSTED_OUTSIDE = 1e-5
"""Weight outside of the circle up to which the log-negativity is good to about 1e-4 ebits."""
CIRCLE_EBITS = 15.0
"""Ebits of a weight outside of the circle, at most: held against whole spaces, see the tests."""
EPS = float(np.finfo(float).eps)
LOSS_ATOMS = 4000
"""With lost atoms the weights of a node are a transform over all (N+1)^2 pairs."""


@dataclass(frozen=True)
class Dephased:
    """Solver of chains with dephasing on any node and loss on the inner ones.

    Args:
        tolerance: weight outside of an automatic window; 1e-7 is c = 5.3, and leaves the
            log-negativity an error of less than 1e-5.
        memory_limit: bytes; by default half of the machine's memory.

    Raises:
        ArgumentError: a number out of range.
    """

    tolerance: float = 1e-7
    memory_limit: float | None = None
    name: ClassVar[str] = "repeater.Dephased"
    accepts: ClassVar[tuple[type, ...]] = (MeasuredChain,)
    initials: ClassVar[tuple[type, ...]] = ()
    references: ClassVar[References] = ()

    def __post_init__(self) -> None:
        remedy = "Give a weight such as 1e-7."
        check_real("tolerance", self.tolerance, above=0.0, below=1.0, remedy=remedy)
        check_memory_limit(self.memory_limit)

    def half_width(self, chain: MeasuredChain) -> float:
        """c of the window: the one asked for, or the one that leaves out `tolerance`."""
        return automatic_window(self.tolerance) if chain.window is None else chain.window

    def offer(self, system: MeasuredChain, task: Task) -> Offer:
        """Whether and how it would solve the chain, with predicted memory and time."""
        chain = system
        if task.times is not None:
            return refused(self.name, no_evolution())
        c = self.half_width(chain)
        size = window_size(chain.atoms, c)
        memory, seconds = _cost(chain, size)
        steps = (
            f"Is the chain free of dephasing and loss? {'yes' if chain.pure else 'no'}",
            f"Window of {size} of {chain.atoms + 1:g} Dicke states (c = {c:.3g})",
            f"Sectors of reflection and swap: {_sectors(chain)}",
        )
        if chain.loss > 0.0 and chain.nodes > 2 and chain.atoms > LOSS_ATOMS:
            why = f"With `loss`, atoms must be <= {LOSS_ATOMS}."
            return refused(self.name, CapacityError(why, "Take fewer atoms."), steps)
        method = "correlator" if chain.nodes == 3 else "pair kernel"
        reason = (
            "closed form of the density matrix, its eigenvalues by symmetry sectors"
            if chain.nodes == 3
            else "the density matrix handed on from node to node, its eigenvalues by sectors"
        )
        limit, smaller = memory_limit(self.memory_limit), ""
        if memory > limit:
            fits = _largest(chain, limit)
            smaller = (
                f"{fits} Dicke states fit, that is about {_atoms_of(fits, c)} atoms at this c. "
                "Take a narrower `window`, fewer atoms or nodes, or allow more `memory_limit`."
            )

        def solve() -> Solution:
            return self._solved(chain, method, reason)

        cost = Cost(memory, seconds)
        return Offer(self.name, reason, method, steps, cost, solve=solve, smaller=smaller)

    @on_one_blas_thread
    def _solved(self, chain: MeasuredChain, method: str, reason: str) -> Solution:
        """The mixed state of the ends, and log-negativity, purity and probability over time.

        Raises:
            NumericalError: the outcomes have no probability.
        """
        k = window(chain.atoms, self.half_width(chain))
        state, rows, rounding = None, [], 0.0
        for t in chain.times:
            state, probability, lost = ends_and_rounding(chain, t, k)
            rounding = max(rounding, lost)
            first, last = chain.labels
            entangled = log_negativity(state, first, last)
            rows.append((entangled, purity(state), math.log2(probability)))
        values = np.array(rows).T
        columns = {
            "log_negativity": values[0],
            "purity": values[1],
            "log2_probability": values[2],
        }
        tail, outside = tail_weight(chain.atoms, k), _outside(chain.atoms, len(k))
        findings = (
            finding("circle", outside, TRUSTED_OUTSIDE),
            finding("improbable outcomes", rounding, LARGEST_ROUNDING, what="the density matrix"),
        )
        report = Report(
            engine=self.name,
            method=method,
            status=Status.CONVERGED,
            error_estimate=CIRCLE_EBITS * outside + 3.0 * len(k) * (rounding + EPS),
            truncation={"window tail": tail, "weight outside of the circle": outside},
            structure=(
                f"window of {len(k)} of {chain.atoms + 1:g} Dicke states",
                reason,
                "the error estimate is that of the log-negativity, in ebits",
            ),
        )
        return Solution(state, judge(report, findings, Status.CONVERGED), columns=columns)


def _outside(atoms: int, size: int) -> float:
    """``exp(-c^2/2)``: weight of the product states outside of the circle in the window.

    Of two numbers of Gaussian distribution it is more than that of either outside of the window.
    """
    return 0.0 if size == atoms + 1 else math.exp(-0.5 * size**2 / atoms)


def _sectors(chain: MeasuredChain) -> int:
    """How many symmetry sectors the state of the ends has, from the chain."""
    reflects = chain.offset == 0.0
    real = chain.nodes == 3 or (chain.nodes % 2 == 1 and reflects)
    swaps = chain.palindromic and real
    return (2 if reflects else 1) * (2 if swaps else 1)


def _cost(chain: MeasuredChain, size: int) -> tuple[float, float]:
    """Peak memory in bytes and seconds."""
    sectors = _sectors(chain)
    whole = size == chain.atoms + 1
    orbits = (1.0 if whole else math.pi / 4.0) * size**2 / sectors
    real = sectors == 4 or (chain.nodes % 2 == 1 and chain.offset == 0.0) or chain.nodes == 3
    word = 8.0 if real else 16.0
    memory = word * orbits**2 * (sectors + 4.0)
    seconds = sectors * orbits**3 * (8e-11 if real else 3.5e-10) + 1e-8 * float(size) ** 4
    if chain.nodes != 3:
        memory = max(memory + word * float(size) ** 4, 16.0 * 3.0 * float(size) ** 4)
        seconds += (chain.nodes - 3) * float(size) ** 5 * 4e-9
    if chain.loss > 0.0:
        memory = max(memory, 100.0 * (chain.atoms + 1.0) ** 2)
    return memory, max(seconds, 1e-3) * len(chain.times)


def _largest(chain: MeasuredChain, limit: float) -> int:
    """The largest window that fits."""
    size = 2
    while _cost(chain, size + 1)[0] <= limit:
        size += 1
    return size


def _atoms_of(size: int, c: float) -> int:
    """The most atoms whose window is no larger."""
    atoms = max(math.floor((size / c) ** 2), size) + 1
    while window_size(atoms, c) > size:
        atoms -= 1
    return atoms
