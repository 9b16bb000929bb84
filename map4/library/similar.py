"""What goes with what: tracks beside each other, and the nearest ones."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from map4.app.named_files import named_files
from map4.domain.harmony import HarmonicRule
from map4.domain.key import Key, parse_key
from map4.domain.query.parser import Query
from map4.domain.track import DEFAULT_PREFERENCE, Source, Track, display_path
from map4.errors import NothingFoundError, UsageError
from map4.infra.sqlite.sound_index import hamms_sample
from map4.library.arguments import (
    PathLike,
    absolute_path,
    as_paths,
    as_query,
    named_tracks,
    search_context,
    without_repeats,
)
from map4.library.search import Asking

if TYPE_CHECKING:
    from map4.app.comparison import Comparison
    from map4.app.similar import By, Neighbours


class Relating(Asking):
    """What goes with what: tracks beside each other, and the nearest ones."""

    def compare(
        self,
        files: PathLike | Iterable[PathLike | Track],
        *,
        jobs: int | None = None,
        timeout_s: float | None = None,
        prefer: Sequence[Source] = DEFAULT_PREFERENCE,
        on_track: Callable[[Track], object] | None = None,
    ) -> Comparison:
        """Compare tracks: every pair, the order that mixes best, the energy's course in it.

        Nothing is written: what the library does not know is analysed for this answer alone.

        Parameters
        ----------
        files : two to a hundred audio files, or tracks this library gave; folders and .m3u playlists stand for what
            they hold
        jobs, timeout_s : as for a scan
        prefer : which source of tempo and key counts where the user set nothing
        on_track : called with each track as soon as it is read, which may take a second each

        Returns
        -------
        The comparison of all that could be analysed, with the others as its `failed`.

        Raises
        ------
        UsageError
            If fewer than two or more than a hundred are named.
        NothingFoundError
            If fewer than two could be analysed.
        """
        # With them comes numpy, which `map4 cache info` need not wait for.
        from map4.app.comparison import LEAST_TRACKS, MOST_TRACKS, compare_tracks
        from map4.domain.hamms_pairs import SAMPLED_TRACKS, pair_distribution

        named = named_tracks(files, self._read_list)
        if not LEAST_TRACKS <= len(named) <= MOST_TRACKS:
            asked = f"{LEAST_TRACKS} to {MOST_TRACKS} different tracks can be compared"
            raise UsageError(f"{asked}, and {len(named)} {'was' if len(named) == 1 else 'were'} named")
        # A file that is gone, or on a drive that is not there, is still known by its numbers.
        gone = [path for path, known in named.items() if known is None and not os.path.exists(path)]
        named |= {path: track for path in gone if (track := self._analysed(path))}
        unread = [path for path, known in named.items() if known is None]
        for track in self.analyze_events(unread, jobs=jobs, timeout_s=timeout_s, store=False):
            named[track.path] = track
            if on_track is not None:
                on_track(track)
        tracks = [track for track in named.values() if track is not None]
        sound = [track for track in tracks if track.analysis is not None and track.failure is None]
        failed = [track for track in tracks if track.failure is not None]
        if len(sound) < LEAST_TRACKS:
            why = "; ".join(f"{display_path(track.path)}: {track.failure.message}" for track in failed if track.failure)
            raise NothingFoundError(f"fewer than two tracks are left to compare: {why}")
        sample = pair_distribution(hamms_sample(self._database, SAMPLED_TRACKS))
        return compare_tracks(sound, failed=failed, sample=sample, prefer=prefer)

    def similar(
        self,
        files: PathLike | Iterable[PathLike],
        *,
        n: int = 20,
        by: By = "sound",
        min_similarity: float | None = None,
        tempo_min: float | None = None,
        tempo_max: float | None = None,
        keys: Iterable[Key | str] = (),
        query: str | Query | None = None,
        harmonic: HarmonicRule = "flexible",
        jobs: int | None = None,
        timeout_s: float | None = None,
        prefer: Sequence[Source] = DEFAULT_PREFERENCE,
    ) -> Neighbours:
        """Find the tracks that are nearest to one, or to the mean of several.

        Nothing is written: what the library does not know is analysed for this answer alone.

        Parameters
        ----------
        files : audio files, in the library or not; folders and .m3u playlists stand for what they hold
        n : how many at most
        by : "sound" (the sound vectors), "hamms" (the twelve HAMMS numbers), or "mix" (how well tempo, key and energy
            go together; of equals, those that sound alike first)
        min_similarity : leave out what is less alike, 0-1
        tempo_min, tempo_max : only tracks with a tempo in this range (BPM, both included)
        keys : only tracks in one of these keys, in any notation
        query, harmonic : only tracks that match; see `search`
        jobs, timeout_s : as for a scan
        prefer : which source of tempo and key counts where the user set nothing

        Returns
        -------
        Neighbours, the nearest first in its `similar`; each recording once, and not those asked about.

        Raises
        ------
        UsageError
            If no file is named, or there is no such key.
        QueryError
            If the query can't be read.
        NothingFoundError
            If no file can be compared, or the library has too few tracks with a sound vector.
        """
        # With it comes numpy, which `map4 cache info` need not wait for.
        from map4.app.similar import Limits, find_similar

        paths = without_repeats(
            [file for path in as_paths(files) for file in named_files(absolute_path(path), self._read_list)]
        )
        if not paths:
            raise UsageError("name a file that the others are to be like")
        among = None
        if query is not None:
            among = self._sound_index.files(self._search.file_ids(as_query(query), search_context(prefer, harmonic)))
        limits = Limits(
            least=min_similarity,
            bpm_min=tempo_min,
            bpm_max=tempo_max,
            keys=frozenset(parse_key(key) if isinstance(key, str) else key for key in keys),
            files=among,
        )
        # A file that is gone, or on a drive that is not there, is still known by its sound.
        found = {path: track for path in paths if not os.path.exists(path) and (track := self._analysed(path))}
        there = [path for path in paths if path not in found]
        found |= {
            track.path: track for track in self.analyze_events(there, jobs=jobs, timeout_s=timeout_s, store=False)
        }
        asked = [self._with_sound(found[path]) for path in paths if path in found]
        return find_similar(
            asked,
            self._sound_index,
            lambda file_ids: self._store.tracks_by_id(file_ids, sound=True),
            by=by,
            n=n,
            limits=limits,
            prefer=prefer,
        )
