"""Figure 3b: atoms in the cavities take over the entanglement of the light, as far as loss permits.

Each of the 2N cavities holds one atom, coupled weakly (g = 0.01 zeta). The cavities relax fast, so
they are a Gaussian environment of the atoms and are eliminated to second order in g
(``CavityAtomChains(..., effective=True)``). The effective generator is g^2 times one without g: the
steady state does not depend on g, which only sets how long it takes, about ``1/g^2``.

Without loss the N pairs of atoms are exactly ``sqrt(1-c^2)|00> + (-1)^(j+1) c|11>`` with ``c^2 =
nbar/(2 nbar + 1)``, |0> the ground state: the state of bare spin chains (figure 3c) with the
opposite sign on every pair. `one_site` holds the effective model against the full one, with Fock
states, where that is small enough to solve: one cavity and one atom per chain.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from darkstate.engines import Lindblad
from darkstate.frontdoor import steady_state
from darkstate.measures import concurrence, fidelity, log_negativity
from darkstate.models import CavityAtomChains, CavityChains, SpinChains, SqueezedDrive
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.zippilli2013.common import pair_ebits
from darkstate.plots import legend_above
from darkstate.states import PureState

_SITES, _COUPLING = 3, 0.01
_ATOMS = [(f"a{j}", f"b{j}") for j in range(1, _SITES + 1)]
_TIGHT = Lindblad(rtol=1e-13)
"""The residual is relative to the fastest rate; what the slow modes (rate g^2) make of it is larger
by up to the ratio of the rates, 1e5 here."""
_FOCK = Lindblad(rtol=1e-13, cutoff=9, edge=1e-8)
"""For nbar = 0.1: photon numbers fall like (nbar/(nbar+1))^n = 11^-n."""


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    photons = np.geomspace(0.01, 10.0, 4 if fast else 10)  # 0.1 and 1 are on both grids
    kappas = np.array([0.0, *np.geomspace(1e-4, 1.0, 5 if fast else 17)])
    shape = (len(kappas), len(photons), _SITES)
    C, E, light = np.empty(shape), np.empty(shape), np.empty(shape)
    estimate, unique = np.empty(shape[:2]), np.empty(len(photons), bool)
    overlap = np.empty((2, len(photons)))
    for i, kappa in enumerate(kappas.tolist()):
        for k, nbar in enumerate(photons.tolist()):
            drive = SqueezedDrive(nbar=nbar)
            model = CavityAtomChains(_SITES, 1.0, _COUPLING, kappa, drive, effective=True)
            result = steady_state(model, _TIGHT)
            C[i, k] = [concurrence(result.state, *pair) for pair in _ATOMS]
            E[i, k] = log_negativity.many(result.state, _ATOMS)
            light[i, k] = pair_ebits(CavityChains(_SITES, loss=kappa, drive=drive))
            estimate[i, k] = model.elimination_error
            if kappa == 0:
                overlap[:, k] = _overlaps(model, result.state)
                unique[k] = result.report.unique is True
        progress("atoms in cavities", (i + 1) / (len(kappas) + 3))
    dims = ("kappa", "photons", "pair")
    return xr.Dataset(
        {
            "concurrence": (dims, C),
            "log_negativity": (dims, E, {"units": "ebit"}),
            "cavities": (dims, light, {"units": "ebit", "long_name": "pairs of empty cavities"}),
            "estimate": (dims[:2], estimate, {"long_name": "estimated error of the elimination"}),
            "overlap": (("signs", "photons"), overlap),
            "unique": ("photons", unique),
        },
        coords={
            "kappa": kappas,
            "photons": photons,
            "pair": np.arange(1, _SITES + 1),
            "signs": ["atoms", "bare spins"],
        },
        attrs={"unit": "eta = zeta = 1", "atom_coupling": _COUPLING},
    ).merge(one_site(fast))


def _overlaps(model: CavityAtomChains, found: Any) -> tuple[float, float]:
    """Fidelities to the pairs with the signs of atoms, and with those of bare spins."""
    spins = SpinChains(model.sites, drive=model.drive)
    atoms, bare = (
        fidelity(found, PureState(found.labels, found.dimensions, known.dark_state()))
        for known in (model, spins)
    )
    return atoms, bare


def one_site(fast: bool) -> xr.Dataset:
    """Full model against effective model, N = 1, nbar = 0.1, over g and for two losses.

    ``error`` is the largest entry of the difference of the atoms' density matrices, ``gain`` that
    of their logarithmic negativities, full minus effective.
    """
    couplings = [0.02, 0.04, 0.64] if fast else [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28]
    losses, pair = [0.1, 1.0], _ATOMS[0]
    error, gain, estimate = (np.empty((len(losses), len(couplings))) for _ in range(3))
    for i, kappa in enumerate(losses):
        for k, g in enumerate(couplings):
            full = CavityAtomChains(1, 1.0, g, kappa, SqueezedDrive(nbar=0.1))
            lean = steady_state(replace(full, effective=True), _TIGHT).state
            atoms = steady_state(full, _FOCK).state.reduced(pair)
            error[i, k] = np.abs(atoms.matrix - lean.matrix).max()
            gain[i, k] = log_negativity(atoms, *pair) - log_negativity(lean, *pair)
            estimate[i, k] = full.elimination_error
    dims = ("loss", "g")
    return xr.Dataset(
        {
            "error": (dims, error),
            "gain": (dims, gain, {"units": "ebit"}),
            "bound": (dims, estimate),
        },
        coords={"loss": losses, "g": couplings},
    )


def _draw(axes: Any, data: xr.Dataset) -> None:
    lossy = data.sel(kappa=slice(1e-9, None))
    for nbar, line in ((1.0, "-"), (0.1, "--")):
        curves = lossy.log_negativity.sel(photons=nbar, method="nearest")
        for j in data.pair.values.tolist():
            label = rf"{j}, $\bar n = {nbar:g}$"
            axes.semilogx(lossy.kappa, curves.sel(pair=j), line, color=f"C{j - 1}", label=label)
    axes.set(xlabel=r"loss of the cavities $\kappa/\zeta$", ylabel="$E_N$ of the atoms (ebit)")
    axes.set(ylim=(0, 1.03))
    legend_above(axes, rf"$N={_SITES}$, $g={_COUPLING}\,\zeta$, $\eta=\zeta$; pair and drive")


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    return _lossless(data), _elimination(data), *_lossy(data), _strong(data)


def _lossless(data: xr.Dataset) -> Claim:
    free, nbar = data.sel(kappa=0.0), data.photons
    law = 2 * np.sqrt(nbar * (nbar + 1)) / (2 * nbar + 1)
    gap = float(abs(free.concurrence - law).max())
    missing = float(abs(1 - data.overlap.sel(signs="atoms")).max())
    bare = float(data.overlap.sel(signs="bare spins").sel(photons=1.0, method="nearest"))
    unique = bool(data.unique.all())
    return Claim(
        "3b-1",
        "Without loss the pairs of atoms are in sqrt(1-c^2)|00> + (-1)^(j+1) c|11>.",
        Verdict.REPRODUCED if unique and max(gap, missing) < 1e-9 else Verdict.NOT_REPRODUCED,
        "c^2 = nbar/(2 nbar + 1)",
        f"{'unique' if unique else 'not unique'}; largest 1 - fidelity {missing:.1e}, concurrence "
        f"within {gap:.1e} of 2c sqrt(1-c^2); fidelity {bare:.4f} to the signs of bare spin chains "
        "at nbar = 1",
        f"N = {_SITES}, nbar from {float(nbar[0]):g} to {float(nbar[-1]):g}; |0> is the ground "
        "state. It holds for every g, with the cavities kept or eliminated",
    )


def _elimination(data: xr.Dataset) -> Claim:
    weak = data.sel(g=slice(None, 0.05))
    ends = weak.error.isel(g=[0, -1]).values
    orders = np.log(ends[:, 1] / ends[:, 0]) / np.log(float(weak.g[-1] / weak.g[0]))
    second = bool(np.all(np.abs(orders - 2) < 0.1))
    below = bool((weak.error < weak.bound).all())
    sizes = ", ".join(
        f"{float(each.isel(g=0)) / float(weak.g[0]) ** 2:.2g} g^2 at kappa = {float(each.loss):g}"
        for each in weak.error
    )
    return Claim(
        "3b-2",
        "Eliminating the cavities leaves an error O(g^2/zeta^2).",
        Verdict.REPRODUCED if second and below else Verdict.NOT_REPRODUCED,
        "order 2",
        f"order {orders[0]:.3f} and {orders[1]:.3f}; largest entry of the difference {sizes} zeta",
        "full model with 9 Fock states a cavity, N = 1, nbar = 0.1 (without loss the error "
        f"vanishes); model.elimination_error {'is' if below else 'is not'} above it, and at most "
        f"{float(data.estimate.max()):.2g} for the curves here",
    )


def _lossy(data: xr.Dataset) -> tuple[Claim, ...]:
    at = data.sel(photons=1.0, method="nearest")
    rows = []
    for kappa in (1e-3, 1e-2, 1e-1):
        values = at.log_negativity.sel(kappa=kappa, method="nearest").values
        rows.append(f"{', '.join(f'{value:.3f}' for value in values)} at {kappa:g}")
    gaps = ", ".join(
        _without(data.kappa.values, at.log_negativity.sel(pair=j).values) for j in at.pair.values
    )
    kept = data.sel(kappa=0.01, method="nearest") / data.sel(kappa=0.0)
    parts = []
    for nbar in (0.1, 1.0, 10.0):
        each = kept.sel(photons=nbar, method="nearest").min("pair")
        atoms, light = float(each.log_negativity), float(each.cavities)
        parts.append(f"{100 * atoms:.0f} % (light {100 * light:.0f} %) at nbar = {nbar:g}")
    curves = data.log_negativity.sel(kappa=0.01, method="nearest").min("pair")
    best = data.photons.values[int(curves.argmax("photons"))]
    return (
        Claim(
            "3b-3",
            "What loss of the cavities leaves to the atoms, nbar = 1 (our number).",
            Verdict.FINDING,
            "",
            f"E_N of pairs 1 .. {_SITES}: {'; '.join(rows)} zeta",
            f"no entanglement at kappa/zeta = {gaps} (pairs in order, on the grid up to "
            f"{float(data.kappa.max()):g}); without loss every pair has "
            f"{float(at.log_negativity.sel(kappa=0.0).max()):.3f} ebit. More loss may bring it "
            "back, where it leaves weaker light, to which atoms lose less (3b-4)",
        ),
        Claim(
            "3b-4",
            "Atoms against empty cavities, and weak against strong drives (our number).",
            Verdict.FINDING,
            "",
            f"the weakest pair keeps at kappa = 0.01 zeta {', '.join(parts)}",
            f"as a fraction of E_N without loss; of all drives nbar = {best:.2g} leaves the "
            f"weakest pair of atoms most, {float(curves.max()):.3f} ebit",
        ),
    )


def _without(kappa: NDArray[np.float64], ebits: NDArray[np.float64]) -> str:
    """Where a curve has no entanglement: ``"0.015 .. 0.46"``."""
    dead = kappa[ebits < 1e-9]
    return f"{dead.min():.2g} .. {dead.max():.2g}" if len(dead) else "none"


def _strong(data: xr.Dataset) -> Claim:
    largest = abs(data.gain).max()
    signs = "; ".join(
        f"kappa = {float(row.loss):g}: "
        + ", ".join(f"{float(x):+.1e} at g = {float(x.g):g}" for x in row.isel(g=[0, -1]))
        for row in data.gain
    )
    return Claim(
        "3b-5",
        "Which g and kappa the effective curves stand for (ours).",
        Verdict.FINDING,
        "",
        f"E_N, full minus effective model, N = 1, nbar = 0.1, zeta = 1: {signs} ebit",
        "g drops out of the effective steady state and only sets its time, 1/g^2. g may be above "
        "or below kappa: what must be small is g times the memory of the light, and even at "
        f"g ~ zeta the entanglement is off by at most {float(largest):.1e} ebit",
    )


FIGURE_3B = Figure("3b", "atoms in cavity arrays", _compute, _draw, _claims)
