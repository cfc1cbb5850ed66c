"""The collective engine: ensembles of atoms by permutation symmetry.

`basis.py` sorts the ``|J, M>`` of all ensembles into blocks, `generator.py` writes the equation on
them, `dark.py` finds pure steady states in Hilbert space, `steady.py` mixed ones with the
preconditioner of `nojump.py`; `conserved.py` names why a steady state is not unique, `strategy.py`
puts the methods in order, `cost.py` predicts their price, and `engine.py` is what users call.
"""

from darkstate.engines.collective.engine import Collective

__all__ = ["Collective"]
