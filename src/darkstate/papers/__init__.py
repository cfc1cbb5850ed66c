"""The papers behind darkstate, recomputed: figures, data and claims."""

from darkstate.checks import check_choice
from darkstate.papers.agusti2023 import AGUSTI2023
from darkstate.papers.base import Claim, Figure, Paper, Verdict
from darkstate.papers.drivenmodes import DRIVENMODES
from darkstate.papers.li2026 import LI2026
from darkstate.papers.muschik2012 import MUSCHIK2012
from darkstate.papers.running import PaperRun, run_paper, to_compute
from darkstate.papers.zippilli2013 import ZIPPILLI2013

PAPERS: tuple[Paper, ...] = (ZIPPILLI2013, AGUSTI2023, DRIVENMODES, MUSCHIK2012, LI2026)
"""Every paper; the command line, tests and docs iterate over it."""


def paper(name: str) -> Paper:
    """The paper with this id.

    Raises:
        ArgumentError: no such paper; the nearest id is offered.
    """
    known = {entry.id: entry for entry in PAPERS}
    return known[check_choice("paper", name, known)]


__all__ = [
    "PAPERS",
    "Claim",
    "Figure",
    "Paper",
    "PaperRun",
    "Verdict",
    "paper",
    "run_paper",
    "to_compute",
]
