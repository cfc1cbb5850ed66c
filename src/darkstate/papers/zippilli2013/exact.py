"""The exact statements of the text: what holds without loss, for every length and every pattern.

The squeezing transformation ``U_j = exp[(-1)^j r (a_j† b_j† - a_j b_j)]`` on every pair leaves the
hopping of equal chains as it is and turns the squeezed field into vacuum (thermal noise, for a
squeezed thermal field). Undone, every pair of cavities is a copy of the drive: ``<a_j† a_j> =
nbar``, ``<a_j b_j> = (-1)^j mbar``, and nothing else is correlated. With atoms the fields stay
empty in the transformed frame if the atoms are in the state that is annihilated by

    C_j = sqrt(nbar+1) s_aj + (-1)^j sqrt(nbar) s+_bj   and the same with a and b exchanged.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from darkstate.engines import Lindblad
from darkstate.frontdoor import steady_state
from darkstate.linalg.symplectic import partial_transpose, symplectic_eigenvalues
from darkstate.measures import concurrence, fidelity, log_negativity
from darkstate.models import CavityAtomChains, CavityChains, SqueezedDrive
from darkstate.papers.base import Claim, Figure, Progress
from darkstate.papers.zippilli2013.common import SEED, judged, pair_ebits, pairs, paper_scale
from darkstate.plots import legend_above
from darkstate.states import GaussianState, PureState

_LENGTHS = (1, 2, 10, 30, 200)
_LOCALISED = 10
_THERMAL = (0.0, 0.1, 0.5, 2.0)
_SQUEEZING = np.linspace(0.0, 1.5, 7)
_SITES = 10
_PHOTONS = (1e-2, 1.0, 1e2, 1e4)
_TIGHT = Lindblad(rtol=1e-13)
_EXACT = 1e-9


def _bonds(sites: int) -> NDArray[np.float64]:
    """One pattern of couplings between 0.5 and 1.5, the same for both chains."""
    return 1.0 + np.random.default_rng(SEED).uniform(-0.5, 0.5, sites - 1)


def _copies(state: Any, drive: SqueezedDrive) -> float:
    """Largest deviation of any moment from that of N copies of the drive, over nbar + 1/2."""
    sites = len(state.labels) // 2
    signs = (-1.0) ** np.arange(1, sites + 1) * drive.correlation
    zero = np.zeros((sites, sites))
    number = drive.nbar * np.eye(2 * sites)
    anomalous = np.block([[zero, np.diag(signs)], [np.diag(signs), zero]])
    gap = max(np.abs(state.number - number).max(), np.abs(state.anomalous - anomalous).max())
    return float(gap / (drive.nbar + 0.5))


def _drive() -> tuple[list[float], float]:
    """nbar, mbar, nu- and purity of a squeezed thermal field built by hand against the text, and
    whether "entangled" and ``mbar > nbar`` agree (number of exceptions)."""
    gaps, exceptions = np.zeros(4), 0
    for n in _THERMAL:
        for r in _SQUEEZING.tolist():
            c, s = np.cosh(r), np.sinh(r)
            # b1 -> c b1 + s b2†: a two-mode squeezer on two thermal modes
            nbar, mbar = c * c * n + s * s * (n + 1), c * s * (2 * n + 1)
            field = GaussianState(("1", "2"), np.eye(2) * nbar, np.eye(2)[::-1] * mbar)
            nu = 2 * symplectic_eigenvalues(partial_transpose(field.covariance, [1])).min()
            told = SqueezedDrive.from_squeezing(1.0, r, n)
            printed = 1 + 2 * told.nbar - 2 * told.correlation
            room = nbar * (nbar + 1) - mbar**2 - n * (n + 1)  # 0 left for the squeezed vacuum
            found = (nbar - told.nbar, mbar - told.correlation, nu - printed, room)
            gaps = np.maximum(gaps, np.abs(found))
            exceptions += (nu < 1 - 1e-12) != (mbar > nbar + 1e-12)
    return gaps.tolist(), float(exceptions)


def _annihilated(sites: int, nbar: float) -> float:
    """Largest norm of ``C_j|phi>`` and ``D_j|phi>`` for Eq. (1)."""
    c = np.sqrt(nbar / (2 * nbar + 1))
    lower = np.array([[0.0, 1.0], [0.0, 0.0]])
    norms = []
    for j in range(1, sites + 1):
        pair = np.array([[np.sqrt(1 - c * c), 0.0], [0.0, (-1) ** (j + 1) * c]])  # [atom a, atom b]
        up, down = np.sqrt(nbar + 1), (-1) ** j * np.sqrt(nbar)
        norms += [
            np.linalg.norm(up * lower @ pair + down * pair @ lower),
            np.linalg.norm(up * pair @ lower.T + down * lower.T @ pair),
        ]
    return float(max(norms))


def _transformed(sites: int, r: float) -> float:
    """What the squeezing transformation leaves of the printed equation of the fields beside the
    hopping and a drive by vacuum, for random hopping; relative, drift and noise."""
    hopping = np.random.default_rng(SEED).uniform(0.5, 1.5, sites - 1)
    h, first, eye = np.diag(hopping, 1) + np.diag(hopping, -1), np.zeros(sites), np.eye(sites)
    first[0] = 1.0
    own, signs = np.diag(first), np.diag((-1.0) ** np.arange(1, sites + 1))
    # of (a_j, b_j†): da/dt = -(P_1 + i h) a, and of the symmetrised noise of L_S: <ab> is fed by
    # -2 mbar, <a† a> by 2 nbar, as L_S has it term by term
    zero, c, s = 0 * h, np.cosh(r), np.sinh(r)
    drift = -np.block([[own + 1j * h, zero], [zero, own - 1j * h]])
    noise = 2 * np.kron([[s * s + 0.5, -c * s], [-c * s, s * s + 0.5]], own)
    U = np.block([[c * eye, s * signs], [s * signs, c * eye]])
    back = np.linalg.inv(U)
    gaps = back @ drift @ U - drift, back @ noise @ back.T - np.kron(np.eye(2), own)
    return float(max(np.abs(gap).max() for gap in gaps)) / (c * c)


def _atoms(fast: bool) -> xr.Dataset:
    """Steady states of atoms for random couplings g_j and eta_j against Eq. (1), (B,)."""
    rng = np.random.default_rng(SEED)
    overlaps, unique, lone = [], [], []
    for nbar in (0.1, 1.0, 5.0):
        one = steady_state(_chain([0.01], [], nbar), _TIGHT).state
        single = concurrence(one, "a1", "b1")
        for _ in range(1 if fast else 5):
            g, eta = 0.01 * rng.uniform(0.5, 1.5, 3), rng.uniform(0.5, 1.5, 2)
            model = _chain(g.tolist(), eta.tolist(), nbar)
            found = steady_state(model, _TIGHT)
            known = PureState(found.state.labels, found.state.dimensions, model.dark_state())
            overlaps.append(fidelity(found.state, known))
            unique.append(found.report.unique is True)
            lone.append(max(abs(concurrence(found.state, *p) - single) for p in pairs(3, "ab")))
    values = {"fidelity": overlaps, "unique": unique, "single": lone}
    return xr.Dataset({name: ("sample", value) for name, value in values.items()})


def _chain(g: list[float], eta: list[float], nbar: float) -> CavityAtomChains:
    drive = SqueezedDrive(nbar=nbar)
    return CavityAtomChains(len(g), eta or 1.0, g, 0.0, drive, effective=True)


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    copies, spread = [], []
    for sites in _LENGTHS:
        # random couplings localise: in longer chains far modes are damped below rounding
        patterns = (1.0, _bonds(sites).tolist()) if 1 < sites <= _LOCALISED else (1.0,)
        for hopping in patterns:
            result = steady_state(CavityChains(sites, hopping)).state
            copies.append(_copies(result, SqueezedDrive()))
            E = log_negativity.many(result, pairs(sites))
            spread.append(np.abs(E / SqueezedDrive().log_negativity - 1).max())
    progress("lengths", 0.3)
    values = np.empty((len(_THERMAL), len(_SQUEEZING), _SITES))
    field, thermal = np.empty(values.shape[:2]), 0.0
    for i, n in enumerate(_THERMAL):
        for k, r in enumerate(_SQUEEZING.tolist()):
            drive = SqueezedDrive.from_squeezing(1.0, r, n)
            model = CavityChains(_SITES, _bonds(_SITES).tolist(), drive=drive)
            state = steady_state(model).state
            thermal = max(thermal, _copies(state, drive))
            values[i, k] = log_negativity.many(state, pairs(_SITES))
            field[i, k] = drive.log_negativity
    progress("squeezed thermal fields", 0.6)
    strong = [pair_ebits(CavityChains(3, drive=SqueezedDrive(nbar=n)))[-1] for n in _PHOTONS]
    gaps, exceptions = _drive()
    data = xr.Dataset(
        {
            "log_negativity": (("thermal", "r", "pair"), values, {"units": "ebit"}),
            "field": (("thermal", "r"), field, {"units": "ebit"}),
            "copies": ("case", copies),
            "spread": ("case", spread),
            "strong": ("photons", strong, {"units": "ebit"}),
        },
        coords={"thermal": list(_THERMAL), "r": _SQUEEZING, "photons": list(_PHOTONS)},
        attrs={
            "copies_thermal": thermal,
            "drive": gaps,
            "exceptions": exceptions,
            "annihilated": max(_annihilated(4, n) for n in (0.1, 1.0, 10.0)),
            "longest": _LENGTHS[-1],
            "transformed": max(_transformed(n, r) for n in (1, 2, 10, 30) for r in (0.1, 1.0, 3.0)),
        },
    )
    return data.merge(_atoms(fast))


def _draw(axes: Any, data: xr.Dataset) -> None:
    for k, n in enumerate(data.thermal.values):
        some = data.sel(thermal=n)
        axes.plot(data.r, some.field, color=f"C{k}", label=rf"drive, $\bar n_T={n:g}$")
        every = some.log_negativity
        axes.plot(data.r, every[:, 0], "o", color=f"C{k}", ms=4)
        axes.plot(data.r, every[:, -1], "x", color="k", ms=5)
    axes.plot([], [], "o", color="0.4", ms=4, label="pair 1")
    axes.plot([], [], "x", color="k", ms=5, label=f"pair {_SITES}")
    axes.set(xlabel="squeezing $r_0$ of the drive", ylabel="$E_N$ (ebit)")
    legend_above(axes)


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    return _field(data), *_cavities(data), *_atom_claims(data), _infinite(data), _frame(data)


def _field(data: xr.Dataset) -> Claim:
    gaps, wrong = list(data.attrs["drive"]), int(data.attrs["exceptions"])
    return Claim(
        "exact-1",
        "Photons, correlation and smallest symplectic eigenvalue of the squeezed thermal field; "
        "mbar^2 <= nbar(nbar+1), equal for the squeezed vacuum; entangled if and only if nu- < 1, "
        "that is mbar > nbar.",
        judged(max(gaps) < _EXACT and wrong == 0),
        "nbar = nT + (2nT+1) sinh^2 r, mbar = (nT+1/2) sinh 2r, nu- = 2 nbar + 1 - 2 mbar",
        f"built from two thermal modes by hand: off by at most {gaps[0]:.0e}, {gaps[1]:.0e}, "
        f"{gaps[2]:.0e}; nbar(nbar+1) - mbar^2 = nT(nT+1) to {gaps[3]:.0e}; {wrong} exceptions",
        "The text says that nu- < 1 implies mbar > nbar; they are the same.",
        "text on the drive, p. 2; nT from 0 to 2, r from 0 to 1.5",
    )


def _cavities(data: xr.Dataset) -> tuple[Claim, ...]:
    copies, spread = float(data.copies.max()), float(data.spread.max())
    thermal = float(data.attrs["copies_thermal"])
    gap = float(abs(data.log_negativity - data.field).max())
    return (
        Claim(
            "exact-2",
            "Without loss exactly N pairs form, each between corresponding sites and each with the "
            "entanglement of the drive, for any length (scale-free) and any couplings.",
            judged(max(copies, spread) < _EXACT),
            "N pairs (j, N+j), E_N of the drive, independent of N",
            f"N = 1 to {int(data.attrs['longest'])}: E_N equal to that of the drive to {spread:.0e}"
            f"; all moments are those of N copies of it to {copies:.0e}, and so all other pairs "
            "are uncorrelated",
            "Relative numbers. <a_j b_j> = (-1)^j mbar, as by the squeezing transformation of the "
            "text. In long random chains it takes exponentially long to reach, for far sites.",
            "Abstract; text p. 1, 2 and end; uniform couplings, and to N = 10 a random pattern "
            "from 0.5 to 1.5 eta in both chains; nbar = 1, kappa = 0, no atoms",
        ),
        Claim(
            "exact-3",
            "The same for a squeezed thermal field: two-mode squeezed thermal pairs, E_N of the "
            "drive whatever j, N, nbar and mbar.",
            judged(thermal < _EXACT and gap < _EXACT),
            "exact replication",
            f"all moments to {thermal:.0e} (relative), E_N to {gap:.0e} ebit",
            "",
            f"text above Fig. 2, g_j = 0; here N = {_SITES}, random couplings as in exact-2, "
            "nT from 0 to 2, r from 0 to 1.5, kappa = 0",
        ),
    )


def _atom_claims(data: xr.Dataset) -> tuple[Claim, ...]:
    missing, lone = float(abs(1 - data.fidelity).max()), float(data.single.max())
    unique, zero = bool(data.unique.all()), float(data.attrs["annihilated"])
    count = data.sizes["sample"]
    return (
        Claim(
            "exact-4",
            "Without loss the unique steady state with atoms is pure, the atoms in Eq. (1), "
            "whatever the couplings g_j and eta_j.",
            judged(unique and max(missing, zero) < _EXACT),
            "sqrt(1-c^2)|11> + (-1)^(j+1) c|22>, c^2 = nbar/(2 nbar + 1)",
            f"{count} random sets of couplings: {'unique' if unique else 'not unique'}, 1 - "
            f"fidelity at most {missing:.0e}; |C_j phi| and |D_j phi| at most {zero:.0e}",
            "The second is exact for every g: fields that are empty in the transformed frame stay "
            "so. Uniqueness is that of the atoms with the cavities eliminated. Couplings that "
            "vanish are excluded: an atom or a rest of the chain would be on its own.",
            "Eq. (1) and text around it; N = 3, nbar = 0.1, 1 and 5, g_j and eta_j within 50 %",
        ),
        Claim(
            "exact-5",
            "All pairs of atoms are as entangled as a single pair driven by the field.",
            judged(lone < _EXACT),
            "as in Refs. 18-20, for all N pairs",
            f"concurrence of the pairs of N = 3 and of N = 1 differ by at most {lone:.0e}",
            "",
            "text below Eq. (1); as exact-4",
        ),
    )


def _infinite(data: xr.Dataset) -> Claim:
    photons, light = data.photons.values, data.strong.values
    C = 2 * np.sqrt(photons * (photons + 1)) / (2 * photons + 1)
    rising = bool((np.diff(light) > 0).all())
    near = bool(abs(1 - C[-1]) < 1e-6)
    # E grows like log2(4 nbar): without bound
    law = float(abs(light - np.log2(4 * photons + 2))[photons > 10].max())
    return Claim(
        "exact-6",
        "An ideal, infinitely entangled drive makes Einstein-Podolsky-Rosen pairs of the fields and"
        " Bell states of the atoms.",
        judged(rising and near and law < 1e-4),
        "N Bell states for nbar to infinity",
        f"concurrence of Eq. (1) {', '.join(f'{c:.6f}' for c in C)}, fields "
        f"{', '.join(f'{e:.2f}' for e in light)} ebit (E/(1+E) = {paper_scale(light[-1]):.3f} at "
        f"the last) at nbar = {', '.join(f'{n:g}' for n in photons)}",
        "1 - C falls like 1/(8 nbar^2); fields have log2(4 nbar) ebit, without bound.",
        "text p. 1 and below Eq. (1); kappa = 0",
    )


def _frame(data: xr.Dataset) -> Claim:
    gap = float(data.attrs["transformed"])
    return Claim(
        "exact-7",
        "The squeezing transformation leaves the hopping as it is and makes the drive a vacuum.",
        judged(gap < _EXACT),
        "Hc unchanged, L_S to vacuum, C_j and D_j for the atoms",
        f"drift and noise of the printed equation of the fields agree with those to {gap:.0e}; "
        "the atoms' part is that of exact-4",
        "Relative numbers. The signs (-1)^j make it so: creation operators hop with another sign.",
        "text above Eq. (1); N = 1, 2, 10, 30, random couplings from 0.5 to 1.5 eta in both "
        "chains, r = 0.1, 1, 3, kappa = 0",
    )


EXACT = Figure("exact", "Exact replication without loss", _compute, _draw, _claims)
