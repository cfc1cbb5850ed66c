"""Thirty random networks by adjoint equations, against differences of whole solutions."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

import darkstate as ds
from darkstate.engines import Gaussian, Lindblad
from darkstate.systems import (
    Jump,
    OpenSystem,
    Qubit,
    sigma_minus,
    sigma_plus,
    sigma_x,
    sigma_y,
    sigma_z,
)

QUBITS = tuple(Qubit(f"q{k}") for k in range(3))
LETTERS = (sigma_x, sigma_y, sigma_z)


@dataclass(frozen=True)
class Qubits:
    """Three qubits with random couplings of pairs and jumps that are sums of local operators."""

    couplings: tuple[float, ...]
    rates: tuple[float, ...]
    seed: int

    def system(self):
        rng = np.random.default_rng(self.seed)
        H = 0.0 * sigma_z(QUBITS[0])
        for strength in self.couplings:
            first, second = rng.choice(3, 2, replace=False)
            one, two = (LETTERS[k] for k in rng.integers(3, size=2))
            H = H + strength * (one(QUBITS[first]) * two(QUBITS[second]))
        jumps = []
        for rate in self.rates:
            operator = 0.0 * sigma_z(QUBITS[0])
            for qubit in QUBITS:
                a, b, c = (complex(*z) for z in rng.normal(size=(3, 2)))
                operator = operator + a * sigma_minus(qubit) + 0.4 * b * sigma_plus(qubit)
                operator = operator + 0.2 * c * sigma_z(qubit)
            jumps.append(Jump(operator, rate))
        return OpenSystem(QUBITS, H, tuple(jumps))


def qubits(seed):
    rng = np.random.default_rng(seed)
    couplings, rates = rng.normal(size=4), rng.uniform(0.3, 1.5, size=3)
    return Qubits(tuple(couplings.tolist()), tuple(rates.tolist()), seed)


def chains(seed):
    rng = np.random.default_rng(seed)
    return ds.models.CavityChains(
        4,
        loss=tuple(rng.uniform(0.02, 0.3, 4).tolist()),
        hopping=tuple(rng.uniform(0.5, 1.5, 3).tolist()),
        detuning=tuple((0.2 * rng.normal(size=4)).tolist()),
        drive=ds.models.SqueezedDrive(float(rng.uniform(0.5, 2)), float(rng.uniform(0.2, 1))),
    )


def rails(seed):
    rng = np.random.default_rng(seed)
    return ds.models.DualRail(
        2,
        float(rng.uniform(0.3, 1.0)),
        detunings_a=tuple(rng.normal(size=2).tolist()),
        detunings_b=tuple(rng.normal(size=2).tolist()),
        dephasing=float(rng.uniform(0.02, 0.2)),
    )


SHARP = Lindblad(rtol=1e-13)
CASES = [
    *((qubits(seed), "q0", "q1", SHARP) for seed in range(10)),
    *((chains(seed), f"A{seed % 4 + 1}", f"B{seed % 4 + 1}", Gaussian()) for seed in range(10)),
    *(
        (rails(seed), f"A{seed % 2 + 1}", f"B{seed % 2 + 1}", Lindblad(rtol=1e-13))
        for seed in range(10)
    ),
]
FIELDS = {
    Qubits: ("couplings", "rates"),
    ds.models.CavityChains: ("loss", "hopping", "detuning", "drive.nbar"),
    ds.models.DualRail: ("squeezing", "detunings_b", "dephasing"),
}


def moved(model, name, k, h):
    owner, _, last = name.rpartition(".")
    inner = getattr(model, owner) if owner else model
    value = getattr(inner, last)
    if np.ndim(value):
        entries = np.array(value, dtype=float)
        entries[k] += h
        value = tuple(entries.tolist())
    else:
        value = value + h
    changed = replace(inner, **{last: value})
    return replace(model, **{owner: changed}) if owner else changed


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(CASES)))
def test_against_differences_of_fitted_order(number):
    """Differences of sixth order with three steps, which must agree: 1e-7 relative."""
    model, first, second, engine = CASES[number]
    near = 0.0 < ds.log_negativity(ds.steady_state(model).state, first, second) < 0.05  # a kink
    measure = ds.log_negativity if number % 3 and not near else ds.mutual_information
    merit = ds.merit(measure, first, second)
    fields = FIELDS[type(model)]
    found = ds.gradient(model, merit, fields)

    def value(name, k, h):
        return merit(ds.steady_state(moved(model, name, k, h), engine).state)

    for name in fields:
        k = number % max(1, found[name].size)
        owner, _, last = name.rpartition(".")
        p = np.ravel(getattr(getattr(model, owner) if owner else model, last))[k]
        slopes = []
        for step in (4e-3 * abs(p), 2e-3 * abs(p), 1e-3 * abs(p)):
            one, two, four = (
                (value(name, k, h) - value(name, k, -h)) / (2 * h)
                for h in (step, 2 * step, 4 * step)
            )
            fine, coarse = (4 * one - two) / 3, (4 * two - four) / 3
            slopes.append((16 * fine - coarse) / 15)
        best = slopes[1]
        noise = 1e-9 + 2 * abs(slopes[2] - slopes[1])
        slope = float(np.ravel(found[name].values)[k])
        assert abs(slopes[1] - slopes[0]) <= max(1e-5 * abs(best), 1e-8)
        assert slope == pytest.approx(best, rel=1e-7, abs=noise)
        assert abs(slope - best) <= float(np.ravel(found[f"{name} error"].values)[k]) + noise
