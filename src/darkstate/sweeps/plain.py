"""What was asked, as text: the content by which a point is known.

`plain` turns models, engines and their parameters into plain values, ``{"kind": "CavityChains",
"loss": 0.1, ...}`` with every default. `code_version` names the code
that computes: the release, and a digest of the modules below this one.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import inspect
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from darkstate.errors import ArgumentError
from darkstate.systems.operators import OperatorSum
from darkstate.systems.written import written_operator

COMPUTING = (
    "conventions.py", "errors.py", "linalg", "systems", "states", "measures", "results",
    "engines", "repeaters", "frontdoor", "models",
)  # fmt: skip
"""Parts of the package on which a computed number depends."""


def plain(value: Any, name: str = "model") -> Any:
    """A value as numbers, strings, lists and dictionaries.

    Raises:
        ArgumentError: it is none of these, no dataclass and no named function.
    """
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, complex):
        value = {"real": value.real, "imaginary": value.imag}
    if isinstance(value, OperatorSum):
        value = written_operator(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value.value if isinstance(value, enum.Enum) else value
    if isinstance(value, list | tuple):
        return [plain(entry, f"{name}[{k}]") for k, entry in enumerate(value)]
    if isinstance(value, Mapping):
        return {str(key): plain(entry, f"{name}.{key}") for key, entry in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return kind_of(type(value)) | {
            field.name: plain(getattr(value, field.name), f"{name}.{field.name}")
            for field in dataclasses.fields(value)
            if field.init
        }
    if callable(value) and hasattr(value, "__qualname__"):
        return named_code(value, name)
    remedy = "Use a dataclass of numbers, strings and lists, as the ready models are."
    raise ArgumentError(name, "be known by its content", value, remedy)


def kind_of(kind: type) -> dict[str, Any]:
    """Name of a class; with its code where it is not darkstate's own, whose version is known."""
    if kind.__module__.partition(".")[0] == "darkstate":
        return {"kind": kind.__name__}
    return {"kind": kind.__name__, "code": named_code(kind, kind.__name__)}


def named_code(thing: Callable[..., Any], name: str) -> dict[str, str]:
    """Where a function or class is defined, and a digest of its source.

    Raises:
        ArgumentError: it is a lambda or defined in another function: nobody could find it again.
    """
    if "<" in thing.__qualname__:
        remedy = "Define it at the top of a module, so that workers can import it."
        raise ArgumentError(name, "have a name of its own", thing.__qualname__, remedy)
    where = f"{thing.__module__}.{thing.__qualname__}"
    if thing.__module__.partition(".")[0] == "darkstate":
        return {"function": where}
    try:
        source = inspect.getsource(thing)
    except (OSError, TypeError):  # typed in at a prompt
        source = ""
    return {"function": where, "source": hashlib.sha256(source.encode()).hexdigest()}


@lru_cache(maxsize=1)
def code_version() -> dict[str, str]:
    """The release of darkstate, and a digest of the source of all that computes."""
    package = Path(__file__).parents[1]
    found = hashlib.sha256()
    for part in COMPUTING:
        place = package / part
        for file in [place] if place.is_file() else sorted(place.rglob("*.py")):
            found.update(file.relative_to(package).as_posix().encode() + b"\0")
            found.update(file.read_bytes() + b"\0")
    return {"darkstate": version("darkstate"), "source": found.hexdigest()[:16]}
