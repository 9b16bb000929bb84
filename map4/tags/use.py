"""Write tags into files, one after the other, each completely or not at all; and undo it."""

from __future__ import annotations

import math
import os
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import BinaryIO

from map4.core.audio.content import BLOCK_BYTES, Content, ContentWriter
from map4.core.audio.identity import identify
from map4.core.audio.jobs import KnownFile, Stamp, TagsRead
from map4.core.audio.source import AudioSource
from map4.core.audio.tags import read_file_tags
from map4.core.audio.tags.changes import Splice, WrittenTags
from map4.core.audio.tags.writing.files import TaggedSource
from map4.core.base.files.undo import UndoneFile, UndoStep
from map4.core.base.regular_files import NotRegularError, OnDisk
from map4.core.base.unfinished import SafeFile
from map4.core.music.track.cues import CuePoint
from map4.core.music.track.fields import OF_FILE
from map4.core.music.track.track import Track, UserValues
from map4.core.store.sql_store import Store
from map4.errors import FileError, UsageError
from map4.scan import MusicPlaces
from map4.tags.journals import JournalWriter, TagJournals
from map4.tags.options import MEASURED, TagOptions
from map4.tags.plan import Covers, FilePlan, plan_file
from map4.tags.store import AlbumLevels
from map4.tags.tagging import PlannedTags, TaggedFile, planned_tags

# Hidden, so that scans ignore it, and short, as names have a maximum length.
_HIDDEN, _WHAT = ".map4", "tags"
_ANY_WRITE = 0o222
# Locked by the macOS Finder; a copy would be locked too, and could not be renamed.
_LOCKED = stat.UF_IMMUTABLE | stat.UF_APPEND | stat.SF_IMMUTABLE | stat.SF_APPEND


def alter(
    path: str,
    splices: Sequence[Splice],
    *,
    check: Callable[[str], None],
    note: Callable[[WrittenTags], None] | None = None,
    expected: Content | None = None,
    stamp: Stamp | None = None,
    fields: dict[str, tuple[str | None, str]] | None = None,
    modified_ns: int | None = None,
) -> WrittenTags:
    """Change a file atomically: it is unchanged until the last step.

    Owner, mode, extended attributes and access lists stay.

    check: examines the changed copy and raises if it is wrong
    note: records what undoes the change, before the file is replaced
    expected: the content that the file must have
    stamp: the state that the file must have
    fields: stored with the record
    modified_ns: the new modification time; None is now
    """
    real = os.path.realpath(path)
    try:
        with OnDisk(real).open() as file:
            status = os.fstat(file.fileno())
            require_replaceable(status)
            if stamp is not None and not Stamp.of(status).has_content_of(stamp):
                raise _changed()
            hidden = os.path.join(os.path.dirname(real), _HIDDEN)
            with SafeFile(hidden).unfinished_locked(_WHAT) as partial:
                with open(partial, "wb") as target:
                    before, after, old = _copied(file, target, splices)
                file.close()
                if expected is not None and before != expected:
                    raise _changed()
                _keep_attributes(real, status, partial, modified_ns)
                check(partial)
                done = WrittenTags(
                    path=path,
                    before=before,
                    after=after,
                    modified_ns=status.st_mtime_ns,
                    back=Splice.reversed(splices, old),
                    fields=fields or {},
                )
                if note is not None:
                    note(done)
                now = os.stat(real)
                if (Stamp.of(now), now.st_ino) != (Stamp.of(status), status.st_ino):
                    raise _changed()
                SafeFile(partial).replace(real)
                return done
    except NotRegularError as error:
        raise FileError("unsupported", "is a pipe, a socket or a device") from error
    except FileNotFoundError as error:
        raise FileError("vanished", "does not exist") from error
    except OSError as error:
        raise FileError("unreadable", f"can't be written: {error.strerror or error}") from error


def require_replaceable(status: os.stat_result) -> None:
    """Refuse a file that its owner protects from being replaced."""
    if status.st_nlink > 1:
        raise FileError(
            "unsupported",
            f"has {status.st_nlink} names (hard links), only one of them would change; make this a separate file",
        )
    if not status.st_mode & _ANY_WRITE:
        raise FileError("unsupported", "is read-only; 'chmod u+w' allows it")
    if getattr(status, "st_flags", 0) & _LOCKED:
        raise FileError("unsupported", "is locked; 'chflags nouchg' allows it")


def _copied(file: BinaryIO, target: BinaryIO, splices: Sequence[Splice]) -> tuple[Content, Content, list[bytes]]:
    """Write the changed file; returns the contents of both files, and the replaced bytes."""
    read, written = ContentWriter(), ContentWriter(target)
    old = []
    at = 0
    for each in splices:
        _pass_on(file, read, written, each.start - at)
        gone = file.read(each.stop - each.start)
        if len(gone) < each.stop - each.start:
            raise _changed()
        old.append(gone)
        read.write(gone)
        written.write(each.new)
        at = each.stop
    _pass_on(file, read, written, math.inf)
    return read.content(), written.content(), old


def _pass_on(file: BinaryIO, read: ContentWriter, written: ContentWriter, count: float) -> None:
    """Copy `count` bytes; infinity copies the rest."""
    while count > 0 and (block := file.read(int(min(count, BLOCK_BYTES)))):
        read.write(block)
        written.write(block)
        count -= len(block)
    if 0 < count < math.inf:
        raise _changed()


def _keep_attributes(real: str, status: os.stat_result, partial: str, modified_ns: int | None) -> None:
    copied = os.stat(partial)
    if hasattr(os, "chown") and (copied.st_uid, copied.st_gid) != (status.st_uid, status.st_gid):
        try:
            os.chown(partial, status.st_uid, status.st_gid)
        except OSError:
            raise FileError("unsupported", "belongs to another user or group, which could not be preserved") from None
    shutil.copystat(real, partial)  # after the owner, whose change resets permissions
    if modified_ns is None:
        os.utime(partial)
    else:
        os.utime(partial, ns=(status.st_atime_ns, modified_ns))


def _changed() -> FileError:
    return FileError("unreadable", "has changed since; 'map4 scan' reads it again")


_CHANGED = "has other tags or current values than when this was planned; make a new plan"
_READ_AT_ONCE = 200
_NOT_KNOWN = "is not in the library; 'map4 scan' adds it"


class Tagging:
    """Writes tags and undoes writes, with `journals` for undoing.

    store: the library, which is updated for each file at once, so that no scan reads the file again
    """

    def __init__(self, store: Store) -> None:
        if store.is_in_memory:
            raise UsageError("a library without a file has no place for journals, so nothing could be undone")
        self._store = store
        self.journals = TagJournals(f"{store.place.beside}.journals")
        self._cleaned: set[str] = set()
        self._places = MusicPlaces(store)

    def write(
        self,
        tracks: Iterable[Track],
        options: TagOptions,
        planned: Mapping[str, PlannedTags] | None = None,
        plan: str | None = None,
    ) -> Iterator[TaggedFile]:
        """Write the tags of tracks; each file is done before it is yielded.

        planned: planned changes by path; a file whose changes would differ is skipped
        plan: its id; the journal of a killed job of it is continued
        """
        if options.at_least is not None and options.fields and not MEASURED & {*options.fields}:
            raise UsageError(f"--at-least has no effect on {', '.join(options.fields)}; leave it out")
        with closing(self.journals.begin(plan)) as journal:  # its file is created with the first changed file
            yield from self._write(tracks, options, journal, planned)

    def _write(
        self,
        tracks: Iterable[Track],
        options: TagOptions,
        journal: JournalWriter,
        planned: Mapping[str, PlannedTags] | None,
    ) -> Iterator[TaggedFile]:
        covers = Covers()
        for track, others in self._with_other_files(tracks):
            plan: FilePlan | None = None
            try:
                if track.path in journal.done and _content(track.path) == journal.done[track.path]:
                    self._take_over(track.path)  # the job was killed after it had replaced the file
                    yield _done(track, "written", None, journal=journal.name)
                    continue
                with AudioSource(track.path) as source:
                    known = self._known(track, source)
                    tagged = TaggedSource.read(source)
                    cover = partial(covers.plan, track, tagged.container, has_picture=tagged.has_picture)
                    plan = plan_file(track, tagged.values(), options, tagged.container, cover)
                    splices = tagged.edit(plan.slots)
                    if not splices:
                        yield _done(track, "unchanged", plan)
                        continue
                    if planned is not None and planned.get(track.path) != planned_tags(plan.fields):
                        raise FileError("unsupported", _CHANGED)
                    require_replaceable(os.fstat(source.file.fileno()))
                    if not options.dry_run:
                        self._write_one(track, known, tagged, plan, splices, options, journal)
            except FileError as error:
                yield _done(track, "left_alone", plan, error.message)
                continue
            done = _done(track, "planned" if options.dry_run else "written", plan, journal=journal.name)
            is_own = any(field.source == "user" and field.name not in OF_FILE for field in done.changes)
            yield replace(done, also=others) if is_own and others else done

    def _with_other_files(self, tracks: Iterable[Track]) -> Iterator[tuple[Track, tuple[str, ...]]]:
        """Yield tracks with the other files of their audio if the user set a value; queries some hundreds at once."""
        remaining, nothing_set = iter(tracks), UserValues()
        levels = AlbumLevels(self._store)
        while batch := list(islice(remaining, _READ_AT_ONCE)):
            own = {track.audio_id for track in batch if track.audio_id is not None and track.user != nothing_set}
            files = self._store.addresses.files_of(own) if own else {}
            for track in batch:
                of_audio = files.get(track.audio_id or "", ())
                yield levels.on(track), tuple(sorted(path for _, path in of_audio if path != track.path))

    def _known(self, track: Track, source: AudioSource) -> KnownFile:
        """Return the library's data on a file."""
        known = self._store.tracks.known_finder()([track.path]).get(track.path)
        if known is None or known.audio_id is None:
            why = track.failure.message if track.failure else "has audio that could not be identified"
            raise FileError("unsupported", _NOT_KNOWN if known is None else why)
        if not Stamp.of(os.fstat(source.file.fileno())).has_content_of(known.stamp):
            raise FileError("unreadable", "has changed since the last scan; 'map4 scan' reads it again")
        return known

    def _write_one(
        self,
        track: Track,
        known: KnownFile,
        tagged: TaggedSource,
        plan: FilePlan,
        splices: list[Splice],
        options: TagOptions,
        journal: JournalWriter,
    ) -> None:
        def check(partial: str) -> None:
            self._require_same_audio(track.path, known, partial)
            with AudioSource(partial) as source:
                tagged.require_carried_out(TaggedSource.read(source), plan.slots)

        self._clean(track.path)
        alter(
            track.path,
            splices,
            check=check,
            note=journal.note,
            stamp=known.stamp,
            fields={field.name: (field.old, field.new or "") for field in plan.fields if field.state == "write"},
            modified_ns=known.stamp.mtime_ns if options.keep_times else None,
        )
        self._take_over(track.path)

    def _require_same_audio(self, path: str, known: KnownFile, partial: str) -> None:
        changed = identify(partial)
        if known.audio_id == changed.audio_id:
            return
        if identify(path).audio_id != changed.audio_id:
            raise FileError("unsupported", "is of a kind in which tags and audio can't be separated")

    def write_serato(self, cues: Mapping[str, Sequence[CuePoint]]) -> Iterator[TaggedFile]:
        """Write cue points into Serato's tags of files, each on its button; the files need not be in the library."""
        with closing(self.journals.begin()) as journal:
            for path, points in cues.items():
                try:
                    self._write_cues(path, points, journal)
                except FileError as error:
                    yield TaggedFile(path=path, state="left_alone", problem=error.message)
                else:
                    yield TaggedFile(path=path, state="written", journal=journal.name)

    def _write_cues(self, path: str, cues: Sequence[CuePoint], journal: JournalWriter) -> None:
        from map4.tags.serato_cues import slots_of_cues  # Serato's folder can be deleted

        if (problem := self._places.problem(path)) is not None:
            raise FileError("unsupported", f"could not be restored: {problem}")
        with AudioSource(path) as source:
            tagged = TaggedSource.read(source)
            slots = slots_of_cues(path, tagged.container, cues)

            def check(partial: str) -> None:
                if identify(path).audio_id != identify(partial).audio_id:
                    raise FileError("unsupported", "is of a kind in which tags and audio can't be separated")
                with AudioSource(partial) as changed:
                    tagged.require_carried_out(TaggedSource.read(changed), slots)

            self._clean(path)
            names = ", ".join(cue.name or str(cue.number) for cue in cues)
            alter(path, tagged.edit(slots), check=check, note=journal.note, fields={"serato_cues": (None, names)})
        self._take_over(path)

    def undo(self, name: str, *, dry_run: bool = False) -> Iterator[UndoneFile]:
        """Restore the files of a journal, newest change first; each file is done before it is yielded."""
        journal = self.journals.find(name)
        is_whole = not journal.damaged
        yield from journal.unreadable()
        for written in journal.files():
            try:
                state, problem = self._undo_one(written, dry_run=dry_run), None
            except FileError as error:
                state, problem, is_whole = "left_alone", error.message, False
            changes = tuple((field, after, before) for field, (before, after) in written.fields.items())
            yield UndoneFile(path=written.path, state=state, problem=problem, changes=changes)  # type: ignore[arg-type]
        if is_whole and not dry_run:
            journal.note_undone()

    def _undo_one(self, written: WrittenTags, *, dry_run: bool) -> str:
        """Restore a file, and return its state; "unchanged" as after a crash before it was replaced."""
        if (problem := self._places.problem(written.path)) is not None:
            raise FileError("unsupported", problem)
        if dry_run:
            now = _content(written.path)
            if now not in (written.before, written.after):
                raise FileError("unreadable", "is gone or was changed since")
            return "unchanged" if now == written.before else "planned"
        self._clean(written.path)
        try:
            alter(
                written.path,
                written.back,
                check=lambda partial: _require_content(partial, written),
                expected=written.after,
                modified_ns=written.modified_ns,
            )
        except FileError:
            if _content(written.path) != written.before:
                raise
            return "unchanged"
        self._take_over(written.path)
        return "restored"

    def _clean(self, path: str) -> None:
        folder = os.path.dirname(os.path.realpath(path))
        if folder not in self._cleaned:
            self._cleaned.add(folder)
            SafeFile(os.path.join(folder, _HIDDEN)).sweep(_WHAT, by_lock=True)

    def _take_over(self, path: str) -> None:
        """Update the library: the file has the same audio with other tags."""
        try:
            stamp, tags = Stamp.of(os.stat(path)), read_file_tags(path)
        except (FileError, OSError):  # the file is gone or replaced meanwhile: the next scan handles it
            return
        read = TagsRead(stamp=stamp, tags=tags.stored(), has_picture=tags.has_picture)
        self._store.tracks.put_tags(path, read, now=datetime.now(UTC))


def _done(
    track: Track, state: str, plan: FilePlan | None, problem: str | None = None, *, journal: str | None = None
) -> TaggedFile:
    return TaggedFile(
        path=track.path,
        audio_id=track.audio_id,
        state=state,  # type: ignore[arg-type]
        fields=() if plan is None else plan.fields,
        problem=problem,
        journal=journal,
    )


def _require_content(partial: str, written: WrittenTags) -> None:
    if _content(partial) != written.before:
        raise FileError("unreadable", "can't be restored: its journal does not lead back to the original")


def _content(path: str) -> object:
    try:
        return Content.of_file(path)
    except OSError:
        return None


def undo_steps(store: Store) -> Iterator[UndoStep]:
    """The writes, newest first."""
    return Tagging(store).journals.steps()
