"""What holds for every test: no windows, one thread per worker, reproducible examples."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext

import pytest
from hypothesis import settings
from threadpoolctl import threadpool_limits

import reseeded
import unfriendly

if "PYTEST_XDIST_WORKER" in os.environ:
    # The variables reach libraries that are loaded from now on, and the commands of test_docs;
    # the call those that a plugin of pytest has loaded already (zarr's loads numpy).
    for _library in ("OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "VECLIB_MAXIMUM", "NUMEXPR_NUM"):
        os.environ[f"{_library}_THREADS"] = "1"
    threadpool_limits(1)
os.environ["MPLBACKEND"] = "Agg"

settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("explore", parent=settings.get_profile("ci"), derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Tests on another processor (`unfriendly.py`), or with other draws (`reseeded.py`)."""
    text = "run on a processor that returns other, equally valid factors, chosen by this seed"
    parser.addoption("--unfriendly", type=int, default=None, metavar="SEED", help=text)
    text = "run with other random numbers: every seed is shifted by this number"
    parser.addoption("--reseed", type=int, default=None, metavar="SHIFT", help=text)


@pytest.fixture(autouse=True)
def _as_asked(request: pytest.FixtureRequest) -> Iterator[None]:
    """The processor of ``--unfriendly`` and the draws of ``--reseed``, if any."""
    seed, shift = (request.config.getoption(name) for name in ("--unfriendly", "--reseed"))
    with (
        nullcontext() if seed is None else unfriendly.processor(seed),
        nullcontext() if shift is None else reseeded.random_numbers(shift),
    ):
        yield


@pytest.fixture
def unfriendly_processor() -> Callable[..., AbstractContextManager[None]]:
    """``with unfriendly_processor(seed): ...`` runs what is inside on another processor."""
    return unfriendly.processor
