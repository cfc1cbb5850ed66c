"""Virtual experiments: pulse sequences on ensembles, their homodyne records, and the evaluation.

    records = VirtualExperiment(shots=1000).run(seed=1)     a simulated laboratory
    write_records(records, "run.csv")                       what a laboratory would hand over
    found = estimate(read_records("run.csv"))               kappa^2, decay times, xi with intervals

`interface.py` has the physics and its derivation, `layout.py` what is measured, `files.py` the
layout of files, `formulas.py` the reconstruction.
"""

from darkstate.experiments.estimate import Evaluation, estimate
from darkstate.experiments.files import read_records, write_records
from darkstate.experiments.interface import LightInterface
from darkstate.experiments.layout import LightPulse, Series, Setup
from darkstate.experiments.quantities import MeasuredQuantity
from darkstate.experiments.records import ExperimentRecords
from darkstate.experiments.stepwise import stepwise_variances
from darkstate.experiments.virtual import TrueValues, VirtualExperiment

__all__ = [
    "Evaluation",
    "ExperimentRecords",
    "LightInterface",
    "LightPulse",
    "MeasuredQuantity",
    "Series",
    "Setup",
    "TrueValues",
    "VirtualExperiment",
    "estimate",
    "read_records",
    "stepwise_variances",
    "write_records",
]
