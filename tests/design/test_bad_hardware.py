"""What is wrong with a target or a library is said, with a remedy."""

import numpy as np
import pytest
from hardware_sets import ghz, pairs, pure

import darkstate as ds
from darkstate.errors import ArgumentError, CapacityError, UnphysicalError
from darkstate.states import DensityState, GaussianState, PureState
from darkstate.systems import (
    Ensemble,
    Mode,
    Qubit,
    Spin,
    create,
    destroy,
    identity,
    pulses,
    sigma_minus,
    sigma_x,
    sigma_z,
    spin_minus,
)
from darkstate.systems.signals import signal

Q, A, B = Qubit("q1"), Mode("a"), Mode("b")
ONE = pure([1, 0])
LOSS = [sigma_minus(Q)]
PAIR = GaussianState.two_mode_squeezed(("a", "b"), 0.5)
MODES = [destroy(A), destroy(B)]

WRONG = [
    ((ONE, []), "generate something"),
    ((ONE, [[], []]), "generate something"),
    ((ONE, [identity()]), "generate something"),
    ((ONE, [0 * sigma_x(Q)]), "not be zero"),
    ((ONE, [Qubit("q1")]), "jumps"),
    ((ONE, sigma_minus(Q)), "list"),
    ((ONE, "loss"), "list"),
    ((ONE, [LOSS, sigma_z(Q)]), "all operators"),
    ((ONE, LOSS, [sigma_minus(Q)]), "Hermitian"),
    ((ONE, LOSS, [identity()]), "do something"),
    ((ONE, LOSS, sigma_x(Q)), "list"),
    ((ONE, [sigma_minus(Qubit("q2"))]), "Did you mean 'q1'"),
    ((ONE, [destroy(A)]), "labels of the target"),
    ((ghz(2), LOSS), "every label"),
    ((ONE, [spin_minus(Spin("q1", 2))]), "fit Spin"),
    ((ONE, LOSS, [create(Mode("q1")) * destroy(Mode("q1"))]), "kind and size"),
    ((PureState(("q1",), (3,), np.eye(3)[0]), [spin_minus(Ensemble("q1", 2))]), "Spin('q1', 2)"),
    ((ONE, [signal(pulses.gaussian(0, 1, 1)) * sigma_minus(Q)]), "constant"),
    ((ONE.density(), LOSS), "pure"),
    ((np.array([1.0, 0.0]), LOSS), "PureState"),
    ((GaussianState.thermal(("a",), 0.2), [destroy(A)]), "pure"),
    ((GaussianState(("a",), [[0]], [[0]], [1.0]), [destroy(A)]), "mean zero"),
    ((PAIR, [destroy(A), destroy(B) ** 2]), "linear"),
    ((PAIR, MODES, [destroy(A) + create(A)]), "quadratic"),
    ((GaussianState.vacuum(("q1",)), LOSS), "of modes"),
]


@pytest.mark.parametrize(("given", "words"), WRONG)
def test_what_is_wrong_is_named(given, words):
    with pytest.raises(ArgumentError, match="must") as caught:
        ds.synthesise(*given)
    assert words in str(caught.value)


def test_other_arguments_and_sizes():
    with pytest.raises(ArgumentError, match="`dark`"):
        ds.synthesise(ONE, LOSS, dark=1)
    with pytest.raises(ArgumentError, match="`seed`"):
        ds.synthesise(ONE, LOSS, seed=-1)
    with pytest.raises(UnphysicalError, match="norm"):
        PureState(("q1",), (2,), np.array([1.0, 1.0]))
    with pytest.raises(CapacityError, match="smaller copy"):
        ds.synthesise(ghz(10), pairs(10))
    assert isinstance(ONE.density(), DensityState)
