"""What coefficients weigh in a slope: all at once, one by one, and as it is defined."""

from typing import Any

import numpy as np
import pytest

from darkstate.design import Merit, gradient
from darkstate.design import density_gradient as module
from darkstate.design.coefficients import coefficients
from darkstate.measures import log_negativity
from darkstate.models import DualRail
from darkstate.states import matrices
from darkstate.states.matrices import operator_matrix
from darkstate.systems import OpenSystem, OperatorSum


def defined(system: OpenSystem, dims: tuple[int, ...], X: Any, R: Any) -> list[complex]:
    """``Tr(X† L_k R)``, written down."""

    def matrix(product: Any) -> Any:
        return operator_matrix(OperatorSum({product: 1.0}), system.spaces, dims).toarray()

    found = []
    for key in coefficients(system):
        P = matrix(key[0])
        if len(key) == 1:
            moved = -1j * (P @ R - R @ P)
        else:
            Q = matrix(key[1]).conj().T
            moved = P @ R @ Q - 0.5 * (Q @ P @ R + R @ Q @ P)
        found.append(np.trace(X.conj().T @ moved))
    return found


@pytest.mark.parametrize("few", (-1, 32))
@pytest.mark.parametrize(
    "model",
    (
        DualRail(1, 0.5, detunings_a=0.3, dephasing=0.1),
        DualRail(2, 0.8, detunings_a=[0.3, -0.2], phase=0.4, loss=0.1, decay=0.05),
    ),
)
def test_weights_are_traces(model: DualRail, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FEW_STATES", few)
    system, dims = model.system(), (2,) * 2 * model.pairs
    rng, size = np.random.default_rng(2), 4**model.pairs
    X, R = rng.normal(size=(2, size, size)) + 1j * rng.normal(size=(2, size, size))
    keys = list(coefficients(system))
    terms = module.TermMatrices(system, dims)
    half = terms.weights(keys[::2], X, R)  # some products are known then
    wanted = np.array(defined(system, dims, X, R))
    found = terms.weights(keys, X, R)
    allowed = 1e-13 * np.linalg.norm(X) * np.linalg.norm(R)
    assert np.abs(found - wanted).max() <= allowed
    assert np.abs(half - wanted[::2]).max() <= allowed
    assert terms.weights([], X, R).shape == (0,)


def test_gradients_one_after_the_other_are_those_of_each_alone() -> None:
    """A symmetric point first, then others, zeros among them: to the last bit."""
    merit = Merit(log_negativity, "A1", "B1")
    points = [(0.0, 0.0, 0.1), (0.3, -0.3, 0.1), (0.3, 0.2, 0.0), (-0.3, 0.1, 0.05), (0, 0, 0.1)]
    models = [DualRail(1, 0.6, a, b, dephasing=0.02, decay=d) for a, b, d in points]
    names = ["squeezing", "detunings_a", "dephasing"]
    warm = [gradient(model, merit, names) for model in models]
    for found, model in zip(warm, models, strict=True):
        matrices._kept_entries.cache_clear()
        alone = gradient(model, merit, names)
        assert found.attrs["value"] == alone.attrs["value"]
        for name in alone:
            assert np.array_equal(found[name].values, alone[name].values)
