"""Lists, and files for other programs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO

from map4.domain.harmony import HarmonicRule
from map4.domain.playlist.playlist import Pick, Playlist
from map4.domain.playlist.presets import playlist_options
from map4.domain.query.parser import Query
from map4.domain.track import DEFAULT_PREFERENCE, Source
from map4.errors import UsageError
from map4.library.arguments import PathLike, absolute_path, as_paths, as_query, search_context, without_repeats
from map4.library.values_and_labels import Deciding

if TYPE_CHECKING:
    from map4.app.exports import Exports
    from map4.app.playlists.resolve import ResolvedList
    from map4.domain.key import Notation
    from map4.domain.playlist.options import PlaylistOptions
    from map4.infra.sqlite.written_files import WrittenFile
    from map4.ports.export import ExportOptions, ExportSummary


class Making(Deciding):
    """Lists, and files for other programs."""

    def playlist(self, seeds: PathLike | Iterable[PathLike] = (), **wishes: Any) -> Playlist:
        """Make a playlist; see `playlist_events` for the wishes."""
        *_, made = self.playlist_events(seeds, **wishes)
        assert not isinstance(made, Pick)
        return made

    def playlist_events(
        self,
        seeds: PathLike | Iterable[PathLike] = (),
        *,
        to: PathLike | None = None,
        include: PathLike | Iterable[PathLike] = (),
        query: str | Query = "",
        exclude: str | Query | None = None,
        preferred: str | Query | None = None,
        avoided: str | Query | None = None,
        folder: PathLike | None = None,
        options: PlaylistOptions | None = None,
        jobs: int | None = None,
        timeout_s: float | None = None,
        prefer: Sequence[Source] = DEFAULT_PREFERENCE,
        **wishes: Any,
    ) -> Iterator[Pick | Playlist]:
        """Make a playlist, pick by pick as each is final.

        Nothing is written: what the library does not know is analysed for this list alone.

        Parameters
        ----------
        seeds : audio files the list sets out from and sounds like; the first is pick 1, the others appear somewhere
        to : the last pick; the list moves from the first seed to it in tempo, key, energy and sound
        include : files that must appear
        query : which tracks of the library may be chosen
        exclude : which of them may not
        preferred, avoided : which of them count more, or less, than others that go as well
        folder : only tracks in this folder
        options : how the list should be; None makes them of the `wishes`
        jobs, timeout_s : as for a scan
        prefer : which source of tempo and key counts where the user set nothing
        wishes : `n=50`, `minutes=90`, `curve="wave"` ..., see `map4.domain.playlist.presets.playlist_options`

        Yields
        ------
        Pick after Pick, then the Playlist.

        Raises
        ------
        UsageError
            If the wishes contradict each other, or a query can't be read.
        NothingFoundError
            If there is nothing to choose from.
        Map4Error
            If a file that was named can't be analysed.
        """
        # With them comes numpy, which `map4 cache info` need not wait for.
        from map4.app.playlists.candidates import PlaylistMaker, file_of, named_tracks
        from map4.app.playlists.request import PlaylistRequest

        maker = PlaylistMaker(self._store, self._search, self._sound_index)
        wanted = options or playlist_options(**wishes)
        paths, goal, included = (
            [absolute_path(file_of(os.fsdecode(path))) for path in named]
            for named in (as_paths(seeds), [] if to is None else [to], as_paths(include))
        )
        every = without_repeats([*paths, *goal, *included])
        known = {path: track for path in every if not os.path.exists(path) and (track := self._analysed(path))}
        there = [path for path in every if path not in known]
        fresh = self.analyze_events(there, jobs=jobs, timeout_s=timeout_s, store=False) if there else ()
        found = {**known, **{track.path: track for track in fresh}}
        tracks = named_tracks(every, {path: self._with_sound(track) for path, track in found.items()})
        request = PlaylistRequest(
            options=wanted,
            seeds=tuple(tracks[path] for path in paths),
            goal=tracks[goal[0]] if goal else None,
            includes=tuple(tracks[path] for path in included),
            prefer=prefer,
        )
        context = search_context(prefer, wanted.harmonic)
        return maker.make(
            request,
            query=as_query(query),
            exclude=None if exclude is None else as_query(exclude),
            preferred=None if preferred is None else as_query(preferred),
            avoided=None if avoided is None else as_query(avoided),
            folder=None if folder is None else absolute_path(folder),
            context=context,
        )

    def export(
        self,
        target: PathLike | BinaryIO,
        *,
        to: str | None = None,
        files: PathLike | Iterable[PathLike] | None = None,
        query: str | None = None,
        playlist: ResolvedList | str | None = None,
        name: str | None = None,
        options: ExportOptions | None = None,
        notation: Notation = "camelot",
        made: date | None = None,
        force: bool = False,
        dry_run: bool = False,
        prefer: Sequence[Source] = DEFAULT_PREFERENCE,
        harmonic: HarmonicRule = "flexible",
        on_track: Callable[[int, int], object] | None = None,
        warn: Callable[[str], object] = lambda message: None,
    ) -> ExportSummary:
        """Write tracks to a file, whole or not at all, or to a stream.

        Tracks are read as they are written; so 100,000 take no more room than one where the format allows it.

        Parameters
        ----------
        target : the file, or a binary stream to write to
        to : name of the format; None takes it from the suffix
        files : files and folders; None means no choice by path
        query : of the files, or of the whole library, only those that match
        playlist : instead: a list from `lists.read`, the name of a stored one, or a file
        name : of the export, for people; None takes the list's
        options : columns, templates and the like
        notation : of keys, where an export is read by people
        made : the day that a report names; None leaves it out, and the same tracks give the same bytes
        force : replace a file that map4 did not write; never music, and never the library
        dry_run : only see what would be written, and whether it may be
        prefer, harmonic : see `search`
        on_track : is told after each track how many are written, and of how many
        warn : is told of a plug-in that can't be loaded

        Raises
        ------
        UsageError
            If there is no such format or option, or the choices contradict each other.
        NothingFoundError
            If there is nothing to export.
        OutputFileError
            If the file can't be written, or must not be; then it is as it was.
        """
        from map4 import __version__
        from map4.formats.plugins import format_for_export
        from map4.ports.export import ExportOptions

        where = os.fsdecode(target) if isinstance(target, (str, bytes, os.PathLike)) else target
        form = format_for_export(where if isinstance(where, str) else "-", to, warn=warn)
        wishes = options or ExportOptions()
        form.check(wishes)
        paths = None if files is None else [absolute_path(path) for path in as_paths(files)]
        if playlist is not None and (paths is not None or query is not None):
            raise UsageError("a list and other tracks can't be exported at once; choose one")
        context = search_context(prefer, harmonic)
        if playlist is not None:
            found = self.lists.read(playlist) if isinstance(playlist, str) else playlist
            chosen = self._exports.of_list(self.lists.content(found, prefer=prefer), context)
        elif paths is not None:
            chosen = self._exports.of_files(paths, None if query is None else as_query(query), context)
        else:
            chosen = self._exports.of_query(as_query(query or ""), query or "", context)
        content = replace(
            chosen.content,
            name=name or chosen.content.name,
            notation=notation,
            made=None if made is None else made.isoformat(),
            map4_version=__version__,
        )
        return self._exports.write(
            replace(chosen, content=content),
            where if isinstance(where, str) else target,  # type: ignore[arg-type]
            form,
            wishes,
            force=force,
            dry_run=dry_run,
            on_track=on_track,
        )

    def written_files(self) -> list[WrittenFile]:
        """The files that map4 wrote, the last one first: exports, lists, and reports of checks."""
        return self._exports.history()

    @cached_property
    def _exports(self) -> Exports:
        from map4.app.exports import Exports

        return Exports(self._database, self._store, self._search)
