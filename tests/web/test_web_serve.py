"""The command that starts the explorer: what it says where it cannot."""

import json
import socket
import sys

import pytest
from typer.testing import CliRunner

from darkstate.cli.app import app


def run(*words):
    return CliRunner().invoke(app, ["serve", *words])


def test_without_panel_it_says_how_to_install_it(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("darkstate.web.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "panel", None)
    done = run("--json")
    assert done.exit_code == 2
    assert "pip install" in json.loads(done.stdout)["error"]


def test_an_address_that_is_taken_is_told():
    pytest.importorskip("panel", reason="the explorer needs panel: pip install 'panel>=1.9'")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run("--json", "--port", str(taken.getsockname()[1]))
    assert done.exit_code == 2
    assert "`port` must be free" in json.loads(done.stdout)["error"]


@pytest.mark.parametrize("words", [["--port", "70000"], ["--memory", "0"], ["--port", "x"]])
def test_impossible_options_are_refused(words):
    assert run(*words).exit_code == 2
