"""What is conserved where a steady state is not unique.

``L`` has as many steady states as there are operators whose mean never changes (left null vectors).
The usual ones can be named: the total spin of an ensemble that no local process touches, the
numbers of excitations of a charge that no jump changes, and spins along z.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from darkstate.engines.collective.basis import spread
from darkstate.engines.collective.generator import Flat, Generator, total_spin

_NULL = 1e-9
"""Of the largest rate: changes below count as none."""
_EXCITATIONS = "the excitation number of"


def non_unique(generator: Generator, count: int | None = None) -> str:
    """The refusal of a steady state that is not unique; empty if nothing conserved was found.

    Args:
        generator: of the system.
        count: how many steady states there are, if that is known.
    """
    names = conserved_names(generator)
    if not names and count is None:
        return ""
    what = ", ".join(names) or "a quantity that is none of the spins and excitation numbers"
    how_many = "" if count is None or count < 2 else f"there are {count} independent ones; "
    return (
        f"The steady state is not unique: {how_many}conserved is {what}. Give initial=, the state "
        "from which to relax."
    )


def conserved_names(generator: Generator) -> list[str]:
    """Spins, excitation numbers and their combinations whose means never change."""
    names: list[str] = []
    moving: list[tuple[str, Flat]] = []
    for name, flat in _candidates(generator):
        change = generator.matrix.conj().T @ flat
        if float(np.linalg.norm(change)) <= _NULL * generator.rate * float(np.linalg.norm(flat)):
            names.append(name)
        elif name.startswith(_EXCITATIONS):
            moving.append((name, change))
    if len(moving) > 1:
        changes = np.array([change for _, change in moving]).T
        _, sizes, right = np.linalg.svd(changes, full_matrices=False)
        for combination in right[sizes <= _NULL * sizes[0]]:
            largest = combination[int(np.argmax(np.abs(combination)))]
            weights = combination.conj() / largest.conj()
            terms = [
                f"{w.real:+.3g} x {name}"
                for w, (name, _) in zip(weights, moving, strict=True)
                if abs(w) > _NULL
            ]
            names.append(" ".join(terms))
    return names


def _candidates(generator: Generator) -> Iterator[tuple[str, Flat]]:
    """Operators that are often conserved, flattened, without their part along the identity."""
    blocks = generator.blocks
    for k, part in enumerate(blocks.parts):
        label = part.space.label
        if part.dicke is not None and part.dicke.spins > 1:
            yield from _centred(generator, f"the total spin of '{label}'", part.twice_spin, k)
        yield from _centred(generator, f"{_EXCITATIONS} '{label}'", part.excitations, k)
    if sum(part.dicke is not None for part in blocks.parts) > 1:
        together = total_spin(blocks.parts)
        flat = blocks.flattened(together)
        if np.isclose(np.linalg.norm(flat), np.linalg.norm(together.data), rtol=1e-12):
            flat = flat - flat[blocks.diagonal].mean() * generator.identity()
            yield "the total spin of all ensembles together", flat


def _centred(
    generator: Generator, name: str, values: NDArray[np.int64], k: int
) -> Iterator[tuple[str, Flat]]:
    every = spread(generator.blocks.parts, k, values).astype(float)
    if np.ptp(every):
        flat = np.zeros(generator.blocks.numbers)
        flat[generator.blocks.diagonal] = every - every.mean()
        yield name, flat
