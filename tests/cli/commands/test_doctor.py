"""`map4 doctor` on a small library."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import click
import pytest
from conftest import Run, write_clicks
from doubtful_library import SOUND, make_doubtful_library, put
from schemas import validate

from map4.cli.main import cli
from map4.domain.second_opinion import SecondOpinion
from map4.domain.tags import Tags
from map4.domain.track import Track
from map4.infra.sqlite.database import Database
from map4.infra.sqlite.tracks import TrackStore
from map4.library import Library


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return make_doubtful_library(tmp_path / "library.map4")


def test_nothing_to_look_at_is_not_all_well(inside: Run, library: Path, tmp_path: Path) -> None:
    nothing = inside("doctor", "--query", "genre:polka")
    assert (nothing.returncode, nothing.stdout) == (4, "")
    assert "no track matches" in nothing.stderr

    Database(str(tmp_path / "empty.map4")).close()
    empty = inside("doctor", "--library", tmp_path / "empty.map4")
    assert empty.returncode == 4
    assert "map4 scan" in empty.stderr


def test_doctor_names_each_finding_with_the_command_that_helps(inside: Run, library: Path) -> None:
    result = inside("doctor", "--jsonl")
    findings = [json.loads(line) for line in result.stdout.splitlines()]

    for finding in findings:
        validate(finding)
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


def test_the_command_it_names_helps(inside: Run, library: Path) -> None:
    [finding] = json.loads(inside("doctor", "--json", "--only", "tempo_octave").stdout)["findings"]

    assert inside(*shlex.split(finding["command"])[1:]).returncode == 0

    result = inside("doctor", "--only", "tempo")
    assert (result.returncode, result.stdout) == (0, "")
    assert "all is well" in result.stderr


def test_doctor_for_people_groups_by_check(map4: Run, library: Path) -> None:
    result = map4("doctor")

    assert "tempo in doubt: 1 track" in result.stdout
    assert "B – Doubtful: 87.0 BPM (40%), perhaps 174.0 (38%)" in result.stdout
    assert "map4 set '/m/doubtful one.mp3' --double" in result.stdout
    assert "6 findings in 3 tracks" in result.stderr


def test_doctor_of_one_subject_or_query_or_strictly(inside: Run, library: Path) -> None:
    document = json.loads(inside("doctor", "--json", "--only", "tempo", "--only", "clipped").stdout)
    validate(document)
    assert {item["check"] for item in document["findings"]} == {"tempo_doubtful", "tempo_octave", "clipped"}

    assert json.loads(inside("doctor", "--json", "--query", "genre:house").stdout)["findings"] == []
    assert inside("doctor", "--strict", "--query", "genre:house").returncode == 0
    assert inside("doctor", "--strict").returncode == 3
    assert inside("doctor", "--only", "nonsense").returncode == 2


def test_many_findings_of_a_kind_are_cut_short_unless_asked_for(inside: Run, tmp_path: Path) -> None:
    database = Database(str(tmp_path / "library.map4"))
    for number in range(12):
        put(TrackStore(database), f"/m/{number:02}.mp3", SOUND, Tags())
    database.close()

    assert "and 2 more: map4 doctor --only missing_tags" in inside("doctor").stdout
    assert "11.mp3" in inside("doctor", "--only", "missing_tags").stdout


def test_a_second_opinion_on_a_file_that_is_gone_is_told_once(inside: Run, library: Path) -> None:
    result = inside("doctor", "--json", "--only", "tempo", "--second-opinion")

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
def test_a_second_opinion_stands_beside_the_finding(inside: Run, music: Path) -> None:
    long = write_clicks(music / "long.wav", 110, seconds=12.0)
    inside("analyze", long)
    with Library.open(music.parent / "library.map4") as opened:
        track = opened.track(long)
        assert track is not None
        opinion = opened.second_opinion(track)

    # Half the tempo is as good an answer for clicks.
    assert opinion.bpm is not None
    assert min(abs(opinion.bpm / bpm - 1.0) for bpm in (110.0, 55.0)) < 0.05
