"""`map4 doctor` on a small library."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import mutagen.wave
import pytest
from conftest import Run
from doubtful_library import DOUBTFUL, NOW, SOUND, make_doubtful_library, put
from schemas import validate

from map4.core.music.analysis.analysis import Grid
from map4.core.music.analysis.inside import Bars, Metre
from map4.core.music.track.tags import Tags
from map4.core.music.track.track_parts import Failure
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.tracks import SqlTracks
from map4.errors import UsageError
from map4.library import Library


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return make_doubtful_library(tmp_path / "library.map4")


def test_doctor_without_matching_tracks_exits_with_4(inside: Run, library: Path, tmp_path: Path) -> None:
    nothing = inside("doctor", "--query", "genre:polka")
    assert (nothing.returncode, nothing.stdout) == (4, "")
    assert "no track matches" in nothing.stderr

    SqliteDatabase(str(tmp_path / "empty.map4")).close()
    empty = inside("doctor", "--library", tmp_path / "empty.map4")
    assert empty.returncode == 4
    assert "map4 scan" in empty.stderr


def test_doctor_lists_findings_and_reports_a_missing_file_once(inside: Run, library: Path) -> None:
    result = inside("doctor", "--jsonl")
    findings = [json.loads(line) for line in result.stdout.splitlines()]

    for finding in findings:
        validate(finding)
    assert result.returncode == 0
    found = {(Path(finding["path"]).name, finding["check"]) for finding in findings}
    assert found == {
        ("broken.mp3", "failed"),
        ("doubtful one.mp3", "tempo_doubtful"),
        ("doubtful one.mp3", "key_doubtful"),
        ("doubtful one.mp3", "clipped"),
        ("untagged.mp3", "missing_tags"),
    }
    [tempo] = [finding for finding in findings if finding["check"] == "tempo_doubtful"]
    assert tempo["command"] is None
    assert tempo["choices"] == [
        {"label": "keep 87.0", "command": "map4 set '/m/doubtful one.mp3' bpm=87", "values": {"bpm": 87.0}},
        {"label": "change to 174.0", "command": "map4 set '/m/doubtful one.mp3' bpm=174", "values": {"bpm": 174.0}},
    ]
    result = inside("doctor", "--json", "--only", "tempo", "--only", "key", "--second-opinion")

    assert result.returncode == 0
    assert result.stderr.count("doubtful one.mp3: does not exist (vanished)") == 1
    assert [item["second_opinion"] for item in json.loads(result.stdout)["findings"]] == [None, None]


@pytest.mark.parametrize(("chosen", "bpm", "key"), [(0, 87.0, "9B"), (1, 174.0, "9A")])
def test_either_choice_resolves_the_finding(inside: Run, library: Path, chosen: int, bpm: float, key: str) -> None:
    for check in ("tempo_doubtful", "key_doubtful"):
        [finding] = json.loads(inside("doctor", "--json", "--only", check).stdout)["findings"]
        assert inside(*shlex.split(finding["choices"][chosen]["command"])[1:]).returncode == 0

    result = inside("doctor", "--only", "tempo", "--only", "key")
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == "nothing found\n"  # not that all is well, which was not asked
    [track] = json.loads(inside("search", "--json", "doubtful").stdout)["tracks"]
    assert (track["tempo"]["bpm"], track["key"]["camelot"], track["tempo"]["source"]) == (bpm, key, "user")


def test_apply_sets_single_proposals_as_one_step(inside: Run, tmp_path: Path) -> None:
    database = SqliteDatabase(str(tmp_path / "library.map4"))
    for name, tags in (("Ann - One", Tags()), ("b", Tags(artist="BeyoncÃ©", title="Halo")), ("c", Tags(artist="Cid"))):
        put(SqlTracks(database), f"/m/{name}.mp3", SOUND, tags)
    database.close()
    apply = ("doctor", "--apply", "garbled", "--apply", "missing_tags")
    assert (inside(*apply).returncode, inside("search", "is:set").returncode) == (2, 4)
    assert inside(*apply, "--dry-run").stderr.startswith("3 values would change")
    changes = validate(json.loads(inside(*apply, "--yes", "--json").stdout))["changes"]
    assert {change["new"] for change in changes} == {"Ann", "One", "Beyoncé"}
    assert inside(*apply, "--yes").returncode == 4
    assert inside("set", "undo").stderr.startswith("step 1 undone, 3 values")
    for wrong in (("--apply", "tempo_doubtful"), ("--yes",), ("--apply", "garbled", "--strict")):
        assert inside("doctor", *wrong).returncode == 2


def test_kept_value_is_not_reported_again_after_a_new_analysis(inside: Run, own_scanned: Path) -> None:
    path = own_scanned / "one.wav"
    tags = mutagen.wave.WAVE(path)
    tags.add_tags()
    tags.tags.add(mutagen.id3.TBPM(encoding=3, text="77"))  # type: ignore[attr-defined]
    tags.save()
    inside("scan")

    [finding] = json.loads(inside("doctor", "--json", "--only", "tempo_disagrees").stdout)["findings"]
    keep, change = finding["choices"]
    assert (keep["label"][:5], change["label"]) == ("keep ", "change to 77.0")
    inside(*shlex.split(keep["command"])[1:])
    kept = inside("search", "--csv").stdout

    assert inside("doctor", "--only", "tempo_disagrees").stdout == ""
    inside("scan", "--force")
    assert inside("doctor", "--only", "tempo_disagrees").stdout == ""
    assert inside("search", "--csv").stdout == kept


@pytest.mark.world
@pytest.mark.skipif(shutil.which("jq") is None or os.name == "nt", reason="needs jq and a shell")
def test_offered_commands_keep_tempo_and_key(map4: Run, inside: Run, own_scanned: Path, tmp_path: Path) -> None:
    database = SqliteDatabase(str(tmp_path / "library.map4"))
    store = SqlTracks(database)
    tagged = Tags(artist="D", title="Disputed", bpm=90.0, key="3A")
    tracks = {
        "doubtful.wav": (DOUBTFUL, Tags(artist="B", title="Doubtful", genre="Drum & Bass")),
        "disputed.wav": (SOUND, tagged),
        "stale.wav": (replace(DOUBTFUL, version=1), tagged),
        "untagged.wav": (DOUBTFUL, Tags()),
    }
    for name, (analysis, tags) in tracks.items():
        put(store, f"/m/{name}", analysis, tags)
    put(store, "/m/slow.wav", None, Tags(), Failure(kind="timeout", message="took too long"))
    database.close()
    (tmp_path / "map4").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m map4 "$@"\n')
    (tmp_path / "map4").chmod(0o755)
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "MAP4_LIBRARY": str(tmp_path / "library.map4")}
    env |= {"PYTHONPATH": os.environ["PYTHONPATH"]}

    def values() -> dict[str, tuple[Any, ...]]:
        found = json.loads(inside("search", "is:any", "--json").stdout)["tracks"]
        return {track["path"]: (track["tempo"], track["key"]) for track in found}

    before = values()
    lines = json.loads(inside("doctor", "--json").stdout)["findings"]
    assert {finding["check"] for finding in lines} >= {"stale", "failed", "tempo_doubtful", "key_disagrees"}
    recipe = "map4 doctor --jsonl | jq -r '.command // empty'"
    listed = subprocess.run(recipe, shell=True, env=env, capture_output=True, text=True, check=True, timeout=60)
    assert {line.split()[1] for line in listed.stdout.splitlines()} == {"scan"}
    subprocess.run(f"{recipe} | sh", shell=True, env=env, capture_output=True, check=False, timeout=120)

    assert values() == before
    assert inside("search", "is:set").returncode == 4


def test_doctor_text_output_is_grouped_by_check(inside: Run, library: Path) -> None:
    result = inside("doctor")

    summary, *_ = result.stdout.split("\n\n")
    begin, *rows = summary.splitlines()
    assert begin == f"begin with: map4 doctor --only {rows[0].split()[1]}"
    assert "  1  tempo_doubtful  tempo in doubt" in rows
    assert sum(int(row.split()[0]) for row in rows) == 5
    assert max(map(len, summary.splitlines())) <= 80
    assert "tempo in doubt: 1 track" in result.stdout
    assert (
        "  B – Doubtful: 87.0 BPM (40 %), perhaps 174.0 (38 %)\n"
        "    keep 87.0        map4 set '/m/doubtful one.mp3' bpm=87\n"
        "    change to 174.0  map4 set '/m/doubtful one.mp3' bpm=174\n"
    ) in result.stdout
    assert "5 findings in 3 tracks" in result.stderr


def test_common_remedies_are_printed_once(inside: Run, tmp_path: Path) -> None:
    database = SqliteDatabase(str(tmp_path / "library.map4"))
    store = SqlTracks(database)
    for number in range(3):
        put(store, f"/m/{number}.mp3", SOUND, Tags(artist="A", title="T"))
    store.mark_missing([f"/m/{number}.mp3" for number in range(3)], now=NOW)
    database.close()

    shown = inside("doctor").stdout

    assert shown.count("A – T: the file is gone") == 3
    assert shown.count("look again           map4 scan\n") == 1
    assert shown.count("forget what is gone  map4 library prune\n") == 1


def test_proposed_commands_contain_the_given_library(inside: Run, library: Path, tmp_path: Path) -> None:
    library.rename(tmp_path / "other.map4")
    [finding] = json.loads(
        inside("--library", tmp_path / "other.map4", "doctor", "--only", "tempo_doubtful", "--json").stdout
    )["findings"]

    assert inside(*shlex.split(finding["choices"][0]["command"])[1:]).returncode == 0
    assert not library.exists()


def test_many_findings_of_a_check_are_shortened_unless_selected(inside: Run, tmp_path: Path) -> None:
    database = SqliteDatabase(str(tmp_path / "library.map4"))
    for number in range(12):
        put(SqlTracks(database), f"/m/{number:02}.mp3", SOUND, Tags())
    database.close()

    assert "and 9 more: map4 doctor --only missing_tags" in inside("doctor").stdout
    assert "11.mp3" in inside("doctor", "--only", "missing_tags").stdout


def test_second_opinion_without_numba_prints_how_to_add_it(
    inside: Run, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    result = inside("doctor", "--jsonl", "--second-opinion")

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "map4: librosa needs more packages (no numba): pip install '.' in map4's checkout\n"
    with Library.open(library) as opened, pytest.raises(UsageError, match="librosa needs more packages"):
        opened.tracks.second_opinion(next(iter(opened.search(""))))


WRONG_GRIDS = {
    "a.mp3": (SOUND, '<TEMPO Inizio="0.267" Bpm="124.00" Metro="4/4" Battito="1"/>', "half a beat"),
    "b.mp3": (SOUND, '<TEMPO Inizio="0.025" Bpm="123.50" Metro="4/4" Battito="1"/>', "beats away from the music"),
    "c.mp3": (SOUND, '<TEMPO Inizio="0.025" Bpm="124.00" Metro="4/4" Battito="2"/>', "measured on beat 2"),
    "d.mp3": (SOUND, '<TEMPO Inizio="0.025" Bpm="124.00" Metro="4/4" Battito="1"/>', None),
    "e.mp3": (DOUBTFUL, '<TEMPO Inizio="0.267" Bpm="87.00" Metro="4/4" Battito="1"/>', None),
}


def test_wrong_grid_is_reported_and_repaired_by_its_command(inside: Run, tmp_path: Path) -> None:
    bars = Bars(downbeats_s=(), confidence=0.98, metre=Metre(beats_per_bar=4, confidence=0.99), grid_beat=1)
    database = SqliteDatabase(str(tmp_path / "library.map4"))
    for name, (analysis, _, _) in WRONG_GRIDS.items():
        grid = Grid(first_beat_s=0.0, bpm=analysis.tempo.bpm, metre=4, downbeat=1)
        tags = Tags(artist="A", title=name)
        put(SqlTracks(database), f"/m/{name}", replace(analysis, grid=grid, bars=bars), tags)
    database.close()
    tracks = "".join(
        f'<TRACK TrackID="{i}" Location="file://localhost/m/{name}">{mark}</TRACK>'
        for i, (name, (_, mark, _)) in enumerate(WRONG_GRIDS.items(), start=1)
    )
    program = tmp_path / "program.xml"
    program.write_text(f'<DJ_PLAYLISTS Version="1.0.0"><COLLECTION>{tracks}</COLLECTION></DJ_PLAYLISTS>')
    assert inside("import", program).returncode == 0

    doctor = ("doctor", "--only", "grid", "--only", "bars", "--json")
    findings = json.loads(inside(*doctor).stdout)["findings"]
    for finding in findings:
        validate(finding)
    details = {Path(finding["path"]).name: finding["detail"] for finding in findings}
    assert details.keys() == {name for name, (_, _, word) in WRONG_GRIDS.items() if word is not None}
    assert all(WRONG_GRIDS[name][2] in detail for name, detail in details.items())  # type: ignore[operator]

    [bars] = [finding for finding in findings if finding["check"] == "bars_disagree"]
    done = inside("set", bars["path"], "downbeat=0:05.3", "metre=3", "--json", "-n")
    assert json.loads(done.stdout)["changes"][0]["new"][0]["metre"] == 3
    assert inside(*shlex.split(bars["choices"][1]["command"])[1:]).returncode == 0
    for finding in (finding for finding in findings if finding is not bars):
        command = shlex.split(finding["choices"][0]["command"])[1:]
        command[-1] = str(tmp_path / f"{Path(finding['path']).stem} {command[-1]}")
        assert inside(*command).returncode == 0
        assert inside("import", command[-1]).returncode == 0
    assert json.loads(inside(*doctor).stdout)["findings"] == []
    people = inside("doctor", "--query", "title:d.mp3").stdout
    assert "beat grid" not in people


def test_doctor_can_be_limited_or_strict_and_breaks_between_words(inside: Run, library: Path) -> None:
    piped, shown = inside("doctor").stdout, inside("doctor", "--color", "always", env={"COLUMNS": "60"}).stdout
    lines = re.sub("\x1b[^m]*m", "", shown).splitlines()
    assert max(len(line) for line in lines if "map4 " not in line and "/" not in line) <= 60
    assert max(len(line) for line in piped.splitlines() if "map4 " not in line) > 60
    document = json.loads(inside("doctor", "--json", "--only", "tempo", "--only", "clipped").stdout)
    validate(document)
    assert {item["check"] for item in document["findings"]} == {"tempo_doubtful", "clipped"}

    assert json.loads(inside("doctor", "--json", "--query", "genre:house").stdout)["findings"] == []
    assert inside("doctor", "--strict", "--query", "genre:house").returncode == 0
    assert inside("doctor", "--strict").returncode == 3
    assert inside("doctor", "--only", "nonsense").returncode == 2
