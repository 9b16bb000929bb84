"""`map4 stats` and `map4 doctor` on a small library, as real processes."""

from __future__ import annotations

import io
import json
import shlex
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
from conftest import Run
from libraries import put_imported
from rich.console import Console

from map4.cli.main import cli
from map4.cli.views.stats import stats_view
from map4.domain.analysis import Analysis, KeyCandidate, KeyEstimate, Loudness, Tempo, TempoCandidate
from map4.domain.audio import AudioFormat, Identity
from map4.domain.key import ALL_KEYS, parse_key
from map4.domain.second_opinion import SecondOpinion
from map4.domain.statistics import Distribution, Statistics
from map4.domain.tags import Tags
from map4.domain.track import Failure, Track
from map4.infra.sqlite.database import Database
from map4.infra.sqlite.tracks import TrackStore
from map4.library import Library
from map4.ports.scanning import Identified, Stamp
from map4.schemas import schema_text

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SOUND = Analysis(
    duration_s=240.0,
    tempo=Tempo(bpm=124.0, confidence=0.97, alternatives=(TempoCandidate(bpm=62.0, confidence=0.02),)),
    key=KeyEstimate(key=parse_key("8A"), confidence=0.9),
    energy=0.62,
    loudness=Loudness(integrated_lufs=-8.5, range_lu=4.0, true_peak_dbtp=0.2, clipped_per_minute=0.0),
    cue_in_s=0.0,
    cue_out_s=240.0,
)
DOUBTFUL = replace(
    SOUND,
    tempo=Tempo(bpm=87.0, confidence=0.4, alternatives=(TempoCandidate(bpm=174.0, confidence=0.38),)),
    key=KeyEstimate(
        key=parse_key("9B"), confidence=0.3, runner_up=KeyCandidate(key=parse_key("9A"), confidence=0.29)
    ),
    loudness=replace(SOUND.loudness, clipped_per_minute=150.0),
)  # fmt: skip


def put(store: TrackStore, path: str, analysis: Analysis | None, tags: Tags, failure: Failure | None = None) -> None:
    number = len(list(store.tracks()))
    form = AudioFormat(codec="mp3", sample_rate_hz=44_100, channels=2, bits=None, payload_bytes=240 * 320_000 // 8)
    identity = Identity(audio_id=f"a1-{number:032x}", format=form)
    identified = Identified(stamp=Stamp(1, 1, 1, number), identity=identity, tags=tags, failure=None)
    store.put_file(path, identified.stamp, identified, now=NOW, analysis=analysis, failure=failure)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    path = tmp_path / "library.map4"
    database = Database(str(path))
    store = TrackStore(database)
    put(store, "/m/sound.mp3", SOUND, Tags(artist="A", title="Sound", genre="House", year=1999))
    put(store, "/m/doubtful one.mp3", DOUBTFUL, Tags(artist="B", title="Doubtful", genre="Drum & Bass", year=2005))
    put(store, "/m/untagged.mp3", SOUND, Tags())
    put(store, "/m/broken.mp3", None, Tags(artist="C", title="Broken"), Failure(kind="corrupt", message="is cut off"))
    database.close()
    return path


def validate(document: dict[str, Any], kind: str) -> None:
    jsonschema.Draft202012Validator(json.loads(schema_text(kind))).validate(document)


def test_stats_of_a_whole_library(map4: Run, library: Path) -> None:
    result = map4("stats", "--json")
    document = json.loads(result.stdout)

    validate(document, "stats")
    assert result.returncode == 0
    assert document["tracks"] == 3
    assert document["hours"] == 0.2
    assert document["states"] == {"ok": 3, "failed": 1, "missing": 0, "pending": 0}
    assert document["failures"] == {"corrupt": 1}
    assert document["doubtful"] == {"tempo": 1, "key": 1}
    assert document["keys"]["8A"] == 2
    assert [item["genre"] for item in document["genres"]] == ["Drum & Bass", "House"]
    assert document["added"] == [{"month": "2026-03", "count": 3}]


def test_stats_for_people_fit_80_columns(map4: Run, library: Path) -> None:
    result = map4("stats", env={"COLUMNS": "80"})

    assert "3 tracks · 0 h 12 min" in result.stdout
    assert "failed: 1 corrupt" in result.stdout
    assert "Drum & Bass" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_imported_values_are_counted_and_compared(map4: Run, library: Path) -> None:
    with closing(Database(str(library))) as database, database.transaction() as connection:
        put_imported(connection, f"a1-{0:032x}", rating=4.0, bpm=100.0)
        put_imported(connection, f"a1-{2:032x}", rating=2.0, bpm=124.0)

    shown = map4("stats", env={"COLUMNS": "80"}).stdout
    assert "ratings: 2 known (67 %)" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert [line.split()[0] for line in shown.splitlines() if "★" in line] == ["★★☆☆☆", "★★★★☆"]
    document = json.loads(map4("stats", "--json").stdout)
    validate(document, "stats")
    assert document["ratings"] == [{"stars": 2, "count": 1}, {"stars": 4, "count": 1}]
    [finding] = map4("doctor", "--only", "tempo_disagrees", "--jsonl").stdout.splitlines()
    validate(json.loads(finding), "finding")
    assert json.loads(finding)["detail"] == "measured 124.0 BPM, imported is 100"


@pytest.mark.parametrize(("width", "count", "has_bars"), [(80, 7, False), (80, 123_456, False), (40, 7, True)])
def test_keys_are_whole_at_any_width(width: int, count: int, has_bars: bool) -> None:
    nothing = Distribution()
    found = Statistics(
        tracks=24 * count, hours=1.0, tempo=nothing, loudness=nothing, doubtful_tempo=0, doubtful_key=0, with_genre=0,
        keys={key.camelot: count for key in ALL_KEYS}, energy={}, genres={}, codecs={}, qualities={}, years={},
        added={},
    )  # fmt: skip
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(stats_view(found, notation="camelot", width=width))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    words = shown.split()
    assert sorted(word for word in words if word in {key.camelot for key in ALL_KEYS}) == sorted(found.keys)
    assert words.count(f"{count:,}") == 24
    assert ("█" in shown) is has_bars
    assert max(map(len, shown.splitlines())) <= width


def test_stats_of_a_query(map4: Run, library: Path) -> None:
    document = json.loads(map4("stats", "--json", "--query", "genre:house").stdout)

    assert document["tracks"] == 1
    assert document["states"] == {"ok": 1, "failed": 0, "missing": 0, "pending": 0}
    assert map4("stats", "--query", "genre:polka").returncode == 4
    assert map4("stats", "--query", "gnere:polka").returncode == 2


def test_stats_of_a_limited_query_count_no_more_than_it_gives(map4: Run, library: Path) -> None:
    document = json.loads(map4("stats", "--json", "--query", "sort:year limit:1").stdout)

    assert document["tracks"] == document["states"]["ok"] == document["added"][0]["count"] == 1
    assert document["states"]["failed"] == 0
    assert [item["genre"] for item in document["genres"]] == ["House"]


def test_no_library_yet_names_the_scan(map4: Run) -> None:
    for command in ("stats", "doctor"):
        result = map4(command)
        assert (result.returncode, "map4 scan" in result.stderr, result.stdout) == (4, True, "")


def test_nothing_to_look_at_is_not_all_well(map4: Run, library: Path, tmp_path: Path) -> None:
    nothing = map4("doctor", "--query", "genre:polka")
    assert (nothing.returncode, nothing.stdout) == (4, "")
    assert "no track matches" in nothing.stderr

    Database(str(tmp_path / "empty.map4")).close()
    empty = map4("doctor", "--library", tmp_path / "empty.map4")
    assert empty.returncode == 4
    assert "map4 scan" in empty.stderr


def test_doctor_names_each_finding_with_the_command_that_helps(map4: Run, library: Path) -> None:
    result = map4("doctor", "--jsonl")
    findings = [json.loads(line) for line in result.stdout.splitlines()]

    for finding in findings:
        validate(finding, "finding")
    assert result.returncode == 0
    found = {(Path(finding["path"]).name, finding["check"]) for finding in findings}
    assert found == {
        ("broken.mp3", "failed"),
        ("doubtful one.mp3", "tempo_doubtful"),
        ("doubtful one.mp3", "tempo_octave"),
        ("doubtful one.mp3", "key_doubtful"),
        ("doubtful one.mp3", "clipped"),
        ("untagged.mp3", "missing_tags"),
    }
    [tempo] = [finding for finding in findings if finding["check"] == "tempo_doubtful"]
    assert shlex.split(tempo["command"]) == ["map4", "set", "/m/doubtful one.mp3", "--double"]


def test_the_command_it_names_helps(map4: Run, library: Path) -> None:
    [finding] = json.loads(map4("doctor", "--json", "--only", "tempo_octave").stdout)["findings"]

    assert map4(*shlex.split(finding["command"])[1:]).returncode == 0

    result = map4("doctor", "--only", "tempo")
    assert (result.returncode, result.stdout) == (0, "")
    assert "all is well" in result.stderr


def test_doctor_for_people_groups_by_check(map4: Run, library: Path) -> None:
    result = map4("doctor")

    assert "tempo in doubt: 1 track" in result.stdout
    assert "B – Doubtful: 87.0 BPM (40%), perhaps 174.0 (38%)" in result.stdout
    assert "map4 set '/m/doubtful one.mp3' --double" in result.stdout
    assert "6 findings in 3 tracks" in result.stderr


def test_doctor_of_one_subject_or_query_or_strictly(map4: Run, library: Path) -> None:
    document = json.loads(map4("doctor", "--json", "--only", "tempo", "--only", "clipped").stdout)
    validate(document, "doctor")
    assert {item["check"] for item in document["findings"]} == {"tempo_doubtful", "tempo_octave", "clipped"}

    assert json.loads(map4("doctor", "--json", "--query", "genre:house").stdout)["findings"] == []
    assert map4("doctor", "--strict", "--query", "genre:house").returncode == 0
    assert map4("doctor", "--strict").returncode == 3
    assert map4("doctor", "--only", "nonsense").returncode == 2


def test_many_findings_of_a_kind_are_cut_short_unless_asked_for(map4: Run, tmp_path: Path) -> None:
    database = Database(str(tmp_path / "library.map4"))
    for number in range(12):
        put(TrackStore(database), f"/m/{number:02}.mp3", SOUND, Tags())
    database.close()

    assert "and 2 more: map4 doctor --only missing_tags" in map4("doctor").stdout
    assert "11.mp3" in map4("doctor", "--only", "missing_tags").stdout


def test_a_second_opinion_on_a_file_that_is_gone_is_told_once(map4: Run, library: Path) -> None:
    result = map4("doctor", "--json", "--only", "tempo", "--second-opinion")

    assert result.returncode == 0
    assert result.stderr.count("doubtful one.mp3: does not exist (vanished)") == 1
    assert [item["second_opinion"] for item in json.loads(result.stdout)["findings"]] == [None, None]


def test_an_interrupt_within_compiled_code_ends_it(
    library: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import ctypes

    asked: list[Track] = []

    @ctypes.CFUNCTYPE(None)
    def called_back() -> None:
        raise KeyboardInterrupt

    def second_opinion(self: Library, track: Track) -> SecondOpinion:
        asked.append(track)
        called_back()  # says "Exception ignored" and goes on
        return SecondOpinion()

    monkeypatch.setattr(Library, "second_opinion", second_opinion)
    arguments = ["doctor", "--second-opinion", "--library", str(library)]
    with pytest.raises((KeyboardInterrupt, click.Abort)):
        cli.main(arguments, standalone_mode=False)
    assert len(asked) == 1
    assert "ignored" not in capsys.readouterr().err


@pytest.mark.slow
def test_a_second_opinion_stands_beside_the_finding(map4: Run, music: Path) -> None:
    from conftest import write_clicks

    write_clicks(music / "long.wav", 110, seconds=12.0)
    map4("scan", music)
    map4("set", music / "long.wav", "--unset", "bpm")
    with Library.open(music.parent / "library.map4") as opened:
        track = opened.track(music / "long.wav")
        assert track is not None
        opinion = opened.second_opinion(track)

    assert opinion.bpm == pytest.approx(110.0, rel=0.05) or opinion.bpm == pytest.approx(55.0, rel=0.05)
