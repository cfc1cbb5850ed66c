"""Another processor: other factors than LAPACK's here, and just as valid.

Eigenvectors, singular vectors and the factors of QR and Schur are free up to phases, where values
coincide up to rotations, and all of them to the last bits. Kernels of other processors return
others. Within ``processor(seed)`` the functions of NumPy and SciPy that return factors do the same,
wherever SciPy or the package holds them by name. As on a real processor, the same matrix gives the
same factors every time; real matrices have real factors, conjugate pairs stay side by side.

``pytest --unfriendly 1`` runs all that the tests compute in their own process like this.
"""

from __future__ import annotations

import functools
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import scipy.linalg

EPS = float(np.finfo(float).eps)
SAME = 1e-13
"""Values closer than this, relative to the largest, have their vectors rotated."""
PACKAGES = ("numpy.linalg", "scipy.linalg", "darkstate")


@contextmanager
def processor(seed: int = 1) -> Iterator[None]:
    """Everything inside runs on another processor."""
    changed = {}
    for library in (np.linalg, scipy.linalg):
        for name, turn in TURNS.items():
            if original := getattr(library, name, None):
                changed[id(original)] = _other(original, turn, name == "eigh", seed)
    replaced = []
    for name, module in list(sys.modules.items()):
        if name.startswith(PACKAGES):
            for key, value in list(vars(module).items()):
                if id(value) in changed:
                    replaced.append((module, key, value))
                    setattr(module, key, changed[id(value)])
    try:
        yield
    finally:
        for module, key, value in replaced:
            setattr(module, key, value)


def _other(original: Callable, turn: Callable, hermitian: bool, seed: int) -> Callable:
    @functools.wraps(original)
    def wrapped(a: Any, *args: Any, **kwargs: Any) -> Any:
        a = np.asarray(a)
        if not a.size or a.dtype.char not in "dD":
            return original(a, *args, **kwargs)
        draw = np.random.default_rng([seed, zlib.crc32(np.ascontiguousarray(a).tobytes())])
        found = original(_disturbed(a, draw, hermitian), *args, **kwargs)
        if not isinstance(found, tuple):  # values alone; or R of a QR alone
            return found if turn is not _qr else turn(draw, None, found)[1]
        if isinstance(found[0], tuple) or found[-1] is None:
            return found
        parts = _stacked(turn, draw, found)
        return type(found)(*parts) if hasattr(found, "_fields") else tuple(parts)

    return wrapped


def _disturbed(a: Any, draw: np.random.Generator, hermitian: bool) -> Any:
    """The matrix with its last bits changed; zeros remain."""
    noise = draw.uniform(-1.0, 1.0, a.shape)
    if hermitian:
        noise = 0.5 * (noise + noise.swapaxes(-1, -2))
    return a * (1.0 + EPS * noise)


def _stacked(turn: Callable, draw: np.random.Generator, found: tuple) -> list:
    """`turn` on every matrix of a stack."""
    if turn is _qr or turn is _schur or max(np.ndim(x) for x in found) == 2:
        return list(turn(draw, *found))
    count = int(np.prod(found[0].shape[:-1] if turn is not _svd else found[1].shape[:-1]))
    lead = (found[1] if turn is _svd else found[0]).shape[:-1]
    flat = [np.asarray(x).reshape(count, *x.shape[len(lead) :]) for x in found]
    done = [turn(draw, *each) for each in zip(*flat, strict=True)]
    return [
        np.array(part).reshape(x.shape)
        for part, x in zip(zip(*done, strict=True), found, strict=True)
    ]


def _phases(draw: np.random.Generator, count: int, like: Any) -> Any:
    """Signs for real factors, phases for complex ones."""
    if np.iscomplexobj(like):
        return np.exp(2j * np.pi * draw.random(count))
    return draw.choice([-1.0, 1.0], count)


def _rotation(draw: np.random.Generator, count: int, like: Any) -> Any:
    """A random orthogonal or unitary matrix (Gram-Schmidt, which calls nothing that is wrapped)."""
    x = draw.standard_normal((count, count))
    if np.iscomplexobj(like):
        x = x + 1j * draw.standard_normal((count, count))
    for k in range(count):
        for _ in range(2):
            x[:, k] -= x[:, :k] @ (x[:, :k].conj().T @ x[:, k])
        x[:, k] /= np.sqrt(np.vdot(x[:, k], x[:, k]).real)
    return x


def _clusters(values: Any) -> list[Any]:
    """Indices of values that coincide."""
    left, found = list(range(len(values))), []
    size = SAME * float(np.abs(values).max(initial=0.0))
    while left:
        near = [k for k in left if abs(values[k] - values[left[0]]) <= size]
        found.append(np.array(near))
        left = [k for k in left if k not in near]
    return found


def _eigh(draw: np.random.Generator, values: Any, vectors: Any) -> tuple:
    vectors = vectors * _phases(draw, len(values), vectors)
    for same in _clusters(values):
        if len(same) > 1:
            vectors[:, same] = vectors[:, same] @ _rotation(draw, len(same), vectors)
    return values, vectors


def _eig(draw: np.random.Generator, values: Any, vectors: Any, *more: Any) -> tuple:
    if more:
        return values, vectors, *more
    vectors, pairs = vectors.copy(), _pairs(values, vectors)
    for first in pairs:
        turn = _phases(draw, 1, vectors)[0]
        vectors[:, first] *= turn
        vectors[:, first + 1] *= np.conj(turn)
    single = np.setdiff1d(np.arange(len(values)), [*pairs, *(k + 1 for k in pairs)])
    real = not np.any(np.imag(vectors[:, single]))
    for same in _clusters(values[single]):
        columns = single[same]
        part = np.real(vectors[:, columns]) if real else vectors[:, columns]
        turned = part @ _rotation(draw, len(columns), part)
        turned = turned / np.sqrt((np.abs(turned) ** 2).sum(axis=0))
        if np.linalg.cond(part) < 1e3:  # else defective: vectors are not free
            vectors[:, columns] = turned
    return values, vectors


def _pairs(values: Any, vectors: Any) -> list[int]:
    """Where conjugate pairs of a real matrix begin."""
    found, k = [], 0
    while k + 1 < len(values):
        pair = values[k].imag != 0 and values[k + 1] == np.conj(values[k])
        if pair and np.array_equal(vectors[:, k + 1], vectors[:, k].conj()):
            found.append(k)
            k += 1
        k += 1
    return found


def _svd(draw: np.random.Generator, left: Any, sizes: Any, right: Any) -> tuple:
    left, right, k = left.copy(), right.copy(), len(sizes)
    for same in _clusters(sizes):
        if sizes[same[0]] > SAME * sizes[0]:
            turn = _rotation(draw, len(same), left)
            left[:, same] = left[:, same] @ turn
            right[same] = turn.conj().T @ right[same]
    null = np.flatnonzero(sizes <= SAME * sizes.max(initial=0.0))
    rows = np.concatenate([null, np.arange(k, len(right))]).astype(int)
    columns = np.concatenate([null, np.arange(k, left.shape[1])]).astype(int)
    left[:, columns] = left[:, columns] @ _rotation(draw, len(columns), left)
    right[rows] = _rotation(draw, len(rows), left) @ right[rows]
    return left, sizes, right


def _qr(draw: np.random.Generator, q: Any, r: Any = None, *more: Any) -> tuple:
    if r is None:  # scipy's R alone
        return (_qr(draw, None, q)[1],)
    count = min(r.shape[-2:]) if q is None else min(q.shape[-1], r.shape[-2])
    turn = _phases(draw, count, r)
    r = r.copy()
    r[..., :count, :] = turn.conj()[:, None] * r[..., :count, :]
    if q is not None:
        q = q.copy()
        q[..., :count] = q[..., :count] * turn
    return q, r, *more


def _schur(draw: np.random.Generator, triangle: Any, basis: Any, *more: Any) -> tuple:
    turn = _phases(draw, len(basis), basis)
    return turn.conj()[:, None] * triangle * turn, basis * turn, *more


TURNS = {"eigh": _eigh, "eig": _eig, "svd": _svd, "qr": _qr, "schur": _schur}
