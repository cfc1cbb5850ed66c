"""What the figures of this paper share: its parameters per millisecond, and our choices.

Given are Gamma, Gt, Gcol, Z, Gpump = Grepump and the optical depths. How they make up the rates
between the three levels is not, and neither is the loss rate of the drive. Chosen here: the drive
scatters single atoms as it scatters them collectively (``mu^2 Gamma`` into the polarised level,
``nu^2 Gamma`` out of it), collisions take an atom from any level to each other one at Gcol, the
pump moves atoms at Gpump, the repump at Grepump, half of them into the polarised level. Detunings
in Hz are cycles per second.
"""

from __future__ import annotations

import math

from darkstate.models import AtomicEnsembles, AtomicLevels

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


def angular(hertz: float) -> float:
    """A frequency in cycles per second as an angular one per ms."""
    return 2e-3 * math.pi * hertz


def levels(
    loss: float,
    depth: float = DEPTHS[0],
    *,
    pump: float = PUMP,
    pumped: float = 1.0,
    share: float = 0.5,
    drive: bool = True,
    hertz: float = 0.0,
) -> AtomicLevels:
    """The three-level atoms of the paper with our choices.

    Args:
        loss: Gout_L, rate at which the drive takes atoms out of the two levels, per ms.
        depth: d.
        pump: Gpump = Grepump per ms; 0 without the two lasers.
        pumped: atoms move at this times Gpump.
        share: fraction of repumped atoms that reach the polarised level.
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
        cooling=TOWARDS * light + COLLISIONS + pumped * pump,
        heating=AWAY * light + COLLISIONS,
        back=pump + 2 * COLLISIONS,
        share=share,
        detuning=angular(hertz),
    )


def two_levels(hertz: float = 0.0, atoms: int = ATOMS) -> AtomicEnsembles:
    """The same without the third level and the pump, as a model that any engine solves."""
    cooling, heating = TOWARDS * EMISSION + COLLISIONS, AWAY * EMISSION + COLLISIONS
    return AtomicEnsembles(
        atoms,
        SQUEEZING,
        optical_depth=DEPTHS[0],
        emission=EMISSION,
        cooling=cooling,
        heating=heating,
        dephasing=NOISE - cooling - heating,
        detuning=angular(hertz),
    )
