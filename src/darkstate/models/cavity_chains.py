"""Two chains of coupled cavities whose first sites share a two-mode squeezed field.

The entanglement of the drive is *replicated*: without losses every pair (A_j, B_j) carries exactly
the drive's entanglement, however long the chains (Zippilli et al., PRL 110, 040503 (2013)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_integer
from darkstate.errors import ArgumentError
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
from darkstate.systems.operators import OperatorSum, Product, destroy, total
from darkstate.systems.spaces import Mode

Values = float | Sequence[float]
_PAPER = "Zippilli, Paternostro, Adesso, Illuminati, Phys. Rev. Lett. 110, 040503 (2013)"

MAX_SITES = 100_000
"""Longer chains are described, but not built (5 kB and 60 us a site)."""


@dataclass(frozen=True)
class CavityChains(Parameters):
    """Loss and drive rates are amplitude rates (form ``2 c rho c† - ..``): two driven chains.

    ``H = sum_j eta_j (a_j† a_{j+1} + b_j† b_{j+1} + h.c.) + sum_j (D_j a_j† a_j + D'_j b_j† b_j)``,
    amplitude loss kappa_j on every cavity, and a drive on A1 and B1. Labels A1..AN, B1..BN (and SA,
    SB for a drive of finite bandwidth).

    Args:
        sites: N, number of cavities per chain, >= 1.
        hopping: eta, one number or N-1 numbers.
        loss: kappa >= 0, one number or N numbers; the energy of a cavity decays at ``2 kappa``.
        detuning: D of chain A from the centre of the drive, one number or N numbers.
        drive: `SqueezedDrive` (white) or `ParametricDrive` (finite bandwidth).
        hopping_b: the same for chain B if it differs; by default that of chain A.
        loss_b: likewise.
        detuning_b: likewise. Pairs of photons are resonant where it is *opposite* to `detuning`.

    All rates in one unit of your choice.

    Raises:
        ArgumentError: wrong number of values, negative loss, non-finite numbers.
    """

    sites: int = field(metadata=usual(1, 40))
    hopping: Values = field(default=1.0, metadata=RATE | usual(0.1, 5))
    loss: Values = field(default=0.0, metadata=RATE | usual(0, 0.5))
    detuning: Values = field(default=0.0, metadata=RATE | usual(-3, 3))
    drive: Drive = field(default_factory=SqueezedDrive)
    hopping_b: Values | None = field(default=None, metadata=RATE | usual(0.1, 5))
    loss_b: Values | None = field(default=None, metadata=RATE | usual(0, 0.5))
    detuning_b: Values | None = field(default=None, metadata=RATE | usual(-3, 3))
    references: ClassVar[tuple[str, ...]] = ("zippilli2013",)
    example: ClassVar[Example] = {"sites": 4, "loss": 0.05}

    def __post_init__(self) -> None:
        remedy = "Give the number of cavities per chain."
        freeze(self, "sites", check_integer("sites", self.sites, minimum=1, remedy=remedy))
        if not isinstance(self.drive, SqueezedDrive | ParametricDrive):
            raise ArgumentError(
                "drive",
                "be a SqueezedDrive or a ParametricDrive",
                self.drive,
                "Use SqueezedDrive(rate=1.0, nbar=1.0).",
            )
        for name, length in _LENGTHS.items():
            for field_name in (name, f"{name}_b"):
                if field_name == name or getattr(self, field_name) is not None:
                    least = 0.0 if name == "loss" else None
                    freeze_per_site(self, field_name, self.sites - length, minimum=least)

    def values(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """One value per site (or bond) of `name` for chain A and for chain B."""
        shape = (self.sites - _LENGTHS[name],)
        own = np.broadcast_to(np.asarray(getattr(self, name), dtype=float), shape)
        other = getattr(self, f"{name}_b")
        return own, own if other is None else np.broadcast_to(np.asarray(other, float), shape)

    @property
    def coupled(self) -> tuple[str, ...]:
        """Sites that light enters."""
        return ("A1", "B1")

    def system(self, couplings: Couplings = CONSTANT) -> OpenSystem:
        """Hamiltonian and jumps of the chains; channels ``"A3 loss"``, ``"drive A"``, ...

        Args:
            couplings: pulses by the sites (`coupled`) whose coupling to the drive they multiply.

        Raises:
            CapacityError: so many sites that their description alone would not fit into memory.
        """
        remedy = "Use a shorter chain: far shorter ones no longer change in their middle."
        refuse_many_sites(self.sites, MAX_SITES, remedy)
        chains = [[Mode(f"{side}{j}") for j in range(1, self.sites + 1)] for side in "AB"]
        first, second = (modulated(destroy(x), x.label, couplings) for x, *_ in chains)
        drive_h, jumps = self.drive.attach(first, second)
        terms: dict[Product, complex] = {}
        chain_data = zip(
            *(self.values(name) for name in ("hopping", "detuning", "loss")), strict=True
        )
        for chain, (hopping, detuning, loss) in zip(chains, chain_data, strict=True):
            for left, right, eta in zip(chain, chain[1:], hopping.tolist(), strict=False):
                if eta:
                    pair = (left, right) if left.label < right.label else (right, left)
                    terms[(pair[0], "+"), (pair[1], "-")] = eta
                    terms[(pair[0], "-"), (pair[1], "+")] = eta
            for mode, delta, kappa in zip(chain, detuning.tolist(), loss.tolist(), strict=True):
                if delta:
                    terms[((mode, "+-"),)] = delta
                if kappa:
                    jumps.append(Jump(destroy(mode), 2 * kappa, f"{mode.label} loss"))
        spaces = (*chains[0], *chains[1], *self.drive.modes())
        hamiltonian, drives = without_pulses(total([drive_h, OperatorSum(terms)]))
        return OpenSystem(spaces, hamiltonian, tuple(jumps), drives=drives)

    def truths(self) -> tuple[Truth, ...]:
        """Exact replication, where it holds: white drive, no loss, resonant equal chains."""
        hopping, loss, detuning = (self.values(name) for name in ("hopping", "loss", "detuning"))
        equal = np.array_equal(np.abs(hopping[0]), np.abs(hopping[1])) and np.all(hopping[0] != 0)
        resonant = np.array_equal(detuning[0], -detuning[1])
        lossless = not (np.any(loss[0]) or np.any(loss[1]))
        if not (isinstance(self.drive, SqueezedDrive) and equal and resonant and lossless):
            return ()
        statement = (
            "E_N(A_j, B_j) = -log2(1 + 2 nbar - 2 mbar) for equal, resonant, lossless chains"
        )
        pairs = [(f"A{j}", f"B{j}") for j in range(1, self.sites + 1)]
        return tuple(
            Truth("log_negativity", pair, self.drive.log_negativity, statement, _PAPER)
            for pair in pairs
        )


_LENGTHS = {"hopping": 1, "loss": 0, "detuning": 0}
