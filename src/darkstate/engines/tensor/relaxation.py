"""Relaxation of a density matrix that is a matrix-product state.

The vector of `superoperators.py` is carried forward by second-order steps (`steps.py`; four lines
for two rails, bond dimension 21) until the states of all sites stand still: if they
change by x within a window w and forget at the rate g, ``x/(1 - e^{-g w})`` is still to come. After
every step it is divided by its trace, which the generator keeps and a cut of bonds does not.

A step of length dt leaves an error of order dt^2 in the state where it stands still. So the length
is halved there, relaxation goes on, and the two results are extrapolated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from darkstate.engines.tensor.blocks import Array, Blocks, scaled
from darkstate.engines.tensor.mps import Cut, applied
from darkstate.engines.tensor.sites import Chain
from darkstate.engines.tensor.steps import steps_of
from darkstate.engines.tensor.superoperators import components, matrix_of, superoperator_chain


@dataclass
class Relaxation:
    """A density matrix on its way.

    Args:
        chain: the network.
        state: right-canonical real tensors of the vector, each in one block.
        cut: how bonds are cut.
    """

    chain: Chain
    state: list[Blocks]
    cut: Cut
    time: float = 0.0
    lost: float = field(init=False, default=0.0)
    steps: int = field(init=False, default=0)

    @classmethod
    def of_product(cls, chain: Chain, states: Sequence[Array], cut: Cut) -> Relaxation:
        """From a product of density matrices of the sites."""
        vectors = [components(each) for each in states]
        scale = float(np.prod([np.linalg.norm(v) for v in vectors]))
        tensors = [(v / np.linalg.norm(v)).reshape(1, -1, 1) for v in vectors]
        tensors[0] = tensors[0] * scale
        return cls(chain, [{(0, 0): A} for A in tensors], cut)

    @property
    def tensors(self) -> list[Array]:
        """The (chi, d^2, chi') tensors of the vector."""
        return [A[0, 0] for A in self.state]

    def with_bonds(self, cut: Cut) -> Relaxation:
        """The same state, to go on with other bonds."""
        return Relaxation(self.chain, list(self.state), cut, self.time)

    def stepper(self, dt: float) -> Callable[[], None]:
        """What makes one step of this length."""
        operator = steps_of(superoperator_chain(self.chain)).operator(dt)

        def step() -> None:
            moved, lost = applied(self.state, operator, self.cut)
            self.state, self.lost = moved, self.lost + lost
            self.state[0] = scaled(moved[0], 1.0 / self._traces()[-1][0])
            self.time, self.steps = self.time + dt, self.steps + 1

        return step

    def settle(self, dt: float, tolerance: float, longest: float, window: float) -> float:
        """Steps of length dt until no entry changes by more than `tolerance` within a `window`.

        Returns:
            The largest change of an entry within the last window; above `tolerance` where that was
            not reached within the time `longest`.
        """
        step, end, before = self.stepper(dt), self.time + longest, self.site_states()
        change = float("inf")
        while self.time < end and change > tolerance:
            for _ in range(max(1, round(window / dt))):
                step()
            after = self.site_states()
            change = max(float(np.abs(a - b).max()) for a, b in zip(after, before, strict=True))
            before = after
        return change

    def _traces(self) -> list[Array]:
        """Traces of all to the left of each bond."""
        found = [np.ones(1)]
        for A, d in zip(self.tensors, self.chain.sizes, strict=True):
            found.append(found[-1] @ A[:, 0, :] * np.sqrt(d))
        return found

    def site_states(self) -> list[Array]:
        """The reduced density matrices of all sites."""
        lefts, right, found = self._traces(), np.ones(1), []
        tensors = self.tensors
        for n in reversed(range(len(self.chain))):
            rho = matrix_of(np.einsum("a,axb,b->x", lefts[n], tensors[n], right))
            rho = 0.5 * (rho + rho.conj().T)
            found.append(rho / np.trace(rho).real)
            right = np.sqrt(self.chain.sizes[n]) * tensors[n][:, 0, :] @ right
        return found[::-1]
