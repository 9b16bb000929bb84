"""Tags written into files by `Library`: whole or not at all, noted, undone, and no reason for a scan to read anew."""

import base64
import fcntl
import json
import os
import re
import resource
import shutil
import signal
import stat
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import Mock, patch

import pytest
from tagged_files import known, stuffed

from map4 import Library
from map4.core.audio.content import Content
from map4.core.audio.tags import read_tags
from map4.core.audio.tags.changes import WrittenTags
from map4.core.base.files.journal import JournalError
from map4.errors import NothingFoundError, UsageError
from map4.scan.workers.lanes import inline_lanes
from map4.tags import journals as tag_journals
from map4.tags.journals import TagJournals

FIELDS = ("bpm", "key", "energy", "gain")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return stuffed(tmp_path / "a.mp3")


@pytest.fixture
def library(tmp_path: Path, path: Path) -> Iterator[Library]:
    with Library.open(known(tmp_path / "library.map4", path), lanes=inline_lanes) as opened:
        yield opened


def problem(library: Library, path: Path, **options: Any) -> str | None:
    [done] = library.tags.write(library.tracks.all(), fields=FIELDS, **options)
    assert (done.path, done.state) == (str(path), "left_alone")
    assert [name for name in os.listdir(path.parent) if name.startswith(".map4")] == []
    return done.problem


def test_missing_tags_are_written_and_the_next_scan_finds_no_change(library: Library, path: Path) -> None:
    old = path.read_bytes()
    [done] = library.tags.write(library.tracks.all(), fields=FIELDS)
    assert (done.state, done.problem) == ("written", None)
    assert [(field.name, field.state, field.old, field.new) for field in done.fields] == [
        ("bpm", "differs", "100", "127.25"),
        ("key", "write", None, "F#m"),
        ("energy", "write", None, "7"),
        ("gain", "write", None, "-8.02 dB"),
    ]
    assert (read_tags(str(path)).bpm, read_tags(str(path)).key) == (100.0, "F#m")
    track = library.track(path)
    assert track.tags.key == "F#m"
    summary = library.scan([path.parent])
    assert (summary.unchanged, summary.analysed, summary.moved, summary.failed) == (1, 0, 0, 0)
    assert library.tags.write(library.tracks.all(), fields=FIELDS)[0].state == "unchanged"
    [undone] = library.undo("tags")
    assert (undone.state, path.read_bytes()) == ("restored", old)
    assert library.scan([path.parent]).unchanged == 1
    with pytest.raises(NothingFoundError, match="there is nothing to undo"):
        library.undo("tags")


def test_written_fields_follow_confidence_and_options(library: Library, path: Path, tmp_path: Path) -> None:
    states = {
        field.name: field.state
        for field in library.tags.write(
            library.tracks.all(), fields=("bpm", "key", "title"), at_least=0.95, dry_run=True
        )[0].fields
    }
    assert states == {"bpm": "differs", "key": "unsure", "title": "same"}
    [plan] = library.tags.write(
        library.tracks.all(), fields=("bpm", "key"), overwrite=True, key_notation="camelot", dry_run=True
    )
    assert [field.new for field in plan.changes] == ["127.25", "11A"]
    assert plan.state == "planned"
    assert not (tmp_path / "library.map4.journals").exists()
    library.set(library.tracks.all(), bpm=100.5)
    [done] = library.tags.write(library.tracks.all(), fields=("bpm", "comment_prefix"))
    assert [(field.name, field.source) for field in done.changes] == [("bpm", "user"), ("comment_prefix", "measured")]
    assert read_tags(str(path)).comment == "11A - 7 - a remark"
    library.set(library.tracks.all(), key="8A")
    [done] = library.tags.write(library.tracks.all(), fields=("bpm", "comment_prefix"))
    assert [field.name for field in done.changes] == ["comment_prefix"]
    assert read_tags(str(path)).comment == "8A - 7 - a remark"


def test_writes_are_undone_in_order_or_by_name(library: Library, path: Path) -> None:
    contents = [path.read_bytes()]
    for fields in (("key",), ("energy",), ("gain",)):
        library.tags.write(library.tracks.all(), fields=fields)
        contents.append(path.read_bytes())
    names, whats = zip(*((step.name, step.what) for step in library.undo_steps("tags").steps), strict=True)
    assert len(set(names)) == 3
    assert whats == ("1 file: gain", "1 file: energy", "1 file: key")
    [left] = library.undo("tags", names[1])
    assert left.problem == "has changed since; 'map4 scan' reads it again"
    for content in (contents[2], contents[1]):
        assert library.undo("tags")[0].state == "restored"
        assert path.read_bytes() == content
    assert library.undo("tags", f"{library.path}.journals/{names[2]}.jsonl")[0].state == "restored"
    assert path.read_bytes() == contents[0]
    with pytest.raises(NothingFoundError, match="there is no journal 'tags-1'"):
        library.undo("tags", "tags-1")


def test_written_file_keeps_owner_mode_attributes_and_times(library: Library, path: Path) -> None:
    os.chmod(path, 0o640)
    os.utime(path, ns=(1_000_000_000_000_000_000, 1_100_000_000_000_000_000))
    has_attributes = True
    try:
        os.setxattr(path, "user.map4", b"kept")
    except OSError:
        has_attributes = False
    library.scan([path.parent])
    library.tags.write(library.tracks.all(), fields=("key",), keep_times=True)
    status = os.stat(path)
    assert (stat.S_IMODE(status.st_mode), status.st_mtime_ns) == (0o640, 1_100_000_000_000_000_000)
    assert not has_attributes or os.getxattr(path, "user.map4") == b"kept"
    library.tags.write(library.tracks.all(), fields=("energy",))
    assert os.stat(path).st_mtime_ns > 1_100_000_000_000_000_000
    library.undo("tags")
    assert os.stat(path).st_mtime_ns == 1_100_000_000_000_000_000
    assert library.scan([path.parent]).unchanged == 1


def test_unwritable_or_changed_files_are_skipped(library: Library, path: Path, tmp_path: Path) -> None:
    os.chmod(path, 0o444)
    assert problem(library, path) == "is read-only; 'chmod u+w' allows it"
    os.chmod(path, 0o644)
    os.link(path, tmp_path / "twin")
    assert (problem(library, path) or "").startswith("has 2 names (hard links)")
    (tmp_path / "twin").unlink()
    with path.open("ab") as file:
        file.write(b"\0")
    assert problem(library, path) == "has changed since the last scan; 'map4 scan' reads it again"
    path.unlink()
    assert problem(library, path) == "does not exist"
    path.write_bytes(b"")
    library.scan([path.parent])
    assert problem(library, path) == "is empty"


def test_leftovers_of_a_crash_are_removed_by_the_next_write(library: Library, path: Path, tmp_path: Path) -> None:
    stale, busy, pipe = (tmp_path / f".map4.tags-{number:08x}" for number in range(3))
    stale.write_bytes(b"half")
    moving = tmp_path / ".map4-00000000.partial"  # of a copy that moves to another disk just now
    moving.write_bytes(b"half")
    os.mkfifo(pipe)
    with busy.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # as a write of another process holds it
        library.tags.write(library.tracks.all(), fields=("key",))
        assert not stale.exists()
        assert busy.exists()
        assert pipe.exists()
        assert moving.exists()
    assert library.scan([path.parent]).found == 1  # hidden files are no music


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_file_of_another_user_keeps_its_owner(library: Library, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.chown(path, 12345, 54321)
    os.chmod(path, 0o666)
    library.tags.write(library.tracks.all(), fields=("key",))
    status = os.stat(path)
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (12345, 54321, 0o666)
    before = path.read_bytes()

    monkeypatch.setattr(os, "chown", Mock(side_effect=PermissionError))  # as the system does to anybody but root
    assert problem(library, path) == "belongs to another user or group, which could not be preserved"
    assert path.read_bytes() == before


def test_writing_through_a_link_keeps_the_link(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.mp3"
    link.symlink_to(path.name)
    with Library.open(known(tmp_path / "library.map4", link), lanes=inline_lanes) as library:
        assert library.tags.write(library.tracks.all(), fields=("key",))[0].state == "written"
    assert link.is_symlink()
    assert read_tags(str(path)).key == "F#m"


def test_file_changed_during_writing_is_skipped(library: Library, path: Path) -> None:
    """By another program, between the reading and the last step: a hook of the interpreter stands in for it."""
    changed = path.read_bytes() + b"\0"

    def meddle(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "shutil.copystat" and armed:
            armed.clear()
            path.write_bytes(changed)

    armed = [True]
    sys.addaudithook(meddle)
    assert problem(library, path) == "has changed since; 'map4 scan' reads it again"
    assert not armed
    assert path.read_bytes() == changed


def test_a_full_disk_leaves_the_old_file(library: Library, path: Path) -> None:
    before, size = path.read_bytes(), path.stat().st_size
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size - 1000, limits[1]))
    try:
        found = problem(library, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert (found, path.read_bytes()) == ("can't be written: File too large", before)


def test_unwritable_journal_prevents_all_writes(library: Library, path: Path, tmp_path: Path) -> None:
    before = path.read_bytes()
    (tmp_path / "library.map4.journals").write_bytes(b"no folder")
    with pytest.raises(JournalError, match=r"no journal can be written in .*: File exists; nothing was changed"):
        library.tags.write(library.tracks.all(), fields=FIELDS)
    assert path.read_bytes() == before
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".map4")]


def test_a_journal_on_a_full_disk_keeps_whole_lines(tmp_path: Path) -> None:
    journals = TagJournals(str(tmp_path))
    content = Content(size_bytes=1, digest="a")
    done = WrittenTags(path="/a.mp3", before=content, after=content, modified_ns=1, back=(), fields={})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with closing(journals.begin()) as journal:
        journal.note(done)
        [file] = tmp_path.iterdir()
        resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + 20, limits[1]))
        try:
            with pytest.raises(JournalError, match="File too large; nothing more was changed"):
                journal.note(done)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            signal.signal(signal.SIGXFSZ, ignored)
    assert file.read_bytes().endswith(b"\n")
    assert list(journals.find(file.name).files()) == [done]


def test_last_write_is_undone_first_even_if_the_clock_was_set_back(library: Library, path: Path) -> None:
    with patch.object(tag_journals, "datetime") as clock:
        clock.now.return_value = datetime(2030, 1, 1, tzinfo=UTC)
        library.tags.write(library.tracks.all(), fields=("key",))
    first = path.read_bytes()
    for fields in (("energy",), ("gain",)):
        library.tags.write(library.tracks.all(), fields=fields)
    whats = [step.what for step in library.undo_steps("tags").steps]
    assert whats == ["1 file: gain", "1 file: energy", "1 file: key"]
    assert [library.undo("tags")[0].state for _ in range(2)] == ["restored", "restored"]
    assert path.read_bytes() == first


@pytest.mark.parametrize("name", ["song2", "song.bak", "..mp3"])
def test_written_tags_are_undone_whatever_the_name(library: Library, path: Path, name: str) -> None:
    renamed = path.rename(path.with_name(name))
    known(Path(library.path), renamed)
    old = renamed.read_bytes()
    written = library.tags.write([library.track(renamed)], fields=FIELDS)
    assert ([done.state for done in written], renamed.read_bytes() == old) == (["written"], False)
    assert [file.state for file in library.undo("tags")] == ["restored"]
    assert renamed.read_bytes() == old


def test_forged_journal_changes_only_audio_files(library: Library, path: Path) -> None:
    library.tags.write(library.tracks.all(), fields=FIELDS)
    [journal] = Path(f"{library.path}.journals").iterdir()
    victim = path.parent / ".bashrc"
    victim.write_bytes(path.read_bytes())
    journal.write_text(journal.read_text().replace(str(path), str(victim)))
    [left] = library.undo("tags", str(journal))
    assert left.state == "left_alone"
    assert left.problem == ("it has no audio suffix, and this library has no record of it; 'map4 scan' that file first")
    assert victim.read_bytes() == path.read_bytes()


def test_journal_that_unpacks_to_an_impossible_size_is_damaged(library: Library, path: Path) -> None:
    library.tags.write(library.tracks.all(), fields=FIELDS)
    [journal] = Path(f"{library.path}.journals").iterdir()
    zeros = base64.b64encode(zlib.compress(bytes(50_000_000))).decode()
    head, line = journal.read_text().splitlines()
    record = json.loads(line)
    journal.write_text(f"{head}\n{json.dumps(record | {'back': [[0, 1, zeros]]})}\n")
    with pytest.raises(JournalError, match="more bytes than tags can have"):
        library.undo("tags")


def test_damaged_journals_are_reported(library: Library, path: Path, tmp_path: Path) -> None:
    library.tags.write(library.tracks.all(), fields=FIELDS)
    [journal] = (tmp_path / "library.map4.journals").iterdir()
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    assert stat.S_IMODE(journal.parent.stat().st_mode) == 0o700
    whole = journal.read_bytes()
    for old, new in ((rb'"digest"', b'"digits"'), (rb'"mtime_ns":\d+', b'"mtime_ns":1e999')):
        journal.write_bytes(re.sub(old, new, whole, count=1))
        with pytest.raises(JournalError, match="is damaged in line 2"):
            library.undo("tags")
    journal.write_bytes(whole + b'{"path": "/cut of')  # by a power cut
    written = path.read_bytes()
    assert library.undo("tags")[0].state == "restored"
    assert path.read_bytes() != written
    assert library.undo_steps("tags").steps[0].is_undone
    other = tmp_path / "other.jsonl"
    other.write_bytes(b'{"schema": "x", "written_at": "2026-01-01T00:00:00"}\n')
    with pytest.raises(JournalError, match="is not a journal of 'map4 tags write'"):
        library.undo("tags", str(other))


def test_damaged_line_of_a_journal_hides_no_other_file_and_no_other_journal(
    library: Library, path: Path, tmp_path: Path
) -> None:
    other = stuffed(tmp_path / "b.mp3")
    known(Path(library.path), other)
    before = path.read_bytes(), other.read_bytes()
    library.tags.write([path], fields=("key",))
    written = path.read_bytes()
    library.tags.write([path, other], fields=("energy",))
    journal = max((tmp_path / "library.map4.journals").iterdir(), key=lambda path: len(path.read_bytes()))
    whole = journal.read_bytes()
    journal.write_bytes(whole.replace(b'"digest"', b'"digits"', 1))
    for listed in (library.undo_steps("tags"), library.undo_steps()):
        assert len(listed.steps) == 2
        assert listed.problems == (f"{journal} is damaged in line 2: 'digest'",)
    line, restored = library.undo("tags")
    assert (line.path, line.problem) == (
        str(journal),
        "its line 2 is unreadable; the file named in it is left as it is",
    )
    assert (restored.path, restored.state, other.read_bytes()) == (str(other), "restored", before[1])
    assert path.read_bytes() not in (before[0], written)
    journal.write_bytes(whole)
    assert [file.state for file in library.undo("tags")] == ["unchanged", "restored"]
    assert (path.read_bytes(), library.undo("tags")[0].state, path.read_bytes()) == (written, "restored", before[0])


def test_a_link_to_a_library_leads_to_the_same_journals(library: Library, path: Path, tmp_path: Path) -> None:
    before = path.read_bytes()
    link = tmp_path / "elsewhere" / "link.map4"
    link.parent.mkdir()
    link.symlink_to(library.path)
    with Library.open(link, lanes=inline_lanes) as linked:
        linked.tags.write(linked.tracks.all(), fields=FIELDS)
    assert os.listdir(link.parent) == ["link.map4"]
    assert [done.state for done in library.undo("tags")] == ["restored"]
    assert path.read_bytes() == before


def test_libraries_in_memory_and_invalid_options_are_refused() -> None:
    with (
        Library.open(Library.IN_MEMORY, lanes=inline_lanes) as library,
        pytest.raises(UsageError, match="without a file"),
    ):
        library.tags.write([], fields=FIELDS)
    with Library.open(Library.IN_MEMORY, lanes=inline_lanes) as library:
        with pytest.raises(UsageError, match="there is no field to write 'tempo'"):
            library.tags.write([], fields=["tempo"])  # type: ignore[list-item]
        with pytest.raises(UsageError, match=r"several names: \['bpm'\]"):
            library.tags.write([], fields="bpm")
        with pytest.raises(UsageError, match="a confidence is from 0 to 1, not 2"):
            library.tags.write([], fields=["bpm"], at_least=2)


# ---- cut off at every step -----------------------------------------------------------------------

_STEPS = ("altered.py", "content.py", "tags/journals.py", "files/journal.py", "tags/use.py", "unfinished.py")


def killed_at(step: int, action: Callable[[], object]) -> bool:
    """Do something in a process that is killed (-9) at its n-th line of code; True where it was done before that."""
    child = os.fork()
    if child == 0:
        left = step

        def trace(frame: FrameType, event: str, argument: object) -> Any:
            nonlocal left
            if not frame.f_code.co_filename.endswith(_STEPS):
                return None
            left -= event == "line"
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return trace

        sys.settrace(trace)
        try:
            action()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.contract
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("stride", [101, pytest.param(2, marks=pytest.mark.world)])
def test_killed_write_leaves_the_old_or_the_new_file(path: Path, tmp_path: Path, stride: int) -> None:
    file = known(tmp_path / "library.map4", path)
    modified_ns = path.stat().st_mtime_ns

    def write() -> None:
        with Library.open(file, lanes=inline_lanes) as library:
            library.tags.write(library.tracks.all(), fields=FIELDS)

    def undo() -> None:
        with Library.open(file, lanes=inline_lanes) as library:
            library.undo("tags")

    old, pristine = path.read_bytes(), file.read_bytes()
    write()
    new = path.read_bytes()
    for action, before, after in ((write, old, new), (undo, new, old)):
        seen = set()
        for step in range(0, 5000, stride):
            path.write_bytes(old)
            for side in ("-wal", "-shm"):
                Path(f"{file}{side}").unlink(missing_ok=True)
            file.write_bytes(pristine)
            shutil.rmtree(tmp_path / "library.map4.journals", ignore_errors=True)
            os.utime(path, ns=(0, modified_ns))
            if action is undo:
                write()
            is_done = killed_at(step, action)
            seen.add(path.read_bytes())
            if path.read_bytes() == new:
                undo()
                assert path.read_bytes() == old
            if is_done:
                break
        assert is_done
        assert seen == {before, after}
    with Library.open(file, lanes=inline_lanes) as library:
        library.scan([path.parent])
        library.tags.write(library.tracks.all(), fields=("comment_prefix",))
    assert [name for name in os.listdir(tmp_path) if name.startswith(".map4")] == []
    assert read_tags(str(path)).comment == "11A - 7 - a remark"


def test_journal_cut_off_in_its_first_line_is_skipped(library: Library, path: Path) -> None:
    old = path.read_bytes()
    library.tags.write(library.tracks.all(), fields=("key",))
    (Path(f"{library.path}.journals") / "tags-29990101-000000.jsonl").write_bytes(b'{"schema')
    assert len(library.undo_steps("tags").steps) == 1
    assert library.undo("tags")[0].state == "restored"
    assert path.read_bytes() == old
    assert library.undo("tags", "tags-29990101-000000") == []


def test_journals_of_1_0_0rc1_are_listed_and_undone(library: Library, path: Path) -> None:
    old = path.read_bytes()
    start = old.index(b"An album")
    new = old.replace(b"An album", b"Xx album")
    head = '{"schema":"map4/tags-journal/1","written_at":"2026-01-31T23:15:00+01:00"%s}\n'

    def line(after: bytes, field: str) -> str:
        digests = [blake2b(data, digest_size=16).hexdigest() for data in (old, after)]
        return (
            f'{{"path":{json.dumps(str(path))},"before":{{"size_bytes":{len(old)},"digest":"{digests[0]}",'
            f'"mtime_ns":1600000000123456789}},"after":{{"size_bytes":{len(after)},"digest":"{digests[1]}"}},'
            f'"back":[[{start},8,"eJxzzFNIzEkqzQUAC+QC4Q=="]],"fields":{{"{field}":["An album","Xx album"]}}}}\n'
        )

    texts = {
        "tags-20260131-221500": head % "" + line(new, "key") + '{"undone_at":"2026-01-31T22:16:00+00:00"}\n',
        # Its job was killed before it had replaced the file, and continued; then power failed.
        "tags-20260131-221500-2": head % ',"plan":"p-1"'
        + line(b"other", "album")
        + line(new, "album")
        + '{"path":"/cut',
        "tags-20260131-221500-10": head[:20],
    }
    (folder := Path(f"{library.path}.journals")).mkdir()
    for name, text in texts.items():
        (folder / f"{name}.jsonl").write_text(text, encoding="ascii")
    path.write_bytes(new)

    def steps() -> list[tuple[str, str | None, str, int, int, str]]:
        listed = library.undo_steps("tags").steps
        return [(step.name, step.at, step.what, step.count, step.undone, step.command[1]) for step in listed]

    second, first = ("tags-20260131-221500-2", "1 file: album"), ("tags-20260131-221500", "1 file: key")
    at = "2026-01-31T22:15:00Z"
    assert steps() == [(second[0], at, second[1], 1, 0, "undo"), (first[0], at, first[1], 1, 1, "undo")]
    [undone] = library.undo("tags")
    assert (undone.state, undone.changes) == ("restored", (("album", "Xx album", "An album"),))
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (old, 1600000000123456789)
    assert steps() == [(second[0], at, second[1], 1, 1, "undo"), (first[0], at, first[1], 1, 1, "undo")]
    assert library.undo("tags", f"{folder}/{first[0]}.jsonl")[0].state == "unchanged"


def test_written_value_lists_other_files_with_the_audio(tmp_path: Path, path: Path, library: Library) -> None:
    copies = []
    for name in ("b.mp3", "c.mp3"):
        copies.append(Path(shutil.copy(path, tmp_path / name)))
        known(tmp_path / "library.map4", copies[-1])
    others = tuple(map(str, copies))
    [measured] = library.tags.write([path], fields=("key",), dry_run=True)
    assert (measured.state, measured.also) == ("planned", ())
    library.set(copies[0], energy=3)
    [measured] = library.tags.write([path], fields=("key",), dry_run=True)
    assert (measured.state, measured.also) == ("planned", ())  # what was set is not written
    [planned] = library.tags.write([path], fields=("key", "energy"), dry_run=True)
    assert (planned.state, planned.also) == ("planned", others)
    assert planned.to_record()["also"] == list(others)
    with patch.object(library._store.addresses, "files_of", wraps=library._store.addresses.files_of) as files_of:
        done = library.tags.write(library.search("is:set sort:path"), fields=("energy",))
    assert files_of.call_count == 1
    assert [(file.state, [os.path.basename(also) for also in file.also]) for file in done] == [
        ("written", ["b.mp3", "c.mp3"]), ("written", ["a.mp3", "c.mp3"]), ("written", ["a.mp3", "b.mp3"])
    ]  # fmt: skip
    [again] = library.tags.write([path], fields=("energy",))
    assert (again.state, again.also) == ("unchanged", ())
