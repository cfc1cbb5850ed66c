"""How fast this machine is against the core that predicted times are stated for.

Prices (`darkstate.engines.contract.Cost`) count seconds of one slow core of a cloud server, which
multiplies two matrices of 1000 rows in 0.11 s; a faster one took half of them. What engines decide
by prices is decided in these seconds, so that a result does not depend on the machine. What is
*told* is scaled by one factor, `slowness`: 1 until `calibrate` has measured it, by work of the same
kinds as the engines' own (small dense products, sparse products, many small calls), and kept it
for this machine in the user's cache folder.
"""

from __future__ import annotations

import json
import math
import os
import platform
import tempfile
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from darkstate.linalg.threads import one_blas_thread

_REPEATS = 9
_LIKELY = (1e-2, 1e2)
"""Factors beyond these are no machine's but a damaged file's."""
REFERENCE = {"dense products": 0.0141, "sparse products": 0.0133, "small calls": 0.0084}
"""Processor seconds of each kind of work on the core that prices are stated for."""


@lru_cache(maxsize=1)
def slowness() -> float:
    """Seconds here for one second of a predicted time; 1 where `calibrate` was never called."""
    try:
        known = json.loads(cache_file().read_text(encoding="utf-8"))
        factor = float(known[platform.node()])
    except (OSError, ValueError, KeyError, TypeError):
        return 1.0
    return factor if _LIKELY[0] <= factor <= _LIKELY[1] else 1.0


def calibrate() -> dict[str, float]:
    """Measure this machine against the reference, and keep it for predicted times.

    Returns:
        The factor of each kind of work (above 1: slower than the reference), and ``"all"``, their
        geometric mean, which is kept.

    Raises:
        OSError: the cache folder cannot be written.
    """
    found = {name: _least(work) / REFERENCE[name] for name, work in _works().items()}
    found["all"] = math.exp(sum(map(math.log, found.values())) / len(found))
    path = cache_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        known = dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        known = {}
    known[platform.node()] = round(found["all"], 4)  # machines may share one home folder
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, delete=False, encoding="utf-8"
    ) as writing:
        json.dump(known, writing)
    os.replace(writing.name, path)
    slowness.cache_clear()
    return found


def cache_file() -> Path:
    """Where factors are kept: ``$XDG_CACHE_HOME/darkstate/slowness.json``."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "darkstate" / "slowness.json"


def _works() -> dict[str, Callable[[], object]]:
    """One piece of each kind of work, some ten milliseconds long."""
    import scipy.sparse as sp

    rng = np.random.default_rng(0)
    square = rng.normal(size=(160, 160))
    sparse = sp.random_array((20000, 20000), density=5e-4, rng=rng, format="csr")
    vector, small, order = rng.normal(size=20000), np.eye(4), np.arange(4)

    def dense_products() -> None:
        for _ in range(8):
            np.linalg.eigvalsh(square @ square.T)

    def sparse_products() -> None:
        for _ in range(40):
            sparse.dot(vector)

    def small_calls() -> None:
        for _ in range(600):
            np.concatenate([small[order], np.where(small > 0.5, small @ small, 0.0)])

    return {
        "dense products": dense_products,
        "sparse products": sparse_products,
        "small calls": small_calls,
    }


def _least(work: Callable[[], object]) -> float:
    """The least processor seconds of several times: what else the machine does takes no part."""
    spent = []
    with one_blas_thread():
        for _ in range(_REPEATS):
            start = time.process_time()
            work()
            spent.append(time.process_time() - start)
    return min(spent)
