"""Digests: every file of an output under a checksum, and the list of checksums under its own.

An output folder has one header: the attributes of its ``zarr.json``, or the file `MANIFEST` where
it is no zarr store. The header lists the SHA-256 of all other files under ``files``; ``digest`` is
the SHA-256 of the header itself, written as canonical JSON without that entry. A flipped bit
anywhere is found, and its file is named.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

MANIFEST = "darkstate.json"
"""The header of an output folder that is no zarr store."""

_ZARR = "zarr.json"
_DIGEST, _FILES = "digest", "files"


def canonical(document: Any) -> str:
    """Plain values as JSON: equal text for equal content, floats with all their digits."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def digest_of(document: Any) -> str:
    """SHA-256 of plain values."""
    return hashlib.sha256(canonical(document).encode()).hexdigest()


def header(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header's document, and the part of it that holds our entries; both empty without one."""
    for name in (_ZARR, MANIFEST):
        try:
            document = json.loads((folder / name).read_text(encoding="utf-8"))
            found = document["attributes"] if name == _ZARR else document
        except FileNotFoundError:
            continue
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return {}, {}
        return (document, found) if isinstance(found, dict) else ({}, {})
    return {}, {}


def output_files(folder: Path) -> set[str]:
    """Names of the files of an output, the header's among them."""
    files = header(folder)[1].get(_FILES)
    name = _ZARR if (folder / _ZARR).exists() else MANIFEST
    return {name, *(files if isinstance(files, dict) else {})}


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in a folder but its header, by name relative to it."""
    found = {}
    headers = {os.path.join(folder, name) for name in (_ZARR, MANIFEST)}
    for root, _, files in os.walk(folder):
        for file in files:
            path = os.path.join(root, file)
            if path not in headers and not os.path.islink(path):
                found[Path(path).relative_to(folder).as_posix()] = _file_digest(path)
    return dict(sorted(found.items()))


def sign(folder: Path, entries: dict[str, Any]) -> None:
    """Write entries, the digests of all files and the header's own digest into the header."""
    store = folder / _ZARR
    document = json.loads(store.read_text(encoding="utf-8")) if store.exists() else {}
    inner = document.setdefault("attributes", {}) if store.exists() else document
    inner.pop(_DIGEST, None)
    inner |= entries | {_FILES: digests(folder)}
    inner[_DIGEST] = digest_of(document)
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    (store if store.exists() else folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def is_signed(folder: Path) -> bool:
    """Whether a header has digests, or a part of them."""
    return not {_DIGEST, _FILES}.isdisjoint(header(folder)[1])


def damage(folder: Path) -> str | None:
    """The first file of a signed folder that is not as it was written; None if all are."""
    document, inner = header(folder)
    digest, files = inner.pop(_DIGEST, None), inner.get(_FILES)
    if not isinstance(files, dict) or digest != digest_of(document):
        return _ZARR if (folder / _ZARR).exists() else MANIFEST
    for name, expected in files.items():
        try:
            if _file_digest(folder / name) != expected:
                return name
        except OSError:
            return name
    return None


def _file_digest(path: str | Path) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
