"""Who computes what next: chunks sized by measured time, and points that kill their worker.

A *block* is what is computed together: one point, or a block of neighbours of a vectorised sweep.
A *chunk* is what a worker is handed at once: so many blocks that it is busy for about a quarter of
a second. A chunk whose worker dies comes back, its unfinished blocks one by one; a block that kills
its worker three times on its own is given up, so that one bad point cannot stop a sweep.

Where the worker was ended from outside (by a system that is out of memory, by somebody's `kill`),
the block is only set aside: it comes last, one at a time with no other worker beside it, and is
given up if that fails twice.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from darkstate.sweeps.evaluate import PointTask

Block = tuple[PointTask, ...]

TARGET_SECONDS = 0.25
"""How long a chunk should take: long against handing it over, short against what is lost."""

LARGEST_CHUNK = 1000
GROWTH = 8
"""A chunk is at most so many times larger than the one before: the first points may be quick."""

VECTOR = 256
"""Points of a vectorised block."""

KILLS = 3
"""So many workers may die of one block."""

LAST_TRIES = 2
"""So many more, without company, if they were ended from outside."""


@dataclass(frozen=True)
class Chunk:
    """Blocks that one worker computes."""

    blocks: tuple[Block, ...]

    def tasks(self) -> list[PointTask]:
        """All points of the chunk."""
        return [task for block in self.blocks for task in block]


class TaskQueue:
    """The blocks that are still to be computed.

    Args:
        blocks: in the order in which they are to be computed.
        workers: how many share them.
    """

    def __init__(self, blocks: Iterable[Block], workers: int = 1):
        self._waiting = deque(blocks)
        self._alone: deque[Block] = deque()
        self._aside: deque[Block] = deque()
        self._kills: Counter[Block] = Counter()
        self._seconds: float | None = None  # of a block, running mean
        self._last = 1
        self.workers = workers

    def __bool__(self) -> bool:
        return bool(self._waiting or self._alone or self._aside)

    @property
    def only_set_aside(self) -> bool:
        """Whether nothing waits but what was set aside."""
        return bool(self._aside) and not (self._waiting or self._alone)

    def kills(self, block: Sequence[PointTask]) -> int:
        """How many workers died of a block on its own."""
        return self._kills[tuple(block)]

    def take(self) -> Chunk | None:
        """The next chunk; None if nothing waits."""
        if self._alone:
            return Chunk((self._alone.popleft(),))
        if not self._waiting:
            return Chunk((self._aside.popleft(),)) if self._aside else None
        count = self._size()
        self._last = count
        return Chunk(tuple(self._waiting.popleft() for _ in range(count)))

    def _size(self) -> int:
        if self._seconds is None:
            return 1
        wanted = int(TARGET_SECONDS / max(self._seconds, 1e-9))
        share = len(self._waiting) // (2 * self.workers)  # nobody waits long at the end
        limits = (wanted, GROWTH * self._last, LARGEST_CHUNK, share if self.workers > 1 else wanted)
        return max(1, min(*limits, len(self._waiting)))

    def learn(self, blocks: int, seconds: float) -> None:
        """Learn from a chunk that took `seconds`."""
        if blocks:
            new = seconds / blocks
            self._seconds = new if self._seconds is None else 0.5 * (self._seconds + new)

    def put_back(self, chunk: Chunk, finished: Iterable[str]) -> None:
        """A chunk was not finished for no fault of its own; what is left of it waits again."""
        self._waiting.extendleft(reversed(_unfinished(chunk, finished)))

    def record_death(
        self, chunk: Chunk, finished: Iterable[str], workers: int = 1, outside: bool = False
    ) -> Sequence[PointTask]:
        """Workers died of a chunk; returns the points that are given up.

        Args:
            chunk: what it was computing.
            finished: keys of the points whose records arrived.
            workers: how many died.
            outside: whether somebody else may have ended them.
        """
        left = _unfinished(chunk, finished)
        if len(left) == 1:
            (block,) = left
            self._kills[block] += workers
            if self._kills[block] >= KILLS + (LAST_TRIES if outside else 0):
                return block
            if self._kills[block] >= KILLS:
                self._aside.append(block)
                return ()
        self._alone.extend(left)
        return ()


def _unfinished(chunk: Chunk, finished: Iterable[str]) -> list[Block]:
    done = set(finished)
    parts = (tuple(task for task in block if task.key not in done) for block in chunk.blocks)
    return [part for part in parts if part]


def blocks_of(tasks: Sequence[PointTask], wanted: Iterable[str], vectorised: bool) -> list[Block]:
    """All blocks with at least one point that is wanted.

    The blocks of a vectorised sweep are cut from all its points, whatever is stored: their results
    depend on the company in the last digits, and must not depend on when a sweep was interrupted.
    """
    keys = set(wanted)
    if not vectorised:
        return [(task,) for task in tasks if task.key in keys]
    cut = [tuple(tasks[k : k + VECTOR]) for k in range(0, len(tasks), VECTOR)]
    return [block for block in cut if any(task.key in keys for task in block)]
