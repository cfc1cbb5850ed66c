"""How far a long computation is: one argument ``progress=`` everywhere, and one display.

    evolve(model, times, progress=True)                  a bar on the screen, or in the notebook
    sweep(..., progress=lambda what, fraction: ...)      a function of yours; fraction is 0 .. 1

What is computed does not know who listens: it says ``report(what, fraction)``, which is heard by
whoever opened `heard` around it; a computation that is a part of a larger one is wrapped in
`share`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from html import escape
from typing import TYPE_CHECKING, Any

from darkstate.errors import ArgumentError

if TYPE_CHECKING:
    from rich.console import Console

Progress = Callable[[Any, float], None]
"""``progress(what, fraction)``: what is happening (its text is shown), and how much is done."""
Wanted = bool | Progress
"""What ``progress=`` takes: True for a display, or a function. One that raises ends what runs."""

LINES_SECONDS = 30.0
"""How often a line is printed where there is neither a terminal nor a notebook."""
_NOTEBOOK_SECONDS = 0.2

_HEARD: ContextVar[Progress | None] = ContextVar("progress", default=None)


def report(what: Any, fraction: float) -> None:
    """Say how far a computation is, to whoever listens."""
    listener = _HEARD.get()
    if listener is not None:
        listener(what, min(1.0, max(0.0, float(fraction))))


@contextmanager
def share(begin: float, end: float) -> Iterator[None]:
    """What is reported inside is a part of a whole: 0 .. 1 becomes `begin` .. `end`."""
    outer = _HEARD.get()
    if outer is None:
        yield
        return
    token = _HEARD.set(lambda what, fraction: outer(what, begin + (end - begin) * fraction))
    try:
        yield
    finally:
        _HEARD.reset(token)


@contextmanager
def heard(progress: Wanted) -> Iterator[None]:
    """Show, or tell, what is reported inside; with False it goes to who listens outside, if any.

    Raises:
        ArgumentError: neither a truth value nor a function.
    """
    if progress is False:
        yield
        return
    with listening(progress) as listener:
        token = _HEARD.set(listener)
        try:
            yield
        finally:
            _HEARD.reset(token)
        listener("done", 1.0)


@contextmanager
def listening(progress: Wanted, console: Console | None = None) -> Iterator[Progress]:
    """The listener that is asked for: nobody, a function of the user's, or a display.

    Args:
        progress: what the user gave.
        console: where a display goes; by default stderr.

    Raises:
        ArgumentError: neither a truth value nor a function.
    """
    if progress is False:
        yield lambda what, fraction: None
    elif progress is not True:
        if not callable(progress) or isinstance(progress, type):
            remedy = "Give True for a bar, or a function of (what, fraction)."
            raise ArgumentError("progress", "be True, False or a function", progress, remedy)
        yield progress
    elif _in_notebook():
        yield (bar := _NotebookBar())
        bar.end()
    else:
        with _on_console(console) as listener:
            yield listener


def _in_notebook() -> bool:
    """Whether a notebook's kernel runs this."""
    shell = sys.modules.get("IPython")
    running = None if shell is None else shell.get_ipython()
    return getattr(running, "kernel", None) is not None


class _NotebookBar:
    """A bar below the cell that asks for it; IPython is there, as its kernel runs this."""

    def __init__(self) -> None:
        from IPython.display import display

        self._start, self._told = time.monotonic(), 0.0
        self._what, self._fraction, self._ended = "starting", 0.0, False
        self._handle: Any = display(self, display_id=True)

    def __call__(self, what: Any, fraction: float) -> None:
        self._what, self._fraction = str(what), fraction
        if time.monotonic() - self._told >= _NOTEBOOK_SECONDS:
            self._update()

    def end(self) -> None:
        """Leave the last words."""
        self._ended = True
        self._update()

    def _update(self) -> None:
        self._told = time.monotonic()
        self._handle.update(self)

    def __repr__(self) -> str:
        return f"{self._what}, {time.monotonic() - self._start:.1f} s"

    def _repr_html_(self) -> str:
        bar = f'<progress value="{self._fraction:.4f}" max="1"></progress> '
        return f"<div>{'' if self._ended else bar}{escape(repr(self))}</div>"


@contextmanager
def _on_console(console: Console | None) -> Iterator[Progress]:
    """A bar that is gone when done; where there is no terminal, a line now and then."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False) if console is None else console
    if not console.is_terminal:
        yield _lines(console)
        return
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        SpinnerColumn(),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Bar(*columns, console=console, transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("starting", total=1.0)
        yield lambda what, fraction: bar.update(task, description=_plain(what), completed=fraction)


def _lines(console: Console) -> Progress:
    """For log files of batch jobs."""
    start = last = time.monotonic()

    def tell(what: Any, fraction: float) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= LINES_SECONDS:
            last = now
            text = f"{_plain(what)} · {fraction:.0%} · {now - start:.0f} s"
            console.print(text, markup=False, soft_wrap=True)

    return tell


def _plain(what: Any) -> str:
    """One line of signs: names may hold characters that terminals obey."""
    return "".join(sign if sign.isprintable() else "?" for sign in str(what))
