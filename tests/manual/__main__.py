"""Look at the built manual as its readers and their browsers do.

python tests/manual docs/_build/html

Told are links that lead nowhere, what would be fetched from another host, pictures without words,
colours that cannot be read, and questions of newcomers that find no answer. `make docs` runs it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from built_pages import Manual
from colours import unreadable
from questions import QUESTIONS, unanswered


def main(folder: Path) -> int:
    """How many faults there are; each is printed."""
    manual = Manual.read(folder)
    faults = [*manual.dead_links(), *manual.foreign(), *manual.wordless(), *unreadable(manual)]
    for question in QUESTIONS:
        faults += unanswered(manual, question)
    print(*faults, sep="\n", end="\n" if faults else "")
    print(f"{len(manual.pages)} pages, {len(QUESTIONS)} questions, {len(faults)} faults")
    return len(faults)


if __name__ == "__main__":
    sys.exit(min(main(Path(sys.argv[1])), 1))
