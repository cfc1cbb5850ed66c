"""Can it be read? Contrast of text on its background, on light pages and on dark ones.

4.5 is what WCAG 2.1 (AA) asks for text of usual size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from built_pages import Manual

LEAST = 4.5
_TEXTS = ("foreground-primary", "foreground-secondary", "foreground-muted", "brand-content")
_GROUNDS = ("background-primary", "background-secondary")
_SPACE = "w"
"""The token of white space, which has no colour to be seen."""

_LIGHT, _DARK = ("body",), ("body[data-theme=dark]", 'body[data-theme="dark"]')


def luminance(colour: str) -> float:
    """Relative luminance of ``#rgb`` or ``#rrggbb``, 0 for black and 1 for white."""
    digits = colour.lstrip("#")
    digits = digits if len(digits) == 6 else "".join(2 * c for c in digits)
    parts = [int(digits[k : k + 2], 16) / 255 for k in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Ratio of two colours, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def unreadable(manual: Manual) -> Iterator[str]:
    """Pairs of text and background of too little contrast."""
    return chain(_of_pages(manual), _of_code(manual))


def _of_pages(manual: Manual) -> Iterator[str]:
    style = (manual.folder / "_static/styles/furo.css").read_text(encoding="utf-8")
    rules = re.findall(r"([^{}]*)\{([^{}]*--color-foreground-primary:[^{}]*)\}", style)
    for selectors in (_LIGHT, _DARK):
        found = [body for selector, body in rules if selector.strip() in selectors]
        if not found:
            yield f"furo.css: no colours for {selectors[0]}"
            continue
        colours = dict(re.findall(r"--color-([\w-]+):(#\w+)", found[0]))
        for text in _TEXTS:
            for ground in _GROUNDS:
                yield from _told(
                    f"{selectors[0]}: {text} on {ground}", colours[text], colours[ground]
                )


def _of_code(manual: Manual) -> Iterator[str]:
    """Colours of the tokens that occur in some page."""
    style = (manual.folder / "_static/pygments.css").read_text(encoding="utf-8")
    used = set().union(*(page.tokens for page in manual.pages.values())) - {_SPACE}
    for prefix in ("", 'body[data-theme="dark"] '):
        lines = [x.removeprefix(prefix) for x in style.splitlines() if x.startswith(prefix)]
        rules = dict(
            re.findall(r"^\.highlight( \.\w+)? *\{(.*?)\}", "\n".join(lines), re.MULTILINE)
        )
        ground = re.search(r"background: *(#\w+)", rules[""])
        for selector, body in rules.items():
            text = re.search(r"(?<![-\w])color: *(#\w+)", body)
            own = re.search(r"background-color: *(#\w+)", body) or ground
            if text and own and (not selector or selector.strip(" .") in used):
                yield from _told(f"{prefix}code{selector}", text[1], own[1])


def _told(what: str, text: str, ground: str) -> Iterator[str]:
    ratio = contrast(text, ground)
    if ratio < LEAST:
        yield f"{what}: {text} on {ground} has a contrast of {ratio:.2f}, less than {LEAST}"
