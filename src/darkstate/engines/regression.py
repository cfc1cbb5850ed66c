"""Two-time means of a stationary state: what is asked, whoever answers (quantum regression).

    C(tau) = Tr[O e^(L tau) (K rho B)] = <B(0) O(tau) K(0)>,   tau >= 0.

``<A(tau) C(0)>`` is O = A, K = C, B = 1 for tau >= 0, and O = C, K = 1, B = A at -tau; the
correlation of intensities ``<c† c†(tau) c(tau) c>`` is O = c† c, K = c, B = c†.

Source: Lax, Phys. Rev. 129, 2342 (1963).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from darkstate.systems.open_system import OpenSystem
from darkstate.systems.operators import OperatorSum


@dataclass(frozen=True)
class Regression:
    """A two-time mean.

    Args:
        observed: O, at the later time.
        ket: K, before the state.
        bra: B, behind it.
    """

    observed: OperatorSum
    ket: OperatorSum
    bra: OperatorSum


@runtime_checkable
class TwoTimes(Protocol):
    """An engine that knows means at two times."""

    def correlations(
        self, system: OpenSystem, state: Any, asked: Regression, delays: NDArray[np.float64]
    ) -> NDArray[np.complex128]:
        """C at increasing delays >= 0, from the stationary state."""
        ...

    def spectrum(
        self, system: OpenSystem, state: Any, asked: Regression, frequencies: NDArray[np.float64]
    ) -> NDArray[np.complex128]:
        """``int_0^inf dtau e^(-i w tau) (C(tau) - C(inf))`` at the frequencies."""
        ...

    def steady_engine(self, system: OpenSystem) -> Any:
        """The engine with options with which it finds the stationary state that it needs."""
        ...
