"""Compare tracks, find the nearest ones, and plan how two are mixed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from map4.app.options import USUAL, takes
from map4.app.paths import PathLike
from map4.library.open_library import OpenLibrary

if TYPE_CHECKING:
    from map4.app.comparison import Comparison
    from map4.app.mixing import Mix
    from map4.app.options import WorkerOptions
    from map4.app.similar import Neighbours
    from map4.app.sound_options import MixOptions, SimilarOptions
    from map4.domain.mixing.hamms_pairs import PairDistribution
    from map4.domain.track.track import Track


class SimilarMethods(OpenLibrary):
    """Compare tracks, find the nearest ones, and plan how two are mixed."""

    @takes("map4.app.options:WorkerOptions")
    def compare(
        self,
        files: PathLike | Iterable[PathLike | Track],
        options: WorkerOptions = USUAL,
        *,
        on_track: Callable[[Track], object] | None = None,
        **keywords: Any,
    ) -> Comparison:
        """Compare tracks: every pair, the order that mixes best, the energy's course in it.

        Nothing is written: what the library does not know is analysed for this answer alone.

        files: two to a hundred audio files, tracks this library gave, or names of its tracks (`named`); folders and
            playlists stand for what they hold
        options: the same as the keywords, as a `map4.app.options.WorkerOptions`
        on_track: called with each track as soon as it is read, which may take a second each
        returns: The comparison of all that could be analysed, with the others as its `failed`.
        raises UsageError: if fewer than two or more than a hundred are named
        raises NothingFoundError: if fewer than two could be analysed
        """
        from map4.app.comparison import compare_files

        return compare_files(files, options, resolver=self._resolver, sample=self._pair_distribution, on_track=on_track)

    @takes("map4.app.sound_options:SimilarOptions")
    def similar(
        self, files: PathLike | Iterable[PathLike], options: SimilarOptions = USUAL, **keywords: Any
    ) -> Neighbours:
        """Find the tracks that are nearest to one, or to the mean of several.

        Nothing is written: what the library does not know is analysed for this answer alone.

        files: audio files, in the library or not, or names of its tracks (`named`); folders and playlists stand for
            what they hold
        options: the same as the keywords, as a `map4.app.sound_options.SimilarOptions`
        returns: Neighbours, the nearest first in its `similar`; each recording once, and not those asked about.
        raises UsageError: if no file is named, or there is no such key
        raises QueryError: if the query can't be read
        raises NothingFoundError: if no file can be compared, or the library has nothing to compare it with
        """
        from map4.app.similar_files import similar_to_files

        return similar_to_files(
            files,
            options,
            resolver=self._resolver,
            store=self._store,
            context=self._context(),
        )

    def sound_steps(self, tracks: Sequence[Track]) -> list[float]:
        """How alike each track but the first sounds to the one before it, as `similar` measures it, -1 to 1.

        tracks: loaded with their sound
        raises NothingFoundError: if one of them has no sound vector, or the library too few to compare
        """
        from map4.app.similar import sound_steps

        return sound_steps(tracks, self._store.sounds.table())

    @takes("map4.app.sound_options:MixOptions")
    def mix(self, a: PathLike, b: PathLike, options: MixOptions = USUAL, **keywords: Any) -> Mix:
        """Plan how to get from one track to another: where to leave A and enter B, for how many beats, how fast.

        What the library does not know is analysed for this answer alone.

        a, b: an audio file each, or a name of a track (`named`)
        options: the same as the keywords, as a `map4.app.sound_options.MixOptions`
        returns: Mix with its `plan`, or None there and the reason in `no_plan`.
        raises UsageError, NothingFoundError: if one of them names a folder, several tracks, or none
        raises Map4Error: if one of them can't be analysed, or the file can't be written or must not be
        """
        from map4.app.mixing import mix_files

        return mix_files(a, b, options, resolver=self._resolver, output=self._output)

    def _pair_distribution(self) -> PairDistribution:
        from map4.domain.mixing.hamms_pairs import SAMPLED_TRACKS

        return _distribution(self._store.sounds.hamms_sample(SAMPLED_TRACKS).tobytes())


@lru_cache(maxsize=1)
def _distribution(vectors: bytes) -> PairDistribution:
    """That of a sample, which a server asks for again and again: worked out once for all its threads."""
    import numpy as np

    from map4.domain.analysis.analysis import HAMMS_SIZE
    from map4.domain.mixing.hamms_pairs import pair_distribution

    return pair_distribution(np.frombuffer(vectors).reshape(-1, HAMMS_SIZE))
