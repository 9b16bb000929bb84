"""Lists as a mix: `library.list_mixes`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from map4.core.audio.decoder import load_decoder
from map4.core.base.actor import needs
from map4.core.base.call_options import USUAL, takes
from map4.core.base.paths import PathLike, path_text
from map4.core.music.lists.listed import ListedPick
from map4.core.music.lists.tracklist import PlacedPick, Tracklist
from map4.core.music.query.context import nothing_found, queries_as_of
from map4.core.music.query.parser import Query
from map4.core.music.track.track import Track
from map4.core.store.output import OutputFiles
from map4.errors import NothingFoundError
from map4.extras.list_mixes.files import OnProgress, SetWriter
from map4.extras.list_mixes.options import ListMixOptions
from map4.extras.list_mixes.planning import plan_set
from map4.extras.list_mixes.records import LeftOutTrack, ListMix, RenderedSet
from map4.library.part import LibraryPart
from map4.lists import with_joints
from map4.search import ResolvedPlaylist

_WHY = {
    "url": "a stream",
    "gone": "its file is gone",
    "uncertain": "its match is uncertain",
    "unknown": "not in the library",
}

Listed = ResolvedPlaylist | Sequence[Track] | str
"""A list that was read, tracks, or the name of a stored list or a list file."""


class ListMixes(LibraryPart, scope="own"):
    """Plans a list as a mix and writes it to a file; `library.list_mixes`."""

    @needs("read")
    def tracks(self, query: str | Query) -> list[Track]:
        """The tracks of a query in its order, as a list for `plan` and `render`.

        raises NothingFoundError: if no track matches
        """
        ids = self._store.search.file_ids(query, self._store.context())
        if not ids:
            raise NothingFoundError(nothing_found(query))
        return list(self._store.tracks.tracks_by_id(ids))

    @needs("read")
    @takes("map4.extras.list_mixes.options:ListMixOptions")
    def plan(self, listed: Listed, options: ListMixOptions = USUAL, **keywords: Any) -> ListMix:
        """Plan a list as a mix: when each track begins, at which speed and level, and how it is joined to the next.

        listed: the name of a stored list or a file, a list that was read, or tracks
        raises NothingFoundError: if there is no such list, or none of its tracks can be played
        raises UsageError: if the tempo can't be kept without a time stretch
        """
        with queries_as_of(options.starts):
            resolved = self._resolved(listed)
        placed, left_out = self._playable(resolved)
        detailed = [(self._detailed(track), pick) for track, pick in placed]
        return plan_set(detailed, options.of_list(resolved.header), name=resolved.name, left_out=left_out)

    @takes("map4.extras.list_mixes.options:ListMixOptions")
    def render(
        self,
        listed: Listed,
        path: PathLike,
        options: ListMixOptions = USUAL,
        *,
        kbps: int | None = None,
        force: bool = False,
        on_progress: OnProgress = lambda done_s: None,
        **keywords: Any,
    ) -> RenderedSet:
        """Write a list as a mix to an audio file, with chapters, and a CUE sheet and a track list beside it.

        listed: as in `plan`
        path: its suffix is the format: mp3, flac, wav, opus, m4a; or liq, the plan for Liquidsoap
        kbps: bit rate of a lossy format
        force: replace existing files; never music of the library
        on_progress: called with the seconds written so far
        raises OutputFileError: if a file exists, or can't be written
        """
        return self.write(self.plan(listed, options), path, kbps=kbps, force=force, on_progress=on_progress)

    def write(
        self,
        planned: ListMix,
        path: PathLike,
        *,
        kbps: int | None = None,
        force: bool = False,
        on_progress: OnProgress = lambda done_s: None,
    ) -> RenderedSet:
        """Write a planned set; see `render`."""
        decoder = load_decoder(self._services.decoder)
        return self._writer(planned, path, kbps=kbps, force=force).write(decoder, on_progress)

    @needs("read")
    def check_write(self, planned: ListMix, path: PathLike, *, kbps: int | None = None, force: bool = False) -> None:
        """Reject a target that `write` would reject."""
        self._writer(planned, path, kbps=kbps, force=force).check()

    def _writer(self, planned: ListMix, path: PathLike, *, kbps: int | None, force: bool) -> SetWriter:
        output = OutputFiles.of(self._store)
        return SetWriter(planned, path_text(path), output, force=force, kbps=kbps)

    def _detailed(self, track: Track) -> Track:
        """A track with its beats and overview."""
        return self._store.tracks.detailed(track)

    def _resolved(self, listed: Listed) -> ResolvedPlaylist:
        if isinstance(listed, ResolvedPlaylist):
            return listed
        lists = self._services.lists
        return lists.read(listed) if isinstance(listed, str) else lists.of_tracks(listed, "Mix")

    def _playable(self, resolved: ResolvedPlaylist) -> tuple[list[PlacedPick], list[LeftOutTrack]]:
        """The tracks that can be played, and the others; a plan stays if its tracks do."""
        placed: list[PlacedPick] = []
        left_out: list[LeftOutTrack] = []
        follows = False
        for entry in resolved.entries:
            track, why = entry.track, None if entry.status == "found" else _WHY[entry.status]
            if why is None and track is not None:
                why = _why_not(track)
            if why is not None or track is None:
                path = None if track is None else track.path
                left_out.append(LeftOutTrack(name=entry.entry.label(), path=path, why=why or _WHY["unknown"]))
                follows = False
                continue
            pick: ListedPick = entry.pick if follows else replace(entry.pick, plan=None)
            placed.append((track, pick))
            follows = True
        listed = Tracklist(
            tracks=[track for track, _ in placed], picks=[pick for _, pick in placed], header=resolved.header
        )
        return list(with_joints(listed, self._detailed).listed()), left_out


def _why_not(track: Track) -> str | None:
    if track.failure is not None:
        return track.failure.message
    if track.analysis is None:
        return "not analysed; 'map4 scan' does it"
    if not os.path.exists(track.path):
        return "its file is missing; is its drive connected?"
    return None
