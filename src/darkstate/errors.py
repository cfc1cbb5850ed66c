"""The exceptions of darkstate.

Every message has four parts: the argument's name, the rule, the value that breaks it, and what to
do instead. Code calls the functions of `darkstate.checks` or raises one of the classes with such a
sentence; it never invents another exception. What Python and its libraries raise inside
is turned into one of the classes at the `border` of the package.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from traceback import clear_frames

import numpy as np


class DarkstateError(Exception):
    """Base of everything that darkstate raises on purpose."""


class ArgumentError(DarkstateError, ValueError):
    """An argument breaks a rule: name, rule, value and remedy are in the message.

    Args:
        name: the argument as the caller knows it.
        rule: what must hold, continuing "`name` must ...".
        value: what was given.
        remedy: a whole sentence on what to do.
    """

    def __init__(self, name: str, rule: str, value: object, remedy: str):
        self.name, self.rule, self.value, self.remedy = name, rule, value, remedy
        super().__init__(f"`{name}` must {rule}, but is {_short(value)}. {remedy}")


class UnphysicalError(ArgumentError):
    """A value is a number of the right kind, but no quantum state or generator has it."""


class RefusedError(DarkstateError):
    """Something is not done: why, and what to do instead.

    Args:
        why: one or more sentences.
        remedy: what to do instead; empty where `why` has said so.
    """

    def __init__(self, why: str, remedy: str = ""):
        self.why, self.remedy = why, remedy
        super().__init__(f"{why} {remedy}".rstrip())


class EngineMismatchError(RefusedError):
    """An engine was asked for something that it does not do; the message names both sides."""


class CapacityError(RefusedError):
    """The problem cannot fit; raised before anything is allocated."""


class NumericalError(DarkstateError, ArithmeticError):
    """A computation has no (trustworthy) result: unstable, marginal, singular, not converged."""


class MissingError(DarkstateError, LookupError):
    """Something asked of a result was not kept in it; the message says how to get it."""


class ScenarioError(DarkstateError, ValueError):
    """A scenario file cannot be understood; the message names file, place and remedy."""


@contextmanager
def border(what: str) -> Iterator[None]:
    """What runs out of memory or of floating-point numbers inside is told as darkstate's own error.

    Used once at each way in, as ``@border("steady_state")`` or ``with border("steady_state")``.

    Args:
        what: what was asked for, as the caller knows it.

    Raises:
        CapacityError: memory, or the depth to which calls may nest, ran out.
        NumericalError: a number left the range of floating point, or a decomposition failed.
    """
    try:
        yield
    except DarkstateError:
        raise
    except (MemoryError, RecursionError) as error:
        clear_frames(error.__traceback__)  # their large arrays would live as long as the message
        raise CapacityError(
            f"`{what}` must fit into memory, but there was: {_first_line(error)}.",
            "Use a smaller problem (fewer nodes, levels, times or samples), or a machine with more "
            "memory.",
        ) from None
    except (ArithmeticError, np.linalg.LinAlgError) as error:
        raise NumericalError(
            f"`{what}` must stay within floating-point numbers, but there was: "
            f"{_first_line(error)}. Measure in a unit in which the rates are about one, and leave "
            "out what is many powers of ten larger or smaller than the rest."
        ) from error


def _first_line(error: BaseException) -> str:
    """Kind and message of an error, in one line without its last stop."""
    text = str(error).strip().partition("\n")[0].rstrip(".")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _short(value: object) -> str:
    value = value.item() if isinstance(value, np.generic) else value
    try:
        arrays = isinstance(value, np.ndarray)
        text = np.array2string(value, threshold=6) if arrays else repr(value)
    except Exception:  # numbers of thousands of digits have no text, and objects any repr they like
        text = f"a value of type {type(value).__name__} without a text"
    return text if len(text) <= 80 else f"{text[:45]} ... {text[-30:]}"


def nearest(word: object, options: Iterable[str]) -> str:
    """A sentence that offers the option closest to `word`, or lists them all."""
    word = word if isinstance(word, str) else _short(word)
    options = [str(option) for option in options]
    close = difflib.get_close_matches(word, options, n=1, cutoff=0.5)
    if close:
        return f"Did you mean '{close[0]}'?"
    listed = ", ".join(options[:12]) + (", ..." if len(options) > 12 else "")
    return f"Known: {listed}."
