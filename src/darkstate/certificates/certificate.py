"""Certificate: a verdict on genuine multipartite entanglement, with the evidence for it.

Three verdicts, each with what anybody can check again in plain linear algebra:

* ``certified``: `witness` is decomposable for every bipartition, and ``Tr(W rho)`` stays below zero
  with everything that may be wrong about rho: *genuinely multipartite entangled*;
* ``not detected``: `mixture` is a PPT mixture, no farther from rho than rho is known: no witness of
  this kind detects it. Whether it is biseparable is another question;
* ``undecided``: neither was proven; both attempts are kept.

*Entangled across every cut* is a weaker statement, of which `crossed` tells; mixtures of states
that are each separable across some cut may have that too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from darkstate.certificates.cheap import cut_sides
from darkstate.certificates.mixture import PPTMixture
from darkstate.certificates.witness import Side, Witness
from darkstate.display import ToldInLines
from darkstate.linalg.bounds import EPS, negative_sum
from darkstate.results import Report, Result, Status
from darkstate.results.storage import save_result, storable
from darkstate.states import DensityState

CERTIFIED, NOT_DETECTED, UNDECIDED = "certified", "not detected", "undecided"

CLOSE = 1e-6
"""A PPT mixture within this trace distance counts, however well the state is known."""


@storable
@dataclass(frozen=True, eq=False, repr=False)
class Certificate(ToldInLines):
    """What was proven about one state.

    Args:
        state: the state that was looked at.
        error: by how much it may be off, in trace norm: as told, and what it lacks of a state
            (trace one, no negative eigenvalues).
        witness: a decomposable witness, to be measured; None where a positive partial transpose
            left nothing to look for.
        mixture: the PPT mixture that was found; None without a semidefinite programme or a positive
            partial transpose.
        negativity: proven lower bound of the renormalised genuine multiparticle negativity of
            `state`, with all ``Q_M <= 1``; for an error of zero the value itself, up to the
            solver's digits, where the semidefinite programme was solved.
        margin: what is left of `negativity` if `state` is off by `error`; > 0 iff certified.
        distance: bound on the trace norm between the state and the mixture.
        transposes: (cuts,) smallest eigenvalue of the partial transpose on each of `sides`; NaN
            where only marginals are known.
        method: which test decided.
        notes: structure that was used, the solver, and remarks.
        tightest: the decomposable witness that proves `negativity`, if that is another one: of
            nearly pure states its range is so large that noise spoils it.
    """

    state: DensityState
    error: float
    witness: Witness | None
    mixture: PPTMixture | None
    negativity: float
    margin: float
    distance: float
    transposes: np.ndarray
    method: str
    notes: tuple[str, ...] = field(default=())
    tightest: Witness | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The subsystems."""
        return self.state.labels

    @property
    def sides(self) -> tuple[Side, ...]:
        """The side without the first subsystem of each bipartition."""
        return cut_sides(self.labels)

    @property
    def verdict(self) -> str:
        """One of "certified", "not detected", "undecided"; recomputed from the evidence."""
        proofs = [each for each in (self.witness, self.tightest) if each is not None]
        below = all(sum(each.value(self.state.matrix)) < 0.0 for each in proofs)
        if self.margin > 0.0 and proofs and below and all(each.proven for each in proofs):
            return CERTIFIED
        near = self.distance <= max(self.error, CLOSE)
        return NOT_DETECTED if near and self.mixture and self.mixture.proven else UNDECIDED

    @property
    def crossed(self) -> tuple[Side, ...]:
        """Sides of the bipartitions across which the state is entangled, `error` included.

        By the partial transpose. Its mean value in a vector with Schmidt coefficients s_1 >= s_2
        ... is that of a matrix with eigenvalues from ``-s_1 s_2`` to ``s_1^2``, so an error in
        trace norm changes it by at most ``(s_1^2 + s_1 s_2)/2 <= (1 + sqrt(2))/4`` of the error.
        All of them are "entangled across every cut", which is not genuinely multipartite.
        """
        slack = 0.25 * (1 + 2**0.5) * self.error + 40 * len(self.state.matrix) ** 2 * EPS
        pairs = zip(self.sides, self.transposes.tolist(), strict=True)
        return tuple(side for side, lowest in pairs if lowest < -slack)

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        cuts, parties = len(self.sides), len(self.labels)
        what = "genuinely multipartite entangled" if parties > 2 else "entangled"
        seen = bool(np.all(np.isfinite(self.transposes)))
        count = len(self.crossed)
        across = f"each of the {cuts} cuts" if count == cuts else f"{count} of {cuts} cuts"
        if self.verdict == CERTIFIED:
            return f"certified: {what}, negativity at least {self.margin:.6g}"
        if self.verdict == NOT_DETECTED:
            found = f"not detected as {what}: a PPT mixture at trace distance {self.distance:.2g}"
        else:
            found = f"undecided whether {what}: neither witness nor PPT mixture was proven"
        return f"{found}; entangled across {across}" if parties > 2 and seen else found

    def noise_tolerance(self) -> float:
        """Share p of white noise up to which this witness certifies ``(1-p) rho + p 1/D``.

        0 where it certifies nothing. Another witness may tolerate more: see
        `darkstate.certificates.noise_tolerance`.
        """
        if self.verdict != CERTIFIED or self.witness is None:
            return 0.0
        trace = float(np.trace(self.witness.matrix).real) / len(self.witness.matrix)
        gain = self.margin * self.witness.scale
        if self.tightest is not None:
            gain = -sum(self.witness.value(self.state.matrix)) - self.witness.excess(self.error)
        return gain / (gain + trace) * (1 - 1e-12)

    def lines(self) -> list[tuple[str, str]]:
        """``(what, value)`` rows in the order in which people read them."""
        rows = [
            ("verdict", self.sentence),
            ("subsystems", " ".join(self.labels)),
            ("decided by", self.method),
            ("genuine negativity", f"{self.negativity:.6g}"),
            ("left with errors", f"{self.margin:.6g}"),
            ("error of the state", f"{self.error:.2g}"),
        ]
        if self.verdict == CERTIFIED:
            rows.append(
                ("white noise", f"this witness: up to {100 * self.noise_tolerance():.3g} %")
            )
        return rows + [("note", line) for line in self.notes]

    def save(self, path: str | Path, overwrite: bool = False) -> Path:
        """Write it to a zarr store, from which `darkstate.load_result(path).state` reads it.

        Raises:
            ArgumentError: `path` cannot be written, or something is there (without `overwrite`).
        """
        return save_certificate(self, self.method, self.notes, path, overwrite)


def save_certificate(
    certificate: Any, method: str, notes: tuple[str, ...], path: str | Path, overwrite: bool
) -> Path:
    """Store a certificate as the state of a result of the engine "certify"."""
    status = Status.CERTIFIED if certificate.verdict == CERTIFIED else Status.CONVERGED
    report = Report(
        engine="certify",
        method=method,
        status=status,
        margin=0.0,
        error_estimate=float(np.max(certificate.error)),
        structure=notes,
    )
    return save_result(Result(certificate, report), path, overwrite)


def knowledge(state: DensityState, error: float) -> float:
    """`error` and what a matrix lacks of a state: trace one, no negative eigenvalues."""
    matrix = state.matrix
    trace = abs(1.0 - float(np.trace(matrix).real))
    negative = negative_sum(matrix)
    rounding = 4 * len(matrix) * EPS
    return (
        error
        + (trace if trace > rounding else 0.0)
        + (2 * negative if negative > rounding else 0.0)
    )
