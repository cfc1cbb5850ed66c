"""Causal solves: what some nodes of a cascade do needs only what is upstream of them.

If no part of D acts on U, the reduced state of U obeys a closed equation, and that equation is the
one of the network with everything of D struck out: terms of H that touch D, and D's part of every
jump (`darkstate.systems.traits.cascade` has the condition). The first pairs of a long network are
therefore solved exactly without the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

from darkstate.checks import check_labels
from darkstate.systems.open_system import Jump, OpenSystem, check_system, without_pulses
from darkstate.systems.operators import OperatorSum
from darkstate.systems.signals import Signal
from darkstate.systems.spaces import Space
from darkstate.systems.traits.cascade import influences


def upstream(system: OpenSystem, labels: str | Sequence[str]) -> OpenSystem:
    """The smallest part of a network that contains `labels` and is not acted upon by the rest.

    Its dynamics and steady state are exactly the reduced ones of the whole network.

    Args:
        system: any network; where everything acts on everything it comes back whole.
        labels: one label or several.

    Returns:
        The open system of `labels` and of all that acts on them, directly or through others.

    Raises:
        ArgumentError: an unknown label.
    """
    check_system(system)
    wanted = check_labels("labels", labels, system.labels)
    feeders: dict[str, set[str]] = {}
    for a, b in influences(system):
        feeders.setdefault(b, set()).add(a)
    kept, waiting = set(wanted), list(wanted)
    while waiting:
        fresh = feeders.get(waiting.pop(), set()) - kept
        kept |= fresh
        waiting += fresh
    return _restricted(system, kept)


def _restricted(system: OpenSystem, kept: set[str]) -> OpenSystem:
    """The system with every term struck out that touches another label."""
    spaces = tuple(space for space in system.spaces if space.label in kept)
    jumps = []
    for jump in system.jumps:
        operator = _within(jump.operator, kept)
        if any(not isinstance(space, Signal) for space in operator.spaces):
            jumps.append(Jump(operator, jump.rate, jump.name, jump.each_atom))
    names = {jump.name for jump in jumps}
    monitors = tuple(monitor for monitor in system.monitors if monitor.channel in names)
    hamiltonian, drives = without_pulses(_within(system.whole_hamiltonian, kept))
    return OpenSystem(spaces, hamiltonian, tuple(jumps), monitors, drives)


def _stays(space: Space, kept: set[str]) -> bool:
    return space.label in kept or isinstance(space, Signal)


def _within(operator: OperatorSum, kept: set[str]) -> OperatorSum:
    terms = {p: c for p, c in operator if all(_stays(space, kept) for space, _ in p)}
    return OperatorSum(terms)
