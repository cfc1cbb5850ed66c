"""Gaussian engine: any quadratic system of modes, of any size.

It looks for structure (`structure.py`), proves or refutes stability (`stability.py`), then takes

* ``dense``: Sylvester equations between blocks of amplitudes (`dense.py`),
* ``chains``: for damped chains, an integral over frequency by matrix products (`chains.py`), or
* ``quadrature``: for huge narrow-banded networks with few noise inputs, an integral over frequency
  that keeps only the pairs asked for (`large.py`).

It also evolves states in time and gives output fields. Under homodyne detection it gives the
conditional steady state (`conditional.py`) and the conditional dynamics, simulated records, the
filter of given ones and mode functions (`observation.py`).
Linear Langevin equations with coloured noise and a periodic drift are solved in `periodic.py`.
"""

from darkstate.engines.gaussian.engine import Gaussian
from darkstate.engines.gaussian.mode_functions import ExponentialMode
from darkstate.engines.gaussian.observation import Observation
from darkstate.engines.gaussian.records import GaussianRecords, Track

__all__ = ["ExponentialMode", "Gaussian", "GaussianRecords", "Observation", "Track"]
