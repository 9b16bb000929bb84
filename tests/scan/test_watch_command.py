"""`map4 scan --watch`: what it prints, and how it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from conftest import Run, write_clicks
from schemas import validated

from map4 import Library
from map4.core.music.track.track_parts import Failure
from map4.scan.options import FileDone, ScanStarted, ScanSummary, WatchOptions
from map4.scan.watch import Settled, WatchEvent, WatchNotice

QUICK = ("--settle", "0.1")


@contextmanager
def watching(tmp_path: Path, *arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """The real command in a process of its own, which is ended if the test does not."""
    process = subprocess.Popen(
        [sys.executable, "-m", "map4", "scan", "--watch", "--jsonl", *QUICK, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "MAP4_LIBRARY": str(tmp_path / "library.map4")},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def record(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The next line."""
    return validated(process.stdout.readline())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--watch", "--force"), "--force can't be combined with --watch: scan with it first, then watch."),
        (("--watch", "-n"), "--dry-run can't be combined with --watch"),
        (("--watch", "--shard", "1/2"), "--shard can't be combined with --watch"),
        (("--watch", "--wait"), "--wait can't be combined with --watch: it waits for other scans."),
        (("--watch", "--json"), "--json can't be combined with --watch: --jsonl prints each change."),
        (("--watch", "--jsonl", "--changed"), "--changed can't be combined with --watch: it prints only changes."),
        (("--watch", "--files-from", "list"), "--files-from can't be combined with --watch: it follows folders."),
        (("--settle", "1"), "--settle belongs to --watch."),
        (("--poll", "60"), "--poll belongs to --watch."),
        (("--query", "bpm:120"), "'map4 search QUERY -0 | map4 scan --files-from -' scans the tracks of a query."),
    ],
)
def test_options_of_the_other_form_are_refused(
    words: tuple[str, ...], message: str, inside: Run, tmp_path: Path
) -> None:
    (tmp_path / "list").write_text(f"{tmp_path}\n")
    refused = inside("scan", *words, tmp_path, cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert message in refused.stderr


def test_a_watch_gets_the_options_of_scans(inside: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Mock(return_value=iter(()))
    monkeypatch.setattr(Library, "watch", watch)
    words = ("--ext", "flac", "--exclude", "old", "--no-recursive", "--jobs", "2", "--poll", "60", "--settle", "0")
    assert inside("scan", "--watch", *words, tmp_path).returncode == 0
    paths, options = watch.call_args.args
    assert (paths, options) == (
        (str(tmp_path),),
        WatchOptions(extensions=("flac",), exclude=("old",), recursive=False, jobs=2, poll_s=60.0, settle_s=0.0),
    )


@pytest.mark.world
def test_a_watch_of_real_files_from_its_start_to_sigterm(tmp_path: Path, inside: Run) -> None:
    pytest.importorskip("watchfiles", reason="needs watchfiles (pip install '.[watch]')")
    music = tmp_path / "music"
    music.mkdir()
    with watching(tmp_path, music) as process:
        event = record(process)
        assert (event["schema"], event["event"], event["path"]) == ("map4/watch-event/1", "watching", str(music))
        assert record(process)["schema"] == "map4/scan-summary/1"  # nothing new
        second = inside("scan", "--watch", music)
        assert (second.returncode, second.stdout) == (75, "")
        assert "'map4 scan --watch' already runs" in second.stderr
        write_clicks(music / "new.wav")
        track, summary = record(process), record(process)
        assert (track["schema"], track["change"], track["state"]) == ("map4/track/1", "analysed", "ok")
        assert (summary["schema"], summary["analysed"]) == ("map4/scan-summary/1", 1)
        journal = tmp_path / "library.map4-wal"
        limit = time.monotonic() + 20.0
        while journal.stat().st_size and time.monotonic() < limit:
            time.sleep(0.02)
        assert journal.stat().st_size == 0  # what was stored lies in the library itself while nothing happens
        beside = inside("scan", "--json")
        assert (beside.returncode, json.loads(beside.stdout)["unchanged"]) == (0, 1)
        process.send_signal(signal.SIGTERM)
        rest, err = process.communicate(timeout=30)
    assert (process.returncode, rest) == (143, "")
    assert err.splitlines() == [
        f"map4: watching {music}",
        "nothing new; 0 tracks",
        "1 analysed; 1 track",
        "map4: stopped; everything finished is kept.",
    ]


def test_batches_are_printed_as_lines(tmp_path: Path, inside: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def watch(*_: object, **__: object) -> Iterator[WatchEvent]:
        yield WatchNotice(event="watching", message="watching /music", path="/music")
        yield Settled(summary=ScanSummary(found=1203), tracks=1203)
        yield ScanStarted(found=1204, to_do=2)
        yield FileDone(path="/music/moved.wav", change="moved")
        yield FileDone(path="/music/bad.mp3", change="failed", failure=Failure(kind="corrupt", message="is empty"))
        yield Settled(summary=ScanSummary(analysed=1, moved=1, missing=2, failed=1), tracks=1202)
        raise KeyboardInterrupt

    monkeypatch.setattr(Library, "watch", watch)
    result = inside("-v", "scan", "--watch", tmp_path)
    assert (result.returncode, result.stdout) == (130, "")
    assert result.stderr.splitlines() == [
        "map4: watching /music",
        "nothing new; 1,203 tracks",
        "moved /music/moved.wav",
        "map4: /music/bad.mp3: is empty (corrupt)",
        "1 analysed, 1 moved, 2 missing, 1 failed; 1,202 tracks",
        "map4: stopped; everything finished is kept.",
        "",  # Click ends the line of ^C
    ]
    assert "2 missing" in inside("scan", "--watch", tmp_path, on_screen=True).stderr
    quiet = inside("-q", "scan", "--watch", tmp_path).stderr
    assert quiet.split("\n") == ["map4: /music/bad.mp3: is empty (corrupt)", "", ""]
