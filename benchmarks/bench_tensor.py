"""Two engines of long cascades against each other: matrix-product trajectories and compression.

Run it as ``python benchmarks/bench_tensor.py`` (about half an hour; ``--share 0.1`` makes runs a
tenth as long, ``--cases`` chooses). Pairs of qubits on two rails, a white field, dephasing; "rungs"
means detunings 0.7 (j - 1) gamma of A_j and minus that of B_j. The trajectory starts from the dark
state and is averaged after the burn-in. A line a pair has four numbers, each from the trajectory
with its standard error in the last digits, from `Cascade`, and the pull:

- three linear in the state of the pair, which sampling leaves unbiased: weight on the dark state,
  population of 11, coherence between 00 and 11. A pull is the difference of the engines over the
  statistical error and the estimate of `Cascade`, which is a trace distance and bounds each of
  them, added in squares;
- the concurrence, which sampling biases.

Then for the case: the means of squared pulls (about 1, though pairs of one run are correlated), the
weight of a later half of the samples less that of the earlier over its error (burn-in was long
enough if it is about 1), jumps seen, weight discarded per disturbance (the bias of bonds: about as
if so many more disturbances had come), processor time. With ``--bonds 32 64`` a case runs at each
of these bonds and the bias can be seen.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import cosh, hypot, sinh, sqrt
from types import SimpleNamespace
from typing import Any

import numpy as np

import darkstate as ds
from darkstate.engines import Cascade, TensorTrajectories

Number = Callable[..., float]


@dataclass(frozen=True)
class Case:
    """One network and how long it is sampled, in 1/gamma."""

    pairs: int
    squeezing: float
    dephasing: float
    rungs: bool
    duration: float
    burn_in: float = 60.0
    bond: int = 64
    step: float = 0.1

    def model(self) -> ds.models.DualRail:
        """The network."""
        a = [0.7 * j if self.rungs else 0.0 for j in range(self.pairs)]
        b = [-x for x in a]
        return ds.models.DualRail(
            self.pairs, self.squeezing, detunings_a=a, detunings_b=b, dephasing=self.dephasing
        )


CASES = {
    "8-rungs": Case(8, 0.5, 0.01, True, 2000.0),
    "8-equal": Case(8, 0.5, 0.01, False, 1000.0),
    "8-strong": Case(8, 1.0, 0.01, True, 500.0, step=0.05),
    "12-rungs": Case(12, 0.5, 0.01, True, 1000.0),
    "12-weak": Case(12, 0.5, 0.001, True, 6000.0),
    "12-strong": Case(12, 1.0, 0.001, True, 3000.0, step=0.05),
}
FEASIBLE = ("8-rungs", "8-equal", "8-strong", "12-rungs", "12-weak")
"""Cases run by default. In 12-strong one disturbance may take half a minute: few are seen."""


def numbers(squeezing: float) -> dict[str, Number]:
    """Functions linear in the state of a pair."""
    v = np.array([cosh(squeezing), 0, 0, sinh(squeezing)]) / sqrt(cosh(2 * squeezing))
    return {
        "dark": lambda s, *_: float((v @ s.matrix @ v).real),
        "p11": lambda s, *_: float(s.matrix[3, 3].real),
        "coherence": lambda s, *_: float(s.matrix[0, 3].real),
    }


def drift(blocks: np.ndarray, dark: Number) -> float:
    """The later half of the samples less the earlier one, over its standard error."""
    weights = np.array([dark(SimpleNamespace(matrix=block)) for block in blocks])
    half = len(weights) // 2
    early, late = weights[:half], weights[half:]
    error = sqrt(np.var(early, ddof=1) / half + np.var(late, ddof=1) / len(late))
    return float((late.mean() - early.mean()) / max(error, 1e-300))


def compact(value: float, error: float) -> str:
    """``0.9145(109)``: the error in units of the last digit."""
    return f"{value:.4f}({round(1e4 * error)})"


def rows(case: Case, sampled: Any, peer: Any) -> dict[str, list[float]]:
    """Print a line for each pair; the pulls of each number."""
    measures: dict[str, Number] = {**numbers(case.squeezing), "C": ds.concurrence}
    pulls: dict[str, list[float]] = {kind: [] for kind in measures}
    titles = "".join(f"{kind:>14} Cascade pull" for kind in measures)
    print(f"pair{titles[1:]}   estimate of Cascade")
    for j, stage in enumerate(peer.state.stages, start=1):
        pair = (f"A{j}", f"B{j}")
        bound, line = peer.report.truncation[f"error of {', '.join(pair)}"], f"{j:3}"
        for kind, measure in measures.items():
            value, error = sampled.state.estimate(measure, *pair)
            exact = float(measure(stage, *pair))
            pull = (value - exact) / hypot(error, bound)
            pulls[kind].append(pull)
            line += f"{compact(value, error):>14} {exact:7.4f} {pull:+4.1f}"
        print(f"{line}   {bound:.0e}")
    return pulls


def compare(name: str, case: Case, bond: int, dimension: int, share: float) -> None:
    """All lines of a case."""
    duration, start = case.duration * share, time.process_time()
    engine = TensorTrajectories(1, case.burn_in, duration, seed=2026, bond=bond, step=case.step)
    sampled = ds.steady_state(case.model(), engine=engine)
    middle = time.process_time()
    peer = ds.steady_state(case.model(), engine=Cascade(dimension=dimension))
    spent = middle - start, time.process_time() - middle
    print(
        f"{name}: {case.pairs} pairs, r = {case.squeezing}, dephasing {case.dephasing}, "
        f"{'rungs' if case.rungs else 'equal'}, burn-in {case.burn_in:g}, duration "
        f"{duration:g}, bond {bond}, step {case.step}; dimension {dimension}"
    )
    pulls = rows(case, sampled, peer)
    late = drift(sampled.state.blocks[case.pairs - 1], numbers(case.squeezing)["dark"])
    squares = ", ".join(f"{kind} {np.mean(np.square(p)):.2f}" for kind, p in pulls.items())
    print(f"  mean squared pulls: {squares}; drift of the last pair {late:+.1f}")
    print(f"  {sampled.report.structure[0]}; {sampled.report.truncation}")
    print(f"  processor seconds: trajectories {spent[0]:.0f}, cascade {spent[1]:.0f}", flush=True)


def main() -> None:
    """All cases."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--cases", nargs="+", default=FEASIBLE, choices=list(CASES))
    parser.add_argument("--bonds", type=int, nargs="+", default=None)
    parser.add_argument("--dimension", type=int, default=128)
    parser.add_argument("--share", type=float, default=1.0, help="fraction of each duration")
    args = parser.parse_args()
    for name in args.cases:
        case = CASES[name]
        for bond in args.bonds or [case.bond]:
            compare(name, case, bond, args.dimension, args.share)


if __name__ == "__main__":
    main()
