"""A refusal that says what it must: argument, rule, value, remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from darkstate.errors import ArgumentError


@contextmanager
def refusal(error: type[ArgumentError], name: str, rule: str) -> Iterator[None]:
    """The block raises `error` about `name`, with a message of all four parts."""
    message = rf"^`{re.escape(name)}` must {re.escape(rule)}.*, but is .+[.>)\]}}'] [A-Z].+"
    with pytest.raises(error, match=message) as caught:
        yield
    assert type(caught.value) is error
    assert caught.value.remedy.strip()
