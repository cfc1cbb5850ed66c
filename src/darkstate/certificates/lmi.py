"""Linear matrix inequalities: ``minimise c.x subject to A_j x + b_j >= 0``, by cvxpy.

The one place where an SDP solver is called. What it returns is a suggestion: every certificate
is made feasible, and checked, afterwards in plain linear algebra (`darkstate.linalg.bounds`).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.errors import CapacityError, NumericalError, RefusedError
from darkstate.extras import install_line

Real = NDArray[np.float64]

SOLVERS = ("auto", "clarabel", "scs")
_INTERIOR_WORK = 6e9
"""Up to so many operations a step, Clarabel (interior point: eight digits); above, SCS (five)."""
_COARSE_WORK = 1e9
"""Above so many operations a step, Clarabel stops at six digits: each one costs a second."""
_OPTIONS: dict[str, dict[str, Any]] = {
    "clarabel": {},
    "clarabel, coarse": {
        "tol_gap_abs": 1e-6,
        "tol_gap_rel": 1e-6,
        "tol_feas": 1e-7,
        "direct_solve_method": "faer",  # dense fronts: a third less than the scalar one
        "iterative_refinement_max_iter": 1,
    },
    "scs": {"eps_abs": 1e-6, "eps_rel": 1e-6, "max_iters": 4000},
}
_MOST_WORK = 3e9
"""Operations of one step of SCS, which takes some thousand of them: an hour."""


class UnboundedError(NumericalError):
    """The minimum is minus infinity: the dual programme has no solution."""


@dataclass(frozen=True)
class Inequality:
    """``A x + b`` as a positive semidefinite matrix.

    Args:
        linear: sparse (m m, n), rows of the matrix one after another; symmetric for every x.
        size: m.
        constant: (m m,) entries of b; zero if left out.
    """

    linear: Any
    size: int
    constant: Real | None = None


@dataclass(frozen=True)
class ConicSolution:
    """What the solver says.

    Args:
        x: (n,).
        multipliers: a positive matrix (m, m) for each inequality, their dual variables.
        solver: which one, with its status.
    """

    x: Real
    multipliers: tuple[Real, ...]
    solver: str


def require_solver() -> None:
    """That cvxpy is installed.

    Raises:
        RefusedError: it is not; the message has the line that installs it.
    """
    if find_spec("cvxpy") is None:
        raise RefusedError(
            "Semidefinite programmes are solved by cvxpy, which is not installed.",
            f"Install it: {install_line('certify')}",
        )


def interior_work(sizes: Sequence[int]) -> float:
    """Operations of one step of an interior-point solver on blocks of these sizes."""
    sides = np.asarray(sizes, dtype=float)
    return float(np.sum((sides * (sides + 1) / 2) ** 3))


def quickly_solved(sizes: Sequence[int]) -> bool:
    """Whether blocks of these sizes are solved to eight digits, within about a second."""
    return interior_work(sizes) <= _COARSE_WORK


def choose_solver(sizes: Sequence[int], solver: str = "auto") -> str:
    """Which solver takes blocks of these sizes.

    Raises:
        CapacityError: neither does within an hour and a few GB.
    """
    sides = np.asarray(sizes, dtype=float)
    if solver == "clarabel" or (solver == "auto" and interior_work(sizes) <= _INTERIOR_WORK):
        return "clarabel"
    if 20 * float(np.sum(sides**3)) > _MOST_WORK:
        raise CapacityError(
            f"The semidefinite programme has {len(sides)} blocks of up to {int(sides.max())} rows; "
            "it would take hours.",
            "Certify fewer subsystems (labels=), keep fewer levels, or give a state with "
            "symmetries.",
        )
    return "scs"


def minimise(
    cost: Real,
    inequalities: Sequence[Inequality],
    equation: tuple[Real, float] | None = None,
    solver: str = "auto",
) -> ConicSolution:
    """Minimise ``c.x`` with all ``A_j x + b_j >= 0`` and ``equation[0].x = equation[1]``.

    Args:
        cost: (n,) c.
        inequalities: see `Inequality`.
        equation: one linear equation, if any.
        solver: one of `SOLVERS`.

    Raises:
        RefusedError: cvxpy is not installed.
        CapacityError: too large for either solver.
        UnboundedError: the solver finds no end.
        NumericalError: the solver has no answer.
    """
    require_solver()
    import cvxpy as cp

    chosen = choose_solver([each.size for each in inequalities], solver)
    x = cp.Variable(len(cost))
    constraints = []
    for each in inequalities:
        entries = each.linear @ x
        if each.constant is not None:
            entries = entries + each.constant
        constraints.append(cp.reshape(entries, (each.size, each.size), order="C") >> 0)
    extra = [] if equation is None else [equation[0] @ x == equation[1]]
    scale = float(np.abs(cost).max()) or 1.0  # solvers take large costs for signs of infeasibility
    problem = cp.Problem(cp.Minimize(cost / scale @ x), [*constraints, *extra])
    coarse = chosen == "clarabel" and not quickly_solved([each.size for each in inequalities])
    options = _OPTIONS["clarabel, coarse" if coarse else chosen]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "may be inaccurate": nobody relies on the accuracy
            problem.solve(solver=chosen.upper(), **options)
    except cp.SolverError as error:
        raise NumericalError(f"The solver of the semidefinite programme gave up: {error}") from None
    if x.value is None or not np.all(np.isfinite(x.value)):
        kind = UnboundedError if "unbounded" in str(problem.status) else NumericalError
        raise kind(f"The semidefinite programme has no solution ({chosen}: {problem.status}).")
    duals = tuple(scale * np.asarray(each.dual_value, dtype=float) for each in constraints)
    return ConicSolution(np.asarray(x.value), duals, f"{chosen} ({problem.status})")
