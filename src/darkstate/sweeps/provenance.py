"""What computed a point: versions of Python, darkstate, numpy, scipy and of the BLAS libraries.

Another BLAS, or another kernel of the same one on another processor, can change the last digits.
Each process that computes says what it has; the journal keeps it for all of its points, and a store
whose points differ in it says so.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from darkstate.results.digests import canonical
from darkstate.results.report import versions
from darkstate.sweeps.evaluate import Record

UNKNOWN = {"versions": "unknown"}
"""Of points whose process did not say."""


@cache
def software() -> dict[str, str]:
    """Versions of all that numbers depend on, in this process."""
    import scipy.linalg  # noqa: F401  loads its BLAS
    from threadpoolctl import threadpool_info

    found = {
        " ".join(str(one[key]) for key in ("internal_api", "version", "architecture") if key in one)
        for one in threadpool_info()
        if one["user_api"] == "blas" and not _is_of_others(one["filepath"])
    }
    return versions() | {"blas": ", ".join(sorted(found)) or "unknown"}


def _is_of_others(library: str) -> bool:
    """Whether a wheel other than NumPy's and SciPy's brought a library, such as that of a solver.

    It is there only where that package was imported, and computes none of our numbers.
    """
    folder = Path(library).parent.name
    return folder.endswith(".libs") and folder not in ("numpy.libs", "scipy.libs")


@cache
def software_text() -> str:
    """`software` as text: equal for equal versions."""
    return canonical(software())


def versions_of(records: Iterable[Record | None]) -> list[dict[str, Any]]:
    """The sets of versions that computed these records, with the number of points of each.

    Returns:
        ``[{"points": 12, "python": "3.12.1", "numpy": "2.1.0", ...}, ...]``, most points first.
    """
    counts = Counter(record.versions for record in records if record is not None)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"points": n} | (json.loads(text) if text else UNKNOWN) for text, n in ordered]
