"""Every picture alone, in axes of the caller's, and as PDF; and pictures of states."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

import darkstate as ds
from darkstate import plots
from darkstate.errors import ArgumentError, DarkstateError
from darkstate.plots.bloch import _seen
from darkstate.states import DensityState, GaussianState, PureState
from darkstate.systems import Qubit, sigma_x, sigma_y, sigma_z
from legible import assert_legible, words

PAIR = GaussianState(("A1", "B1"), 0.4 * np.eye(2), np.array([[0, 0.7], [0.7, 0]]))
AXES = {"loss": [0.1, 0.2], "rate": [1.0, 2.0]}
PLANE = xr.DataArray([[0.1, 0.2], [0.3, 0.4]], AXES, ("loss", "rate"), "E")
POINTS = xr.DataArray([0.1, 0.2], dims=("point",), name="E")
MARGINS = xr.Dataset(
    {"margin": ("loss", [0.1, -0.1]), "verdict": ("loss", ["certified", "not detected"])},
    {"loss": [0.1, 0.2]},
)
KNOBS = xr.Dataset(
    {name: ("knob", [0.4]) for name in ("value", "down", "up")}
    | {"low": ("knob", [0.0]), "high": ("knob", [2.0])},
    {"knob": ["loss"]},
)
SEARCHES = xr.DataArray(
    [[0.1, 0.2, 0.2]], {"evaluations": [1, 2, 4]}, ("search", "evaluations"), "value"
)
FRONT = xr.Dataset(
    {"E": ("point", [0.1, 0.2]), "purity": ("point", [0.9, 0.8])}
    | {"status": ("point", ["converged", "suspect"]), "dominated": ("point", [False, False])},
    attrs={"merits": ["E", "purity"]},
)
UP = xr.DataArray([0.3, -0.4, 0.5], {"component": ["x", "y", "z"]}, ("component",))
OVER = xr.Dataset(
    {"E": ("time", [0.1, 0.2], {"units": "ebit"}), "n": ("time", [1.0, 2.0])}, {"time": [0.0, 1.0]}
)
COMPLEX = DensityState(("q",), (2,), np.array([[0.6, 0.3j], [-0.3j, 0.4]]))

SLOPES = xr.Dataset({"loss": ((), -8.75), "loss error": ((), 0.1)})
PICTURES: dict[str, tuple[Callable[[Any], Figure], int]] = {
    "bloch_ball": (lambda ax: plots.bloch_ball({"a": UP, "b": -UP}, ax=ax), 1),
    "certified_range": (lambda ax: plots.certified_range(MARGINS, ax=ax), 1),
    "convergence_curves": (lambda ax: plots.convergence_curves(SEARCHES, ax=ax), 1),
    "entanglement_map": (
        lambda ax: plots.entanglement_map(ds.pair_table(PAIR, ds.log_negativity), ax=ax),
        1,
    ),
    "gradient_bars": (lambda ax: plots.gradient_bars(SLOPES, ax=ax), 1),
    "hinton": (lambda ax: plots.hinton(COMPLEX, ax=ax), 1),
    "network": (lambda ax: plots.network(PAIR, system=ds.models.CavityChains(1), ax=ax), 1),
    "pair_curve_plot": (lambda ax: plots.pair_curve_plot({"a": PLANE[0], "b": PLANE[1]}, ax=ax), 1),
    "pareto_front": (lambda ax: plots.pareto_front(FRONT, ax=ax), 1),
    "sensitivity_bars": (lambda ax: plots.sensitivity_bars(KNOBS, ax=ax), 1),
    "sweep_curve": (lambda ax: plots.sweep_curve(PLANE, ax=ax), 1),
    "sweep_map": (lambda ax: plots.sweep_map(PLANE, ax=ax), 1),
    "sweep_panels": (
        lambda ax: plots.sweep_panels(xr.concat([PLANE, 2 * PLANE], "n"), panels="n", ax=ax),
        2,
    ),
    "sweep_picture": (
        lambda ax: plots.sweep_picture(
            xr.Dataset({"E": PLANE[0], "status": xr.full_like(PLANE[0], "suspect", object)}), ax=ax
        ),
        1,
    ),
    "sweep_points": (lambda ax: plots.sweep_points(POINTS, [POINTS, 2 * POINTS], ax=ax), 2),
    "time_evolution": (lambda ax: plots.time_evolution(OVER, ax=ax), 2),
    "wigner_map": (
        lambda ax: plots.wigner_map(ds.wigner(PAIR, "A1", np.linspace(-2, 2, 9)), ax=ax),
        1,
    ),
    "witness_chart": (lambda ax: plots.witness_chart({"XX": 0.5, "ZZ": -0.2}, ax=ax), 1),
}


def test_every_picture_is_known_here():
    drawing = {
        name for name in plots.__all__ if "ax" in inspect.signature(_public(name)).parameters
    }
    others = {"COLUMN", "DOUBLE", "axis_label", "house_style", "legend_above", "save", "save_panel"}
    assert drawing == set(PICTURES) == set(plots.__all__) - others - {"sweep_columns"}


def _public(name: str) -> Any:
    found = getattr(plots, name)
    return found if callable(found) else lambda: found


def test_pictures_go_into_axes_of_the_caller_and_into_a_pdf(tmp_path):
    count = 1 + sum(panels for _, panels in PICTURES.values())
    figure = Figure(figsize=(24, 20), layout="constrained")
    free, *rest = figure.subplots(4, -(-count // 4)).flat
    before, settings = len(free.get_children()), dict(mpl.rcParams)
    for name, (draw, panels) in PICTURES.items():
        given, rest = rest[:panels], rest[panels:]
        empty = [len(axes.get_children()) for axes in rest]
        assert draw(given[0] if panels == 1 else given) is figure, name
        assert [len(axes.get_children()) for axes in rest] == empty, name
        assert all(axes.has_data() or axes.patches for axes in given), name
        with pytest.raises(ArgumentError, match="`ax` must be"):
            draw("axes")
        if panels > 1:
            with pytest.raises(ArgumentError, match=f"`ax` must be {panels} axes"):
                draw(given[0])
    assert len(free.get_children()) == before and dict(mpl.rcParams) == settings
    assert not figure.legends and figure._suptitle is None  # nothing at the edge of the figure
    (file,) = plots.save(figure, tmp_path / "all", formats=("pdf",))
    assert file.name == "all.pdf" and file.read_bytes().startswith(b"%PDF")
    plots.save(Figure(), tmp_path / "all", overwrite=True, formats=("pdf",))
    for axes in figure.axes:
        box = axes.get_tightbbox()
        assert box is None or (box.x0 >= -2 and box.x1 <= figure.bbox.x1 + 2), axes


def test_pdf_files_are_the_same_again_and_are_only_replaced_if_ours(tmp_path):
    figure, again = (PICTURES["sweep_curve"][0](None) for _ in range(2))
    (one,) = plots.save(figure, tmp_path / "one", formats=["pdf"])
    (two,) = plots.save(again, tmp_path / "two", formats=["pdf"])
    assert one.read_bytes() == two.read_bytes()
    plots.save(figure, tmp_path / "one", overwrite=True, formats=["pdf"])
    two.write_bytes(b"%PDF-1.4 of somebody")
    with pytest.raises(ArgumentError, match="darkstate"):
        plots.save(figure, tmp_path / "two", overwrite=True, formats=["pdf"])
    for wrong in ("pdf", [], ["jpg"]):
        with pytest.raises(ArgumentError, match="`formats`"):
            plots.save(figure, tmp_path / "three", formats=wrong)


# Bloch ------------------------------------------------------------------------------------------


def test_bloch_vectors_are_means_and_right_handed():
    q = Qubit("q")
    rng = np.random.default_rng(1)
    vector = rng.normal(size=4) + 1j * rng.normal(size=4)
    state = PureState(("p", "q"), (2, 2), vector / np.linalg.norm(vector))
    found = ds.bloch_vector(state, "q")
    for name, sigma in (("x", sigma_x), ("y", sigma_y), ("z", sigma_z)):
        assert float(found.sel(component=name)) == pytest.approx(ds.expect(sigma(q), state))
    purity = ds.purity(state, "q")
    assert float((found**2).sum()) == pytest.approx(2 * purity - 1)
    assert not list(sigma_x(q) * sigma_y(q) - 1j * sigma_z(q))
    excited = ds.bloch_vector(PureState.basis("q", 2, {"q": 1}), "q")
    np.testing.assert_allclose(excited, [0, 0, 1])


def test_only_qubits_have_bloch_vectors():
    with pytest.raises(ArgumentError, match="qubit"):
        ds.bloch_vector(DensityState.maximally_mixed(("a",), (3,)), "a")
    with pytest.raises(ArgumentError, match="label"):
        ds.bloch_vector(COMPLEX, "r")
    with pytest.raises(DarkstateError):
        ds.bloch_vector(PAIR, "A1")


def test_the_ball_shows_where_vectors_end_and_paths_go():
    path = xr.DataArray(
        np.outer(np.linspace(0, 1, 5), [0, 0, 0.9]), dims=("time", "component"), coords=UP.coords
    )
    figure = plots.bloch_ball({"now": UP, "path": path})
    axes = figure.axes[0]
    (arrow,) = [patch for patch in axes.patches if isinstance(patch, FancyArrowPatch)]
    end = arrow._posA_posB[1]
    np.testing.assert_allclose(end, _seen(UP.values))
    drawn = [line for line in axes.lines if len(line.get_xdata()) == 5]
    np.testing.assert_allclose(drawn[0].get_xydata(), _seen(path.values))
    assert {"now, length 0.707", "path, length 0.9"} <= words(figure)
    assert_legible(figure)
    assert np.linalg.norm(_seen(np.eye(3)), axis=1).max() < 1


@pytest.mark.parametrize(
    "wrong", [2 * UP, UP[:2], UP.rename(component="axis"), {}, 3, UP * np.nan, 1j * UP]
)
def test_what_is_no_bloch_vector_is_refused(wrong):
    with pytest.raises(ArgumentError, match="vectors"):
        plots.bloch_ball(wrong)


# Hinton -----------------------------------------------------------------------------------------


def squares(figure: Figure) -> dict[tuple[int, int], Rectangle]:
    found = {}
    for patch in figure.axes[0].patches:
        assert isinstance(patch, Rectangle)
        x, y = patch.get_x() + patch.get_width() / 2, patch.get_y() + patch.get_height() / 2
        if patch.get_width() < 1 and abs(x - round(x)) + abs(y - round(y)) < 1e-9:
            found[round(y), round(x)] = patch
    return found


@pytest.mark.parametrize("sign", [1.0, -1.0, 1j])
def test_areas_are_sizes_of_entries(sign):
    rng = np.random.default_rng(3)
    v = rng.normal(size=6) + (1j * rng.normal(size=6) if sign == 1j else 0)
    state = PureState(("q", "p"), (2, 3), v / np.linalg.norm(v))
    rho = state.density().matrix
    figure = plots.hinton(state)
    found = squares(figure)
    for (i, j), patch in found.items():
        if i < 6 and j < 6:
            area = (patch.get_width() / 0.94) ** 2
            assert area == pytest.approx(abs(rho[i, j]) / np.abs(rho).max())
    assert len([key for key in found if max(key) < 6]) == 36
    shown = words(figure)
    assert {"$|00\\rangle$", "q, p", f"{np.abs(rho).max():.2g}"} <= shown
    assert ("negative" in shown) == (sign != 1j)
    assert_legible(figure)


def lightness(patch: Rectangle) -> float:
    return float(np.dot(patch.get_facecolor()[:3], [0.2126, 0.7152, 0.0722]))


def test_signs_are_told_without_colours_and_phases_by_hands():
    minus = DensityState(("q",), (2,), np.array([[0.5, -0.5], [-0.5, 0.5]]))
    found = squares(plots.hinton(minus))
    assert lightness(found[0, 1]) > 0.7 > 0.2 > lightness(found[0, 0])
    figure = plots.hinton(COMPLEX)
    hands = {tuple(line.get_xydata()[0]): np.diff(line.get_xydata(), axis=0)[0] for line in
             figure.axes[0].lines if len(line.get_xdata()) == 2}  # fmt: skip
    assert hands[1.0, 0.0][1] < 0 < hands[0.0, 1.0][1]  # +i points up, where rows count downwards
    assert any(re.match("phase", axes.get_xlabel()) for axes in figure.axes)


@pytest.mark.parametrize(
    "state", [PAIR, None, DensityState.maximally_mixed(("a",), (41,)), np.eye(2)]
)
def test_hinton_says_what_it_can_draw(state):
    with pytest.raises(ArgumentError, match="`state`"):
        plots.hinton(state)


@pytest.mark.parametrize("dimensions", [(2,), (2, 2), (2, 2, 2), (16,), (2, 2, 2, 2, 2), (40,)])
def test_matrices_of_every_size_are_legible(dimensions):
    labels = tuple(f"q{k}" for k in range(len(dimensions)))
    assert_legible(plots.hinton(DensityState.maximally_mixed(labels, dimensions)))
