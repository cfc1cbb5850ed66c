"""One time step as a matrix-product operator of second order.

With the lines of `lines.py` the generator is ``K = sum_i K_i + sum(lines)``. In
``exp(dt K)`` every line is a start and an end at one common time. To second order in dt they may be
drawn at independent times, because ``integral (s - 1/2) ds = 0``: then the operators of a site only
know how many lines ended and started there, and

    exp(dt K) = prod_i W_i + O(dt^3),
    W_i = sum_{m,e} Phi_{m,e} x (b†)^e Gamma(F) b^m + ...,

where b counts lines in flight like bosons (k! ways to pair k starts with k ends), ``Gamma(F)``
carries them past the site, and ``Phi_{m,e}`` is the coefficient of ``alpha^m beta^e`` in
``exp(dt K_i + alpha a_i + beta dt e_i)``: all orders in time of the m ends and e starts. One thing
is forgotten so: two lines p, q from one site to another start and end in the same order. What is
missing, ``dt^2/4 [a_p, a_q](j) [e_p, e_q](i)``, is a line of its own (the dots; it runs on with the
minors of F). Bonds with up to two lines at once then give second order: with q lines their
dimension is ``1 + q + q^2``, 7 for two rails, at any length.

It is the W^II construction of Zaletel et al., Phys. Rev. B 91, 165112 (2015), carried one order
further. ``W_i`` is kept as a polynomial in dt, so that steps of any length cost nothing to prepare.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement
from math import factorial, sqrt

import numpy as np

from darkstate.engines.tensor.blocks import Array, Grades
from darkstate.engines.tensor.lines import Lines, lines_of
from darkstate.engines.tensor.operators import Gate, Layout, gate_from, layout_of
from darkstate.engines.tensor.sites import Chain

Word = tuple[int, ...]
DEGREE = 14
"""Terms of the exponential of one site; ``x^15/15! < 1e-12`` for x < 1."""


@dataclass(frozen=True)
class Steps:
    """Steps of a chain.

    Args:
        polynomials: for every site (DEGREE + 1, entries): those of the operator of a step are
            ``sum_k dt^k polynomial[k]``.
        layouts: where these entries are.
        norm: largest norm of a local generator: dt must be below its inverse.
    """

    polynomials: tuple[Array, ...]
    layouts: tuple[Layout, ...]
    norm: float

    def operator(self, dt: complex) -> list[Gate]:
        """The matrix-product operator of ``exp(dt K)``."""
        powers = dt ** np.arange(DEGREE + 1)
        sites = zip(self.layouts, self.polynomials, strict=True)
        return [gate_from(layout, powers @ each) for layout, each in sites]


def steps_of(chain: Chain, quanta: int = 2) -> Steps:
    """The steps of a chain with up to `quanta` lines in flight (the order of the step)."""
    polynomials, layouts = [], []
    for K, lines, grades in zip(chain.local, lines_of(chain), chain.grades, strict=True):
        found = _site(K, lines, quanta)
        arriving, leaving = _charges(lines.arriving, quanta), _charges(lines.leaving, quanta)
        layouts.append(layout_of(arriving, leaving, grades))
        polynomials.append(found.reshape(DEGREE + 1, -1)[:, layouts[-1].flat])
    norm = max(float(np.linalg.norm(K, 2)) for K in chain.local)
    return Steps(tuple(polynomials), tuple(layouts), norm)


def _charges(lines: Grades, quanta: int) -> Grades:
    """Charges of a bond of a step: of up to `quanta` lines in flight, and of pairs of lines."""
    words = _occupations(len(lines), quanta)
    words += combinations(range(len(lines)), 2) if quanta > 1 else []
    return tuple(sum(lines[k] for k in word) for word in words)


def _site(K: Array, lines: Lines, quanta: int) -> Array:
    """The polynomial of one site."""
    q_in, q_out, d = len(lines.ends), len(lines.starts), len(K)
    variables = [*lines.ends, *lines.starts]
    rows, columns = _occupations(q_in, quanta), _occupations(q_out, quanta)
    destroy = [_lowering(rows, p) for p in range(q_in)]
    create = [_lowering(columns, p).T for p in range(q_out)]
    passing = _second_quantised(lines.passes, rows, columns)
    pairs_in = list(combinations(range(q_in), 2)) if quanta > 1 else []
    pairs_out = list(combinations(range(q_out), 2)) if quanta > 1 else []
    a, b = len(rows), len(columns)
    kind = np.result_type(K, lines.passes, lines.starts, lines.ends)
    found = np.zeros((DEGREE + 1, a + len(pairs_in), d, d, b + len(pairs_out)), dtype=kind)
    for word, series in _series(K, variables, quanta).items():
        ends = sum(v < q_in for v in word)
        move = passing
        for v in word:
            move = move @ destroy[v] if v < q_in else create[v - q_in] @ move
        for letters in range(len(word), DEGREE + 1):
            term = series[letters] / factorial(letters)
            found[letters - ends, :a, :, :, :b] += np.einsum("xy,ba->axyb", term, move)
            if not word:
                minors = _minors(lines.passes, pairs_out, pairs_in)
                found[letters, a:, :, :, b:] += np.einsum("xy,ba->axyb", term, minors)
    for k, (p, r) in enumerate(pairs_in):
        found[0, a + k, :, :, 0] = 0.5 * _commutator(lines.ends[p], lines.ends[r])
    for k, (p, r) in enumerate(pairs_out):
        found[2, 0, :, :, b + k] = 0.5 * _commutator(lines.starts[p], lines.starts[r])
    return found


def _commutator(x: Array, y: Array) -> Array:
    return x @ y - y @ x


def _minors(matrix: Array, rows: list[Word], columns: list[Word]) -> Array:
    """The 2 x 2 minors of a matrix: how pairs of different lines run on."""
    found = np.zeros((len(rows), len(columns)), dtype=matrix.dtype)
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            found[i, j] = np.linalg.det(matrix[np.ix_(row, column)])
    return found


def _series(K: Array, variables: list[Array], degree: int) -> dict[Word, list[Array]]:
    """``(K + sum_v t_v X_v)^n`` for n = 0 .. DEGREE, by monomials of t up to `degree`."""
    words = [
        word
        for n in range(degree + 1)
        for word in combinations_with_replacement(range(len(variables)), n)
    ]
    zero = np.zeros_like(K)
    found: dict[Word, list[Array]] = {word: [zero] for word in words}
    found[()] = [np.eye(len(K), dtype=K.dtype)]
    for n in range(1, DEGREE + 1):
        for word in words:
            total = K @ found[word][n - 1]
            for v in set(word):
                rest = list(word)
                rest.remove(v)
                total = total + variables[v] @ found[tuple(rest)][n - 1]
            found[word].append(total)
    return found


def _occupations(q: int, quanta: int) -> list[Word]:
    """Sets of up to `quanta` lines out of q kinds, as sorted tuples of kinds."""
    return [w for n in range(quanta + 1) for w in combinations_with_replacement(range(q), n)]


def _lowering(states: list[Word], kind: int) -> Array:
    """``b`` of one kind of line: (D, D)."""
    index = {state: k for k, state in enumerate(states)}
    found = np.zeros((len(states), len(states)))
    for state, k in index.items():
        if kind in state:
            rest = list(state)
            rest.remove(kind)
            found[index[tuple(rest)], k] = sqrt(state.count(kind))
    return found


def _second_quantised(passes: Array, rows: list[Word], columns: list[Word]) -> Array:
    """``Gamma(F)``: every line in flight is replaced by ``sum_p F_pq`` outgoing ones."""
    create = [_lowering(columns, p).T for p in range(passes.shape[0])]
    found = np.zeros((len(columns), len(rows)), dtype=passes.dtype)
    for k, state in enumerate(rows):
        vector = np.zeros(len(columns), dtype=passes.dtype)
        vector[0] = 1.0
        for kind in state:
            vector = sum(
                (passes[p, kind] * (create[p] @ vector) for p in range(len(create))),
                np.zeros(len(columns), dtype=passes.dtype),
            )
        norm = sqrt(np.prod([factorial(state.count(kind)) for kind in set(state)]))
        found[:, k] = vector / norm
    return found
