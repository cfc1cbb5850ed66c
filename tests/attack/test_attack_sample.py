"""A few cases of every attack, in a process of its own: forks want no threads beside them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


@pytest.mark.parametrize(
    "kind", ["scenarios", "calls", "flips", pytest.param("kills", marks=pytest.mark.slow)]
)
def test_a_sample_of_every_attack_is_clean(kind):
    command = [sys.executable, str(FOLDER), "--sample", "--only", kind]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tried" in done.stdout


ENDS = """
from attack_child import WrongError, isolated

def differs():
    raise WrongError("read as something else")

def grows():
    bytearray(3 * 2**30)[:: 2**12] = b"x" * (3 * 2**18)

def turns():
    while True:
        pass

for case in (list, lambda: 1 / 0, differs, grows, turns):
    print(isolated(case, seconds=1 if case is turns else 10).fate)
"""


def test_every_kind_of_end_is_told():
    command = [sys.executable, "-c", ENDS]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=FOLDER)
    assert done.stdout.split() == ["clean", "exception", "wrong", "memory", "hang"]
