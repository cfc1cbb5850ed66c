"""Small models with known optima."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from darkstate.errors import NumericalError
from darkstate.systems import (
    Jump,
    Mode,
    OpenSystem,
    Qubit,
    create,
    destroy,
    sigma_minus,
    sigma_plus,
    sigma_x,
    sigma_z,
)

Q = Qubit("q")
A, B = Mode("A1"), Mode("B1")


@dataclass(frozen=True)
class DrivenQubit:
    """``H = (drive/2) sx + (detuning/2) sz``, decay 1, on resonance:

    ``|<sy>| = 2 W/(1 + 2 W^2)``, largest at ``W = 1/sqrt 2``, and ``<s+ s-> = W^2/(1 + 2 W^2)``.
    """

    drive: float = 0.3
    detuning: float = 0.0
    decay: float = 1.0
    refused: Sequence[float] = ()

    def system(self) -> OpenSystem:
        if self.refused and self.refused[0] < self.drive < self.refused[1]:
            raise NumericalError("There is nothing between `refused`. Stay outside of it.")
        hamiltonian = 0.5 * self.drive * sigma_x(Q) + 0.5 * self.detuning * sigma_z(Q)
        return OpenSystem((Q,), hamiltonian, (Jump(sigma_minus(Q), self.decay, "decay"),))


@dataclass(frozen=True)
class ThreeDrives:
    """A driven qubit with three fields that count by their sum alone."""

    one: float = 0.1
    two: float = 0.1
    three: float = 0.1

    def system(self) -> OpenSystem:
        return DrivenQubit(drive=self.one + self.two + self.three).system()


@dataclass(frozen=True)
class Amplifier:
    """Two modes with pair creation: unstable from ``pump = loss/2`` on."""

    pump: float = 0.1
    loss: float = 1.0

    def system(self) -> OpenSystem:
        pairs = 1j * self.pump * (create(A) * create(B))
        jumps = (Jump(destroy(A), self.loss, "a"), Jump(destroy(B), self.loss, "b"))
        return OpenSystem((A, B), pairs + pairs.adjoint(), jumps)


EXCITED = sigma_plus(Q) * sigma_minus(Q)
