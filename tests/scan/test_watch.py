"""A watch over a real library and real files; changes and time come from a script."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import Mock

import pytest
from conftest import write_clicks

from map4 import Library
from map4.core.audio.decoder import DEFAULT_DECODER
from map4.core.audio.jobs import Lane, LaneFactory
from map4.core.store.file.database import SqliteLocks
from map4.core.store.sqlite_store import SqliteStore
from map4.errors import LibraryWriteError, UsageError, WorkerStartError
from map4.scan.changes import FileChanges, Followed, WatchMethod
from map4.scan.options import FileDone, WatchOptions
from map4.scan.scan import Scanner
from map4.scan.walk import DiskFiles
from map4.scan.watch import LOOK_AGAIN_S, WORKERS_S, Settled, Watch, WatchedLibrary, WatchEvent, WatchNotice
from map4.scan.workers.lanes import inline_lanes

LONG_S = 20.0


class EndOfScriptError(Exception):
    """Nothing more happens."""


@dataclass
class Script:
    """A source of changes, and a clock: what happens when, and what is heard of it."""

    steps: list[tuple[float, Callable[[], object], FileChanges]] = field(default_factory=list)
    methods: dict[str, WatchMethod] = field(default_factory=dict)
    now_s: float = 0.0
    is_closed: bool = False
    waits: int = 0

    def at(self, when_s: float, act: Callable[[], object], *paths: Path, **changes: tuple[object, ...]) -> None:
        """Do something; the watch hears of these paths."""
        self.steps.append((when_s, act, FileChanges(paths=tuple(map(str, paths)), **changes)))  # type: ignore[arg-type]

    def start(self, folders: Mapping[str, bool]) -> tuple[Followed, ...]:
        self.end_s = max([step[0] for step in self.steps], default=0.0) + LONG_S
        return tuple(Followed(path=path, method=self.methods.get(path, "events")) for path in folders)

    def wait(self, at_most_s: float) -> FileChanges:
        self.waits += 1
        until_s = self.now_s + at_most_s
        if self.steps and self.steps[0][0] <= until_s:
            when_s, act, changes = self.steps.pop(0)
            self.now_s = max(self.now_s, when_s)
            act()
            return changes
        if until_s > self.end_s:
            raise EndOfScriptError
        self.now_s = until_s + 0.001
        return FileChanges()

    def close(self) -> None:
        self.is_closed = True


@dataclass
class Told:
    """What a watch said, each with the time."""

    events: list[tuple[float, WatchEvent]]

    @property
    def changes(self) -> list[tuple[str, str]]:
        return [(event.change, os.path.basename(event.path)) for _, event in self.events if isinstance(event, FileDone)]

    @property
    def notices(self) -> list[str]:
        return [event.event for _, event in self.events if isinstance(event, WatchNotice)]

    def times(self, change: str) -> list[float]:
        return [now_s for now_s, event in self.events if isinstance(event, FileDone) and event.change == change]

    @property
    def batches(self) -> list[Settled]:
        return [event for _, event in self.events if isinstance(event, Settled)]


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """A folder with one short file, scanned before."""
    folder = tmp_path / "music"
    folder.mkdir()
    write_clicks(folder / "one.wav")
    with Library.open(tmp_path / "library.map4", lanes=inline_lanes) as library:
        library.scan(folder)
    return folder


@pytest.fixture
def watch(tmp_path: Path) -> Callable[..., Told]:
    def run(
        script: Script,
        *folders: Path,
        lanes: LaneFactory = inline_lanes,
        after_news: Callable[[], Sequence[str]] = tuple,
    ) -> Told:
        path = str(tmp_path / "library.map4")

        @contextmanager
        def opened() -> Iterator[WatchedLibrary]:
            with closing(SqliteStore(path)) as store:
                scanner = Scanner(store=store, lanes=lanes, decoder=DEFAULT_DECODER, after_news=after_news)
                yield WatchedLibrary(scanner=scanner, count=lambda: len(list(store.tracks.tracks())))

        with closing(SqliteStore(path)) as store:
            watching = Watch(opened, store, script, DiskFiles(), WatchOptions(), monotonic=lambda: script.now_s)
            events = []
            with suppress(EndOfScriptError):
                for event in watching.run(dict.fromkeys(map(str, folders), True)):
                    events.append((script.now_s, event))  # noqa: PERF401
        assert script.is_closed
        return Told(events)

    return run


Run = Callable[..., Told]


def test_watch_scans_once_and_then_analyses_settled_files(watch: Run, music: Path) -> None:
    script, new = Script(), music / "new.wav"
    source = write_clicks(music.parent / "new.wav", 90).read_bytes()
    script.at(10.0, lambda: new.write_bytes(source[:30_000]), new)
    script.at(11.0, lambda: new.write_bytes(source[:60_000]), new)
    script.at(12.0, lambda: new.write_bytes(source), new)
    run = watch(script, music)
    assert run.changes == [("analysed", "new.wav")]
    assert 14.0 <= run.times("analysed")[0] < 14.1
    assert [(batch.summary.analysed, batch.tracks) for batch in run.batches] == [(0, 1), (1, 2)]
    assert run.events[0][1] == WatchNotice(event="watching", path=str(music), message=f"watching {music}")


def test_file_written_before_the_watch_is_analysed_after_2_seconds(watch: Run, music: Path) -> None:
    write_clicks(music / "new.wav", 90)
    run = watch(Script(), music)
    assert run.changes == [("analysed", "new.wav")]
    assert 2.0 <= run.times("analysed")[0] < 2.1
    assert [batch.summary.analysed for batch in run.batches] == [1]


def test_new_file_in_a_changed_folder_settles_first(watch: Run, music: Path) -> None:
    script = Script()
    script.at(10.0, lambda: write_clicks(music / "new.wav", 90), folders=(str(music),))
    run = watch(script, music)
    assert 12.0 <= run.times("analysed")[0] < 12.1


def test_a_file_that_moves_costs_no_analysis_and_is_never_missing(watch: Run, music: Path) -> None:
    script, old, new = Script(), music / "one.wav", music / "renamed.wav"
    script.at(10.0, lambda: old.rename(new), old, new)
    run = watch(script, music)
    assert run.changes == [("moved", "renamed.wav")]
    assert [(batch.summary.moved, batch.tracks) for batch in run.batches[1:]] == [(1, 1)]


def test_files_of_a_moved_folder_are_moved(watch: Run, music: Path) -> None:
    (music / "album").mkdir()
    (music / "one.wav").rename(music / "album" / "one.wav")
    script, old, new = Script(), music / "album", music / "better name"
    script.at(10.0, lambda: old.rename(new), old, new / "one.wav")
    run = watch(script, music)
    assert run.changes == [("moved", "one.wav")] * 2


def test_a_file_or_folder_that_is_gone_becomes_missing(watch: Run, music: Path) -> None:
    (music / "album").mkdir()
    write_clicks(music / "album" / "two.wav", 90)
    script = Script()
    script.at(10.0, (music / "one.wav").unlink, music / "one.wav")
    script.at(20.0, lambda: shutil.rmtree(music / "album"), music / "album")
    (music.parent / "keep").mkdir()
    write_clicks(music / "three.wav", 70)
    run = watch(script, music)
    assert run.changes[2:] == [("missing", "one.wav"), ("missing", "two.wav")]
    missing = run.times("missing")
    assert 12.0 <= missing[0] < 12.1
    assert 22.0 <= missing[1] < 22.1


def test_a_file_that_is_written_again_where_it_was_is_back(watch: Run, music: Path) -> None:
    script, file = Script(), music / "one.wav"
    content = file.read_bytes()
    (music / "cover.jpg").touch()  # an empty folder would be taken for one of an unplugged drive
    script.at(10.0, file.unlink, file)
    script.at(20.0, lambda: file.write_bytes(content), file)
    assert watch(script, music).changes == [("missing", "one.wav"), ("restored", "one.wav")]


def test_a_folder_that_goes_loses_no_track_and_is_scanned_when_it_returns(watch: Run, music: Path) -> None:
    script, away = Script(), music.parent / "away"
    absent, back = (Followed(path=str(music), method=method) for method in ("absent", "events"))
    script.at(10.0, lambda: music.rename(away), music / "one.wav", followed=(absent,))
    script.at(5000.0, lambda: away.rename(music), followed=(back,), folders=(str(music),))
    script.at(5010.0, lambda: write_clicks(music / "new.wav", 90), music / "new.wav")
    run = watch(script, music)
    assert run.notices == ["watching", "absent", "watching"]
    assert run.changes == [("analysed", "new.wav")]


def test_empty_mount_point_is_reported_once_and_loses_no_track(watch: Run, music: Path) -> None:
    script, away = Script(), music.parent / "away"

    def unmount() -> None:
        music.rename(away)
        music.mkdir()

    def mount() -> None:
        music.rmdir()
        away.rename(music)

    now = Followed(path=str(music), method="events")
    script.at(10.0, unmount, followed=(now,), folders=(str(music),))
    script.at(3 * LOOK_AGAIN_S, mount, followed=(now,), folders=(str(music),))
    run = watch(script, music)
    assert run.notices == ["watching", "notice"]
    assert run.changes == []


def test_watch_waits_for_a_manual_scan_and_reports_it_once(watch: Run, music: Path, tmp_path: Path) -> None:
    script, new = Script(), music / "new.wav"
    other = SqliteLocks(str(tmp_path / "library.map4")).scan(wait=False)

    def begin() -> None:
        other.__enter__()
        write_clicks(new, 90)

    script.at(10.0, begin, new)
    script.at(15.0, lambda: other.__exit__(None, None, None))
    script.at(20.0, lambda: None)
    run = watch(script, music)
    assert run.notices == ["watching", "waiting"]
    assert 15.0 <= run.times("analysed")[0] < 17.0


def test_watch_waits_for_workers_except_at_the_start(watch: Run, music: Path) -> None:
    script, new, are_away = Script(), music / "new.wav", False

    def lanes(count: int) -> Sequence[Lane]:
        if are_away:
            raise WorkerStartError("the scheduler has no workers; start some")
        return inline_lanes(count)

    def go() -> None:
        nonlocal are_away
        are_away = True
        write_clicks(new, 90)

    def come() -> None:
        nonlocal are_away
        are_away = False

    script.at(10.0, go, new)
    script.at(80.0, come)
    script.at(150.0, lambda: None)
    run = watch(script, music, lanes=lanes)
    assert run.notices == ["watching", "waiting"]
    assert run.changes == [("analysed", "new.wav")]
    assert 80.0 < run.times("analysed")[0] < 80.0 + 1.1 * WORKERS_S
    are_away = True
    write_clicks(music / "newer.wav", 95)
    with pytest.raises(WorkerStartError, match="no workers"):
        watch(Script(), music, lanes=lanes)


def test_folder_gone_while_waiting_for_a_scan_is_idle(watch: Run, music: Path, tmp_path: Path) -> None:
    script = Script()
    other = SqliteLocks(str(tmp_path / "library.map4")).scan(wait=False)
    script.at(10.0, lambda: other.__enter__() or write_clicks(music / "new.wav", 90), music / "new.wav")
    script.at(13.5, lambda: shutil.rmtree(music), music / "new.wav")
    script.at(14.0, lambda: other.__exit__(None, None, None))
    assert watch(script, music).changes == []
    assert script.waits < 20


def test_idle_watch_holds_no_lock_and_reports_nothing(watch: Run, music: Path, tmp_path: Path) -> None:
    script = Script()

    def scan() -> None:
        with Library.open(tmp_path / "library.map4", lanes=inline_lanes) as library:
            assert library.scan(music).unchanged == 1

    script.at(10.0, scan)
    script.at(4 * LOOK_AGAIN_S, scan)
    run = watch(script, music)
    assert len(run.events) == 2  # watching; nothing new
    assert script.now_s > 4 * LOOK_AGAIN_S


def test_a_broken_file_fails_once_until_it_changes(watch: Run, music: Path) -> None:
    script, bad = Script(), music / "bad.mp3"
    script.at(10.0, lambda: bad.write_bytes(b"no music" * 100), bad)
    script.at(20.0, bad.touch, bad)
    script.at(3 * LOOK_AGAIN_S, lambda: None)
    run = watch(script, music)
    assert run.changes == [("failed", "bad.mp3")] * 2
    assert [batch.summary.failed for batch in run.batches] == [0, 1, 1]


def test_matches_after_each_batch_are_reported(watch: Run, music: Path) -> None:
    script = Script()
    for second, name in ((10.0, "new.wav"), (20.0, "newer.wav")):
        script.at(second, lambda name=name: shutil.copy(music / "one.wav", music / name), music / name)
    run = watch(script, music, after_news=lambda: ["2 entries of lists found their file"])
    assert run.notices == ["watching", "notice", "notice"]


def test_an_empty_file_waits_for_its_content(watch: Run, music: Path) -> None:
    script, new = Script(), music / "download.wav"
    (music / "older download.wav").touch()
    script.at(10.0, new.touch, new)
    script.at(100.0, lambda: write_clicks(new, 90), new)
    run = watch(script, music)
    assert run.changes == [("analysed", "download.wav")]
    assert [batch.summary.analysed for batch in run.batches] == [0, 1]
    assert run.times("analysed")[0] >= 102.0


def test_many_files_at_once_are_one_batch(watch: Run, music: Path) -> None:
    script = Script()
    names = [music / f"{number:03}.mp3" for number in range(100)]
    script.at(10.0, lambda: [name.write_bytes(b"no music" * 10) for name in names], *names)
    run = watch(script, music)
    assert [batch.summary.failed for batch in run.batches] == [0, 100]


def test_file_written_continuously_does_not_delay_others(watch: Run, music: Path) -> None:
    script, recording, new = Script(), music / "recording.wav", music / "new.wav"
    for second in range(10, 30):
        script.at(float(second), lambda second=second: recording.write_bytes(bytes(second)), recording)
    script.at(30.0, recording.unlink, recording)
    script.steps.insert(5, (14.5, lambda: write_clicks(new, 90), FileChanges(paths=(str(new),))))
    run = watch(script, music)
    assert run.changes == [("analysed", "new.wav")]
    assert 16.5 <= run.times("analysed")[0] <= 17.1


def test_cleared_library_is_created_again(watch: Run, music: Path, tmp_path: Path) -> None:
    def clear() -> None:
        with Library.open(tmp_path / "library.map4") as library:
            library.care.clear()

    script = Script()
    script.at(10.0, clear)
    script.at(LOOK_AGAIN_S, lambda: None)
    assert watch(script, music).changes == [("analysed", "one.wav")]


def replace_library(path: Path) -> None:
    """Put an empty library in the place of one."""
    for name in path.parent.glob(f"{path.name}*"):
        if name.suffix != ".lock":
            name.unlink()
    with Library.open(path):
        pass


def test_replaced_library_is_reopened_and_scanned(watch: Run, music: Path, tmp_path: Path) -> None:
    script, library = Script(), tmp_path / "library.map4"
    script.at(10.0, lambda: replace_library(library))
    script.at(11.0, lambda: write_clicks(music / "new.wav", 90), music / "new.wav")
    with Library.open(library):
        run = watch(script, music)
    assert run.notices == ["watching", "replaced"]
    assert sorted(run.changes) == [("analysed", "new.wav"), ("analysed", "one.wav")]


def test_library_replaced_during_a_batch_gets_all_its_tracks(watch: Run, music: Path, tmp_path: Path) -> None:
    script, library = Script(), tmp_path / "library.map4"
    script.at(10.0, lambda: write_clicks(music / "new.wav", 90), music / "new.wav")
    rest = [lambda: replace_library(library)]

    def lanes(count: int) -> Sequence[Lane]:
        while rest:
            rest.pop()()
        return inline_lanes(count)

    with Library.open(library):
        run = watch(script, music, lanes=lanes)
    assert run.notices == ["watching", "replaced"]
    with Library.open(library) as found:
        assert found.count() == 2


def test_unwritable_library_ends_the_watch(tmp_path: Path, music: Path) -> None:
    write_clicks(music / "new.wav", 90)
    with (
        Library.open(tmp_path / "library.map4", lanes=Mock(side_effect=LibraryWriteError("no space left"))) as library,  # type: ignore[arg-type]
        pytest.raises(LibraryWriteError, match="no space left"),
    ):
        list(library.watch(music, settle_s=0.0, poll_s=1.0))


def test_invalid_watch_paths_are_refused_at_once(tmp_path: Path, music: Path) -> None:
    with Library.open(tmp_path / "other.map4", lanes=inline_lanes) as library:
        for paths, message in (
            ([], "no folder has been scanned yet; name one"),
            ([tmp_path / "absent"], "absent is not there"),
            ([music / "one.wav"], "one.wav is no folder; name the folder"),
        ):
            with pytest.raises(UsageError, match=message):
                next(library.watch(paths))
    with Library.open(Library.IN_MEMORY) as library, pytest.raises(UsageError, match="name a file"):
        next(library.watch(music))
