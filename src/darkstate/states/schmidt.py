"""Pure states of two large systems, known by their Schmidt coefficients alone.

Two ensembles of a million atoms have 1e12 amplitudes, but

    |psi> = sum_k s_k |a_k>|b_k>,   s_1 >= s_2 >= ... >= 0,   sum_k s_k^2 = 1,

and every measure of the entanglement between the two needs the s_k only. The vectors are not kept.
Where even those are too many, a coefficient may stand for a (not necessarily whole) number of them:
a density of the Schmidt spectrum, with ``sum_k n_k f(s_k)`` for the sum over all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_reals
from darkstate.display import state_text
from darkstate.errors import ArgumentError, UnphysicalError
from darkstate.states.subsystems import TOLERANCE, check_subsystems


@dataclass(frozen=True, eq=False, repr=False)
class SchmidtState:
    """A pure state of two subsystems up to local unitaries.

    Args:
        labels: names of the two subsystems.
        dimensions: their dimensions; N + 1 for the symmetric states of N atoms.
        coefficients: (r,) Schmidt coefficients s >= 0, largest first.
        counts: (r,) how many coefficients each of them stands for; one each if left out.
            ``sum_k n_k s_k^2`` is one within 1e-8.

    Raises:
        ArgumentError: not two labels, coefficients that are not finite, real and sorted, more of
            them than dimensions, or not as many counts.
        UnphysicalError: the norm is not one.
    """

    labels: tuple[str, ...]
    dimensions: tuple[int, ...]
    coefficients: NDArray[np.float64]
    counts: NDArray[np.float64] | None = None

    def __repr__(self) -> str:
        return state_text(self, self.labels, " x ".join(map(str, self.dimensions)))

    def __post_init__(self) -> None:
        labels, dimensions = check_subsystems(self.labels, self.dimensions)
        if len(labels) != 2:
            remedy = "Use a PureState for more parties."
            raise ArgumentError("labels", "name two subsystems", labels, remedy)
        rule = "be finite numbers >= 0, largest first"
        s = check_reals("coefficients", self.coefficients, rule=rule, remedy="Sort them.")
        ordered = s.ndim == 1 and len(s) > 0 and bool(np.all(np.diff(s) <= 0) and s[-1] >= 0)
        if not ordered or not np.all(np.isfinite(s)):
            raise ArgumentError("coefficients", rule, s, "Sort them.")
        if self.counts is None and len(s) > min(dimensions):
            rule = f"be at most {min(dimensions)}, the smaller dimension"
            raise ArgumentError("coefficients", rule, len(s), "Drop what is zero.")
        rule, remedy = "be one number >= 0 per coefficient", "Leave them out for a plain spectrum."
        given = np.ones(len(s)) if self.counts is None else self.counts
        counts = check_reals("counts", given, rule=rule, remedy=remedy)
        if counts.shape != s.shape or not np.all(counts >= 0):
            raise ArgumentError("counts", rule, counts, remedy)
        norm = float(np.sqrt(counts @ s**2))
        if abs(norm - 1.0) > TOLERANCE:
            raise UnphysicalError("coefficients", "have norm 1", norm, "Divide by their norm.")
        for name, value in (("labels", labels), ("dimensions", dimensions), ("coefficients", s)):
            object.__setattr__(self, name, value)
        if self.counts is not None:
            object.__setattr__(self, "counts", counts)

    @property
    def multiplicities(self) -> NDArray[np.float64]:
        """``n_k``: the counts, or ones."""
        return np.ones(len(self.coefficients)) if self.counts is None else self.counts

    @property
    def effective_rank(self) -> float:
        """``1/sum n s^4``, the number of equal Schmidt coefficients with the same purity."""
        return 1.0 / float(self.multiplicities @ self.coefficients**4)
