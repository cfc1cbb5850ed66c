"""Models and functions for the tests of sweeps: quick, slow, deadly, random."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from darkstate.errors import check_real


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


def refusing(model: Toy, engine: object) -> dict[str, float]:
    """Fails where y is 0, unless the folder has a file `mended`."""
    mended = model.folder and (Path(model.folder) / "mended").exists()
    if not mended and model.y == 0:
        raise ZeroDivisionError("nothing to divide by")
    return total(model, engine)


def drawn(model: Toy, engine: object, seed: int) -> dict[str, float]:
    return {"draw": float(np.random.default_rng(seed).normal()) + total(model, engine)["sum"]}
