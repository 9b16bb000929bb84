"""Exports: write a selection in one of the formats."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from map4 import exports, similar, stats
from map4.core.audio.decoder import DEFAULT_DECODER, load_decoder
from map4.core.base.path_maps import PathMaps
from map4.core.base.paths import PathLike, absolute_path, display_path, display_paths, file_stem, path_text
from map4.core.music.lists.tracklist import LiveNotes, Tracklist
from map4.core.music.mixing.mix_plan import MixPlan
from map4.core.music.plays import Play
from map4.core.music.query.context import nothing_found
from map4.core.music.query.parser import Query
from map4.core.music.track.cues import CuePoint
from map4.core.music.track.track import Track
from map4.core.store.output import OutputFiles
from map4.core.store.written_files import SqlWrittenFiles
from map4.errors import NothingFoundError, UsageError
from map4.exports.copies import CopiedMusic, copy_tracks, make_folder
from map4.exports.imported_paths import with_imported_paths
from map4.exports.options import ExportRequest
from map4.exports.report.report import MOST_DETAILED
from map4.formats import ExportContent, Exporters, ExportSummary, Format, Warn, WriteNotes
from map4.lists import Playlists, SqlPlaylists
from map4.plays import SqlPlays
from map4.search import NameResolver, cover_of_track
from map4.version import __version__

if TYPE_CHECKING:
    from map4.core.store.tracks import SqlTracks
    from map4.similar import By
    from map4.stats import Statistics


def with_joint_cues(content: ExportContent) -> ExportContent:
    """A list in which the places of joints that a person changed are cue points, for programs that know no joints."""
    listed = content.playlist
    if listed is None or not listed.header.joints:
        return content
    joints, cues = {(joint.of, joint.to) for joint in listed.header.joints}, defaultdict[str, set[CuePoint]](set)
    for last, (track, pick) in zip(listed.tracks, list(listed.listed())[1:], strict=False):
        if isinstance(pick.plan, MixPlan) and (last.audio_id, track.audio_id) in joints:
            out_s, in_s = pick.plan.leave.at_s, pick.plan.enter.at_s
            cues[last.path].add(CuePoint(position_s=out_s, kind="fade_out", name="Mix out"))
            cues[track.path].add(CuePoint(position_s=in_s, kind="fade_in", name="Mix in"))

    def marked(track: Track) -> Track:
        if track.path not in cues:
            return track
        points = sorted({*track.set_cues(), *cues[track.path]}, key=lambda cue: cue.position_s)
        return replace(track, user=replace(track.user, cues=tuple(points)))

    tracks = [marked(track) for track in listed.tracks]
    return replace(content, tracks=tracks, playlist=replace(listed, tracks=tracks))


T = TypeVar("T")
_NEIGHBOURS: tuple[tuple[str, By], ...] = (("Sounds most like it", "sound"), ("Mixes best with it", "mix"))
_MOST_NEIGHBOURS = 6

OnProgress = Callable[[int, int], object]
"""Called with the number of tracks written and the total."""


class StoredTracks(Sequence[Track]):
    """Tracks of the library by their ids, each read when it is accessed.

    beats: include what reports draw of beats
    analysis: include the analyses
    """

    def __init__(
        self, tracks: SqlTracks, file_ids: Sequence[int], *, beats: bool = False, analysis: bool = True
    ) -> None:
        self._tracks = tracks
        self._file_ids = file_ids
        self._wanted = {"beats": beats, "analysis": analysis}

    def __len__(self) -> int:
        return len(self._file_ids)

    def __iter__(self) -> Iterator[Track]:
        return self._tracks.tracks_by_id(self._file_ids, **self._wanted)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return StoredTracks(self._tracks, self._file_ids[index], **self._wanted)
        return next(iter(self._tracks.tracks_by_id([self._file_ids[index]], **self._wanted)))

    def by_name(self) -> StoredTracks:
        """Return the same tracks with names and lengths only, which is much faster to read."""
        return StoredTracks(self._tracks, self._file_ids, analysis=False)


class _Watched(Sequence[Track]):
    """Tracks that report progress when they are first accessed."""

    def __init__(self, tracks: Sequence[Track], on_track: OnProgress) -> None:
        self._tracks, self._on_track = tracks, on_track
        self._most = 0

    def __len__(self) -> int:
        return len(self._tracks)

    def __iter__(self) -> Iterator[Track]:
        return self.watching(self._tracks)

    def watching(self, tracks: Iterable[T]) -> Iterator[T]:
        """Yield the same tracks, or some of them, read another way."""
        for count, track in enumerate(tracks, start=1):
            yield track
            if count > self._most:
                self._most = count
                self._on_track(count, len(self._tracks))

    def __getitem__(self, index: Any) -> Any:
        return self._tracks[index]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The selection of an export, and what the library could not provide.

    content: the tracks
    unknown: given paths that the library doesn't know
    left_out: number of given files that are not analysed or gone
    live: live lists as written, once they are written, and those that could not be evaluated
    """

    content: ExportContent
    unknown: tuple[str, ...] = ()
    left_out: int = 0
    live: LiveNotes = field(default_factory=LiveNotes)


class Exports:
    """Selects and writes tracks of one library."""

    def __init__(self, playlists: Playlists, names: NameResolver, *, decoder: str = DEFAULT_DECODER) -> None:
        store = names.store
        self._decoder = decoder
        self._store, self._playlists, self._names = store, playlists, names
        self._context = store.context()
        self._output = OutputFiles.of(store)

    def export(
        self,
        target: PathLike | BinaryIO,
        request: ExportRequest,
        *,
        on_track: OnProgress | None = None,
        warn: Warn = lambda message: None,
    ) -> ExportSummary:
        """Select tracks and write them completely or not at all; see `map4.Library.export`."""
        out = path_text(target) if isinstance(target, (str, bytes, os.PathLike)) else target
        path = absolute_path(out) if isinstance(out, str) else None
        if not request.copies and (request.copy_format, request.loudness) != (None, None):
            raise UsageError("--format and --loudness are for copies; add --copies FOLDER")
        if request.copies:
            return self._copied(path, request, on_track or (lambda done, total: None))
        format_ = Exporters.of(out if isinstance(out, str) else "-", request.to, warn=warn)
        format_.check(request)
        path_maps, messages = with_imported_paths(
            request.path_maps, format_.name, self._store, request.imported_paths, into=request.into
        )
        request = replace(request, path_maps=path_maps)
        if path is not None:
            into = request.into  # it may be a DJ's only copy of a collection
            if into is not None and os.path.exists(path) and os.path.exists(into) and os.path.samefile(path, into):
                raise UsageError(f"{display_path(path)} is the file of --into, which stays as it is; write to another")
        chosen = self._choose(request)
        content = self._as_requested(chosen.content, request, format_)
        if not content.tracks and not format_.holds_live:
            raise NothingFoundError(f"there is nothing to export: {_why_nothing(chosen)}")
        notes, size_bytes = WriteNotes(tracks=len(content.tracks)), None
        if request.dry_run and request.into is not None:  # to report what would change
            with open(os.devnull, "wb") as nowhere:
                notes = format_.export(content, nowhere, request)
        if not request.dry_run:
            watched = content if on_track is None else _watching(content, on_track)
            notes, size_bytes = self._written(watched, out, format_, request)
        elif path is not None:
            self._output.check(path, force=request.force)
        return ExportSummary(
            path=path,
            format=format_.name,
            tracks=notes.tracks,
            size_bytes=size_bytes,
            remarks=(
                *messages,
                *_left_out(chosen.left_out),
                *([] if format_.holds_live else chosen.live.sentences()),
                *notes.sentences(),
            ),
            unknown=chosen.unknown,
            is_dry_run=request.dry_run,
        )

    def _as_requested(self, chosen: ExportContent, request: ExportRequest, format_: Format) -> ExportContent:
        """Return the chosen tracks as the format and the request have them."""
        content = replace(
            chosen,
            name=request.name or chosen.name,
            notation=request.notation,
            made=None if request.made is None else request.made.isoformat(),
            map4_version=__version__,
            plays=lambda: self._plays(chosen),
        )
        if content.playlist is not None and request.name:  # also in no folder of a program
            header = replace(content.playlist.header, imported=None)
            content = replace(content, playlist=replace(content.playlist, name=request.name, header=header))
        content = with_joint_cues(content) if format_.options.with_cues else content
        if format_.names_only and isinstance(content.tracks, StoredTracks):
            content = replace(content, tracks=content.tracks.by_name())
        return content

    def _copied(self, folder: str | None, request: ExportRequest, on_track: OnProgress) -> ExportSummary:
        """Copy the tracks to a folder, with a list of the copies that players can follow."""
        if folder is None or request.to not in (None, "m3u8"):
            raise UsageError("copies go to a folder, with a list as m3u8; leave the format out")
        if request.copy_format is None and request.loudness is not None:
            raise UsageError("--loudness needs --format: other copies stay as they are")
        # A list has no options but those of its XML.
        xml = Exporters.of("-", "rekordbox") if request.copy_format is not None else None
        (xml or Exporters.of("-", "m3u8")).check(replace(request, path_maps=PathMaps(), name=None))
        chosen = self._choose(request)
        content = chosen.content if xml is None else with_joint_cues(chosen.content)
        tracks = content.as_list().tracks
        if not tracks:
            raise NothingFoundError(f"there is nothing to export: {_why_nothing(chosen)}")
        stem = os.path.join(folder, file_stem(request.name or content.name or "", "map4"))
        remarks = [*_left_out(chosen.left_out), *chosen.live.sentences()]
        done = CopiedMusic(tracks=list(tracks))
        if not request.dry_run:
            make_folder(folder)
            for suffix in ("m3u8", "xml") if xml else ("m3u8",):
                self._output.check(f"{stem}.{suffix}", force=request.force)
            deck = self._deck(request)
            is_music = self._store.part(SqlWrittenFiles).is_audio
            done = copy_tracks(tracks, folder, force=request.force, is_music=is_music, on_track=on_track, deck=deck)
            remarks += done.skipped
            content = replace(content, tracks=done.tracks, playlist=None)
            relative = replace(request, path_maps=PathMaps(relative_to=folder))
            self._written(content, f"{stem}.m3u8", Exporters.of("-", "m3u8"), relative)
            if xml is not None and deck is not None:
                absolute = replace(request, path_maps=PathMaps(), with_grid=not request.measured_grid)
                listed = Tracklist(tracks=done.tracks, name=os.path.basename(stem))
                content = replace(content, playlist=listed, map4_version=__version__)
                notes, _ = self._written(content, f"{stem}.xml", xml, absolute)
                remarks += [*deck.remarks(), *notes.sentences()]
        return ExportSummary(
            path=f"{stem}.m3u8",
            format="m3u8",
            tracks=len(done.tracks),
            size_bytes=None if request.dry_run else done.size_bytes,
            remarks=tuple(remarks),
            unknown=chosen.unknown,
            unread=len(done.skipped),
            is_dry_run=request.dry_run,
        )

    def _deck(self, request: ExportRequest) -> exports.DeckCopies | None:
        if request.copy_format is None:
            return None
        return exports.DeckCopies(
            form=request.copy_format,
            loudness_lufs=request.loudness,
            open_audio=load_decoder(self._decoder),
            cover=self._cover,
        )

    def _choose(self, request: ExportRequest) -> Chosen:
        """Return the tracks that a request names, with beats if their grids are written, which are compared."""
        has_beats = request.writes_grids or request.copy_format is not None
        if request.playlist is not None:
            if request.files is not None or request.query is not None:
                raise UsageError("a list and other tracks can't be exported at once; choose one")
            given = request.playlist
            playlist = self._playlists.read(given) if isinstance(given, str) else given
            return self._choose_list(self._playlists.content(playlist), is_whole=has_beats)
        if request.files is not None:
            match = self._store.search.at_paths(self._names.paths(request.files))
            matching = frozenset(self._store.search.file_ids(request.query or "", self._context))
            ids = [file_id for file_id in match.file_ids if file_id in matching]
            return Chosen(
                content=replace(self._content(ids, has_beats=has_beats), origin="tracks"),
                unknown=match.unknown,
                left_out=len(match.file_ids) - len(ids) if request.query is None else 0,
            )
        return self._choose_by_query(request.query or "", has_beats=has_beats)

    def _choose_by_query(self, query: str, *, has_beats: bool) -> Chosen:
        """Return every matching track, in the query's order."""
        content = self._content(self._store.search.file_ids(query, self._context), has_beats=has_beats)
        if not query.strip():
            live = LiveNotes()
            return Chosen(content=replace(content, playlists=lambda: self._stored_lists(live)), live=live)
        return Chosen(content=replace(content, origin="query", query=query, name=query.strip()))

    def _stored_lists(self, live: LiveNotes) -> Iterator[Tracklist]:
        ids = [stored.id for stored in self._store.part(SqlPlaylists).all() if not stored.is_history]
        return (playlist for list_id in ids if (playlist := self._playlists.there(list_id, live)) is not None)

    def _choose_list(self, playlist: Tracklist, *, is_whole: bool) -> Chosen:
        """Return the tracks of a list, in its order."""
        ids = self._store.search.at_paths(dict.fromkeys(track.path for track in playlist.tracks)).file_ids
        playlist = self._playlists.detailed(playlist, len(playlist.tracks) if is_whole else Tracklist.MOST_DRAWN)
        return Chosen(
            live=LiveNotes.of(playlist),
            content=ExportContent(
                tracks=playlist.tracks,
                statistics=lambda: self._statistics(ids),
                origin="playlist",
                name=playlist.name,
                description=playlist.description,
                playlist=playlist,
                prefer=self._context.preferences.sources,
                cover=self._cover,
            ),
        )

    def _content(self, ids: Sequence[int], *, has_beats: bool) -> ExportContent:
        return ExportContent(
            tracks=StoredTracks(self._store.tracks, ids, beats=has_beats or len(ids) <= MOST_DETAILED),
            statistics=lambda: self._statistics(ids),
            prefer=self._context.preferences.sources,
            neighbours=self._neighbours,
            cover=self._cover,
            sampled=lambda most: self._store.tracks.tracks_by_id(ids[:: max(1, -(-len(ids) // most))], sound=True),
            cells=partial(self._store.tracks.cells_by_id, ids),
        )

    def _plays(self, content: ExportContent) -> Iterator[Play]:
        """Yield the plays of the chosen tracks; for the whole library also plays of music that it does not have."""
        if content.origin == "library":
            return self._store.part(SqlPlays).each()
        chosen = {track.audio_id for track in content.tracks if track.audio_id is not None}
        return (play for play in self._store.part(SqlPlays).each() if play.audio_id in chosen)

    def _neighbours(self, track: Track) -> dict[str, list[tuple[Track, float]]]:
        stored = None if track.audio_id is None else self._store.tracks.analysis(track.audio_id)
        if stored is None:
            return {}
        known_track, near_by_title = replace(track, analysis=stored), dict[str, list[tuple[Track, float]]]()
        for title, by in _NEIGHBOURS:
            with contextlib.suppress(NothingFoundError):
                near = similar.find_similar(
                    [known_track],
                    self._store.sounds.table(),
                    self._store.tracks.tracks_by_id,
                    by=by,
                    n=_MOST_NEIGHBOURS,
                    limits=similar.Limits(),
                    prefer=self._store.preferences.sources,
                    folding=similar.folding_of(self._store),
                )
                if near.by == by:  # sounds of few tracks are not compared
                    near_by_title[title] = [(match.track, match.similarity) for match in near.similar]
        return near_by_title

    def _cover(self, track: Track, side_px: int) -> bytes | None:
        picture = cover_of_track(track.path, self._store, side_px)
        return None if picture is None else picture.data

    def _statistics(self, ids: Sequence[int]) -> Statistics:
        return stats.collect_statistics(self._store, Query.parse("is:any"), self._context, among=ids)

    def _written(
        self, content: ExportContent, target: str | BinaryIO, format_: Format, request: ExportRequest
    ) -> tuple[WriteNotes, int | None]:
        if not isinstance(target, str):
            return format_.export(content, target, request), None
        written = self._output.write(
            target,
            lambda out: format_.export(content, out, request),
            format_name=format_.name,
            tracks=lambda notes: notes.tracks,
            force=request.force,
        )
        written.result.remarks += written.remarks
        return written.result, written.size_bytes


def _watching(content: ExportContent, on_track: OnProgress) -> ExportContent:
    watched = _Watched(content.tracks, on_track)
    playlist = content.playlist and replace(content.playlist, tracks=watched)
    read = content.sampled
    sampled = None if read is None else lambda most: watched.watching(read(most))
    rows = content.cells
    cells = None if rows is None else lambda columns, path_maps: watched.watching(rows(columns, path_maps))
    return replace(content, tracks=watched, playlist=playlist, sampled=sampled, cells=cells)


def _why_nothing(chosen: Chosen) -> str:
    if chosen.unknown:
        named = display_paths(chosen.unknown)
        return f"none of the files named is in the library: {named}; 'map4 scan FOLDER' adds them"
    if chosen.left_out:
        return "the named files are gone or not analysed; --query is:any includes them"
    if chosen.content.origin == "playlist":
        return "the list has no tracks"
    return "no track matches" if chosen.content.origin == "tracks" else nothing_found(chosen.content.query)


def _left_out(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    return (f"left out, as gone or not analysed: {count} of the named files; --query is:any includes them",)
