"""Wrong and extreme arguments, one at a time, to everything public.

    python tests/attack/wrong_calls.py 6000 0      so many calls, drawn with this seed

Each call runs in a fork of its own. It is clean if it returns something or raises one of
darkstate's own errors; a fault is any other exception (a warning of NumPy's included, and not a
number under a good status), more than ten seconds of processor time, or more than two gigabytes.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from call_targets import Target, targets

from darkstate.errors import DarkstateError
from darkstate.results import Result, Status

SECONDS, BYTES = 10, 2 * 2**30

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


@dataclass
class Row:
    """A line of the table: how many were tried, clean and not, and what the faults were."""

    name: str
    fates: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    @property
    def tried(self) -> int:
        """Number of calls."""
        return sum(self.fates.values())

    @property
    def clean(self) -> int:
        """Calls that ended as they may."""
        return self.fates["clean"]

    @property
    def faults(self) -> int:
        """All others."""
        return self.tried - self.clean


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
    ]
    random.Random(seed).shuffle(found)
    return found[:count]


def run(count: int, seed: int) -> list[Row]:
    """The table: wrong objects, and extreme finite numbers."""
    rows = [Row("wrong objects in calls"), Row("extreme numbers in calls")]
    for case in cases(count, seed):
        fate, note = isolated(case)
        row = rows[case.extreme]
        row.fates[fate] += 1
        if fate != "clean":
            row.notes.append(f"{case}: {fate}: {note}")
    return rows


def isolated(case: Case) -> tuple[str, str]:
    """How a call ends in a fork of this process, in a folder of its own."""
    place = tempfile.mkdtemp(prefix="calls")
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        with contextlib.suppress(BaseException):
            os.write(writer, _inside(case, place).encode("utf-8", "replace")[:4000])
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        told = pipe.read().decode("utf-8", "replace")
    _, status = os.waitpid(child, 0)
    shutil.rmtree(place, ignore_errors=True)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        hang = number in (signal.SIGXCPU, signal.SIGKILL, signal.SIGALRM)
        return ("hang", "over ten seconds") if hang else ("died", signal.Signals(number).name)
    fate, _, note = told.partition("\n")
    return fate or "died", note


def _inside(case: Case, place: str) -> str:
    """Run the call, and say how it ended: the fate and a note."""
    os.chdir(place)
    silent = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(silent, number)
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (spent + SECONDS, spent + SECONDS + 2))
    signal.alarm(20 * SECONDS)  # for what waits for something that never comes
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = case.run()
            return _judged(found)
    except DarkstateError:
        return "clean\n"
    except BaseException as error:
        where = traceback.extract_tb(error.__traceback__)
        own = [each for each in where if "/darkstate/" in each.filename]
        last = own[-1] if own else where[-1]
        spot = f"{last.filename.rpartition('/darkstate/')[2]}:{last.lineno} in {last.name}"
        return f"{type(error).__name__}\n{str(error)[:150]!r} at {spot}"


def _judged(found: Any) -> str:
    """An answer of good status holds no number that is none."""
    if isinstance(found, Result) and found.report.status in (Status.CERTIFIED, Status.CONVERGED):
        state = found.state
        values = vars(state) if not dataclasses.is_dataclass(state) else {
            each.name: getattr(state, each.name, None) for each in dataclasses.fields(state)
        }  # fmt: skip
        for name, value in values.items():
            if isinstance(value, np.ndarray) and value.dtype.kind in "fc" and np.isnan(value).any():
                return f"nan\n`{name}` of a {found.report.status.value} state"
    return "clean\n"


def main() -> int:
    """Print the table, the faults by kind, and every fault."""
    count, seed = (int(text) for text in sys.argv[1:3])
    rows = run(count, seed)
    for row in rows:
        print(f"{row.name:30} tried {row.tried:6} clean {row.clean:6} faults {row.faults:6}")
    print(*(note for row in rows for note in row.notes), sep="\n")
    return int(any(row.faults for row in rows))


if __name__ == "__main__":
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MPLBACKEND="Agg")
    sys.exit(main())
