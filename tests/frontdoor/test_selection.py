"""One function chooses for asking and for solving; refusals name what works."""

from __future__ import annotations

import dataclasses
import itertools
import re
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from frontdoor_stubs import Stub

import darkstate as ds
from darkstate import engines
from darkstate.engines import ENGINES, ON_REQUEST, Cascade, Gaussian, Lindblad, contract
from darkstate.engines.contract import run
from darkstate.errors import (
    ArgumentError,
    CapacityError,
    EngineMismatchError,
    NumericalError,
    RefusedError,
)
from darkstate.frontdoor import Task, ask, choose
from darkstate.frontdoor.selection import LONGEST, PREFERRED_SECONDS, ask_in_turn
from darkstate.models import (
    MODELS,
    AtomicEnsembles,
    CavityAtomChains,
    CavityChains,
    DualRail,
    EnsembleRepeater,
    ParametricPair,
)
from darkstate.states import DensityState, EnsembleState, GaussianState, PureState, SpinMoments
from darkstate.systems import (
    Ensemble,
    Jump,
    Mode,
    OpenSystem,
    Qubit,
    create,
    destroy,
    number,
    sigma_minus,
    sigma_x,
    spin_minus,
)

TIMES = [0.0, 0.25, 0.5]
SHORT = [0.0, 1e-3]
QUBIT = OpenSystem((Qubit("q"),), 0.3 * sigma_x(Qubit("q")), (Jump(sigma_minus(Qubit("q")), 1.0),))


def chain(sites: int) -> OpenSystem:
    """Qubits in a line that act on their neighbours both ways."""
    q = [Qubit(f"q{k}") for k in range(sites)]
    hops = sum((sigma_x(a) * sigma_x(b) for a, b in itertools.pairwise(q)), 0 * sigma_x(q[0]))
    return OpenSystem(tuple(q), hops, tuple(Jump(sigma_minus(each), 1.0) for each in q))


def kerr(modes: int) -> OpenSystem:
    """Nonlinear modes in a line that act on their neighbours both ways."""
    m = [Mode(f"m{k}") for k in range(modes)]
    hops = (create(a) * destroy(b) + create(b) * destroy(a) for a, b in itertools.pairwise(m))
    nonlinear = sum((number(each) * number(each) for each in m), 0 * number(m[0]))
    return OpenSystem(tuple(m), sum(hops, nonlinear), tuple(Jump(destroy(x), 1.0) for x in m))


def small(kind: type) -> Any:
    """A ready model with the smallest arguments that its class accepts."""
    needed = {"sites": 2, "pairs": 2, "squeezing": 0.6, "nodes": 3, "atoms": 4, "time": 1.0}
    names = {each.name for each in fields(kind)}
    return kind(**{name: value for name, value in needed.items() if name in names})


def ready() -> list[Any]:
    """Every model with a steady state, and some that take other engines."""
    models = [small(kind) for kind in MODELS]
    return [
        *(
            m
            for m in models
            if not isinstance(m, EnsembleRepeater) and not isinstance(m, CavityAtomChains)
        ),
        CavityChains(2, loss=0.1),
        ParametricPair(treatment="exact"),
        DualRail(pairs=2, squeezing=0.4, dephasing=0.01),
        DualRail(pairs=1, squeezing=0.3, bandwidth=5.0),
        CavityAtomChains(2, effective=True),
        AtomicEnsembles(10**6, 0.5, optical_depth=30),
        QUBIT,
    ]


# The same function chooses -----------------------------------------------------------------------


@pytest.mark.parametrize("model", ready(), ids=lambda model: type(model).__name__)
@pytest.mark.parametrize("times", [None, TIMES], ids=["steady", "evolution"])
def test_what_explain_chooses_is_what_runs(model, times):
    chosen = ds.explain(model, times=times).chosen
    try:
        result = ds.steady_state(model) if times is None else ds.evolve(model, times)
    except EngineMismatchError:
        assert chosen is None
        return
    assert chosen is not None
    assert chosen.engine == result.report.engine
    if times is not None:
        assert chosen.method in (result.report.method, "hierarchy")


def stubs(monkeypatch: pytest.MonkeyPatch, *found: Stub) -> None:
    """Let the front door ask these engines instead of its own."""
    kinds = tuple(type(each.title, (), {"__new__": lambda cls, e=each: e}) for each in found)
    for kind in kinds:
        kind.initials = Stub.initials  # type: ignore[attr-defined]
        kind.accepts = Stub.accepts  # type: ignore[attr-defined]
    monkeypatch.setattr("darkstate.frontdoor.selection.EVERYONE", kinds)


@pytest.mark.parametrize(
    ("first", "second", "chosen"),
    [
        (1.0, 0.1, "first"),  # the first in time, not the fastest
        (PREFERRED_SECONDS, 1.0, "first"),
        (1.001 * PREFERRED_SECONDS, 1.0, "second"),
        (3 * PREFERRED_SECONDS, 2 * PREFERRED_SECONDS, "second"),  # none in time: the fastest
        (2 * PREFERRED_SECONDS, 3 * PREFERRED_SECONDS, "first"),
        (None, 2 * PREFERRED_SECONDS, "second"),
        (2 * PREFERRED_SECONDS, None, "first"),
        (1e7, LONGEST, "second"),  # the first would take months
    ],
)
@pytest.mark.parametrize("evolving", [False, True])
def test_the_first_in_time_else_the_fastest(monkeypatch, first, second, chosen, evolving):
    one = Stub("first", *((None, first) if evolving else (first, None)))
    two = Stub("second", *((None, second) if evolving else (second, None)))
    stubs(monkeypatch, one, two)
    times = TIMES if evolving else None
    explained = ds.explain(QUBIT, times=times)
    assert explained.chosen is not None and explained.chosen.engine == chosen
    assert [offer.engine for offer in explained.offers] == ["first", "second"]
    ran = ds.evolve(QUBIT, TIMES) if evolving else ds.steady_state(QUBIT)
    assert ran.report.engine == chosen
    assert set(one.asked + two.asked) == {"evolution" if evolving else "steady"}


def test_patience_is_ten_minutes_and_the_longest_a_month():
    assert PREFERRED_SECONDS == 10 * 60
    assert 28 < LONGEST / 86400 < 36


def test_a_job_of_months_is_not_begun_unasked(monkeypatch):
    slow = Stub("slow", 1.01 * LONGEST, None)
    stubs(monkeypatch, slow, Stub("never", None, None))
    assert ds.explain(QUBIT).chosen is None
    with pytest.raises(EngineMismatchError, match="slow: it is predicted to take 1 B, about"):
        ds.steady_state(QUBIT)
    assert ds.explain(QUBIT, slow).chosen is not None  # asked for by name
    assert ds.steady_state(QUBIT, slow).report.engine == "slow"


def test_nobody_is_asked_after_the_choice(monkeypatch):
    one, two = Stub("first", 1.0, None), Stub("second", 1.0, None)
    stubs(monkeypatch, one, two)
    assert ds.steady_state(QUBIT).report.engine == "first"
    assert (one.asked, two.asked) == (["steady"], [])
    ds.explain(QUBIT)
    assert two.asked == ["steady"]


class Answering(Stub):
    """A stub whose answer to every task is given: an error, or an offer without a price."""

    def __init__(self, title: str, answer: Exception | None, initials: tuple[type, ...] = ()):
        super().__init__(title, 1.0, 1.0)
        self.answer, self.initials = answer, initials  # type: ignore[misc]

    def offer(self, system: Any, task: Task) -> contract.Offer:
        if self.answer is not None and (task.initial is not None or not self.initials):
            return contract.refused(self.title, self.answer)
        return dataclasses.replace(super().offer(system, task), cost=None)


@dataclasses.dataclass(frozen=True)
class Particular(Task):
    """A task that only stubs know."""

    @property
    def needs(self) -> type:
        return Stub


@pytest.mark.parametrize(
    ("answers", "task", "own"),
    [
        ([NumericalError("It is unstable.")], Task(), True),
        ([EngineMismatchError("It is odd.", "Ask.")], Task(), False),
        ([EngineMismatchError("It is odd.", "Ask.")], Particular(), True),
        ([EngineMismatchError("It is odd.", "Ask.")] * 2, Particular(), False),
        ([CapacityError("It is large.", "Ask.")], Task(), False),
        ([CapacityError("It is large.", "Ask.")] * 2, Particular(), False),
    ],
)
def test_the_only_engine_for_a_task_speaks_for_itself(monkeypatch, answers, task, own):
    stubs(monkeypatch, *(Answering(f"e{k}", each) for k, each in enumerate(answers)))
    with pytest.raises(type(answers[0])) as caught:
        choose(QUBIT, task)
    assert (caught.value is answers[0]) is own
    if not own:
        names = ", ".join(f"e{k}" for k in range(len(answers)))
        assert f"{names}: {answers[0].args[0].split(' Ask')[0]}" in str(caught.value)


def test_the_only_engine_that_would_take_months_has_no_refusal_of_its_own(monkeypatch):
    stubs(monkeypatch, Stub("slow", 2 * LONGEST, None))
    with pytest.raises(EngineMismatchError, match="slow: it is predicted to take"):
        choose(QUBIT, Particular())


def test_an_offer_without_a_price_counts_as_free(monkeypatch):
    free, quick = Answering("free", None), Stub("quick", 1.0, None)
    stubs(monkeypatch, free, quick)
    assert choose(QUBIT).engine is free
    slow = Stub("slow", 2 * PREFERRED_SECONDS, None)
    stubs(monkeypatch, slow, free)
    assert choose(QUBIT).engine is free
    asked, taken = ask_in_turn(QUBIT, Task(), [quick, free], everyone=True)
    assert (len(asked), taken.engine) == (2, quick)


def test_the_way_out_may_be_no_initial_state(monkeypatch):
    start = PureState.basis(("q",), (2,))
    refusal = EngineMismatchError("It starts from nothing.", "Ask.")
    able = Answering("able", refusal, (PureState,))
    stubs(monkeypatch, able, Stub("never", None, None))
    with pytest.raises(EngineMismatchError, match=r"`initial` as a PureState\."):
        choose(QUBIT, Task(TIMES, start))
    able.initials = ()
    able.offer = lambda system, task: (  # type: ignore[method-assign]
        contract.refused("able", refusal) if task.initial else Stub.offer(able, system, task)
    )
    with pytest.raises(EngineMismatchError, match=r"no `initial`\."):
        choose(QUBIT, Task(TIMES, start))


def test_asking_everyone_changes_nothing():
    every = [kind() for kind in ENGINES]
    for model in (CavityChains(2, loss=0.1), QUBIT, AtomicEnsembles(4, 0.5)):
        system = model if isinstance(model, OpenSystem) else model.system()
        for task in (Task(), Task(TIMES)):
            some, first = ask_in_turn(system, task, every)
            all_, second = ask_in_turn(system, task, every, everyone=True)
            assert first is not None and second is not None
            assert first.engine is second.engine
            assert len(all_) == len(every) >= len(some)


def test_every_engine_answers_for_both_tasks():
    for kind in (*ENGINES, *ON_REQUEST):
        assert isinstance(kind(), engines.Engine)
        for task in (Task(), Task(TIMES)):
            offer = ask(kind(), QUBIT, task)
            assert offer.engine == kind.name
            assert offer.can or offer.reason


def test_engines_that_cannot_evolve_say_so():
    model = DualRail(pairs=8, squeezing=1.0, dephasing=0.001)
    slow = dataclasses.replace(model, bandwidth=10.0)
    for one, can in ((model, True), (slow, False)):
        steady, moving = (ds.explain(one, times=times) for times in (None, TIMES))
        assert steady.chosen is not None and steady.chosen.engine == "cascade"
        assert (moving.chosen is not None) == can == ask(Cascade(), one.system(), Task(TIMES)).can
    offers = {offer.engine: offer for offer in moving.offers}
    assert "steady states only" in offers["cascade"].reason


def test_explain_takes_what_the_task_takes():
    whole = DualRail(pairs=8, squeezing=1.0, dephasing=0.001)
    chosen = ds.explain(whole, times=TIMES, upstream_of="A1").chosen
    assert chosen is not None and chosen.engine == "lindblad"
    assert ds.evolve(whole, TIMES, upstream_of="A1").report.engine == "lindblad"
    with pytest.raises(ArgumentError, match="`times` must increase"):
        ds.explain(whole, times=[1.0, 0.0])
    moved = ds.explain(small(EnsembleRepeater), times=TIMES)
    assert moved.chosen is None and "no evolution" in str(moved)


@pytest.mark.parametrize("model", [*ready(), chain(3)], ids=lambda model: type(model).__name__)
def test_answers_do_not_contradict_their_own_questions(model):
    """What is said about one-wayness, and about ensembles, is said once."""
    for offer in ds.explain(model).offers:
        asked = [step for step in offer.steps if step.startswith("One-way?")]
        if asked and "not one-way" in offer.reason:
            assert asked[0].removeprefix("One-way? ") in offer.reason
        told = " ".join((*offer.steps, offer.reason))
        ways = ("none of which acts on another", "all parts act on each other", "a single part")
        assert sum(way in told for way in ways) <= 1


def test_an_explanation_prints_every_answer():
    shown = str(ds.explain(QUBIT)).splitlines()
    assert shown[0] == "gaussian: cannot" and "lindblad: can" in shown
    assert shown[-1] == "chosen: lindblad (auto)"
    assert sum(line.startswith("  predicted: ") for line in shown) == 1  # of who can
    assert sum(line.startswith("  method: ") for line in shown) == 1
    assert "or use Lindblad()" not in str(ds.explain(QUBIT))  # it is asked itself
    alone = str(ds.explain(QUBIT, engines.Collective())).splitlines()
    assert alone[-1] == "chosen: none" and alone[-2].endswith("or use Lindblad().")
    repeater = ds.explain(small(ds.models.EnsembleRepeater))
    assert repeater.chosen is not None and repeater.chosen.engine.startswith("repeater.")


# Memory ------------------------------------------------------------------------------------------

TIGHT: list[tuple[Any, Any]] = [
    (Gaussian(memory_limit=10.0), CavityChains(2, loss=0.1)),
    (Lindblad(memory_limit=10.0), DualRail(pairs=2, squeezing=0.4, dephasing=0.01)),
    (engines.Collective(memory_limit=10.0), AtomicEnsembles(4, 0.5)),
    (engines.Moments(memory_limit=10.0), AtomicEnsembles(4, 0.5)),
    (Cascade(memory_limit=10.0), DualRail(pairs=3, squeezing=0.4, dephasing=0.01)),
    (engines.Trajectories(memory_limit=10.0), QUBIT),
]


@pytest.mark.parametrize(("engine", "model"), TIGHT, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("times", [None, TIMES], ids=["steady", "evolution"])
def test_what_does_not_fit_is_no_offer_and_is_refused(engine, model, times):
    if times is None and isinstance(engine, engines.Trajectories):
        engine = engines.Trajectories(memory_limit=10.0, burn_in=1.0, duration=1.0)
    explained = ds.explain(model, engine, times)
    assert explained.chosen is None
    if times is None or not isinstance(engine, Cascade):
        assert "memory" in explained.offers[0].reason
    with pytest.raises((CapacityError, EngineMismatchError)):
        ds.steady_state(model, engine) if times is None else ds.evolve(model, times, engine=engine)


CHEAPER: list[tuple[Any, Any]] = [
    (Lindblad("krylov"), DualRail(pairs=3, squeezing=0.4, dephasing=0.1)),
    (engines.Collective("krylov"), AtomicEnsembles(4, 0.5, optical_depth=30, cooling=0.1)),
]


@pytest.mark.parametrize(("engine", "model"), CHEAPER, ids=lambda value: str(value)[:20])
def test_an_evolution_may_fit_where_the_steady_state_does_not(engine, model):
    costs = [ask(engine, model.system(), Task(times)).cost for times in (None, SHORT)]
    steady, moving = (cost.memory for cost in costs if cost is not None)
    assert moving < steady
    engine = dataclasses.replace(engine, memory_limit=0.5 * (steady + moving))
    assert not ask(engine, model.system()).can
    with pytest.raises(CapacityError):
        ds.steady_state(model, engine)
    assert ask(engine, model.system(), Task(SHORT)).can
    assert ds.evolve(model, SHORT, engine=engine).report.engine == engine.name


def test_an_offer_is_withdrawn_beyond_the_limit_only():
    engine = Stub("e", 1.0, None)
    assert ask(engine, QUBIT).can
    engine.memory_limit = 1.0
    assert ask(engine, QUBIT).can
    engine.memory_limit = 0.99
    less = ask(engine, QUBIT)
    assert not less.can and less.cost is not None and "more memory than the limit" in less.reason
    assert less.answer.endswith(contract.SMALLER)
    with pytest.raises(CapacityError, match="more than the limit"):
        run(engine, QUBIT)


# Initial states ----------------------------------------------------------------------------------

ATOMS = OpenSystem((Ensemble("E", 3),), jumps=(Jump(spin_minus(Ensemble("E", 3)), 1.0, "out"),))
STARTS: list[tuple[OpenSystem, Any, str]] = [
    (CavityChains(1).system(), GaussianState.two_mode_squeezed(("A1", "B1"), 0.3), "gaussian"),
    (QUBIT, PureState.basis(("q",), (2,)), "lindblad"),
    (QUBIT, DensityState.maximally_mixed(("q",), (2,)), "lindblad"),
    (ATOMS, PureState.basis(("E",), (4,)), "collective"),
    (ATOMS, SpinMoments.polarised(("E",), (3,), (1.0,)), "moments"),
]


@pytest.mark.parametrize(("system", "initial", "name"), STARTS, ids=lambda v: type(v).__name__)
def test_the_initial_state_has_a_say_in_the_choice(system, initial, name):
    task = Task(TIMES, initial)
    assert choose(system, task).offer.engine == name
    chosen = ds.explain(system, times=TIMES, initial=initial).chosen
    assert chosen is not None and chosen.engine == name
    assert ds.evolve(system, TIMES, initial=initial).report.engine == name


def test_an_initial_state_of_another_kind_is_refused_with_a_remedy_that_works():
    with pytest.raises(EngineMismatchError) as caught:
        ds.evolve(QUBIT, TIMES, initial=GaussianState.vacuum(["q"]))
    said = str(caught.value)
    assert "lindblad: it starts from a PureState or DensityState, but `initial` is" in said
    assert "cascade: it takes no initial state" in said
    assert said.endswith("Use `initial` as a PureState or DensityState.")
    assert ds.evolve(QUBIT, TIMES, initial=PureState.basis(("q",), (2,))).report.engine


@pytest.mark.parametrize("initial", [3, "vacuum", np.eye(2), ds.models.CavityChains, [1.0]])
def test_what_is_no_state_is_told(initial):
    with pytest.raises(ArgumentError, match="`initial` must be a state") as caught:
        ds.evolve(QUBIT, TIMES, initial=initial)
    assert "darkstate.states" in caught.value.remedy
    with pytest.raises(ArgumentError, match="`initial` must be a state"):
        ds.steady_state(QUBIT, initial=initial)


def test_engines_declare_what_they_start_from():
    """Each accepts what it declares, and refuses the other kinds in its own words."""
    states = {
        GaussianState: GaussianState.vacuum(["E"]),
        PureState: PureState.basis(("E",), (4,)),
        DensityState: DensityState.maximally_mixed(("E",), (4,)),
        EnsembleState: run(engines.Collective(), ATOMS, [0.0, 0.1]).state,
        SpinMoments: SpinMoments.polarised(("E",), (3,), (1.0,)),
    }
    assert isinstance(states[EnsembleState], EnsembleState)
    for kind in (engines.Collective, engines.Moments, Lindblad, engines.Trajectories):
        engine = kind(trajectories=2, seed=1) if kind is engines.Trajectories else kind()
        for state_kind, state in states.items():
            if issubclass(state_kind, kind.initials):
                assert run(engine, ATOMS, [0.0, 0.1], state).report.engine == kind.name
            else:
                with pytest.raises(ArgumentError, match="`initial` must"):
                    run(engine, ATOMS, [0.0, 0.1], state)


# Refusals and what they suggest ------------------------------------------------------------------

BEHIND = DualRail(pairs=8, squeezing=0.5, bandwidth=4.0)


@dataclasses.dataclass(frozen=True)
class Tight(Lindblad):
    """The same with next to no memory."""

    memory_limit: float | None = 1e3


HOPELESS: list[tuple[str, Any, list[float] | None, str]] = [
    ("behind a source", BEHIND, SHORT, "upstream_of='A1'"),
    ("many qubits", chain(16), None, "smaller network"),
    ("many qubits", chain(16), SHORT, "smaller network"),
    ("little memory", chain(8), None, "Trajectories(burn_in="),
    ("little memory", chain(8), SHORT, "Trajectories("),
    ("nothing is lost", OpenSystem(chain(16).spaces, chain(16).hamiltonian), None, "smaller"),
    ("nonlinear modes", kerr(8), None, "smaller network"),
    ("nonlinear modes", kerr(8), SHORT, "smaller network"),
    ("little memory, modes", kerr(2), SHORT, "Trajectories(cutoff=10)"),
    ("little memory, modes", kerr(2), None, "Trajectories(cutoff=10, burn_in=10.0, duration=10.0)"),
    ("baths' memory", ParametricPair(treatment="exact"), SHORT, "steady_state()"),
]


@pytest.mark.parametrize(
    ("name", "model", "times", "way"),
    HOPELESS,
    ids=[f"{name}-{times}" for name, _, times, _ in HOPELESS],
)
def test_every_suggestion_of_a_refusal_works(name, model, times, way, monkeypatch):
    if name.startswith("little memory"):
        tight = tuple(Tight if kind is Lindblad else kind for kind in ENGINES)
        monkeypatch.setattr("darkstate.frontdoor.selection.EVERYONE", tight)
    task = Task(times)
    assert ds.explain(model, times=times).chosen is None

    def run(**options: Any) -> Any:
        return (
            ds.steady_state(model, **options)
            if times is None
            else ds.evolve(model, times, **options)
        )

    with pytest.raises(RefusedError) as caught:
        run()
    said, remedy = str(caught.value), caught.value.remedy
    assert way in remedy
    verb = "find the steady state of" if times is None else "evolve"
    assert said.startswith(f"No engine can {verb} this system. gaussian: ")
    system = ds.frontdoor.as_system(model)
    assert all(f" {kind.name}: " in said for kind in ENGINES if isinstance(system, kind.accepts))
    found = suggested(remedy)
    assert len({type(engine) for engine in found}) == len(found)  # each with one set of options
    for engine in found:
        assert ask(engine, ds.frontdoor.as_system(model), task).can
        if times is not None:
            assert run(engine=engine).report.engine == engine.name
    for label in re.findall(r"upstream_of='(\w+)'", remedy):
        assert run(upstream_of=label).report.engine
    kinds = "|".join(kind.__name__ for kind in (*ENGINES, *ON_REQUEST))
    assert not re.findall(rf"\b({kinds})\(", said.removesuffix(remedy))


def suggested(remedy: str) -> list[engines.Engine]:
    """The engines that a remedy writes down, with few trajectories."""
    found = []
    for name, written in re.findall(r"engine=engines\.(\w+)\(([^)]*)\)", remedy):
        parts = (part.split("=") for part in written.split(", ") if part)
        options: dict[str, Any] = {key: float(v) if "." in v else int(v) for key, v in parts}
        few = {"trajectories": 2, "seed": 1} if "Trajectories" in name else {}
        found.append(getattr(engines, name)(**options, **few))
    return found


# What is no engine -------------------------------------------------------------------------------

WRONG: list[tuple[Any, str]] = [
    ("gaussian", "engines.Gaussian()"),
    ("Lindblad", "engines.Lindblad()"),
    ("qutip", "engines.Gaussian()"),
    (Gaussian, "engines.Gaussian()"),
    (Lindblad, "engines.Lindblad()"),
    (Stub, "engines.Gaussian()"),
    (False, "leave it out"),
    ("", "leave it out"),
    (0, "leave it out"),
    (QUBIT, "leave it out"),
]
CALLS = {
    "steady_state": lambda engine: ds.steady_state(QUBIT, engine),
    "evolve": lambda engine: ds.evolve(QUBIT, TIMES, engine=engine),
    "solve": lambda engine: ds.solve(QUBIT, engine),
    "explain": lambda engine: ds.explain(QUBIT, engine),
    "explain an evolution": lambda engine: ds.explain(QUBIT, engine, TIMES),
}


@pytest.mark.parametrize(("engine", "remedy"), WRONG, ids=lambda value: str(value)[:30])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_what_is_no_engine_is_told_everywhere(call, engine, remedy):
    with pytest.raises(ArgumentError, match="`engine` must be an engine object") as caught:
        call(engine)
    assert caught.value.name == "engine" and remedy in caught.value.remedy


def test_an_engine_of_another_kind_is_told():
    for engine in (engines.Trajectories(), "lindblad", Lindblad, False):
        with pytest.raises(ArgumentError, match=r"be an engines\.Lindblad object"):
            ds.preparation_time(QUBIT, engine=engine)  # type: ignore[arg-type]
    for model, engine in ((small(EnsembleRepeater), Lindblad()), (QUBIT, ds.repeaters.Exact())):
        with pytest.raises(EngineMismatchError, match=r"reads .*, but the model gives"):
            ds.solve(model, engine)


def test_an_engine_that_lacks_something_is_none():
    """The contract has no optional parts that are asked for behind the scenes."""
    whole = Stub("whole", 1.0, 1.0)
    for name in ("offer", "accepts", "initials"):
        kind = type(
            "Less", (), {k: v for k, v in vars(Stub).items() if k not in (name, "__dict__")}
        )
        with pytest.raises(ArgumentError, match="be an engine object"):
            ds.steady_state(QUBIT, kind("less", 1.0, 1.0))  # type: ignore[arg-type]
    assert ds.steady_state(QUBIT, whole).report.engine == "whole"


def test_measures_of_an_evolution_are_its_fourth_argument():
    pure = {"P": ds.purity}
    result = ds.evolve(QUBIT, TIMES, None, pure, Lindblad())
    assert result.table is not None and result.table["P"].values[0] == pytest.approx(1.0)
