"""Programmable networks: detunings that give two one-way rails a wanted pairing, or wanted blocks.

Qubits of equal and opposite detunings find each other: with ``delta_B[k] = -delta_A[p[k]]`` and
steps large against their linewidth, A_p[k] is the partner of B_k. Blocks of neighbours whose
detunings are exchanged inside share one entangled state. Dephased qubits send out light that is no
longer squeezed; a step between the detunings keeps others from absorbing it, until the last ones
leave the band of the source. In between there is a best step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from darkstate.checks import check_integer, check_real, check_sequence
from darkstate.design.merit import merit
from darkstate.design.optimise import optimise
from darkstate.design.optimum import Design
from darkstate.display import page, table
from darkstate.errors import ArgumentError, border
from darkstate.frontdoor import steady_state
from darkstate.measures import fidelity
from darkstate.models import DualRail
from darkstate.progress import Wanted
from darkstate.results import Status
from darkstate.states import PureState
from darkstate.systems.open_system import OpenSystem

_PERFECT = 1e-9


@dataclass(frozen=True)
class ProgrammedRails:
    """A `DualRail` whose groups of qubits are one step of detuning apart.

    Args:
        step: between the detunings of neighbouring groups.
        permutation: p, with ``delta_B[k] = -delta_A[p[k]]``.
        widths: pairs in each group.
        inner: between the detunings of neighbours in a group.
        squeezing, dephasing, bandwidth, coupling: of the `DualRail`.
    """

    step: float
    permutation: tuple[int, ...]
    widths: tuple[int, ...]
    inner: float
    squeezing: float
    dephasing: float
    bandwidth: float
    coupling: float

    def rails(self) -> DualRail:
        """The model."""
        middle = 0.5 * (len(self.widths) - 1)
        one = [
            self.step * (k - middle) + self.inner * (i - 0.5 * (width - 1))
            for k, width in enumerate(self.widths)
            for i in range(width)
        ]
        other = [-one[k] for k in self.permutation]
        return DualRail(
            len(one), self.squeezing, one, other, coupling=self.coupling,
            bandwidth=self.bandwidth, dephasing=self.dephasing,
        )  # fmt: skip

    def system(self) -> OpenSystem:
        """Its system."""
        return self.rails().system()

    def targets(self) -> list[PureState]:
        """The states that are wanted of the groups."""
        found, first = [], 0
        for width in self.widths:
            places = range(first, first + width)
            partners = [self.permutation.index(k) for k in places]
            inside = tuple(sorted(range(width), key=partners.__getitem__))
            alone = replace(self, step=0.0, permutation=inside, widths=(width,))
            pure = replace(alone, dephasing=0.0, bandwidth=math.inf).rails()
            labels = [f"A{k + 1}" for k in places] + [f"B{k + 1}" for k in sorted(partners)]
            found.append(PureState(tuple(labels), (2,) * (2 * width), pure.dark_state()))
            first += width
        return found


@dataclass(frozen=True, repr=False)
class ProgrammedNetwork:
    """Detunings for a wanted pairing or wanted blocks.

    Args:
        permutation: p (from 0) with ``delta_B[k] = -delta_A[p[k]]``.
        model: the `DualRail` with the best step.
        step: the best step.
        fidelities: of each pair or block with its wanted state, by its labels, at the best step.
        smallest: the smallest step that keeps the least fidelity within `loss` of the best.
        smallest_model: the `DualRail` with it.
        loss: relative.
        status: ``converged`` if the second look confirmed the best step.
        sentence: the same in words.
        design: the optimisation; None if the step makes no difference.
    """

    permutation: tuple[int, ...]
    model: DualRail
    step: float
    fidelities: dict[tuple[str, ...], float]
    smallest: float
    smallest_model: DualRail
    loss: float
    status: Status
    sentence: str
    design: Design | None = None

    def lines(self) -> list[tuple[str, str]]:
        """``(what, value)`` rows."""
        one, other = self.model.detunings
        rows = [("status", f"{self.status}: {self.sentence}")]
        rows += [("best step", f"{self.step:.4g}")]
        rows += [("smallest step", f"{self.smallest:.4g} for {100 * self.loss:g} % less")]
        rows += [("detunings A", ", ".join(f"{x:.4g}" for x in one))]
        rows += [("detunings B", ", ".join(f"{x:.4g}" for x in other))]
        return rows + [(", ".join(k), f"fidelity {f:.4f}") for k, f in self.fidelities.items()]

    def __str__(self) -> str:
        return "\n".join(f"{name + ':':20} {value}" for name, value in self.lines())

    def __repr__(self) -> str:
        return f"ProgrammedNetwork(step {self.step:.4g}, {self.status})"

    def _repr_html_(self) -> str:
        """What notebooks show."""
        return page("Programmed network", table(self.lines()))


@border("programme")
def programme(
    partners: Sequence[int] | None = None,
    blocks: Sequence[int] | None = None,
    *,
    squeezing: float = 1.0,
    dephasing: float = 0.0,
    bandwidth: float = math.inf,
    coupling: float = 1.0,
    inner: float | None = None,
    steps: tuple[float, float] = (0.1, 30.0),
    loss: float = 0.01,
    engine: Any = None,
    progress: Wanted = False,
) -> ProgrammedNetwork:
    """Detunings of a `DualRail` for a wanted pairing or wanted blocks, and the step they need.

    The least fidelity of all pairs or blocks with their wanted states is made as large as can be.

    Args:
        partners: of A1, A2, ... the number (from 1) of the qubit of rail B; or
        blocks: numbers of pairs in each block of neighbours, ``(2, 2)``, inside of which detunings
            are exchanged, so that all its qubits share one state.
        squeezing, dephasing, bandwidth, coupling: of the `DualRail`.
        inner: between detunings inside a block; by default `coupling`.
        steps: between which the step is looked for, in units of `coupling`.
        loss: relative loss of the least fidelity that the smallest step may cost.
        engine: as of `optimise`.
        progress: True for a bar, or a function of (what, fraction).

    Raises:
        ArgumentError: neither or both of partners and blocks, or no permutation.

    Source: Agustí, Zhang, Minoguchi, Rabl, Phys. Rev. Lett. 131, 250801 (2023).
    """
    permutation, widths = _groups(partners, blocks)
    gamma = check_real("coupling", coupling, above=0.0, remedy="Give a rate > 0.")
    remedy = "Give two steps in units of coupling, 0 < first < second."
    low, high = (check_real("steps", s, above=0.0, remedy=remedy)
                 for s in check_sequence("steps", steps, remedy))  # fmt: skip
    inner = gamma if inner is None else check_real("inner", inner, remedy="Give a detuning.")
    start = min(max(3.0, low), high) * gamma
    rails = ProgrammedRails(
        start, permutation, widths, inner, squeezing, dephasing, bandwidth, gamma
    )
    ends = [_fidelities(replace(rails, step=s * gamma), engine) for s in (low, start / gamma, high)]
    if all(np.ptp([each[key] for each in ends]) < _PERFECT for key in ends[0]):
        told = "the step makes no difference"
        model = replace(rails, step=low * gamma)
        return ProgrammedNetwork(
            permutation, model.rails(), model.step, ends[0], model.step, model.rails(), loss,
            Status.CONVERGED, told,
        )  # fmt: skip
    merits = [merit(fidelity, target) for target in rails.targets()]
    bounds = {"step": (low * gamma, high * gamma, "log")}
    found = optimise(rails, merits, bounds, starts=3, loss=loss, engine=engine, progress=progress)
    best = found.model
    down = found.tolerances.get("step", (0.0, 0.0))[0]
    least = low * gamma if math.isinf(down) else best.step - down
    return ProgrammedNetwork(
        permutation, best.rails(), best.step, _fidelities(best, engine), least,
        replace(best, step=least).rails(), loss, found.status, found.sentence, found,
    )  # fmt: skip


def _fidelities(rails: ProgrammedRails, engine: Any) -> dict[tuple[str, ...], float]:
    state = steady_state(rails, engine).state
    return {target.labels: float(fidelity(state, target)) for target in rails.targets()}


def _groups(partners: Any, blocks: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Permutation and widths of the groups."""
    if (partners is None) == (blocks is None):
        remedy = "Give partners=[2, 1] or blocks=[2, 2]."
        raise ArgumentError("partners", "be given, or blocks, and not both", partners, remedy)
    if partners is not None:
        remedy = "Give of A1, A2, ... the number of the partner on rail B, each once: [2, 1]."
        listed = [check_integer("partners", p, minimum=1, remedy=remedy)
                  for p in check_sequence("partners", partners, remedy)]  # fmt: skip
        if not listed or sorted(listed) != list(range(1, len(listed) + 1)):
            raise ArgumentError("partners", "name each qubit of rail B once", partners, remedy)
        return tuple(int(k) for k in np.argsort(listed)), (1,) * len(listed)
    remedy = "Give numbers of pairs, such as [2, 2]."
    widths = [check_integer("blocks", w, minimum=1, remedy=remedy)
              for w in check_sequence("blocks", blocks, remedy)]  # fmt: skip
    if not widths:
        raise ArgumentError("blocks", "name at least one block", blocks, remedy)
    first = np.cumsum([0, *widths[:-1]]).tolist()
    order = [f + w - 1 - i for f, w in zip(first, widths, strict=True) for i in range(w)]
    return tuple(order), tuple(widths)
