"""`map4 duplicates`: its forms, exit codes and messages."""

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from copied import copied
from made_library import WORDS, analysis_of, database_of, path_of, put
from schemas import validate

from map4 import Library
from map4.cli.main import cli
from map4.core.music.track.tags import Tags
from map4.duplicates.options import DuplicateOptions
from map4.duplicates.store.copies import AlikeRecordings
from map4.errors import NothingFoundError, UsageError

LATIN = Tags(artist="Évora", title="Sodade\x1b[31m")


@pytest.fixture
def library_path(tmp_path: Path) -> Path:
    return make_doubles(tmp_path / "library.map4")


@copied
def make_doubles(path: Path) -> None:
    """Tracks 0-5; /music/x/copy.mp3 is the audio of 0, 10 sounds like 1, 11 is called as 2 and has no sound, 12
    is a live take of 3."""
    for number in range(6):
        put(path, number, analysis_of(number), tags=Tags(artist="Ann", title=f"Song {number}"))
    put(path, 0, analysis_of(0), name="/music/x/copy.mp3", tags=LATIN)
    alike = WORDS[1].copy()
    alike[::3] ^= np.uint16(1)
    put(path, 10, replace(analysis_of(10), fingerprint=alike.tobytes()).as_stored(), tags=Tags(title="Song 1"))
    put(path, 11, replace(analysis_of(11), fingerprint=None), tags=Tags(artist="Ann", title="Song 2"))
    put(path, 12, analysis_of(12), tags=Tags(artist="Ann", title="Song 3 (Live)"))


def run(library_path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["duplicates", "--library", str(library_path), *arguments])


def groups(library_path: Path, *arguments: str) -> list[dict[str, object]]:
    done = run(library_path, "--json", *arguments)
    assert done.exit_code == 0
    document = json.loads(done.stdout)
    validate(document)
    found: list[dict[str, object]] = document["groups"]
    return found


def test_every_kind_of_group_is_listed_with_the_file_to_keep(library_path: Path) -> None:
    found = groups(library_path)
    assert [(group["kind"], group["keep"]) for group in found] == [
        ("same_audio", path_of(0)),
        ("same_recording", path_of(1)),
        ("likely", path_of(2)),
        ("versions", path_of(3)),
    ]
    members = [[member["path"] for member in group["members"]] for group in found]  # type: ignore[attr-defined]
    assert members == [
        [path_of(0), "/music/x/copy.mp3"],
        [path_of(1), path_of(10)],
        [path_of(2), path_of(11)],
        [path_of(3), path_of(12)],
    ]
    assert [group["certainty"] for group in found] == [1.0, pytest.approx(0.995, abs=0.01), 0.85, 0.9]


def test_lines_rows_and_paths_have_groups_files_and_copies(library_path: Path) -> None:
    lines = [json.loads(line) for line in run(library_path, "--jsonl").stdout.splitlines()]
    for line in lines:
        validate(line)
    assert len(lines) == 4
    rows = list(csv.DictReader(io.StringIO(run(library_path, "--csv").stdout)))
    assert [row["role"] for row in rows] == ["keep", "copy", "keep", "copy", "keep", "other", "keep", "other"]
    spared = ["/music/x/copy.mp3", path_of(10)]
    assert run(library_path, "--paths").stdout.splitlines() == spared
    assert run(library_path, "-0").stdout.split("\0") == [*spared, ""]
    assert run(library_path, "-f", "{path}").stdout.splitlines() == spared
    done = CliRunner().invoke(cli, ["search", "--library", str(library_path), "is:copy", "--paths"])
    assert sorted(done.stdout.splitlines()) == sorted(spared)


def test_text_output_has_a_block_for_each_group(library_path: Path) -> None:
    done = run(library_path)
    assert re.search(r"same recording · 99 % sure · 1 copy, .*\n.*Song 1\n  keep  /music/01.mp3\n", done.stdout)
    assert "Ann – Song 3 (Live), live" in done.stdout
    assert "\x1b" not in done.stdout
    assert (
        "4 groups (1 same audio, 1 same recording, 1 likely the same, 1 versions); 2 copies to spare: 2 bytes"
        in done.stderr
    )


def test_kinds_files_queries_and_preferences_select_groups(library_path: Path) -> None:
    assert [g["kind"] for g in groups(library_path, "--kind", "likely", "--kind", "versions")] == ["likely", "versions"]
    assert [g["keep"] for g in groups(library_path, path_of(10))] == [path_of(1)]
    assert [g["keep"] for g in groups(library_path, "--query", "title:live")] == [path_of(3)]
    assert [g["kind"] for g in groups(library_path, "--at-least", ".9")] == ["same_audio", "same_recording", "versions"]
    [group] = groups(library_path, "--kind", "same_audio", "--prefer-folder", "/music/x")
    assert (group["keep"], group["why"]) == ("/music/x/copy.mp3", "it is in /music/x, which you prefer")
    [group] = groups(library_path, "--kind", "same_recording", "--keep", path_of(10))
    assert (group["keep"], group["why"]) == (path_of(10), "you chose it")
    done = run(library_path, "--prefer-folder", "/elsewhere")
    assert isinstance(done.exception, NothingFoundError)
    assert "/elsewhere is not in the library" in str(done.exception)


def test_strict_option_exits_with_3_if_copies_were_found(library_path: Path, tmp_path: Path) -> None:
    assert run(library_path, "--strict").exit_code == 3
    single = tmp_path / "single.map4"
    put(single, 1, analysis_of(1))
    done = run(single, "--strict")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "nothing found" in done.stderr
    assert run(single).stderr.endswith("no duplicates: every recording is there once\n")
    assert run(single, "--kind", "versions").stderr.endswith("nothing found\n")


def test_library_returns_groups_as_records(library_path: Path) -> None:
    with Library.open(library_path) as library:
        found = library.duplicates.find(DuplicateOptions(kinds=("same_recording",)))
        [group] = found
        assert (group.kept.track.path, [copy.track.path for copy in group.copies]) == (path_of(1), [path_of(10)])
        assert group.spare_bytes == 1
        assert library.duplicates.find(kinds=("same_recording",), least_certainty=1.0) == []
    with pytest.raises(UsageError, match="kind of duplicates"):
        DuplicateOptions(kinds=("same_sound",))  # type: ignore[arg-type]


def test_search_marks_copies_of_a_recording_once_a_scan_has_compared_them(library_path: Path) -> None:
    assert "same recording" not in CliRunner().invoke(cli, ["search", "--library", str(library_path), "song"]).stdout
    with database_of(library_path) as database:
        AlikeRecordings(database).bring_up_to_date()
    done = CliRunner().invoke(cli, ["search", "--library", str(library_path), "song"])
    assert "same recording, copy 1 of 2: 01.mp3" in done.stdout
    assert "same recording, copy 2 of 2: 10.mp3" in done.stdout
    assert ": x/copy.mp3" not in done.stdout  # it is called otherwise, and was not found


def test_doctor_names_each_copy_and_lists_have_none_twice(library_path: Path) -> None:
    done = CliRunner().invoke(cli, ["doctor", "--library", str(library_path), "--only", "copies", "--jsonl"])
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(copy["path"], copy["detail"]) for copy in found] == [
        (path_of(10), f"{path_of(1)} is the copy to keep"),
        ("/music/x/copy.mp3", f"{path_of(0)} is the copy to keep"),
    ]
    with Library.open(library_path) as library:
        made = library.playlist([], n=8)
    paths = [pick.track.path for pick in made.picks]
    assert not {path_of(1), path_of(10)} <= set(paths)
