"""Two driven chains of cavities with one atom in each: the light hands its entanglement to atoms.

::

    squeezed field  ==  A1 -- A2 -- A3     cavities, hopping eta
                        a1    a2    a3     atoms, coupled with g
                        b1    b2    b3
                    ==  B1 -- B2 -- B3

Without loss the steady state is pure and exact for every g: cavity pairs in two-mode squeezed vacua
with ``<a_j b_j> = (-1)^j mbar``, atom pairs in ``sqrt(1-c^2)|00> + (-1)^(j+1) c|11>``, |0> the
ground state. On cavity pair j the operator ``a_Aj`` acts like ``(-1)^j tanh r a_Bj†``; the exchange
``s+_Aj a_Aj + s-_Bj a_Bj†`` of the two atoms cancels only if the atoms carry the opposite sign.

The cavities are a Gaussian environment of the atoms. For g small against its rates,
``effective=True`` removes it to second order in g (`darkstate.systems.reduce`); what is left are
the atoms, with exchange couplings and collective jumps. Loss of the cavities enters through their
correlations, so the effective model is not limited to the lossless case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

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
    freeze_per_site,
    refuse_many_sites,
    usual,
)
from darkstate.models.cavity_chains import CavityChains
from darkstate.models.drives import Drive, SqueezedDrive
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.operators import destroy, sigma_plus, total
from darkstate.systems.reduce import Elimination, eliminate_modes
from darkstate.systems.spaces import Mode, Qubit

Values = float | Sequence[float]
_PAPER = "Zippilli, Paternostro, Adesso, Illuminati, Phys. Rev. Lett. 110, 040503 (2013)"


MAX_SITES = 200
"""Longer chains are described, but not built: engines with atoms solve far shorter ones, and to
eliminate the cavities takes dense matrices of (4 N)^2 numbers."""


@dataclass(frozen=True)
class CavityAtomChains(Parameters):
    """Loss and drive rates are amplitude rates (form ``2 c rho c† - ..``): chains with atoms.

    ``H = sum_j eta_j (a_j† a_{j+1} + b_j† b_{j+1} + h.c.) + sum_j g_j (s+_aj a_j + s+_bj b_j +
    h.c.)``, amplitude loss kappa_j of every cavity, and a drive on A1 and B1. Atoms and cavities
    are resonant with the centre of the drive. Labels A1..AN, B1..BN of the cavities, a1..aN, b1..bN
    of the atoms (and SA, SB for a drive of finite bandwidth); with ``effective=True`` only atoms.

    Args:
        sites: N, number of cavities per chain, >= 1.
        hopping: eta, one number or N-1 numbers.
        atom_coupling: g, one number or N numbers.
        loss: kappa >= 0, one number or N numbers; the energy of a cavity decays at ``2 kappa``.
        drive: `SqueezedDrive` (white) or `ParametricDrive` (finite bandwidth).
        effective: eliminate the cavities to second order in g; see `elimination_error`.

    All rates in one unit of your choice.

    Raises:
        ArgumentError: wrong number of values, negative loss, non-finite numbers.

    Source: Zippilli et al., Phys. Rev. Lett. 110, 040503 (2013), section on atoms.
    """

    sites: int = field(metadata=usual(1, 6))
    hopping: Values = field(default=1.0, metadata=RATE | usual(0.1, 5))
    atom_coupling: Values = field(default=0.01, metadata=RATE | usual(0.001, 0.2))
    loss: Values = field(default=0.0, metadata=RATE | usual(0, 0.1))
    drive: Drive = field(default_factory=SqueezedDrive)
    effective: bool = False
    references: ClassVar[tuple[str, ...]] = ("zippilli2013",)
    example: ClassVar[Example] = {"sites": 2, "effective": True, "loss": 0.001}

    def __post_init__(self) -> None:
        cavities = CavityChains(self.sites, self.hopping, self.loss, drive=self.drive)
        for name in ("sites", "hopping", "loss"):
            object.__setattr__(self, name, getattr(cavities, name))
        freeze_per_site(self, "atom_coupling", self.sites)
        if not isinstance(self.effective, bool):
            remedy = "Give True for the model of the atoms alone."
            raise ArgumentError("effective", "be True or False", self.effective, remedy)

    @property
    def cavities(self) -> CavityChains:
        """The same chains without atoms."""
        return CavityChains(self.sites, self.hopping, self.loss, drive=self.drive)

    @property
    def coupled(self) -> tuple[str, ...]:
        """Sites that light enters; none where the cavities are eliminated."""
        return () if self.effective else self.cavities.coupled

    def system(self, couplings: Couplings = CONSTANT) -> OpenSystem:
        """Hamiltonian and jumps, of everything or (``effective=True``) of the atoms.

        Args:
            couplings: pulses by the sites (`coupled`) whose coupling to the drive they multiply.

        Raises:
            NumericalError: cavities to be eliminated have no unique stationary state (a hopping
                vanishes and nothing is lost).
            CapacityError: more than `MAX_SITES` sites.
        """
        return self._elimination.system if self.effective else self._full(couplings)

    @property
    def elimination_error(self) -> float:
        """Estimated relative error of the effective model: (rate of the atoms) x (cavity memory).

        It is of order ``g^2/zeta^2``, and small where ``effective=True`` can be trusted; it is
        computed from the parameters whether or not `effective` is set.
        """
        return self._elimination.error

    @cached_property
    def _elimination(self) -> Elimination:
        return eliminate_modes(self._full())

    def _full(self, couplings: Couplings = CONSTANT) -> OpenSystem:
        remedy = "Use a shorter chain, or CavityChains for the cavities without atoms."
        refuse_many_sites(self.sites, MAX_SITES, remedy)
        chains = self.cavities.system(couplings)
        modes = chains.spaces[: 2 * self.sites]
        atoms = tuple(Qubit(mode.label.lower()) for mode in modes)
        strengths = np.broadcast_to(self.atom_coupling, self.sites).tolist() * 2
        terms = [chains.hamiltonian]
        for mode, atom, g in zip(modes, atoms, strengths, strict=True):
            assert isinstance(mode, Mode)
            exchange = sigma_plus(atom) * destroy(mode) * g
            terms += [exchange, exchange.adjoint()]
        spaces = (*modes, *atoms, *chains.spaces[2 * self.sites :])
        return OpenSystem(spaces, total(terms), chains.jumps, drives=chains.drives)

    def dark_state(self) -> NDArray[np.complex128]:
        """The pure steady state of the atoms, amplitudes of shape (4^N,).

        ``prod_j (sqrt(1-c^2)|00> + (-1)^(j+1) c|11>)_j`` with ``c^2 = nbar/(2 nbar+1)``; the basis
        runs over a1, .., aN, b1, .., bN with a1 the most significant bit, ``|0>`` the ground
        state. It is exact for every g, in the full and in the effective model.

        Raises:
            ArgumentError: the steady state is mixed or unknown for these parameters.
            CapacityError: more than 8 sites.
        """
        obstacle = self._obstacle()
        if obstacle is not None:
            raise obstacle
        assert isinstance(self.drive, SqueezedDrive)
        nbar = self.drive.nbar
        return product_of_pairs([pair_amplitudes(nbar, (-1) ** j) for j in range(self.sites)])

    def truths(self) -> tuple[Truth, ...]:
        """The pure pairs of atoms, and of cavities where they are kept, without loss."""
        if self._obstacle() is not None:
            return ()
        assert isinstance(self.drive, SqueezedDrive)
        pairs = [(f"a{j}", f"b{j}") for j in range(1, self.sites + 1)]
        atoms = pair_truths(self.drive.nbar, pairs, "squeezed vacuum and no loss", _PAPER)
        return atoms if self.effective else (*self.cavities.truths(), *atoms)

    def _obstacle(self) -> ArgumentError | None:
        """Why the steady state is not a known pure state, if it is not."""
        g, eta = self.atom_coupling, self.hopping
        rules = (
            ("drive", "be white squeezed vacuum", self.drive, is_squeezed_vacuum(self.drive)),
            ("loss", "be 0", self.loss, not np.any(self.loss)),
            ("atom_coupling", "not vanish on any site", g, bool(np.all(g))),
            ("hopping", "not vanish on any bond", eta, self.sites == 1 or bool(np.all(eta))),
        )
        remedy = "The steady state is a known pure state only then; otherwise solve for it."
        broken = (ArgumentError(*rule[:3], remedy) for rule in rules if not rule[3])
        return next(broken, None)
