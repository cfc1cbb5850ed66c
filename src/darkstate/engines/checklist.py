"""The table of checks: what decides whether a number is trusted, in all engines, one row each.

A row says what is measured and the sentence that users read where it is more than its bound.
Engines measure (`Finding`) and leave the verdict to `darkstate.engines.assess.judge`.
"""

from __future__ import annotations

from dataclasses import dataclass

from darkstate.results import Status


@dataclass(frozen=True)
class Check:
    """One row.

    Args:
        measured: what the number is that must not exceed its bound.
        sentence: what users read where it does; ``{value}``, ``{bound}`` and words of the finding.
        leaves: the best status that is left then; None for a remark that leaves it as it is.
    """

    measured: str
    sentence: str
    leaves: Status | None = Status.SUSPECT


CHECKS: dict[str, Check] = {
    # density matrices
    "eigenvalue": Check(
        "minus the smallest eigenvalue of a state",
        "the state has a negative eigenvalue {least:.3g}",
    ),
    "residual": Check(
        "|L rho| over the fastest rate", "the residual {value:.3g} exceeds {bound:.2g}: lower rtol"
    ),
    "error of the state": Check(
        "residual and rounding over the slowest rate, trace norm",
        "slow modes turn what is left and rounding into an error of {value:.2g} of the state, more "
        "than {bound:.2g}: {remedy}",
    ),
    "seemingly conserved": Check(
        "quantities that rounding alone shows as conserved",
        "of what seems conserved {value:.0f} would not be, were the rates of similar size: it may "
        "change too slowly for double precision, and this state not be the last. Raise the "
        "smallest rates, or read it as the state at times before that",
    ),
    "Fock edge": Check(
        "population of the highest levels", "{name} holds {value:.3g}: raise cutoff"
    ),
    "cut-offs": Check(
        "change of the state from smaller cut-offs, trace norm",
        "the state changes by {value:.2g} (trace norm) from smaller cut-offs to these, more than "
        "{bound:.2g}: raise cutoff",
    ),
    "growth": Check(
        "larger cut-offs that were needed and refused",
        "larger cut-offs were needed, but not tried. {why}",
    ),
    "depth": Check(
        "change of the state by the last deepening of a hierarchy, trace norm",
        "at depth {depth:g} the state still changed by {value:.2g} (asked: {bound:.2g}): raise "
        "edge or memory_limit, or solve what is upstream only",
    ),
    # Gaussian states
    "uncertainty relation": Check(
        "minus the smallest eigenvalue of sigma + i Omega/2, in units of the variances",
        "the state violates the uncertainty relation by {value:.3g}",
    ),
    "error of the moments": Check(
        "estimated error of second moments, over their size",
        "estimated error {error:.3g} exceeds rtol {rtol:g}",
    ),
    "backward error": Check("of the moments", "residual {value:.3g} is above {bound:g}"),
    "squeezing": Check(
        "relative error of the smallest variance, in ebit of a log-negativity",
        "squeezing is lost in double precision: variances are known to {relative:.2g} of "
        "themselves, and log-negativities to {value:.2g} ebit",
    ),
    "integral": Check(
        "whether an integral over frequency is short of its accuracy",
        "the frequency integral did not converge: raise the loss or use method='dense'",
    ),
    "proof": Check("what was not proven", "{what}", leaves=Status.CONVERGED),
    "commutators": Check(
        "distance of the commutators from their values",
        "commutators miss their values by {value:.3g}, more than the errors explain ({bound:.3g}): "
        "the noise does not fit the damping, or rounding is at work",
    ),
    "Floquet exponent": Check(
        "error of the slowest exponent over the exponent",
        "the slowest Floquet exponent {gap:.2g} is below what is known of it ({error:.2g}): the "
        "cycle may not be stable",
    ),
    # moments of collective spins
    "fluctuations": Check(
        "largest variance over (N/2)^2, where cumulants are dropped",
        "fluctuations of {value:.2g} (N/2)^2: dropping third cumulants is not justified",
    ),
    "known closure": Check(
        "whether the error by dropped cumulants is unknown",
        "third cumulants are dropped, and what they would change is not known: of up to four "
        "ensembles it is estimated, as long as the equations with them do not run away",
    ),
    "closure": Check(
        "estimated relative error by dropped cumulants",
        "third cumulants are dropped, but would change means or variances by {value:.2g}",
    ),
    "moments": Check(
        "violation of the uncertainty relation by moments",
        "the moments violate the uncertainty relation by {value:.3g}",
    ),
    "free moments": Check(
        "moments that keep what the initial state gave them",
        "not unique: {names} keeps a value that the initial state decides",
        leaves=None,
    ),
    # trajectories
    "step": Check(
        "step times a rate",
        "step {step:.3g} is too long for {what} {rate:.3g}: lower it to {most:.2g} or less, or "
        "leave it out",
    ),
    "levels": Check(
        "population of the highest Fock states, on average",
        "the highest of the {size} Fock states of '{label}' hold {value:.2g}: raise cutoff, for "
        "example {{'{label}': {tried}}}",
    ),
    "number of levels": Check(
        "Fock states that are missing to tell whether they are enough",
        "{size} Fock states of '{label}' cannot tell whether they are enough, as one term moves "
        "{moved} quanta or a level may be in resonance: raise cutoff, for example "
        "{{'{label}': {least}}}",
    ),
    "second look": Check(
        "change under a second look, where it is no chance",
        "states change by {value:.2g} with {reason}: {remedy}",
    ),
    "sampled eigenvalue": Check(
        "minus the smallest eigenvalue of an average",
        "a state has the eigenvalue {least:.2g}: lower step, or shorten the time",
    ),
    "start": Check(
        "what a stationary average remembers of its start",
        "the start is not forgotten, which leaves an error of {value:.2g}: raise burn_in",
    ),
    "one average": Check(
        "whether there are several stationary states, and none was chosen",
        "the steady state is not unique: this is the one that the ground state relaxes to; name "
        "another one by initial=",
    ),
    "drift": Check(
        "difference of the halves of a window",
        "the two halves of the window differ beyond their errors: raise burn_in",
    ),
    "other start": Check(
        "distance of the averages from two starts",
        "from another start another average is reached, {value:.2g} apart: raise burn_in; if "
        "nothing changes then, the steady state is not unique and this is the one that `initial` "
        "relaxes to",
    ),
    # cascades
    "stages": Check("stages that are not solved", "{names} and all behind are not solved: {why}"),
    "stable compressions": Check(
        "compressions that kept fewer numbers",
        "{value:.0f} compressions kept fewer numbers than asked for: not stable",
    ),
    "error of a stage": Check(
        "largest change from fewer numbers, trace norm",
        "the estimated error exceeds {bound:g} from {where} on (largest {value:.2g}): raise "
        "dimension",
    ),
    "lookahead": Check(
        "compressions that looked at one stage only",
        "{value:.0f} compressions looked at one stage ahead only: raise dimension",
    ),
    "windows": Check(
        "windows that are not solved",
        "{value:.0f} windows are not solved: joint states did not converge",
    ),
    # repeaters
    "window": Check(
        "weight that a window of Dicke states may leave out",
        "The window of c = {c:.2g} may leave out a weight of {value:.2g}; entanglement is off by "
        "up to some twenty times that, in ebits. Widen `window`, or leave it out.",
    ),
    "circle": Check(
        "weight outside of the circle in a window",
        "The circle in the window leaves out a weight of {value:.2g}; the log-negativity is off by "
        "up to some fifteen times that. Take a `window` of 5 or more, or leave it out.",
    ),
    "improbable outcomes": Check(
        "what rounding has taken",
        "Rounding has taken about {value:.1g} of {what}: these outcomes are very improbable.",
    ),
    "density of the spectrum": Check(
        "weight that a density of Schmidt coefficients misses",
        "The density of the spectrum misses a weight of {value:.1g}. Compare with "
        "repeaters.Exact(), if it fits.",
    ),
    "patch": Check(
        "change by a smaller patch of the lattice, ebits",
        "A smaller patch of the lattice changes {value:.1g} ebits. Compare with "
        "repeaters.Exact(), if it fits.",
    ),
}
