"""How far to trust sampled matrix-product states.

The error estimate of the states of the stages adds up

* the standard error of their averages, blocks merged as long as they are correlated;
* what events may change that no trajectory met;
* the change under a second look at the same trajectories with half the bond, longer steps and
  coarser cuts (`coarser`), as far as it is more than chance. A coarser look errs more, so the
  change bounds the error of the first one.

They are ``converged`` at best: sampling certifies nothing. A stationary average is ``suspect`` if
its halves differ, if it waited less than the slowest stage needs to forget, or if too little
happened to tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import hypot, isfinite, sqrt

import numpy as np

from darkstate.engines.assess import Finding, finding, judge
from darkstate.engines.tensor.blocks import Array
from darkstate.engines.tensor.local import slowest_site
from darkstate.engines.tensor.mps import Cut
from darkstate.engines.tensor.sampled import FEWEST as FEWEST_BLOCKS
from darkstate.engines.tensor.sampling import Job, Run
from darkstate.engines.tensor.walker import Network
from darkstate.results import Report, Status

TOLERATED = 0.03
"""Discarded weight per disturbance that passes without a warning."""
FEWEST = 5
"""Disturbances below which the spread of samples says nothing about what was not seen."""
SIGMAS = 5.0
"""Standard errors beyond which a difference is no chance: one in two million if there are many
samples. The errors of few are uncertain, and a result is doubted without need more often."""
LARGEST_CHANGE = 0.05
"""Change under a second look that shows that errors no longer fall as they should."""
FORGOTTEN = 4.0
"""Relaxation times of the slowest stage to wait: less than two percent of the start is left."""
LARGEST_STEP = 1.0
"""Step times norm of a local generator, up to which steps are what they should be."""
ROUNDING = 1e-9
"""Distance of states that rounding explains."""


@dataclass(frozen=True)
class Sample:
    """What was drawn.

    Args:
        task: what the trajectories had in common.
        runs: the trajectories.
        again: the first of them, looked at more coarsely.
        burn_in: for stationary averages, the time until they begin; None for states at times.
    """

    task: Job
    runs: Sequence[Run]
    again: Sequence[Run]
    burn_in: float | None

    @property
    def sites(self) -> range:
        """Numbers of the groups that are sites."""
        return range(len(self.task.network.chain))

    @property
    def span(self) -> float:
        """Time of one trajectory, without what is waited for."""
        return self.task.times[-1] - self.task.begin - (self.burn_in or 0.0)

    @property
    def nothing_happens(self) -> bool:
        """Whether all rest in dark states that nothing disturbs."""
        return not len(self.task.network.chain.rates) and all(run.rests for run in self.runs)


def coarser(network: Network) -> Network:
    """Half the bond, steps half as long again (three times the error), coarser cuts."""
    cut = network.cut
    return replace(
        network,
        step=1.5 * network.step,
        cut=Cut(min(10 * cut.weight, 0.1), max(1, cut.bond // 2), cut.room),
        dark=min(3 * network.dark, 0.1),
    )


def standard_error(blocks: Array) -> float:
    """Of the mean of blocks (B, d, d), in the Frobenius norm, merged while they are many."""
    errors = [float("inf")] if len(blocks) < 2 else []
    while len(blocks) >= FEWEST_BLOCKS or not errors:
        count = len(blocks)
        errors.append(sqrt(float(np.sum(np.var(blocks, axis=0, ddof=1))) / count))
        blocks = 0.5 * (blocks[0 : 2 * (count // 2) : 2] + blocks[1::2])
    return max(errors)


def samples_of(sample: Sample, runs: Sequence[Run], site: int) -> list[Array]:
    """Independent or merged samples (B, d, d) of a site: of the window, or at each time."""
    if sample.burn_in is not None:
        return [np.concatenate([run.blocks[site] for run in runs])]
    return list(np.stack([run.blocks[site] for run in runs], axis=1))


def sampling_error(sample: Sample) -> float:
    """The largest standard error of any site at any time."""
    return max(
        standard_error(each)
        for site in sample.sites
        for each in samples_of(sample, sample.runs, site)
    )


def margin_of(sample: Sample) -> float:
    """The smallest eigenvalue of the average state of any site at any time."""
    return min(
        float(np.linalg.eigvalsh(each.mean(axis=0))[0])
        for site in sample.sites
        for each in samples_of(sample, sample.runs, site)
    )


def changes_of(sample: Sample) -> list[tuple[float, float]]:
    """Changes under the second look and their standard errors, of all sites and times."""
    found, first = [], sample.runs[: len(sample.again)]
    for site in sample.sites:
        pairs = zip(
            samples_of(sample, first, site), samples_of(sample, sample.again, site), strict=True
        )
        for one, other in pairs:
            change = float(np.linalg.norm((one - other).mean(axis=0)))
            found.append((change, standard_error(one - other)))
    return found


def unmet(sample: Sample) -> float:
    """What events may change that are so rare that no trajectory met them.

    A stationary average of total time t misses rates below 1/t, whose traces last as long as the
    slowest stage takes to forget, and what falls between its samples; states at times miss
    probabilities below 1/n.
    """
    chain, count = sample.task.network.chain, len(sample.runs)
    if sample.nothing_happens:
        return 0.0
    if sample.burn_in is not None:
        gap = slowest_site(chain)[1]
        looks = count * min(sample.span * gap, len(sample.task.times))
        return sqrt(2.0) * min(1.0, 1.0 / max(1e-300, looks))
    rate = float(chain.rates.sum()) + sum(
        sum(float(np.linalg.norm(part, 2)) for part in channel.parts.values()) ** 2
        for channel in chain.channels
    )
    return sqrt(2.0) * min(1.0 / count, rate * sample.span)


def error_of(sample: Sample, changes: Sequence[tuple[float, float]]) -> float:
    """Sampling, events that were not met, and the second look."""
    beyond = max((c - s if isfinite(s) else c for c, s in changes), default=0.0)
    return hypot(sampling_error(sample), unmet(sample)) + max(0.0, beyond)


def verdict_of(sample: Sample) -> Report:
    """A report without engine, method and provenance, which the engine fills in."""
    clicks = [click for run in sample.runs for click in run.clicks]
    kicks, share = disturbances(sample), discarded(sample)
    widest, changes = max(run.widest for run in sample.runs), changes_of(sample)
    network = sample.task.network
    norm = network.steps.norm
    clear = (change for change, noise in changes if change > SIGMAS * noise)
    found = (
        *_of_disturbances(sample, kicks),
        *_of_drift(sample),
        *_of_forgetting(sample),
        finding(
            "local step", network.step * norm, LARGEST_STEP, step=network.step, norm=norm,
            most=lambda: LARGEST_STEP / norm,
        ),
        finding("coarser look", max(clear, default=0.0), LARGEST_CHANGE),
        finding("discarded weight", share, TOLERATED, widest=widest),
    )  # fmt: skip
    time = (sample.task.times[-1] - sample.task.begin) * len(sample.runs)
    report = Report(
        engine="",
        method="",
        status=Status.CONVERGED,
        margin=margin_of(sample),
        error_estimate=error_of(sample, changes),
        truncation={
            "discarded weight per disturbance": share,
            "largest bond": float(widest),
            "change with half the bond and longer steps": max(c for c, _ in changes),
        },
        structure=(
            f"{len(sample.sites)} stages, {len(clicks)} jumps in a total time of {time:.4g}; the "
            "error estimate is one standard deviation, and what bonds and steps may add",
        ),
    )
    return judge(report, found, Status.CONVERGED)


def disturbances(sample: Sample) -> int:
    """Jumps at fixed rates while averages are taken, or all jumps where there are no such."""
    fixed = {channel.name for channel in sample.task.network.chain.clocks}
    since = sample.task.begin + (sample.burn_in or 0.0)
    late = [name for run in sample.runs for moment, name in run.clicks if moment >= since]
    return sum(name in fixed for name in late) if fixed else len(late)


def discarded(sample: Sample) -> float:
    """Discarded weight for every disturbance, from the beginning on."""
    fixed = {channel.name for channel in sample.task.network.chain.clocks}
    names = [name for run in sample.runs for _, name in run.clicks]
    kicks = sum(name in fixed for name in names) if fixed else len(names)
    return sum(run.lost for run in sample.runs) / max(1, kicks)


def _of_disturbances(sample: Sample, kicks: int) -> list[Finding]:
    if sample.burn_in is None or sample.nothing_happens:
        return []
    return [finding("disturbances", FEWEST - kicks, seen=kicks)]


def _of_drift(sample: Sample) -> list[Finding]:
    """Halves of the window that differ, and not by chance."""
    if sample.burn_in is None:
        return []
    beyond = -np.inf
    for site in sample.sites:
        blocks = np.stack([run.blocks[site] for run in sample.runs])
        half = blocks.shape[1] // 2
        early, late = (
            each.reshape(-1, *each.shape[2:]) for each in (blocks[:, :half], blocks[:, half:])
        )
        moved = float(np.linalg.norm(late.mean(axis=0) - early.mean(axis=0)))
        noise = hypot(standard_error(early), standard_error(late))
        beyond = np.maximum(beyond, moved - SIGMAS * noise - ROUNDING)  # keeps what is no number
    return [finding("drift", beyond)]


def _of_forgetting(sample: Sample) -> list[Finding]:
    """A start that the slowest stage has not forgotten when averages begin."""
    if sample.burn_in is None or sample.nothing_happens:
        return []
    chain = sample.task.network.chain
    site, gap = slowest_site(chain)
    needed = f"{FORGOTTEN / gap:.3g} or more" if gap > 0 else "and mind that it may never do so"
    words = {"names": ", ".join(chain.labels[site]), "gap": gap, "needed": needed}
    short = FORGOTTEN - sample.burn_in * gap
    return [finding("forgetting", short, burn_in=sample.burn_in, **words)]
