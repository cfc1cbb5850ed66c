"""Gaussian engine: any quadratic system of modes, of any size.

It looks for structure (`structure.py`), proves or refutes stability (`stability.py`), then takes

* ``dense``: Sylvester equations between blocks of amplitudes (`dense.py`),
* ``chains``: for damped chains, an integral over frequency by matrix products (`chains.py`), or
* ``quadrature``: for huge narrow-banded networks with few noise inputs, an integral over frequency
  that keeps only the pairs asked for (`large.py`).

It also evolves states in time, conditions them on homodyne records and gives output fields.
Linear Langevin equations with coloured noise and a periodic drift are solved in `periodic.py`.
"""

from darkstate.engines.gaussian.engine import Gaussian

__all__ = ["Gaussian"]
