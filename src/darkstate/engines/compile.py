"""What engines do with a system before they make matrices of it.

A constant in a jump operator, coherent light in a waveguide, is a drive: the generator is the same
with

    D[c + a] - i [H, .]  =  D[c] - i [H + (i/2)(a* c - a c†), .].

In the form without constants dark states are null vectors of the jumps, and stronger light does not
hide what else happens.
"""

from __future__ import annotations

from dataclasses import replace

from darkstate.systems.open_system import Jump, OpenSystem


def without_constants(system: OpenSystem) -> OpenSystem:
    """The same generator with jumps that have no multiple of the identity in them."""
    if not any(_constant(jump) for jump in system.jumps):
        return system
    hamiltonian, jumps = system.hamiltonian, []
    for jump in system.jumps:
        constant = _constant(jump)
        if not constant:
            jumps.append(jump)
            continue
        rest = jump.operator - constant
        if len(rest):
            drive = constant.conjugate() * rest
            hamiltonian = hamiltonian + (drive - drive.adjoint()) * (0.5j * jump.rate)
            jumps.append(replace(jump, operator=rest))
    names = {jump.name for jump in jumps}
    monitors = tuple(each for each in system.monitors if each.channel in names)
    return OpenSystem(system.spaces, hamiltonian, tuple(jumps), monitors)


def smallest_rate(system: OpenSystem) -> float:
    """The smallest rate that is written down: of a term of H, or of one in a jump."""
    rates = [abs(c) for product, c in system.hamiltonian if product and c]
    for jump in system.jumps:
        rates += [jump.rate * abs(c) ** 2 for product, c in jump.operator if product and c]
    return min((rate for rate in rates if rate > 0), default=0.0)


def _constant(jump: Jump) -> complex:
    return 0.0 if jump.each_atom or not jump.rate else jump.operator.terms.get((), 0.0)
