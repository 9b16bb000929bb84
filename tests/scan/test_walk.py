"""The walk: each real file once, in a stable order, and nothing else that lies in the folders."""

import errno
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from map4.core.audio.jobs import FoundFile, Stamp, WalkOptions, WalkProblem, lyrics_beside
from map4.errors import UsageError
from map4.scan import walk as files
from map4.scan.walk import DiskFiles

needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
Make = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    return folder


@pytest.fixture
def make(folder: Path) -> Make:
    """Write files of one byte each, with the folders around them; gives the last."""

    def write(*names: str) -> Path:
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(b"x")
        return folder / names[-1]

    return write


def walk(*paths: Path, **options: object) -> tuple[list[str], dict[str, tuple[str, str]]]:
    """Paths found, and the problems with their kind and message, below the last path's folder."""
    items = list(DiskFiles().walk([str(path) for path in paths], WalkOptions(**options)))  # type: ignore[arg-type]
    problems = [item for item in items if isinstance(item, WalkProblem)]
    assert len({item.path for item in problems}) == len(problems)
    return (
        [item.path for item in items if isinstance(item, FoundFile)],
        {item.path: (item.failure.kind, item.failure.message) for item in problems},
    )


def names(folder: Path, **options: object) -> list[str]:
    found, problems = walk(folder, **options)
    assert problems == {}
    return [os.path.relpath(path, folder) for path in found]


def forbid(monkeypatch: pytest.MonkeyPatch, call: str, path: Path, number: int = errno.EACCES) -> None:
    """Let one system call fail for one path, as rights would for anyone but root."""
    real = getattr(os, call)

    def refuse(asked: str, *args: object, **settings: object) -> object:
        if str(asked) == str(path):
            raise OSError(number, os.strerror(number), asked)
        return real(asked, *args, **settings)

    monkeypatch.setattr(files.os, call, refuse)


def test_files_are_listed_by_name_with_links_last(folder: Path, make: Make) -> None:
    make(
        "b.wav", "a/2.mp3", "a/1.flac", "c/deep/er.ogg", "c/a.wav", "d.WAV", "notes.txt", ".hidden.wav", "@eaDir/x.wav"
    )
    other = folder.parent / "other.wav"
    other.write_bytes(b"x")
    (folder / "a link.wav").symlink_to(other)
    assert names(folder) == ["a/1.flac", "a/2.mp3", "b.wav", "c/a.wav", "c/deep/er.ogg", "d.WAV", "a link.wav"]
    assert names(folder, recursive=False) == ["b.wav", "d.WAV", "a link.wav"]
    assert names(folder, extensions=frozenset({"txt"})) == ["notes.txt"]


def test_named_file_is_taken_despite_its_suffix_with_its_stamp(folder: Path, make: Make) -> None:
    status = make("a.wav").stat()
    (found,) = DiskFiles().walk([str(folder)], WalkOptions())
    stamp = found.stamp
    assert (stamp.size_bytes, stamp.mtime_ns, stamp.ctime_ns) == (1, status.st_mtime_ns, status.st_ctime_ns)
    named = make("odd.bin")
    assert walk(named, exclude=("*.bin",)) == ([str(named)], {})


def test_linked_file_is_listed_once_under_its_own_name(folder: Path, make: Make) -> None:
    real = make("real.wav")
    make("sub/other.wav")
    os.link(real, folder / "same.wav")
    (folder / "link.wav").symlink_to(real)
    (folder / "linked").symlink_to(folder / "sub")
    (folder / "sub" / "loop").symlink_to(folder)
    assert names(folder) == ["real.wav", "sub/other.wav"]
    # Named before its target, a link still comes after it; named alone, it is the file.
    assert walk(folder / "link.wav", real) == ([str(real)], {})
    assert walk(real, real, folder / "same.wav") == ([str(real)], {})
    assert walk(folder / "link.wav") == ([str(folder / "link.wav")], {})
    (folder / "sub" / "loop").unlink()
    assert walk(folder / "linked", folder / "sub", folder / "sub") == ([str(folder / "sub" / "other.wav")], {})
    assert walk(folder / "linked", recursive=False) == ([str(folder / "linked" / "other.wav")], {})


def test_named_file_that_is_unreadable_is_a_problem(folder: Path) -> None:
    (folder / "dangling.wav").symlink_to(folder / "nowhere")
    (folder / "circle.wav").symlink_to(folder / "circle.wav")
    paths = [folder / name for name in ("absent.wav", "dangling.wav", "circle.wav", "nul\0byte.wav")]
    found, problems = walk(*paths, paths[0])
    assert found == []
    assert [problems[str(path)][0] for path in paths] == ["vanished", "vanished", "unreadable", "vanished"]
    assert (problems[str(paths[0])][1], problems[str(paths[1])][1]) == ("does not exist", "is a broken link")
    # In a folder they were not asked for.
    assert names(folder) == []


@needs_pipes
def test_a_pipe_is_never_opened(folder: Path, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, **settings: object) -> None:
        raise AssertionError(f"{path} was opened, which would wait for ever")

    monkeypatch.setattr(files, "open", refuse, raising=False)
    make("a.wav")
    os.mkfifo(folder / "pipe.wav")
    os.mkfifo(folder / ".map4ignore")
    assert names(folder) == ["a.wav"]
    assert walk(folder / "pipe.wav")[1][str(folder / "pipe.wav")][0] == "unsupported"


def test_a_link_into_a_locked_folder_is_a_problem(folder: Path, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "link.wav").symlink_to(make("real.txt"))
    forbid(monkeypatch, "stat", folder / "link.wav")
    assert walk(folder)[1] == {str(folder / "link.wav"): ("unreadable", "can't be read: Permission denied")}


def test_unreadable_folder_is_one_problem(folder: Path, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    make("a.wav", "locked/b.wav", "locked/c/d.wav", "z.wav")
    forbid(monkeypatch, "scandir", folder / "locked")
    problem = {str(folder / "locked"): ("unreadable", "can't be read: Permission denied")}
    assert walk(folder) == ([str(folder / "a.wav"), str(folder / "z.wav")], problem)
    assert walk(folder / "locked") == ([], problem)


@pytest.mark.parametrize("number", [errno.EACCES, errno.ESTALE])
def test_refused_path_is_not_gone(folder: Path, make: Make, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    path = make("locked/b.wav")
    forbid(monkeypatch, "lstat", path, number)
    assert DiskFiles().exists(str(path))


def test_missing_paths_do_not_exist(folder: Path, make: Make) -> None:
    path = make("a.wav")
    (folder / "dangling").symlink_to("nowhere")
    exists = DiskFiles().exists
    assert (exists(str(path)), exists(str(folder / "dangling"))) == (True, True)
    # The second lies in what was a folder once and is a file now.
    assert (exists(str(folder / "b.wav")), exists(f"{path}/b.wav")) == (False, False)


def test_exclusion_follows_gitignore(folder: Path, make: Make) -> None:
    make("one.wav", "two.wav", "sub/one.wav", "sub/deep/three.wav", "old/four.wav")
    (folder / "link to old").symlink_to(folder / "old")
    assert names(folder, exclude=("one.wav", "old/", "link to old")) == ["sub/deep/three.wav", "two.wav"]
    assert names(folder, exclude=("/one.wav", "old", "link*/")) == ["sub/deep/three.wav", "sub/one.wav", "two.wav"]
    (folder / "sub" / ".map4ignore").write_bytes("\ufeffdeep/\r\n".encode())
    assert names(folder, exclude=("old", "link to old")) == ["one.wav", "sub/one.wav", "two.wav"]


@pytest.mark.parametrize("pattern", ["!", "[z-a]", "a\\"])
def test_an_exclusion_that_is_no_pattern_is_wrong_usage(folder: Path, pattern: str) -> None:
    with pytest.raises(UsageError, match="is not a valid exclude pattern") as raised:
        DiskFiles().walk([str(folder)], WalkOptions(exclude=("*.tmp", pattern)))
    assert f"'{pattern}'" in str(raised.value)


@pytest.mark.filterwarnings("error")
def test_a_bad_line_of_an_ignore_file_is_left_out(folder: Path, make: Make) -> None:
    make("one.wav", "two.wav", "x1.wav")
    (folder / ".map4ignore").write_bytes(b"# these\n!\ntwo.wav\n[z-a]\n\xff\xfe\\\n[[:alpha:]]\n")
    assert names(folder) == ["one.wav", "x1.wav"]


def test_a_too_long_ignore_file_or_line_is_a_problem(folder: Path, make: Make) -> None:
    make("one.wav", "two.wav")
    ignore = folder / ".map4ignore"
    ignore.write_text("two.wav\n" + "*a" * 501 + "\n")
    message = "leaves out no files by line 2, which is longer than 1,000 letters"
    assert walk(folder) == ([str(folder / "one.wav")], {str(ignore): ("too_long", message)})
    ignore.write_text("two.wav\n" * 200_000)
    message = "is not read, as it is longer than 1.0 MB; files are not left out by it"
    assert walk(folder) == ([str(folder / "one.wav"), str(folder / "two.wav")], {str(ignore): ("too_long", message)})


def test_unreadable_ignore_file_ignores_nothing(folder: Path, make: Make) -> None:
    make("one.wav", ".map4ignore/two.wav")
    assert names(folder) == ["one.wav"]
    (folder / ".map4ignore" / "two.wav").unlink()
    (folder / ".map4ignore").rmdir()
    (folder / ".map4ignore").symlink_to("nowhere")
    assert names(folder) == ["one.wav"]


@pytest.fixture
def nest(folder: Path) -> Iterator[Callable[[str, int], None]]:
    """Make folders in each other, further down than one path can name, with a file `<depth>.wav` in each."""
    made: list[tuple[str, int]] = []

    def down(name: str, depth: int) -> None:
        made.append((name, depth))
        here = os.open(folder, os.O_RDONLY)
        for level in range(depth):
            os.close(os.open(f"{level}.wav", os.O_CREAT | os.O_WRONLY, dir_fd=here))
            os.mkdir(name, dir_fd=here)
            below = os.open(name, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        os.close(here)

    yield down
    # pytest's own removal would call itself as often as there are folders.
    for name, depth in made:
        opened = [os.open(folder, os.O_RDONLY)]
        for level in range(depth):
            os.unlink(f"{level}.wav", dir_fd=opened[-1])
            opened.append(os.open(name, os.O_RDONLY, dir_fd=opened[-1]))
        while len(opened) > 1:
            os.close(opened.pop())
            os.rmdir(name, dir_fd=opened[-1])
        os.close(opened.pop())


@pytest.mark.skipif(os.open not in os.supports_dir_fd, reason="folders can't be opened here")
def test_deeply_nested_folders_are_walked(folder: Path, nest: Callable[[str, int], None]) -> None:
    nest("d", 700)
    assert len(names(folder)) == 700


@pytest.mark.skipif(os.open not in os.supports_dir_fd, reason="folders can't be opened here")
def test_a_path_too_long_for_the_system_is_one_problem(folder: Path, nest: Callable[[str, int], None]) -> None:
    room = os.pathconf(folder, "PC_PATH_MAX") - 1 - len(str(folder))
    # A file of the last folder has room, whatever the length of the path of the test.
    nest("d" * next(size for size in range(180, 220) if 20 < room % (size + 1) < size - 20), 30)
    found, problems = walk(folder)
    assert 10 < len(found) < 30
    (problem,) = problems.values()
    assert problem == ("unreadable", f"can't be read: {os.strerror(errno.ENAMETOOLONG)}")


def test_folder_content_is_detected(folder: Path, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = DiskFiles()
    assert (disk.is_folder(str(folder)), disk.has_content(str(folder))) == (True, False)
    path = make("a.wav")
    assert (disk.is_folder(str(path)), disk.has_content(str(path)), disk.has_content(str(folder))) == (
        False, False, True,
    )  # fmt: skip
    forbid(monkeypatch, "scandir", folder)
    assert disk.has_content(str(folder))


def test_file_times_are_limited_to_the_range_of_the_library() -> None:
    for year, kept_ns in ((1969, -31536000 * 10**9), (2262, None), (1600, -(2**63 - 1)), (2300, 2**63 - 1)):
        told_ns = (
            (datetime(year, 1, 1, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
        )
        status = SimpleNamespace(st_size=1, st_mtime_ns=told_ns, st_ctime_ns=told_ns, st_ino=1, st_dev=1)
        stamp = Stamp.of(status)  # type: ignore[arg-type]
        assert stamp.mtime_ns == stamp.ctime_ns == (told_ns if kept_ns is None else kept_ns)


DOTTED = ("...And Justice for All/1.flac", ".38 Special/1.flac", ".hack Sign Original Soundtrack/1.flac", "..foo.mp3",
          "...Baby One More Time.mp3", ".38 Special - Hold On.flac", ".5.mp3", "....mp3")  # fmt: skip
HIDDEN = (".hidden.wav", ".hack/1.mp3", ".Trash-1000/1.mp3", "._1.mp3", ".git/x", ".stversions/1.mp3", ".~1.mp3")


def test_names_with_dots_are_music_and_hidden_names_are_counted(folder: Path) -> None:
    for name in (*DOTTED, *HIDDEN):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"x")
    hidden: list[str] = []
    found = [
        os.path.relpath(track.path, folder) for track in DiskFiles().walk([str(folder)], WalkOptions(), hidden=hidden)
    ]
    assert set(DOTTED) <= set(found)
    assert set(found).isdisjoint(HIDDEN)
    names = sorted(os.path.relpath(path, folder) for path in hidden)
    assert names == [".Trash-1000", ".hack", ".hidden.wav", ".stversions", ".~1.mp3"]
    paths = [str(folder / name) for name in (*DOTTED, *HIDDEN)]
    wanted = [os.path.relpath(path, folder) for path in DiskFiles().wanted(paths, str(folder), WalkOptions())]
    assert sorted(wanted) == sorted(DOTTED)


@pytest.mark.parametrize("suffix", ["lrc", "LRC", "Txt"])
def test_lyrics_beside_music_are_wanted_whatever_the_case_of_suffixes(folder: Path, make: Make, suffix: str) -> None:
    make("B.MP3", f"B.{suffix}", f"C.{suffix}")
    paths = [str(folder / f"B.{suffix}"), str(folder / f"C.{suffix}")]
    assert list(DiskFiles().wanted(paths, str(folder), WalkOptions())) == paths[:1]
    walks = (DiskFiles().walk([str(place)], WalkOptions()) for place in (folder, folder / "B.MP3"))
    states = [found.beside for walk in walks for found in walk if isinstance(found, FoundFile)]
    assert states == [lyrics_beside(paths[0])] * 2
    assert (states[0] or "").lower().startswith(f".{suffix.lower()} ")


def matroska(*kinds: int, before: bytes = b"") -> bytes:
    """The beginning of a Matroska file with tracks of these kinds, in a segment of unknown size."""
    tracks = b"".join(b"\xae\x87\xd7\x81\x01\x83\x82\x00" + bytes([kind]) for kind in kinds)
    head = b"\x1a\x45\xdf\xa3\x84\x42\x86\x81\x01\x18\x53\x80\x67\x01" + b"\xff" * 7
    return head + before + b"\x16\x54\xae\x6b" + bytes([0x80 | len(tracks)]) + tracks + b"\x1f\x43\xb6\x75" + bytes(99)


def test_matroska_is_music_without_pictures(folder: Path, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    void = b"\xec\x10" + (1 << 20).to_bytes(3, "big") + bytes(1 << 20)
    sounds = {"a.webm": matroska(2), "b.MKV": matroska(2, 17), "c.mkv": matroska(2, before=void)}
    others = {"clip.webm": matroska(1, 2), "words.mkv": matroska(17), "cut.mkv": matroska(2)[:24], "empty.webm": b""}
    for name, data in (sounds | others).items():
        (folder / name).write_bytes(data)
    (folder / "link.mkv").symlink_to(folder.parent / "linked.mkv")
    (folder.parent / "linked.mkv").write_bytes(matroska(1))
    assert names(folder) == [*sounds] == names(folder, exclude=("clip.*",))
    assert names(folder, exclude=("*.mkv",)) == ["a.webm", "b.MKV"]
    assert names(folder, extensions=frozenset({"wav"})) == []
    hidden: list[str] = []
    disk = DiskFiles()
    assert len([*disk.walk([str(folder)], WalkOptions(), hidden=hidden)]) == len(sounds)
    assert hidden == [str(folder / name) for name in sorted(others)]
    monkeypatch.setattr(files, "is_sound_only", lambda path: pytest.fail(f"reads {path} again"))
    assert len([*disk.walk([str(folder)], WalkOptions())]) == len(sounds)
    assert len([*disk.wanted([str(folder / "a.webm"), str(folder / "gone.mkv")], str(folder), WalkOptions())]) == 2
