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
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import pi
from typing import Any, Literal

from darkstate.checks import LARGEST, SMALLEST, check_choice, check_magnitude, check_real
from darkstate.display import page, table
from darkstate.errors import ArgumentError, EngineMismatchError, UnphysicalError, nearest
from darkstate.systems.operators import OperatorSum, Product, latex, total
from darkstate.systems.pulses import Pulse, as_pulse
from darkstate.systems.signals import Signal, signal, split, varies
from darkstate.systems.spaces import Ensemble, Space


@dataclass(frozen=True, slots=True)
class Jump:
    """One dissipation channel ``rate * D[operator]``.

    Args:
        operator: the jump operator c.
        rate: energy-type rate in front of ``D[c]``, >= 0.
        name: channel name, for monitors and output fields; unique where not empty.
        modulation: amplitude f(t) in front of the operator, a pulse or a function of time, real or
            complex: ``rate D[f(t) c]``. The jump then has the operator ``f(t) c``.
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
    modulation: Any = None

    def __post_init__(self) -> None:
        if not isinstance(self.operator, OperatorSum):
            raise ArgumentError(
                "operator", "be an OperatorSum", self.operator, "Use destroy(mode) and the like."
            )
        remedy = "Give a decay rate; gain is a jump with the raising operator."
        if callable(self.rate):
            remedy = "A rate g(t) is Jump(operator, modulation=f) with f = sqrt(g), the amplitude."
        check_real("rate", self.rate, minimum=0.0, remedy=remedy)
        if not isinstance(self.name, str):
            raise ArgumentError("name", "be text", self.name, "Give a name such as 'A1 loss'.")
        if not isinstance(self.each_atom, bool):
            raise ArgumentError("each_atom", "be True or False", self.each_atom, "Say which.")
        if self.modulation is not None:
            factor = signal(as_pulse("modulation", self.modulation))
            object.__setattr__(self, "operator", factor * self.operator)
            object.__setattr__(self, "modulation", None)  # it is in the operator
        if self.each_atom:
            spaces = [s for s in self.operator.spaces if not isinstance(s, Signal)]
            if len(spaces) != 1 or not isinstance(spaces[0], Ensemble):
                raise ArgumentError(
                    "each_atom", "belong to an operator of one Ensemble", spaces, "Split the jump."
                )

    @property
    def parts(self) -> tuple[tuple[Pulse | None, OperatorSum], ...]:
        """``f_m(t) c_m`` whose sum is the operator; None for what is constant."""
        return split(self.operator)


@dataclass(frozen=True, slots=True)
class Drive:
    """A term of H that depends on time: ``f(t) O``, plus h.c. if O is not Hermitian.

    Args:
        operator: O.
        coefficient: f, one of `darkstate.systems.pulses` or a function of time; real if O is
            Hermitian.

    Raises:
        ArgumentError: no operator; neither a pulse nor a function; a complex pulse for a Hermitian
            operator.
    """

    operator: OperatorSum
    coefficient: Any

    def __post_init__(self) -> None:
        if not isinstance(self.operator, OperatorSum) or varies(self.operator):
            remedy = "Give sigma_x(q), destroy(a) or the like; what depends on time is f."
            raise ArgumentError("operator", "be an OperatorSum", self.operator, remedy)
        pulse = as_pulse("coefficient", self.coefficient)
        object.__setattr__(self, "coefficient", pulse)
        functions = any(part.kind == "function" for part in pulse.parts())
        if self.hermitian and not pulse.real and not functions:
            rule = "be real for a Hermitian operator"
            remedy = "Give half of it: Drive(create(a), f) adds f a† + f* a."
            raise ArgumentError("coefficient", rule, str(pulse), remedy)

    @property
    def hermitian(self) -> bool:
        """Whether nothing is added to ``f(t) O``."""
        return self.operator.is_hermitian()

    @property
    def whole(self) -> OperatorSum:
        """The term with its pulse as a factor, and its conjugate if that belongs to it."""
        term = signal(self.coefficient) * self.operator
        return term if self.hermitian else term + term.adjoint()


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


@dataclass(frozen=True, repr=False)
class OpenSystem:
    """A network as every engine reads it.

    Args:
        spaces: the local spaces in the order in which results list them.
        hamiltonian: a Hermitian operator, in the same rate unit as the jumps, constant in time.
        jumps: dissipation channels.
        monitors: measured channels; all others are averaged over.
        drives: terms of H that depend on time.

    Raises:
        ArgumentError: an entry of the wrong kind; duplicate labels, operators on unknown spaces, a
            monitor without its jump; a term so large or small that products of a few overflow or
            vanish (`darkstate.checks.check_magnitude`).
        UnphysicalError: the Hamiltonian is not Hermitian.
    """

    spaces: tuple[Space, ...]
    hamiltonian: OperatorSum = field(default_factory=OperatorSum)
    jumps: tuple[Jump, ...] = ()
    monitors: tuple[Monitor, ...] = ()
    drives: tuple[Drive, ...] = ()

    def __post_init__(self) -> None:
        for name, kind, remedy in (
            ("spaces", Space, "Give a tuple such as (Mode('A1'), Qubit('q'))."),
            ("jumps", Jump, "Give a tuple such as (Jump(destroy(a), rate),)."),
            ("monitors", Monitor, "Give a tuple such as (Monitor('channel'),)."),
            ("drives", Drive, "Give a tuple such as (Drive(sigma_x(q), f),)."),
        ):
            entries = tuple_of(name, getattr(self, name), kind, remedy)
            object.__setattr__(self, name, entries)
        if not isinstance(self.hamiltonian, OperatorSum) or varies(self.hamiltonian):
            remedy = "Build it of create(a), sigma_x(q) ..., or leave it out. What depends on time "
            remedy += (
                "stands beside it: OpenSystem(spaces, H, jumps, drives=(Drive(operator, f),))."
            )
            rule = "be an OperatorSum, constant in time"
            raise ArgumentError("hamiltonian", rule, self.hamiltonian, remedy)
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
                    if space not in known and not isinstance(space, Signal):
                        remedy = "Add it to `spaces`, or use the same kind and size everywhere."
                        raise ArgumentError(name, "act on the listed spaces", space, remedy)

    def _check_magnitudes(self) -> None:
        """Every energy and every rate, with the coefficient of its jump, can be multiplied."""
        for product, c in self.hamiltonian:
            _check_term("hamiltonian", product, c, c)
        for drive in self.drives:
            for product, c in drive.operator:
                _check_term("drives", product, c, c)
        for jump in self.jumps:
            for product, c in jump.operator:
                _check_term("jumps", product, c, c)
                _check_term("jumps (rate times the square of)", product, c, jump.rate * abs(c) ** 2)

    def _operators(self) -> Iterable[tuple[str, OperatorSum]]:
        yield "hamiltonian", self.hamiltonian
        for jump in self.jumps:
            yield "jumps", jump.operator
        for drive in self.drives:
            yield "drives", drive.operator

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
        return replace(self, monitors=monitors)

    def __repr__(self) -> str:
        counts = [f"{len(self.hamiltonian)} terms in H", f"{len(self.jumps)} jumps"]
        more = ((self.drives, "drives"), (self.monitors, "monitors"))
        counts += [f"{len(entries)} {name}" for entries, name in more if entries]
        shown = ", ".join(self.labels[:6]) + (", ..." if len(self.labels) > 6 else "")
        return f"OpenSystem({shown}: {', '.join(counts)})"

    def _repr_html_(self) -> str:
        """What notebooks show: spaces, H, drives and jumps."""
        spaces = ", ".join(repr(space) for space in self.spaces[:12])
        rows = [("spaces", spaces), ("H", f"${latex(self.hamiltonian)}$")]
        rows += [(f"drive, {d.coefficient}", f"${latex(d.operator)}$") for d in self.drives]
        for k, jump in enumerate(self.jumps):
            each = ", each atom" if jump.each_atom else ""
            name = f"{jump.name or f'jump {k + 1}'}, rate {jump.rate:.4g}{each}"
            rows.append((name, f"${latex(jump.operator)}$"))
        rows += [(f"monitor of {m.channel}", m.kind) for m in self.monitors]
        return page(repr(self), table(rows))

    @cached_property
    def time_dependent(self) -> bool:
        """Whether anything in it depends on time."""
        return bool(self.drives) or any(varies(jump.operator) for jump in self.jumps)

    @cached_property
    def whole_hamiltonian(self) -> OperatorSum:
        """H with the drives, their pulses as factors of the products."""
        if not self.drives:
            return self.hamiltonian
        return total([self.hamiltonian, *(drive.whole for drive in self.drives)])


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


def without_pulses(hamiltonian: OperatorSum) -> tuple[OperatorSum, tuple[Drive, ...]]:
    """A Hermitian operator with pulses as factors, as a constant one and drives."""
    if not varies(hamiltonian):
        return hamiltonian, ()
    constant, found = OperatorSum(), {}
    for pulse, operator in split(hamiltonian):
        if pulse is None:
            constant = operator
        elif signal(pulse.conj()) not in found:
            found[signal(pulse)] = pulse, operator
    drives = []
    for pulse, operator in found.values():
        twice = operator.is_hermitian() and signal(pulse) != signal(pulse.conj())  # f O + f* O
        coefficient = Pulse("real", (("pulse", 2.0 * pulse),)) if twice else pulse
        drives.append(Drive(operator, coefficient))
    return constant, tuple(drives)


def check_constant(system: OpenSystem, what: str) -> None:
    """That nothing in a system depends on time, for what is not made for that.

    Args:
        system: an open system.
        what: what is not, as users know it.

    Raises:
        EngineMismatchError: something does.
    """
    if system.time_dependent:
        raise EngineMismatchError(
            f"{what} is for what is constant in time, but this has drives or modulated couplings.",
            "Use evolve(system, times), or leave them out.",
        )


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
