"""Tables of a scenario: measures over pairs, over single subsystems, over time, and of the whole.

All of them are labelled `xarray` data with units, ready for a picture or a CSV file.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from darkstate.checks import check_labels
from darkstate.conventions import partner_pairs
from darkstate.errors import ArgumentError
from darkstate.measures import MEASURES, Measure
from darkstate.results import pair_curve
from darkstate.states import (
    DensityState,
    DickePairState,
    EnsembleState,
    GaussianState,
    PureState,
    SchmidtState,
)

if TYPE_CHECKING:
    import xarray as xr

Pair = tuple[str, str]

FEW_LABELS = 8
"""Up to so many subsystems without partners, all pairs are tabulated."""

WHOLE_LIMIT = 400
"""Up to so many subsystems, measures of one party are also taken of the whole network."""

WHOLE = (
    DensityState,
    DickePairState,
    EnsembleState,
    GaussianState,
    PureState,
    SchmidtState,
)
"""States that know all of the network; others know pairs, stages, groups, or means of ensembles."""


def chosen_measures(names: Sequence[str], parties: int) -> list[Measure]:
    """The measures of this many parties among `names`."""
    known = {measure.name: measure for measure in MEASURES}
    return [known[name] for name in names if known[name].groups == parties]


def chosen_pairs(labels: Sequence[str], pairs: Sequence[Pair] | None) -> list[Pair]:
    """The pairs to tabulate: those given, else the partners, else all of a few.

    Raises:
        ArgumentError: a label is unknown, or there is no natural choice.
    """
    if pairs is not None:
        for pair in pairs:
            check_labels("pairs", pair, labels)
        return list(pairs)
    partners = partner_pairs(labels)
    if partners or len(labels) < 2:
        return partners
    if len(labels) > FEW_LABELS:
        remedy = "Add for example 'pairs: [[A1, B1], [A2, B2]]' to the scenario."
        raise ArgumentError("pairs", "be given where labels have no partners", None, remedy)
    return [(a, b) for k, a in enumerate(labels) for b in labels[k + 1 :]]


def pair_data(state: Any, measures: Sequence[Measure], pairs: Sequence[Pair]) -> xr.Dataset:
    """Every measure of two parties over the pairs; dimension ``pair``."""
    import xarray as xr

    return xr.Dataset({measure.name: pair_curve(state, measure, pairs) for measure in measures})


def mode_data(state: Any, measures: Sequence[Measure]) -> xr.Dataset:
    """Photon numbers and every measure of one party, of single subsystems; dimension ``label``."""
    import xarray as xr

    parts = _states_of(state)
    labels = list(parts)
    columns: dict[str, Any] = {}
    if hasattr(state, "photons") and labels == list(state.labels):
        columns["photons"] = ("label", state.photons(), {"long_name": r"$\langle n \rangle$"})
    for measure in measures:
        values = np.array([measure(part, label) for label, part in parts.items()])
        attributes = {"long_name": measure.title, "units": measure.unit}
        columns[measure.name] = ("label", values, attributes)
    return xr.Dataset(columns, coords={"label": labels})


def whole_data(state: Any, measures: Sequence[Measure]) -> dict[str, float]:
    """Every measure of one party, of the whole network; empty where the state is not kept whole."""
    if not isinstance(state, WHOLE) or len(state.labels) > WHOLE_LIMIT:
        return {}
    return {measure.name: measure(state) for measure in measures}


def time_columns(
    names: Sequence[str], pairs: Sequence[Pair]
) -> dict[str, tuple[Measure, Callable[[Any], float]]]:
    """Columns of an evolution: every measure for every pair, or of the whole network."""
    columns: dict[str, tuple[Measure, Callable[[Any], float]]] = {}
    for measure in chosen_measures(names, 2):
        for first, second in pairs:
            function = functools.partial(_of_pair, measure, first, second)
            columns[f"{measure.name} {first} {second}"] = (measure, function)
    for measure in chosen_measures(names, 1):
        columns[measure.name] = (measure, measure)
    return columns


def _of_pair(measure: Measure, first: str, second: str, state: Any) -> float:
    return measure(state, first, second)


def _states_of(state: Any) -> dict[str, Any]:
    """For every subsystem whose own state is known, the state that holds it."""
    pairs = getattr(state, "pairs", None)
    if pairs is None:
        return dict.fromkeys(state.labels, state)
    parts: dict[str, Any] = {}
    for pair in pairs:
        if not set(pair) <= parts.keys():
            parts |= dict.fromkeys(pair, state.reduced(pair))
    return parts


def write_csv(table: xr.Dataset, path: Path) -> Path:
    """A table of one dimension as CSV: coordinates first, numbers with all their digits."""
    (dimension,) = table.sizes
    names = [dimension, *(name for name in table.coords if name != dimension), *table.data_vars]
    table.to_dataframe().reset_index()[names].to_csv(path, index=False, na_rep="nan")
    return path
