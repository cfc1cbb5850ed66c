"""The lowest versions that pyproject.toml allows, as constraints for pip: ``numpy==2.0``.

python .ci/lowest.py > constraints.txt
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def lowest(project: Path = PROJECT) -> list[str]:
    """A line for each dependency of the package, in the order of the file.

    Raises:
        ValueError: a dependency has no lower bound, or another kind of bound.
    """
    needed = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"]
    lines = [re.sub(r"^([\w.-]+)(?:\[\w+\])?>=([\w.]+)$", r"\1==\2", each) for each in needed]
    for line, each in zip(lines, needed, strict=True):
        if line == each:
            raise ValueError(f"{each}: write name>=version")
    return lines


if __name__ == "__main__":
    print(*lowest(), sep="\n")
