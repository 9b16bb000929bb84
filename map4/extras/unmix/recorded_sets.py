"""What becomes of a recorded set whose track list was found: sheets, lists, pages, chapters, and plays."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import BinaryIO

from map4.base.actor import Actor, needing
from map4.base.given_paths import PathLike, path_text
from map4.base.near_names import no_such
from map4.base.path_maps import PathMaps
from map4.base.paths import display_path
from map4.base.text import utc_text
from map4.errors import FileError, Map4Error, NothingFoundError, UsageError
from map4.exports import ListFile
from map4.extras.unmix.records import Unmixed
from map4.extras.unmix.set_list import set_list
from map4.extras.unmix.set_marks import set_marks
from map4.lists import SqlPlaylists
from map4.music.analysis.key import Notation
from map4.music.lists.tracklist import MOST_DRAWN, Tracklist, duration_of
from map4.music.plays import FIRST_PLAY, Play, counts_after_s
from map4.music.track.track import Track
from map4.plays import SqlPlays
from map4.store.output import OutputFiles, full_path
from map4.store.sql_store import Store

_CUE, _PAGE = ("cue",), ("html", "htm")


@needing(
    {
        "read": "tracklist began file",
        "own": "check_write write require_chapters check_chapters write_chapters save keep",
    }
)
class RecordedSets:
    """What becomes of a recorded set whose track list was found (`unmix`); `map4.Library.sets`."""

    def __init__(self, store: Store) -> None:
        self.actor: Actor = store.actor
        self._store = store
        self._output = OutputFiles(store.written, store.place.beside)

    def tracklist(self, made: Unmixed, *, name: str | None = None, began: datetime | None = None) -> Tracklist:
        """What was played of the library, as a list: with when each track was, and how it was mixed in.

        began: when the recording did; None leaves the times out
        """
        return set_list(made, self._tracks(made), name=name, began=began)

    def began(self, made: Unmixed) -> datetime:
        """When a recording began: by its file, which was written last when it ended.

        raises Map4Error: if the file is gone
        """
        try:
            ended = os.stat(made.path).st_mtime
        except OSError as error:
            raise Map4Error(f"{display_path(made.path)} {FileError.of_system(error).message}") from None
        return datetime.fromtimestamp(ended, UTC) - timedelta(seconds=made.duration_s or 0.0)

    def check_write(self, target: PathLike, *, force: bool = False) -> None:
        """Refuse a file that `write` would refuse, and write nothing."""
        self._form_of(path_text(target))
        self._output.check(path_text(target), force=force)

    def write(self, made: Unmixed, target: PathLike, *, notation: Notation = "camelot", force: bool = False) -> None:
        """Write the set to a file, whole or not at all: a CUE sheet, a page, or a list of its tracks in any format.

        target: its suffix says which
        force: replace a file that map4 did not write; never music, and never the library
        raises UsageError: if there is no such format
        raises OutputFileError: if it can't be written, or must not be
        """
        path = path_text(target)
        form = self._form_of(path)
        produce = self._producer(made, form, os.path.dirname(full_path(path)), notation)
        self._output.write(path, produce, format_name=form, tracks=lambda _: len(made.known()), force=force)

    def file(self, made: Unmixed, form: str, *, notation: Notation = "camelot") -> ListFile:
        """The same as a file that is sent to somebody, who may lay it beside the recording.

        form: "json" is the `map4/unmix/1` document, "cue", "html", or a format of lists
        raises UsageError: if there is no such form
        """
        from map4.formats import formats_of_one_file

        lists = {
            name: one for name, one in formats_of_one_file().items() if one.list_writer is not None and name != "json"
        }
        known = ("json", "cue", "html", *lists)
        if form not in known:
            raise no_such("form of a track list", form, known)
        out = BytesIO()
        if form == "json":
            out.write(json.dumps(made.document(), ensure_ascii=False, indent=1).encode("utf-8", "replace"))
        else:
            self._producer(made, form, os.path.dirname(made.path), notation)(out)
        stem = os.path.splitext(os.path.basename(display_path(made.path)))[0]
        suffix = lists[form].suffixes[0].lstrip(".") if form in lists else form
        return ListFile(name=f"{stem}.{suffix}", content=out.getvalue())

    def _producer(self, made: Unmixed, form: str, folder: str, notation: Notation) -> Callable[[BinaryIO], object]:
        """What writes a set; folder: in which the file will lie."""
        if form == "cue":
            from map4.extras.unmix.set_sheet import write_sheet

            return lambda out: write_sheet(made, out, folder=folder)
        if form == "html":
            return lambda out: self._write_page(made, out, notation)
        from map4.formats import format_for_writing

        content = self.tracklist(made)
        return lambda out: format_for_writing(f"set.{form}", form).write_list(content, out, PathMaps())

    def write_chapters(self, made: Unmixed, target: PathLike) -> None:
        """Write a copy of the recording whose chapters are what was played; the recording stays as it is.

        target: of the same kind; nothing that map4 did not write is replaced
        raises UsageError: if a recording of this kind can't have chapters, or the copy would be another kind
        raises OutputFileError, Map4Error: if it can't be written, or must not be
        """
        from map4.extras.unmix.chapters import chapter_writer

        path = path_text(target)
        writer = chapter_writer(made.path)
        self.check_chapters(made.path, path)
        marks = set_marks(made)
        self._output.write(
            path, lambda out: writer(out, marks), format_name="chapters", tracks=lambda _: len(marks), is_sound=True
        )

    def require_chapters(self, recording: PathLike) -> None:
        """Refuse a recording that can't have chapters.

        raises UsageError
        """
        from map4.extras.unmix.chapters import chapter_writer

        chapter_writer(path_text(recording))

    def check_chapters(self, recording: PathLike, target: PathLike) -> None:
        """Refuse a copy that `write_chapters` would refuse, and write nothing."""
        from map4.extras.unmix.chapters import chapter_writer

        source, path = full_path(path_text(recording)), path_text(target)
        chapter_writer(source)
        kinds = [os.path.splitext(one)[1].lower() for one in (source, path)]
        if kinds[0] != kinds[1]:
            raise UsageError(f"a copy of {display_path(source)} ends with {kinds[0]}, as {display_path(path)} does not")
        if os.path.realpath(full_path(path)) == os.path.realpath(source):
            raise UsageError("the copy with chapters is another file than the recording; choose another name")
        self._output.check(path, is_sound=True)

    def save(self, made: Unmixed, name: str, *, began: datetime | None = None, force: bool = False) -> None:
        """Store what was played as a history, which `playlist list --history` names.

        force: replace a stored list of the same name
        raises NothingFoundError: if nothing of the library is heard in it
        """
        if not made.known():
            raise NothingFoundError(f"{display_path(made.path)}: no track of the library is heard in it")
        content = self.tracklist(made, name=name, began=began)
        self._store.part(SqlPlaylists).put(
            name, content, now=datetime.now(UTC), replace=force, keep=True, what="un-mixed from a recording"
        )

    def keep(self, made: Unmixed, began: datetime | None = None) -> int:
        """Keep each track that was played as a play; gives how many were not known.

        began: when the recording did; None as `began` tells it
        raises UsageError: if it would have begun in the future
        """
        first = self.began(made) if began is None else began.astimezone(UTC)
        if not FIRST_PLAY <= first <= datetime.now(UTC):
            raise UsageError(f"the recording can't have begun at {first:%Y-%m-%d %H:%M}; say when with --began")
        tracks, kept = self._tracks(made), 0
        for one in made.known():
            track = tracks.get(one.track.path) if one.track is not None else None
            if track is None or track.audio_id is None:
                continue
            length_s = duration_of(track)
            play = Play(
                audio_id=track.audio_id, at=utc_text(first + timedelta(seconds=one.start_s)), source="unmix",
                heard_s=one.lasts_s, length_s=length_s,
            )  # fmt: skip
            kept += self._store.part(SqlPlays).add(play, apart_s=min(one.lasts_s, counts_after_s(length_s)))
        return kept

    def _form_of(self, path: str) -> str:
        suffix = os.path.splitext(path)[1].lower().lstrip(".")
        if suffix in _CUE:
            return "cue"
        if suffix in _PAGE:
            return "html"
        from map4.formats import format_for_writing

        return format_for_writing(path).name

    def _tracks(self, made: Unmixed) -> dict[str, Track]:
        paths = dict.fromkeys(one.track.path for one in made.known() if one.track is not None)
        return {path: track for path in paths if (track := self._store.tracks.track(path)) is not None}

    def _write_page(self, made: Unmixed, out: BinaryIO, notation: Notation) -> None:
        from map4.exports import Report, render_html
        from map4.extras.unmix.report import RecordedSet, recorded_set_blocks

        title = os.path.splitext(os.path.basename(display_path(made.path)))[0]
        tracks = self._tracks(made)
        for path in [*tracks][:MOST_DRAWN]:
            tracks[path] = self._store.tracks.detailed(tracks[path])  # with their overviews
        found = RecordedSet(made=made, tracks=tracks)
        for piece in render_html(
            Report(
                title=title,
                notation=notation,
                with_paths=True,
                body=lambda report: recorded_set_blocks(found, report.notation),
            )
        ):
            out.write(piece.encode("utf-8"))
