"""One case of an attack in a process of its own, with a limit of processor time and of memory.

Everything is imported once, and each case is a fork of that: a case costs milliseconds, and what it
breaks is gone with it. A case may end cleanly (an answer, or one of darkstate's own errors); all
else is a fault: another exception, more than ten seconds of processor time, more than two
gigabytes, a process that dies, or an answer that its `check` finds wrong.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import resource
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

SECONDS = 10
"""Processor time of a case."""

BYTES = 2 * 2**30
"""Resident memory of a case."""

ADDRESSES = 6 * 2**30
"""Where the operating system stops a case, so that the machine survives."""


PART = [0, 1]
"""Of so many parts of all cases (the second number) only this one is tried, counted from 0."""


class WrongError(Exception):
    """The case ended, but not as it may: a silent difference, something lost or deleted."""


@dataclass(frozen=True)
class Outcome:
    """How a case ended: ``clean``, or the kind of the fault; and what is known of it."""

    fate: str
    note: str = ""


@dataclass
class Table:
    """Rows of the final table: tried, clean, faults by kind; and the first few faults in words."""

    name: str
    fates: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def add(self, case: str, outcome: Outcome) -> None:
        """Count one case."""
        self.fates[outcome.fate] += 1
        if outcome.fate != "clean":
            self.notes.append(f"{case}: {outcome.fate}: {outcome.note}")

    @property
    def tried(self) -> int:
        """Number of cases."""
        return sum(self.fates.values())

    @property
    def faults(self) -> int:
        """Cases that were not clean."""
        return self.tried - self.fates["clean"]

    def row(self) -> str:
        """One line of the table."""
        kinds = ", ".join(f"{n} {kind}" for kind, n in self.fates.items() if kind != "clean")
        return f"{self.name:44s} {self.tried:6d} {self.fates['clean']:6d} {self.faults:6d}  {kinds}"


def isolated(case: Callable[[], object], seconds: int = SECONDS) -> Outcome:
    """Run a case in a fork of this process.

    Args:
        case: what is done; it raises if something is wrong.
        seconds: processor time that it may take.
    """
    receive, send = os.pipe()
    sys.stdout.flush()
    process = os.fork()
    if process == 0:
        os.close(receive)
        _be_the_child(case, seconds, send)
    os.close(send)
    with os.fdopen(receive, "rb") as pipe:
        said = pipe.read()
    _, status, used = os.wait4(process, 0)
    if used.ru_maxrss * 1024 > BYTES:
        return Outcome("memory", f"{used.ru_maxrss / 2**20:.1f} GiB")
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        hangs = number in (signal.SIGXCPU, signal.SIGALRM)
        return Outcome("hang" if hangs else "died", signal.Signals(number).name)
    return pickle.loads(said) if said else Outcome("died", f"exit code {status >> 8}")


def _be_the_child(case: Callable[[], object], seconds: int, pipe: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 2))
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(20 * seconds)  # it waits for something, and does not compute
    nowhere = os.open(os.devnull, os.O_RDWR)
    for handle in (0, 1, 2):
        os.dup2(nowhere, handle)
    found = _outcome(case)
    with contextlib.suppress(OSError):
        os.write(pipe, pickle.dumps(found))
    os._exit(0)


def _outcome(case: Callable[[], object]) -> Outcome:
    try:
        case()
    except WrongError as error:
        return Outcome("wrong", str(error)[:400])
    except BaseException as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(last.filename)}:{last.lineno}"
        return Outcome("exception", f"{type(error).__name__} at {where}: {error}"[:400])
    return Outcome("clean")


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


def command(arguments: Sequence[str]) -> Said:
    """Run ``darkstate <arguments>`` in this process.

    Raises:
        WrongError: an exit code that is none of ours, a traceback, or a raw escape sequence.
    """
    from darkstate.cli import app

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            app(list(arguments), prog_name="darkstate")
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    said = Said(code, out.getvalue(), err.getvalue())
    if code not in (0, 1, 2):
        raise WrongError(f"exit code {code}")
    if "Traceback" in said.err or "\x1b" in said.out + said.err:
        raise WrongError(f"printed {(said.err or said.out)[-300:]!r}")
    if code == 2 and not said.err.strip():
        raise WrongError("exit code 2 without a message")
    return said


def attack(
    name: str, cases: Iterable[tuple[str, Callable[[], object]]], seconds: int = SECONDS
) -> Table:
    """The cases of a kind, one after the other; the table of how they ended."""
    table = Table(name)
    for words, case in islice(cases, PART[0], None, PART[1]):
        outcome = isolated(case, seconds)
        table.add(words, outcome)
        if os.environ.get("ATTACK_VERBOSE"):
            print(f"{words[:100]}: {outcome.fate} {outcome.note}", flush=True)
    return table
