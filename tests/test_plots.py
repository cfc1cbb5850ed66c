"""Pictures: what the artists show is what the tables say, labelled, legible and reproducible."""

from __future__ import annotations

import itertools
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import darkstate as ds
from darkstate import plots
from darkstate.errors import ArgumentError
from darkstate.plots import layout, style
from darkstate.plots.maps import shown_labels
from darkstate.plots.network import MOST, network_content
from darkstate.states import GaussianBatch, GaussianState, PairMoments, PairwiseGaussianState
from legible import assert_legible, texts, words


def chain(pairs: int) -> GaussianState:
    """Partners A_j, B_j in two-mode squeezed states that weaken along the chain, plus A1-B2."""
    labels = [f"{side}{j}" for side in "AB" for j in range(1, pairs + 1)]
    r = np.linspace(1.0, 0.3, pairs)
    pair = np.kron([[0, 1], [1, 0]], np.diag(0.5 * np.sinh(2 * r)))
    return GaussianState(tuple(labels), np.diag(np.tile(np.sinh(r) ** 2, 2)), pair)


def pairwise(pairs: int) -> PairwiseGaussianState:
    names = tuple((f"A{j}", f"B{j}") for j in range(1, pairs + 1))
    n, zero = np.linspace(0.1, 1.0, pairs), np.zeros(pairs, complex)
    moments = PairMoments(n, n, np.sqrt(n * (n + 1)) + 0j, zero, zero, zero)
    return PairwiseGaussianState(tuple(itertools.chain(*names)), names, moments)


# The map ----------------------------------------------------------------------------------------


def test_the_map_shows_the_table():
    table = ds.pair_table(chain(4), ds.log_negativity)
    figure = plots.entanglement_map(table)
    axes, bar = figure.axes
    (image,) = axes.images
    np.testing.assert_array_equal(image.get_array().filled(np.nan), table.values)
    assert image.get_clim() == (0.0, float(table.max()))
    np.testing.assert_allclose(image.cmap.get_bad()[:3], to_rgb(style.ABSENT))
    assert [t.get_text() for t in axes.get_yticklabels()] == list(table.row.values)
    assert [t.get_text() for t in axes.get_xticklabels()] == list(table.column.values)
    assert bar.get_ylabel() == "logarithmic negativity $E_N$ (ebit)"
    lines = [line.get_xydata().tolist() for line in axes.lines]
    assert sorted(line[0] for line in lines) == [[0.0, 3.5], [3.5, 0.0]]  # between A4 and B1
    assert_legible(figure)


@pytest.mark.parametrize("pairs", [1, 8, 20, 60])
def test_maps_of_every_size_are_legible(pairs):
    figure = plots.entanglement_map(ds.pair_table(chain(pairs), ds.log_negativity))
    assert {"A1", "B1"} <= words(figure)
    assert_legible(figure)


def test_a_part_of_the_table_has_its_own_labels():
    table = ds.pair_table(chain(12), ds.log_negativity, rows=["A1", "A2", "A3"])
    figure = plots.entanglement_map(table[:, 12:], maximum=1.0)
    axes, _ = figure.axes
    assert [t.get_text() for t in axes.get_yticklabels()] == ["A1", "A2", "A3"]
    assert axes.images[0].get_clim() == (0.0, 1.0)
    assert_legible(figure)


def test_a_map_without_entanglement_has_a_scale():
    zero = GaussianState.vacuum(["A1", "B1"])
    figure = plots.entanglement_map(ds.pair_table(zero, ds.log_negativity))
    assert figure.axes[0].images[0].get_clim() == (0.0, 1.0)


def test_labels_are_thinned_in_the_rhythm_of_their_group():
    labels = [f"{side}{j}" for side in "AB" for j in range(1, 13)]
    assert [labels[k] for k in shown_labels(labels, 6)] == [
        "A1",
        "A6",
        "B1",
        "B6",
        "B11",
    ]  # A11 would touch B1
    assert shown_labels(labels, 24) == list(range(24))


# Curves -----------------------------------------------------------------------------------------


def test_a_pair_curve_shows_its_values_with_markers():
    curve = ds.pair_curve(chain(5), ds.log_negativity)
    figure = plots.pair_curve_plot(curve)
    (axes,) = figure.axes
    (line,) = axes.lines
    np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3, 4, 5])
    np.testing.assert_array_equal(line.get_ydata(), curve.values)
    assert line.get_marker() == "o"
    assert (axes.get_xlabel(), axes.get_ylabel()) == (
        "pair number $j$",
        "logarithmic negativity $E_N$ (ebit)",
    )
    assert axes.get_ylim()[0] == 0.0
    assert figure.legends == []
    assert_legible(figure)


def test_several_curves_are_named_and_differ_in_more_than_colour():
    curve = ds.pair_curve(chain(61), ds.log_negativity)
    curves = {f"scaled by {k}": curve * k for k in range(1, 6)}
    figure = plots.pair_curve_plot(
        {name: c.assign_attrs(curve.attrs) for name, c in curves.items()}
    )
    lines = figure.axes[0].lines
    assert {line.get_marker() for line in lines} == {"None"}  # more than 60 pairs
    assert len({line.get_color() for line in lines}) == len(
        {repr(ln._dash_pattern) for ln in lines}
    )
    assert set(curves) <= words(figure)
    assert_legible(figure)


def test_a_logarithmic_curve_leaves_zeros_out():
    curve = xr.DataArray([1.0, 0.0, 1e-12], dims="pair", coords={"pair": [1, 2, 3]}, name="E_N")
    (axes,) = plots.pair_curve_plot(curve, logarithmic=True).axes
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [1.0, np.nan, 1e-12])
    assert axes.get_yscale() == "log"
    assert axes.get_ylabel() == "E N"


def evolution() -> xr.Dataset:
    times = np.linspace(0, 5, 11)
    return xr.Dataset(
        {
            "first": ("time", times**2, {"units": "ebit", "long_name": "$E_N(A_1,B_1)$"}),
            "second": (("time", "pair"), times[:, None] * [1.0, 2.0], {"units": "ebit"}),
            "purity": ("time", np.exp(-times)),
            "constant": ((), 1.0),
        },
        coords={"time": ("time", times, {"units": r"$1/\eta$"}), "pair": [1, 2]},
    )


def test_time_evolution_has_one_panel_a_unit():
    table = evolution()
    figure = plots.time_evolution(table)
    upper, lower = figure.axes
    assert [line.get_label() for line in upper.lines] == [
        "$E_N(A_1,B_1)$",
        "second, pair 1",
        "second, pair 2",
    ]
    for line, values in zip(upper.lines, [table["first"], *table["second"].T], strict=True):
        np.testing.assert_array_equal(line.get_ydata(), values)
    np.testing.assert_array_equal(lower.lines[0].get_ydata(), table["purity"])
    assert (upper.get_ylabel(), lower.get_ylabel()) == ("entanglement (ebit)", "purity")
    assert lower.get_xlabel() == r"time $t$ ($1/\eta$)"
    assert len({line.get_color() for line in [*upper.lines, *lower.lines]}) == 4
    assert_legible(figure)


def test_one_column_over_logarithmic_time_needs_no_legend():
    figure = plots.time_evolution(evolution()["purity"], logarithmic=True)
    assert figure.legends == []
    assert figure.axes[0].get_xscale() == "log"


def test_the_table_of_an_evolution_can_be_drawn():
    model = ds.models.CavityChains(2, loss=0.1)
    measures = {"E_1": lambda state: ds.log_negativity(state, "A1", "B1"), "purity": ds.purity}
    result = ds.evolve(model, [0.0, 0.5, 1.0], measures=measures)
    assert result.table is not None
    figure = plots.time_evolution(result.table)
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_ydata(), result.table["E_1"])
    assert {"E 1", ds.purity.title} <= words(figure)


def sweep(lines: int) -> xr.DataArray:
    loss = np.geomspace(1e-3, 1, 9)
    return xr.DataArray(
        np.arange(1.0, lines + 1)[:, None] / (1 + loss),
        dims=("sites", "loss"),
        coords={
            "sites": ("sites", np.arange(1, lines + 1), {"long_name": "sites $N$"}),
            "loss": ("loss", loss, {"long_name": r"loss $\kappa$", "units": r"$\eta$"}),
        },
        attrs={"long_name": "$E_N$", "units": "ebit"},
    )


@pytest.mark.parametrize("count", [1, 4, 12])
def test_a_sweep_draws_one_line_for_each_value(count):
    data = sweep(count)
    figure = plots.sweep_curve(data, x="loss", lines="sites", log_x=True)
    axes = figure.axes[0]
    for number, line in enumerate(axes.lines):
        np.testing.assert_array_equal(line.get_xdata(), data.loss)
        np.testing.assert_array_equal(line.get_ydata(), data[number])
    assert len(axes.lines) == count
    assert (axes.get_xlabel(), axes.get_ylabel()) == (r"loss $\kappa$ ($\eta$)", "$E_N$ (ebit)")
    assert bool(figure.legends) == (count < 8)
    assert len(figure.axes) == 1 + (count > 7)
    assert "sites $N$" in words(figure)
    assert len({repr(line.get_color()) for line in axes.lines}) == count
    assert_legible(figure)


def test_sweeps_over_names_and_without_coordinates():
    data = sweep(2).assign_coords(sites=["dense", "large"])
    figure = plots.sweep_curve(data, x="sites", lines="loss")
    assert {"dense", "large"} <= words(figure)
    bare = plots.sweep_curve(xr.DataArray([1.0, np.nan, 3.0], dims="step"), log_y=True)
    np.testing.assert_array_equal(bare.axes[0].lines[0].get_xdata(), [0, 1, 2])
    assert bare.axes[0].lines[0].get_marker() == "o"  # single points between gaps are seen


# The network ------------------------------------------------------------------------------------


def edges_of(figure: Figure) -> dict[str, float]:
    patches = [p for p in figure.axes[0].patches if p.get_gid()]
    return {patch.get_gid(): patch.get_linewidth() for patch in patches}


def test_the_network_draws_entanglement_and_purity():
    state = chain(4)
    figure = plots.network(state)
    widths = edges_of(figure)
    assert set(widths) == {f"A{j}-B{j}" for j in range(1, 5)}
    values = np.array([ds.log_negativity(state, *pair.split("-")) for pair in widths])
    np.testing.assert_allclose(np.array(list(widths.values())) / values, 4.5 / values.max())
    axes, bar = figure.axes
    (nodes,) = axes.collections
    np.testing.assert_allclose(nodes.get_array(), [ds.purity(state, x) for x in state.labels])
    places = dict(zip(state.labels, nodes.get_offsets().tolist(), strict=True))
    assert all(places[f"A{j}"][0] == places[f"B{j}"][0] for j in range(1, 5))
    assert places["A1"][1] > places["B1"][1]
    assert bar.get_ylabel().startswith("purity")
    assert {"logarithmic negativity $E_N$ (ebit)", *state.labels} <= words(figure)
    assert_legible(figure)


@pytest.mark.parametrize(("pairs", "kind"), [(20, "rows"), (20, "circle"), (6, "spring")])
def test_networks_of_forty_nodes_are_legible(pairs, kind):
    figure = plots.network(chain(pairs), layout=kind)
    assert set(chain(pairs).labels) <= words(figure)
    assert_legible(figure)


def test_small_edges_are_left_out_and_that_is_said():
    state = chain(3)
    values = [ds.log_negativity(state, f"A{j}", f"B{j}") for j in (1, 2, 3)]
    figure = plots.network(state, threshold=0.5)
    assert set(edges_of(figure)) == {"A1-B1", "A2-B2"}
    note = f"edges below {0.5 * values[0]:.2g} ebit left out"
    assert note in words(figure)


def test_a_large_network_is_cut_to_its_strongest_pairs_and_says_so():
    content = network_content(pairwise(3000), ds.log_negativity)
    assert len(content.labels) == MOST
    assert content.labels[-2:] == ("A3000", "B3000")
    assert content.note == "40 of 6000 nodes: those of the strongest pairs"
    assert np.all(np.isfinite(content.purities))
    figure = plots.network(chain(30))
    assert {"A20", "40 of 60 nodes: those of the strongest pairs"} <= words(figure)
    assert_legible(figure)


def test_chosen_nodes_are_drawn_however_many():
    labels = [f"{side}{j}" for side in "AB" for j in range(1, 31)]
    figure = plots.network(pairwise(50), labels=labels)
    assert len(edges_of(figure)) == 30
    assert "A2" not in words(figure)  # no room for every name
    assert_legible(figure)


def test_a_node_that_the_state_does_not_know_is_grey():
    content = network_content(pairwise(3), ds.log_negativity, labels=["A1", "B1", "A2"])
    np.testing.assert_array_equal(np.isfinite(content.purities), [True, True, False])
    plots.network(pairwise(3), labels=["A1", "B1", "A2"])


def test_a_network_without_edges_says_so():
    figure = plots.network(GaussianState.vacuum(["A1", "B1"]))
    assert "logarithmic negativity $E_N$ (ebit): no edge" in words(figure)
    assert edges_of(figure) == {}


def test_rows_hold_sources_atoms_and_both_arrays():
    places = layout.row_positions(["SA", "SB", "A1", "A7", "a7", "b7", "B7"])
    assert places["A7"][0] == places["B7"][0] == 1.0  # columns are closed up
    heights = [places[label][1] for label in ("A7", "a7", "b7", "B7")]
    assert heights == sorted(heights, reverse=True)
    assert places["SA"][0] < places["A1"][0]
    assert places["a7"][0] != places["A7"][0]  # or A7-B7 would run through the atoms


def test_other_networks_stand_on_a_circle_where_told_or_where_springs_pull_them():
    state = GaussianState(("x", "y", "z"), chain(3).number[:3, :3], np.zeros((3, 3)))
    offsets = plots.network(state).axes[0].collections[0].get_offsets()
    np.testing.assert_allclose(np.hypot(*np.asarray(offsets).T), 1.0)
    told = {"x": (0.0, 0.0), "y": (1.0, 0.0), "z": (0.0, 2.0)}
    offsets = plots.network(state, layout=told).axes[0].collections[0].get_offsets()
    np.testing.assert_array_equal(offsets, list(told.values()))
    again = [layout.spring_positions("abcdef", {("a", "b"): 1.0}) for _ in range(2)]
    assert again[0] == again[1]


# Refusals ---------------------------------------------------------------------------------------

BATCH = GaussianBatch(("A1", "B1"), np.zeros((2, 2, 2)), np.zeros((2, 2, 2)))
REFUSED = [
    (plots.entanglement_map, (xr.DataArray([1.0]),), {}, "table"),
    (plots.entanglement_map, (xr.DataArray(np.zeros((0, 2))),), {}, "table"),
    (plots.pair_curve_plot, ({},), {}, "curves"),
    (plots.pair_curve_plot, ({"x": xr.DataArray(np.ones((2, 2)))},), {}, "curves['x']"),
    (plots.time_evolution, (xr.Dataset({"a": ("x", [1.0])}),), {}, "table"),
    (
        plots.time_evolution,
        (xr.DataArray(np.ones((1, 1, 1)), dims=("time", "a", "b")),),
        {},
        "value",
    ),
    (plots.sweep_curve, (xr.DataArray(np.ones((1, 1, 1))),), {}, "data"),
    (plots.sweep_curve, (sweep(2),), {"x": "los"}, "x"),
    (plots.sweep_curve, (sweep(2),), {"x": "loss", "lines": "loss"}, "lines"),
    (plots.network, (BATCH,), {}, "state"),
    (plots.network, (chain(2),), {"labels": ["A9"]}, "labels"),
    (plots.network, (chain(2),), {"threshold": 1.0}, "threshold"),
    (plots.network, (chain(2),), {"layout": "row"}, "layout"),
    (plots.network, (chain(2),), {"layout": {"A1": (0, 0)}}, "layout"),
    (plots.network, (GaussianState.vacuum(["x", "y"]),), {"layout": "rows"}, "layout"),
    (plots.network, (GaussianState.vacuum([f"n{k}" for k in range(250)]),), {}, "labels"),
]


@pytest.mark.parametrize(("draw", "arguments", "options", "name"), REFUSED)
def test_what_cannot_be_drawn_is_named(draw, arguments, options, name):
    with pytest.raises(ArgumentError) as caught:
        draw(*arguments, **options)
    assert caught.value.name == name


# Style and files --------------------------------------------------------------------------------


def test_pictures_keep_their_bytes_and_their_size(tmp_path):
    for run in ("one", "two"):
        figure = plots.network(chain(2))
        files = plots.save(figure, tmp_path / run / "pair_0.1")
        assert [file.name for file in files] == ["pair_0.1.png", "pair_0.1.svg"]
    for suffix in ("png", "svg"):
        first, second = (tmp_path / run / f"pair_0.1.{suffix}" for run in ("one", "two"))
        assert first.read_bytes() == second.read_bytes()
    drawing = (tmp_path / "one" / "pair_0.1.svg").read_text()
    assert "dc:date" not in drawing
    assert 'id="A1-B1"' in drawing
    height, width = mpl.image.imread(tmp_path / "one" / "pair_0.1.png").shape[:2]
    assert width == pytest.approx(plots.COLUMN / 25.4 * 200, abs=1)
    assert height > 300


def test_a_panel_is_drawn_in_the_house_style(tmp_path):
    seen = {}

    def draw(axes, data):
        seen["data"] = data
        (line,) = axes.plot(data["time"], data["purity"])
        seen["colour"], seen["size"] = line.get_color(), mpl.rcParams["font.size"]

    table = evolution()
    files = plots.save_panel(tmp_path / "figure_2a", draw, table)
    assert [file.name for file in files] == ["figure_2a.png", "figure_2a.svg"]
    assert all(file.stat().st_size > 1000 for file in files)
    assert seen == {"data": table, "colour": style.COLOURS[0], "size": style.TEXT}


def test_a_legend_above_holds_every_label_in_reading_order():
    with plots.house_style():
        figure = style.new_figure()
        axes = figure.add_subplot()
        for number in range(5):
            axes.plot([0, 1], [number, 1], label=f"a rather long name {number}")
        axes.axhline(0.5)  # without a label
        plots.legend_above(axes, "title")
        assert_legible(figure)
        (legend,) = figure.legends
        places = [text.get_window_extent() for text in legend.get_texts()]
        read = sorted(range(5), key=lambda k: (-round(places[k].y0), places[k].x0))
        names = [legend.get_texts()[k].get_text() for k in read]
    assert names == [f"a rather long name {number}" for number in range(5)]


def test_the_users_settings_neither_enter_nor_change():
    before = plots.pair_curve_plot(ds.pair_curve(chain(3), ds.log_negativity))
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9, "xtick.labelsize": 40}):
        settings = dict(mpl.rcParams)
        figure = plots.pair_curve_plot(ds.pair_curve(chain(3), ds.log_negativity))
        assert dict(mpl.rcParams) == settings
        assert_legible(figure)
    sizes = [sorted(text.get_fontsize() for text in texts(f)) for f in (before, figure)]
    assert sizes[0] == sizes[1]
    assert figure.axes[0].lines[0].get_linewidth() == 1.2


def test_importing_the_pictures_does_not_import_matplotlib():
    code = "import sys, darkstate.plots; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_pictures_never_touch_pyplot(tmp_path):
    code = (
        "import sys, xarray as xr, darkstate.plots as p;"
        "p.save(p.pair_curve_plot(xr.DataArray([1.0, 2.0], dims='pair')), sys.argv[1]);"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "x")]
    assert subprocess.run(command, check=False).returncode == 0


def lightness_and_colour(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (D65) of linear RGB, shape (..., 3)."""
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    t = rgb @ to_xyz.T / [0.9505, 1.0, 1.089]
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


# Machado, Oliveira, Fernandes, IEEE Trans. Vis. Comput. Graph. 15, 1291 (2009), severity 1.
SEEN = {
    "everything": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}


def linear(colours: np.ndarray) -> np.ndarray:
    return np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("eye", SEEN)
def test_colours_differ_for_every_eye(eye):
    colours = linear(np.array([to_rgb(colour) for colour in style.COLOURS]))
    lab = lightness_and_colour(np.clip(colours @ SEEN[eye].T, 0, 1))
    for one, two in itertools.combinations(lab, 2):
        assert np.linalg.norm(one - two) > 10
    ramp = linear(mpl.colormaps[style.SEQUENTIAL](np.linspace(0, 1, 64))[:, :3])
    lightness = lightness_and_colour(np.clip(ramp @ SEEN[eye].T, 0, 1))[:, 0]
    assert np.all(np.diff(lightness) > 0)


def test_lines_are_told_apart_without_colour():
    assert len(style.DASHES) == len(style.COLOURS) == len(style.MARKERS)
    assert len({repr(dash) for dash in style.DASHES}) == len(style.DASHES)
    styles = [repr(style.line_style(number)) for number in range(49)]
    assert len(set(styles)) == 49


def test_gradient_bars_show_every_entry_with_its_error():
    table = xr.Dataset(
        {
            "loss": ((), -8.75),
            "loss error": ((), 1e-3),
            "detuning": ("detuning 0", [0.5, -0.25]),
            "detuning error": ("detuning 0", [0.0, 0.1]),
        }
    )
    figure = plots.gradient_bars(table, unit="ebit")
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "loss",
        "detuning[0]",
        "detuning[1]",
    ]
    assert [bar.get_width() for bar in axes.patches] == [-8.75, 0.5, -0.25]
    assert axes.get_xlabel() == "derivative (ebit per unit)"
    with pytest.raises(ArgumentError, match="have derivatives"):
        plots.gradient_bars(table[["loss"]])
