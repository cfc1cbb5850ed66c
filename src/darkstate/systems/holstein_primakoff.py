r"""Holstein-Primakoff limit: a polarised ensemble of many atoms is a mode.

With polarisation ``p = <sigma_z>`` of its N atoms, a deviation of the collective spin from z is a
displacement of a mode a with ``[a, a†] = 1``:

    p < 0 (atoms down):  J- = sqrt(N |p|) a,     Jz = <Jz> + a† a,
    p > 0 (atoms up):    J+ = sqrt(N |p|) a,     Jz = <Jz> - a† a,

so that ``Jx = sqrt(N |p|/2) x`` and ``Jy = -sign(-p) sqrt(N |p|/2) p_a``. Collective jumps become
linear, a Larmor frequency a frequency (of the sign of -p), and single-atom processes a bath: they
take the mode's energy away at the rate at which ``|<J->|^2`` decays, and leave the variance N/4 of
uncorrelated atoms: ``1/(2|p|)`` in place of 1/2, thermal noise of ``n = (1/|p| - 1)/2`` quanta.

What is left out is of relative order 1/N, and motion of the polarisation itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from darkstate.checks import check_real
from darkstate.errors import ArgumentError, EngineMismatchError
from darkstate.systems.open_system import Jump, OpenSystem, check_constant
from darkstate.systems.operators import OperatorSum, Product, create, destroy, number, total
from darkstate.systems.single_atoms import AtomProcess, atom_process
from darkstate.systems.spaces import Mode, Space, Spin


def holstein_primakoff(
    system: OpenSystem, polarisation: Mapping[str, float] | None = None
) -> OpenSystem:
    """The quadratic system of modes that ensembles polarised along z become for large N.

    Args:
        system: ensembles (and modes). H may have Larmor terms Jz, products of J+ or J- of two
            different spaces, and quadratic terms of the modes; collective jumps are linear in J-
            and J+; single-atom processes do not turn z into x or y.
        polarisation: p of each ensemble, -1 .. 1, not 0; where not given, that to which its
            single-atom processes take it.

    Returns:
        A system of modes with the same labels, for the Gaussian engine. Single-atom processes
        become jumps ``"<label> noise down"`` and ``"<label> noise up"``.

    Raises:
        ArgumentError: a polarisation is 0, out of range, or missing where single-atom processes do
            not determine it.
        EngineMismatchError: a term has no such limit; it is named.
    """
    check_constant(system, "`holstein_primakoff`")
    given = dict(polarisation or {})
    processes = {space.label: AtomProcess.none() for space in system.spaces}
    for jump in system.jumps:
        if jump.each_atom:
            label = jump.operator.spaces[0].label
            processes[label] = processes[label] + atom_process(jump)
    p = {
        space.label: _polarisation(space.label, given, processes[space.label])
        for space in system.spaces
        if isinstance(space, Spin)
    }
    modes = {space.label: Mode(space.label) for space in system.spaces if _known(space)}
    H = total(_term(product, c, modes, p) for product, c in system.hamiltonian)
    jumps = [
        Jump(_jump(jump.operator, modes, p), jump.rate, jump.name)
        for jump in system.jumps
        if not jump.each_atom
    ]
    frequencies = []
    for label, polarised in p.items():
        loss, frequency = _damping(label, processes[label])
        frequencies.append(number(modes[label]) * (-math.copysign(frequency, polarised)))
        thermal = 0.5 * (1.0 / abs(polarised) - 1.0)
        down = Jump(destroy(modes[label]), loss * (1.0 + thermal), f"{label} noise down")
        up = Jump(create(modes[label]), loss * thermal, f"{label} noise up")
        jumps += [jump for jump in (down, up) if jump.rate > 0]
    spaces = tuple(modes[label] for label in system.labels)
    return OpenSystem(spaces, H, tuple(jumps), system.monitors)


def _known(space: Space) -> bool:
    if not isinstance(space, Spin | Mode):
        raise EngineMismatchError(
            f"The Holstein-Primakoff limit is for ensembles and modes, but '{space.label}' is "
            f"{space!r}. Keep it out, or use the Lindblad engine."
        )
    return True


def _polarisation(label: str, given: Mapping[str, float], process: AtomProcess) -> float:
    name = f"polarisation['{label}']"
    if label in given:
        remedy = "Give <sigma_z> of an atom, from -1 to 1."
        p = check_real(name, given[label], minimum=-1.0, maximum=1.0, remedy=remedy)
    elif process.drift[2, 2] < 0:
        p = -2.0 * float(process.push[2] / process.drift[2, 2])
    else:
        remedy = "No single-atom process determines it: give -1 for atoms that are down, 1 for up."
        raise ArgumentError(name, "be given", None, remedy)
    if p == 0.0:
        remedy = "Unpolarised atoms are no mode; use the moment equations."
        raise ArgumentError(name, "not be zero", p, remedy)
    return p


def _damping(label: str, process: AtomProcess) -> tuple[float, float]:
    """Energy decay rate of the mode, and the frequency that the processes add to J-."""
    d = process.drift
    scale = np.abs(d).max(initial=0.0)
    mixed = [d[0, 2], d[1, 2], d[2, 0], d[2, 1], process.push[0], process.push[1]]
    uneven = [d[0, 0] - d[1, 1], d[0, 1] + d[1, 0]]
    if np.abs([*mixed, *uneven]).max() > 1e-12 * scale:
        raise EngineMismatchError(
            f"A single-atom process of '{label}' turns the polarisation or squeezes the spin; the "
            "Holstein-Primakoff limit needs processes that are symmetric about z. Use the moment "
            "equations."
        )
    return -float(d[0, 0] + d[1, 1]), float(d[1, 0])


def _word(
    space: Space, word: str, modes: Mapping[str, Mode], p: Mapping[str, float]
) -> OperatorSum:
    """One word of a collective operator in the limit."""
    mode = modes[space.label]
    if isinstance(space, Mode):
        return OperatorSum({((mode, word),): 1.0})
    assert isinstance(space, Spin)
    if word == "z":
        return number(mode) * (1.0 if p[space.label] < 0 else -1.0)
    lowers = (word == "-") == (p[space.label] < 0)
    size = math.sqrt(space.atoms * abs(p[space.label]))
    return (destroy(mode) if lowers else create(mode)) * size


def _term(
    product: Product, c: complex, modes: Mapping[str, Mode], p: Mapping[str, float]
) -> OperatorSum:
    spins = [word for space, word in product if isinstance(space, Spin)]
    order = sum(len(word) for _, word in product)
    larmor = spins == ["z"] and order == 1
    exchange = order == 2 and len(product) == 2 and all(word in ("+", "-") for word in spins)
    if spins and not larmor and not exchange:
        raise EngineMismatchError(
            f"The Hamiltonian term {OperatorSum({product: c})} has no quadratic Holstein-Primakoff "
            "limit; terms Jz, and J+ or J- times one operator of another space, have. Use "
            "the moment equations."
        )
    result = OperatorSum({(): c})
    for space, word in product:
        result = result * _word(space, word, modes, p)
    return result


def _jump(operator: OperatorSum, modes: Mapping[str, Mode], p: Mapping[str, float]) -> OperatorSum:
    parts = []
    for product, c in operator:
        order = sum(len(word) for _, word in product)
        if order > 1 or any(isinstance(space, Spin) and word == "z" for space, word in product):
            raise EngineMismatchError(
                f"The jump term {OperatorSum({product: c})} has no linear Holstein-Primakoff "
                "limit; J+, J- and the operators of modes have. Use the moment equations."
            )
        parts += [_word(space, word, modes, p) * c for space, word in product]
        if not product:
            parts.append(OperatorSum({(): c}))
    return total(parts)
