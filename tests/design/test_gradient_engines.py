"""Gradients by all engines at random points, against closed forms and engines with adjoints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import comb
from typing import Any

import numpy as np
import pytest

import darkstate as ds
from darkstate.engines import Cascade, Collective, Lindblad, Moments
from darkstate.models import DualRail, EnsembleRepeater
from darkstate.repeaters import Lattice
from darkstate.systems import (
    Ensemble,
    Jump,
    OpenSystem,
    Spin,
    spin_minus,
    spin_plus,
    spin_x,
    spin_z,
)

RELATIVE = 1e-7


def check(found: Any, truth: dict[str, Any], wrong: Any = None) -> None:
    """Both to 1e-7 of the largest slope of the field, and within the error told."""
    for name, exact in truth.items():
        values, errors = (np.ravel(found[key].values) for key in (name, f"{name} error"))
        off = np.abs(values - np.ravel(exact))
        own = 0.0 if wrong is None else np.ravel(wrong[f"{name} error"].values)
        assert np.all(off <= errors + own), (name, off, errors)
        assert np.all(off <= RELATIVE * np.abs(np.ravel(exact)).max() + 1e-10), (name, off, exact)


# Ensembles ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Atoms:
    """N atoms that decay (g) and are pumped (p) one by one: each has the purity
    ``(g^2 + p^2)/(g + p)^2`` and ``<n> = p/(g + p)``."""

    atoms: int
    decay: float
    pump: float

    def system(self) -> OpenSystem:
        e = Ensemble("e", self.atoms)
        down = Jump(spin_minus(e), self.decay, each_atom=True)
        up = Jump(spin_plus(e), self.pump, each_atom=True)
        return OpenSystem((e,), jumps=(down, up))


@dataclass(frozen=True)
class Driven:
    """Collective decay, pump and drive of a spin: of symmetric atoms or as it stands."""

    drive: float
    detuning: float
    pump: float
    ensemble: bool

    def system(self) -> OpenSystem:
        s: Any = Ensemble("s", 5) if self.ensemble else Spin("s", 5)
        hamiltonian = self.drive * spin_x(s) + self.detuning * spin_z(s)
        return OpenSystem((s,), hamiltonian, (Jump(spin_minus(s)), Jump(spin_plus(s), self.pump)))


def atoms(seed: int) -> Atoms:
    rng = np.random.default_rng(seed)
    return Atoms(int(rng.integers(2, 6)), *rng.uniform(0.3, 1.5, 2).tolist())


@pytest.mark.parametrize("seed", range(3))
def test_single_atoms(seed: int) -> None:
    model = atoms(seed)
    g, p, n = model.decay, model.pump, model.atoms
    found = ds.gradient(model, ds.merit(ds.purity), ("decay", "pump"), engine=Collective())
    one = (g**2 + p**2) / (g + p) ** 2
    slope = n * one ** (n - 1) * 2 * p * (g - p) / (g + p) ** 3
    check(found, {"decay": slope, "pump": -slope * g / p})


@pytest.mark.parametrize("seed", range(3))
def test_moments_that_close(seed: int) -> None:
    model = replace(atoms(seed), atoms=1000)
    g, p = model.decay, model.pump
    found = ds.gradient(model, polarisation, ("decay", "pump"), engine=Moments())
    check(found, {"decay": -2 * p / (g + p) ** 2, "pump": 2 * g / (g + p) ** 2})


def polarisation(state: Any) -> float:
    return float(state.mean[2]) / (0.5 * state.atoms[0])


@pytest.mark.parametrize("seed", range(3))
def test_collective_spins(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = Driven(*rng.uniform(0.3, 1.5, 2).tolist(), float(rng.uniform(0.1, 0.9)), False)
    fields, z = ("drive", "detuning", "pump"), spin_z(Spin("s", 5))
    exact = ds.gradient(model, ds.merit(ds.expect, z), fields, engine=Lindblad())
    atoms_z = spin_z(Ensemble("s", 5))
    twin = replace(model, ensemble=True)
    found = ds.gradient(twin, lambda s: ds.expect(atoms_z, s), fields, engine=Collective())
    check(found, {name: exact[name].values for name in fields}, exact)


# Cascades -----------------------------------------------------------------------------------------


def rails(seed: int, pairs: int, **others: Any) -> DualRail:
    rng = np.random.default_rng(seed)
    detunings = rng.normal(size=(2, pairs))
    return DualRail(
        pairs, float(rng.uniform(0.3, 1.0)), detunings_a=tuple(detunings[0].tolist()),
        detunings_b=tuple(detunings[1].tolist()), dephasing=float(rng.uniform(0.02, 0.2)), **others,
    )  # fmt: skip


SLOW = pytest.mark.slow
TWO = [pytest.param(seed, 2, 128, marks=[SLOW] if seed else []) for seed in range(4)]
THREE = [pytest.param(seed, 3, dim, marks=SLOW) for seed, dim in ((4, 8), (5, 128))]


@pytest.mark.parametrize(("seed", "pairs", "dimension"), TWO + THREE)
def test_cascades(seed: int, pairs: int, dimension: int) -> None:
    model = rails(seed, pairs)
    merit = ds.merit(ds.mutual_information, f"A{pairs}", f"B{pairs}")
    fields = ("squeezing", "dephasing") if pairs == 2 else ("squeezing",)
    exact = ds.gradient(model, merit, fields, engine=Lindblad())
    found = ds.gradient(model, merit, fields, engine=Cascade(dimension=dimension))
    check(found, {name: exact[name].values for name in fields}, exact)


@SLOW
def test_what_is_dropped_is_covered_by_the_error() -> None:
    """Of four pairs the last one is read behind a compression to few numbers."""
    model = rails(0, 4)
    merit = ds.merit(ds.mutual_information, "A4", "B4")
    exact = ds.gradient(model, merit, ("squeezing", "dephasing"), engine=Lindblad())
    found = ds.gradient(model, merit, ("squeezing", "dephasing"), engine=Cascade(dimension=16))
    for name in ("squeezing", "dephasing"):
        assert abs(float(found[name] - exact[name])) <= float(found[f"{name} error"])


@SLOW
@pytest.mark.parametrize("seed", range(2))
def test_sources_of_finite_bandwidth(seed: int) -> None:
    """The hierarchy, and the same source compressed; a factor of all rates changes nothing."""
    rng = np.random.default_rng(seed)
    model = DualRail(
        1, float(rng.uniform(0.2, 0.5)), detunings_a=[0.3], detunings_b=[-0.1],
        bandwidth=float(rng.uniform(5, 20)), dephasing=0.05,
    )  # fmt: skip
    fields = ("coupling", "bandwidth", "detunings_a", "detunings_b", "dephasing")
    exact = Lindblad(method="hierarchy", edge=1e-9)
    found = ds.gradient(model, ds.merit(ds.purity), fields, engine=exact)
    terms = [float(np.sum(found[n].values * np.array(getattr(model, n)))) for n in fields]
    assert abs(sum(terms)) <= 1e-9 * max(map(abs, terms)) + 1e-10
    few, compressed = ("coupling", "dephasing"), Cascade(tolerance=1e-5)
    other = ds.gradient(model, ds.merit(ds.purity), few, engine=compressed)
    check(found, {name: other[name].values for name in few}, other)


# Repeaters ----------------------------------------------------------------------------------------


def repeater_slopes(model: EnsembleRepeater) -> dict[str, float]:
    """``dE = Tr(sign(rho^T) d rho^T) / (|rho^T|_1 ln 2)`` of three nodes, in the whole space."""
    N, t, gamma = model.atoms, float(model.time), float(np.ravel(model.dephasing)[0])
    psi = np.sqrt([comb(N, n) / 2.0**N for n in range(N + 1)])
    n = np.arange(N + 1)
    a, k, b = np.meshgrid(n, n, n, indexing="ij")
    energy = (-a * k + k * b).astype(float)
    amplitude = psi[a] * psi[k] ** 2 * psi[b] * np.exp(1j * model.offset * k)
    phases = np.exp(-1j * t * energy) * amplitude

    def pair(x: Any) -> tuple[Any, Any]:
        return x[:, :, :, None, None, None], x[None, None, None]

    ket, bra = pair(phases)
    apart = sum((one - two) ** 2 for one, two in map(pair, (a, k, b)))
    whole = ket * bra.conj() * np.exp(-2 * gamma * t * apart)
    one, two = pair(energy)
    three, four = pair(k)
    parts = {
        "time": -1j * (one - two) - 2 * gamma * apart,
        "dephasing": -2 * t * apart,
        "offset": 1j * (three - four),
    }

    def ends(x: Any) -> Any:
        return np.einsum("akbcld->abcd", x)

    rho, found = ends(whole), {}
    size = float(np.einsum("abab->", rho).real)
    rho = rho / size
    D = (N + 1) ** 2
    turned = rho.transpose(0, 3, 2, 1).reshape(D, D)
    values, vectors = np.linalg.eigh(turned)
    sign = (vectors * np.sign(values)) @ vectors.conj().T
    for name, factor in parts.items():
        moved = ends(whole * factor) / size
        moved = moved - rho * float(np.einsum("abab->", moved).real)
        change = np.sum(sign.T * moved.transpose(0, 3, 2, 1).reshape(D, D)).real
        found[name] = float(change / (np.abs(values).sum() * np.log(2.0)))
    return found


REPEATERS = [
    EnsembleRepeater(3, 3, 0.7),
    EnsembleRepeater(3, 4, 1.9),
    EnsembleRepeater(3, 5, 0.4, offset=0.3),
    EnsembleRepeater(3, 3, 0.7, dephasing=0.02),
    EnsembleRepeater(3, 4, 1.1, dephasing=0.1, offset=0.2),
    EnsembleRepeater(3, 5, 2.3, dephasing=0.05),
]


@pytest.mark.parametrize("model", REPEATERS, ids=lambda m: f"{m.atoms}, {m.dephasing}")
def test_repeaters(model: EnsembleRepeater) -> None:
    fields = ["time", "dephasing", *(["offset"] if model.offset else [])]
    found = ds.gradient(model, ds.merit(ds.log_negativity, "1", "3"), fields)
    exact = repeater_slopes(model)
    check(found, {name: exact[name] for name in fields})


@pytest.mark.parametrize("time", [0.8, pytest.param(1.3, marks=SLOW)])
def test_huge_ensembles(time: float) -> None:
    """The slope by time has structure at the scale of one over the number of atoms."""
    model = EnsembleRepeater(4, 10_000, time)
    first: Callable[[Any], float] = lambda state: ds.entropy(state, "1")  # noqa: E731
    found = ds.gradient(model, first, "time")
    steps: Sequence[float] = (1e-7, 2e-7)

    def entropy(t: float) -> float:
        return first(ds.solve(replace(model, time=t)).state)

    one, two = ((entropy(time + h) - entropy(time - h)) / (2 * h) for h in steps)
    assert abs(float(found["time"]) - (4 * one - two) / 3) <= float(found["time error"]) + 2e-6
    other = ds.gradient(model, first, "time", engine=Lattice())
    told = float(found["time error"] + other["time error"])
    assert abs(float(found["time"] - other["time"])) <= told
