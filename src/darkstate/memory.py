"""How much memory may be used, and how a problem that does not fit is refused.

Predictions are compared with what is available *now*, the least of four bounds: the memory of the
machine, what of it is free, what a container or batch job (a control group) may still take, and
what the address space of this process may still grow by. A prediction can be wrong, so memory that
runs out after all also becomes a `CapacityError`, at the border of the package
(`darkstate.errors.border`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from time import monotonic

from darkstate.errors import CapacityError

UNKNOWN = 8.0 * 2**30
"""Bytes that are assumed where the memory of a machine cannot be read."""

SHARE = 0.5
"""Share of what is available that one solve takes unless told otherwise."""

_GROUPS = "sys/fs/cgroup"
_NAMES = {
    "": ("", "memory.max", "memory.current"),
    "memory": ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
}
"""Controllers of a line of /proc/self/cgroup (version 2 has none): folder, limit, usage."""


def available_memory(root: Path = Path("/")) -> float:
    """Bytes of memory that this process may still use.

    Args:
        root: where the folders ``proc`` and ``sys`` of the system are.

    Returns:
        The least of the machine's memory, what is free of it, what is left of every control
        group that the process is in, and what is left of its address space; what cannot be read
        does not count. 8 GiB where nothing can be read.
    """
    known = [*_physical(), *_free(root), *_left_in_groups(root), *_left_of_addresses(root)]
    return max(0.0, min(known, default=UNKNOWN))


def memory_limit(given: float | None) -> float:
    """Bytes that a solve may use: what was given, or half of what is available."""
    return SHARE * _available_at(int(monotonic())) if given is None else given


@lru_cache(maxsize=1)
def _available_at(second: int) -> float:
    """What is available, read at most once in every `second`: a sweep asks often."""
    return available_memory()


def refuse_if_too_large(what: str, needed: float, limit: float, remedy: str) -> None:
    """Refuse before allocating.

    Raises:
        CapacityError: `needed` bytes exceed `limit`.
    """
    if needed > limit:
        raise CapacityError(
            f"`{what}` would need {bytes_text(needed)} of memory, more than the limit of "
            f"{bytes_text(limit)}.",
            remedy,
        )


def bytes_text(size: float) -> str:
    """A size for a message: ``"3.2 GiB"``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.3g} {unit}"
        size /= 1024
    return f"{size:.3g} TiB"


def _physical() -> Iterator[float]:
    try:
        yield float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return


def _free(root: Path) -> Iterator[float]:
    """What may be taken without swapping."""
    for line in _text(root / "proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            yield 1024.0 * float(line.split()[1])


def _left_in_groups(root: Path) -> Iterator[float]:
    """What is left of the process's control groups: its own, and those that hold it."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in {"", "memory"} & set(controllers.split(",")):
            folder, limit, usage = _NAMES[controller]
            mount = root / _GROUPS / folder
            own = mount / path.lstrip("/")
            # in a container the path may be that outside: then only the mount itself is there
            for group in (own, *own.parents):
                if group.is_relative_to(mount):
                    yield from _left_in(group, limit, usage)


def _left_in(group: Path, limit: str, usage: str) -> Iterator[float]:
    largest, used = _text(group / limit).strip(), _text(group / usage).strip()
    if largest.isdigit() and used.isdigit():
        yield float(largest) - float(used) + _reclaimable(group)


def _reclaimable(group: Path) -> float:
    """Bytes of files that the system holds for speed and gives back when asked."""
    for line in _text(group / "memory.stat").splitlines():
        name, _, value = line.partition(" ")
        if name in ("inactive_file", "total_inactive_file") and value.isdigit():
            return float(value)
    return 0.0


def _left_of_addresses(root: Path) -> Iterator[float]:
    try:
        import resource
    except ImportError:  # no such limits on this system
        return
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    pages = _text(root / "proc/self/statm").split()
    if limit != resource.RLIM_INFINITY and pages:
        yield float(limit) - float(pages[0]) * os.sysconf("SC_PAGE_SIZE")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
