"""``darkstate serve``: the explorer, ready models in a browser."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from darkstate.cli.failures import report_errors
from darkstate.cli.json_output import AsJson, print_json
from darkstate.cli.screen import tell


def serve(
    port: Annotated[int, typer.Option(help="0 takes one that is free.", min=0, max=65535)] = 5017,
    address: Annotated[
        str, typer.Option(help="Where it listens; by default other machines cannot reach it.")
    ] = "127.0.0.1",
    memory: Annotated[
        float | None,
        typer.Option(
            metavar="GIB", min=0.1, help="GiB for each session; by default half of what is free."
        ),
    ] = None,
    origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST:PORT", help="Another name under which browsers reach it; repeatable."
        ),
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Open it in a browser.")] = False,
    as_json: AsJson = False,
) -> None:
    """Explore the ready models in a browser: turn their parameters, see number, network, verdict.

    It runs on this machine, loads nothing from elsewhere, and evaluates nothing that a browser
    sends. Ctrl-C ends it.

    Exit code: 2 if it cannot listen there, or its packages are not installed.
    """
    with report_errors(as_json):
        make_server = _server()
        limit = None if memory is None else memory * 2**30
        server = make_server(address, port, limit, tuple(origin or ()))
    url = f"http://{server.address}:{server.port}/"
    if as_json:
        print_json({"url": url})
    else:
        tell(f"The explorer: {url}   (Ctrl-C ends it)")
    sys.stdout.flush()
    server.start()
    if show:
        server.show("/")
    server.run_until_shutdown()


def _server() -> Callable[..., Any]:
    """What makes the server.

    Raises:
        RefusedError: panel is not installed.
    """
    try:
        from darkstate.web.server import serve as make_server
    except ModuleNotFoundError as error:
        from darkstate.errors import RefusedError
        from darkstate.extras import install_line

        why = f"The explorer needs the optional part 'web' ({error})."
        raise RefusedError(why, f"Install it: {install_line('web')}") from None
    return make_server
