"""Density matrices: exact steady states and evolutions of qubits, spins, modes and ensembles.

One equation in two bases. `basis.py` sorts basis states into blocks by charges and total spins,
`compile.py` makes matrices of the system on them, `generator.py` and `products.py` apply the
Lindblad generator, in real numbers where phases allow it (`gauge.py`). `strategy.py` tries methods
in turn: dark states in Hilbert space with a proof of uniqueness (`dark.py`), small sectors
directly and larger ones by GMRES with the no-jump evolution as preconditioner (`steady.py`,
`nojump.py`), or evolving until nothing moves. `attempts.py` repeats it with Fock cut-offs that are
large enough; `cost.py` predicts the price, `conserved.py` names why a steady state is not unique,
`response.py` how it answers to parameters (`transient.py` at a time, `slowest.py` the gap), and
`hierarchy/` eliminates linear sources.
"""

from darkstate.engines.density.collective import Collective
from darkstate.engines.density.engine import Lindblad
from darkstate.engines.density.response import LinearResponse

__all__ = ["Collective", "Lindblad", "LinearResponse"]
