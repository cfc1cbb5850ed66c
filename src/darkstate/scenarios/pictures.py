"""Pictures of a scenario: which suit the result, and drawing them to files."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from darkstate.errors import ArgumentError
from darkstate.measures import Measure, log_negativity
from darkstate.results import Result, pair_curve, pair_table
from darkstate.scenarios.scenario import Scenario
from darkstate.scenarios.tabulation import WHOLE, Pair, chosen_measures

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr

MAP_LIMIT = 240
"""Up to so many subsystems, a map of all pairs is drawn without being asked for."""

PULSE_POINTS = 2001
"""Times at which pulses are drawn."""

SOURCES = ("SA", "SB")
"""The two modes of a source, which are partners but no nodes of the network."""


def chosen_pictures(scenario: Scenario, state: Any, pairs: Sequence[Pair]) -> list[str]:
    """Names of the pictures to draw; the asked ones, or those that suit the result."""
    if scenario.pictures is not None:
        return list(scenario.pictures)
    if scenario.solve == "evolve" or len(getattr(scenario.model, "times", ())) > 1:
        return ["time", *(["pulses"] if hasattr(scenario.model, "pulses") else [])]
    whole = isinstance(state, WHOLE)
    size = len(state.labels)
    suits = {
        "map": whole and 2 < size <= MAP_LIMIT,
        "curve": len(pairs) > 1,
        "network": size >= 2 and measure_of(scenario).applies(state),
    }
    return [name for name, fits in suits.items() if fits]


def measure_of(scenario: Scenario) -> Measure:
    """The measure that pictures of a state show: the first one of two parties."""
    return next(iter(chosen_measures(scenario.measures, 2)), log_negativity)


def _shown(state: Any, measure: Measure) -> list[str]:
    """Labels for a map: where sizes differ, those of the sizes that the measure is defined for."""
    sizes = getattr(state, "dimensions", None)
    if sizes is None or len(set(sizes)) == 1:
        return list(state.labels)
    kept: list[str] = []
    for size in dict.fromkeys(sizes):
        same = [label for label, own in zip(state.labels, sizes, strict=True) if own == size]
        with suppress(ArgumentError):
            measure(state, *same[:2])
            kept += same
    return [label for label in state.labels if label in kept] or list(state.labels)


def _table(state: Any, measure: Measure) -> xr.DataArray:
    labels = _shown(state, measure)
    return pair_table(state, measure, labels, labels)


def _drawn(table: xr.Dataset) -> xr.Dataset:
    """The columns of measures; a repeater's table has probabilities beside them."""
    others = ("probability", "log2_probability")
    return table.drop_vars([name for name in others if name in table])


def draw(
    name: str, scenario: Scenario, result: Result, pairs: Sequence[Pair], out: Path
) -> tuple[Path, ...]:
    """Draw one picture; returns its files (png and svg)."""
    from darkstate.plots import save

    return tuple(save(figure_of(name, scenario, result, pairs), out / name))


def figure_of(name: str, scenario: Scenario, result: Result, pairs: Sequence[Pair]) -> Any:
    """One of the pictures that `chosen_pictures` names, as a matplotlib figure."""
    from darkstate import plots

    state = result.state
    measure = measure_of(scenario)
    nodes = [pair for pair in pairs if pair != SOURCES]  # the source is no place along the chain
    figures: dict[str, Callable[[], Any]] = {
        "map": lambda: plots.entanglement_map(_table(state, measure)),
        "curve": lambda: plots.pair_curve_plot(pair_curve(state, measure, nodes or pairs)),
        "network": lambda: plots.network(state, measure, system=scenario.model),
        "pulses": lambda: plots.time_evolution(_pulses(scenario)),
        "time": lambda: plots.time_evolution(_drawn(cast("xr.Dataset", result.table))),
    }
    return figures[name]()


def _pulses(scenario: Scenario) -> xr.Dataset:
    """What multiplies the operators of each pulse, over the time asked for."""
    import xarray as xr

    assert scenario.times is not None
    times = np.linspace(scenario.times.start, scenario.times.stop, PULSE_POINTS)
    table = xr.Dataset(coords={"time": times})
    table["time"].attrs |= {"long_name": "time", "units": scenario.time_unit}
    for k, entry in enumerate(scenario.model.pulses):
        rated = hasattr(entry, "strength")
        units = (scenario.rate_unit or "rate") if rated else ""
        title = "drive" if rated else "coupling amplitude"
        name = f"{k + 1}: {type(entry).__name__} {', '.join(entry.places)}"
        attributes = {"quantity": title, "units": units}
        table[name] = ("time", entry.coefficient()(times), attributes)
    return table
