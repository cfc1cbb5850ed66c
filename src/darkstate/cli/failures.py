"""Exit codes, and how errors are told.

* 0: done;
* 1: it ran, but the result is suspect or failed (no steady state, not converged ...);
* 2: the input is at fault: the message on stderr says where and what to do instead.

Only what darkstate raises on purpose becomes a message. Anything else is a bug, and keeps its
traceback.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from darkstate.cli.json_output import print_json
from darkstate.cli.screen import errors

OK, DOUBTFUL, BAD_INPUT = 0, 1, 2


@contextmanager
def report_errors(as_json: bool = False) -> Iterator[None]:
    """Turn darkstate's own errors into a message on stderr and an exit code.

    With `as_json` the message is also the one JSON document on stdout.
    """
    from darkstate.errors import DarkstateError, MissingError, NumericalError, border

    try:
        with border("darkstate"):
            yield
    except DarkstateError as error:
        code = DOUBTFUL if isinstance(error, NumericalError | MissingError) else BAD_INPUT
        _tell("no result" if code == DOUBTFUL else "error", str(error), code, as_json)
        raise typer.Exit(code) from None
    except OSError as error:  # a full disk, a closed pipe
        if isinstance(error, BrokenPipeError):
            raise
        _tell("error", f"{type(error).__name__}: {error}", DOUBTFUL, as_json)
        raise typer.Exit(DOUBTFUL) from None


def _tell(head: str, message: str, code: int, as_json: bool) -> None:
    console = errors()
    for number, line in enumerate(message.splitlines() or [""]):
        if number == 0:
            console.print(f"[bold red]{head}:[/] ", end="")
        console.print(line, markup=False, soft_wrap=not console.is_terminal)
    if as_json:
        print_json({"error": message, "exit_code": code})
