"""Linear sources: modes that drive a network and do not feel it.

Split the spaces into source modes, with annihilation operators ``a_m``, and the rest, the
network. The source is linear and autonomous if every jump is ``c_k = l_k + R_k`` with
``l_k = sum_m (U_km a_m + V_km a_m†)`` on the source and R_k on the network, if H of the source
alone is quadratic, and if the terms of H that touch both are

    H_cross = -(i/2) sum_m (P_m a_m - h.c.),   P_m = sum_k rate_k (U_km R_k† - V_km* R_k),

the condition of a cascade (see `darkstate.systems.traits.cascade`). The generator is then that of
the source plus that of the network plus cross terms in which the source appears only through

    a_m rho -> [a_m rho, P_m] and h.c.,   with Q_m = sum_k rate_k V_km R_k† beside a_m† rho,

so that the network sees nothing but the normally ordered moments of the source, and those obey
closed linear equations. Modes that fail are counted to the network.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.errors import NumericalError
from darkstate.linalg import solve_sylvester
from darkstate.systems.open_system import Jump, OpenSystem, check_system
from darkstate.systems.operators import OperatorSum, Product
from darkstate.systems.quadratic import QuadraticForm, quadratic_form
from darkstate.systems.spaces import Mode, Space
from darkstate.systems.traits.order import is_quadratic
from darkstate.systems.traits.trait import Trait

_RTOL = 1e-12
Matrix = NDArray[Any]
Parts = tuple[OperatorSum, OperatorSum]


@dataclass(frozen=True)
class LinearSource:
    """A network and the autonomous linear source in front of it.

    Args:
        modes: the M source modes.
        form: quadratic form of the source alone.
        network: what is left without the source: its own Hamiltonian and the parts R_k of the
            jumps (vacuum enters where the source did).
        drives: ``P_m``, one network operator per mode.
        noises: ``Q_m``, one network operator per mode; zero unless jumps create source photons.
    """

    modes: tuple[Mode, ...]
    form: QuadraticForm
    network: OpenSystem
    drives: tuple[OperatorSum, ...]
    noises: tuple[OperatorSum, ...]

    def stationary(self) -> tuple[Matrix, Matrix, Matrix]:
        """Drift F, normally ordered covariance C and mean of ``z = (a_1 .. a_M, a_1† .. a_M†)``.

        ``dz/dt = F (z - mean) + noise`` with ``F C + C F^T + D = 0``, C symmetric.

        Raises:
            NumericalError: the source has no stationary state.
        """
        W, Wc = (part.toarray() for part in self.form.drift)
        number, pair = (part.toarray() for part in self.form.source)
        drift: Matrix = np.block([[W, Wc], [Wc.conj(), W.conj()]])
        noise: Matrix = np.block([[pair, number], [number.conj(), pair.conj()]])
        growth = float(np.linalg.eigvals(drift).real.max())
        if growth >= -1e-12 * float(np.abs(drift).max()):
            raise NumericalError(
                f"The source has no stationary state: it grows at rate {max(0.0, growth):.3g}. It "
                "is at or above its parametric threshold; lower the gain or raise its decay rates."
            )
        covariance = solve_sylvester(drift, drift.conj(), noise).x
        drive = np.concatenate([self.form.drive, self.form.drive.conj()])
        return drift, 0.5 * (covariance + covariance.T), -np.linalg.solve(drift, drive)


def linear_source(system: OpenSystem) -> Trait[LinearSource | None]:
    """Whether some modes are a linear source that nothing in the rest acts back on.

    The evidence is the `LinearSource` with as many modes as possible.
    """
    check_system(system)
    if system.time_dependent:
        reason = "not looked for where drives or couplings depend on time"
        return Trait("linear source", False, reason, None)
    modes = [space for space in system.spaces if isinstance(space, Mode)]
    if modes and is_quadratic(system):
        return Trait("linear source", False, "there is nothing but the source", None)
    reason = "there are no modes"
    while modes:
        offender, why = _offender(system, frozenset(modes))
        if offender is None:
            break
        reason = f"{offender.label}: {why}"
        modes.remove(offender)
    if not modes or len(modes) == len(system.spaces):
        reason = "there is nothing but the source" if modes else reason
        return Trait("linear source", False, reason, None)
    source = _separated(system, tuple(modes))
    if not any(len(drive) for drive in source.drives):
        return Trait("linear source", False, "no mode drives anything else", None)
    labels = ", ".join(mode.label for mode in modes[:4]) + (", ..." if len(modes) > 4 else "")
    return Trait("linear source", True, f"{labels} drive the rest and do not feel it", source)


def _offender(system: OpenSystem, source: frozenset[Space]) -> tuple[Mode | None, str]:
    """A mode that is no linear source for everything outside `source`, and why."""
    for product, c in system.hamiltonian:
        letters = [(space, len(word)) for space, word in product if space in source]
        order = sum(count for _, count in letters)
        if order > 2 or (order == 2 and len(letters) < len(product)):
            return _first(letters), f"the term {OperatorSum({product: c})} is not linear in it"
    for jump in system.jumps:
        for product, c in jump.operator:
            letters = [(space, len(word)) for space, word in product if space in source]
            if letters and (len(product) > 1 or letters[0][1] > 1):
                return _first(letters), f"the jump term {OperatorSum({product: c})} is not linear"
    modes = tuple(space for space in system.spaces if space in source and isinstance(space, Mode))
    crossing = _crossing(system.hamiltonian, modes)
    drives, _ = _drives(system, modes)
    for mode, found, drive in zip(modes, crossing, drives, strict=True):
        if not _same(found, drive * -0.5j):
            return mode, "what it drives acts back on it"
    return None, ""


def _first(letters: Iterable[tuple[Space, int]]) -> Mode:
    mode = next(space for space, _ in letters)
    assert isinstance(mode, Mode)
    return mode


def _same(left: OperatorSum, right: OperatorSum) -> bool:
    """Term by term, so that no strong term hides a weak one."""
    keys = left.terms.keys() | right.terms.keys()
    for key in keys:
        a, b = left.terms.get(key, 0.0), right.terms.get(key, 0.0)
        if abs(a - b) > _RTOL * max(abs(a), abs(b)):
            return False
    return True


def _crossing(hamiltonian: OperatorSum, modes: tuple[Mode, ...]) -> tuple[OperatorSum, ...]:
    """For each mode the network operator that multiplies its ``a`` in H."""
    found: dict[Space, dict[Product, complex]] = {mode: {} for mode in modes}
    for product, c in hamiltonian:
        inner = [(space, word) for space, word in product if space in found]
        rest = tuple(factor for factor in product if factor[0] not in found)
        if rest and len(inner) == 1 and inner[0][1] == "-":
            found[inner[0][0]][rest] = c
    return tuple(OperatorSum(found[mode]) for mode in modes)


def _split(operator: OperatorSum, source: Iterable[Space]) -> Parts:
    """Terms that act on the source, and all others (constants among them)."""
    known = set(source)
    inner = {p: c for p, c in operator if any(space in known for space, _ in p)}
    rest = {p: c for p, c in operator if p not in inner}
    return OperatorSum(inner), OperatorSum(rest)


def _drives(
    system: OpenSystem, modes: tuple[Mode, ...]
) -> tuple[tuple[OperatorSum, ...], tuple[OperatorSum, ...]]:
    """``P_m`` and ``Q_m`` of the module."""
    drives = {mode: OperatorSum() for mode in modes}
    noises = {mode: OperatorSum() for mode in modes}
    for jump in system.jumps:
        inner, rest = _split(jump.operator, modes)
        rest = OperatorSum({product: c for product, c in rest if product})
        if not (len(inner) and len(rest) and jump.rate):
            continue
        for product, c in inner:
            mode, word = product[0]
            assert isinstance(mode, Mode)
            if word == "-":
                drives[mode] = drives[mode] + rest.adjoint() * (jump.rate * c)
            else:
                conjugate = complex(c).conjugate()
                drives[mode] = drives[mode] - rest * (jump.rate * conjugate)
                noises[mode] = noises[mode] + rest.adjoint() * (jump.rate * c)
    return tuple(drives.values()), tuple(noises.values())


def _separated(system: OpenSystem, modes: tuple[Mode, ...]) -> LinearSource:
    """The source alone and the network alone.

    A constant in a jump belongs to both: each of the two interferes with it by itself.
    """
    known = set(modes)
    own: dict[Product, complex] = {}
    rest: dict[Product, complex] = {}
    for product, c in system.hamiltonian:
        inside = sum(space in known for space, _ in product)
        if inside == len(product):
            own[product] = c
        elif not inside:
            rest[product] = c
    inner, outer = [], []
    for jump in system.jumps:
        mine, theirs = _split(jump.operator, modes)
        constant = OperatorSum({product: c for product, c in theirs if not product})
        if len(mine):
            inner.append(Jump(mine + constant, jump.rate, jump.name))
        if len(theirs) > len(constant):
            outer.append(Jump(theirs, jump.rate, jump.name, jump.each_atom))
    form = quadratic_form(OpenSystem(modes, OperatorSum(own), tuple(inner)))
    spaces = tuple(space for space in system.spaces if space not in known)
    network = OpenSystem(spaces, OperatorSum(rest), tuple(outer))
    drives, noises = _drives(system, modes)
    return LinearSource(modes, form, network, drives, noises)
