"""Light and ensembles: input-output relations, commutators, steady variances, slices."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import darkstate as ds
from darkstate.engines.gaussian.mode_functions import record_covariances
from darkstate.errors import ArgumentError
from darkstate.experiments import LightInterface, LightPulse, stepwise_variances
from darkstate.experiments.formulas import coupling_of, falling, memory, rising, unit, variance_of
from darkstate.experiments.interface import CHANNELS, QUADRATURE
from darkstate.states import GaussianState

RATES = st.floats(0.05, 2.0)
Z = st.floats(1.0, 4.0)
LOSS = st.just(0.0) | st.floats(1e-50, 2.0)
PARTS = st.just(0.0) | st.floats(1e-50, 1.0)


def variance(state):
    return [np.array(QUADRATURE[c]) @ state.covariance @ QUADRATURE[c] for c in CHANNELS]


@given(RATES, Z, LOSS, st.floats(1.0, 3.0), PARTS)
@settings(max_examples=12)
def test_steady_variances_are_those_of_the_engines(rate, z, extra, noise, efficiency):
    interface = LightInterface(rate, z, extra, noise)
    blind = ds.steady_state(interface.system()).state
    seen = ds.conditional_state(interface.system(efficiency)).state
    np.testing.assert_allclose(variance(blind), interface.steady_variance(), rtol=1e-10)
    np.testing.assert_allclose(variance(seen), interface.steady_variance(efficiency), rtol=1e-9)
    # xi of the two ensembles: var(x_I - x_II) + var(p_I + p_II) over that of the vacuum
    assert np.mean(variance(blind)) == pytest.approx(ds.epr_variance(blind, "I", "II"))


@given(Z, st.just(0.0) | st.floats(1e-50, 3.0))
@settings(max_examples=30)
def test_the_printed_equation_and_no_gain_without_noise(z, g):
    v = LightInterface(1.0, z, g).steady_variance(1.0)
    assert z**2 * v**2 + (g - 1) * v - g == pytest.approx(0, abs=1e-11)
    for efficiency in (0.0, 0.3, 1.0):
        assert LightInterface(1.0, z).steady_variance(efficiency) == pytest.approx(z**-2)
        blind = LightInterface(1.0, z, g).steady_variance()
        assert LightInterface(1.0, z, g).steady_variance(efficiency) <= blind * (1 + 1e-12)


def sliced_pulse(interface, duration, slices):
    """Symplectic matrix of a pulse, slice by slice: atoms, then (light, other noise) per slice.

    Each slice exchanges atoms and light with strength Z (1/Z for the other quadratures), then atoms
    and noise as on a beam splitter: nothing but symplectic maps.
    """
    size = 1 + 2 * slices
    q, r = np.eye(size), np.eye(size)  # maps of (q, X, F) and of (r, P, F'), apart
    h = duration / slices
    z, t, u = (
        interface.coupling, math.exp(-interface.rate * h / 2), math.exp(-interface.extra * h / 2)
    )  # fmt: skip
    for k in range(slices):
        light, other = 1 + 2 * k, 2 + 2 * k
        for matrix, scale in ((q, z), (r, 1 / z)):
            atoms, entering = matrix[0].copy(), matrix[light].copy()
            matrix[0] = t * atoms - math.sqrt(1 - t * t) / scale * entering
            matrix[light] = t * entering + scale * math.sqrt(1 - t * t) * atoms
            atoms, entering = matrix[0].copy(), matrix[other].copy()
            matrix[0] = u * atoms + math.sqrt(1 - u * u) * entering
            matrix[other] = u * entering - math.sqrt(1 - u * u) * atoms
    return q, r


@pytest.mark.parametrize("extra", [0.0, 0.2])
def test_input_output_relations_of_a_pulse(extra):
    """kappa, the rising and falling mode, and all commutators, from slices of light."""
    interface, duration, slices = LightInterface(0.4, 2.5, extra), 3.0, 250
    q, r = sliced_pulse(interface, duration, slices)
    assert np.abs(q @ r.T - np.eye(len(q))).max() < 1e-12  # [q_i, r_j] = i delta_ij
    pulse = LightPulse("read", 0.0, duration, slices)
    down, up = unit(falling(interface.gamma, pulse)), unit(rising(interface.gamma, pulse))
    out_q, out_r = down @ q[1::2], down @ r[1::2]  # the falling mode that leaves
    kappa = math.sqrt(interface.kappa2(duration))
    assert out_q[0] == pytest.approx(kappa, rel=4e-3)
    assert out_r[0] == pytest.approx(kappa / 2.5**2, rel=4e-3)
    faded = math.exp(-interface.gamma * duration)
    assert q[0, 0] == pytest.approx(faded, rel=1e-3)
    written = unit(q[0, 1::2])  # what atoms keep of the light is its rising mode
    assert abs(written @ up) == pytest.approx(1, abs=1e-5)
    single = out_q[0] * out_r[0] + faded**2
    assert single == pytest.approx(interface.single_mode_commutator(duration), abs=4e-3)
    entering = out_q[1::2]
    if extra == 0:  # the light that enters is one mode, and the commutator is complete
        assert entering @ up == pytest.approx(faded, rel=4e-3)
        assert np.linalg.norm(entering) == pytest.approx(faded, rel=4e-3)
        assert single == pytest.approx(1, abs=4e-3)
        assert faded**2 == pytest.approx(1 - interface.kappa2(duration) / 2.5**2)
    else:
        overlap = (entering @ up) ** 2 / (entering @ entering)
        assert overlap < 0.99
        assert single < 0.9


@given(RATES, Z, PARTS, st.floats(1.0, 2.0), st.floats(0.3, 1.0), st.floats(0.1, 3.0))
@settings(max_examples=8)
def test_the_variance_is_recovered_from_exact_moments(rate, z, extra, noise, efficiency, v):
    """Reconstruction against the covariance of the record from the Gaussian engine."""
    interface, read = LightInterface(rate, z, extra, noise), LightPulse("read", 0.0, 2.0, 7)
    initial = GaussianState.from_covariance(("I", "II"), 0.5 * max(v, 1 / v) * np.eye(4))
    watched = ds.observe(interface.system(efficiency), [0.0, *read.times.tolist()], initial=initial)
    covariance, _ = record_covariances(watched)
    w = unit(falling(interface.gamma, read))
    for channel in range(2):
        mode = w @ covariance[channel::2, channel::2] @ w / read.width
        found = variance_of(
            mode, rate, interface.gamma, z**2, efficiency, noise, read
        )  # fmt: skip
        assert found == pytest.approx(max(v, 1 / v), rel=1e-7)


def test_kappa_from_mean_values_of_displaced_light():
    interface = LightInterface(0.3, 2.5, 0.1)
    write, read = LightPulse("write", 0.0, 3.0, 12), LightPulse("read", 0.0, 2.0, 9)
    turn = np.kron(np.eye(2), [[0.0, 1.0], [-1.0, 0.0]])
    w, sent = unit(falling(interface.gamma, read)), unit(rising(interface.gamma, write))
    given_ = 2 * math.sqrt(0.7) * 5.0 * math.sqrt(write.width) * sent.sum()
    for conjugate, expected in ((True, 0.3 * 2.5**2), (False, 0.3)):
        system = interface.system(0.7, 5.0, conjugate)
        mean = ds.evolve(system, [0.0, 3.0]).state.mean_quadratures
        mean = (turn @ mean if conjugate else mean)[None]
        plain = ds.observe(interface.system(0.7), [0.0, *read.times.tolist()])
        record = []
        for step in plain.steps:
            mean, y = step.draw(mean, np.zeros((1, len(step.noise))))
            record.append(y[0] / math.sqrt(read.width))
        for channel in range(2):
            ratio = -(w @ np.array(record)[:, channel]) / given_
            found = coupling_of(ratio, interface.gamma, write, read)
            assert found == pytest.approx(expected, rel=1e-10)


def test_bin_averages():
    pulse = LightPulse("read", 1.0, 3.0, 4)
    t = (np.arange(800) + 0.5) / 400  # midpoints: the error is of second order
    fine = np.exp(-0.9 * t)
    np.testing.assert_allclose(falling(0.9, pulse), fine.reshape(4, -1).mean(axis=1), rtol=1e-6)
    assert np.array_equal(rising(0.9, pulse), falling(0.9, pulse)[::-1])
    kernel = memory(0.9, pulse)
    first, second = t[:200], t[200:400]
    apart = np.exp(-0.9 * np.abs(first[:, None] - second)).mean()
    same = np.exp(-0.9 * np.abs(first[:, None] - first)).mean()
    assert kernel[0, 1] == pytest.approx(apart, rel=1e-5)
    assert kernel[2, 2] == pytest.approx(same, rel=1e-4)
    assert falling(1e-9, pulse) == pytest.approx(np.ones(4))


@pytest.mark.parametrize("efficiency", [1.0, 0.6])
def test_slices_tend_to_the_riccati_equation_at_first_order(efficiency):
    interface, errors = LightInterface(1.0, 2.5, 0.4), []
    truth = ds.observe(interface.system(efficiency), [0.0, 2.0]).state()
    for slices in (50, 100, 200, 400):
        found = stepwise_variances(interface, efficiency, 2.0 / slices, slices)
        assert found[0] == 1.0
        errors.append(found[-1] - variance(truth)[0])
    np.testing.assert_allclose(np.log2(np.array(errors[:-1]) / errors[1:]), 1, atol=0.05)
    assert stepwise_variances(interface, efficiency, 0.001, 1, 0.5)[0] == 0.5


BAD = [
    (lambda: LightInterface(0.0, 2.0), "`rate` must be > 0"),
    (lambda: LightInterface(1.0, 0.9), "`coupling` must be >= 1"),
    (lambda: LightInterface(1.0, 2.0, -1.0), "`extra` must be >= 0"),
    (lambda: LightInterface(1.0, 2.0, 0.0, 0.5), "`noise` must be >= 1"),
    (lambda: LightInterface(1.0, 2.0).steady_variance(1.1), "`efficiency` must be <= 1"),
    (lambda: stepwise_variances(LightInterface(1, 2), 1.0, 0.0, 3), "`step` must be > 0"),
    (lambda: stepwise_variances(LightInterface(1, 2), 1.0, 0.1, 0), "`steps` must be >= 1"),
    (lambda: stepwise_variances(LightInterface(1, 2), 1.0, 0.1, 2, 0.0), "`start` must be > 0"),
    (lambda: stepwise_variances(LightInterface(1, 2), -1.0, 0.1, 2), "`efficiency` must be >= 0"),
]


@pytest.mark.parametrize(("call", "message"), BAD, ids=range(len(BAD)))
def test_bad_numbers(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()
