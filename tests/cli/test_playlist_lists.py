"""`map4 playlist check|order|merge|list|show|delete` and `map4 validate`, as real processes."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest
from conftest import Run
from list_libraries import HOUSE, put_songs, song

from map4.cli import main as command_line
from map4.schemas import schema_text

TEXT = (
    "#EXTM3U\n#PLAYLIST:Friday\nD:\\Music\\Ann\\Sky.mp3\n/music/Fay/Polka.mp3\n/music/Cat/Rain.mp3\n"
    "/music/Dan/Wind.mp3\nhttp://radio.example/x\n#EXTINF:100,Bob - Fire\n/old/x.mp3\n/music/Hal/Gone.mp3\n"
    "#EXTINF:9,No\x1b[2J - Body\n/y.mp3\n"
)
MAP = ("--path-map", "D:/Music=/music")
GOOD = ["Ann/Sky", "Bob/Fire", "Cat/Rain", "Dan/Wind", "Eve/Snow"]


@dataclass
class Outcome:
    returncode: int
    stdout: str
    stderr: str


Inside = Callable[..., Outcome]


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Inside:
    """The whole command in this process, which is ten times faster; a few runs below are real processes."""
    monkeypatch.setenv("MAP4_LIBRARY", str(tmp_path / "library.map4"))
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str | Path) -> Outcome:
        code = command_line._run([str(argument) for argument in arguments], command_line._Stop())
        found = capfd.readouterr()
        return Outcome(code, found.out, found.err)

    return run


@pytest.fixture
def friday(tmp_path: Path) -> Path:
    """A list in need of help, beside a library."""
    put_songs(tmp_path / "library.map4", HOUSE)
    path = tmp_path / "friday.m3u8"
    path.write_text(TEXT)
    return path


@pytest.fixture
def good(friday: Path, tmp_path: Path) -> Path:
    path = tmp_path / "good.m3u8"
    path.write_text("\n".join(f"/music/{name}.mp3" for name in GOOD))
    return path


def validated(text: str) -> dict[str, object]:
    document: dict[str, object] = json.loads(text)
    kind = str(document["schema"]).split("/")[1]
    jsonschema.Draft202012Validator(json.loads(schema_text(kind))).validate(document)
    return document


# ---- check ---------------------------------------------------------------------------------------


def test_a_check_tells_quality_weak_transitions_and_what_helps(map4: Run, friday: Path) -> None:
    result = map4("playlist", "check", friday, *MAP)
    assert result.returncode == 0
    assert result.stdout.splitlines()[:4] == [
        "Friday: 4 of 8 tracks (1 uncertain, 1 unknown, 1 gone, 1 url)",
        "quality  54.0, does not pass (policy flexible)",
        "         overall, tempo, energy, genre too low; 3 not found",
        "         tempo 33.3  genre 66.7  energy 46.7  data 100.0  transitions 56.7",
    ]
    assert "weakest transitions" in result.stdout
    assert "replace 2: 0.13 -> 0.98 by Bob – Fire" in result.stdout
    assert "move 2 to the head" in result.stdout
    assert "in another order (the best there is): 0.42 -> 0.71" in result.stdout
    *report, command = result.stdout.splitlines()
    assert max(map(len, report)) <= 80
    assert command == f"         map4 playlist order {friday}"
    assert result.stderr.splitlines() == [
        f"map4: {friday}, entry 5: http://radio.example/x: a stream, passed over",
        f"map4: {friday}, entry 6: Bob - Fire: may be /music/Bob/Fire.mp3 (tags, certainty 0.75; see --certainty)",
        f"map4: {friday}, entry 7: /music/Hal/Gone.mp3: is in the library, but its file is gone",
        f"map4: {friday}, entry 8: No [2J - Body: not found in the library",
    ]


def test_strict_ends_with_3_where_a_list_does_not_pass(inside: Inside, friday: Path, good: Path) -> None:
    assert inside("playlist", "check", "--strict", friday, *MAP).returncode == 3
    result = inside("playlist", "check", "--strict", good)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[1] == "quality  99.7, passes (policy flexible)"
    assert "weakest" not in result.stdout
    good.write_text(good.read_text() + "\nhttp://radio.example/x\n")
    assert inside("playlist", "check", "--strict", good).returncode == 0  # a stream is no track that is missing


def test_a_check_as_json_lines_and_csv(inside: Inside, friday: Path) -> None:
    document = validated(inside("playlist", "check", friday, *MAP, "--json", "--no-suggestions").stdout)
    assert document["counts"] == {"entries": 8, "found": 4, "uncertain": 1, "unknown": 1, "gone": 1, "url": 1}
    lines = [validated(line) for line in inside("playlist", "check", friday, "--jsonl").stdout.splitlines()]
    assert [line["position"] for line in lines] == list(range(1, 9))
    rows = list(csv.DictReader(io.StringIO(inside("playlist", "check", friday, *MAP, "--csv").stdout)))
    assert [(row["from"], row["to"], row["key_relation"]) for row in rows] == [
        ("1", "2", "clash"), ("2", "3", "clash"), ("3", "4", "same"),
    ]  # fmt: skip


def test_a_list_comes_from_stdin(map4: Run, friday: Path) -> None:
    result = map4("playlist", "check", "-", input="/music/Ann/Sky.mp3\n/music/Bob/Fire.mp3")
    assert (result.returncode, result.stdout.splitlines()[0]) == (0, "-: 2 of 2 tracks")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["check", "absent.m3u8"], 4, "there is no file absent.m3u8"),
        (["check", "Saturday"], 4, "neither a stored list nor a file Saturday"),
        (["check", "friday.m3u8", "--path-map", "nonsense"], 2, "maps no folder to another"),
        (["check", "friday.m3u8", "--certainty", "2"], 2, "2.0 is not in the range"),
        (["check", "friday.m3u8", "--curve", "waev"], 2, "wave"),
        (["check", "broken.json"], 1, "broken.json: this is no sound JSON"),
        (["order", "friday.m3u8", "-o", "x.doc"], 2, "the suffix of x.doc names no format"),
        (["order", "friday.m3u8", "-o", "-"], 2, "no suffix to tell the format"),
        (["order", "friday.m3u8", "-o", "-", "--as", "pls", "--json"], 2, "can't be had at once"),
        (["order", "friday.m3u8", "--as", "pls"], 2, "name the file with -o"),
        (["order", "friday.m3u8", "-o", "song.mp3", "--as", "pls", "--force"], 2, "a name of music"),
        (["order", "friday.m3u8", "-o", "friday.m3u8"], 1, "was not written by map4"),
        (["order", "friday.m3u8", "--save", "a/b"], 2, "taken for a file"),
        (["show", "unknown.m3u8"], 4, "none of the 1 entries of unknown.m3u8"),
        (["merge"], 2, "Missing argument 'LIST...'"),
        (["delete", "Saturday"], 4, "no stored list 'Saturday'"),
        (["list"], 4, "no list is stored yet"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_told_with_its_code(
    inside: Inside, friday: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, message: str
) -> None:
    monkeypatch.chdir(friday.parent)
    (friday.parent / "broken.json").write_text("{")
    (friday.parent / "unknown.m3u8").write_text("/nowhere.mp3")
    result = inside("playlist", *arguments)
    assert (result.returncode, message in " ".join(result.stderr.split())) == (code, True), result.stderr
    assert "Traceback" not in result.stderr
    assert friday.read_text() == TEXT


def test_without_a_library_there_is_nothing_to_look_up_in(inside: Inside, tmp_path: Path) -> None:
    result = inside("playlist", "check", "x.m3u8")
    assert (result.returncode, "map4 scan" in result.stderr) == (4, True)
    assert not (tmp_path / "library.map4").exists()


# ---- making lists of lists -----------------------------------------------------------------------


def test_an_order_is_written_again_and_never_over_an_edited_file(map4: Run, friday: Path) -> None:
    target = friday.parent / "set.m3u8"
    arguments = ("playlist", "order", friday, *MAP, "-o", target, "--relative-to", friday.parent)
    first = map4(*arguments)
    assert (first.returncode, first.stdout) == (3, "")  # some entries were not found
    assert f"{target}: 4 tracks" in first.stderr
    assert "the best order: transitions 0.42 -> 0.71" in first.stderr
    assert target.read_text().splitlines()[:2] == ["#EXTM3U", "#PLAYLIST:Friday"]
    assert os.path.relpath("/music/Ann/Sky.mp3", friday.parent) in target.read_text()
    assert map4(*arguments).returncode == 3
    target.write_text("edited")
    assert map4(*arguments).returncode == 1
    assert target.read_text() == "edited"
    assert map4(*arguments, "--force", "-q").returncode == 3
    assert target.read_text().startswith("#EXTM3U")


def test_an_order_goes_to_stdout_in_every_form(inside: Inside, good: Path) -> None:
    def out(*arguments: str) -> str:
        result = inside("playlist", "order", good, "--pin-first", *arguments)
        assert (result.returncode, "the best order" in result.stderr) == (0, True)
        return result.stdout

    paths = [f"/music/{name}.mp3" for name in GOOD]
    assert out("--paths").splitlines() == paths
    assert out("-0") == "".join(f"{path}\0" for path in paths)
    assert out("-f", "{artist}").splitlines() == ["Ann", "Bob", "Cat", "Dan", "Eve"]
    assert [pick["track"]["path"] for pick in validated(out("--json"))["picks"]] == paths  # type: ignore[attr-defined]
    assert [validated(line)["position"] for line in out("--jsonl").splitlines()] == [1, 2, 3, 4, 5]
    assert out("-o", "-", "--as", "m3u8").count("#EXTINF") == 5
    assert "Ann – Sky" in out()


def test_a_list_is_refreshed_and_filled(inside: Inside, friday: Path, good: Path) -> None:
    result = inside("playlist", "refresh", friday, *MAP, "--paths")
    assert (result.returncode, result.stdout.split()[0]) == (4, "/music/Ann/Sky.mp3")  # so few tracks can't replace all
    assert "2: /music/Fay/Polka.mp3 does not fit: now " in result.stderr
    assert "1 track fewer than wanted" in result.stderr
    whole = inside("playlist", "refresh", good, "--save", "Fresh")
    assert (whole.returncode, whole.stdout, "5 tracks, +0; transitions 0.98" in whole.stderr) == (0, "", True)
    good.write_text("/music/Ann/Sky.mp3\n/music/Bob/Fire.mp3")
    filled = inside("playlist", "fill", good, "-n", "4", "--jsonl")
    assert filled.returncode == 0
    assert [validated(line)["position"] for line in filled.stdout.splitlines()] == [1, 2, 3, 4]
    assert inside("playlist", "fill", good).returncode == 2
    assert inside("playlist", "fill", good, "-n", "2").returncode == 2
    assert inside("playlist", "fill", good, "-n", "90", "-q").returncode == 4
    assert inside("playlist", "fill", friday, "-n", "6", "-q").returncode == 3


def test_formats_are_turned_into_each_other(inside: Inside, good: Path) -> None:
    source: Path = good
    for suffix in ("pls", "xspf", "json", "csv", "m3u", "jsonl", "m3u8"):
        target = good.parent / f"out.{suffix}"
        assert inside("playlist", "merge", source, "-o", target, "-q").returncode == 0
        source = target
    assert inside("playlist", "show", source, "--paths").stdout.split() == [f"/music/{name}.mp3" for name in GOOD]


def test_lists_for_another_machine(inside: Inside, good: Path) -> None:
    target = good.parent / "usb.m3u8"
    assert inside("playlist", "show", good, "-o", target, "--path-map", "/music=E:\\Musik").returncode == 0
    assert "E:\\Musik\\Ann\\Sky.mp3" in target.read_text()
    back = inside("playlist", "show", target, "--path-map", "E:/Musik=/music", "--paths")
    assert (back.returncode, len(back.stdout.split())) == (0, 5)


def test_lists_are_stored_shown_and_deleted(inside: Inside, good: Path) -> None:
    saved = inside("playlist", "merge", good, "--save", "Friday night")
    assert (saved.returncode, saved.stdout) == (0, "")
    document = validated(inside("playlist", "list", "--json").stdout)
    assert [(one["name"], one["tracks"]) for one in document["lists"]] == [("Friday night", 5)]  # type: ignore[attr-defined]
    assert validated(inside("playlist", "list", "--jsonl").stdout)["present"] == 5
    assert inside("playlist", "list", "--csv").stdout.splitlines()[1].startswith("Friday night,5,5,1200.0,0.976,")
    assert inside("playlist", "list").stdout.splitlines()[1].split()[:5] == ["Friday", "night", "5", "20:00", "0.98"]
    assert inside("playlist", "show", "friday night", "--paths").stdout.count("\n") == 5
    assert inside("playlist", "check", "--strict", "Friday night").returncode == 0
    deleted = inside("playlist", "delete", "nope", "Friday night")
    assert deleted.returncode == 4
    assert deleted.stderr.splitlines()[0].startswith("map4: there is no stored list 'nope'")
    assert deleted.stderr.splitlines()[1] == "deleted 'Friday night'"
    assert inside("playlist", "list").returncode == 4


def test_names_beyond_the_locale_are_looked_up_by_their_bytes(map4: Run, tmp_path: Path) -> None:
    put_songs(tmp_path / "library.map4", [song("/music/Zoë.mp3", "Zoë", "Sky", 122.0, "8A", 0.5)])
    (tmp_path / "set.m3u8").write_text("/music/Zoë.mp3\n", encoding="utf-8")
    shown = map4(
        "playlist", "show", tmp_path / "set.m3u8", "--csv", env={"LC_ALL": "C", "PYTHONUTF8": "0", "LANG": "C"}
    )
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.splitlines()[1].startswith("/music/")


def test_many_entries_that_were_not_found_are_counted(inside: Inside, friday: Path) -> None:
    friday.write_text("/music/Ann/Sky.mp3\n" + "".join(f"/x/{n}.mp3\n" for n in range(30)))
    result = inside("playlist", "show", friday)
    assert (result.returncode, len(result.stderr.splitlines())) == (3, 11)
    assert "20 more entries were not taken" in result.stderr
    assert len(inside("playlist", "show", friday, "-v").stderr.splitlines()) == 30


# ---- validate, as it was once called -------------------------------------------------------------


def test_old_command_lines_still_work(inside: Inside, friday: Path, good: Path) -> None:
    report = friday.parent / "report.json"
    old = ("--tolerance", "0.02", "--energy-curve", "wave", "--length", "20", "--max", "9", "--seed", "x.mp3")
    gone = ("--api-key", "k", "--no-ai", "--no-validate", "--write-metadata")
    result = inside("validate", good, *old, *gone, "--output", report, "--format", "json")
    assert (result.returncode, result.stdout) == (0, "")
    document = validated(report.read_text())
    assert (document["policy"], document["passes"]) == ("strict", True)
    answers = result.stderr.splitlines()
    assert [line.split()[1] for line in answers[:-1]] == [
        "--api-key", "--no-ai", "--no-validate", "--write-metadata", "--seed", "--length", "--max",
    ]  # fmt: skip
    assert answers[-1] == f"{report}: written"
    plain = inside("validate", good)
    assert plain.stdout.splitlines()[1] == "quality  99.7, passes (policy flexible)"
    assert inside("validate", good, "--tolerance", "0.1", "--format", "csv").stdout.startswith("from,to,compatibility")
    assert inside("validate", friday, "--library", friday.parent / "none.map4").returncode == 4


def test_an_old_library_folder_is_scanned_first(map4: Run, music: Path, tmp_path: Path) -> None:
    listed = tmp_path / "x.m3u"
    listed.write_text("\n".join(str(path) for path in sorted(music.glob("*.wav"))))
    result = map4("validate", listed, "--library", music)
    assert (result.returncode, result.stdout.splitlines()[0]) == (0, "x.m3u: 3 of 3 tracks")


def test_validate_is_not_listed_but_explains_itself(map4: Run) -> None:
    assert "validate" not in map4("--help").stdout
    result = map4("validate", "--help")
    assert (result.returncode, "map4 playlist check" in result.stdout) == (0, True)
