"""Files in which a bit or a digit is another one, or a part is gone: found, or healed, or the same.

A damaged file may be refused by name, or may not matter; it may never be read as something else.
A damaged sweep is healed by its next run, to the same table, or refused.
"""

from __future__ import annotations

import dataclasses
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from attack_child import Table, WrongError, attack, isolated

KINDS = ("result", "evolution", "records.zarr", "records.csv", "sweep")


def plain(value: Any) -> Any:
    """A value as nested tuples of plain values and bytes, which can be compared."""
    if isinstance(value, np.ndarray):
        return (value.dtype.str, value.shape, value.tobytes())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return (type(value).__name__, *(plain(getattr(value, name)) for name in names))
    if isinstance(value, dict):
        return tuple((key, plain(entry)) for key, entry in value.items())
    if isinstance(value, list | tuple):
        return tuple(plain(entry) for entry in value)
    if hasattr(value, "to_dict") and hasattr(value, "data_vars"):
        return plain(value.to_dict(encoding=False))
    return repr(value)


def sweep_of_two() -> Any:
    """A sweep of six quick points."""
    import darkstate as ds

    axes = (ds.sweeps.grid("loss", [0.0, 0.1, 0.2]), ds.sweeps.grid("drive.nbar", [0.5, 1.0]))
    outputs = ("log_negativity(A1:B1)", "purity")
    return ds.Sweep(ds.models.CavityChains(1), axes, outputs, name="of two")


def make(kind: str, place: Path) -> None:
    """Write an undamaged file or folder."""
    import darkstate as ds
    from darkstate.experiments import VirtualExperiment, write_records

    if kind == "result":
        ds.steady_state(ds.models.DualRail(pairs=1, squeezing=0.7)).save(place)
    elif kind == "evolution":
        measures = {"E": lambda state: ds.log_negativity(state, "A1", "B1")}
        ds.evolve(ds.models.CavityChains(2), [0.0, 1.0, 2.0], measures=measures).save(place)
    elif kind == "sweep":
        ds.sweep(sweep_of_two(), place)
    else:
        write_records(VirtualExperiment(shots=12, bins=4, waits=(20.0,)).run(4), place)


def read(kind: str, place: Path) -> Any:
    """What a reader of the file sees, as plain values."""
    import darkstate as ds
    from darkstate.experiments import read_records

    if kind == "sweep":
        return plain(ds.open_sweep(place).table())
    if kind.startswith("records"):
        records = read_records(place)
        return plain((records.setup, records.currents))
    found = ds.load_result(place)
    return plain((found.state, found.report.as_dict(), found.model)) + plain([found.table])


def damage(place: Path, draw: random.Random) -> str:
    """Damage one file of a folder, or the file itself; returns what was done."""
    files = (
        [place] if place.is_file() else sorted(file for file in place.rglob("*") if file.is_file())
    )
    file = draw.choice(files)
    data = bytearray(file.read_bytes())
    digits = [k for k, byte in enumerate(data) if 48 <= byte <= 57]
    kind = draw.choice(("bit", "bit", "digit", "digit", "cut", "gone", "zeros"))
    if kind == "gone" and file != place:
        file.unlink()
    elif kind == "digit" and digits:
        k = draw.choice(digits)
        data[k] = draw.choice([digit for digit in range(48, 58) if digit != data[k]])
    elif kind == "cut":
        data = data[: draw.randrange(len(data))] if data else data
    elif kind == "zeros" and data:
        k = draw.randrange(len(data))
        data[k : k + 16] = bytes(len(data[k : k + 16]))
    elif data:
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    if file.exists():
        file.write_bytes(data)
    return f"{kind} of {file.relative_to(place.parent)}"


def case(kind: str, source: Path, seed: str) -> Callable[[], None]:
    """Damage a copy, read it, and, if it is a sweep, run it again."""

    def run() -> None:
        from darkstate.errors import DarkstateError

        expected = read(kind, source)
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / source.name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, place)
            done = damage(place, random.Random(seed))
            try:
                found = read(kind, place)
            except DarkstateError:
                found = None
            if kind == "sweep":
                _check_sweep(place, source, found, done)
            elif found is not None and found != expected:
                raise WrongError(f"{done}: read as something else")

    return run


def _check_sweep(place: Path, source: Path, found: Any, done: str) -> None:
    """What is read is right where it is not pending; and the next run heals it, or refuses."""
    import xarray as xr

    import darkstate as ds
    from darkstate.errors import DarkstateError

    right = ds.open_sweep(source).table()
    if found is not None:
        table = ds.open_sweep(place).table()
        stored = table["status"] != "pending"
        for name in right.data_vars:
            same = table[name].where(stored).equals(right[name].where(stored))
            if not same or table.sizes != right.sizes:
                raise WrongError(f"{done}: '{name}' is read as something else")
        if not table.coords.to_dataset().equals(right.coords.to_dataset()):
            raise WrongError(f"{done}: the coordinates are others")
    try:
        healed = ds.sweep(sweep_of_two(), place)
    except DarkstateError:
        return
    arrays = xr.open_zarr(place, group="table", consolidated=False).load()
    for name in ("log_negativity_A1_B1", "purity", "status"):
        for table in (healed.table(), arrays):
            names = [column for column in table.data_vars if str(column).startswith(name[:6])]
            if not names or not (table[names[0]].values == right[names[0]].values).all():
                raise WrongError(f"{done}: '{name}' is another one after the next run")


def _cases(
    kind: str, count: int, seed: int, source: Path
) -> Iterator[tuple[str, Callable[[], None]]]:
    for k in range(count):
        yield f"{kind} {k}", case(kind, source, f"{seed} {kind} {k}")


def tables(count: int, seed: int) -> list[Table]:
    """`count` damages of every kind of file."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            source = Path(folder) / (kind if kind.startswith("records") else f"{kind}.zarr")
            made = isolated(lambda kind=kind, source=source: make(kind, source), seconds=60)
            if made.fate != "clean":
                raise RuntimeError(f"{kind} cannot be made: {made.note}")
            found.append(attack(f"damaged files: {kind}", _cases(kind, count, seed, source)))
    return found
