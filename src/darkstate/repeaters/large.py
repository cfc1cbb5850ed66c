"""Solver for huge ensembles: the density of the Schmidt spectrum from a patch of the lattice.

`darkstate.repeaters.lattice` does the work; here it takes its place among the chain solvers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

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
from darkstate.errors import EngineMismatchError
from darkstate.linalg.threads import on_one_blas_thread
from darkstate.repeaters.exact import READING, ROOT_EBITS, WINDOW_EBITS, by_links
from darkstate.repeaters.lattice import Patch, lattice_density
from darkstate.repeaters.refusals import no_evolution
from darkstate.repeaters.spectral_density import SpectralDensity
from darkstate.results import Report, Status
from darkstate.states import SchmidtState
from darkstate.systems.chain import MeasuredChain

METHOD = "lattice"
LEAST_ATOMS = 10_000
"""Below, the exact window is as fast."""
LARGEST_MISSING = 1e-6
"""Weight that the density may miss."""
LARGEST_ERROR = 1e-3
"""Ebits by which a smaller patch may differ: for two nodes, whose smallest coefficients count."""
LEAST_ERROR = 1e-10
"""Ebits that are not told apart from rounding."""


@dataclass(frozen=True)
class Lattice:
    """Solver of pure chains with all outcomes up, N from 1e4 to 1e12, in milliseconds a point.

    Its local densities of states are summed by the trapezoidal rule: good to about 1e-9 ebits in
    the entropy (``M = 3`` .. 10; 1e-7 otherwise).

    Args:
        memory_limit: bytes; by default half of the machine's memory.

    Raises:
        ArgumentError: a limit that is none.
    """

    memory_limit: float | None = None
    name: ClassVar[str] = "repeater.Lattice"
    accepts: ClassVar[tuple[type, ...]] = (MeasuredChain,)
    initials: ClassVar[tuple[type, ...]] = ()
    references: ClassVar[References] = ()

    def __post_init__(self) -> None:
        check_memory_limit(self.memory_limit)

    def offer(self, system: MeasuredChain, task: Task) -> Offer:
        """Whether it would solve the chain."""
        chain = system
        if task.times is not None:
            return refused(self.name, no_evolution())
        suits = chain.pure and by_links(chain)
        enough = chain.atoms >= LEAST_ATOMS
        steps = (
            f"Pure, all outcomes up, no offset? {'yes' if suits else 'no'}",
            f"At least {LEAST_ATOMS} atoms? {'yes' if enough else 'no'}",
        )
        if not (suits and enough):
            refusal = EngineMismatchError(
                f"It solves pure chains of {LEAST_ATOMS} atoms or more, all outcomes up, no "
                "offset.",
                "Use repeaters.Exact() or repeaters.Dephased().",
            )
            return refused(self.name, refusal, steps)
        reason = "local densities of states on the lattice of coupled Dicke states"
        cost = Cost(5e7, 0.1 * len(chain.times))
        return Offer(self.name, reason, METHOD, steps, cost, solve=lambda: self._solved(chain))

    @on_one_blas_thread
    def _solved(self, chain: MeasuredChain) -> Solution:
        """The Schmidt spectrum of the ends as a density, and its numbers over time."""
        m, patch = chain.nodes, Patch.suited(chain.nodes)
        found = [lattice_density(chain.atoms, t, patch=patch) for t in chain.times]
        others = [lattice_density(chain.atoms, t, patch=patch.smaller()) for t in chain.times]
        columns = {
            "entropy": np.array([each.entropy(m) for each in found]),
            "log_negativity": np.array([each.log_negativity(m) for each in found]),
            "log2_probability": np.array([_log2_probability(each, m) for each in found]),
        }
        missing = max(abs(each.trace_power(1.0) - 1.0) for each in found)
        changes = (_change(*pair, m) for pair in zip(found, others, strict=True))
        least = ROOT_EBITS if m == 2 else LEAST_ERROR
        error = least + WINDOW_EBITS * missing + max(changes)
        findings = (
            finding("density of the spectrum", missing, LARGEST_MISSING),
            finding("patch", error, LARGEST_ERROR),
        )
        report = Report(
            engine=self.name,
            method=METHOD,
            status=Status.CONVERGED,
            residual=missing,
            margin=0.0,  # a pure state has no negative eigenvalue
            error_estimate=error,
            structure=(
                f"patch of the lattice, {len(found[-1].values)} nodes of the density",
                READING,
            ),
        )
        report = judge(report, findings, Status.CONVERGED)
        return Solution(_state(chain, found[-1]), report, columns=columns)


def _change(found: SpectralDensity, other: SpectralDensity, nodes: int) -> float:
    """Largest change of entropy and log-negativity between two patches."""
    numbers = ((each.entropy(nodes), each.log_negativity(nodes)) for each in (found, other))
    return max(abs(a - b) for a, b in zip(*numbers, strict=True))


def _log2_probability(density: SpectralDensity, nodes: int) -> float:
    top = float(density.values.max())
    relative = density.values / top
    return float(np.log2(density.counts @ relative ** (nodes - 1))) + (nodes - 1) * math.log2(top)


def _state(chain: MeasuredChain, density: SpectralDensity) -> SchmidtState:
    order = np.argsort(density.values)[::-1]
    relative, counts = density.values[order] / density.values.max(), density.counts[order]
    s = relative ** (0.5 * (chain.nodes - 1))
    kept = s > 0.0
    s, counts = s[kept], counts[kept]
    s = s / math.sqrt(float(counts @ s**2))
    return SchmidtState(chain.labels, (chain.atoms + 1,) * 2, s, counts)
