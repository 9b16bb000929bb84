"""`map4 set`: values of one's own, that stay with the music."""

import json
import os
import shutil
from pathlib import Path

import mutagen.wave
import pytest
from click.testing import CliRunner
from conftest import Run, write_clicks
from lanes import sampled
from schemas import validate, validated

from map4.cli.main import cli
from map4.core.store.file.database import SqliteDatabase
from map4.errors import UsageError


def tempo(inside: Run, path: Path) -> tuple[float, str]:
    [track] = json.loads(inside("search", "--json", f'path:"{path}"').stdout)["tracks"]
    return track["tempo"]["bpm"], track["tempo"]["source"]


def test_set_value_survives_rescans_moves_and_tags_and_can_be_undone(inside: Run, own_scanned: Path) -> None:
    path = own_scanned / "one.wav"
    result = inside("set", path, "bpm=87,5", "key=Em")
    assert (result.returncode, result.stderr) == (0, "2 values changed\n")
    assert f"{path}: bpm " in result.stdout
    assert " → 87.5\n" in result.stdout
    assert result.stdout.endswith(" → 9A\n")
    assert tempo(inside, path) == (87.5, "user")
    assert inside("search", "is:set", "--paths").stdout == f"{path}\n"
    assert inside("search", "bpm:87.5 key:9A", "--paths").stdout == f"{path}\n"
    moved = own_scanned / "sub" / "moved.wav"
    path.rename(moved)
    tags = mutagen.wave.WAVE(moved)
    tags.add_tags()
    tags.tags.add(mutagen.id3.TBPM(encoding=3, text="101"))  # type: ignore[attr-defined]
    tags.save()
    inside("scan", own_scanned)
    inside("scan", own_scanned, "--force")
    assert tempo(inside, moved) == (87.5, "user")
    assert inside("set", moved, "--unset", "bpm").stdout.startswith(f"{moved}: bpm 87.5 → ")
    assert tempo(inside, moved)[1] == "measured"
    assert inside("search", "is:set", "--paths").stdout == f"{moved}\n"  # the key still is
    assert inside("set", moved, "--unset", "key").returncode == 0
    assert inside("search", "is:set").returncode == 4


def test_changes_are_printed_with_the_name_and_exact_values(inside: Run, own_scanned: Path) -> None:
    path = own_scanned / "one.wav"
    tags = mutagen.wave.WAVE(path)
    tags.add_tags()
    tags.tags.add(mutagen.id3.TIT2(encoding=3, text="First"))  # type: ignore[attr-defined]
    tags.tags.add(mutagen.id3.TPE1(encoding=3, text="Ann"))  # type: ignore[attr-defined]
    tags.save()
    inside("scan")

    assert inside("set", path, "bpm=121.987").stdout.endswith(" 120.0 → 121.987\n")
    for shown in (inside("search", "is:set"), inside("compare", path, path.with_name("two.wav"))):
        assert "121.987" in shown.stdout
    assert inside("set", path, "--half").stdout == "Ann – First: bpm 121.987 → 60.993\n"
    assert inside("set", path, "--unset", "bpm").stdout.startswith("Ann – First: bpm 60.993 → ")
    [track] = json.loads(inside("search", "--json", "ann").stdout)["tracks"]
    bpm = track["tempo"]["bpm"]
    assert inside("set", path, f"bpm={bpm}").stdout == f"Ann – First: bpm {bpm}, now your own\n"
    assert inside("set", path, "--unset", "bpm").stdout == f"Ann – First: bpm {bpm:.1f}, no longer your own\n"
    untagged = own_scanned / "two.wav"
    assert inside("set", untagged, "bpm=80").stdout.startswith(f"{untagged}: bpm ")


def test_tempo_of_several_tracks_is_halved_or_doubled_after_a_dry_run(inside: Run, scanned: Path) -> None:
    before = tempo(inside, scanned / "two.wav")[0]
    planned = inside("set", scanned / "two.wav", scanned / "sub", "--half", "-n")
    assert (planned.returncode, planned.stdout.count(" → "), planned.stderr) == (0, 2, "2 values would change\n")
    assert tempo(inside, scanned / "two.wav") == (before, "measured")
    document = json.loads(inside("set", scanned / "two.wav", scanned / "sub", "--half", "--json").stdout)
    validate(document)
    assert [change["new"] / change["old"] for change in document["changes"]] == pytest.approx([0.5, 0.5], abs=1e-4)
    assert inside("set", "--query", "is:set", "--double").stderr == "2 values changed\n"
    assert tempo(inside, scanned / "two.wav") == (pytest.approx(before, abs=0.002), "user")
    assert inside("set", scanned, "--query", "path:two", "bpm=100").stderr == "1 value changed\n"
    again = inside("set", scanned, "--query", "path:two", "bpm=100")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "0 values changed\n")


def test_failed_changes_are_reported_and_the_rest_applied(inside: Run, scanned: Path, tmp_path: Path) -> None:
    later = write_clicks(tmp_path / "later.wav")
    arguments = (later, scanned / "nowhere.wav", scanned / "one.wav")
    result = inside("set", *arguments, "bpm=87")
    assert (result.returncode, result.stdout.count(" → 87")) == (3, 1)
    assert f"{later}: is not in the library; 'map4 scan'" in result.stderr
    assert f"{scanned / 'nowhere.wav'}: does not exist" in result.stderr
    low = inside("set", scanned / "one.wav", "bpm=40")
    assert low.returncode == 0
    refused = inside("set", scanned / "one.wav", "--half")
    assert (refused.returncode, "can't become 20" in refused.stderr, refused.stdout) == (3, True, "")
    listed = inside("set", "--files-from", "-", "key=8a", input=f"{scanned / 'two.wav'}\n")
    assert listed.returncode == 0
    assert inside("set", "--query", "nobody", "bpm=87").returncode == 4


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    sampled(
        [
            (["x.mp3"], "Name the values to set"),
            (["bpm=87"], "Give FILEs"),
            (["--query", " ", "--half"], "would change every track"),
            (["x.mp3", "bpm=fast"], "not a number"),
            (["x.mp3", "key=H"], "is not a key"),
            (["x.mp3", "bmp=87"], "did you mean bpm=?"),
            (["x.mp3", "year=١٩٩٨"], "year=1998"),
            (["x.mp3", "rating=1_0"], "rating=4"),
            (["--from-jsonl", "-", "key=8A"], "only --dry-run"),
            (["x.mp3", "colour=red"], "bpm=, key=, artist="),
            (["x.mp3", "bpm=87", "tempo=88"], "twice"),
            (["x.mp3", "downbeat=late"], "downbeat=1:23.5"),
            (["x.mp3", "downbeat=1:-5"], "is not a time in a track; write downbeat=83.5"),
            (["x.mp3", "downbeat=1:75"], "is not a time in a track"),
            (["x.mp3", "rating=1:3"], "rating=4"),
            (["x.mp3", "--half", "--double"], "used together"),
        ],
        every=2,
    ),
)
def test_wrong_usage_is_refused(tmp_path: Path, arguments: list[str], complaint: str) -> None:
    library = tmp_path / "library.map4"
    SqliteDatabase(str(library)).close()
    result = CliRunner().invoke(cli, ["--library", str(library), "set", *arguments])
    assert isinstance(result.exception, SystemExit | UsageError)
    assert complaint in f"{result.output} {result.exception}"
    assert getattr(result.exception, "exit_code", result.exit_code) == 2


def test_lines_of_json_are_set_as_one_step(inside: Run, own_scanned: Path) -> None:
    first, second = str(own_scanned / "one.wav"), str(own_scanned / "two.wav")
    values = (
        {"path": first, "genre": "Dub", "year": 1999},
        {"path": second, "genre": "Dub"},
        {"path": first, "year": 2001},
    )
    given = "\n".join(lines := [json.dumps(line) for line in values])
    assert inside("set", "--from-jsonl", "-", "-n", input=given).stderr == "3 values would change\n"
    wrong = inside("set", "--from-jsonl", "-", input=f'{lines[0]}\n{{"path": "x", "genre": 3}}')
    assert (wrong.returncode, "line 2 of --from-jsonl: it is not like" in wrong.stderr) == (2, True)
    deep = inside("set", "--from-jsonl", "-", input='{"path": "x", "title": ' + "[" * 100_000)
    assert (deep.returncode, "line 1 of --from-jsonl: it is not like" in deep.stderr) == (2, True)
    assert inside("set", "--from-jsonl", "-", input=given).returncode == 0
    assert inside("search", "year:2001 genre:dub", "--paths").stdout == f"{first}\n"
    assert inside("set", "undo").stderr.startswith("step 1 undone, 3 values")


@pytest.mark.parametrize("wish", ["bpm=500", "--half --unset=bpm"])
def test_invalid_value_is_refused_before_the_track_is_resolved(inside: Run, wish: str) -> None:
    result = inside("set", "velvet undertow", *wish.split())  # there is no library either
    assert result.returncode == 2
    assert "velvet" not in result.stderr


@pytest.mark.world
def test_a_file_with_an_equals_sign_is_a_file(inside: Run, own_scanned: Path) -> None:
    odd = own_scanned / "bpm=90"
    (own_scanned / "one.wav").rename(odd)
    inside("analyze", odd)
    result = inside("set", "bpm=90", "bpm=87", cwd=own_scanned)
    assert (result.returncode, f"{odd}: bpm" in result.stdout, os.path.exists(odd)) == (0, True, True)


def test_history_lists_steps_and_undo_reverts_them(inside: Run, own_scanned: Path) -> None:
    path, before = own_scanned / "one.wav", tempo(inside, own_scanned / "one.wav")
    inside("set", path, "bpm=87", "genre=Dub")
    inside("set", own_scanned, "genre=House")
    history = inside("set", "history", path, own_scanned / "new.wav")
    assert (history.returncode, "new.wav: does not exist and is not in the library" in history.stderr) == (3, True)
    assert [line.split(None, 4)[:1] + line.split(None, 4)[3:] for line in history.stdout.splitlines()[1:3]] == [
        ["2", "local", "one.wav: genre Dub → House"],
        ["1", "local", "one.wav: bpm none → 87.0"],
    ]
    record = json.loads(inside("set", "history", "--json", "--count", "1").stdout)
    validate(record)
    assert ([(step["step"], step["by"]["name"]) for step in record["steps"]], record["next"]) == ([(2, "local")], 2)
    refused = inside("set", "undo", "1")
    assert refused.returncode == 3
    assert refused.stderr == (
        f"map4: {path}: its genre was changed since by you, in step 2\n"
        "step 1 undone, 1 value; to redo it: map4 set undo 3\n"
    )
    assert tempo(inside, path) == before
    assert inside("set", "undo", "--dry-run").stderr.startswith("step 2 would be undone, ")
    undone = json.loads(inside("set", "undo", "--json").stdout)
    validate(undone)
    assert (undone["undid"], undone["step"]) == (2, 4)
    assert inside("set", "undo").returncode == 4
    inside("set", path, "genre=Jazz")
    left = inside("set", "undo", "2")
    assert (left.returncode, left.stderr.splitlines()[-1]) == (3, "nothing of step 2 is undone")
    assert "Usage:" in inside("set", "undo", "1", "--query", "bpm:1..").stderr
    for wrong in (["undo", path], ["undo", "bpm=87"], ["--undo"], ["history", "--half"], ["--half", "history"]):
        assert inside("set", *wrong).returncode == 2


def test_file_named_like_a_sub_command_needs_its_folder(inside: Run, own_scanned: Path) -> None:
    refused = inside("set", "./history", "bpm=87")
    assert (refused.returncode, "/history: does not exist" in refused.stderr) == (4, True)
    refused = inside("set", "--", "history", "bpm=87")
    assert (refused.returncode, "'history' is not a file" in refused.stderr) == (4, True)
    assert inside("set", "history").returncode == 4
    # Options before a sub-command are its own.
    assert inside("--no-input", "set", "-q", "--json", "history").stderr == inside("set", "history", "-q").stderr


def test_other_files_with_the_same_audio_are_listed(inside: Run, own_scanned: Path) -> None:
    path = own_scanned / "one.wav"
    copies = [Path(shutil.copy(path, own_scanned / f"{path.stem} {number}.wav")) for number in range(5)]
    inside("scan")
    also = f"  also: {copies[0]}, {copies[1]}, {copies[2]} and 2 more (same audio)"
    for options, done in ((["--dry-run"], "would change"), ([], "changed")):
        result = inside("set", path, own_scanned / "two.wav", "bpm=60", "key=3A", *options)
        assert [line.split(" → ")[-1] for line in result.stdout.splitlines()] == ["60.0", "3A", also, "60.0", "3A"]
        assert result.stderr == f"4 values {done}, also for 5 other files with the same audio\n"
    assert f"{also}\n" in inside("set", "undo", "--dry-run").stdout
    result = inside("set", path, *copies[:3], "energy=4", "--json")
    document = validated(result.stdout, "set")
    assert result.stderr == "1 value changed, also for 5 other files with the same audio\n"
    assert ", 1 value, also for 5 other files with the same audio; " in inside("set", "undo").stderr
    assert [change["also"] for change in document["changes"]] == [[str(copies[3]), str(copies[4])]] * 4


def test_tempo_range_is_set_listed_applied_by_scans_undone_and_removed(inside: Run, own_scanned: Path) -> None:
    path, folder = own_scanned / "one.wav", own_scanned / "sub"
    new, (bpm, _) = folder / "new.wav", tempo(inside, path)
    change = validated(inside("set", "tempo-range=40..79", "--dry-run", "--json").stdout)
    assert (change["range"], change["dry_run"], tempo(inside, path)[0]) == ("40..79", True, bpm)
    assert f'path:"{folder}": 150..300 BPM for ' in inside("set", folder, "tempo-range=150..300").stderr
    assert inside("set", "tempo-range=40..79").stderr.startswith("all tracks: 40..79 BPM for ")
    assert tempo(inside, path)[0] == pytest.approx(bpm / 2, abs=0.01)
    write_clicks(new, 124.0, 8.0)
    lines = [json.loads(line) for line in inside("scan", "--jsonl").stdout.splitlines()]
    [added] = [line for line in lines if line.get("path") == str(new)]
    assert added["tempo"]["bpm"] == pytest.approx(248.0, abs=0.5)
    listed = validated(inside("set", "ranges", "--json").stdout)["ranges"]
    assert [(rule["query"], rule["range"]) for rule in listed] == [("", "40..79"), (f'path:"{folder}"', "150..300")]
    assert inside("set", "ranges").stdout.startswith("BPM ")
    assert "tempo range of all tracks: 40..79; 'map4" in inside("set", "undo").stderr
    assert inside("set", "ranges", "--undo", "--yes").returncode == 0
    inside("set", folder, "tempo-range=")
    assert (tempo(inside, path)[0], round(tempo(inside, new)[0])) == (bpm, 124)
    assert inside("set", "ranges").returncode == 4


def test_wrong_tempo_ranges_are_refused(inside: Run, own_scanned: Path) -> None:
    path = own_scanned / "one.wav"
    for arguments, message in (
        (["tempo-range=80..140"], "80..140 is narrower than an octave"),
        (["tempo-range=80..159", "bpm=87"], "tempo-range= sets only the range"),
        ([path, "tempo-range=80..159"], "for a track write bpm=87"),
        (["--query", "bpm:..100", "tempo-range=80..159"], "a tempo range can't be for 'bpm:..100'"),
        (["--query", " ", "tempo-range=80..159"], "An empty --query matches every track"),
    ):
        refused = inside("set", *arguments)
        assert (refused.returncode, message in refused.stderr) == (2, True), refused.stderr
