"""Qubits along two one-way waveguides, driven by the two beams of one parametric amplifier.

::

             +--> A1 --> A2 --> A3 -->      rail A
    source --|                              beams A and B are two-mode squeezed
             +--> B1 --> B2 --> B3 -->      rail B

Every qubit decays into its waveguide; the light of one drives all that follow, never those before.
If the detunings of rail B are a permutation of minus those of rail A, the network relaxes into a
pure state: the light that leaves is as squeezed as the light that entered. Which qubits are
entangled with which is programmed by the permutation, how strongly by the differences of detunings
over gamma. See `darkstate.models._dual_rail_circuit` for the state, `_dual_rail_network` for the
imperfections.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_array, check_integer, check_real
from darkstate.errors import ArgumentError, CapacityError
from darkstate.models._dual_rail_circuit import (
    Circuit,
    output_state,
    permutation_between,
    steady_circuit,
)
from darkstate.models._dual_rail_network import Nodes, Source, network
from darkstate.models._dual_rail_truths import pure_truths
from darkstate.models._qubit_pairs import check_pairs
from darkstate.models.base import (
    CONSTANT,
    RATE,
    Couplings,
    Example,
    Parameters,
    Truth,
    freeze,
    freeze_per_site,
    usual,
)
from darkstate.systems.open_system import OpenSystem

Values = float | Sequence[float]

MAX_PAIRS = 200
"""Longer networks are described, but not built: H has ``2 N^2`` terms."""
MAX_SQUEEZING = 15.0
"""130 dB. Not far beyond it ``tanh r`` is 1 in floating point."""


@dataclass(frozen=True)
class DualRail(Parameters):
    """Energy rates (form ``c rho c† - {c†c, rho}/2``): N pairs of qubits on two one-way rails.

    For a source of infinite bandwidth and without imperfections, with ``L_n = sum_j s-_nj``,

    ``H = sum_nj (delta_nj/2) sz_nj + i (gamma/2) sum_n sum_(i<j) (s+_ni s-_nj - h.c.)``,
    jumps ``cosh r L_A - sinh r L_B†`` and ``cosh r L_B - sinh r L_A†``, both at rate gamma.

    Labels A1..AN, B1..BN, ``|0>`` the ground state, and SA, SB for a source of finite bandwidth;
    node 1 is next to the source. One pair relaxes to ``(cosh r |00> + sinh r |11>)/sqrt(cosh 2r)``.

    Args:
        pairs: N, qubits per rail, >= 1.
        squeezing: r of the source (on resonance), 0 .. 15.
        detunings_a: delta of the qubits of rail A, one number or N numbers; in H as
            ``(delta/2) sz``.
        detunings_b: delta of the qubits of rail B, likewise.
        coupling: gamma > 0, energy decay rate of a qubit into its waveguide (both directions
            together); one number or N numbers, node j of both rails.
        bandwidth: kappa > 0, energy decay rate of the source modes; infinite for a white field.
        dephasing: gamma_phi >= 0 in ``(gamma_phi/2) D[sz]``; one number or N numbers.
        decay: energy decay rate >= 0 into channels other than the waveguide; one number or N
            numbers.
        loss: fraction 0 .. 1 of the power lost between a node and the next; one number or N-1
            numbers, both rails.
        source_decay_b: energy decay rate of SB if it differs from `bandwidth`, which is then that
            of SA; needs a finite `bandwidth`.
        thermal: photons >= 0 in the light that enters the source.
        phase: phase in radians gained between a node and the next; one number or N-1 numbers,
            both rails.
        directionality: fraction 0 .. 1 of the emission that goes away from the source; the rest
            travels back along the nodes and is absorbed behind node 1.

    All rates and detunings in one unit of your choice.

    Raises:
        ArgumentError: wrong number of values or out of range; `source_decay_b` without a finite
            `bandwidth`.

    Source: Agustí, Zhang, Minoguchi, Rabl, Phys. Rev. Lett. 131, 250801 (2023), Eqs. (1)-(3), (11);
    both directions: Pichler, Ramos, Daley, Zoller, Phys. Rev. A 91, 042116 (2015).
    """

    pairs: int = field(metadata=usual(1, 4))
    squeezing: float = field(metadata=usual(0, 2.5))
    detunings_a: Values = field(default=0.0, metadata=RATE | usual(-3, 3))
    detunings_b: Values = field(default=0.0, metadata=RATE | usual(-3, 3))
    coupling: Values = field(default=1.0, metadata=RATE | usual(0.1, 5))
    bandwidth: float = field(default=math.inf, metadata=RATE | usual(0.5, 100))
    dephasing: Values = field(default=0.0, metadata=RATE | usual(0, 0.5))
    decay: Values = field(default=0.0, metadata=RATE | usual(0, 0.5))
    loss: Values = field(default=0.0, metadata=usual(0, 1))
    source_decay_b: float | None = field(default=None, metadata=RATE | usual(0.5, 100))
    thermal: float = field(default=0.0, metadata=usual(0, 1))
    phase: Values = field(default=0.0, metadata=usual(-3.14, 3.14))
    directionality: float = field(default=1.0, metadata=usual(0, 1))
    references: ClassVar[tuple[str, ...]] = ("agusti2023",)
    example: ClassVar[Example] = {
        "pairs": 2,
        "squeezing": 1.0,
        "detunings_a": [0.5, -0.5],
        "detunings_b": [-0.5, 0.5],
        "dephasing": 0.01,
    }

    def __post_init__(self) -> None:
        remedy = "Give the number of qubits per rail."
        freeze(self, "pairs", check_integer("pairs", self.pairs, minimum=1, remedy=remedy))
        for name in ("detunings_a", "detunings_b"):
            freeze_per_site(self, name, self.pairs)
        for name in ("coupling", "dephasing", "decay"):
            freeze_per_site(self, name, self.pairs, minimum=0.0)
        check_array(
            "coupling", self.coupling, np.shape(self.coupling), above=0.0,
            remedy="A qubit that does not couple has no steady state of its own: leave it out.",
        )  # fmt: skip
        freeze_per_site(self, "phase", self.pairs - 1)
        freeze_per_site(self, "loss", self.pairs - 1, minimum=0.0)
        for value in np.atleast_1d(self.loss).tolist():
            remedy = "Give the lost fraction of the power, not decibels."
            check_real("loss", value, maximum=1.0, remedy=remedy)
        self._check_source()
        remedy = "Give the fraction of the emission that goes away from the source."
        share = check_real(
            "directionality", self.directionality, minimum=0.0, maximum=1.0, remedy=remedy
        )
        freeze(self, "directionality", share)

    def _check_source(self) -> None:
        remedy = "Give r >= 0; r = 1 is 8.7 dB."
        r = check_real(
            "squeezing", self.squeezing, minimum=0.0, maximum=MAX_SQUEEZING, remedy=remedy
        )
        freeze(self, "squeezing", r)
        remedy = "Give the energy decay rate of the source modes, or math.inf for a white field."
        kappa = check_real("bandwidth", self.bandwidth, above=0.0, infinite=True, remedy=remedy)
        freeze(self, "bandwidth", kappa)
        remedy = "Give a mean photon number; 0 is vacuum."
        freeze(self, "thermal", check_real("thermal", self.thermal, minimum=0.0, remedy=remedy))
        if self.source_decay_b is None:
            return
        remedy = "Give the energy decay rate of SB."
        other = check_real("source_decay_b", self.source_decay_b, above=0.0, remedy=remedy)
        freeze(self, "source_decay_b", other)
        if math.isinf(kappa):
            remedy = "Set a finite `bandwidth` (that of SA): a white field has no decay rates."
            raise ArgumentError("source_decay_b", "come with a finite bandwidth", other, remedy)

    def _values(self, name: str, count: int) -> list[float]:
        return np.broadcast_to(np.asarray(getattr(self, name), float), count).tolist()

    @property
    def detunings(self) -> tuple[list[float], list[float]]:
        """Detunings of rail A and of rail B, N values each."""
        return self._values("detunings_a", self.pairs), self._values("detunings_b", self.pairs)

    @property
    def coupled(self) -> tuple[str, ...]:
        """Nodes that couple to their rail: all."""
        return tuple(f"{side}{j + 1}" for side in "AB" for j in range(self.pairs))

    def system(self, couplings: Couplings = CONSTANT) -> OpenSystem:
        """Hamiltonian and jumps; spaces A1..AN, B1..BN (, SA, SB).

        The fields that leave are the channels ``"A"``, ``"B"`` (with a source of finite bandwidth
        and no thermal light), ``"A_left"``, ``"A2_lost"``, ...; further ``"A1 dephasing"``,
        ``"B2 decay"``, ...

        Args:
            couplings: pulses by the nodes (`coupled`) whose coupling to their rail they multiply.

        Raises:
            CapacityError: more than `MAX_PAIRS` pairs.
        """
        n = self.pairs
        if n > MAX_PAIRS:
            raise CapacityError(
                f"`pairs` must be <= {MAX_PAIRS} for a system to be built, but is {n}. Its "
                "Hamiltonian has 2 N^2 terms; the closed form circuit() has no such limit."
            )
        sites, bonds = ("coupling", "dephasing", "decay"), ("phase", "loss")
        values = {name: self._values(name, n) for name in sites}
        values |= {name: self._values(name, n - 1) for name in bonds}
        nodes = Nodes(directionality=self.directionality, **values, couplings=couplings)
        kappa_b = self.bandwidth if self.source_decay_b is None else self.source_decay_b
        bandwidths = None if math.isinf(self.bandwidth) else (self.bandwidth, kappa_b)
        return network(self.detunings, nodes, Source(self.squeezing, bandwidths, self.thermal))

    @property
    def permutation(self) -> tuple[int, ...] | None:
        """p (from 0) with ``delta_B[k] = -delta_A[p[k]]``, or None if there is none."""
        a, b = self.detunings
        return permutation_between(a, b, float(np.min(self.coupling)))

    def circuit(self) -> Circuit:
        """The pure steady state as pairs and two-qubit gates, for any N.

        ``pairs``: for each j the amplitudes on 00, 01, 10, 11 of (A_j, B_j) and these labels;
        ``gates``: ``exp(i theta (s_Bi + s_Bi+1)^2)`` as 4x4 matrices, to be applied in order, and
        their labels. ``tan theta = -(delta_Bi - delta_B,i+1)/gamma`` with the detunings before the
        gate exchanges them.

        Raises:
            ArgumentError: the steady state is mixed or unknown for these parameters.

        Source: Agustí et al., Phys. Rev. Lett. 131, 250801 (2023).
        """
        obstacle = self._obstacle()
        if obstacle is not None:
            raise obstacle
        phases = np.cumsum([0.0, *self._values("phase", self.pairs - 1)]).tolist()
        gamma = self._values("coupling", self.pairs)[0]
        permutation = self.permutation
        assert permutation is not None
        return steady_circuit(self.squeezing, self.detunings[0], permutation, gamma, phases)

    def dark_state(self) -> NDArray[np.complex128]:
        """The pure steady state, amplitudes of shape (4^N,), for up to 8 pairs.

        The basis runs over A1, .., AN, B1, .., BN; the bit of A1 is the most significant one, bit 0
        is the ground state. Both jumps annihilate it, and H has it as an eigenvector.

        Raises:
            ArgumentError: the steady state is mixed or unknown for these parameters.
            CapacityError: more than 8 pairs.
        """
        check_pairs(self.pairs)
        return output_state(self.circuit())

    def truths(self) -> tuple[Truth, ...]:
        """What is known of the pure steady state, where there is one; else nothing.

        The entropy and logarithmic negativity between the rails for every permutation, and all
        about the pairs that no gate touches.
        """
        return () if self._obstacle() is not None else pure_truths(self.squeezing, self.circuit())

    def _obstacle(self) -> ArgumentError | None:
        """Why the steady state is not a known pure state, if it is not."""
        p = self.permutation
        plain = p == tuple(range(self.pairs))
        uniform = len(set(self._values("coupling", self.pairs))) == 1
        rule = "be minus a permutation of detunings_a"
        zero = ("dephasing", "decay", "loss", "thermal")
        rules = (
            ("bandwidth", "be infinite", self.bandwidth, math.isinf(self.bandwidth)),
            ("directionality", "be 1", self.directionality, self.directionality == 1),
            *((x, "be 0", getattr(self, x), not np.any(getattr(self, x))) for x in zero),
            ("detunings_b", rule, self.detunings_b, p is not None),
            ("coupling", "be equal for permuted detunings", self.coupling, plain or uniform),
        )
        remedy = "The steady state is a known pure state only then; otherwise solve for it."
        broken = (ArgumentError(*each[:3], remedy) for each in rules if not each[3])
        return next(broken, None)
