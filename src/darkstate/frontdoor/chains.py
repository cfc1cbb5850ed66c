"""Chain models: who solves them, and what is said to those who ask them for a steady state.

A model of a repeater has a ``chain()`` instead of a ``system()``. The solvers of
`darkstate.repeaters` are asked in turn, as the engines are for a system; the first that can within
`PATIENCE` is taken, else the fastest of those that can.
"""

from __future__ import annotations

import math
from typing import Any, Protocol, runtime_checkable

from darkstate.engines import Cost, Offer
from darkstate.errors import ArgumentError, CapacityError, EngineMismatchError
from darkstate.repeaters import SOLVERS, ChainPlan, ChainSolver
from darkstate.systems.chain import MeasuredChain

PATIENCE = 120.0
"""Seconds that a solver may take before a faster one is preferred."""


@runtime_checkable
class ChainModel(Protocol):
    """What `solve` asks of a model of a repeater."""

    def chain(self) -> MeasuredChain:
        """The nodes, links and measurements."""
        ...


def is_chain(model: Any) -> bool:
    """Whether this is a chain, or a model of one."""
    ready = isinstance(model, ChainModel) and not isinstance(model, type)
    return ready or isinstance(model, MeasuredChain)


def chain_of(model: ChainModel | MeasuredChain) -> MeasuredChain:
    """The chain of a model, or the chain itself."""
    return model if isinstance(model, MeasuredChain) else model.chain()


def no_system(model: Any) -> EngineMismatchError:
    """The error for a chain model where a steady state or an evolution was asked for."""
    name = type(model).__name__
    return EngineMismatchError(
        f"{name} is a protocol that ends with measurements: it has no Hamiltonian with jumps, no "
        "steady state and no evolution. Use solve(model), which gives the state of its end nodes; "
        "several times may be given as `time` of the model."
    )


def chain_offers(model: Any, solver: Any = None) -> tuple[tuple[Offer, ...], Offer | None]:
    """The plans of the chain solvers as offers, and the one that would be taken."""
    chain = chain_of(model)
    asked = [kind() for kind in SOLVERS] if solver is None else [_checked(solver)]
    plans = [(each, each.plan(chain)) for each in asked]
    offers = tuple(_offer(each, plan) for each, plan in plans)
    best = _best([plan for _, plan in plans])
    return offers, None if best is None else offers[best]


def chosen_solver(chain: MeasuredChain, solver: Any = None) -> tuple[ChainSolver, ChainPlan]:
    """The solver to take and its plan.

    Raises:
        CapacityError: none of those that are made for the chain can hold it.
        EngineMismatchError: none is made for it; or `solver` is an engine of systems.
    """
    if solver is not None:
        return _checked(solver), _checked(solver).plan(chain)
    asked: list[ChainSolver] = [kind() for kind in SOLVERS]
    plans = [each.plan(chain) for each in asked]
    best = _best(plans)
    if best is not None:
        return asked[best], plans[best]
    large = [plan for plan in plans if plan.too_large]
    reasons = " ".join(plan.reason for plan in (large or plans))
    raise (CapacityError if large else EngineMismatchError)(f"No solver fits. {reasons}")


def _best(plans: list[ChainPlan]) -> int | None:
    able = [k for k, plan in enumerate(plans) if plan.can]
    quick = [k for k in able if plans[k].seconds <= PATIENCE]
    return quick[0] if quick else min(able, key=lambda k: plans[k].seconds, default=None)


def _checked(solver: Any) -> ChainSolver:
    if isinstance(solver, type) or not isinstance(solver, SOLVERS):
        known = ", ".join(f"repeaters.{kind.__name__}()" for kind in SOLVERS)
        rule = "be a solver of chains for a repeater"
        raise ArgumentError("engine", rule, solver, f"Use {known}, or leave it out.")
    return solver


def _offer(solver: ChainSolver, plan: ChainPlan) -> Offer:
    name = f"{solver.name}.{type(solver).__name__}"
    known = plan.can and math.isfinite(plan.memory)
    cost = Cost(plan.memory, plan.seconds) if known else None
    return Offer(name, plan.can, plan.reason, plan.method, plan.steps, cost)
