"""Compare tracks, find the nearest ones, and plan how two are mixed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Unpack

from map4.app.keywords import takes
from map4.app.options import given
from map4.app.paths import PathLike
from map4.library.open_library import OpenLibrary

if TYPE_CHECKING:
    from map4.app.comparison import CompareKeywords, CompareOptions, Comparison
    from map4.app.mixing import Mix, MixKeywords, MixOptions
    from map4.app.similar import Neighbours
    from map4.app.similar_files import SimilarKeywords, SimilarOptions
    from map4.domain.hamms_pairs import PairDistribution
    from map4.domain.track import Track


class SimilarMethods(OpenLibrary):
    """Compare tracks, find the nearest ones, and plan how two are mixed."""

    @takes("map4.app.comparison:CompareOptions")
    def compare(
        self,
        files: PathLike | Iterable[PathLike | Track],
        options: CompareOptions | None = None,
        *,
        on_track: Callable[[Track], object] | None = None,
        **keywords: Unpack[CompareKeywords],
    ) -> Comparison:
        """Compare tracks: every pair, the order that mixes best, the energy's course in it.

        Nothing is written: what the library does not know is analysed for this answer alone.

        Parameters
        ----------
        files : two to a hundred audio files, tracks this library gave, or names of its tracks (`named`); folders and
            playlists stand for what they hold
        options : the same as the keywords, as a `map4.app.comparison.CompareOptions`
        on_track : called with each track as soon as it is read, which may take a second each

        Keywords
        --------
        jobs, timeout_s : as for `scan`, for files that the library does not know

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
        from map4.app.comparison import CompareOptions, compare_files

        chosen = given(CompareOptions, options, keywords, first="files")
        return compare_files(files, chosen, named=self._named, sample=self._pair_distribution, on_track=on_track)

    @takes("map4.app.similar_files:SimilarOptions")
    def similar(
        self,
        files: PathLike | Iterable[PathLike],
        options: SimilarOptions | None = None,
        **keywords: Unpack[SimilarKeywords],
    ) -> Neighbours:
        """Find the tracks that are nearest to one, or to the mean of several.

        Nothing is written: what the library does not know is analysed for this answer alone.

        Parameters
        ----------
        files : audio files, in the library or not, or names of its tracks (`named`); folders and playlists stand for
            what they hold
        options : the same as the keywords, as a `map4.app.similar_files.SimilarOptions`

        Keywords
        --------
        n : how many tracks at most
        by : "sound", "hamms" (the twelve HAMMS numbers: harmony and mixing), or "mix" (how well tempo, key and energy
            go together)
        min_similarity : leave out what is less alike, 0-1
        tempo_min, tempo_max : only tracks with a tempo in this range (BPM, both included)
        keys : only tracks in one of these keys ("8A", "Am")
        query : only tracks that match
        jobs, timeout_s : as for `scan`, for files that the library does not know

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
            If no file can be compared, or the library has nothing to compare it with.
        """
        from map4.app.similar_files import SimilarOptions, similar_to_files

        return similar_to_files(
            files,
            given(SimilarOptions, options, keywords, first="files"),
            named=self._named,
            search=self._search,
            sounds=self._sounds,
            context=self._context(),
        )

    def sound_steps(self, tracks: Sequence[Track]) -> list[float]:
        """How alike each track but the first sounds to the one before it, as `similar` measures it, -1 to 1.

        Parameters
        ----------
        tracks : loaded with their sound

        Raises
        ------
        NothingFoundError
            If one of them has no sound vector, or the library too few to compare.
        """
        from map4.app.similar import sound_steps

        return sound_steps(tracks, self._sounds.table())

    @takes("map4.app.mixing:MixOptions")
    def mix(self, a: PathLike, b: PathLike, options: MixOptions | None = None, **keywords: Unpack[MixKeywords]) -> Mix:
        """Plan how to get from one track to another: where to leave A and enter B, for how many beats, how fast.

        What the library does not know is analysed for this answer alone.

        Parameters
        ----------
        a, b : an audio file each, or a name of a track (`named`)
        options : the same as the keywords, as a `map4.app.mixing.MixOptions`

        Keywords
        --------
        render : write the transition to this WAV file, 16 bars of A before it and 16 of B behind it
        click : add a click on each beat to it, higher on bar one
        jobs, timeout_s : as for `scan`, for files that the library does not know

        Returns
        -------
        Mix with its `plan`, or None there and the reason in `no_plan`.

        Raises
        ------
        UsageError, NothingFoundError
            If one of them names a folder, several tracks, or none.
        Map4Error
            If one of them can't be analysed, or the file can't be written or must not be.
        """
        from map4.app.mixing import MixOptions, mix_files

        chosen = given(MixOptions, options, keywords, first="a")
        return mix_files(a, b, chosen, named=self._named, output=self._output)

    def _pair_distribution(self) -> PairDistribution:
        from map4.domain.hamms_pairs import SAMPLED_TRACKS

        return _distribution(self._sounds.hamms_sample(SAMPLED_TRACKS).tobytes())


@lru_cache(maxsize=1)
def _distribution(vectors: bytes) -> PairDistribution:
    """That of a sample, which a server asks for again and again: worked out once for all its threads."""
    import numpy as np

    from map4.domain.analysis import HAMMS_SIZE
    from map4.domain.hamms_pairs import pair_distribution

    return pair_distribution(np.frombuffer(vectors).reshape(-1, HAMMS_SIZE))
