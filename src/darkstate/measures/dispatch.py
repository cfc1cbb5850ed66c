"""How a measure finds its formula: by the type of the state.

A `Measure` is called like a function, ``log_negativity(state, "A1", "B1")``. Each state type
registers one implementation that works on two (or one) groups of labels, and may register a second
that does many pairs in one vectorised call; tables and curves use it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.checks import check_labels, check_sequence
from darkstate.errors import ArgumentError, EngineMismatchError, border

Pair = tuple[str, str]


class Measure:
    """A number computed from a state and groups of labels.

    Args:
        name: identifier, used as the name of columns and axes.
        symbol: short symbol for plots, in mathtext.
        unit: unit, empty for a pure number.
        groups: how many groups of labels it takes (2: entanglement between two parties).
        doc: what it is; the equation and the source.
        references: keys of the bibliography to cite for it.
        words: its name in full; by default `name` without underscores.
    """

    def __init__(
        self,
        name: str,
        symbol: str,
        unit: str,
        groups: int,
        doc: str,
        references: tuple[str, ...] = (),
        words: str = "",
    ):
        self.title = f"{words or name.replace('_', ' ')} {symbol}"
        self.name, self.symbol, self.unit, self.groups = name, symbol, unit, groups
        self.references = references
        self.__doc__ = doc
        self.__name__ = name
        self._single: dict[type, Callable[..., float]] = {}
        self._many: dict[type, Callable[[Any, Sequence[Pair]], NDArray[np.float64]]] = {}

    def register(self, *kinds: type) -> Callable:
        """Decorator: the implementation ``f(state, group, ...) -> float`` for these state types.

        Each group is a tuple of labels that the state has.
        """
        return self._add(self._single, kinds)

    def register_many(self, *kinds: type) -> Callable:
        """Decorator: the vectorised ``f(state, pairs) -> array`` for these state types."""
        return self._add(self._many, kinds)

    def applies(self, state: Any) -> bool:
        """Whether it is defined for this type of state."""
        return type(state) in self._single or type(state) in self._many

    @staticmethod
    def _add(table: dict, kinds: tuple[type, ...]) -> Callable:
        def decorate(function: Callable) -> Callable:
            table.update(dict.fromkeys(kinds, function))
            return function

        return decorate

    def __call__(self, state: Any, *groups: str | Sequence[str] | None) -> float:
        """The value for these groups of labels; see the measure's own documentation.

        Raises:
            EngineMismatchError: not defined for this type of state.
            ArgumentError: unknown or overlapping labels, or none at all.
        """
        kind = type(state)
        if kind not in self._single and kind not in _PARTS:
            raise refusal(self.name, state, self._single, many=kind in self._many)
        parties = self._parties(state, groups)
        if kind in _PARTS:
            return self(_PARTS[kind](state, [label for one in parties for label in one]), *parties)
        with border(self.name):
            return float(self._single[kind](state, *parties))

    def _parties(self, state: Any, groups: Sequence[Any]) -> list[tuple[str, ...]]:
        """The groups as tuples of known labels; all labels if the one group is left out."""
        parties = [as_group(group) for group in groups]
        if self.groups == 2:
            if len(groups) != 2:
                remedy = f"Call {self.name}(state, 'A1', 'B1'), or pass lists of labels."
                raise ArgumentError("labels", "be those of two parties", tuple(parties), remedy)
            check_labels("labels of both parties", [*parties[0], *parties[1]], state.labels)
            for name, party in zip(("first", "second"), parties, strict=True):
                if not party:
                    check_labels(name, party, state.labels)
            return parties
        if len(groups) > 1:
            remedy = f"Pass one list, such as {self.name}(state, ['A1', 'B1'])."
            rule = "be one label or one list of labels"
            raise ArgumentError("labels", rule, tuple(parties), remedy)
        if not groups or groups[0] is None:
            return [tuple(state.labels)]
        return [check_labels("labels", parties[0], state.labels)]

    def many(self, state: Any, pairs: Sequence[Pair]) -> NDArray[np.float64]:
        """The values for many pairs of single labels, shape (P,).

        Raises:
            ArgumentError: no list of pairs, or unknown labels.
            EngineMismatchError: not defined for this type of state.
        """
        pairs = _pairs(pairs)
        function = self._many.get(type(state))
        if function is not None:
            with border(self.name):
                return function(state, pairs)
        return np.array([self(state, first, second) for first, second in pairs], dtype=float)

    def __repr__(self) -> str:
        return f"<measure {self.name}>"


_PARTS: dict[type, Callable[[Any, Sequence[str]], Any]] = {}


def measure_by_parts(kind: type, part: Callable[[Any, Sequence[str]], Any]) -> None:
    """Let every measure of states that are known in parts only go to one of these.

    Args:
        kind: type of the states.
        part: ``part(state, labels)``: the state that holds these labels, or an error.
    """
    _PARTS[kind] = part


def _pairs(pairs: Any) -> list[Pair]:
    """Pairs as tuples; whether the state has their labels is for the measure to say.

    Raises:
        ArgumentError: no list, or an entry that is no pair.
    """
    remedy = "Pass [(label, label), ...]."
    found = list(check_sequence("pairs", pairs, remedy))
    for k, pair in enumerate(found):
        if not isinstance(pair, tuple):
            found[k] = check_sequence(f"pairs[{k}]", pair, remedy)
        if len(found[k]) != 2:
            raise ArgumentError(f"pairs[{k}]", "be a pair of labels", pair, remedy)
    return found


def refusal(measure: str, state: Any, kinds: Iterable[type], many: bool = False) -> Exception:
    """What to raise where a measure is not defined for something.

    Args:
        measure: its name.
        state: what it was given.
        kinds: types for which it is defined.
        many: whether it is defined for this type, but only for many pairs at once.
    """
    if not hasattr(state, "labels"):
        remedy = f"Pass the state first, {measure}(result.state, ...)."
        return ArgumentError("state", "be a state", type(state).__name__, remedy)
    known = ", ".join(kind.__name__ for kind in kinds)
    remedy = "Use another measure, or an engine that returns such a state (engines.Lindblad())."
    if hasattr(state, "density"):
        remedy = "Convert it with state.density() first."
    if many:
        remedy = f"Call {measure}.many(state, [('A1', 'B1')]), or take one state of it, state[0]."
    return EngineMismatchError(
        f"{measure} is not defined for a {type(state).__name__}; it is for: {known}. {remedy}"
    )


def as_group(labels: str | Sequence[str] | None) -> tuple[str, ...]:
    """A group of labels as a tuple; a single label is a group of one."""
    if labels is None:
        return ()
    if isinstance(labels, str) or not isinstance(labels, Iterable):
        return (labels,)  # what is no label is refused where the labels are known
    return tuple(labels)
