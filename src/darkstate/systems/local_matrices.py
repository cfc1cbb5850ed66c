"""Sparse matrices of local words, in the basis of the dense states.

The local index counts excitations, or levels:

=========  ===========================================  ======================================
space      letters                                      basis
=========  ===========================================  ======================================
Mode       ``<n-1|a|n> = sqrt(n)``                      Fock states n = 0 .. cutoff - 1
Qubit      ``s-|1> = |0>``, ``sz = diag(-1, 1)``        ``|0>`` (ground), ``|1>``
Spin       ``<k+1|S+|k> = sqrt((k+1)(N-k))``,           Dicke states with k = 0 .. N of the
           ``Sz = diag(k - N/2)``                       atoms excited
Ensemble   as Spin: its symmetric subspace
Levels     ``|to><from|``                               the levels in the order of their names
=========  ===========================================  ======================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import scipy.sparse as sp

from darkstate.checks import check_instance, check_integer, check_sequence
from darkstate.errors import ArgumentError, nearest
from darkstate.systems.spaces import Levels, Mode, Qubit, Space, Spin, Word, level_places

Dimensions = Mapping[str, int] | Sequence[int] | int | None
"""One cutoff for all modes, cutoffs by label (``{"SA": 12}``), one dimension per space, or None
where there is no mode."""


def space_dimensions(spaces: Sequence[Space], dimensions: Dimensions = None) -> tuple[int, ...]:
    """The dimension of every space, cutoffs filled in.

    Args:
        spaces: the local spaces.
        dimensions: Fock cutoffs: one for all modes, by label, or one number per space.

    Raises:
        ArgumentError: a mode has no cutoff, a qubit or spin another dimension than its own, an
            unknown label, or not one number per space.
    """
    remedy = "Give spaces such as Mode('a')."
    for space in check_sequence("spaces", spaces, remedy):
        check_instance("spaces", space, Space, remedy)
    labels = [space.label for space in spaces]
    if isinstance(dimensions, int | np.integer):
        given: list[Any] = [dimensions if isinstance(s, Mode) else None for s in spaces]
    elif isinstance(dimensions, Mapping):
        for label in dimensions:
            if label not in labels:
                rule = "name spaces by their labels"
                raise ArgumentError("dimensions", rule, label, nearest(label, labels))
        given = [dimensions.get(label) for label in labels]
    else:
        given = [None] * len(labels) if dimensions is None else _listed(dimensions)
    if len(given) != len(labels):
        rule = f"have one entry per space ({len(labels)})"
        raise ArgumentError("dimensions", rule, given, "Or name the cutoffs: {'SA': 12}.")
    return tuple(_dimension(space, d) for space, d in zip(spaces, given, strict=True))


def _listed(dimensions: Any) -> list[Any]:
    remedy = "Or name the cutoffs: {'SA': 12}."
    return list(check_sequence("dimensions", dimensions, remedy))


def _dimension(space: Space, given: int | None) -> int:
    own = space.dimension
    name = f"dimensions['{space.label}']"
    if given is None and own is None:
        remedy = f"Give it by label, dimensions={{'{space.label}': 12}}."
        raise ArgumentError(name, "be the Fock cutoff of this mode", None, remedy)
    size = own if given is None else given
    check_integer(name, size, minimum=1, remedy="Give the number of Fock states kept.")
    if own is not None and size != own:
        raise ArgumentError(name, f"be {own} for {space!r}", size, "Only modes are truncated.")
    return int(size)  # type: ignore[arg-type]


def local_matrix(space: Space, word: Word, dimension: int) -> sp.csr_array:
    """The (d, d) matrix of one canonical word of a space; see the table of this module.

    Raises:
        ArgumentError: a space of unknown kind.
    """
    kinds = {Mode: "mode", Qubit: "qubit", Spin: "spin", Levels: "levels"}
    kind = next((name for base, name in kinds.items() if isinstance(space, base)), None)
    if kind is None:
        remedy = "Use Mode, Qubit, Spin, Ensemble or Levels."
        raise ArgumentError("spaces", "have a matrix form", space, remedy)
    return _word_matrix(kind, word, dimension)


@lru_cache(maxsize=1024)
def local_entries(space: Space, word: Word, dimension: int) -> tuple[Any, Any, Any]:
    """Rows, columns and values of the same."""
    entries = local_matrix(space, word, dimension).tocoo()
    return entries.row, entries.col, entries.data


@lru_cache(maxsize=1024)
def _word_matrix(kind: str, word: Word, dimension: int) -> sp.csr_array:
    if kind == "levels":
        to, origin = level_places(word) if word else (0, 0)
        unit = sp.csr_array(([1.0 + 0j], ([to], [origin])), shape=(dimension, dimension))
        return unit if word else sp.csr_array(np.eye(dimension, dtype=complex))
    letters = _letters(kind, dimension)
    result = sp.csr_array(np.eye(dimension, dtype=complex))
    for letter in word:  # exact: of normally ordered words no intermediate state is beyond a cutoff
        result = result @ letters[letter]
    return sp.csr_array(result)


@lru_cache(maxsize=256)
def _letters(kind: str, dimension: int) -> dict[str, sp.csr_array]:
    k = np.arange(dimension, dtype=float)
    if kind == "mode":
        step, z = np.sqrt(k[1:]), None
    elif kind == "qubit":
        step, z = np.ones(1), 2.0 * k - 1.0
    else:
        atoms = dimension - 1
        step, z = np.sqrt(k[1:] * (atoms + 1 - k[1:])), k - 0.5 * atoms
    raising = np.diag(step.astype(complex), -1)
    letters = {"+": sp.csr_array(raising), "-": sp.csr_array(raising.T)}
    return letters if z is None else letters | {"z": sp.csr_array(np.diag(z.astype(complex)))}
