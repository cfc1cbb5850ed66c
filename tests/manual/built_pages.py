"""The pages of a built manual: their links, pictures, texts, and the index of the search."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src"}
"""Elements that a browser fetches by itself, and where their address stands."""

SOURCES = "_modules/"
"""Pages of source code: their way back knows only one name of each module, and no place in it."""

_INVISIBLE = {"script", "style", "svg", "head"}


@dataclass
class Page(HTMLParser):
    """One page, as far as it matters here."""

    name: str
    links: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    pictures: list[tuple[str, str]] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    tokens: set[str] = field(default_factory=set)
    words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        given = {name: value or "" for name, value in attrs}
        self._hidden += tag in _INVISIBLE
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload"):
            self.fetched.append(given["href"])
        if FETCHED.get(tag, "") in given:
            self.fetched.append(given[FETCHED[tag]])
        if tag == "img":
            self.pictures.append((given.get("src", ""), given.get("alt", "")))
        if tag == "span" and re.fullmatch(r"[a-z]{1,3}\d?", given.get("class", "")):
            self.tokens.add(given["class"])

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        self._hidden -= tag in _INVISIBLE

    def handle_data(self, data: str) -> None:
        """Note a text."""
        if not self._hidden:
            self.words.append(data)

    @cached_property
    def text(self) -> str:
        """All that is shown, with single spaces."""
        return " ".join("".join(self.words).split())


@dataclass(frozen=True)
class Manual:
    """A built manual.

    Args:
        folder: where it is.
        pages: its pages by their path in the folder.
        index: of the search.
    """

    folder: Path
    pages: dict[str, Page]
    index: dict[str, dict]

    @classmethod
    def read(cls, folder: Path) -> Manual:
        """The manual in a folder."""
        pages = {}
        for path in sorted(folder.rglob("*.html")):
            name = path.relative_to(folder).as_posix()
            pages[name] = Page(name)
            pages[name].feed(path.read_text(encoding="utf-8"))
        text = (folder / "searchindex.js").read_text(encoding="utf-8")
        return cls(folder, pages, json.loads(text[text.index("(") + 1 : text.rindex(")")]))

    def target(self, page: str, link: str) -> tuple[str, str] | None:
        """File and anchor that a link leads to; None for another host."""
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            return None
        path = unquote(parts.path)
        place = (self.folder / page).parent / path if path else self.folder / page
        return Path(place).resolve().relative_to(self.folder.resolve()).as_posix(), parts.fragment

    def dead_links(self) -> Iterator[str]:
        """Links inside of the manual to what is not there."""
        for name, page in self.pages.items():
            if name.startswith(SOURCES):
                continue
            for link in dict.fromkeys([*page.links, *page.fetched]):
                found = self.target(name, link)
                if found is None:
                    continue
                file, anchor = found
                if not (self.folder / file).is_file():
                    yield f"{name}: {link} leads nowhere"
                elif anchor and file in self.pages and anchor not in self.pages[file].anchors:
                    yield f"{name}: {link}: there is no such place in {file}"

    def foreign(self) -> Iterator[str]:
        """What a browser would fetch from another host."""
        for name, page in self.pages.items():
            for address in page.fetched:
                if not address.startswith("data:") and self.target(name, address) is None:
                    yield f"{name}: {address} is fetched from another host"
        for path in self.folder.rglob("*.css"):
            text = path.read_text(encoding="utf-8", errors="replace")
            for address in re.findall(
                r"(?:@import\s*|url\()\s*['\"]?((?:https?:)?//[^'\")]+)", text
            ):
                yield f"{path.name}: {address} is fetched from another host"

    def wordless(self) -> Iterator[str]:
        """Pictures without a text for those who do not see them."""
        for name, page in self.pages.items():
            yield from (
                f"{name}: {src} has no text" for src, alt in page.pictures if not alt.strip()
            )

    @cached_property
    def clicks(self) -> dict[str, int]:
        """How many clicks every page is away from the front page."""
        found, frontier = {"index.html": 0}, ["index.html"]
        while frontier:
            name = frontier.pop(0)
            for link in self.pages[name].links:
                there = self.target(name, link)
                if there is not None and there[0] in self.pages and there[0] not in found:
                    found[there[0]] = found[name] + 1
                    frontier.append(there[0])
        return found

    def search(self, words: str) -> list[str]:
        """Pages that the search offers for some words, best first: all words must occur.

        Words in titles count three times as much, as in the search of Sphinx.
        """
        from sphinx.search.en import SearchEnglish

        stem = SearchEnglish({}).stem
        scores: list[Counter[int]] = []
        for word in words.lower().split():
            score: Counter[int] = Counter()
            for table, points in (("terms", 5), ("titleterms", 15)):
                pages = self.index[table].get(stem(word), [])
                for page in pages if isinstance(pages, list) else [pages]:
                    score[page] = max(score[page], points)
            scores.append(score)
        common = set.intersection(*(set(score) for score in scores))
        totals = {page: sum(score[page] for score in scores) for page in common}
        for title, places in self.index["alltitles"].items():
            if words.lower() in title.lower():
                for page, _ in places:
                    totals[page] = totals.get(page, 0) + 15
        ordered = sorted(totals, key=lambda page: (-totals[page], page))
        return [f"{self.index['docnames'][page]}.html" for page in ordered]
