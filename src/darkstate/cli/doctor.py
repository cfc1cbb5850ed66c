"""``darkstate doctor``: what this installation has, what is missing, and how to get it."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from darkstate.cli.failures import DOUBTFUL, report_errors
from darkstate.cli.json_output import AsJson, print_json

if TYPE_CHECKING:
    from rich.console import Console

TOLERANCE = 1e-12
"""The closed form is met to rounding, on every processor."""

_MARKS = {True: "[green]yes[/]", False: "[yellow]no[/]"}


@dataclass(frozen=True)
class PartFound:
    """A part of the installation.

    Attributes:
        packages: version of each package that it needs, "" where it is not installed.
        ready: whether all are there and new enough.
        install: the command that installs what it needs.
    """

    packages: dict[str, str]
    ready: bool
    install: str


def doctor(as_json: AsJson = False) -> None:
    """Print versions, cores, memory, BLAS and optional parts, and solve a small network.

    Exit code: 0 if what is always needed is there and the network is solved rightly, else 1.
    """
    found = {name: _part(name) for name in _names()}
    needed = found.pop("")
    machine, off = _place(), None
    if needed.ready:  # all else needs these packages
        with report_errors(as_json):
            machine, off = machine | _machine(), _check()
    healthy = off is not None and off < TOLERANCE
    if as_json:
        parts = {name: asdict(part) for name, part in found.items()}
        document = {"healthy": healthy, "off": off, "needed": asdict(needed), "parts": parts}
        print_json(machine | document)
    else:
        from darkstate.cli.screen import output

        _show(machine, needed, found, off, output())
    if not healthy:
        raise typer.Exit(DOUBTFUL)


def _names() -> list[str]:
    from darkstate.extras import parts

    return list(parts())


def _part(name: str) -> PartFound:
    from darkstate.extras import installed, is_met, parts, pip_line

    needs = parts()[name]
    packages = {each.name: installed(each) for each in needs}
    return PartFound(packages, all(map(is_met, needs)), pip_line(needs) if needs else "")


def _place() -> dict[str, Any]:
    """Which Python this is, as plain values."""
    return {
        "place": str(Path(__file__).parents[1]),
        "python": platform.python_version(),
        "executable": sys.executable,
        "system": f"{platform.system()} {platform.machine()}",
    }


def _machine() -> dict[str, Any]:
    """What it may use, as plain values."""
    from threadpoolctl import threadpool_info

    from darkstate.memory import available_memory

    import numpy  # noqa: F401  isort: skip
    import scipy.linalg  # noqa: F401  isort: skip

    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    libraries = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return {
        "cores": usable,
        "memory_available_bytes": available_memory(),
        "blas": [
            {name: pool.get(name) for name in ("version", "architecture", "num_threads")}
            | {"name": pool["internal_api"], "of": _owner(pool["filepath"])}
            for pool in libraries
        ],
    }


def _owner(file: str) -> str:
    """The package that brought a library along: ``numpy`` for ``.../numpy.libs/...``."""
    folders = [part.removesuffix(".libs") for part in Path(file).parts if part.endswith(".libs")]
    return folders[-1] if folders else "system"


def _check() -> float:
    """By how much a small network misses its closed form, in ebits."""
    from darkstate.frontdoor import steady_state
    from darkstate.measures import log_negativity
    from darkstate.models import CavityChains

    model = CavityChains(sites=3)
    state = steady_state(model).state
    return max(abs(log_negativity(state, *truth.groups) - truth.value) for truth in model.truths())


def _show(
    machine: dict[str, Any],
    needed: PartFound,
    parts: dict[str, PartFound],
    off: float | None,
    console: Console,
) -> None:
    from importlib.metadata import version

    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)

    def row(name: str, text: str, style: str = "") -> None:
        grid.add_row(name, Text(text, style=style, overflow="fold"))

    row("darkstate", f"{version('darkstate')}, in {machine['place']}")
    row("Python", f"{machine['python']}, {machine['executable']}")
    if "cores" in machine:
        from darkstate.memory import bytes_text

        memory = bytes_text(machine["memory_available_bytes"])
        row("machine", f"{machine['system']}, {machine['cores']} cores, {memory} of memory free")
    for pool in machine.get("blas", ()):
        kind = f"{pool['name']} {pool['version']} for {pool['architecture']}"
        row("BLAS", f"{pool['of']}: {kind}, {pool['num_threads']} of its threads")
    row("packages", ", ".join(f"{k} {v or 'missing'}" for k, v in needed.packages.items()))
    if not needed.ready:
        row("", f"missing or too old: {needed.install}", "bold red")
    elif off is not None:
        good = off < TOLERANCE
        verdict = "three pairs of cavities, off the closed form by"
        row("check", f"{verdict} {off:.1e} ebit", "green" if good else "bold red")
    console.print(grid)
    console.print("\noptional parts", style="bold")
    for name, part in parts.items():
        there = ", ".join(f"{k} {v or 'missing'}" for k, v in part.packages.items())
        console.print(f"  {name:<9} {_MARKS[part.ready]:<20} {there}")
        if not part.ready:
            console.print(f"            {part.install}", markup=False, soft_wrap=True)
