"""Outputs of un-mixed sets: sheets, lists, pages, chapters, histories and plays."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import pairwise
from typing import BinaryIO

from map4.core.base.actor import Actor, needs, served
from map4.core.base.path_maps import PathMaps
from map4.core.base.paths import PathLike, absolute_path, display_path, path_text
from map4.core.base.text import utc_text
from map4.core.music.analysis.key import Notation
from map4.core.music.lists.listed import ImportedList, ImportedPlace, ListedPick, ListHeader
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.mixing.compatibility import MixTraits
from map4.core.music.mixing.mix_plan import MixPlace, MixPlan
from map4.core.music.plays import Play, PlayTime
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.core.store.output import OutputFiles
from map4.core.store.sql_store import Store
from map4.errors import FileError, Map4Error, NothingFoundError, UsageError
from map4.exports import ListFile, Report, render_html
from map4.extras.shared.chapters import Chapter, chapter_writer
from map4.extras.unmix.records import Passage, Unmixed
from map4.extras.unmix.report import RecordedSet, recorded_set_blocks
from map4.extras.unmix.request import StoredSet
from map4.extras.unmix.set_marks import set_marks
from map4.formats import ListFormats, SheetTrack, suffix_of
from map4.lists import SqlPlaylists
from map4.plays import SqlPlays, SqlPlaySteps

UNMIX = "unmix"  # source format of such a list, as for lists of DJ programs
_PLAYED = "as it was played"
_BEATS_A_BAR = 4


def _track(passage: Passage, tracks: Mapping[str, Track]) -> Track:
    played = passage.track
    assert played is not None
    gone = Tags(artist=played.artist, title=played.title)
    return tracks.get(played.path) or Track(path=played.path, state="missing", audio_id=played.audio_id, tags=gone)


def _played_at(passage: Passage, began: datetime | None) -> str | None:
    return None if began is None else utc_text((began + timedelta(seconds=passage.start_s)).astimezone(UTC))


def _plan(a: Passage, b: Passage, bpm: float | None) -> MixPlan | None:
    """How B was mixed into A, in the times of both; None for cuts or if the tempo of A is unknown."""
    overlap_s = a.end_s - b.start_s
    if bpm is None or a.mix is None or a.mix.kind == "cut" or overlap_s <= 0.0:
        return None
    if a.speed is None or b.speed is None or a.track_end_s is None or b.track_start_s is None:
        return None
    lasts_s = min(overlap_s * a.speed, a.track_end_s)
    leave_s, beats_a_s = a.track_end_s - lasts_s, bpm / 60.0
    beats = max(1, round(lasts_s * beats_a_s))
    swap_s = min(max((a.mix.at_s - b.start_s) * a.speed, 0.0), lasts_s)
    return MixPlan(
        leave=MixPlace(at_s=leave_s, until_s=a.track_end_s, beat=1 + round(leave_s * beats_a_s), bar=None, why=_PLAYED),
        enter=MixPlace(
            at_s=b.track_start_s,
            until_s=b.track_start_s + overlap_s * b.speed,
            beat=1 + round(b.track_start_s * beats_a_s * a.speed / b.speed),
            bar=None,
            why=_PLAYED,
        ),
        beats=beats,
        bars=max(1, round(beats / _BEATS_A_BAR)) if a.mix.bars else None,
        bpm=bpm,
        speed=b.speed / a.speed,
        folded=None,
        bass_swap_beat=max(1, round(swap_s * beats_a_s)),
        bass_swap_at_s=leave_s + swap_s,
        confidence=min(a.certainty or 0.0, b.certainty or 0.0),
    )


_OWN_FORMS = {"cue": "cue", "html": "html", "htm": "html"}


@needs("own")
class RecordedSets:
    """Writes and stores the track lists of `unmix`; `map4.Library.sets`."""

    def __init__(self, store: Store) -> None:
        self.actor: Actor = store.actor
        self._store = store
        self._output = OutputFiles.of(store)

    @needs("read")
    def tracklist(self, unmixed: Unmixed, *, name: str | None = None, began: datetime | None = None) -> Tracklist:
        """Return the detected library tracks as a list, with the mixes and the time of each track.

        began: when the recording began; None omits the times
        """
        tracks = self._tracks(unmixed)
        known = unmixed.known()
        set_tracks = [_track(passage, tracks) for passage in known]
        picks = [ListedPick(played_at=_played_at(passage, began)) for passage in known]
        follows = {id(after): before for before, after in pairwise(unmixed.tracks) if before.track and after.track}
        for place, passage in enumerate(known):
            before = follows.get(id(passage))
            if before is None:  # the first track, or after an unknown passage
                continue
            a, b = (MixTraits.of(track) for track in set_tracks[place - 1 : place + 1])
            plan = _plan(before, passage, a.bpm)
            picks[place] = replace(picks[place], transition=a.compared(b), plan=plan)
        imported = ImportedList(format=UNMIX, place=ImportedPlace(folders=(), name=name or ""), is_history=True)
        return Tracklist(tracks=set_tracks, name=name, picks=picks, header=ListHeader(imported=imported))

    @needs("read")
    def began(self, unmixed: Unmixed) -> datetime:
        """Return when a recording began: its file's modification time minus its length.

        raises Map4Error: if the file is gone
        """
        try:
            ended = os.stat(unmixed.path).st_mtime
        except OSError as error:
            raise Map4Error(f"{display_path(unmixed.path)} {FileError.of_system(error).message}") from None
        return datetime.fromtimestamp(ended, UTC) - timedelta(seconds=unmixed.duration_s or 0.0)

    def check_write(self, target: PathLike, *, force: bool = False) -> None:
        """Reject a target that `write` would reject, without writing."""
        self._form_of(path_text(target))
        self._output.check(path_text(target), force=force)

    def write(self, unmixed: Unmixed, target: PathLike, *, notation: Notation = "camelot", force: bool = False) -> None:
        """Write the set to a file atomically: a CUE sheet, a page, or a list of its tracks in any format.

        target: its suffix selects the format
        force: replace a file that map4 did not write; never music, and never the library
        raises UsageError: if the format is unknown
        raises OutputFileError: if the file can't or must not be written
        """
        path = path_text(target)
        form = self._form_of(path)
        produce = self._producer(unmixed, form, os.path.dirname(absolute_path(path)), notation)
        self._output.write(path, produce, format_name=form, tracks=lambda _: len(unmixed.known()), force=force)

    @needs("read")
    def file(self, unmixed: Unmixed, form: str, *, notation: Notation = "camelot") -> ListFile:
        """Return the same as the content of a file, for a client that may store it next to the recording.

        form: "json" (the `map4/unmix/1` document), "cue", "html", or a list format
        raises UsageError: if the form is unknown
        """
        lists = {
            name: list_format
            for name, list_format in ListFormats.of_one_file().items()
            if list_format.list_writer is not None and name != "json"
        }
        known = ("json", "cue", "html", *lists)
        if form not in known:
            raise UsageError.no_such("form of a track list", form, known)
        out = BytesIO()
        if form == "json":
            out.write(json.dumps(unmixed.document(), ensure_ascii=False, indent=1).encode("utf-8", "replace"))
        else:
            self._producer(unmixed, form, os.path.dirname(unmixed.path), notation)(out)
        stem = os.path.splitext(os.path.basename(display_path(unmixed.path)))[0]
        suffix = lists[form].suffixes[0].lstrip(".") if form in lists else form
        return ListFile(name=f"{stem}.{suffix}", content=out.getvalue())

    def _producer(self, unmixed: Unmixed, form: str, folder: str, notation: Notation) -> Callable[[BinaryIO], object]:
        """Return a function that writes the set into the directory `folder`."""
        if form == "cue":
            return lambda out: write_sheet(unmixed, out, folder=folder)
        if form == "html":
            return lambda out: self._write_page(unmixed, out, notation)
        content = self.tracklist(unmixed)
        return lambda out: ListFormats.for_writing(f"set.{form}", form).write_list(content, out, PathMaps())

    def write_chapters(self, unmixed: Unmixed, target: PathLike) -> None:
        """Write a copy of the recording with the tracks as chapters; the recording is not modified.

        target: same file type as the recording; only files that map4 wrote are replaced
        raises UsageError: if the recording can't have chapters, or the copy has another file type
        raises OutputFileError, Map4Error: if the copy can't or must not be written
        """
        path = path_text(target)
        writer = chapter_writer(unmixed.path)
        self.check_chapters(unmixed.path, path)
        marks = [Chapter(at_s=mark.at_s, until_s=mark.until_s, name=mark.name) for mark in set_marks(unmixed)]
        self._output.write(
            path, lambda out: writer(out, marks), format_name="chapters", tracks=lambda _: len(marks), is_sound=True
        )

    def require_chapters(self, recording: PathLike) -> None:
        """Reject a recording that can't have chapters.

        raises UsageError
        """
        chapter_writer(path_text(recording))

    def check_chapters(self, recording: PathLike, target: PathLike) -> None:
        """Reject a copy that `write_chapters` would reject, without writing."""
        source, path = absolute_path(recording), path_text(target)
        chapter_writer(source)
        kinds = [os.path.splitext(file_name)[1].lower() for file_name in (source, path)]
        if kinds[0] != kinds[1]:
            raise UsageError(f"a copy of {display_path(source)} must end with {kinds[0]}, not {display_path(path)}")
        if os.path.realpath(absolute_path(path)) == os.path.realpath(source):
            raise UsageError("the copy with chapters can't replace the recording; choose another name")
        self._output.check(path, is_sound=True)

    def save(self, unmixed: Unmixed, name: str, *, began: datetime | None = None, force: bool = False) -> None:
        """Store the tracks as a history, listed by `playlist list --history`.

        force: replace a stored list of the same name
        raises NothingFoundError: if no library track was detected
        """
        if not unmixed.known():
            raise NothingFoundError(f"{display_path(unmixed.path)}: no track of the library was detected")
        content, lists = self.tracklist(unmixed, name=name, began=began), self._store.part(SqlPlaylists)
        with self._store.at_once():
            is_new = lists.name_of(name) is None  # the versions of a list undo a replacement
            lists.put(name, content, now=datetime.now(UTC), replace=force, keep=True, what="un-mixed from a recording")
            if is_new:
                self._store.part(SqlPlaySteps).begin("set", unmixed.path, began, list_id=lists.id_of(name))

    def check_keep(self, began: datetime | None = None) -> None:
        """Reject plays that `keep` would reject, without writing."""
        self._store.require_writable()
        if began is not None and not PlayTime.FIRST <= began <= datetime.now(UTC):
            raise UsageError(f"the recording can't have begun at {began:%Y-%m-%d %H:%M}; give its start with --began")

    def keep(self, unmixed: Unmixed, began: datetime | None = None) -> int:
        """Record each track as a play and return the number of new plays.

        began: when the recording began; None uses `began`
        raises UsageError: if that is in the future
        """
        first = self.began(unmixed) if began is None else began.astimezone(UTC)
        self.check_keep(first)
        tracks, plays, step = self._tracks(unmixed), 0, None
        for passage in unmixed.known():
            track = tracks.get(passage.track.path) if passage.track is not None else None
            if track is None or track.audio_id is None:
                continue
            length_s = track.length_s
            play = Play(
                audio_id=track.audio_id, at=utc_text(first + timedelta(seconds=passage.start_s)), source="unmix",
                heard_s=passage.lasts_s, length_s=length_s,
            )  # fmt: skip
            step = step or self._store.part(SqlPlaySteps).begin("set", unmixed.path, first)
            apart_s = min(passage.lasts_s, Play.counts_after_s(length_s))
            plays += self._store.part(SqlPlays).add(play, apart_s=apart_s, step=step)
        return plays

    def step_of(self, unmixed: Unmixed, began: datetime | None = None) -> int | None:
        """Return the step for `undo` that `save` and `keep` recorded for a set with this beginning."""
        return self._store.part(SqlPlaySteps).find("set", unmixed.path, began)

    @served("POST", "/unmix/undo",
            "Delete the plays and the list of a `step` that stored them, as `map4 unmix --undo`.",
            {"step": (int, ...)}, "UndoSet", queue="write", example={"step": 1})  # fmt: skip
    def undo(self, step: int) -> StoredSet:
        """Delete the plays that only `keep` of this step reported, and the list that it made; return both.

        raises NothingFoundError: if there is no such step; `Library.undo_steps` has the steps
        """
        lists, steps = self._store.part(SqlPlaylists), self._store.part(SqlPlaySteps)
        with self._store.at_once():
            done = next((done for done in steps.all("set") if done.number == step), None)
            if done is None:
                raise NothingFoundError(f"there is no step {step} of a recorded set; 'map4 undo' lists the steps")
            plays, _ = steps.reported("set", step)
            steps.undo("set", step)
            is_list = done.list_id is not None and lists.delete(done.list_id, now=datetime.now(UTC))
        return StoredSet(list=done.list_id if is_list else None, plays=plays, began=done.began_at, step=step)

    def _form_of(self, path: str) -> str:
        return _OWN_FORMS.get(suffix_of(path)) or ListFormats.for_writing(path, others=(".cue", ".html")).name

    def _tracks(self, unmixed: Unmixed) -> dict[str, Track]:
        paths = dict.fromkeys(passage.track.path for passage in unmixed.known() if passage.track is not None)
        return {path: track for path in paths if (track := self._store.tracks.track(path)) is not None}

    def _write_page(self, unmixed: Unmixed, out: BinaryIO, notation: Notation) -> None:
        title = os.path.splitext(os.path.basename(display_path(unmixed.path)))[0]
        tracks = self._tracks(unmixed)
        drawn = self._store.tracks.all_detailed([*tracks.values()][: Tracklist.MOST_DRAWN])  # with their overviews
        tracks |= {track.path: track for track in drawn}
        recorded = RecordedSet(made=unmixed, tracks=tracks)
        for piece in render_html(
            Report(
                title=title,
                notation=notation,
                with_paths=True,
                body=lambda report: recorded_set_blocks(recorded, report.notation),
            )
        ):
            out.write(piece.encode("utf-8"))


def write_sheet(unmixed: Unmixed, out: BinaryIO, *, folder: str) -> int:
    """Write the CUE sheet of a set in UTF-8, which players read next to the recording; return its number of tracks.

    folder: directory of the sheet; a recording in the same directory is named without a path
    """
    inside = os.path.dirname(unmixed.path) == folder
    shown = display_path(os.path.basename(unmixed.path) if inside else unmixed.path)
    marks = [SheetTrack(at_s=mark.at_s, title=mark.title, artist=mark.artist) for mark in set_marks(unmixed)]
    return SheetTrack.write(out, shown, marks, remark="map4 unmix")
