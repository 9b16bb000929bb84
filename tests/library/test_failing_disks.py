"""A disk that fails during a scan, or goes: its files are no bad files, and are scanned when it is there again."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import write_clicks

from map4 import Library
from map4.app.scan.events import FileDone, ScanFinished
from map4.app.scan.outcomes import FAILURES_OF_A_DISK
from map4.infra.audio import source
from map4.infra.workers.lanes import inline_lanes

Fails = Callable[[str], int | None]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(tmp_path / "library.map4", lanes=inline_lanes)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One more file than a disk may fail at."""
    folder = tmp_path / "music"
    folder.mkdir()
    for number in range(FAILURES_OF_A_DISK + 1):
        write_clicks(folder / f"{number:02}.wav", 80 + number, seconds=1.0)
    return folder


def failing(monkeypatch: pytest.MonkeyPatch, number_of: Fails) -> None:
    """Let the system refuse to open some files, with the number of an error."""
    real = source.open_unbuffered

    def opened(path: str) -> io.FileIO:
        number = number_of(os.path.basename(path))
        if number is not None:
            raise OSError(number, os.strerror(number))
        return real(path)

    monkeypatch.setattr(source, "open_unbuffered", opened)


def scanned(library: Library, folder: Path) -> tuple[dict[str, int], list[str]]:
    """What was counted, and what was said of failures."""
    counts: dict[str, int] = {}
    said = []
    for event in library.scan_events([folder], jobs=1):
        if isinstance(event, FileDone) and event.failure is not None:
            said.append(f"{event.path}: {event.failure.message}")
        if isinstance(event, ScanFinished):
            counts = {name: value for name, value in event.summary.to_record().items() if isinstance(value, int)}
    return {name: value for name, value in counts.items() if value}, said


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE])
def test_a_disk_that_fails_is_left_with_one_line(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    with monkeypatch.context() as patched:
        failing(patched, lambda name: number)
        counts, said = scanned(library, folder)
        assert counts == {"found": 26, "failed": 1, "postponed": 26}
        (line,) = said
        assert line == (
            f"{folder}: 25 files in a row can't be read: {os.strerror(number)}; the rest of this disk is left for "
            "another scan: look at the disk and its connection"
        )
        assert library.count("is:any") == 0
    assert scanned(library, folder)[0] == {"found": 26, "analysed": 26}


def test_files_that_fail_among_others_are_bad_files(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        failing(patched, lambda name: None if name == "13.wav" else errno.EIO)
        assert scanned(library, folder)[0] == {"found": 26, "failed": 25, "analysed": 1}
    assert scanned(library, folder)[0] == {"found": 26, "unchanged": 1, "known_failed": 25}


def test_files_that_may_not_be_read_are_none_of_a_disk_that_fails(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, lambda name: errno.EACCES)
    assert scanned(library, folder)[0] == {"found": 26, "failed": 26}


def test_known_files_keep_their_analysis_when_the_disk_fails(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.scan([folder], jobs=1)
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes() + b"more")
    failing(monkeypatch, lambda name: errno.EIO)
    assert scanned(library, folder)[0] == {"found": 26, "failed": 1, "postponed": 26}
    assert library.count("is:ok") == 26


def test_a_folder_that_is_unmounted_meanwhile_is_told_once_and_nothing_is_missing(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    write_clicks(folder / "known.wav", 200, seconds=1.0)
    library.scan([folder / "known.wav"], jobs=1)
    elsewhere = tmp_path / "elsewhere"
    events, said = library.scan_events([folder], jobs=1), []
    for event in events:
        if isinstance(event, FileDone) and event.failure is not None:
            said.append(f"{event.path}: {event.failure.message}")
        if isinstance(event, FileDone) and not elsewhere.exists():
            folder.rename(elsewhere)
            folder.mkdir()
        if isinstance(event, ScanFinished):
            summary = event.summary
    assert said == [f"{folder}: is empty or absent now; its files stay as they are: is the drive mounted?"]
    assert (summary.failed, summary.missing, summary.analysed + summary.postponed) == (1, 0, 26)
    folder.rmdir()
    elsewhere.rename(folder)
    assert library.scan([folder], jobs=1).analysed == summary.postponed
    assert library.count("is:ok") == 27
