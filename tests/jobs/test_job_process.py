"""What one job does, and what it tells."""

import json
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from conftest import write_clicks
from made_library import TRACKS, analysis_of, put, put_tracks

from map4 import Library
from map4.core.base.actor import Actor
from map4.core.base.path_maps import PathMap, PathMaps
from map4.core.base.text import age_of
from map4.core.music.query.context import Preferences
from map4.core.store.file.database import SqliteLocks
from map4.duplicates.options import DuplicateOptions
from map4.errors import LibraryVersionError, NotAllowedError, NothingFoundError, UsageError
from map4.exports.options import ExportRequest
from map4.jobs.process import run_job
from map4.jobs.records import error_record
from map4.jobs.requests import JobRequest
from map4.plugins import inline_lanes
from map4.scan.options import AnalyzeOptions, ScanOptions


@pytest.fixture
def library(tmp_path: Path) -> Path:
    path = tmp_path / "library.map4"
    with Library.open(path):
        return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    music = tmp_path / "music"
    music.mkdir()
    write_clicks(music / "one.wav", 120)
    (music / "broken.wav").write_bytes(b"")
    return music


def run(
    library: Path, request: JobRequest, actor: Actor = Actor.LOCAL, preferences: Preferences | None = None, **more: Any
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The result of a job, and what it told."""
    messages: list[dict[str, Any]] = []
    task = {
        "open_arguments": {"path": library, "actor": actor, "preferences": preferences},
        "kind": request.kind,
        "options": json.loads(json.dumps(request.stored())),
        **more,
    }
    ticks = iter(range(1000))
    result = run_job(
        task,
        lambda what, value: messages.append({what: value}),
        lanes=inline_lanes,
        monotonic=lambda: float(next(ticks)),
    )
    return result, messages


def test_scan_reports_files_and_progress(library: Path, folder: Path) -> None:
    result, messages = run(library, JobRequest(kind="scan", files=folder))
    assert (result["schema"], result["analysed"], result["failed"]) == ("map4/scan-summary/1", 1, 1)
    lines = [message["line"] for message in messages if "line" in message]
    assert {(Path(line["path"]).name, line["change"]) for line in lines[:-1]} == {
        ("one.wav", "analysed"),
        ("broken.wav", "failed"),
    }
    assert lines[-1] == result
    progress = [message["progress"] for message in messages if "progress" in message]
    assert progress[-1]["percentage"] == 100.0
    assert progress[-1]["eta_s"] == 0.0
    assert Path(progress[-1]["current_file"]).parent == folder


def test_errors_of_jobs_name_missing_music_but_no_folder_of_the_library(library: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingFoundError, match=r"no audio files found in .*empty"):
        run(library, JobRequest(kind="scan", files=tmp_path / "empty"))
    with closing(sqlite3.connect(library)) as connection:
        connection.execute("DROP TABLE roots")
        connection.execute("PRAGMA application_id = 1")
    with pytest.raises(LibraryVersionError) as raised:
        run(library, JobRequest(kind="scan", options=ScanOptions(), files=["/music"]))
    assert error_record(raised.value)["message"].startswith("library.map4 is a database of another program")


def test_scan_waits_for_another_scan_and_reports_it(library: Path, folder: Path) -> None:
    messages: list[object] = []
    with ExitStack() as other:
        other.enter_context(SqliteLocks(str(library)).scan(wait=False))

        def report(what: str, value: Any) -> None:
            if what == "waiting":
                messages.append(value)
                other.close()

        task = {"open_arguments": {"path": library}, "kind": "scan", "options": {"files": [str(folder)]}}
        assert run_job(task, report, lanes=inline_lanes)["analysed"] == 1
    assert messages == ["another scan of this library is running; this scan continues when it ends", None]


def test_batch_counts_its_files_and_fails_if_none_is_analysed(library: Path, folder: Path) -> None:
    batch = JobRequest(kind="analyze", files=[folder / "one.wav", folder / "broken.wav"])
    assert run(library, batch)[0] == {"files": 2, "analysed": 1, "known": 0, "failed": 1}
    result, messages = run(library, batch)
    assert result == {"files": 2, "analysed": 0, "known": 1, "failed": 1}
    assert [message["line"]["schema"] for message in messages if "line" in message] == ["map4/track/1"] * 2
    with pytest.raises(NothingFoundError, match=r"nothing could be analysed: .*gone.wav does not exist"):
        run(library, JobRequest(kind="analyze", files=folder / "gone.wav"))


def test_an_export_writes_into_its_folder_under_a_harmless_name(library: Path, tmp_path: Path) -> None:
    put(library, 1, analysis_of(1))
    request = ExportRequest(to="csv", name="../Fast & slow", columns=["bpm"])
    result, _ = run(library, JobRequest(kind="export", options=request), folder=str(tmp_path))
    assert (tmp_path / "___Fast _ slow.csv").read_bytes() == b"bpm\r\n101.0\r\n"
    assert (result["schema"], result["tracks"]) == ("map4/export-summary/1", 1)
    nothing = ExportRequest(to="csv", query="bpm:1..2")
    with pytest.raises(NothingFoundError, match="no track matches"):
        run(library, JobRequest(kind="export", options=nothing), folder=str(tmp_path))


def test_job_has_the_rights_of_its_account(library: Path, folder: Path) -> None:
    request = JobRequest(kind="scan", files=[folder])
    with pytest.raises(NotAllowedError, match="Ann may not do this with this token; it needs the scope 'scan'"):
        run(library, request, Actor(id=1, name="Ann", scopes=frozenset(["own", "read"])))
    result, _ = run(library, request, Actor(id=1, name="Ann", scopes=frozenset(["scan"])))
    assert result["analysed"] == 1


def test_job_uses_the_preferences_of_its_library(library: Path, tmp_path: Path) -> None:
    put_tracks(library, range(TRACKS))
    found = []
    for chosen in (Preferences(harmonic="strict"), Preferences(harmonic="creative")):
        with Library.open(library, preferences=chosen) as opened:
            expected = opened.count("key:~8A")
        request = JobRequest(kind="export", options=ExportRequest(to="csv", query="key:~8A"))
        result, _ = run(library, request, folder=str(tmp_path), preferences=chosen)
        assert result["tracks"] == expected
        found.append(expected)
    assert found[0] < found[1]


def test_duplicates_job_reports_each_group(library: Path) -> None:
    with pytest.raises(NothingFoundError, match="no tracks"):
        run(library, JobRequest(kind="duplicates"))
    put_tracks(library, range(TRACKS))
    with Library.open(library) as opened:
        groups = [group.document() for group in opened.duplicates.find()]
    result, messages = run(library, JobRequest(kind="duplicates"))
    assert [message["line"] for message in messages if "line" in message] == groups
    assert result == {"groups": len(groups), "files": sum(len(group["files"]) for group in groups)}


def test_stored_job_options_are_read_back_and_invalid_ones_refused(tmp_path: Path) -> None:
    maps = PathMaps(maps=(PathMap(source="/a", target="/b"),))
    for kind, options in (
        ("scan", ScanOptions(force=True, exclude=["*.wav"], max_age=age_of("12h"), jobs=2)),
        ("analyze", AnalyzeOptions(force=True)),
        ("export", ExportRequest(to="csv", columns=["a"], path_maps=maps, more={"b": "c"})),
        ("duplicates", DuplicateOptions(kinds=["same_audio"], keep=["/x"])),
    ):
        files = [tmp_path / "caf\udce9"] if kind in ("scan", "analyze") else []
        stored = JobRequest(kind=kind, files=files, options=options).stored()  # type: ignore[arg-type]
        again = json.loads(json.dumps(stored))
        assert JobRequest.restored(kind, again) == ([str(path) for path in files], options)  # type: ignore[arg-type]
    for wrong in (
        {"kind": "paint"},
        {"kind": "scan", "priority": 10},
        {"kind": "scan", "options": AnalyzeOptions()},
        {"kind": "export", "files": ["/a"]},
        {"kind": "analyze"},
    ):
        with pytest.raises(UsageError):
            JobRequest(**wrong)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="pass it as text"):
        JobRequest(kind="export", options=ExportRequest(playlist=object())).stored()  # type: ignore[arg-type]
