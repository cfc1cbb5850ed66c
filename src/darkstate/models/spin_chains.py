"""Two chains of spins whose first sites share a two-mode squeezed field.

Bare spins replicate the entanglement of the drive like cavities do: the steady state is a product
of N pure, entangled pairs, whatever the couplings along the chains::

    squeezed field  ==  A1 -- A2 -- A3        pair j:  sqrt(1-c^2) |00> + (-1)^j c |11>
                    ==  B1 -- B2 -- B3                 c^2 = nbar/(2 nbar + 1)

with |0> the ground state. The sign alternates because ``s-_Aj`` acts on its pair like
``(-1)^j c/sqrt(1-c^2) s+_Bj``: only with opposite signs on neighbours do the exchanges along A and
along B cancel. (For *atoms inside cavities* the signs are the opposite: `CavityAtomChains`.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_integer
from darkstate.errors import ArgumentError
from darkstate.models._qubit_pairs import (
    is_squeezed_vacuum,
    pair_amplitudes,
    pair_truths,
    product_of_pairs,
)
from darkstate.models.base import (
    CONSTANT,
    RATE,
    Couplings,
    Example,
    Parameters,
    Truth,
    freeze,
    freeze_per_site,
    modulated,
    refuse_many_sites,
    usual,
)
from darkstate.models.drives import Drive, ParametricDrive, SqueezedDrive
from darkstate.systems.open_system import Jump, OpenSystem, without_pulses
from darkstate.systems.operators import sigma_minus, sigma_plus, sigma_z, total
from darkstate.systems.spaces import Qubit

Values = float | Sequence[float]
_PAPER = "Zippilli, Paternostro, Adesso, Illuminati, Phys. Rev. Lett. 110, 040503 (2013)"


MAX_SITES = 10_000
"""Longer chains are described, but not built: engines of spins solve far shorter ones."""


@dataclass(frozen=True)
class SpinChains(Parameters):
    """The drive has an amplitude rate (form ``2 c rho c† - ..``): two driven XX chains of qubits.

    ``H = sum_j J_j (s+_Aj s-_A,j+1 + s+_Bj s-_B,j+1 + h.c.)``, which in Pauli matrices is
    ``(J/2)(XX + YY)``; a drive on A1 and B1; dephasing ``(gamma_phi/2) D[sz]`` and decay
    ``gamma D[s-]`` of every spin, with ``D[c]rho = c rho c† - {c†c, rho}/2``. Labels A1..AN, B1..BN
    (and SA, SB for a drive of finite bandwidth).

    Args:
        sites: N, number of spins per chain, >= 1.
        coupling: J, one number or N-1 numbers.
        dephasing: gamma_phi >= 0, one number or N numbers; coherences of a spin decay at it.
        decay: gamma >= 0, energy rate at which a spin falls to ``|0>``; one number or N numbers.
        drive: `SqueezedDrive` (white) or `ParametricDrive` (finite bandwidth).
        coupling_b: J of chain B if it differs; by default that of chain A.

    All rates in one unit of your choice; only that of `drive` is an amplitude rate.

    Raises:
        ArgumentError: wrong number of values, negative rates, non-finite numbers.

    Source: Zippilli et al., Phys. Rev. Lett. 110, 040503 (2013), section on spins.
    """

    sites: int = field(metadata=usual(1, 5))
    coupling: Values = field(default=1.0, metadata=RATE | usual(0.1, 5))
    dephasing: Values = field(default=0.0, metadata=RATE | usual(0, 0.5))
    decay: Values = field(default=0.0, metadata=RATE | usual(0, 0.5))
    drive: Drive = field(default_factory=SqueezedDrive)
    coupling_b: Values | None = field(default=None, metadata=RATE | usual(0.1, 5))
    references: ClassVar[tuple[str, ...]] = ("zippilli2013",)
    example: ClassVar[Example] = {"sites": 2, "decay": 0.01}

    def __post_init__(self) -> None:
        remedy = "Give the number of spins per chain."
        freeze(self, "sites", check_integer("sites", self.sites, minimum=1, remedy=remedy))
        if not isinstance(self.drive, SqueezedDrive | ParametricDrive):
            rule, remedy = "be a SqueezedDrive or a ParametricDrive", "Use SqueezedDrive(nbar=1.0)."
            raise ArgumentError("drive", rule, self.drive, remedy)
        freeze_per_site(self, "coupling", self.sites - 1)
        if self.coupling_b is not None:
            freeze_per_site(self, "coupling_b", self.sites - 1)
        freeze_per_site(self, "dephasing", self.sites, minimum=0.0)
        freeze_per_site(self, "decay", self.sites, minimum=0.0)

    @property
    def couplings(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """J of chain A and of chain B, N-1 values each."""
        other = self.coupling if self.coupling_b is None else self.coupling_b
        a, b = (
            np.broadcast_to(np.asarray(J, float), self.sites - 1) for J in (self.coupling, other)
        )
        return a, b

    @property
    def coupled(self) -> tuple[str, ...]:
        """Sites that light enters."""
        return ("A1", "B1")

    def system(self, couplings: Couplings = CONSTANT) -> OpenSystem:
        """Hamiltonian and jumps; channels ``"A2 dephasing"``, ``"B1 decay"``, ...

        Args:
            couplings: pulses by the sites (`coupled`) whose coupling to the drive they multiply.

        Raises:
            CapacityError: more than `MAX_SITES` sites.
        """
        remedy = "Use a shorter chain; truths() knows the exact pairs of any length."
        refuse_many_sites(self.sites, MAX_SITES, remedy)
        chains = [[Qubit(f"{side}{j}") for j in range(1, self.sites + 1)] for side in "AB"]
        first, second = (modulated(sigma_minus(x), x.label, couplings) for x, *_ in chains)
        drive_h, jumps = self.drive.attach(first, second)
        terms = [drive_h]
        dephasing = np.broadcast_to(self.dephasing, self.sites).tolist()
        decay = np.broadcast_to(self.decay, self.sites).tolist()
        for chain, bonds in zip(chains, self.couplings, strict=True):
            for (left, right), J in zip(pairwise(chain), bonds.tolist(), strict=True):
                hop = sigma_plus(left) * sigma_minus(right) * J
                terms += [hop, hop.adjoint()]
            for qubit, phi, gamma in zip(chain, dephasing, decay, strict=True):
                if phi:
                    jumps.append(Jump(sigma_z(qubit), phi / 2, f"{qubit.label} dephasing"))
                if gamma:
                    jumps.append(Jump(sigma_minus(qubit), gamma, f"{qubit.label} decay"))
        spaces = (*chains[0], *chains[1], *self.drive.modes())
        hamiltonian, drives = without_pulses(total(terms))
        return OpenSystem(spaces, hamiltonian, tuple(jumps), drives=drives)

    def dark_state(self) -> NDArray[np.complex128]:
        """The pure steady state, amplitudes of shape (4^N,).

        The basis runs over A1, .., AN, B1, .., BN with A1 the most significant bit and ``|0>`` the
        ground state: ``prod_j (sqrt(1-c^2) |00> + (-1)^j e_j c |11>)_j``, with ``e_j`` the product
        of the signs of ``J_A J_B`` on the bonds up to j.

        Raises:
            ArgumentError: the steady state is mixed or unknown for these parameters.
            CapacityError: more than `MAX_PAIRS` pairs.
        """
        obstacle = self._obstacle()
        if obstacle is not None:
            raise obstacle
        assert isinstance(self.drive, SqueezedDrive)
        a, b = self.couplings
        signs = np.cumprod([-1.0, *(-np.sign(a * b))])
        return product_of_pairs([pair_amplitudes(self.drive.nbar, s) for s in signs.tolist()])

    def truths(self) -> tuple[Truth, ...]:
        """The pure pairs, where they are exact: squeezed vacuum, no noise, ``|J_A| = |J_B|``."""
        if self._obstacle() is not None:
            return ()
        assert isinstance(self.drive, SqueezedDrive)
        pairs = [(f"A{j}", f"B{j}") for j in range(1, self.sites + 1)]
        condition = "squeezed vacuum, no dephasing or decay, equal couplings in both chains"
        return pair_truths(self.drive.nbar, pairs, condition, _PAPER)

    def _obstacle(self) -> ArgumentError | None:
        """Why the steady state is not a product of pure pairs, if it is not."""
        a, b = self.couplings
        rules = (
            (
                "drive",
                "be white squeezed vacuum (mbar left out)",
                self.drive,
                is_squeezed_vacuum(self.drive),
            ),
            ("dephasing", "be 0", self.dephasing, not np.any(self.dephasing)),
            ("decay", "be 0", self.decay, not np.any(self.decay)),
            ("coupling", "not vanish on any bond", self.coupling, bool(np.all(a))),
            ("coupling_b", "have the moduli of `coupling`", self.coupling_b, _same(a, b)),
        )
        remedy = "The steady state is a known pure state only then; otherwise solve for it."
        broken = (ArgumentError(*rule[:3], remedy) for rule in rules if not rule[3])
        return next(broken, None)


def _same(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    return bool(np.array_equal(np.abs(a), np.abs(b)))
