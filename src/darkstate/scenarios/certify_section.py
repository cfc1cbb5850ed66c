"""The section ``certify`` of a scenario file: its keys, as dataclasses.

certify:
  labels: [A1, A2, B1, B2]
  limit: {name: dephasing, start: 0, stop: 1, tolerance: 0.02}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from darkstate.checks import check_real
from darkstate.errors import ArgumentError


@dataclass(frozen=True)
class LimitEntry:
    """A parameter, and the two ends between which the certified range ends.

    Args:
        name: the parameter of the model: loss, dephasing, drive.nbar, detunings_a[2] ...
        start: the end where the state should be certified, with or without a unit.
        stop: the other end.
        tolerance: the limit is found to this fraction of the range.
        spacing: linear, or log to halve ratios.
    """

    name: str
    start: int | str | float
    stop: int | str | float
    tolerance: float = 0.01
    spacing: Literal["linear", "log"] = "linear"

    def __post_init__(self) -> None:
        remedy = "Give a fraction of the range, such as 0.01."
        check_real("tolerance", self.tolerance, above=0.0, below=1.0, remedy=remedy)


@dataclass(frozen=True)
class CertifySection:
    """What `darkstate certify` proves.

    Args:
        labels: the subsystems, the rest is traced out; all of them if left out.
        across: one side of a bipartition, to ask for entanglement across this cut alone.
        error: by how much the state may be off, in trace norm (of modes: each entry of the
            covariance matrix); by default what the report says.
        quick: stop at a cheap test that certifies.
        sparse: for modes, a witness that needs few second moments.
        limit: a parameter, up to which value the state is certified.
    """

    labels: tuple[str, ...] | None = None
    across: tuple[str, ...] | None = None
    error: float | None = None
    quick: bool = False
    sparse: bool = False
    limit: LimitEntry | None = None

    def __post_init__(self) -> None:
        if self.error is not None:
            check_real("error", self.error, minimum=0.0, remedy="Give a number >= 0.")
        for name in ("labels", "across"):
            if getattr(self, name) == ():
                remedy = f"Leave `{name}` out instead."
                raise ArgumentError(name, "name at least one subsystem", [], remedy)
