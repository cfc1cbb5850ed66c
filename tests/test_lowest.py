"""The lowest declared versions: each has a bound, and the commands run in this environment.

`make test-lowest` runs this file where the lowest versions are installed.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("lowest", ROOT / ".ci/lowest.py")
assert SPEC and SPEC.loader
lowest = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(lowest)

COMMANDS = (
    "schema",
    "explain scenarios/lossy_chains.yaml",
    "cite scenarios/lossy_chains.yaml",
    "run scenarios/lossy_chains.yaml --out {out}/run",
    "sweep --help",
    "sweep scenarios/loss_sweep.yaml --out {out}/sweep",
    "papers list",
    "papers run agusti2023 --figure 2b --fast --out {out}/papers",
    "experiment --help",
)


def test_every_dependency_has_a_lowest_version(tmp_path):
    assert all("==" in line for line in lowest.lowest())
    project = tmp_path / "pyproject.toml"
    project.write_text('[project]\ndependencies = ["numpy", "scipy>=1.14"]\n')
    with pytest.raises(ValueError, match=r"numpy: write name>=version"):
        lowest.lowest(project)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_run(command, tmp_path):
    words = command.format(out=tmp_path).split()
    code = "from darkstate.cli import main; main()"
    run = [sys.executable, "-c", code, *words]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
