"""`map4 undo`: steps of all kinds in order, and the command that each runs."""

import re
from pathlib import Path

import pytest
from conftest import Run
from schemas import validated
from tagged_files import known, stuffed

from map4 import Library


@pytest.fixture
def music(tmp_path: Path) -> Path:
    (tmp_path / "music").mkdir()
    known(tmp_path / "library.map4", stuffed(tmp_path / "music" / "a.mp3"))
    return tmp_path / "music" / "a.mp3"


def test_steps_of_all_kinds_are_listed_and_undone(inside: Run, music: Path) -> None:
    before, listed = music.read_bytes(), music.with_name("listed.m3u8")
    listed.write_text("a.mp3\n")
    assert inside("undo").returncode == 4
    inside("playlist", "--seed", music, "-n", "1", "--save", "Friday")
    with Library.open(music.parent.parent / "library.map4") as library:
        library.lists.change("Friday", library.lists.in_order("Friday", [*library.tracks.all()] * 2))
    for words in (
        ("import", listed), ("set", music, "genre=House"), ("tags", "write", music, "--key"),
        ("playlist", "delete", "-y", "Friday"),
    ):  # fmt: skip
        assert inside(*words).returncode == 0, words
    assert "map4 tags undo tags-" in inside("undo", place_of(inside, "1 file: key"), "--dry-run").stdout
    assert (inside("undo", "1").returncode, music.read_bytes() == before) == (2, False)
    for what in (
        f"{listed}: 1 of 1 track (its lists stay)",
        "1 file: key",
        "1 value: genre",
        "'Friday': deleted or replaced",
        "'Friday': tracks changed",
    ):
        assert inside("undo", place_of(inside, what), "-y").returncode == 0, what
    assert music.read_bytes() == before
    assert inside("search", "is:set", "--paths").stdout == ""
    assert len(validated(inside("playlist", "show", "Friday", "--json").stdout)["picks"]) == 1
    assert (inside("undo", "9").returncode, inside("undo", "1", "--json").returncode) == (4, 2)


def place_of(inside: Run, what: str) -> int:
    steps = validated(inside("undo", "--json").stdout, "undo-steps")["steps"]
    return [step["what"] for step in steps].index(what) + 1


def test_newest_step_is_first_and_a_damaged_journal_hides_no_step(inside: Run, music: Path) -> None:
    assert inside("tags", "write", music, "--key").returncode == inside("set", music, "genre=House").returncode == 0
    [journal] = (folder := music.parent.parent / "library.map4.journals").iterdir()
    head, line = journal.read_text().splitlines(keepends=True)
    first, last = (re.sub(r"(written_at.:.)\d{4}", rf"\g<1>{year}", head) for year in ("2001", "2999"))
    (folder / "tags-29990101-000000.jsonl").write_text(last + line)
    journal.write_text(first + line)
    steps = validated(inside("undo", "--json").stdout, "undo-steps")["steps"]
    assert [step["kind"] for step in steps] == ["tags", "set", "tags"]
    journal.write_text(first + "{}\n")
    found = validated(inside("undo", "--json").stdout, "undo-steps")
    assert [step["kind"] for step in found["steps"]] == ["tags", "set"]
    assert "is damaged in line 2" in found["problems"][0]
