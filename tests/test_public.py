"""The public face: names, laziness, and models that keep their promises."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import darkstate as ds
from darkstate.measures import MEASURES
from darkstate.models import MODELS

SOURCE = Path(ds.__file__).read_text()


def test_every_public_name_exists_and_is_declared_once():
    for name in ds.__all__:
        assert getattr(ds, name) is not None
    declared = {
        alias.asname or alias.name
        for node in ast.walk(ast.parse(SOURCE))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("darkstate")
        for alias in node.names
    }
    assert declared == set(ds.__all__)
    assert sorted(ds._HOME) == sorted(set(ds.__all__) - set(ds._MODULES))


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="steady_stat"):
        ds.steady_stat  # noqa: B018


def test_import_is_lazy():
    code = (
        "import sys, darkstate; darkstate.steady_state; darkstate.models;"
        "heavy = {'matplotlib', 'zarr', 'pydantic', 'xarray', 'typer'};"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_measures_have_a_name_a_unit_and_a_source_of_truth():
    for measure in MEASURES:
        assert getattr(ds, measure.name) is measure
        assert measure.__doc__


def test_models_are_described():
    for model in MODELS:
        assert model.__doc__
        assert "Raises" in model.__doc__
