"""Repeater chains: ensembles in a line, neighbours entangled, inner nodes measured.

The input is a chain (`darkstate.systems.chain`), not a Lindbladian: what remains at the ends is a
product of small matrices in a window of Dicke states.
"""

from darkstate.repeaters.dephased import ends_state
from darkstate.repeaters.dicke import (
    binomial_amplitudes,
    log_binomial_amplitudes,
    phase_products,
    sx_amplitudes,
    tail_weight,
)
from darkstate.repeaters.dicke import window as dicke_window
from darkstate.repeaters.direct_sum import three_node_log_negativity, three_node_probability
from darkstate.repeaters.exact import Exact, Spectrum, chain_spectrum
from darkstate.repeaters.large import Lattice
from darkstate.repeaters.lattice import (
    LatticeCurve,
    lattice_curve,
    lattice_density,
    lattice_entropy,
    lattice_log_negativity,
    lattice_probability,
)
from darkstate.repeaters.links import link_spectrum
from darkstate.repeaters.magic import MagicTime, Regime, classify, magic_times
from darkstate.repeaters.mixed import Dephased
from darkstate.repeaters.outcomes import (
    OutcomeTable,
    entanglement_per_attempt,
    outcome_probabilities,
    outcome_probability,
    outcome_table,
    success_probability,
)
from darkstate.repeaters.sampling import OutcomeSamples, sample_outcomes
from darkstate.repeaters.spectral_density import SpectralDensity
from darkstate.repeaters.window import amplitude_matrix, automatic_window

SOLVERS: tuple[type, ...] = (Exact, Lattice, Dephased)
"""Engines of chains in the order in which they are asked."""

__all__ = [
    "SOLVERS",
    "Dephased",
    "Exact",
    "Lattice",
    "LatticeCurve",
    "MagicTime",
    "OutcomeSamples",
    "OutcomeTable",
    "Regime",
    "SpectralDensity",
    "Spectrum",
    "amplitude_matrix",
    "automatic_window",
    "binomial_amplitudes",
    "chain_spectrum",
    "classify",
    "dicke_window",
    "ends_state",
    "entanglement_per_attempt",
    "lattice_curve",
    "lattice_density",
    "lattice_entropy",
    "lattice_log_negativity",
    "lattice_probability",
    "link_spectrum",
    "log_binomial_amplitudes",
    "magic_times",
    "outcome_probabilities",
    "outcome_probability",
    "outcome_table",
    "phase_products",
    "sample_outcomes",
    "success_probability",
    "sx_amplitudes",
    "tail_weight",
    "three_node_log_negativity",
    "three_node_probability",
]
