r"""From an `OpenSystem` to equations for means and covariances of its collective operators.

All operators are written in Hermitian ones, X = (Jx, Jy, Jz of each ensemble, x, p of each mode),

    H = sum_a h_a X_a + (1/2) sum_ab Q_ab X_a X_b,      c_k = sum_a v_ka X_a + w_k,

with the commutators ``[X_a, X_b] = i Y_ab``, ``Y_ab = sum_c f_abc X_c + g_ab``. The rates enter as
``S_ab = sum_k rate_k v*_ka v_kb = R_ab + i T_ab``. Then, exactly and in symmetrised products,

    L†(X_a) = F_a = - sum_bc (Q_bc X_b Y_ca + T_bc X_b Y_ac) - sum_b k_b Y_ba
                    - (1/2) sum_bc R_bc f_acd Y_bd,          k = h - sum rate Im(w* v),
    L†(X_a X_b) - F_a X_b - X_a F_b = sum_cd S_cd Y_ac Y_bd.

Processes of single atoms are linear in X, because all atoms of an ensemble are alike: a jump c of
one atom with ``l†(s_a) = sum_b l_ab s_b + l_a`` gives ``sum_b l_ab J_b + N l_a``, and its noise
``[s_a, c†][c, s_b]`` sums to collective operators just so. No moment of single atoms is left over.

**Closure.** Third cumulants of symmetrised products are dropped. F is quadratic, so that this is
all that is dropped, and with ``x = <X>``, K the covariance and ``J_ac = dF_a/dx_c``,

    d x_a/dt  = F_a(x) + sum_bc F2_abc K_bc
    d K_ab/dt = sum_c (J_ac K_cb + K_ac J_bc) + sum_eg M_abeg (x_e x_g + K_eg) + P_abc x_c + P0_ab.

The conserved ``J^2`` of an ensemble without processes of single atoms stays conserved: the closure
is a linear functional, and reordering is exact. What third cumulants would change is estimated with
their own equation (`darkstate.engines.moments.third`), of which the parts that no lower moment
knows are collected here too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkstate.errors import EngineMismatchError
from darkstate.states.moments import MODE, Array, brackets, generators
from darkstate.systems.open_system import Jump, OpenSystem
from darkstate.systems.operators import OperatorSum, Product
from darkstate.systems.single_atoms import AtomProcess, atom_process
from darkstate.systems.spaces import Mode, Space, Spin

_HALF = np.sqrt(0.5)
_LETTERS: dict[tuple[bool, str], NDArray[np.complex128]] = {
    (False, "+"): np.array([1.0, 1j, 0.0]),
    (False, "-"): np.array([1.0, -1j, 0.0]),
    (False, "z"): np.array([0.0, 0.0, 1.0]),
    (True, "-"): np.array([_HALF, 1j * _HALF]),
    (True, "+"): np.array([_HALF, -1j * _HALF]),
}
"""Letters in Hermitian operators; True for modes."""


@dataclass(frozen=True)
class MomentEquations:
    """The vector field of means and covariances; see the module's equations.

    Args:
        labels: names of the spaces.
        atoms: atoms of each, 0 for a mode.
        F0: (n,) constant part of F.
        F1: (n, n) linear part.
        F2: (n, n, n) quadratic part, symmetric in its last two indices.
        M: (n, n, n, n) noise quadratic in X, from R.
        P: (n, n, n) noise linear in X.
        P0: (n, n) constant noise.
        pull: (n, n) ``Q - T``, from which F2 is made.
        skew: (n, n, n, n) third moments of the noise of single atoms, linear in X (last index).
        skew0: (n, n, n) their constant part.
        conserving: ensembles whose ``J^2`` no process changes.
        start: (E, 3) Bloch vector to which each ensemble goes by its own processes, or the pole
            to which the collective ones pump it; zero for modes.
    """

    labels: tuple[str, ...]
    atoms: tuple[int, ...]
    F0: Array
    F1: Array
    F2: Array
    M: Array
    P: Array
    P0: Array
    pull: Array
    skew: Array
    skew0: Array
    conserving: tuple[str, ...]
    start: Array

    @cached_property
    def scales(self) -> tuple[Array, Array]:
        """Size of the means (N an ensemble) and of the fluctuations (sqrt N), each (n,)."""
        largest = max(self.atoms)
        size = [
            np.full(2, np.sqrt(max(1, largest))) if n == MODE else np.full(3, float(n))
            for n in self.atoms
        ]
        noise = [np.ones(2) if n == MODE else np.full(3, np.sqrt(n)) for n in self.atoms]
        return np.concatenate(size), np.concatenate(noise)

    def rates(self, x: Array, K: Array) -> tuple[Array, Array]:
        """``(dx/dt, dK/dt)`` of means (n,) and covariances (n, n)."""
        J = self.F1 + 2.0 * self.F2 @ x
        drift = self.F0 + self.F1 @ x + np.einsum("abc,bc->a", self.F2, np.outer(x, x) + K)
        noise = np.einsum("abeg,eg->ab", self.M, np.outer(x, x) + K) + self.P @ x + self.P0
        return drift, J @ K + K @ J.T + noise

    def derivatives(self, x: Array, K: Array) -> tuple[Array, Array, Array, Array]:
        """Of dx/dt by x and by K, and of dK/dt by x and by K."""
        J = self.F1 + 2.0 * self.F2 @ x
        unit = np.eye(len(x))
        moved = 2.0 * np.einsum("ace,cb->abe", self.F2, K)
        by_mean = moved + moved.transpose(1, 0, 2) + self.P
        by_mean += np.einsum("abeg,g->abe", self.M, x) + np.einsum("abeg,e->abg", self.M, x)
        spread = np.einsum("ac,bd->abcd", J, unit) + np.einsum("bd,ac->abcd", J, unit)
        return J, self.F2, by_mean, spread + self.M


def moment_equations(system: OpenSystem) -> MomentEquations:
    """The equations of a system of ensembles (and modes).

    Raises:
        EngineMismatchError: another kind of space, a Hamiltonian beyond quadratic or a collective
            jump beyond linear; the term is named.
    """
    atoms = tuple(_atoms_of(space) for space in system.spaces)
    places = dict(zip(system.labels, generators(atoms), strict=True))
    f, g = brackets(atoms)
    h, Q = _hamiltonian(system.hamiltonian, places, f, g)
    S = np.zeros_like(Q, dtype=complex)
    for jump in system.jumps:
        if not jump.each_atom:
            v, w = _linear(jump, places)
            S += jump.rate * np.outer(v.conj(), v)
            h = h - jump.rate * np.imag(np.conj(w) * v)
    F0, F1, F2 = _drift(h, Q, S, f, g)
    M, P, P0 = _noise(S, f, g, F2)
    local = _atom_processes(system)
    skew, skew0 = np.zeros((len(g),) * 4), np.zeros((len(g),) * 3)
    for label, count in zip(system.labels, atoms, strict=True):
        at, process = places[label], local[label]
        if count != MODE:
            skew[at, at, at, at], constant = _skewness(process)
            skew0[at, at, at] = count * constant
            F1[at, at] += process.drift
            F0[at] += count * process.push
            P[at, at, at] += process.noise
            P0[at, at] += count * process.floor
    spins = [label for label, n in zip(system.labels, atoms, strict=True) if n != MODE]
    conserving = tuple(label for label in spins if not np.any(local[label].drift))
    start = np.zeros((len(atoms), 3))
    for label in spins:
        start[system.labels.index(label)] = _own_bloch(
            local[label], S[places[label], places[label]]
        )
    third = Q - np.imag(S), skew, skew0
    return MomentEquations(system.labels, atoms, F0, F1, F2, M, P, P0, *third, conserving, start)


def _atom_processes(system: OpenSystem) -> dict[str, AtomProcess]:
    """What happens to single atoms, by ensemble."""
    local = {label: AtomProcess.none() for label in system.labels}
    for jump in system.jumps:
        if jump.each_atom:
            label = jump.operator.spaces[0].label
            local[label] = local[label] + atom_process(jump)
    return local


def _skewness(process: AtomProcess) -> tuple[Array, Array]:
    """Third moments of the noise of one atom, linear in its spin and constant.

    For one atom symmetrised products of three spins are ``(1/12) sum_sym delta_bc s_a``: what their
    rates have beyond the drift of each factor and the noise of each pair is what is left for all
    three together.
    """
    one = np.eye(3)
    turned = np.einsum("ab,ce->abce", process.drift, one)
    linear = -(turned + turned.transpose(0, 2, 1, 3)) / 12
    linear -= np.einsum("bc,ae->abce", process.floor, one)
    constant = -np.einsum("bc,a->abc", one, process.push) / 6
    constant -= np.einsum("bca->abc", process.noise) / 4
    return _sum_rotations(linear), _sum_rotations(constant)


def _sum_rotations(x: Array) -> Array:
    """The sum over which of the first three indices stands alone (the first one in x)."""
    rest = range(3, x.ndim)
    return x + x.transpose(1, 0, 2, *rest) + x.transpose(1, 2, 0, *rest)


def _own_bloch(process: AtomProcess, S: NDArray[Any]) -> Array:
    """Where single-atom processes take an atom; without a unique answer, the pumped pole."""
    if np.linalg.matrix_rank(process.drift) == 3:
        return np.asarray(-2.0 * np.linalg.solve(process.drift, process.push), dtype=float)
    lowered = _LETTERS[False, "+"] @ S @ _LETTERS[False, "-"]  # v = v_- (1, -i, 0) + ...
    raised = _LETTERS[False, "-"] @ S @ _LETTERS[False, "+"]
    return np.array([0.0, 0.0, 1.0 if np.real(raised - lowered) > 0 else -1.0])


def _atoms_of(space: Space) -> int:
    if isinstance(space, Mode):
        return MODE
    if isinstance(space, Spin):
        return space.atoms
    raise EngineMismatchError(
        f"The moment equations are for ensembles and modes, but '{space.label}' is {space!r}.",
        "Use Lindblad() for single qubits.",
    )


def _letters(product: Product, places: dict[str, slice], n: int) -> list[NDArray[Any]]:
    """Each letter of a product as a vector over X."""
    found = []
    for space, word in product:
        for letter in word:
            vector = np.zeros(n, dtype=complex)
            vector[places[space.label]] = _LETTERS[isinstance(space, Mode), letter]
            found.append(vector)
    return found


def _hamiltonian(
    hamiltonian: OperatorSum, places: dict[str, slice], f: Array, g: Array
) -> tuple[Array, Array]:
    """``(h, Q)``; the order of two letters leaves half their commutator in h."""
    n = len(g)
    h, Q = np.zeros(n, dtype=complex), np.zeros((n, n), dtype=complex)
    for product, c in hamiltonian:
        letters = _letters(product, places, n)
        if len(letters) == 1:
            h += c * letters[0]
        elif len(letters) == 2:
            first, second = letters
            Q += c * (np.outer(first, second) + np.outer(second, first))
            h += 0.5j * c * np.einsum("a,abc,b->c", first, f, second)
        elif letters:
            raise EngineMismatchError(
                f"The Hamiltonian term {OperatorSum({product: c})} is of order {len(letters)}; the "
                "moment equations are closed for at most two collective operators.",
                "Use an exact engine with fewer atoms.",
            )
    return np.real(h), np.real(Q)


def _linear(jump: Jump, places: dict[str, slice]) -> tuple[NDArray[np.complex128], complex]:
    n = max(place.stop for place in places.values())
    v, w = np.zeros(n, dtype=complex), 0j
    for product, c in jump.operator:
        letters = _letters(product, places, n)
        if len(letters) > 1:
            raise EngineMismatchError(
                f"The jump term {OperatorSum({product: c})} is of order {len(letters)}; the moment "
                "equations are closed for collective jumps that are linear.",
                "Use an exact engine with fewer atoms, or each_atom=True for a process of single "
                "atoms.",
            )
        if letters:
            v += c * letters[0]
        else:
            w += c
    return v, w


def _drift(h: Array, Q: Array, S: NDArray[Any], f: Array, g: Array) -> tuple[Array, Array, Array]:
    """``F = F0 + F1 X + X F2 X`` of Hamiltonian and collective jumps."""
    R, pull = np.real(S), Q - np.imag(S)  # F_a = sum pull_bc X_b Y_ac + ...
    F2 = np.einsum("bc,acd->abd", pull, f)
    F1 = np.einsum("bc,ac->ab", pull, g)
    F1 += np.einsum("b,abc->ac", h, f)
    F1 -= 0.5 * np.einsum("bc,acd,bde->ae", R, f, f)
    F0 = g @ h - 0.5 * np.einsum("bc,acd,bd->a", R, f, g)
    return F0, F1, 0.5 * (F2 + F2.transpose(0, 2, 1))


def _noise(S: NDArray[Any], f: Array, g: Array, F2: Array) -> tuple[Array, Array, Array]:
    """``(M, P, P0)`` of the collective jumps, with what symmetrising ``F_a X_b`` leaves."""
    R = np.real(S)
    M = np.einsum("cd,ace,bdg->abeg", R, f, f)
    M = 0.5 * (M + M.transpose(0, 1, 3, 2))
    P = np.einsum("cd,ace,bd->abe", R, f, g)
    P = P + P.transpose(1, 0, 2)
    P0 = np.einsum("cd,ac,bd->ab", R, g, g)
    twist = 0.5 * np.einsum("cd,ace,bdg->abeg", np.imag(S), f, f)
    P -= np.einsum("abeg,egh->abh", twist, f)
    P0 -= np.einsum("abeg,eg->ab", twist, g)
    # {{e, d}/2, b}/2 = sym(e, d, b) + ([e, [d, b]] + [d, [e, b]])/12, [e, [d, b]] = -f_dbg Y_eg
    ordering = np.einsum("aed,dbg->abeg", F2, f) / 6.0
    ordering = ordering + ordering.transpose(1, 0, 2, 3)
    P -= np.einsum("abeg,egh->abh", ordering, f)
    P0 -= np.einsum("abeg,eg->ab", ordering, g)
    return M, P, P0
