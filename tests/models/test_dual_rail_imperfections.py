"""What imperfections make of the dual-rail network, each against a case known otherwise."""

import math

import numpy as np
import pytest
from models_dense import exchange, liouvillian, rail, reduced, steady_state

from darkstate.models.dual_rail import DualRail
from darkstate.systems import (
    Jump,
    OpenSystem,
    OperatorSum,
    Qubit,
    SqueezedField,
    cascade_order,
    concatenate,
    emitter,
    sigma_minus,
    sigma_plus,
    sigma_z,
    total,
)


def test_tracing_out_the_last_pair_leaves_the_smaller_network():
    more = {"dephasing": 0.1, "decay": 0.05, "thermal": 0.1}
    two = steady_state(
        DualRail(2, 0.8, [0.1, 0.7], [0.3, 0.2], loss=0.2, phase=0.4, **more).system()
    )
    one = steady_state(DualRail(1, 0.8, 0.1, 0.3, **more).system())
    assert reduced(two, [0, 2], [2] * 4) == pytest.approx(one, abs=1e-9)


def test_local_noise():
    system = DualRail(2, 1.0, dephasing=[0.3, 0.4], decay=[0.0, 0.7]).system()
    jumps = {jump.name: jump for jump in system.jumps if jump.name}
    assert jumps.keys() == {
        f"{s}{x}" for s in "AB" for x in ("1 dephasing", "2 dephasing", "2 decay")
    }
    assert jumps["B2 dephasing"].rate == pytest.approx(0.2)
    assert jumps["B2 dephasing"].operator == sigma_z(Qubit("B2"))
    assert jumps["A2 decay"].rate == pytest.approx(0.7)
    assert jumps["A2 decay"].operator == sigma_minus(Qubit("A2"))


def test_loss_attenuates_the_field_of_the_next_pair():
    """A first node that hardly couples: the second pair sees nbar and mbar times 1 - loss."""
    r, loss = 0.8, 0.3
    far = DualRail(2, r, coupling=[1e-10, 1.0], loss=loss, decay=[1.0, 0.0]).system()
    field = SqueezedField(0.7 * math.sinh(r) ** 2, 0.7 * math.sinh(2 * r) / 2)
    node = concatenate(*(emitter(Qubit(label), 1.0) for label in ("A2", "B2")))
    near = node.open_system({("A2", "B2"): field})
    assert reduced(steady_state(far), [1, 3], [2] * 4) == pytest.approx(
        steady_state(near), abs=1e-8
    )


def test_what_the_first_node_emits_is_attenuated_too():
    """H falls by sqrt(1 - loss) a segment; and where all is lost the second pair is dark."""
    gamma, system = 1.3, DualRail(3, 0.5, coupling=1.3, loss=[0.2, 0.5]).system()
    a = [sigma_minus(q) for q in rail("A", 3)]
    b = [sigma_minus(q) for q in rail("B", 3)]
    H = OperatorSum()
    for x in (a, b):
        for (i, j), power in (((0, 1), 0.8), ((1, 2), 0.5), ((0, 2), 0.4)):
            H = H + gamma * math.sqrt(power) * exchange(x[i], x[j])
    assert system.hamiltonian.isclose(H, 1e-12)
    rho = steady_state(DualRail(2, 0.5, loss=1.0).system())
    psi = np.kron(DualRail(1, 0.5).dark_state(), [1, 0, 0, 0])
    psi = psi.reshape([2] * 4).transpose(0, 2, 1, 3).ravel()
    assert rho == pytest.approx(np.outer(psi, psi.conj()), abs=1e-10)
    names = [jump.name for jump in DualRail(2, 0.5, bandwidth=9.0, loss=0.1).system().jumps]
    assert names == ["A", "A2_lost", "B", "B2_lost"]


def waveguide(gamma, segments):
    """One rail of emitters in a two-way waveguide and vacuum, with the phases of its segments."""
    n, place = len(segments) + 1, np.cumsum([0.0, *segments])
    qubits, H, jumps = rail("A", n), OperatorSum(), []
    for i, x in enumerate(qubits):
        for j, y in enumerate(qubits):
            if i != j:
                H = H + sigma_plus(x) * sigma_minus(y) * (
                    gamma / 2 * math.sin(abs(place[i] - place[j]))
                )
    c = [[gamma * math.cos(place[i] - place[j]) for j in range(n)] for i in range(n)]
    rates, vectors = np.linalg.eigh(np.array(c))
    for rate, vector in zip(rates, vectors.T, strict=True):
        lower = total(sigma_minus(q) * float(v) for q, v in zip(qubits, vector, strict=True))
        jumps.append(Jump(lower, max(float(rate), 0.0)))
    return OpenSystem(tuple(qubits), H, tuple(jumps))


@pytest.mark.parametrize("phase", [0.0, 0.7, math.pi / 2, (0.4, 1.1)])
def test_equal_directions_are_the_ordinary_waveguide(phase):
    """Vacuum: H = (gamma/2) sum sin|phi_ij| s+_i s-_j, rates gamma cos phi_ij, as in textbooks."""
    model = DualRail(3, 0.0, coupling=1.3, directionality=0.5, phase=phase)
    system, known = model.system(), waveguide(1.3, np.broadcast_to(phase, 2))
    one = [OperatorSum({p: c for p, c in op if all(s.label[0] == "A" for s, _ in p)})
           for op in (system.hamiltonian, *(jump.operator for jump in system.jumps))]  # fmt: skip
    jumps = [Jump(op, jump.rate) for op, jump in zip(one[1:], system.jumps, strict=True) if len(op)]
    built = OpenSystem(known.spaces, one[0], tuple(jumps))
    assert liouvillian(built).toarray() == pytest.approx(liouvillian(known).toarray(), abs=1e-12)


def test_imperfect_direction_couples_back():
    model = DualRail(2, 1.0, directionality=0.8, coupling=2.0)
    system = model.system()
    back = [jump for jump in system.jumps if jump.name]
    assert [jump.name for jump in back] == ["A_left", "B_left"]
    assert back[0].rate == pytest.approx(0.2 * 2.0)
    a = [sigma_minus(q) for q in rail("A", 2)]
    b = [sigma_minus(q) for q in rail("B", 2)]
    net = 2.0 * (0.8 - 0.2)
    assert system.hamiltonian.isclose(net * (exchange(*a) + exchange(*b)), 1e-12)
    assert not cascade_order(system)
    pair = reduced(steady_state(DualRail(1, 1.0, directionality=0.8).system()), [0, 1], [2, 2])
    other = reduced(
        steady_state(DualRail(1, 1.0, coupling=0.8, decay=0.2).system()), [0, 1], [2, 2]
    )
    assert pair == pytest.approx(other, abs=1e-12)  # behind a single node, backwards is lost


def test_everything_at_once_is_a_network():
    model = DualRail(
        3, 1.0, [0.1, 0.2, 0.3], coupling=[1.0, 0.9, 1.1], bandwidth=5.0, dephasing=0.01,
        decay=0.02, loss=[0.1, 0.0], source_decay_b=4.0, thermal=0.1, phase=[0.3, 0.0],
        directionality=0.9,
    )  # fmt: skip
    system = model.system()
    assert len(system.labels) == 8
    assert {jump.name for jump in system.jumps} >= {"A_left", "A1_left_lost", "B3 dephasing"}
    assert model.parameters()["source_decay_b"] == 4.0
