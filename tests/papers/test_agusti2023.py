"""The dual-rail network: verdicts come from the data, and pictures can be drawn."""

import importlib

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from papers_shared import check_claims, check_picture, computing, verdicts_of

from darkstate.models import DualRail
from darkstate.papers import PAPERS, Verdict, paper
from darkstate.papers.agusti2023 import AGUSTI2023, printed
from darkstate.papers.agusti2023.blocks import pair_entropy
from darkstate.papers.agusti2023.common import entangled_pairs, extrapolated, pair_concurrences
from darkstate.papers.agusti2023.detuned_pair import local_concurrence, lone_pair
from darkstate.papers.agusti2023.detuned_pairs import summit
from darkstate.papers.agusti2023.direct import counts
from darkstate.papers.agusti2023.four_partite import largest_overlap
from darkstate.papers.agusti2023.relaxation import purified
from darkstate.systems import OpenSystem

FIGURES = {figure.id: figure for figure in AGUSTI2023.figures}


@pytest.fixture(scope="module")
def data():
    return computing(FIGURES)


def verdicts(figure, data):
    return verdicts_of(FIGURES[figure], data)


def preparation(times, permuted):
    """Data of figure 3c made by hand: rows over Delta/gamma = 0, 1, 2."""
    return xr.Dataset(
        {
            "time": (("step", "pairs"), np.array([times[0], times[0], *times[1:]], float)),
            "permuted": (("compared", "order"), np.array([permuted, permuted], float)),
        },
        coords={"step": [0.0, 0.2, 1.0, 2.0], "pairs": [1, 2, 3], "compared": [0.2, 1.0]},
    )


def behind(rows, bandwidths=(5.0, 20.0, np.inf)):
    """Data of figure 4a made by hand."""
    rows = np.array(rows)
    straight = np.array([extrapolated(row, rows.shape[1]) for row in rows])
    return xr.Dataset(
        {
            "concurrence": (("bandwidth", "pair"), rows),
            "straight": (("bandwidth", "pair"), straight),
            "change": ("bandwidth", np.zeros(len(rows))),
        },
        coords={"bandwidth": list(bandwidths), "pair": np.arange(1, rows.shape[1] + 1)},
    )


def reached(loss, dephasings=(0.0, 1e-2)):
    """Data of figure 4b made by hand: C_11 = tanh 2r - 1/beta, and ``loss(beta, gamma_phi)``."""
    beta = np.array([5.0, 10.0, 20.0, 50.0, 400.0, 800.0])
    first = np.tanh(2) - 1 / beta
    table = np.array([[first, first - loss(beta, g)] for g in dephasings])
    broad = np.array([[np.tanh(2), np.tanh(2) - 10 * g] for g in dephasings])
    return xr.Dataset(
        {
            "concurrence": (("dephasing", "pair", "bandwidth"), table),
            "broad": (("dephasing", "pair"), broad),
            "ladder": (("quantity", "rung"), np.array([[0.7, 0.6], [0.1, 0.1]])),
        },
        coords={"dephasing": list(dephasings), "bandwidth": beta, "pair": [1, 2]},
    ).transpose("dephasing", "bandwidth", "pair", ...)


def off_centre(shape):
    """Data of figure 4c made by hand: ``shape(Delta/kappa)`` for every beta."""
    x = np.concatenate([[0.0], np.geomspace(0.01, 100.0, 17)])
    narrow = local_concurrence(x)
    return xr.Dataset(
        {
            "concurrence": (("bandwidth", "detuning"), np.array([shape(x), shape(x)])),
            "narrow": ("detuning", narrow),
        },
        coords={"bandwidth": [5.0, 20.0], "detuning": x},
    )


def stepped(finite, broad):
    """Data of figure 4d made by hand."""
    table = np.array([finite, broad], float)
    dims = ("bandwidth", "step")
    return xr.Dataset(
        {
            "concurrence": (dims, table),
            "lone": (dims, np.full_like(table, 0.8)),
            "change": (dims, np.zeros_like(table)),
            "resonant": ("bandwidth", np.array([0.4, 0.4])),
        },
        coords={"bandwidth": [20.0, np.inf], "step": [0.5, 1.0, 2.0, 4.0][: len(finite)]},
        attrs={"pairs": 4},
    )


def counted(*rows):
    """Data of figure "direct" made by hand, five pairs each."""
    straight = np.array([extrapolated(row, 5) for row in rows])
    return xr.Dataset(
        {
            "concurrence": (("case", "pair"), np.array(rows, float)),
            "straight": (("case", "pair"), straight),
        },
        coords={
            "pair": np.arange(1, 6),
            "bandwidth": ("case", [np.inf] * len(rows)),
            "dephasing": ("case", [0.03] * len(rows)),
        },
    )


def relaxed(rates):
    """Data of figures 3a and 3b made by hand: every block rises at once, and falls at its rate."""
    t = np.linspace(0.0, 100.0, 101)
    return xr.Dataset(
        {
            "impurity": (("block", "time"), np.array([0.5 * np.exp(-k * t) for k in rates])),
            "steady": ("block", np.zeros(len(rates))),
        },
        coords={"block": np.arange(1, len(rates) + 1), "time": t},
        attrs={"step": 0.0, "squeezing": 1.0, "pairs": len(rates)},
    )


FALLING = [0.8, 0.6, 0.35, 0.1, 0.0]


def test_it_is_listed():
    assert AGUSTI2023 in PAPERS
    assert paper("agusti2023") is AGUSTI2023
    assert {"2b", "2c", "2e", "3a", "3b", "3c", "4a", "4b", "4c", "4d"} < set(FIGURES)


@pytest.mark.parametrize("figure", ["2b", "2c", "2e", "dark", "gates", "four"])
def test_pictures_and_claims(figure, data):
    check_picture(FIGURES[figure], data(figure))
    check_claims(FIGURES[figure], data(figure))


def test_verdicts_of_the_exact_figures(data):
    usual = {Verdict.REPRODUCED, Verdict.FINDING}
    for figure in ("2b", "2c", "dark", "four"):
        known = verdicts(figure, data(figure))
        assert known.pop("dark-4", Verdict.CONDITION) == Verdict.CONDITION
        assert set(known.values()) <= usual
    known = verdicts("2e", data("2e"))
    assert {known[f"2e-{k}"] for k in (4, 5, 6)} == {Verdict.CONDITION}
    assert {known[f"2e-{k}"] for k in (1, 2, 7)} == {Verdict.REPRODUCED}
    found = data("gates")
    known = verdicts("gates", found)
    assert known["gates-4"] == Verdict.NOT_REPRODUCED  # the printed sign of tan theta
    assert known["gates-5"] == Verdict.CONDITION
    assert known["gates-6"] == known["gates-1"] == known["gates-8"] == Verdict.REPRODUCED
    found.attrs["equations"] = [0.0, 0.1]
    assert verdicts("gates", found)["gates-8"] == Verdict.NOT_REPRODUCED
    found["error"] = found.error[::-1].drop_vars("sign").assign_coords(sign=[1, -1])
    found["crossed"] = found.crossed + 0.1
    assert verdicts("gates", found)["gates-4"] == Verdict.REPRODUCED
    assert verdicts("gates", found)["gates-6"] == Verdict.NOT_REPRODUCED


def test_four_partite_entanglement_needs_every_bipartition():
    pairs = printed.paired((0, 1), 1.0)
    assert largest_overlap(pairs) == pytest.approx(1)
    assert largest_overlap(printed.paired((1, 0), 1.0)) == pytest.approx(1)
    assert largest_overlap(printed.crossed(1.0, 1.0)) < 0.7
    three = np.kron([1, 0], np.eye(8)[0] + np.eye(8)[7]) / np.sqrt(2)  # |0> and a GHZ state
    assert largest_overlap(three) == pytest.approx(1)


def test_the_state_of_crossed_pairs_as_printed():
    """Eq. (10) against the network of the model, which knows nothing of the printed matrices."""
    for step in (0.4, -1.3):
        model = DualRail(2, 0.7, [step, 0.0], [0.0, -step])
        exact = printed.crossed(step, 0.7)
        assert abs(np.vdot(exact, model.dark_state())) == pytest.approx(1, abs=1e-12)


def test_the_printed_master_equation_needs_every_term():
    """Eq. (11) with another detuning, or without dephasing, is not what is solved."""
    model = DualRail(1, 0.7, [0.3], [0.5], bandwidth=5.0, dephasing=0.1)
    size = 4 * printed.LEVELS**2
    rho = np.random.default_rng(1).normal(size=(size, size)) + 0j
    system = model.system()
    assert isinstance(system, OpenSystem)
    solved = printed.of_system(system, rho)

    def off(detunings=([0.3], [0.5]), dephasing=0.1):
        told = printed.cascaded(rho, detunings, 2.5 * np.tanh(0.35), 5.0, dephasing)
        return float(np.linalg.norm(told - solved))

    assert off() < 1e-9
    assert off(detunings=([0.3], [-0.5])) > 1 and off(dephasing=0.0) > 1


def test_unequal_sources_are_judged_by_the_smaller_rate():
    ratio = [1.0, 3.0, 30.0]

    def made(missed, lost):
        table = [[[np.tanh(2) - 0.05 * m, np.tanh(2) - 0.05 * m - 0.01 * x]
                  for m, x in zip(missed, lost, strict=True)]]  # fmt: skip
        return xr.Dataset(
            {"concurrence": (("smaller", "ratio", "pair"), np.array(table))},
            coords={"smaller": [20.0], "ratio": ratio, "pair": [1, 2]},
            attrs={"mirror": 0.0, "far": [0.01, 0.005]},
        )

    for missed, lost, verdict in (
        ([1, 1.05, 1.1], [1, 0.95, 0.9], Verdict.REPRODUCED),
        ([1, 1.2, 1.4], [1, 0.8, 0.6], Verdict.CONDITION),
        ([1, 3.0, 30.0], [1, 0.8, 0.6], Verdict.NOT_REPRODUCED),
    ):
        assert verdicts("asymmetric", made(missed, lost))["asymmetric-2"] == verdict


def test_two_pairs_weigh_the_same_at_gamma(data):
    C = data("2c").concurrence.sel(step=1.0, method="nearest")
    assert float(C[0]) == pytest.approx(float(C[1]), abs=1e-9)
    plain = data("2b").concurrence.sel(step=0.0, which="11")
    np.testing.assert_allclose(plain, np.tanh(2 * plain.squeezing), atol=1e-9)


def test_verdicts_follow_the_numbers(data):
    other = data("2b")
    other["concurrence"] = 0.9 * other.concurrence
    assert verdicts("2b", other)["2b-1"] == Verdict.NOT_REPRODUCED
    assert verdicts("2b", other)["2b-2"] == Verdict.NOT_REPRODUCED
    other = data("2c")
    other["concurrence"] = other.concurrence[:, ::-1].drop_vars("which")
    other = other.assign_coords(which=["11", "12"])
    assert verdicts("2c", other)["2c-1"] == Verdict.NOT_REPRODUCED
    other = data("2e")
    other["rail"] = 1.01 * other.rail
    other.attrs["scattered"] = [0.5, 1.0, 0.5]
    other["entropy"] = 0 * other.entropy + 1
    found = verdicts("2e", other)
    assert {found[f"2e-{k}"] for k in (1, 2, 5, 7)} == {Verdict.NOT_REPRODUCED}
    other = data("dark")
    other["unique"][3] = 0.0
    other["entropy"][0] *= 1.1
    found = verdicts("dark", other)
    assert found["dark-1"] == found["dark-3"] == Verdict.NOT_REPRODUCED
    assert verdicts("dark", other.assign(mixed=1 + 0 * other.mixed))["dark-4"] == (
        Verdict.NOT_REPRODUCED
    )
    assert verdicts("dark", other.assign(mixed=0.1 * other.mixed))["dark-4"] == Verdict.REPRODUCED


def test_preparation_verdicts_follow_the_numbers():
    flat, order = [36.0, 36.1, 36.15], [40.0, 40.0]
    flatter, line = [36.0, 36.05, 36.06], [36, 45, 54]
    made = preparation([line, flat, flatter], order)
    made.time.loc[{"step": 0.2}] = [36, 40, 44]
    good = verdicts("3c", made)
    assert good.pop("3c-5") == Verdict.CONDITION  # few pairs prove no law
    assert set(good.values()) == {Verdict.REPRODUCED}
    nearly = verdicts("3c", preparation([line, [36, 38, 39], flat], order))
    assert nearly["3c-3"] == Verdict.CONDITION
    assert "any between 0.4% and 8.3% gives the same" in _noted(
        preparation([line, [36, 38, 39], flat], order), "3c-3"
    )
    assert "any between" not in _noted(preparation([line, flat, flatter], order), "3c-3")
    growing = verdicts("3c", preparation([[36, 45, 55], flat, flatter], order))
    assert growing["3c-1"] == Verdict.CONDITION
    bad = preparation([[36, 80, 140], [36, 60, 90], [36, 80, 150]], [40.0, 41.0])
    assert set(verdicts("3c", bad).values()) == {Verdict.NOT_REPRODUCED}


def _noted(data, name):
    (claim,) = [claim for claim in FIGURES["3c"].claims(data) if claim.id == name]
    return claim.note


def test_purification_is_the_last_crossing():
    impurity = np.array([[0.0, 1e-2, 1e-4, 1e-2, 1e-4]])
    made = xr.Dataset(
        {"impurity": (("block", "time"), impurity)}, coords={"block": [1], "time": np.arange(5.0)}
    )
    assert purified(made, 1) == pytest.approx(3.5)
    assert np.isnan(purified(made.isel(time=slice(4)), 1))
    assert pair_entropy(0.0) == 0
    assert pair_entropy(20.0) == pytest.approx(1)


def test_pairs_do_not_know_of_those_that_follow():
    edge = 1e-5  # of the trace norm, an upper bound for the difference of concurrences
    short, changed = pair_concurrences(1, 5.0, 0.01, edge=edge)
    long, _ = pair_concurrences(2, 5.0, 0.01, step=0.7, edge=edge)
    assert 0 < changed <= edge
    assert long[0] == pytest.approx(short[0], abs=2 * edge)
    assert long[1] < long[0] - 100 * edge
    # Delta detunes the second pair, not the first, and spares it some of the first one's noise
    assert pair_concurrences(2, 5.0, 0.01, edge=edge)[0][1] < long[1] - 100 * edge


def test_a_white_field_leaves_nothing_to_extrapolate():
    broad, change = pair_concurrences(3)
    np.testing.assert_allclose(broad, np.tanh(2), atol=1e-9)
    assert change == 0
    assert extrapolated([0.9, 0.8], 4) == pytest.approx([0.9, 0.8, 0.7, 0.6])
    assert entangled_pairs([0.9, 0.8]) == pytest.approx(9)


def test_bandwidth_costs_the_first_pair_first_order_and_the_second_one_order_more():
    beta = np.array([200.0, 400.0, 800.0])
    pairs = np.array([pair_concurrences(2, b, edge=1e-3 / b**2)[0] for b in beta])
    halving = (np.tanh(2) - pairs[:, 0])[:-1] / (np.tanh(2) - pairs[:, 0])[1:]
    quartering = -np.diff(pairs)[:-1, 0] / -np.diff(pairs)[1:, 0]
    # the next order in 1/beta shifts the ratios by O(10/beta), and less the larger beta
    assert np.all(abs(halving / 2 - 1) < 20 / beta[:-1])
    assert np.all(abs(quartering / 4 - 1) < 20 / beta[:-1])


@pytest.mark.parametrize("detuning", [0.0, 0.5, 2.0])
def test_a_narrow_pair_sees_the_squeezing_at_its_detuning(detuning):
    target = float(local_concurrence(np.array(detuning)))
    off = [lone_pair(b, b * detuning) - target for b in (200.0, 400.0)]
    assert off[0] / off[1] == pytest.approx(2, rel=0.1)  # first order in 1/beta
    assert abs(off[1]) < 2 / 400
    if detuning == 0:
        assert target == pytest.approx(np.tanh(2))


def test_the_summit_of_a_parabola_is_found_exactly():
    x = np.geomspace(0.1, 10.0, 8)
    at, top = summit(x, 0.7 - 0.1 * np.log(x / 3.0) ** 2)
    assert (at, top) == pytest.approx((3.0, 0.7))
    assert np.isnan(summit(x, x)[0])


def test_relaxation_verdicts_follow_the_numbers():
    one_by_one = relaxed([0.3, 0.2, 0.1])
    assert verdicts("3a", one_by_one)["3a-1"] == Verdict.REPRODUCED
    assert verdicts("3a", relaxed([0.1, 0.2, 0.3]))["3a-1"] == Verdict.NOT_REPRODUCED
    # pure blocks: then the network is not pure as a whole only
    assert verdicts("3b", one_by_one)["3b-1"] == Verdict.NOT_REPRODUCED
    picture, axes = plt.subplots()
    FIGURES["3a"].draw(axes, one_by_one)
    assert [line.get_label() for line in axes.get_lines()][:3] == ["first pair", "first 2", "all 3"]
    plt.close(picture)


@pytest.mark.parametrize("figure", ["4a", "4d", "direct"])
def test_fast_runs_have_the_networks_of_full_ones(figure, monkeypatch):
    """Sizes, and which pair is drawn, are the same; only grids are coarser."""
    module = importlib.import_module(FIGURES[figure].compute.__module__)
    asked = []

    def noted(pairs, *rest, **more):
        asked.append(pairs)
        return [0.9 - 0.1 * i for i in range(pairs)], 0.0

    monkeypatch.setattr(module, "pair_concurrences", noted)
    monkeypatch.setattr(module, "lone_pair", lambda *given: 0.9, raising=False)
    sizes, attributes = [], []
    for fast in (True, False):
        asked.clear()
        data = FIGURES[figure].compute(fast, lambda what, fraction: None)
        sizes.append(set(asked))
        attributes.append(data.attrs)
    assert sizes[0] <= sizes[1] and (sizes[0] == sizes[1] or figure == "direct")
    assert attributes[0] == attributes[1]


def test_counts_take_only_networks_in_which_the_entanglement_ends():
    data = counted(FALLING, [0.8, 0.7, 0.6, 0.5, 0.4], [0.8, 0.2, 0.0, 0.0, np.nan])
    assert [found[1:] for found in counts(data)] == [(4, 4), (2, 2)]


@pytest.mark.parametrize(
    ("figure", "made"),
    [
        ("4a", behind([[0.7, 0.6, 0.5], [0.9, 0.88, 0.86], [np.tanh(2)] * 3])),
        ("4b", reached(lambda b, g: b**-2 + 10 * g)),
        ("4c", off_centre(lambda x: 0.9 * local_concurrence(x))),
        ("4d", stepped([0.5, 0.7, 0.6], [0.5, 0.7, 0.8])),
        ("direct", counted(FALLING, FALLING)),
    ],
)
def test_pictures_of_the_finite_bandwidth(figure, made):
    picture, axes = plt.subplots()
    FIGURES[figure].draw(axes, made)
    picture.canvas.draw()
    assert axes.get_xlabel() and axes.get_ylabel()
    plt.close(picture)
    claims = FIGURES[figure].claims(made)
    check_claims(FIGURES[figure], made)
    refuted = {
        "4b-4",
        "4b-5",
        "4b-8",
        "4d-3",
    }  # N_ent here is beta^2; the others fail in the paper too
    assert Verdict.NOT_REPRODUCED not in {c.verdict for c in claims if c.id not in refuted}


def test_bandwidth_verdicts_follow_the_numbers():
    law = [np.tanh(2)] * 4
    falling, slower = [0.7, 0.6, 0.5, 0.3], [0.9, 0.88, 0.86, 0.84]
    found = verdicts("4a", behind([falling, slower, law]))
    assert found == {"4a-1": Verdict.REPRODUCED, "4a-2": Verdict.NOT_REPRODUCED}
    rising = verdicts("4a", behind([[0.7, 0.6, 0.65, 0.4], slower, law]))
    assert rising["4a-1"] == Verdict.NOT_REPRODUCED
    assert verdicts("4b", reached(lambda b, g: 1 / b**2))["4b-1"] == Verdict.REPRODUCED
    weak = verdicts("4b", reached(lambda b, g: 2 / b**2 + 20 * g))
    assert weak["4b-1"] == Verdict.CONDITION  # nine pairs at beta = 5
    assert weak["4b-7"] == Verdict.REPRODUCED
    assert weak["4b-8"] == Verdict.NOT_REPRODUCED
    mild = verdicts("4b", reached(lambda b, g: 0.01 + g, (0.0, 1e-2, 1e-1)))
    assert mild["4b-8"] == Verdict.CONDITION
    assert verdicts("4b", reached(lambda b, g: 0.01 - g / 2))["4b-7"] == Verdict.NOT_REPRODUCED
    straight = reached(lambda b, g: 0.5 / b + 20 * g)
    assert verdicts("4b", straight)["4b-4"] == Verdict.REPRODUCED
    assert verdicts("4b", straight)["4b-5"] == Verdict.REPRODUCED
    longer = straight.drop_vars("ladder").assign(
        ladder=(("quantity", "rung"), [[0.7] * 12, [0.1] * 12])
    )
    assert verdicts("4b", longer)["4b-5"] == (Verdict.NOT_REPRODUCED)
    strong = reached(lambda b, g: 0.3 + 0 * b)
    strong["concurrence"] = strong.concurrence - 0.1
    found = verdicts("4b", strong)
    assert found["4b-1"] == found["4b-2"] == Verdict.NOT_REPRODUCED


def test_detuning_verdicts_follow_the_numbers():
    threshold = off_centre(lambda x: np.where(x < 0.9, 0.9, 0.0))
    assert verdicts("4c", threshold)["4c-1"] == Verdict.NOT_REPRODUCED
    assert verdicts("4c", off_centre(np.ones_like))["4c-1"] == Verdict.NOT_REPRODUCED
    only_rising = stepped([0.5, 0.6, 0.7], [0.5, 0.7, 0.8])
    assert verdicts("4d", only_rising)["4d-1"] == Verdict.NOT_REPRODUCED
    early = counted([0.8, 0.2, 0.1, 0.05, 0.0])
    assert verdicts("direct", early)["direct-1"] == Verdict.NOT_REPRODUCED
