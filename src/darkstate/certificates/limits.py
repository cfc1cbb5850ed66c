"""Up to where a state is certified: bisection over one parameter, each point stored when found.

The parameter runs from an end where the state should be certified to one where it should not; the
limit lies between the last certified point and the first one that is not. In between two points
nothing is asserted: bisection assumes that there is one such place, and finds one of several.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from darkstate.certificates.asking import certify
from darkstate.certificates.certificate import CERTIFIED, UNDECIDED
from darkstate.checks import check_callable, check_choice, check_real, check_text
from darkstate.errors import ArgumentError, DarkstateError
from darkstate.progress import Wanted, heard, report, share
from darkstate.results import Report, Result, Status
from darkstate.results.result import load_result
from darkstate.results.storage import save_result, storable

if TYPE_CHECKING:
    import xarray as xr

SPACINGS = ("linear", "log")


@storable
@dataclass(frozen=True, eq=False)
class CertifiedLimit:
    """What a bisection has found so far.

    Args:
        name: the parameter.
        unit: its unit; empty for a pure number.
        start: the end where the state should be certified.
        stop: the other end.
        values: where a state was certified, ascending.
        margins: its margins, NaN where there was no state.
        verdicts: its verdicts.
        certificate: of the last certified point; None without one.
    """

    name: str
    unit: str
    start: float
    stop: float
    values: NDArray[np.float64]
    margins: NDArray[np.float64]
    verdicts: tuple[str, ...]
    certificate: Any = None

    def _from_start(self) -> list[tuple[float, str]]:
        points = list(zip(self.values.tolist(), self.verdicts, strict=True))
        return points if self.start <= self.stop else points[::-1]

    @property
    def certified(self) -> float:
        """The last value, seen from `start`, up to which all points are certified; else NaN."""
        last = nan
        for value, verdict in self._from_start():
            if verdict != CERTIFIED:
                return last
            last = value
        return last

    @property
    def uncertified(self) -> float:
        """The first value that is not certified, seen from `start`; NaN if all are."""
        points = self._from_start()
        return next((value for value, verdict in points if verdict != CERTIFIED), nan)

    @property
    def sentence(self) -> str:
        """Up to where, in words."""
        unit = f" {self.unit}" if self.unit else ""
        if math.isnan(self.certified):
            return f"not certified at {self.name} = {self.start:g}{unit}"
        if math.isnan(self.uncertified):
            return f"certified from {self.name} = {self.start:g} to {self.stop:g}{unit}"
        return (
            f"certified up to {self.name} = {self.certified:.6g}{unit}, no more at "
            f"{self.uncertified:.6g}{unit}"
        )

    def table(self) -> xr.Dataset:
        """Margins and verdicts over the parameter."""
        import xarray as xr

        columns = {
            "margin": (self.name, self.margins, {"long_name": "certified margin"}),
            "verdict": (self.name, np.array(self.verdicts, dtype=str)),
        }
        coordinate = (self.name, self.values, {"units": self.unit, "long_name": self.name})
        return xr.Dataset(columns, coords={self.name: coordinate})

    def with_point(self, value: float, certificate: Any) -> CertifiedLimit:
        """The same with one point more; None stands for a state that could not be certified."""
        verdict = UNDECIDED if certificate is None else certificate.verdict
        margin = nan if certificate is None else certificate.margin
        at = int(np.searchsorted(self.values, value))
        grown = replace(
            self,
            values=np.insert(self.values, at, value),
            margins=np.insert(self.margins, at, margin),
            verdicts=(*self.verdicts[:at], verdict, *self.verdicts[at:]),
        )
        last = verdict == CERTIFIED and grown.certified == value
        return replace(grown, certificate=certificate) if last else grown


def _ends(start: float, stop: float, spacing: str) -> tuple[float, float]:
    """The two ends of a range, checked."""
    remedy = "Give the two ends of the range."
    above = 0.0 if spacing == "log" else None
    first, last = (check_real(key, value, remedy=remedy, above=above)
                   for key, value in (("start", start), ("stop", stop)))  # fmt: skip
    if first == last:
        raise ArgumentError("stop", "differ from start", stop, remedy)
    return first, last


def certified_limit(
    states: Callable[[float], Any],
    start: float,
    stop: float,
    tolerance: float = 0.01,
    *,
    spacing: str = "linear",
    name: str = "parameter",
    unit: str = "",
    store: str | Path | None = None,
    identity: Mapping[str, Any] | None = None,
    progress: Wanted = False,
    **options: Any,
) -> CertifiedLimit:
    """Bisect for the end of the certified range of a parameter.

    Args:
        states: ``states(value)``, a result or state; it may raise a `DarkstateError` where there is
            none, which counts as not certified.
        start: the end where the state should be certified.
        stop: the other end, above or below.
        tolerance: the limit is found to this fraction of the range.
        spacing: "linear", or "log" to halve ratios (both ends > 0).
        name: of the parameter.
        unit: of the parameter.
        store: folder where every point is stored as it is found; what is there is gone on with.
        identity: plain values that must be the same for points to be taken from the store.
        progress: True for a bar, or a function of (what, fraction) that is told before each point.
        options: further arguments of `certify`.

    Raises:
        ArgumentError: equal ends, a tolerance out of range, or a store of something else; and what
            `certify` finds wrong at `start`.
    """
    check_callable("states", states, "Give a function of one number that returns a result.")
    check_choice("spacing", spacing, SPACINGS)
    for key, text in (("name", name), ("unit", unit)):
        check_text(key, text, "Give text.")
    first, last = _ends(start, stop, spacing)
    remedy = "Give a fraction of the range, such as 0.01."
    fine = check_real("tolerance", tolerance, above=0.0, below=1.0, remedy=remedy)
    asked = {"identity": dict(identity or {}), "ends": [first, last], "name": name}
    empty = np.zeros(0)
    found = CertifiedLimit(name, unit, first, last, empty, empty, ())
    if store is not None and Path(store).exists():
        found = _stored(store, asked)
    scale, back = (math.log, math.exp) if spacing == "log" else (float, float)
    span, most = abs(scale(last) - scale(first)), math.ceil(math.log2(1 / fine)) + 2

    def visit(value: float, forgiving: bool) -> None:
        nonlocal found
        if value in found.values:
            return
        done = min(1.0, len(found.values) / most)
        report(f"{name} = {value:.6g}", done)
        try:
            with share(done, min(1.0, done + 1.0 / most)):
                certificate = certify(states(value), **options)
        except DarkstateError:
            if not forgiving:
                raise
            certificate = None
        found = found.with_point(value, certificate)
        if store is not None:
            _save(found, store, asked)

    with heard(progress):
        visit(first, False)
        if found.certified == first:
            visit(last, True)
        while not math.isnan(found.certified) and not math.isnan(found.uncertified):
            low, high = scale(found.certified), scale(found.uncertified)
            if abs(high - low) <= fine * span:
                break
            visit(back(0.5 * (low + high)), True)
    return found


def _stored(store: str | Path, asked: dict[str, Any]) -> CertifiedLimit:
    result = load_result(store)
    if not isinstance(result.state, CertifiedLimit) or dict(result.model) != asked:
        rule = "hold points of this model, parameter and range"
        raise ArgumentError("store", rule, str(store), "Name another store, or remove this one.")
    return result.state


def _save(found: CertifiedLimit, store: str | Path, asked: dict[str, Any]) -> None:
    report = Report("certify", "bisection", Status.CONVERGED)
    save_result(Result(found, report, model=asked), store, overwrite=True)
