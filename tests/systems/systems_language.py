"""The networks of the papers, written in the language of `darkstate.systems`."""

from __future__ import annotations

from itertools import pairwise
from math import cosh, sinh, sqrt

from darkstate.systems import (
    Component,
    Ensemble,
    Jump,
    Mode,
    OpenSystem,
    OperatorSum,
    Qubit,
    SqueezedField,
    concatenate,
    create,
    destroy,
    emitter,
    gain_of,
    parametric_source,
    sigma_minus,
    sigma_plus,
    sigma_z,
    spin_minus,
    spin_plus,
    spin_z,
    squeezed_jumps,
    total,
)


def hop(raising: OperatorSum, lowering: OperatorSum) -> OperatorSum:
    return raising * lowering + (raising * lowering).adjoint()


def system_of(H: OperatorSum, *jumps: Jump) -> OpenSystem:
    """The system of all spaces on which these operators act."""
    used = dict.fromkeys(s for op in (H, *(jump.operator for jump in jumps)) for s in op.spaces)
    return OpenSystem(tuple(used), H, jumps)


def cavity_chains(sites: int, loss: float = 0.1, nbar: float = 1.0) -> OpenSystem:
    arrays = [[Mode(f"{side}{j + 1}") for j in range(sites)] for side in "AB"]
    H = total(hop(create(x), destroy(y)) for row in arrays for x, y in pairwise(row))
    drive = squeezed_jumps(destroy(arrays[0][0]), destroy(arrays[1][0]), 2.0, nbar)
    losses = tuple(Jump(destroy(m), 2 * loss) for row in arrays for m in row)
    return OpenSystem((*arrays[0], *arrays[1]), H, drive + losses)


def spin_chains(sites: int, coupling: float = 1.0, nbar: float = 0.7) -> OpenSystem:
    arrays = [[Qubit(f"{side}{j + 1}") for j in range(sites)] for side in "AB"]
    H = total(
        coupling * hop(sigma_plus(x), sigma_minus(y)) for row in arrays for x, y in pairwise(row)
    )
    first = sigma_minus(arrays[0][0]), sigma_minus(arrays[1][0])
    return OpenSystem((*arrays[0], *arrays[1]), H, squeezed_jumps(*first, 2.0, nbar))


def cavity_atom_chains(sites: int, g: float = 0.01) -> OpenSystem:
    chains = cavity_chains(sites, loss=0.0)
    atoms = [Qubit(mode.label.lower()) for mode in chains.spaces]
    pairs = zip(atoms, chains.spaces, strict=True)
    exchange = [g * hop(sigma_plus(q), destroy(m)) for q, m in pairs if isinstance(m, Mode)]
    return OpenSystem(
        (*chains.spaces, *atoms), total([chains.hamiltonian, *exchange]), chains.jumps
    )


def rails(pairs: int, gamma: float = 1.0, deltas: tuple[float, ...] = ()) -> list[Component]:
    """The nodes of a dual-rail network, detuned by +delta on rail A and -delta on rail B."""
    return [
        concatenate(
            emitter(Qubit(f"A{i + 1}"), gamma, deltas[i] if deltas else 0.0),
            emitter(Qubit(f"B{i + 1}"), gamma, -deltas[i] if deltas else 0.0),
        )
        for i in range(pairs)
    ]


def cascade(parts: list[Component]) -> Component:
    result = parts[0]
    for part in parts[1:]:
        result = result >> part
    return result


def dual_rail(
    pairs: int, r: float = 1.0, gamma: float = 1.0, deltas: tuple[float, ...] = ()
) -> OpenSystem:
    field = SqueezedField(sinh(r) ** 2, sinh(2 * r) / 2)
    return cascade(rails(pairs, gamma, deltas)).open_system({("A1", "B1"): field})


def dual_rail_printed(
    pairs: int, r: float = 1.0, gamma: float = 1.0, deltas: tuple[float, ...] = ()
) -> OpenSystem:
    """The broadband model as in dual_rail.md."""
    rows = [[Qubit(f"{side}{i + 1}") for i in range(pairs)] for side in "AB"]
    H = OperatorSum()
    for sign, row in zip((1, -1), rows, strict=True):
        for i, x in enumerate(row):
            H = H + sigma_z(x) * (sign * deltas[i] / 2 if deltas else 0.0)
            for y in row[i + 1 :]:
                term = sigma_plus(x) * sigma_minus(y)
                H = H + 0.5j * gamma * (term - term.adjoint())
    LA, LB = (total(sigma_minus(q) for q in row) for row in rows)
    jumps = (
        Jump(cosh(r) * LA - sinh(r) * LB.adjoint(), gamma),
        Jump(cosh(r) * LB - sinh(r) * LA.adjoint(), gamma),
    )
    spaces = tuple(q for pair in zip(*rows, strict=True) for q in pair)
    return OpenSystem(spaces, H, jumps)


def sourced_rail(pairs: int, r: float = 1.0, kappa: float = 5.0, gamma: float = 1.0) -> OpenSystem:
    source = parametric_source(Mode("SA"), Mode("SB"), gain_of(r, kappa), kappa)
    return cascade([source.with_ports("A", "B"), *rails(pairs, gamma)]).open_system()


def sourced_rail_printed(
    pairs: int, r: float = 1.0, kappa: float = 5.0, gamma: float = 1.0
) -> OpenSystem:
    """The finite-bandwidth model as in dual_rail.md, source modes as node 0 of each rail."""
    g = gain_of(r, kappa)
    SA, SB = Mode("SA"), Mode("SB")
    pump = 1j * g * create(SA) * create(SB)
    H = pump + pump.adjoint()
    jumps = []
    qubits: list[list[Qubit]] = []
    for side, source in (("A", SA), ("B", SB)):
        row = [Qubit(f"{side}{i + 1}") for i in range(pairs)]
        qubits.append(row)
        nodes = [sqrt(kappa) * destroy(source), *(sqrt(gamma) * sigma_minus(q) for q in row)]
        for i, x in enumerate(nodes):
            for y in nodes[i + 1 :]:
                term = x.adjoint() * y
                H = H + 0.5j * (term - term.adjoint())
        jumps.append(Jump(total(nodes), 1.0))
    spaces = (SA, SB, *(q for pair in zip(*qubits, strict=True) for q in pair))
    return OpenSystem(spaces, H, tuple(jumps))


def two_ensembles(atoms: int = 3, r: float = 0.5, local: float = 0.1) -> OpenSystem:
    """Muschik et al.: two collective jumps, and cooling, heating, dephasing of every atom."""
    one, two = Ensemble("A1", atoms), Ensemble("B1", atoms)
    mu, nu = cosh(r), sinh(r)
    jumps = [
        Jump(mu * spin_minus(one) - nu * spin_minus(two), 1.0 / atoms, "A"),
        Jump(mu * spin_plus(two) - nu * spin_plus(one), 1.0 / atoms, "B"),
    ]
    for e in (one, two):
        for letter in (spin_minus, spin_plus, spin_z):
            jumps.append(Jump(letter(e), local, each_atom=True))
    return OpenSystem((one, two), OperatorSum(), tuple(jumps))


def driven_ensembles(atoms: int = 3, nbar: float = 0.5) -> OpenSystem:
    """The same two ensembles at the two ends of a squeezed field."""
    one, two = Ensemble("A1", atoms), Ensemble("B1", atoms)
    drive = squeezed_jumps(spin_minus(one), spin_minus(two), 1.0 / atoms, nbar)
    local = tuple(Jump(spin_minus(e), 0.1, each_atom=True) for e in (one, two))
    return OpenSystem((one, two), OperatorSum(), drive + local)
