"""A ready network under pulses: drives, detunings and couplings that depend on time.

`Pulsed` adds to a network what its own parameters, which are constant, cannot say. Each entry is
a shape f(t) (`darkstate.models.pulse_shapes`) with what it acts on; c is the lowering operator of
a site, a of a cavity and s- of a qubit:

    SiteDrive       H + strength (F c† + F* c),             F = f(t) exp(-i (detuning t + phase))
    DetuningShift   H + strength f(t) c† c
    ExchangeDrive   H + strength (F c_1† c_2 + F* c_2† c_1)
    CouplingSwitch  the coupling of a site to its light: sqrt(rate) c -> f(t) sqrt(rate) c
    ChannelSwitch   a local jump: D[c] -> D[f(t) c]

A switched coupling is followed through the network: the exchange that it has with other nodes of
its waveguide carries its f, too.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from darkstate.checks import check_real
from darkstate.errors import ArgumentError, nearest
from darkstate.models.base import RATE, Parameters, freeze
from darkstate.models.cavity_atom_chains import CavityAtomChains
from darkstate.models.cavity_chains import CavityChains
from darkstate.models.dual_rail import DualRail
from darkstate.models.pulse_shapes import PulseShape
from darkstate.models.spin_chains import SpinChains
from darkstate.systems.open_system import Drive, Jump, OpenSystem
from darkstate.systems.operators import OperatorSum, destroy, sigma_minus
from darkstate.systems.pulses import Pulse, sinusoid
from darkstate.systems.spaces import Mode, Qubit

Network = CavityChains | CavityAtomChains | SpinChains | DualRail


@dataclass(frozen=True)
class SiteDrive:
    """``H + strength (F c† + F* c)`` with ``F = f(t) exp(-i (detuning t + phase))``.

    A resonant qubit turns at the Rabi frequency ``2 strength f``: a pi pulse has the area
    ``pi/(2 strength)`` of f.

    Args:
        site: label of the site.
        strength: a rate; what f multiplies.
        shape: f(t), such as GaussianPulse.
        detuning: of the drive from the frame of the network, angular.
        phase: radians.
    """

    site: str
    strength: float = field(metadata=RATE)
    shape: PulseShape
    detuning: float = field(default=0.0, metadata=RATE)
    phase: float = 0.0

    @property
    def places(self) -> tuple[str, ...]:
        """What it acts on."""
        return (self.site,)

    def coefficient(self) -> Pulse:
        """``strength F``."""
        return _carried(self)


@dataclass(frozen=True)
class DetuningShift:
    """``H + strength f(t) c† c``: a site is detuned for a while.

    Args:
        site: label of the site.
        strength: a rate; what f multiplies.
        shape: f(t), real, such as RampPulse.
    """

    site: str
    strength: float = field(metadata=RATE)
    shape: PulseShape

    @property
    def places(self) -> tuple[str, ...]:
        """What it acts on."""
        return (self.site,)

    def coefficient(self) -> Pulse:
        """``strength f``."""
        return self.shape.pulse() * self.strength


@dataclass(frozen=True)
class ExchangeDrive:
    """``H + strength (F c_1† c_2 + F* c_2† c_1)`` with ``F = f(t) exp(-i (detuning t + phase))``.

    Args:
        sites: labels of two sites.
        strength: a rate; what f multiplies.
        shape: f(t), such as GaussianPulse.
        detuning: of the modulation, angular; that of the sites makes them resonant.
        phase: radians.
    """

    sites: tuple[str, str]
    strength: float = field(metadata=RATE)
    shape: PulseShape
    detuning: float = field(default=0.0, metadata=RATE)
    phase: float = 0.0

    @property
    def places(self) -> tuple[str, ...]:
        """What it acts on."""
        return self.sites

    def coefficient(self) -> Pulse:
        """``strength F``."""
        return _carried(self)


@dataclass(frozen=True)
class CouplingSwitch:
    """Sites whose coupling to the light that comes is ``f(t)`` times that of the network.

    Nodes of a `DualRail` couple to their waveguide, A1 and B1 of chains to their drive. The rate of
    energy is the network's times ``|f|^2``.

    Args:
        sites: labels of sites; they share f.
        shape: f(t), an amplitude: 1 leaves the coupling as it is, 0 switches it off.
    """

    sites: tuple[str, ...]
    shape: PulseShape

    @property
    def places(self) -> tuple[str, ...]:
        """What it acts on."""
        return self.sites

    def coefficient(self) -> Pulse:
        """``f``."""
        return self.shape.pulse()


@dataclass(frozen=True)
class ChannelSwitch:
    """Local jumps with the amplitude ``f(t)``: ``rate D[f(t) c]``.

    Args:
        channels: names of jumps of one site each, such as A1 loss or B2 dephasing.
        shape: f(t), an amplitude: the rate is that of the network times ``|f|^2``.
    """

    channels: tuple[str, ...]
    shape: PulseShape

    @property
    def places(self) -> tuple[str, ...]:
        """What it acts on."""
        return self.channels

    def coefficient(self) -> Pulse:
        """``f``."""
        return self.shape.pulse()


Entry = SiteDrive | DetuningShift | ExchangeDrive | CouplingSwitch | ChannelSwitch


@dataclass(frozen=True)
class Pulsed(Parameters):
    """A ready network with drives, detunings and couplings that depend on time.

    It has no steady state: it is followed in time, by ``evolve`` (``solve: evolve``).

    Args:
        network: the network, constant in time.
        pulses: what is added to it and what is switched.

    Raises:
        ArgumentError: no pulse; a site or a channel that the network does not have; a site or
            channel switched twice; a detuning that is complex.
    """

    network: Network
    pulses: tuple[Entry, ...]
    varies: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not isinstance(self.network, Network):
            remedy = "Give one of these models; drives of a system of your own are systems.Drive."
            rule = "be CavityChains, CavityAtomChains, SpinChains or DualRail"
            raise ArgumentError("network", rule, self.network, remedy)
        ready = isinstance(self.pulses, tuple | list) and len(self.pulses) > 0
        if not ready or not all(isinstance(entry, Entry) for entry in self.pulses):
            remedy = "Give for example SiteDrive('A1', 1.0, GaussianPulse(3.0, 1.0))."
            raise ArgumentError("pulses", "be a list of pulses, at least one", self.pulses, remedy)
        freeze(self, "pulses", tuple(self.pulses))
        self.system()

    @property
    def references(self) -> tuple[str, ...]:
        """What to cite: that of the network."""
        return self.network.references

    def system(self) -> OpenSystem:
        """The network with its drives, and jumps that are modulated.

        Raises:
            CapacityError: as of the network.
        """
        constant = self.network.system()
        channels = self._switched("channels", ChannelSwitch, _local_channels(constant))
        couplings = self._switched("sites", CouplingSwitch, self.network.coupled)
        base = self.network.system(couplings) if couplings else constant
        jumps = tuple(
            replace(jump, modulation=channels[jump.name]) if jump.name in channels else jump
            for jump in base.jumps
        )
        return replace(base, jumps=jumps, drives=(*base.drives, *self._drives(constant)))

    def _switched(self, key: str, kind: type, known: tuple[str, ...]) -> dict[str, Pulse]:
        """Pulses by the site or channel that they switch."""
        found: dict[str, Pulse] = {}
        for k, entry in enumerate(self.pulses):
            if isinstance(entry, kind):
                for n, name in enumerate(getattr(entry, key)):
                    at = f"pulses[{k}].{key}[{n}]"
                    if name not in known:
                        what = "a coupling to light" if key == "sites" else "a jump of one site"
                        remedy = nearest(name, known) if known else "This network has none."
                        raise ArgumentError(at, f"name {what}", name, remedy)
                    if name in found:
                        remedy = "Multiply the two shapes into one table."
                        raise ArgumentError(at, "be switched once", name, remedy)
                    found[name] = entry.coefficient()
        return found

    def _drives(self, system: OpenSystem) -> Iterator[Drive]:
        lowering = {
            space.label: destroy(space) if isinstance(space, Mode) else sigma_minus(space)
            for space in system.spaces
            if isinstance(space, Mode | Qubit)
        }
        for k, entry in enumerate(self.pulses):
            if isinstance(entry, CouplingSwitch | ChannelSwitch):
                continue
            at = f"pulses[{k}]"
            check_real(f"{at}.strength", entry.strength, remedy="Give a rate.")
            coefficient = entry.coefficient()
            if isinstance(entry, ExchangeDrive):
                first, second = (_of(lowering, f"{at}.sites", site) for site in entry.sites)
                if entry.sites[0] == entry.sites[1]:
                    remedy = "DetuningShift acts on one."
                    raise ArgumentError(f"{at}.sites", "be two sites", entry.sites, remedy)
                yield Drive(first.adjoint() * second, coefficient)
                continue
            operator = _of(lowering, f"{at}.site", entry.site)
            if isinstance(entry, SiteDrive):
                yield Drive(operator.adjoint(), coefficient)
                continue
            if not coefficient.real:
                remedy = "Drop the imaginary part: a detuning is real."
                raise ArgumentError(f"{at}.shape", "be real", str(coefficient), remedy)
            yield Drive(operator.adjoint() * operator, coefficient)


def _local_channels(system: OpenSystem) -> tuple[str, ...]:
    """Names of jumps that act on one site alone: no cascade hangs on them."""
    return tuple(jump.name for jump in system.jumps if jump.name and len(_places(jump)) == 1)


def _places(jump: Jump) -> set[Any]:
    return {space for product, _ in jump.operator for space, _ in product}


def _of(lowering: dict[str, OperatorSum], at: str, site: str) -> OperatorSum:
    if site not in lowering:
        raise ArgumentError(at, "be a site of the network", site, nearest(site, lowering))
    return lowering[site]


def _carried(entry: SiteDrive | ExchangeDrive) -> Pulse:
    """``strength f(t) exp(-i (detuning t + phase))``."""
    w = check_real("detuning", entry.detuning, remedy="Give an angular frequency.")
    angle = check_real("phase", entry.phase, remedy="Give radians.")
    shape = entry.shape.pulse() * entry.strength
    if w:
        return shape * (sinusoid(w, 1.0, angle) + sinusoid(w, -1j, angle - math.pi / 2))
    return shape * cmath.exp(-1j * angle) if angle else shape
