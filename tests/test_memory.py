"""How much memory may be used, and what is said where it runs out."""

import resource
import weakref
from functools import partial

import numpy as np
import pytest

import darkstate as ds
from darkstate import memory
from darkstate.errors import ArgumentError, CapacityError, NumericalError, border
from darkstate.memory import available_memory

GIB = 2.0**30


def machine(root, files):
    """A made-up `/proc` and `/sys`: text by path."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


@pytest.fixture(autouse=True)
def sixteen_gib(monkeypatch):
    monkeypatch.setattr(memory, "_physical", lambda: iter([16 * GIB]))


def test_the_machine_and_what_is_free_of_it(tmp_path):
    assert available_memory(tmp_path) == 16 * GIB
    machine(tmp_path, {"proc/meminfo": "MemTotal: 99 kB\nMemAvailable:    4194304 kB\n"})
    assert available_memory(tmp_path) == 4 * GIB


def test_nothing_known_is_no_error(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "_physical", lambda: iter([]))
    assert available_memory(tmp_path) == memory.UNKNOWN


def test_a_control_group_of_version_2_and_those_that_hold_it(tmp_path):
    group = "sys/fs/cgroup/batch"
    files = {
        "proc/self/cgroup": "0::/batch/job\n",
        f"{group}/job/memory.max": "max\n",
        f"{group}/job/memory.current": "5\n",
        f"{group}/memory.max": str(int(3 * GIB)),
        f"{group}/memory.current": str(int(2 * GIB)),
        f"{group}/memory.stat": f"anon 7\ninactive_file {int(GIB / 2)}\n",
    }
    assert available_memory(machine(tmp_path, files)) == 1.5 * GIB


def test_a_control_group_of_version_1_seen_from_inside_a_container(tmp_path):
    files = {
        "proc/self/cgroup": "4:cpu,memory:/docker/1234\n1:name=systemd:/\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": str(int(2 * GIB)),
        "sys/fs/cgroup/memory/memory.usage_in_bytes": str(int(GIB)),
    }
    assert available_memory(machine(tmp_path, files)) == GIB


def test_more_used_than_allowed_leaves_nothing(tmp_path):
    files = {
        "proc/self/cgroup": "0::/\n",
        "sys/fs/cgroup/memory.max": "1000",
        "sys/fs/cgroup/memory.current": "2000",
    }
    assert available_memory(machine(tmp_path, files)) == 0.0


def test_the_address_space_of_the_process(tmp_path, monkeypatch):
    machine(tmp_path, {"proc/self/statm": "1000 1 1 1 0 1 0\n"})
    limits = (int(2 * GIB), resource.RLIM_INFINITY)
    monkeypatch.setattr(resource, "getrlimit", lambda which: limits)
    assert available_memory(tmp_path) == 2 * GIB - 1000 * resource.getpagesize()


def test_an_engine_takes_half_of_what_is_available_unless_told(monkeypatch):
    monkeypatch.setattr(memory, "_available_at", lambda second: 1000.0)
    with pytest.raises(CapacityError, match="more than the limit of 500 B"):
        ds.steady_state(ds.models.CavityChains(2), engine=ds.engines.Gaussian())
    assert ds.steady_state(ds.models.CavityChains(2), engine=ds.engines.Gaussian(memory_limit=1e9))


def run_out(*_, **__):
    np.empty(2**62, dtype=np.int8)


def test_memory_that_runs_out_is_told_at_every_way_in(monkeypatch):
    model = ds.models.CavityChains(1)
    state = ds.steady_state(model).state
    monkeypatch.setattr(ds.models.CavityChains, "system", run_out)
    monitor = ds.Monitor("A1 loss")
    calls = {
        "steady_state": partial(ds.steady_state, model),
        "steady_states": partial(ds.steady_states, model, loss=[0.1, 0.2]),
        "evolve": partial(ds.evolve, model, [0, 1]),
        "explain": partial(ds.explain, model),
        "preparation_time": partial(ds.preparation_time, model),
        "solve": partial(ds.solve, model),
        "observe": partial(ds.observe, model, [0, 1], monitor),
        "conditional_state": partial(ds.conditional_state, model, monitor),
        "output_states": partial(ds.output_states, model, ["A1 loss"], [0.0]),
    }
    for name, call in calls.items():
        with pytest.raises(CapacityError, match=rf"`({name}|steady_state)` must fit.*Use a"):
            call()
    monkeypatch.setitem(ds.purity._single, type(state), run_out)
    with pytest.raises(CapacityError, match=r"`purity` must fit.*Unable to allocate 4.00 EiB"):
        ds.purity(state)


def test_the_message_does_not_keep_what_was_allocated():
    arrays = []

    @border("it")
    def fill():
        large = np.zeros(10)
        arrays.append(weakref.ref(large))
        run_out()

    with pytest.raises(CapacityError) as caught:
        fill()
    assert caught.value and arrays[0]() is None


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("x"), OverflowError("x"), np.linalg.LinAlgError("x")]
)
def test_numbers_out_of_range_are_told_with_their_cause(error):
    said = r"`it` must stay.*rates are about one"
    with pytest.raises(NumericalError, match=said) as caught, border("it"):
        raise error
    assert caught.value.__cause__ is error


def test_the_border_leaves_other_errors_alone():
    for error in (ArgumentError("a", "b", 1, "c"), NumericalError("x"), KeyError("bug")):
        with pytest.raises(type(error)) as caught, border("it"):
            raise error
        assert caught.value is error
