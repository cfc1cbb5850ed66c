"""One door for every model: what its own kind of solution is.

For a network with dissipation that is its steady state, for a repeater the state in which its
measurements leave the end nodes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from darkstate.engines import Engine
from darkstate.errors import border
from darkstate.frontdoor.asking import Model, described
from darkstate.frontdoor.chains import ChainModel, chain_of, chosen_solver, is_chain
from darkstate.frontdoor.steady import steady_state
from darkstate.repeaters import ChainSolution, ChainSolver
from darkstate.results import Result
from darkstate.systems.chain import MeasuredChain
from darkstate.systems.langevin import System

if TYPE_CHECKING:
    import xarray as xr

UNITS = {"entropy": "ebit", "log_negativity": "ebit", "probability": "", "purity": ""}


@border("solve")
def solve(
    model: Model | System | ChainModel | MeasuredChain,
    engine: Engine | ChainSolver | None = None,
) -> Result:
    """The solution of a model, whatever its kind.

    Args:
        model: a model or a system, solved for its steady state (as `steady_state` does); or a model
            of a repeater, solved for the state of its end nodes.
        engine: engine object with its options, ``engines.Gaussian()``; for a repeater a solver,
            ``repeaters.Exact(tolerance=1e-9)``. By default the first that can.

    Returns:
        Result with the state and a report. That of a repeater has the labels "1" and "M" (in
        digits), and the result a table over ``time`` with the log-negativity, the probability of
        the outcomes, the entropy of either end (pure chains) or the purity (others); the state is
        that of the last time.

    Raises:
        ArgumentError: neither a model nor a system, or no engine for this kind of model.
        EngineMismatchError: no engine or solver can.
        NumericalError: no unique steady state; or outcomes that have no probability.
        CapacityError: it would not fit into memory; the message says what would.
    """
    if not is_chain(model):
        return steady_state(model, engine)  # type: ignore[arg-type]
    chain = chain_of(model)  # type: ignore[arg-type]
    solver, plan = chosen_solver(chain, engine)
    solution = solver.solve(chain, plan)
    table = _table(chain, solution)
    return Result(solution.state, solution.report, table, described(model))


def _table(chain: MeasuredChain, solution: ChainSolution) -> xr.Dataset:
    import xarray as xr

    columns: dict[str, Any] = dict(solution.columns)
    columns["probability"] = 2.0 ** columns["log2_probability"]
    data = {
        name: ("time", values, {"long_name": name.replace("_", " "), "units": UNITS.get(name, "")})
        for name, values in columns.items()
    }
    time = ("time", list(chain.times), {"long_name": "time", "units": "1/coupling"})
    return xr.Dataset(data, coords={"time": time})
