"""Changes of real folders, as events and by looking."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from map4.core.audio.jobs import WalkOptions
from map4.core.base.regular_files import OnDisk
from map4.scan import changes as watch
from map4.scan.changes import DiskChanges, FileChanges, Followed

MP3 = WalkOptions(extensions=frozenset({"mp3"}), exclude=("takes/",))
CHECK_S, STEP_S = 0.05, 0.03


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    (folder / "album").mkdir(parents=True)
    (folder / "album" / "one.mp3").write_bytes(b"one")
    return folder


@pytest.fixture
def following(music: Path) -> Iterator[DiskChanges]:
    """Follows the folder by events."""
    pytest.importorskip("watchfiles", reason="needs watchfiles (pip install '.[watch]')")
    with closing(DiskChanges(MP3, check_s=CHECK_S, step_s=STEP_S)) as source:
        assert source.start({str(music): True}) == (Followed(path=str(music), method="events"),)
        yield source


def changed_paths(source: DiskChanges, *, of: Path, enough: int = 1) -> set[str]:
    """Paths that are told within a while, relative to a folder."""
    paths: set[str] = set()
    until = time.monotonic() + 10
    while len(paths) < enough and time.monotonic() < until:
        paths |= {os.path.relpath(path, of) for path in source.wait(0.2).paths}
    return paths


# ---- events --------------------------------------------------------------------------------------


def test_only_audio_and_lyrics_files_are_reported(following: DiskChanges, music: Path) -> None:
    (music / "album" / "one.lrc").write_bytes(b"x")
    assert changed_paths(following, of=music) == {"album/one.lrc"}
    for name in ("two.mp3", "cover.jpg", ".hidden.mp3", "three.mp3.part", "four.mp3.writing-0123abcd"):
        (music / name).write_bytes(b"x")
    (music / "takes").mkdir()
    (music / "takes" / "five.mp3").write_bytes(b"x")
    assert changed_paths(following, of=music) == {"two.mp3"}
    (music / "two.mp3").rename(music / "album" / "two.mp3")
    assert changed_paths(following, of=music, enough=2) == {"two.mp3", "album/two.mp3"}


def test_new_folder_reports_its_files_and_removed_folder_itself(following: DiskChanges, music: Path) -> None:
    (music / "album").rename(music.parent / "elsewhere")
    (music / "later.txt").write_bytes(b"x")
    (music / "later.txt").unlink()  # no folder that is gone
    assert changed_paths(following, of=music) == {"album"}
    (music.parent / "elsewhere" / "cd 2").mkdir()
    (music.parent / "elsewhere" / "cd 2" / "two.mp3").write_bytes(b"x")
    (music.parent / "elsewhere").rename(music / "back")
    assert changed_paths(following, of=music, enough=2) == {"back/one.mp3", "back/cd 2/two.mp3"}


def test_changed_ignore_file_rescans_its_folder(following: DiskChanges, music: Path) -> None:
    (music / ".map4ignore").write_text("album\n")
    assert following.wait(10.0).folders == (str(music),)


def test_a_folder_that_goes_and_returns_is_followed_again(following: DiskChanges, music: Path) -> None:
    music.rename(music.parent / "away")
    changes = until_followed(following)
    assert changes.followed == (Followed(path=str(music), method="absent"),)
    (music.parent / "away").rename(music)
    changes = until_followed(following)
    assert changes == FileChanges(folders=(str(music),), followed=(Followed(path=str(music), method="events"),))
    (music / "new.mp3").write_bytes(b"x")
    assert changed_paths(following, of=music) == {"new.mp3"}


def until_followed(source: DiskChanges) -> FileChanges:
    """What is told once a folder is followed in another way."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if (changes := source.wait(0.5)).followed:
            return changes
    raise AssertionError("nothing was told")


def test_change_with_a_name_outside_utf_8_rescans_the_folder(following: DiskChanges, music: Path) -> None:
    Path(os.fsdecode(os.fsencode(music) + b"/\xff.mp3")).write_bytes(b"x")
    changes = until_followed(following)
    assert [(followed.method, followed.reason) for followed in changes.followed] == [
        ("polling", "the name of a file is not valid UTF-8")
    ]
    assert changes.folders == (str(music),)


# ---- looking -------------------------------------------------------------------------------------


def test_polling_finds_new_changed_and_removed_files(music: Path) -> None:
    with closing(DiskChanges(MP3, poll_s=0.01)) as source:
        assert source.start({str(music): True}) == (Followed(path=str(music), method="polling", every_s=0.01),)
        assert source.wait(0.05) == FileChanges()
        (music / "two.mp3").write_bytes(b"x")
        (music / "cover.jpg").write_bytes(b"x")
        assert changed_paths(source, of=music) == {"two.mp3"}
        (music / "two.lrc").write_bytes(b"x")
        assert changed_paths(source, of=music) == {"two.mp3"}
        (music / "two.mp3").write_bytes(b"longer")
        (music / "album" / "one.mp3").unlink()
        assert changed_paths(source, of=music, enough=2) == {"two.mp3", "album/one.mp3"}


def test_changes_in_sub_folders_are_reported_only_if_scanned(music: Path) -> None:
    with closing(DiskChanges(MP3, poll_s=0.01)) as source:
        source.start({str(music): False})
        (music / "album" / "two.mp3").write_bytes(b"x")
        (music / "three.mp3").write_bytes(b"x")
        assert changed_paths(source, of=music) == {"three.mp3"}


def test_a_folder_that_is_emptied_at_once_is_taken_for_unplugged(music: Path) -> None:
    with closing(DiskChanges(MP3, poll_s=0.01)) as source:
        source.start({str(music): True})
        (music / "album").rename(music.parent / "away")
        assert source.wait(0.05) == FileChanges()
        (music.parent / "away").rename(music / "album")
        assert source.wait(0.05) == FileChanges()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError("OS file watch limit reached."), "there are more folders than the system allows a user to watch"),
        (
            RuntimeError("Too many open files (os error 24)"),
            "there are more folders than the system allows a user to watch",
        ),
        (RuntimeError("error in underlying watcher"), "the system sends no events (error in underlying watcher)"),
    ],
)
def test_refused_watch_polls(music: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "watchfiles._rust_notify", SimpleNamespace(RustNotify=Mock(side_effect=error)))
    with closing(DiskChanges(MP3)) as source:
        assert [(followed.method, followed.reason) for followed in source.start({str(music): True})] == [
            ("polling", reason)
        ]


def test_folder_beyond_limit_is_seen(following: DiskChanges, music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchfiles._rust_notify.RustNotify", Mock(side_effect=OSError("OS file watch limit reached.")))
    (music / "new").mkdir()
    assert [followed.method for followed in until_followed(following).followed] == ["polling"]


def test_folders_are_polled_without_the_package(music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    monkeypatch.setitem(sys.modules, "watchfiles._rust_notify", None)
    with closing(DiskChanges(MP3)) as source:
        (followed,) = source.start({str(music): True})
    assert (followed.method, followed.every_s, followed.reason) == ("polling", watch.POLL_S, watch.NO_PACKAGE)


def test_network_drive_is_polled(music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OnDisk, "reports_changes", lambda path: False)
    with closing(DiskChanges(MP3)) as source:
        (followed,) = source.start({str(music): True})
    assert (followed.method, followed.reason) == ("polling", watch.NO_EVENTS)


def test_mount_table_shows_file_systems_without_events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    table = tmp_path / "mounts"
    odd = "a\u00a0drive\u2028of two lines".replace(" ", "\\040")
    kinds = {"nas": "cifs", "host": "virtiofs", "usb": "exfat", odd: "nfs"}
    lines = [f"{n} 1 0:{n} / {tmp_path}/{name} rw - {kind} source rw" for n, (name, kind) in enumerate(kinds.items())]
    table.write_text("\n".join(lines), encoding="utf-8")
    for name in ("nas", "host", "usb", "nas/album", "a\u00a0drive\u2028of two lines"):
        (tmp_path / name).mkdir()
    reported = {
        name: OnDisk(str(tmp_path / name)).reports_changes(mounts=str(table)) for name in ("nas/album", "host", "usb")
    }
    assert reported == {"nas/album": False, "host": False, "usb": True}
    assert not OnDisk(str(tmp_path / "a\u00a0drive\u2028of two lines")).reports_changes(mounts=str(table))
    assert OnDisk(str(tmp_path)).reports_changes(mounts=str(table))
    assert OnDisk(str(tmp_path / "usb")).mounted_within(mounts=str(table)) == (lines[2],)
    assert OnDisk(str(tmp_path)).mounted_within(mounts=str(table)) == tuple(lines)
