"""What a solution is expected to take: iterations of GMRES, and factors of the generator.

Counts are compared with those of the solvers, never times: they are the same on every processor up
to a few. What is fitted to systems is right within a factor of three on those below.
"""

from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse

import darkstate as ds
from darkstate.engines.density import steady
from darkstate.engines.density.compile import compiled, dimensions, product_blocks
from darkstate.engines.density.cost import direct_cost, krylov_cost
from darkstate.engines.density.expected import elimination, expected_iterations
from darkstate.engines.density.steady import SteadySolution, krylov_steady_state
from darkstate.engines.stationary import TraceSolver
from darkstate.models import AtomicEnsembles, CavityAtomChains, DualRail, SpinChains
from darkstate.systems import (
    Jump,
    Mode,
    OpenSystem,
    Qubit,
    create,
    destroy,
    number,
    plus_hc,
    sigma_minus,
    sigma_x,
    sigma_z,
    total,
)


def generator_of(system, cutoff=None):
    system = system if isinstance(system, OpenSystem) else system.system()
    return compiled(system, product_blocks(system, dimensions(system, cutoff)))


def chain(dephasing=0.0, decay=0.5, unit=1.0):
    q = [Qubit(f"q{k}") for k in range(4)]
    H = total([0.7 * sigma_x(each) for each in q])
    for a, b in pairwise(q):
        H = H + 0.5 * sigma_z(a) * sigma_z(b)
    jumps = [Jump(sigma_minus(each), unit * decay) for each in q]
    jumps += [Jump(sigma_z(each), unit * dephasing) for each in q if dephasing]
    return OpenSystem(tuple(q), unit * H, tuple(jumps))


def kerr_pair():
    modes = Mode("a"), Mode("b")
    H = plus_hc(destroy(modes[0])) - plus_hc(create(modes[0]) * destroy(modes[1]))
    for m in modes:
        H = H + 0.25 * create(m) ** 2 * destroy(m) ** 2 - 0.5 * number(m)
    return OpenSystem(modes, H, tuple(Jump(destroy(m), 1.0) for m in modes))


COUNTED = (
    (chain(), None),
    (chain(dephasing=50.0), None),
    (DualRail(3, 0.5, dephasing=0.1), None),
    (DualRail(3, 2.0, dephasing=0.01), None),
    (SpinChains(3, dephasing=0.1), None),
    (CavityAtomChains(1, loss=0.01), 6),
    (kerr_pair(), 7),
)


@pytest.mark.parametrize(("system", "cutoff"), COUNTED)
def test_iterations_are_expected_within_a_factor_of_three(system, cutoff):
    generator = generator_of(system, cutoff)
    krylov_steady_state(generator, 1e-9)
    # the trials of classical rates apply L twice, which is what the factor is wide for
    ratio = generator.applications / generator.expected_iterations
    assert 1 / 3 < ratio < 3


def test_what_makes_a_system_hard():
    def expected(system, cutoff=None):
        return generator_of(system, cutoff).expected_iterations

    assert expected(DualRail(3, 2.0, dephasing=0.1)) > expected(DualRail(3, 0.5, dephasing=0.1))
    assert expected(chain(dephasing=100.0)) < expected(chain(dephasing=1.0)) < expected(chain())
    weak, strong = (CavityAtomChains(1, loss=0.1, atom_coupling=g) for g in (0.001, 1.0))
    assert expected(weak, 5) > 2 * expected(strong, 5)


def test_units_of_time_do_not_count():
    fast = generator_of(chain(dephasing=0.3, unit=1e6)).expected_iterations
    assert fast == pytest.approx(generator_of(chain(dephasing=0.3)).expected_iterations)


def test_nothing_that_moves_populations_is_a_matter_of_the_trials_alone():
    generator = generator_of(chain(decay=0.0, dephasing=1.0))
    assert expected_iterations(generator.effective, generator.turned) < 20
    assert expected_iterations(generator.effective, []) < 20


@pytest.mark.parametrize(
    ("system", "cutoff"),
    [(DualRail(3, 1.0, dephasing=0.1), None), (CavityAtomChains(1, loss=0.01), 5), (chain(), None)],
)
def test_factors_have_as_many_entries_as_expected(system, cutoff):
    generator = generator_of(system, cutoff)
    form = generator.real_form
    solver = TraceSolver.of(form.matrix, form.diagonal, form.scale, False)
    assert solver is not None
    assert 1 / 3 < solver.factors.nnz / generator.elimination[0] < 3


def test_one_block_without_zeros_is_eliminated_row_by_row():
    generator = generator_of(chain())
    full = [scipy.sparse.csr_array(np.ones((16, 16))), *generator.turned]
    entries, steps = elimination(generator.blocks, full, real=False)
    widths = 16.0 * np.arange(1, 17)  # the k-th state is linked to all before it, and itself
    assert entries == pytest.approx(16 * widths.sum())
    assert steps == pytest.approx(16 * (widths**2).sum())


def test_strong_dephasing_costs_less_and_more_squeezing_more():
    price = [krylov_cost(generator_of(DualRail(4, r, dephasing=d))).seconds
             for r, d in ((1.0, 10.0), (1.0, 0.1), (3.0, 0.1))]  # fmt: skip
    assert price[0] < price[1] < price[2]
    assert direct_cost(generator_of(DualRail(4, 1.0))).seconds > 3 * price[2]


def test_rates_that_fall_fast_at_first_are_not_taken():
    """Ten iterations of classical rates promise an end first; 168 would be needed, or 41."""
    report = ds.steady_state(AtomicEnsembles(atoms=10, squeezing=0.5, cooling=0.1)).report
    assert report.method.startswith("krylov (no-jump inverse)")
    assert report.status == "certified"


@pytest.mark.parametrize(("error", "why"), [(5e-7, ""), (5e-6, "dense, after an error of 5e-06")])
def test_only_an_error_that_is_not_trusted_is_made_smaller_by_factors(monkeypatch, error, why):
    """Rounding bounds the error of slow systems: factors take longer there, and say the same."""
    generator = generator_of(chain())
    flat = generator.blocks.mixed(complex)  # its trace norm is its Euclidean one times sqrt(16)
    iterated = SteadySolution(flat, error, 1.0, "krylov", True)
    monkeypatch.setattr(steady, "is_direct", lambda *each: False)
    monkeypatch.setattr(steady, "krylov_steady_state", lambda *each: iterated)
    found = steady.mixed_steady_state(generator, "auto", 1e-9, 1e9)
    assert found.method.startswith(why or "krylov")
