"""Pure chains: Schmidt coefficients of the end nodes in a window of Dicke states.

* All outcomes up and no offset: the spectrum of one link (`links`), raised to the power M - 1, for
  any M at the price of one link; N = 1e6 in seconds.
* Any outcomes, any offset: the amplitude matrix in real blocks (`window`), singular values of
  those.

The window is the only approximation. A node has the weight `tail_weight` outside of it, and so
have the ends after the measurement, if the outcomes are all up; under other outcomes of
probability p it is at most ``2 tail/p``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

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
from darkstate.errors import CapacityError, EngineMismatchError, NumericalError
from darkstate.linalg.threads import on_one_blas_thread
from darkstate.repeaters.dicke import tail_weight, window, window_size
from darkstate.repeaters.links import band_seconds, folded, link_spectrum, rank_seconds
from darkstate.repeaters.refusals import no_evolution
from darkstate.repeaters.window import (
    Integers,
    amplitude_blocks,
    automatic_window,
    inner_window,
    singular_values,
)
from darkstate.results import Report, Status
from darkstate.states import SchmidtState
from darkstate.systems.chain import MeasuredChain

Reals = NDArray[np.float64]

TRUSTED_TAIL = 1e-9
"""Weight outside of the window up to which numbers are good to about eight digits."""
MAX_WINDOW = 400_000
"""Dicke states per window; N = 3e9. A larger one takes days."""
_DIRECT = 2400
"""Window up to which one link (M = 2) is diagonalised itself, as the square root of its Gram
spectrum is known to 1e-8 only, which the sum of all Schmidt coefficients feels."""
LARGEST_LEFT_OUT = 1e-6
"""Weight outside of the window beyond which numbers are suspect."""
LARGEST_ROUNDING = 1e-8
"""Part of the amplitudes, or of the density matrix, that rounding may take."""
WINDOW_EBITS = 25.0
"""Ebits of a weight outside of the window, at most: held against whole spaces, see the tests."""
ROUNDING_EBITS = 60.0
"""Ebits of a relative error of amplitudes, if that is not smaller than rounding."""
ROOT_EBITS = 1e-6
"""Ebits by which the sum of coefficients is off if they are roots of what is known to 1e-16."""
LINK_ROUNDING = 1e-15
"""Absolute error of the spectrum of a link."""
SMALLER = (
    "Take a narrower `window`, fewer atoms, or the large-N formulas of darkstate.repeaters; or "
    "allow more `memory_limit`."
)
READING = "the error estimate is that of entropy and log-negativity, in ebits"
_SAMPLED_TIMES, _TIME = 16, 5e-3
"""Times whose spectra are priced, and seconds of each besides."""
_FLOOR = 1e-300


@dataclass(frozen=True)
class Spectrum:
    """Schmidt coefficients at one time.

    Args:
        coefficients: (r,) s_k, largest first, squares summing to one.
        log_probability: natural logarithm of the probability of the outcomes.
        rounding: relative error of the amplitudes by cancellation.
        residual: gap in a sum that is known exactly.
    """

    coefficients: Reals
    log_probability: float
    rounding: float = 0.0
    residual: float | None = None

    @property
    def entropy(self) -> float:
        """``-sum s^2 log2 s^2``, ebits."""
        p = self.coefficients**2
        p = p[p > 0.0]
        return float(-np.sum(p * np.log2(p))) + 0.0

    @property
    def log_negativity(self) -> float:
        """``2 log2 sum s``, ebits."""
        return 2.0 * math.log2(float(np.sum(self.coefficients))) + 0.0


def chain_spectrum(chain: MeasuredChain, time: float, k: Integers, c: float) -> Spectrum:
    """Schmidt coefficients of the end nodes of a pure chain at one time.

    Args:
        chain: without dephasing and loss.
        time: t.
        k: (W,) window of the end nodes.
        c: its half width in units of ``sqrt(N)/2``.

    Raises:
        NumericalError: the outcomes have no probability.
    """
    if by_links(chain) and (chain.nodes > 2 or len(k) > _DIRECT):
        g = link_spectrum(chain.atoms, time, k)
        known = 1.0 - tail_weight(chain.atoms, k)
        return power_spectrum(g, chain.nodes, abs(float(np.sum(g)) - known))
    inner = inner_window(chain.atoms, c)
    outcomes = chain.chosen_outcomes
    blocks = amplitude_blocks(chain.atoms, time, k, outcomes, chain.offset, inner)
    s = singular_values(blocks.matrices)
    norm = float(np.linalg.norm(s))
    if norm <= _FLOOR or blocks.rounding > 0.1:
        raise NumericalError(
            f"The `outcomes` {_shown(outcomes)} have no probability at time {time:.6g}, or none "
            "that rounding leaves visible. Choose outcomes that can occur, or another time."
        )
    residual = None
    if chain.nodes == 2:
        residual = abs(norm**2 - (1.0 - tail_weight(chain.atoms, k)) ** 2)
    s = s[: chain.atoms + 1] / norm
    return Spectrum(s, 2.0 * math.log(norm), blocks.rounding, residual)


def power_spectrum(g: Reals, nodes: int, residual: float | None = None) -> Spectrum:
    """Coefficients of M nodes from the Gram spectrum g of one link: ``s^2 ~ g^(M-1)``."""
    positive = g[g > 0.0]
    logs = (nodes - 1) * np.log(positive)
    shifted = np.exp(logs - logs[0])
    total = float(np.sum(shifted))
    s = np.sqrt(shifted / total)
    rounding = (nodes - 1) * LINK_ROUNDING / float(positive[0])
    return Spectrum(s, float(logs[0]) + math.log(total), rounding, residual)


def by_links(chain: MeasuredChain) -> bool:
    """Whether the chain is a power of one link: all up, and no offset on an inner node."""
    return chain.all_up and (chain.offset == 0.0 or chain.nodes == 2)


def _shown(outcomes: tuple[int, ...]) -> str:
    listed = ", ".join(map(str, outcomes[:4])) + (", ..." if len(outcomes) > 4 else "")
    return f"({listed})"


@dataclass(frozen=True)
class Exact:
    """Solver of pure chains: exact but for the window.

    Args:
        tolerance: weight outside of an automatic window; 1e-12 is c = 7.1.
        memory_limit: bytes; by default half of the machine's memory.

    Raises:
        ArgumentError: a number out of range.
    """

    tolerance: float = 1e-12
    memory_limit: float | None = None
    name: ClassVar[str] = "repeater.Exact"
    accepts: ClassVar[tuple[type, ...]] = (MeasuredChain,)
    initials: ClassVar[tuple[type, ...]] = ()
    references: ClassVar[References] = ()

    def __post_init__(self) -> None:
        remedy = "Give a weight such as 1e-12."
        check_real("tolerance", self.tolerance, above=0.0, below=1.0, remedy=remedy)
        check_memory_limit(self.memory_limit)

    def half_width(self, chain: MeasuredChain) -> float:
        """c of the window: the one asked for, or the one that leaves out `tolerance`.

        The sum of the Schmidt coefficients of one link feels amplitudes, so that M = 2 takes the
        window that leaves out ``tolerance^2``.
        """
        if chain.window is not None:
            return chain.window
        c = automatic_window(self.tolerance)
        return math.sqrt(2.0) * c if chain.nodes == 2 else c

    def offer(self, system: MeasuredChain, task: Task) -> Offer:
        """Whether and how it would solve the chain, with predicted memory and time."""
        chain = system
        if task.times is not None:
            return refused(self.name, no_evolution())
        if not chain.pure:
            refusal = EngineMismatchError("It solves pure chains.", "Use repeaters.Dephased().")
            steps: tuple[str, ...] = ("Is the chain free of dephasing and loss? no",)
            return refused(self.name, refusal, steps)
        c = self.half_width(chain)
        size, links = window_size(chain.atoms, c), by_links(chain)
        steps = (
            "Is the chain free of dephasing and loss? yes",
            f"Is every outcome all up, without offset? {'yes' if links else 'no'}",
            f"Window of {size} of {chain.atoms + 1:g} Dicke states (c = {c:.3g})",
        )
        if size > MAX_WINDOW:
            why = f"A window of {size} Dicke states would need days; {MAX_WINDOW} are done."
            return refused(self.name, CapacityError(why, SMALLER), steps)
        if links and (chain.nodes > 2 or size > _DIRECT):
            memory, seconds = _link_cost(chain, c)
        else:
            memory, seconds = _block_cost(chain, size)
        method = "link spectrum" if links else "amplitude blocks"
        reason = (
            f"the (M-1)-th power of one link's spectrum, M = {chain.nodes}"
            if links
            else "product of matrices in the window, in blocks of parity where there is no offset"
        )
        cost = Cost(memory, seconds)

        def solve() -> Solution:
            return self._solved(chain, method, reason)

        return Offer(self.name, reason, method, steps, cost, solve=solve, smaller=SMALLER)

    @on_one_blas_thread
    def _solved(self, chain: MeasuredChain, method: str, reason: str) -> Solution:
        """Schmidt coefficients of the ends, and entropy, log-negativity, probability over time.

        Raises:
            NumericalError: the outcomes have no probability.
        """
        c = self.half_width(chain)
        k = window(chain.atoms, c)
        found = [chain_spectrum(chain, t, k, c) for t in chain.times]
        columns = {
            "entropy": np.array([each.entropy for each in found]),
            "log_negativity": np.array([each.log_negativity for each in found]),
            "log2_probability": np.array([each.log_probability for each in found]) / math.log(2.0),
        }
        kept = found[-1].coefficients
        state = SchmidtState(chain.labels, (chain.atoms + 1,) * 2, kept[kept > 0.0])
        report = _report(chain, k, found, (self.name, method, reason))
        return Solution(state, report, columns=columns)


def _report(
    chain: MeasuredChain,
    k: Integers,
    found: list[Spectrum],
    by: tuple[str, str, str],
) -> Report:
    """The report; `by` is the engine, its method, and the reason for it."""
    name, method, reason = by
    tail = tail_weight(chain.atoms, k)
    truncation = {"window tail": tail}
    worst = tail
    if chain.nodes == 2:
        worst = math.sqrt(tail)
        truncation["window tail as an amplitude"] = worst
    elif not by_links(chain):
        least = min(each.log_probability for each in found)
        worst = min(1.0, 2.0 * tail * math.exp(min(-least, 700.0)))
        truncation["window tail under these outcomes (bound)"] = worst
    residuals = [each.residual for each in found if each.residual is not None]
    residual = max(residuals) if residuals else None
    rounding = max(each.rounding for each in found)
    error = max(_ebits_off(worst, each, len(k)) for each in found)
    if chain.nodes == 2 and len(k) > _DIRECT:
        error += ROOT_EBITS
    findings = (
        finding("window", worst, LARGEST_LEFT_OUT, c=len(k) / math.sqrt(chain.atoms)),
        finding("improbable outcomes", rounding, LARGEST_ROUNDING, what="the amplitudes"),
    )
    good = residual is not None and residual < TRUSTED_TAIL and worst < TRUSTED_TAIL
    best = Status.CERTIFIED if good else Status.CONVERGED
    structure = (f"window of {len(k)} of {chain.atoms + 1:g} Dicke states", reason, READING)
    report = Report(
        engine=name,
        method=method,
        status=best,
        residual=residual,
        margin=0.0,  # a pure state has no negative eigenvalue
        error_estimate=error,
        truncation=truncation,
        structure=structure,
    )
    return judge(report, findings, best)


def _ebits_off(tail: float, found: Spectrum, size: int) -> float:
    """Estimated error of entropy and log-negativity in ebits.

    A weight outside of the window counts some twenty times. Coefficients that are off by e in the
    norm change the entropy by up to ``e log2 1/e`` and more, and their sum by ``sqrt(W) e``.
    """
    spread = math.sqrt(size) / float(np.sum(found.coefficients))
    return WINDOW_EBITS * tail + (ROUNDING_EBITS + 3.0 * spread) * found.rounding


def _link_cost(chain: MeasuredChain, c: float) -> tuple[float, float]:
    """Memory and time of the link spectra, from the band widths at some of the times."""
    k = window(chain.atoms, c)
    step = max(1, len(chain.times) // _SAMPLED_TIMES)
    sampled = chain.times[::step]
    memory, seconds = 0.0, 0.0
    for t in sampled:
        half = folded(chain.atoms, t, k)
        n, band = len(half.kappa), half.band
        banded, ranked = band_seconds(n, band), rank_seconds(n, band)
        rank = min(n, 24.0 * n / band + 40.0)
        numbers = 3.0 * n * min(band, n) if banded <= ranked else 3.0 * n * rank + rank**2
        numbers = min(numbers, 6.0 * n**2) + 40.0 * n
        memory, seconds = max(memory, 8.0 * numbers), seconds + 2.0 * min(banded, ranked)
    return memory, (seconds / len(sampled) + _TIME) * len(chain.times)


def _block_cost(chain: MeasuredChain, size: int) -> tuple[float, float]:
    """Memory and time of products and singular values of amplitude blocks."""
    inner = 1.42 * size
    folds = chain.offset == 0.0
    halved = 0.5 if folds else 1.0
    real = folds or chain.nodes == 3
    numbers = 7.0 * (halved * size) * (halved * (size if chain.nodes == 3 else inner))
    steps = 2 * (chain.nodes - 2) if chain.nodes > 3 else 0  # once more by trial
    work = (halved * size) ** 3 * 1.8e-10 + steps * (halved * inner) ** 3 * 5e-11
    cost = work * (2.0 if folds else 1.0) * (1.0 if real else 4.0)
    return numbers * (8.0 if real else 16.0), cost * len(chain.times)
