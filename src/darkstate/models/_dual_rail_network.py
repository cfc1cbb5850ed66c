"""The dual-rail network as SLH components: rails of emitters, their losses, phases and directions.

One rail, with what may happen on the way from one node to the next::

    source --> node 1 --> e^{i phi} --> beam splitter --> node 2 --> ... --> output "A"
                                              |
                                              +--> "A2_lost"

Emission into the wrong direction is a second field, ``"A_left"``, that visits the nodes in the
order N .. 1 over the same segments. Nothing scatters one field into the other, so the two cascades
stand side by side in the SLH sense and share their qubits: ``H = H_right + H_left`` and one set of
jumps each. What travels left passes node 1 and is absorbed; the source is isolated from it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from darkstate.models.base import Couplings
from darkstate.systems.components import (
    beam_splitter,
    emitter,
    gain_of,
    parametric_source,
    phase_shifter,
)
from darkstate.systems.fields import Field, SqueezedField, ThermalField
from darkstate.systems.open_system import Jump, OpenSystem
from darkstate.systems.operators import sigma_minus, sigma_z
from darkstate.systems.slh import Component, concatenate
from darkstate.systems.spaces import Mode, Qubit, Space

_LINE = "line"


@dataclass(frozen=True)
class Source:
    """What enters the two rails.

    Attributes:
        squeezing: r of the field at the centre of its band.
        bandwidths: energy decay rates of SA and SB; None for a white field.
        thermal: photons that enter the source.
    """

    squeezing: float
    bandwidths: tuple[float, float] | None
    thermal: float

    @property
    def field(self) -> SqueezedField:
        """The white field of the same squeezing."""
        nbar, n = math.sinh(self.squeezing) ** 2, self.thermal
        if n == 0:
            return SqueezedField(nbar)
        return SqueezedField(n + (2 * n + 1) * nbar, (n + 0.5) * math.sinh(2 * self.squeezing))


@dataclass(frozen=True)
class Nodes:
    """The emitters and the segments between them, one value each.

    Attributes:
        coupling: energy decay rates of the N nodes into their rail.
        directionality: fraction of it that goes to the right.
        phase: phases of the N-1 segments.
        loss: lost fractions of the power on the N-1 segments.
        dephasing: gamma_phi of the N nodes.
        decay: energy decay rates of the N nodes into anything else.
        couplings: pulses by the labels of nodes whose coupling to their rail they multiply.
    """

    coupling: Sequence[float]
    directionality: float
    phase: Sequence[float]
    loss: Sequence[float]
    dephasing: Sequence[float]
    decay: Sequence[float]
    couplings: Couplings


def network(
    detunings: tuple[Sequence[float], Sequence[float]], nodes: Nodes, source: Source
) -> OpenSystem:
    """The open system of the whole network; spaces A1..AN, B1..BN (, SA, SB)."""
    rails = {side: _rail(side, deltas, nodes) for side, deltas in zip("AB", detunings, strict=True)}
    net = concatenate(*rails.values())
    inputs: dict[str | tuple[str, ...], Field]
    if source.bandwidths is None:
        inputs = {("A", "B"): source.field}
    else:
        inputs = {side: ThermalField(source.thermal) for side in "AB" if source.thermal}
        net = _sourced(rails, source.squeezing, source.bandwidths)
    system = net.open_system(inputs)
    qubits = [Qubit(f"{side}{j}") for side in "AB" for j in range(1, len(nodes.coupling) + 1)]
    spaces: list[Space] = [*qubits, *(s for s in system.spaces if isinstance(s, Mode))]
    jumps = (*system.jumps, *_local_jumps(qubits, nodes))
    return OpenSystem(tuple(spaces), system.hamiltonian, jumps, drives=system.drives)


def _sourced(
    rails: dict[str, Component], squeezing: float, bandwidths: tuple[float, float]
) -> Component:
    """A parametric source in front of the two rails."""
    gain = gain_of(squeezing, bandwidths)
    net = parametric_source(Mode("SA"), Mode("SB"), gain, bandwidths).with_ports("SA", "SB")
    net = concatenate(net, *rails.values())
    for side in rails:
        net = _renamed(net.feedback(f"S{side}", side), f"S{side}", side)
    return net


def _rail(side: str, detunings: Sequence[float], nodes: Nodes) -> Component:
    """The emitters of one rail; port `side`, and `side`_left where they emit both ways."""
    qubits = [Qubit(f"{side}{j}") for j in range(1, len(detunings) + 1)]
    right = [nodes.directionality * rate for rate in nodes.coupling]
    pulse = nodes.couplings.get
    stages = [
        emitter(*values, pulse(values[0].label)).with_ports(_LINE)
        for values in zip(qubits, right, detunings, strict=True)
    ]
    rail = _cascade(side, stages, qubits, nodes.phase, nodes.loss)
    if nodes.directionality == 1:
        return rail
    left = [
        emitter(qubit, (1 - nodes.directionality) * rate, modulation=pulse(qubit.label)).with_ports(
            _LINE
        )
        for qubit, rate in zip(qubits, nodes.coupling, strict=True)
    ]
    back = _cascade(f"{side}_left", left[::-1], qubits[::-1], nodes.phase[::-1], nodes.loss[::-1])
    return concatenate(rail, back)


def _cascade(
    port: str,
    stages: Sequence[Component],
    qubits: Sequence[Qubit],
    phases: Sequence[float],
    losses: Sequence[float],
) -> Component:
    """Stages one after the other along `port`, with the segments between them."""
    parts = [stages[0]]
    for stage, qubit, phase, loss in zip(stages[1:], qubits[1:], phases, losses, strict=True):
        if phase:
            parts.append(phase_shifter(phase).with_ports(_LINE))
        if loss:
            lost = f"{qubit.label}{port[1:]}_lost"
            parts.append(beam_splitter(1 - loss).with_ports(_LINE, lost))
        parts.append(stage)
    return _renamed(_series(parts), _LINE, port)


def _series(parts: Sequence[Component]) -> Component:
    """All parts along their ports "line", halved again and again: fewer terms are copied."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    first, second = _series(parts[:half]), _series(parts[half:])
    if len(first.ports) == len(second.ports) == 1:
        return first >> second
    joined = concatenate(_renamed(first, _LINE, "joint"), second).feedback("joint", _LINE)
    return _renamed(joined, "joint", _LINE)


def _renamed(component: Component, old: str, new: str) -> Component:
    return component.with_ports(*(new if port == old else port for port in component.ports))


def _local_jumps(qubits: Sequence[Qubit], nodes: Nodes) -> list[Jump]:
    jumps = []
    for k, qubit in enumerate(qubits):
        j = k % len(nodes.coupling)
        if nodes.dephasing[j]:
            jumps.append(Jump(sigma_z(qubit), nodes.dephasing[j] / 2, f"{qubit.label} dephasing"))
        if nodes.decay[j]:
            jumps.append(Jump(sigma_minus(qubit), nodes.decay[j], f"{qubit.label} decay"))
    return jumps
