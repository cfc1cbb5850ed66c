"""Long one-way networks: what lies upstream, compressed to what the next stages see of it.

``stages`` reads a network as a chain of stages with few channels between them, ``source`` a linear
source as the first link, ``assembly`` makes bilinear systems (``bilinear``) of all of them, in
sectors of parity where two rails are alike (``parity``), in a real form where there is one
(``real_form``). ``series`` connects two, ``joint`` and ``lookahead`` solve one with the next ones,
``reduction`` reduces its order by projections in a norm of ``metric``, ``sweep`` goes down the
chain, ``engine`` is the engine, ``states`` what it returns.
"""

from darkstate.engines.cascade.engine import Cascade
from darkstate.engines.cascade.states import StageStates

__all__ = ["Cascade", "StageStates"]
