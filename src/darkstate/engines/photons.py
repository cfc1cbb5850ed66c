"""How many Fock states a system will need: what its modes alone fill, for predictions of the cost.

Without what they are coupled to, linear modes have closed equations
(`darkstate.systems.quadratic`). Populations of a Gaussian state fall by ``n/(1 + n)`` a level, with
``n = <a†a> + |<aa>|`` of its fluctuations. Nothing is decided by this but what users are told.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.linalg

from darkstate.errors import EngineMismatchError
from darkstate.systems.open_system import OpenSystem
from darkstate.systems.operators import OperatorSum
from darkstate.systems.quadratic import quadratic_form
from darkstate.systems.spaces import Mode

MOST = 1000
"""Fock states that are predicted at most."""


def expected_levels(system: OpenSystem, edge: float) -> dict[str, int]:
    """Fock states of each mode above which it has a population of `edge` if it is alone.

    Empty where modes are not linear, have no stationary state, or there are none.
    """
    modes = tuple(space for space in system.spaces if isinstance(space, Mode))
    if not modes or system.time_dependent:
        return {}
    kept = [replace(jump, operator=_of_modes(jump.operator)) for jump in system.jumps if jump.rate]
    jumps = tuple(jump for jump in kept if len(jump.operator))
    try:
        form = quadratic_form(OpenSystem(modes, _of_modes(system.hamiltonian), jumps))
    except EngineMismatchError:
        return {}
    (W, Wc), (number, pair) = form.drift, form.source
    drift, source = (
        np.block([[x.toarray(), y.toarray()], [y.toarray().conj(), x.toarray().conj()]])
        for x, y in ((W, Wc), (number, pair))
    )
    if not np.linalg.eigvals(drift).real.max() < 0.0:
        return {}
    moments = scipy.linalg.solve_continuous_lyapunov(drift, -source)
    means = np.linalg.solve(drift, -np.concatenate([form.drive, form.drive.conj()]))
    found, size = {}, len(modes)
    for k, mode in enumerate(modes):
        n = abs(moments[k, k]) + abs(moments[k, size + k])
        coherent = float(abs(means[k]) ** 2)
        tail = np.log(edge) / np.log(n / (1.0 + n)) if n > 0.0 else 0.0
        found[mode.label] = int(min(MOST, np.ceil(tail + coherent + 6.0 * coherent**0.5)))
    return found


def _of_modes(operator: OperatorSum) -> OperatorSum:
    """Its terms that act on nothing but modes."""
    return OperatorSum(
        {
            product: c
            for product, c in operator
            if all(isinstance(space, Mode) for space, _ in product)
        }
    )
