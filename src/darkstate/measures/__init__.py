"""Measures of entanglement and order, one file a subject, dispatched on the state's type."""

from darkstate.measures.dispatch import Measure
from darkstate.measures.gaussian_numbers import (
    entropy,
    epr_variance,
    mutual_information,
    purity,
    steering,
)
from darkstate.measures.log_negativity import log_negativity

MEASURES: tuple[Measure, ...] = (
    log_negativity,
    entropy,
    purity,
    mutual_information,
    epr_variance,
    steering,
)
"""Every measure of the library; tests and docs iterate over it."""

__all__ = [
    "MEASURES",
    "Measure",
    "entropy",
    "epr_variance",
    "log_negativity",
    "mutual_information",
    "purity",
    "steering",
]
