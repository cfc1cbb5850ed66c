"""Random small systems, family by family, each from its own seed.

Rates and couplings are drawn over eight decades. What makes a family hard is said where it is
drawn. `draw(number, seed)` gives the same system on every machine, up to the last digit of a power.
"""

from __future__ import annotations

import numpy as np

from audit.bosonic import (
    bistable,
    cat,
    jaynes_cummings,
    kerr,
    multiphoton_resonance,
    network,
    several_photons,
    source,
    two_modes,
)  # fmt: skip
from audit.finite import (
    conserved,
    dark,
    dark_perturbed,
    ensembles,
    equal_qubits,
    nearly_conserved,
    optical,
    random_qubits,
    slow_beside_fast,
    spins,
    thermal,
)  # fmt: skip

FAMILIES = (
    (random_qubits, 26), (equal_qubits, 8), (spins, 10), (ensembles, 8), (optical, 10),
    (thermal, 8), (dark, 8), (dark_perturbed, 12), (slow_beside_fast, 8), (conserved, 8),
    (nearly_conserved, 12), (kerr, 10), (several_photons, 10), (multiphoton_resonance, 12),
    (cat, 8), (bistable, 6), (jaynes_cummings, 12), (two_modes, 6), (network, 14), (source, 4),
)  # fmt: skip
"""Every family with its number of systems in the full audit."""
TOTAL = sum(count for _, count in FAMILIES)


def family_of(number):
    """The family of the system with this number; families take turns."""
    left = [[maker, count] for maker, count in FAMILIES]
    while True:
        for entry in left:
            if entry[1]:
                if number == 0:
                    return entry[0]
                number -= 1
                entry[1] -= 1


def draw(number, seed=0):
    """System `number` of the audit with this seed."""
    rng = np.random.default_rng([seed, number])
    sketch = family_of(number % TOTAL)(rng)
    sketch.number = number
    return sketch
