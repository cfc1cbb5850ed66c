r"""LangevinSystem: modes whose baths remember, and whose drive has a period.

An `OpenSystem` says that baths are white and that, in some frame, nothing depends on time. Where
that is not so but everything is linear, the modes still obey closed equations, together with a few
auxiliary variables that carry the memory of the baths::

    dv/dt = Σ_h W_h exp(-i h Ω t) v + B ξ,     v = (a_1, a_1†, a_2, a_2†, ..., y_1, y_2, ...)

The auxiliary variables ``y`` and the noise operators ``ξ`` are Hermitian, the spectrum of ``ξ`` is
arbitrary. With ``P`` the permutation that exchanges every ``a_i`` with ``a_i†``, the equation of
``a_i†`` is the adjoint of the one of ``a_i`` exactly if ``W_{-h} = P W_h* P`` and ``B = P B*``.

The steady state of such a system repeats itself with the period ``2π/Ω``: it is a family of states,
labelled by the *phase* ``Ω t`` of the drive. A result shows the one at `phase`, in the frame in
which mode i rotates at ``frame[i]``, so ``a_i -> a_i exp(-i frame[i] t)``. Frames change phases of
single modes and no entanglement.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_array, check_labels, check_real
from darkstate.errors import ArgumentError, UnphysicalError
from darkstate.linalg.floquet import PeriodicLangevin
from darkstate.systems.chain import MeasuredChain
from darkstate.systems.open_system import OpenSystem


@dataclass(frozen=True, eq=False)
class LangevinSystem:
    """Linear Langevin equations of labelled modes and auxiliary variables; see the module's text.

    Args:
        labels: names of the N modes; they own the first 2N variables.
        equations: drift, noise inputs and noise spectrum.
        frame: rotation frequency of each mode's frame, one number or N numbers.
        phase: of the drive, ``Ω t`` in radians, at which a steady state is read.

    Raises:
        ArgumentError: fewer variables than the modes need, wrong labels, frame or phase.
        UnphysicalError: the equation of some ``a_i†`` is not the adjoint of that of ``a_i``.
    """

    labels: tuple[str, ...]
    equations: PeriodicLangevin
    frame: float | tuple[float, ...] = 0.0
    phase: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", check_labels("labels", self.labels, self.labels))
        modes, size = len(self.labels), len(self.equations.inputs)
        if size < 2 * modes:
            remedy = "Order the variables a_1, a_1†, a_2, a_2†, ..., then the auxiliary ones."
            rule = f"have at least {2 * modes} variables for {modes} modes"
            raise ArgumentError("equations", rule, size, remedy)
        remedy = "Give one frequency, or one per mode."
        frame = check_array("frame", self.frame, (modes,), remedy=remedy)
        object.__setattr__(self, "frame", tuple(frame.tolist()))
        check_real("phase", self.phase, remedy="Give the phase of the drive in radians.")
        self._check_adjoint()

    def _check_adjoint(self) -> None:
        swap = np.arange(len(self.equations.inputs))
        pairs = swap[: 2 * len(self.labels)].reshape(-1, 2)
        swap[: pairs.size] = pairs[:, ::-1].ravel()
        blocks = self.equations.harmonics
        scale = max((float(np.max(np.abs(block))) for block in blocks.values()), default=0.0)
        remedy = "Write a_i† with the conjugate coefficients of a_i; keep the others Hermitian."
        for h, block in blocks.items():
            mirror = np.conj(blocks.get(-h, np.zeros_like(block)))[np.ix_(swap, swap)]
            miss = float(np.max(np.abs(block - mirror)))
            if miss > 1e-12 * scale:
                rule = f"have W_h = P conj(W_-h) P for h = {h} (largest difference 0)"
                raise UnphysicalError("equations", rule, miss, remedy)
        inputs = self.equations.inputs
        miss = float(np.max(np.abs(inputs - np.conj(inputs[swap])), initial=0.0))
        if miss > 1e-12 * float(np.max(np.abs(inputs), initial=0.0)):
            rule = "have inputs B = P conj(B) (largest difference 0)"
            raise UnphysicalError("equations", rule, miss, remedy)

    @property
    def memory(self) -> int:
        """How many auxiliary variables there are."""
        return len(self.equations.inputs) - 2 * len(self.labels)

    @property
    def time(self) -> float:
        """The first time at which the drive has the phase `phase`."""
        return self.phase / self.equations.frequency

    def rotated(self, moments: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """``<v v†>`` of the modes at `time`, (2N, 2N), from the laboratory to the frame."""
        angles = self.time * np.asarray(self.frame)
        turn = np.exp(1j * np.stack([angles, -angles], axis=1).ravel())
        return turn[:, None] * moments * turn.conj()


System = OpenSystem | LangevinSystem | MeasuredChain
"""What a model may be: every engine reads an `OpenSystem`; `engine.accepts` names more."""
