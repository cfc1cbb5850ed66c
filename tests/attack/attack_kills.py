"""Commands that are killed while they write: all is old, or all is new, and the next one tidies up.

The process kills itself at a chosen one of its own events on files (opened for writing, renamed,
removed, made, written), counted by Python's audit events: every moment can be reached, and a case
can be repeated.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from attack_child import Table, WrongError, attack, command, isolated

SCENARIO = """
name: killed
model: {{kind: CavityChains, sites: 2, loss: {loss}}}
measures: [log_negativity, purity]
pictures: [curve]
"""
SWEEP = """
name: killed
model: {kind: CavityChains, sites: 1}
sweep: {axes: [{name: loss, values: [0.1, 0.2, 0.3, 0.4]}], outputs: [purity]}
"""
FOREIGN = ("notes.txt", "mine/journal.log")
"""Files of the user's in every folder that is written to."""

Steps = tuple[list[str], list[str]]
"""The command that makes the old state, and the one that is killed."""


def steps(kind: str, folder: Path) -> Steps:
    """Commands that write to ``folder/out``."""
    out = str(folder / "out")
    for number, loss in ((1, 0.1), (2, 0.2)):
        (folder / f"run{number}.yaml").write_text(SCENARIO.format(loss=loss))
    (folder / "sweep.yaml").write_text(SWEEP)
    if kind == "run":
        first, second = (["run", str(folder / f"run{k}.yaml"), "--out", out] for k in (1, 2))
        return first, [*second, "--overwrite"]
    if kind == "papers run":
        first, second = (
            ["papers", "run", "drivenmodes", "--fast", "--out", out, "-f", f] for f in ("1c", "1d")
        )
        return first, [*second, "--overwrite"]
    if kind == "sweep":
        return ["sweep", str(folder / "sweep.yaml"), "--out", out], [
            "sweep",
            str(folder / "sweep.yaml"),
            "--out",
            out,
        ]
    name = out + (".csv" if kind.endswith("csv") else ".zarr")
    simulate = ["experiment", "simulate", name, "--shots", "12", "--bins", "4"]
    return [*simulate, "--seed", "1"], [*simulate, "--seed", "2", "--overwrite"]


def content(kind: str, folder: Path) -> Any:
    """All that a reader sees of the output, as text; None where there is nothing."""
    from attack_flips import plain

    import darkstate as ds
    from darkstate.errors import DarkstateError
    from darkstate.experiments import read_records

    if kind.startswith("experiment"):
        place = folder / ("out.csv" if kind.endswith("csv") else "out.zarr")
        if not place.exists():
            return None
        records = read_records(place)
        return plain((records.setup, records.currents))
    out = folder / "out"
    if not out.exists() or {path.name for path in out.iterdir()} <= {"notes.txt", "mine"}:
        return None
    if kind == "sweep":
        try:
            return plain(ds.open_sweep(out).table().drop_attrs())
        except DarkstateError:
            return None  # killed before there was a plan
    texts = {
        path.relative_to(out).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(out.rglob("*"))
        if path.suffix in (".json", ".csv") and "zarr" not in path.as_posix()
    }
    if kind == "run":
        return (
            sorted(texts),
            _timeless(texts["report.json"]),
            texts["pairs.csv"],
            plain(ds.load_result(out / "result.zarr").state),
        )
    return sorted(path.name for path in out.iterdir()), json.loads(texts["claims.json"])


def _timeless(text: str) -> Any:
    """A report without what differs from run to run."""
    document = json.loads(text)
    document["report"].pop("timings", None)
    return {key: document[key] for key in ("model", "whole", "tables")}


class Death:
    """Counts what this process does to files in a folder, and kills it at one of these events."""

    def __init__(self, folder: Path, at: int | None):
        self._folder, self._at, self.count = str(folder), at, 0
        self._write = os.write
        os.write = self._writing  # not among the audit events
        sys.addaudithook(self._heard)

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            flags = arguments[2] if isinstance(arguments[2], int) else 0
            if not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                return
        elif event not in ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"):
            return
        if any(self._folder in str(argument) for argument in arguments[:2]):
            self._next()

    def _writing(self, handle: int, data: Any) -> int:
        if handle > 2:
            self._next()
        return self._write(handle, data)

    def _next(self) -> None:
        self.count += 1
        if self.count == self._at:
            os.kill(os.getpid(), signal.SIGKILL)


def _prepared(kind: str, folder: Path) -> Steps:
    """The old state in a folder, with files of the user's beside and inside of it."""
    first, second = steps(kind, folder)
    if kind != "sweep" and command(first).code == 2:
        raise WrongError(f"{' '.join(first[:2])} was refused")
    for name in FOREIGN:
        for place in (folder, folder / "out"):
            if place.is_dir():
                (place / name).parent.mkdir(parents=True, exist_ok=True)
                (place / name).write_text("mine")
    return first, second


def case(kind: str, source: Path, at: int) -> Callable[[], None]:
    """Kill the second command at its event number `at`; look; run it again; look again."""

    def run() -> None:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "f"
            shutil.copytree(source, folder)
            old, mine = content(kind, folder), _foreign(folder)
            arguments = steps(kind, folder)[1]

            def killed() -> None:
                Death(folder, at)
                command(arguments)

            isolated(killed, seconds=60)
            found = content(kind, folder)
            again = command(arguments)
            new = content(kind, folder)
            if again.code == 2:
                raise WrongError(f"event {at}: the next run is refused: {again.err[-200:]}")
            if kind != "sweep" and found not in (old, new):
                raise WrongError(
                    f"event {at}: {'absent' if found is None else 'neither old nor new'}"
                )
            if new == old and kind != "sweep":
                raise WrongError("the second command changed nothing")
            _check_tidy(folder, mine)

    return run


def _foreign(folder: Path) -> set[Path]:
    """The user's files in a folder and in its output."""
    return {
        path
        for name in FOREIGN
        for place in (folder, folder / "out")
        if (path := place / name).exists()
    }


def _check_tidy(folder: Path, mine: set[Path]) -> None:
    """No leftovers, and all of the user's files are there."""
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*")]
    left = [
        name
        for name in names
        if name.rpartition("/")[2].startswith(".") or name.endswith((".part", ".partial"))
    ]
    if left:
        raise WrongError(f"leftovers: {left[:3]}")
    for path in mine:
        if not path.exists() or path.read_text() != "mine":
            raise WrongError(f"the user's {path.relative_to(folder)} is gone or changed")


def _events(kind: str, source: Path) -> int:
    """How many events the second command has."""
    with tempfile.TemporaryDirectory() as place:
        folder, count = Path(place) / "f", Path(place) / "count"
        shutil.copytree(source, folder)

        def counted() -> None:
            death = Death(folder, None)
            command(steps(kind, folder)[1])
            count.write_text(str(death.count))

        made = isolated(counted, seconds=100)
        if made.fate != "clean":
            raise RuntimeError(f"{kind}: {made}")
        return int(count.read_text())


def _cases(kind: str, count: int, source: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    events = _events(kind, source)
    for k in range(min(count, events)):
        at = 1 + round(k * (events - 1) / max(1, min(count, events) - 1))
        yield f"{kind}, event {at} of {events}", case(kind, source, at)


KINDS = ("run", "papers run", "sweep", "experiment csv", "experiment zarr")


def tables(count: int, seed: int) -> list[Table]:
    """`count` kills of every kind of command, spread over all its events."""
    found = []
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as place:
            source = Path(place) / "f"
            source.mkdir()
            made = isolated(lambda kind=kind, source=source: _prepared(kind, source), seconds=100)
            if made.fate != "clean":
                raise RuntimeError(f"{kind} cannot be made: {made}")
            found.append(attack(f"killed: {kind}", _cases(kind, count, source), seconds=100))
    return found
