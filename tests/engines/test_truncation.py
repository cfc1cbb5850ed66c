"""Fock cut-offs: where they start, how they grow, what they leave out, and what is said of it."""

from __future__ import annotations

import ast
import math

import numpy as np
import pytest

import darkstate as ds
from counted import growth
from darkstate.engines import Collective, Lindblad
from darkstate.engines.contract import ask
from darkstate.engines.photons import expected_levels
from darkstate.engines.truncation import (
    Attempt,
    change_of_state,
    check_cutoff,
    degrees,
    edge_populations,
    first_cutoffs,
    grow_cutoffs,
    least_cutoffs,
    levels_needed,
    padded,
    populations_of,
    require_room,
)
from darkstate.errors import ArgumentError, CapacityError, NumericalError
from darkstate.results import Status
from darkstate.states import DensityState, PureState
from darkstate.systems import (
    Ensemble,
    Jump,
    Mode,
    OpenSystem,
    Qubit,
    Spin,
    create,
    destroy,
    number,
    sigma_minus,
    sigma_plus,
    spin_minus,
    spin_plus,
    spin_z,
)

A, B, Q = Mode("a"), Mode("b"), Qubit("q")
a, b = destroy(A), destroy(B)


def power(operator, k):
    product = operator
    for _ in range(k - 1):
        product = product * operator
    return product


def driven(k: int, drive: float = 0.3, loss: float = 0.1) -> OpenSystem:
    """A mode driven by k photons at once, with loss of k photons and of one."""
    up = power(create(A), k)
    return OpenSystem((A,), drive * (up + power(a, k)), (Jump(a), Jump(power(a, k), loss)))


def reference(system: OpenSystem, cutoff: int) -> DensityState:
    """The steady state in a much larger space, solved densely."""
    return ds.steady_state(system, Lindblad("dense", cutoff=cutoff)).state


@pytest.mark.parametrize("k", [2, 3, 4, 5])
def test_drives_of_many_photons_are_not_lost_below_their_power(k):
    system = driven(k)
    found, exact = ds.steady_state(system), reference(system, 30)
    error = change_of_state(found.state, exact)
    assert found.report.status == "certified"
    assert error <= found.report.error_estimate + 1e-9
    assert exact.expectation(number(A)).real > 0.1


def test_a_two_mode_drive_of_four_photons():
    pump = power(a, 2) * power(b, 2)
    system = OpenSystem((A, B), 0.4 * (pump + pump.adjoint()), (Jump(a), Jump(b), Jump(pump, 0.5)))
    found = ds.steady_state(system)
    exact = ds.steady_state(system, Lindblad("krylov", cutoff=14))
    assert change_of_state(found.state, exact.state) <= found.report.error_estimate
    assert found.state.expectation(number(A)).real > 0.01


@pytest.mark.parametrize("level", [3, 5, 9])
def test_a_resonance_with_a_high_level_is_seen(level):
    """``E(level) = E(0)``: a weak drive fills the level through others that stay nearly empty."""
    kerr = 1.0
    H = -kerr * (level - 1) * number(A) + kerr * power(create(A), 2) * power(a, 2)
    system = OpenSystem((A,), H + 0.45 * (a + create(A)), (Jump(a, 1e-6),))
    found, exact = ds.steady_state(system), reference(system, level + 16)
    assert least_cutoffs(system)["a"] > level
    assert change_of_state(found.state, exact) <= found.report.error_estimate + 1e-6


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        (OpenSystem((A,), jumps=(Jump(a),)), {"a": 4}),
        (driven(4), {"a": 9}),
        (OpenSystem((A, B), jumps=(Jump(a * power(b, 3)),)), {"a": 4, "b": 7}),
        (OpenSystem((A,), jumps=(Jump(power(a, 6), 0.0), Jump(a))), {"a": 4}),  # rate zero
        # in resonance with 4, which is no matter of the mode beside it
        (
            OpenSystem((A, B), a + create(A) + power(create(B), 2) * power(b, 2) - 3 * number(B)),
            {"a": 4, "b": 5},
        ),
        # what two modes have in common is no energy of one
        (
            OpenSystem(
                (A, B),
                a + create(A) + power(create(A), 2) * power(a, 2) - 3 * number(A) * number(B),
            ),
            {"a": 5, "b": 4},
        ),
        # in resonance with 4, but not driven
        (OpenSystem((A,), power(create(A), 2) * power(a, 2) - 3 * number(A)), {"a": 5}),
        # what squeezes has a power, but no energy
        (OpenSystem((A,), power(create(A), 2) + power(a, 2) - 5 * number(A)), {"a": 5}),
    ],
)
def test_where_growing_starts(system, expected):
    assert least_cutoffs(system) == expected


def test_cut_offs_by_mode():
    m, system = Mode("m"), OpenSystem((A, B), jumps=(Jump(a), Jump(b)))
    assert first_cutoffs(system, 7) == {"a": 7, "b": 7}
    assert first_cutoffs(system, {"b": 9}) == {"a": 4, "b": 9}
    with pytest.raises(ArgumentError, match=r"name modes of the system.*'m'"):
        first_cutoffs(system, {"m": 3})
    with pytest.raises(ArgumentError, match=r"'bb'(?s:.*)'b'"):
        first_cutoffs(system, {"bb": 3})
    with pytest.raises(ArgumentError, match="no modes: drop it"):
        first_cutoffs(OpenSystem((Q,)), {m.label: 3})
    for wrong in (1, 2.5, True, "4", {}, {"a": 1}, {"a": 3.0}):
        with pytest.raises(ArgumentError, match="cutoff"):
            check_cutoff(wrong)
        with pytest.raises(ArgumentError, match="cutoff"):
            Lindblad(cutoff=wrong)
    check_cutoff(None)


def test_each_mode_grows_by_itself():
    """A strongly and a weakly driven mode: the second stays small."""
    H = 0.4 * (a + create(A)) + 0.01 * (b + create(B)) + 0.1 * (a * create(B) + create(A) * b)
    system = OpenSystem((A, B), H, (Jump(a, 1.0), Jump(b, 4.0)))
    found = ds.steady_state(system, Lindblad())
    sizes = dict(zip(("a", "b"), found.state.dimensions, strict=True))
    assert sizes["a"] > 1.5 * sizes["b"]
    given = ds.steady_state(system, Lindblad(cutoff={"a": 20}))
    assert given.state.dimensions[0] == 20
    n, exact = (each.state.expectation(number(A)).real for each in (found, given))
    assert abs(n - exact) <= 10 * found.report.error_estimate
    assert given.report.status == "certified"


def test_the_difference_of_cut_offs_is_the_error_estimate():
    """Two cavities with a squeezed field: the entanglement feels the square root of the tail."""
    model = ds.models.CavityChains(1, drive=ds.SqueezedDrive(nbar=1.0))
    found = ds.steady_state(model, Lindblad())
    exact = 2 * math.asinh(1.0) / math.log(2)
    missing = abs(ds.log_negativity(found.state, "A1", "B1") - exact)
    assert 1e-6 < missing < 2 * found.report.error_estimate
    assert found.report.error_estimate < 3.2e-4
    assert found.report.status == "certified"
    tighter = ds.steady_state(model, Lindblad(edge=1e-10))
    assert tighter.report.error_estimate < 0.1 * found.report.error_estimate


def test_a_given_cutoff_is_compared_with_a_smaller_one():
    system = OpenSystem((A,), 0.4 * (a + create(A)), (Jump(a),))
    wide = ds.steady_state(system, Lindblad(cutoff=16)).report
    assert wide.status == "certified"
    assert wide.error_estimate < 1e-5
    tight = ds.steady_state(system, Lindblad(cutoff=9, edge=1e-3)).report
    narrow = ds.steady_state(system, Lindblad(cutoff=5, edge=1e-3)).report
    assert tight.error_estimate < narrow.error_estimate
    # the state changes by more than edge allows, although the highest levels are nearly empty
    doubtful = ds.steady_state(system, Lindblad(cutoff=6, edge=1e-4))
    assert doubtful.report.truncation["Fock edge of a"] > 1e-4 or any(
        "smaller cut-offs" in line for line in doubtful.report.warnings
    )
    assert doubtful.report.status == "suspect"


def test_a_change_from_smaller_cut_offs_alone_makes_suspect():
    """Levels 4 and 5 of a four-photon drive are empty: only a smaller cut-off tells."""
    system = OpenSystem(
        (A,), 0.3 * (power(a, 4) + power(create(A), 4)), (Jump(power(a, 4)), Jump(a))
    )
    report = ds.steady_state(system, Lindblad(cutoff=9)).report
    assert report.status == "suspect"
    with pytest.raises(NumericalError, match="Fock edge of a"):
        ds.steady_state(driven(2, 3.0, 0.01), Lindblad(cutoff=5))


def test_without_a_smaller_cutoff_nothing_is_certified():
    system = OpenSystem((A,), 0.01 * (a + create(A)), (Jump(a),))
    report = ds.steady_state(system, Lindblad(cutoff=3, edge=1e-3)).report
    assert report.error_estimate is None
    assert report.status == "converged"


# over time


def test_the_edge_is_judged_over_all_times():
    """A spin that gives its excitations to a lossy mode and has lost them at the end."""
    J = Spin("J", 6)
    system = OpenSystem((J, A), spin_plus(J) * a + spin_minus(J) * create(A), (Jump(a),))
    start = PureState.basis(("J", "a"), (7, 3), {"J": 6})
    times = [*np.linspace(0, 3, 7), 60.0]
    small = ds.evolve(system, times, start, engine=Lindblad(cutoff=3))
    assert small.report.status == "suspect"
    assert small.report.truncation["Fock edge of a"] > 0.1
    measures = {"n": lambda s: s.expectation(number(A)).real}
    grown = ds.evolve(system, times, start, measures)
    wide = ds.evolve(system, times, start, measures, engine=Lindblad(cutoff=14))
    assert grown.report.status == "converged"
    difference = np.abs(grown.table.n.values - wide.table.n.values).max()
    assert difference <= 14 * grown.report.error_estimate


@pytest.mark.parametrize("engine", [None, Collective(), Lindblad()])
def test_an_evolution_grows_its_cut_offs(engine):
    """Squeezing from the vacuum: ``<n> = sinh(r)^2``, every second level empty."""
    squeeze = 0.25j * (create(A) * create(A)) - 0.25j * (a * a)
    spaces, jumps = (A,), ()
    if isinstance(engine, Collective):
        E = Ensemble("e", 2)
        spaces, jumps = (E, A), (Jump(spin_minus(E), each_atom=True),)
    result = ds.evolve(OpenSystem(spaces, squeeze, jumps), [0.0, 1.0, 2.0], engine=engine)
    if engine is not None:
        assert result.report.status == "converged"
        n = result.state.expectation(number(A)).real
        assert n == pytest.approx(math.sinh(1.0) ** 2, abs=20 * result.report.error_estimate)


def test_one_empty_parity_does_not_hide_a_full_edge_in_ensembles():
    E = Ensemble("E", 2)
    squeeze = 0.25j * (create(A) * create(A)) - 0.25j * (a * a)
    system = OpenSystem((E, A), squeeze + 0.0 * spin_z(E), (Jump(spin_minus(E), each_atom=True),))
    with pytest.raises(NumericalError, match="leave `cutoff` to be grown") as refusal:
        ds.evolve(system, [0.0, 3.0], engine=Collective(cutoff=6))
    advised = int(str(refusal.value).split("'a': ")[1].split("}")[0])
    assert math.tanh(1.5) ** (advised - 2) < 0.1 / 10  # the tail there is no longer refused
    suspect = ds.evolve(system, [0.0, 1.6], engine=Collective(cutoff=8))
    assert suspect.report.status == "suspect"


def test_ensembles_and_modes_find_a_steady_state_together():
    E = Ensemble("E", 3)
    H = 0.5 * (spin_plus(E) * a + spin_minus(E) * create(A)) + 0.3 * (a + create(A))
    system = OpenSystem((E, A), H, (Jump(a), Jump(spin_minus(E), 0.2)))
    found = ds.steady_state(system, Collective())
    wide = ds.steady_state(system, Collective(cutoff=14))
    assert found.report.status == "certified"
    n, exact = (each.state.expectation(number(A)).real for each in (found, wide))
    assert abs(n - exact) <= 10 * found.report.error_estimate
    lindblad = ds.steady_state(system, Lindblad(cutoff=14))
    assert lindblad.state.expectation(number(A)).real == pytest.approx(exact, abs=1e-7)


def test_initial_states_with_fewer_levels_are_padded():
    start = PureState.basis(("q", "a"), (2, 3), {"a": 2})
    H = sigma_plus(Q) * a + sigma_minus(Q) * create(A)
    system = OpenSystem((Q, A), H, (Jump(a, 0.1),))
    grown = ds.evolve(system, [0.0, 1.0], start)
    fixed = ds.evolve(system, [0.0, 1.0], start, engine=Lindblad(cutoff=5))
    assert change_of_state(fixed.state, grown.state) < 1e-6
    with pytest.raises(ArgumentError, match="fit the dimensions"):
        ds.evolve(system, [0.0, 1.0], start, engine=Lindblad(cutoff=2))
    with pytest.raises(ArgumentError, match=r"dimension 2 in 'q'"):
        levels_needed(PureState.basis(("q", "a"), (3, 3)), system)
    for dims in ((2, 2), (2,), (2, 3, 2)):
        with pytest.raises(ArgumentError, match="fit the dimensions"):
            padded(start.density(), dims)
    same = start.density()
    assert padded(same, (2, 3)) is same
    ensemble = Ensemble("J", 3)  # what its states are is for its engine to say
    assert levels_needed(PureState.basis("J", 8), OpenSystem((ensemble,))) == {}


def test_modes_behind_an_eliminated_source_grow_too():
    """A cavity behind a parametric source: the same as with the source in Fock space."""
    source = Mode("s")
    s = destroy(source)
    pump = 0.1j * (create(source) * create(source) - s * s)
    link = -0.5j * math.sqrt(2.0) * (create(A) * s)
    H = pump + link + link.adjoint() + 0.3 * power(create(A), 2) * power(a, 2)
    system = OpenSystem((source, A), H, (Jump(math.sqrt(2.0) * s + a),))
    found = ds.steady_state(system)
    assert found.report.engine == "lindblad" and found.report.method.startswith("hierarchy")
    assert found.report.truncation["Fock edge of a"] < 1e-7
    whole = ds.steady_state(system, Lindblad("krylov", cutoff={"s": 10, "a": 8}))
    difference = change_of_state(whole.state.reduced("a"), found.state)
    assert difference <= whole.report.error_estimate + found.report.error_estimate
    given = ds.steady_state(system, Lindblad(cutoff={"a": 10}))
    assert given.report.method.startswith("hierarchy")
    assert given.state.dimensions == (10,)
    times = [0.0, 0.5, 2.0]
    evolved = ds.evolve(system, times)
    assert evolved.report.truncation["Fock edge of a"] < 1e-7
    assert evolved.report.margin > -1e-6


def field(rate):
    """A mode that gains and loses photons: thermal, ``p_n`` falls by `rate` a level."""
    m = Mode("m")
    return OpenSystem((m,), jumps=(Jump(destroy(m)), Jump(create(m), rate)))


# the loop itself, with attempts that are made up


def loop(edges, states, cutoff=None, edge=1e-4, system=None, least=None, room=100):
    """`grow_cutoffs` on made-up populations ``edges(n)`` and numbers ``states(n)``."""
    tried = []

    def attempt(cutoffs, why):
        n = cutoffs["a"]
        if n > room:
            raise CapacityError(f"There is no room for {n}.", why)
        tried.append((n, why))
        levels = np.zeros(n)
        levels[0], levels[-1] = 1.0 - edges(n), edges(n)
        return Attempt(cutoffs, {"a": levels}, states(n))

    system = system or OpenSystem((A,), jumps=(Jump(a),))
    found = grow_cutoffs(system, cutoff, edge, attempt, lambda x, y: abs(x.found - y.found), least)
    return found, tried


def test_the_loop_confirms_with_a_larger_cutoff():
    found, tried = loop(lambda n: 0.0, lambda n: 0.0)
    assert len(tried) == 2 and found.change == 0.0
    assert "confirmed by larger" in tried[1][1]
    # an empty edge, but the state still changes until n = 20
    found, tried = loop(lambda n: 0.0, lambda n: float(min(n, 20)))
    assert found.attempt.cutoffs["a"] > 20 and found.change == 0.0
    # a full edge until n = 10
    found, tried = loop(lambda n: 0.05 if n < 10 else 0.0, lambda n: float(n < 10))
    assert found.attempt.cutoffs["a"] > 10
    assert "left 0.05 in that of a" in tried[1][1]


def test_where_there_is_no_room_the_last_attempt_is_what_there_is():
    """4 to 6 changes the state by 0.02; 9 is refused."""
    decaying = {"edges": lambda n: 0.02 * (n < 9), "states": lambda n: 0.01 * n}
    found, tried = loop(**decaying, room=8)
    assert [n for n, _ in tried] == [4, 6]
    assert found.attempt.cutoffs == {"a": 6} and found.change == pytest.approx(0.02)
    assert "no room for 9" in found.stopped and "cutoff={'a': 9}" in found.stopped
    # nothing to compare with
    found, tried = loop(**decaying, room=5)
    assert found.change is None and found.stopped
    # the second look was refused, at an empty edge
    found, _ = loop(lambda n: 0.0, lambda n: 0.0, room=4)
    assert found.change is None and found.stopped
    # what does not fit at all is refused
    with pytest.raises(CapacityError, match="no room for 6"):
        loop(lambda n: 0.2, lambda n: 0.0, room=4)


def test_a_field_that_there_is_no_room_for_is_suspect_and_says_what_would_do():
    """Thermal, ``p_n`` falls by a half a level; the mean photon number is 1."""
    room = ask(Lindblad("dense", cutoff=16), field(0.5)).cost
    assert room is not None
    found = ds.steady_state(field(0.5), Lindblad("dense", memory_limit=room.memory))
    assert found.report.status is Status.SUSPECT
    (first, *_) = found.report.warnings
    assert "larger cut-offs were needed" in first and "memory" in first
    photons = found.state.expectation(number(Mode("m"))).real
    size = found.state.dimensions[0]
    assert size < 28
    error = found.report.error_estimate
    assert error is None or abs(photons - 1.0) < size * error
    advised = ast.literal_eval(first.split("cutoff=")[1].split("}")[0] + "}")
    better = ds.steady_state(field(0.5), Lindblad("dense", cutoff=advised))
    assert abs(better.state.expectation(number(Mode("m"))).real - 1.0) < abs(photons - 1.0)


def test_the_loop_takes_no_growth_of_one_mode_for_a_look_at_another():
    """The edge of a is full at first, and the state depends on b alone."""

    def attempt(cutoffs, why):
        levels = {label: np.eye(1, n)[0] for label, n in cutoffs.items()}
        levels["a"][-1] = 0.05 * (cutoffs["a"] < 10)
        return Attempt(cutoffs, levels, float(min(cutoffs["b"], 20)))

    system = OpenSystem((A, B), jumps=(Jump(a), Jump(b)))
    found = grow_cutoffs(system, None, 1e-4, attempt, lambda x, y: abs(x.found - y.found))
    assert found.attempt.cutoffs["b"] > 20 and found.change == 0.0


def test_the_loop_keeps_a_given_cutoff_and_looks_below():
    found, tried = loop(lambda n: 0.0, lambda n: 0.01 * n, cutoff=10)
    assert [n for n, _ in tried] == [10, 8]
    assert found.attempt.cutoffs == {"a": 10}
    assert found.change == pytest.approx(0.02)
    found, tried = loop(lambda n: 0.0, float, cutoff=3)
    assert found.change is None and len(tried) == 1


def test_the_loop_leaves_room_for_an_initial_state():
    empty = {"edges": lambda n: 0.0, "states": lambda n: 0.0, "least": {"a": 9}}
    assert loop(**empty)[1][0][0] == 9
    assert [n for n, _ in loop(**empty, cutoff=7)[1]] == [7]  # as asked, and nothing fits below
    assert [n for n, _ in loop(**empty, cutoff=11)[1]] == [11, 9]
    assert loop(**empty, cutoff=10)[0].change is None
    start = PureState.basis("a", 9, {"a": 8})
    decays = ds.evolve(OpenSystem((A,), jumps=(Jump(a),)), [0.0, 1.0], start)
    assert decays.state.expectation(number(A)).real == pytest.approx(8 * math.exp(-1), abs=1e-6)


def test_edges_look_at_as_many_levels_as_one_term_moves():
    levels = np.array([0.5, 0.3, 0.1, 0.06, 0.04, 0.0, 0.0])
    assert edge_populations({"a": levels}, {"a": 1})["Fock edge of a"] == 0.0
    assert edge_populations({"a": levels}, {"a": 3})["Fock edge of a"] == 0.04
    assert edge_populations({"a": levels[:3]}, {"a": 3})["Fock edge of a"] == 0.1
    many = np.array([[1.0, 0.0, 0.0, 0.0], [0.5, 0.0, 0.5, 0.0]])
    assert edge_populations({"a": many}, {"a": 1})["Fock edge of a"] == 0.5
    assert degrees(driven(3)) == {"a": 3}


def test_room_is_asked_of_the_last_time():
    full, empty = np.array([0.5, 0.0, 0.5]), np.array([1.0, 0.0, 0.0])
    require_room({"a": np.array([full, empty])}, {"a": 1})
    with pytest.raises(NumericalError, match=r"'a': \d+"):
        require_room({"a": np.array([empty, full])}, {"a": 1})


def test_changes_of_states_are_trace_norms():
    one, two = PureState(("a",), (2,), [1.0, 0.0]), PureState(("a",), (3,), [0.6, 0.0, 0.8])
    both = change_of_state(one.density(), two.density())
    assert both == pytest.approx(2 * 0.8)  # 2 sqrt(1 - F)
    assert change_of_state(one, two) == pytest.approx(both)
    assert change_of_state(one, two.density()) == pytest.approx(both)
    assert change_of_state(one.density(), two) == pytest.approx(both)
    far = PureState(("a",), (3,), [0.1, 0.0, math.sqrt(0.99)])
    assert change_of_state(one, far) == pytest.approx(2 * math.sqrt(0.99))


def test_pure_states_are_compared_without_their_density_matrices(monkeypatch):
    monkeypatch.setattr(PureState, "density", None)
    one, two = PureState(("a",), (2,), [1.0, 0.0]), PureState(("a",), (3,), [0.6, 0.0, 0.8])
    assert change_of_state(one, two) == pytest.approx(2 * 0.8)
    assert populations_of(two) == pytest.approx([0.36, 0.0, 0.64])


def test_looking_for_resonances_is_linear_in_the_number_of_modes():
    systems = {n: ds.models.CavityChains(n, detuning=0.3).system() for n in (10, 20, 40)}
    assert growth(lambda n: least_cutoffs(systems[n]), 10) < 2.3


# what is expected of growing --------------------------------------------------------------------


def test_linear_modes_alone_tell_what_to_expect():
    """Thermal, squeezed, displaced, and nothing where it cannot be told."""
    assert expected_levels(field(0.5), 1e-7) == {"m": 24}  # 2^-24 is below 1e-7
    r = 0.8
    squeezed = OpenSystem((A,), jumps=(Jump(math.cosh(r) * a - math.sinh(r) * create(A)),))
    (levels,) = expected_levels(squeezed, 1e-7).values()
    state = ds.steady_state(squeezed, Lindblad(cutoff=levels + 12)).state
    populations = populations_of(state)
    assert populations[levels:].max() < 1e-7 < 100 * populations[levels - 4 : levels].max()
    driven_hard = OpenSystem((A,), 1.5 * (a + create(A)), (Jump(a),))
    assert 9 < expected_levels(driven_hard, 1e-7)["a"] < 40  # |alpha|^2 = 9
    assert expected_levels(OpenSystem((A,), power(create(A), 2) * power(a, 2)), 1e-7) == {}
    assert expected_levels(OpenSystem((A,), a + create(A)), 1e-7) == {}  # no stationary state
    assert expected_levels(OpenSystem((Qubit("q"),)), 1e-7) == {}


def test_other_modes_tell_by_the_brightest_classical_field():
    """Of a driven Kerr mode, and of a cat, whose field is known."""
    kerr = 4.0 * (a + create(A)) + 0.2 * power(create(A), 2) * power(a, 2) - 0.5 * number(A)
    (levels,) = expected_levels(OpenSystem((A,), kerr, (Jump(a),)), 1e-7).values()
    populations = populations_of(ds.steady_state(OpenSystem((A,), kerr, (Jump(a),))).state)
    assert populations[levels:].sum() < 1e-7 < populations[levels // 3 :].sum()
    cat = 3.0 * (power(a, 2) + power(create(A), 2))
    jumps = (Jump(power(a, 2)), Jump(a, 1e-3))
    assert 6 <= expected_levels(OpenSystem((A,), cat, jumps), 1e-7)["a"] <= 6 + 6 * 6**0.5 + 1


def test_an_offer_counts_the_growth_that_is_expected():
    weak, strong = (
        ds.explain(ds.models.CavityAtomChains(1, loss=0.1, drive=ds.SqueezedDrive(1.0, n)))
        for n in (1e-3, 1.0)
    )
    assert weak.chosen and strong.chosen and weak.chosen.cost and strong.chosen.cost
    assert strong.chosen.cost.seconds > 100 * weak.chosen.cost.seconds
    assert any("are expected, and the time is theirs" in step for step in strong.chosen.steps)


def test_expected_growth_keeps_nobody_from_trying():
    """It ends by itself before an attempt that takes long, and modes alone may be hotter."""
    hot = ds.explain(ds.models.CavityAtomChains(2, loss=0.1)).chosen
    assert hot is not None and hot.engine == "lindblad"
    assert hot.cost is not None and hot.cost.seconds <= 60.0
