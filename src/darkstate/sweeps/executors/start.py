"""How the program of a local worker begins: ``python -P start.py HANDLE FOLDER ...``.

Nothing in the current folder may take the place of a library: a file ``numpy.py`` in it would be
executed. ``-P`` keeps this file's folder and the current one off the path; the folders from which
the process that runs the sweep imports (its own modules, for a `solve` of the user's) come behind
all others. darkstate itself is loaded by its file, the very package that started the worker.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path


def begin(handle: str, folders: list[str]) -> None:
    """Complete the path, load darkstate, and serve."""
    sys.path += [folder for folder in folders if folder not in sys.path]
    home = Path(__file__).resolve().parents[2] / "__init__.py"
    spec = importlib.util.spec_from_file_location("darkstate", home)
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["darkstate"] = package
    spec.loader.exec_module(package)
    from darkstate.sweeps.executors.worker import main

    main(int(handle))


if __name__ == "__main__":
    begin(sys.argv[1], sys.argv[2:])
