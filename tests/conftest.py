"""What holds for every test: no windows, one thread per worker, reproducible examples."""

from __future__ import annotations

import os

from hypothesis import settings
from threadpoolctl import threadpool_limits

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
