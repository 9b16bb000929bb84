"""Marks in `map4 set` and `search`."""

import json
from pathlib import Path
from typing import Any

from conftest import Run


def marks(inside: Run) -> dict[str, Any]:
    return {mark["name"]: mark for mark in json.loads(inside("set", "--marks", "--json").stdout)["marks"]}


def test_marks_are_set_found_shown_renamed_and_undone(inside: Run, own_scanned: Path) -> None:
    first, second = own_scanned / "one.wav", own_scanned / "two.wav"
    assert inside("set", "--marks").returncode == 4
    done = inside("set", first, second, "--mark", "Floorfiller", "--mark", "after 3")
    assert (done.returncode, done.stderr) == (0, "4 values changed\n")
    assert f"{first}: marked 'Floorfiller'\n" in done.stdout
    assert inside("set", first, "--mark", "floorfiller").stderr == "0 values changed\n"
    assert inside("set", first, "--unmark", "AFTER 3").stdout == f"{first}: mark 'after 3' removed\n"
    assert inside("search", "mark:floor", "--paths").stdout == f"{first}\n{second}\n"
    assert inside("search", "mark:floor", "missing:mark", "--paths").returncode == 4
    assert "Floorfiller" in inside("search", "mark:floor").stdout
    assert "Floorfiller" in inside("analyze", first).stdout
    assert inside("search", "mark:after", "-f", "{marks}").stdout == "after 3; Floorfiller\n"
    [track] = json.loads(inside("search", "--json", "mark:after").stdout)["tracks"]
    assert track["user"]["marks"] == ["after 3", "Floorfiller"]
    table = inside("set", "--marks").stdout.splitlines()
    assert [line.split()[:4] for line in table[1:]] == [["2", "after", "3", "1"], ["1", "Floorfiller", "2", "#e6194b"]]
    renamed = inside("set", "--rename-mark", "floorfiller", "Peak")
    assert (renamed.returncode, renamed.stderr) == (
        0, "'Floorfiller' is now 'Peak' on 2 tracks; to undo: map4 set undo 3\n"
    )  # fmt: skip
    assert marks(inside).keys() == {"Peak", "after 3"}
    assert inside("set", "undo", "3").returncode == 0
    assert marks(inside).keys() == {"Floorfiller", "after 3"}
    assert inside("set", "--delete-mark", "Floorfiller").stderr.startswith("'Floorfiller' removed from 2 tracks; ")
    assert inside("set", "history", "--count", "1").stdout.count("mark 'Floorfiller' removed") == 2
    assert inside("set", second, "--unset", "mark").stdout == f"{second}: mark 'after 3' removed\n"
    assert inside("set", "--marks").returncode == 4


def test_a_mark_has_a_key_and_a_colour_unless_invalid(inside: Run, own_scanned: Path) -> None:
    inside("set", own_scanned / "one.wav", "--mark", "peak", "--mark", "late")
    assert inside("set", "--paint-mark", "late", "1").stderr.endswith(", key 1\n")
    assert inside("set", "--paint-mark", "late", "#ABCDEF").stderr == "late: #abcdef, key 1\n"
    assert {name: (mark["key"], mark["color"]) for name, mark in marks(inside).items()} == {
        "peak": (None, "#e6194b"), "late": (1, "#abcdef"),
    }  # fmt: skip
    inside("set", own_scanned / "one.wav", "--mark", "peak")
    for arguments, code, complaint in (
        (["--delete-mark", "nothing"], 4, "nothing has the mark 'nothing'"),
        (["--delete-mark", "peek"], 4, "did you mean peak"),
        (["--rename-mark", "peak", ""], 2, "a mark can't be empty"),
        (["--rename-mark", "peak", "a;b"], 2, "separates marks"),
        (["--paint-mark", "peak", "red"], 2, "write #rrggbb"), (["--paint-mark", "peak", "12"], 2, "12"),
        (["--marks", "peak"], 2, "take no files"), (["--marks", "--delete-mark", "peak"], 2, "take no files"),
        (["--delete-mark", "peak", "--dry-run"], 2, "take no files"),
    ):  # fmt: skip
        refused = inside("set", *arguments)
        assert (refused.returncode, complaint in refused.stderr) == (code, True), arguments


def test_marks_are_written_to_tags_and_read_back(inside: Run, own_scanned: Path, tmp_path: Path) -> None:
    path = own_scanned / "one.wav"
    inside("set", path, "--mark", "peak", "--mark", "after 3")
    dry = inside("tags", "write", path, "--marks", "comment", "--marks", "grouping", "--dry-run")
    assert "→ /* after 3 / peak */  (set by you)" in dry.stdout
    assert inside("tags", "write", path, "--marks", "comment", "--marks", "grouping").returncode == 0
    assert inside("tags", "write", path, "--marks", "comment", "--marks", "grouping").returncode == 4
    inside("set", path, "--unset", "mark")
    kept = inside("import", "--from", "tags", own_scanned, "--marks", "grouping")
    assert "map4: marks that you removed or renamed stay so (2); 'map4 set --mark' sets them\n" in kept.stderr
    inside("set", "undo")
    assert marks(inside).keys() == {"peak", "after 3"}
    inside("set", "--rename-mark", "peak", "late")
    crate = tmp_path / "late.m3u8"
    crate.write_text(f"{path}\n{own_scanned / 'two.wav'}\n")
    dry = inside("import", crate, "--marks", "lists", "--dry-run")
    assert "would be added: 1 list; 1 mark\n" in dry.stderr
    done = inside("import", crate, "--marks", "lists")
    assert (done.returncode, "to take the marks back: map4 set undo 5\n" in done.stderr) == (0, True)
    assert inside("search", "mark:late", "--count").stdout == "2\n"
    assert "unchanged" in inside("import", crate, "--marks", "lists").stderr
    assert "--marks my-tag has no effect on a list" in inside("import", crate, "--marks", "my-tag").stderr
    assert inside("import", "--from", "tags", own_scanned).returncode == 2
    assert "--marks, --no-path-map, --certainty and --dry-run need a FILE" in inside(
        "import", "--path-map", "a=b", "--marks", "lists"
    ).stderr  # fmt: skip


def test_lists_are_marked_too(inside: Run, own_scanned: Path, tmp_path: Path) -> None:
    crate = tmp_path / "Friday.m3u8"
    crate.write_text(f"{own_scanned / 'one.wav'}\n")
    inside("import", crate)
    inside("playlist", "live", "Fresh", "has:bpm")
    done = inside("playlist", "mark", "friday", "Club", "to play again")
    assert done.stdout == "Friday: marked 'Club'\nFriday: marked 'to play again'\n"
    assert done.stderr == "2 marks changed\n"
    inside("playlist", "mark", "Fresh", "club")
    lists = {
        playlist["name"]: playlist["marks"]
        for playlist in json.loads(inside("playlist", "list", "--json").stdout)["lists"]
    }
    assert lists == {"Friday": ["Club", "to play again"], "Fresh": ["Club"]}
    assert json.loads(inside("playlist", "show", "Friday", "--json").stdout)["marks"] == lists["Friday"]
    exported = inside("export", "--playlist", "Friday", "--to", "json", "-o", "-")
    assert json.loads(exported.stdout)["playlist"]["marks"] == lists["Friday"]
    assert inside("search", "list-mark:play", "--paths").stdout.count("\n") > 0
    head, *rows = inside("playlist", "list").stdout.splitlines()
    assert head.split()[-1] == "marks"
    assert [row.endswith(ending) for row, ending in zip(rows, ("Club", "Club; to play again"), strict=True)] == [
        True,
        True,
    ]
    assert marks(inside)["Club"]["lists"] == 2
    assert inside("set", "--marks").stdout.splitlines()[0].split() == ["key", "mark", "tracks", "lists", "colour"]
    assert (
        "'Club' is now 'big room' on 0 tracks and 2 lists; "
        in inside("set", "--rename-mark", "club", "big room").stderr
    )
    csv = inside("playlist", "list", "--mark", "BIG room", "--csv").stdout.splitlines()
    assert [row.rpartition(",")[2] for row in csv] == ["marks", "big room", "big room; to play again"]
    assert "Friday: mark 'big room' removed\n" in inside("set", "undo").stdout
    assert "Friday: marked 'Club'" in inside("set", "history").stdout
    inside("playlist", "delete", "Friday", "--yes")
    assert "Friday (deleted): marked 'Club'" in inside("set", "history").stdout
    inside("playlist", "versions", "Friday", "--restore", "deleted")
    inside("set", "--query", "list:friday", "--mark", "intro")
    assert inside("search", "mark:intro", "--count").stdout == "1\n"
    assert inside("search", "mark:club", "--count").returncode == 4  # of the list, and not of its tracks
    off = inside("playlist", "mark", "Friday", "club", "--off", "--json")
    assert [(change["path"], change["old"], change["new"]) for change in json.loads(off.stdout)["changes"]] == [
        ("Friday", "Club", None)
    ]  # fmt: skip
    assert inside("playlist", "list", "--mark", "late").returncode == 4
    assert inside("playlist", "mark", "None", "late").returncode == 4
    assert inside("playlist", "mark", "Friday", "a; b").returncode == 2
    assert inside("playlist", "mark", "Friday", *(f"m{number}" for number in range(200))).stderr.startswith(
        "map4: a track can't have more than 200 marks\n"
    )
