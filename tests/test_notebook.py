"""The notebook of the manual runs from its first cell to its last, and shows what it should."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import darkstate

NOTEBOOK = Path(__file__).parents[1] / "docs" / "tour.ipynb"
SHOWN = {
    "H": "text/latex",
    "system": "text/html",
    "emitter(q, 1.0)": "text/html",
    "ds.explain(system)": "text/html",
    "result": "text/html",
    "result.report": "text/html",
    "result.state": "text/plain",
    "followed.table": "text/html",
    "network": "text/html",
    "store": "text/html",
}
"""Last line of a cell -> the richest form of its answer; a line of plots shows a picture."""


def outputs(cell: nbformat.NotebookNode) -> dict[str, list[nbformat.NotebookNode]]:
    """Data of answers, and of displays, which bars of progress are."""
    found: dict[str, list[nbformat.NotebookNode]] = {"execute_result": [], "display_data": []}
    for output in cell.outputs:
        assert output.output_type in found, output  # neither an error nor words on stderr
        found[output.output_type].append(output.data)
    return found


@pytest.mark.filterwarnings("ignore")  # of the machinery of notebooks
def test_the_notebook_shows_every_display(tmp_path, monkeypatch):
    source = str(Path(darkstate.__file__).parents[1])
    known = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (source, known))))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells)  # stored without
    kernel = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}})
    kernel.execute()
    left, pictures = dict(SHOWN), 0
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        found, last = outputs(cell), cell.source.splitlines()[-1]
        if last in left:
            (answer,) = found["execute_result"]
            assert left.pop(last) in answer, last
        if last.startswith("plots."):
            (shown,) = found["display_data"]
            assert shown["image/png"], last
            pictures += 1
        if "progress=True" in cell.source:
            (bar,) = found["display_data"]
            assert "done" in bar["text/html"] and "<progress" not in bar["text/html"]
    assert not left and pictures == 8
