"""The script that adds sections to the results of the search, in a browser if there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "docs/static/section_hits.js"
BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)

PAGE = """\
<!doctype html><meta charset="utf-8"><ul><li><a href="page.html#top">A page</a></li></ul>
<script>
  const Search = {makeSearchSummary: () => document.createElement("p")};
  const found = `<article><section id="page"><h1>A page</h1>
    <section id="one"><h2>One</h2> squeezed light
    <section id="in"><h3>In</h3> noise </section></section>
    <section id="two"><span id="2"></span><h2>Two#</h2> noise of SQUEEZED light </section>
    </section></article>`;
</script>
<script src="section_hits.js"></script>
<script>
  document.addEventListener("DOMContentLoaded", () => {
    const words = new Set(["squeez", "noise"]);
    document.querySelector("li").append(Search.makeSearchSummary(found, words, ANCHOR));
  });
</script>
"""


@pytest.mark.skipif(not BROWSER, reason="no browser: install chromium to run this test")
@pytest.mark.parametrize(("anchor", "hits"), [("''", ["page.html#two"]), ("'#two'", [])])
def test_sections_with_all_words_are_offered(tmp_path, anchor, hits):
    (tmp_path / "search.html").write_text(PAGE.replace("ANCHOR", anchor))
    shutil.copy(SCRIPT, tmp_path)
    options = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/user")
    command = [BROWSER, *options, "--virtual-time-budget=2000", "--dump-dom"]
    place = (tmp_path / "search.html").as_uri()
    shown = subprocess.run([*command, place], capture_output=True, text=True, check=True).stdout
    found = re.findall(r'<a href="[^"]*/([^"/]*)" class="section-hit">§ (\w+)</a>', shown)
    assert found == [(hit, "Two") for hit in hits]
