"""The systems of docs/literature.md: defined there once, for users, tests and benchmarks."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "literature.md"
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> list[str]:
    """The imports of the page, and then one definition a block."""
    found = _BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    return [found[0], *(block for block in found if block.startswith("def "))]


def systems() -> dict[str, Callable[..., Any]]:
    """Functions that make the systems, by name."""
    names: dict[str, Any] = {}
    for block in blocks():
        exec(compile(block, str(PAGE), "exec", dont_inherit=True), names)
    defined = re.findall(r"^def (\w+)", "".join(blocks()), re.MULTILINE)
    return {name: names[name] for name in defined}
