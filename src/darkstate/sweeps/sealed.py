"""JSON under a digest: a file of plain values in which no flipped bit goes unnoticed.

The first entry is the SHA-256 of everything after it; the file stays JSON for whoever reads it:

    {
     "digest": "9f86d0...",
     "format": 2, ...
    }
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

_HEAD = re.compile(rb'\{\n "digest": "([0-9a-f]{64})",')


def sealed(content: Mapping[str, Any]) -> bytes:
    """Plain values (at least one) as the bytes of a file."""
    text = json.dumps(content, indent=1).encode()
    return b'{\n "digest": "%s",%s' % (_digest(text), text[1:])


def is_sealed(data: bytes) -> bool:
    """Whether there is a digest, right or wrong."""
    return _HEAD.match(data) is not None


def unsealed(data: bytes) -> dict[str, Any]:
    """The inverse of `sealed`.

    Raises:
        ValueError: there is no digest, or it is wrong.
    """
    head = _HEAD.match(data)
    if head is None or _digest(b"{" + data[head.end() :]) != head.group(1):
        raise ValueError("its digest is wrong")
    content: dict[str, Any] = json.loads(data)
    del content["digest"]
    return content


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest().encode()
