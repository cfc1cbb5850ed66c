"""Results: a state with its report, labelled tables, and storage in zarr."""

from darkstate.results.estimate import Estimate
from darkstate.results.report import Report, Status
from darkstate.results.result import Result
from darkstate.results.tables import pair_curve, pair_table

__all__ = ["Estimate", "Report", "Result", "Status", "pair_curve", "pair_table"]
