"""The front door: steady states, evolution, and the explanation of what would be done.

Every function takes a model (anything with a ``system()`` method) or an `OpenSystem`, and
optionally an engine object. Without one the engines are asked in turn for an offer and the first
that can is taken; `explain` prints what each of them answered.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from darkstate.engines import ENGINES, Engine, Gaussian, Lindblad, Offer
from darkstate.errors import ArgumentError, EngineMismatchError, check_choice, check_real
from darkstate.measures import Measure
from darkstate.results import Result
from darkstate.states import GaussianState
from darkstate.systems.langevin import LangevinSystem, System
from darkstate.systems.open_system import Monitor, OpenSystem

if TYPE_CHECKING:
    import xarray as xr


@runtime_checkable
class Model(Protocol):
    """What the front door asks of a model."""

    def system(self) -> System:
        """The Hamiltonian and jumps (or, for baths that remember, Langevin equations)."""
        ...


@dataclass(frozen=True)
class Explanation:
    """The offers of all engines for one system; prints as the ladder of questions.

    Args:
        offers: what each engine answered, in the order in which they were asked.
        chosen: the offer that would be taken; None if no engine can.
    """

    offers: tuple[Offer, ...]
    chosen: Offer | None

    def __str__(self) -> str:
        lines = []
        for offer in self.offers:
            lines.append(f"{offer.engine}: {'can' if offer.can else 'cannot'}")
            lines += [f"  - {step}" for step in offer.steps]
            lines.append(f"  {'method' if offer.can else 'why not'}: {offer.reason}")
            if offer.cost is not None:
                lines.append(f"  predicted: {offer.cost}")
        taken = f"{self.chosen.engine} ({self.chosen.method})" if self.chosen else "none"
        return "\n".join([*lines, f"chosen: {taken}"])


def steady_state(
    model: Model | System, engine: Engine | None = None, initial: Any = None
) -> Result:
    """The steady state of a model, ``d rho/dt = 0``.

    Args:
        model: a ready model, any object with ``system()``, or an `OpenSystem`.
        engine: engine object with its options, for example ``engines.Gaussian(rtol=1e-6)``; by
            default the first that can.
        initial: state from which to relax, where the steady state is not unique; a unique one does
            not depend on it.

    Returns:
        Result with the state and a report on how far to trust it.

    Raises:
        EngineMismatchError: no engine can solve it, or the one given cannot.
        NumericalError: there is no unique steady state (unstable, undamped modes: named).
        CapacityError: it would not fit into memory.
    """
    system = as_system(model)
    if engine is None:
        engine, offer = choose(system)
        solution = engine.steady_state(system, offer, initial)
    else:
        check_accepts(engine, system)
        solution = engine.steady_state(system, None, initial)
    return Result(solution.state, solution.report, model=described(model))


def steady_states(model: Model, **varied: Any) -> Result:
    """Steady states of one Gaussian model for a batch of parameter values, solved together.

    Args:
        model: a ready model (a dataclass) whose fields are to vary.
        varied: for each varied field an array whose first axis runs over the batch:
            ``hopping=eta`` with eta of shape (B, N-1). The fields must enter the generator
            linearly (frequencies, couplings and rates do).

    Returns:
        Result whose state is a `GaussianBatch`; ``log_negativity.many(state, pairs)`` has shape
        (B, P).

    Raises:
        ArgumentError: no dataclass model, unknown field, no numbers or unequal batch lengths.
        EngineMismatchError: not quadratic, or a field does not enter linearly.
    """
    if not dataclasses.is_dataclass(model) or isinstance(model, type):
        remedy = "Use one of darkstate.models, or make your own model a dataclass."
        raise ArgumentError("model", "be a model with fields to vary", model, remedy)
    fields = [field.name for field in dataclasses.fields(model)]
    arrays = {}
    for name, values in varied.items():
        check_choice("varied", name, fields)
        try:
            arrays[name] = np.asarray(values, dtype=float)
        except (TypeError, ValueError):
            remedy = "Give an array of shape (batch, ...)."
            raise ArgumentError(name, "be an array of real numbers", values, remedy) from None
    sizes = {name: array.shape[0] if array.ndim else 0 for name, array in arrays.items()}
    if len(set(sizes.values())) != 1 or 0 in sizes.values():
        raise ArgumentError(
            "varied", "have one common batch length", sizes, "Give arrays of shape (batch, ...)."
        )

    def build(sample: np.ndarray) -> OpenSystem:
        pieces, start = {}, 0
        for name, array in arrays.items():
            size = int(np.prod(array.shape[1:]))
            piece = sample[start : start + size].reshape(array.shape[1:])
            pieces[name] = float(piece) if piece.ndim == 0 else piece
            start += size
        return as_open_system(dataclasses.replace(model, **pieces))  # type: ignore[type-var]

    samples = np.concatenate([array.reshape(len(array), -1) for array in arrays.values()], axis=1)
    solution = Gaussian().steady_states(build, samples)
    return Result(solution.state, solution.report, model=described(model))


def evolve(
    model: Model | System,
    times: Sequence[float],
    initial: Any = None,
    measures: Mapping[str, Any] | None = None,
    engine: Engine | None = None,
) -> Result:
    """Time evolution; ``initial`` (ground state or vacuum by default) is the state at times[0].

    Args:
        model: a ready model, any object with ``system()``, or an `OpenSystem`.
        times: increasing times, in the inverse of the rate unit.
        initial: the state at the first time.
        measures: ``{column: function of the state}``, for example
            ``{"E": lambda s: log_negativity(s, "A1", "B1")}``.
        engine: engine object; by default the first that can.

    Returns:
        Result with the last state and a table (`xarray.Dataset`) over the dimension ``time``.

    Raises:
        ArgumentError: times not increasing or not finite.
    """
    times = check_times(times)
    system = as_system(model)
    engine = engine or choose(system)[0]
    check_accepts(engine, system)
    solution = engine.evolve(system, times, initial)
    table = _table(times, solution.states, measures or {})
    return Result(solution.state, solution.report, table, described(model))


def preparation_time(
    model: Model | System, tolerance: float = 1e-3, engine: Lindblad | None = None
) -> float:
    """First time, from all spaces in their ground state, at which the network is pure again.

    Preparation ends where ``(1 - Tr rho^2)/pairs <= tolerance`` after the state has been mixed.

    Args:
        model: a network whose steady state is (nearly) pure; ``pairs`` is half its subsystems.
        tolerance: impurity per pair, > 0.
        engine: `engines.Lindblad` with options.

    Returns:
        The time, in the inverse of the rate unit.

    Raises:
        ArgumentError: tolerance out of range.
        NumericalError: the network does not get that pure.

    Source: Agusti et al., Phys. Rev. Lett. 131, 250801 (2023).
    """
    remedy = "Give the impurity per pair at which preparation counts as finished."
    check_real("tolerance", tolerance, above=0.0, below=1.0, remedy=remedy)
    system = as_open_system(model)
    pairs = max(1, len(system.labels) // 2)
    return (engine or Lindblad()).purification_time(system, pairs * tolerance)


def explain(model: Model | System, engine: Engine | None = None) -> Explanation:
    """Which engine would solve the model, why, and at what predicted cost; solves nothing.

    Args:
        model: a ready model, any object with ``system()``, or a system.
        engine: ask this engine, with its options, instead of all of them.
    """
    system = as_system(model)
    asked = [kind() for kind in ENGINES] if engine is None else [engine]
    offers = tuple(offer_of(each, system) for each in asked)
    return Explanation(offers, next((offer for offer in offers if offer.can), None))


def conditional_state(model: Model | OpenSystem, *monitors: Any) -> Result:
    """Gaussian steady state conditioned on continuous homodyne or heterodyne records.

    Args:
        model: a quadratic model or system.
        monitors: `Monitor` objects naming channels; may be left out if the system has its own.

    Raises:
        ArgumentError: nothing is monitored, a channel does not exist, or what is given is no
            `Monitor`.
        NumericalError: no stabilising solution of the Riccati equation.
    """
    system = as_open_system(model)
    for monitor in monitors:
        if not isinstance(monitor, Monitor):
            remedy = 'Pass for example Monitor("A1 loss").'
            raise ArgumentError("monitors", "be Monitor objects", monitor, remedy)
    if monitors:
        system = system.with_monitors(*monitors)
    solution = Gaussian().conditional(system)
    return Result(solution.state, solution.report, model=described(model))


def output_states(
    model: Model | OpenSystem, channels: Sequence[str], frequencies: Sequence[float]
) -> list[GaussianState]:
    """Stationary output fields of named loss channels, one Gaussian state per frequency.

    ``b_out(w) = b_in(w) + sqrt(rate) c(w)``. Modes are called ``"<channel>@+"`` (at +w from the
    frame's frequency) and ``"<channel>@-"``; two-mode squeezed light pairs one channel's ``@+``
    with the other's ``@-``. Moments are per unit bandwidth. At ``w = 0`` ``"x@+"`` and ``"x@-"``
    are the same field mode: pair one channel's ``@+`` with another's ``@-`` there, but do not put
    both names of one channel into one part.

    ``b_in`` is vacuum. The jumps of a `SqueezedDrive` have no names: they describe the effect of
    its noise on the system, and are no fields that leave it.

    Args:
        model: a quadratic model or system.
        channels: names of jumps, for example ``["A5 loss", "B5 loss"]``.
        frequencies: list of angular frequencies in the rate unit.

    Raises:
        ArgumentError: unknown channel (the nearest name is offered), or frequencies that are no
            list of finite numbers.
        NumericalError: the system is not stable.
    """
    return Gaussian().output(as_open_system(model), channels, frequencies)


def as_system(model: Model | System) -> System:
    """The system of a model, or the system itself.

    Raises:
        ArgumentError: it is neither, or has no spaces.
    """
    if isinstance(model, System):
        if not model.labels:
            raise ArgumentError("spaces", "not be empty", (), "Give the system at least one space.")
        return model
    ready = isinstance(model, Model) and not isinstance(model, type)
    system = model.system() if ready else None
    if not isinstance(system, System):
        raise ArgumentError(
            "model", "be a model or an OpenSystem", model, "Use one of darkstate.models."
        )
    return as_system(system)


def as_open_system(model: Model | System) -> OpenSystem:
    """The same for what needs a Hamiltonian and jumps.

    Raises:
        ArgumentError: it is no system at all.
        EngineMismatchError: the model gives Langevin equations instead.
    """
    system = as_system(model)
    if isinstance(system, LangevinSystem):
        raise EngineMismatchError(
            "This needs a Hamiltonian and jumps, but the model gives Langevin equations with "
            "coloured noise. Use a Markovian version of the model, or steady_state()."
        )
    return system


def check_accepts(engine: Engine, system: System) -> None:
    """Refuse to hand an engine a kind of system that it does not read.

    An engine reads an `OpenSystem`, and what else its class attribute ``accepts`` names.

    Raises:
        ArgumentError: it is no engine object.
        EngineMismatchError: this is neither; both sides are named.
    """
    if isinstance(engine, type) or not isinstance(engine, Engine):
        remedy = "Make one, such as engines.Gaussian(), or leave it out."
        raise ArgumentError("engine", "be an engine object", engine, remedy)
    known: tuple[type, ...] = getattr(engine, "accepts", (OpenSystem,))
    if not isinstance(system, known):
        raise EngineMismatchError(
            f"The engine '{engine.name}' reads {' or '.join(kind.__name__ for kind in known)}, but "
            f"the model gives a {type(system).__name__}. Leave `engine` out, or use a version of "
            "the model with a Hamiltonian and jumps."
        )


def offer_of(engine: Engine, system: System) -> Offer:
    """The offer of an engine; a refusal where it does not read such a system."""
    try:
        check_accepts(engine, system)
    except EngineMismatchError as refusal:
        steps = ("Does the engine read this kind of system? no",)
        return Offer(engine.name, False, str(refusal), steps=steps)
    return engine.offer(system)


def choose(system: System) -> tuple[Engine, Offer]:
    """The first engine that can solve the system, and its offer.

    Raises:
        EngineMismatchError: none can; every engine's reason is listed.
    """
    refusals = []
    for kind in ENGINES:
        engine = kind()
        offer = offer_of(engine, system)
        if offer.can:
            return engine, offer
        refusals.append(f"{offer.engine}: {offer.reason}")
    raise EngineMismatchError("No engine can solve this system. " + " ".join(refusals))


def described(model: Any) -> dict[str, Any]:
    """Name and parameters of a model as plain values; empty for a bare system."""
    describe: Any = getattr(model, "parameters", None)
    return {} if describe is None else dict(describe())


def check_times(times: Sequence[float]) -> list[float]:
    """Times as floats.

    Raises:
        ArgumentError: fewer than one, not finite or not increasing.
    """
    try:
        array = np.asarray(times, dtype=float)
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.ndim != 1 or not len(array) or not np.all(np.isfinite(array)):
        remedy = "Give for example numpy.linspace(0, 10, 101)."
        raise ArgumentError("times", "be a list of finite numbers", times, remedy)
    if np.any(np.diff(array) <= 0):
        raise ArgumentError("times", "increase", times, "Sort them and drop repeated times.")
    return array.tolist()


def _table(times: list[float], states: Sequence[Any], measures: Mapping[str, Any]) -> xr.Dataset:
    import xarray as xr

    columns = {
        name: (
            "time",
            np.array([float(measure(state)) for state in states]),
            {"long_name": measure.symbol, "units": measure.unit}
            if isinstance(measure, Measure)
            else {},
        )
        for name, measure in measures.items()
    }
    return xr.Dataset(columns, coords={"time": times})
