"""Writes the tables of claims in ``docs/papers.md`` from actual runs (about an hour).

Run it as ``python docs/claims.py`` after a change in an engine, a model or a paper, and read the
difference before you commit it. Names of papers as arguments choose some of them; with ``--fast``
grids are coarser. After a change in the claims of one paper only, ``--from DIR`` reads them again
off the data that ``darkstate papers run NAME --out DIR`` left; the rows of figures that are not in
DIR stay.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from pathlib import Path

import xarray as xr

from darkstate.papers import PAPERS, run_paper

PAGE = Path(__file__).with_name("papers.md")
HEAD = ("| Claim | Paper | Computed | Verdict |", "| --- | --- | --- | --- |")
SPECIAL = re.compile(r"([\\`*_|$~\[\]])")


def plain(text: str) -> str:
    """`text` so that Markdown shows it as it is."""
    return SPECIAL.sub(r"\\\1", text).replace("<", "&lt;").replace(">", "&gt;")


def row(claim) -> str:
    """One row a claim; its note stands below what was computed."""
    note = f"*{plain(claim.note)}*" if claim.note else ""
    computed = "<br>".join(part for part in (plain(claim.computed), note) if part)
    text = f"**{claim.id}** {plain(claim.text)}"
    text += f"<br>*{plain(claim.place)}*" if claim.place else ""
    return f"| {text} | {plain(claim.paper)} | {computed} | {claim.verdict} |"


def computed(paper, fast):
    """The rows of a paper from a run."""
    with tempfile.TemporaryDirectory() as folder:
        done = run_paper(paper, Path(folder), fast=fast)
    return [row(claim) for claim in done.claims]


def read(paper, folder, old):
    """The rows of a paper from stored data; those of figures without any from the old table."""
    found = []
    for figure in paper.figures:
        store = Path(folder) / f"figure_{figure.id}.zarr"
        if store.exists():
            data = xr.open_zarr(store, consolidated=False).load()
            found += [row(claim) for claim in figure.claims(data)]
        else:
            found += re.findall(rf"^\| \*\*{re.escape(figure.id)}-\d+\*\* .*$", old, re.MULTILINE)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the tables of claims.")
    parser.add_argument("papers", nargs="*", metavar="NAME")
    parser.add_argument("--fast", action="store_true", help="coarser grids")
    parser.add_argument("--from", dest="folder", help="data of an earlier run of one paper")
    asked = parser.parse_args()
    known = [paper.id for paper in PAPERS]
    if unknown := sorted(set(asked.papers) - set(known)):
        parser.error(f"No paper is called {', '.join(unknown)}; there are {', '.join(known)}.")
    if asked.folder and not list(Path(asked.folder).glob("figure_*.zarr")):
        parser.error(f"There are no data of figures in {asked.folder}.")
    if asked.folder and len(asked.papers) != 1:
        parser.error("--from needs the name of one paper.")
    for paper in PAPERS:
        if asked.papers and paper.id not in asked.papers:
            continue
        begin, end = f"<!-- claims of {paper.id} -->", f"<!-- end of {paper.id} -->"
        text = PAGE.read_text(encoding="utf-8")
        if text.count(begin) != 1 or text.count(end) != 1:
            raise SystemExit(f"{PAGE.name} needs the lines {begin} and {end}, once each.")
        old = text.split(begin)[1].split(end)[0]
        found = read(paper, asked.folder, old) if asked.folder else computed(paper, asked.fast)
        head, rest = PAGE.read_text(encoding="utf-8").split(begin)
        table = "\n".join([*HEAD, *found])
        PAGE.write_text(f"{head}{begin}\n\n{table}\n\n{end}{rest.split(end)[1]}", encoding="utf-8")
        print(f"{paper.id}: {len(found)} claims", flush=True)


if __name__ == "__main__":
    main()
