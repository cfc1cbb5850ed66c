"""The solution of a model: its steady state, or what the measurements of a repeater leave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from darkstate.engines import Engine, Solution
from darkstate.engines.contract import Task, run
from darkstate.errors import border
from darkstate.frontdoor.inputs import Model, causal_part, described, own_system
from darkstate.frontdoor.selection import choose
from darkstate.progress import Wanted, heard
from darkstate.results import Result
from darkstate.systems.chain import MeasuredChain
from darkstate.systems.langevin import System

if TYPE_CHECKING:
    import xarray as xr

UNITS = {"entropy": "ebit", "log_negativity": "ebit", "probability": "", "purity": ""}


@border("solve")
def solve(
    model: Model | System, engine: Engine | None = None, *, progress: Wanted = False
) -> Result:
    """The solution of a model, whatever its kind: `steady_state` without its options.

    Args:
        model: a model or a system.
        engine: engine object with its options, ``engines.Gaussian()``; for a repeater for example
            ``repeaters.Exact(tolerance=1e-9)``. By default the first that can.
        progress: True for a bar, or a function of (what, fraction).

    Returns:
        Result with the state and a report; see `steady_state`.

    Raises:
        ArgumentError: neither a model nor a system, or no engine.
        EngineMismatchError: no engine can.
        NumericalError: no unique steady state; or outcomes that have no probability.
        CapacityError: it would not fit into memory; the message says what would.
    """
    return steady_state(model, engine, progress=progress)


@border("steady_state")
def steady_state(
    model: Model | System,
    engine: Engine | None = None,
    initial: Any = None,
    upstream_of: str | Sequence[str] | None = None,
    *,
    progress: Wanted = False,
) -> Result:
    """The steady state of a model, ``d rho/dt = 0``; of a repeater the state of its end nodes.

    Args:
        model: a ready model, any object with ``system()``, or an `OpenSystem`.
        engine: engine object with its options, for example ``engines.Gaussian(rtol=1e-6)``; by
            default the first that can within ten minutes, else the fastest.
        initial: state from which to relax, where the steady state is not unique; a unique one does
            not depend on it.
        upstream_of: label or labels whose state is wanted: of a cascade only what acts on them is
            solved, which is exact (`darkstate.systems.upstream`).
        progress: True for a bar, or a function of (what, fraction).

    Returns:
        Result with the state and a report on how far to trust it. That of a repeater has the
        labels "1" and "M" (in digits), and a table over ``time`` with the log-negativity, the
        probability of the outcomes, the entropy of either end (pure chains) or the purity
        (others); the state is that of the last time.

    Raises:
        EngineMismatchError: no engine can solve it, or the one given cannot.
        NumericalError: there is no unique steady state (unstable, undamped modes: named), or the
            outcomes of a repeater have no probability.
        CapacityError: it would not fit into memory.
    """
    system = causal_part(model, upstream_of)
    taken = choose(system, Task(initial=initial), engine)
    with heard(progress):
        solution = run(taken.engine, system, offer=taken.offer)
    table = _table(system, solution) if isinstance(system, MeasuredChain) else None
    own = own_system(model, system)
    return Result(solution.state, solution.report, table, described(model), system=own)


def _table(chain: MeasuredChain, solution: Solution) -> xr.Dataset:
    import xarray as xr

    columns: dict[str, Any] = dict(solution.columns)
    columns["probability"] = 2.0 ** columns["log2_probability"]
    data = {
        name: ("time", values, {"long_name": name.replace("_", " "), "units": UNITS.get(name, "")})
        for name, values in columns.items()
    }
    time = ("time", list(chain.times), {"long_name": "time", "units": "1/coupling"})
    return xr.Dataset(data, coords={"time": time})
