"""Report: what is known about a number, and how well.

Each result carries a report with a `Status`:

* ``certified``: residual, uniqueness, physicality and truncation were all checked and hold, and the
  error is known: a report without an error estimate and a margin is ``converged`` at best;
* ``converged``: the method met its own tolerance, but not every check could be made;
* ``suspect``: a check failed or an error estimate exceeds the tolerance: do not trust blindly;
* ``failed``: there is no usable state.
"""

from __future__ import annotations

import enum
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from darkstate.display import ToldInLines
from darkstate.results.estimate import Estimate

_LATER = frozenset(("gap", "sector_gap", "metastable", "structure"))
"""What may be found when it is first read."""


class Status(enum.StrEnum):
    """How far a result can be trusted; members are the words users read."""

    CERTIFIED = "certified"
    CONVERGED = "converged"
    SUSPECT = "suspect"
    FAILED = "failed"


@dataclass(frozen=True, repr=False)
class Report(ToldInLines):
    """Everything that was checked about one result.

    Args:
        engine: name of the engine.
        method: which of its methods ran.
        status: how far to trust it.
        residual: relative residual of the steady-state equation (None: not applicable).
        margin: smallest eigenvalue of the state (or of ``sigma + i Omega/2``); >= 0 up to rounding.
        gap: spectral gap of the whole generator, the smallest ``-Re lambda`` besides zero: what
            relaxes most slowly, an `Estimate` where its error is known; None where not computed
            (no bound or guess is put here).
        sector_gap: the same within the charge sector of the steady state: how slowly a state
            without coherence between different charges settles; None where not computed.
        metastable: whether something relaxes so much more slowly than all other rates that states
            live long before they reach the steady state; None where not tested.
        unique: whether the steady state was shown to be the only one; None where not tested.
        truncation: named truncation errors, for example ``{"window tail": 1e-30}``.
        errors: estimated errors of the states of parts (trace norm) by their labels, where they
            differ: ``report.errors["A4", "B4"]``.
        error_estimate: estimated absolute error of the second moments, or of the state (trace
            norm); of an evolution the largest over all times kept.
        warnings: sentences for the user.
        structure: what structure was found and used, one line each.
        seconds: wall time of the solve.
        provenance: versions, options, seeds.
        later: finds `gap`, `sector_gap`, `metastable` and `structure` when one of them is first
            read, where that would take longer than the solution; None once they are known.
    """

    engine: str
    method: str
    status: Status
    residual: float | None = None
    margin: float | None = None
    gap: float | None = None
    sector_gap: float | None = None
    metastable: bool | None = None
    unique: bool | None = None
    truncation: Mapping[str, float] = field(default_factory=dict)
    errors: Mapping[tuple[str, ...], float] = field(default_factory=dict)
    error_estimate: float | None = None
    warnings: tuple[str, ...] = ()
    structure: tuple[str, ...] = ()
    seconds: float = 0.0
    provenance: Mapping[str, Any] = field(default_factory=dict)
    later: Callable[[], Mapping[str, Any]] | None = field(default=None, repr=False, compare=False)

    def __getattribute__(self, name: str) -> Any:
        if name in _LATER:
            known = self.__dict__
            if known["later"] is not None:
                known.update({**known["later"](), "later": None})
        return object.__getattribute__(self, name)

    def __getstate__(self) -> dict[str, Any]:
        _ = self.gap  # what is stored is known
        return self.__dict__

    def __post_init__(self) -> None:
        known = self.error_estimate is not None and self.margin is not None
        if self.status is Status.CERTIFIED and not known:
            object.__setattr__(self, "status", Status.CONVERGED)

    def with_(self, **changes: Any) -> Report:
        """A copy with some fields changed."""
        if not _LATER.isdisjoint(changes) and "later" not in changes:
            _ = self.gap
        given = {name: self.__dict__[name] for name in self.__dataclass_fields__}
        return type(self)(**{**given, **changes})

    def lines(self) -> list[tuple[str, str]]:
        """``(what, value)`` rows in the order in which people read them."""
        rows = [("status", str(self.status)), ("engine", f"{self.engine} ({self.method})")]
        numbers = [
            ("residual", self.residual),
            ("error estimate", self.error_estimate),
            ("physicality margin", self.margin),
            ("relaxation gap", self.gap),
            ("gap without coherence", self.sector_gap if self.gap is None else None),
        ]
        rows += [(name, _number(value)) for name, value in numbers if value is not None]
        if self.unique is not None:
            slow = ", metastable" if self.metastable else ""
            rows.append(("steady state", f"{'unique' if self.unique else 'not unique'}{slow}"))
        rows += [(f"truncation: {name}", f"{v:.3g}") for name, v in self.truncation.items()]
        rows += [(f"error of {', '.join(part)}", f"{v:.3g}") for part, v in self.errors.items()]
        rows += [("structure", line) for line in self.structure]
        rows += [("warning", line) for line in self.warnings]
        rows.append(("time", f"{self.seconds:.3g} s"))
        return rows

    def __repr__(self) -> str:
        return f"Report({self.status}, {self.engine}: {self.method})"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON and storage."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        del plain["later"]
        plain["status"] = str(self.status)
        for name in ("truncation", "provenance"):
            plain[name] = dict(plain[name])
        if isinstance(self.gap, Estimate):
            plain["gap"] = {"value": self.gap.value, "error": self.gap.error}
        plain["errors"] = [[list(part), error] for part, error in self.errors.items()]
        for name in ("warnings", "structure"):
            plain[name] = list(plain[name])
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Report:
        """The inverse of `as_dict`."""
        values = dict(plain)
        values["status"] = Status(values["status"])
        if isinstance(values["gap"], Mapping):
            values["gap"] = Estimate(**values["gap"])
        values["errors"] = {tuple(part): error for part, error in values["errors"]}
        for name in ("warnings", "structure"):
            values[name] = tuple(values[name])
        return cls(**values)


def _number(value: float) -> str:
    return str(value) if isinstance(value, Estimate) else f"{value:.3g}"


@cache
def versions() -> dict[str, str]:
    """Versions of darkstate and of what its numbers depend on."""
    from importlib.metadata import version

    names = ("darkstate", "numpy", "scipy")
    return {"python": platform.python_version()} | {name: version(name) for name in names}
