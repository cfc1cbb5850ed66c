"""The certified range of dephasing of the state of Eq. (10)."""

import numpy as np
import xarray as xr
from papers_shared import check_claims, check_picture

from darkstate.papers.agusti2023.certified import CERTIFIED, dephased, limit_of


def by_hand() -> xr.Dataset:
    columns = {
        "certified": ("step", [0.01, 0.07, 0.02]),
        "uncertified": ("step", [0.011, 0.077, 0.022]),
        "fidelity": ("step", [0.001, 0.05, np.nan]),
    }
    attributes = {"undecided": 0}
    return xr.Dataset(columns, coords={"step": [0.05, 1.0, 20.0]}, attrs=attributes)


def test_the_figure_shows_and_tells():
    check_picture(CERTIFIED, by_hand())
    check_claims(CERTIFIED, by_hand())
    one, other = CERTIFIED.claims(by_hand())
    assert "most at Delta = 1 gamma: 0.07 gamma" in one.computed
    assert other.computed.startswith("1.4 to 10 times")


def test_the_limit_lies_beyond_what_the_fidelity_proves():
    found = limit_of(1.0, 0.5)
    assert found.certified < 0.08 < found.uncertified
    assert found.certificate.witness.proven
    assert dephased(1.0, 0.01).state.labels == ("A1", "A2", "B1", "B2")
