"""The two printed slips: signs of the links, and the phase of the last node.

``H = sum_j (-1)^j n_j n_(j+1)`` gives the links alternating signs, ``exp(i t k_2 (k_1 - k_3))`` for
three nodes. ``alternating`` is the entropy with them, ``equal`` what ``exp(i t k_2 (k_1 + k_3))``
would give. ``last`` compares the last node of a chain, its neighbour in ``|k>``, with the product
state whose atoms have the phase ``(-1)^M k t``, from ``exp(-i H t)`` on all (N+1)^M amplitudes.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import xarray as xr

from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.papers.li2026.common import ENTROPY_LABEL, Values, mark_time
from darkstate.plots import legend_above
from darkstate.repeaters import binomial_amplitudes
from darkstate.repeaters.outcomes import shared

_ATOMS = 20
_MAGIC = (2, 3)


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    times = np.linspace(0.0, math.pi, 121 if fast else 481)
    curves = [[_entropy(t, sign) for t in times] for sign in (-1, 1)]
    progress("curves", 0.8)
    nodes = [3, 4, 5]
    return xr.Dataset(
        {
            "entropy": (("links", "time"), np.array(curves), {"units": "ebit"}),
            "magic": (
                ("links", "denominator"),
                [[_entropy(2 * math.pi / b, sign) for b in _MAGIC] for sign in (-1, 1)],
            ),
            "last": (("sign", "nodes"), [[_last(m, s) for m in nodes] for s in (1, -1)]),
        },
        coords={
            "links": ["alternating", "equal"],
            "time": times,
            "sign": ["(-1)^M", "-(-1)^M"],
            "nodes": nodes,
            "denominator": list(_MAGIC),
        },
        attrs={"atoms": _ATOMS},
    )


def _entropy(time: float, sign: int) -> float:
    """E of three nodes, q = N, with the link phases ``t k_2 (k_1 + sign k_3)``."""
    k = np.arange(_ATOMS + 1)
    psi = binomial_amplitudes(_ATOMS, k)
    first, second = (np.exp(1j * time * s * np.outer(k, k)) for s in (1, sign))
    return shared(psi[:, None] * (first @ (psi[:, None] ** 2 * second)) * psi)[0]


def _last(nodes: int, sign: int, atoms: int = 3, time: float = 0.37) -> float:
    """1 - fidelity of the last node with a product state of phase ``sign (-1)^M k t``, at worst."""
    psi = binomial_amplitudes(atoms, np.arange(atoms + 1))
    state: Values | np.ndarray = psi
    for _ in range(nodes - 1):
        state = np.multiply.outer(state, psi)
    n = np.indices(state.shape)
    energy = sum((-1) ** j * n[j - 1] * n[j] for j in range(1, nodes))
    evolved = state * np.exp(-1j * time * energy)
    worst = 0.0
    for k in range(atoms + 1):
        given = evolved[(0,) * (nodes - 2) + (k,)]
        expected = psi * np.exp(1j * sign * (-1) ** nodes * k * time * np.arange(atoms + 1))
        overlap = abs(np.vdot(expected, given)) / np.linalg.norm(given)
        worst = max(worst, 1 - overlap**2)
    return worst


def _draw(axes: Any, data: xr.Dataset) -> None:
    labels = {"alternating": r"$e^{itk_2(k_1-k_3)}$, from $H$", "equal": r"$e^{itk_2(k_1+k_3)}$"}
    for links in data.links.values:
        axes.plot(data.time, data.entropy.sel(links=links), label=labels[links])
    axes.set(ylabel=ENTROPY_LABEL, ylim=(0, None))
    mark_time(axes)
    legend_above(axes, f"$N={_ATOMS}$, $M=3$")


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    miss = float(np.abs(data.magic - np.log2(data.denominator)).max())
    largest = float(np.abs(np.diff(data.entropy, axis=0)).max())
    good = float(data.last.sel(sign="(-1)^M").max())
    bad = float(data.last.sel(sign="-(-1)^M").min())
    return (
        Claim(
            "signs-1",
            "Which signs have the link phases of three nodes (Eq. 7)?",
            Verdict.FINDING,
            "a slip in print",
            f"opposite ones, exp(i t k_2 (k_1 - k_3)): H alternates. Equal ones would change E by "
            f"up to {largest:.2f} ebit, but not at magic times (log2 b for both, to {miss:.0e})",
            f"N = {_ATOMS}. Equal signs are the same chain with k_3 counted from the other end "
            "and an offset phi = N t",
        ),
        Claim(
            "signs-2",
            "Which phase does the last node have (Eq. 16)?",
            Verdict.FINDING,
            "a slip in print",
            f"(-1)^M k_(M-1) t per atom: infidelity {good:.0e} for M = 3, 4, 5; at least {bad:.2f} "
            "with the other sign",
            "so e^(i k_(M-1) t) for even M and its conjugate for odd M; it is k of the only "
            "neighbour, M - 1. Entanglement is the same for both signs",
        ),
    )


SIGNS = Figure("signs", "Signs of the links", _compute, _draw, _claims)
