"""The server of the explorer: on this machine alone, unless it is told otherwise."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlencode

import panel as pn

from darkstate.errors import ArgumentError, DarkstateError
from darkstate.memory import memory_limit
from darkstate.web.explorer import Explorer
from darkstate.web.resources import resource
from darkstate.web.session import prepare
from darkstate.web.view import View

LOCAL = ("127.0.0.1", "localhost")


def serve(
    address: str = "127.0.0.1",
    port: int = 0,
    memory: float | None = None,
    origins: tuple[str, ...] = (),
) -> Any:
    """Make the server of the explorer; its ``start()`` and ``io_loop.start()`` let it run.

    Args:
        address: where it listens.
        port: 0 for one that is free.
        memory: bytes that the computation of a session may take; by default half of what is free.
        origins: further ``host:port`` under which browsers know it.

    Raises:
        ArgumentError: it cannot listen there.
    """
    port = _free_port(address, port)
    pn.extension()
    prepare()
    most = memory_limit(memory)
    known = [f"{host}:{port}" for host in dict.fromkeys((address, *LOCAL))]
    return pn.io.server.get_server(
        {"/": lambda: _page(most)},
        port=port,
        address=address,
        websocket_origin=[*known, *origins],
        show=False,
        start=False,
        verbose=False,
        location=False,
    )


def _free_port(address: str, port: int) -> int:
    """The port, or for 0 one that is free.

    Raises:
        ArgumentError: nothing can listen there.
    """
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
            return probe.getsockname()[1]
    except OSError as error:
        remedy = "Choose another address or port; port 0 takes one that is free."
        raise ArgumentError("port", f"be free ({error})", f"{address}:{port}", remedy) from None


def _page(memory: float) -> Any:
    """The page of a new session."""
    view, told = _wanted()
    document: Any = pn.state.curdoc
    explorer = Explorer(view, told, memory, document.add_next_tick_callback)
    document.on_session_destroyed(lambda _context: explorer.task.cancel())
    pn.state.onload(explorer.begin)
    page = pn.Template(resource("page.html"))
    page.add_variable("style", resource("page.css"))
    for name, part in explorer.roots().items():
        page.add_panel(name, part)
    return page


def _wanted() -> tuple[View, str]:
    """The view of the address, or the first one and why the address was refused."""
    query = urlencode(pn.state.session_args, doseq=True)
    try:
        view = View.of_address(query)
        view.scenario()
    except DarkstateError as error:
        return View.of_model(View.model), f"The address was refused: {error}"
    return view, ""
