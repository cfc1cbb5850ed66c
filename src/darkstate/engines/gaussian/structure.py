"""The structure of a quadratic system, found from its matrices.

Write the 2N Nambu variables ``xi = (a_1 .. a_N, a_1† .. a_N†)``; ``d xi/dt = W xi + noise`` and
``Sigma = <: xi xi† :>`` obeys ``dSigma/dt = W Sigma + Sigma W† + S``. Two facts make this cheap:

* W falls into connected *blocks* of variables. In a phase-insensitive network a block holds one of
  ``a_i, a_i†`` per mode, never both: N x N complex instead of 2N x 2N. Two chains that meet only in
  a correlated noise are two blocks each, coupled by S alone.
* Correlations exist only between blocks that S connects, and the Hermitian-conjugate half of them
  is redundant.

So the steady state is a short list of Sylvester equations, one per pair of connected blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components, reverse_cuthill_mckee

from darkstate.errors import ArgumentError
from darkstate.systems.quadratic import QuadraticForm, nambu_matrix


@dataclass(frozen=True)
class Structure:
    """Blocks of a quadratic system and the pairs of them that are correlated.

    Args:
        form: the quadratic form.
        drift: (2N, 2N) Nambu drift W, sparse.
        source: (2N, 2N) normally ordered source S, sparse.
        blocks: index arrays into the Nambu variables, one per block.
        mirror: for each block the number of the block that holds the conjugate variables.
    """

    form: QuadraticForm
    drift: sp.csr_array
    source: sp.csr_array
    blocks: tuple[NDArray[np.intp], ...]
    mirror: tuple[int, ...]

    @classmethod
    def of(cls, form: QuadraticForm) -> Structure:
        """Find the structure of a quadratic form.

        Raises:
            ArgumentError: it has no modes.
        """
        if not form.labels:
            raise ArgumentError("spaces", "not be empty", (), "Give the system at least one space.")
        return cls.from_matrices(form, nambu_matrix(*form.drift), nambu_matrix(*form.source))

    @classmethod
    def from_matrices(
        cls, form: QuadraticForm, drift: sp.csr_array, source: sp.csr_array
    ) -> Structure:
        """The structure of given Nambu matrices, or of the joint pattern of many of them."""
        count, member = connected_components(abs(drift), directed=False)
        order = np.argsort(member, kind="stable")
        edges = np.searchsorted(member[order], np.arange(count + 1))
        blocks = tuple(order[edges[k] : edges[k + 1]] for k in range(count))
        n = len(form.labels)
        mirror = tuple(int(member[(block[0] + n) % (2 * n)]) for block in blocks)
        return cls(form, drift, source, blocks, mirror)

    @cached_property
    def block_of(self) -> NDArray[np.intp]:
        """Block number of each Nambu variable, (2N,)."""
        owner = np.empty(2 * len(self.form.labels), dtype=np.intp)
        for number, block in enumerate(self.blocks):
            owner[block] = number
        return owner

    @cached_property
    def correlated(self) -> tuple[tuple[int, int], ...]:
        """Pairs (p, q) of blocks with a source between them, one of each equivalent set.

        (p, q), (q, p) and the two mirror images hold the same moments.
        """
        entries = self.source.tocoo()
        owner = self.block_of
        found = set(zip(owner[entries.row].tolist(), owner[entries.col].tolist(), strict=True))
        chosen: list[tuple[int, int]] = []
        seen: set[tuple[int, int]] = set()
        for p, q in sorted(found):
            if (p, q) in seen:
                continue
            chosen.append((p, q))
            mp, mq = self.mirror[p], self.mirror[q]
            seen |= {(p, q), (q, p), (mp, mq), (mq, mp)}
        return tuple(chosen)

    @property
    def phase_insensitive(self) -> bool:
        """Whether no block mixes a variable with its own conjugate."""
        return all(self.mirror[k] != k for k in range(len(self.blocks)))

    @cached_property
    def largest_block(self) -> int:
        """Number of variables of the largest block."""
        return max(len(block) for block in self.blocks)

    @cached_property
    def driven(self) -> NDArray[np.intp]:
        """Nambu variables on which the source acts."""
        return np.unique(self.source.nonzero()[0])

    @cached_property
    def representatives(self) -> tuple[int, ...] | None:
        """One block of each mirror pair such that all correlations lie within them; or None.

        Exists iff a charge (+1 or -1 per mode) is conserved by drift and noise alike.
        """
        links: dict[int, list[tuple[int, bool]]] = {}
        for p, q in self.correlated:
            for x, y in ((p, q), (q, p)):
                links.setdefault(x, []).append((y, True))
                links.setdefault(self.mirror[x], []).append((self.mirror[y], True))
        kept: dict[int, bool] = {}
        for start in range(len(self.blocks)):
            if self.mirror[start] == start:
                return None
            stack = [] if start in kept else [(start, True)]
            while stack:
                block, keep = stack.pop()
                if block in kept:
                    if kept[block] != keep:
                        return None
                    continue
                kept[block] = keep
                stack.append((self.mirror[block], not keep))
                stack += [(other, keep) for other, _ in links.get(block, [])]
        return tuple(k for k in range(len(self.blocks)) if kept[k])

    @cached_property
    def chains(self) -> dict[int, NDArray[np.intp]] | None:
        """Variables of each representative block in the order that makes its drift tridiagonal.

        None if there are no representatives or a block has no such order.
        """
        if self.representatives is None:
            return None
        orders = {}
        for number in self.representatives:
            block = self.blocks[number]
            order = block[_narrow_order(sp.csr_array(self.drift[block][:, block]))]
            entries = sp.coo_array(self.drift[order][:, order])
            if np.abs(entries.row - entries.col).max(initial=0) > 1:
                return None
            orders[number] = order
        return orders

    @cached_property
    def banded_order(self) -> NDArray[np.intp]:
        """Order of the representatives' variables that makes their drift narrow."""
        chosen = self.representatives or tuple(range(len(self.blocks)))
        variables = np.concatenate([self.blocks[k] for k in chosen])
        variables = np.sort(variables)
        return variables[_narrow_order(sp.csr_array(self.drift[variables][:, variables]))]

    @cached_property
    def bandwidth(self) -> int:
        """Half bandwidth of the drift in `banded_order`."""
        order = self.banded_order
        entries = sp.coo_array(self.drift[order][:, order])
        return int(np.abs(entries.row - entries.col).max(initial=0))

    def variable_name(self, index: int) -> str:
        """Label of the mode to which a Nambu variable belongs."""
        return self.form.labels[index % len(self.form.labels)]

    def lines(self) -> tuple[str, ...]:
        """What was found, in words."""
        n = len(self.form.labels)
        sizes = sorted({len(block) for block in self.blocks}, reverse=True)
        shown = ", ".join(map(str, sizes[:4]))
        kind = (
            "phase-insensitive: amplitudes a and a† do not mix"
            if self.phase_insensitive
            else "phase-sensitive: some mode mixes a with its own a†"
        )
        charge = "a conserved charge +-1 per mode" if self.representatives else "no such charge"
        return (
            f"{n} modes; {kind}",
            f"{len(self.blocks)} blocks of amplitudes (sizes {shown}), {len(self.correlated)} "
            f"correlated pairs of blocks; {charge}",
        )


def _narrow_order(matrix: sp.csr_array) -> NDArray[np.intp]:
    """Order of the rows that keeps a sparse matrix's nonzeros close to the diagonal."""
    ones = np.ones(matrix.nnz)
    pattern = sp.csr_array((ones, matrix.indices, matrix.indptr), shape=matrix.shape)
    return reverse_cuthill_mckee(sp.csr_matrix(pattern + pattern.T), symmetric_mode=True)
