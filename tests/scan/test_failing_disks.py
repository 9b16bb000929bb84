"""A disk that fails during a scan, or goes, and memory that is short: files are no bad files for that, and are scanned
when it is there again."""

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import write_clicks

from map4 import Library
from map4.core.audio.jobs import AnalyseJob, LaneJob, Outcome
from map4.core.base.regular_files import OnDisk
from map4.core.music.track.track_parts import Failure
from map4.scan.options import FileDone, ScanFinished
from map4.scan.outcomes import FAILURES_OF_A_DISK
from map4.scan.workers import job as worker

Fails = Callable[[str], int | None]


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
    real = OnDisk.open_unbuffered

    def opened(file: OnDisk) -> io.FileIO:
        number = number_of(os.path.basename(file.path))
        if number is not None:
            raise OSError(number, os.strerror(number))
        return real(file)

    monkeypatch.setattr(OnDisk, "open_unbuffered", opened)


def scanned(library: Library, folder: Path) -> tuple[dict[str, int], list[str]]:
    """What was counted, and what was said of failures."""
    counts: dict[str, int] = {}
    messages = []
    for event in library.scan_events([folder], jobs=1):
        if isinstance(event, FileDone) and event.failure is not None:
            messages.append(f"{event.path}: {event.failure.message}")
        if isinstance(event, ScanFinished):
            counts = {name: value for name, value in event.summary.to_record().items() if isinstance(value, int)}
    return {name: value for name, value in counts.items() if value}, messages


def require_postponed(library: Library, folder: Path, why: str) -> None:
    """All files are left for another scan, with one line, and nothing is stored of them."""
    counts, messages = scanned(library, folder)
    assert counts == {"found": 26, "failed": 1, "postponed": 26}
    assert messages == [f"{folder}: {why}"]
    assert library.count("is:any") == 0


@pytest.mark.world
@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE])
def test_failing_disk_is_left(library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    with monkeypatch.context() as patched:
        failing(patched, lambda name: number)
        require_postponed(
            library, folder, f"25 files in a row can't be read: {os.strerror(number)}; the rest of this disk is left "
            "for another scan: check the disk and its connection"
        )  # fmt: skip
    assert scanned(library, folder)[0] == {"found": 26, "analysed": 26}


def test_scattered_failures_are_bad_files(library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        failing(patched, lambda name: None if name == "13.wav" else errno.EIO)
        assert scanned(library, folder)[0] == {"found": 26, "failed": 25, "analysed": 1}
    assert scanned(library, folder)[0] == {"found": 26, "unchanged": 1, "known_failed": 25}


def test_refused_files_are_no_disk_failure(library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, lambda name: errno.EACCES)
    assert scanned(library, folder)[0] == {"found": 26, "failed": 26}


def test_failing_disk_keeps_analyses(library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library.scan([folder], jobs=1)
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes() + b"more")
    failing(monkeypatch, lambda name: errno.EIO)
    assert scanned(library, folder)[0] == {"found": 26, "failed": 1, "postponed": 26}
    assert library.count("is:ok") == 26


def test_unmounted_folder_is_reported_once(library: Library, folder: Path, tmp_path: Path) -> None:
    write_clicks(folder / "known.wav", 200, seconds=1.0)
    library.scan([folder / "known.wav"], jobs=1)
    elsewhere = tmp_path / "elsewhere"
    events, messages = library.scan_events([folder], jobs=1), []
    for event in events:
        if isinstance(event, FileDone) and event.failure is not None:
            messages.append(f"{event.path}: {event.failure.message}")
        if isinstance(event, FileDone) and not elsewhere.exists():
            folder.rename(elsewhere)
            folder.mkdir()
        if isinstance(event, ScanFinished):
            summary = event.summary
    assert messages == [f"{folder}: is empty or absent now; its files stay as they are: is the drive mounted?"]
    assert (summary.failed, summary.missing, summary.analysed + summary.postponed) == (1, 0, 26)
    folder.rmdir()
    elsewhere.rename(folder)
    assert library.scan([folder], jobs=1).analysed == summary.postponed
    assert library.count("is:ok") == 27


# ---- memory --------------------------------------------------------------------------------------


def short_of_memory(monkeypatch: pytest.MonkeyPatch, is_short: Callable[[str], bool]) -> None:
    """Let the analysis of some files have too little memory."""
    real = worker.run_job

    def run_job(job: LaneJob, *limits: float) -> Outcome:
        if isinstance(job, AnalyseJob) and is_short(os.path.basename(job.path)):
            return Failure(kind="no_memory", message="needs more memory than it can have; try --jobs 1")
        return real(job, *limits)

    monkeypatch.setattr(worker, "run_job", run_job)


def test_scan_short_of_memory_stops(library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        short_of_memory(patched, lambda name: True)
        require_postponed(
            library, folder, "8 files need more memory than there is, and none was analysed; nothing was stored about "
            "them: free memory, raise its limit, or try --jobs 1, and scan again"
        )  # fmt: skip
    assert scanned(library, folder)[0] == {"found": 26, "analysed": 26}


def test_file_short_of_memory_is_postponed(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "one"
    folder.mkdir()
    write_clicks(folder / "a.wav", 100, seconds=1.0)
    with monkeypatch.context() as patched:
        short_of_memory(patched, lambda name: True)
        assert scanned(library, folder)[0] == {"found": 1, "failed": 1, "postponed": 1}
    assert scanned(library, folder)[0] == {"found": 1, "analysed": 1}


def test_file_that_needs_much_memory_fails(library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short_of_memory(monkeypatch, lambda name: name in ("00.wav", "01.wav", "20.wav"))
    assert scanned(library, folder)[0] == {"found": 26, "failed": 3, "analysed": 23}
    assert scanned(library, folder)[0] == {"found": 26, "unchanged": 23, "known_failed": 3}
