"""What is read of a large library to make a playlist from."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pytest
from playlist_library import make_playlist_library, song

from map4 import Library
from map4.core.music.analysis.key import ALL_KEYS, Key
from map4.core.music.columns import Columns
from map4.core.music.query.context import QueryContext
from map4.core.music.query.parser import Query
from map4.core.music.sound.similarity_tables import LibraryTable, SoundSpace
from map4.core.store.search import SqlSearch
from map4.core.store.sound.sound_index import SqliteSounds
from map4.core.store.sqlite_store import SqliteStore
from map4.lists import candidates
from map4.lists.candidates import CachedSearch, PlaylistMaker
from map4.lists.playlist.playlist import Playlist
from map4.lists.playlist.request import ListRequest


class NotedSearch(CachedSearch):
    """A search that notes how many tracks in 8B are read each time."""

    def __init__(self, search: SqlSearch) -> None:
        super().__init__(search)
        self.read: list[int] = []

    def columns(
        self, query: Query, context: QueryContext, *, among: Sequence[int] | None = None, **more: Any
    ) -> Columns:
        found = super().columns(query, context, among=among, **more)
        self.read.append(sum(key == ALL_KEYS.index(Key.parse("8B")) for key in found.key.tolist()))
        return found


def test_preferred_tracks_are_read_from_a_large_library(tmp_path: Path) -> None:
    """Where only the nearest by sound are read, those that are preferred are nearer than they sound."""
    path = make_playlist_library(tmp_path / "library.map4")
    with closing(SqliteStore(str(path))) as store:
        search = NotedSearch(store.search)
        seed = store.tracks.track(song(1), sound=True)
        assert seed is not None
        request = replace(ListRequest(n=5, max_candidates=30).settled(), seeds=(seed,), considered=1)
        for preferred in (None, Query.parse("key:8B")):
            list(PlaylistMaker(store, search).make(replace(request, preferred=preferred)))
    usual, preferring = search.read
    assert usual < preferring < 30


@pytest.mark.world
def test_picks_with_distant_sound_are_marked_as_relaxed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_library = make_playlist_library(tmp_path / "library.map4")
    with Library.open(made_library) as library:
        of_few = library.playlist([song(1)], n=12)
        monkeypatch.setattr(candidates, "LEAST_IN_REACH", 1)
        every = library.playlist([song(1)], n=60, min_sound=-1.0)
        narrow = library.playlist([song(1)], n=12, query="key:8A bpm:118..130")
        wide = library.playlist([song(1)], n=12)
        unlimited = library.playlist([song(1)], n=12, min_sound=-1.0)
        nearest = library.playlist([song(1)], n=12, min_sound=0.15)
    middle = float(np.median([pick.seed_similarity or 1.0 for pick in every.picks]))  # the seed's own is not said

    def far(made: Playlist, least: float) -> list[int]:
        return [pick.position for pick in made.picks[1:] if (pick.seed_similarity or 0.0) < least]

    def marked(made: Playlist) -> list[int]:
        return [pick.position for pick in made.picks if "sound" in pick.relaxed_rules]

    assert of_few.request.min_sound is None  # 60 tracks leave no room for it
    assert wide.request.min_sound == pytest.approx(max(0.0, middle), abs=1e-4)
    assert far(wide, max(0.0, middle)) == marked(wide) == []
    # A key that fits is rare: the farther half has to come in.
    assert far(narrow, max(0.0, middle)) == marked(narrow) != []
    assert far(unlimited, max(0.0, middle)) != []
    assert marked(unlimited) == []
    # What was asked for holds: the list ends where nothing is left that sounds so much alike.
    assert far(nearest, 0.15) == marked(nearest) == []
    assert nearest.missing.blockers.get("sound", 0) > 0


class NotedSpace(SoundSpace):
    """A sound space that notes how many tracks are compared with the library."""

    compared: ClassVar[list[int]] = []

    def project(self, vectors: npt.ArrayLike) -> npt.NDArray[np.float32]:
        found = super().project(vectors)
        self.compared.append(len(found))
        return found


def test_all_gaps_of_a_list_share_sound_comparisons(tmp_path: Path) -> None:
    path = make_playlist_library(tmp_path / "library.map4")
    with closing(SqliteStore(str(path))) as store:
        table = store.sounds.table()
        assert table.space is not None
        table = replace(table, space=NotedSpace(**{name: getattr(table.space, name) for name in SoundSpace.__slots__}))
        NotedSpace.compared.clear()

        class Kept(SqliteSounds):
            def table(self) -> LibraryTable:
                return table

        store.sounds = Kept(store.database)
        maker = PlaylistMaker(store)
        first, second = store.tracks.track(song(1), sound=True), store.tracks.track(song(40), sound=True)
        assert first is not None
        assert second is not None
        for seed, goal in ((first, second), (second, first)):
            list(maker.make(replace(ListRequest(n=3).settled(), seeds=(seed,), goal=goal)))
    assert NotedSpace.compared == [1, 1]


@pytest.mark.parametrize(
    ("curve", "tempo", "vary"),
    [("ascending", None, 0), ("0:.5,50:.9,100:.2", None, 3), (None, None, 0), (None, "0:122,30:128", 0)],
)
def test_opening_pick_does_not_depend_on_how_much_is_read(
    tmp_path: Path, curve: str | None, tempo: str | None, vary: int
) -> None:
    path = make_playlist_library(tmp_path / "library.map4")
    with closing(SqliteStore(str(path))) as store:
        request = replace(
            ListRequest(n=6, max_candidates=20, curve=curve, tempo_curve=tempo, vary=vary).settled(), considered=1
        )
        search = NotedSearch(store.search)

        def made(query: str) -> list[str]:
            *_, last = PlaylistMaker(store, search).make(replace(request, query=query))
            assert isinstance(last, Playlist)
            return [pick.track.path for pick in last.picks]

        few = made("")
        read_of_few, search.read = max(search.read), []
        every = made("bpm:1..")  # which all tracks match
        assert few[0] == every[0]
        assert len(few) == len(every) == 6
        assert read_of_few < max(search.read)
