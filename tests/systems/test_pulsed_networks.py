"""Networks under pulses: at every time the generator is that of a constant network; refusals."""

from __future__ import annotations

import numpy as np
import pytest
from systems_dense import dense, dissipator, liouvillian

import darkstate as ds
from darkstate.errors import ArgumentError
from darkstate.models import (
    CavityAtomChains,
    CavityChains,
    ChannelSwitch,
    CouplingSwitch,
    DetuningShift,
    DualRail,
    ExchangeDrive,
    GaussianPulse,
    ParametricDrive,
    ParametricPair,
    Pulsed,
    RampPulse,
    SampledPulse,
    SechPulse,
    SinusoidPulse,
    SiteDrive,
    SpinChains,
    SqueezedDrive,
    StepPulse,
)
from darkstate.systems import OpenSystem, Qubit, sigma_minus, sigma_plus
from darkstate.systems.time_parts import TimeParts

T = 0.7
SHAPE = GaussianPulse(1.0, 0.8)
F = float(np.exp(-0.5 * (0.3 / 0.8) ** 2))


def at(system: OpenSystem, time: float, cutoff: int = 2) -> np.ndarray:
    """The dense generator of a system at one time."""
    parts = TimeParts.of(system)
    weights = parts.coefficients(np.array([time]))[0]
    return sum(r * liouvillian(p, cutoff) for r, p in zip(weights, parts.systems, strict=True))


def test_shapes():
    t = np.linspace(-1, 3, 9)
    pairs = [
        (SHAPE, np.exp(-0.5 * ((t - 1) / 0.8) ** 2)),
        (SechPulse(1.0, 0.5), 1 / np.cosh((t - 1) / 0.5)),
        (RampPulse(0.0, 2.0, 1.0, 3.0), np.clip(1 + t, 1, 3)),
        (StepPulse(0.3, 1.0, 0.0), np.where(t < 0.3, 1.0, 0.0)),
        (SinusoidPulse(2.0, 0.4), np.cos(2 * t + 0.4)),
        (SampledPulse(times=tuple(t), values=tuple(t**3)), t**3),
        (SampledPulse(times=(-2, 6), values=(0, 4), interpolation="linear", time_unit=0.5), t + 1),
        (
            SampledPulse(times=(-1, 3), values=(0, 4), imaginary=(1, 1), interpolation="linear"),
            t + 1 + 1j,
        ),
    ]
    for shape, expected in pairs:
        assert np.allclose(shape.pulse()(t), expected)


@pytest.mark.parametrize(
    "given",
    [
        {"dephasing": 0.02},
        {"loss": 0.3, "phase": 0.4},
        {"directionality": 0.7, "decay": 0.1},
    ],
)
def test_switched_couplings_of_rails_are_those_of_constant_rails(given):
    """The exchange between nodes carries both pulses: with f real, gamma_j -> gamma_j f^2."""
    rest = {"pairs": 2, "squeezing": 0.7, "detunings_a": [0.3, -0.1], **given}
    switched = Pulsed(
        DualRail(coupling=[1.0, 2.0], **rest),
        (CouplingSwitch(("A1", "B1"), SHAPE), CouplingSwitch(("A2", "B2"), StepPulse(0.0, 1, 0.5))),
    )
    constant = DualRail(coupling=[F**2, 2.0 * 0.25], **rest)
    assert np.allclose(at(switched.system(), T), liouvillian(constant.system()), atol=1e-12)


def test_a_switched_coupling_behind_a_source_of_finite_bandwidth():
    switch = CouplingSwitch(("A1", "B1"), SHAPE)
    rail = {"pairs": 1, "squeezing": 0.7, "bandwidth": 4.0}
    found = at(Pulsed(DualRail(coupling=1.5, **rail), (switch,)).system(), T)
    assert np.allclose(found, liouvillian(DualRail(coupling=1.5 * F**2, **rail).system(), 2))
    for drive, other in (
        (SqueezedDrive(0.8, 0.5), SqueezedDrive(0.8 * F**2, 0.5)),
        (ParametricDrive(0.8, 0.5, 5.0), ParametricDrive(0.8 * F**2, 0.5, 5.0)),
    ):
        found = at(Pulsed(SpinChains(1, drive=drive), (switch,)).system(), T)
        assert np.allclose(found, liouvillian(SpinChains(1, drive=other).system(), 2))
        found = at(Pulsed(CavityChains(1, drive=drive), (switch,)).system(), T)
        assert np.allclose(found, liouvillian(CavityChains(1, drive=other).system(), 2))


def entangled(state) -> float:
    return ds.log_negativity(state, "A1", "B1")


def test_a_rail_whose_couplers_are_shut_is_not_followed_by_its_light():
    network = DualRail(1, 0.8, dephasing=0.0)
    shut = Pulsed(network, (CouplingSwitch(("A1", "B1"), StepPulse(2.0, 1.0, 0.0)),))
    result = ds.evolve(shut, [0.0, 2.0, 9.0], measures={"E": entangled})
    open_ = ds.evolve(network, [0.0, 2.0], measures={"E": entangled})
    assert result.table["E"].values[1:] == pytest.approx([float(open_.table["E"][1])] * 2, abs=1e-5)


def test_drives_are_terms_of_the_hamiltonian():
    chains = SpinChains(2, dephasing=0.3)
    a1, b2 = Qubit("A1"), Qubit("B2")
    entries = (
        SiteDrive("A1", 2.0, SHAPE, detuning=3.0, phase=0.2),
        DetuningShift("B2", -1.5, SHAPE),
        ExchangeDrive(("A1", "B2"), 0.4, SHAPE, phase=0.5),
        ChannelSwitch(("A2 dephasing",), SHAPE),
    )
    found = at(Pulsed(chains, entries).system(), T)
    c, d = sigma_minus(a1), sigma_minus(b2)
    turn, cross = np.exp(-1j * (3.0 * T + 0.2)), np.exp(-0.5j)
    added = 2.0 * F * (c.adjoint() * turn + c * np.conj(turn)) - 1.5 * F * sigma_plus(b2) * d
    added = added + 0.4 * F * (c.adjoint() * d * cross + d.adjoint() * c * np.conj(cross))
    system = chains.system()
    H = dense(added, system.spaces)
    eye = np.eye(len(H))
    (jump,) = (jump for jump in system.jumps if jump.name == "A2 dephasing")
    faded = jump.rate * (F**2 - 1) * dissipator(dense(jump.operator, system.spaces))
    expected = liouvillian(system) - 1j * (np.kron(H, eye) - np.kron(eye, H.T)) + faded
    assert np.allclose(found, expected, atol=1e-12)


def test_a_pi_pulse_turns_a_qubit():
    width = 0.05
    strength = np.pi / (2 * width * np.sqrt(2 * np.pi))
    weak = SpinChains(1, drive=SqueezedDrive(1e-12, 0.0))
    pulsed = Pulsed(weak, (SiteDrive("A1", strength, GaussianPulse(0.5, width)),))
    up = {"up": sigma_plus(Qubit("A1")) * sigma_minus(Qubit("A1"))}
    table = ds.evolve(pulsed, [0.0, 1.0], observables=up).table
    assert float(table["up"][-1]) == pytest.approx(1.0, abs=1e-6)


def test_a_stored_result_is_solved_again(tmp_path):
    shape = SampledPulse(times=(0, 1, 2), values=(0, 1, 0), interpolation="linear")
    model = Pulsed(DualRail(1, 0.5), (SiteDrive("A1", 1.0, shape),))
    result = ds.evolve(model, [0.0, 1.0, 2.0], observables=sigma_plus(Qubit("A1")))
    again = ds.load_result(result.save(tmp_path / "a.zarr"))
    assert again.model["network"]["kind"] == "DualRail"
    assert again.model["pulses"][0]["shape"]["values"] == [0, 1, 0]
    assert again.system == model.system()
    once_more = ds.evolve(again.system, [0.0, 1.0, 2.0], observables=sigma_plus(Qubit("A1")))
    assert np.array_equal(once_more.table["observable"], result.table["observable"])


RAIL = DualRail(1, 0.5, dephasing=0.1)
WAVY = SampledPulse(times=(0, 1), values=(0, 1), imaginary=(0, 1), interpolation="linear")


@pytest.mark.parametrize(
    ("pulses", "said"),
    [
        ((), r"`pulses` must be a list of pulses, at least one"),
        (SiteDrive("A1", 1.0, SHAPE), r"`pulses` must be a list"),
        ([SiteDrive("A7", 1.0, SHAPE)], r"`pulses\[0\]\.site` must be a site .* Did you mean 'A1'"),
        ([ExchangeDrive(("A1", "A1"), 1.0, SHAPE)], r"`pulses\[0\]\.sites` must be two sites"),
        ([DetuningShift("A1", 1.0, WAVY)], r"`pulses\[0\]\.shape` must be real"),
        ([SiteDrive("A1", float("nan"), SHAPE)], r"`pulses\[0\]\.strength` must be finite"),
        ([CouplingSwitch(("A2",), SHAPE)], r"`pulses\[0\]\.sites\[0\]` must name a coupling"),
        ([CouplingSwitch(("A1", "A1"), SHAPE)], r"`pulses\[0\]\.sites\[1\]` must be switched once"),
        ([ChannelSwitch(("A1 decay",), SHAPE)], r"`pulses\[0\]\.channels\[0\]` must name a jump"),
    ],
)  # fmt: skip
def test_pulses_that_do_not_fit_are_refused(pulses, said):
    with pytest.raises(ArgumentError, match=said):
        Pulsed(RAIL, pulses)


def test_networks_that_do_not_fit_are_refused():
    with pytest.raises(ArgumentError, match="`network` must be CavityChains"):
        Pulsed(ParametricPair(), (SiteDrive("A1", 1.0, SHAPE),))
    switch = (CouplingSwitch(("A1",), SHAPE),)
    with pytest.raises(ArgumentError, match="This network has none"):
        Pulsed(CavityAtomChains(2, effective=True), switch)  # its cavities are gone
    assert Pulsed(CavityAtomChains(2), switch).system().time_dependent
    cascade = DualRail(1, 0.5, bandwidth=3.0)  # channel "A" is the light of source and node
    with pytest.raises(ArgumentError, match="must name a jump of one site"):
        Pulsed(cascade, (ChannelSwitch(("A",), SHAPE),))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "`file` must be a file that is there"),
        ("", "must have columns 'time,value'"),
        ("t,f\n0,1\n", "must have columns 'time,value'"),
        ("time,value\n0,0\n1,1\n0.5,0\n2,0\n", "0.5 behind 1 in line 4 of p.csv"),
        ("time,value\n0,0\n\n1,1\n1,0\n2,0\n", "1 behind 1 in line 5 of p.csv"),
        ("time,value\n0,0\n1,one\n", "but is \"'1,one' in line 3 of p.csv\""),
        ("time,value\n0,0\n1,nan\n", "have 2 finite numbers in each line"),
        ("time,value\n0,0\n1,1,1\n", "have 2 finite numbers in each line"),
        ("time,value\n0,0\n1,1\n", "`times` must be at least 4 finite numbers"),
    ],
)
def test_tables_that_are_none_are_refused(tmp_path, text, said):
    file = tmp_path / "p.csv"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ArgumentError) as caught:
        SampledPulse(file=str(file))
    assert said in str(caught.value)


def test_a_table_is_read_once(tmp_path):
    file = tmp_path / "p.csv"
    file.write_text("time,real,imaginary\n0,0,1\n1, 1,0\n2,0,-1\n4,1,1\n")
    shape = SampledPulse(str(file), time_unit=0.5)
    file.unlink()
    assert shape.file is None
    assert np.allclose(shape.pulse()(np.array([0, 0.5, 2])), [1j, 1, 1 + 1j])
    for wrong, said in (
        ({"file": str(file), "times": (0, 1)}, "be left out beside"),
        ({"times": (0, 1, 2, 3), "values": (0, 1)}, "`values` must be 4 finite numbers"),
        ({"times": (0, 1), "values": (0, 1), "imaginary": (1,)}, "`imaginary` must be 2 numbers"),
        ({"times": (0, 1), "values": (0, 1), "time_unit": 0}, "`time_unit` must be > 0"),
        ({"times": (0, 1), "values": (0, 1), "interpolation": "wavy"}, "`interpolation` must"),
    ):
        with pytest.raises(ArgumentError, match=said):
            SampledPulse(**wrong)
