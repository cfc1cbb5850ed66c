"""Measures of entanglement and order, one file a measure, for all types of states."""

from darkstate.measures.bloch import bloch_vector
from darkstate.measures.chsh import chsh
from darkstate.measures.concurrence import concurrence
from darkstate.measures.dispatch import Measure
from darkstate.measures.entanglement_of_formation import entanglement_of_formation
from darkstate.measures.entropy import entropy
from darkstate.measures.epr_spin import epr_spin_variance
from darkstate.measures.epr_variance import epr_variance
from darkstate.measures.expectation import expect
from darkstate.measures.fidelity import fidelity
from darkstate.measures.log_negativity import log_negativity
from darkstate.measures.mutual_information import mutual_information
from darkstate.measures.negativity import negativity
from darkstate.measures.ppt import PPTTest, ppt_test
from darkstate.measures.purity import purity
from darkstate.measures.steering import steering
from darkstate.measures.teleportation_fidelity import teleportation_fidelity
from darkstate.measures.wigner import wigner

MEASURES: tuple[Measure, ...] = (
    log_negativity,
    negativity,
    concurrence,
    entanglement_of_formation,
    entropy,
    purity,
    mutual_information,
    epr_variance,
    epr_spin_variance,
    steering,
    chsh,
    teleportation_fidelity,
)
"""Every measure of the library; tests and docs iterate over it."""

__all__ = [
    "MEASURES",
    "Measure",
    "PPTTest",
    "bloch_vector",
    "chsh",
    "concurrence",
    "entanglement_of_formation",
    "entropy",
    "epr_spin_variance",
    "epr_variance",
    "expect",
    "fidelity",
    "log_negativity",
    "mutual_information",
    "negativity",
    "ppt_test",
    "purity",
    "steering",
    "teleportation_fidelity",
    "wigner",
]
