r"""A witness in the laboratory: local settings, shots, readout errors.

``W = sum_P c_P P`` over products P of Pauli matrices (X, Y, Z of the textbooks, ``Z = |0><0| -
|1><1|``). One *setting* measures every qubit along one axis; all P that agree with it are read off
the same shots. If ``A_s`` is the part of W that setting s reads, N_s shots know it to
``sigma_s/sqrt(N_s)``, sigma_s the standard deviation of one shot; the best allocation of N shots is
``N_s ~ sigma_s``, and then

    sigma = sum_s sigma_s / sqrt(N),   N = k^2 (sum_s sigma_s)^2 / Tr(W rho)^2 for k sigma.

Bits that are read wrongly with probability e, either way, multiply the mean of a P on w qubits by
``(1 - 2 e)^w``. That is what a local depolarising channel before perfect readout does, and local
channels make no entanglement: a negative mean value is a proof also with such errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from scipy.optimize import root_scalar

from darkstate.certificates.certificate import CERTIFIED, Certificate
from darkstate.checks import check_instance, check_real
from darkstate.display import ToldInLines
from darkstate.errors import ArgumentError, border
from darkstate.states.subsystems import Matrix

AXES = "IXYZ"
_PAULI = np.array(
    [[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]], dtype=complex
)
_NEGLIGIBLE = 1e-9
"""Terms smaller than this fraction of the largest are left out, and counted against the value."""


@dataclass(frozen=True)
class Setting:
    """One local setting.

    Args:
        axes: the axis of each qubit, for example "XXZ"; "I" where none is needed.
        terms: ``{product of Pauli matrices: weight}`` that it reads.
        spread: standard deviation of one shot of their sum.
        shots: how often to measure it.
    """

    axes: str
    terms: dict[str, float]
    spread: float
    shots: int


@dataclass(frozen=True, repr=False)
class MeasurementPlan(ToldInLines):
    """How to measure a witness.

    Args:
        labels: the qubits, in the order of the letters.
        constant: weight of the identity, which nobody measures.
        settings: what to measure, the most shots first.
        value: expected mean of W, with the readout error.
        sigmas: by how many standard errors it will be below zero.
        readout_error: probability with which a bit is read wrongly.
        readout_tolerance: the largest such probability with a negative mean.
    """

    labels: tuple[str, ...]
    constant: float
    settings: tuple[Setting, ...]
    value: float
    sigmas: float
    readout_error: float
    readout_tolerance: float

    @property
    def terms(self) -> dict[str, float]:
        """Weights of all products that are measured, the largest first."""
        every = [item for setting in self.settings for item in setting.terms.items()]
        return dict(sorted(every, key=lambda item: -abs(item[1])))

    @property
    def shots(self) -> int:
        """Of all settings together."""
        return sum(setting.shots for setting in self.settings)

    def lines(self) -> list[tuple[str, str]]:
        """``(what, value)`` rows in the order in which people read them."""
        rows = [
            ("mean value", f"{self.value:.6g}, {self.sigmas:g} standard errors below zero"),
            ("settings", f"{len(self.settings)}, {self.shots} shots in all"),
            ("readout error", f"{self.readout_error:g}, at most {self.readout_tolerance:.4g}"),
        ]
        return rows + [
            (setting.axes, f"{setting.shots} shots, {len(setting.terms)} terms")
            for setting in self.settings
        ]


def pauli_terms(matrix: Matrix) -> dict[str, float]:
    """Weights ``Tr(P A)/2^n`` of a Hermitian matrix of n qubits, by the letters of P."""
    n = int(np.log2(len(matrix)))
    tensor = matrix.reshape((2,) * (2 * n))
    for k in range(n):
        # Row k of what is left is the next qubit, its column stands n - k axes further.
        tensor = np.tensordot(tensor, _PAULI / 2, axes=([0, n - k], [2, 1]))
    weights = np.real(tensor)
    return {
        "".join(AXES[j] for j in index): float(weights[index])
        for index in np.ndindex(weights.shape)
        if weights[index] != 0.0
    }


@border("measurement_plan")
def measurement_plan(
    certificate: Certificate, sigmas: float = 5.0, readout_error: float = 0.0
) -> MeasurementPlan:
    """Local settings and shots that show the violation of a certified state of qubits.

    Args:
        certificate: certified.
        sigmas: how many standard errors the mean value shall be below zero.
        readout_error: probability with which each bit is read wrongly, below 1/2.

    Raises:
        ArgumentError: not certified, not qubits, or the readout error leaves no violation; the
            message has the tolerance.
    """
    remedy = "Give ds.certify(state)."
    check_instance("certificate", certificate, Certificate, remedy)
    times = check_real("sigmas", sigmas, above=0.0, remedy="Give for example 5.")
    remedy = "Give the probability of a wrong bit."
    wrong = check_real("readout_error", readout_error, minimum=0.0, below=0.5, remedy=remedy)
    if certificate.verdict != CERTIFIED or certificate.witness is None:
        rule, remedy = "be certified", "Only what is below zero can be shown to be."
        raise ArgumentError("certificate", rule, certificate.verdict, remedy)
    if set(certificate.state.dimensions) != {2}:
        rule, remedy = "be one of qubits", "Other systems have no Pauli matrices."
        raise ArgumentError("certificate", rule, certificate.state.dimensions, remedy)
    terms, size = pauli_terms(certificate.witness.matrix), len(certificate.witness.matrix)
    constant = terms.pop("I" * len(certificate.labels), 0.0)
    means = {p: w * size for p, w in pauli_terms(certificate.state.matrix).items()}
    largest = max(abs(weight) for weight in terms.values())
    small = {p: w for p, w in terms.items() if abs(w) <= _NEGLIGIBLE * largest}
    terms = {p: w for p, w in terms.items() if p not in small}
    constant += sum(abs(w) for w in small.values())

    def value(error: float) -> float:
        weights = [w * (1 - 2 * error) ** _weight(p) * means.get(p, 0.0) for p, w in terms.items()]
        return constant + sum(weights)

    tolerance = (
        0.5
        if value(0.5) < 0
        else root_scalar(value, bracket=(0.0, 0.5)).root
        if value(0.0) < 0
        else 0.0
    )
    expected = value(wrong)
    if expected >= 0.0:
        rule = f"be below {tolerance:.4g}, where the violation ends"
        raise ArgumentError("readout_error", rule, wrong, "Calibrate the readout, or correct it.")
    kept = {p: (1 - 2 * wrong) ** _weight(p) * mean for p, mean in means.items()}
    groups = [(axes, chosen, _spread(chosen, kept)) for axes, chosen in grouped(terms)]
    total = sum(spread for *_, spread in groups)
    shots = (times / expected) ** 2 * total
    settings = [
        Setting(axes, chosen, spread, max(1, ceil(shots * spread)))
        for axes, chosen, spread in groups
    ]
    settings.sort(key=lambda setting: -setting.shots)
    return MeasurementPlan(
        certificate.labels, constant, tuple(settings), expected, times, wrong, tolerance
    )


def _weight(product: str) -> int:
    return len(product) - product.count("I")


def grouped(terms: dict[str, float]) -> list[tuple[str, dict[str, float]]]:
    """Terms in few settings: the longest first, each into the first setting that agrees with it."""
    settings: list[tuple[str, dict[str, float]]] = []
    for product in sorted(terms, key=lambda p: (-_weight(p), -abs(terms[p]), p)):
        for k, (axes, chosen) in enumerate(settings):
            if all("I" in pair or pair[0] == pair[1] for pair in zip(product, axes, strict=True)):
                merged = "".join(b if a == "I" else a for a, b in zip(product, axes, strict=True))
                chosen[product] = terms[product]
                settings[k] = (merged, chosen)
                break
        else:
            settings.append((product, {product: terms[product]}))
    return settings


def _spread(terms: dict[str, float], means: dict[str, float]) -> float:
    """Standard deviation of one shot of a sum of commuting products."""
    products: Sequence[tuple[str, float]] = list(terms.items())
    second = first = 0.0
    for one, weight in products:
        first += weight * means.get(one, 0.0)
        for other, further in products:
            both = "".join(
                "I" if a == b else a if b == "I" else b for a, b in zip(one, other, strict=True)
            )
            second += weight * further * (1.0 if set(both) == {"I"} else means.get(both, 0.0))
    return float(np.sqrt(max(0.0, second - first**2)))
