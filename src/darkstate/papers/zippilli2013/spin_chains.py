"""Figure 3c: bare spin chains with XX couplings, over the correlation of the drive, like 3b.

Without noise each of the N pairs is pure, with ``c^2 = nbar/(2 nbar + 1)`` and *opposite* signs to
Eq. (1): ``sqrt(1-c^2)|00> + (-1)^j c|11>``. For the drive enters the spins themselves, but atoms by
way of cavities, each exchange with a factor -i. The entanglement is the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from darkstate.frontdoor import steady_state
from darkstate.measures import fidelity, log_negativity
from darkstate.models import CavityAtomChains, SpinChains, SqueezedDrive
from darkstate.papers.base import Claim, Figure, Progress
from darkstate.papers.zippilli2013.atoms import (
    COUPLING,
    PHOTONS,
    PLACE,
    SITES,
    TIGHT,
    correlations,
    field,
    threshold,
    transposed,
)
from darkstate.papers.zippilli2013.common import judged, ours, pairs
from darkstate.plots import legend_above
from darkstate.plots.style import DASHES, line_style
from darkstate.states import PureState

_SIMILAR = 0.1
"""Curves are very similar if they differ by less than this share of their common largest value."""
_READINGS = ("opposite signs", "Eq. (1), lower |1>", "Eq. (1), upper |1>")


def _eq1(nbar: float) -> dict[str, NDArray[np.complex128]]:
    """Three readings of the state: amplitudes on A1 .. BN, bit 0 the state without excitation."""
    spins = SpinChains(SITES, drive=SqueezedDrive(nbar=nbar)).dark_state()
    atoms = CavityAtomChains(SITES, drive=SqueezedDrive(nbar=nbar)).dark_state()
    return dict(zip(_READINGS, (spins, atoms, atoms[::-1].copy()), strict=True))


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    grid = correlations(fast)
    E, atoms, least, least_atoms, unique = [], [], [], [], []
    for k, mbar in enumerate(grid.tolist()):
        drive = field(mbar)
        result = steady_state(SpinChains(SITES, drive=drive))
        E.append(log_negativity.many(result.state, pairs(SITES)))
        least.append(transposed(result.state, pairs(SITES)))
        unique.append(result.report.unique is True)
        model = CavityAtomChains(SITES, 1.0, COUPLING, 0.0, drive, effective=True)
        other = steady_state(model, TIGHT).state
        atoms.append(log_negativity.many(other, pairs(SITES, "ab")))
        least_atoms.append(transposed(other, pairs(SITES, "ab")))
        progress("spin chains", (k + 1) / (len(grid) + 3))
    overlaps = []
    for nbar in (0.1, 1.0, 5.0):
        found = steady_state(SpinChains(SITES, drive=SqueezedDrive(nbar=nbar))).state
        known = _eq1(nbar).values()
        states = [PureState(found.labels, found.dimensions, psi) for psi in known]
        overlaps.append([fidelity(found, state) for state in states])
    dims = ("mbar", "pair")
    return xr.Dataset(
        {
            "log_negativity": (dims, np.array(E), {"units": "ebit"}),
            "atoms": (dims, np.array(atoms), {"units": "ebit"}),
            "transposed": (dims, least),
            "transposed_atoms": (dims, least_atoms),
            "unique": ("mbar", unique),
            "overlap": (("photons", "reading"), overlaps),
        },
        coords={
            "mbar": grid,
            "pair": np.arange(1, SITES + 1),
            "photons": [0.1, 1.0, 5.0],
            "reading": list(_READINGS),
        },
        attrs={"unit": "coupling J = zeta = 1"},
    )


def _draw(axes: Any, data: xr.Dataset) -> None:
    for k, pair in enumerate(data.pair.values):
        spins, atoms = (data[name].sel(pair=pair) for name in ("log_negativity", "atoms"))
        thin = {"color": "0.5", "ls": DASHES[k], "lw": 0.9}
        axes.plot(data.mbar, spins, **line_style(k), label=f"spins, pair {pair}")
        axes.plot(data.mbar, atoms, **thin, label=f"atoms (3b), pair {pair}")
    axes.set(xlabel=r"correlation $\bar m$ ($\bar n=1$)", ylabel="$E_N$ (ebit)")
    axes.set(ylim=(0, 1.03), xlim=(1.32, 1.418))
    legend_above(axes, rf"$N={SITES}$, $J=\zeta$")


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    state, copies = _state(data)
    return state, *_similar(data), copies


def _state(data: xr.Dataset) -> tuple[Claim, Claim]:
    worst = {r: float(abs(1 - data.overlap.sel(reading=r)).max()) for r in _READINGS}
    at = data.overlap.sel(photons=1.0)
    pure = float(abs(data.log_negativity.isel(mbar=-1) - data.atoms.isel(mbar=-1)).max())
    right, lower, upper = (worst[r] < 1e-9 for r in _READINGS)
    same = right and pure < 1e-9
    place = (
        f"text on spin chains; kappa = 0, squeezed vacuum, here N = {SITES}, J = zeta, nbar = 0.1, "
        "1, 5"
    )
    return (
        Claim(
            "3c-1",
            "The steady state of spin chains coincides with Eq. (1), |1> spin up and |2> spin "
            "down.",
            judged(lower or upper, same),
            "Eq. (1)",
            f"fidelity at nbar = 1: {float(at[1]):.4f} with |1> the state to which s- lowers, "
            f"{float(at[2]):.4f} with |2> that state; {float(at[0]):.9f} with (-1)^j for "
            "(-1)^(j+1) and |1> the lower state",
            "The sign of every pair is the opposite, and the state |1> that is occupied more is "
            "the one s- lowers to, spin down by the usual names. It is Eq. (1) for a drive of the "
            "opposite phase, mbar to -mbar, which is a rotation of one array about z.",
            place,
        ),
        Claim(
            "3c-4",
            "Replication continues to hold for spins that interact with neighbours alone.",
            judged(same),
            "every pair as entangled as by Eq. (1)",
            f"pure pairs (fidelity of 3c-1); at nbar = 1 the entanglement of spins and of atoms "
            f"differs by at most {pure:.0e} ebit, all pairs",
            "",
            place,
        ),
    )


def _similar(data: xr.Dataset) -> tuple[Claim, Claim]:
    E, atoms = data.log_negativity, data.atoms
    top = float(E.max())
    each = abs(E - atoms) / top
    gaps, heated = each.max("mbar"), each.isel(mbar=slice(None, -1)).max("mbar")
    near, alike = gaps < _SIMILAR, heated < _SIMILAR
    ends = [threshold(data, "transposed", int(j)) for j in data.pair.values]
    others = [threshold(data, "transposed_atoms", int(j)) for j in data.pair.values]
    rising = bool((E.diff("mbar") > -1e-12).all() and (atoms.diff("mbar") > -1e-12).all())
    unique = bool(data.unique.all())
    early = bool(np.isfinite([*ends, *others]).all() and min(*ends, *others) > PHOTONS)
    kind = rising and early and unique
    listed = [", ".join(f"{m:.3f}" for m in values) for values in (ends, others)]
    return (
        Claim(
            "3c-2",
            "Spin chains give very similar results to atoms in cavities.",
            judged(bool(near.all()) and unique, bool(near.any()) and unique),
            "very similar",
            f"largest difference of the curves of 3b and 3c: "
            f"{', '.join(f'{100 * float(g):.0f} %' for g in gaps)} of their largest value (pairs 1 "
            f".. {SITES})",
            f"Very similar, for us: below {_SIMILAR:.0%}. Pairs that meet it: "
            f"{', '.join(str(int(j)) for j in data.pair.values[near.values]) or 'none'}. "
            + ours(_SIMILAR, gaps, below=True)
            + " With N = 2 the curves of 3b and 3c are the same with pairs 1 and 2 exchanged.",
            f"text on Figs. 3b, 3c, caption; {PLACE}, J = zeta, g = {COUPLING:g} zeta for atoms",
        ),
        Claim(
            "3c-3",
            "The similarity holds with a thermal part of the drive.",
            judged(bool(alike.all()) and kind, bool(alike.any()) and kind),
            "similar",
            f"at mbar < sqrt(2) the curves differ by up to "
            f"{', '.join(f'{100 * float(g):.0f} %' for g in heated)}; both fall monotonically from "
            "the same value as mbar falls, and are gone long before the drive's: at mbar = "
            f"{listed[0]} (spins) and {listed[1]} (atoms), pairs in order",
            f"By the limit of 3c-2, {_SIMILAR:.0%}. Without a thermal part there is no difference "
            "(3c-4): all of 3c-2 is of this part.",
            f"text below the spins' master equation; {PLACE}, J = zeta",
        ),
    )


FIGURE_3C = Figure("3c", "XX spin chains over the drive's correlation", _compute, _draw, _claims)
