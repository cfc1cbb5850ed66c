"""The process that computes: newest view first, cancelled, limited, and never silently dead."""

import os
import signal
from queue import Queue

import pytest

from darkstate.web.parts import Answer, Done, Explained, Refused
from darkstate.web.session import DIED, Computation
from darkstate.web.view import View

LONG = 120
"""Seconds that anything may take here."""
GIB = 2**30


@pytest.fixture
def computing():
    made = []

    def start(memory=2 * GIB):
        heard = Queue()
        made.append(Computation(memory, heard.put))
        return made[-1], heard

    yield start
    for one in made:
        one.cancel()


def until_done(heard):
    parts = []
    while not parts or not isinstance(parts[-1], Done):
        parts.append(heard.get(timeout=LONG))
    return parts


def of_kind(parts, kind):
    return [part for part in parts if isinstance(part, kind)]


def test_the_newest_view_is_answered_and_no_part_of_an_older_one_comes_after(computing):
    task, heard = computing()
    view = View.of_model("CavityChains")
    for loss in ("0.1", "0.2", "0.3"):
        task.ask(view.with_value("loss", loss))
    parts = until_done(heard)
    assert of_kind(parts, Answer)[-1].view.values["loss"] == 0.3
    assert not task.busy
    task.ask(view)  # the same process again
    assert of_kind(until_done(heard), Answer)[-1].view.values["loss"] == 0.05
    assert heard.empty()


def test_after_a_cancellation_nothing_is_heard_and_the_next_view_is_answered(computing):
    task, heard = computing()
    task.ask(View.of_address("model=SpinChains&sites=4&dephasing=0.1&decay=0.01"))
    assert isinstance(heard.get(timeout=LONG), Explained)
    task.cancel()
    assert not task.busy
    task.ask(View.of_model("ParametricPair"))
    parts = until_done(heard)
    (answer,) = of_kind(parts, Answer)
    assert answer.view.model == "ParametricPair"


def test_a_view_that_would_take_long_gives_way_at_once(computing):
    task, heard = computing()
    task.ask(View.of_model("CavityChains"))
    until_done(heard)
    first = task._process.pid
    task.ask(View.of_model("CavityChains"))
    heard.get(timeout=LONG)
    task._seconds = 1e6  # as if the plan had said so
    task.ask(View.of_model("ParametricPair"))
    assert task._process.pid != first
    assert of_kind(until_done(heard), Answer)[-1].view.model == "ParametricPair"


def test_a_process_that_dies_is_told_and_replaced(computing):
    task, heard = computing()
    task.ask(View.of_model("CavityChains"))
    until_done(heard)
    os.kill(task._process.pid, signal.SIGSTOP)  # so that it is still at work when it is killed
    task.ask(View.of_model("DualRail"))
    os.kill(task._process.pid, signal.SIGKILL)
    assert until_done(heard) == [Refused(DIED), Done()]
    task.ask(View.of_model("ParametricPair"))
    assert of_kind(until_done(heard), Answer)


def test_what_does_not_fit_into_the_memory_of_a_session_is_refused(computing):
    task, heard = computing(memory=0.25 * GIB)
    task.ask(View.of_address("model=SpinChains&sites=6&dephasing=0.1&decay=0.01"))
    parts = until_done(heard)
    assert "memory" in of_kind(parts, Refused)[0].why


def test_a_fault_is_told_as_one(computing):
    task, heard = computing()
    task.ask("no view")
    (refused,) = of_kind(until_done(heard), Refused)
    assert "fault of darkstate" in refused.why
