"""Systems of one structure, one after the other: what is kept between them changes no number."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import darkstate as ds
from darkstate.engines.density import compile as compiling
from darkstate.engines.density import generator as generating
from darkstate.engines.density.compile import compiled, product_blocks
from darkstate.engines.density.generator import Generator
from darkstate.engines.density.products import BlockProducts
from darkstate.states import matrices
from darkstate.systems import (
    Jump,
    Mode,
    OpenSystem,
    Qubit,
    Spin,
    destroy,
    identity,
    number,
    sigma_minus,
    sigma_plus,
    sigma_x,
    sigma_z,
    spin_minus,
    spin_z,
)

FEW = {
    "symmetric": np.ones(12),
    "zeros": np.array([0.0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]),
    "all zero but loss": np.array([0.0] * 9 + [1.0] * 3),
    "opposite": np.array([1.0, -1, 1, -1, 1, -1, 1, 1, 1, 1, 1, 1]),
    "far apart": np.array([1e8, 1e-8, 1, -1e8, 1e-8, 1, 1, 1e-9, 1, 1, 1e-6, 1]),
}
"""Coefficients at which structures differ; the last six are rates."""


def points() -> list[NDArray[np.float64]]:
    """Symmetric ones first, then none in particular, then back."""
    rng = np.random.default_rng(5)
    random = [np.concatenate([x[:6], np.abs(x[6:])]) for x in rng.normal(size=(4, 12))]
    return [*FEW.values(), *random, *FEW.values()]


def qubits(c: NDArray[np.float64]) -> tuple[OpenSystem, tuple[int, ...]]:
    """Three qubits in a ring; one jump is common to two of them."""
    q = [Qubit(f"q{k}") for k in range(3)]
    H = c[0] * sigma_z(q[0]) + c[1] * sigma_z(q[1]) + c[2] * sigma_x(q[2])
    for k, (a, b) in enumerate(((0, 1), (1, 2), (0, 2))):
        hop = c[3 + k] * (1j if k == 2 else 1.0) * sigma_plus(q[a]) * sigma_minus(q[b])
        H = H + hop + hop.adjoint()
    common = c[6] * sigma_minus(q[0]) - c[7] * sigma_plus(q[1])
    jumps = [Jump(common), *(Jump(sigma_minus(one), r) for one, r in zip(q, c[9:], strict=True))]
    return OpenSystem(tuple(q), H, (*jumps, Jump(sigma_z(q[1]), c[8]))), (2, 2, 2)


def mixture(c: NDArray[np.float64]) -> tuple[OpenSystem, tuple[int, ...]]:
    """A qubit, a mode and a spin, with constants in a jump."""
    q, a, s = Qubit("q"), Mode("a"), Spin("s", 2)
    H = c[0] * sigma_z(q) + c[1] * number(a) + c[2] * spin_z(s) + c[3] * number(a) ** 2
    for hop in (c[4] * destroy(a) * sigma_plus(q), 1j * c[5] * destroy(a) * spin_minus(s)):
        H = H + hop + hop.adjoint()
    light = destroy(a) + 0.5 * c[6] * identity()
    jumps = (Jump(light, c[9]), Jump(sigma_minus(q), c[10]), Jump(spin_minus(s), c[11]))
    return OpenSystem((q, a, s), H, (*jumps, Jump(spin_z(s), c[7]))), (2, 3, 3)


def arrays(generator: Generator) -> list[NDArray[Any]]:
    parts = [generator.hamiltonian, generator.effective, *generator.turned, generator.matrix]
    parts += [generator.real_form.matrix, generator.real_form.magnitude]
    parts += [channel.matrix for channel in generator.channels]
    found = [np.asarray(part.toarray()) for part in parts]
    return found if generator.middle is None else [*found, generator.middle]


@pytest.mark.parametrize("make", (qubits, mixture))
@pytest.mark.parametrize("charged", (True, False))
def test_what_is_kept_and_how_it_is_made_changes_nothing(
    make, charged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With entries of products kept, without, and one operator after the other: the same bits."""
    for c in points():
        system, dims = make(c)
        blocks = product_blocks(system, dims, charged=charged)
        warm = arrays(compiled(system, blocks))
        matrices._kept_entries.cache_clear()
        cold = arrays(compiled(system, blocks))
        with monkeypatch.context() as changed:
            changed.setattr(compiling, "_FEW", -1)
            changed.setattr(generating, "_FEW_STATES", -1)
            single = arrays(compiled(system, blocks))
        for first, second, third in zip(warm, cold, single, strict=True):
            assert np.array_equal(first, second)
            assert np.array_equal(first, third)


def brute(system: OpenSystem, dims: tuple[int, ...]) -> NDArray[np.complex128]:
    """The generator on row-major states, written down as it is defined."""
    H = matrices.operator_matrix(system.hamiltonian, system.spaces, dims).toarray()
    one = np.eye(len(H))
    total = -1j * (np.kron(H, one) - np.kron(one, H.T))
    for jump in system.jumps:
        c = matrices.operator_matrix(jump.operator, system.spaces, dims).toarray()
        lost = c.conj().T @ c
        damped = 0.5 * (np.kron(lost, one) + np.kron(one, lost.T))
        total = total + jump.rate * (np.kron(c, c.conj()) - damped)
    return total


@pytest.mark.parametrize("charged", (True, False))
def test_generators_are_what_is_written(charged: bool) -> None:
    """Also right after others of the same terms, at which more was conserved."""
    for c in points():
        system, dims = qubits(c)
        blocks = product_blocks(system, dims, charged=charged)
        generator = compiled(system, blocks)
        rng = np.random.default_rng(1)
        rho = rng.normal(size=(8, 8)) + 1j * rng.normal(size=(8, 8))
        rho = rho + rho.conj().T
        owner = generator.blocks.owner
        rho[owner[:, None] != owner] = 0.0
        flat = generator.blocks.gather(rho)
        found = generator.blocks.scatter(generator.matrix @ flat)
        wanted = (brute(system, dims) @ rho.ravel()).reshape(8, 8)
        allowed = 1e-13 * float(np.abs(brute(system, dims)).max()) * np.abs(rho).max()
        assert np.abs(found - wanted).max() <= allowed


@pytest.mark.parametrize("make", (qubits, mixture))
@pytest.mark.parametrize("charged", (True, False))
def test_the_least_price_of_products_is_less_than_their_price(make, charged: bool) -> None:
    """Or what is decided by it alone would be decided otherwise by the whole price."""
    for c in points():
        system, dims = make(c)
        generator = compiled(system, product_blocks(system, dims, charged=charged))
        least = BlockProducts.least_seconds(generator.blocks, generator.effective)
        assert least <= generator.product_seconds


def test_pieces_of_an_evolution_are_those_of_each_alone() -> None:
    """Twelve pieces of two qubits with other detunings, some symmetric: ``exp(L t)`` of each."""
    import scipy.linalg

    a, b = Qubit("a"), Qubit("b")
    state, rho = None, np.diag([1.0, 0, 0, 0]).astype(complex)
    for k, d in enumerate((0.0, 0.7, -0.7, 0.0, 0.3, 0.3) * 2):
        exchange = (0.0 if k % 4 == 3 else 0.6) * sigma_plus(a) * sigma_minus(b)
        H = d * sigma_z(a) - (d if k < 6 else 0.1) * sigma_z(b) + exchange + exchange.adjoint()
        H = H + (0.5 if k % 3 else 0.0) * sigma_x(a)
        jumps = (Jump(sigma_minus(a), 1.0), Jump(sigma_minus(b), 1.0 + 0.2 * (k % 2)))
        system = OpenSystem((a, b), H, jumps)
        result = ds.evolve(system, [0.0, 0.4], initial=state)
        state = result.state
        rho = (scipy.linalg.expm(0.4 * brute(system, (2, 2))) @ rho.ravel()).reshape(4, 4)
        allowed = (k + 1) * float(result.report.error_estimate or 0.0) + 1e-12
        assert np.abs(np.linalg.eigvalsh(state.matrix - rho)).sum() <= allowed
