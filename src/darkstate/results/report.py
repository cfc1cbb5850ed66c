"""Report: what is known about a number, and how well.

Each result carries a report with a `Status`:

* ``certified``: residual, uniqueness, physicality and truncation were all checked and hold;
* ``converged``: the method met its own tolerance, but not every check could be made;
* ``suspect``: a check failed or an error estimate exceeds the tolerance: do not trust blindly;
* ``failed``: there is no usable state.
"""

from __future__ import annotations

import enum
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any


class Status(enum.StrEnum):
    """How far a result can be trusted; members are the words users read."""

    CERTIFIED = "certified"
    CONVERGED = "converged"
    SUSPECT = "suspect"
    FAILED = "failed"


@dataclass(frozen=True)
class Report:
    """Everything that was checked about one result.

    Args:
        engine: name of the engine.
        method: which of its methods ran.
        status: how far to trust it.
        residual: relative residual of the steady-state equation (None: not applicable).
        margin: smallest eigenvalue of the state (or of ``sigma + i Omega/2``); >= 0 up to rounding.
        gap: slowest relaxation rate of the second moments or of the state; None where not computed.
        unique: whether the steady state was shown to be the only one; None where not tested.
        truncation: named truncation errors, for example ``{"window tail": 1e-30}``.
        error_estimate: estimated absolute error of the second moments (or of the state).
        warnings: sentences for the user.
        structure: what structure was found and used, one line each.
        seconds: wall time of the solve.
        provenance: versions, options, seeds.
    """

    engine: str
    method: str
    status: Status
    residual: float | None = None
    margin: float | None = None
    gap: float | None = None
    unique: bool | None = None
    truncation: Mapping[str, float] = field(default_factory=dict)
    error_estimate: float | None = None
    warnings: tuple[str, ...] = ()
    structure: tuple[str, ...] = ()
    seconds: float = 0.0
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def with_(self, **changes: Any) -> Report:
        """A copy with some fields changed."""
        return replace(self, **changes)

    def lines(self) -> list[tuple[str, str]]:
        """``(what, value)`` rows in the order in which people read them."""
        rows = [("status", str(self.status)), ("engine", f"{self.engine} ({self.method})")]
        numbers = [
            ("residual", self.residual),
            ("error estimate", self.error_estimate),
            ("physicality margin", self.margin),
            ("relaxation gap", self.gap),
        ]
        rows += [(name, f"{value:.3g}") for name, value in numbers if value is not None]
        if self.unique is not None:
            rows.append(("steady state", "unique" if self.unique else "not unique"))
        rows += [(f"truncation: {name}", f"{v:.3g}") for name, v in self.truncation.items()]
        rows += [("structure", line) for line in self.structure]
        rows += [("warning", line) for line in self.warnings]
        rows.append(("time", f"{self.seconds:.3g} s"))
        return rows

    def __str__(self) -> str:
        return "\n".join(f"{name + ':':22}{value}" for name, value in self.lines())

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON and storage."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        plain["status"] = str(self.status)
        for name in ("truncation", "provenance"):
            plain[name] = dict(plain[name])
        for name in ("warnings", "structure"):
            plain[name] = list(plain[name])
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Report:
        """The inverse of `as_dict`."""
        values = dict(plain)
        values["status"] = Status(values["status"])
        for name in ("warnings", "structure"):
            values[name] = tuple(values[name])
        return cls(**values)


@cache
def versions() -> dict[str, str]:
    """Versions of darkstate and of what its numbers depend on."""
    from importlib.metadata import version

    names = ("darkstate", "numpy", "scipy")
    return {"python": platform.python_version()} | {name: version(name) for name in names}
