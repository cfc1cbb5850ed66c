"""NoNetwork: the proof that no network of a hardware has a target as its only steady state.

It holds the target, the operators and a subspace orthogonal to the target. Everything else is
computed again from these by whoever asks: which networks keep the target (`family_of`), and how
fast anything can leave the subspace under any of them (`escape_rate`). So the statement is

    a state that begins in `subspace` has after the time t at most the fidelity ``escape s t``,

with s the strength of the network: the jump rates of the normalised operators plus the length of
the vector of Hamiltonian coefficients. An `escape` of 1e-12 is what rounding leaves of zero. For a
Gaussian target the states are those of one excitation of the modes whose vacuum it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from darkstate.design.family import Family, family_of
from darkstate.design.hardware import Hardware
from darkstate.design.invariant import escape_rate
from darkstate.display import ToldInLines
from darkstate.results import Report, Result, Status
from darkstate.results.storage import save_result, storable
from darkstate.states.subsystems import Matrix

PROVEN = 1e-6
"""Up to this escape rate a network counts as one that never arrives."""


@storable
@dataclass(frozen=True, eq=False, repr=False)
class NoNetwork(ToldInLines):
    """Every network of this hardware that keeps the target keeps another state, too.

    Args:
        labels: the subsystems.
        hardware: target and operators of norm one.
        subspace: (d, r) orthonormal columns on the basis states `hardware.low`, orthogonal to the
            target, that no network leaves.
    """

    labels: tuple[str, ...]
    hardware: Hardware
    subspace: Matrix

    @cached_property
    def family(self) -> Family:
        """All networks that keep the target, computed anew."""
        return family_of(self.hardware)

    @cached_property
    def escape(self) -> float:
        """Proven bound on the rate of leaving the subspace per strength of the network."""
        return escape_rate(self.family, self.subspace)

    @property
    def margin(self) -> float:
        """By how much all other jumps and Hamiltonians move the target.

        Norm of ``(c - lambda) psi`` or ``(H - E) psi`` per strength; infinite where nothing else
        is left.
        """
        return self.family.margin

    @property
    def proven(self) -> bool:
        """Whether the proof holds, rounding included."""
        size = (len(self.hardware.low), self.subspace.shape[-1])
        shaped = self.subspace.shape == size and size[1] > 0
        sound = shaped and self.hardware.sound
        return sound and self.family.clear and self.escape <= PROVEN

    @property
    def sentence(self) -> str:
        """The statement in words."""
        if not self.proven:
            return "not proven: the subspace is left, or the target is not known to enough digits"
        jumps = sum(len(each.matrices) for each in self.family.jumps)
        if not jumps:
            return "no jump of this hardware has the target as an eigenvector: nothing prepares it"
        dimension = self.subspace.shape[1]
        states = "another state" if dimension == 1 else f"{dimension} other states"
        return f"every network that keeps the target also keeps {states} orthogonal to it"

    def lines(self) -> list[tuple[str, str]]:
        """``(what, value)`` rows in the order in which people read them."""
        return [
            ("verdict", "impossible" if self.proven else "not proven"),
            ("because", self.sentence),
            ("kept besides", f"{self.subspace.shape[1]} dimensions"),
            ("left at most at", f"{self.escape:.2g} x strength"),
            ("all else moves it by", f"{self.margin:.3g} x strength"),
        ]

    def save(self, path: str | Path, overwrite: bool = False) -> Path:
        """Write it to a zarr store, from which `darkstate.load_result(path).state` reads it.

        Raises:
            ArgumentError: `path` cannot be written, or something is there (without `overwrite`).
        """
        report = Report(
            engine="synthesise",
            method="common invariant subspace",
            status=Status.CERTIFIED if self.proven else Status.SUSPECT,
            margin=0.0,
            error_estimate=self.escape,
        )
        return save_result(Result(self, report), path, overwrite)
