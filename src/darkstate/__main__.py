"""``python -m darkstate``: the command line, where the folder of programs is not on the path."""

from __future__ import annotations

from darkstate.cli import main

if __name__ == "__main__":
    main()
