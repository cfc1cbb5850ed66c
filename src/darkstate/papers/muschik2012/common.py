"""What the figures of this paper share: its parameters per millisecond, and its rates (App. C).

Single atoms move at ``mu^2 Gamma + Gpump + Gcol`` into the polarised level and at ``nu^2 Gamma +
Gcol`` out of it, leave each of the two levels at ``Gout_L + Gcol`` for the third, and come back to
*each* of them at ``Gin = Grepump + Gcol``; the pump adds 2 Gpump to Gt. All this the text gives,
but not Gout_L. Beside it: one Grepump shared by the two transitions back. Detunings in Hz are
cycles per second.
"""

from __future__ import annotations

import math
from typing import Any

from darkstate.models import AtomicEnsembles, AtomicLevels
from darkstate.papers.base import Verdict

SQUEEZING = math.log(2.5)
"""Z = mu + nu = exp(r) = 2.5."""
EMISSION, NOISE, COLLISIONS, PUMP = 0.002, 0.193, 0.002, 0.160
"""Gamma, Gt without pump, Gcol, and Gpump = Grepump, per ms."""
DEPTHS = (55.0, 100.0, 150.0)
ATOMS = 10**12

TOWARDS = math.cosh(SQUEEZING) ** 2
"""mu^2: what the drive scatters into the polarised level, in units of Gamma."""
AWAY = math.sinh(SQUEEZING) ** 2
"""nu^2: what it scatters out of it."""


TENFOLD = 10.0
"""A number is large, or slow, if it is so by an order of magnitude: the text gives no numbers."""


def as_printed(printed: float, mended: float, limit: float) -> Verdict:
    """Of an equation: whether it holds as printed, with a change that the note tells, or not."""
    if printed < limit:
        return Verdict.REPRODUCED
    return Verdict.CONDITION if mended < limit else Verdict.NOT_REPRODUCED


def by_far(ratios: Any) -> Verdict:
    """Of numbers that are to be large: whether all are by an order of magnitude, or above 1."""
    least = float(min(ratios))
    if least >= TENFOLD:
        return Verdict.REPRODUCED
    return Verdict.CONDITION if least > 1 else Verdict.NOT_REPRODUCED


def angular(hertz: float) -> float:
    """A frequency in cycles per second as an angular one per ms."""
    return 2e-3 * math.pi * hertz


def levels(
    loss: float,
    depth: float = DEPTHS[0],
    *,
    pump: float = PUMP,
    shared: bool = False,
    drive: bool = True,
    hertz: float = 0.0,
) -> AtomicLevels:
    """The three-level atoms of the paper.

    Args:
        loss: Gout_L, rate at which the drive takes atoms out of the two levels, per ms.
        depth: d.
        pump: Gpump = Grepump per ms; 0 without the two lasers.
        shared: one Grepump for both transitions back together, and not for each of them.
        drive: whether the driving light is on.
        hertz: difference of the Larmor frequencies, in Hz.
    """
    light = EMISSION if drive else 0.0
    return AtomicLevels(
        loss=(loss if drive else 0.0) + COLLISIONS,
        optical_depth=depth,
        emission=light,
        squeezing=SQUEEZING,
        noise=NOISE + 2 * pump,
        cooling=TOWARDS * light + COLLISIONS + pump,
        heating=AWAY * light + COLLISIONS,
        back=(1 if shared else 2) * pump + 2 * COLLISIONS,
        detuning=angular(hertz),
    )


def two_levels(
    hertz: float = 0.0, atoms: int = ATOMS, depth: float = DEPTHS[0], pump: float = 0.0
) -> AtomicEnsembles:
    """The same without the third level, as a model that any engine solves."""
    cooling, heating = TOWARDS * EMISSION + COLLISIONS + pump, AWAY * EMISSION + COLLISIONS
    return AtomicEnsembles(
        atoms,
        SQUEEZING,
        optical_depth=depth,
        emission=EMISSION,
        cooling=cooling,
        heating=heating,
        dephasing=NOISE + 2 * pump - cooling - heating,
        detuning=angular(hertz),
    )
