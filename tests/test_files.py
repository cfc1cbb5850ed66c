"""Files whole or not at all, and what belongs to whom."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from darkstate.errors import ArgumentError
from darkstate.results.digests import MANIFEST, damage, header, sign
from darkstate.results.files import (
    FullError,
    as_path,
    clear_leftovers,
    replace_folder,
    require_new_or_ours,
    system_errors,
    write_whole,
)
from killed import deaths

MARK = "darkstate test"


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def build(place: Path, text: str, names=("a.txt", "deep/b.txt"), overwrite: bool = True) -> None:
    with replace_folder(place, MARK, overwrite, version=1) as new:
        for name in names:
            (new / name).parent.mkdir(exist_ok=True)
            (new / name).write_text(text)
        sign(new, {MARK: 1})


def test_a_folder_is_old_or_new_at_every_death(tmp_path):
    place = tmp_path / "out"
    build(place, "new")
    new, states = tree(place), set()
    build(place, "old")
    (place / "mine.txt").write_text("mine")
    (place / "deep" / "own").mkdir()
    (place / "deep" / "own" / "mine.txt").write_text("mine too")
    own = {"mine.txt": b"mine", "deep/own/mine.txt": b"mine too"}
    old, new = tree(place), new | own
    for _ in deaths(tmp_path, lambda: build(place, "new")):
        clear_leftovers(place)
        found = tree(place)
        assert found in (old, new)
        states.add(found == new)
        assert [entry.name for entry in tmp_path.iterdir()] == ["out"]
        build(place, "old")
    assert states == {False, True}


def test_a_file_is_old_or_new_at_every_death(tmp_path):
    place = tmp_path / "x.txt"
    write_whole(place, b"old")
    for _ in deaths(tmp_path, lambda: write_whole(place, b"new")):
        assert place.read_bytes() in (b"old", b"new")
        write_whole(place, b"old")
        assert [entry.name for entry in tmp_path.iterdir()] == ["x.txt"]


def test_what_a_living_process_builds_is_left_alone(tmp_path):
    with replace_folder(tmp_path / "out", MARK, overwrite=False) as new:
        clear_leftovers(tmp_path / "out")
        assert new.is_dir()
        sign(new, {MARK: 1})
    assert damage(tmp_path / "out") is None


@pytest.mark.parametrize("name", [".out.darkstate-12", ".out.other", ".out2.darkstate-12345678"])
def test_other_hidden_things_are_no_leftovers(tmp_path, name):
    (tmp_path / name).mkdir()
    clear_leftovers(tmp_path / "out")
    assert (tmp_path / name).exists()


def test_an_exception_leaves_the_old_folder(tmp_path):
    build(tmp_path / "out", "old")
    before = tree(tmp_path)
    with pytest.raises(KeyboardInterrupt), replace_folder(tmp_path / "out", MARK, True, version=1):
        raise KeyboardInterrupt
    assert tree(tmp_path) == before


def test_a_name_that_is_taken_by_somebody_else_is_refused(tmp_path):
    build(tmp_path / "out", "old", ["a.txt"])
    (tmp_path / "out" / "b.txt").write_text("mine")
    before = tree(tmp_path)
    with pytest.raises(ArgumentError, match=r"'b\.txt', which darkstate did not write"):
        build(tmp_path / "out", "new", ["b.txt"])
    assert tree(tmp_path) == before


def test_a_file_that_comes_while_the_folder_is_replaced_is_kept(tmp_path, monkeypatch):
    place, rename = tmp_path / "out", Path.rename
    build(place, "old")

    def late(self, target):
        if Path(target).name == "old":
            (place / "late.txt").write_text("mine")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", late)
    build(place, "new")
    assert (place / "late.txt").read_text() == "mine"
    assert (place / "a.txt").read_text() == "new"


def test_only_what_carries_the_mark_and_is_given_up_is_replaced(tmp_path):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    build(ours, "old")
    theirs.mkdir()
    require_new_or_ours(tmp_path / "none", MARK, False)
    require_new_or_ours(theirs, MARK, False)  # nothing is in it
    (theirs / "notes.txt").write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(ArgumentError, match="be new, or hold an earlier 'darkstate test'"):
            require_new_or_ours(theirs, MARK, overwrite)
    with pytest.raises(ArgumentError, match="overwrite=True"):
        require_new_or_ours(ours, MARK, False, version=1)
    require_new_or_ours(ours, MARK, True, version=1)
    with pytest.raises(ArgumentError, match="newer format than 0"):
        require_new_or_ours(ours, MARK, True, version=0)


@pytest.mark.parametrize("text", ["# darkstate test, version 3\n1", "# DARKSTATE", ""])
def test_marks_of_files(tmp_path, text):
    (tmp_path / "x").write_text(text)
    marked = text.startswith("# darkstate")
    with pytest.raises(ArgumentError, match="be new$|be new, but" if marked else "hold an earlier"):
        require_new_or_ours(tmp_path / "x", "darkstate test, version", False, version=3)
    if marked:
        with pytest.raises(ArgumentError, match="newer format than 2"):
            require_new_or_ours(tmp_path / "x", "darkstate test, version", True, version=2)


@pytest.mark.parametrize("victim", ["a.txt", "deep/b.txt", MANIFEST])
def test_every_flip_of_a_signed_folder_is_named(tmp_path, victim):
    build(tmp_path / "out", "some text")
    file = tmp_path / "out" / victim
    whole = file.read_bytes()
    before = header(tmp_path / "out")
    for place in range(len(whole)):
        data = bytearray(whole)
        data[place] ^= 1 << place % 8
        file.write_bytes(data)
        assert damage(tmp_path / "out") == victim or header(tmp_path / "out") == before
    file.unlink()
    assert damage(tmp_path / "out") == victim


def test_refusals_of_the_operating_system_have_four_parts(tmp_path):
    with pytest.raises(ArgumentError, match=r"`out` must be a place .*Not a directory.* Choose"):
        (tmp_path / "file").write_text("")
        write_whole(tmp_path / "file" / "x", b"", "out")
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    rule = r"`path` must have room, .*No space left.* free some"
    with pytest.raises(FullError, match=rule), system_errors("path", tmp_path):
        raise full
    for wrong in ("a\0b", "", 3, b"x"):
        with pytest.raises(ArgumentError, match="`store` must be a"):
            as_path(wrong, "store")
    with pytest.raises(ValueError, match="other"), system_errors("path", tmp_path):
        raise ValueError("other")
    with pytest.raises(ArgumentError, match="embedded null"), system_errors("path", "a\0b"):
        os.stat("a\0b")
