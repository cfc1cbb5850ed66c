"""How fast a site forgets by itself, which says how long a cascade must be watched.

Light runs one way. A site with nothing arriving obeys

    d rho/dt = K rho + rho K† + sum_k c_k rho c_k† + sum_f (c_f rho c_f† - rate_f rho),

k its part of the jumps, f those at fixed rates. The smallest ``-Re lambda`` besides zero says how
long its own memory is. For the first site it is a rate of the whole cascade; for the others, if
nothing arrives. Light that arrives may drive a site to forget faster or more slowly: so this is a
scale to wait for, no bound, and drifts are looked for besides.
"""

from __future__ import annotations

import numpy as np

from darkstate.engines.tensor.blocks import Array
from darkstate.engines.tensor.sites import Chain


def local_generator(chain: Chain, n: int) -> Array:
    """(d^2, d^2) generator of site n alone, of density matrices written row by row."""
    K, one = chain.local[n], np.eye(len(chain.local[n]))
    found = np.kron(K, one) + np.kron(one, K.conj())
    for channel in (*chain.channels, *chain.clocks):
        if n in channel.parts:
            c = channel.parts[n]
            found = found + np.kron(c, c.conj())
    fixed = sum(
        rate for channel, rate in zip(chain.clocks, chain.rates, strict=True) if n in channel.parts
    )
    return found - fixed * np.eye(len(found))


def slowest_site(chain: Chain) -> tuple[int, float]:
    """The site that forgets most slowly, and its rate; zero if it never forgets."""
    gaps = []
    for n in range(len(chain)):
        rates = np.sort(-np.linalg.eigvals(local_generator(chain, n)).real)
        gaps.append(max(0.0, float(rates[1])))
    slowest = int(np.argmin(gaps))
    return slowest, gaps[slowest]
