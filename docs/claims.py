"""Writes the tables of claims in ``docs/papers.md`` from actual runs (about an hour).

Run it as ``python docs/claims.py`` after a change in an engine, a model or a paper, and read the
difference before you commit it. Names of papers as arguments choose some of them; with ``--fast``
grids are coarser.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from darkstate.papers import PAPERS, run_paper

PAGE = Path(__file__).with_name("papers.md")
SPECIAL = re.compile(r"([\\`*_|$~\[\]])")


def plain(text: str) -> str:
    """`text` so that Markdown shows it as it is."""
    return SPECIAL.sub(r"\\\1", text).replace("<", "&lt;").replace(">", "&gt;")


def rows(claims) -> str:
    """One row a claim; its note stands below what was computed."""
    lines = ["| Claim | Paper | Computed | Verdict |", "| --- | --- | --- | --- |"]
    for claim in claims:
        note = f"*{plain(claim.note)}*" if claim.note else ""
        computed = "<br>".join(part for part in (plain(claim.computed), note) if part)
        text = f"**{claim.id}** {plain(claim.text)}"
        text += f"<br>*{plain(claim.place)}*" if claim.place else ""
        lines.append(f"| {text} | {plain(claim.paper)} | {computed} | {claim.verdict} |")
    return "\n".join(lines)


def main() -> None:
    wanted = [argument for argument in sys.argv[1:] if argument != "--fast"]
    known = [paper.id for paper in PAPERS]
    if unknown := sorted(set(wanted) - set(known)):
        raise SystemExit(f"No paper is called {', '.join(unknown)}; there are {', '.join(known)}.")
    for paper in PAPERS:
        if wanted and paper.id not in wanted:
            continue
        begin, end = f"<!-- claims of {paper.id} -->", f"<!-- end of {paper.id} -->"
        text = PAGE.read_text(encoding="utf-8")
        if text.count(begin) != 1 or text.count(end) != 1:
            raise SystemExit(f"{PAGE.name} needs the lines {begin} and {end}, once each.")
        with tempfile.TemporaryDirectory() as folder:
            done = run_paper(paper, Path(folder), fast="--fast" in sys.argv)
        text = PAGE.read_text(encoding="utf-8")
        head, rest = text.split(begin)
        tail = rest.split(end)[1]
        text = f"{head}{begin}\n\n{rows(done.claims)}\n\n{end}{tail}"
        PAGE.write_text(text, encoding="utf-8")
        print(f"{paper.id}: {len(done.claims)} claims", flush=True)


if __name__ == "__main__":
    main()
