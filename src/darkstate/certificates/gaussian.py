"""Certificates of Gaussian states, and of all states with known second moments.

The semidefinite programme of Hyllus and Eisert: minimise ``Tr(Z V)`` over Z >= 0 with, for each
bipartition that is to be excluded, an antisymmetric K without entries between its sides,

    Z_A + Z_B + i K >= 0,   -Tr(Omega K)/2 >= 1.

A minimum below one proves it. Errors of the entries of V enter as ``error * sum |Z_ij|``, which is
minimised along; the same term alone makes a witness sparse.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from darkstate.certificates.certificate import (
    CERTIFIED,
    CLOSE,
    NOT_DETECTED,
    UNDECIDED,
    save_certificate,
)
from darkstate.certificates.cheap import cut_sides
from darkstate.certificates.covariance import (
    CovarianceMixture,
    CovarianceWitness,
    Cuts,
    Real,
    exact_mixture,
    exact_witness,
    within,
)
from darkstate.certificates.witness import Side, cuts_of
from darkstate.display import ToldInLines
from darkstate.errors import ArgumentError, CapacityError, UnphysicalError
from darkstate.linalg.bounds import EPS
from darkstate.linalg.semidefinite import Inequality, minimise
from darkstate.linalg.symplectic import partial_transpose, symplectic_form
from darkstate.results.storage import storable

MAX_MODES = 8
_KEPT = 0.5
"""Share of the violation that a sparse witness keeps."""
_ROUNDING = 1e-9
_SMALL = 1e-4
"""Weights below this fraction of the largest are left out of a sparse witness."""


@storable
@dataclass(frozen=True, eq=False, repr=False)
class CovarianceCertificate(ToldInLines):
    """What was proven from second moments.

    Args:
        labels: the N modes.
        covariance: (2N, 2N) V, vacuum 1/2; zero where it is not known.
        error: (2N, 2N) by how much its entries may be off.
        cuts: (cuts, N) the bipartitions in question: all, or the one asked for.
        witness: weights of second moments, proven.
        mixture: physical products below V (up to `error` or 1e-6), if they were found.
        margin: proven violation relative to the bound, ``1 - (Tr(Z V) + errors)/bound``; > 0 iff
            certified.
        transposes: for each cut the smallest eigenvalue of ``V^T + i Omega/2`` with the momenta of
            one side reversed; negative across entangled cuts, NaN where moments are not known.
        notes: remarks.
    """

    labels: tuple[str, ...]
    covariance: Real
    error: Real
    cuts: Cuts
    witness: CovarianceWitness
    mixture: CovarianceMixture | None
    margin: float
    transposes: Real
    notes: tuple[str, ...] = field(default=())

    @property
    def negativity(self) -> float:
        """Not known from second moments: NaN."""
        return nan

    @property
    def genuine(self) -> bool:
        """Whether the question is genuine multipartite entanglement (else one bipartition)."""
        return len(self.labels) > 2 and self.witness.complete

    @property
    def verdict(self) -> str:
        """One of "certified", "not detected", "undecided"; recomputed from the evidence."""
        if self.margin > 0.0 and self.witness.proven:
            return CERTIFIED
        if self.mixture is None or not self.mixture.proven:
            return UNDECIDED
        near = self.mixture.margin(self.covariance, self.error) >= -CLOSE
        return NOT_DETECTED if near else UNDECIDED

    @property
    def crossed(self) -> tuple[Side, ...]:
        """Sides of the bipartitions in question across which it is entangled by transposition.

        All of them are "entangled across every cut", which is not genuinely multipartite.
        """
        sides = tuple(
            tuple(label for label, one in zip(self.labels, cut, strict=True) if one)
            for cut in self.cuts
        )
        rounding = 80 * self.covariance.size * EPS * float(np.abs(self.covariance).max())
        slack = float(np.linalg.norm(self.error)) + rounding
        pairs = zip(sides, self.transposes.tolist(), strict=True)
        return tuple(side for side, lowest in pairs if lowest < -slack)

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        cuts = len(self.cuts)
        what = "genuinely multipartite entangled" if self.genuine else "entangled"
        if len(self.labels) > 2 and not self.genuine:
            side = " ".join(self.witness.sides[0])
            what = f"entangled across {side} | the rest"
        across = f"entangled across {len(self.crossed)} of {cuts} cuts"
        if len(self.crossed) == cuts:
            across = f"entangled across each of the {cuts} cuts"
        if self.verdict == CERTIFIED:
            return f"certified: {what}, violation {100 * self.margin:.4g} % of the bound"
        if self.verdict == NOT_DETECTED:
            found = f"not detected as {what}: mixtures of products have this covariance matrix"
        else:
            found = f"undecided whether {what}: neither witness nor mixture was proven"
        seen = self.genuine and bool(np.all(np.isfinite(self.transposes)))
        return f"{found}; {across}" if seen else found

    def lines(self) -> list[tuple[str, str]]:
        """``(what, value)`` rows in the order in which people read them."""
        moments = len(self.witness.correlations())
        return [
            ("verdict", self.sentence),
            ("modes", " ".join(self.labels)),
            ("left with errors", f"{self.margin:.6g} of the bound"),
            ("second moments", f"{moments} to measure"),
            *(("note", line) for line in self.notes),
        ]

    def save(self, path: str | Path, overwrite: bool = False) -> Path:
        """Write it to a zarr store, from which `darkstate.load_result(path).state` reads it.

        Raises:
            ArgumentError: `path` cannot be written, or something is there (without `overwrite`).
        """
        return save_certificate(self, "covariance witness", self.notes, path, overwrite)


def certify_covariance(
    labels: tuple[str, ...],
    covariance: Real,
    error: float | Real,
    across: Side | None = None,
    sparse: bool = False,
) -> CovarianceCertificate:
    """The certificate of a covariance matrix whose entries are known to `error`.

    Args:
        labels: two modes or more.
        covariance: (2N, 2N) V.
        error: >= 0, for all entries or for each; infinite for what is not known at all.
        across: one side of a bipartition, to ask for entanglement across it; all bipartitions
            (genuine multipartite entanglement) if left out.
        sparse: look for a witness that needs few second moments, and keeps half of the violation.

    Raises:
        ArgumentError: fewer than two modes.
        CapacityError: more than `MAX_MODES` modes.
    """
    if len(labels) < 2:
        rule, remedy = "name at least two subsystems", "Entanglement needs two."
        raise ArgumentError("labels", rule, labels, remedy)
    if len(labels) > MAX_MODES:
        raise CapacityError(
            f"Covariance witnesses reach {MAX_MODES} modes; this state has {len(labels)}.",
            "Name fewer modes with `labels`.",
        )
    errors = np.broadcast_to(np.asarray(error, dtype=float), covariance.shape).copy()
    cuts = cuts_of(labels, cut_sides(labels) if across is None else [across])
    every = np.isfinite(errors)
    covariance, errors = np.where(every, covariance, 0.0), np.where(every, errors, 0.0)
    matrix, mixture = _solve(covariance, errors, cuts, every, 0.0)
    matrix = np.where(every, matrix, 0.0)
    matrix = np.where(np.abs(matrix) > _ROUNDING * np.abs(matrix).max(), matrix, 0.0)
    witness = exact_witness(labels, matrix, cuts)
    margin = proven_margin(witness, covariance, errors)
    if sparse and margin > 0.0:
        thin, _ = _solve(covariance, errors, cuts, every, (1 - _KEPT) * margin)
        support = np.abs(thin) > _SMALL * np.abs(thin).max()
        thin, _ = _solve(covariance, errors, cuts, support, 0.0)
        other = exact_witness(labels, np.where(support, thin, 0.0), cuts)
        left = proven_margin(other, covariance, errors)
        witness, margin = (other, left) if left > 0.0 else (witness, margin)
    if not every.all():
        unknown = np.full(len(cuts), np.nan)
        note = (f"{int(np.triu(~every).sum())} second moments are not known",)
        return CovarianceCertificate(
            labels, covariance, errors, cuts, witness, None, margin, unknown, note
        )
    form = 0.5j * symplectic_form(len(labels))
    lowest = [
        np.linalg.eigvalsh(partial_transpose(covariance, np.flatnonzero(cut).tolist()) + form)[0]
        for cut in cuts
    ]
    found = exact_mixture(labels, cuts, *mixture)
    return CovarianceCertificate(
        labels, covariance, errors, cuts, witness, found, margin, np.array(lowest)
    )


def check_physical(labels: tuple[str, ...], covariance: Real, error: Real) -> None:
    """That some state has these second moments within their errors.

    Every state has ``Tr(Z V) >= str(Z)``: a witness against "no cut at all" proves that none does.

    Args:
        labels: the modes.
        covariance: (2N, 2N) V.
        error: of its entries, infinite for what is not known.

    Raises:
        UnphysicalError: none does.
    """
    known = np.isfinite(error)
    form = 0.5j * symplectic_form(len(labels))
    if known.all() and np.linalg.eigvalsh(covariance + form)[0] >= 0.0:
        return
    covariance, error = np.where(known, covariance, 0.0), np.where(known, error, 0.0)
    remedy = "Check units (vacuum 1/2) and signs, or give larger errors."
    highest = float(np.min(np.diagonal(covariance + error)))
    if highest <= 0.0:
        raise UnphysicalError("covariance", "have positive variances", highest, remedy)
    whole = np.ones((1, len(labels)), dtype=bool)
    matrix, _ = _solve(covariance, error, whole, known, 0.0)
    matrix = np.where(known, matrix, 0.0)
    margin = proven_margin(exact_witness(labels, matrix, whole), covariance, error)
    if margin > CLOSE:
        rule = "fit a state (uncertainty relation, missed by this share of a bound)"
        raise UnphysicalError("covariance", rule, margin, remedy)


def proven_margin(witness: CovarianceWitness, covariance: Real, error: Real) -> float:
    """``1 - (Tr(Z V) + errors)/bound`` with all rounding; > 0 only if it is proven."""
    value, rounding = witness.value(covariance)
    if witness.bound <= 0.0:
        return -1.0
    return 1.0 - (value + rounding + witness.excess(error)) / witness.bound


def _solve(
    covariance: Real, error: Real, cuts: Cuts, support: Cuts, violation: float
) -> tuple[Real, tuple[Real, Real, Real]]:
    """Z, and weights, parts and shift of V of the dual mixture.

    Args:
        covariance: V.
        error: of its entries.
        cuts: the bipartitions to exclude.
        support: (2N, 2N) which entries Z may have.
        violation: 0: minimise ``Tr(Z V) + sum error |Z|``; else minimise the sum of moduli off the
            diagonal with this one at ``1 - violation`` at most.
    """
    size = len(covariance)
    modes = size // 2
    rows, columns = np.nonzero(np.triu(support))
    entries, off = len(rows), np.flatnonzero(rows != columns)
    weighted = bool(violation) or bool(np.any(error))
    forms = [np.nonzero(np.triu(within(cut), 1)) for cut in cuts]
    starts = np.cumsum([entries + (len(off) if weighted else 0), *(len(r) for r, _ in forms)])
    unknowns = int(starts[-1])
    double = np.where(rows == columns, 1.0, 2.0)
    value = np.zeros(unknowns)
    value[:entries] = double * covariance[rows, columns]
    size_of = np.zeros(unknowns)
    if weighted:
        diagonal = rows == columns
        value[:entries][diagonal] += error[rows, columns][diagonal]
        value[entries : starts[0]] = 2.0 * error[rows, columns][off]
        size_of[entries : starts[0]] = 1.0
    weights = _matrix_map(size, rows, columns, 1.0, 0, unknowns)
    inequalities = [Inequality(weights)]
    form = symplectic_form(modes)
    for cut, (r, c), start in zip(cuts, forms, starts, strict=False):
        masked = weights.multiply(within(cut).ravel()[:, None]).tocsr()
        antisymmetric = _matrix_map(size, r, c, -1.0, int(start), unknowns)
        inequalities.append(Inequality(masked + 1j * antisymmetric))
        bound = np.zeros(unknowns)
        bound[start : start + len(r)] = form[r, c]  # -Tr(Omega K)/2
        inequalities.append(Inequality(csr_array(bound[None]), -np.ones((1, 1))))
    if weighted:
        for k, j in enumerate(off.tolist()):
            for sign in (1.0, -1.0):
                row = csr_array(([1.0, sign], ([0, 0], [entries + k, j])), shape=(1, unknowns))
                inequalities.append(Inequality(row))
    cost = value
    if violation:
        cost = size_of
        inequalities.append(Inequality(csr_array(-value[None]), np.array([[1.0 - violation]])))
    own = [
        slice(start, start + len(r)) for start, (r, _) in zip(starts.tolist(), forms, strict=False)
    ]
    found = minimise(cost, inequalities, own)
    matrix = (weights @ found.x).reshape(size, size)
    parts = np.array([found.multipliers[1 + 2 * k].real for k in range(len(cuts))])
    shares = np.array([found.multipliers[2 + 2 * k][0, 0] for k in range(len(cuts))])
    shift = np.diag(np.diagonal(error))
    if weighted:
        moves = [z[0, 0] for z in found.multipliers[-2 * len(off) :]] if not violation else []
        for at, up, down in zip(off, moves[::2], moves[1::2], strict=False):
            r, c = rows[at], columns[at]
            shift[r, c] = shift[c, r] = 0.5 * (down - up)
    return matrix, (shares, parts, shift)


def _matrix_map(
    size: int, rows: Any, columns: Any, mirror: float, start: int, unknowns: int
) -> csr_array:
    """Rows of a matrix with entries ``x_e`` at (row, column) and ``mirror x_e`` across."""
    e = start + np.arange(len(rows))
    off = rows != columns
    at = np.concatenate([rows * size + columns, (columns * size + rows)[off]])
    values = np.concatenate([np.ones(len(rows)), np.full(int(off.sum()), mirror)])
    return csr_array((values, (at, np.concatenate([e, e[off]]))), shape=(size**2, unknowns))
