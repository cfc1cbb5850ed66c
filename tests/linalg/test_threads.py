"""The number of BLAS threads: one inside, what it was outside, whoever leaves first."""

import threading

import pytest
from threadpoolctl import ThreadpoolController

from darkstate.linalg import threads
from darkstate.linalg.threads import on_one_blas_thread, one_blas_thread


class Pools:
    """Stands for the libraries: a number of threads, set and restored as threadpoolctl does."""

    def __init__(self, number: int):
        self.number = number

    def limit(self, limits: int, user_api: str) -> "Limit":
        return Limit(self, limits)


class Limit:
    def __init__(self, pools: Pools, limits: int):
        self.pools, self.before = pools, pools.number
        pools.number = limits

    def restore_original_limits(self) -> None:
        self.pools.number = self.before


@pytest.fixture
def pools(monkeypatch):
    four = Pools(4)
    monkeypatch.setattr(threads, "_thread_pools", lambda: four)
    return four


def test_two_threads_that_overlap_restore_the_number(pools):
    first_in, second_in, first_out = (threading.Event() for _ in range(3))
    seen = []

    def first():
        with one_blas_thread():
            first_in.set()
            second_in.wait()
        first_out.set()

    def second():
        first_in.wait()
        with one_blas_thread():
            second_in.set()
            first_out.wait()
            seen.append(pools.number)

    both = [threading.Thread(target=each) for each in (first, second)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert seen == [1]  # the second is still inside when the first has left
    assert pools.number == 4


def test_nested_contexts_and_exceptions_restore_the_number(pools):
    @on_one_blas_thread
    def failing():
        assert pools.number == 1
        raise ValueError("on purpose")

    with one_blas_thread():
        with pytest.raises(ValueError, match="on purpose"):
            failing()
        assert pools.number == 1
    assert pools.number == 4


def test_not_wanted_changes_nothing(pools):
    with one_blas_thread(False):
        assert pools.number == 4


def test_the_libraries_themselves():
    def numbers():
        return [one["num_threads"] for one in ThreadpoolController().select(user_api="blas").info()]

    before = numbers()
    with one_blas_thread():
        assert set(numbers()) <= {1}
    assert numbers() == before
