"""OpenSystem: Hamiltonian + jump operators (+ monitored channels), what every engine reads.

The generator is always of Lindblad form,

    d rho/dt = -i [H, rho] + sum_k rate_k D[c_k] rho,   D[c]rho = c rho c† - {c† c, rho}/2,

because nothing else can be written down: H is checked to be Hermitian and every rate to be >= 0.
A jump with ``each_atom=True`` stands for the sum over the atoms of one ensemble of the same
single-atom process. A `Monitor` says that the field radiated by a jump is measured.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import pi
from typing import Any, Literal

from darkstate.checks import LARGEST, SMALLEST, check_choice, check_magnitude, check_real
from darkstate.errors import ArgumentError, UnphysicalError, nearest
from darkstate.systems.operators import OperatorSum, Product
from darkstate.systems.spaces import Ensemble, Space


@dataclass(frozen=True, slots=True)
class Jump:
    """One dissipation channel ``rate * D[operator]``.

    Args:
        operator: the jump operator c.
        rate: energy-type rate in front of ``D[c]``, >= 0.
        name: channel name, for monitors and output fields; unique where not empty.
        each_atom: the operator is a single-atom operator, written with the letters of its
            `Ensemble`, and the process happens to every atom independently. ``spin_minus(e)``,
            ``spin_plus(e)`` and ``spin_z(e)`` then stand for ``s-``, ``s+`` and ``sz/2`` of one
            atom, so that dephasing ``D[sz]`` at rate g is ``D[spin_z]`` at rate 4 g.

    Raises:
        ArgumentError: no operator, a name that is no text; negative or non-finite rate;
            ``each_atom`` for anything but one ensemble.
    """

    operator: OperatorSum
    rate: float = 1.0
    name: str = ""
    each_atom: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.operator, OperatorSum):
            raise ArgumentError(
                "operator", "be an OperatorSum", self.operator, "Use destroy(mode) and the like."
            )
        remedy = "Give a decay rate; gain is a jump with the raising operator."
        check_real("rate", self.rate, minimum=0.0, remedy=remedy)
        if not isinstance(self.name, str):
            raise ArgumentError("name", "be text", self.name, "Give a name such as 'A1 loss'.")
        if not isinstance(self.each_atom, bool):
            raise ArgumentError("each_atom", "be True or False", self.each_atom, "Say which.")
        if self.each_atom:
            spaces = self.operator.spaces
            if len(spaces) != 1 or not isinstance(spaces[0], Ensemble):
                raise ArgumentError(
                    "each_atom", "belong to an operator of one Ensemble", spaces, "Split the jump."
                )


@dataclass(frozen=True, slots=True)
class Monitor:
    """A measurement of the field radiated by a named jump.

    Args:
        channel: name of the jump.
        kind: ``"homodyne"`` (one quadrature), ``"heterodyne"`` or ``"counting"``.
        efficiency: fraction of the field that is detected, 0 .. 1.
        angle: homodyne phase; the measured quadrature is ``e^{-i angle} c + h.c.``.

    Raises:
        ArgumentError: unknown kind, efficiency outside 0 .. 1.
    """

    channel: str
    kind: Literal["homodyne", "heterodyne", "counting"] = "homodyne"
    efficiency: float = 1.0
    angle: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.channel, str):
            remedy = "Give the jump a name, and its name here."
            raise ArgumentError("channel", "be the name of a jump", self.channel, remedy)
        check_choice("kind", self.kind, ("homodyne", "heterodyne", "counting"))
        remedy = "Give the detected fraction of the light."
        check_real("efficiency", self.efficiency, minimum=0.0, maximum=1.0, remedy=remedy)
        check_real("angle", self.angle, remedy=f"Give radians, for example {pi / 2:.4f}.")


@dataclass(frozen=True)
class OpenSystem:
    """A network as every engine reads it.

    Args:
        spaces: the local spaces in the order in which results list them.
        hamiltonian: a Hermitian operator, in the same rate unit as the jumps.
        jumps: dissipation channels.
        monitors: measured channels; all others are averaged over.

    Raises:
        ArgumentError: something that is no space, operator, jump or monitor; duplicate labels,
            operators on unknown spaces, a monitor without its jump; a term so large or small that
            products of a few overflow or vanish (`darkstate.checks.check_magnitude`).
        UnphysicalError: the Hamiltonian is not Hermitian.
    """

    spaces: tuple[Space, ...]
    hamiltonian: OperatorSum = field(default_factory=OperatorSum)
    jumps: tuple[Jump, ...] = ()
    monitors: tuple[Monitor, ...] = ()

    def __post_init__(self) -> None:
        for name, kind, remedy in (
            ("spaces", Space, "Give a tuple such as (Mode('A1'), Qubit('q'))."),
            ("jumps", Jump, "Give a tuple such as (Jump(destroy(a), rate),)."),
            ("monitors", Monitor, "Give a tuple such as (Monitor('channel'),)."),
        ):
            entries = tuple_of(name, getattr(self, name), kind, remedy)
            object.__setattr__(self, name, entries)
        if not isinstance(self.hamiltonian, OperatorSum):
            remedy = "Build it of create(a), sigma_x(q) ..., constant in time, or leave it out."
            raise ArgumentError("hamiltonian", "be an OperatorSum", self.hamiltonian, remedy)
        self._check_spaces()
        self._check_magnitudes()
        if not self.hamiltonian.is_hermitian():
            skew = self.hamiltonian - self.hamiltonian.adjoint()
            raise UnphysicalError(
                "hamiltonian", "be Hermitian", skew, "Add the Hermitian conjugate; H - H† is shown."
            )
        names = [jump.name for jump in self.jumps if jump.name]
        if len(set(names)) < len(names):
            twice = Counter(names).most_common(1)[0][0]
            raise ArgumentError("jumps", "have unique names", twice, "Rename one of the channels.")
        for monitor in self.monitors:
            if monitor.channel not in names:
                remedy = nearest(monitor.channel, names)
                raise ArgumentError("monitors", "name a jump", monitor.channel, remedy)
            shares = [m.efficiency for m in self.monitors if m.channel == monitor.channel]
            if sum(shares) > 1 + 1e-12:
                raise UnphysicalError(
                    f"efficiency of the monitors of '{monitor.channel}'",
                    "add up to at most 1: they share the light of one channel",
                    shares,
                    "Lower them, or use one heterodyne monitor for both quadratures.",
                )

    def _check_spaces(self) -> None:
        known = set(self.spaces)
        labels = self.labels
        if len(set(labels)) < len(labels):
            twice = Counter(labels).most_common(1)[0][0]
            raise ArgumentError("spaces", "have unique labels", twice, "Rename one of them.")
        for name, operator in self._operators():
            for product, _ in operator:
                for space, _ in product:
                    if space not in known:
                        remedy = "Add it to `spaces`, or use the same kind and size everywhere."
                        raise ArgumentError(name, "act on the listed spaces", space, remedy)

    def _check_magnitudes(self) -> None:
        """Every energy and every rate, with the coefficient of its jump, can be multiplied."""
        for product, c in self.hamiltonian:
            _check_term("hamiltonian", product, c, c)
        for jump in self.jumps:
            for product, c in jump.operator:
                _check_term("jumps", product, c, c)
                _check_term("jumps (rate times the square of)", product, c, jump.rate * abs(c) ** 2)

    def _operators(self) -> Iterable[tuple[str, OperatorSum]]:
        yield "hamiltonian", self.hamiltonian
        for jump in self.jumps:
            yield "jumps", jump.operator

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the spaces, in order."""
        return tuple(space.label for space in self.spaces)

    @property
    def monitored(self) -> tuple[tuple[Jump, Monitor], ...]:
        """Each monitor with its jump."""
        by_name = {jump.name: jump for jump in self.jumps}
        return tuple((by_name[monitor.channel], monitor) for monitor in self.monitors)

    def with_monitors(self, *monitors: Monitor) -> OpenSystem:
        """The same system with these channels measured."""
        return OpenSystem(self.spaces, self.hamiltonian, self.jumps, monitors)


def _check_term(name: str, product: Product, c: complex, strength: complex) -> None:
    """That the strength of a term, named by its operators, can be multiplied.

    Raises:
        ArgumentError: it is too large or too small.
    """
    if not SMALLEST <= abs(strength) <= LARGEST:  # else no text is made of millions of terms
        term = OperatorSum({product: c})
        check_magnitude(f"{name} {term}", strength)


def check_system(system: Any) -> None:
    """That something is an open system.

    Raises:
        ArgumentError: it is not, for example a model.
    """
    if not isinstance(system, OpenSystem):
        remedy = "Pass `model.system()` of a model, or make an OpenSystem of spaces, H and jumps."
        raise ArgumentError("system", "be an OpenSystem", system, remedy)


def tuple_of(name: str, values: Any, kind: type, remedy: str) -> tuple[Any, ...]:
    """`values` as a tuple whose entries are all of one kind.

    Raises:
        ArgumentError: a single one, or something else among them.
    """
    single = isinstance(values, str | OperatorSum | kind) or not isinstance(values, Iterable)
    if single or isinstance(values, type):
        raise ArgumentError(name, f"be a list of {kind.__name__} objects", values, remedy)
    entries = tuple(values)
    for k, entry in enumerate(entries):
        if not isinstance(entry, kind):
            raise ArgumentError(f"{name}[{k}]", f"be a {kind.__name__}", entry, remedy)
    return entries
