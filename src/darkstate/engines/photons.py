"""How many Fock states a system will need: what its modes alone fill, for predictions of the cost.

Without what they are coupled to, linear modes have closed equations
(`darkstate.systems.quadratic`). Populations of a Gaussian state fall by ``n/(1 + n)`` a level, with
``n = <a†a> + |<aa>|`` of its fluctuations. Of other modes the brightest classical field is taken at
which what drives one mode is as large as what turns and damps it. Nothing is decided by this but
what users are told.
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

    Modes without a stationary state, or that nothing drives, are left out.
    """
    modes = tuple(space for space in system.spaces if isinstance(space, Mode))
    if not modes or system.time_dependent:
        return {}
    kept = [replace(jump, operator=_of_modes(jump.operator)) for jump in system.jumps if jump.rate]
    jumps = tuple(jump for jump in kept if len(jump.operator))
    try:
        form = quadratic_form(OpenSystem(modes, _of_modes(system.hamiltonian), jumps))
    except EngineMismatchError:
        fields = {mode.label: _classical_photons(system, mode) for mode in modes}
        return {label: _levels(n) for label, n in fields.items() if 0.0 < n < MOST}
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
        found[mode.label] = int(min(MOST, np.ceil(tail) + _levels(coherent)))
    return found


def _levels(photons: float) -> int:
    """Fock states of a coherent state."""
    return int(np.ceil(photons + 6.0 * photons**0.5))


def _classical_photons(system: OpenSystem, mode: Mode) -> float:
    """The largest n with ``|i w(n) + k(n)/2| sqrt(n) <= |f| + 2 |g| sqrt(n)``.

    `w` and `k` are the frequency and the damping of one mode in a field of n photons, f and g what
    drives it by one quantum and by two.
    """
    n = np.arange(1.0, MOST + 1)
    turning, damping, drive = np.zeros(MOST), np.zeros(MOST), np.zeros(MOST)
    for product, c in system.hamiltonian:
        if len(product) == 1 and product[0][0] == mode:
            word = product[0][1]
            up, down = word.count("+"), word.count("-")
            if up == down:
                turning += up * c.real * n ** (up - 1)
            elif up < down:  # the other ones are the conjugates
                drive += down * abs(c) * n ** (0.5 * (up + down) - 1.0)
    for jump in system.jumps:
        for product, c in jump.operator:
            if len(product) == 1 and product[0][0] == mode:
                word, rate = product[0][1], jump.rate * abs(c) ** 2
                change = word.count("-") - word.count("+")
                damping += change * rate * n ** (len(word) - 1.0)
    bright = np.flatnonzero(np.abs(1j * turning + 0.5 * damping) <= drive)
    return float(n[bright[-1]]) if len(bright) else 0.0


def _of_modes(operator: OperatorSum) -> OperatorSum:
    """Its terms that act on nothing but modes."""
    return OperatorSum(
        {
            product: c
            for product, c in operator
            if all(isinstance(space, Mode) for space, _ in product)
        }
    )
