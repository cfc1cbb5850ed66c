"""What notebooks show: formulas, tables and pictures, escaped and well formed; and short texts."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pytest

import darkstate as ds
from darkstate.display import table
from darkstate.states import (
    DensityState,
    EnsembleState,
    GaussianBatch,
    GaussianState,
    PureState,
    SchmidtState,
    SpinMoments,
)
from darkstate.systems import (
    Drive,
    Jump,
    Levels,
    Mode,
    Monitor,
    OpenSystem,
    OperatorSum,
    Qubit,
    Spin,
    beam_splitter,
    concatenate,
    create,
    destroy,
    emitter,
    number,
    pulses,
    sigma_minus,
    sigma_x,
    sigma_z,
    spin_z,
    transition,
)

A, Q, ATOM = Mode("a_1"), Qubit("q"), Levels("atom", ("g", "e"))
SYSTEM = OpenSystem(
    (A, Q),
    number(A) + 0.5 * sigma_z(Q),
    (Jump(destroy(A), 1.0, "out"), Jump(sigma_minus(Q), 0.2, modulation=pulses.ramp(0, 1))),
    (Monitor("out"),),
    (Drive(sigma_x(Q), pulses.sech(0.0, 1.0)),),
)


VOID = {"path", "input", "br", "use"}
"""Tags of xarray's tables that need not be closed."""


class Checked(HTMLParser):
    """Tags that are opened are closed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def shown(html: str) -> str:
    parser = Checked()
    parser.feed(html)
    assert not parser.open
    return parser.text


@pytest.mark.parametrize(
    ("operator", "formula"),
    [
        (2.0 * create(A) ** 2 * destroy(A), r"2 a_{\mathrm{a\_1}}^{\dagger 2} a_{\mathrm{a\_1}}"),
        (-1.0 * sigma_z(Q), r"-1 \sigma^{z}_{\mathrm{q}}"),
        ((0.5 - 1j) * spin_z(Spin("S", 2)), r"(0.5 - 1\,\mathrm{i}) S^{z}_{\mathrm{S}}"),
        (-0.5j * sigma_z(Q), r"-0.5\,\mathrm{i} \sigma^{z}_{\mathrm{q}}"),
        (transition(ATOM, "e", "g"), r"|\mathrm{e}\rangle\langle \mathrm{g}|_{\mathrm{atom}}"),
        (OperatorSum(), "0"),
    ],
)
def test_operators_are_formulas(operator, formula):
    assert operator._repr_latex_() == rf"$\displaystyle {formula}$"


def test_long_operators_are_cut():
    many = sum((k * number(Mode(f"a{k}")) for k in range(1, 40)), start=OperatorSum())
    assert many._repr_latex_().endswith(r"\ldots$") and len(many._repr_latex_()) < 1000


def test_systems_results_reports_and_explanations():
    assert repr(SYSTEM) == "OpenSystem(a_1, q: 2 terms in H, 2 jumps, 1 drives, 1 monitors)"
    text = shown(SYSTEM._repr_html_())
    assert "out, rate 1" in text and "ramp" in text and "drive, sech" in text and "homodyne" in text
    result = ds.evolve(SYSTEM.with_monitors(), [0.0, 1.0], observables={"n": number(A)})
    assert repr(result) == "Result(system: DensityState, converged, table of n)"
    assert "error estimate" in shown(result._repr_html_())
    assert repr(result.report).startswith("Report(converged, lindblad")
    explained = ds.explain(SYSTEM, times=[0.0, 1.0])
    assert "chosen: lindblad" in repr(explained)
    assert "gaussian" in shown(explained._repr_html_())


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (PureState.basis(("q", "p"), (2, 3)), "PureState(q, p: 2 x 3)"),
        (DensityState.maximally_mixed(("q",), (2,)), "DensityState(q: 2)"),
        (GaussianState.vacuum(tuple("abcdefgh")), "GaussianState(a, b, c, d, e, f, ...: 8 modes)"),
        (GaussianBatch(("a",), np.zeros((3, 1, 1)), np.zeros((3, 1, 1))), "3 states of 1 modes"),
        (EnsembleState.identical_atoms("E", 3), "EnsembleState(E: 3 atoms)"),
        (SpinMoments.polarised(("E",), (3,), (1.0,)), "SpinMoments(E: 3 atoms)"),
        (SchmidtState(("a", "b"), (2, 2), np.array([1.0])), "SchmidtState(a, b: 2 x 2)"),
    ],
)
def test_states_have_short_texts(state, text):
    assert text in repr(state)


def test_pictures_show_themselves():
    picture = ds.plots.wigner_map(ds.wigner(GaussianState.vacuum("a"), "a", np.linspace(-2, 2, 9)))
    assert picture._repr_png_().startswith(b"\x89PNG")


def test_components_certificates_sweeps_and_runs(tmp_path):
    q, model = Qubit("q"), ds.models.DualRail(2, 0.5)
    component = concatenate(emitter(q, 4.0), beam_splitter(0.5))
    assert repr(emitter(q, 4.0)) == "Component(ports q; spaces q)"
    text = shown(component._repr_html_())
    assert r"2 \sigma^{-}_{\mathrm{q}}" in text and "0.7071" in text
    found = ds.certify(DensityState.maximally_mixed(("a", "b", "c"), (2, 2, 2)), quick=True)
    assert repr(found) == f"Certificate({found.sentence})" and found.sentence in str(found)
    assert found.sentence in shown(found._repr_html_())
    swept = ds.Sweep(model, (ds.sweeps.linspace("squeezing", 0.1, 0.5, 2),))
    assert repr(swept) == "Sweep(DualRail over squeezing (2))"
    store = ds.sweep(swept, tmp_path / "s.zarr")
    assert repr(store).startswith("SweepStore(") and "2 of 2" in shown(store._repr_html_())
    runs = ds.engines.Trajectories(3, seed=1).ensemble(model.system(), [0.0, 0.1])
    assert repr(runs) == "PureStateEnsemble(A1, A2, B1, B2: 3 runs, 2 times)"


def test_tables_are_escaped_and_cut():
    html = table([("<b>", 1)] * 30, ("a & b",))
    assert "&lt;b&gt;" in html and "a &amp; b" in html and "and 10 more" in shown(html)
