"""The command line: ``darkstate run``, ``explain``, ``papers``, ``cite``, ``schema``.

Everything heavy is imported inside the commands, so that ``darkstate --help`` is there at once.
"""

from __future__ import annotations

from darkstate.cli.app import app


def main() -> None:
    """Entry point of the program ``darkstate``."""
    app()


__all__ = ["app", "main"]
