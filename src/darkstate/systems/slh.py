"""SLH components: open networks built from parts connected by one-way fields.

A component G = (S, L, H) has n ports. A field ``b_in`` enters port k, is scattered, picks up what
the component radiates, and leaves:

    b_out = S b_in + L,    H_int = i sum_k (b_k† L~_k - L~_k† b_k)  with  L~ = S† L.

::

            +-----------------+                 three ways to connect:
    in A -->|  S, L, H        |--> out A          g1 >> g2                 series, port by port
    in B -->|                 |--> out B          concatenate(g1, g2)      side by side
            +-----------------+                   g.feedback("A", "B")     a wire from out A to in B

Couplings are in units of sqrt(rate): vacuum on all inputs gives ``sum_k D[L_k]``. So a cavity of
energy decay rate gamma has ``L = sqrt(gamma) a``: ``da/dt = -gamma/2 a - sqrt(gamma) b_in``.
The time a field needs between components is neglected, as everywhere in this formalism; where it
matters, a `delay_line` of cavities stands for it.

Sources: Gough and James, IEEE Trans. Autom. Control 54, 2530 (2009) and Commun. Math. Phys. 287,
1109 (2009); cascades: Gardiner, Phys. Rev. Lett. 70, 2269; Carmichael, ibid. 2273 (1993).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import as_labels, check_instance, check_sequence
from darkstate.conventions import is_label
from darkstate.display import page, table
from darkstate.errors import ArgumentError, UnphysicalError, nearest
from darkstate.systems.fields import Field, as_complex
from darkstate.systems.noise import Moments, combine, driven
from darkstate.systems.open_system import Jump, Monitor, OpenSystem, tuple_of, without_pulses
from darkstate.systems.operators import OperatorSum, latex, total
from darkstate.systems.signals import Signal
from darkstate.systems.spaces import Space


@dataclass(frozen=True, eq=False)
class Component:
    """A component (S, L, H) with named ports.

    Args:
        scattering: S, unitary, shape (n, n). Entries below 1e-14 are rounding and set to zero.
        couplings: L, one operator a port, in sqrt(rate) units.
        hamiltonian: H, Hermitian. Couplings and H may have pulses as factors, where a coupler is
            modulated.
        spaces: the local spaces in order; by default those that occur in L and H.
        ports: n distinct names; by default the positions "1", "2", ... A name made of digits is a
            position, and follows the port when it moves.

    Raises:
        ArgumentError: shapes do not fit, names are not distinct, a space is missing or two
            different spaces have one label.
        UnphysicalError: S is not unitary or H is not Hermitian.
    """

    scattering: NDArray[np.complex128]
    couplings: tuple[OperatorSum, ...]
    hamiltonian: OperatorSum = field(default_factory=OperatorSum)
    spaces: tuple[Space, ...] = ()
    ports: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        remedy = "Give one operator a port, such as (destroy(a) * sqrt(rate),)."
        couplings = tuple_of("couplings", self.couplings, OperatorSum, remedy)
        n = len(couplings)
        remedy = "Give the (n, n) unitary matrix S, such as numpy.eye(1)."
        S = as_complex("scattering", self.scattering, remedy)
        if S.shape != (n, n):
            remedy = "Give one row and one coupling a port (OperatorSum() couples to nothing)."
            raise ArgumentError("scattering", f"have shape {(n, n)}", S.shape, remedy)
        if not np.all(np.abs(S.conj().T @ S - np.eye(n)) <= 1e-10):
            remedy = "Add the ports into which light is lost."
            raise UnphysicalError("scattering", "be unitary", S, remedy)
        S = _without_rounding(S)
        remedy = "Build it of create(a), sigma_x(q) ..., or leave it out."
        check_instance("hamiltonian", self.hamiltonian, OperatorSum, remedy)
        remedy = "Give a tuple such as (Mode('A1'),), or leave them out."
        spaces = tuple_of("spaces", self.spaces, Space, remedy)
        operators = (self.hamiltonian, *couplings)
        used = {s: None for op in operators for s in op.spaces if not isinstance(s, Signal)}
        object.__setattr__(self, "scattering", S)
        object.__setattr__(self, "couplings", couplings)
        object.__setattr__(self, "spaces", spaces or tuple(used))
        object.__setattr__(self, "ports", _checked_ports(self.ports, n))
        # checks the spaces, that H is Hermitian, and that L and H act on the spaces
        jumps = tuple(Jump(coupling) for coupling in couplings)
        constant, drives = without_pulses(self.hamiltonian)
        OpenSystem(self.spaces, constant, jumps, (), drives)

    def __repr__(self) -> str:
        spaces = ", ".join(space.label for space in self.spaces)
        return f"Component(ports {', '.join(self.ports)}{f'; spaces {spaces}' if spaces else ''})"

    def _repr_html_(self) -> str:
        """What notebooks show: S if it mixes ports, L of each port, and H."""
        rows = [
            (f"L, {p}", f"${latex(c)}$") for p, c in zip(self.ports, self.couplings, strict=True)
        ]
        rows.append(("H", f"${latex(self.hamiltonian)}$"))
        if not np.array_equal(self.scattering, np.eye(len(self.ports))):
            lines = np.array2string(self.scattering, precision=4, suppress_small=True)
            rows.insert(0, ("S", lines))
        return page(repr(self), table(rows))

    def with_ports(self, *ports: str) -> Component:
        """The same component with other port names."""
        return _joined(self.scattering, self.couplings, self.hamiltonian, self.spaces, ports)

    def port(self, name: str) -> int:
        """Position of a port.

        Raises:
            ArgumentError: there is no such port; the nearest one is offered.
        """
        if not isinstance(name, str) or name not in self.ports:
            raise ArgumentError("port", "name a port", name, nearest(name, self.ports))
        return self.ports.index(name)

    def __rshift__(self, other: Component) -> Component:
        """Series product: output k of this component becomes input k of `other`.

        ``S = S2 S1``, ``L = L2 + S2 L1``, ``H = H1 + H2 + (L2† S2 L1 - h.c.)/(2i)``. A line keeps
        the name that it has upstream, or else downstream.

        Raises:
            ArgumentError: the numbers of ports differ, or the two use one label differently.
        """
        _check_component("other", other)
        if len(other.ports) != len(self.ports):
            remedy = "Concatenate components, or use feedback() to connect single ports."
            wanted = f"have {len(self.ports)} ports like the component before it"
            raise ArgumentError("other", wanted, other.ports, remedy)
        S1, S2 = self.scattering, other.scattering
        arriving = [combine(row, self.couplings) for row in S2]
        exchange = total(
            mine.adjoint() * came for mine, came in zip(other.couplings, arriving, strict=True)
        )
        hamiltonians = (self.hamiltonian, other.hamiltonian, exchange, exchange.adjoint())
        names = [b if a.isdigit() else a for a, b in zip(self.ports, other.ports, strict=True)]
        return _joined(
            _without_rounding(S2 @ S1),
            tuple(combine((1, 1), pair) for pair in zip(other.couplings, arriving, strict=True)),
            combine((1, 1, -0.5j, 0.5j), hamiltonians),
            _union((self, other)),
            _renumbered(names),
        )

    def feedback(self, output: str, input: str) -> Component:
        """Connect the output of one port to the input of another (or of the same) port.

        With k the output, j the input and ``f = 1/(1 - S_kj)``, for the other rows i and columns p

            S'_ip = S_ip + S_ij f S_kp,   L'_i = L_i + S_ij f L_k,
            H' = H + (sum_i L_i† S_ij f L_k - h.c.)/(2i)     (this sum with i = k).

        Port `input` disappears; port `output` goes on as the line that enters where it did and
        leaves where `input` left. ``concatenate(g1, g2).feedback("a", "b")`` is therefore the way
        to send one output of g1 into one input of g2.

        Raises:
            ArgumentError: no such port.
            UnphysicalError: the loop closes on itself (``S_kj = 1``): a field would circulate
                without ever leaving.
        """
        k, j = self.port(output), self.port(input)
        S, L = self.scattering, self.couplings
        if abs(1.0 - S[k, j]) < 1e-12:
            remedy = "Put a cavity, phase or loss into the loop."
            raise UnphysicalError("feedback", "not form a resonant loop", (output, input), remedy)
        f = 1.0 / (1.0 - S[k, j])
        columns = [p for p in range(len(L)) if p != j]
        rows = [j if p == k else p for p in columns]
        loop = total(L[i].adjoint() * L[k] * complex(S[i, j] * f) for i in np.flatnonzero(S[:, j]))
        through = S[np.ix_(rows, columns)] + f * np.outer(S[rows, j], S[k, columns])
        return _joined(
            _without_rounding(through),
            tuple(combine((1, S[i, j] * f), (L[i], L[k])) for i in rows),
            combine((1, -0.5j, 0.5j), (self.hamiltonian, loop, loop.adjoint())),
            self.spaces,
            _renumbered([self.ports[p] for p in columns]),
        )

    def open_system(
        self,
        inputs: Mapping[str | tuple[str, ...], Field] | None = None,
        monitors: Sequence[Monitor] = (),
    ) -> OpenSystem:
        """The Lindblad generator with these fields on the inputs and vacuum on all others.

        An output that only vacuum inputs can reach is the jump ``L_k``, named after its port, and
        may be monitored. Ports mixed with a driven one give unnamed jumps (see
        `darkstate.systems.fields`).

        Args:
            inputs: ``{port or tuple of ports: field}``.
            monitors: measurements of named jumps.

        Raises:
            ArgumentError: unknown or repeated port, a field with another number of ports, a
                monitor on a port that has no jump of its own.
        """
        moments: dict[tuple[int, ...], Moments] = {}
        means = [OperatorSum()] * len(self.ports)
        for key, source in _checked_inputs(inputs).items():
            names = as_labels("inputs", key)
            field_moments = source.moments()
            n = len(field_moments[0])
            if len(names) != n:
                remedy = "List one port for each mode of the field."
                raise ArgumentError("inputs", f"name {n} port(s) for {source}", names, remedy)
            places = tuple(self.port(name) for name in names)
            moments[places] = field_moments
            for place, mean in zip(places, source.mean(), strict=True):
                means[place] = mean
        flat = [k for key in moments for k in key]
        if len(set(flat)) < len(flat):
            twice = next(self.ports[k] for k in flat if flat.count(k) > 1)
            raise ArgumentError("inputs", "drive each port once", twice, "Drop one of the fields.")
        jumps, drive = driven(self.scattering, self.couplings, self.ports, moments, means)
        remedy = "Give a tuple such as (Monitor('channel'),)."
        watched = tuple_of("monitors", monitors, Monitor, remedy)
        hamiltonian, drives = without_pulses(self.hamiltonian + drive)
        return OpenSystem(self.spaces, hamiltonian, jumps, watched, drives)


def concatenate(*components: Component) -> Component:
    """Components side by side: block-diagonal S, all ports, Hamiltonians added.

    Two components may share a space: then it is one and the same local system (the two mirrors of
    one cavity), and everything said about it adds up.

    Raises:
        ArgumentError: no component; a port name twice; one label for two kinds of space.
    """
    for k, component in enumerate(components):
        _check_component(f"components[{k}]", component)
    if not components:
        raise ArgumentError("components", "be at least one", components, "Give SLH components.")
    names = [name for component in components for name in component.ports]
    n = len(names)
    S = np.zeros((n, n), dtype=complex)
    start = 0
    for component in components:
        stop = start + len(component.ports)
        S[start:stop, start:stop] = component.scattering
        start = stop
    S.setflags(write=False)
    return _joined(
        S,
        tuple(coupling for component in components for coupling in component.couplings),
        total(component.hamiltonian for component in components),
        _union(components),
        _renumbered(names),
    )


def _joined(
    scattering: NDArray[np.complex128],
    couplings: tuple[OperatorSum, ...],
    hamiltonian: OperatorSum,
    spaces: tuple[Space, ...],
    ports: tuple[str, ...],
) -> Component:
    """A component made of others: S is unitary and H Hermitian because theirs are.

    Raises:
        ArgumentError: two ports or two different spaces have one name.
    """
    if len({space.label for space in spaces}) < len(spaces):
        OpenSystem(spaces)  # says which
    result = object.__new__(Component)
    for name, value in (
        ("scattering", scattering), ("couplings", couplings), ("hamiltonian", hamiltonian),
        ("spaces", spaces), ("ports", _checked_ports(ports, len(couplings))),
    ):  # fmt: skip
        object.__setattr__(result, name, value)
    return result


def _without_rounding(scattering: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """S without entries that are rounding, never to be changed."""
    S = np.where(np.abs(scattering) < 1e-14, 0.0, scattering)
    S.setflags(write=False)
    return S


def _check_component(name: str, value: object) -> None:
    if not isinstance(value, Component):
        remedy = "Make one: cavity(mode, rate), emitter(qubit, rate), phase_shifter(phi) ..."
        raise ArgumentError(name, "be a Component", value, remedy)


def _checked_inputs(inputs: Any) -> dict[Any, Field]:
    """Fields by port or ports.

    Raises:
        ArgumentError: no mapping, or an entry that is no field.
    """
    remedy = "Give {port: field}, such as {'A': ThermalField(1.0)}, or leave it out."
    if inputs is not None and not isinstance(inputs, Mapping):
        raise ArgumentError("inputs", "be {port or ports: field}", inputs, remedy)
    found = dict(inputs or {})
    for key, source in found.items():
        check_instance(f"inputs[{key!r}]", source, Field, remedy)
    return found


def _checked_ports(ports: Sequence[str], n: int) -> tuple[str, ...]:
    given = check_sequence("ports", ports, "Give a tuple such as ('A', 'B').")
    names = given or tuple(str(k + 1) for k in range(n))
    if len(names) != n:
        raise ArgumentError("ports", f"be {n} names", names, "Name each port once.")
    for k, name in enumerate(names):
        if (
            not isinstance(name, str)
            or not is_label(name)
            or (name.isdigit() and name != str(k + 1))
        ):
            remedy = "Use letters and digits, such as 'A'; digits alone mean the position."
            raise ArgumentError(f"ports[{k}]", "be a name", name, remedy)
    if len(set(names)) < n:
        remedy = "Rename the ports of one component with with_ports()."
        raise ArgumentError("ports", "be distinct", names, remedy)
    return names


def _renumbered(names: Sequence[str]) -> tuple[str, ...]:
    """Names with every unnamed port called by its position."""
    return tuple(str(k + 1) if name.isdigit() else name for k, name in enumerate(names))


def _union(components: Iterable[Component]) -> tuple[Space, ...]:
    """All spaces in order of appearance; a shared space occurs once."""
    return tuple(dict.fromkeys(space for c in components for space in c.spaces))
