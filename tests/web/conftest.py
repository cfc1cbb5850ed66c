"""A server of the explorer and a browser, for the tests that need them."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
"""A browser that asks for nothing by itself."""
PATIENCE = 120_000
"""Milliseconds that anything on a page may take on a busy machine."""


@pytest.fixture(scope="session")
def browser():
    """Chromium, or the reason why there is none."""
    missing = [name for name in ("panel", "playwright") if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"no {' and no '.join(missing)}: pip install panel playwright")
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next((found for name in names if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("no chromium: install the package chromium of the system")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield made
        made.close()


@pytest.fixture(scope="session")
def explorer(browser):
    """The address of a server that runs as a user starts it."""
    source = str(Path(__file__).parents[2] / "src")
    with subprocess.Popen(
        [sys.executable, "-m", "darkstate", "serve", "--port", "0", "--memory", "2"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": source, "PYTHONUNBUFFERED": "1"},
    ) as server:
        line = server.stdout.readline()
        yield line.split()[2]
        server.send_signal(signal.SIGINT)
        server.communicate()


@pytest.fixture
def visit(browser, explorer):
    """``visit("sites=3", width=390)`` opens a page; what it logs and asks for is kept with it."""
    opened = []

    def open_page(query="", width=1280, scheme="light"):
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, accept_downloads=True
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.asked, page.faults = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("websocket", lambda socket: page.asked.append(socket.url))
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("dialog", lambda dialog: page.faults.append(dialog.message))
        page.goto(f"{explorer}?{query}" if query else explorer)
        opened.append(context)
        return page

    yield open_page
    for context in opened:
        context.close()
