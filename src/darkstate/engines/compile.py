"""What engines do with a system before they make matrices of it.

A constant in a jump operator, coherent light in a waveguide, is a drive: the generator is the same
with

    D[c + a] - i [H, .]  =  D[c] - i [H + (i/2)(a* c - a c†), .].

In the form without constants dark states are null vectors of the jumps, and stronger light does not
hide what else happens.

What H adds to all states of a block of charges alike drops out of its commutators. It is taken out
before anything is rounded, so that a slow drive keeps its digits beside an optical frequency.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.systems.open_system import Jump, OpenSystem
from darkstate.systems.operators import OperatorSum, Product

Diagonal = Callable[[Product], NDArray[Any]]
"""Makes the diagonal of a product on the basis states."""


def without_constants(system: OpenSystem) -> OpenSystem:
    """The same generator with jumps that have no multiple of the identity in them.

    What depends on time is left as it is: its constant parts are looked at one by one.
    """
    if system.time_dependent or not any(_constant(jump) for jump in system.jumps):
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


Energies = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Of the basis states (D,), rounded, and what rounding left."""


def energies_and_rest(
    hamiltonian: OperatorSum, levels: Diagonal, size: int
) -> tuple[Energies | None, OperatorSum]:
    """The diagonal terms of H, with about 32 digits, and the others (with a constant).

    Args:
        hamiltonian: a Hermitian operator.
        levels: makes the diagonal (D,) of a product.
        size: D.

    Returns:
        Energies, None if there is no such term; and the rest.
    """
    kept = {product: c for product, c in hamiltonian if _keeps_levels(product)}
    if not kept:
        return None, hamiltonian
    high = low = np.zeros(size)
    for product, c in kept.items():
        energy, error = _product(float(c.real), np.real(levels(product)))
        high, lost = _sum(high, energy)
        low = low + error + lost
    rest = {product: c for product, c in hamiltonian if product not in kept}
    return (high, low), OperatorSum(rest)


def centred(energies: Energies, blocks: Sequence[NDArray[np.integer]]) -> NDArray[np.float64]:
    """Energies (D,) without the middle of each block, rounded when it is gone.

    Args:
        energies: of the basis states.
        blocks: indices of the basis states of each block.
    """
    high, low = energies[0].copy(), energies[1]
    for block in blocks:
        high[block] -= _middle(high[block])
    return high + low


def middle_energies(
    energies: Energies | None, blocks: Sequence[NDArray[np.integer]], charges: NDArray[Any]
) -> NDArray[np.float64]:
    """What `centred` took out, without its part that is linear in the charges.

    Coherences between blocks turn by the difference of their middle energies. A conserved charge
    commutes with the generator and shifts frequencies only; what is not linear in the charges lets
    coherences that a jump links turn at different frequencies, and so changes how they decay.

    Args:
        energies: of the basis states; None for zero.
        blocks: indices of the basis states of each block.
        charges: (blocks, charges), integers.

    Returns:
        (D,) energies, the same within a block.
    """
    found = np.zeros(sum(map(len, blocks)))
    if energies is None:
        return found
    middle = np.array([_middle(energies[0][block]) for block in blocks])
    total, rest = middle, np.zeros(len(blocks))
    columns = np.column_stack([charges, np.ones(len(blocks))])
    for weight, column in zip(np.linalg.lstsq(columns, middle)[0], columns.T, strict=True):
        linear, error = _product(-float(weight), column)
        total, lost = _sum(total, linear)
        rest += error + lost
    for block, energy in zip(blocks, total + rest, strict=True):
        found[block] = energy
    return found


def _middle(energies: NDArray[np.float64]) -> float:
    return float(0.5 * (energies.min() + energies.max()))


def _keeps_levels(product: Product) -> bool:
    return bool(product) and not any(space.change(word) for space, word in product)


def _sum(a: NDArray[Any], b: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """``a + b`` rounded, and what rounding left."""
    total = a + b
    back = total - a
    return total, (a - (total - back)) + (b - back)


def _product(c: float, values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """``c values`` rounded, and what rounding left (Dekker, Numer. Math. 18, 224 (1971))."""
    rounded = c * values
    c_high, c_low = _halves(np.float64(c))
    high, low = _halves(values)
    return rounded, ((c_high * high - rounded) + c_high * low + c_low * high) + c_low * low


def _halves(x: Any) -> tuple[Any, Any]:
    """A number as two of half as many digits."""
    turned = 134217729.0 * x  # 2^27 + 1
    high = turned - (turned - x)
    return high, x - high
