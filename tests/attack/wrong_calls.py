"""Wrong and extreme arguments, one at a time, to everything public.

A call is clean if it returns something or raises one of darkstate's own errors; a fault is any
other exception (a warning of NumPy's included), not a number under a good status, and what is a
fault of every attack.
"""

from __future__ import annotations

import math
import os
import random
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from attack_child import Table, WrongError, attack
from call_targets import Target, targets

from darkstate.errors import DarkstateError
from darkstate.results import Result, Status

WRONG: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "'x'": lambda: "x",
    "''": lambda: "",
    "object()": object,
    "[]": list,
    "{}": dict,
    "()": tuple,
    "nan": lambda: math.nan,
    "inf": lambda: math.inf,
    "-1": lambda: -1,
    "0": lambda: 0,
    "1.5": lambda: 1.5,
    "True": lambda: True,
    "1j": lambda: 1j,
    "b'x'": lambda: b"x",
    "10**400": lambda: 10**400,
    "10**5000": lambda: 10**5000,
    "10**9": lambda: 10**9,
    "np.float64(0.5)": lambda: np.float64(0.5),
    "np.int64(2)": lambda: np.int64(2),
    "np.bool_(True)": lambda: np.bool_(True),
    "empty array": lambda: np.empty(0),
    "matrix of floats": lambda: np.ones((3, 3)),
    "array of objects": lambda: np.array([None, "x"], dtype=object),
    "array of text": lambda: np.array(["a", "b"]),
    "array of nan": lambda: np.full(2, np.nan),
    "complex array": lambda: np.full((2, 2), 1j),
    "nested lists": lambda: [[1], [1, 2]],
    "list of None": lambda: [None, None],
    "set": lambda: {1, 2},
    "mapping of None": lambda: {None: None},
    "path with NUL": lambda: "a\0b",
    "a folder": lambda: ".",
    "no such folder": lambda: "/no/such/folder/file",
    "a long name": lambda: "x" * 5000,
    "generator": lambda: (x for x in [1]),
    "lambda": lambda: lambda *_: 1 / 0,
    "class": lambda: int,
    "module": lambda: math,
    "range": lambda: range(3),
}

EXTREME: dict[str, Callable[[], Any]] = {
    text: lambda value=value: value
    for text, value in (
        ("1e308", 1e308), ("-1e308", -1e308), ("1e200", 1e200), ("1e155", 1e155), ("1e100", 1e100),
        ("1e17", 1e17), ("1e-17", 1e-17), ("1e-100", 1e-100), ("1e-155", 1e-155),
        ("1e-200", 1e-200), ("1e-308", 1e-308), ("5e-324", 5e-324),
    )
}  # fmt: skip

CALLED = {"draw", "progress"}
"""Arguments that are called back: there a callable is no wrong object, and what it raises passes
through as it is."""


@dataclass(frozen=True)
class Case:
    """One argument of one call, replaced."""

    target: Target
    parameter: str
    value: str
    extreme: bool

    def __str__(self) -> str:
        return f"{self.target.name}: {self.parameter}={self.value}"

    def run(self) -> Any:
        """The call."""
        make = (EXTREME if self.extreme else WRONG)[self.value]
        return self.target.call(**(self.target.valid | {self.parameter: make()}))


def cases(count: int, seed: int) -> list[Case]:
    """So many of all cases, drawn without repetition; all of them where there are fewer."""
    found = [
        Case(target, parameter, value, extreme)
        for target in targets()
        for parameter in target.varied
        for extreme, values in ((False, WRONG), (True, EXTREME))
        for value in values
        if not (parameter in CALLED and value in ("lambda", "class"))
    ]
    random.Random(seed).shuffle(found)
    return found[:count]


def tables(count: int, seed: int) -> list[Table]:
    """Wrong objects, and extreme finite numbers."""
    drawn = cases(count, seed)
    return [
        attack(name, ((str(case), partial(_tried, case)) for case in drawn if case.extreme == kind))
        for name, kind in (("wrong objects in calls", False), ("extreme numbers in calls", True))
    ]


def _tried(case: Case) -> None:
    """The call, in a folder of its own; every warning is an error."""
    with tempfile.TemporaryDirectory() as place, warnings.catch_warnings():
        os.chdir(place)
        warnings.simplefilter("error")
        try:
            found = case.run()
        except DarkstateError:
            return
        _check(found)


def _check(found: Any) -> None:
    """An answer of good status holds no number that is none."""
    if isinstance(found, Result) and found.report.status in (Status.CERTIFIED, Status.CONVERGED):
        for name, value in vars(found.state).items():
            if isinstance(value, np.ndarray) and value.dtype.kind in "fc" and np.isnan(value).any():
                raise WrongError(f"NaN in `{name}` of a state that is {found.report.status.value}")
