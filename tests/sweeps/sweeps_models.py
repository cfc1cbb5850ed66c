"""Models and functions for the tests of sweeps: quick, slow, deadly, random."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from darkstate.checks import check_real

DEADLINE = 300.0


@dataclass(frozen=True)
class Part:
    z: float = 0.5
    kind: str = "plain"


@dataclass(frozen=True)
class Toy:
    x: float = 0.0
    y: float = 1.0
    count: int = 2
    sites: tuple[float, ...] = (1.0, 2.0, 3.0)
    part: Part = field(default_factory=Part)
    folder: str = ""
    pause: float = 0.0
    gate: int = 0

    def __post_init__(self) -> None:
        check_real("x", self.x, maximum=100.0, remedy="Give a smaller x.")


def number(model: Toy) -> float:
    """Some number in which every parameter counts, with all its digits."""
    return float(np.sin(model.x) * model.y + model.count * model.part.z + sum(model.sites))


def total(model: Toy, engine: object) -> dict[str, float]:
    del engine
    return {"sum": number(model)}


def noted(model: Toy, engine: object) -> dict[str, float]:
    """Leaves a line in a file for every time it is called, and takes its time."""
    with (Path(model.folder) / "calls.txt").open("a") as stream:
        stream.write(f"{model.x!r} {model.y!r}\n")
    time.sleep(model.pause)
    return total(model, engine)


def gated(model: Toy, engine: object) -> dict[str, float]:
    """Like `noted`, but from call number `gate` on nothing returns before there is a file `go`."""
    found = noted(model, engine)
    if len(calls(Path(model.folder))) >= model.gate:
        until((Path(model.folder) / "go").exists, "the file 'go'")
    return found


def interrupting(model: Toy, engine: object) -> dict[str, float]:
    """Like `noted`, but Ctrl-C comes in the middle of call number `gate`."""
    found = noted(model, engine)
    if len(calls(Path(model.folder))) == model.gate:
        os.kill(os.getpid(), signal.SIGINT)
    return found


CLOCK = [0.0]
"""Seconds that `ticking` has taken."""


def ticking(model: Toy, engine: object) -> dict[str, float]:
    """Takes a hundred seconds of the `CLOCK`, and no time."""
    CLOCK[0] += 100.0
    return total(model, engine)


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for an event; the deadline only ends tests that hang."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.01)


def calls(folder: Path) -> list[str]:
    place = folder / "calls.txt"
    return place.read_text().splitlines() if place.exists() else []


def deadly(model: Toy, engine: object) -> dict[str, float]:
    """Kills the process that computes x = 3; once, if there is a folder to note that in."""
    if model.x == 3.0:
        mark = Path(model.folder) / "killed"
        if not model.folder or not mark.exists():
            if model.folder:
                mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return total(model, engine)


def leaving(model: Toy, engine: object) -> dict[str, float]:
    """Ends the process that computes x = 3."""
    if model.x == 3.0:
        os._exit(3)
    return total(model, engine)


def hunted(model: Toy, engine: object) -> dict[str, float]:
    """Killed from outside whenever it computes x = 3, but for the fifth time."""
    found = noted(model, engine)
    if model.x == 3.0 and sum(line[:4] == "3.0 " for line in calls(Path(model.folder))) < 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return found


def stuck(model: Toy, engine: object) -> dict[str, float]:
    """Waits at x = 3 for what never comes."""
    if model.x == 3.0:
        threading.Event().wait()
    return total(model, engine)


def refusing(model: Toy, engine: object) -> dict[str, float]:
    """Fails where y is 0, unless the folder has a file `mended`."""
    mended = model.folder and (Path(model.folder) / "mended").exists()
    if not mended and model.y == 0:
        raise ZeroDivisionError("nothing to divide by")
    return total(model, engine)


def drawn(model: Toy, engine: object, seed: int) -> dict[str, float]:
    return {"draw": float(np.random.default_rng(seed).normal()) + total(model, engine)["sum"]}


def nothing(model: Toy, engine: object) -> dict[str, float]:
    return {"sum": float("nan"), "other": 1.0}


def no_mapping(model: Toy, engine: object) -> float:
    return number(model)
