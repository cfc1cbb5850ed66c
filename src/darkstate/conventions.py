"""The conventions of darkstate, in one place and without knobs.

* Planck's constant: ``hbar = 1``.
* Quadratures: ``x = (a + a†)/sqrt(2)``, ``p = (a - a†)/(i sqrt(2))``, so ``[x, p] = i`` and the
  vacuum has variance 1/2 in each of them. Lists of quadratures run ``x1, p1, x2, p2, ...``.
* Dissipation: ``D[c]rho = c rho c† - {c† c, rho}/2``; the rate in front of ``D[a]`` is an energy
  decay rate (the amplitude ``<a>`` decays at half of it).
* Qubits: ``|0>`` is the ground state with ``sz = -1``, ``|1>`` the excited one; ``s- |1> = |0>``.
* Entropies and entanglement: logarithms to base 2 (bits, ebits).
* Frequencies are angular; stationary correlations ``<v(t) w(0)>`` have the spectrum
  ``S(omega) = Integral dt exp(i omega t) <v(t) w(0)>``; white vacuum noise has spectrum 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

VACUUM_VARIANCE = 0.5
"""Variance of each quadrature in the vacuum."""

_LABEL = re.compile(r"[A-Za-z_]*\d*[A-Za-z_0-9']*\Z")
_PAIRED = re.compile(r"([A-Za-z_]+)(\d+)\Z")
_PARTNER = {"A": "B", "a": "b"}


def is_label(text: str) -> bool:
    """Whether `text` may name a local space: letters, digits, underscore, prime; not empty."""
    return bool(text) and _LABEL.match(text) is not None


def partner_pairs(labels: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of partners by the naming of arrays: ``A3`` with ``B3``, ``a3`` with ``b3``.

    The left (or A) array of a network is called ``A1 .. AN``, the right one ``B1 .. BN``; atoms
    inside cavities ``a1 ..`` and ``b1 ..``; source modes ``SA`` and ``SB``.
    """
    present = set(labels)
    pairs = []
    for label in labels:
        match = _PAIRED.match(label)
        if match and match.group(1) in _PARTNER:
            other = _PARTNER[match.group(1)] + match.group(2)
            if other in present:
                pairs.append((label, other))
        elif label == "SA" and "SB" in present:
            pairs.append(("SA", "SB"))
    return pairs


def as_labels(labels: str | Iterable[str]) -> tuple[str, ...]:
    """One label or an iterable of labels as a tuple of labels."""
    return (labels,) if isinstance(labels, str) else tuple(labels)
