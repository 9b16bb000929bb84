"""The job that un-mixes a recording: its track list, what is kept of it, and what it says where there is none."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from conftest import write_clicks
from extras.unmix import recorded_sets as sets
from lanes import sampled
from schemas import validate
from signals import RATE_HZ

from map4 import Library
from map4.core.audio.decoder import load_decoder
from map4.errors import FileError, NothingFoundError, UsageError
from map4.extras.unmix.decoding import DecodingWatch
from map4.extras.unmix.job import keep_set
from map4.extras.unmix.records import Unmixed, unmixed_of
from map4.extras.unmix.request import UnmixRequest
from map4.jobs.files import SentFiles
from map4.jobs.process import run_job
from map4.jobs.requests import JobRequest
from map4.plugins import inline_lanes

BEGAN = datetime(2026, 11, 21, 22, tzinfo=UTC)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "sets.map4", lanes=inline_lanes) as opened:
        yield opened


def send(library: Library, path: Path) -> str:
    """A recording as it lies there when it was sent."""
    files = SentFiles(library.beside)
    return files.take(str(shutil.copy(path, Path(files.room()) / f"upload{path.suffix}")))


def run(library: Library, asked: UnmixRequest, folder: Path | None = None) -> tuple[dict[str, Any], list[Any]]:
    """The result of the job, and what it told, each with what it is."""
    messages: list[Any] = []
    stored = json.loads(json.dumps(JobRequest(kind="unmix", options=asked).stored()))
    task = {"open_arguments": {"path": library.path}, "kind": "unmix", "options": stored,
            "folder": None if folder is None else str(folder)}  # fmt: skip
    ticks = iter(range(10_000))
    result = run_job(task, lambda what, value: messages.append((what, value)), monotonic=lambda: float(next(ticks)))
    return result, messages


@pytest.mark.world
def test_job_reports_and_keeps_the_set_as_requested(library: Library, tmp_path: Path) -> None:
    [song] = sets.make_songs(tmp_path / "songs", 1)
    library.scan(song.parent)
    sf.write(tmp_path / "set.flac", sets.recorded_set(), RATE_HZ)
    asked = UnmixRequest(
        sent=send(library, tmp_path / "set.flac"), name="Friday.flac", save="Friday", keep=True, ended=BEGAN,
        tracklist="nobody - song-1\nx - y\n", longest_s=3600.0,
    )  # fmt: skip
    library.set(str(song), artist="Nobody", title="song-1")
    result, messages = run(library, asked)
    validate(result)
    assert result["path"] == "Friday.flac"
    names = [track["track"] and Path(track["track"]["path"]).name for track in result["tracks"]]
    assert names == ["song-1.flac", None]
    shares = [value["percentage"] for what, value in messages if what == "progress"]
    assert shares == sorted(shares)
    assert shares[0] < 36.0 < shares[-1]
    assert [value["message"] for what, value in messages if what == "notice"] == [
        "stored as 'Friday'",
        "1 new play recorded",
    ]
    [kept] = library.lists.stored(history=True)
    assert (kept.name, kept.tracks) == ("Friday", 1)
    [play] = library.plays.page().plays
    assert datetime.fromisoformat(play.at) == pytest.approx(BEGAN, abs=timedelta(seconds=96))
    made = unmixed_of(result)
    assert made.document() == result
    again = keep_set(library, made, UnmixRequest(save="Again", keep=True), asked)
    assert again.plays == 0  # it is known
    assert again.list == library.lists.id_of("Again")


@pytest.mark.world
def test_copy_with_chapters_is_in_the_folder_of_the_job(library: Library, tmp_path: Path) -> None:
    target = tmp_path / "written"
    target.mkdir()
    sf.write(tmp_path / "set.mp3", sets.song(50, 25.0), RATE_HZ)
    asked = UnmixRequest(sent=send(library, tmp_path / "set.mp3"), name="a/b\N{SNOWMAN}.mp3", chapters=True)
    result, _ = run(library, asked, target)
    assert [track["track"] for track in result["tracks"]] == [None]
    [copy] = target.iterdir()
    assert copy.name == "a_b_.mp3"
    assert copy.stat().st_size > (tmp_path / "set.mp3").stat().st_size


@pytest.mark.world
def test_list_that_cannot_be_saved_is_a_notice(library: Library, tmp_path: Path) -> None:
    sf.write(tmp_path / "set.wav", sets.song(50, 25.0), RATE_HZ)
    asked = UnmixRequest(sent=send(library, tmp_path / "set.wav"), name="set.wav", save="Friday")
    result, messages = run(library, asked)
    assert result["tracks"]
    assert [value for what, value in messages if what == "notice"] == [
        {"message": "set.wav: no track of the library was detected"}
    ]


@pytest.mark.parametrize(
    ("data", "error", "message"),
    sampled([
        (b"this is no sound", FileError, "Friday.mp3 "),
        (b"", FileError, "Friday.mp3 "),
        (np.zeros(25 * RATE_HZ), NothingFoundError, "Friday.mp3: no track detected"),
        (np.full(5 * RATE_HZ, 0.1), FileError, "Friday.mp3 is 5 s long; a clip has at least 8 s"),
        (np.full(61 * RATE_HZ, 0.1), FileError, "Friday.mp3 is longer than 0.0166667 h"),
    ], every=2),
    ids=["no sound", "empty", "silence", "short", "long"],
)  # fmt: skip
def test_invalid_set_is_refused(
    library: Library, tmp_path: Path, data: Any, error: type[Exception], message: str
) -> None:
    library.scan(write_clicks(tmp_path / "song.wav", seconds=25.0))
    path = tmp_path / "sent.wav"
    path.write_bytes(data) if isinstance(data, bytes) else sf.write(path, data, RATE_HZ)
    asked = UnmixRequest(sent=send(library, path), name="Friday.mp3", longest_s=60.0)
    with pytest.raises(error) as raised:
        run(library, asked)
    assert str(raised.value).startswith(message)
    assert str(tmp_path) not in str(raised.value)


@pytest.mark.world
def test_long_recording_is_refused_by_its_header_or_during_decoding(library: Library, tmp_path: Path) -> None:
    paths = [str(tmp_path / f"set.{suffix}") for suffix in ("wav", "mp3")]
    for path in paths:
        sf.write(path, np.full(61 * RATE_HZ, 0.1), RATE_HZ)
    opened: list[str] = []
    heard: list[tuple[float, float | None]] = []

    def read(path: str, *, longest_s: float) -> float:
        watch = DecodingWatch(path, longest_s=longest_s, on_read=lambda s, of: heard.append((s, of)))
        opened.append(path)
        with load_decoder()(path) as stream:
            return sum(len(block) for block in watch.blocks(stream)) / stream.sample_rate_hz

    for path in paths:
        with pytest.raises(FileError, match="is longer than"):
            read(path, longest_s=60.0)
    assert opened == paths[1:]  # bare frames may say too much, so that they are counted
    heard.clear()
    assert read(paths[0], longest_s=61.5) == pytest.approx(61.0)
    assert heard == [(pytest.approx(31.0, abs=2.0), pytest.approx(61.0))]
    # A track that is compared with it may be longer.
    [song] = sets.make_songs(tmp_path / "songs", 1)
    library.scan(song.parent)
    sf.write(tmp_path / "set.flac", sets.song(1)[: 30 * RATE_HZ], RATE_HZ)
    result, _ = run(library, UnmixRequest(sent=send(library, tmp_path / "set.flac"), longest_s=31.0))
    assert result["tracks"][0]["track"]["path"] == str(song)


def test_times_survive_storing_and_incomplete_jobs_are_refused(library: Library) -> None:
    with pytest.raises(NothingFoundError, match=r"Friday.mp3 was deleted .*; upload it again"):
        run(library, UnmixRequest(sent="s-" + 32 * "0", name="Friday.mp3"))
    made = Unmixed(path="Friday.mp3", duration_s=60.0)
    with pytest.raises(UsageError, match="give the start"):
        keep_set(library, made, UnmixRequest(keep=True), UnmixRequest(sent="s-1", name="Friday.mp3"))
    asked = UnmixRequest(sent="s-1", name="x.mp3", began=BEGAN, ended=BEGAN, save="Friday")
    _, again = JobRequest.restored("unmix", json.loads(json.dumps(JobRequest(kind="unmix", options=asked).stored())))
    assert again == asked
