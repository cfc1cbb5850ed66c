"""Takes the picture of the explorer: ``python docs/figures/explorer.py`` (a minute).

Needs panel, playwright and a chromium of the system.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

HERE = Path(__file__).parent
QUERY = "model=CavityChains&sites=6&loss=0.05"


def take(address: str, file: Path) -> None:
    """The upper part of the page, when all pictures are there."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1180, "height": 760}, color_scheme="light")
        page.goto(f"{address}?{QUERY}")
        expect(page.locator("a[download]").last).to_be_visible(timeout=60_000)
        expect(page.locator("img")).to_have_count(3)
        page.screenshot(path=file)
        browser.close()


if __name__ == "__main__":
    command = [sys.executable, "-u", "-m", "darkstate", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        take(server.stdout.readline().split()[2], HERE / "explorer.png")
        server.send_signal(signal.SIGINT)
