"""The claim behind all figures: one steady state, pure, for every permutation of the detunings.

Uniqueness is proved by the solver for each network (a rank, see
`darkstate.engines.dark`), not inferred from a relaxation.
"""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import xarray as xr

from darkstate.frontdoor import steady_state
from darkstate.measures import entropy, fidelity, purity
from darkstate.models import DualRail
from darkstate.papers.agusti2023.blocks import closed_form, pair_entropy
from darkstate.papers.agusti2023.common import SQUEEZING, programmed, rail
from darkstate.papers.base import Claim, Figure, Progress, Verdict
from darkstate.plots import legend_above

_SEED = 250801
_LONGEST = 4
_ANY, _HIGHLY = 8, 0.5
"""How many networks with detunings that fit no permutation; highly mixed: purity below a half."""


def _compute(fast: bool, progress: Progress) -> xr.Dataset:
    draws = 1 if fast else 4
    random = np.random.default_rng(_SEED)
    rows = []
    for pairs in range(1, _LONGEST + 1):
        for order in permutations(range(pairs)):
            for _ in range(draws):
                detunings = random.normal(0.0, 1.0, pairs).tolist()
                squeezing = float(random.uniform(0.1, 1.5))
                model = programmed(detunings, order, squeezing)
                result = steady_state(model)
                S = entropy(result.state, rail("A", pairs))
                same = fidelity(result.state, closed_form(model))
                report = result.report
                numbers = (purity(result.state), report.residual, 1 - same, S)
                rows.append((pairs, squeezing, report.unique is True, *numbers))
        progress("permutations", pairs / _LONGEST)
    mixed = [_any_detunings(random) for _ in range(_ANY)]
    names = ("pairs", "squeezing", "unique", "purity", "residual", "infidelity", "entropy")
    table = np.array(rows, dtype=float)
    columns = {name: ("network", table[:, k]) for k, name in enumerate(names)}
    law = [n * pair_entropy(r) for n, r in table[:, :2]]
    return xr.Dataset(
        {**columns, "law": ("network", np.array(law)), "mixed": ("any", np.array(mixed))},
        attrs={"seed": _SEED},
    )


def _any_detunings(random: np.random.Generator) -> float:
    """Purity of the steady state of two pairs, r = 1, all four detunings drawn."""
    one, other = random.normal(0.0, 1.0, (2, 2)).tolist()
    return float(purity(steady_state(DualRail(2, SQUEEZING, one, other)).state))


def _draw(axes: Any, data: xr.Dataset) -> None:
    r = np.linspace(0.0, 1.6, 161)
    for pairs in range(1, _LONGEST + 1):
        (line,) = axes.plot(r, [pairs * pair_entropy(x) for x in r.tolist()], label=f"$N={pairs}$")
        some = data.where(data.pairs == pairs, drop=True)
        marks = {"ls": "none", "marker": "o", "color": line.get_color(), "ms": 2.5}
        axes.plot(some.squeezing, some.entropy, **marks)
    axes.set(xlabel="squeezing $r$", ylabel="$S_A$ (bit)", xlim=(0, 1.6), ylim=(0, None))
    legend_above(axes, "points: solved, random detunings")


def _claims(data: xr.Dataset) -> tuple[Claim, ...]:
    count, unique = data.sizes["network"], int(data.unique.sum())
    impure = float(abs(1 - data.purity).max())
    residual, infidelity = float(data.residual.max()), float(data.infidelity.max())
    gap = float(abs(data.entropy / data.law - 1).max())
    scope = f"all permutations of N = 1 .. {_LONGEST}, normal random detunings, r in (0.1, 1.5)"
    pure = unique == count and impure < 1e-9 and residual < 1e-9
    return (
        Claim(
            "dark-1",
            "The steady state is unique and pure for every permutation.",
            Verdict.REPRODUCED if pure else Verdict.NOT_REPRODUCED,
            "unique, pure",
            f"unique in {unique} of {count} networks; largest |1 - purity| {impure:.1e}, largest "
            f"residual {residual:.1e}",
            f"{scope}; uniqueness is proved network by network, not for all N",
            "Eq. (9) and below",
        ),
        Claim(
            "dark-2",
            "It is the state that the circuit of exchanges prepares.",
            Verdict.REPRODUCED if infidelity < 1e-9 else Verdict.NOT_REPRODUCED,
            "U = exp(i theta (s_Bi + s_Bi+1)^2)",
            f"largest 1 - fidelity {infidelity:.1e}",
            "with tan theta = -(delta_Bi - delta_Bi+1)/gamma, detunings before the exchange "
            "(gates-4)",
            "Eq. (9)",
        ),
        Claim(
            "dark-3",
            "Entropy of rail A.",
            Verdict.REPRODUCED if gap < 1e-9 else Verdict.NOT_REPRODUCED,
            "S_A = -N ln[x^x (1-x)^(1-x)], x = cosh^2 r/cosh 2r",
            f"largest relative deviation {gap:.1e} over {count} networks",
            scope,
            "below Eq. (10)",
        ),
        _in_general(data),
    )


def _in_general(data: xr.Dataset) -> Claim:
    values = np.sort(data.mixed.values)
    highly = int((values < _HIGHLY).sum())
    some = Verdict.CONDITION if values[-1] < 1 - 1e-6 and highly else Verdict.NOT_REPRODUCED
    return Claim(
        "dark-4",
        "In general the steady state is highly mixed.",
        Verdict.REPRODUCED if highly == len(values) else some,
        "highly mixed",
        f"purity {values[0]:.2f} to {values[-1]:.2f}, median {np.median(values):.2f}, in "
        f"{len(values)} networks with normal random detunings of all qubits (1/16 at least)",
        f"Mixed in all of them, highly in {highly}: highly is a purity below {_HIGHLY:g}, "
        "a limit of ours that decides. Detunings that nearly fit a permutation leave it nearly "
        "pure.",
        "below Eq. (4); N = 2, r = 1",
    )


DARK = Figure("dark", "Pure steady states of all permutations", _compute, _draw, _claims)
