"""A commented scenario for a model: every parameter with its meaning, unit, range and default.

Everything in it comes from the dataclass of the model: what a parameter means is its line under
``Args:``, its default and unit are those of the field, and the values that are not left at their
default are the model's `example`. ``#key: value``, without a space, is a key that may be switched
on; in the model it shows the default, and changes nothing.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import wrap
from typing import Any, get_args, get_type_hints

from darkstate.checks import check_flag
from darkstate.errors import ArgumentError, nearest
from darkstate.results.files import as_path, system_errors, write_whole
from darkstate.scenarios.schema import documentation

WIDTH = 96


def model_named(name: str) -> type:
    """The ready model of this name.

    Raises:
        ArgumentError: there is none.
    """
    from darkstate.models import MODELS

    known = {model.__name__: model for model in MODELS}
    if name not in known:
        raise ArgumentError("model", "be a ready model", name, nearest(name, known))
    return known[name]


def file_name(model: type) -> str:
    """``cavity_chains.yaml`` for `CavityChains`."""
    return f"{_words(model.__name__, '_')}.yaml"


def write_template(model: type, file: str | Path, overwrite: bool = False) -> Path:
    """Write the commented scenario of a model.

    Args:
        model: one of `darkstate.models.MODELS`.
        file: to be written, whole or not at all.
        overwrite: whether a file that is there may be replaced.

    Raises:
        ArgumentError: a file is there and not given up, or it cannot be written.
    """
    place = as_path(file, "file")
    check_flag("overwrite", overwrite)
    if place.suffix not in (".yaml", ".yml"):
        raise ArgumentError("file", "end in .yaml", str(file), f"Write {place.stem}.yaml.")
    with system_errors("file", place):
        if os.path.lexists(place) and (place.is_dir() or not overwrite):
            remedy = "Choose another name, or replace it: overwrite=True (--overwrite)."
            raise ArgumentError("file", "be new", str(file), remedy)
        place.parent.mkdir(parents=True, exist_ok=True)
    write_whole(place, template(model, place.name).encode(), "file")
    return place


def template(model: type, file: str = "") -> str:
    """The text of a scenario of a model, in YAML.

    Args:
        model: one of `darkstate.models.MODELS`.
        file: its name, for the commands that are told in it.
    """
    file = file or file_name(model)
    about = (model.__doc__ or "").partition("Args:")[0].rstrip().splitlines()
    return "\n".join(
        [
            *(f"# {line.strip()}".rstrip() for line in _plain("\n".join(about)).splitlines()),
            "#",
            f"#     darkstate explain {file}    # how it would be solved, and at what cost",
            f"#     darkstate run {file}",
            "#",
            "# Keys behind '#' show the defaults. Rates are numbers in one unit of your choice,",
            "# times in its inverse; with a rate_unit also quantities such as 50 kHz or 2 us.",
            "",
            f"name: {_words(model.__name__, ' ')}",
            "#rate_unit: MHz",
            "",
            "model:",
            f"  kind: {model.__name__}",
            *_fields(model, getattr(model, "example", {}), "  "),
            "",
            *_wanted(model, file),
            "",
        ]
    )


def _fields(cls: type, given: Mapping[str, Any], indent: str) -> Iterator[str]:
    """Comment and key of every field of a dataclass."""
    texts = documentation(cls)
    for field in dataclasses.fields(cls):
        if not field.init or not field.metadata.get("scenario", True):
            continue
        unit = field.metadata.get("unit")
        text = texts.get(field.name, "").rstrip(".")
        yield from _comment(f"{text} [unit: {unit}]" if unit else text, indent)
        yield from _key(cls, field, given, indent)


def _key(
    cls: type, field: dataclasses.Field, given: Mapping[str, Any], indent: str
) -> Iterator[str]:
    """``loss: 0.05``, ``# loss: 0.0`` for a default, or a mapping for an object with fields."""
    if field.name in given:
        yield f"{indent}{field.name}: {_shown(given[field.name])}"
        return
    default = field.default
    if field.default_factory is not dataclasses.MISSING:
        default = field.default_factory()
    entries = default if isinstance(default, tuple) else (default,)
    if not all(dataclasses.is_dataclass(entry) for entry in entries):
        yield f"{indent}#{field.name}: {_shown(default)}"
        return
    yield f"{indent}{field.name}:"
    choices = [c.__name__ for c in get_args(get_type_hints(cls)[field.name]) if c is not Ellipsis]
    for entry in entries:
        kind = type(entry)
        others = [name for name in dict.fromkeys(choices) if name != kind.__name__]
        other = f"   # or {', '.join(others)}" if others else ""
        dash = "- " if isinstance(default, tuple) else "  "
        yield f"{indent}{dash}kind: {kind.__name__}{other}"
        yield from _fields(kind, {}, f"{indent}  ")


def _wanted(model: type, file: str) -> Iterator[str]:
    """What to compute: measures, an evolution, a sweep, a certificate."""
    from darkstate.measures import MEASURES

    measures = getattr(model, "example_measures", ("log_negativity",))
    yield from _comment(f"any of {', '.join(measure.name for measure in MEASURES)}")
    yield f"measures: [{', '.join(measures)}]"
    name, value = list(getattr(model, "example", {}).items())[-1]
    axis = f"{{name: {name}, start: {value / 4:.4g}, stop: {2 * value:.4g}, points: 8}}"
    yield from ("", *_comment(f"what varies, for 'darkstate sweep {file}'"))
    yield f"#sweep: {{axes: [{axis}]}}"


def _comment(text: str, indent: str = "") -> Iterator[str]:
    """Lines of prose behind ``# ``."""
    mark = f"{indent}# "
    lines = wrap(_plain(text), WIDTH - len(mark), break_on_hyphens=False, break_long_words=False)
    return (f"{mark}{line}" for line in lines)


def _plain(text: str) -> str:
    """Text of a docstring without its backticks."""
    return text.replace("`", "")


def _shown(value: Any) -> str:
    """A plain value in YAML's flow style; JSON is YAML, but for infinite numbers."""
    if isinstance(value, float) and math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    return json.dumps(value) if not isinstance(value, str) else value


def _words(name: str, joint: str) -> str:
    """``CavityChains`` as ``cavity chains``."""
    return "".join(f"{joint}{c.lower()}" if c.isupper() else c for c in name).lstrip(joint)
